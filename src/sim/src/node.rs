//! One node: a daemon that may be down, and the machine it runs on, which stays.

use core::net::IpAddr;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use base::{Duration, Instant, Machine};
use vrrp::config::{RouterIx, ScriptIx};
use vrrp::input::ScriptOutcome;
use vrrp::snapshot::{Layout, Records};
use vrrp::{Config, Effect, Engine, Input, Reading, StandIn};

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
    /// Who serves while the daemon has no VRRP child, and what the last one left behind.
    pub(crate) stand_in: Option<(StandIn, Records)>,
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
    /// What tracked objects say, by name; others are good, or 0.
    pub(crate) readings: BTreeMap<String, Reading>,
}

impl Node {
    pub(crate) fn new(name: String, config: Config, clock: Clock) -> Self {
        Self {
            name,
            running: Rc::new(config.clone()),
            config,
            clock,
            engine: None,
            stand_in: None,
            incarnation: 0,
            hung: false,
            inbox: VecDeque::new(),
            link_up: true,
            refuses: false,
            held: BTreeSet::new(),
            checks: BTreeMap::new(),
            readings: BTreeMap::new(),
        }
    }

    /// Everything that needs power is gone.
    pub(crate) fn power_off(&mut self) {
        self.engine = None;
        self.stand_in = None;
        self.hung = false;
        self.inbox.clear();
        self.held.clear();
        self.link_up = false;
        self.incarnation += 1;
    }

    /// World time at which the daemon wants to be woken.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        if self.hung {
            return None;
        }
        let due = match (&self.engine, &self.stand_in) {
            (Some(engine), _) => engine.deadline(),
            (None, Some((stand_in, _))) => stand_in.deadline(),
            (None, None) => None,
        };
        due.map(|(due, _)| self.clock.world(due))
    }

    /// Hands an input to whoever serves.
    pub(crate) fn handle(&mut self, now: Instant, input: Input) -> Vec<Effect> {
        let mut effects = Vec::new();
        let mut keep = |effect| effects.push(effect);
        match (&mut self.engine, &mut self.stand_in) {
            (Some(engine), _) => engine.handle(now, input, &mut keep),
            (None, Some((stand_in, _))) => stand_in.handle(now, input, &mut keep),
            (None, None) => {}
        }
        effects
    }

    /// The child dies; what it left in the shared page is all that the stand-in knows.
    pub(crate) fn crash(&mut self) {
        // Nobody stands in for one that is to end anyway.
        let Some(engine) = self.engine.take().filter(|engine| !engine.is_leaving()) else {
            return;
        };
        let layout = Layout::of(&self.running);
        let mut page = vec![0; layout.len()];
        for router in (0..).map(RouterIx).take(self.running.routers.len()) {
            if let (Some(place), Some(record)) =
                (layout.router(router), engine.router_record(router, 0))
            {
                page[place].copy_from_slice(&record.to_bytes());
            }
        }
        for script in (0..).map(ScriptIx).take(self.running.scripts.len()) {
            if let (Some(place), Some(record)) =
                (layout.script(script), engine.script_record(script, 0))
            {
                page[place].copy_from_slice(&record.to_bytes());
            }
        }
        let records = layout.read(&page, 0);
        let stand_in = StandIn::new(Config::clone(&self.running), &records);
        self.stand_in = Some((stand_in, records));
    }

    /// The next child goes on where the stand-in stops.
    pub(crate) fn respawn(&mut self, now: Instant) {
        if let Some((stand_in, mut records)) = self.stand_in.take() {
            for (router, record) in (0..).map(RouterIx).zip(&mut records.routers) {
                *record = stand_in.router_record(router);
            }
            self.incarnation += 1;
            self.engine = Some(Engine::adopt(Config::clone(&self.running), &records, now));
        }
    }
}
