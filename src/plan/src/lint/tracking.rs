//! Rules about what an instance tracks: whether a failure moves the addresses.

use std::collections::BTreeSet;

use grammar::{Diagnostic, Severity};

use super::combination::{crosses, priorities, steps};
use super::rule::Rule;
use super::view::{Group, Member, Router, Tracker, View};

pub(super) const WEIGHT_CANNOT_FAILOVER: Rule = Rule {
    id: "weight-cannot-failover",
    severity: Severity::Error,
    checks: "weights of tracked objects against the priorities of all nodes",
    outcome: "the check fails, the priority falls, and the addresses stay on the node that fails",
    fix: "make the weight larger than the gap to the next priority, or leave it out: without a \
          weight a failed check is a fault and the addresses move after the skew time",
    run: weight_cannot_failover,
};

fn weight_cannot_failover(rule: &Rule, view: &View<'_>, findings: &mut Vec<Diagnostic>) {
    for group in &view.groups {
        let mut order = group.members.clone();
        order.sort_by_key(|member| core::cmp::Reverse(view.router(*member).effective()));
        for (rank, member) in order.iter().enumerate() {
            // Those above are gone when this one is master.
            let rest = &order[rank + 1..];
            if rest.is_empty() {
                continue;
            }
            match judge(rule, view, *member, rest, rank == 0) {
                Some(finding) => {
                    findings.push(finding);
                    // The others' weights mostly have the same fault: one thing at a time.
                    break;
                }
                None => useless(rule, view, *member, &order, findings),
            }
        }
    }
}

/// Whether a backup takes over from a master that advertises this priority. An equal one keeps a
/// backup where it is (RFC 5798 §6.4.2).
pub(super) fn takes_over(backup: &Router, advertised: u8) -> bool {
    backup.preempts && backup.effective() > advertised
}

fn judge(
    rule: &Rule,
    view: &View<'_>,
    member: Member,
    rest: &[Member],
    usual_master: bool,
) -> Option<Diagnostic> {
    let router = view.router(member);
    let drops: Vec<&Tracker> = router.weighted().filter(|it| it.drop() < 0).collect();
    let first = drops.first()?;
    let all: i32 = drops.iter().map(|tracker| tracker.drop()).sum();
    let good: i32 = router.weighted().map(Tracker::good).sum();
    let (before, after) = (router.effective(), router.with(good + all));
    if rest
        .iter()
        .any(|other| takes_over(view.router(*other), after))
    {
        return None;
    }
    let parts = drops.iter().map(|it| format!("{} {}", it.name, it.event()));
    let what = parts.collect::<Vec<_>>().join(" and ");
    let best = rest
        .iter()
        .max_by_key(|other| view.router(**other).effective())?;
    let rival = view.router(*best);
    let reason = if before == 255 {
        "and a priority of 255 never changes"
    } else if rival.effective() > after {
        "which has nopreempt and so never takes over from a living master"
    } else if rival.effective() == after {
        "and equal is not enough to take over"
    } else {
        "still lower"
    };
    let message = format!(
        "when {what}, {} goes from priority {before} to {after}; the best other node is {} with \
         {}, {reason}: the addresses stay where they are",
        view.name(member),
        view.node(*best),
        rival.effective(),
    );
    let finding = if usual_master {
        rule.error(message)
    } else {
        rule.warning(message)
    };
    let finding = if before == 255 {
        finding.help("give the node a priority below 255, or track without a weight")
    } else if rival.effective() > after {
        finding.help(
            "leave the weight out: a failed check is a fault then, and the addresses move, \
             nopreempt or not; or remove nopreempt",
        )
    } else {
        finding
    };
    let mut finding = finding
        .label(first.name.span, format!("weight {}", first.weight))
        .label(router.priority.span, format!("priority {before}"));
    for other in rest {
        let other = view.router(*other);
        let preempt = if other.preempts { "" } else { ", nopreempt" };
        finding = finding.label(
            other.priority.span,
            format!("priority {}{preempt}", other.effective()),
        );
    }
    Some(finding)
}

