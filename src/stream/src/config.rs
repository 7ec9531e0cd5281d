//! What the relay runs: validated, immutable, shared by all threads of a worker.

use core::net::{IpAddr, SocketAddr};
use core::time::Duration;
use std::path::PathBuf;

/// Index into [`Config::servers`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServerIx(pub u32);
/// Index into [`Config::pools`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PoolIx(pub u32);
/// Index into [`Pool::peers`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PeerIx(pub u32);
/// Index into [`Config::files`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileIx(pub u32);

/// One configuration of the stream side.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// What to accept on, each with the server that answers there.
    pub listeners: Vec<Listener>,
    /// `server` blocks.
    pub servers: Vec<Server>,
    /// `upstream` blocks, and one per literal `proxy_pass`.
    pub pools: Vec<Pool>,
    /// Log files, each path once; the master opens them and hands descriptors over.
    pub files: Vec<PathBuf>,
}

/// An address on which sessions arrive.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Address {
    /// IP and port.
    Inet(SocketAddr),
    /// Unix socket path.
    Unix(PathBuf),
}

/// TCP or UDP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    /// Byte stream.
    Tcp,
    /// Datagrams.
    Udp,
}

/// Identity of a listening socket: equal keys keep their descriptor over a reload.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ListenerKey {
    /// Where.
    pub address: Address,
    /// What.
    pub transport: Transport,
}

/// One `listen` address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listener {
    /// Identity.
    pub key: ListenerKey,
    /// Text as logs show it ("0.0.0.0:10443").
    pub display: String,
    /// Socket options; a change is applied to the running socket where the kernel can.
    pub options: ListenOptions,
    /// Default server.
    pub server: ServerIx,
    /// Addresses of this wildcard that have other servers, because the configuration names them
    /// but nginx binds no socket of their own beside a wildcard. Sorted.
    pub addresses: Vec<(IpAddr, ServerIx)>,
}

impl Listener {
    /// The server of a session that came to the local address `local`. Only a listener whose
    /// [`Self::addresses`] are not empty needs to know it.
    #[must_use]
    pub fn server_at(&self, local: IpAddr) -> ServerIx {
        let found = self
            .addresses
            .binary_search_by_key(&local, |(address, _)| *address);
        found.map_or(self.server, |index| self.addresses[index].1)
    }
}

/// Options of `listen`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListenOptions {
    /// `backlog`, default 511.
    pub backlog: Option<u32>,
    /// `rcvbuf`
    pub rcvbuf: Option<usize>,
    /// `sndbuf`
    pub sndbuf: Option<usize>,
    /// `reuseport`
    pub reuseport: bool,
    /// `ipv6only`
    pub ipv6only: Option<bool>,
    /// `so_keepalive`: on/off, idle, interval, count.
    pub keepalive: Option<Keepalive>,
    /// `fastopen`
    pub fastopen: Option<u32>,
    /// `deferred`
    pub deferred: bool,
}

/// `so_keepalive`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keepalive {
    /// On or off.
    pub on: bool,
    /// TCP_KEEPIDLE
    pub idle: Option<Duration>,
    /// TCP_KEEPINTVL
    pub interval: Option<Duration>,
    /// TCP_KEEPCNT
    pub count: Option<u32>,
}

/// One `server` block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// `FILE:LINE` of its opening brace, for messages.
    pub origin: String,
    /// `proxy_pass`
    pub pool: PoolIx,
    /// `proxy_connect_timeout`, default 60 s.
    pub connect_timeout: Duration,
    /// `proxy_timeout`, default 10 min.
    pub proxy_timeout: Duration,
    /// `proxy_buffer_size`, default 16 KiB.
    pub buffer_size: usize,
    /// `proxy_next_upstream`, default on.
    pub next_upstream: bool,
    /// `proxy_next_upstream_tries`; 0: no limit.
    pub next_upstream_tries: u32,
    /// `proxy_next_upstream_timeout`; zero: no limit.
    pub next_upstream_timeout: Duration,
    /// `proxy_half_close`
    pub half_close: bool,
    /// `proxy_socket_keepalive`
    pub socket_keepalive: bool,
    /// `proxy_upload_rate` in bytes per second; 0: no limit.
    pub upload_rate: u64,
    /// `proxy_download_rate`
    pub download_rate: u64,
    /// `proxy_requests` (UDP)
    pub requests: u32,
    /// `proxy_responses` (UDP); none: unlimited.
    pub responses: Option<u32>,
    /// `proxy_bind` with a fixed address.
    pub bind: Option<SocketAddr>,
    /// `tcp_nodelay`, default on.
    pub tcp_nodelay: bool,
    /// `allow` and `deny`; see [`crate::access`].
    pub access: Vec<AccessRule>,
    /// `access_log` lines that apply.
    pub access_logs: Vec<AccessLog>,
    /// `error_log` lines that apply.
    pub error_logs: Vec<ErrorLog>,
}

