//! Telling a change of state before what it entails.
//!
//! An engine emits adverts and address effects before the change of state they belong to; the
//! original logs the change first, and so do we.
//!
//! Invariants: pure; every change of state is told exactly once.

use std::collections::VecDeque;

use vrrp::Effect;
use vrrp::effect::Event;

/// The changes of state of one batch of effects, and that members of a group follow.
#[derive(Debug, Default)]
pub(super) struct Foretold {
    /// What is to be told, in order.
    ahead: VecDeque<Event>,
    told: Vec<Event>,
}

impl Foretold {
    /// Looks through `effects`. At a reload, where one index may mean two routers, changes are
    /// told where they stand.
    pub(super) fn of(effects: &[Effect]) -> Self {
        let reload = |effect: &Effect| matches!(effect, Effect::Reconfigured { .. });
        if effects.iter().any(reload) {
            return Self::default();
        }
        let events = effects.iter().filter_map(|effect| match effect {
            Effect::Event(event) if is_change(event) => Some(event.clone()),
            _ => None,
        });
        Self {
            ahead: events.collect(),
            told: Vec::new(),
        }
    }

    /// The changes of state to tell before `effect` is performed: its router's, and those that led
    /// to it.
    pub(super) fn before(&mut self, effect: &Effect) -> Vec<Event> {
        match effect {
            Effect::Event(event) if is_change(event) => {
                if let Some(at) = self.told.iter().position(|told| told == event) {
                    self.told.swap_remove(at);
                    return Vec::new();
                }
                match self.ahead.iter().position(|ahead| ahead == event) {
                    Some(at) => self.ahead.drain(..=at).collect(),
                    None => vec![event.clone()],
                }
            }
            Effect::Event(Event::Released { router })
            | Effect::SendAdvert { router, .. }
            | Effect::AddAddresses { router }
            | Effect::RemoveAddresses { router } => {
                let own = |event: &Event| event.router() == Some(*router);
                let Some(at) = self.ahead.iter().position(own) else {
                    return Vec::new();
                };
                let events: Vec<Event> = self.ahead.drain(..=at).collect();
                self.told.extend(events.iter().cloned());
                events
            }
            _ => Vec::new(),
        }
    }
}

/// What is told through [`Foretold`].
pub(super) const fn is_change(event: &Event) -> bool {
    matches!(event, Event::Transition { .. } | Event::GroupFollows { .. })
}

#[cfg(test)]
mod tests {
    use vrrp::State;
    use vrrp::config::{GroupIx, RouterIx};
    use vrrp::effect::Cause;

    use super::*;

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
        told.flat_map(|(at, effect)| foretold.before(effect).into_iter().map(move |_| at))
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
    fn what_leads_is_told_before_who_follows() {
        let follows = Event::GroupFollows {
            group: GroupIx(0),
            to: State::Backup,
        };
        let released = Event::Released {
            router: RouterIx(1),
        };
        let effects = [
            Effect::Event(released),
            change(0, State::Backup),
            Effect::Event(follows),
            change(1, State::Backup),
        ];
        assert_eq!(told(&effects), [0, 0, 0]);
        let add = Effect::AddAddresses {
            router: RouterIx(0),
        };
        assert_eq!(
            told(&[add, change(0, State::Master), effects[2].clone()]),
            [0, 2]
        );
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
