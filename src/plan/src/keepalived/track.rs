//! What instances and sync groups track.
//!
//! Invariants: an owner's priority and the members of a sync group are not moved by weights,
//! unless the group says so; what is ignored for that was reported.

use std::collections::BTreeSet;

use base::{Priority, Weight};
use grammar::Diagnostic;
use grammar::ast::vrrp::{Instance, SyncGroup, TrackLine};
use vrrp::config::TrackScript;

use super::object::Kind;
use super::router::Routers;

/// Why weights do not count.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unweighted {
    Group,
    Owner,
}

impl Unweighted {
    const fn words(self) -> &'static str {
        match self {
            Self::Group => "SYNC group",
            Self::Owner => "address_owner",
        }
    }

    const fn help(self) -> &'static str {
        match self {
            Self::Group => {
                "the members of a group move together: track it in the group, without weight, or \
                 add `sync_group_tracking_weight` to the group"
            }
            Self::Owner => "priority 255 never changes: give it a lower one, or remove the weight",
        }
    }
}

impl<'a> Routers<'a> {
    /// The scripts that the engine tracks for an instance.
    pub(super) fn tracked(&mut self, instance: &'a Instance, base: Priority) -> Vec<TrackScript> {
        let name = &instance.name;
        let group = self.groups.of(name);
        let unweighted = match group {
            Some(group) if !group.tracking_weight => Some(Unweighted::Group),
            _ if base.is_owner() => Some(Unweighted::Owner),
            _ => None,
        };
        self.instance_interfaces(instance, group, unweighted);
        for (kind, lines) in [
            (Kind::File, &instance.track_files),
            (Kind::Process, &instance.track_processes),
            (Kind::Bfd, &instance.track_bfds),
        ] {
            for (line, weight) in self.objects.tracked(name, kind, lines, self.problems) {
                if let (Some(why), true) = (unweighted, weight != 0) {
                    self.ignored(instance, kind, line, weight, why);
                }
            }
        }
        let lines = &instance.track_scripts;
        let lines = self
            .objects
            .tracked(name, Kind::Script, lines, self.problems);
        let mut tracked = Vec::with_capacity(lines.len());
        for (line, weight) in lines {
            if let (Some(why), true) = (unweighted, weight != 0) {
                self.ignored(instance, Kind::Script, line, weight, why);
                continue;
            }
            tracked.extend(self.script_tracked(line, weight));
        }
        tracked
    }

    fn script_tracked(&self, line: &TrackLine, weight: i16) -> Option<TrackScript> {
        let script = self.scripts.get(&line.name.value).copied().flatten()?;
        let reverse = line.weight.and_then(|weight| weight.reverse);
        Some(TrackScript {
            script: script.index,
            weight: Weight(weight),
            reverse: reverse.unwrap_or(script.reverse),
        })
    }

    fn ignored(
        &mut self,
        instance: &Instance,
        kind: Kind,
        line: &TrackLine,
        weight: i16,
        why: Unweighted,
    ) {
        let (name, object, due) = (&instance.name, &line.name, why.words());
        let message = match kind {
            Kind::Script => {
                format!("({name}) ignoring tracked script {object} with weights due to {due}")
            }
            Kind::File if weight == 1 => format!(
                "({name}) ignoring weight from tracked file {object} due to {due}. specify weight 0"
            ),
            // The original lets them pass.
            Kind::Process => return,
            Kind::File | Kind::Bfd => format!(
                "({name}) ignoring tracked {} {object} with weight {weight} due to {due}",
                kind.word()
            ),
        };
        let problem = Diagnostic::error("weight-ignored", message).at(object.span);
        self.problems.push(problem.help(why.help()));
    }

    fn instance_interfaces(
        &mut self,
        instance: &Instance,
        group: Option<&SyncGroup>,
        unweighted: Option<Unweighted>,
    ) {
        let name = &instance.name;
        let own = instance.interface.as_ref().map(|own| own.value.as_str());
        for line in self.interfaces_tracked(name, &instance.track_interfaces) {
            let interface = &line.name;
            let weighted = line.weight.is_some_and(|weight| weight.weight.0 != 0);
            let (message, help) = if own == Some(interface.value.as_str()) {
                let message =
                    format!("({name}) Ignoring track_interface {interface} since own interface");
                (
                    message,
                    "an instance tracks its own interface anyway; remove the line",
                )
            } else if let (Some(why), true) = (unweighted, weighted) {
                let message = match why {
                    Unweighted::Group => format!(
                        "({name}) ignoring {interface} tracked interface weight due to SYNC group"
                    ),
                    Unweighted::Owner => format!(
                        "({name}) ignoring {interface} tracked interface due to address owner"
                    ),
                };
                (message, why.help())
            } else {
                continue;
            };
            let problem = Diagnostic::error("track-ignored", message).at(interface.span);
            self.problems.push(problem.help(help));
        }
        self.tracked_twice(instance, group);
    }

