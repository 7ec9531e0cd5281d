//! Switches of election and packets: an instance's own word over the one for all.
//!
//! Invariants: what strict mode says is not looked at here but for owners; a router that does not
//! use a switch has it off.

use core::net::{IpAddr, Ipv4Addr};

use base::Priority;
use grammar::ast::vrrp::{Instance, OldChecksum};
use vrrp::config::{Checksum, Transport};

use super::router::Routers;

/// What the switches of one instance amount to.
pub(super) struct Switches {
    pub(super) lower_prio_no_advert: bool,
    pub(super) higher_prio_send_advert: bool,
    pub(super) skip_check_adv_addr: bool,
    pub(super) check_unicast_src: bool,
    pub(super) owner_ignores_adverts: bool,
    pub(super) checksum: Checksum,
}

impl Routers<'_> {
    pub(super) fn switches(
        &self,
        instance: &Instance,
        priority: Priority,
        transport: &Transport,
    ) -> Switches {
        let defaults = &self.ast.vrrp.defaults;
        let choose = |own: Option<bool>, global: Option<bool>| own.or(global).unwrap_or(false);
        let ignores = choose(
            instance.owner_ignore_adverts.map(|on| on.value),
            defaults.owner_ignore_adverts,
        );
        let as_v2 = choose(instance.v3_checksum_as_v2, defaults.v3_checksum_as_v2);
        Switches {
            lower_prio_no_advert: choose(
                instance.lower_prio_no_advert.map(|on| on.value),
                defaults.lower_prio_no_advert,
            ),
            higher_prio_send_advert: choose(
                instance.higher_prio_send_advert.map(|on| on.value),
                defaults.higher_prio_send_advert,
            ),
            skip_check_adv_addr: choose(instance.skip_check_adv_addr, defaults.skip_check_adv_addr),
            check_unicast_src: choose(
                instance.check_unicast_src.map(|on| on.value),
                defaults.check_unicast_src,
            ),
            owner_ignores_adverts: priority.is_owner()
                && (ignores || self.strict(instance).is_some()),
            checksum: match as_v2 {
                true => Checksum::Message,
                false => self.checksum(instance, transport),
            },
        }
    }

    /// Sums in the old way have the usual group for a destination, even where adverts go to peers.
    fn checksum(&self, instance: &Instance, transport: &Transport) -> Checksum {
        let group = self.ast.vrrp.defaults.group4.map(|group| group.value);
        let group = group.unwrap_or(IpAddr::V4(Ipv4Addr::new(224, 0, 0, 18)));
        let old = instance.old_unicast_checksum.map(|kind| kind.value);
        match (transport, old) {
            (Transport::Multicast { .. }, _) | (_, Some(OldChecksum::Never)) => Checksum::Addresses,
            (Transport::Unicast { .. }, Some(OldChecksum::Always)) => Checksum::Group(group),
            (Transport::Unicast { .. }, None) => Checksum::Either(group),
        }
    }
}
