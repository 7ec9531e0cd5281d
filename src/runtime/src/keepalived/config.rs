//! Reading a configuration, sealing what was read, and planning from it.
//!
//! Invariants: only a reader looks at files and at the host; whoever gets a bundle arrives at the
//! reader's plan without asking the host anything.

use std::collections::BTreeMap;
use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;

use grammar::diagnostic::Class;
use grammar::keepalived as language;
use grammar::{Diagnostic, FsLoader, Loader};
use plan::Facts;
use plan::facts::Assumed;
use plan::keepalived::reload;
use plan::keepalived::{Checked, Hooks, Plan, Reloads, Titles, check};
use serde::{Deserialize, Serialize};
use sys::memfd::Sealed;

use super::dump::{self, Settings};
use super::options::Options;
use crate::bundle::Bundle;
use crate::facts::{HostFacts, Recorder};

/// A configuration that was read.
#[derive(Debug)]
pub struct Reading {
    /// What was found out about it.
    pub checked: Checked,
    /// For other processes.
    pub bundle: Bundle,
}

/// What the parent needs to know of a configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// There is something for the VRRP child to do.
    pub vrrp: bool,
    /// There is something for the checker child to do.
    pub checkers: bool,
    /// There is something for the BFD child to do.
    pub bfd: bool,
    /// `instance`
    pub instance: Option<String>,
    /// `use_pid_dir`
    pub use_pid_dir: bool,
    /// `net_namespace`
    #[serde(default)]
    pub namespace: Option<String>,
    /// `child_wait_time`
    pub child_wait_time: base::Duration,
    /// What is run before the children and after them.
    pub hooks: Hooks,
    /// What processes are called.
    #[serde(default)]
    pub titles: Titles,
    /// `umask`
    #[serde(default)]
    pub umask: Option<u16>,
    /// How others follow reloads.
    #[serde(default)]
    pub reloads: Reloads,
    /// `sentinel`
    #[serde(default)]
    pub sentinel: bool,
    /// What a dump of the parent shows.
    #[serde(default)]
    pub settings: Settings,
    /// Where that dump goes.
    #[serde(default)]
    pub dump: PathBuf,
    /// A start must end with this status.
    pub fatal: Option<i32>,
}

/// How long children may take to end, where `child_wait_time` says `configured`.
pub(super) const fn child_wait(configured: base::Duration) -> base::Duration {
    match configured {
        base::Duration::ZERO => base::Duration::from_secs(5),
        given => given,
    }
}

impl Reading {
    /// The firewall marks that are given out, by their owners.
    fn marks(&self) -> BTreeMap<String, u32> {
        let marks = self.checked.plan.marks.as_ref();
        marks.map(|marks| marks.given.clone()).unwrap_or_default()
    }

    /// The same, with the numbers in the bundle: whoever plans it gives out no others, not even the
    /// next version of this program.
    fn numbered(mut self) -> Self {
        let given = self.marks();
        self.bundle.facts.give_marks(&given);
        self
    }

    /// For the parent.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let plan = &self.checked.plan;
        let process = &plan.process;
        let missing = |d: &Diagnostic| d.class == Class::MissingParameter;
        Summary {
            vrrp: !plan.vrrp.routers.is_empty() || !plan.statics.is_empty(),
            checkers: !plan.lvs.services.is_empty(),
            bfd: !plan.bfd.sessions.is_empty(),
            instance: process.instance.clone(),
            use_pid_dir: process.use_pid_dir,
            namespace: process.namespace.clone(),
            child_wait_time: process.child_wait_time,
            hooks: plan.hooks.clone(),
            titles: plan.titles.clone(),
            umask: process.umask,
            reloads: plan.reloads.clone(),
            sentinel: plan.sentinel,
            settings: Settings::of(plan),
            dump: dump::place_beside(process, "keepalived_parent.data"),
            fatal: self.checked.diagnostics.iter().any(missing).then_some(2),
        }
    }
}

