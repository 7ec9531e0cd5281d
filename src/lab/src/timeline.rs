//! The run as text for people and as JSON lines for programs.
//!
//! Invariant: JSON has every observation; the text leaves out log lines that only repeat what
//! another line already says, unless everything was asked for.

use crate::judge::{millis, seconds};
use crate::observed::{Event, Observation};
use crate::phrases::{self, Meaning};

/// How a run is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// A line for each thing that matters.
    Text,
    /// A line for each thing that was seen.
    Verbose,
    /// A JSON object for each thing that was seen.
    Json,
}

/// One observation as a line, or nothing where the style leaves it out.
#[must_use]
pub fn line(seen: &Observation, style: Style, width: usize) -> Option<String> {
    if style == Style::Json {
        return serde_json::to_string(seen).ok();
    }
    if style == Style::Text && is_noise(&seen.event) {
        return None;
    }
    let place = match (&seen.node, &seen.event) {
        (Some(node), _) => node.as_str(),
        (None, Event::Held { .. }) => "ok",
        (None, Event::Broken { .. }) => "FAILED",
        (None, _) => "lab",
    };
    Some(format!(
        "{:>9}  {place:<width$}  {}",
        seconds(seen.at),
        text(&seen.event)
    ))
}

/// Log lines that the text shows: what explains, and what an operator should look at.
fn is_noise(event: &Event) -> bool {
    match event {
        Event::Log {
            severity, message, ..
        } => match phrases::meaning(message) {
            // The state line made of it says the same.
            Meaning::Entering { .. } => true,
            Meaning::Reason(_) | Meaning::Because => false,
            Meaning::Other => *severity > 4,
        },
        Event::Output { from, .. } => from != "exec",
        Event::AnswersNoMore { .. } => true,
        _ => false,
    }
}

fn text(event: &Event) -> String {
    match event {
        Event::Step { text, .. } => format!("> {text}"),
        Event::Held { text, note, .. } | Event::Broken { text, note, .. } => {
            with_reason(text, note)
        }
        Event::Note { text } => text.clone(),
        // In a simulation there are no processes.
        Event::Started { service, pid: 0 } => format!("{service} runs"),
        Event::Started { service, pid } => format!("{service} runs, pid {pid}"),
        Event::StartFailed { service, why } => format!("{service} did not start: {why}"),
        Event::Stopped { service } => format!("{service} stopped"),
        Event::Died { service, why } => format!("{service} died: {why}"),
        Event::Output { from, line } => format!("{from}: {line}"),
        Event::Log { ident, message, .. } => format!("{ident}: {message}"),
        Event::State {
            instance,
            from,
            to,
            why,
        } => {
            let from = from.map(|state| format!("{state} -> ")).unwrap_or_default();
            with_reason(&format!("{instance}: {from}{to}"), why)
        }
        Event::Address {
            address,
            prefix,
            interface,
            added,
        } => {
            let (word, place) = if *added { ("+", "on") } else { ("-", "off") };
            format!("{word} {address}/{prefix} {place} {interface}")
        }
        Event::Carrier { interface, up } => {
            let word = if *up { "has" } else { "lost" };
            format!("{interface} {word} its carrier")
        }
        Event::Advert {
            source,
            vrid,
            priority,
            version,
            ..
        } => format!(
            "advertises priority {priority} for virtual router {vrid} (VRRPv{version}, from {source})"
        ),
        Event::Claims { address } => format!("announces that it has {address}"),
        Event::OutageBegan { target, method } => format!("{target} does not answer ({method})"),
        Event::OutageEnded {
            target,
            method,
            lasted_us,
        } => format!(
            "{target} answers again after {} ({method})",
            millis(core::time::Duration::from_micros(*lasted_us))
        ),
        Event::Answers { target, peer } => format!("{target} is answered by {peer}"),
        Event::AnswersNoMore { target, peer } => {
            format!("{target} is not answered by {peer} any more")
        }
    }
}

fn with_reason(text: &str, why: &str) -> String {
    if why.is_empty() {
        text.to_owned()
    } else {
        format!("{text}  ({why})")
    }
}
