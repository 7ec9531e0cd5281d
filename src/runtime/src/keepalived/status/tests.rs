//! What is said of nodes that engines have brought into one state or another.

use std::path::Path;

use base::{Duration, Instant, Machine as _};
use core::net::IpAddr;
use grammar::MemoryLoader;
use grammar::keepalived::Options;
use jiff::tz::TimeZone;
use plan::facts::Assumed;
use plan::keepalived::{Plan, check};
use vrrp::config::{RouterIx, ScriptIx};
use vrrp::input::{Envelope, ScriptOutcome};
use vrrp::{Effect, Engine, Event, History, Input, State};

use super::*;

const OURS: [u8; 4] = [10, 0, 0, 1];
const THEIRS: [u8; 4] = [10, 0, 0, 2];

/// A node's text: its address, that of its peer, its priority, more of its instance.
fn text(own: [u8; 4], peer: [u8; 4], priority: u8, more: &str) -> String {
    let [own, peer] = [own, peer].map(IpAddr::from);
    format!(
        "vrrp_script chk {{\n script \"/usr/bin/true x\"\n interval 1\n weight -20\n}}\n\
         vrrp_script must {{\n script \"/usr/bin/true y\"\n interval 1\n}}\n\
         vrrp_instance VI_1 {{\n interface eth0\n virtual_router_id 51\n priority {priority}\n \
         unicast_src_ip {own}\n unicast_peer {{\n  {peer}\n }}\n \
         virtual_ipaddress {{\n  10.0.0.100/24\n }}\n{more}\n}}\n"
    )
}

const TRACKS: &str = " track_script {\n  chk\n }\n";

/// A node with a clock of its own.
struct Node {
    plan: Plan,
    engine: Engine,
    history: History,
    now: Instant,
    events: Vec<Event>,
    adverts: Vec<Vec<u8>>,
}

impl Node {
    fn new(text: &str) -> Self {
        let mut loader = MemoryLoader::new([("/k.conf", text)]);
        let facts = Assumed {
            hostname: "host".to_owned(),
        };
        let plan = check(
            &mut loader,
            Path::new("/k.conf"),
            &Options::default(),
            &facts,
        )
        .plan;
        let mut node = Self {
            engine: Engine::new(plan.vrrp.clone()),
            plan,
            history: History::default(),
            now: Instant::from_millis(1_000),
            events: Vec::new(),
            adverts: Vec::new(),
        };
        node.feed(Input::Start);
        node
    }

    fn feed(&mut self, input: Input) {
        let mut effects = Vec::new();
        self.engine
            .handle(self.now, input, &mut |effect| effects.push(effect));
        for effect in effects {
            self.history.note(self.now, &effect);
            match effect {
                Effect::Event(event) => self.events.push(event),
                Effect::SendAdvert { packet, .. } => self.adverts.push(packet),
                _ => {}
            }
        }
    }

    /// Time passes, and every timer acts.
    fn wait(&mut self, millis: u64) {
        let end = self.now + Duration::from_millis(millis);
        while let Some((due, _)) = self.engine.deadline().filter(|(due, _)| *due <= end) {
            self.now = self.now.max(due);
            self.feed(Input::Tick);
        }
        self.now = end;
    }

    /// An advert of the peer, of this priority.
    fn hear(&mut self, priority: u8) {
        let mut peer = Self::new(&text(THEIRS, OURS, priority, ""));
        peer.wait(5_000);
        let payload = peer.adverts.pop().expect("it is master");
        self.feed(Input::Packet {
            router: RouterIx(0),
            source: THEIRS.into(),
            destination: OURS.into(),
            ttl: 255,
            payload,
            envelope: Envelope::default(),
        });
    }

    fn script(&mut self, script: u32, status: i32) {
        let (script, outcome) = (ScriptIx(script), ScriptOutcome::Exited(status));
        self.feed(Input::ScriptExit { script, outcome });
    }

