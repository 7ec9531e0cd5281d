//! Rules about who becomes master.

use grammar::ast::vrrp::InitialState;
use grammar::{Diagnostic, Severity};

use super::rule::Rule;
use super::view::{Member, View};

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
    outcome: "both wait equally long, become master at the same moment, and the one with the \
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
            let names = names.join(" and ");
            let member = |member: &Member| view.router(*member);
            let calm = equals.iter().all(|it| member(it).nopreempt.is_some());
            let finding = if top && calm {
                rule.notice(format!(
                    "{names} have the same priority {value}: whoever starts first stays master \
                     (nopreempt); when they start together, the higher source address wins after \
                     both were master for a moment"
                ))
            } else if top {
                rule.warning(format!(
                    "{names} have the same priority {value}: the higher source address decides, \
                     after both were master for a moment"
                ))
            } else {
                rule.notice(format!(
                    "{names} have the same priority {value}: when the nodes above are gone, both \
                     become master for a moment, and the higher source address wins"
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
