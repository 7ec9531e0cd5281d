//! The VRRP side: peers that are heard, scripts that end, a stop at the end.

use core::net::IpAddr;
use std::collections::BTreeMap;

use base::{Duration, Family, Instant, Machine as _, Priority, VrId};
use plan::keepalived::Plan;
use vrrp::config::{ObjectIx, ObjectKind, RouterIx, Transport};
use vrrp::input::{Envelope, ScriptOutcome};
use vrrp::{Effect, Engine, Input, Reading, Wait};
use wire::checksum::Rule;
use wire::trailer::{Context, Sequence, Trailer};
use wire::vrrp::{Advert, Body};

use crate::observe::{END, Seen, effect, mailed, repeated, stamped, written};

/// An advert that reaches every router of the node.
#[derive(Clone, Copy)]
pub(crate) struct Heard {
    /// Milliseconds after the start; sent again every `every` until `until`.
    pub(crate) from: u64,
    pub(crate) every: u64,
    pub(crate) until: u64,
    pub(crate) source: &'static str,
    pub(crate) ttl: u8,
    pub(crate) version: u8,
    pub(crate) vrid: u8,
    pub(crate) priority: u8,
    /// Seconds (version 2) or centiseconds.
    pub(crate) interval: u16,
    pub(crate) password: &'static [u8],
    pub(crate) addresses: &'static [&'static str],
    pub(crate) signed: Option<Signed>,
    /// What version 3 sums cover for the destination; `None`: where the advert goes.
    pub(crate) sums: Option<[u8; 4]>,
}

/// How adverts are signed (`auth_hmac`).
#[derive(Clone, Copy)]
pub(crate) struct Signed {
    pub(crate) id: u8,
    pub(crate) key: &'static str,
    /// Seconds by which the sender's clock is behind.
    pub(crate) behind: u64,
}

/// When everything starts, by the calendar.
const NOON: Duration = Duration::from_secs(1_700_000_000);

/// A sound version 2 peer of the configurations here, heard from second 20 to second 40.
pub(crate) const PEER: Heard = Heard {
    from: 20_000,
    every: 1_000,
    until: 40_000,
    source: "192.0.2.20",
    ttl: 255,
    version: 2,
    vrid: 51,
    priority: 200,
    interval: 1,
    password: b"",
    addresses: &["192.0.2.100"],
    signed: None,
    sums: None,
};

/// Nobody; but the node does nothing from second 40 to second 50.
pub(crate) const LATE: Heard = Heard {
    from: STOPPED,
    until: STOPPED,
    ..PEER
};

/// When a node that is [`LATE`] stands still.
const STOPPED: u64 = 40_000;

impl Heard {
    fn is_late(&self) -> bool {
        self.from == STOPPED && self.until == STOPPED
    }

    fn packet(&self, destination: IpAddr, at: Instant) -> Option<Vec<u8>> {
        let addresses: Vec<IpAddr> = self
            .addresses
            .iter()
            .filter_map(|a| a.parse().ok())
            .collect();
        let source = self.source.parse().ok()?;
        let mut auth = [0; 8];
        auth.iter_mut()
            .zip(self.password)
            .for_each(|(to, from)| *to = *from);
        let (body, rule) = match self.version {
            2 => {
                let body = Body::V2 {
                    auth_type: u8::from(!self.password.is_empty()),
                    interval: u8::try_from(self.interval).ok()?,
                    auth,
                };
                (body, Rule::Message)
            }
            _ => {
                let interval = self.interval;
                let destination = self.sums.map_or(destination, IpAddr::from);
                let rule = Rule::Pseudo {
                    source,
                    destination,
                };
                (Body::V3 { interval }, rule)
            }
        };
        let advert = Advert {
            vrid: VrId::new(self.vrid)?,
            priority: Priority(self.priority),
            addresses: &addresses,
            body,
        };
        let mut message = advert.encode(rule);
        if let Some(signed) = self.signed {
            let context = Context {
                version: self.version,
                vrid: advert.vrid,
                source,
            };
            let time = NOON + at.since(Instant::ZERO);
            let sequence = Sequence((time.as_secs() - signed.behind) << 32);
            let (key, id) = (signed.key.as_bytes(), signed.id);
            let trailer = Trailer::sign(key, id, sequence, &context, &message);
            message.extend_from_slice(&trailer.encode());
        }
        Some(message)
    }

    fn times(&self) -> impl Iterator<Item = Instant> {
        let step = usize::try_from(self.every).unwrap_or(1_000);
        (self.from..self.until)
            .step_by(step)
            .map(Instant::from_millis)
    }
}

/// What happens when, besides the engine's timers. At one instant in order of insertion.
type Coming = BTreeMap<(Instant, usize), Input>;

/// Runs the plan's routers until [`END`], while BFD loses its neighbours at second 30.5; then once more, until a reload drops them all.
pub(crate) fn run(plan: &Plan, heard: &[Heard], seen: &mut Seen) {
    let mut coming = objects(plan);
    coming.insert((Instant::ZERO, coming.len()), Input::Start);
    for heard in heard {
        strange(plan, heard, &mut coming);
        for (ix, router) in (0..).zip(&plan.vrrp.routers) {
            packets(heard, RouterIx(ix), router, &mut coming);
        }
    }
    for session in &plan.bfd.sessions {
        let address = session.key.neighbor;
        let order = coming.len();
        let lost = Input::PathDown { address };
        coming.insert((Instant::from_millis(30_500), order), lost);
    }
    let last = coming.len();
    coming.insert((END, last), Input::Shutdown);
    let late = heard.iter().any(Heard::is_late);
    play(plan, coming, late, seen);

    let drop = Input::Reconfigure(vrrp::Config::default());
    let coming = [
        ((Instant::ZERO, 0), Input::Start),
        ((Instant::from_millis(10_000), 1), drop),
        ((Instant::from_millis(10_000), 2), Input::Shutdown),
    ];
    play(plan, Coming::from(coming), false, seen);
}

