//! What runs on a machine besides keepalived, and what its check scripts make of that.
//!
//! Invariant: nothing is executed; a script does what its text shows ([`plan::lint::Habit`]).

use core::time::Duration;
use std::collections::BTreeMap;

use plan::lint::Habit;
use vrrp::input::ScriptOutcome;

/// What a check takes that finds everything in order.
const QUICK: Duration = Duration::from_millis(10);

/// One service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Service {
    pub(super) runs: bool,
    /// Starts of it succeed.
    pub(super) starts: bool,
}

/// The services of a machine by name.
pub(super) type Services = BTreeMap<String, Service>;

/// How a run of a script ends that begins now, and after what time.
pub(super) fn outcome(habit: &Habit, services: &Services) -> (ScriptOutcome, Duration) {
    let mut missed = down(habit, services).peekable();
    if missed.peek().is_none() {
        return (ScriptOutcome::Exited(0), QUICK);
    }
    let mended = missed.all(|(name, service)| service.starts && habit.starts.contains(name));
    let status = i32::from(!mended && habit.can_fail);
    (ScriptOutcome::Exited(status), QUICK + habit.sleeps)
}

/// Services that the script misses.
pub(super) fn down<'a>(
    habit: &'a Habit,
    services: &'a Services,
) -> impl Iterator<Item = (&'a String, &'a Service)> {
    let missed =
        move |(name, service): &(&String, &Service)| !service.runs && habit.asks_about(name);
    services.iter().filter(missed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn habit() -> Habit {
        Habit {
            name: "chk".to_owned(),
            text: "pidof nginx || systemctl start nginx; sleep 2".to_owned(),
            sleeps: Duration::from_secs(2),
            starts: vec!["nginx".to_owned()],
            stops_keepalived: false,
            can_fail: true,
        }
    }

    fn services(runs: bool, starts: bool) -> Services {
        let service = Service { runs, starts };
        BTreeMap::from([("nginx".to_owned(), service)])
    }

    #[test]
    fn a_script_that_mends_takes_its_time() {
        let long = QUICK + Duration::from_secs(2);
        let good = ScriptOutcome::Exited(0);
        assert_eq!(
            outcome(&habit(), &services(true, true)),
            (good.clone(), QUICK)
        );
        assert_eq!(outcome(&habit(), &services(false, true)), (good, long));
        let bad = ScriptOutcome::Exited(1);
        assert_eq!(outcome(&habit(), &services(false, false)), (bad, long));
    }

    #[test]
    fn a_script_about_something_else_succeeds() {
        let mut habit = habit();
        habit.text = "pidof haproxy".to_owned();
        let (outcome, _) = outcome(&habit, &services(false, false));
        assert_eq!(outcome, ScriptOutcome::Exited(0));
    }
}
