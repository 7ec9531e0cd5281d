//! The log lines of the VRRP child.
//!
//! Invariants: pure; the phrases that people grep for are the original's word for word; what
//! explains them stands on a line of its own, on the detailed level.

use core::fmt::Write as _;
use core::time::Duration;

use vrrp::State;
use vrrp::config::{Auth, Config, ObjectIx, ObjectKind, RouterIx};
use vrrp::effect::{Cause, Event, Refusal, Unlike};
use vrrp::input::ScriptOutcome;

/// How prominent a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Detail {
    /// Always.
    Always,
    /// With `-D`.
    Detailed,
}

/// A line.
pub(super) type Phrase = (Detail, String);

/// A backup's timer ran out.
const TIMEOUT: &str = "Receive advertisement timeout";

/// One line for each router that follows the session.
fn session_lines(config: &Config, session: ObjectIx, name: &str, up: bool) -> Vec<Phrase> {
    let state = if up { "UP" } else { "DOWN" };
    let follows = |router: &&vrrp::config::Router| {
        let mut tracks = router.tracks.iter();
        tracks.any(|track| track.object == session)
    };
    let routers = config.routers.iter().filter(follows);
    let line = |router: &vrrp::config::Router| {
        format!(
            "VRRP_Instance({}) Tracked BFD instance {name} is {state}",
            router.name
        )
    };
    routers
        .map(|router| (Detail::Always, line(router)))
        .collect()
}

/// The lines that tell `event`.
pub(super) fn phrases(config: &Config, event: &Event) -> Vec<Phrase> {
    let lines = match event {
        Event::ScriptVerdict { script, .. } | Event::ScriptStillRunning { script, .. } => {
            let script = config.scripts.get(script.0 as usize);
            let name = script.map_or("?", |script| script.name.as_str());
            let mut lines: Vec<Phrase> = returned(name, event).into_iter().collect();
            lines.push((Detail::Always, script_line(name, event)));
            return lines;
        }
        Event::ObjectVerdict {
            object,
            good,
            number,
        } => {
            let ix = *object;
            let object = config.objects.get(object.0 as usize);
            if let Some(session) = object.filter(|it| it.kind == ObjectKind::Bfd) {
                return session_lines(config, ix, &session.name, *good);
            }
            if let Some(process) = object.filter(|it| it.kind == ObjectKind::Process) {
                let verb = if *good { "gained" } else { "lost" };
                let line = format!("Quorum {verb} for tracked process {}", process.name);
                return vec![(Detail::Always, line)];
            }
            let (kind, name) = object.map_or(("object", "?"), |it| (it.kind.word(), &it.name));
            let says = match (number, good) {
                (Some(number), _) => format!("now says {number}"),
                (None, true) => "is good".to_owned(),
                (None, false) => "is bad".to_owned(),
            };
            return vec![(Detail::Detailed, format!("tracked {kind} {name} {says}"))];
        }
        Event::GroupFollows { group, to } => {
            let group = config.groups.get(group.0 as usize);
            let name = group.map_or("?", |group| group.name.as_str());
            let line = format!("VRRP_Group({name}) Syncing instances to {to} state");
            return vec![(Detail::Always, line)];
        }
        Event::UnknownVrid { place, vrid, .. } => {
            let line = format!("Unknown VRID({vrid}) received on interface({place}). ignoring...");
            return vec![(Detail::Always, line)];
        }
        Event::Transition {
            router, to, cause, ..
        } => transition(config, *router, *to, cause),
        Event::PriorityChanged { .. } => priority_changed(event),
        _ => adverts(config, event),
    };
    let name = event.router().map_or("?", |router| name_of(config, router));
    let prefixed = |(detail, line): Phrase| (detail, format!("({name}) {line}"));
    lines.into_iter().map(prefixed).collect()
}

/// The original tells an exit status before the verdict, unless it is a first success.
fn returned(name: &str, event: &Event) -> Option<Phrase> {
    let Event::ScriptVerdict {
        how, first, good, ..
    } = event
    else {
        return None;
    };
    if *first && *good {
        return None;
    }
    let status = how
        .strip_prefix("exited with status ")
        .or(good.then_some("0"))?;
    Some((
        Detail::Detailed,
        format!("Script `{name}` now returning {status}"),
    ))
}

