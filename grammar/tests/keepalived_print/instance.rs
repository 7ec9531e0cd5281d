//! Settings of an instance that stand for themselves.

use base::{MacAddr, Priority};
use core::time::Duration;
use grammar::ast::leaf::Prefix;
use grammar::ast::vrrp::{GarpExtraIf, Instance, Ipvlan, IpvlanMode, OldChecksum, Vmac};
use proptest::option::of;
use proptest::prelude::*;

use super::at;

/// What is put into an instance made elsewhere.
#[derive(Clone, Debug)]
pub(super) struct Settings(Instance);

impl Settings {
    pub(super) fn put(self, instance: Instance) -> Instance {
        let from = self.0;
        Instance {
            vrf: from.vrf,
            promote_secondaries: from.promote_secondaries,
            dont_track_primary: from.dont_track_primary,
            linkbeat_use_polling: from.linkbeat_use_polling,
            lvs_sync_daemon_interface: from.lvs_sync_daemon_interface,
            garp_extra_if: from.garp_extra_if,
            use_vmac: from.use_vmac,
            use_vmac_addr: from.use_vmac_addr,
            vmac_xmit_base: from.vmac_xmit_base,
            use_ipvlan: from.use_ipvlan,
            track_src_ip: from.track_src_ip,
            old_unicast_checksum: from.old_unicast_checksum,
            v3_checksum_as_v2: from.v3_checksum_as_v2,
            timer_expired_backup: from.timer_expired_backup,
            accept: from.accept,
            strict_mode: from.strict_mode,
            owner_ignore_adverts: from.owner_ignore_adverts,
            kernel_rx_buf_size: from.kernel_rx_buf_size,
            debug: from.debug,
            notify_priority_changes: from.notify_priority_changes,
            smtp_alert: from.smtp_alert,
            ..instance
        }
    }
}

/// A parent is written after a name only.
fn names() -> impl Strategy<Value = (Option<String>, Option<String>)> {
    let name = || "if[a-z0-9.]{0,13}";
    of((name(), of(name()))).prop_map(|names| match names {
        Some((name, parent)) => (Some(name), parent),
        None => (None, None),
    })
}

fn vmac() -> impl Strategy<Value = Vmac> {
    (
        names(),
        of(any::<[u8; 6]>()),
        of(any::<u32>()),
        any::<bool>(),
    )
        .prop_map(|((name, parent), mac, group, netlink_notify)| Vmac {
            name,
            parent,
            mac: mac.map(|mut bytes| {
                // Neither a group address nor one of VRRP itself.
                bytes[0] = bytes[0] & 0xfe | 2;
                MacAddr(bytes)
            }),
            group,
            netlink_notify,
        })
}

fn ipvlan() -> impl Strategy<Value = Ipvlan> {
    let mode = prop_oneof![
        Just(IpvlanMode::Bridge),
        Just(IpvlanMode::Private),
        Just(IpvlanMode::Vepa)
    ];
    let address = (any::<[u8; 4]>(), of(0_u8..=32)).prop_map(|(address, len)| Prefix {
        address: address.into(),
        len: len.unwrap_or(32),
        written: len.is_some(),
    });
    (of(mode), names(), of(address), of(any::<u32>())).prop_map(
        |(mode, (name, parent), address, group)| Ipvlan {
            mode,
            name,
            parent,
            address,
            group,
        },
    )
}

pub(super) fn settings() -> impl Strategy<Value = Settings> {
    let flags = any::<[bool; 6]>();
    let switches = any::<[Option<bool>; 6]>();
    let links = (
        of("if[a-z]{0,13}"),
        of("if[a-z]{0,13}"),
        of(vmac()),
        of(ipvlan()),
    );
    let extra = of((any::<bool>(), 0_u64..=86_400_000));
    let numbers = (of(any::<u32>()), of(0_u8..=4), of(1_u8..=254), extra);
    let never = of(any::<bool>());
    (flags, switches, links, numbers, never).prop_map(|(flags, switches, links, numbers, never)| {
        let [promote, dont_track, linkbeat, vmac_addr, xmit_base, src] = flags;
        let (buffer, debug, raised, extra) = numbers;
        Settings(Instance {
            vrf: links.0.map(at),
            lvs_sync_daemon_interface: links.1.map(at),
            use_vmac: links.2.map(at),
            use_ipvlan: links.3.map(at),
            promote_secondaries: promote.then(|| at(())),
            dont_track_primary: dont_track,
            linkbeat_use_polling: linkbeat,
            use_vmac_addr: vmac_addr,
            vmac_xmit_base: xmit_base.then(|| at(())),
            track_src_ip: src,
            garp_extra_if: extra.map(|(all, millis)| {
                let interval = Duration::from_millis(millis);
                at(GarpExtraIf { all, interval })
            }),
            old_unicast_checksum: never.map(|never| {
                at(if never {
                    OldChecksum::Never
                } else {
                    OldChecksum::Always
                })
            }),
            v3_checksum_as_v2: switches[0],
            accept: switches[1].map(at),
            strict_mode: switches[2].map(at),
            owner_ignore_adverts: switches[3].map(at),
            notify_priority_changes: switches[4],
            smtp_alert: switches[5],
            timer_expired_backup: raised.map(Priority).map(at),
            kernel_rx_buf_size: buffer.map(at),
            debug: debug.map(at),
            ..Instance::default()
        })
    })
}
