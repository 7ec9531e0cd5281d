//! `global_defs` as dumps show them.
//!
//! Invariants: what is kept is no larger than what is written; text is made when it is asked for.
//! What the original shows of its own making (the version of its library) has no line here.

use core::fmt::{Display, Write as _};
use core::time::Duration;
use std::path::Path;

use grammar::ast::global as ast;
use grammar::ast::process::Process;
use grammar::ast::vrrp::{Defaults, Garp, ReceiveBuffers};
use grammar::{Ast, MemoryLoader, keepalived as language};
use serde::{Deserialize, Serialize};

use super::command::Commands;
use super::{Command, Hooks, Pipe, Pipes, timing};
use crate::Facts;

/// `VRRP IPv4 mcast group` unless written.
const GROUP4: &str = "224.0.0.18";
/// `VRRP IPv6 mcast group` unless written.
const GROUP6: &str = "ff02::12";
/// `…_rlimit_rttime` unless written: microseconds.
const RUN_LIMIT: u32 = 10_000;
/// Priority of tables unless written.
const TABLE_PRIORITY: i32 = -1;

/// Settings for dumps, as text that reads back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Globals {
    /// In the form of the printer.
    written: Box<str>,
    /// Name of the host.
    host: Box<str>,
    /// User and group of commands for which nobody says another.
    account: Option<(u32, u32)>,
}

/// Who shows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side<'a> {
    /// The parent, with what it runs.
    Parent(&'a Hooks),
    /// The VRRP process.
    Vrrp {
        /// Some router has packets dropped.
        filters: bool,
    },
    /// The checker process.
    Checkers,
    /// The BFD process.
    Bfd,
}

impl Globals {
    pub(super) fn of(written: &Ast, commands: &Commands<'_>, facts: &dyn Facts) -> Self {
        Self {
            written: language::print_settings(written).into(),
            host: facts.hostname().into(),
            account: commands.usual_account(),
        }
    }

    /// The section of a dump, with its title.
    #[must_use]
    pub fn section(&self, side: Side<'_>, pipes: &Pipes) -> String {
        let mut files = MemoryLoader::new([("settings", &*self.written)]);
        let path = Path::new("settings");
        let ast = language::parse(&mut files, path, &language::Options::default()).ast;
        let (process, defaults) = (&ast.process, &ast.vrrp.defaults);
        let mut out = Lines("------< Global definitions >------\n".to_owned());
        out.names(process, &self.host);
        out.mail(&process.mail, &self.host);
        out.reloads(process, side);
        out.checkers(process, defaults, side);
        out.pipes(process, side, pipes);
        out.vrrp(defaults);
        out.tables(&process.firewall, side);
        out.conduct(process, defaults);
        out.interfaces(process);
        out.scripts(process, self.account);
        out.buffers(process, defaults);
        out.rest(process, defaults);
        out.0
    }
}

/// Settings, one a line.
struct Lines(String);

// Writing to a `String` cannot fail.
impl Lines {
    fn line(&mut self, name: &str, value: impl Display) {
        let _ = writeln!(self.0, " {name} = {value}");
    }