    /// The group tracks it for all of its members.
    fn tracked_twice(&mut self, instance: &Instance, group: Option<&SyncGroup>) {
        let Some(group) = group else {
            return;
        };
        for line in &instance.track_interfaces {
            let Some(first) = self.groups.tracks(group, &line.name) else {
                continue;
            };
            let message = format!(
                "({}) track_interface {} is configured on VRRP instance and sync group. Remove \
                 vrrp instance or sync group config",
                instance.name, line.name
            );
            let problem = Diagnostic::error("tracked-twice", message).at(line.name.span);
            let text = format!("group {} tracks it for all its members", group.name);
            self.problems.push(problem.label(first, text));
        }
    }

    /// Lines whose interface exists, or may come.
    fn interfaces_tracked<'l>(&mut self, who: &str, lines: &'l [TrackLine]) -> Vec<&'l TrackLine> {
        let dynamic = self.ast.vrrp.defaults.dynamic_interfaces.is_some();
        let mut seen = BTreeSet::new();
        let mut good = Vec::new();
        for line in lines {
            let name = &line.name;
            if !dynamic && self.interface(name).is_none() {
                let message = format!("({who}) tracked interface {name} doesn't exist");
                let problem = Diagnostic::error("missing-interface", message);
                let known = self.known_interfaces();
                self.problems.push(problem.label(name.span, known));
            } else if seen.insert(name.value.as_str()) {
                good.push(line);
            } else {
                let message = format!("({who}) duplicate track_interface {name} - ignoring");
                self.error("duplicate-track", message, name.span);
            }
        }
        good
    }

    /// The scripts that each sync group tracks for its members.
    pub(super) fn groups_track(&mut self) -> Vec<(&'a SyncGroup, Vec<TrackScript>)> {
        let mut scripts = Vec::new();
        let owners: BTreeSet<&str> = self
            .ast
            .vrrp
            .instances
            .iter()
            .filter(|instance| super::router::priority(instance).0.is_owner())
            .map(|instance| instance.name.value.as_str())
            .collect();
        for group in self.groups.groups.clone() {
            let name = &group.name;
            let mut members = group.members.iter();
            let owner = members.find(|member| owners.contains(member.value.as_str()));
            let mut weighted: Vec<(&TrackLine, &str, &str)> = Vec::new();
            for (kind, lines) in [
                (Kind::Script, &group.track_scripts),
                (Kind::File, &group.track_files),
                (Kind::Process, &group.track_processes),
                (Kind::Bfd, &group.track_bfds),
            ] {
                let lines = self.objects.tracked(name, kind, lines, self.problems);
                if kind == Kind::Script {
                    let moves = |weight| if owner.is_some() { 0 } else { weight };
                    let tracked = lines.iter();
                    let tracked = tracked
                        .filter_map(|(line, weight)| self.script_tracked(line, moves(*weight)));
                    scripts.push((group, tracked.collect()));
                }
                let lines = lines.into_iter().filter(|(_, weight)| *weight != 0);
                let done = match kind {
                    Kind::Script => "clearing weight",
                    _ => "setting weight 0",
                };
                weighted.extend(lines.map(|(line, _)| (line, kind.word(), done)));
            }
            let interfaces = self.interfaces_tracked(name, &group.track_interfaces);
            let moved = interfaces
                .into_iter()
                .filter(|line| line.weight.is_some_and(|weight| weight.weight.0 != 0));
            weighted.extend(moved.map(|line| (line, "interface", "clearing weight")));
            let Some(owner) = owner else { continue };
            for (line, what, done) in weighted {
                let message = format!(
                    "({name}) Cannot have weighted track {what} '{}' with member having priority \
                     255 - {done}",
                    line.name
                );
                let problem = Diagnostic::error("weight-ignored", message).at(line.name.span);
                let problem = problem.label(owner.span, "this member has priority 255");
                self.problems
                    .push(problem.help("add `weight 0` to the line"));
            }
        }
        scripts
    }
}
