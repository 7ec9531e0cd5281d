//! What survives the process: plain-bytes records for a page of shared memory.
//!
//! The child that runs the engine writes a router's record after every effect that names it. If the
//! child dies, the parent reads the page, runs a [`StandIn`](crate::StandIn) from it, and the next
//! child continues from what the stand-in leaves ([`Engine::adopt`](crate::Engine::adopt)).
//!
//! Invariants: a record has a fixed length and carries its generation and a sum, so that one torn
//! by the writer's death, or written for another configuration, reads as absent; times are those
//! of the clock both processes share.
//! Deliberately unknown here: the memory. Addresses, passwords and peers are not in it, they come
//! from the configuration.

use core::ops::Range;
use core::time::Duration;

use base::{Instant, Priority};

use crate::config::{Config, Router, RouterIx, ScriptIx};
use crate::effect::State;
use crate::engine::Engine;
use crate::router::Phase;
use crate::track::Verdict;

const MAGIC: [u8; 4] = *b"VRS3";

/// A virtual router.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RouterRecord {
    /// Which configuration it belongs to; counted by the performer, one up with every reload.
    pub generation: u32,
    /// Protocol state.
    pub state: State,
    /// Effective priority.
    pub priority: Priority,
    /// When the state was entered.
    pub since: Instant,
    /// Master: when the next advert is due. Backup: when `preempt_delay` ends, [`Instant::ZERO`]
    /// unless it has begun. Else meaningless.
    pub due: Instant,
    /// The interval of the master that was heard (own interval as master).
    pub master_interval: Duration,
    /// AH: the highest number sent or accepted. `auth_hmac`: the last sequence sent. 0 without.
    pub sequence: u64,
    /// A unicast peer sums in the old way (`old_unicast_checksum`), and is answered alike.
    pub old_sums: bool,
    /// Backup: its timer ran out, and only its sync group keeps it from becoming master.
    pub ready: bool,
}

impl RouterRecord {
    /// Bytes of a record.
    pub const LEN: usize = 48;

    /// The record's bytes.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; Self::LEN] {
        let interval = u64::try_from(self.master_interval.as_micros()).unwrap_or(u64::MAX);
        let mut out = [0; Self::LEN];
        out[4..8].copy_from_slice(&self.generation.to_le_bytes());
        out[8] = match self.state {
            State::Init => 0,
            State::Backup => 1,
            State::Master => 2,
            State::Fault => 3,
        };
        out[9] = self.priority.0;
        out[10] = self.old_sums.into();
        out[11] = self.ready.into();
        out[16..24].copy_from_slice(&self.since.as_micros().to_le_bytes());
        out[24..32].copy_from_slice(&self.due.as_micros().to_le_bytes());
        out[32..40].copy_from_slice(&interval.to_le_bytes());
        out[40..48].copy_from_slice(&self.sequence.to_le_bytes());
        seal(&mut out);
        out
    }

    /// Reads a record; `None` when it is torn or was never written.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; Self::LEN]) -> Option<Self> {
        sealed(bytes)?;
        let state = match bytes[8] {
            0 => State::Init,
            1 => State::Backup,
            2 => State::Master,
            3 => State::Fault,
            _ => return None,
        };
        Some(Self {
            generation: u32_at(bytes, 4),
            state,
            priority: Priority(bytes[9]),
            since: Instant::from_micros(u64_at(bytes, 16)),
            // ZERO where a writer did not know what a backup waits for.
            due: Instant::from_micros(u64_at(bytes, 24)),
            master_interval: Duration::from_micros(u64_at(bytes, 32)),
            sequence: u64_at(bytes, 40),
            old_sums: bytes[10] != 0,
            // 0 where a writer did not know of it.
            ready: bytes[11] != 0,
        })
    }

    /// From when on a master of this record is late by half an interval, which is when somebody
    /// should look after it. `None` unless master.
    #[must_use]
    pub fn overdue(&self, config: &Router) -> Option<Instant> {
        (self.state == State::Master).then(|| self.due + config.advert_interval / 2)
    }
}

