//! What a check script does when the service it asks about is down, as far as its text shows it.
//!
//! For whoever lets scripts run in a world without processes. Deliberately unknown here: what the
//! script finds; only what it would then do.

use core::time::Duration;

use super::check::{sleep, stops_keepalived};
use super::probe::can_fail;
use super::shell::Command;
use super::view::{self, Script};
use super::{Cluster, NodeIx};

/// A `vrrp_script` of one node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Habit {
    /// Its name.
    pub name: String,
    /// Its text, or the command where that is all that is known.
    pub text: String,
    /// How long it sleeps on the way to its end.
    pub sleeps: Duration,
    /// Services that it starts or restarts.
    pub starts: Vec<String>,
    /// It stops keepalived.
    pub stops_keepalived: bool,
    /// It can end with another status than 0.
    pub can_fail: bool,
}

impl Habit {
    /// Whether it asks about this service: the service's name stands in its text as a word.
    #[must_use]
    pub fn asks_about(&self, service: &str) -> bool {
        let word = |c: char| c.is_ascii_alphanumeric();
        self.text.match_indices(service).any(|(at, _)| {
            let before = self.text[..at].chars().next_back();
            let behind = self.text[at + service.len()..].chars().next();
            !before.is_some_and(word) && !behind.is_some_and(word)
        })
    }
}

impl Cluster {
    /// The habits of a node's check scripts, in file order.
    #[must_use]
    pub fn habits(&self, node: NodeIx) -> Vec<Habit> {
        let Some(node) = self.nodes.get(node.0) else {
            return Vec::new();
        };
        let node = view::Node::new(node, &self.sources);
        node.scripts.iter().map(habit).collect()
    }
}

fn habit(script: &Script) -> Habit {
    Habit {
        name: script.name.value.clone(),
        text: script.text.clone(),
        sleeps: script.runs.iter().filter_map(sleep).sum(),
        starts: script.runs.iter().filter_map(started).collect(),
        stops_keepalived: script.runs.iter().any(stops_keepalived),
        can_fail: can_fail(script),
    }
}

/// `systemctl start nginx`, `service nginx restart`
fn started(command: &Command) -> Option<String> {
    let starts = |word: &str| matches!(word, "start" | "restart");
    let mut words = command.arguments().filter(|word| !word.starts_with('-'));
    let (verb, name) = match command.program() {
        "systemctl" => (words.next()?, words.next()?),
        "service" | "rc-service" => {
            let name = words.next()?;
            (words.next()?, name)
        }
        _ => return None,
    };
    starts(verb).then(|| name.trim_end_matches(".service").to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn habits(text: &str) -> Habit {
        let mut cluster = Cluster::new();
        let node = cluster.add_node("a");
        let file = "vrrp_script c {\n script /c.sh\n}\n";
        let mut loader = grammar::MemoryLoader::new([("k.conf", file)]);
        let options = grammar::keepalived::Options::default();
        let path = std::path::Path::new("k.conf");
        let parsed = grammar::keepalived::parse(&mut loader, path, &options);
        cluster.add_keepalived(node, parsed);
        cluster.add_script(node, "/c.sh".into(), "c.sh".into(), text);
        cluster.habits(node).remove(0)
    }

    #[test]
    fn starts_sleeps_and_stops() {
        let habit = habits(
            "if ! curl -f http://127.0.0.1:80; then\n systemctl start nginx.service\n sleep 2\n \
             service keepalived stop\nfi\n",
        );
        assert_eq!(habit.starts, ["nginx"]);
        assert_eq!(habit.sleeps, Duration::from_secs(2));
        assert!(habit.stops_keepalived && !habit.can_fail);
        assert!(habit.asks_about("nginx") && !habit.asks_about("ngin"));
    }

    #[test]
    fn a_plain_command_fails() {
        let habit = habits("killall -0 haproxy\n");
        assert!(habit.can_fail && habit.starts.is_empty());
        assert!(habit.asks_about("haproxy"));
    }
}
