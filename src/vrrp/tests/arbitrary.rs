//! Arbitrary inputs and arbitrary reloads: no panic, and a performer's books always balance.

mod bench;

use core::time::Duration;

use base::{Instant, Machine, Priority, VrId};
use bench::{advert, ip, router, script, track};
use proptest::prelude::*;
use vrrp::config::{RouterIx, ScriptIx, SyncGroup};
use vrrp::input::{Envelope, ScriptOutcome};
use vrrp::{Config, Effect, Engine, Event, Input, State};

/// A configuration of these VRIDs, each tracking one of these scripts (or none).
fn configuration(vrids: &[u8], scripts: &[u8], priority: u8, weight: i16) -> Config {
    let names: Vec<_> = scripts.iter().map(|name| format!("chk{name}")).collect();
    let routers = vrids.iter().enumerate().map(|(at, &vrid)| {
        router().with(|it| {
            it.name = format!("VI_{vrid}");
            it.key.vrid = VrId::new(vrid).unwrap();
            it.priority = Priority(priority);
            it.addresses = vec![ip(&format!("192.0.2.{vrid}"))];
            it.track_scripts = if scripts.is_empty() {
                Vec::new()
            } else {
                vec![track((at % scripts.len()) as u32, weight)]
            };
        })
    });
    Config {
        routers: routers.collect(),
        scripts: names.iter().map(|name| script(name)).collect(),
        ..Config::default()
    }
}

/// Puts each router into the sync group of its number; 0 is none.
fn grouped(mut config: Config, of: &[usize]) -> Config {
    config.groups = (1..=2)
        .map(|group| SyncGroup {
            name: format!("G{group}"),
            members: (0..)
                .zip(config.routers.iter().zip(of))
                .filter(|(_, (_, of))| **of == group)
                .map(|(ix, _)| RouterIx(ix))
                .collect(),
        })
        .collect();
    config
}

fn configurations() -> impl Strategy<Value = Config> {
    let vrids = prop::sample::subsequence(vec![1_u8, 2, 3, 4], 0..=4).prop_shuffle();
    let scripts = prop::sample::subsequence(vec![1_u8, 2, 3], 0..=3).prop_shuffle();
    let weight = prop_oneof![Just(0_i16), Just(-30), Just(30)];
    let groups = prop::collection::vec(0..3_usize, 4);
    (vrids, scripts, 1..=255_u8, weight, groups).prop_map(
        |(vrids, scripts, priority, weight, groups)| {
            grouped(configuration(&vrids, &scripts, priority, weight), &groups)
        },
    )
}

/// One thing that happens; indices may name nothing.
#[derive(Clone, Debug)]
enum Step {
    Wait(u64),
    Hear(u32, u8),
    Noise(u32, Vec<u8>),
    Exit(u32, i32),
    Link(u32, bool),
    Lost(u32),
    Failed(u32),
    Reload(Config),
}

fn steps() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..5_000_u64).prop_map(Step::Wait),
        2 => (0..5_u32, any::<u8>()).prop_map(|(router, priority)| Step::Hear(router, priority)),
        1 => (0..5_u32, prop::collection::vec(any::<u8>(), 0..40))
            .prop_map(|(router, bytes)| Step::Noise(router, bytes)),
        2 => (0..4_u32, 0..2_i32).prop_map(|(script, status)| Step::Exit(script, status)),
        1 => (0..5_u32, any::<bool>()).prop_map(|(router, up)| Step::Link(router, up)),
        1 => (0..5_u32).prop_map(Step::Lost),
        1 => (0..5_u32).prop_map(Step::Failed),
        2 => configurations().prop_map(Step::Reload),
    ]
}

/// What a performer keeps for each router and script.
#[derive(Debug, Default)]
struct Books {
    routers: Vec<Page>,
    running: Vec<bool>,
    ending: bool,
}

#[derive(Clone, Debug)]
struct Page {
    state: State,
    holds: bool,
}

impl Books {
    fn new(config: &Config) -> Self {
        let page = Page {
            state: State::Init,
            holds: false,
        };
        Self {
            routers: vec![page; config.routers.len()],
            running: vec![false; config.scripts.len()],
            ending: false,
        }
    }

    fn page(&mut self, router: RouterIx) -> &mut Page {
        &mut self.routers[router.0 as usize]
    }

    fn enter(&mut self, effect: &Effect, next: &Config) {
        match effect {
            Effect::AddAddresses { router } => {
                let page = self.page(*router);
                assert!(!core::mem::replace(&mut page.holds, true), "added twice");
            }
            Effect::RemoveAddresses { router } => {
                let page = self.page(*router);
                assert!(core::mem::replace(&mut page.holds, false), "removed twice");
            }
            Effect::UpdateAddresses { router, .. }
            | Effect::YieldAddress { router, .. }
            | Effect::Announce { router, .. }
            | Effect::AnnounceExtra { router } => {
                assert!(self.page(*router).holds, "only a master has addresses");
            }
            Effect::Event(Event::Transition {
                router, from, to, ..
            }) => {
                let page = self.page(*router);
                assert_eq!(page.state, *from, "one follows from the other");
                page.state = *to;
            }
            Effect::RunScript { script, .. } => {
                let running = &mut self.running[script.0 as usize];
                assert!(!core::mem::replace(running, true), "runs never overlap");
            }
            Effect::Reconfigured { routers, scripts } => self.renumber(routers, scripts, next),
            Effect::SendAdvert { .. } | Effect::Event(_) => {}
        }
    }