/// Reads `options.file` and plans for this host, in the network namespace that the file names: this
/// process then is in that one, too. One that cannot be entered is told of by the plan, and by
/// whoever goes on without it. What a `running` configuration has given numbers keeps them, and what
/// addresses its routers hold is left out.
#[must_use]
pub fn read(options: &Options, running: Option<&Reading>) -> Reading {
    let reading = read_here(options, running);
    let elsewhere = enter(options, &reading.checked);
    if elsewhere {
        read_here(options, running)
    } else {
        reading
    }
}

/// Whether what was checked is about another network namespace, which has been entered.
fn enter(options: &Options, checked: &Checked) -> bool {
    let name = checked.plan.process.namespace.as_deref();
    let name = name.filter(|name| options.namespace.is_none() && !sys::process::is_in(name));
    name.is_some_and(|name| sys::process::enter_network_namespace(name).is_ok())
}

fn read_here(options: &Options, running: Option<&Reading>) -> Reading {
    let beside = |it: &Reading| HostFacts::with_marks(it.marks()).without(&it.checked.plan);
    let host = running.map(beside).unwrap_or_default();
    let mut files = FsLoader::default();
    let mut loader = grammar::Recorder::new(&mut files);
    let facts = Recorder::new(&host);
    let mut bundle = bundle(options);
    let checked = understand(&bundle, &mut loader, &facts);
    bundle.text = loader.finish();
    bundle.facts = facts.finish();
    Reading { checked, bundle }.numbered()
}

/// `next`, which was read without knowing what runs, with the numbers that `running` has given out;
/// none where it needs no numbers.
///
/// # Errors
/// When one is not a bundle; what sealing reports.
pub(super) fn renumbered(next: &Sealed, running: &Sealed) -> io::Result<Option<Sealed>> {
    let mut next = Bundle::open(next)?;
    if !next.facts.has_marks() {
        return Ok(None);
    }
    let given = replay(Bundle::open(running)?).marks();
    next.facts.give_marks(&given);
    replay(next).numbered().bundle.seal().map(Some)
}

/// Checks `options.file` for this host; with `offline` for one that is only supposed to have what
/// the file names.
#[must_use]
pub fn test(options: &Options, offline: bool) -> Checked {
    let host = HostFacts::default();
    let assumed = Assumed {
        hostname: host.hostname(),
    };
    let facts: &dyn Facts = if offline { &assumed } else { &host };
    let checked = understand(&bundle(options), &mut FsLoader::default(), facts);
    if offline || !enter(options, &checked) {
        return checked;
    }
    let there = HostFacts::default();
    understand(&bundle(options), &mut FsLoader::default(), &there)
}

/// Arrives at the plan that the reader of `bundle` had.
#[must_use]
pub fn replay(bundle: Bundle) -> Reading {
    let mut text = bundle.text.clone();
    let checked = understand(&bundle, &mut text, &bundle.facts);
    Reading { checked, bundle }
}

/// The plan of `bundle`, for a process that runs it for long.
///
/// A text and what is understood of it take many times the memory that its plan does. Another thread
/// gets its memory from another heap (malloc(3)), so that all of it can be given back when the thread
/// is done; otherwise what is kept would lie scattered among it. No thread is left afterwards.
pub(super) fn settled(bundle: Bundle) -> Plan {
    let planned = std::thread::scope(|scope| {
        let plan = || replay(bundle.clone()).checked.plan;
        let thread = std::thread::Builder::new().spawn_scoped(scope, plan);
        thread.ok().map(std::thread::ScopedJoinHandle::join)
    });
    match planned {
        Some(Ok(plan)) => {
            let copy = plan.copied();
            // Freed here, its blocks would be this thread's next ones (malloc keeps a few for each
            // thread), and hold the pages of the other heap.
            let thread = std::thread::Builder::new().spawn(move || drop(plan));
            if let Ok(thread) = thread {
                let _ = thread.join();
            }
            copy
        }
        Some(Err(panic)) => std::panic::resume_unwind(panic),
        // No thread to be had: the plan is the same.
        None => replay(bundle).checked.plan,
    }
}

