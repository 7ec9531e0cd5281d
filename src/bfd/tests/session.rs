//! One session or two ends of one, rule by rule.

mod world;

use core::num::{NonZeroU8, NonZeroU32};
use core::time::Duration;

use base::{Instant, Machine as _};
use bfd::{Cause, Config, Diagnostic, Effect, Engine, Event, Input, Received, Rejection, State};
use wire::bfd::Packet;
use world::{DELAY, World, address, millis, one, session};

/// What a neighbour that knows `engine`'s session says.
fn said(engine: &Engine, state: State) -> Packet {
    Packet {
        diagnostic: Diagnostic::NONE,
        state,
        poll: false,
        is_final: false,
        independent: false,
        demand: false,
        multiplier: NonZeroU8::new(3).unwrap(),
        my_discriminator: NonZeroU32::new(7).unwrap(),
        your_discriminator: engine.sessions().next().unwrap().discriminator,
        desired_min_tx: 20_000,
        required_min_rx: 30_000,
        required_min_echo_rx: 0,
    }
}

fn received(packet: Packet) -> Received {
    Received {
        source: address(1),
        destination: Some(address(0)),
        ttl: 255,
        multihop: false,
        payload: packet.encode().to_vec(),
    }
}

struct Node {
    engine: Engine,
    now: Instant,
}

impl Node {
    fn new(session: bfd::config::Session) -> Self {
        let mut node = Self {
            engine: Engine::new(one(session), 1),
            now: millis(1),
        };
        node.give(Input::Start);
        node
    }

    fn give(&mut self, input: Input) -> Vec<Effect> {
        let mut effects = Vec::new();
        self.engine
            .handle(self.now, input, &mut |effect| effects.push(effect));
        effects
    }

    fn hear(&mut self, packet: Packet) -> Vec<Effect> {
        self.give(Input::Packet(received(packet)))
    }

    fn state(&self) -> State {
        self.engine.sessions().next().unwrap().state
    }

    /// Brings it to `state`.
    fn at(session: bfd::config::Session, state: State) -> Self {
        let mut node = Self::new(session);
        let path = match state {
            State::AdminDown => {
                let session = bfd::SessionIx(0);
                let fault = Some("no socket".to_owned());
                node.give(Input::Path { session, fault });
                &[][..]
            }
            State::Down => &[],
            State::Init => &[State::Down],
            State::Up => &[State::Down, State::Init],
        };
        for heard in path {
            node.hear(said(&node.engine, *heard));
        }
        assert_eq!(node.state(), state);
        node
    }
}

fn packets(effects: &[Effect]) -> Vec<Packet> {
    let packets = effects.iter().filter_map(|effect| match effect {
        Effect::Send { packet, .. } => Some(Packet::parse(packet).unwrap()),
        Effect::Event(_) | Effect::Reconfigured => None,
    });
    packets.collect()
}

/// RFC 5880 §6.8.6 for every pair of states: what it becomes, what it says, what is told.
#[test]
fn every_state_hears_every_state() {
    use State::{AdminDown, Down, Init, Up};
    let down = Diagnostic::NEIGHBOR_DOWN;
    let never = Diagnostic::NONE;
    for (local, remote, becomes, says) in [
        (AdminDown, AdminDown, AdminDown, Diagnostic::ADMIN_DOWN),
        (AdminDown, Down, AdminDown, Diagnostic::ADMIN_DOWN),
        (AdminDown, Init, AdminDown, Diagnostic::ADMIN_DOWN),
        (AdminDown, Up, AdminDown, Diagnostic::ADMIN_DOWN),
        (Down, AdminDown, Down, never),
        (Down, Down, Init, never),
        (Down, Init, Up, never),
        (Down, Up, Down, never),
        (Init, AdminDown, Down, down),
        (Init, Down, Init, never),
        (Init, Init, Up, never),
        (Init, Up, Up, never),
        (Up, AdminDown, Down, down),
        (Up, Down, Down, down),
        (Up, Init, Up, never),
        (Up, Up, Up, never),
    ] {
        let mut node = Node::at(session(0), local);
        let effects = node.hear(said(&node.engine, remote));
        let status = node.engine.sessions().next().unwrap();
        let found = (status.state, status.diagnostic);
        assert_eq!(found, (becomes, says), "{local} hears {remote}");
        let sent = packets(&effects);
        if local == becomes {
            assert!(sent.is_empty(), "nothing new to say");
        } else {
            assert_eq!((sent[0].state, sent[0].diagnostic), (becomes, says));
            let told = Effect::Event(Event::Transition {
                session: bfd::SessionIx(0),
                from: local,
                to: becomes,
                diagnostic: says,
                cause: Cause::Heard {
                    state: remote,
                    diagnostic: Diagnostic::NONE,
                },
            });
            assert!(effects.contains(&told), "{effects:?}");
        }
    }
}