fn script_line(name: &str, event: &Event) -> String {
    match event {
        Event::ScriptVerdict { good: true, .. } => format!("VRRP_Script({name}) succeeded"),
        Event::ScriptVerdict { how, .. } if how == ScriptOutcome::TIMED_OUT => {
            format!("VRRP_Script({name}) {how}")
        }
        Event::ScriptVerdict { how, .. } => format!("VRRP_Script({name}) failed ({how})"),
        Event::ScriptStillRunning { overdue: true, .. } => {
            format!("Track script {name} is being timed out, expect idle - skipping run")
        }
        _ => format!("Track script {name} is already running, expect idle - skipping run"),
    }
}

/// What it leads to is told beside it, by [`super::status::priority_line`].
fn priority_changed(event: &Event) -> Vec<Phrase> {
    let Event::PriorityChanged { from, to, .. } = event else {
        return Vec::new();
    };
    let phrase = format!("Changing effective priority from {from} to {to}");
    vec![(Detail::Always, phrase)]
}

/// A timer that runs out in vain, as another member of the group is not as far.
fn held(waited: Duration, member: &str) -> Vec<Phrase> {
    let why = format!(
        "nobody else advertised within {}; stays BACKUP until {member} of its sync group may \
         become MASTER, too",
        seconds(waited)
    );
    vec![
        (Detail::Detailed, TIMEOUT.to_owned()),
        (Detail::Detailed, why),
    ]
}

/// Why, and when, somebody takes over who waits for `skew`.
fn taking_over(why: &str, skew: Duration) -> String {
    match skew.is_zero() {
        true => format!("{why}; taking over at once, as nobody else can"),
        false => format!(
            "{why}; taking over in {} unless someone else does",
            seconds(skew)
        ),
    }
}

/// What adverts, heard or sent, have to tell.
fn adverts(config: &Config, event: &Event) -> Vec<Phrase> {
    let always = match event {
        Event::PacketRefused { source, reason, .. } => refusal(reason, *source),
        Event::LowerPriorityHeard {
            router,
            source,
            priority,
        } => {
            let router = config.routers.get(router.0 as usize);
            let ours = router.map_or(0, |router| router.priority.0);
            let phrase = format!(
                "Received advert from {source} with lower priority {priority}, ours {ours}, \
                 forcing new election"
            );
            let mut lines = vec![(Detail::Always, phrase)];
            if router.is_some_and(|router| matches!(router.auth, Auth::Ah(_))) {
                let phrase = "IPSEC-AH : Syncing seq_num - Increment seq".to_owned();
                lines.push((Detail::Always, phrase));
            }
            return lines;
        }
        Event::HeldByGroup { waited, member, .. } => {
            return held(*waited, name_of(config, *member));
        }
        Event::NoLongerHeld { source, .. } => {
            let why = format!("{source} advertises again; no longer waits for its sync group");
            return vec![(Detail::Detailed, why)];
        }
        Event::LowerPriorityDiscarded { source, theirs, .. } => {
            format!("received lower priority ({theirs}) advert from {source} - discarding")
        }
        Event::MasterLowered {
            source,
            from,
            to,
            skew,
            ..
        } => {
            let why = format!("{source} lowered its priority {from} -> {to}");
            return vec![(Detail::Detailed, taking_over(&why, *skew))];
        }
        Event::MasterReleasing { skew, source, .. } => {
            let phrase = "Backup received priority 0 advertisement".to_owned();
            let why = taking_over(&format!("{source} gives up the addresses"), *skew);
            return vec![(Detail::Always, phrase), (Detail::Detailed, why)];
        }
        Event::ReleaseHeard { .. } => "Master received priority 0 message".to_owned(),
        Event::PreemptDelayStarted { delay, .. } => {
            format!(
                "start preempt delay ({}.{:06})",
                delay.as_secs(),
                delay.subsec_micros()
            )
        }
        Event::PreemptDelayStopped { .. } => "stop preempt delay".to_owned(),
        Event::MasterIntervalChanged { from, to, .. } => format!(
            "advertisement interval updated from {}ms to {}ms by master",
            from.as_millis(),
            to.as_millis()
        ),
        Event::OwnAdvertHeard { .. } => "WARNING - equal priority advert received from remote \
                                         host with our IP address."
            .to_owned(),
        Event::DuplicateOwner { .. } => "CONFIGURATION ERROR: local instance and a remote \
                                         instance are both configured as address owner, please \
                                         fix - reducing local priority"
            .to_owned(),
        Event::OldChecksums { .. } => "Setting unicast VRRPv3 checksum to old version".to_owned(),
        Event::Released { .. } => return vec![(Detail::Detailed, "sent 0 priority".to_owned())],
        Event::Succeeded {
            source, priority, ..
        } => {
            let line = format!("{source} takes over with priority {priority}");
            return vec![(Detail::Detailed, line)];
        }
        _ => return Vec::new(),
    };
    vec![(Detail::Always, always)]
}

