//! What instances and sync groups track.
//!
//! Invariants: an owner's priority and the members of a sync group are not moved by weights,
//! unless the group says so; what is ignored for that was reported.

use std::collections::BTreeSet;

use base::{Priority, Weight};
use grammar::ast::vrrp::{Instance, SyncGroup, TrackLine};
use grammar::{Diagnostic, Span};
use vrrp::config::{Track, TrackScript};

use super::object::{Kind, Tracked};
use super::router::Routers;

/// What one router tracks.
#[derive(Clone, Debug, Default)]
pub(super) struct Tracks {
    pub(super) scripts: Vec<TrackScript>,
    pub(super) objects: Vec<Track>,
}

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
    /// What the engine tracks for an instance.
    pub(super) fn tracked(&mut self, instance: &'a Instance, base: Priority) -> Tracks {
        let name = &instance.name;
        let group = self.groups.of(name);
        let unweighted = match group {
            Some(group) if !group.tracking_weight => Some(Unweighted::Group),
            _ if base.is_owner() => Some(Unweighted::Owner),
            _ => None,
        };
        let mut tracks = Tracks::default();
        self.instance_interfaces(instance, group, unweighted, &mut tracks);
        for (kind, lines) in [
            (Kind::File, &instance.track_files),
            (Kind::Process, &instance.track_processes),
            (Kind::Bfd, &instance.track_bfds),
            (Kind::Script, &instance.track_scripts),
        ] {
            for tracked in self.objects.tracked(name, kind, lines, self.problems) {
                if let (Some(why), true) = (unweighted, tracked.weight != 0)
                    && self.ignored(instance, kind, tracked, why)
                {
                    continue;
                }
                self.track(kind, tracked, &mut tracks);
            }
        }
        tracks
    }

    fn track(&mut self, kind: Kind, tracked: Tracked<'_>, tracks: &mut Tracks) {
        let Tracked {
            line,
            weight,
            reverse,
        } = tracked;
        let weight = Weight(weight);
        let own = self.objects.weighing(kind, &line.name.value);
        let object = match kind {
            Kind::Script => {
                if let Some(script) = self.scripts.get(&line.name.value).copied().flatten() {
                    let script = script.index;
                    tracks.scripts.push(TrackScript {
                        script,
                        weight,
                        reverse,
                    });
                }
                return;
            }
            Kind::File => self.watched.file(&line.name, own),
            Kind::Process => self.watched.process(&line.name, own),
            Kind::Bfd => Some(self.watched.session(&line.name.value, own)),
        };
        tracks.objects.extend(object.map(|object| Track {
            object,
            weight,
            reverse,
        }));
    }

    /// Reports that the weight does not count. False where it does all the same.
    fn ignored(
        &mut self,
        instance: &Instance,
        kind: Kind,
        tracked: Tracked<'_>,
        why: Unweighted,
    ) -> bool {
        let (object, weight) = (&tracked.line.name, tracked.weight);
        let (name, due) = (&instance.name, why.words());
        let message = match kind {
            Kind::Script => {
                format!("({name}) ignoring tracked script {object} with weights due to {due}")
            }
            Kind::File if weight == 1 => format!(
                "({name}) ignoring weight from tracked file {object} due to {due}. specify weight 0"
            ),
            // The original lets them pass.
            Kind::Process => return false,
            Kind::File | Kind::Bfd => format!(
                "({name}) ignoring tracked {} {object} with weight {weight} due to {due}",
                kind.word()
            ),
        };
        let problem = Diagnostic::error("weight-ignored", message).at(object.span);
        self.problems.push(problem.help(why.help()));
        true
    }

    fn instance_interfaces(
        &mut self,
        instance: &Instance,
        group: Option<&SyncGroup>,
        unweighted: Option<Unweighted>,
        tracks: &mut Tracks,
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
                tracks.objects.push(self.interface_tracked(line));
                continue;
            };
            let problem = Diagnostic::error("track-ignored", message).at(interface.span);
            self.problems.push(problem.help(help));
        }
        self.tracked_twice(instance, group);
    }

    fn interface_tracked(&mut self, line: &TrackLine) -> Track {
        let weight = line.weight;
        Track {
            object: self.watched.interface(&line.name.value),
            weight: weight.map_or(Weight(0), |weight| weight.weight),
            reverse: weight.and_then(|weight| weight.reverse) == Some(true),
        }
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

    /// What each sync group tracks for its members.
    pub(super) fn groups_track(&mut self) -> Vec<(&'a SyncGroup, Tracks)> {
        let mut tracked = Vec::new();
        let owners: BTreeSet<&str> = self
            .ast
            .vrrp
            .instances
            .iter()
            .filter(|instance| super::router::priority(instance).0.is_owner())
            .map(|instance| instance.name.value.as_str())
            .collect();
        for group in self.groups.groups.clone() {
            let mut members = group.members.iter();
            let owner = members.find(|member| owners.contains(member.value.as_str()));
            tracked.push((
                group,
                self.group_tracks(group, owner.map(|owner| owner.span)),
            ));
        }
        tracked
    }

    /// With an address owner among the members weights do not count.
    fn group_tracks(&mut self, group: &'a SyncGroup, owner: Option<Span>) -> Tracks {
        let name = &group.name;
        let mut tracks = Tracks::default();
        let mut weighted: Vec<(&TrackLine, &str, &str)> = Vec::new();
        for (kind, lines) in [
            (Kind::Script, &group.track_scripts),
            (Kind::File, &group.track_files),
            (Kind::Process, &group.track_processes),
            (Kind::Bfd, &group.track_bfds),
        ] {
            let done = match kind {
                Kind::Script => "clearing weight",
                _ => "setting weight 0",
            };
            for mut tracked in self.objects.tracked(name, kind, lines, self.problems) {
                if tracked.weight != 0 && owner.is_some() {
                    weighted.push((tracked.line, kind.word(), done));
                    tracked.weight = 0;
                }
                self.track(kind, tracked, &mut tracks);
            }
        }
        for line in self.interfaces_tracked(name, &group.track_interfaces) {
            let mut track = self.interface_tracked(line);
            if track.weight.0 != 0 && owner.is_some() {
                weighted.push((line, "interface", "clearing weight"));
                track.weight = Weight(0);
            }
            tracks.objects.push(track);
        }
        for (line, what, done) in weighted {
            let message = format!(
                "({name}) Cannot have weighted track {what} '{}' with member having priority \
                 255 - {done}",
                line.name
            );
            let problem = Diagnostic::error("weight-ignored", message).at(line.name.span);
            let text = "this member has priority 255";
            let problem = owner
                .into_iter()
                .fold(problem, |it, owner| it.label(owner, text));
            self.problems
                .push(problem.help("add `weight 0` to the line"));
        }
        tracks
    }
}
