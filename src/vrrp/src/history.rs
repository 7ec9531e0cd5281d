//! What has happened to each virtual router, for `why`: the last [`KEPT`] things worth telling.
//!
//! Invariants: memory is bounded; what repeats itself is kept once and counted; a reload carries
//! what a router has been through to its new index.
//! Deliberately unknown here: wording, the time of day.

use std::collections::{BTreeMap, VecDeque};

use base::Instant;
use serde::{Deserialize, Serialize};

use crate::config::{RouterIx, ScriptIx};
use crate::effect::{Effect, Event};

/// Things remembered of each router.
pub const KEPT: usize = 64;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When (the last time).
    pub at: Instant,
    /// What.
    pub event: Event,
    /// How often in a row.
    pub times: u32,
}

/// How a script came to its verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// When.
    pub at: Instant,
    /// "exited with status 1"
    pub how: String,
}

/// The memory of one node. It can be left to another process that runs the same configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    /// By index.
    #[serde(with = "by_router")]
    routers: Vec<VecDeque<Entry>>,
    verdicts: BTreeMap<ScriptIx, Verdict>,
}

impl History {
    /// Takes in what an engine has just emitted.
    pub fn note(&mut self, now: Instant, effect: &Effect) {
        match effect {
            Effect::Reconfigured { routers, scripts } => self.carry(routers, scripts),
            Effect::Event(Event::ScriptVerdict { script, how, .. }) => {
                let how = how.clone();
                self.verdicts.insert(*script, Verdict { at: now, how });
            }
            Effect::Event(event) => {
                if let Some(router) = event.router() {
                    self.push(now, router, event);
                }
            }
            _ => {}
        }
    }

    fn push(&mut self, at: Instant, router: RouterIx, event: &Event) {
        let entries = slot(&mut self.routers, router);
        if let Some(last) = entries.back_mut().filter(|last| last.event == *event) {
            last.at = at;
            last.times = last.times.saturating_add(1);
            return;
        }
        if entries.len() == KEPT {
            entries.pop_front();
        }
        // Most routers only start and settle: room for that, and no more than is needed later.
        entries.reserve_exact(if entries.is_empty() { 2 } else { 1 });
        entries.push_back(Entry {
            at,
            event: event.clone(),
            times: 1,
        });
    }

    fn carry(&mut self, routers: &[Option<RouterIx>], scripts: &[Option<ScriptIx>]) {
        let kept = |old: u32, to: &[Option<RouterIx>]| to.get(old as usize).copied().flatten();
        for (old, entries) in (0..).zip(core::mem::take(&mut self.routers)) {
            if let Some(new) = kept(old, routers) {
                *slot(&mut self.routers, new) = entries;
            }
        }
        self.verdicts = core::mem::take(&mut self.verdicts)
            .into_iter()
            .filter_map(|(old, verdict)| {
                Some((scripts.get(old.0 as usize).copied().flatten()?, verdict))
            })
            .collect();
    }

    /// What has happened to `router`, the oldest first.
    pub fn of(&self, router: RouterIx) -> impl DoubleEndedIterator<Item = &Entry> {
        self.routers.get(router.0 as usize).into_iter().flatten()
    }

    /// How `script` came to what it says now.
    #[must_use]
    pub fn verdict(&self, script: ScriptIx) -> Option<&Verdict> {
        self.verdicts.get(&script)
    }
}

/// The place of `router`, which there may not have been yet.
fn slot(routers: &mut Vec<VecDeque<Entry>>, router: RouterIx) -> &mut VecDeque<Entry> {
    let at = router.0 as usize;
    if routers.len() <= at {
        routers.resize_with(at + 1, VecDeque::new);
    }
    &mut routers[at]
}

/// As a map of the routers that anything has happened to.
mod by_router {
    use std::collections::{BTreeMap, VecDeque};

    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    use super::{Entry, slot};
    use crate::config::RouterIx;

    /// More than any configuration has: what another process left is not believed blindly.
    const MOST: u32 = 1 << 20;

    pub(super) fn serialize<S: Serializer>(
        routers: &[VecDeque<Entry>],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let all = (0..).map(RouterIx).zip(routers);
        serializer.collect_map(all.filter(|(_, entries)| !entries.is_empty()))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<VecDeque<Entry>>, D::Error> {
        let all = BTreeMap::<RouterIx, VecDeque<Entry>>::deserialize(deserializer)?;
        let mut routers = Vec::new();
        for (router, entries) in all {
            if router.0 >= MOST {
                return Err(D::Error::custom("there is no router of such a number"));
            }
            *slot(&mut routers, router) = entries;
        }
        Ok(routers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::effect::{Cause, State};
    use base::Priority;

    const ROUTER: RouterIx = RouterIx(0);

    fn heard(priority: u8) -> Effect {
        Effect::Event(Event::LowerPriorityHeard {
            router: ROUTER,
            source: [192, 0, 2, 2].into(),
            priority: Priority(priority),
        })
    }

    fn noted(effects: impl IntoIterator<Item = Effect>) -> History {
        let mut history = History::default();
        for (second, effect) in (1..).zip(effects) {
            history.note(Instant::from_millis(second * 1000), &effect);
        }
        history
    }

    #[test]
    fn what_repeats_itself_is_kept_once_and_memory_is_bounded() {
        let history = noted([heard(80), heard(80), heard(80), heard(90)]);
        let kept: Vec<(u64, u32)> = history
            .of(ROUTER)
            .map(|it| (it.at.as_micros() / 1_000_000, it.times))
            .collect();
        assert_eq!(kept, [(3, 3), (4, 1)]);
        let many = (0..1000_u32).map(|n| heard(if n % 2 == 0 { 80 } else { 90 }));
        let history = noted(many);
        assert_eq!(history.of(ROUTER).count(), KEPT);
        let last = history.of(ROUTER).next_back().expect("the newest");
        assert_eq!(last.at, Instant::from_millis(1_000_000));
    }

    #[test]
    fn another_process_reads_what_was_left_and_no_more() {
        let event = |router| {
            Effect::Event(Event::MasterIntervalChanged {
                router: RouterIx(router),
                from: core::time::Duration::from_secs(1),
                to: core::time::Duration::from_secs(2),
            })
        };
        let history = noted([event(0), event(3)]);
        let text = serde_json::to_string(&history).expect("text");
        assert_eq!(serde_json::from_str::<History>(&text).ok(), Some(history));
        assert!(
            text.contains(r#"{"0":[{"#) && !text.contains(r#""1":"#),
            "{text}"
        );
        let far = text.replace(r#""3":"#, r#""4294967295":"#);
        assert!(serde_json::from_str::<History>(&far).is_err());
    }

    #[test]
    fn a_reload_carries_what_both_configurations_have() {
        let verdict = Effect::Event(Event::ScriptVerdict {
            script: ScriptIx(1),
            good: false,
            how: "exited with status 1".into(),
            first: true,
        });
        let dropped = Effect::Event(Event::Transition {
            router: RouterIx(1),
            from: State::Backup,
            to: State::Init,
            cause: Cause::Dropped,
        });
        let reconfigured = Effect::Reconfigured {
            routers: vec![Some(RouterIx(4)), None],
            scripts: vec![None, Some(ScriptIx(0))],
        };
        let history = noted([heard(80), dropped, verdict, reconfigured]);
        assert_eq!(history.of(RouterIx(4)).count(), 1);
        assert_eq!(
            history.of(ROUTER).count() + history.of(RouterIx(1)).count(),
            0
        );
        assert!(history.verdict(ScriptIx(0)).is_some());
        assert!(history.verdict(ScriptIx(1)).is_none());
    }
}
