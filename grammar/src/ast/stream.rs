//! nginx's main directives and its `stream {}` block.
//!
//! Invariants: values are converted; nothing is resolved, inherited or defaulted. The span of a
//! [`Spanned`] directive covers the whole of it, from its name to the `;` or `{`, whose line is
//! the one that the original reports.

use core::net::{IpAddr, SocketAddr};
use core::time::Duration;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::ast::{Endpoint, Size, Spanned, User};
use crate::span::Span;

/// Main and `events` directives.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Main {
    /// `daemon`
    pub daemon: Option<Spanned<bool>>,
    /// `master_process`
    pub master_process: Option<Spanned<bool>>,
    /// `pid`, relative to the prefix.
    pub pid: Option<Spanned<String>>,
    /// `user`
    pub user: Option<Spanned<User>>,
    /// `worker_processes`
    pub worker_processes: Option<Spanned<WorkerProcesses>>,
    /// `worker_priority`
    pub worker_priority: Option<Spanned<i32>>,
    /// `worker_cpu_affinity`
    pub worker_cpu_affinity: Option<Spanned<CpuAffinity>>,
    /// `worker_rlimit_nofile`
    pub worker_rlimit_nofile: Option<Spanned<u64>>,
    /// `worker_shutdown_timeout`
    pub worker_shutdown_timeout: Option<Spanned<Duration>>,
    /// `working_directory`
    pub working_directory: Option<Spanned<String>>,
    /// `env`
    pub env: Vec<Spanned<String>>,
    /// `load_module`
    pub load_module: Vec<Spanned<String>>,
    /// `error_log`
    pub error_logs: Vec<Spanned<ErrorLog>>,
    /// `events {}`
    pub events: Option<Spanned<Events>>,
    /// `http {}` and `mail {}`, as far as one must know about them.
    pub foreign: Vec<Spanned<Foreign>>,
}

/// `worker_processes`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum WorkerProcesses {
    /// One per CPU.
    Auto,
    /// That many.
    Count(u64),
}

/// `worker_cpu_affinity`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CpuAffinity {
    /// One CPU each, of those in the mask (all when there is none).
    Auto(Option<Vec<usize>>),
    /// One set of CPUs each; the last one serves the rest.
    Masks(Vec<Vec<usize>>),
}

/// `events {}`
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Events {
    /// `worker_connections`
    pub worker_connections: Option<Spanned<u64>>,
    /// `multi_accept`
    pub multi_accept: Option<Spanned<bool>>,
    /// `use`
    pub method: Option<Spanned<String>>,
}

/// Which of nginx's other protocols.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Family {
    /// `http {}`
    Http,
    /// `mail {}`
    Mail,
}

/// A block that is checked but not run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Foreign {
    /// Which.
    pub family: Family,
    /// Addresses that its servers would listen on.
    pub listens: Vec<Spanned<String>>,
}

/// `stream {}`
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Stream {
    /// Where it stands: its head, and its closing brace; none when there is no such block.
    pub block: Option<Spanned<BlockEnd>>,
    /// `log_format`
    pub log_formats: Vec<Spanned<LogFormat>>,
    /// What servers inherit.
    pub settings: Settings,
    /// `upstream`
    pub upstreams: Vec<Spanned<Upstream>>,
    /// `server`
    pub servers: Vec<Spanned<Server>>,
}

/// The closing brace of a block. Two of them are equal wherever they stand.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct BlockEnd(pub Span);

impl PartialEq for BlockEnd {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// Directives allowed in both `stream` and `server`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// `tcp_nodelay`
    pub tcp_nodelay: Option<Spanned<bool>>,
    /// `proxy_connect_timeout`
    pub proxy_connect_timeout: Option<Spanned<Duration>>,
    /// `proxy_timeout`
    pub proxy_timeout: Option<Spanned<Duration>>,
    /// `proxy_buffer_size`
    pub proxy_buffer_size: Option<Spanned<Size>>,
    /// `proxy_next_upstream`
    pub proxy_next_upstream: Option<Spanned<bool>>,
    /// `proxy_next_upstream_tries`
    pub proxy_next_upstream_tries: Option<Spanned<u32>>,
    /// `proxy_next_upstream_timeout`
    pub proxy_next_upstream_timeout: Option<Spanned<Duration>>,
    /// `proxy_half_close`
    pub proxy_half_close: Option<Spanned<bool>>,
    /// `proxy_socket_keepalive`
    pub proxy_socket_keepalive: Option<Spanned<bool>>,
    /// `proxy_upload_rate`, bytes per second.
    pub proxy_upload_rate: Option<Spanned<Size>>,
    /// `proxy_download_rate`, bytes per second.
    pub proxy_download_rate: Option<Spanned<Size>>,
    /// `proxy_requests`
    pub proxy_requests: Option<Spanned<u32>>,
    /// `proxy_responses`
    pub proxy_responses: Option<Spanned<u32>>,
    /// `proxy_bind`; `None` inside: `off`, in JSON `true`.
    #[serde(with = "crate::ast::json::optional")]
    pub proxy_bind: Option<Spanned<Option<SocketAddr>>>,
    /// `access_log` lines; `None` inside: `off`.
    pub access_logs: Vec<Spanned<Option<AccessLog>>>,
    /// `error_log`
    pub error_logs: Vec<Spanned<ErrorLog>>,
    /// `allow` and `deny`
    pub access: Vec<Spanned<AccessRule>>,
}

/// `server {}`
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Server {
    /// `listen`
    pub listens: Vec<Spanned<Listen>>,
    /// `proxy_pass`
    pub proxy_pass: Option<Spanned<ProxyPass>>,
    /// The rest.
    pub settings: Settings,
    /// The closing brace.
    pub end: BlockEnd,
}

