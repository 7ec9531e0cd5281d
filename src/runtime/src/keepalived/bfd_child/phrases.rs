//! The log lines of the BFD child.
//!
//! Invariants: the phrases that people grep for are the original's word for word; what explains
//! them stands on a line of its own, on the detailed level.

use std::net::IpAddr;

use base::{Duration, Instant};
use bfd::{Cause, Diagnostic, Event, Rejection, State};

/// Packets that are not taken are told of so often at most.
const PAUSE: Duration = Duration::from_secs(10);

/// The lines that tell a change of state: whether it is for the detailed log, and the text.
pub(super) fn transition(name: &str, event: &Event) -> Vec<(bool, String)> {
    let Event::Transition {
        to,
        diagnostic,
        cause,
        ..
    } = event
    else {
        return Vec::new();
    };
    let remote = match cause {
        Cause::Heard { diagnostic, .. } => *diagnostic,
        Cause::Silence { .. } | Cause::LocalFault(_) | Cause::Repaired => Diagnostic::NONE,
    };
    let mut lines = Vec::new();
    match (to, cause) {
        (State::Init, _) => lines.push((true, format!("({name}) Entering Init state"))),
        (State::Up, _) => lines.push((false, format!("({name}) Entering Up state"))),
        (State::Down, Cause::Silence { after }) => {
            let millis = after.as_micros() / 1000;
            lines.push((false, format!("({name}) Expired after {millis} ms")));
            lines.push((false, down(name, *diagnostic, remote)));
        }
        (State::Down, _) => lines.push((false, down(name, *diagnostic, remote))),
        (State::AdminDown, _) => {
            lines.push((false, format!("({name}) Entering AdminDown state: {cause}")));
            return lines;
        }
    }
    lines.push((true, format!("({name}) {cause}")));
    lines
}

fn down(name: &str, local: Diagnostic, remote: Diagnostic) -> String {
    format!(
        "({name}) Entering Down state (Local diagnostic - {local}, Remote diagnostic - {remote})"
    )
}

/// Keeps strangers from filling the log.
#[derive(Debug, Default)]
pub(super) struct Complaints {
    silent_until: Option<Instant>,
    suppressed: u64,
}

impl Complaints {
    /// The line about a packet that was not taken, unless there was one lately.
    pub(super) fn line(
        &mut self,
        now: Instant,
        source: IpAddr,
        reason: &Rejection,
    ) -> Option<String> {
        if self.silent_until.is_some_and(|until| now < until) {
            self.suppressed += 1;
            return None;
        }
        self.silent_until = Some(now + PAUSE);
        let more = match std::mem::take(&mut self.suppressed) {
            0 => String::new(),
            some => format!("; {some} more were discarded since the last such line"),
        };
        Some(format!("Discarding packet from {source} ({reason}){more}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bfd::SessionIx;

    fn lines(to: State, diagnostic: Diagnostic, cause: Cause) -> Vec<(bool, String)> {
        let event = Event::Transition {
            session: SessionIx(0),
            from: State::Up,
            to,
            diagnostic,
            cause,
        };
        transition("peer", &event)
    }

    #[test]
    fn the_phrases_are_the_original_s() {
        let silence = Cause::Silence {
            after: Duration::from_millis(300),
        };
        let said = lines(State::Down, Diagnostic::EXPIRED, silence);
        assert_eq!(said[0].1, "(peer) Expired after 300 ms");
        assert_eq!(
            said[1].1,
            "(peer) Entering Down state (Local diagnostic - Control Detection Time Expired, \
             Remote diagnostic - No Diagnostic)"
        );
        let heard = Cause::Heard {
            state: State::Init,
            diagnostic: Diagnostic::NONE,
        };
        let said = lines(State::Up, Diagnostic::NONE, heard);
        assert_eq!(said[0], (false, "(peer) Entering Up state".to_owned()));
        assert_eq!(said[1], (true, "(peer) the neighbor says Init".to_owned()));
        let fault = Cause::LocalFault("cannot send from 192.0.2.9: no such address".into());
        let said = lines(State::AdminDown, Diagnostic::ADMIN_DOWN, fault);
        assert!(
            said[0]
                .1
                .ends_with("cannot send from 192.0.2.9: no such address")
        );
    }

    #[test]
    fn complaints_are_counted_between_two_lines() {
        let mut complaints = Complaints::default();
        let source = IpAddr::from([192, 0, 2, 66]);
        let reason = Rejection::UnknownNeighbor;
        let mut at = |millis| complaints.line(Instant::from_millis(millis), source, &reason);
        let first = at(5).expect("a line");
        assert_eq!(
            first,
            "Discarding packet from 192.0.2.66 (no bfd_instance has this neighbor)"
        );
        assert_eq!((at(6), at(10_004)), (None, None));
        assert!(at(10_005).is_some_and(|line| line.contains("2 more")));
        assert!(at(20_005).is_some_and(|line| line == first));
    }
}