/// Plans from a bundle that another process passed.
///
/// # Errors
/// When `fd` is not a bundle.
pub(super) fn receive(fd: OwnedFd) -> io::Result<Plan> {
    let (bundle, _) = Bundle::receive(fd)?;
    Ok(settled(bundle))
}

/// What the options say; nothing has been read yet.
fn bundle(options: &Options) -> Bundle {
    Bundle {
        root: options.file.clone(),
        // A reader without randomness still reads; it only repeats itself.
        seed: Bundle::new_seed().unwrap_or_default(),
        config_id: options.config_id.clone(),
        include_check: options.all_config,
        ..Bundle::default()
    }
}

fn understand(bundle: &Bundle, loader: &mut dyn Loader, facts: &dyn Facts) -> Checked {
    let options = language::Options {
        config_id: bundle.config_id.clone(),
        include_check: bundle.include_check,
        seed: bundle.seed,
        ..language::Options::default()
    };
    check(loader, &bundle.root, &options, facts)
}

/// Why `new` must not replace `old`, as the line to log.
#[must_use]
pub fn refusal(old: &Reading, new: &Reading) -> Option<String> {
    let problem = reload::verdict(&old.checked, &new.checked).err()?;
    Some(problem.keepalived_line(&new.checked.sources))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `groups`, each used by one service, in this order.
    fn written(path: &std::path::Path, groups: &[&str]) -> Options {
        let mut text = "global_defs {\nnftables_ipvs\n}\n".to_owned();
        for (at, name) in groups.iter().enumerate() {
            text += &format!(
                "virtual_server_group {name} {{\n10.0.0.{at} 80\n}}\nvirtual_server group {name} \
                 {{\nprotocol TCP\nlb_algo rr\nlb_kind NAT\nreal_server 10.0.9.1 80 {{\n}}\n}}\n"
            );
        }
        std::fs::write(path, text).expect("written");
        Options {
            file: path.into(),
            ..Options::default()
        }
    }

    fn given(reading: &Reading) -> Vec<(String, u32)> {
        reading.marks().into_iter().collect()
    }

    fn marks(all: &[(&str, u32)]) -> Vec<(String, u32)> {
        let all = all.iter();
        all.map(|(name, mark)| (format!("tcp {name}"), *mark))
            .collect()
    }

    #[test]
    fn a_bundle_says_which_marks_were_given() {
        let dir = tempfile::tempdir().expect("dir");
        let path = dir.path().join("keepalived.conf");
        let reading = read(&written(&path, &["a", "b"]), None);
        let expected = marks(&[("a", 1000), ("b", 1001)]);
        assert_eq!(given(&reading), expected);
        // Whatever another version would number first.
        let noted = ["tcp a", "tcp b"].map(|owner| reading.bundle.facts.mark(owner));
        assert_eq!(noted, [Some(1000), Some(1001)]);
        assert_eq!(given(&replay(reading.bundle)), expected);
    }

    #[test]
    fn who_takes_over_keeps_the_marks_of_what_runs() {
        let dir = tempfile::tempdir().expect("dir");
        let path = dir.path().join("keepalived.conf");
        let running = read(&written(&path, &["a", "b"]), None);
        let next = read(&written(&path, &["new", "b", "a"]), None);
        let [running, next] = [running, next].map(|it| it.bundle.seal().expect("sealed"));
        let sealed = renumbered(&next, &running).expect("bundles");
        let next = Bundle::open(&sealed.expect("it needs marks")).expect("a bundle");
        let expected = marks(&[("a", 1000), ("b", 1001), ("new", 1002)]);
        assert_eq!(next.facts.mark("tcp new"), Some(1002));
        assert_eq!(given(&replay(next)), expected);

        let bare = read(&written(&path, &[]), None);
        let bare = bare.bundle.seal().expect("sealed");
        assert!(renumbered(&bare, &running).expect("bundles").is_none());
    }
}