    fn stands(&self) -> Vrrp {
        let master = self.engine.status(RouterIx(0)).map(|it| it.state) == Some(State::Master);
        gather(Seen {
            plan: &self.plan,
            engine: &self.engine,
            history: &self.history,
            now: self.now,
            wall: Duration::from_secs(1_795_306_918),
            adopted: None,
            lost: None,
            silent_until: None,
            holds: &|_, _| master,
        })
    }

    fn why(&self) -> String {
        let stands = self.stands();
        why(stands.find("VI_1").expect("it is there"), &TimeZone::UTC)
    }

    fn last_priority_line(&self) -> String {
        let changed = |it: &&Event| matches!(it, Event::PriorityChanged { .. });
        let event = self.events.iter().rev().find(changed).expect("it changed");
        let status = self.engine.status(RouterIx(0)).expect("it is there");
        priority_line(&self.plan.vrrp, &status, event, self.now).expect("a line")
    }
}

fn daemon() -> Daemon {
    Daemon {
        version: "Keepalived v2.4.3".to_owned(),
        pid: 4711,
        file: "/etc/keepalived/keepalived.conf".into(),
        for_ms: 273_900_000,
        children: vec![Process {
            name: "VRRP".to_owned(),
            pid: 4712,
            ready: true,
            for_ms: 9_412,
        }],
        stands_in: false,
    }
}

/// A backup whose check has failed.
fn backup() -> Node {
    let mut node = Node::new(&text(OURS, THEIRS, 100, TRACKS));
    node.script(0, 0);
    node.wait(400);
    node.hear(90);
    node.wait(800);
    node.script(0, 1);
    node.hear(90);
    node.wait(250);
    node
}

/// A master that heard its peer four hours ago.
fn master() -> Node {
    let mut node = backup();
    node.wait(1_000);
    node.script(0, 0);
    node.wait(20_000);
    node.hear(85);
    node.wait(14_400_000);
    node
}

#[test]
fn a_backup_and_what_makes_it_master() {
    let node = backup();
    insta::assert_snapshot!(node.why());
    let stands = node.stands();
    insta::assert_snapshot!(status(&daemon(), Some(Ok(&stands)), None, &TimeZone::UTC));
}

#[test]
fn a_master_and_what_ends_that() {
    let mut node = master();
    insta::assert_snapshot!(node.why());
    node.script(0, 1);
    insta::assert_snapshot!(
        node.last_priority_line(),
        @"(VI_1) priority 100 -> 80 (script chk failed): stays MASTER until a higher advert is heard (last heard: 10.0.0.2 priority 85, 4 h ago)"
    );
    let stands = node.stands();
    insta::assert_snapshot!(status(&daemon(), Some(Ok(&stands)), None, &TimeZone::UTC));
}

#[test]
fn a_backup_says_where_its_new_priority_leads() {
    let mut node = backup();
    insta::assert_snapshot!(
        node.last_priority_line(),
        @"(VI_1) priority 100 -> 80 (script chk failed): stays BACKUP while a master is heard (last heard: 10.0.0.2 priority 90, 0.250 s ago)"
    );
    node.wait(1_000);
    node.script(0, 0);
    insta::assert_snapshot!(
        node.last_priority_line(),
        @"(VI_1) priority 80 -> 100 (script chk succeeded): takes over if nobody higher is heard (last heard: 10.0.0.2 priority 90, 1.250 s ago)"
    );
}

#[test]
fn a_fault_names_all_that_holds_it() {
    let tracks = " track_script {\n  chk\n  must\n }\n";
    let mut node = Node::new(&text(OURS, THEIRS, 100, tracks));
    let stands = node.stands();
    assert_eq!(stands.instances[0].state, "INIT");
    assert_eq!(
        stands.instances[0].held_by,
        ["script must has had no result yet"]
    );
    node.script(1, 2);
    node.feed(Input::Link {
        router: RouterIx(0),
        up: false,
        reason: "interface eth0 is down".to_owned(),
        at_once: true,
    });
    node.wait(1_500);
    insta::assert_snapshot!(node.why());
}