    fn renumber(
        &mut self,
        routers: &[Option<RouterIx>],
        scripts: &[Option<ScriptIx>],
        next: &Config,
    ) {
        let mut fresh = Self::new(next);
        assert_eq!(routers.len(), self.routers.len());
        for (page, new) in self.routers.iter().zip(routers) {
            match new {
                Some(new) => *fresh.page(*new) = page.clone(),
                None => assert_eq!((page.state, page.holds), (State::Init, false), "stopped"),
            }
        }
        for (running, new) in self.running.iter().zip(scripts) {
            if let Some(new) = new {
                fresh.running[new.0 as usize] = *running;
            }
        }
        *self = fresh;
    }

    fn balance(&self, engine: &Engine) {
        assert_eq!(self.routers.len(), engine.config().routers.len());
        for (ix, page) in (0..).map(RouterIx).zip(&self.routers) {
            let status = engine.status(ix).unwrap();
            assert_eq!(page.state, status.state);
            assert_eq!(page.holds, status.state == State::Master);
        }
        for group in &engine.config().groups {
            // A member that waits for a script after a reload takes no part yet.
            let members = group.members.iter().map(|ix| engine.status(*ix).unwrap());
            let members = members.filter(|status| !status.awaits_scripts);
            let states = members.map(|status| status.state);
            let mut states = states.filter(|state| *state != State::Init);
            let first = states.next();
            assert!(
                states.all(|state| Some(state) == first),
                "{} is apart",
                group.name
            );
        }
        // Nobody counts runs any more when the end has begun.
        let running = self.running.iter().filter(|_| !self.ending);
        for (ix, running) in (0..).map(ScriptIx).zip(running) {
            assert_eq!(engine.script_status(ix).unwrap().running, *running);
        }
    }
}

struct Performer {
    engine: Engine,
    books: Books,
    now: Instant,
}

impl Performer {
    fn give(&mut self, input: Input) {
        let next = match &input {
            Input::Reconfigure(config) => config.clone(),
            _ => self.engine.config().clone(),
        };
        let books = &mut self.books;
        let mut enter = |effect: Effect| books.enter(&effect, &next);
        self.engine.handle(self.now, input, &mut enter);
        self.books.balance(&self.engine);
    }

    fn take(&mut self, step: Step) {
        let config = self.engine.config().clone();
        match step {
            Step::Wait(millis) => {
                let end = self.now + Duration::from_millis(millis);
                while let Some((due, _)) = self.engine.deadline().filter(|(due, _)| *due <= end) {
                    // A raised priority shortens the wait, maybe into the past.
                    self.now = self.now.max(due);
                    self.give(Input::Tick);
                    assert!(self.engine.deadline().is_none_or(|(at, _)| at > self.now));
                }
                self.now = end;
            }
            Step::Hear(ix, priority) => {
                let sender = config
                    .routers
                    .get(ix as usize)
                    .cloned()
                    .unwrap_or_else(router);
                let input = advert(&sender, bench::ABOVE, priority);
                let Input::Packet { payload, .. } = input else {
                    unreachable!("adverts are packets");
                };
                self.packet(ix, payload);
            }
            Step::Noise(ix, bytes) => self.packet(ix, bytes),
            Step::Exit(ix, status) => {
                if let Some(running) = self.books.running.get_mut(ix as usize) {
                    *running = false;
                }
                self.give(Input::ScriptExit {
                    script: ScriptIx(ix),
                    outcome: ScriptOutcome::Exited(status),
                });
            }
            Step::Link(ix, up) => self.give(Input::Link {
                router: RouterIx(ix),
                up,
                reason: "eth0".into(),
                at_once: false,
            }),
            Step::Lost(ix) => self.give(Input::AddressLost {
                router: RouterIx(ix),
                address: ip("192.0.2.1"),
            }),
            Step::Failed(ix) => self.give(Input::EffectFailed {
                router: RouterIx(ix),
                reason: "no".into(),
            }),
            Step::Reload(config) => self.give(Input::Reconfigure(config)),
        }
    }

    fn packet(&mut self, ix: u32, payload: Vec<u8>) {
        self.give(Input::Packet {
            router: RouterIx(ix),
            source: ip(bench::ABOVE),
            destination: ip("224.0.0.18"),
            ttl: 255,
            payload,
            envelope: Envelope::default(),
        });
    }
}

proptest! {
    #![proptest_config(property::config(512))]

    #[test]
    fn the_books_balance(
        first in configurations(),
        steps in prop::collection::vec(steps(), 0..40),
        last in prop::collection::vec(steps(), 0..10),
    ) {
        let mut performer = Performer {
            books: Books::new(&first),
            engine: Engine::new(first),
            now: Instant::ZERO,
        };
        performer.give(Input::Start);
        for step in steps {
            performer.take(step);
        }
        performer.books.ending = true;
        performer.give(Input::Shutdown);
        for step in last {
            performer.take(step);
        }
        performer.take(Step::Wait(1_000_000));
        prop_assert_eq!(performer.engine.deadline(), None);
        prop_assert!(performer.books.routers.iter().all(|page| !page.holds));
    }
}
