//! A generation as one thread runs it: with the thread's own peer state where there is no `zone`.

use core::cell::{Cell, RefCell};
use std::sync::{Arc, PoisonError};

use stream::balance::PoolState;
use stream::config::{Listener, PoolIx, Server, ServerIx};

use crate::Generation;
use crate::log_file::ErrorLogs;

/// One thread's view of a [`Generation`], held by its sessions.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) generation: Arc<Generation>,
    /// Parallel to the pools; none where the state is shared.
    own: Vec<Option<RefCell<PoolState>>>,
    /// Sessions of this thread that hold it.
    pub(crate) sessions: Cell<usize>,
}

impl Running {
    pub(crate) fn new(generation: Arc<Generation>) -> Self {
        let own = generation
            .pools
            .iter()
            .map(|pool| {
                let own = || RefCell::new(PoolState::new(Arc::clone(&pool.layout)));
                pool.state.is_none().then(own)
            })
            .collect();
        Self {
            generation,
            own,
            sessions: Cell::new(0),
        }
    }

    pub(crate) fn server(&self, ix: ServerIx) -> &Server {
        &self.generation.config().servers[ix.0 as usize]
    }

    pub(crate) fn listener(&self, ix: usize) -> &Listener {
        &self.generation.config().listeners[ix]
    }

    pub(crate) fn error_logs(&self, ix: ServerIx) -> &ErrorLogs {
        &self.generation.server_logs[ix.0 as usize]
    }

    /// Lets `act` use a pool's state: the thread's own, or the shared one under its lock.
    pub(crate) fn with_pool<T>(&self, ix: PoolIx, act: impl FnOnce(&mut PoolState) -> T) -> T {
        let ix = ix.0 as usize;
        match (&self.own[ix], &self.generation.pools[ix].state) {
            (Some(own), _) => act(&mut own.borrow_mut()),
            (None, Some(shared)) => {
                // A session that panicked inside left counters at worst one off.
                act(&mut shared.lock().unwrap_or_else(PoisonError::into_inner))
            }
            (None, None) => unreachable!("a pool's state is the thread's own or shared"),
        }
    }
}
