//! What an instance tracks, and what that does to its priority.

use core::time::Duration;
use std::collections::BTreeMap;

use base::Weight;
use grammar::ast::leaf::Spanned;
use grammar::ast::vrrp::{
    BfdInstance, Instance, Script, SyncGroup, TrackFile, TrackLine, TrackProcess, Vrrp,
};

use super::script::SECOND;

/// What is tracked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Script,
    Interface,
    /// Its weight is multiplied with a number that only the running system knows.
    File,
    Process,
    Bfd,
}

/// One tracked object.
#[derive(Clone, Debug)]
pub(crate) struct Tracker {
    pub(crate) kind: Kind,
    /// Where the instance tracks it.
    pub(crate) name: Spanned<String>,
    /// 0: a failure is a fault.
    pub(crate) weight: Weight,
    pub(crate) reverse: bool,
    /// It has a weight, and the instance is in a sync group that ignores those of its members.
    pub(crate) ignored: bool,
    /// Of a script: when it runs.
    pub(crate) script: Option<Schedule>,
}

/// When a script runs, and how many failures count.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Schedule {
    pub(crate) interval: Duration,
    /// Somebody wrote the interval.
    pub(crate) written: bool,
    pub(crate) fall: u32,
}

impl Schedule {
    /// Longest time until a failure counts, for a script that fails at once.
    pub(crate) fn detection(self) -> Duration {
        self.interval * self.fall
    }
}

impl Tracker {
    /// What it adds to the priority while good, which with `reverse` it is when it is down.
    pub(crate) fn good(&self) -> i32 {
        self.weight.adds(!self.reverse, self.reverse)
    }

    /// What it adds to the priority while bad.
    pub(crate) fn bad(&self) -> i32 {
        self.weight.adds(self.reverse, self.reverse)
    }

    /// By how much a failure changes the priority.
    pub(crate) fn drop(&self) -> i32 {
        self.bad() - self.good()
    }

    /// What lowers the priority: with `reverse` it is success.
    pub(crate) fn event(&self) -> &'static str {
        match (self.kind, self.reverse) {
            (Kind::Script, false) => "fails",
            (Kind::Script, true) => "succeeds",
            (Kind::File, _) => "changes",
            (Kind::Interface | Kind::Bfd, false) => "goes down",
            (Kind::Interface | Kind::Bfd, true) => "comes up",
            (Kind::Process, false) => "is not running",
            (Kind::Process, true) => "is running",
        }
    }
}

/// Objects of one configuration by name.
pub(super) struct Objects<'a> {
    scripts: BTreeMap<&'a str, &'a Script>,
    files: BTreeMap<&'a str, &'a TrackFile>,
    processes: BTreeMap<&'a str, &'a TrackProcess>,
    bfds: BTreeMap<&'a str, &'a BfdInstance>,
    /// The sync group of each instance; the first that names it.
    groups: BTreeMap<&'a str, (usize, &'a SyncGroup)>,
}

impl<'a> Objects<'a> {
    pub(super) fn new(vrrp: &'a Vrrp) -> Self {
        let mut groups = BTreeMap::new();
        for (index, group) in vrrp.sync_groups.iter().enumerate() {
            for member in &group.members {
                groups.entry(member.as_str()).or_insert((index, group));
            }
        }
        Self {
            scripts: vrrp
                .scripts
                .iter()
                .map(|it| (it.name.as_str(), it))
                .collect(),
            files: vrrp
                .track_files
                .iter()
                .map(|it| (it.name.as_str(), it))
                .collect(),
            processes: vrrp
                .track_processes
                .iter()
                .map(|it| (it.name.as_str(), it))
                .collect(),
            bfds: vrrp
                .bfd_instances
                .iter()
                .map(|it| (it.name.as_str(), it))
                .collect(),
            groups,
        }
    }

    /// Whether the instance names something to track that is not there.
    pub(super) fn lacks(&self, instance: &Instance) -> bool {
        let missing = |lines: &[TrackLine], known: &dyn Fn(&str) -> bool| {
            lines.iter().any(|line| !known(line.name.as_str()))
        };
        missing(&instance.track_scripts, &|name| {
            self.scripts.contains_key(name)
        }) || missing(&instance.track_files, &|name| self.files.contains_key(name))
            || missing(&instance.track_processes, &|name| {
                self.processes.contains_key(name)
            })
            || missing(&instance.track_bfds, &|name| self.bfds.contains_key(name))
    }

