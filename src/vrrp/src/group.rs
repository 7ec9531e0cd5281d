//! Sync groups: virtual routers that share one state.
//!
//! The last member whose timer runs out becomes master and takes the others with it, one that
//! yields takes them down, and what is wrong with one keeps all out of the election
//! (keepalived.conf(5) vrrp_sync_group).
//!
//! Invariants: between two inputs all members of a group that take part are in the same state (one
//! that a reload brought may still wait for a script); a follower never leads in turn, so that a
//! change ends.

use core::net::IpAddr;

use base::{Instant, Priority};

use crate::config::{Config, GroupIx, RouterIx};
use crate::effect::{Cause, Effect, Event, State};
use crate::engine::{Engine, index};
use crate::router::{Follow, Lead, Phase, Stimulus, Ties};

/// For each router of `config`, the group it belongs to; the first one counts.
pub(crate) fn memberships(config: &Config) -> Vec<Option<GroupIx>> {
    let mut of = vec![None; config.routers.len()];
    for (ix, group) in (0..).zip(&config.groups) {
        for member in &group.members {
            if let Some(slot) = of.get_mut(member.0 as usize) {
                slot.get_or_insert(GroupIx(ix));
            }
        }
    }
    of
}

/// Why a member of `group` goes where `member` has gone.
pub(crate) fn synced(config: &Config, group: GroupIx, member: &str) -> Cause {
    let group = config.groups.get(group.0 as usize);
    Cause::Synced {
        group: group.map_or("", |group| &group.name).into(),
        member: member.into(),
    }
}

/// The first of `members` but `ix`.
fn first_other(members: &[usize], ix: usize) -> Option<usize> {
    members.iter().copied().find(|at| *at != ix)
}

/// What a step did to the member that took it.
pub(crate) struct Step {
    /// The member.
    pub(crate) leader: RouterIx,
    /// Its state before.
    pub(crate) before: State,
    /// Whether what members mean for each other changed.
    pub(crate) tied: bool,
    /// Whether it heard a master of lower priority, being master.
    pub(crate) lower: bool,
}

impl Engine {
    /// The sync group of a router.
    #[must_use]
    pub fn group_of(&self, router: RouterIx) -> Option<GroupIx> {
        self.memberships.get(router.0 as usize).copied().flatten()
    }

    /// The members of a group, those that count it as theirs.
    fn members(&self, group: GroupIx) -> Vec<usize> {
        let members = self.config.groups.get(group.0 as usize);
        let members = members.map_or(&[][..], |group| &group.members);
        members
            .iter()
            .filter(|member| self.group_of(**member) == Some(group))
            .map(|member| member.0 as usize)
            .collect()
    }

    /// Tells every member what the others mean for it; true where that changed.
    pub(crate) fn tie(&mut self, group: GroupIx) -> bool {
        let members = self.members(group);
        let name = |engine: &Self, ix: usize| engine.config.routers[ix].name.clone();
        let mut faulty = None;
        let mut second = None;
        let (mut pending, mut unready, mut borrowed) = (Vec::new(), Vec::new(), Vec::new());
        for &ix in &members {
            let state = &self.routers[ix];
            let retrying = matches!(state.phase, Phase::Fault { retry: Some(_) });
            let config = &self.config.routers[ix];
            if retrying || state.standing.own_obstacle(config).is_some() {
                if faulty.is_none() {
                    faulty = Some(ix);
                } else {
                    second = second.or(Some(ix));
                }
            }
            if state.standing.pending {
                pending.push(ix);
            }
            let ready = match &state.phase {
                Phase::Backup(backup) => backup.ready(),
                Phase::Master(_) => true,
                Phase::Init | Phase::Fault { .. } => false,
            };
            if !ready {
                unready.push(ix);
            }
            if !config.priority.is_owner() {
                borrowed.push(ix);
            }
        }
        let mut changed = false;
        for ix in members {
            let other = faulty.filter(|at| *at != ix).or(second);
            let ties = Ties {
                fault: other.map(|other| Box::new(self.synced(group, &name(self, other)))),
                pending: first_other(&pending, ix).is_some(),
                unready: first_other(&unready, ix).map(index),
                borrowed: first_other(&borrowed, ix).is_some(),
            };
            let own = &mut self.routers[ix].standing.ties;
            // Who is ready is of interest when a timer runs out, no sooner.
            changed |= (&own.fault, own.pending) != (&ties.fault, ties.pending);
            *own = ties;
        }
        changed
    }

    fn synced(&self, group: GroupIx, member: &str) -> Cause {
        synced(&self.config, group, member)
    }

