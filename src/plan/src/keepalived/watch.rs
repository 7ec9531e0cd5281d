//! Interfaces, files, processes and BFD sessions that something tracks: each once, however many track it.
//!
//! Invariants: an object and its [`Watch`] have the same index; what nothing tracks is not watched.
//! Deliberately unknown here: how watching is done.

use core::time::Duration;
use std::collections::BTreeMap;
use std::path::PathBuf;

use grammar::ast::leaf::Spanned;
use grammar::ast::vrrp::{ParamMatch, TrackFile, TrackProcess};
use vrrp::config::{Object, ObjectIx, ObjectKind};

use super::shown::Weighing;

/// What the performer reads for one [`vrrp::config::Object`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Watch {
    /// Good while the interface is there, up and has carrier.
    Interface {
        /// Its name.
        name: String,
    },
    /// A number in a file.
    File {
        /// Its path.
        path: PathBuf,
        /// `init_file`: written at start; the flag says whether over a file that is there.
        init: Option<(i32, bool)>,
    },
    /// Good while as many processes run as are wanted.
    Process(ProcessWatch),
    /// Good while the BFD session is up; bad until somebody says that it is.
    Session {
        /// Its name.
        name: String,
    },
}

/// Which processes count, and how many are wanted (keepalived.conf(5) `vrrp_track_process`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessWatch {
    /// Program, and the parameters that are compared; none: any parameters.
    pub process: Vec<String>,
    /// `param_match`: how parameters are compared; none: they are not.
    pub params: Option<ParamMatch>,
    /// `full_command`: compare the command line instead of the name that the kernel keeps.
    pub full_command: bool,
    /// `quorum`: at least so many.
    pub quorum: u16,
    /// `quorum_max`: at most so many.
    pub quorum_max: Option<u16>,
}

/// Objects while they are collected.
#[derive(Debug)]
pub(super) struct Watched<'a> {
    /// By name, of which the first one counts.
    files: BTreeMap<&'a str, &'a TrackFile>,
    processes: BTreeMap<&'a str, &'a TrackProcess>,
    pub(super) objects: Vec<Object>,
    pub(super) watches: Vec<Watch>,
    pub(super) weights: Vec<Weighing>,
    by_name: BTreeMap<(ObjectKind, String), ObjectIx>,
    /// `interface_up_down_delays`: up, down.
    pub(super) delays: BTreeMap<String, (Duration, Duration)>,
}

impl<'a> Watched<'a> {
    pub(super) fn new(files: &'a [TrackFile], processes: &'a [TrackProcess]) -> Self {
        let files = files.iter().rev();
        let processes = processes.iter().rev();
        Self {
            files: files.map(|it| (it.name.value.as_str(), it)).collect(),
            processes: processes.map(|it| (it.name.value.as_str(), it)).collect(),
            objects: Vec::new(),
            watches: Vec::new(),
            weights: Vec::new(),
            by_name: BTreeMap::new(),
            delays: BTreeMap::new(),
        }
    }

    /// An interface.
    pub(super) fn interface(&mut self, name: &str) -> ObjectIx {
        let delays = self.delays.get(name).copied().unwrap_or_default();
        self.add(ObjectKind::Interface, name, delays, Weighing::NONE, || {
            let watch = Watch::Interface { name: name.into() };
            (name.to_owned(), watch)
        })
    }

    /// A file by the name of its block; none when that has no path.
    pub(super) fn file(&mut self, name: &Spanned<String>, weight: Weighing) -> Option<ObjectIx> {
        let block = *self.files.get(name.value.as_str())?;
        let path = &block.file.as_ref()?.value;
        let none = (Duration::ZERO, Duration::ZERO);
        Some(self.add(ObjectKind::File, &name.value, none, weight, || {
            let init = block.init.map(|init| init.value);
            let watch = Watch::File {
                path: path.into(),
                init: init.map(|init| (init.value.unwrap_or(0), init.overwrite)),
            };
            (path.clone(), watch)
        }))
    }

    /// Processes by the name of their block; none when that has no program.
    pub(super) fn process(&mut self, name: &Spanned<String>, weight: Weighing) -> Option<ObjectIx> {
        let block = *self.processes.get(name.value.as_str())?;
        let process = &block.process.as_ref()?.value;
        let delay = |delay: Option<Spanned<Duration>>| delay.map_or(Duration::ZERO, |it| it.value);
        let delays = (delay(block.fork_delay), delay(block.terminate_delay));
        Some(
            self.add(ObjectKind::Process, &name.value, delays, weight, || {
                let exact = (process.len() > 1).then_some(ParamMatch::Exact);
                let watch = ProcessWatch {
                    process: process.clone(),
                    params: block.param_match.map(|it| it.value).or(exact),
                    full_command: block.full_command,
                    quorum: block.quorum.map_or(1, |quorum| quorum.value),
                    quorum_max: block.quorum_max.map(|quorum| quorum.value),
                };
                (format!("{watch:?}"), Watch::Process(watch))
            }),
        )
    }

    /// A BFD session.
    pub(super) fn session(&mut self, name: &str, weight: Weighing) -> ObjectIx {
        let none = (Duration::ZERO, Duration::ZERO);
        self.add(ObjectKind::Bfd, name, none, weight, || {
            let watch = Watch::Session { name: name.into() };
            (name.to_owned(), watch)
        })
    }

    fn add(
        &mut self,
        kind: ObjectKind,
        name: &str,
        (up_delay, down_delay): (Duration, Duration),
        weight: Weighing,
        make: impl FnOnce() -> (String, Watch),
    ) -> ObjectIx {
        let key = (kind, name.to_owned());
        if let Some(&known) = self.by_name.get(&key) {
            return known;
        }
        let index = ObjectIx(u32::try_from(self.objects.len()).unwrap_or(u32::MAX));
        let (identity, watch) = make();
        self.by_name.insert(key, index);
        self.watches.push(watch);
        self.weights.push(weight);
        self.objects.push(Object {
            name: name.to_owned(),
            kind,
            identity,
            up_delay,
            down_delay,
        });
        index
    }
}
