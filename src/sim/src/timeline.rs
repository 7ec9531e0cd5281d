//! What happened, when, where and why.

use core::fmt;

use base::Instant;
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

/// `event` in words, with the name of its router; indices are those of `config`.
pub(crate) fn describe(event: &Event, config: &Config) -> String {
    let words = event.words(config);
    let router = event.router();
    match router.and_then(|ix| config.routers.get(ix.0 as usize)) {
        Some(router) => format!("{} {words}", router.name),
        None => words,
    }
}