/// `listen`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Listen {
    /// The address as written.
    pub written: Spanned<String>,
    /// Where.
    pub host: ListenHost,
    /// First and last port; 0 when none was written. Meaningless for Unix sockets.
    pub ports: (u16, u16),
    /// Everything behind the address.
    pub parameters: ListenParameters,
    /// Whether all of that was understood; if not, it was reported.
    pub understood: bool,
}

/// The host part of `listen`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ListenHost {
    /// An address; `*` and a port alone mean 0.0.0.0.
    Ip(IpAddr),
    /// A name.
    Name(String),
    /// A Unix socket.
    Unix(PathBuf),
}

/// Everything behind the address in `listen`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListenParameters {
    /// `udp`
    pub udp: bool,
    /// `default_server`
    pub default_server: bool,
    /// `bind`, or a parameter that needs a socket of its own.
    pub bind: bool,
    /// `backlog`
    pub backlog: Option<u32>,
    /// `rcvbuf`
    pub rcvbuf: Option<Size>,
    /// `sndbuf`
    pub sndbuf: Option<Size>,
    /// `reuseport`
    pub reuseport: bool,
    /// `ipv6only`
    pub ipv6only: Option<bool>,
    /// `fastopen`
    pub fastopen: Option<u32>,
    /// `deferred`
    pub deferred: bool,
    /// `so_keepalive`
    pub keepalive: Option<Keepalive>,
}

/// `so_keepalive`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Keepalive {
    /// `on`
    On,
    /// `off`
    Off,
    /// `IDLE:INTERVAL:COUNT`; what is left out is the system's.
    Tuned {
        /// Until the first probe.
        idle: Option<Duration>,
        /// Between probes.
        interval: Option<Duration>,
        /// How many probes.
        count: Option<u32>,
    },
}

/// `proxy_pass`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProxyPass {
    /// As written.
    pub written: Spanned<String>,
    /// What it says.
    pub target: ProxyTarget,
}

/// Where `proxy_pass` leads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ProxyTarget {
    /// A name without a port: an upstream.
    Name(String),
    /// A literal address, or a host (which may still turn out to be an upstream) with a port.
    Endpoint(Endpoint),
    /// A literal IP address without a port.
    Portless(IpAddr),
}

/// `upstream {}`
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Upstream {
    /// Name as written.
    pub name: Spanned<String>,
    /// Balancing method; round robin when there is none.
    pub balance: Option<Spanned<Balance>>,
    /// `zone`: name and size.
    pub zone: Option<Spanned<Zone>>,
    /// `server` lines.
    pub servers: Vec<Spanned<UpstreamServer>>,
    /// The closing brace.
    pub end: BlockEnd,
}

/// How an upstream chooses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Balance {
    /// `hash`
    Hash {
        /// What is hashed.
        key: Template,
        /// `consistent`
        consistent: bool,
    },
    /// `least_conn`
    LeastConn,
}

/// `zone`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Zone {
    /// Name.
    pub name: String,
    /// Size, where it is given.
    pub size: Option<Size>,
}

/// `server` of an upstream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UpstreamServer {
    /// The address as written.
    pub written: Spanned<String>,
    /// The same, parsed.
    pub endpoint: Endpoint,
    /// `weight`
    pub weight: Option<u32>,
    /// `max_conns`
    pub max_conns: Option<u32>,
    /// `max_fails`
    pub max_fails: Option<u32>,
    /// `fail_timeout`
    pub fail_timeout: Option<Duration>,
    /// `backup`
    pub backup: bool,
    /// `down`
    pub down: bool,
}

/// `log_format`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogFormat {
    /// Name.
    pub name: Spanned<String>,
    /// `escape=`
    pub escape: Escape,
    /// The joined strings; none if they have a mistake (which was reported).
    pub template: Option<Template>,
}

/// `escape=`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Escape {
    /// `default`
    #[default]
    Default,
    /// `json`
    Json,
    /// `none`
    None,
}

/// A string with variables.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Template(pub Vec<Part>);

/// A piece of a [`Template`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Part {
    /// As is.
    Text(String),
    /// The value of the variable with this name.
    Variable(String),
}

/// `access_log`, unless it is `off`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AccessLog {
    /// File, relative to the prefix.
    pub path: Spanned<String>,
    /// Name of a `log_format`.
    pub format: Spanned<String>,
    /// `buffer=`
    pub buffer: Option<Size>,
    /// `flush=`
    pub flush: Option<Duration>,
}

/// `error_log`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ErrorLog {
    /// Where to.
    pub target: ErrorTarget,
    /// Least severe level that is written; `error` when none is given.
    pub level: Option<Level>,
}

/// Where error lines go.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ErrorTarget {
    /// `stderr`
    Stderr,
    /// A file, relative to the prefix.
    File(Spanned<String>),
}

/// Severity, most severe first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Level {
    /// `emerg`
    Emerg,
    /// `alert`
    Alert,
    /// `crit`
    Crit,
    /// `error`
    Error,
    /// `warn`
    Warn,
    /// `notice`
    Notice,
    /// `info`
    Info,
    /// `debug`, or any of `debug_*`.
    Debug,
}

/// `allow` or `deny`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessRule {
    /// Which of the two.
    pub allow: bool,
    /// Whom.
    pub source: AccessSource,
}

/// Whom an [`AccessRule`] is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AccessSource {
    /// `all`
    All,
    /// `unix:`
    Unix,
    /// Address and prefix length, host bits cleared.
    Net(IpAddr, u8),
}
