//! Root keywords and `global_defs`.

use super::{Printer, word};
use crate::Ast;
use crate::ast::global::{
    Buffers, Child, Dbus, Fifo, Fifos, Files, Firewall, FlushOnStop, Hook, IpSets, LinkDelay,
    Linkbeat, LvsDefaults, Mail, Nftables, Polled, Processes, Snmp, SyncDaemon,
};
use crate::ast::leaf::{Spanned, User};
use crate::ast::vrrp::{Defaults, Garp, ReceiveBuffers};
use crate::keepalived::value::print_seconds;

/// Words after an option, with a blank before each.
fn tail(words: &[Option<String>]) -> String {
    words
        .iter()
        .flatten()
        .map(|word| format!(" {word}"))
        .collect()
}

fn optional(text: Option<&str>) -> Option<String> {
    text.map(word)
}

fn account(user: Option<&User>) -> [Option<String>; 2] {
    let group = user.and_then(|user| user.group.as_deref());
    [user.map(|user| word(&user.user)), optional(group)]
}

impl Printer {
    pub(super) fn root(&mut self, ast: &Ast) {
        let process = &ast.process;
        self.text("net_namespace", process.net_namespace.as_ref());
        self.path("net_namespace_ipvs", process.net_namespace_ipvs.as_ref());
        self.flag("namespace_with_ipsets", process.namespace_with_ipsets);
        self.text("instance", process.instance.as_ref());
        self.flag("use_pid_dir", process.use_pid_dir);
        self.time("child_wait_time", process.child_wait_time.as_ref());
        self.list("interface_up_down_delays", &process.links.delays, delay);
        self.list("linkbeat_interfaces", &process.links.polled, polled);
        self.flag("linkbeat_use_polling", process.links.use_polling);
    }

    pub(super) fn global(&mut self, ast: &Ast) {
        let process = &ast.process;
        self.text("router_id", process.router_id.as_ref());
        self.user("script_user", process.script_user.as_ref());
        self.flag("enable_script_security", process.script_security.is_some());
        self.path("reload_check_config", process.reload_check_config.as_ref());
        self.processes(&process.processes);
        self.buffers(&process.buffers);
        self.files(&process.files);
        self.mail(&process.mail);
        self.fifos(&process.fifos);
        self.defaults(&ast.vrrp.defaults);
        self.firewall(&process.firewall);
        self.lvs(&process.lvs);
        self.snmp(&process.snmp);
        self.dbus(&process.dbus);
    }

    /// A keyword with a path or name that may be left out.
    fn path(&mut self, name: &str, value: Option<&Spanned<Option<String>>>) {
        if let Some(value) = value {
            let path = optional(value.value.as_deref());
            self.line(format_args!("{name}{}", tail(&[path])));
        }
    }

    fn processes(&mut self, processes: &Processes) {
        self.switch("process_names", processes.names);
        self.text("process_name", processes.parent_name.as_ref());
        self.child("vrrp", &processes.vrrp);
        self.child("checker", &processes.checker);
        self.child("bfd", &processes.bfd);
        self.value("max_auto_priority", processes.max_auto_priority);
        let delay = processes.min_auto_priority_delay;
        self.value("min_auto_priority_delay", delay);
        let mask = processes.umask.map(|mask| format!("0{:o}", mask.value));
        self.value("umask", mask);
        self.switch("use_symlink_paths", processes.use_symlink_paths);
        let groups = processes.set_supplementary_groups;
        self.switch("set_supplementary_groups", groups);
        self.value("random_seed", processes.random_seed);
        for words in &processes.include_checks {
            let words: Vec<_> = words.iter().map(|text| Some(word(text))).collect();
            self.line(format_args!("include_check{}", tail(&words)));
        }
        self.hook("startup_script", &processes.startup);
        self.hook("shutdown_script", &processes.shutdown);
    }

    fn hook(&mut self, name: &str, hook: &Hook) {
        self.command(name, hook.script.as_ref());
        self.value(&format!("{name}_timeout"), hook.timeout);
    }

