//! States, causes and events in words, for timelines, `why` and the second half of a log line.
//!
//! The phrases that people grep for are the performer's; these go beside them.

use core::fmt;
use core::net::IpAddr;
use core::time::Duration;

use base::{Priority, span};

use crate::config::{Config, GroupIx, Object, ScriptIx};
use crate::effect::{Cause, Event, State};

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Init => "INIT",
            Self::Backup => "BACKUP",
            Self::Master => "MASTER",
            Self::Fault => "FAULT",
        })
    }
}

/// Seconds with three decimals.
struct Seconds(Duration);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:03} s", self.0.as_secs(), self.0.subsec_millis())
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start => f.write_str("started"),
            Self::MasterDown { waited, last } => {
                write!(f, "no advert for {}", Seconds(*waited))?;
                match last {
                    Some((source, priority)) => {
                        write!(f, ", last heard {source} priority {priority}")
                    }
                    None => f.write_str(", nobody heard before"),
                }
            }
            Self::MasterUnreachable { source, waited } => {
                write!(
                    f,
                    "BFD lost {source}, whose last advert was {} ago",
                    Seconds(*waited)
                )
            }
            Self::MasterReleased { source, waited } => {
                write!(f, "{source} released, waited {}", Seconds(*waited))
            }
            Self::BetterMaster {
                source,
                theirs,
                ours,
            } => {
                write!(f, "{source} has priority {theirs}, ours is {ours}")?;
                if theirs == ours {
                    f.write_str(", its address is the higher one")?;
                }
                Ok(())
            }
            Self::Preempt {
                source,
                theirs,
                ours,
            } => write!(
                f,
                "preempting {source}, which has priority {theirs}, ours is {ours}"
            ),
            Self::TimerExpired { silent } => {
                write!(
                    f,
                    "sent no advert for {}, others have taken over",
                    Seconds(*silent)
                )
            }
            Self::Owner => f.write_str("address owner"),
            Self::ScriptFailed { script } => write!(f, "script {script} failed"),
            Self::ObjectBad { kind, name, value } => match value {
                Some(value) => write!(f, "tracked {} {name} says {value}", kind.word()),
                None => write!(f, "tracked {} {name} is down", kind.word()),
            },
            Self::FaultsCleared => f.write_str("nothing is wrong any more"),
            Self::Link { reason } => f.write_str(reason),
            Self::AddressLost { address } => write!(f, "somebody deleted {address}"),
            Self::RoutingLost { what } => write!(f, "somebody deleted {what}"),
            Self::EffectFailed { reason } => write!(f, "cannot be master: {reason}"),
            Self::Stop => f.write_str("stopped"),
            Self::Dropped => f.write_str("a reload dropped it"),
            Self::Synced { group, member } => write!(f, "sync group {group} follows {member}"),
        }
    }
}

const RELEASED: &str = "gave up the addresses (priority 0 sent)";
const NO_PREEMPTION: &str = "preempt_delay ended early: the master is no longer lower";

const fn verdict(good: bool) -> &'static str {
    if good { "good" } else { "bad" }
}

/// Why somebody does not take over.
fn held(waited: Duration) -> String {
    format!(
        "nobody else advertised within {}, but another member of the sync group is not ready to \
         become MASTER",
        span(waited)
    )
}

/// Why a router no longer waits for its sync group alone.
fn heard_again(source: IpAddr) -> String {
    format!("{source} advertises again; the sync group was not ready before")
}

/// When somebody takes over who waits for `skew`.
fn after(skew: Duration) -> String {
    match skew.is_zero() {
        true => "at once, as nobody else can".to_owned(),
        false => format!("in {}", span(skew)),
    }
}

/// A master that does not want to be one as much as before.
fn lowered(source: IpAddr, from: Priority, to: Priority, skew: Duration) -> String {
    let skew = span(skew);
    format!("{source} lowered its priority from {from} to {to}; taking over in {skew}")
}

fn preempts_later(source: IpAddr, priority: Priority, delay: Duration) -> String {
    let delay = span(delay);
    format!("preempt_delay of {delay} began: {source} is master with the lower priority {priority}")
}

fn interval(from: Duration, to: Duration) -> String {
    let (from, to) = (span(from), span(to));
    format!("the master advertises every {to}, no longer every {from}")
}

