//! `vrrp_instance` as text.

use core::fmt::Write as _;

use super::address::address_line;
use super::route::route_line;
use super::rule::rule_line;
use super::track::track_line;
use super::{Printer, word};
use crate::ast::vrrp::{
    AntiReplay, AuthHmac, AuthType, Authentication, HmacMode, InitialState, Instance, Notify, Peer,
    Secret,
};

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
        self.flag("native_ipv6", instance.native_ipv6);
        self.flag("no_virtual_ipaddress", instance.no_virtual_ipaddress);
        self.value("mcast_src_ip", instance.mcast_src_ip);
        self.value("unicast_src_ip", instance.unicast_src_ip);
        self.value("mcast_dst_ip", instance.mcast_dst_ip);
        self.value("unicast_ttl", instance.unicast_ttl);
        self.flag("unicast_fault_no_peer", instance.unicast_fault_no_peer);
        self.switch("check_unicast_src", instance.check_unicast_src);
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
        self.switch("lower_prio_no_advert", instance.lower_prio_no_advert);
        self.switch("higher_prio_send_advert", instance.higher_prio_send_advert);
        self.garp("", &instance.garp);
        self.notify(&instance.notify);
        self.kept(&instance.kept);
        self.instance_blocks(instance);
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