    fn child(&mut self, name: &str, child: &Child) {
        let of = |what: &str| format!("{name}_{what}");
        self.text(&of("process_name"), child.process_name.as_ref());
        self.value(&of("priority"), child.nice);
        self.flag(&of("no_swap"), child.no_swap);
        self.value(&of("rt_priority"), child.rt_priority);
        if !child.cpu_affinity.is_empty() {
            let cpus = child.cpu_affinity.iter();
            let cpus: Vec<_> = cpus.map(|cpu| Some(cpu.to_string())).collect();
            self.line(format_args!("{}{}", of("cpu_affinity"), tail(&cpus)));
        }
        self.value(&of("rlimit_rttime"), child.rlimit_rttime);
    }

    fn buffers(&mut self, buffers: &Buffers) {
        let all = [
            ("vrrp_netlink_cmd", buffers.vrrp_command),
            ("vrrp_netlink_monitor", buffers.vrrp_monitor),
            ("lvs_netlink_cmd", buffers.lvs_command),
            ("lvs_netlink_monitor", buffers.lvs_monitor),
            ("process_monitor", buffers.process_monitor),
        ];
        for (name, buffer) in all {
            self.value(&format!("{name}_rcv_bufs"), buffer.size);
            self.switch(&format!("{name}_rcv_bufs_force"), buffer.force);
        }
    }

    fn files(&mut self, files: &Files) {
        self.text("reload_time_file", files.reload_time.as_ref());
        self.switch("reload_repeat", files.reload_repeat);
        self.path("reload_file", files.reload.as_ref());
        self.text("config_save_dir", files.config_save_dir.as_ref());
        self.text("tmp_config_directory", files.tmp_config_directory.as_ref());
        self.switch("data_use_instance", files.data_use_instance);
        self.text("state_dump_file", files.state_dump.as_ref());
        self.text("stats_dump_file", files.stats_dump.as_ref());
        self.text("json_dump_file", files.json_dump.as_ref());
        self.value("json_version", files.json_version);
        self.text("iproute_usr_dir", files.iproute_usr_dir.as_ref());
        self.text("iproute_etc_dir", files.iproute_etc_dir.as_ref());
    }

    fn mail(&mut self, mail: &Mail) {
        self.list("notification_email", &mail.recipients, |to| word(to));
        self.text("notification_email_from", mail.from.as_ref());
        if let Some(server) = &mail.server {
            let port = server.port.map(|port| port.to_string());
            self.line(format_args!(
                "smtp_server {}{}",
                word(&server.host),
                tail(&[port])
            ));
        }
        self.text("smtp_helo_name", mail.helo_name.as_ref());
        self.value("smtp_connect_timeout", mail.connect_timeout);
        self.switch("smtp_alert", mail.alert);
        self.switch("smtp_alert_vrrp", mail.alert_vrrp);
        self.switch("smtp_alert_checker", mail.alert_checker);
        self.flag("no_email_faults", mail.no_faults);
        self.flag("no_checker_emails", mail.no_checkers);
    }

    fn fifos(&mut self, fifos: &Fifos) {
        self.fifo("notify_fifo", &fifos.all);
        self.fifo("vrrp_notify_fifo", &fifos.vrrp);
        self.fifo("lvs_notify_fifo", &fifos.lvs);
        self.switch("vrrp_notify_priority_changes", fifos.priority_changes);
        self.flag("fifo_write_vrrp_states_on_reload", fifos.states_on_reload);
    }

    fn fifo(&mut self, name: &str, fifo: &Fifo) {
        if let Some(path) = &fifo.path {
            let owner = tail(&account(path.owner.as_ref()));
            self.line(format_args!("{name} {}{owner}", word(&path.path)));
        }
        self.command(&format!("{name}_script"), fifo.script.as_ref());
    }