/// An advert that no router is for.
fn strange(plan: &Plan, heard: &Heard, coming: &mut Coming) {
    let known = |router: &vrrp::config::Router| router.key.vrid.get() == heard.vrid;
    let unknown = plan.vrrp.log_unknown_vrids && !plan.vrrp.routers.iter().any(known);
    let (Ok(source), Some(vrid)) = (heard.source.parse(), VrId::new(heard.vrid)) else {
        return;
    };
    for at in heard.times().filter(|_| unknown) {
        let place = "eth0".to_owned();
        let input = Input::Stranger {
            place,
            vrid,
            source,
        };
        let order = coming.len();
        coming.insert((at, order), input);
    }
}

/// What tracked objects say: all is well, but for seconds 50 to 70.
fn objects(plan: &Plan) -> Coming {
    let mut coming = Coming::new();
    let objects = (0..).map(ObjectIx).zip(&plan.vrrp.objects);
    for (object, config) in objects {
        let (well, ill) = match config.kind {
            ObjectKind::File => (Reading::Number(0), Reading::Number(10)),
            ObjectKind::Interface | ObjectKind::Process | ObjectKind::Bfd => {
                (Reading::Good, Reading::Bad)
            }
        };
        for (at, reading) in [(0, well), (50_000, ill), (70_000, well)] {
            let order = coming.len();
            let input = Input::Read {
                object,
                reading,
                wait: Wait::Usual,
            };
            coming.insert((Instant::from_millis(at), order), input);
        }
    }
    coming
}

fn play(plan: &Plan, mut coming: Coming, late: bool, seen: &mut Seen) {
    let stopped = Instant::from_millis(STOPPED)..Instant::from_millis(STOPPED + 10_000);
    let mut engine = Engine::new(plan.vrrp.clone());
    // A bound for engines that would never come to rest.
    for _ in 0..100_000 {
        let due = engine.deadline().map(|(at, _)| match late {
            true if stopped.contains(&at) => stopped.end,
            _ => at,
        });
        let next = coming.keys().next().map(|(at, _)| *at);
        let Some(now) = due.into_iter().chain(next).min() else {
            return;
        };
        let input = match coming.first_entry() {
            Some(first) if first.key().0 <= now => first.remove(),
            _ => Input::Tick,
        };
        if matches!(input, Input::Shutdown) {
            seen.extend(repeated(plan, &engine));
        }
        let wall = NOON + now.since(Instant::ZERO);
        engine.handle(now, Input::WallClock(wall), &mut |_| ());
        let mut effects = Vec::new();
        engine.handle(now, input, &mut |effect| effects.push(effect));
        for each in effects {
            seen.push(stamped(now, &effect(plan, &each)));
            if let Effect::Event(event) = &each {
                seen.extend(written(plan, &engine, event).map(|line| stamped(now, &line)));
                seen.extend(mailed(plan, event).map(|line| stamped(now, &line)));
            }
            if let Effect::RunScript { script, timeout } = each {
                let name = plan.vrrp.scripts.get(script.0 as usize);
                let name = name.map_or("", |script| script.name.as_str());
                let (after, outcome) = ends(name, now, timeout);
                let order = coming.len() + 10_000;
                coming.insert((now + after, order), Input::ScriptExit { script, outcome });
            }
        }
    }
    seen.push("never comes to rest".to_owned());
}

fn packets(heard: &Heard, ix: RouterIx, router: &vrrp::config::Router, coming: &mut Coming) {
    let Ok(source) = heard.source.parse::<IpAddr>() else {
        return;
    };
    if Family::of(source) != router.key.family {
        return;
    }
    let destination = match &router.transport {
        Transport::Multicast { group } => *group,
        Transport::Unicast { .. } => router.source,
    };
    for at in heard.times() {
        let Some(payload) = heard.packet(destination, at) else {
            return;
        };
        let input = Input::Packet {
            router: ix,
            source,
            destination,
            ttl: heard.ttl,
            payload,
            envelope: Envelope::default(),
        };
        let order = coming.len();
        coming.insert((at, order), input);
    }
}

/// How a script of this name ends: `slow` takes two seconds, `bad` fails, `flap` fails between
/// second 50 and 70, `fault` between 50 and 70 likewise, everything else is content.
fn ends(name: &str, now: Instant, timeout: Duration) -> (Duration, ScriptOutcome) {
    let troubled = (Instant::from_millis(50_000)..Instant::from_millis(70_000)).contains(&now);
    let takes = match name {
        "slow" => Duration::from_secs(2),
        _ => Duration::from_millis(10),
    };
    match name {
        _ if takes > timeout => (timeout, ScriptOutcome::TimedOut),
        "bad" => (takes, ScriptOutcome::Exited(1)),
        "flap" if troubled => (takes, ScriptOutcome::Exited(1)),
        _ => (takes, ScriptOutcome::Exited(0)),
    }
}