/// A tracking script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScriptRecord {
    /// As in [`RouterRecord::generation`].
    pub generation: u32,
    /// `None` before the first result.
    pub good: Option<bool>,
    /// Results in a row that speak against `good`.
    pub against: u32,
}

impl ScriptRecord {
    /// Bytes of a record.
    pub const LEN: usize = 16;

    /// The record's bytes.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; Self::LEN] {
        let mut out = [0; Self::LEN];
        out[4..8].copy_from_slice(&self.generation.to_le_bytes());
        out[8] = match self.good {
            None => 0,
            Some(true) => 1,
            Some(false) => 2,
        };
        out[12..16].copy_from_slice(&self.against.to_le_bytes());
        seal(&mut out);
        out
    }

    /// Reads a record; `None` when it is torn or was never written.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; Self::LEN]) -> Option<Self> {
        sealed(bytes)?;
        let good = match bytes[8] {
            0 => None,
            1 => Some(true),
            2 => Some(false),
            _ => return None,
        };
        Some(Self {
            generation: u32_at(bytes, 4),
            good,
            against: u32_at(bytes, 12),
        })
    }

    pub(crate) const fn verdict(&self) -> Verdict {
        match self.good {
            None => Verdict::Unknown,
            Some(true) => Verdict::Good {
                failures: self.against,
            },
            Some(false) => Verdict::Bad {
                successes: self.against,
            },
        }
    }
}

/// Where the records of a configuration stand in a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    routers: usize,
    scripts: usize,
}

impl Layout {
    /// The layout for `config`: its routers, then its scripts.
    #[must_use]
    pub fn of(config: &Config) -> Self {
        Self {
            routers: config.routers.len(),
            scripts: config.scripts.len(),
        }
    }

    /// Bytes of the page.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.routers * RouterRecord::LEN + self.scripts * ScriptRecord::LEN
    }

    /// Nothing to keep.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Where the record of `router` stands; `None` for an index outside the layout.
    #[must_use]
    pub fn router(&self, router: RouterIx) -> Option<Range<usize>> {
        let at = Some(router.0 as usize).filter(|at| *at < self.routers)?;
        let start = at * RouterRecord::LEN;
        Some(start..start + RouterRecord::LEN)
    }

    /// Where the record of `script` stands; `None` for an index outside the layout.
    #[must_use]
    pub fn script(&self, script: ScriptIx) -> Option<Range<usize>> {
        let at = Some(script.0 as usize).filter(|at| *at < self.scripts)?;
        let start = self.routers * RouterRecord::LEN + at * ScriptRecord::LEN;
        Some(start..start + ScriptRecord::LEN)
    }

    /// Reads a whole page, which may be shorter or longer than the layout.
    #[must_use]
    pub fn read(&self, page: &[u8], generation: u32) -> Records {
        let router = |ix| {
            let bytes = page.get(self.router(RouterIx(ix))?)?;
            let record = RouterRecord::from_bytes(bytes.try_into().ok()?)?;
            (record.generation == generation).then_some(record)
        };
        let script = |ix| {
            let bytes = page.get(self.script(ScriptIx(ix))?)?;
            let record = ScriptRecord::from_bytes(bytes.try_into().ok()?)?;
            (record.generation == generation).then_some(record)
        };
        let count = |n| u32::try_from(n).unwrap_or(u32::MAX);
        Records {
            routers: (0..count(self.routers)).map(router).collect(),
            scripts: (0..count(self.scripts)).map(script).collect(),
        }
    }
}

/// What a page holds for one configuration; `None` where nothing (valid) was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Records {
    /// By [`RouterIx`].
    pub routers: Vec<Option<RouterRecord>>,
    /// By [`ScriptIx`].
    pub scripts: Vec<Option<ScriptRecord>>,
}

