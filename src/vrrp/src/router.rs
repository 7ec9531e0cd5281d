//! One virtual router: which state it is in, what that state waits for, and the transitions.
//!
//! ```text
//!            scripts known, nothing wrong             timer
//!   Init ------------------------------> Backup ------------------> Master
//!    |  \--- address owner ------------------------------------------^ |
//!    |                                     | ^  better advert, VIP lost | |
//!    |  something wrong                    | +--------------------------+ |
//!    +--------------> Fault <--------------+------------------------------+
//!                       |  nothing wrong any more: to Backup (owner: Master)
//! ```
//!
//! Invariants: a state owns its timers, so none outlives it; every pair of state and stimulus is
//! listed; what a transition does follows from its two ends.
//! Deliberately unknown here: other routers, scripts (only what they amount to).

use core::net::IpAddr;
use core::time::Duration;

use base::{Instant, Priority};

use crate::backup::Backup;
use crate::config::{Router, RouterIx};
use crate::effect::{Cause, Effect, Event, Refusal, State};
use crate::input::Input;
use crate::master::Master;
use crate::receive::Advert;
use crate::replay::Replay;
use crate::stats::Stats;
use crate::track::Weighed;

/// How long a router stays in FAULT after its addresses could not be set. Trying at once would
/// take mastership from a working peer every few seconds.
pub const EFFECT_RETRY: Duration = Duration::from_secs(30);

/// What a router is told.
#[derive(Clone, Debug)]
pub(crate) enum Stimulus {
    /// The daemon starts, or a reload brought this router.
    Start,
    /// A timer of the current state is due.
    Timer,
    /// An advert passed all checks.
    Advert(Advert),
    /// Link, scripts or priority changed; `was` is the effective priority before.
    Tracking { was: Priority },
    /// A neighbour can no longer be reached.
    PathDown(IpAddr),
    /// A virtual address vanished.
    AddressLost(IpAddr),
    /// A route or rule vanished.
    RoutingLost(String),
    /// Being master failed.
    EffectFailed(String),
    /// Another member of the sync group changed its state.
    Follow(Follow),
    /// The driver is about to be occupied.
    Occupied,
    /// A member of the sync group heard a master of lower priority; its peers may have been
    /// misled about our addresses, too.
    Reassert,
    /// The master, at this address for another member of the sync group, gives up.
    Released(IpAddr),
    /// The daemon stops, or a reload dropped this router. If master, it has released already.
    End(Cause),
}

impl Stimulus {
    /// What a master's host reports: that something is not as a master needs it.
    pub(crate) fn of_host(input: Input) -> Option<(RouterIx, Self)> {
        match input {
            Input::AddressLost { router, address } => Some((router, Self::AddressLost(address))),
            Input::RoutingLost { router, what } => Some((router, Self::RoutingLost(what))),
            Input::EffectFailed { router, reason } => Some((router, Self::EffectFailed(reason))),
            _ => None,
        }
    }
}

/// Where a member of a sync group is led.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Follow {
    /// Master, or away from it.
    pub(crate) to: Lead,
    /// The group and the member that leads.
    pub(crate) cause: Cause,
}

impl Follow {
    /// Who is there already, or cannot go anywhere, follows nobody.
    fn from(self, phase: &Phase, standing: &Standing, turn: &Turn<'_>) -> Option<Change> {
        match (phase, self.to) {
            (Phase::Backup(_), Lead::Master) => {
                Some((Phase::Master(Master::new(turn)), self.cause))
            }
            (Phase::Master(_), Lead::Backup) => {
                let interval = turn.config.advert_interval;
                let backup = Backup::listening(turn.config, standing.priority, interval, turn.now);
                Some((Phase::Backup(backup), self.cause))
            }
            (Phase::Master(_), Lead::Reclaim) => {
                let backup = Backup::reclaiming(turn, standing.priority);
                Some((Phase::Backup(backup), self.cause))
            }
            (Phase::Init | Phase::Fault { .. }, Lead::Master | Lead::Backup | Lead::Reclaim)
            | (Phase::Backup(_), Lead::Backup | Lead::Reclaim)
            | (Phase::Master(_), Lead::Master) => None,
        }
    }
}

/// See [`Follow`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lead {
    Master,
    Backup,
    /// Away from master for one skew, to take back what was deleted.
    Reclaim,
}

