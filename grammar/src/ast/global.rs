//! What `global_defs` and the root keywords say about processes, files, mail, pipes, firewall and
//! IPVS as a whole.
//!
//! Invariants: numbers are within the ranges of `keepalived.conf(5)`; `None` is "not written".
//! Deliberately unknown here: users, paths and CPUs of the host.

use core::net::IpAddr;
use core::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ast::leaf::{Command, Spanned, User};

/// How one child process runs (`vrrp_…`, `checker_…`, `bfd_…`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Child {
    /// `…_process_name`
    pub process_name: Option<Spanned<String>>,
    /// `…_priority`: nice value, -20 to 19.
    pub nice: Option<Spanned<i8>>,
    /// `…_no_swap`
    pub no_swap: bool,
    /// `…_rt_priority`: 1 to 99.
    pub rt_priority: Option<Spanned<u8>>,
    /// `…_cpu_affinity`
    pub cpu_affinity: Vec<Spanned<u32>>,
    /// `…_rlimit_rttime`: microseconds.
    pub rlimit_rttime: Option<Spanned<u32>>,
}

/// How the processes run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Processes {
    /// `process_names`
    pub names: Option<bool>,
    /// `process_name`
    pub parent_name: Option<Spanned<String>>,
    /// VRRP child.
    pub vrrp: Child,
    /// Checker child.
    pub checker: Child,
    /// BFD child.
    pub bfd: Child,
    /// `max_auto_priority`: 0 to 99, -1 for never.
    pub max_auto_priority: Option<Spanned<i8>>,
    /// `min_auto_priority_delay`: microseconds.
    pub min_auto_priority_delay: Option<Spanned<u32>>,
    /// `umask`
    pub umask: Option<Spanned<u16>>,
    /// `use_symlink_paths`
    pub use_symlink_paths: Option<bool>,
    /// `set_supplementary_groups`
    pub set_supplementary_groups: Option<bool>,
    /// `random_seed`
    pub random_seed: Option<Spanned<u32>>,
    /// Words of each `include_check`; none of them means all checks.
    pub include_checks: Vec<Vec<String>>,
    /// `startup_script`
    pub startup: Hook,
    /// `shutdown_script`
    pub shutdown: Hook,
}

/// A script of the parent's.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Hook {
    /// `…_script`
    pub script: Option<Spanned<Command>>,
    /// `…_script_timeout`: seconds, 1 to 1000.
    pub timeout: Option<Spanned<u16>>,
}

/// Receive buffers of one socket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Buffer {
    /// `…_rcv_bufs`: bytes.
    pub size: Option<Spanned<u32>>,
    /// `…_rcv_bufs_force`
    pub force: Option<bool>,
}

/// Receive buffers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Buffers {
    /// `vrrp_netlink_cmd_…`
    pub vrrp_command: Buffer,
    /// `vrrp_netlink_monitor_…`
    pub vrrp_monitor: Buffer,
    /// `lvs_netlink_cmd_…`
    pub lvs_command: Buffer,
    /// `lvs_netlink_monitor_…`
    pub lvs_monitor: Buffer,
    /// `process_monitor_…`
    pub process_monitor: Buffer,
}

/// Files that the parent reads or writes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Files {
    /// `reload_time_file`
    pub reload_time: Option<Spanned<String>>,
    /// `reload_repeat`
    pub reload_repeat: Option<bool>,
    /// `reload_file`; the path, if one is named.
    #[serde(with = "crate::ast::json::optional")]
    pub reload: Option<Spanned<Option<String>>>,
    /// `config_save_dir`
    pub config_save_dir: Option<Spanned<String>>,
    /// `tmp_config_directory`
    pub tmp_config_directory: Option<Spanned<String>>,
    /// `data_use_instance`
    pub data_use_instance: Option<bool>,
    /// `state_dump_file`
    pub state_dump: Option<Spanned<String>>,
    /// `stats_dump_file`
    pub stats_dump: Option<Spanned<String>>,
    /// `json_dump_file`
    pub json_dump: Option<Spanned<String>>,
    /// `json_version`: 1 or 2.
    pub json_version: Option<Spanned<u8>>,
    /// `iproute_usr_dir`
    pub iproute_usr_dir: Option<Spanned<String>>,
    /// `iproute_etc_dir`
    pub iproute_etc_dir: Option<Spanned<String>>,
}

/// A mail relay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailServer {
    /// Name or address.
    pub host: String,
    /// Port; 25 unless written.
    #[serde(default)]
    pub port: Option<u16>,
}

/// Alerts by mail.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Mail {
    /// `notification_email`
    pub recipients: Vec<Spanned<String>>,
    /// `notification_email_from`
    pub from: Option<Spanned<String>>,
    /// `smtp_server`
    pub server: Option<Spanned<MailServer>>,
    /// `smtp_helo_name`
    pub helo_name: Option<Spanned<String>>,
    /// `smtp_connect_timeout`: seconds, 1 to 4294.
    pub connect_timeout: Option<Spanned<u32>>,
    /// `smtp_alert`
    pub alert: Option<bool>,
    /// `smtp_alert_vrrp`
    pub alert_vrrp: Option<bool>,
    /// `smtp_alert_checker`
    pub alert_checker: Option<bool>,
    /// `no_email_faults`
    pub no_faults: bool,
    /// `no_checker_emails`
    pub no_checkers: bool,
}

/// A pipe and who reads it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Fifo {
    /// `…notify_fifo`
    pub path: Option<Spanned<FifoPath>>,
    /// `…notify_fifo_script`
    pub script: Option<Spanned<Command>>,
}