    /// Index of the instance's sync group.
    pub(super) fn group(&self, instance: &Instance) -> Option<usize> {
        self.groups
            .get(instance.name.as_str())
            .map(|(index, _)| *index)
    }
}

/// What an instance tracks itself, and what its sync group tracks for it. The own interface is
/// left out: keepalived ignores it there, as its loss is a fault anyway.
pub(super) fn trackers(objects: &Objects<'_>, instance: &Instance, moved: u32) -> Vec<Tracker> {
    let mut found = of_lines(objects, &Lines::of(instance), moved);
    if let Some((_, group)) = objects.groups.get(instance.name.as_str()) {
        for tracker in &mut found {
            tracker.ignored = !group.tracking_weight && tracker.weight.0 != 0;
        }
        found.extend(of_lines(objects, &Lines::of_group(group), moved));
    }
    let own = instance.interface.as_ref().map(|name| name.value.as_str());
    found.retain(|it| it.kind != Kind::Interface || own != Some(it.name.value.as_str()));
    found
}

/// The `track_…` lists of an instance or a group.
struct Lines<'a>([(Kind, &'a [TrackLine]); 5]);

impl<'a> Lines<'a> {
    fn of(instance: &'a Instance) -> Self {
        Self([
            (Kind::Script, &instance.track_scripts),
            (Kind::Interface, &instance.track_interfaces),
            (Kind::File, &instance.track_files),
            (Kind::Process, &instance.track_processes),
            (Kind::Bfd, &instance.track_bfds),
        ])
    }

    fn of_group(group: &'a SyncGroup) -> Self {
        Self([
            (Kind::Script, &group.track_scripts),
            (Kind::Interface, &group.track_interfaces),
            (Kind::File, &group.track_files),
            (Kind::Process, &group.track_processes),
            (Kind::Bfd, &group.track_bfds),
        ])
    }
}

fn of_lines(objects: &Objects<'_>, lines: &Lines<'_>, moved: u32) -> Vec<Tracker> {
    let mut found = Vec::new();
    for (kind, lines) in lines.0 {
        for line in lines {
            let name = &line.name;
            let script = objects.scripts.get(name.as_str());
            let (known, default) = match kind {
                Kind::Script => (script.is_some(), script.and_then(|it| it.weight)),
                Kind::File => {
                    let file = objects.files.get(name.as_str());
                    (file.is_some(), file.and_then(|it| it.weight))
                }
                Kind::Process => {
                    let process = objects.processes.get(name.as_str());
                    (process.is_some(), process.and_then(|it| it.weight))
                }
                Kind::Bfd => {
                    let bfd = objects.bfds.get(name.as_str());
                    (bfd.is_some(), bfd.and_then(|it| it.weight))
                }
                Kind::Interface => (true, None),
            };
            // What does not exist is dropped by keepalived and reported by `-t`.
            if !known {
                continue;
            }
            let default = default.map(|weight| weight.value);
            let weight = line.weight.or(default);
            // A line that says nothing about the direction has the object's.
            let reverse = [line.weight, default];
            let reverse = reverse.into_iter().flatten().find_map(|it| it.reverse);
            // The number in a file counts as it is.
            let unwritten = Weight((kind == Kind::File).into());
            found.push(Tracker {
                kind,
                name: Spanned::new(name.value.clone(), name.span.moved(moved)),
                weight: weight.map_or(unwritten, |weight| weight.weight),
                reverse: reverse.unwrap_or(false),
                ignored: false,
                script: script
                    .filter(|_| kind == Kind::Script)
                    .map(|it| schedule(it)),
            });
        }
    }
    found
}

fn schedule(script: &Script) -> Schedule {
    Schedule {
        interval: script.interval.map_or(SECOND, |time| time.value),
        written: script.interval.is_some(),
        fall: script.fall.map_or(1, |count| count.value.max(1)),
    }
}