    fn written(&mut self, name: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.line(name, value);
        }
    }

    fn words(&mut self, words: &str) {
        let _ = writeln!(self.0, " {words}");
    }

    fn names(&mut self, process: &Process, host: &str) {
        self.written("Config save dir", process.files.config_save_dir.as_ref());
        let namespace = process.net_namespace.as_ref();
        let namespace = namespace.map_or("(default)", |name| name.value.as_str());
        self.line("Network namespace", namespace);
        let of_table = process.net_namespace_ipvs.as_ref();
        let of_table = of_table.map_or("(main namespace)", |name| {
            name.value.as_deref().unwrap_or("(default)")
        });
        self.line("Network namespace ipvs", of_table);
        self.written("Instance name", process.instance.as_ref());
        let processes = &process.processes;
        let apart = processes.names.unwrap_or(false);
        self.written("Parent process name", processes.parent_name.as_ref());
        let children = [
            ("VRRP", &processes.vrrp, "keepalived_vrrp"),
            ("LVS", &processes.checker, "keepalived_ipvs"),
            ("BFD", &processes.bfd, "keepalived_bfd"),
        ];
        for (word, child, usual) in children {
            let name = child.process_name.as_ref().map(|name| name.value.as_str());
            let name = name.or_else(|| apart.then_some(usual));
            self.written(&format!("{word} process name"), name);
        }
        let id = process.router_id.as_ref();
        self.line("Router ID", id.map_or(host, |id| id.value.as_str()));
    }

    fn mail(&mut self, mail: &ast::Mail, host: &str) {
        if let Some(server) = &mail.server {
            self.line("Smtp server", &server.host);
            self.line("Smtp server port", server.port.unwrap_or(25));
        }
        let helo = mail.helo_name.as_ref().map(|name| name.value.as_str());
        let helo = helo.or_else(|| mail.server.is_some().then_some(host));
        self.written("Smtp HELO name", helo);
        let timeout = mail.connect_timeout.map(|seconds| seconds.value);
        let timeout = timeout.or_else(|| mail.server.is_some().then_some(30));
        self.written("Smtp server connection timeout", timeout);
        let from = mail.from.as_ref().map(|from| from.value.clone());
        let from = from.or_else(|| mail.server.is_some().then(|| format!("root@{host}")));
        self.written("Email notification from", from);
        if mail.server.is_some() {
            self.words("Email notification to:");
            for to in &mail.recipients {
                self.words(&format!("  {to}"));
            }
        }
        let switches = [
            ("smtp_alert", mail.alert),
            ("smtp_alert_vrrp", mail.alert_vrrp),
            ("smtp_alert_checker", mail.alert_checker),
        ];
        for (name, switch) in switches {
            let value = switch.map_or("unset", |on| if on { "on" } else { "off" });
            self.line(&format!("Default {name}"), value);
        }
    }

    fn reloads(&mut self, process: &Process, side: Side<'_>) {
        let all = process.lvs.log_all_failures.unwrap_or(false);
        self.line("Checkers log all failures", all);
        match &process.reload_check_config {
            None => self.words("No test config before reload"),
            Some(file) => {
                let file = file.value.as_deref().unwrap_or("/dev/null");
                self.words(&format!("Test config before reload, log to {file}"));
            }
        }
        let files = &process.files;
        if let Some(at) = &files.reload_time {
            let repeat = match files.reload_repeat {
                Some(true) => " (repeat)",
                _ => "",
            };
            self.line("Reload time file", format_args!("{at}{repeat}"));
        }
        if let Some(file) = &files.reload {
            let apart = process.use_pid_dir
                || process.instance.is_some()
                || process.net_namespace.is_some();
            let usual = match apart {
                true => "/run/keepalived/keepalived.reload",
                false => "/run/keepalived.reload",
            };
            self.line("Reload_file", file.value.as_deref().unwrap_or(usual));
        }
        if files.data_use_instance.unwrap_or(false) {
            self.words("Use instance name in data dumps");
        }
        let Side::Parent(hooks) = side else {
            return;
        };
        let hooks = [
            ("Startup script", &hooks.startup, ","),
            ("Shutdown script", &hooks.shutdown, ""),
        ];
        for (name, hook, comma) in hooks {
            if let Some(hook) = hook {
                let command = command(&hook.command, true, None);
                let seconds = hook.timeout.as_secs();
                self.line(name, format_args!("{command}{comma} timeout {seconds}"));
            }
        }
    }

    fn checkers(&mut self, process: &Process, defaults: &Defaults, side: Side<'_>) {
        let dynamic = defaults.dynamic_interfaces.as_ref();
        self.line("Dynamic interfaces", dynamic.is_some());
        if dynamic.is_some_and(|dynamic| dynamic.allow_if_changes) {
            self.line("Allow interface changes", true);
        }
        if process.mail.no_faults {
            self.line("Send emails for fault transitions", "off");
        }
        let lvs = &process.lvs;
        let timeouts = lvs.timeouts.map(|timeouts| timeouts.value);
        let timeouts = timeouts.unwrap_or_default();
        self.written("LVS TCP timeout", timeouts.tcp);
        self.written("LVS TCP FIN timeout", timeouts.tcp_fin);
        self.written("LVS UDP timeout", timeouts.udp);
        if matches!(side, Side::Vrrp { .. }) {
            let interface = defaults.default_interface.as_ref();
            let interface = interface.map_or("eth0", |name| name.value.as_str());
            self.line("Default interface", interface);
        }
        let quiet = if defaults.disable_local_igmp {
            "yes"
        } else {
            "no"
        };
        self.line("Disable local IGMP", quiet);
        if let Some(daemon) = &lvs.sync_daemon {
            self.written("LVS syncd vrrp name", daemon.instance.as_ref());
            self.line("LVS syncd interface", &daemon.interface);
            self.written("LVS syncd syncid", daemon.id);
            self.written("LVS syncd maxlen", daemon.maxlen);
            if let Some(group) = daemon.group {
                self.words(&format!("LVS mcast group {group}"));
            }
            self.written("LVS syncd mcast port", daemon.port);
            self.written("LVS syncd mcast ttl", daemon.ttl);
        }
        self.line("LVS flush", lvs.flush);
        let flush = match lvs.flush_on_stop {
            None => "disabled",
            Some(ast::FlushOnStop::All) => "full",
            Some(ast::FlushOnStop::Own) => "VS",
        };
        self.line("LVS flush on stop", flush);
    }

    /// A reader is shown as the process that starts it runs it: elsewhere as it is written.
    fn pipes(&mut self, process: &Process, side: Side<'_>, pipes: &Pipes) {
        let (vrrp, checkers) = (matches!(side, Side::Vrrp { .. }), side == Side::Checkers);
        let all = [
            ("Global", &pipes.all, vrrp || checkers),
            ("VRRP", &pipes.vrrp, vrrp),
            ("LVS", &pipes.lvs, checkers),
        ];
        for (word, pipe, starts) in all {
            let Some(Pipe {
                path,
                owner,
                reader,
            }) = pipe
            else {
                continue;
            };
            let path = path.display();
            let (uid, gid) = owner.unwrap_or_default();
            let name = format!("{word} notify fifo");
            self.line(&name, format_args!("{path}, uid:gid {uid}:{gid}"));
            if let Some(reader) = reader {
                let path = starts.then(|| path.to_string());
                let reader = command(reader, starts, path.as_deref());
                self.line(&format!("{name} script"), reader);
            }
        }
        let fifos = &process.fifos;
        let repeats = fifos.states_on_reload;
        self.line("FIFO write vrrp states on reload", repeats);
        let changes = fifos.priority_changes.unwrap_or(false);
        self.line("VRRP notify priority changes", changes);
    }

    fn vrrp(&mut self, defaults: &Defaults) {
        let group4 = defaults.group4.map(|group| group.to_string());
        let group4 = group4.unwrap_or_else(|| GROUP4.to_owned());
        self.line("VRRP IPv4 mcast group", group4);
        let group6 = defaults.group6.map(|group| group.to_string());
        let group6 = group6.unwrap_or_else(|| GROUP6.to_owned());
        self.line("VRRP IPv6 mcast group", group6);
        let garp = timing::garp(&Garp::default(), defaults);
        self.line("Gratuitous ARP delay", garp.delay.as_secs());
        self.line("Gratuitous ARP repeat", garp.repeat);
        self.line("Gratuitous ARP refresh timer", garp.refresh.as_secs());
        self.line("Gratuitous ARP refresh repeat", garp.refresh_repeat);
        let lower = garp.lower_prio_delay.as_secs();
        self.line("Gratuitous ARP lower priority delay", lower);
        let lower = garp.lower_prio_repeat;
        self.line("Gratuitous ARP lower priority repeat", lower);
        let adverts = defaults.down_timer_adverts.map_or(3, |it| it.value);
        self.line("Num adverts before down", adverts);
        let extra = defaults.extra_announcements.map(|extra| extra.value);
        let of_all = extra.is_some_and(|extra| extra.all);
        let what = if of_all { "i/f" } else { "VMAC" };
        let seconds = extra.map_or(0, |extra| extra.seconds);
        let name = format!("Gratuitous ARP for each secondary {what}");
        self.line(&name, format_args!("{seconds}s"));
        let answers = !defaults.lower_prio_no_advert.unwrap_or(false);
        self.line("Send advert after receive lower priority advert", answers);
        let yields = defaults.higher_prio_send_advert.unwrap_or(false);
        self.line("Send advert after receive higher priority advert", yields);
        let gaps = [
            ("Gratuitous ARP interval", defaults.garp_interval),
            ("Gratuitous NA interval", defaults.gna_interval),
        ];
        for (name, gap) in gaps {
            let gap = gap.map_or(Duration::ZERO, |gap| gap.value);
            let (seconds, micros) = (gap.as_secs(), gap.subsec_micros());
            self.line(name, format_args!("{seconds}.{micros:06}"));
        }
        let version = defaults.version.map_or(2, |version| version.value);
        self.line("VRRP default protocol version", version);
    }

    fn tables(&mut self, firewall: &ast::Firewall, side: Side<'_>) {
        let filters = side == Side::Vrrp { filters: true };
        let table = |written: &ast::Nftables, used: bool, usual: &str| {
            let name = match &written.table {
                Some(name) => name.value.clone().unwrap_or_else(|| usual.to_owned()),
                None if used => usual.to_owned(),
                None => return None,
            };
            let priority = written.priority.map_or(TABLE_PRIORITY, |it| it.value);
            Some((name, priority))
        };
        if let Some((name, priority)) = table(&firewall.nftables, filters, "keepalived") {
            self.line("nftables table name", name);
            self.line("nftables base chain priority", priority);
            let not = if firewall.nftables_ifindex {
                ""
            } else {
                "don't "
            };
            let what = "force use ifindex for link local IPv6";
            self.words(&format!("nftables {not}{what}"));
        }
        if let Some((name, priority)) = table(&firewall.ipvs, false, "keepalived_ipvs") {
            self.line("ipvs nftables table name", name);
            self.line("ipvs nftables base chain priority", priority);
            let first = firewall.ipvs_start_fwmark.map_or(1000, |it| it.value);
            self.line("ipvs nftables start fwmark", first);
        }
        let out = if firewall.nftables_counters {
            ""
        } else {
            "out"
        };
        self.words(&format!("nftables with{out} counters"));
    }

    fn conduct(&mut self, process: &Process, defaults: &Defaults) {
        let unicast = defaults.check_unicast_src.unwrap_or(false);
        self.line("VRRP check unicast_src", unicast);
        let skips = defaults.skip_check_adv_addr.unwrap_or(false);
        self.line("VRRP skip check advert addresses", skips);
        let strict = defaults.strict.is_some_and(|strict| strict.value);
        self.line("VRRP strict mode", strict);
        let processes = &process.processes;
        match processes.max_auto_priority.map_or(0, |it| it.value) {
            ..0 => self.line("Max auto priority", "Disabled"),
            most => self.line("Max auto priority", most),
        }
        let late = processes.min_auto_priority_delay;
        let late = late.map_or(1_000_000, |late| late.value);
        self.line("Min auto priority delay", format_args!("{late} usecs"));
        let children = [
            ("VRRP", &processes.vrrp),
            ("Checker", &processes.checker),
            ("BFD", &processes.bfd),
        ];
        for (word, child) in children {
            let of = |what: &str| format!("{word} {what}");
            self.line(&of("process priority"), child.nice.map_or(0, |it| it.value));
            self.line(&of("don't swap"), child.no_swap);
            let priority = child.rt_priority.map_or(0, |it| it.value);
            self.line(&of("realtime priority"), priority);
            if !child.cpu_affinity.is_empty() {
                let cpus = child.cpu_affinity.iter();
                let cpus: String = cpus.map(|cpu| format!("{cpu} ")).collect();
                self.line(&of("CPU Affinity"), cpus);
            }
            let limit = child.rlimit_rttime.map_or(RUN_LIMIT, |it| it.value);
            self.line(&of("realtime limit"), limit);
        }
    }

    fn interfaces(&mut self, process: &Process) {
        let snmp = &process.snmp;
        let able = |on: bool| if on { "enabled" } else { "disabled" };
        let parts = [
            ("SNMP vrrp", snmp.vrrp),
            ("SNMP checker", snmp.checker),
            ("SNMP RFCv2", snmp.rfc || snmp.rfc_v2),
            ("SNMP RFCv3", snmp.rfc || snmp.rfc_v3),
            ("SNMP traps", snmp.traps),
        ];
        for (name, on) in parts {
            self.words(&format!("{name} {}", able(on)));
        }
        let socket = snmp.socket.as_ref().map(|socket| socket.value.as_str());
        let socket = socket.unwrap_or("default (unix:/var/agentx/master)");
        self.line("SNMP socket", socket);
        self.words(&format!("DBus {}", able(process.dbus.enable)));
        let name = process.dbus.service_name.as_ref();
        let name = name.map_or("", |name| name.value.as_str());
        self.line("DBus service name", name);
    }

    fn scripts(&mut self, process: &Process, account: Option<(u32, u32)>) {
        let security = process.script_security.is_some();
        let able = if security { "enabled" } else { "disabled" };
        self.words(&format!("Script security {able}"));
        if let Some((uid, gid)) = account {
            self.words(&format!("Default script uid:gid {uid}:{gid}"));
        }
    }

    fn buffers(&mut self, process: &Process, defaults: &Defaults) {
        let buffers = &process.buffers;
        let all = [
            ("vrrp_netlink_cmd", buffers.vrrp_command),
            ("vrrp_netlink_monitor", buffers.vrrp_monitor),
            ("process_monitor", buffers.process_monitor),
            ("lvs_netlink_cmd", buffers.lvs_command),
            ("lvs_netlink_monitor", buffers.lvs_monitor),
        ];
        for (name, buffer) in all {
            let size = buffer.size.map_or(0, |size| size.value);
            self.line(&format!("{name}_rcv_bufs"), size);
            let force = u8::from(buffer.force.unwrap_or(false));
            self.line(&format!("{name}_rcv_bufs_force"), force);
        }
        self.line("rs_init_notifies", u8::from(process.lvs.rs_init_notifies));
        let quiet = u8::from(process.mail.no_checkers);
        self.line("no_checker_emails", quiet);
        match defaults.receive_buffers.map(|policy| policy.value) {
            None => {}
            Some(ReceiveBuffers::Mtu) => self.line("rx_bufs_policy", "MTU"),
            Some(ReceiveBuffers::Advert) => self.line("rx_bufs_policy", "ADVERT"),
            Some(ReceiveBuffers::Bytes(bytes)) => self.line("rx_bufs_size", bytes),
        }
        let multiplier = defaults.receive_multiplier.map_or(3, |it| it.value);
        self.line("rx_bufs_multiples", multiplier);
    }

    fn rest(&mut self, process: &Process, defaults: &Defaults) {
        let umask = process.processes.umask.map_or(0o177, |mask| mask.value);
        self.line("umask", format_args!("0{umask:o}"));
        if let Some(delay) = defaults.startup_delay {
            self.line("vrrp_startup_delay", language::print_seconds(delay.value));
        }
        if defaults.log_unknown_vrids.unwrap_or(false) {
            self.words("log_unknown_vrids");
        }
        self.written("VMAC prefix", defaults.vmac_prefix.as_ref());
        self.written("VMAC address prefix", defaults.vmac_addr_prefix.as_ref());
    }
}

/// `'/usr/bin/cat' 'x', uid:gid 0:0`, as it `runs` with its `last` argument, or as it is written.
fn command(command: &Command, runs: bool, last: Option<&str>) -> String {
    let mut argv = command.argv.iter();
    let first = argv.next().map(String::as_str).unwrap_or_default();
    let first = match runs {
        true => command.path.to_string_lossy(),
        false => first.into(),
    };
    let argv = argv.map(String::as_str).chain(last);
    let words: Vec<String> = core::iter::once(&*first)
        .chain(argv)
        .map(|word| format!("'{word}'"))
        .collect();
    let (uid, gid) = (command.uid, command.gid);
    format!("{}, uid:gid {uid}:{gid}", words.join(" "))
}

impl Command {
    /// As dumps show it: `'/usr/bin/cat' 'x', uid:gid 0:0`.
    #[must_use]
    pub fn shown(&self) -> String {
        command(self, true, None)
    }
}