fn name_of(config: &Config, router: RouterIx) -> &str {
    config
        .routers
        .get(router.0 as usize)
        .map_or("?", |router| router.name.as_str())
}

fn transition(config: &Config, router: RouterIx, to: State, cause: &Cause) -> Vec<Phrase> {
    let mut lines = Vec::new();
    match cause {
        Cause::MasterDown { .. }
        | Cause::MasterUnreachable { .. }
        | Cause::MasterReleased { .. }
        | Cause::Preempt { .. } => {
            lines.push((Detail::Detailed, TIMEOUT.to_owned()));
        }
        Cause::BetterMaster { source, theirs, ours } if theirs == ours => lines.push((
            Detail::Always,
            format!(
                "Master received advert from {source} with same priority {theirs} but higher IP address than ours"
            ),
        )),
        Cause::BetterMaster { source, theirs, ours } => lines.push((
            Detail::Always,
            format!(
                "Master received advert from {source} with higher priority {theirs}, ours {ours}"
            ),
        )),
        _ => {}
    }
    match to {
        State::Init => {}
        State::Backup => {
            let init = if *cause == Cause::Start && !waits_for_scripts(config, router) {
                " (init)"
            } else {
                ""
            };
            lines.push((Detail::Always, format!("Entering BACKUP STATE{init}")));
        }
        State::Master => {
            lines.push((Detail::Always, "Entering MASTER STATE".to_owned()));
        }
        State::Fault => {
            lines.push((Detail::Always, "Entering FAULT STATE".to_owned()));
        }
    }
    if let Some(why) = because(cause) {
        lines.push((Detail::Detailed, format!("because {why}")));
    }
    lines
}

/// A script of weight 0 holds a router back until its first result; the original then enters
/// BACKUP without "(init)".
fn waits_for_scripts(config: &Config, router: RouterIx) -> bool {
    let router = config.routers.get(router.0 as usize);
    router.is_some_and(|router| router.track_scripts.iter().any(|track| track.weight.0 == 0))
}

/// The cause in words, unless the phrase before it has said it all.
fn because(cause: &Cause) -> Option<String> {
    Some(match cause {
        Cause::MasterDown {
            waited,
            last: Some((source, priority)),
        } => format!(
            "nothing was heard for {}; the last master was {source} with priority {priority}",
            seconds(*waited)
        ),
        Cause::MasterDown { waited, last: None } => {
            format!("nobody else advertised within {}", seconds(*waited))
        }
        Cause::MasterUnreachable { .. } => cause.to_string(),
        Cause::TimerExpired { silent } => format!(
            "no advert was sent for {}, long enough for another node to take over",
            seconds(*silent)
        ),
        Cause::MasterReleased { source, waited } if waited.is_zero() => {
            format!("{source} gave up the addresses, and no other node can take them")
        }
        Cause::MasterReleased { source, waited } => format!(
            "{source} gave up the addresses and nobody else took them within {}",
            seconds(*waited)
        ),
        Cause::Preempt {
            source,
            theirs,
            ours,
        } => {
            format!("the master {source} has priority {theirs}, lower than ours ({ours})")
        }
        Cause::Owner => "this node owns the addresses (priority 255)".to_owned(),
        Cause::ScriptFailed { script } => format!("script {script} failed"),
        Cause::ObjectBad { .. } => cause.to_string(),
        Cause::FaultsCleared => "nothing is wrong any more".to_owned(),
        Cause::Link { reason } | Cause::EffectFailed { reason } => reason.clone(),
        Cause::AddressLost { address } => format!("{address} was deleted by someone else"),
        Cause::RoutingLost { what } => format!("{what} was deleted by someone else"),
        Cause::Synced { .. } => cause.to_string(),
        Cause::Start | Cause::Stop | Cause::Dropped | Cause::BetterMaster { .. } => return None,
    })
}

