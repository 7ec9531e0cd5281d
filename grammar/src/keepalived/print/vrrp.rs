//! `vrrp_instance` as text.

use core::fmt::Write as _;

use super::address::address_line;
use super::route::route_line;
use super::rule::rule_line;
use super::track::track_line;
use super::{Printer, word};
use crate::ast::vrrp::{
    AntiReplay, AuthHmac, AuthType, Authentication, HmacMode, InitialState, Instance, Ipvlan,
    IpvlanMode, Notify, OldChecksum, Peer, Secret,
};
use crate::keepalived::value::print_seconds;

impl Printer {
    pub(super) fn instance(&mut self, instance: &Instance) {
        self.value(
            "state",
            instance.state.map(|state| match state.value {
                InitialState::Master => "MASTER",
                InitialState::Backup => "BACKUP",
            }),
        );
        self.text("interface", instance.interface.as_ref());
        self.value("virtual_router_id", instance.vrid);
        self.value("priority", instance.priority);
        self.time("advert_int", instance.advert_int.as_ref());
        self.value("version", instance.version);
        self.flag("native_ipv6", instance.native_ipv6.is_some());
        self.flag(
            "no_virtual_ipaddress",
            instance.no_virtual_ipaddress.is_some(),
        );
        self.value("mcast_src_ip", instance.mcast_src_ip);
        self.value("unicast_src_ip", instance.unicast_src_ip);
        self.value("mcast_dst_ip", instance.mcast_dst_ip);
        self.value("unicast_ttl", instance.unicast_ttl);
        self.flag("unicast_fault_no_peer", instance.unicast_fault_no_peer);
        self.switch(
            "check_unicast_src",
            instance.check_unicast_src.map(|on| on.value),
        );
        if let Some(preempt) = instance.preempt {
            self.line(if preempt.value {
                "preempt"
            } else {
                "nopreempt"
            });
        }
        self.time("preempt_delay", instance.preempt_delay.as_ref());
        self.value("down_timer_adverts", instance.down_timer_adverts);
        self.switch("skip_check_adv_addr", instance.skip_check_adv_addr);
        self.switch(
            "lower_prio_no_advert",
            instance.lower_prio_no_advert.map(|on| on.value),
        );
        self.switch(
            "higher_prio_send_advert",
            instance.higher_prio_send_advert.map(|on| on.value),
        );
        self.garp("", &instance.garp);
        self.notify(&instance.notify);
        self.link(instance);
        self.rules_of(instance);
        self.instance_blocks(instance);
    }

    fn link(&mut self, instance: &Instance) {
        self.text("vrf", instance.vrf.as_ref());
        self.flag(
            "promote_secondaries",
            instance.promote_secondaries.is_some(),
        );
        self.flag("dont_track_primary", instance.dont_track_primary);
        self.flag("linkbeat_use_polling", instance.linkbeat_use_polling);
        self.text(
            "lvs_sync_daemon_interface",
            instance.lvs_sync_daemon_interface.as_ref(),
        );
        if let Some(extra) = &instance.garp_extra_if {
            let all = if extra.all { "all " } else { "" };
            let interval = print_seconds(extra.interval);
            self.line(format_args!("garp_extra_if {all}{interval}"));
        }
        if let Some(vmac) = &instance.use_vmac {
            let mut line = "use_vmac".to_owned();
            for name in [&vmac.name, &vmac.parent].into_iter().flatten() {
                line.push_str(&link_name(name));
            }
            if let Some(mac) = vmac.mac {
                let _ = write!(line, " {mac}");
            }
            if let Some(group) = vmac.group {
                let _ = write!(line, " group {group}");
            }
            if vmac.netlink_notify {
                line.push_str(" netlink_notify_msg");
            }
            self.line(line);
        }
        self.flag("use_vmac_addr", instance.use_vmac_addr);
        self.flag("vmac_xmit_base", instance.vmac_xmit_base.is_some());
        if let Some(ipvlan) = &instance.use_ipvlan {
            self.line(ipvlan_line(ipvlan));
        }
        self.switch("smtp_alert", instance.smtp_alert);
    }

    fn rules_of(&mut self, instance: &Instance) {
        self.flag("track_src_ip", instance.track_src_ip);
        if let Some(kind) = instance.old_unicast_checksum {
            self.line(match kind.value {
                OldChecksum::Always => "old_unicast_checksum",
                OldChecksum::Never => "old_unicast_checksum never",
            });
        }
        self.switch("v3_checksum_as_v2", instance.v3_checksum_as_v2);
        self.value("timer_expired_backup", instance.timer_expired_backup);
        if let Some(accept) = instance.accept {
            self.line(if accept.value { "accept" } else { "no_accept" });
        }
        self.switch("strict_mode", instance.strict_mode.map(|on| on.value));
        self.switch(
            "owner_ignore_adverts",
            instance.owner_ignore_adverts.map(|on| on.value),
        );
        self.value("kernel_rx_buf_size", instance.kernel_rx_buf_size);
        self.value("debug", instance.debug);
        self.switch("notify_priority_changes", instance.notify_priority_changes);
    }

