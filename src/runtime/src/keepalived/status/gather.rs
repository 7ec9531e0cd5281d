//! From the engine, its history and the host to plain values.
//!
//! Invariant: pure; nothing of the engine changes by being looked at.

use core::net::IpAddr;

use base::{Duration, Instant, Priority};
use plan::keepalived::Plan;
use vrrp::config::{Router, RouterIx, ScriptIx, Version};
use vrrp::{Cause, Engine, Event, History, RouterStatus, State};

use super::outlook::{self, View};
use super::words::{happened, millis};
use super::{Address, Group, Happening, Heard, Instance, Tracker, Vrrp};

/// What is looked at.
#[derive(Clone, Copy)]
pub(in crate::keepalived) struct Seen<'a> {
    pub(in crate::keepalived) plan: &'a Plan,
    pub(in crate::keepalived) engine: &'a Engine,
    pub(in crate::keepalived) history: &'a History,
    /// What events are stamped with.
    pub(in crate::keepalived) now: Instant,
    /// The same moment since 1970.
    pub(in crate::keepalived) wall: Duration,
    /// When this process went on for another one.
    pub(in crate::keepalived) adopted: Option<Instant>,
    /// How that process died.
    pub(in crate::keepalived) lost: Option<&'a str>,
    /// When `vrrp_startup_delay` ends.
    pub(in crate::keepalived) silent_until: Option<Instant>,
    /// Whether a router holds an address.
    pub(in crate::keepalived) holds: &'a dyn Fn(RouterIx, IpAddr) -> bool,
}

/// Everything, as of now.
pub(in crate::keepalived) fn gather(seen: Seen<'_>) -> Vrrp {
    let routers = (0_u32..).zip(&seen.engine.config().routers);
    Vrrp {
        adopted_ms: seen.adopted.map(|at| millis(seen.now.since(at))),
        starts_in_ms: seen.silent_until.map(|at| millis(at.since(seen.now))),
        instances: routers
            .filter_map(|(ix, router)| instance(seen, RouterIx(ix), router))
            .collect(),
        groups: groups(seen),
    }
}

impl Seen<'_> {
    fn unix(&self, at: Instant) -> u64 {
        millis(self.wall.saturating_sub(self.now.since(at)))
    }

    fn ago(&self, at: Instant) -> u64 {
        millis(self.now.since(at))
    }
}

fn instance(seen: Seen<'_>, ix: RouterIx, router: &Router) -> Option<Instance> {
    let status = seen.engine.status(ix)?;
    let trackers = trackers(seen, router);
    let view = View {
        router,
        status: &status,
        trackers: &trackers,
        now: seen.now,
    };
    let mut held_by = outlook::held_by(view);
    if seen.silent_until.is_some() {
        held_by.push("vrrp_startup_delay is not over".to_owned());
    }
    let group = seen.engine.config().groups.iter();
    let group = group.into_iter().find(|group| group.members.contains(&ix));
    let mut until = outlook::until(view);
    if let (State::Backup, Some(group)) = (status.state, group) {
        until.push(format!(
            "another member of sync group {} becomes MASTER",
            group.name
        ));
    }
    let source = Some(router.source).filter(|source| !source.is_unspecified());
    Some(Instance {
        name: router.name.clone(),
        interface: router.key.interface.to_string(),
        vrid: router.key.vrid.get(),
        version: match router.version {
            Version::V2 => 2,
            Version::V3 => 3,
        },
        state: status.state.to_string(),
        since_unix_ms: seen.unix(status.since),
        for_ms: seen.ago(status.since),
        because: because(seen, ix, &status),
        priority: status.priority.0,
        base_priority: router.priority.0,
        source,
        master: master(&status, source),
        last_heard: status.last_heard.map(|heard| Heard {
            address: heard.source,
            priority: heard.priority.0,
            ago_ms: seen.ago(heard.at),
        }),
        adverts_sent: status.stats.adverts_sent,
        adverts_received: status.stats.adverts_received,
        became_master: status.stats.became_master,
        addresses: addresses(seen, ix),
        group: group.map(|group| group.name.clone()),
        trackers,
        held_by,
        until,
        history: seen
            .history
            .of(ix)
            .map(|entry| happening(seen, entry))
            .collect(),
    })
}

fn happening(seen: Seen<'_>, entry: &vrrp::history::Entry) -> Happening {
    Happening {
        unix_ms: seen.unix(entry.at),
        text: happened(&entry.event, seen.engine.config()),
        times: entry.times,
    }
}