    fn defaults(&mut self, defaults: &Defaults) {
        self.value("vrrp_version", defaults.version);
        self.value("vrrp_mcast_group4", defaults.group4);
        self.value("vrrp_mcast_group6", defaults.group6);
        self.announcements(defaults);
        self.value("vrrp_down_timer_adverts", defaults.down_timer_adverts);
        self.switch("vrrp_lower_prio_no_advert", defaults.lower_prio_no_advert);
        let higher = defaults.higher_prio_send_advert;
        self.switch("vrrp_higher_prio_send_advert", higher);
        self.switch("vrrp_owner_ignore_adverts", defaults.owner_ignore_adverts);
        self.switch("vrrp_check_unicast_src", defaults.check_unicast_src);
        self.switch("vrrp_skip_check_adv_addr", defaults.skip_check_adv_addr);
        self.switch("vrrp_strict", defaults.strict.map(|on| on.value));
        self.switch("v3_checksum_as_v2", defaults.v3_checksum_as_v2);
        self.time("vrrp_startup_delay", defaults.startup_delay.as_ref());
        self.time("vrrp_delay_after_boot", defaults.delay_after_boot.as_ref());
        if let Some(dynamic) = &defaults.dynamic_interfaces {
            let word = dynamic
                .allow_if_changes
                .then(|| "allow_if_changes".to_owned());
            self.line(format_args!("dynamic_interfaces{}", tail(&[word])));
        }
        self.text("default_interface", defaults.default_interface.as_ref());
        self.switch("compat_timing", defaults.compat_timing);
        self.switch("bfd_master_down", defaults.bfd_master_down);
        self.switch("notify_ordered", defaults.notify_ordered);
        self.switch("sentinel", defaults.sentinel);
        self.flag("disable_local_igmp", defaults.disable_local_igmp);
        self.switch("log_unknown_vrids", defaults.log_unknown_vrids);
        let policy = defaults.receive_buffers.map(|policy| match policy.value {
            ReceiveBuffers::Mtu => "MTU".to_owned(),
            ReceiveBuffers::Advert => "ADVERT".to_owned(),
            ReceiveBuffers::Bytes(bytes) => bytes.to_string(),
        });
        self.value("vrrp_rx_bufs_policy", policy);
        self.value("vrrp_rx_bufs_multiplier", defaults.receive_multiplier);
        self.text("vmac_prefix", defaults.vmac_prefix.as_ref());
        self.text("vmac_addr_prefix", defaults.vmac_addr_prefix.as_ref());
    }

    fn announcements(&mut self, defaults: &Defaults) {
        self.garp("vrrp_", &defaults.garp);
        self.switch("vrrp_min_garp", defaults.min_garp);
        self.time("vrrp_garp_interval", defaults.garp_interval.as_ref());
        self.time("vrrp_gna_interval", defaults.gna_interval.as_ref());
        let extra = defaults.extra_announcements.map(|extra| {
            let all = if extra.all { "all " } else { "" };
            format!("{all}{}", extra.seconds)
        });
        self.value("vrrp_garp_extra_if", extra);
    }

    pub(super) fn garp(&mut self, prefix: &str, garp: &Garp) {
        let of = |what: &str| format!("{prefix}garp_{what}");
        self.time(&of("master_delay"), garp.delay.as_ref());
        self.value(&of("master_repeat"), garp.repeat);
        self.time(&of("master_refresh"), garp.refresh.as_ref());
        self.value(&of("master_refresh_repeat"), garp.refresh_repeat);
        self.time(&of("lower_prio_delay"), garp.lower_prio_delay.as_ref());
        self.value(&of("lower_prio_repeat"), garp.lower_prio_repeat);
    }

    fn firewall(&mut self, firewall: &Firewall) {
        if let Some(chains) = &firewall.iptables {
            let chains = [&chains.input, &chains.output].map(|name| optional(name.as_deref()));
            self.line(format_args!("vrrp_iptables{}", tail(&chains)));
        }
        if let Some(sets) = &firewall.ipsets {
            let names = match &sets.value {
                IpSets::Off => vec![Some("off".to_owned())],
                IpSets::Named(names) => names.iter().map(|name| Some(word(name))).collect(),
            };
            self.line(format_args!("vrrp_ipsets{}", tail(&names)));
        }
        self.nftables("nftables", &firewall.nftables);
        self.flag("nftables_ifindex", firewall.nftables_ifindex);
        self.flag("nftables_counters", firewall.nftables_counters);
        self.nftables("nftables_ipvs", &firewall.ipvs);
        self.value("nftables_ipvs_start_fwmark", firewall.ipvs_start_fwmark);
    }

