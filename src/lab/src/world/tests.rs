//! Scripts over a world whose future is written down.

use std::collections::VecDeque;

use super::*;
use crate::script::{State, parse};
use crate::timeline::{self, Style};

/// A world in which things happen at given times, and actions only pass time.
struct Written {
    now: Instant,
    future: VecDeque<Observation>,
    refuses: Option<&'static str>,
}

fn at(millis: u64, node: &str, event: Event) -> Observation {
    Observation {
        at: Instant::from_millis(millis),
        node: Some(node.to_owned()),
        event,
    }
}

fn log(millis: u64, node: &str, message: &str) -> Observation {
    at(
        millis,
        node,
        Event::Log {
            ident: "Keepalived_vrrp".to_owned(),
            pid: Some(10_023),
            severity: 6,
            message: message.to_owned(),
        },
    )
}

fn vip(millis: u64, node: &str, added: bool) -> Observation {
    at(
        millis,
        node,
        Event::Address {
            address: "10.0.0.9".parse().expect("an address"),
            prefix: 32,
            interface: "eth0".to_owned(),
            added,
        },
    )
}

impl World for Written {
    fn now(&self) -> Instant {
        self.now
    }

    fn perform(&mut self, _: &Action) -> Result<(), Trouble> {
        self.refuses
            .map_or(Ok(()), |why| Err(Trouble::Refused(why.to_owned())))
    }

    fn advance(
        &mut self,
        until: Instant,
        seen: &mut Observed,
    ) -> Result<Vec<Observation>, Trouble> {
        let Some(next) = self.future.pop_front_if(|next| next.at <= until) else {
            self.now = until;
            return Ok(Vec::new());
        };
        self.now = self.now.max(next.at);
        let mut all = vec![next.clone()];
        all.extend(seen.push(next));
        Ok(all)
    }

    fn report_delay(&self) -> Duration {
        Duration::from_millis(500)
    }
}

fn run(script: &str, future: Vec<Observation>) -> (Outcome, String) {
    run_in(
        Written {
            now: Instant::ZERO,
            future: future.into(),
            refuses: None,
        },
        script,
    )
}

fn run_in(mut world: Written, script: &str) -> (Outcome, String) {
    let script = parse(script).expect("a script");
    let mut lines = Vec::new();
    let mut tell = |seen: &Observation| lines.extend(timeline::line(seen, Style::Text, 6));
    let outcome = Run::new(&mut world, &mut tell)
        .script(&script)
        .expect("the world holds");
    (outcome, lines.join("\n"))
}

fn failover() -> Vec<Observation> {
    vec![
        log(10, "a", "(VI_1) Entering BACKUP STATE"),
        log(3610, "a", "(VI_1) Entering MASTER STATE"),
        vip(3611, "a", true),
        log(3700, "b", "(VI_1) Entering BACKUP STATE"),
        log(5000, "a", "VRRP_Script(chk) failed (exited with status 1)"),
        log(
            5001,
            "a",
            "(VI_1) Changing effective priority from 100 to 80",
        ),
        log(8600, "b", "(VI_1) Entering MASTER STATE"),
        log(
            8601,
            "a",
            "(VI_1) Master received advert from 10.0.0.2 with higher priority 90, ours 80",
        ),
        log(8602, "a", "(VI_1) Entering BACKUP STATE"),
        vip(8602, "a", false),
        vip(8603, "b", true),
        at(
            8900,
            "client",
            Event::OutageBegan {
                target: "10.0.0.9".to_owned(),
                method: "ping".to_owned(),
            },
        ),
        at(
            9000,
            "client",
            Event::OutageEnded {
                target: "10.0.0.9".to_owned(),
                method: "ping".to_owned(),
                lasted_us: 120_000,
            },
        ),
    ]
}

#[test]
fn a_failover_with_its_reasons() {
    let (outcome, lines) = run(
        "start all
wait until a is MASTER
expect vip 10.0.0.9 on a
wait until b is BACKUP
stop nginx on a
expect vip 10.0.0.9 on b within 10s not before 3s
expect states of a are BACKUP MASTER BACKUP
expect order b MASTER, a BACKUP
expect outage < 1s
expect outage at most 100ms",
        failover(),
    );
    assert_eq!((outcome.held, outcome.broken), (7, 1));
    assert!(outcome.complete && !outcome.good());
    insta::assert_snapshot!(lines);
}

#[test]
fn what_came_too_early_is_broken() {
    let (outcome, lines) = run(
        "start all\nexpect a is MASTER within 5s not before 4s",
        failover(),
    );
    assert_eq!((outcome.held, outcome.broken), (0, 1));
    assert!(lines.contains("3610 ms after the last action"), "{lines}");
}

#[test]
fn keeping_ends_with_the_first_break() {
    let (outcome, lines) = run(
        "wait until a is MASTER\nexpect a stays MASTER for 1s\nexpect a stays MASTER for 60s",
        failover(),
    );
    assert_eq!((outcome.held, outcome.broken), (2, 1));
    assert!(
        lines.contains("a is BACKUP since 8.602 at 8.602"),
        "{lines}"
    );
}

#[test]
fn a_wait_that_fails_ends_the_script() {
    let (outcome, _) = run(
        "wait until b is FAULT within 2s\nexpect a is MASTER",
        failover(),
    );
    assert!(!outcome.complete);
    assert_eq!((outcome.held, outcome.broken), (0, 1));
}

#[test]
fn a_refused_action_ends_the_script() {
    let world = Written {
        now: Instant::ZERO,
        future: VecDeque::new(),
        refuses: Some("a: the command exited with status 1"),
    };
    let (outcome, lines) = run_in(world, "exec a false\nwait 1s");
    assert!(!outcome.complete && outcome.broken == 1);
    assert!(
        lines.contains("the command exited with status 1"),
        "{lines}"
    );
}

#[test]
fn two_holders_are_not_one() {
    let both = vec![vip(1, "a", true), vip(2, "b", true)];
    let (outcome, lines) = run("wait 1s\nexpect vip 10.0.0.9 on a", both);
    assert_eq!(outcome.broken, 1);
    assert!(lines.contains("10.0.0.9 is on a and b"), "{lines}");
}

#[test]
fn a_dead_daemon_has_no_state() {
    let mut future = failover();
    future.truncate(3);
    future.push(at(
        4000,
        "a",
        Event::Died {
            service: "keepalived".to_owned(),
            why: "was ended by signal 9".to_owned(),
        },
    ));
    let (outcome, _) = run(
        "wait until a is MASTER\nwait until a is STOPPED within 10s\nexpect states of a are BACKUP MASTER STOPPED",
        future,
    );
    assert!(outcome.good());
    let (outcome, _) = run("expect c is STOPPED", Vec::new());
    assert!(outcome.good(), "what was never started does not run");
    assert_eq!(State::Stopped.to_string(), "STOPPED");
}
