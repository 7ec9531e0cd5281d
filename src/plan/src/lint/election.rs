//! Rules about who becomes master.

use core::net::IpAddr;
use std::collections::BTreeMap;

use grammar::ast::vrrp::InitialState;
use grammar::{Diagnostic, Severity};

use super::rule::Rule;
use super::view::{Member, Router, View, listed};

pub(super) const NOPREEMPT_WITH_STATE_MASTER: Rule = Rule {
    id: "nopreempt-with-state-master",
    severity: Severity::Error,
    checks: "nopreempt in an instance with state MASTER",
    outcome: "keepalived drops nopreempt: the node takes the addresses back as soon as it returns",
    fix: "write `state BACKUP` on every node; the priority alone decides the first election",
    run: nopreempt_with_state_master,
};

fn nopreempt_with_state_master(rule: &Rule, view: &View<'_>, findings: &mut Vec<Diagnostic>) {
    for (member, router) in view.members() {
        let Some(nopreempt) = router.nopreempt else {
            continue;
        };
        let Some(state) = router.state.filter(|it| it.value == InitialState::Master) else {
            continue;
        };
        let message = format!(
            "nopreempt has no effect with state MASTER: {} takes the addresses back when it \
             returns, and they move twice",
            view.name(member)
        );
        let finding = rule.error(message).label(nopreempt, "is cleared at start");
        findings.push(finding.label(state.span, "because of this"));
    }
}

pub(super) const PRIORITY_TIE: Rule = Rule {
    id: "priority-tie",
    severity: Severity::Warning,
    checks: "nodes of one virtual router with the same priority",
    outcome: "they wait equally long, become master at the same moment, and the one with the \
              higher source address wins a moment later: the addresses are announced twice",
    fix: "give every node another priority",
    run: priority_tie,
};

fn priority_tie(rule: &Rule, view: &View<'_>, findings: &mut Vec<Diagnostic>) {
    for group in &view.groups {
        let mut order: Vec<Member> = group.members.clone();
        let priority = |member: &Member| view.router(*member).effective();
        order.sort_by_key(|member| core::cmp::Reverse(priority(member)));
        let mut rank = 0;
        for equals in order.chunk_by(|a, b| priority(a) == priority(b)) {
            let top = rank == 0;
            rank += equals.len();
            if equals.len() < 2 {
                continue;
            }
            let names: Vec<&str> = equals.iter().map(|member| view.node(*member)).collect();
            let value = priority(&equals[0]);
            let names = listed(&names);
            let member = |member: &Member| view.router(*member);
            let calm = equals.iter().all(|it| member(it).nopreempt.is_some());
            let finding = if top && calm {
                rule.notice(format!(
                    "{names} have the same priority {value}: whoever starts first stays master \
                     (nopreempt); when they start together, the higher source address wins after \
                     more than one was master for a moment"
                ))
            } else if top {
                rule.warning(format!(
                    "{names} have the same priority {value}: the higher source address decides, \
                     after more than one was master for a moment"
                ))
            } else {
                rule.notice(format!(
                    "{names} have the same priority {value}: when the nodes above are gone, they \
                     become master together for a moment, and the higher source address wins"
                ))
            };
            findings.push(equals.iter().fold(finding, |finding, member| {
                finding.label(
                    view.router(*member).priority.span,
                    format!("priority {value}"),
                )
            }));
        }
    }
}

pub(super) const NOPREEMPT_ON_LOWEST: Rule = Rule {
    id: "nopreempt-on-lowest",
    severity: Severity::Warning,
    checks: "nopreempt on the node with the lowest priority alone",
    outcome: "it keeps a node from taking over from a lower one, and there is none: the higher \
              node takes the addresses back when it returns",
    fix: "put nopreempt where the higher priority is, with `state BACKUP`, or on every node",
    run: nopreempt_on_lowest,
};

fn nopreempt_on_lowest(rule: &Rule, view: &View<'_>, findings: &mut Vec<Diagnostic>) {
    for group in &view.groups {
        let mut order: Vec<Member> = group.members.clone();
        order.sort_by_key(|member| view.router(*member).effective());
        let Some((lowest, above)) = order.split_first().filter(|(_, above)| !above.is_empty())
        else {
            continue;
        };
        let (router, next) = (view.router(*lowest), view.router(above[0]));
        let alone = above.iter().all(|it| view.router(*it).nopreempt.is_none());
        let Some(nopreempt) = router.nopreempt.filter(|_| alone) else {
            continue;
        };
        if router.effective() == next.effective() || router.priority.value == 255 {
            continue;
        }
        let finding = rule.warning(format!(
            "nopreempt changes nothing on {}, which has the lowest priority of {}: {} takes the \
             addresses back when it returns",
            view.node(*lowest),
            router.name,
            view.node(above[above.len() - 1]),
        ));
        let finding = finding.label(nopreempt, "nobody is lower");
        let top = view.router(above[above.len() - 1]);
        findings.push(finding.label(top.priority.span, "preempts"));
    }
}

pub(super) const NO_BACKUP: Rule = Rule {
    id: "no-backup",
    severity: Severity::Warning,
    checks: "virtual routers that only one of the given nodes has",
    outcome: "when that node goes down, nobody takes its addresses",
    fix: "configure the instance on another node, too; if its file was not given, give it",
    run: no_backup,
};

fn no_backup(rule: &Rule, view: &View<'_>, findings: &mut Vec<Diagnostic>) {
    let with_keepalived = view.nodes.iter().filter(|node| node.keepalived);
    if with_keepalived.count() < 2 {
        return;
    }
    // It may be in what was not there to be included, which was said.
    if view.nodes.iter().any(|node| node.unread) {
        return;
    }
    let elsewhere = Elsewhere::new(view);
    for group in &view.groups {
        let [only] = group.members.as_slice() else {
            continue;
        };
        let router = view.router(*only);
        // The same address or VRID elsewhere is another rule's matter.
        if router.vrid.is_none() || elsewhere.has(only.node, router) {
            continue;
        }
        let finding = rule.warning(format!(
            "{} is only on {}: no other node takes over when that one goes down",
            router.name,
            view.node(*only)
        ));
        findings.push(finding.label(router.name.span, "on no other node"));
    }
}

/// Which nodes have an address or a VRID; none when several have it.
struct Elsewhere {
    addresses: BTreeMap<IpAddr, Option<usize>>,
    vrids: BTreeMap<u8, Option<usize>>,
}

impl Elsewhere {
    fn new(view: &View<'_>) -> Self {
        let mut found = Self {
            addresses: BTreeMap::new(),
            vrids: BTreeMap::new(),
        };
        for (member, router) in view.members() {
            for vip in &router.vips {
                note(&mut found.addresses, vip.prefix.address, member.node);
            }
            if let Some(vrid) = router.vrid {
                note(&mut found.vrids, vrid.value, member.node);
            }
        }
        found
    }

    /// Whether another node than this one has something of the instance.
    fn has(&self, node: usize, router: &Router) -> bool {
        let other = |known: Option<&Option<usize>>| known.is_some_and(|it| *it != Some(node));
        let mut vips = router.vips.iter();
        vips.any(|vip| other(self.addresses.get(&vip.prefix.address)))
            || router
                .vrid
                .is_some_and(|vrid| other(self.vrids.get(&vrid.value)))
    }
}

fn note<K: Ord>(known: &mut BTreeMap<K, Option<usize>>, key: K, node: usize) {
    let first = known.entry(key).or_insert(Some(node));
    *first = first.filter(|it| *it == node);
}
