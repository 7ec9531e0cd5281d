//! All virtual routers and scripts of one node behind one [`Machine`].
//!
//! Invariants: nothing is emitted before `Start` nor after `Stopped`; the timers always agree with
//! what the states wait for; an input that names something unknown is ignored.

use core::net::IpAddr;

use base::{Instant, Machine};

use crate::config::{Config, GroupIx, RouterIx};
use crate::debounce::LinkDelay;
use crate::effect::{Effect, Event, State};
use crate::group::{Step, memberships};
use crate::input::Input;
use crate::receive::{Checked, Packet, check};
use crate::router::{Stimulus, Turn, VirtualRouter};
use crate::stranger::Strangers;
use crate::timer::Timers;
use crate::track::Tracked;
use crate::wall::Wall;

/// Where the engine is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Life {
    /// `Start` has not come.
    New,
    /// Between `Start` and `Shutdown`.
    Running,
    /// After `Shutdown`, while a former master waits to be replaced.
    Leaving,
    /// Nothing will ever be emitted again.
    Stopped,
}

/// The VRRP side of one node.
#[derive(Clone, Debug)]
pub struct Engine {
    pub(crate) config: Config,
    pub(crate) routers: Vec<VirtualRouter>,
    pub(crate) tracked: Tracked,
    /// For each router, what is coming of its interface.
    pub(crate) links: Vec<LinkDelay>,
    pub(crate) trackers: Trackers,
    /// Slots: the routers, then the scripts, then the tracked objects, then the routers' links.
    pub(crate) timers: Timers,
    pub(crate) life: Life,
    pub(crate) wall: Wall,
    strangers: Strangers,
    /// For each router, its sync group.
    pub(crate) memberships: Vec<Option<GroupIx>>,
    /// For each sync group, the state all its members were last in together.
    pub(crate) group_states: Vec<State>,
    /// What one input has led to so far; empty between inputs.
    staged: Vec<Effect>,
}

/// Who tracks what, in order and without repetition.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trackers {
    /// For each script, the routers that track it.
    pub(crate) of_scripts: Vec<Vec<RouterIx>>,
    /// For each object, the routers that track it.
    pub(crate) of_objects: Vec<Vec<RouterIx>>,
}

impl Trackers {
    pub(crate) fn of(config: &Config) -> Self {
        let mut trackers = Self {
            of_scripts: vec![Vec::new(); config.scripts.len()],
            of_objects: vec![Vec::new(); config.objects.len()],
        };
        let note = |list: Option<&mut Vec<RouterIx>>, router| match list {
            Some(list) if list.last() != Some(&router) => list.push(router),
            Some(_) | None => {}
        };
        for (ix, router) in (0..).map(RouterIx).zip(&config.routers) {
            for tracked in &router.track_scripts {
                note(trackers.of_scripts.get_mut(tracked.script.0 as usize), ix);
            }
            for tracked in &router.tracks {
                note(trackers.of_objects.get_mut(tracked.object.0 as usize), ix);
            }
        }
        trackers
    }
}

/// Effects that there is always room for: many more at once are rare.
const STAGED: usize = 64;

/// Timers that fire at one tick: of all 255 routers that an interface may have, whose addresses then
/// move together. What a thousand routers do at once would take a hundred kilobytes of effects.
const AT_ONCE: usize = 256;

/// Slots that timers of `config` need.
pub(crate) fn slots(config: &Config) -> usize {
    2 * config.routers.len() + config.scripts.len() + config.objects.len()
}

impl Engine {
    /// An engine that waits for [`Input::Start`].
    #[must_use]
    pub fn new(config: Config) -> Self {
        let tracked = Tracked::new(&config, Instant::ZERO);
        let routers = config
            .routers
            .iter()
            .map(|router| {
                let weighed = tracked.weigh(router, &config);
                VirtualRouter::new(weighed, Instant::ZERO)
            })
            .collect();
        Self {
            links: vec![LinkDelay::default(); config.routers.len()],
            trackers: Trackers::of(&config),
            memberships: memberships(&config),
            group_states: vec![State::Init; config.groups.len()],
            timers: Timers::new(slots(&config)),
            config,
            routers,
            tracked,
            life: Life::New,
            wall: Wall::default(),
            strangers: Strangers::default(),
            staged: Vec::new(),
        }
    }

