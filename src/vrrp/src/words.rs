//! States and causes in words, for timelines, `why` and the second half of a log line.
//!
//! The phrases that people grep for are the performer's; these go beside them.

use core::fmt;
use core::time::Duration;

use crate::effect::{Cause, State};

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
                Some(value) => write!(f, "tracked {kind} {name} says {value}"),
                None => write!(f, "tracked {kind} {name} is down"),
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