    fn nftables(&mut self, name: &str, table: &Nftables) {
        self.path(name, table.table.as_ref());
        self.value(&format!("{name}_priority"), table.priority);
    }

    fn lvs(&mut self, lvs: &LvsDefaults) {
        self.switch("checker_log_all_failures", lvs.log_all_failures);
        if let Some(timeouts) = &lvs.timeouts {
            let option = |name: &str, time: Option<u32>| time.map(|time| format!("{name} {time}"));
            let options = [
                option("tcp", timeouts.tcp),
                option("tcpfin", timeouts.tcp_fin),
                option("udp", timeouts.udp),
            ];
            self.line(format_args!("lvs_timeouts{}", tail(&options)));
        }
        self.flag("lvs_flush", lvs.flush);
        if let Some(flush) = lvs.flush_on_stop {
            let own = (flush == FlushOnStop::Own).then(|| "VS".to_owned());
            self.line(format_args!("lvs_flush_on_stop{}", tail(&[own])));
        }
        self.value(
            "lvs_sync_daemon",
            lvs.sync_daemon.as_ref().map(|it| sync_daemon(it)),
        );
        self.flag("rs_init_notifies", lvs.rs_init_notifies);
    }

    fn snmp(&mut self, snmp: &Snmp) {
        self.text("snmp_socket", snmp.socket.as_ref());
        self.flag("enable_traps", snmp.traps);
        self.flag("enable_snmp_vrrp", snmp.vrrp);
        self.flag("enable_snmp_rfc", snmp.rfc);
        self.flag("enable_snmp_rfcv2", snmp.rfc_v2);
        self.flag("enable_snmp_rfcv3", snmp.rfc_v3);
        self.flag("enable_snmp_checker", snmp.checker);
        self.time(
            "snmp_vs_stats_update_interval",
            snmp.service_interval.as_ref(),
        );
        self.time(
            "snmp_rs_stats_update_interval",
            snmp.server_interval.as_ref(),
        );
    }

    fn dbus(&mut self, dbus: &Dbus) {
        self.flag("enable_dbus", dbus.enable);
        self.text("dbus_service_name", dbus.service_name.as_ref());
        self.text("dbus_no_interface_name", dbus.no_interface_name.as_ref());
    }

    pub(super) fn user(&mut self, name: &str, user: Option<&Spanned<User>>) {
        if let Some(user) = user {
            self.line(format_args!("{name}{}", tail(&account(Some(user)))));
        }
    }
}

fn sync_daemon(daemon: &SyncDaemon) -> String {
    let number = |name: &str, value: Option<u64>| value.map(|value| format!("{name} {value}"));
    let instance = daemon
        .instance
        .as_ref()
        .map(|name| format!("inst {}", word(name)));
    let options = [
        instance,
        number("id", daemon.id.map(u64::from)),
        number("maxlen", daemon.maxlen.map(u64::from)),
        number("port", daemon.port.map(u64::from)),
        number("ttl", daemon.ttl.map(u64::from)),
        daemon.group.map(|group| format!("group {group}")),
    ];
    format!("{}{}", word(&daemon.interface), tail(&options))
}

fn delay(delay: &LinkDelay) -> String {
    let up = delay.up.map(print_seconds);
    let down = print_seconds(delay.down);
    format!("{} {down}{}", word(&delay.interface), tail(&[up]))
}

fn polled(polled: &Polled) -> String {
    let method = polled.method.map(|method| match method {
        Linkbeat::Mii => "MII".to_owned(),
        Linkbeat::Ethtool => "ETHTOOL".to_owned(),
        Linkbeat::Ioctl => "IOCTL".to_owned(),
    });
    format!("{}{}", word(&polled.interface), tail(&[method]))
}