    /// The configuration that is running.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// Gives one router a stimulus; the other members of its sync group follow.
    pub(crate) fn step(
        &mut self,
        now: Instant,
        router: RouterIx,
        stimulus: Stimulus,
        emit: &mut dyn FnMut(Effect),
    ) {
        let Some(group) = self.group_of(router) else {
            return self.step_alone(now, router, stimulus, emit);
        };
        let Some(state) = self.routers.get(router.0 as usize) else {
            return;
        };
        let before = state.phase.state();
        let lower = matches!(&stimulus, Stimulus::Advert(advert)
            if before == State::Master
                && advert.priority != base::Priority::RELEASE
                && advert.priority < state.standing.priority);
        let released = match &stimulus {
            Stimulus::Advert(advert) if advert.priority == base::Priority::RELEASE => {
                (before == State::Backup).then_some(advert.source)
            }
            _ => None,
        };
        let tied = self.tie(group);
        self.step_alone(now, router, stimulus, emit);
        let tied = self.tie(group) || tied;
        let step = Step {
            leader: router,
            before,
            tied,
            lower,
        };
        self.lead(now, group, &step, emit);
        if let Some(source) = released {
            self.release_others(now, group, router, source, emit);
        }
    }

    /// Gives one router a stimulus and sets its timer by what it then waits for.
    pub(crate) fn step_alone(
        &mut self,
        now: Instant,
        router: RouterIx,
        stimulus: Stimulus,
        emit: &mut dyn FnMut(Effect),
    ) {
        let at = router.0 as usize;
        let (Some(state), Some(config)) = (self.routers.get_mut(at), self.config.routers.get(at))
        else {
            return;
        };
        let mut turn = Turn {
            router,
            config,
            now,
            wall: self.wall.at(now),
            emit,
        };
        state.step(&mut turn, stimulus);
        let due = state.phase.due().map(|(due, _)| due);
        self.timers.set(at, due);
    }

    fn start(&mut self, now: Instant, emit: &mut dyn FnMut(Effect)) {
        self.life = Life::Running;
        self.tie_all();
        for ix in 0..self.routers.len() {
            if self.routers[ix].phase.state() == State::Init {
                self.start_router(now, ix, emit);
            } else {
                // Adopted; goes on, unless something has gone wrong meanwhile (or got well).
                let was = self.routers[ix].standing.priority;
                self.step(now, index(ix), Stimulus::Tracking { was }, emit);
            }
        }
        for ix in 0..self.config.groups.len() {
            self.tell_group(GroupIx(index(ix).0), emit);
        }
        for ix in 0..self.tracked.scripts.len() {
            self.start_script(now, ix, emit);
        }
    }

    /// Brings in a router that has not taken part so far.
    pub(crate) fn start_router(&mut self, now: Instant, ix: usize, emit: &mut dyn FnMut(Effect)) {
        self.routers[ix].since = now;
        let was = self.config.routers[ix].priority;
        self.tell_priority(ix, was, emit);
        self.step_alone(now, index(ix), Stimulus::Start, emit);
        if let Some(group) = self.group_of(index(ix)) {
            self.gather(now, group, emit);
        }
    }

    fn tick(&mut self, now: Instant, emit: &mut dyn FnMut(Effect)) {
        // Every timer that fires moves into the future or goes, so this ends. Others are still due
        // where there are more of them: whoever asks for the deadline comes again at once.
        let (routers, scripts) = (self.routers.len(), self.tracked.scripts.len());
        for _ in 0..slots(&self.config).saturating_mul(4).min(AT_ONCE) {
            match self.timers.first() {
                Some((due, slot)) if due <= now => {
                    if slot < routers {
                        self.step(now, index(slot), Stimulus::Timer, emit);
                    } else if slot < routers + scripts {
                        self.run_script(now, slot - routers, emit);
                    } else if slot < self.first_link_slot() {
                        self.ripen(now, slot - routers - scripts, emit);
                    } else {
                        self.link_ripens(now, slot - self.first_link_slot(), emit);
                    }
                }
                Some(_) | None => break,
            }
        }
    }

