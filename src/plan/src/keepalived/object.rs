//! Tracked objects by name: scripts, files, processes and BFD sessions.
//!
//! Invariants: an object that was left out was reported where it is defined, and is not reported
//! again where it is tracked; what nothing tracks is told once.

use std::collections::{BTreeMap, BTreeSet};

use base::Weight;
use grammar::ast::leaf::Spanned;
use grammar::ast::lvs::Check;
use grammar::ast::vrrp::{BfdInstance, TrackLine, TrackWeight};
use grammar::{Ast, Diagnostic, Span};

use super::name::Naming;
use super::script::ByName;
use super::shown::Weighing;

/// What an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Script,
    File,
    Process,
    Bfd,
}

impl Kind {
    /// As in `track script`.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Script => "script",
            Self::File => "file",
            Self::Process => "process",
            Self::Bfd => "bfd",
        }
    }

    /// The block that defines one.
    const fn block(self) -> &'static str {
        match self {
            Self::Script => "vrrp_script",
            Self::File => "track_file",
            Self::Process => "vrrp_track_process",
            Self::Bfd => "bfd_instance",
        }
    }

    const fn code(self) -> &'static str {
        match self {
            Self::Script => "unknown-script",
            Self::File => "unknown-file",
            Self::Process => "unknown-process",
            Self::Bfd => "unknown-bfd",
        }
    }
}

struct Object {
    span: Span,
    weight: i16,
    reverse: bool,
    usable: bool,
}

/// A line that names an object which can be tracked, with what counts.
#[derive(Clone, Copy)]
pub(super) struct Tracked<'l> {
    pub(super) line: &'l TrackLine,
    pub(super) weight: i16,
    pub(super) reverse: bool,
}

/// All objects of a configuration.
pub(super) struct Objects<'a> {
    naming: &'a Naming<'a>,
    /// By any instance or group, also one that is left out.
    mentioned: BTreeSet<(Kind, &'a str)>,
    by_kind: BTreeMap<Kind, BTreeMap<&'a str, Object>>,
    /// Those `bfd_instance` blocks that count.
    pub(super) sessions: Vec<&'a BfdInstance>,
}

impl<'a> Objects<'a> {
    pub(super) fn new(
        naming: &'a Naming<'a>,
        scripts: &ByName,
        problems: &mut Vec<Diagnostic>,
    ) -> Self {
        let mut objects = Self {
            naming,
            mentioned: mentioned(naming.ast),
            by_kind: BTreeMap::new(),
            sessions: Vec::new(),
        };
        let vrrp = &naming.ast.vrrp;
        for script in &vrrp.scripts {
            let name = &script.name;
            let planned = scripts.get(&name.value).copied().flatten();
            let weight = planned.map(|planned| TrackWeight {
                weight: planned.weight,
                reverse: Some(planned.reverse),
            });
            // Of two with a name the first one counts, which was told with the scripts.
            objects.add(Kind::Script, name, (weight, 0), planned.is_some());
        }
        for file in &vrrp.track_files {
            let weight = (file.weight.map(|weight| weight.value), 1);
            let first = objects.add(Kind::File, &file.name, weight, true);
            problems.extend(first.map(|first| twice(Kind::File, &file.name, first)));
        }
        for process in &vrrp.track_processes {
            let weight = (process.weight.map(|weight| weight.value), 0);
            let first = objects.add(Kind::Process, &process.name, weight, true);
            problems.extend(first.map(|first| twice(Kind::Process, &process.name, first)));
        }
        objects.sessions(&vrrp.bfd_instances, problems);
        objects
    }

    /// Sessions, of which two need different names and different addresses.
    fn sessions(&mut self, sessions: &'a [BfdInstance], problems: &mut Vec<Diagnostic>) {
        let mut places = BTreeMap::new();
        let mut names = BTreeMap::new();
        for session in sessions {
            let name = &session.name;
            if let Some(first) = names.insert(name.value.as_str(), name.span) {
                let message = format!("BFD {name} already specified");
                let problem = Diagnostic::error("duplicate-name", message);
                let problem = problem.label(name.span, "this one is left out");
                problems.push(problem.label(first, "this one counts"));
                continue;
            }
            let Some(neighbor) = session.neighbor else {
                continue;
            };
            let source = session.source.map(|source| source.value);
            if let Some(first) = places.insert((source, neighbor.value), neighbor.span) {
                let source = source.map_or_else(|| "(none)".to_owned(), |it| it.to_string());
                let message = format!(
                    "Configuration error: BFD instance {name} has duplicate source/neighbor \
                     address {source}/{}, ignoring instance",
                    neighbor.value
                );
                let problem = Diagnostic::error("duplicate-neighbor", message).at(neighbor.span);
                problems.push(problem.label(first, "another session has it"));
                continue;
            }
            self.sessions.push(session);
            // Without either word both children hear of it.
            if session.vrrp || !session.checker {
                let weight = (session.weight.map(|weight| weight.value), 0);
                self.add(Kind::Bfd, name, weight, true);
            }
        }
    }

