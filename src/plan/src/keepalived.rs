//! The plan of a keepalived node: what the parent and each child run.

use core::net::IpAddr;
use core::time::Duration;

/// Everything one node runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Process-wide settings.
    pub process: Process,
    /// The engine's part of VRRP; indices of `routers` and `scripts` below are the same.
    pub vrrp: vrrp::Config,
    /// The performer's part of each router.
    pub routers: Vec<RouterHost>,
    /// The performer's part of each script.
    pub scripts: Vec<Command>,
    /// Virtual services.
    pub lvs: lvs::Config,
}

/// Process-wide settings (`global_defs` and root keywords).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Process {
    /// `router_id`, default the host name.
    pub router_id: String,
    /// `child_wait_time`, default 5 s.
    pub child_wait_time: Duration,
    /// Instance name (`instance`), for pid file and syslog names.
    pub instance: Option<String>,
    /// `use_pid_dir`
    pub use_pid_dir: bool,
    /// `reload_check_config`
    pub reload_check_config: bool,
    /// `vrrp_startup_delay`
    pub startup_delay: Duration,
}

/// What the performer needs for one virtual router besides the engine's part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouterHost {
    /// Interface for adverts; none for unicast without one.
    pub interface: Option<String>,
    /// Addresses to hold while master, excluded ones after the advertised ones.
    pub addresses: Vec<Address>,
    /// Bind socket to this source (`mcast_src_ip`, `unicast_src_ip`); else the interface's first.
    pub source: Option<IpAddr>,
    /// `notify*` commands: (event word, command); "*" is `notify`.
    pub notify: Vec<(String, Command)>,
}

/// One line of `virtual_ipaddress`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Address.
    pub address: IpAddr,
    /// Prefix length; 32 or 128 unless given.
    pub prefix: u8,
    /// `dev`
    pub interface: String,
    /// `scope` as the kernel's number (0 global, 253 link, 254 host).
    pub scope: u8,
    /// `brd`
    pub broadcast: Option<IpAddr>,
    /// `label`
    pub label: Option<String>,
    /// `peer`
    pub peer: Option<(IpAddr, u8)>,
    /// `noprefixroute`
    pub noprefixroute: bool,
    /// `no_track`
    pub no_track: bool,
    /// `home`, `-nodad`, `mngtmpaddr`, `autojoin` as IFA_F_* bits.
    pub flags: u32,
    /// `preferred_lft`
    pub preferred_lft: Option<u32>,
}

/// A command with its arguments and the user it runs as. The path is resolved and checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// argv; `argv[0]` is the path as configured.
    pub argv: Vec<String>,
    /// What is executed (found in PATH, symlinks as configured).
    pub path: std::path::PathBuf,
    /// User id.
    pub uid: u32,
    /// Group id.
    pub gid: u32,
}