    fn packet(
        &mut self,
        now: Instant,
        router: RouterIx,
        packet: &Packet<'_>,
        emit: &mut dyn FnMut(Effect),
    ) {
        if self.life == Life::Leaving {
            return self.hear_successor(now, router, packet, emit);
        }
        let at = router.0 as usize;
        let (Some(state), Some(config)) = (self.routers.get_mut(at), self.config.routers.get(at))
        else {
            return;
        };
        if matches!(state.phase.state(), State::Init | State::Fault) {
            return;
        }
        let master: Option<IpAddr> = state.standing.heard.map(|heard| heard.source);
        let old_sums = state.standing.replay.old_sums;
        let (advert, complaints) = match check(config, packet, master, &mut state.standing.replay) {
            Checked::NotOurs => return,
            Checked::Refused(refusal) => (None, [Some(refusal), None]),
            Checked::Accepted { advert, remarks } => (Some(advert), remarks),
        };
        if state.standing.replay.old_sums != old_sums {
            let source = packet.source;
            emit(Effect::Event(Event::OldChecksums { router, source }));
        }
        for reason in complaints.into_iter().flatten() {
            if state.standing.complain(&reason) {
                emit(Effect::Event(Event::PacketRefused {
                    router,
                    source: packet.source,
                    reason,
                }));
            }
        }
        if let Some(advert) = advert {
            self.step(now, router, Stimulus::Advert(advert), emit);
        }
    }

    pub(crate) fn release(&mut self, now: Instant, ix: usize, emit: &mut dyn FnMut(Effect)) {
        let mut turn = Turn {
            router: index(ix),
            config: &self.config.routers[ix],
            now,
            wall: self.wall.at(now),
            emit,
        };
        self.routers[ix].release(&mut turn);
    }
}

/// A slot or position as an index; configurations are far smaller than 2³².
pub(crate) fn index(at: usize) -> RouterIx {
    RouterIx(u32::try_from(at).unwrap_or(u32::MAX))
}

/// When its turn comes among the effects of one input. What many routers do at once is thereby
/// grouped: the network hears of a change first, then addresses move together, which a performer
/// can do in one system call, and starting processes keeps nobody waiting. The order of each
/// router's own effects stays.
const fn stage(effect: &Effect) -> u8 {
    match effect {
        Effect::Event(Event::Stopped) => 6,
        Effect::RunScript { .. } => 5,
        Effect::Event(
            Event::Transition { .. } | Event::GroupFollows { .. } | Event::GroupTransition { .. },
        ) => 4,
        Effect::Announce { .. } | Effect::AnnounceExtra { .. } => 3,
        Effect::AddAddresses { .. } | Effect::UpdateAddresses { .. } => 2,
        Effect::RemoveAddresses { .. } | Effect::YieldAddress { .. } => 1,
        Effect::SendAdvert { .. } | Effect::Reconfigured { .. } | Effect::Event(_) => 0,
    }
}

/// At the start, groups are told before their members; later it is the other way round (seen in
/// 2.2.7 and 2.4.3).
const fn tells_of_group(effect: &Effect) -> bool {
    matches!(effect, Effect::Event(Event::GroupTransition { .. }))
}

impl Machine for Engine {
    type Input = Input;
    type Effect = Effect;

    fn handle(&mut self, now: Instant, input: Input, emit: &mut dyn FnMut(Effect)) {
        // A reload has an order of its own, around its mark.
        if matches!(input, Input::Reconfigure(_)) {
            return self.dispatch(now, input, emit);
        }
        let starting = matches!(input, Input::Start);
        let mut staged = core::mem::take(&mut self.staged);
        self.dispatch(now, input, &mut |effect| staged.push(effect));
        if starting {
            staged.sort_by_key(|effect| (stage(effect), !tells_of_group(effect)));
        } else if !staged.is_sorted_by_key(stage) {
            staged.sort_by_key(stage);
        }
        staged.drain(..).for_each(emit);
        staged.shrink_to(STAGED);
        self.staged = staged;
    }

    fn deadline(&self) -> Option<(Instant, &'static str)> {
        let (due, slot) = self.timers.first()?;
        if self.life == Life::Leaving {
            return Some((due, "successor"));
        }
        let whose = match self.routers.get(slot).and_then(|router| router.phase.due()) {
            Some((_, whose)) => whose,
            None if slot < self.routers.len() + self.tracked.scripts.len() => "script",
            None if slot < self.first_link_slot() => "tracking delay",
            None => "interface delay",
        };
        Some((due, whose))
    }
}

impl Engine {
    fn mishap(&mut self, now: Instant, input: Input, emit: &mut dyn FnMut(Effect)) {
        if let Some((router, stimulus)) = Stimulus::of_host(input) {
            self.step(now, router, stimulus, emit);
        }
    }