#[test]
fn nopreempt_is_said_where_it_surprises() {
    let more = format!("{TRACKS} state BACKUP\n nopreempt\n");
    let mut node = Node::new(&text(OURS, THEIRS, 100, &more));
    node.script(0, 0);
    node.hear(90);
    let until = node.stands().instances.swap_remove(0).until;
    insta::assert_snapshot!(until.join("\n"));
}

#[test]
fn a_process_that_took_over_says_what_it_cannot_know() {
    let node = Node::new(&text(OURS, THEIRS, 100, ""));
    let said = |lost| {
        let stands = gather(Seen {
            plan: &node.plan,
            engine: &node.engine,
            history: &History::default(),
            now: node.now,
            wall: Duration::from_secs(1_795_306_918),
            adopted: Some(node.now),
            lost,
            silent_until: None,
            holds: &|_, _| false,
        });
        why(&stands.instances[0], &TimeZone::UTC)
    };
    for (lost, expected) in [
        (None, "because: unknown: it was so before"),
        (
            Some("exited with status 3"),
            "because: it was so when the VRRP process exited with status 3 and this one took its",
        ),
    ] {
        let text = said(lost);
        assert!(text.contains(expected), "{text}");
    }
}

#[test]
fn while_nobody_answers_the_parent_says_why() {
    let daemon = Daemon {
        children: Vec::new(),
        stands_in: true,
        ..daemon()
    };
    let silent = "the VRRP process is being started again: ask again in a moment";
    insta::assert_snapshot!(status(&daemon, Some(Err(silent)), None, &TimeZone::UTC));
}

#[test]
fn a_name_is_found_by_its_beginning_and_a_wrong_one_is_helped() {
    let named = |name: &str| Instance {
        name: name.to_owned(),
        ..Instance::default()
    };
    let vrrp = Vrrp {
        instances: ["VI_1", "VI_12", "VI_2", "gateway"].map(named).into(),
        ..Vrrp::default()
    };
    let found = |word| match vrrp.find(word) {
        Ok(instance) => instance.name.clone(),
        Err(problem) => problem,
    };
    assert_eq!(found("VI_1"), "VI_1");
    assert_eq!(found("gate"), "gateway");
    assert_eq!(found("VI_"), "VI_ may be VI_1, VI_12, VI_2: say which");
    assert_eq!(
        found("gatewya"),
        "no vrrp_instance is called gatewya, did you mean gateway?"
    );
    assert_eq!(
        found("inside"),
        "no vrrp_instance is called inside; there is VI_1, VI_12, VI_2, gateway"
    );
}

#[test]
fn the_json_of_an_instance_keeps_its_names() {
    let mut node = master();
    node.script(0, 1);
    let text = serde_json::to_string_pretty(&node.stands()).expect("plain values");
    insta::assert_snapshot!(text);
}

#[test]
fn services_are_told_briefly_and_what_is_down_stands_out() {
    let server = |host: u8, failing| Server {
        address: ([192, 0, 2, host], 80).into(),
        weight: 1,
        alive: failing == 0,
        checks: 2,
        failing,
    };
    let service = |name: &str, failing: [usize; 2]| Service {
        name: name.to_owned(),
        scheduler: "rr".to_owned(),
        quorum: 1,
        up: failing.contains(&0),
        saying_sorry: !failing.contains(&0),
        servers: vec![server(11, failing[0]), server(12, failing[1])],
    };
    let said = Services {
        served: false,
        services: vec![
            service("[192.0.2.100]:tcp:80", [0, 0]),
            service("[192.0.2.100]:tcp:443", [0, 1]),
            service("FWM 7", [2, 1]),
        ],
    };
    insta::assert_snapshot!(status(&daemon(), None, Some(Ok(&said)), &TimeZone::UTC));
}
