//! Which IP family and which protocol version an instance speaks.
//!
//! Invariants: as in the original, whatever has an address and stands first decides the family;
//! what contradicts it was reported.

use base::Family;
use grammar::ast::vrrp::Instance;
use grammar::{Diagnostic, Span};
use vrrp::config::Version;

use super::router::Routers;
use super::strict::taken_back;

impl Routers<'_> {
    /// The family of whatever address stands first (seen in 2.2.7: a source or a peer before the
    /// virtual addresses decides).
    pub(super) fn family(&mut self, instance: &Instance) -> Family {
        let Some((family, place)) = self.first_of_family(instance) else {
            let excluded = instance.excluded.first();
            return excluded.map_or(Family::V4, |line| Family::of(line.prefix.address));
        };
        if let Some(native) = instance.native_ipv6.filter(|_| family == Family::V4) {
            let name = &instance.name;
            let message = format!("({name}) Cannot specify native_ipv6 with IPv4 addresses");
            let problem = Diagnostic::error("family-mismatch", message).at(native.span);
            let problem = problem.label(place, "an IPv4 address is here already");
            let help = "remove native_ipv6, or move the IPv4 addresses to an instance of their own";
            self.problems.push(problem.help(help));
        }
        family
    }

    fn first_of_family(&self, instance: &Instance) -> Option<(Family, Span)> {
        let peers = instance.unicast_peers.as_ref();
        let peer = peers.and_then(|peers| peers.first());
        let sources = [
            instance.mcast_src_ip,
            instance.unicast_src_ip,
            instance.mcast_dst_ip,
            peer.map(|peer| peer.address),
        ];
        let written = sources.into_iter().flatten();
        let written = written.map(|address| (Family::of(address.value), address.span));
        let first = instance.addresses.first();
        let first = first.map(|line| (Family::of(line.prefix.address), line.prefix.span));
        let native = instance.native_ipv6.map(|native| (Family::V6, native.span));
        let candidates = written.chain(first).chain(native);
        candidates.reduce(
            |first, other| match self.naming.is_before(other.1, first.1) {
                true => other,
                false => first,
            },
        )
    }

    /// IPv6 is version 3 unless the instance itself says otherwise, before its first address.
    pub(super) fn version(&mut self, instance: &Instance, family: Family) -> Version {
        let own = instance.version;
        if family == Family::V4 {
            let written = own.or(self.ast.vrrp.defaults.version);
            return match written.map(|version| version.value) {
                Some(3) => Version::V3,
                _ => Version::V2,
            };
        }
        let Some(two) = own.filter(|version| version.value == 2) else {
            return Version::V3;
        };
        let name = &instance.name;
        if let Some(strict) = self.strict(instance) {
            let message =
                format!("({name}) cannot use IPv6 with VRRP version 2; setting version 3");
            let problem = taken_back(strict, two.span, message, "write `version 3`");
            self.problems.push(problem);
            return Version::V3;
        }
        match self.first_of_family(instance) {
            Some((_, place)) if self.naming.is_before(place, two.span) => {
                let message = format!(
                    "({name}) vrrp_version 2 conflicts with configured or deduced version 3; \
                     ignoring."
                );
                let problem = Diagnostic::error("version-conflict", message).at(two.span);
                let problem = problem.label(place, "IPv6 means version 3");
                self.problems.push(problem.help("remove `version 2`"));
                Version::V3
            }
            _ => Version::V2,
        }
    }
}
