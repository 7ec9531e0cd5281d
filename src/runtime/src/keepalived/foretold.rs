//! Telling a change of state before what it entails.
//!
//! An engine emits adverts and address effects before the change of state they belong to; the
//! original logs the change first, and so do we.
//!
//! Invariants: pure; every change of state is told exactly once.

use std::collections::{BTreeMap, VecDeque};

use vrrp::Effect;
use vrrp::config::RouterIx;
use vrrp::effect::Event;

/// The changes of state of one batch of effects.
#[derive(Debug, Default)]
pub(super) struct Foretold {
    ahead: BTreeMap<RouterIx, VecDeque<Event>>,
    told: Vec<Event>,
}

impl Foretold {
    /// Looks through `effects`. At a reload, where one index may mean two routers, changes are
    /// told where they stand.
    pub(super) fn of(effects: &[Effect]) -> Self {
        let mut found = Self::default();
        if effects
            .iter()
            .any(|effect| matches!(effect, Effect::Reconfigured { .. }))
        {
            return found;
        }
        for effect in effects {
            if let Effect::Event(event @ Event::Transition { router, .. }) = effect {
                found
                    .ahead
                    .entry(*router)
                    .or_default()
                    .push_back(event.clone());
            }
        }
        found
    }

    /// The change of state to tell before `effect` is performed.
    pub(super) fn before(&mut self, effect: &Effect) -> Option<Event> {
        let router = effect.router()?;
        let mut next = || self.ahead.get_mut(&router).and_then(VecDeque::pop_front);
        match effect {
            Effect::Event(event @ Event::Transition { .. }) => {
                if let Some(at) = self.told.iter().position(|told| told == event) {
                    self.told.swap_remove(at);
                    return None;
                }
                next().or_else(|| Some(event.clone()))
            }
            Effect::Event(Event::Released { .. })
            | Effect::SendAdvert { .. }
            | Effect::AddAddresses { .. }
            | Effect::RemoveAddresses { .. } => {
                let event = next()?;
                self.told.push(event.clone());
                Some(event)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vrrp::State;
    use vrrp::effect::Cause;

    fn change(router: u32, to: State) -> Effect {
        Effect::Event(Event::Transition {
            router: RouterIx(router),
            from: State::Backup,
            to,
            cause: Cause::Owner,
        })
    }

    fn told(effects: &[Effect]) -> Vec<usize> {
        let mut foretold = Foretold::of(effects);
        let told = effects.iter().enumerate();
        told.filter(|(_, effect)| foretold.before(effect).is_some())
            .map(|(at, _)| at)
            .collect()
    }

    #[test]
    fn a_change_is_told_before_its_addresses_and_only_once() {
        let add = |router| Effect::AddAddresses {
            router: RouterIx(router),
        };
        let effects = [
            add(0),
            add(1),
            change(0, State::Master),
            change(1, State::Master),
        ];
        assert_eq!(told(&effects), [0, 1]);
        let alone = [change(0, State::Backup), change(0, State::Fault)];
        assert_eq!(told(&alone), [0, 1]);
    }

    #[test]
    fn at_a_reload_changes_are_told_where_they_stand() {
        let reload = Effect::Reconfigured {
            routers: Vec::new(),
            scripts: Vec::new(),
        };
        let remove = Effect::RemoveAddresses {
            router: RouterIx(0),
        };
        let effects = [
            remove,
            change(0, State::Init),
            reload,
            change(0, State::Backup),
        ];
        assert_eq!(told(&effects), [1, 3]);
    }
}
