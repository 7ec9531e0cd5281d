//! What happened, when, where and why.

use core::fmt;

use base::Instant;
use vrrp::config::Object;
use vrrp::{Config, Event};

use crate::action::Action;
use crate::node::NodeIx;

/// One line.
#[derive(Clone, Debug)]
pub struct Entry {
    /// World time.
    pub at: Instant,
    /// Where; `None` for the network.
    pub node: Option<NodeIx>,
    /// Its name; empty for the network.
    pub name: String,
    /// What.
    pub what: What,
    /// In words.
    pub text: String,
}

/// What happened.
#[derive(Clone, Debug)]
pub enum What {
    /// Something was done to the world.
    Action(Action),
    /// An engine told something.
    Event(Event),
    /// The virtual addresses of a router came to this node.
    Added,
    /// They left it.
    Removed,
}

/// Everything that happened, in order.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    entries: Vec<Entry>,
    announcements: Vec<(Instant, NodeIx)>,
}

impl Timeline {
    /// All entries.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// All events of engines.
    pub fn events(&self) -> impl Iterator<Item = (&Entry, &Event)> {
        self.entries.iter().filter_map(|entry| match &entry.what {
            What::Event(event) => Some((entry, event)),
            What::Action(_) | What::Added | What::Removed => None,
        })
    }

    /// Bursts of gratuitous ARP: when, and from where. They are not among the entries, nobody
    /// here listens to them.
    #[must_use]
    pub fn announcements(&self) -> &[(Instant, NodeIx)] {
        &self.announcements
    }

    pub(crate) fn announced(&mut self, at: Instant, node: NodeIx) {
        self.announcements.push((at, node));
    }

    /// How many changes of state there were.
    #[must_use]
    pub fn transitions(&self) -> usize {
        self.events()
            .filter(|(_, event)| matches!(event, Event::Transition { .. }))
            .count()
    }

    pub(crate) fn push(&mut self, entry: Entry) {
        self.entries.push(entry);
    }
}

impl fmt::Display for Timeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widest = self.entries.iter().map(|entry| entry.name.len()).max();
        let width = widest.unwrap_or(0);
        for entry in &self.entries {
            let at = entry.at.to_string();
            writeln!(f, "{at:>11} {:<width$}  {}", entry.name, entry.text)?;
        }
        Ok(())
    }
}

/// `event` in words; indices are those of `config`.
pub(crate) fn describe(event: &Event, config: &Config) -> String {
    let router = event
        .router()
        .and_then(|ix| config.routers.get(ix.0 as usize))
        .map_or("", |router| router.name.as_str());
    let script = |ix: vrrp::config::ScriptIx| {
        let script = config.scripts.get(ix.0 as usize);
        script.map_or("?", |script| script.name.as_str())
    };
    let group = |ix: vrrp::config::GroupIx| {
        let group = config.groups.get(ix.0 as usize);
        group.map_or("?", |group| group.name.as_str())
    };
    match event {
        Event::Transition {
            from, to, cause, ..
        } => format!("{router} {from} -> {to}: {cause}"),
        Event::PriorityChanged {
            from,
            to,
            tracker,
            good,
            ..
        } => format!(
            "{router} priority {from} -> {to}: {tracker} is {}",
            verdict(*good)
        ),
        Event::ScriptVerdict {
            script: ix,
            good,
            how,
            ..
        } => format!("script {} is {}: {how}", script(*ix), verdict(*good)),
        Event::ObjectVerdict {
            object,
            good,
            number,
        } => says(config.objects.get(object.0 as usize), *good, *number),
        Event::ScriptStillRunning { script: ix, .. } => {
            format!("script {} is still running", script(*ix))
        }
        Event::PacketRefused { source, reason, .. } => {
            format!("{router} refused a packet from {source}: {reason:?}")
        }
        Event::LowerPriorityHeard {
            source, priority, ..
        } => format!("{router} as master heard {source} priority {priority}"),
        Event::LowerPriorityDiscarded { source, theirs, .. } => {
            format!("{router} does not count {source} priority {theirs}")
        }
        Event::MasterLowered {
            source, from, to, ..
        } => format!("{router} heard {source} fall from priority {from} to {to}"),
        Event::MasterReleasing { source, .. } | Event::ReleaseHeard { source, .. } => {
            format!("{router} heard {source} release")
        }
        Event::HeldByGroup { .. } => format!("{router} waits for the rest of its group"),
        Event::PreemptDelayStarted { source, delay, .. } => {
            format!("{router} preempts {source} not before {delay:?}")
        }
        Event::PreemptDelayStopped { .. } => format!("{router} no longer means to preempt"),
        Event::MasterIntervalChanged { .. }
        | Event::NoLongerHeld { .. }
        | Event::OwnAdvertHeard { .. }
        | Event::DuplicateOwner { .. }
        | Event::OldChecksums { .. }
        | Event::UnknownVrid { .. } => odd(router, event),
        Event::Released { .. } => format!("{router} released"),
        Event::Succeeded {
            source, priority, ..
        } => format!("{router} {source} takes over with priority {priority}"),
        Event::GroupFollows { group: ix, to } => format!("group {} follows to {to}", group(*ix)),
        Event::GroupTransition {
            group: ix,
            from,
            to,
        } => format!("group {} {from} -> {to}", group(*ix)),
        Event::Stopped => "stopped".to_owned(),
    }
}

const fn verdict(good: bool) -> &'static str {
    if good { "good" } else { "bad" }
}

/// An advert that is not as it should be, or not as it was.
fn odd(router: &str, event: &Event) -> String {
    match event {
        Event::MasterIntervalChanged { from, to, .. } => {
            format!("{router} master interval {from:?} -> {to:?}")
        }
        Event::NoLongerHeld { source, .. } => format!("{router} hears {source} again"),
        Event::OwnAdvertHeard { source, .. } => format!("{router} heard its own {source}"),
        Event::DuplicateOwner { source, .. } => {
            format!("{router} {source} says it owns the addresses, too")
        }
        Event::OldChecksums { source, .. } => {
            format!("{router} {source} sums in the old way, so do we")
        }
        Event::UnknownVrid {
            place,
            vrid,
            source,
        } => format!("heard the unknown virtual router {vrid} of {source} on {place}"),
        _ => String::new(),
    }
}

/// What a tracked object says.
fn says(object: Option<&Object>, good: bool, number: Option<i32>) -> String {
    let name = object.map_or("?", |object| &object.name);
    let kind = object.map_or("object", |object| object.kind.word());
    match number {
        Some(number) => format!("{kind} {name} says {number}"),
        None if good => format!("{kind} {name} is good"),
        None => format!("{kind} {name} is bad"),
    }
}