#[test]
fn a_poll_is_answered_in_every_state_but_admin_down() {
    for (state, answers) in [
        (State::AdminDown, 0),
        (State::Down, 1),
        (State::Init, 1),
        (State::Up, 1),
    ] {
        let mut node = Node::at(session(0), state);
        let poll = Packet {
            poll: true,
            ..said(&node.engine, State::AdminDown)
        };
        let sent = packets(&node.hear(poll));
        assert_eq!(sent.len(), answers, "{state}");
        assert!(sent.iter().all(|packet| packet.is_final && !packet.poll));
    }
}

#[test]
fn coming_up_polls_until_the_answer() {
    let mut node = Node::at(session(0), State::Init);
    let first = packets(&node.hear(said(&node.engine, State::Up)));
    assert!(first[0].poll && first[0].desired_min_tx == 10_000);
    node.now += Duration::from_millis(40);
    assert!(packets(&node.give(Input::Tick))[0].poll);
    let answer = Packet {
        is_final: true,
        ..said(&node.engine, State::Up)
    };
    node.hear(answer);
    node.now += Duration::from_millis(40);
    assert!(!packets(&node.give(Input::Tick))[0].poll);
}

#[test]
fn a_slower_rate_waits_for_the_answer() {
    let mut node = Node::at(session(0), State::Up);
    let answer = Packet {
        is_final: true,
        required_min_rx: 1_000,
        ..said(&node.engine, State::Up)
    };
    node.hear(answer);
    let slow = bfd::config::Session {
        min_tx: Duration::from_millis(500),
        min_rx: Duration::from_millis(5),
        ..session(0)
    };
    let effects = node.give(Input::Reconfigure(one(slow)));
    assert_eq!(effects, [Effect::Reconfigured]);
    let status = |node: &Node| node.engine.sessions().next().unwrap();
    assert_eq!(status(&node).state, State::Up);
    assert_eq!(status(&node).transmit_interval, Duration::from_millis(10));
    // The neighbour sends every 20 ms, so that is what counts, three times.
    assert_eq!(
        status(&node).detection_time,
        Some(Duration::from_millis(60))
    );
    node.now += Duration::from_millis(10);
    let asked = packets(&node.give(Input::Tick))[0];
    assert!(asked.poll && asked.desired_min_tx == 500_000 && asked.required_min_rx == 5_000);
    node.hear(answer);
    assert_eq!(status(&node).transmit_interval, Duration::from_millis(500));
}

/// A change while a poll runs needs an answer of its own.
#[test]
fn two_changes_need_two_answers() {
    let mut node = Node::at(session(0), State::Up);
    let slow = |millis| bfd::config::Session {
        min_tx: Duration::from_millis(millis),
        ..session(0)
    };
    node.give(Input::Reconfigure(one(slow(200))));
    let answer = Packet {
        is_final: true,
        required_min_rx: 1_000,
        ..said(&node.engine, State::Up)
    };
    let interval = |node: &Node| node.engine.sessions().next().unwrap().transmit_interval;
    node.hear(answer);
    assert_eq!(interval(&node), Duration::from_millis(10));
    node.hear(answer);
    assert_eq!(interval(&node), Duration::from_millis(200));
}

#[test]
fn silence_ends_it_after_the_detection_time() {
    let mut node = Node::at(session(0), State::Up);
    // Three of the neighbour's 20 ms.
    node.now += Duration::from_micros(59_999);
    node.give(Input::Tick);
    assert_eq!(node.state(), State::Up);
    node.now += Duration::from_micros(1);
    let effects = node.give(Input::Tick);
    let sent = packets(&effects)[0];
    assert_eq!(
        (sent.state, sent.diagnostic, sent.your_discriminator),
        (State::Down, Diagnostic::EXPIRED, 0)
    );
    assert_eq!(sent.desired_min_tx, 1_000_000);
    let told = Effect::Event(Event::Transition {
        session: bfd::SessionIx(0),
        from: State::Up,
        to: State::Down,
        diagnostic: Diagnostic::EXPIRED,
        cause: Cause::Silence {
            after: Duration::from_millis(60),
        },
    });
    assert!(effects.contains(&told));
}

