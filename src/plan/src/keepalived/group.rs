//! Sync groups, track groups and garp groups: who belongs where.
//!
//! Invariants: an instance is in one sync group at most, the first one that names it; what
//! follows from a member that does not exist is not reported again.

use std::collections::BTreeMap;

use grammar::ast::leaf::Spanned;
use grammar::ast::vrrp::{GarpGroup, SyncGroup, TrackGroup, TrackLine};
use grammar::{Diagnostic, Span};

use super::name::Naming;

/// Which sync group each instance is in.
pub(super) struct Groups<'a> {
    naming: &'a Naming<'a>,
    members: BTreeMap<&'a str, (&'a SyncGroup, Span)>,
    /// Interfaces that a group tracks, by its name and theirs.
    interfaces: BTreeMap<(&'a str, &'a str), Span>,
    /// Those that stay, each name once.
    pub(super) groups: Vec<&'a SyncGroup>,
}

impl<'a> Groups<'a> {
    pub(super) fn new(naming: &'a Naming<'a>, problems: &mut Vec<Diagnostic>) -> Self {
        let vrrp = &naming.ast.vrrp;
        let instances = vrrp.instances.iter();
        let names = instances.map(|instance| (instance.name.value.as_str(), ()));
        let instances: BTreeMap<&str, ()> = names.collect();
        let mut groups = Self {
            naming,
            members: BTreeMap::new(),
            interfaces: BTreeMap::new(),
            groups: Vec::new(),
        };
        let mut places = BTreeMap::new();
        for group in &vrrp.sync_groups {
            let name = &group.name;
            if let Some(&first) = places.get(name.value.as_str()) {
                let message = format!("vrrp sync group {name} already defined");
                let problem = Diagnostic::error("duplicate-name", message);
                let problem = problem.label(name.span, "this one is left out");
                problems.push(problem.label(first, "this one counts"));
                continue;
            }
            places.insert(name.value.as_str(), name.span);
            if groups.join(group, &instances, problems) {
                groups.groups.push(group);
                for TrackLine {
                    name: interface, ..
                } in &group.track_interfaces
                {
                    let place = (name.value.as_str(), interface.value.as_str());
                    groups.interfaces.insert(place, interface.span);
                }
            }
        }
        groups
    }

    /// The group of an instance.
    pub(super) fn of(&self, instance: &str) -> Option<&'a SyncGroup> {
        self.members.get(instance).map(|(group, _)| *group)
    }

    /// Where the group tracks the interface.
    pub(super) fn tracks(&self, group: &SyncGroup, interface: &str) -> Option<Span> {
        self.interfaces
            .get(&(group.name.value.as_str(), interface))
            .copied()
    }

    /// Whether anything of the group is left.
    fn join(
        &mut self,
        group: &'a SyncGroup,
        instances: &BTreeMap<&str, ()>,
        problems: &mut Vec<Diagnostic>,
    ) -> bool {
        let name = &group.name;
        if group.members.is_empty() {
            if !group.rejected.contains("group") {
                let message = format!("Sync group {name} has no virtual router(s). removing");
                let problem = Diagnostic::error("empty-group", message).at(name.span);
                problems.push(problem.help("add `group { INSTANCE INSTANCE }`"));
            }
            return false;
        }
        let before = problems.len();
        let mut good = 0_usize;
        for member in &group.members {
            if !instances.contains_key(member.value.as_str()) {
                if !self.naming.is_lost(member) {
                    let message = format!(
                        "Virtual router {member} specified in sync group {name} doesn't exist - \
                         ignoring"
                    );
                    let problem = Diagnostic::error("unknown-instance", message).at(member.span);
                    let names = instances.keys().copied();
                    problems.push(self.naming.suggest(problem, member, names));
                }
            } else if let Some((_, first)) = self.members.get(member.value.as_str()) {
                let message = format!(
                    "Virtual router {member} cannot exist in more than one sync group; ignoring \
                     {name}"
                );
                let problem = Diagnostic::error("member-twice", message).at(member.span);
                problems.push(problem.label(*first, "already a member here"));
            } else {
                self.members.insert(&member.value, (group, member.span));
                good += 1;
            }
        }
        if good == 1 && group.members.len() == 1 && problems.len() == before {
            let message = format!(
                "Sync group {name} has only 1 virtual router(s) - this probably isn't what you want"
            );
            let problem = Diagnostic::error("lonely-group", message).at(name.span);
            problems.push(problem.help("a group moves several instances together; remove it"));
        }
        good > 0
    }
}

/// `track_group` names, in the order they are read.
pub(super) struct TrackGroups<'a> {
    naming: &'a Naming<'a>,
    names: BTreeMap<&'a str, (Span, &'a [Spanned<String>])>,
}

impl<'a> TrackGroups<'a> {
    pub(super) fn new(naming: &'a Naming<'a>, problems: &mut Vec<Diagnostic>) -> Self {
        let vrrp = &naming.ast.vrrp;
        let mut names = BTreeMap::new();
        let instances = vrrp.instances.iter();
        let instances: BTreeMap<&str, ()> = instances
            .map(|instance| (instance.name.value.as_str(), ()))
            .collect();
        for TrackGroup { name, members } in &vrrp.track_groups {
            if let Some(&(first, _)) = names.get(name.value.as_str()) {
                let message = format!("track_group {name} already defined");
                let problem = Diagnostic::error("duplicate-name", message);
                let problem = problem.label(name.span, "this one is left out");
                problems.push(problem.label(first, "this one counts"));
                continue;
            }
            names.insert(name.value.as_str(), (name.span, members.as_slice()));
            let unknown = members.iter().filter(|member| {
                !instances.contains_key(member.value.as_str()) && !naming.is_lost(member)
            });
            for member in unknown {
                // The original says nothing.
                let message = format!("track_group {name}: no vrrp_instance {member}");
                let problem = Diagnostic::warning("unknown-instance", message).at(member.span);
                problems.push(naming.suggest(problem, member, instances.keys().copied()));
            }
        }
        Self { naming, names }
    }

    /// The `track_group` option of a static item. Returns the members.
    pub(super) fn check(
        &self,
        group: &Spanned<String>,
        problems: &mut Vec<Diagnostic>,
    ) -> &'a [Spanned<String>] {
        let known = self.names.get(group.value.as_str()).copied();
        let defined = known.map(|(defined, _)| defined);
        if defined.is_some_and(|defined| self.naming.is_before(defined, group.span))
            || (defined.is_none() && self.naming.is_lost(group))
        {
            return known.map_or(&[], |(_, members)| members);
        }
        let message = format!("track_group {group} not found");
        let problem = Diagnostic::error("unknown-group", message).at(group.span);
        problems.push(match defined {
            Some(defined) => Naming::too_early(problem, group, defined, "track_group"),
            None => {
                let names = self.names.keys().copied();
                self.naming.suggest(problem, group, names)
            }
        });
        &[]
    }
}

/// Interfaces that stand in more than one `garp_group`, or twice in one.
pub(super) fn garp_groups(groups: &[GarpGroup], problems: &mut Vec<Diagnostic>) {
    let mut seen = BTreeMap::new();
    for interface in groups.iter().flat_map(|group| &group.interfaces) {
        match seen.get(interface.value.as_str()) {
            None => {
                seen.insert(interface.value.as_str(), interface.span);
            }
            Some(&first) => {
                let message = format!("garp_group already specified for {interface} - ignoring");
                let problem = Diagnostic::error("duplicate-interface", message);
                let problem = problem.at(interface.span);
                problems.push(problem.label(first, "already in a group here"));
            }
        }
    }
}