/// What the other members of a sync group mean for one of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ties {
    /// Something is wrong with another member.
    pub(crate) fault: Option<Box<Cause>>,
    /// A script of another member has not spoken yet.
    pub(crate) pending: bool,
    /// Another member that hears a master, or may yet hear one.
    pub(crate) unready: Option<RouterIx>,
    /// Another member does not own its addresses.
    pub(crate) borrowed: bool,
}

/// The protocol state with its timers.
#[derive(Clone, Debug)]
pub(crate) enum Phase {
    Init,
    Backup(Backup),
    Master(Master),
    /// Until nothing is wrong any more, and not before `retry`.
    Fault {
        retry: Option<Instant>,
    },
}

impl Phase {
    pub(crate) const fn state(&self) -> State {
        match self {
            Self::Init => State::Init,
            Self::Backup(_) => State::Backup,
            Self::Master(_) => State::Master,
            Self::Fault { .. } => State::Fault,
        }
    }

    /// The soonest timer, and whose it is.
    pub(crate) fn due(&self) -> Option<(Instant, &'static str)> {
        match self {
            Self::Init => None,
            Self::Backup(backup) => Some((backup.master_down(), "master down")),
            Self::Master(master) => Some(master.due()),
            Self::Fault { retry } => retry.map(|at| (at, "retry after failure")),
        }
    }
}

/// An advert that was heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heard {
    /// From whom.
    pub source: IpAddr,
    /// Its priority.
    pub priority: Priority,
    /// When.
    pub at: Instant,
}

/// What holds in every state.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    /// Effective priority.
    pub(crate) priority: Priority,
    /// An owner that gave in to another owner; acts with 254 until that one is silent.
    pub(crate) demoted: bool,
    /// Why the link is unusable, if it is.
    pub(crate) link: Option<String>,
    /// Why weight-0 scripts keep us out, if they do.
    pub(crate) script_fault: Option<Box<Cause>>,
    /// A weight-0 script has not spoken yet.
    pub(crate) pending: bool,
    /// Something tracked has not spoken yet: the priority may turn out to be another.
    pub(crate) unheard: bool,
    /// By the sync group.
    pub(crate) ties: Ties,
    /// The last advert that passed all checks.
    pub(crate) heard: Option<Heard>,
    pub(crate) stats: Stats,
    pub(crate) replay: Replay,
    /// How often each kind of refusal was told in the current state.
    told: Option<Box<[u8; Refusal::KINDS]>>,
}

impl Standing {
    /// An advert that passed all checks.
    fn count(&mut self, advert: &Advert) {
        self.stats.adverts_received += 1;
        if advert.priority == Priority::RELEASE {
            self.stats.priority_zero_received += 1;
        }
    }

    /// Counts `refusal`; true for the first two of its kind in a state, which are worth a line.
    pub(crate) fn complain(&mut self, refusal: &Refusal) -> bool {
        self.stats.refuse(refusal);
        let told = &mut self.told.get_or_insert_default()[refusal.kind()];
        *told = told.saturating_add(1);
        *told <= 2
    }

    /// What forbids taking part in the election.
    pub(crate) fn obstacle(&self, config: &Router) -> Option<Cause> {
        self.own_obstacle(config)
            .or_else(|| self.ties.fault.as_deref().cloned())
    }

    /// The same without the sync group.
    pub(crate) fn own_obstacle(&self, config: &Router) -> Option<Cause> {
        let link = self.link.as_ref().or(config.start_fault.as_ref());
        link.map(|reason| Cause::Link {
            reason: reason.clone(),
        })
        .or_else(|| self.script_fault.as_deref().cloned())
    }

    /// Takes what tracking amounts to; returns the effective priority before.
    pub(crate) fn weigh(&mut self, weighed: Weighed) -> Priority {
        let was = self.priority;
        self.priority = if self.demoted {
            Priority(254)
        } else {
            weighed.priority
        };
        self.script_fault = weighed.fault.map(Box::new);
        self.pending = weighed.pending;
        self.unheard = weighed.unheard;
        was
    }
}

/// One router's turn: who, by which configuration, when, and where effects go.
pub(crate) struct Turn<'a> {
    pub(crate) router: RouterIx,
    pub(crate) config: &'a Router,
    pub(crate) now: Instant,
    /// The time of day.
    pub(crate) wall: Duration,
    pub(crate) emit: &'a mut dyn FnMut(Effect),
}

