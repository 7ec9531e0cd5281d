//! An engine that goes on where another process stopped.

use base::Instant;

use crate::backup::Backup;
use crate::config::Config;
use crate::effect::State;
use crate::engine::Engine;
use crate::master::Master;
use crate::replay::Replay;
use crate::router::Phase;
use crate::snapshot::Records;

impl Engine {
    /// An engine in the states of `records` (of the same configuration). Masters keep their advert
    /// schedule and their addresses are taken to be in place; backups wait a full down timer from
    /// `now`, since what was heard meanwhile is unknown, but one that waited for nothing but its sync
    /// group does not keep that waiting; scripts keep their verdicts.
    ///
    /// Like any other it waits for [`crate::Input::Start`], before which the performer reports links
    /// that are down; what has no record starts then as at boot. The performer looks after what
    /// happened to addresses meanwhile: those of a router that is not master after `Start` go, and
    /// those that an adopted master lacks are reported as [`crate::Input::AddressLost`].
    #[must_use]
    pub fn adopt(config: Config, records: &Records, now: Instant) -> Self {
        let mut engine = Self::new(config);
        let scripts = engine.tracked.scripts.iter_mut();
        for (script, record) in scripts.zip(&records.scripts) {
            if let Some(record) = record {
                script.verdict = record.verdict();
            }
        }
        let routers = engine.routers.iter_mut().zip(&engine.config.routers);
        for ((state, config), record) in routers.zip(&records.routers) {
            let weighed = engine.tracked.weigh(config, &engine.config);
            state.standing.weigh(weighed);
            let Some(record) = record else {
                continue;
            };
            state.since = record.since;
            state.standing.replay =
                Replay::resumed(&config.auth, record.sequence).answering(record.old_sums);
            state.phase = match record.state {
                State::Init => Phase::Init,
                State::Backup => {
                    let priority = state.standing.priority;
                    Phase::Backup(Backup::adopted(record, config, priority, now))
                }
                State::Master => Phase::Master(Master::adopted(record, config, now)),
                State::Fault => Phase::Fault { retry: None },
            };
        }
        engine
    }
}
