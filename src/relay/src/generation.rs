//! One configuration with the descriptors it needs, as all threads of a worker share it.
//!
//! Invariant: never changed after it was made, except the shared pools behind their locks.

use core::time::Duration;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, PoisonError};

use stream::balance::{Layout, PoolState};
use stream::config::{Config, ErrorLog};

use crate::log_file::{ErrorLogs, LogFile};

/// The sockets of one listener.
#[derive(Clone, Debug)]
pub enum Sockets {
    /// One for all threads. A UDP one is served by one thread, so that a client never splits.
    Shared(Arc<OwnedFd>),
    /// `reuseport`: one per thread.
    PerThread(Vec<Arc<OwnedFd>>),
}

impl Sockets {
    /// The socket that thread `index` serves.
    #[must_use]
    pub fn of_thread(&self, index: usize) -> Option<&Arc<OwnedFd>> {
        match self {
            Self::Shared(socket) => Some(socket),
            Self::PerThread(sockets) => sockets.get(index),
        }
    }
}

/// Limits that hold per thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// `worker_connections`: listeners and both sides of every session.
    pub worker_connections: usize,
    /// `multi_accept`
    pub multi_accept: bool,
    /// `worker_shutdown_timeout`: how long sessions outlive their generation; none: for ever.
    pub shutdown_timeout: Option<Duration>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            worker_connections: 512,
            multi_accept: false,
            shutdown_timeout: None,
        }
    }
}

/// What a [`Generation`] is made of.
#[derive(Clone, Debug, Default)]
pub struct Parts {
    /// Rises with every configuration; reports name it.
    pub number: u64,
    /// What to run.
    pub config: Config,
    /// Bound and listening, non-blocking; parallel to [`Config::listeners`].
    pub sockets: Vec<Sockets>,
    /// Open for append; parallel to [`Config::files`].
    pub files: Vec<Arc<LogFile>>,
    /// The main `error_log`s, for what concerns no session.
    pub error_logs: Vec<ErrorLog>,
    /// Limits per thread.
    pub limits: Limits,
    /// How many threads serve it.
    pub threads: usize,
}

/// One configuration, ready to run.
#[derive(Debug)]
pub struct Generation {
    /// Without the sockets.
    pub(crate) parts: Parts,
    sockets: Mutex<Vec<Sockets>>,
    pub(crate) error_logs: ErrorLogs,
    /// Parallel to [`Config::servers`].
    pub(crate) server_logs: Vec<ErrorLogs>,
    /// Parallel to [`Config::pools`].
    pub(crate) pools: Vec<SharedPool>,
}

/// The part of a pool that threads share.
#[derive(Debug)]
pub(crate) struct SharedPool {
    pub(crate) layout: Arc<Layout>,
    /// With `zone`.
    pub(crate) state: Option<Mutex<PoolState>>,
}

impl Generation {
    /// Prepares `parts`: computes hash rings and shared pool state.
    ///
    /// # Panics
    /// If sockets or files are not parallel to the configuration's, or an index in it points
    /// nowhere: faults of the program, not of its input, found before anything runs.
    #[must_use]
    pub fn new(mut parts: Parts) -> Arc<Self> {
        let config = &parts.config;
        assert_eq!(
            parts.sockets.len(),
            config.listeners.len(),
            "a socket per listener"
        );
        assert_eq!(
            parts.files.len(),
            config.files.len(),
            "a descriptor per log file"
        );
        assert!(
            config
                .listeners
                .iter()
                .all(|l| (l.server.0 as usize) < config.servers.len())
        );
        assert!(
            config
                .servers
                .iter()
                .all(|s| (s.pool.0 as usize) < config.pools.len())
        );
        let pools = config
            .pools
            .iter()
            .map(|pool| {
                let layout = Arc::new(Layout::new(pool.clone()));
                let state = pool
                    .shared
                    .then(|| Mutex::new(PoolState::new(Arc::clone(&layout))));
                SharedPool { layout, state }
            })
            .collect();
        let sockets = core::mem::take(&mut parts.sockets);
        Arc::new(Self {
            sockets: Mutex::new(sockets),
            error_logs: ErrorLogs::new(&parts.error_logs, &parts.files),
            server_logs: ErrorLogs::of_servers(config, &parts.files),
            pools,
            parts,
        })
    }

    /// Its number.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.parts.number
    }

    /// What it runs.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.parts.config
    }

    /// The sockets of its listeners, parallel to [`Config::listeners`]; a next generation takes
    /// over those of equal keys. None after [`Self::retire`].
    #[must_use]
    pub fn sockets(&self) -> Vec<Sockets> {
        self.lock().clone()
    }

    /// Lets go of the sockets, so that those which nobody else has are closed, although sessions
    /// still refer to this generation: an address that is no longer served must refuse at once.
    pub fn retire(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Sockets>> {
        // Clearing and cloning cannot stop half way.
        self.sockets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The main error logs.
    #[must_use]
    pub const fn error_logs(&self) -> &ErrorLogs {
        &self.error_logs
    }
}
