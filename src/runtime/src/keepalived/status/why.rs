//! `why` for people: one instance, what holds it, what would change it, what it has been through.
//!
//! Invariant: pure.

use core::fmt::Write as _;

use jiff::tz::TimeZone;

use super::Instance;
use super::text::{because, master, priority, tracked};
use super::words::{moment, span};

/// Everything about one instance.
#[must_use]
pub fn why(it: &Instance, zone: &TimeZone) -> String {
    let mut text = format!(
        "{} is {} for {}, since {}\nbecause: {}\n\n",
        it.name,
        it.state,
        span(it.for_ms),
        moment(it.since_unix_ms, zone),
        because(it)
    );
    let all = match it.held_by.len() {
        1 => "this is over",
        _ => "all of this is over",
    };
    section(
        &mut text,
        &format!("held out of the election until {all}"),
        &it.held_by,
    );
    let until = match it.until.len() {
        1 => "this happens",
        _ => "one of these happens",
    };
    section(
        &mut text,
        &format!("stays {} until {until}", it.state),
        &it.until,
    );
    let _ = write!(text, "priority: {}\nmaster: {}\n", priority(it), master(it));
    for tracker in &it.trackers {
        let _ = writeln!(text, "{} {}", tracker.kind, tracked(tracker));
    }
    if it.history.is_empty() {
        text.push_str("\nnothing has happened since this VRRP process took over\n");
        return text;
    }
    text.push_str("\nwhat happened, the oldest first:\n");
    for happening in &it.history {
        let at = moment(happening.unix_ms, zone);
        let times = match happening.times {
            1 => String::new(),
            times => format!(" ({times} times, this is the last)"),
        };
        let _ = writeln!(text, "  {at}  {}{times}", happening.text);
    }
    text
}

fn section(text: &mut String, title: &str, items: &[String]) {
    if items.is_empty() {
        return;
    }
    let _ = writeln!(text, "{title}:");
    for item in items {
        let _ = writeln!(text, "  - {item}");
    }
    text.push('\n');
}
