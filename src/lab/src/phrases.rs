//! The phrases of keepalived's log that tell a state or the reason for one.
//!
//! Both the original's and ours are read by these phrases: what people grep for is a contract
//! (architecture.md section 9). Deliberately unknown: which program wrote the line.

use crate::script::State;

/// What a log line says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// An instance enters a state.
    Entering { instance: String, state: State },
    /// Why something is about to happen.
    Reason(String),
    /// Our daemon's own explanation of what just happened.
    Because,
    /// Anything else.
    Other,
}

/// Parts of lines that explain the next change of state.
const REASONS: &[&str] = &[
    "Changing effective priority",
    "higher priority",
    "lower priority",
    "received priority 0",
    "Received advert from",
    "received advert from",
    "now FAULT state",
    "Now in FAULT state",
    "timed_out",
    "timed out",
    "exited with status",
    "exited due to signal",
    "link down",
    "is down",
    "succeeded",
    "link up",
    "forcing FAULT",
    "removed from interface",
    "backup timer expired",
];

/// Reads one line of a keepalived log, without time and process name.
#[must_use]
pub fn meaning(message: &str) -> Meaning {
    if let Some(found) = entering(message) {
        return found;
    }
    if message.contains(") because ") {
        return Meaning::Because;
    }
    if REASONS.iter().any(|phrase| message.contains(phrase)) {
        return Meaning::Reason(message.to_owned());
    }
    Meaning::Other
}

/// `(VI_1) Entering MASTER STATE`, with the oddities of releases: `Entering FAULT STATE (init)`.
fn entering(message: &str) -> Option<Meaning> {
    let rest = message.strip_prefix('(')?;
    let (instance, rest) = rest.split_once(") Entering ")?;
    let (state, _) = rest.split_once(" STATE")?;
    let state = match state {
        "MASTER" => State::Master,
        "BACKUP" => State::Backup,
        "FAULT" => State::Fault,
        _ => return None,
    };
    Some(Meaning::Entering {
        instance: instance.to_owned(),
        state,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_read_from_the_original_wording() {
        assert_eq!(
            meaning("(VI_1) Entering MASTER STATE"),
            Meaning::Entering {
                instance: "VI_1".to_owned(),
                state: State::Master
            }
        );
        assert_eq!(
            meaning("(VI 1) Entering BACKUP STATE (init)"),
            Meaning::Entering {
                instance: "VI 1".to_owned(),
                state: State::Backup
            }
        );
        assert_eq!(meaning("(VI_1) Entering limbo STATE"), Meaning::Other);
    }

    #[test]
    fn reasons_are_kept_whole() {
        let line = "(VI_1) Changing effective priority from 100 to 80";
        assert_eq!(meaning(line), Meaning::Reason(line.to_owned()));
        assert_eq!(meaning("Startup complete"), Meaning::Other);
    }
}