    pub(crate) fn arrived(&mut self, now: Instant, packet: Input, emit: &mut dyn FnMut(Effect)) {
        let Input::Packet {
            router,
            source,
            destination,
            ttl,
            payload,
            envelope,
        } = packet
        else {
            return;
        };
        let packet = Packet {
            source,
            destination,
            ttl,
            payload: &payload,
            ah: envelope.ah.as_ref(),
            wall: self.wall.at(now).saturating_sub(envelope.age),
        };
        self.packet(now, router, &packet, emit);
    }

    /// Whoever has its master there may go on without it.
    fn path_down(&mut self, now: Instant, address: IpAddr, emit: &mut dyn FnMut(Effect)) {
        for ix in 0..self.config.routers.len() {
            self.step(now, index(ix), Stimulus::PathDown(address), emit);
        }
    }

    /// Nobody is to miss an advert meanwhile.
    fn occupied(&mut self, now: Instant, emit: &mut dyn FnMut(Effect)) {
        for ix in 0..self.config.routers.len() {
            self.step_alone(now, index(ix), Stimulus::Occupied, emit);
        }
    }

    fn dispatch(&mut self, now: Instant, input: Input, emit: &mut dyn FnMut(Effect)) {
        match (self.life, input) {
            (Life::New, Input::Start) => self.start(now, emit),
            (Life::Running, Input::Tick) => self.tick(now, emit),
            (Life::Running, packet @ Input::Packet { .. }) => self.arrived(now, packet, emit),
            (Life::New | Life::Running | Life::Leaving, Input::WallClock(said)) => {
                self.wall = Wall::new(now, said);
            }
            (Life::Leaving, input) => self.leaving(now, input, emit),
            (Life::Running, Input::ScriptExit { script, outcome }) => {
                self.script_exit(now, script, &outcome, emit);
            }
            (Life::New | Life::Running, read @ Input::Read { .. }) => self.read(now, &read, emit),
            (
                Life::New | Life::Running,
                Input::Link {
                    router,
                    up,
                    reason,
                    at_once,
                },
            ) => self.link(now, router, (!up).then_some(reason), at_once, emit),
            (Life::New | Life::Running, Input::SourceAddress { router, address }) => {
                self.config.routers.set_source(router, address);
            }
            (Life::Running, Input::PathDown { address }) => self.path_down(now, address, emit),
            (Life::Running, Input::Occupied) => self.occupied(now, emit),
            (
                Life::Running,
                Input::Stranger {
                    place,
                    vrid,
                    source,
                },
            ) => self.strangers.heard(now, (place, vrid), source, emit),
            (
                Life::Running,
                input @ (Input::AddressLost { .. }
                | Input::RoutingLost { .. }
                | Input::EffectFailed { .. }),
            ) => self.mishap(now, input, emit),
            (Life::New, Input::Reconfigure(config)) => *self = Self::new(config),
            (Life::Running, Input::Reconfigure(config)) => self.reconfigure(now, config, emit),
            (Life::New | Life::Running, Input::Shutdown) => self.shutdown(now, emit),
            // Started once; before that nothing is known to anybody, after the end nothing counts.
            (Life::Running, Input::Start | Input::AddressTaken { .. })
            | (
                Life::New,
                Input::Tick
                | Input::Packet { .. }
                | Input::ScriptExit { .. }
                | Input::PathDown { .. }
                | Input::Occupied
                | Input::Stranger { .. }
                | Input::AddressLost { .. }
                | Input::AddressTaken { .. }
                | Input::RoutingLost { .. }
                | Input::EffectFailed { .. },
            )
            | (
                Life::Stopped,
                Input::Start
                | Input::Tick
                | Input::Packet { .. }
                | Input::ScriptExit { .. }
                | Input::Read { .. }
                | Input::Link { .. }
                | Input::SourceAddress { .. }
                | Input::WallClock(_)
                | Input::PathDown { .. }
                | Input::Occupied
                | Input::Stranger { .. }
                | Input::AddressLost { .. }
                | Input::AddressTaken { .. }
                | Input::RoutingLost { .. }
                | Input::EffectFailed { .. }
                | Input::Reconfigure(_)
                | Input::Shutdown,
            ) => {}
        }
    }
}