    /// Where the name was taken before. The weight: as written, and unless written.
    fn add(
        &mut self,
        kind: Kind,
        name: &'a Spanned<String>,
        (weight, default): (Option<TrackWeight>, i16),
        usable: bool,
    ) -> Option<Span> {
        let names = self.by_kind.entry(kind).or_default();
        if let Some(first) = names.get(name.value.as_str()) {
            return Some(first.span);
        }
        let object = Object {
            span: name.span,
            weight: weight.map_or(default, |weight| weight.weight.0),
            reverse: weight.and_then(|weight| weight.reverse) == Some(true),
            usable,
        };
        names.insert(&name.value, object);
        None
    }

    /// What its own block says of the weight.
    pub(super) fn weighing(&self, kind: Kind, name: &str) -> Weighing {
        let object = self.by_kind.get(&kind).and_then(|names| names.get(name));
        object.map_or(Weighing::NONE, |object| Weighing {
            weight: Weight(object.weight),
            reverse: object.reverse,
        })
    }

    /// Those lines of a `track_…` block that name an object which can be tracked, with the weight
    /// that counts. `who` is the instance or group.
    pub(super) fn tracked<'l>(
        &mut self,
        who: &str,
        kind: Kind,
        lines: &'l [TrackLine],
        problems: &mut Vec<Diagnostic>,
    ) -> Vec<Tracked<'l>> {
        let naming = self.naming;
        let names = self.by_kind.entry(kind).or_default();
        let mut good: Vec<Tracked<'_>> = Vec::new();
        let mut seen = BTreeSet::new();
        for line in lines {
            let name = &line.name;
            let word = kind.word();
            let found = names.get(name.value.as_str());
            let early = found
                .map(|object| object.span)
                .filter(|&defined| !naming.is_before(defined, name.span));
            match found {
                Some(object) if early.is_none() => {
                    if !seen.insert(name.value.as_str()) {
                        let message = format!("({who}) duplicate track_{word} {name} - ignoring");
                        problems.push(Diagnostic::error("duplicate-track", message).at(name.span));
                    } else if object.usable {
                        let reverse = line.weight.and_then(|own| own.reverse);
                        good.push(Tracked {
                            line,
                            weight: line.weight.map_or(object.weight, |own| own.weight.0),
                            reverse: reverse.unwrap_or(object.reverse),
                        });
                    }
                }
                None if naming.is_lost(name) => {}
                _ => {
                    let message = format!("({who}) track {word} {name} not found, ignoring...");
                    let problem = Diagnostic::error(kind.code(), message).at(name.span);
                    problems.push(match early {
                        Some(defined) => Naming::too_early(problem, name, defined, kind.block()),
                        None => {
                            let meant = naming.meant(name, names.keys().copied());
                            self.mentioned.extend(meant.map(|meant| (kind, meant)));
                            naming.suggested(problem, meant)
                        }
                    });
                }
            }
        }
        good
    }

    /// What nothing tracks. The original says so of scripts, in its log only.
    pub(super) fn report_unused(&self, problems: &mut Vec<Diagnostic>) {
        // A session may be there for a BFD_CHECK, or for its log.
        for (kind, names) in self.by_kind.iter().filter(|(kind, _)| **kind != Kind::Bfd) {
            let usable = names.iter().filter(|(_, object)| object.usable);
            for (name, object) in
                usable.filter(|(name, _)| !self.mentioned.contains(&(*kind, name)))
            {
                let message = format!("Warning - {} {name} is not used", kind.word());
                let problem = Diagnostic::warning("unused", message).at(object.span);
                let word = kind.word();
                let help = format!("name it in `track_{word} {{ }}` of an instance, or remove it");
                problems.push(problem.help(help));
            }
        }
    }
}

fn mentioned(ast: &Ast) -> BTreeSet<(Kind, &str)> {
    let vrrp = &ast.vrrp;
    let instances = vrrp.instances.iter().flat_map(|instance| {
        [
            (Kind::Script, &instance.track_scripts),
            (Kind::File, &instance.track_files),
            (Kind::Process, &instance.track_processes),
            (Kind::Bfd, &instance.track_bfds),
        ]
    });
    let groups = vrrp.sync_groups.iter().flat_map(|group| {
        [
            (Kind::Script, &group.track_scripts),
            (Kind::File, &group.track_files),
            (Kind::Process, &group.track_processes),
            (Kind::Bfd, &group.track_bfds),
        ]
    });
    let lines = instances.chain(groups);
    let tracked = lines.flat_map(|(kind, lines)| {
        lines
            .iter()
            .map(move |line| (kind, line.name.value.as_str()))
    });
    let servers = ast.lvs.services.iter().flat_map(|service| &service.servers);
    let checks = servers.flat_map(|server| &server.checks);
    let files = checks.filter_map(|check| match &check.value {
        Check::File(check) => check.track_file.as_deref(),
        _ => None,
    });
    tracked
        .chain(files.map(|name| (Kind::File, name.as_str())))
        .collect()
}

/// The original takes the first one and says nothing.
fn twice(kind: Kind, name: &Spanned<String>, first: Span) -> Diagnostic {
    let message = format!("track {} {name} already defined", kind.word());
    Diagnostic::warning("duplicate-name", message)
        .label(name.span, "never used")
        .label(first, "this one counts")
}