/// Why it is where it is; unknown when that was so before this process and nobody told it.
fn because(seen: Seen<'_>, ix: RouterIx, status: &RouterStatus<'_>) -> Option<String> {
    if *status.cause != Cause::Start || seen.adopted.is_none() {
        return Some(status.cause.to_string());
    }
    // An adopted router was started, as far as its engine knows.
    let mut entries = seen.history.of(ix).rev();
    let told = entries.find_map(|entry| match &entry.event {
        Event::Transition { cause, .. } => Some(cause.to_string()),
        _ => None,
    });
    told.or_else(|| {
        let lost = seen.lost?;
        Some(format!(
            "it was so when the VRRP process {lost} and this one took its place; what led to it \
             was not kept"
        ))
    })
}

/// Who is master, as far as is known.
fn master(status: &RouterStatus<'_>, source: Option<IpAddr>) -> Option<IpAddr> {
    match status.state {
        State::Master => source,
        State::Backup => {
            let heard = status.last_heard?;
            (heard.priority != Priority::RELEASE).then_some(heard.source)
        }
        // Nothing is heard outside the election.
        State::Init | State::Fault => None,
    }
}

fn addresses(seen: Seen<'_>, ix: RouterIx) -> Vec<Address> {
    let host = seen.plan.routers.get(ix.0 as usize);
    let addresses = host.into_iter().flat_map(|host| &host.addresses);
    let shown = addresses.map(|it| Address {
        address: format!("{}/{}", it.address, it.prefix),
        interface: it.interface.to_string(),
        held: (seen.holds)(ix, it.address),
    });
    shown.collect()
}

fn trackers(seen: Seen<'_>, router: &Router) -> Vec<Tracker> {
    let config = seen.engine.config();
    let scripts = router.track_scripts.iter().filter_map(|track| {
        let script = config.scripts.get(track.script.0 as usize)?;
        let status = seen.engine.script_status(track.script)?;
        let up = status.good;
        Some(Tracker {
            kind: "script".to_owned(),
            name: script.name.clone(),
            good: up.map(|up| up != track.reverse),
            number: None,
            weight: track.weight.0,
            reverse: track.reverse,
            adds: up.map_or(0, |up| track.weight.adds(up, track.reverse)),
            how: how(seen, track.script),
            for_ms: seen.history.verdict(track.script).map(|it| seen.ago(it.at)),
        })
    });
    let objects = router.tracks.iter().filter_map(|track| {
        let object = config.objects.get(track.object.0 as usize)?;
        Some(tracked(seen, track, object))
    });
    scripts.chain(objects).collect()
}

fn tracked(seen: Seen<'_>, track: &vrrp::config::Track, object: &vrrp::config::Object) -> Tracker {
    let status = seen.engine.object_status(track.object);
    let number = status.and_then(|status| status.number);
    let up = status.and_then(|status| status.good);
    let weight = track.weight.0;
    let sign = if track.reverse { -1 } else { 1 };
    let adds = match number.filter(|_| weight != 0) {
        Some(number) => number
            .saturating_mul(weight.into())
            .saturating_mul(sign)
            .clamp(-253, 253),
        None => up.map_or(0, |up| track.weight.adds(up, track.reverse)),
    };
    Tracker {
        kind: object.kind.word().to_owned(),
        name: object.name.clone(),
        good: up.map(|up| up != track.reverse),
        number,
        weight,
        reverse: track.reverse,
        adds,
        how: None,
        for_ms: None,
    }
}

fn how(seen: Seen<'_>, script: ScriptIx) -> Option<String> {
    seen.history
        .verdict(script)
        .map(|verdict| verdict.how.clone())
}

fn groups(seen: Seen<'_>) -> Vec<Group> {
    let config = seen.engine.config();
    let groups = config.groups.iter().map(|group| {
        let states = group.members.iter();
        let mut states = states.filter_map(|ix| Some(seen.engine.status(*ix)?.state));
        let first = states.next();
        let together = states.all(|state| Some(state) == first);
        let names = group.members.iter();
        let names = names.filter_map(|ix| config.routers.get(ix.0 as usize));
        Group {
            name: group.name.clone(),
            state: first.filter(|_| together).map(|state| state.to_string()),
            members: names.map(|router| router.name.clone()).collect(),
        }
    });
    groups.collect()
}
