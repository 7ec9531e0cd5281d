//! A bench for one engine: inputs by name, effects as short text, time that jumps to the next timer.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test file uses its part of the bench"
)]

use core::fmt::Write as _;
use core::net::IpAddr;
use core::time::Duration;

use base::{Family, Instant, Machine, Priority, VrId, Weight};
use vrrp::config::{
    Auth, Garp, Object, ObjectIx, ObjectKind, Policy, Router, RouterIx, RouterKey, Script,
    ScriptIx, TrackScript, Version,
};
use vrrp::input::{Envelope, ScriptOutcome};
use vrrp::{Config, Effect, Engine, Event, Input, Reading, State, Wait};
use wire::checksum::Rule;
use wire::vrrp::{Advert, Body};

pub const R: RouterIx = RouterIx(0);
pub const OURS: &str = "192.0.2.1";
pub const ABOVE: &str = "192.0.2.2";
pub const BELOW: &str = "192.0.2.0";

pub fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// Priority 100, version 2, one second, preempting, multicast, one address, sparing with ARP.
pub fn router() -> Router {
    Router {
        link: None,
        name: "VI_1".into(),
        key: RouterKey {
            vrid: VrId::new(51).unwrap(),
            family: Family::V4,
            interface: "eth0".into(),
            unicast_source: None,
            group: Some(ip("224.0.0.18")),
            peer: None,
        },
        priority: Priority(100),
        source: ip(OURS),
        addresses: vec![ip("192.0.2.100")],
        policy: Policy {
            garp: Garp {
                lower_prio_repeat: 2,
                ..Garp::default()
            },
            ..Policy::default()
        }
        .into(),
    }
}

pub fn v3(interval: Duration) -> Router {
    router().with(|it| {
        it.version = Version::V3;
        it.advert_interval = interval;
    })
}

pub fn script(name: &str) -> Script {
    Script {
        name: name.into(),
        identity: name.into(),
        interval: Duration::from_secs(2),
        timeout: Duration::from_secs(2),
        rise: 1,
        fall: 1,
    }
}

pub fn track(script: u32, weight: i16) -> TrackScript {
    TrackScript {
        script: ScriptIx(script),
        weight: Weight(weight),
        reverse: false,
    }
}

pub fn config(router: Router) -> Config {
    Config {
        routers: vec![router].into(),
        ..Config::default()
    }
}

pub fn with_script(weight: i16, script: Script) -> Config {
    Config {
        routers: vec![router().with(|it| it.track_scripts = vec![track(0, weight)])].into(),
        scripts: vec![script],
        ..Config::default()
    }
}

/// Something tracked, without delays.
pub fn object(kind: ObjectKind) -> Object {
    Object {
        name: "thing".into(),
        kind,
        identity: "thing".into(),
        up_delay: Duration::ZERO,
        down_delay: Duration::ZERO,
    }
}

/// What object 0 says.
pub fn read(reading: Reading) -> Input {
    Input::Read {
        object: ObjectIx(0),
        reading,
        wait: Wait::Usual,
    }
}

/// An advert as a peer configured like `config` would send it.
pub fn advert(config: &Router, source: &str, priority: u8) -> Input {
    let destination = config.key.group.unwrap_or(config.source);
    let source = ip(source);
    let body = match config.version {
        Version::V2 => Body::V2 {
            auth_type: match &config.auth {
                Auth::None | Auth::Hmac(_) => 0,
                Auth::Pass(_) => 1,
                Auth::Ah(_) => 2,
            },
            interval: config.advert_interval.as_secs() as u8,
            auth: match &config.auth {
                Auth::None | Auth::Ah(_) | Auth::Hmac(_) => [0; 8],
                Auth::Pass(password) => *password,
            },
        },
        Version::V3 => Body::V3 {
            interval: (config.advert_interval.as_millis() / 10) as u16,
        },
    };
    let rule = match config.version {
        Version::V2 => Rule::Message,
        Version::V3 => Rule::Pseudo {
            source,
            destination,
        },
    };
    let advert = Advert {
        vrid: config.key.vrid,
        priority: Priority(priority),
        addresses: &config.addresses,
        body,
    };
    Input::Packet {
        router: R,
        source,
        destination,
        ttl: 255,
        payload: advert.encode(rule),
        envelope: Envelope::default(),
    }
}

pub fn exit(status: i32) -> Input {
    Input::ScriptExit {
        script: ScriptIx(0),
        outcome: ScriptOutcome::Exited(status),
    }
}