#[test]
fn a_neighbour_in_demand_mode_is_left_alone() {
    let mut node = Node::at(session(0), State::Up);
    let demand = Packet {
        demand: true,
        is_final: true,
        ..said(&node.engine, State::Up)
    };
    node.hear(demand);
    assert_eq!(node.engine.deadline().unwrap().1, "detection time");
    // One that wants no packets at all is, too, whatever its state.
    let mut node = Node::at(session(0), State::Init);
    let deaf = Packet {
        required_min_rx: 0,
        ..said(&node.engine, State::Down)
    };
    node.hear(deaf);
    assert_eq!(node.engine.deadline().unwrap().1, "detection time");
}

#[test]
fn a_passive_end_waits_to_be_spoken_to() {
    let passive = bfd::config::Session {
        passive: true,
        ..session(0)
    };
    let mut world = World::started([passive.clone(), passive.clone()], 3);
    world.run_until(millis(60_000));
    assert!(world.sent.is_empty());
    let mut world = World::started([passive, session(1)], 3);
    world.run_until(millis(100));
    assert_eq!(world.states(), [State::Up; 2]);
    assert_eq!(world.sent[0].node, 1);
}

#[test]
fn what_is_not_for_us_is_refused_with_a_reason() {
    let fresh = || Node::new(session(0));
    let nameless = |node: &Node| Packet {
        your_discriminator: 0,
        ..said(&node.engine, State::Down)
    };
    let refused = |change: &dyn Fn(&mut Received), packet: &dyn Fn(&Node) -> Packet| {
        let mut node = fresh();
        let mut received = received(packet(&node));
        change(&mut received);
        let effects = node.give(Input::Packet(received));
        assert_eq!(node.state(), State::Down);
        match &effects[..] {
            [Effect::Event(Event::Rejected { reason, .. })] => reason.clone(),
            other => panic!("{other:?}"),
        }
    };
    let far = Rejection::TooFar {
        ttl: 254,
        least: 255,
    };
    assert_eq!(refused(&|it| it.ttl = 254, &nameless), far);
    assert_eq!(
        refused(&|it| it.multihop = true, &nameless),
        Rejection::WrongPort
    );
    let stranger = |it: &mut Received| it.source = address(7);
    assert_eq!(refused(&stranger, &nameless), Rejection::UnknownNeighbor);
    let elsewhere = |it: &mut Received| it.destination = Some(address(9));
    assert_eq!(refused(&elsewhere, &nameless), Rejection::UnknownNeighbor);
    let other = |node: &Node| Packet {
        your_discriminator: said(&node.engine, State::Down).your_discriminator ^ 1,
        ..said(&node.engine, State::Up)
    };
    assert!(matches!(
        refused(&|_| (), &other),
        Rejection::UnknownDiscriminator(_)
    ));
    let short = |it: &mut Received| it.payload.truncate(20);
    assert!(matches!(refused(&short, &nameless), Rejection::Invalid(_)));
}

#[test]
fn hops_are_counted_from_the_own_ttl() {
    let distant = bfd::config::Session {
        max_hops: Some(2),
        ..session(0)
    };
    let hear = |distant: &bfd::config::Session, ttl| {
        let mut node = Node::new(distant.clone());
        let mut received = received(said(&node.engine, State::Down));
        received.ttl = ttl;
        node.give(Input::Packet(received));
        node.state()
    };
    assert_eq!(hear(&distant, 253), State::Init);
    assert_eq!(hear(&distant, 252), State::Down);
    let any = bfd::config::Session {
        max_hops: None,
        ..distant
    };
    assert_eq!(hear(&any, 1), State::Init);
}

#[test]
fn a_fault_of_our_own_holds_it_down_until_it_is_mended() {
    let mut node = Node::at(session(0), State::Up);
    let fault = |reason: Option<&str>| Input::Path {
        session: bfd::SessionIx(0),
        fault: reason.map(str::to_owned),
    };
    let effects = node.give(fault(Some("no route")));
    assert!(matches!(
        &effects[..],
        [Effect::Event(Event::Transition {
            from: State::Up,
            to: State::AdminDown,
            ..
        })]
    ));
    assert_eq!(node.engine.deadline(), None);
    assert!(node.give(fault(Some("no route"))).is_empty(), "said once");
    node.now += Duration::from_secs(5);
    assert_eq!(node.give(fault(None)).len(), 1);
    assert_eq!(node.engine.deadline(), Some((node.now, "control packet")));
}

