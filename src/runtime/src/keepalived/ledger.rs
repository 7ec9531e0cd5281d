//! The page in shared memory where the VRRP child leaves what another process needs to go on.
//!
//! Invariants: one writer at a time: the child while it lives, the parent between two children; a
//! record of another configuration reads as absent; a page never changes its size, so it is shared
//! by being mapped before the fork.

use std::io;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::rc::Rc;

use base::{Duration, Instant};
use sys::page::Page;
use vrrp::config::{RouterIx, ScriptIx};
use vrrp::snapshot::{Records, RouterRecord, ScriptRecord};
use vrrp::{Config, Engine, StandIn};

/// Routers that have a place; those beyond it start anew after a crash. Memory is used only for
/// places that are written.
const ROUTERS: usize = 70_000;
/// Scripts that have a place.
const SCRIPTS: usize = 10_000;

/// The shared records.
#[derive(Clone, Debug)]
pub struct Ledger {
    page: Rc<Page>,
    /// Which configuration is written for.
    pub(super) generation: u32,
}

impl Ledger {
    /// An empty one.
    ///
    /// # Errors
    /// What getting the memory reports.
    pub fn new() -> io::Result<Self> {
        let capacity = RouterRecord::LEN.max(ScriptRecord::LEN);
        Ok(Self {
            page: Rc::new(Page::new(ROUTERS + SCRIPTS, capacity)?),
            generation: 1,
        })
    }

    /// The one that an earlier image of this process had.
    ///
    /// # Errors
    /// When it has another shape.
    pub(super) fn inherited(fd: OwnedFd, generation: u32) -> io::Result<Self> {
        let capacity = RouterRecord::LEN.max(ScriptRecord::LEN);
        Ok(Self {
            page: Rc::new(Page::inherited(fd, ROUTERS + SCRIPTS, capacity)?),
            generation,
        })
    }

    /// For [`Ledger::inherited`].
    pub(super) fn descriptor(&self) -> BorrowedFd<'_> {
        self.page.as_fd()
    }

    /// Notes the state of `router`.
    pub(super) fn router(&self, engine: &Engine, router: RouterIx) {
        let at = router.0 as usize;
        if let Some(record) = engine.router_record(router, self.generation)
            && at < ROUTERS
        {
            // The record fits by construction of the page.
            let _ = self.page.publish(at, &record.to_bytes());
        }
    }

    /// Notes the verdict of `script`.
    pub(super) fn script(&self, engine: &Engine, script: ScriptIx) {
        let at = script.0 as usize;
        if let Some(record) = engine.script_record(script, self.generation)
            && at < SCRIPTS
        {
            let _ = self.page.publish(ROUTERS + at, &record.to_bytes());
        }
    }

    /// Notes everything.
    pub(super) fn all(&self, engine: &Engine) {
        for (ix, _) in (0_u32..).zip(&engine.config().routers) {
            self.router(engine, RouterIx(ix));
        }
        for (ix, _) in (0_u32..).zip(&engine.config().scripts) {
            self.script(engine, ScriptIx(ix));
        }
    }

    /// Notes what a stand-in leaves to the next child.
    pub(super) fn leave(&self, config: &Config, stand_in: &StandIn) {
        for (ix, _) in (0_u32..).zip(&config.routers) {
            if let Some(record) = stand_in.router_record(RouterIx(ix)) {
                let _ = self.page.publish(ix as usize, &record.to_bytes());
            }
        }
    }

    fn router_record(&self, at: usize) -> Option<RouterRecord> {
        let record = self.any_router_record(at)?;
        (record.generation == self.generation).then_some(record)
    }

    fn any_router_record(&self, at: usize) -> Option<RouterRecord> {
        let bytes = self.page.read(at).filter(|_| at < ROUTERS)?;
        RouterRecord::from_bytes(bytes.as_slice().try_into().ok()?)
    }

    /// How many of the routers that have been noted as `generation` are masters.
    pub(super) fn masters(&self, generation: u32) -> usize {
        let master = |record: &RouterRecord| {
            record.generation == generation && record.state == vrrp::State::Master
        };
        (0..ROUTERS)
            .map_while(|at| self.any_router_record(at))
            .filter(master)
            .count()
    }

    fn script_record(&self, at: usize) -> Option<ScriptRecord> {
        let bytes = self.page.read(ROUTERS + at).filter(|_| at < SCRIPTS)?;
        let record = ScriptRecord::from_bytes(bytes.as_slice().try_into().ok()?)?;
        (record.generation == self.generation).then_some(record)
    }

    /// What is noted for `config`.
    pub(super) fn records(&self, config: &Config) -> Records {
        Records {
            routers: (0..config.routers.len())
                .map(|at| self.router_record(at))
                .collect(),
            scripts: (0..config.scripts.len())
                .map(|at| self.script_record(at))
                .collect(),
        }
    }

    /// When the first master among the first `count` routers has been silent for longer than it
    /// should.
    pub(super) fn overdue(&self, count: usize) -> Option<Instant> {
        let overdue = (0..count).filter_map(|at| {
            let record = self.router_record(at)?;
            let master = record.state == vrrp::State::Master;
            // A master's interval is its own.
            master.then(|| record.due + patience(record.master_interval))
        });
        overdue.min()
    }
}

/// How late an advert may be before the child counts as hung: half an interval, but for short
/// ones rather what a busy machine may need, as long as peers (three intervals) wait longer.
fn patience(interval: Duration) -> Duration {
    let busy = Duration::from_millis(100).min(interval * 2);
    (interval / 2).max(busy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patience_ends_before_that_of_peers() {
        for millis in [10, 20, 50, 100, 500, 1000, 40_950] {
            let interval = Duration::from_millis(millis);
            let patience = patience(interval);
            assert!(
                patience <= interval * 2 && patience >= interval / 2,
                "{millis}"
            );
        }
    }

    #[test]
    fn a_new_page_says_nothing() {
        let ledger = Ledger::new().expect("memory");
        assert_eq!(ledger.records(&Config::default()), Records::default());
        assert_eq!(ledger.overdue(3), None);
        assert_eq!(ledger.router_record(0), None);
    }
}
