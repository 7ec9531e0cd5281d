//! What the engine knows, to be read for dumps, `why` and the lab.

use core::time::Duration;

use base::{Instant, Priority};

use crate::config::{ObjectIx, ObjectKind, RouterIx, ScriptIx};
use crate::effect::{Cause, State};
use crate::engine::{Engine, Life};
use crate::router::{Heard, Phase};
use crate::stats::Stats;

/// One virtual router as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouterStatus<'a> {
    /// Protocol state.
    pub state: State,
    /// When it was entered.
    pub since: Instant,
    /// Why.
    pub cause: &'a Cause,
    /// Effective priority.
    pub priority: Priority,
    /// The last advert that passed all checks, in any state.
    pub last_heard: Option<Heard>,
    /// What it waits for, and until when.
    pub next: Option<(Instant, &'static str)>,
    /// Backup: the interval it reckons the master with. Else our own.
    pub master_interval: Duration,
    /// The link (or another fixed reason) that holds it in FAULT.
    pub link_trouble: Option<&'a str>,
    /// A bad weight-0 script that holds it in FAULT.
    pub script_trouble: Option<&'a Cause>,
    /// A weight-0 script has no result yet, which holds it out of the election.
    pub awaits_scripts: bool,
    /// The same of another member of its sync group.
    pub awaits_group: bool,
    /// Another member of the sync group that holds it in FAULT.
    pub group_trouble: Option<&'a Cause>,
    /// When `preempt_delay` ends, while it runs.
    pub preempt_delay_end: Option<Instant>,
    /// A peer has been heard whose checksums are those of [`crate::config::Checksum::Group`].
    pub old_sums: bool,
    /// Counters.
    pub stats: &'a Stats,
}

/// One tracking script as it is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScriptStatus {
    /// `None` before the first result.
    pub good: Option<bool>,
    /// Where it stands between bad for good, 0, and good for good, `rise + fall - 1`; it is good
    /// from `rise` on.
    pub result: u32,
    /// A run is going on.
    pub running: bool,
    /// When the next run is due.
    pub due: Instant,
}

/// One tracked object as it is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ObjectStatus {
    /// `None` before the first reading.
    pub good: Option<bool>,
    /// A file's number.
    pub number: Option<i32>,
    /// When a reading that waits for its delay counts.
    pub due: Option<Instant>,
}

impl Engine {
    /// The status of `router`; `None` for an index the configuration does not have.
    #[must_use]
    pub fn status(&self, router: RouterIx) -> Option<RouterStatus<'_>> {
        let at = router.0 as usize;
        let (state, config) = (self.routers.get(at)?, self.config.routers.get(at)?);
        let standing = &state.standing;
        let link = standing.link.as_ref().or(config.start_fault.as_ref());
        Some(RouterStatus {
            state: state.phase.state(),
            since: state.since,
            cause: &state.cause,
            priority: standing.priority,
            last_heard: standing.heard,
            next: match self.life {
                Life::Leaving => self.timers.get(at).map(|due| (due, "successor")),
                Life::New | Life::Running | Life::Stopped => state.phase.due(),
            },
            master_interval: match &state.phase {
                Phase::Backup(backup) => backup.master_interval(),
                Phase::Init | Phase::Master(_) | Phase::Fault { .. } => config.advert_interval,
            },
            link_trouble: link.map(String::as_str),
            script_trouble: standing.script_fault.as_deref(),
            awaits_scripts: standing.pending,
            awaits_group: standing.ties.pending,
            group_trouble: standing.ties.fault.as_deref(),
            preempt_delay_end: match &state.phase {
                Phase::Backup(backup) => backup.preempt_delay_end(),
                Phase::Init | Phase::Master(_) | Phase::Fault { .. } => None,
            },
            old_sums: standing.replay.old_sums,
            stats: &standing.stats,
        })
    }

    /// The status of `script`; `None` for an index the configuration does not have.
    #[must_use]
    pub fn script_status(&self, script: ScriptIx) -> Option<ScriptStatus> {
        let at = script.0 as usize;
        let (script, config) = (self.tracked.scripts.get(at)?, self.config.scripts.get(at)?);
        Some(ScriptStatus {
            good: script.verdict.good(),
            result: script.verdict.result(config),
            running: script.running,
            due: script.due,
        })
    }

    /// What counts of a tracked object: `None` before the first reading.
    #[must_use]
    pub fn object_status(&self, object: ObjectIx) -> Option<ObjectStatus> {
        let object = self.tracked.objects.get(object.0 as usize)?;
        Some(ObjectStatus {
            good: object.good(),
            number: object.number(),
            due: object.due(),
        })
    }

    /// What everything tracked and the priority of `router` add up to, before that is brought into
    /// the range of priorities.
    #[must_use]
    pub fn total_priority(&self, router: RouterIx) -> Option<i32> {
        let config = self.config.routers.get(router.0 as usize)?;
        Some(self.tracked.weigh(config, &self.config).total)
    }

    /// Whether a change of an interface waits for its delay.
    #[must_use]
    pub fn link_settles(&self, interface: &str) -> bool {
        let routers = self.config.routers.iter().zip(&self.links);
        let mut own = routers.filter(|(router, _)| *router.key.interface == *interface);
        let objects = self.config.objects.iter().zip(&self.tracked.objects);
        let mut tracked = objects
            .filter(|(object, _)| object.kind == ObjectKind::Interface && object.name == interface);
        own.any(|(_, link)| link.due().is_some()) || tracked.any(|(_, it)| it.due().is_some())
    }

    /// Starts all counters anew (SIGRTMAX-1).
    pub fn clear_stats(&mut self) {
        for router in &mut self.routers {
            router.standing.stats = Stats::default();
        }
    }
}