/// Of something that may be gone from the configuration.
fn named<N: AsRef<str>>(name: Option<&N>) -> &str {
    name.map_or("?", AsRef::as_ref)
}

/// What a tracked object says.
fn says(object: Option<&Object>, good: bool, number: Option<i32>) -> String {
    let name = object.map_or("?", |object| &object.name);
    let kind = object.map_or("object", |object| object.kind.word());
    match number {
        Some(number) => format!("{kind} {name} says {number}"),
        None => format!("{kind} {name} is {}", verdict(good)),
    }
}

impl Event {
    /// What happened: to its router, if it is about one, which is not named. Other indices are those
    /// of `config`.
    #[must_use]
    pub fn words(&self, config: &Config) -> String {
        match self {
            Self::Transition {
                from, to, cause, ..
            } => format!("{from} -> {to}: {cause}"),
            Self::PriorityChanged {
                from,
                to,
                tracker,
                good,
                ..
            } => {
                format!("priority {from} -> {to}: {tracker} is {}", verdict(*good))
            }
            Self::PacketRefused { source, reason, .. } => {
                format!("refused an advert of {source}: {reason:?}")
            }
            Self::LowerPriorityHeard {
                source, priority, ..
            } => {
                format!("{source} advertised with the lower priority {priority}")
            }
            Self::LowerPriorityDiscarded { source, theirs, .. } => {
                format!("ignored priority {theirs} of {source}, below ours, to take over from it")
            }
            Self::MasterLowered {
                source,
                from,
                to,
                skew,
                ..
            } => lowered(*source, *from, *to, *skew),
            Self::MasterReleasing { source, skew, .. } => {
                format!(
                    "{source} gave up the addresses; taking over {}",
                    after(*skew)
                )
            }
            Self::HeldByGroup { waited, .. } => held(*waited),
            Self::NoLongerHeld { source, .. } => heard_again(*source),
            Self::ReleaseHeard { source, .. } => format!("{source} gave up being a second master"),
            Self::PreemptDelayStarted {
                source,
                priority,
                delay,
                ..
            } => preempts_later(*source, *priority, *delay),
            Self::PreemptDelayStopped { .. } => NO_PREEMPTION.to_owned(),
            Self::MasterIntervalChanged { from, to, .. } => interval(*from, *to),
            Self::OwnAdvertHeard { source, .. } => {
                format!("heard an advert with our own address {source} and priority")
            }
            Self::DuplicateOwner { source, .. } => {
                format!("{source} says that it owns the addresses, too (priority 255)")
            }
            Self::Succeeded {
                source, priority, ..
            } => {
                format!("{source} takes over with priority {priority}")
            }
            Self::OldChecksums { source, .. } => {
                format!("{source} sums in the old way (before 1.3.6), so do we from now on")
            }
            Self::Released { .. } => RELEASED.to_owned(),
            Self::UnknownVrid { .. }
            | Self::ScriptVerdict { .. }
            | Self::ObjectVerdict { .. }
            | Self::ScriptStillRunning { .. }
            | Self::GroupFollows { .. }
            | Self::GroupTransition { .. }
            | Self::Stopped => self.about_no_router(config),
        }
    }

    fn about_no_router(&self, config: &Config) -> String {
        let script = |ix: &ScriptIx| named(config.scripts.get(ix.0 as usize).map(|it| &it.name));
        let group = |ix: &GroupIx| named(config.groups.get(ix.0 as usize).map(|it| &it.name));
        match self {
            Self::UnknownVrid {
                place,
                vrid,
                source,
            } => {
                format!("heard the unknown virtual router {vrid} of {source} on {place}")
            }
            Self::ScriptVerdict {
                script: ix,
                good,
                how,
                ..
            } => {
                format!("script {} is {}: {how}", script(ix), verdict(*good))
            }
            Self::ObjectVerdict {
                object,
                good,
                number,
            } => says(config.objects.get(object.0 as usize), *good, *number),
            Self::ScriptStillRunning { script: ix, .. } => {
                format!("script {} is still running", script(ix))
            }
            Self::GroupFollows { group: ix, to } => format!("group {} follows to {to}", group(ix)),
            Self::GroupTransition {
                group: ix,
                from,
                to,
            } => {
                format!("group {} {from} -> {to}", group(ix))
            }
            Self::Stopped => "stopped".to_owned(),
            _ => String::new(),
        }
    }
}
