//! What differs between two plans, and what a reload must do about it.
//!
//! Invariants: `diff(a, a)` keeps everything; a listener that both plans have is never closed
//! unless an option changed that the kernel cannot change on an open socket; the work is linear.
//! Deliberately unknown here: descriptors and sessions.

use std::collections::HashMap;

use stream::config::{Listener, ListenerKey};

use super::Plan;

/// What becomes of one item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change<K> {
    /// Nothing.
    Keep(K),
    /// Something about it changes while it goes on.
    Update(K),
    /// It ends and begins anew, because ….
    Restart(K, &'static str),
    /// It is new.
    Add(K),
    /// It ends.
    Remove(K),
}

/// Everything that a reload changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Listeners, in the order of the new plan, then those that go.
    pub listeners: Vec<Change<ListenerKey>>,
    /// Servers, by the `FILE:LINE` where they stand.
    pub servers: Vec<Change<String>>,
    /// Directives whose change needs a new worker process.
    pub worker: Vec<&'static str>,
    /// Directives that a reload cannot change at all.
    pub ignored: Vec<&'static str>,
}

/// Compares two plans.
#[must_use]
pub fn diff(old: &Plan, new: &Plan) -> Changes {
    Changes {
        listeners: items(
            &old.stream.listeners,
            &new.stream.listeners,
            |listener| listener.key.clone(),
            listener,
        ),
        servers: items(
            &servers(old),
            &servers(new),
            |server| server.0.clone(),
            |old, new| if old == new { Fate::Keep } else { Fate::Update },
        ),
        worker: worker(old, new),
        ignored: ignored(old, new),
    }
}

/// What becomes of an item that both plans have.
enum Fate {
    Keep,
    Update,
    Restart(&'static str),
}

fn items<T, K: Clone + Eq + core::hash::Hash>(
    old: &[T],
    new: &[T],
    key: impl Fn(&T) -> K,
    fate: impl Fn(&T, &T) -> Fate,
) -> Vec<Change<K>> {
    let mut before: HashMap<K, &T> = old.iter().map(|item| (key(item), item)).collect();
    let mut changes: Vec<Change<K>> = new
        .iter()
        .map(|item| {
            let key = key(item);
            match before.remove(&key).map(|old| fate(old, item)) {
                None => Change::Add(key),
                Some(Fate::Keep) => Change::Keep(key),
                Some(Fate::Update) => Change::Update(key),
                Some(Fate::Restart(why)) => Change::Restart(key, why),
            }
        })
        .collect();
    // In the old plan's order, not that of the map.
    let gone = old.iter().map(&key).filter(|key| before.contains_key(key));
    changes.extend(gone.map(Change::Remove));
    changes
}

fn listener(old: &Listener, new: &Listener) -> Fate {
    if old.options.reuseport != new.options.reuseport {
        Fate::Restart("reuseport changed")
    } else if old.options.ipv6only != new.options.ipv6only {
        Fate::Restart("ipv6only changed")
    } else if old == new {
        Fate::Keep
    } else {
        Fate::Update
    }
}

/// Servers with where they pass to: indices of pools and files mean nothing outside their plan.
fn servers(plan: &Plan) -> Vec<(String, stream::config::Server, Option<stream::config::Pool>)> {
    let files = |logs: &mut Vec<stream::config::ErrorLog>| logs.clear();
    plan.stream
        .servers
        .iter()
        .map(|server| {
            let pool = plan.stream.pools.get(server.pool.0 as usize).cloned();
            let mut server = server.clone();
            server.pool = stream::config::PoolIx(0);
            files(&mut server.error_logs);
            server.access_logs.clear();
            (server.origin.clone(), server, pool)
        })
        .collect()
}

fn worker(old: &Plan, new: &Plan) -> Vec<&'static str> {
    let checks = [
        ("user", old.user != new.user),
        ("env", old.env != new.env),
        (
            "working_directory",
            old.working_directory != new.working_directory,
        ),
        // A thread without rights cannot raise its own.
        ("worker_priority", old.priority != new.priority),
    ];
    checks
        .iter()
        .filter(|(_, changed)| *changed)
        .map(|(name, _)| *name)
        .collect()
}

fn ignored(old: &Plan, new: &Plan) -> Vec<&'static str> {
    let checks = [
        ("daemon", old.daemon != new.daemon),
        ("master_process", old.master_process != new.master_process),
    ];
    checks
        .iter()
        .filter(|(_, changed)| *changed)
        .map(|(name, _)| *name)
        .collect()
}