/// Weights that never make a difference, beside others that do.
fn useless(
    rule: &Rule,
    view: &View<'_>,
    member: Member,
    all: &[Member],
    findings: &mut Vec<Diagnostic>,
) {
    let router = view.router(member);
    let mut rivals = BTreeSet::new();
    for other in all.iter().filter(|other| **other != member) {
        match priorities(view.router(*other)) {
            Some(reached) => rivals.extend(reached),
            None => return,
        }
    }
    if rivals.is_empty() {
        return;
    }
    for tracker in router.weighted() {
        let Some(steps) = steps(router, tracker) else {
            return;
        };
        let decides = |step: &(u8, u8)| rivals.iter().any(|rival| crosses(*step, *rival));
        if steps.iter().any(decides) {
            continue;
        }
        let message = format!(
            "{} never decides anything for {}: no other node's priority lies within its {}, \
             whatever else fails",
            tracker.name,
            view.name(member),
            tracker.weight.0.abs(),
        );
        let weight = format!("weight {}", tracker.weight);
        let finding = rule.warning(message).label(tracker.name.span, weight);
        let of = format!("priority {}", router.effective());
        findings.push(finding.label(router.priority.span, of));
    }
}

pub(super) const NO_TRACKING: Rule = Rule {
    id: "no-tracking",
    severity: Severity::Warning,
    checks: "instances that track nothing but their own interface",
    outcome: "the addresses move only when the node, its link or keepalived goes down, not when \
              the service behind them does",
    fix: "add a vrrp_script that asks the service itself, and name it in track_script",
    run: no_tracking,
};

fn no_tracking(rule: &Rule, view: &View<'_>, findings: &mut Vec<Diagnostic>) {
    let mut told = BTreeSet::new();
    for group in &view.groups {
        // What moves together is told once.
        let together = |member: &Member| Some((member.node, view.router(*member).sync_group?));
        let first = group.members.first().and_then(together);
        if first.is_some_and(|it| told.contains(&it)) {
            continue;
        }
        if let Some(finding) = untracked(rule, view, group) {
            told.extend(first);
            findings.push(finding);
        }
    }
}

/// One finding per virtual router.
fn untracked(rule: &Rule, view: &View<'_>, group: &Group) -> Option<Diagnostic> {
    // Members of a sync group on other interfaces are checks of each other; what IPVS balances
    // is checked there.
    let bare = |member: &&Member| {
        let (router, node) = (view.router(**member), &view.nodes[member.node]);
        let group = router
            .sync_group
            .and_then(|index| node.sync_groups.get(index));
        let synced = group.is_some_and(|group| group.spread);
        router.trackers.is_empty()
            && !router.tracks_unknown
            && !synced
            && node.services.is_empty()
            && !node.balances
    };
    let bare: Vec<&Member> = group.members.iter().filter(bare).collect();
    let first = bare.first()?;
    let addresses: Vec<String> = view
        .router(**first)
        .vips
        .iter()
        .map(|vip| vip.prefix.address.to_string())
        .collect();
    let scripts = || {
        let nodes = bare.iter().map(|member| &view.nodes[member.node]);
        let scripts = nodes.flat_map(|node| &node.scripts);
        scripts.filter(|script| !script.tracked)
    };
    let but = scripts().next().map_or(String::new(), |script| {
        format!(
            " ({} is defined, but no track_script names it)",
            script.name
        )
    });
    let what = match addresses.as_slice() {
        [] => "the node's role".to_owned(),
        addresses => addresses.join(", "),
    };
    let mut finding = rule.warning(format!(
        "{} tracks nothing{but}: {what} moves when the node goes down, and stays when the service \
         on it does",
        view.router(**first).name,
    ));
    for member in &bare {
        finding = finding.at(view.router(**member).name.span);
    }
    Some(scripts().fold(finding, |finding, script| {
        finding.label(script.name.span, "not tracked")
    }))
}

pub(super) const SYNC_GROUP_WITH_WEIGHTS: Rule = Rule {
    id: "sync-group-with-weights",
    severity: Severity::Error,
    checks: "weights of what an instance in a vrrp_sync_group tracks itself",
    outcome: "keepalived ignores what is tracked with a weight there: a failure changes nothing",
    fix: "track it in the vrrp_sync_group instead, leave the weight out, or add \
          sync_group_tracking_weight to the group",
    run: sync_group_with_weights,
};

fn sync_group_with_weights(rule: &Rule, view: &View<'_>, findings: &mut Vec<Diagnostic>) {
    for (member, router) in view.members() {
        for tracker in router.trackers.iter().filter(|tracker| tracker.ignored) {
            let groups = &view.nodes[member.node].sync_groups;
            let Some(group) = router.sync_group.and_then(|index| groups.get(index)) else {
                continue;
            };
            let message = format!(
                "{} ignores {}: it is a member of {}, and weights of members do not count there",
                router.name, tracker.name, group.name
            );
            let weight = format!("weight {}", tracker.weight);
            let finding = rule.error(message).label(tracker.name.span, weight);
            findings.push(finding.label(group.name.span, "without sync_group_tracking_weight"));
        }
    }
}