pub fn link(up: bool) -> Input {
    Input::Link {
        router: R,
        up,
        reason: if up { "eth0 up" } else { "eth0 down" }.into(),
        at_once: false,
    }
}

pub fn address_lost() -> Input {
    Input::AddressLost {
        router: R,
        address: ip("192.0.2.100"),
    }
}

/// Another node announces our first address.
pub fn address_taken(last: bool) -> Input {
    Input::AddressTaken {
        router: R,
        address: ip("192.0.2.100"),
        last,
    }
}

pub fn routing_lost() -> Input {
    Input::RoutingLost {
        router: R,
        what: "route 203.0.113.0/24 dev eth1".into(),
    }
}

pub fn effect_failed() -> Input {
    Input::EffectFailed {
        router: R,
        reason: "no buffer space".into(),
    }
}

pub struct Bench {
    pub engine: Engine,
    pub now: Instant,
}

impl Bench {
    pub fn new(config: Config) -> Self {
        Self {
            engine: Engine::new(config),
            now: Instant::ZERO,
        }
    }

    pub fn started(config: Config) -> Self {
        let mut bench = Self::new(config);
        bench.give(Input::Start);
        bench
    }

    /// Started, and master by silence.
    pub fn master(config: Config) -> Self {
        let mut bench = Self::started(config);
        bench.until(|bench| bench.state() == State::Master);
        bench
    }

    pub fn state(&self) -> State {
        self.engine.status(R).unwrap().state
    }

    pub fn priority(&self) -> u8 {
        self.engine.status(R).unwrap().priority.0
    }

    pub fn config(&self) -> &Router {
        &self.engine.config().routers[0]
    }

    /// Handles one input now; the effects, one a line.
    pub fn give(&mut self, input: Input) -> String {
        let mut effects = Vec::new();
        let mut keep = |effect| effects.push(effect);
        self.engine.handle(self.now, input, &mut keep);
        effects.iter().map(show).collect::<Vec<_>>().join("\n")
    }

    pub fn hear(&mut self, source: &str, priority: u8) -> String {
        self.give(advert(&self.config().clone(), source, priority))
    }

    /// Jumps to the next timer, which there must be.
    pub fn next(&mut self) -> String {
        let (due, _) = self.engine.deadline().expect("something to wait for");
        self.now = self.now.max(due);
        self.give(Input::Tick)
    }

    /// Goes from timer to timer until `done`.
    #[track_caller]
    pub fn until(&mut self, done: impl Fn(&Self) -> bool) {
        for _ in 0..1000 {
            if done(self) {
                return;
            }
            self.next();
        }
        panic!("never happened");
    }

    /// Lets time pass, timers served; a log of what happened.
    pub fn run(&mut self, time: Duration) -> String {
        let end = self.now + time;
        let mut log = String::new();
        while let Some((due, _)) = self.engine.deadline().filter(|(due, _)| *due <= end) {
            self.now = due;
            let effects = self.give(Input::Tick);
            for line in effects.lines() {
                writeln!(log, "{} {line}", self.now).unwrap();
            }
        }
        self.now = end;
        log
    }

    pub fn wait(&mut self, time: Duration) -> &mut Self {
        self.run(time);
        self
    }
}

pub fn show(effect: &Effect) -> String {
    match effect {
        Effect::SendAdvert { to, priority, .. } => format!("advert {priority} to {to}"),
        Effect::AddAddresses { .. } => "add addresses".into(),
        Effect::RemoveAddresses { .. } => "remove addresses".into(),
        Effect::YieldAddress { address, .. } => format!("yield {address}"),
        Effect::UpdateAddresses {
            router, previous, ..
        } => format!("update addresses of {} (was {})", router.0, previous.0),
        Effect::Reconfigured { routers, scripts } => {
            let show = |to: Option<u32>| to.map_or("-".into(), |to| to.to_string());
            let routers: Vec<_> = routers.iter().map(|r| show(r.map(|r| r.0))).collect();
            let scripts: Vec<_> = scripts.iter().map(|s| show(s.map(|s| s.0))).collect();
            format!("reconfigured routers {routers:?} scripts {scripts:?}")
        }
        Effect::Announce { repeat, .. } => format!("announce x{repeat}"),
        Effect::AnnounceExtra { .. } => "announce elsewhere".into(),
        Effect::RunScript { script, .. } => format!("run script {}", script.0),
        Effect::Event(Event::Transition {
            from, to, cause, ..
        }) => format!("{from:?} -> {to:?}: {cause:?}"),
        Effect::Event(event) => format!("({event:?})"),
    }
}
