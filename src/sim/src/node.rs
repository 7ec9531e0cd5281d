//! One node: a daemon that may be down, and the machine it runs on, which stays.

use core::net::IpAddr;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use base::{Duration, Instant, Machine};
use vrrp::input::ScriptOutcome;
use vrrp::{Config, Engine, Input};

use crate::clock::Clock;

/// Which node, in the order they were added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeIx(pub usize);

/// How runs of a script end.
#[derive(Clone, Debug)]
pub struct Check {
    /// How.
    pub outcome: ScriptOutcome,
    /// After what time.
    pub takes: Duration,
}

impl Default for Check {
    fn default() -> Self {
        Self {
            outcome: ScriptOutcome::Exited(0),
            takes: Duration::from_millis(10),
        }
    }
}

/// The node.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) name: String,
    /// What a start reads.
    pub(crate) config: Config,
    /// What the daemon runs, or ran last.
    pub(crate) running: Rc<Config>,
    pub(crate) clock: Clock,
    /// The running daemon, if it runs.
    pub(crate) engine: Option<Engine>,
    /// Counts starts, so that a script of an earlier run is not taken for one of this.
    pub(crate) incarnation: u32,
    pub(crate) hung: bool,
    /// What arrived while hung.
    pub(crate) inbox: VecDeque<Input>,
    pub(crate) link_up: bool,
    /// Adding addresses fails.
    pub(crate) refuses: bool,
    /// Virtual addresses on the machine; they survive the daemon.
    pub(crate) held: BTreeSet<IpAddr>,
    /// By script name.
    pub(crate) checks: BTreeMap<String, Check>,
}

impl Node {
    pub(crate) fn new(name: String, config: Config, clock: Clock) -> Self {
        Self {
            name,
            running: Rc::new(config.clone()),
            config,
            clock,
            engine: None,
            incarnation: 0,
            hung: false,
            inbox: VecDeque::new(),
            link_up: true,
            refuses: false,
            held: BTreeSet::new(),
            checks: BTreeMap::new(),
        }
    }

    /// World time at which the daemon wants to be woken.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        if self.hung {
            return None;
        }
        let (due, _) = self.engine.as_ref()?.deadline()?;
        Some(self.clock.world(due))
    }
}
