//! HUP: a new configuration takes over without a session lost.
//!
//! Invariants: until the worker has answered that it is ready, nothing of the running
//! configuration has changed; after that nothing can fail.

use std::os::fd::{AsFd as _, OwnedFd};
use std::sync::Arc;

use base::{Duration, Instant};
use plan::nginx::{Change, Changes, Plan};
use stream::config::{ErrorTarget, Level, ListenerKey};

use super::cycle::{self, Cycle};
use super::listen;
use super::load::Loaded;
use super::log::Log;
use super::master::Master;
use super::order::{self, Order};
use super::pidfile::PidFile;
use super::worker;

/// How long a worker may take to get ready.
const PATIENCE: Duration = Duration::from_secs(10);

/// A configuration that the worker was asked to get ready for.
pub(super) struct Pending {
    /// What it is.
    pub(super) next: Cycle,
    /// Who was asked.
    pub(super) worker: i32,
    /// When to stop waiting.
    pub(super) deadline: Instant,
}

impl Master {
    /// Reads the configuration again and offers it to the worker.
    pub(super) fn reconfigure(&mut self) {
        self.log.say(Level::Notice, "reconfiguring");
        let Some(next) = self.open_next() else {
            return;
        };
        let Some(child) = self.children.serving() else {
            self.adopt(next);
            self.start_worker();
            return;
        };
        let pid = child.pid;
        let changes = plan::nginx::diff(&self.cycle.plan, &next.plan);
        self.log.say(Level::Notice, &summary(&changes));
        for name in &changes.ignored {
            let text = format!("\"{name}\" cannot change while running, it keeps its old value");
            self.log.say(Level::Warn, &text);
        }
        if !changes.worker.is_empty() {
            let text = format!(
                "a new worker process because of: {}",
                changes.worker.join(", ")
            );
            self.log.say(Level::Notice, &text);
            self.replace_worker(next);
            return;
        }
        // Its hard limit is out of the worker's own reach; if of ours too, it will say so.
        let _ = worker::raise_open_files(pid, &next.plan, worker::own_open_files());
        let sent = order::prepare(&child.channel, &next, &self.cycle);
        self.pending = Some(Pending {
            next,
            worker: pid,
            deadline: sys::clock::now() + PATIENCE,
        });
        if let Err(error) = sent {
            self.abort(&format!(
                "it could not be handed to the worker process: {error}"
            ));
        }
    }

    fn open_next(&mut self) -> Option<Cycle> {
        let Loaded { plan, bundle, .. } = self.source.load(&mut self.log).ok()?;
        if plan.pid != self.cycle.plan.pid
            && let Err(error) = PidFile::check(&plan.pid)
        {
            self.log.say(Level::Emerg, &error.to_string());
            return None;
        }
        Cycle::open(
            plan,
            bundle,
            self.cycle.number + 1,
            &self.cycle.bound(),
            &mut self.log,
        )
        .ok()
    }

    /// The worker is ready: the new configuration is the one in use.
    pub(super) fn commit(&mut self) {
        let Some(pending) = self.pending.take() else {
            return;
        };
        let number = pending.next.number;
        if let Some(child) = self.children.get(pending.worker)
            && let Err(error) = order::send(&child.channel, &Order::Commit(number), &[])
        {
            // It is dying, and its successor starts with the new configuration.
            let text = format!("worker process {} could not be told to go on", child.pid);
            self.log.failed(Level::Alert, &text, &error);
        }
        self.adopt(pending.next);
        let text = format!(
            "worker process {} has the new configuration",
            pending.worker
        );
        self.log.say(Level::Notice, &text);
    }

    /// The new configuration is forgotten.
    pub(super) fn abort(&mut self, why: &str) {
        let Some(pending) = self.pending.take() else {
            return;
        };
        let text = format!("the new configuration is not used, the old one stays: {why}");
        self.log.say(Level::Emerg, &text);
        if let Some(child) = self.children.get(pending.worker) {
            // If this is not heard, neither will be a commit.
            drop(order::send(
                &child.channel,
                &Order::Abort(pending.next.number),
                &[],
            ));
        }
        pending.next.unlink_new_sockets(&self.cycle, &mut self.log);
    }

    /// A worker of another user, environment, folder or priority is another process.
    fn replace_worker(&mut self, next: Cycle) {
        self.adopt(next);
        self.children.quit(&mut self.log);
        self.start_worker();
    }

    fn adopt(&mut self, next: Cycle) {
        let old = std::mem::replace(&mut self.cycle, next);
        self.use_own_logs();
        listen::unlink(&old.bound(), &self.cycle.plan.stream, &mut self.log);
        if old.plan.pid == self.cycle.plan.pid {
            return;
        }
        match PidFile::create(&self.cycle.plan.pid) {
            Ok(new) => {
                if let Some(old) = self.pidfile.replace(new) {
                    drop(old.remove());
                }
            }
            Err(error) => self.log.say(Level::Emerg, &error.to_string()),
        }
    }
}

/// What happens to the listening sockets, in words.
fn summary(changes: &Changes) -> String {
    let count = |is: fn(&Change<ListenerKey>) -> bool| {
        changes.listeners.iter().filter(|change| is(change)).count()
    };
    let added = count(|change| matches!(change, Change::Add(_)));
    let removed = count(|change| matches!(change, Change::Remove(_)));
    let kept = changes.listeners.len() - added - removed;
    format!("listening sockets: {kept} kept, {added} added, {removed} removed")
}

/// Sends the master's lines, and whatever is written to standard error (a panic, a library's
/// complaint), to the main error logs.
pub(super) fn use_logs(log: &mut Log, plan: &Plan, files: &[Arc<OwnedFd>]) {
    log.configure(cycle::error_logs(plan, files), &plan.error_logs);
    let file = plan.error_logs.iter().find_map(|log| match &log.target {
        ErrorTarget::File(ix) => files.get(ix.0 as usize),
        ErrorTarget::Stderr => None,
    });
    let to_stderr = plan
        .error_logs
        .iter()
        .any(|log| log.target == ErrorTarget::Stderr);
    if let Some(file) = file
        && !to_stderr
        && let Err(error) = nix::unistd::dup2_stderr(file.as_fd())
    {
        log.failed(Level::Alert, "dup2(STDERR) failed", &error.into());
    }
}