impl Turn<'_> {
    pub(crate) fn event(&mut self, event: Event) {
        (self.emit)(Effect::Event(event));
    }

    pub(crate) fn advertise(&mut self, priority: Priority, standing: &mut Standing) {
        standing.stats.adverts_sent += 1;
        let (replay, wall) = (&mut standing.replay, self.wall);
        crate::advert::send(self.router, self.config, priority, replay, wall, self.emit);
    }

    pub(crate) fn announce(&mut self, repeat: u32) {
        if repeat > 0 {
            let router = self.router;
            (self.emit)(Effect::Announce { router, repeat });
        }
    }
}

/// Where to go and why.
pub(crate) type Change = (Phase, Cause);

/// The running side of one `vrrp_instance`.
#[derive(Clone, Debug)]
pub(crate) struct VirtualRouter {
    pub(crate) phase: Phase,
    pub(crate) standing: Standing,
    pub(crate) since: Instant,
    pub(crate) cause: Cause,
}

impl VirtualRouter {
    pub(crate) fn new(weighed: Weighed, now: Instant) -> Self {
        Self {
            phase: Phase::Init,
            standing: Standing {
                priority: weighed.priority,
                demoted: false,
                link: None,
                script_fault: weighed.fault.map(Box::new),
                pending: weighed.pending,
                unheard: weighed.unheard,
                ties: Ties::default(),
                heard: None,
                stats: Stats::default(),
                replay: Replay::default(),
                told: None,
            },
            since: now,
            cause: Cause::Start,
        }
    }

    /// Handles one stimulus, transition included.
    pub(crate) fn step(&mut self, turn: &mut Turn<'_>, stimulus: Stimulus) {
        let standing = &mut self.standing;
        if let Stimulus::Advert(advert) = &stimulus {
            standing.count(advert);
        }
        let change = match (&mut self.phase, stimulus) {
            (Phase::Init, Stimulus::Start | Stimulus::Tracking { .. }) => {
                settle(State::Init, standing, turn)
            }
            (Phase::Fault { retry: None }, Stimulus::Tracking { .. }) => {
                settle(State::Fault, standing, turn)
            }
            (Phase::Fault { retry: Some(at) }, Stimulus::Timer) if *at <= turn.now => {
                settle(State::Fault, standing, turn).or_else(|| {
                    self.phase = Phase::Fault { retry: None };
                    None
                })
            }

            (Phase::Backup(backup), Stimulus::Timer) => backup.timer(standing, turn),
            (Phase::Backup(backup), Stimulus::Advert(advert)) => {
                backup.hear(standing, turn, &advert);
                None
            }
            (Phase::Backup(backup), Stimulus::Released(source)) => {
                backup.release(standing, turn, source);
                None
            }
            (Phase::Backup(backup), Stimulus::PathDown(at)) => backup.lose(standing, turn, at),
            (Phase::Backup(backup), Stimulus::Tracking { was }) => {
                backup.reprioritise(turn.config.version, was, standing.priority);
                standing.obstacle(turn.config).map(fault)
            }

            (Phase::Master(master), Stimulus::Timer) => master.timer(standing, turn),
            (Phase::Master(master), Stimulus::Advert(advert)) => master
                .expired(standing, turn)
                .or_else(|| master.hear(standing, turn, &advert)),
            (Phase::Master(master), Stimulus::Tracking { was }) => {
                master.reprioritise(standing, turn, was);
                standing.obstacle(turn.config).map(fault)
            }
            (Phase::Master(_), Stimulus::AddressLost(address)) => {
                Some(reclaim(standing, turn, Cause::AddressLost { address }))
            }
            (Phase::Master(_), Stimulus::RoutingLost(what)) => {
                Some(reclaim(standing, turn, Cause::RoutingLost { what }))
            }
            (Phase::Master(_), Stimulus::EffectFailed(reason)) => Some(failed(turn, reason)),

            (Phase::Master(master), Stimulus::Occupied) => {
                master.advertise_now(standing, turn);
                None
            }

            (phase, Stimulus::Follow(follow)) => follow.from(phase, standing, turn),
            (Phase::Master(master), Stimulus::Reassert) => {
                master.reassert(turn);
                None
            }

            (
                Phase::Init | Phase::Backup(_) | Phase::Master(_) | Phase::Fault { .. },
                Stimulus::End(cause),
            ) => Some((Phase::Init, cause)),

            // Only a router that has not started yet is started.
            (Phase::Backup(_) | Phase::Master(_) | Phase::Fault { .. }, Stimulus::Start)
            // Nothing is heard outside the election.
            | (Phase::Init | Phase::Fault { .. }, Stimulus::Advert(_))
            // No timer runs, or it is not due.
            | (Phase::Init | Phase::Fault { .. }, Stimulus::Timer)
            // What failed will be tried again; until then nothing else counts.
            | (Phase::Fault { retry: Some(_) }, Stimulus::Tracking { .. })
            | (
                Phase::Init | Phase::Fault { .. } | Phase::Backup(_),
                Stimulus::Reassert | Stimulus::Occupied,
            )
            // Nobody else is master, or counts.
            | (
                Phase::Init | Phase::Master(_) | Phase::Fault { .. },
                Stimulus::PathDown(_) | Stimulus::Released(_),
            )
            // Late news of a mastership that is over: the addresses are gone anyway.
            | (
                Phase::Init | Phase::Backup(_) | Phase::Fault { .. },
                Stimulus::AddressLost(_) | Stimulus::RoutingLost(_) | Stimulus::EffectFailed(_),
            ) => None,
        };
        if let Some((phase, cause)) = change {
            self.enter(turn, phase, cause);
        }
    }