    fn instance_blocks(&mut self, instance: &Instance) {
        if let Some(auth) = &instance.authentication {
            self.block("authentication", "", |out| out.authentication(auth));
        }
        if let Some(hmac) = &instance.auth_hmac {
            self.block("auth_hmac", "", |out| out.auth_hmac(hmac));
        }
        if let Some(peers) = &instance.unicast_peers {
            self.block("unicast_peer", "", |out| {
                peers.iter().for_each(|peer| out.line(print_peer(peer)))
            });
        }
        self.list("track_interface", &instance.track_interfaces, track_line);
        self.list("track_script", &instance.track_scripts, track_line);
        self.list("track_file", &instance.track_files, track_line);
        self.list("track_process", &instance.track_processes, track_line);
        self.list("track_bfd", &instance.track_bfds, track_line);
        self.list("virtual_ipaddress", &instance.addresses, address_line);
        self.list(
            "virtual_ipaddress_excluded",
            &instance.excluded,
            address_line,
        );
        self.list("virtual_routes", &instance.routes, route_line);
        self.list("virtual_rules", &instance.rules, |rule| rule_line(rule));
    }

    fn authentication(&mut self, auth: &Authentication) {
        self.value(
            "auth_type",
            auth.auth_type.map(|kind| match kind.value {
                AuthType::Pass => "PASS",
                AuthType::Ah => "AH",
            }),
        );
        let password = auth.password.as_ref();
        self.value(
            "auth_pass",
            password.map(|pass| word(&String::from_utf8_lossy(pass))),
        );
    }

    fn auth_hmac(&mut self, hmac: &AuthHmac) {
        for key in &hmac.keys {
            let secret = match &key.secret.value {
                Secret::Text(text) => text.clone(),
                Secret::Hex(bytes) => bytes.iter().fold("hex:".to_owned(), |mut text, byte| {
                    let _ = write!(text, "{byte:02x}");
                    text
                }),
                Secret::File(path) => format!("file:{path}"),
            };
            self.line(format_args!("key {} {}", key.id, word(&secret)));
        }
        self.value("active_key", hmac.active_key);
        self.value("time_window", hmac.time_window);
        self.value(
            "anti_replay",
            hmac.anti_replay.map(|rule| match rule.value {
                AntiReplay::Time => "time",
                AntiReplay::Monotonic => "monotonic",
            }),
        );
        self.value(
            "mode",
            hmac.mode.map(|mode| match mode.value {
                HmacMode::Enforce => "enforce",
                HmacMode::Permissive => "permissive",
                HmacMode::ReceiveOnly => "receive-only",
            }),
        );
    }

    pub(super) fn notify(&mut self, notify: &Notify) {
        self.command("notify_master", notify.master.as_ref());
        self.command("notify_backup", notify.backup.as_ref());
        self.command("notify_fault", notify.fault.as_ref());
        self.command("notify_stop", notify.stop.as_ref());
        self.command("notify_deleted", notify.deleted.as_ref());
        self.flag("notify_deleted", notify.deleted_alone);
        self.command("notify", notify.any.as_ref());
        self.command(
            "notify_master_rx_lower_pri",
            notify.master_rx_lower_pri.as_ref(),
        );
    }
}

fn print_peer(peer: &Peer) -> String {
    let option =
        |name, ttl: Option<u8>| ttl.map(|ttl| format!(" {name} {ttl}")).unwrap_or_default();
    let (min, max) = (
        option("min_ttl", peer.min_ttl),
        option("max_ttl", peer.max_ttl),
    );
    format!("{}{min}{max}", peer.address)
}

/// The name of a link, so that it is not taken for another word or an address.
fn link_name(name: &str) -> String {
    const WORDS: [&str; 6] = [
        "bridge",
        "private",
        "vepa",
        "group",
        "name",
        "netlink_notify_msg",
    ];
    let clear = !WORDS.contains(&name) && name.parse::<core::net::IpAddr>().is_err();
    let word = word(name);
    if clear {
        format!(" {word}")
    } else {
        format!(" name {word}")
    }
}

fn ipvlan_line(ipvlan: &Ipvlan) -> String {
    let mut line = "use_ipvlan".to_owned();
    if let Some(mode) = ipvlan.mode {
        line.push_str(match mode {
            IpvlanMode::Bridge => " bridge",
            IpvlanMode::Private => " private",
            IpvlanMode::Vepa => " vepa",
        });
    }
    for name in [&ipvlan.name, &ipvlan.parent].into_iter().flatten() {
        line.push_str(&link_name(name));
    }
    if let Some(address) = ipvlan.address {
        let _ = write!(line, " {address}");
    }
    if let Some(group) = ipvlan.group {
        let _ = write!(line, " group {group}");
    }
    line
}