/// Where a pipe is, and whose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FifoPath {
    /// Path.
    pub path: String,
    /// Owner.
    #[serde(default)]
    pub owner: Option<User>,
}

/// Events on pipes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Fifos {
    /// `notify_fifo`
    pub all: Fifo,
    /// `vrrp_notify_fifo`
    pub vrrp: Fifo,
    /// `lvs_notify_fifo`
    pub lvs: Fifo,
    /// `vrrp_notify_priority_changes`
    pub priority_changes: Option<bool>,
    /// `fifo_write_vrrp_states_on_reload`
    pub states_on_reload: bool,
}

/// `vrrp_iptables`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Chains {
    /// For packets that come in; without it there are no rules.
    pub input: Option<String>,
    /// For packets that go out.
    pub output: Option<String>,
}

/// `vrrp_ipsets`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum IpSets {
    /// None are used.
    Off,
    /// Names, one to six: addresses, IPv6 addresses, their interfaces, IGMP, MLD, ND.
    Named(Vec<String>),
}

/// An nftables table of ours.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Nftables {
    /// `nftables`; the name, if one is given.
    #[serde(with = "crate::ast::json::optional")]
    pub table: Option<Spanned<Option<String>>>,
    /// `nftables_priority`
    pub priority: Option<Spanned<i32>>,
}

/// Packet filter rules.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Firewall {
    /// `vrrp_iptables`
    pub iptables: Option<Spanned<Chains>>,
    /// `vrrp_ipsets`
    pub ipsets: Option<Spanned<IpSets>>,
    /// `nftables`, `nftables_priority`
    pub nftables: Nftables,
    /// `nftables_ifindex`
    pub nftables_ifindex: bool,
    /// `nftables_counters`
    pub nftables_counters: bool,
    /// `nftables_ipvs`, `nftables_ipvs_priority`
    pub ipvs: Nftables,
    /// `nftables_ipvs_start_fwmark`
    pub ipvs_start_fwmark: Option<Spanned<u32>>,
}

/// `lvs_timeouts`: seconds, 0 to 2678400.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LvsTimeouts {
    /// `tcp`
    pub tcp: Option<u32>,
    /// `tcpfin`
    pub tcp_fin: Option<u32>,
    /// `udp`
    pub udp: Option<u32>,
}

/// `lvs_flush_on_stop`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FlushOnStop {
    /// The whole table.
    All,
    /// `VS`: our own services.
    Own,
}

/// `lvs_sync_daemon`
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SyncDaemon {
    /// Interface to send on and listen to.
    pub interface: Spanned<String>,
    /// Instance whose state it follows.
    pub instance: Option<Spanned<String>>,
    /// `id`
    pub id: Option<u8>,
    /// `maxlen`: bytes, 1 to 65507.
    pub maxlen: Option<u16>,
    /// `port`
    pub port: Option<u16>,
    /// `ttl`
    pub ttl: Option<u8>,
    /// `group`
    pub group: Option<IpAddr>,
}

/// IPVS and checkers as a whole.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LvsDefaults {
    /// `checker_log_all_failures`
    pub log_all_failures: Option<bool>,
    /// `lvs_timeouts`
    pub timeouts: Option<Spanned<LvsTimeouts>>,
    /// `lvs_flush`
    pub flush: bool,
    /// `lvs_flush_on_stop`
    pub flush_on_stop: Option<FlushOnStop>,
    /// `lvs_sync_daemon`
    pub sync_daemon: Option<Spanned<SyncDaemon>>,
    /// `rs_init_notifies`
    pub rs_init_notifies: bool,
}

/// SNMP.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Snmp {
    /// `snmp_socket`
    pub socket: Option<Spanned<String>>,
    /// `enable_traps`
    pub traps: bool,
    /// `enable_snmp_vrrp`
    pub vrrp: bool,
    /// `enable_snmp_rfc`
    pub rfc: bool,
    /// `enable_snmp_rfcv2`
    pub rfc_v2: bool,
    /// `enable_snmp_rfcv3`
    pub rfc_v3: bool,
    /// `enable_snmp_checker`
    pub checker: bool,
    /// `snmp_vs_stats_update_interval`
    pub service_interval: Option<Spanned<Duration>>,
    /// `snmp_rs_stats_update_interval`
    pub server_interval: Option<Spanned<Duration>>,
}

/// D-Bus.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Dbus {
    /// `enable_dbus`
    pub enable: bool,
    /// `dbus_service_name`
    pub service_name: Option<Spanned<String>>,
    /// `dbus_no_interface_name`
    pub no_interface_name: Option<Spanned<String>>,
}

/// How an interface's link state is polled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Linkbeat {
    /// `MII`
    Mii,
    /// `ETHTOOL`
    Ethtool,
    /// `IOCTL`
    Ioctl,
}

/// One entry of `linkbeat_interfaces`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Polled {
    /// Interface.
    pub interface: Spanned<String>,
    /// How; the first that works unless written.
    #[serde(default)]
    pub method: Option<Linkbeat>,
}

/// One entry of `interface_up_down_delays`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LinkDelay {
    /// Interface.
    pub interface: Spanned<String>,
    /// How long it must be down: up to 255 s.
    pub down: Duration,
    /// How long it must be up; as `down` unless written.
    #[serde(default)]
    pub up: Option<Duration>,
}

/// Interfaces as a whole.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Links {
    /// `interface_up_down_delays`
    pub delays: Vec<LinkDelay>,
    /// `linkbeat_interfaces`
    pub polled: Vec<Polled>,
    /// `linkbeat_use_polling`
    pub use_polling: bool,
}