impl Engine {
    /// The record of `router` as of now; `None` for an index the configuration does not have.
    /// It changes with every effect that names the router (see [`crate::Effect::router`]), on
    /// reload, and with authenticated packets.
    #[must_use]
    pub fn router_record(&self, router: RouterIx, generation: u32) -> Option<RouterRecord> {
        let at = router.0 as usize;
        let (state, config) = (self.routers.get(at)?, self.config.routers.get(at)?);
        Some(RouterRecord {
            generation,
            state: state.phase.state(),
            priority: state.standing.priority,
            since: state.since,
            due: match &state.phase {
                Phase::Master(master) => master.next_advert(),
                Phase::Backup(backup) => backup.preempt_delay_end().unwrap_or(Instant::ZERO),
                Phase::Init | Phase::Fault { .. } => Instant::ZERO,
            },
            master_interval: match &state.phase {
                Phase::Backup(backup) => backup.master_interval(),
                Phase::Init | Phase::Master(_) | Phase::Fault { .. } => config.advert_interval,
            },
            sequence: state.standing.replay.noted(&config.auth),
            old_sums: state.standing.replay.old_sums,
            ready: matches!(&state.phase, Phase::Backup(backup) if backup.ready()),
        })
    }

    /// The record of `script` as of now; `None` for an index the configuration does not have.
    /// It changes with every [`crate::Input::ScriptExit`] and on reload.
    #[must_use]
    pub fn script_record(&self, script: ScriptIx, generation: u32) -> Option<ScriptRecord> {
        let verdict = self.tracked.scripts.get(script.0 as usize)?.verdict;
        Some(ScriptRecord {
            generation,
            good: verdict.good(),
            against: match verdict {
                Verdict::Unknown => 0,
                Verdict::Good { failures } => failures,
                Verdict::Bad { successes } => successes,
            },
        })
    }
}

/// FNV-1a over everything behind the sum itself.
fn sum(bytes: &[u8]) -> u32 {
    let step = |sum: u32, byte: &u8| (sum ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
    MAGIC.iter().chain(bytes).fold(0x811c_9dc5, step)
}

fn seal(bytes: &mut [u8]) {
    let sum = sum(&bytes[4..]);
    bytes[..4].copy_from_slice(&sum.to_le_bytes());
}

fn sealed(bytes: &[u8]) -> Option<()> {
    (u32_at(bytes, 0) == sum(&bytes[4..])).then_some(())
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let mut out = [0; 4];
    out.copy_from_slice(&bytes[at..at + 4]);
    u32::from_le_bytes(out)
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let mut out = [0; 8];
    out.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn router_round_trip(
            generation: u32, priority: u8, since: u64, next: u64, interval: u64,
            sequence: u64, state in 0..4_usize, old_sums: bool, ready: bool,
        ) {
            let record = RouterRecord {
                generation,
                state: [State::Init, State::Backup, State::Master, State::Fault][state],
                priority: Priority(priority),
                since: Instant::from_micros(since),
                due: Instant::from_micros(next),
                master_interval: Duration::from_micros(interval),
                sequence,
                old_sums,
                ready,
            };
            prop_assert_eq!(RouterRecord::from_bytes(&record.to_bytes()), Some(record));
        }

        /// A record of which only the beginning was written over an older one.
        #[test]
        fn torn(next: u64, cut: prop::sample::Index) {
            let record = |next| RouterRecord {
                generation: 1,
                state: State::Master,
                priority: Priority(100),
                since: Instant::ZERO,
                due: Instant::from_micros(next),
                master_interval: Duration::from_secs(1),
                sequence: 0,
                old_sums: false,
                ready: false,
            };
            let (old, new) = (record(next).to_bytes(), record(!next).to_bytes());
            let differing: Vec<_> = (0..old.len()).filter(|at| old[*at] != new[*at]).collect();
            // Some of the bytes that differ were written, at least one was not.
            let cut = differing[1 + cut.index(differing.len() - 1)];
            let mut torn = old;
            torn[..cut].copy_from_slice(&new[..cut]);
            prop_assert_eq!(RouterRecord::from_bytes(&torn), None);
        }

        #[test]
        fn script_round_trip(generation: u32, good: Option<bool>, against: u32) {
            let record = ScriptRecord { generation, good, against };
            prop_assert_eq!(ScriptRecord::from_bytes(&record.to_bytes()), Some(record));
        }
    }

    #[test]
    fn an_empty_page_holds_nothing() {
        assert_eq!(RouterRecord::from_bytes(&[0; RouterRecord::LEN]), None);
        assert_eq!(ScriptRecord::from_bytes(&[0; ScriptRecord::LEN]), None);
    }
}
