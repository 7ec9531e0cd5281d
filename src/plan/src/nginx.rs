//! The plan of nginx-stream-rs: what master and worker run.

use core::time::Duration;
use std::path::PathBuf;

use stream::config::ErrorLog;

/// Everything one configuration asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// `daemon`
    pub daemon: bool,
    /// `master_process`
    pub master_process: bool,
    /// `pid`, absolute.
    pub pid: PathBuf,
    /// `user`: (name, uid, gid), when root.
    pub user: Option<(String, u32, u32)>,
    /// `worker_processes`: relay threads.
    pub threads: usize,
    /// `worker_connections`
    pub worker_connections: usize,
    /// `worker_rlimit_nofile`
    pub rlimit_nofile: Option<u64>,
    /// `worker_priority`
    pub priority: i32,
    /// `worker_shutdown_timeout`
    pub shutdown_timeout: Option<Duration>,
    /// `working_directory`
    pub working_directory: Option<PathBuf>,
    /// `worker_cpu_affinity`: one mask per thread, cycled.
    pub cpu_affinity: Vec<Vec<usize>>,
    /// `env`
    pub env: Vec<String>,
    /// `multi_accept`
    pub multi_accept: bool,
    /// Main `error_log`s.
    pub error_logs: Vec<ErrorLog>,
    /// The stream side; `files` includes the main error logs'.
    pub stream: stream::Config,
    /// Addresses that `http {}` would listen on, which are not served: (address, FILE:LINE).
    pub not_served: Vec<(String, String)>,
}
