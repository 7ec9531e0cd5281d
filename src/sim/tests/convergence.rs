//! Whatever happens, elections converge: thousands of seeded worlds are disturbed in every way the
//! simulator knows, then left alone for a bounded time and judged.

mod nodes;

use base::{Duration, Instant, Priority, Rng};
use nodes::{R, alone, ip, router, tracking};
use sim::{Action, Clock, NodeIx, World};
use vrrp::config::Version;
use vrrp::input::ScriptOutcome;
use vrrp::{Cause, Config, Event, State};

/// How long disturbances go on.
const TROUBLE: Duration = Duration::from_secs(20);
const ADDRESS: &str = "192.0.2.100";

/// How the routers of one world are configured.
#[derive(Clone, Copy, Debug)]
struct Rules {
    preempt: bool,
    version: Version,
    interval: Duration,
}

struct Trial {
    seed: u64,
    rng: Rng,
    world: World,
    rules: Rules,
    /// Which part of the network each node is in; parts do not hear each other.
    parts: Vec<u64>,
}

impl Trial {
    fn new(seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        let version = if rng.below(2) == 0 {
            Version::V2
        } else {
            Version::V3
        };
        let interval = match version {
            Version::V2 => Duration::from_secs(1 + rng.below(2)),
            Version::V3 => Duration::from_millis(10 * (20 + rng.below(100))),
        };
        let rules = Rules {
            preempt: rng.below(2) == 0,
            version,
            interval,
        };
        let mut world = World::new(rng.next_u64());
        world.network.jitter = Duration::from_micros(rng.below(20_000));
        let count = 2 + rng.below(6);
        for ix in 0..count {
            let config = config(&mut rng, ix, rules);
            let clock = Clock {
                offset: rng.below(1 << 40),
                drift_ppm: i32::try_from(rng.below(400)).unwrap() - 200,
            };
            let node = world.add(&format!("node{ix}"), config, clock);
            let at = Instant::from_micros(rng.below(2_000_000));
            world.plan(at, Action::Start(node));
        }
        Self {
            seed,
            parts: vec![0; usize::try_from(count).unwrap()],
            rng,
            world,
            rules,
        }
    }

    fn any_node(&mut self) -> NodeIx {
        NodeIx(usize::try_from(self.rng.below(self.parts.len() as u64)).unwrap())
    }

    /// One thing goes wrong, or gets well.
    fn disturb(&mut self) {
        let node = self.any_node();
        let action = match self.rng.below(15) {
            0 | 1 => Action::Start(node),
            2 => Action::Stop(node),
            3 => Action::Kill(node),
            4 => Action::Hang(node),
            5 | 6 => Action::Resume(node),
            7 => Action::LinkDown(node),
            8 => Action::LinkUp(node),
            9 => Action::DeleteAddress(node, ip(ADDRESS)),
            10 | 11 => Action::Check {
                node,
                script: "chk".into(),
                outcome: ScriptOutcome::Exited(i32::from(self.rng.below(2) == 0)),
                takes: Duration::from_millis(self.rng.below(1500)),
            },
            12 => Action::Crash(node),
            13 => Action::Loss(u32::try_from(self.rng.below(300_000)).unwrap()),
            _ => return self.move_to(node, u64::from(self.parts[node.0] == 0)),
        };
        self.world.act(action);
    }

    fn move_to(&mut self, node: NodeIx, part: u64) {
        self.parts[node.0] = part;
        for other in self.world.nodes() {
            let apart = self.parts[node.0] != self.parts[other.0];
            let action = if apart { Action::Cut } else { Action::Heal };
            self.world.act(action(node, other));
        }
    }

    fn run(&mut self) {
        let end = self.world.now() + TROUBLE;
        while self.world.now() < end {
            let pause = Duration::from_micros(self.rng.below(2_000_000));
            self.world.run(pause);
            self.disturb();
        }
        self.world.act(Action::Loss(0));
        for node in self.world.nodes() {
            self.world.act(Action::Resume(node));
        }
        // Down timer with the lowest priority, a failing check's detection, and handing over.
        self.world
            .run(self.rules.interval * 9 + Duration::from_secs(5));
    }