/// `allow` or `deny`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccessRule {
    /// Which of the two.
    pub allow: bool,
    /// Whom.
    pub source: AccessSource,
}

/// Whom an [`AccessRule`] is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessSource {
    /// `all`
    All,
    /// `unix:`
    Unix,
    /// Address and prefix length, host bits cleared.
    Net(IpAddr, u8),
}

/// One `access_log`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessLog {
    /// Where.
    pub file: FileIx,
    /// Compiled `log_format`.
    pub format: Template,
    /// `escape=`
    pub escape: Escape,
    /// `buffer=`, `flush=`; none: every line is written at once.
    pub buffer: Option<LogBuffer>,
}

/// `access_log … buffer=SIZE flush=TIME`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogBuffer {
    /// Bytes collected before they are written.
    pub size: usize,
    /// Longest time a line waits.
    pub flush: Option<Duration>,
}

/// `log_format … escape=`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Escape {
    /// `\xHH` for `"`, `\` and bytes outside 32..126; `-` for a missing value.
    #[default]
    Default,
    /// JSON string escapes, empty for a missing value.
    Json,
    /// As is, empty for a missing value.
    None,
}

/// One `error_log`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorLog {
    /// Where.
    pub target: ErrorTarget,
    /// Least severe level that is written.
    pub level: Level,
}

/// Where error lines go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ErrorTarget {
    /// A file of [`Config::files`].
    File(FileIx),
    /// `stderr`
    Stderr,
}

/// Severity, most severe first, as nginx orders them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// emerg
    Emerg,
    /// alert
    Alert,
    /// crit
    Crit,
    /// error
    Error,
    /// warn
    Warn,
    /// notice
    Notice,
    /// info
    Info,
    /// debug
    Debug,
}

/// A string with variables, compiled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Template(pub Vec<Part>);

/// A piece of a [`Template`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// As is.
    Text(String),
    /// A variable's value.
    Variable(Variable),
}

/// The variables of a session that this version knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Variable {
    /// `$binary_remote_addr`
    BinaryRemoteAddr,
    /// `$bytes_received`
    BytesReceived,
    /// `$bytes_sent`
    BytesSent,
    /// `$connection`
    Connection,
    /// `$hostname`
    Hostname,
    /// `$msec`
    Msec,
    /// `$nginx_version`
    NginxVersion,
    /// `$pid`
    Pid,
    /// `$protocol`
    Protocol,
    /// `$remote_addr`
    RemoteAddr,
    /// `$remote_port`
    RemotePort,
    /// `$server_addr`
    ServerAddr,
    /// `$server_port`
    ServerPort,
    /// `$session_time`
    SessionTime,
    /// `$status`
    Status,
    /// `$time_iso8601`
    TimeIso8601,
    /// `$time_local`
    TimeLocal,
    /// `$upstream_addr`
    UpstreamAddr,
    /// `$upstream_bytes_received`
    UpstreamBytesReceived,
    /// `$upstream_bytes_sent`
    UpstreamBytesSent,
    /// `$upstream_connect_time`
    UpstreamConnectTime,
    /// `$upstream_first_byte_time`
    UpstreamFirstByteTime,
    /// `$upstream_session_time`
    UpstreamSessionTime,
}

/// One `upstream` (or a literal `proxy_pass`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pool {
    /// Name as written after `upstream` or `proxy_pass`.
    pub name: String,
    /// How a peer is chosen.
    pub balance: Balance,
    /// State shared by all threads (`zone`) or each thread's own.
    pub shared: bool,
    /// `server` lines, one per resolved address, in file order.
    pub peers: Vec<Peer>,
}

/// How a peer is chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Balance {
    /// Smooth weighted round robin.
    RoundRobin,
    /// `hash KEY [consistent]`
    Hash {
        /// The key.
        key: Template,
        /// Ketama placement.
        consistent: bool,
    },
    /// `least_conn`
    LeastConn,
}

/// One address of a `server` line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// `HOST:PORT` as written: consistent hashing places by it.
    pub written: String,
    /// Where to connect.
    pub address: Address,
    /// `weight`, from 1.
    pub weight: u32,
    /// `max_fails`, default 1; 0: never set aside.
    pub max_fails: u32,
    /// `fail_timeout`, default 10 s; nginx counts whole seconds.
    pub fail_timeout: Duration,
    /// `max_conns`; 0: no limit.
    pub max_conns: u32,
    /// `backup`
    pub backup: bool,
    /// `down`
    pub down: bool,
}
