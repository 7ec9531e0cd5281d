//! Rules about addresses: where they fit, whether they are announced.

use core::net::IpAddr;

use grammar::{Diagnostic, Severity};

use super::rule::Rule;
use super::view::{Router, View, Vip, seconds};

pub(super) const VIP_NOT_IN_INTERFACE_SUBNET: Rule = Rule {
    id: "vip-not-in-interface-subnet",
    severity: Severity::Warning,
    checks: "virtual addresses with a prefix length against the node's own address",
    outcome: "the address comes with an on-link route to a network the node has no other address \
              in; neighbours only find it if they are in that network too",
    fix: "check the address and its prefix length; write it without one (or with /32, /128) when \
          it is routed to the nodes",
    run: vip_not_in_interface_subnet,
};

fn vip_not_in_interface_subnet(rule: &Rule, view: &View<'_>, findings: &mut Vec<Diagnostic>) {
    for (_, router) in view.members() {
        let Some(source) = router.source else {
            continue;
        };
        for vip in router.vips.iter().filter(|vip| !vip.elsewhere) {
            if !outside(vip, source.value) {
                continue;
            }
            let message = format!(
                "{} is not in the network of {}, which {} sends from",
                vip.prefix, source.value, router.name
            );
            let finding = rule.warning(message);
            let finding = finding.label(vip.place, format!("not the network of {}", source.value));
            findings.push(finding.label(source.span, "the node's own address"));
        }
    }
}

/// Whether the network that an address was written with leaves `source` out.
fn outside(vip: &Vip, source: IpAddr) -> bool {
    let len = u32::from(vip.prefix.len);
    match (vip.prefix.address, source) {
        _ if !vip.prefix.written => false,
        (IpAddr::V4(vip), IpAddr::V4(source)) if len < 32 => {
            (vip.to_bits() ^ source.to_bits()) & !(u32::MAX >> len) != 0
        }
        (IpAddr::V6(vip), IpAddr::V6(source)) if len < 128 => {
            // Adverts come from a link-local address whatever network the rest is in.
            let local = source.is_unicast_link_local();
            !local && (vip.to_bits() ^ source.to_bits()) & !(u128::MAX >> len) != 0
        }
        _ => false,
    }
}

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
    for (member, router) in view.members() {
        let garp = &router.garp;
        let name = view.name(member);
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
        } else if garp.lower_prio_repeat == 0 && !strict(router) {
            let message = format!(
                "{name} announces nothing when a split brain heals: clients that learned the \
                 other node's hardware address stay with it until their caches expire"
            );
            findings.push(rule.warning(message).at(router.garp_place));
        }
    }
}

/// Strict mode sets it so, as the RFC knows no such announcement.
fn strict(router: &Router) -> bool {
    router.strict.is_some()
}

pub(super) const STRICT_HIDES_VIP: Rule = Rule {
    id: "strict-hides-vip",
    severity: Severity::Warning,
    checks: "vrrp_strict or strict_mode in front of addresses that something has to answer on",
    outcome: "as the RFC demands, the master drops every packet to the addresses unless it owns \
              them: no ping, no connection, while keepalived says MASTER",
    fix: "remove vrrp_strict; it is for routers whose address is only a gateway",
    run: strict_hides_vip,
};

fn strict_hides_vip(rule: &Rule, view: &View<'_>, findings: &mut Vec<Diagnostic>) {
    for (member, router) in view.members() {
        let Some(strict) = router.strict else {
            continue;
        };
        if router.accept || router.priority.value == 255 {
            continue;
        }
        let message = format!(
            "strict mode makes {} drop every packet to its addresses: they answer neither ping \
             nor connections",
            view.name(member)
        );
        let finding = rule.warning(message).label(strict, "strict mode");
        let first = router.vips.first();
        findings.push(match first {
            Some(vip) => finding.label(vip.place, "does not answer"),
            None => finding,
        });
    }
}