    /// Priority and state of a node that takes part in elections.
    fn candidate(&self, node: NodeIx) -> Option<(Priority, State)> {
        let status = self.world.status(node, R)?;
        let takes_part = matches!(status.state, State::Backup | State::Master);
        (takes_part && self.world.linked(node)).then_some((status.priority, status.state))
    }

    fn judge(&self) {
        for part in [0, 1] {
            let members: Vec<_> = self
                .world
                .nodes()
                .filter(|node| self.parts[node.0] == part)
                .collect();
            let candidates: Vec<_> = members
                .iter()
                .filter_map(|node| self.candidate(*node))
                .collect();
            let masters: Vec<_> = candidates
                .iter()
                .filter(|(_, state)| *state == State::Master)
                .collect();
            self.expect(
                masters.len() == usize::from(!candidates.is_empty()),
                "one master where anybody takes part",
            );
            let best = candidates.iter().map(|(priority, _)| *priority).max();
            if self.rules.preempt
                && let Some((priority, _)) = masters.first()
            {
                self.expect(Some(*priority) == best, "the best is master");
            }
            for node in members {
                let Some(status) = self.world.status(node, R) else {
                    continue;
                };
                let holds = self.world.holders(ip(ADDRESS)).contains(&node);
                let master = status.state == State::Master;
                self.expect(holds == master, "the address is where the master is");
            }
        }
        for (_, event) in self.world.timeline().events() {
            let Event::Transition { cause, .. } = event else {
                continue;
            };
            let preempts = matches!(cause, Cause::Preempt { .. });
            self.expect(self.rules.preempt || !preempts, "nobody preempts");
        }
    }

    #[track_caller]
    fn expect(&self, holds: bool, what: &str) {
        let (seed, parts, rules) = (self.seed, &self.parts, self.rules);
        assert!(
            holds,
            "seed {seed}: not so: {what} ({rules:?}, parts {parts:?})\n{}",
            self.world.timeline()
        );
    }
}

fn config(rng: &mut Rng, ix: u64, rules: Rules) -> Config {
    // Few priorities, so that equal ones are frequent.
    let priority = u8::try_from(50 + 25 * rng.below(8)).unwrap();
    let router = router(51, &format!("192.0.2.{}", ix + 1), priority, &[ADDRESS]);
    let router = router.with(|it| {
        it.version = rules.version;
        it.advert_interval = rules.interval;
        it.preempt = rules.preempt;
        it.lower_prio_no_advert = rng.below(4) == 0;
        it.higher_prio_send_advert = rng.below(4) == 0;
    });
    match rng.below(3) {
        0 => alone(router),
        1 => tracking(router, "chk", 0, 1),
        _ => tracking(router, "chk", -60, 1),
    }
}

/// One of the two halves, each so many seeds.
fn trials(half: u64) {
    let seeds = u64::from(property::cases(1000));
    for seed in half * seeds..(half + 1) * seeds {
        let mut trial = Trial::new(seed);
        trial.run();
        trial.judge();
    }
}

#[test]
fn one_master_first_half() {
    trials(0);
}

#[test]
fn one_master_second_half() {
    trials(1);
}

/// A daemon that hangs does not hear that it shall stop; the next one must not hear it instead.
/// (Found by seeds 26120 and 70951 of [`trials`].)
#[test]
fn a_stop_that_nobody_heard_is_not_for_the_next_daemon() {
    let mut world = World::new(1);
    let config = alone(router(51, "192.0.2.1", 100, &[ADDRESS]));
    let node = world.add("node", config, Clock::default());
    let second = Duration::from_secs(1);
    let steps = [
        Action::Start,
        Action::Hang,
        Action::Stop,
        Action::Start,
        Action::Resume,
    ];
    for step in steps {
        world.act(step(node));
        world.run(second);
    }
    world.run(second * 5);
    assert_eq!(world.masters(R), [node], "{}", world.timeline());
    assert_eq!(world.holders(ip(ADDRESS)), [node], "{}", world.timeline());
}

/// The same seed is the same world.
#[test]
fn repeatable() {
    let run = || {
        let mut trial = Trial::new(42);
        trial.run();
        trial.world.timeline().to_string()
    };
    assert_eq!(run(), run());
}
