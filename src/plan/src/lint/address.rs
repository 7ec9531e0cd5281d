//! Rules about addresses: whether they are announced, whether they answer.

use grammar::{Diagnostic, Severity, Span};

use super::rule::Rule;
use super::view::{Listener, Member, Router, View, seconds};

pub(super) const GARP_DISABLED: Rule = Rule {
    id: "garp-disabled",
    severity: Severity::Warning,
    checks: "how often a new master announces its addresses (garp_…, vrrp_garp_…, vrrp_min_garp)",
    outcome: "one lost packet, or a healed split brain, leaves neighbours with the old master's \
              hardware address until their caches expire, minutes later",
    fix: "leave the announcements at their defaults (five packets, five more after five seconds), \
          or set garp_master_refresh",
    run: garp_disabled,
};

fn garp_disabled(rule: &Rule, view: &View<'_>, findings: &mut Vec<Diagnostic>) {
    for (_, router) in view.members() {
        let garp = &router.garp;
        let name = &router.name;
        if garp.repeat <= 1 && garp.delay.is_zero() && garp.refresh.is_zero() {
            let message = format!(
                "{name} announces each address with a single packet when it becomes master, and \
                 never again: if that one is lost, clients go on sending to the old master"
            );
            findings.push(rule.warning(message).at(router.garp_place));
        }
        if garp.lower_prio_repeat == 0 && !garp.refresh.is_zero() {
            let message = format!(
                "{name} announces nothing when a split brain heals; clients that learned the \
                 other node's hardware address come back with the next refresh, at most {} later",
                seconds(garp.refresh)
            );
            findings.push(rule.notice(message).at(router.garp_place));
        } else if garp.lower_prio_repeat == 0 && router.strict.is_none() {
            let message = format!(
                "{name} announces nothing when a split brain heals: clients that learned the \
                 other node's hardware address stay with it until their caches expire"
            );
            findings.push(rule.warning(message).at(router.garp_place));
        }
    }
}

pub(super) const STRICT_HIDES_VIP: Rule = Rule {
    id: "strict-hides-vip",
    severity: Severity::Error,
    checks: "vrrp_strict, strict_mode and no_accept in front of addresses that something has to \
             answer on",
    outcome: "as the RFC demands, the master drops every packet to the addresses unless it owns \
              them: no ping, no connection, while keepalived says MASTER",
    fix: "remove vrrp_strict and no_accept, or keep strict mode with vrrp_version 3 and `accept`; \
          it is for routers whose address is only a gateway",
    run: strict_hides_vip,
};

fn strict_hides_vip(rule: &Rule, view: &View<'_>, findings: &mut Vec<Diagnostic>) {
    for (member, router) in view.members().filter(|(_, router)| router.hides()) {
        let service = answers(view, member, router);
        let (cause, why) = match (router.strict, router.accept) {
            (Some(strict), Some(accept)) if accept.value && strict != accept.span => (
                strict,
                "strict mode, where version 2 does not know `accept`, makes",
            ),
            (Some(strict), _) => (strict, "strict mode makes"),
            // Somebody wrote no_accept, and nothing is known to answer there.
            (None, _) if service.is_none() => continue,
            (None, accept) => (
                accept.map_or(router.name.span, |it| it.span),
                "no_accept makes",
            ),
        };
        let name = &router.name;
        let finding = match &service {
            Some((what, _)) => rule.error(format!(
                "{why} {name} drop every packet to its addresses, and {what} never gets one: \
                 clients time out while keepalived says MASTER"
            )),
            None => rule.warning(format!(
                "{why} {name} drop every packet to its addresses: they answer neither ping nor \
                 connections"
            )),
        };
        let finding = finding.label(cause, "drops the packets");
        let vip = router.vips.first();
        let finding = vip.into_iter().fold(finding, |finding, vip| {
            finding.label(vip.place, "does not answer")
        });
        findings.push(match service {
            Some((_, place)) => finding.label(place, "waits for them"),
            None => finding,
        });
    }
}

/// What is there to answer on the addresses of an instance.
fn answers(view: &View<'_>, member: Member, router: &Router) -> Option<(String, Span)> {
    let node = &view.nodes[member.node];
    let addresses = || router.vips.iter().map(|vip| vip.prefix.address);
    let own = |listener: &&Listener| {
        let any = || addresses().any(|vip| listener.hears(vip));
        listener.stream && any()
    };
    if let Some(listener) = node.listeners.iter().find(own) {
        return Some((format!("nginx on {}", listener.shown()), listener.place));
    }
    let services = node.services.iter();
    let mut services = services.filter(|service| addresses().any(|vip| service.serves(vip)));
    if let Some(service) = services.next() {
        return Some((format!("virtual_server {}", service.shown()), service.place));
    }
    let endpoints = view.kubeadm.iter().filter_map(|it| it.endpoint.as_ref());
    let mut endpoints = endpoints.filter(|it| {
        it.address()
            .is_some_and(|it| addresses().any(|vip| vip == it))
    });
    endpoints
        .next()
        .map(|endpoint| ("controlPlaneEndpoint".to_owned(), endpoint.span))
}