    /// Sends the release advert, if there is something to release.
    pub(crate) fn release(&mut self, turn: &mut Turn<'_>) {
        if matches!(self.phase, Phase::Master(_)) {
            self.standing.stats.priority_zero_sent += 1;
            turn.advertise(Priority::RELEASE, &mut self.standing);
            turn.event(Event::Released {
                router: turn.router,
            });
        }
    }

    /// Leaves the old state and enters the new one. What is to do follows from the two.
    fn enter(&mut self, turn: &mut Turn<'_>, phase: Phase, cause: Cause) {
        let (from, to) = (self.phase.state(), phase.state());
        let router = turn.router;
        match (from, to) {
            (State::Init | State::Backup | State::Fault, State::Master) => {
                self.standing.stats.became_master += 1;
                self.standing.replay.begin_mastership();
                turn.advertise(self.standing.priority, &mut self.standing);
                (turn.emit)(Effect::AddAddresses { router });
                turn.announce(turn.config.garp.repeat);
            }
            (State::Master, State::Backup | State::Fault | State::Init) => {
                self.standing.stats.released_master += 1;
                match &cause {
                    // The other one is master already; that it knows us is optional.
                    Cause::BetterMaster { .. } if turn.config.higher_prio_send_advert => {
                        turn.advertise(self.standing.priority, &mut self.standing);
                    }
                    // Stop: released before, for all routers at once.
                    Cause::BetterMaster { .. }
                    | Cause::TimerExpired { .. }
                    | Cause::Stop
                    | Cause::Dropped => {}
                    _ => self.release(turn),
                }
                (turn.emit)(Effect::RemoveAddresses { router });
            }
            (State::Init | State::Backup | State::Fault, State::Init | State::Backup)
            | (State::Init | State::Backup | State::Fault, State::Fault)
            | (State::Master, State::Master) => {}
        }
        self.standing.told = None;
        self.phase = phase;
        self.since = turn.now;
        self.cause = cause.clone();
        turn.event(Event::Transition {
            router,
            from,
            to,
            cause,
        });
    }
}

/// Being master failed; it is tried again.
fn failed(turn: &Turn<'_>, reason: String) -> Change {
    let retry = Some(turn.now + EFFECT_RETRY);
    (Phase::Fault { retry }, Cause::EffectFailed { reason })
}

/// A master that lost what is its own takes it back a skew later.
fn reclaim(standing: &Standing, turn: &Turn<'_>, cause: Cause) -> Change {
    let backup = Backup::reclaiming(turn, standing.priority);
    (Phase::Backup(backup), cause)
}

fn fault(cause: Cause) -> Change {
    (Phase::Fault { retry: None }, cause)
}

/// Where a router outside the election goes now; `None` where it stays.
fn settle(from: State, standing: &Standing, turn: &Turn<'_>) -> Option<Change> {
    if let Some(cause) = standing.obstacle(turn.config) {
        return (from != State::Fault).then(|| fault(cause));
    }
    if standing.pending || standing.ties.pending {
        return None;
    }
    let owner = standing.priority.is_owner() && !standing.ties.borrowed;
    // Who returns from a fault waits, an owner as well: another one is master meanwhile.
    if from == State::Init && owner && !turn.config.initial_backup {
        return Some((Phase::Master(Master::new(turn)), Cause::Owner));
    }
    let cause = if from == State::Init {
        Cause::Start
    } else {
        Cause::FaultsCleared
    };
    Some((
        Phase::Backup(Backup::listening(
            turn.config,
            standing.priority,
            turn.config.advert_interval,
            turn.now,
        )),
        cause,
    ))
}
