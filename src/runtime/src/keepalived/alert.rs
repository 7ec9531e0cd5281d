//! The letters that changes of instances and groups are told by.
//!
//! Invariants: pure; subjects and bodies are the original's (seen: 2.2.7).

use plan::keepalived::Plan;
use vrrp::{Event, State};

use super::notify;
use crate::mail::Letter;

/// The letter that tells `event`, if somebody is to be written to.
#[must_use]
pub fn letter(plan: &Plan, event: &Event) -> Option<Letter> {
    let mail = plan.mail.as_ref()?;
    let letter = match event {
        Event::GroupTransition { group, to, .. } => {
            let at = group.0 as usize;
            let name = &plan.vrrp.groups.get(at)?.name;
            plan.groups.get(at)?.mails.then(|| of_group(name, *to))?
        }
        Event::Transition { .. } => {
            let at = event.router()?.0 as usize;
            let (name, host) = (&plan.vrrp.routers.get(at)?.name, plan.routers.get(at)?);
            let word = notify::told_as(host, notify::occasion(event)?.word);
            host.told.mails.then(|| of_instance(name, word))?
        }
        _ => return None,
    };
    (mail.of_faults || !letter.subject.ends_with(FAULT)).then_some(letter)
}

const FAULT: &str = " - Entering FAULT state";

fn of_instance(name: &str, word: &str) -> Letter {
    let (what, body) = match word {
        "STOP" => ("Stopping".to_owned(), "VRRP Instance stopping"),
        "DELETED" => ("Deleted".to_owned(), "VRRP Deleted at reload"),
        "MASTER" => (entering(word), "VRRP Instance is now owning VRRP VIPs"),
        _ => (
            entering(word),
            "VRRP Instance is no longer owning VRRP VIPs",
        ),
    };
    Letter {
        subject: format!("VRRP Instance {name} - {what}"),
        body: format!("=> {body} <="),
    }
}

fn of_group(name: &str, to: State) -> Letter {
    let word = notify::state_word(to);
    let (what, now) = match to {
        State::Init => ("Stopping".to_owned(), "stopping".to_owned()),
        State::Backup | State::Master | State::Fault => {
            (entering(word), format!("in {word} state"))
        }
    };
    Letter {
        subject: format!("VRRP Group {name} - {what}"),
        body: format!("=> All VRRP group instances are now {now} <="),
    }
}

fn entering(word: &str) -> String {
    format!("Entering {word} state")
}