/// Why an advert of `source` was refused, as the log says it.
pub(super) fn refusal(reason: &Refusal, source: core::net::IpAddr) -> String {
    let mut text = match reason {
        Refusal::AhPresence { wanted: true } => "No AH header but auth type is AH".to_owned(),
        Refusal::AhPresence { wanted: false } => {
            "Received AH header but auth type not AH".to_owned()
        }
        Refusal::Length { got, wanted } => {
            let how = if got > wanted { "long" } else { "short" };
            format!("vrrp packet too {how}, length {got} and expect {wanted}")
        }
        Refusal::Ttl { got } => format!("invalid TTL/HL. Received {got} and expect 255"),
        Refusal::Version { got, wanted } => {
            format!("wrong version. Received {got} and expect {wanted}")
        }
        Refusal::TrailerMissing => "missing authentication trailer".to_owned(),
        Refusal::TrailerMalformed => "malformed authentication trailer".to_owned(),
        Refusal::TrailerStale { skew, window } => format!(
            "stale authentication trailer, clock skew {skew} sec exceeds window {window} sec"
        ),
        Refusal::TrailerKey { id } => format!("unknown authentication key id {id}"),
        Refusal::TrailerDigest => "invalid authentication HMAC".to_owned(),
        Refusal::TrailerReplay => "replayed authentication trailer".to_owned(),
        Refusal::ClockSkew { skew, window } => {
            format!("authentication clock skew {skew} sec approaching window {window} sec")
        }
        Refusal::AuthUnknown { got } => format!("Invalid auth type: {got}"),
        Refusal::AuthType { got, wanted } => format!("received a {got} auth, expecting {wanted}!"),
        Refusal::AuthPass => "received an invalid passwd!".to_owned(),
        Refusal::AhDigest => "IPSEC-AH : invalid IPSEC HMAC-MD5 value. Due to fields mutation or \
                              bad password !"
            .to_owned(),
        Refusal::AhSpi { got, wanted } => {
            format!("IPSEC AH : invalid IPSEC SPI value. {got} and expect {wanted}")
        }
        Refusal::AhNumber { got, highest } => format!(
            "IPSEC-AH : sequence number {got} already processed. Packet dropped. Local({highest})"
        ),
        Refusal::AdvertInterval { got, wanted } => {
            format!("advertisement interval mismatch mine={wanted} sec rcv'd={got} sec")
        }
        Refusal::Type { got } => format!("Invalid packet type. {got} and expect 1"),
        Refusal::Checksum { version, .. } => format!("Invalid VRRPv{version} checksum"),
        Refusal::CastMismatch => "Expected the other of unicast and multicast".to_owned(),
        Refusal::OwnerIgnores => {
            return format!("Dropping packet(s) from {source} since we are address owner");
        }
        Refusal::UnknownPeer => format!("unicast source address {source} not a unicast peer"),
        Refusal::AddressList(Unlike::Count { got, wanted }) => {
            format!("received an unexpected ip number count {got}, expected {wanted}!")
        }
        Refusal::AddressList(Unlike::Missing { vrid, address }) => format!(
            "ip address associated with VRID {vrid} not present in MASTER advert: {address}"
        ),
    };
    if !matches!(reason, Refusal::UnknownPeer) {
        let _ = write!(text, " (from {source})");
    }
    text
}

/// "3.609 s"
fn seconds(time: Duration) -> String {
    format!("{}.{:03} s", time.as_secs(), time.subsec_millis())
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::Priority;

    fn told(event: &Event) -> String {
        let lines = phrases(&Config::default(), event).into_iter();
        let shown = lines.map(|(detail, line)| match detail {
            Detail::Always => line,
            Detail::Detailed => format!("-D: {line}"),
        });
        shown.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn what_people_grep_for_stands_word_for_word() {
        let router = RouterIx(0);
        let better = Cause::BetterMaster {
            source: [192, 0, 2, 2].into(),
            theirs: Priority(90),
            ours: Priority(80),
        };
        let events = [
            Event::Transition {
                router,
                from: State::Init,
                to: State::Backup,
                cause: Cause::Start,
            },
            Event::Transition {
                router,
                from: State::Master,
                to: State::Backup,
                cause: better,
            },
            Event::ScriptVerdict {
                script: vrrp::config::ScriptIx(0),
                good: false,
                how: "exited with status 1".into(),
                first: false,
            },
            Event::PriorityChanged {
                router,
                from: Priority(100),
                to: Priority(80),
                tracker: "chk".into(),
                good: false,
            },
            Event::Released { router },
        ];
        let lines: Vec<String> = events.iter().map(told).collect();
        insta::assert_snapshot!(lines.join("\n"), @r"
        (?) Entering BACKUP STATE (init)
        (?) Master received advert from 192.0.2.2 with higher priority 90, ours 80
        (?) Entering BACKUP STATE
        -D: Script `?` now returning 1
        VRRP_Script(?) failed (exited with status 1)
        (?) Changing effective priority from 100 to 80
        -D: (?) sent 0 priority
        ");
    }
}
