//! `status` for people: one block for each instance.
//!
//! Invariant: pure; what is wrong stands out by a word, not by a colour.

use core::fmt::Write as _;

use jiff::tz::TimeZone;

use super::services::{self, Services};
use super::words::{moment, span};
use super::{Daemon, Instance, Tracker, Vrrp};

/// All of a daemon. `vrrp` and `services` are what its processes answered: nothing where it has
/// none, in words what kept it from answering.
#[must_use]
pub fn status(
    daemon: &Daemon,
    vrrp: Option<Result<&Vrrp, &str>>,
    services: Option<Result<&Services, &str>>,
    zone: &TimeZone,
) -> String {
    let mut text = format!(
        "{}, process {}, running for {}, {}\n",
        daemon.version,
        daemon.pid,
        span(daemon.for_ms),
        daemon.file.display()
    );
    for child in &daemon.children {
        let ready = if child.ready { "" } else { ", not serving yet" };
        let _ = writeln!(
            text,
            "  {} process {}, running for {}{ready}",
            child.name,
            child.pid,
            span(child.for_ms)
        );
    }
    if daemon.stands_in {
        text.push_str(
            "  The VRRP process is being started again; until then the parent advertises for it.\n",
        );
    }
    match vrrp {
        None => {}
        Some(Err(problem)) => {
            let _ = writeln!(text, "  {problem}");
        }
        Some(Ok(vrrp)) => {
            if let Some(left) = vrrp.starts_in_ms {
                let left = span(left);
                let _ = writeln!(text, "  vrrp_startup_delay lasts another {left}");
            }
            for it in &vrrp.instances {
                text.push('\n');
                text += &instance(it, zone);
            }
            for group in &vrrp.groups {
                let state = group.state.as_deref().unwrap_or("not together");
                let members = group.members.join(", ");
                let _ = write!(text, "\nsync group {}: {state} ({members})\n", group.name);
            }
        }
    }
    match services {
        None => {}
        Some(Err(problem)) => {
            let _ = writeln!(text, "\n{problem}");
        }
        Some(Ok(said)) => text += &services::text(said),
    }
    text
}

fn instance(it: &Instance, zone: &TimeZone) -> String {
    let mut text = format!(
        "{}: {} for {}, since {}\n",
        it.name,
        it.state,
        span(it.for_ms),
        moment(it.since_unix_ms, zone)
    );
    let mut line = |name: &str, said: &str| {
        let _ = writeln!(text, "  {name:<10} {said}");
    };
    line("because", because(it));
    for held in &it.held_by {
        line("held by", held);
    }
    line("priority", &priority(it));
    line("master", &master(it));
    if let Some(heard) = it.last_heard.as_ref().filter(|_| it.state != "BACKUP") {
        let said = match heard.priority {
            0 => "giving the addresses up".to_owned(),
            priority => format!("priority {priority}"),
        };
        line(
            "last heard",
            &format!("{} {said}, {} ago", heard.address, span(heard.ago_ms)),
        );
    }
    for address in &it.addresses {
        // Whoever is not master has none; whoever is should have all.
        let held = match (address.held, it.state.as_str()) {
            (true, _) => "held",
            (false, "MASTER") => "MISSING",
            (false, _) => "not held",
        };
        line(
            "address",
            &format!("{} on {}: {held}", address.address, address.interface),
        );
    }
    line(
        "adverts",
        &format!(
            "{} sent, {} received; became MASTER {} x",
            it.adverts_sent, it.adverts_received, it.became_master
        ),
    );
    for tracker in &it.trackers {
        line(&tracker.kind, &tracked(tracker));
    }
    if let Some(group) = &it.group {
        line("sync group", group);
    }
    text
}

pub(super) fn because(it: &Instance) -> &str {
    let unknown = "unknown: it was so before this VRRP process took over from another one";
    it.because.as_deref().unwrap_or(unknown)
}

/// "80 = 100 configured - 20 of script chk"
pub(super) fn priority(it: &Instance) -> String {
    let mut text = it.priority.to_string();
    let adding = it.trackers.iter().filter(|tracker| tracker.adds != 0);
    let adding: Vec<&Tracker> = adding.collect();
    if adding.is_empty() && it.priority == it.base_priority {
        return text;
    }
    let _ = write!(text, " = {} configured", it.base_priority);
    let mut sum = i32::from(it.base_priority);
    for tracker in adding {
        sum += tracker.adds;
        let (sign, by) = match tracker.adds {
            adds @ 1.. => ('+', adds),
            adds => ('-', -adds),
        };
        let _ = write!(text, " {sign} {by} of {} {}", tracker.kind, tracker.name);
    }
    if sum != i32::from(it.priority) {
        text.push_str(", within its bounds");
    }
    text
}

pub(super) fn master(it: &Instance) -> String {
    match (it.state.as_str(), &it.master, &it.last_heard) {
        ("MASTER", ..) => "this node".to_owned(),
        (_, Some(address), Some(heard)) => format!(
            "{address}, priority {}, heard {} ago",
            heard.priority,
            span(heard.ago_ms)
        ),
        _ => "unknown".to_owned(),
    }
}

pub(super) fn tracked(it: &Tracker) -> String {
    let mut text = match (it.good, it.number) {
        (_, Some(number)) => format!("{}: says {number}", it.name),
        (None, None) => format!("{}: no result yet", it.name),
        (Some(true), None) => format!("{}: good", it.name),
        (Some(false), None) => format!("{}: BAD", it.name),
    };
    if let Some(time) = it.for_ms {
        let _ = write!(text, " for {}", span(time));
    }
    if let Some(how) = &it.how {
        let _ = write!(text, " ({how})");
    }
    let _ = write!(text, ", weight {}", it.weight);
    if it.reverse {
        text.push_str(" reverse");
    }
    text
}