#[test]
fn a_stop_and_a_removal_say_goodbye_once() {
    for leave in [Input::Shutdown, Input::Reconfigure(Config::default())] {
        let mut world = World::started([session(0), session(1)], 1);
        world.run_until(millis(1_000));
        assert_eq!(world.states(), [State::Up; 2]);
        let before = world.sent.len();
        world.give(0, leave);
        let last = world.sent[before..].iter().filter(|sent| sent.node == 0);
        let last: Vec<State> = last.map(|sent| sent.packet.state).collect();
        assert_eq!(last, [State::AdminDown]);
        world.run_until(millis(1_000) + DELAY);
        assert_eq!(world.state(1), State::Down);
        assert_eq!(world.nodes[0].deadline(), None);
        let all = world.sent.len();
        world.give(0, Input::Tick);
        assert_eq!(world.sent.len(), all);
    }
}

/// A session with the same key goes on as it is, whatever comes or goes beside it.
#[test]
fn a_reload_leaves_a_session_alone() {
    let mut world = World::started([session(0), session(1)], 1);
    world.run_until(millis(1_000));
    let before: Vec<_> = world.nodes[0].sessions().collect();
    let mut other = session(0);
    other.key.name = "other".into();
    other.key.source = Some(address(5));
    let config = Config {
        sessions: vec![session(0), other],
    };
    let mut effects = Vec::new();
    let now = world.now;
    let reload = Input::Reconfigure(config.clone());
    world.nodes[0].handle(now, reload, &mut |effect| effects.push(effect));
    assert_eq!(effects, [Effect::Reconfigured]);
    let after: Vec<_> = world.nodes[0].sessions().collect();
    assert_eq!(after[0], before[0]);
    assert_eq!(after[1].state, State::Down);
    assert_eq!(world.nodes[0].deadline(), Some((now, "control packet")));
}

/// Whoever goes on says what the one before would have said: the neighbour notices nothing, in no
/// state that a session may be in, and neither do those who follow the session.
#[test]
fn a_successor_goes_on_with_the_session() {
    for end in [1, 5, 1_000, 1_003, 1_020, 3_000] {
        let mut world = World::started([session(0), session(1)], 3);
        world.run_until(millis(end));
        let before: Vec<_> = world.nodes[0].sessions().collect();
        let left = serde_json::to_vec(&world.nodes[0].records()).expect("plain values");
        let left: Vec<bfd::Record> = serde_json::from_slice(&left).expect("what was written");
        world.nodes[0] = Engine::resume(one(session(0)), 99, &left, world.now);
        assert_eq!(world.nodes[0].sessions().collect::<Vec<_>>(), before);
        world.run_until(millis(6_000));
        assert_eq!(world.states(), [State::Up, State::Up], "{end}");
        let fell = |event: &Event| {
            matches!(
                event,
                Event::Transition {
                    from: State::Up,
                    ..
                }
            )
        };
        assert!(
            !world.events.iter().any(|(_, _, event)| fell(event)),
            "{end}"
        );
        let after: Vec<_> = world.nodes[0].sessions().collect();
        assert_eq!(after[0].discriminator, before[0].discriminator);
    }
}

/// A session that only one of the two configurations has begins, or is forgotten.
#[test]
fn a_successor_needs_no_record_of_every_session() {
    let node = Node::at(session(0), State::Up);
    let left = node.engine.records();
    let mut other = session(0);
    other.key.name = "other".into();
    let both = Config {
        sessions: vec![other, session(0)],
    };
    let mut next = Engine::resume(both, 2, &left, node.now);
    let states: Vec<State> = next.sessions().map(|it| it.state).collect();
    assert_eq!(states, [State::Down, State::Up]);
    let mut effects = Vec::new();
    let (at, _) = next.deadline().expect("the new one has something to say");
    next.handle(at, Input::Tick, &mut |effect| effects.push(effect));
    assert!(matches!(
        effects.as_slice(),
        [Effect::Send { session, .. }] if session.0 == 0
    ));
}