    /// Ties all groups before anything starts.
    pub(crate) fn tie_all(&mut self) {
        for ix in 0..self.config.groups.len() {
            self.tie(GroupIx(index(ix).0));
        }
    }

    /// One member was stepped: the others follow.
    pub(crate) fn lead(
        &mut self,
        now: Instant,
        group: GroupIx,
        step: &Step,
        emit: &mut dyn FnMut(Effect),
    ) {
        let (before, lower_heard) = (step.before, step.lower);
        let at = step.leader.0 as usize;
        let after = self.routers[at].phase.state();
        if after == before && !step.tied && !lower_heard {
            return;
        }
        let reclaims = matches!(
            self.routers[at].cause,
            Cause::AddressLost { .. } | Cause::RoutingLost { .. }
        );
        let cause = self.synced(group, &self.config.routers[at].name);
        let others = self.members(group).into_iter().filter(|ix| *ix != at);
        let others: Vec<usize> = others.collect();
        if after != before && !others.is_empty() && before != State::Init {
            emit(Effect::Event(Event::GroupFollows { group, to: after }));
        }
        for ix in others {
            let was: Priority = self.routers[ix].standing.priority;
            let to = match (before, after) {
                (State::Master, State::Master) if lower_heard => {
                    self.step_alone(now, index(ix), Stimulus::Reassert, emit);
                    None
                }
                (before, State::Master) if before != State::Master => Some(Lead::Master),
                (State::Master, State::Backup) if reclaims => Some(Lead::Reclaim),
                (State::Master, State::Backup) => Some(Lead::Backup),
                _ => None,
            };
            // A fault of the leader, or its end, reaches the others by their ties.
            self.step_alone(now, index(ix), Stimulus::Tracking { was }, emit);
            if let Some(to) = to {
                let cause = cause.clone();
                let follow = Stimulus::Follow(Follow { to, cause });
                self.step_alone(now, index(ix), follow, emit);
            }
        }
        // Those that this let into the election join a group that is master already.
        self.gather(now, group, emit);
        self.tell_group(group, emit);
    }

    /// A backup has heard that the master at `source` gives up: a group gives up as a whole.
    pub(crate) fn release_others(
        &mut self,
        now: Instant,
        group: GroupIx,
        heard: RouterIx,
        source: IpAddr,
        emit: &mut dyn FnMut(Effect),
    ) {
        let members = self.members(group).into_iter().map(index);
        for member in members.filter(|member| *member != heard) {
            self.step_alone(now, member, Stimulus::Released(source), emit);
        }
    }

    /// Tells when all members have come to another state together.
    pub(crate) fn tell_group(&mut self, group: GroupIx, emit: &mut dyn FnMut(Effect)) {
        let state = |ix: usize| self.routers[ix].phase.state();
        let members = self.members(group);
        let Some(first) = members.first().map(|ix| state(*ix)) else {
            return;
        };
        let together = members.iter().all(|ix| state(*ix) == first);
        let Some(told) = self.group_states.get_mut(group.0 as usize) else {
            return;
        };
        if together && *told != first {
            let from = core::mem::replace(told, first);
            emit(Effect::Event(Event::GroupTransition {
                group,
                from,
                to: first,
            }));
        }
    }

    /// Where one member is master, those that wait become master, too: a member that has just
    /// started joins its group, or makes it master.
    pub(crate) fn gather(&mut self, now: Instant, group: GroupIx, emit: &mut dyn FnMut(Effect)) {
        let members = self.members(group);
        let is_master = |ix: &&usize| self.routers[**ix].phase.state() == State::Master;
        let Some(&master) = members.iter().find(is_master) else {
            return;
        };
        let cause = self.synced(group, &self.config.routers[master].name);
        for ix in members.into_iter().filter(|ix| *ix != master) {
            let (to, cause) = (Lead::Master, cause.clone());
            let follow = Stimulus::Follow(Follow { to, cause });
            self.step_alone(now, index(ix), follow, emit);
        }
    }

    /// By a new configuration; a group that both have keeps what was told of it.
    pub(crate) fn regroup(&mut self, old: &Config) {
        self.memberships = memberships(&self.config);
        let told = core::mem::take(&mut self.group_states);
        let state_of = |name: &str| {
            let at = old.groups.iter().position(|group| group.name == name);
            at.and_then(|at| told.get(at)).copied()
        };
        self.group_states = self
            .config
            .groups
            .iter()
            .map(|group| state_of(&group.name).unwrap_or(State::Init))
            .collect();
        for state in &mut self.routers {
            state.standing.ties = Ties::default();
        }
        self.tie_all();
    }
}
