//! Rules about what the nodes of one virtual router must have in common.

use core::net::IpAddr;
use std::collections::BTreeMap;

use grammar::ast::vrrp::AuthType;
use grammar::{Diagnostic, Severity, Span};
use vrrp::config::Version;

use super::rule::Rule;
use super::view::{Group, Member, Router, View, listed, seconds};

/// Bytes of a password that count (RFC 2338 §5.3.10).
const MAX_PASSWORD: usize = 8;

pub(super) const AUTH_PASS_TRUNCATED: Rule = Rule {
    id: "auth-pass-truncated",
    severity: Severity::Warning,
    checks: "passwords longer than the eight bytes that VRRP sends",
    outcome: "the rest never counts: passwords that differ behind the eighth byte are the same, \
              and `keepalived -t` fails",
    fix: "cut the password to eight bytes on every node; it only guards against mistakes, as it \
          goes over the wire in clear text",
    run: auth_pass_truncated,
};

fn auth_pass_truncated(rule: &Rule, view: &View<'_>, findings: &mut Vec<Diagnostic>) {
    for (_, router) in view.members() {
        let Some(auth) = &router.auth else {
            continue;
        };
        let written = view.sources.text(auth.secret).trim_matches('"').len();
        if written <= MAX_PASSWORD {
            continue;
        }
        let message = format!(
            "auth_pass of {} has {written} bytes, and only the first {MAX_PASSWORD} count",
            router.name,
        );
        let extra = format!("the last {} never count", written - MAX_PASSWORD);
        findings.push(rule.warning(message).label(auth.secret, extra));
    }
}

/// What the members say about one thing: equal values together, the first member's first.
struct Said<T> {
    values: Vec<(T, Vec<(Member, Span)>)>,
}

impl<T: PartialEq> Said<T> {
    fn new(view: &View<'_>, group: &Group, of: impl Fn(&Router) -> Option<(T, Span)>) -> Self {
        let mut values: Vec<(T, Vec<(Member, Span)>)> = Vec::new();
        for member in &group.members {
            let Some((value, span)) = of(view.router(*member)) else {
                continue;
            };
            match values.iter_mut().find(|(known, _)| *known == value) {
                Some((_, who)) => who.push((*member, span)),
                None => values.push((value, vec![(*member, span)])),
            }
        }
        Self { values }
    }

    fn differs(&self) -> bool {
        self.values.len() > 1
    }

    /// Names what each node says, where it says it.
    fn label(&self, finding: Diagnostic, show: impl Fn(&T) -> String) -> Diagnostic {
        self.values.iter().fold(finding, |finding, (value, who)| {
            who.iter().fold(finding, |finding, (_, span)| {
                finding.label(*span, show(value))
            })
        })
    }

    /// `master1 and master2 have X, master3 has Y`.
    fn sentence(&self, view: &View<'_>, show: impl Fn(&T) -> String) -> String {
        let parts = self.values.iter().map(|(value, who)| {
            let names: Vec<&str> = who.iter().map(|(member, _)| view.node(*member)).collect();
            let verb = if names.len() == 1 { "has" } else { "have" };
            format!("{} {verb} {}", listed(&names), show(value))
        });
        parts.collect::<Vec<_>>().join(", ")
    }
}

pub(super) const AUTH_MISMATCH: Rule = Rule {
    id: "auth-mismatch",
    severity: Severity::Error,
    checks: "authentication of one virtual router on its nodes",
    outcome: "each node drops the other's adverts, so both become master and hold the addresses",
    fix: "give every node the same auth_type and auth_pass, or leave authentication out",
    run: auth_mismatch,
};

fn auth_mismatch(rule: &Rule, view: &View<'_>, findings: &mut Vec<Diagnostic>) {
    for group in &view.groups {
        let said = Said::new(view, group, |router| match &router.auth {
            _ if router.version.value == Version::V3 => None,
            Some(auth) => Some((Some((auth.kind, auth.password.clone())), auth.place)),
            None => Some((None, router.name.span)),
        });
        if !said.differs() {
            continue;
        }
        let kinds: Vec<_> = said
            .values
            .iter()
            .map(|(it, _)| it.as_ref().map(|it| it.0))
            .collect();
        let same_kind = kinds.iter().all(|kind| *kind == kinds[0]);
        let what = if same_kind {
            "different passwords"
        } else {
            "different authentication"
        };
        let message = format!(
            "the nodes of {} have {what}: they drop each other's adverts, and every one of them \
             becomes master",
            group.name(view)
        );
        findings.push(said.label(
            rule.error(message),
            |auth| match auth.as_ref().map(|it| it.0) {
                None => "no authentication".to_owned(),
                Some(_) if same_kind => "another password".to_owned(),
                Some(AuthType::Pass) => "PASS".to_owned(),
                Some(AuthType::Ah) => "AH".to_owned(),
            },
        ));
    }
}

pub(super) const VERSION_MISMATCH: Rule = Rule {
    id: "version-mismatch",
    severity: Severity::Error,
    checks: "the VRRP version of one virtual router on its nodes",
    outcome: "each node drops the other's adverts, so both become master and hold the addresses",
    fix: "set the same vrrp_version (or version) on every node",
    run: version_mismatch,
};

fn version_mismatch(rule: &Rule, view: &View<'_>, findings: &mut Vec<Diagnostic>) {
    let show = |version: &Version| match version {
        Version::V2 => "version 2".to_owned(),
        Version::V3 => "version 3".to_owned(),
    };
    for group in &view.groups {
        let said = Said::new(view, group, |router| {
            Some((router.version.value, router.version.span))
        });
        if said.differs() {
            let message = format!(
                "{} speaks different versions ({}): the nodes drop each other's adverts, and every \
                 one of them becomes master",
                group.name(view),
                said.sentence(view, show)
            );
            findings.push(said.label(rule.error(message), show));
        }
    }
}

pub(super) const ADVERT_INTERVAL_MISMATCH: Rule = Rule {
    id: "advert-interval-mismatch",
    severity: Severity::Error,
    checks: "advert_int of one virtual router on its nodes",
    outcome: "version 2 drops adverts with another interval, so both nodes become master; version \
              3 takes over the master's interval, so the time of a failover depends on who is it",
    fix: "set the same advert_int on every node",
    run: advert_interval_mismatch,
};

fn advert_interval_mismatch(rule: &Rule, view: &View<'_>, findings: &mut Vec<Diagnostic>) {
    for group in &view.groups {
        for version in [Version::V2, Version::V3] {
            let said = Said::new(view, group, |router| {
                let own = router.version.value == version;
                own.then_some((router.advert.value, router.advert.span))
            });
            if !said.differs() {
                continue;
            }
            let sentence = said.sentence(view, |it| format!("advert_int {}", seconds(*it)));
            let name = group.name(view);
            let finding = match version {
                Version::V2 => rule.error(format!(
                    "in {name} {sentence}: version 2 drops adverts with another interval, and \
                     every node becomes master"
                )),
                Version::V3 => rule.notice(format!(
                    "in {name} {sentence}: backups take over the master's interval, and how long a \
                     failover takes depends on who was master"
                )),
            };
            findings.push(said.label(finding, |it| format!("every {}", seconds(*it))));
        }
    }
}

pub(super) const VIP_LIST_MISMATCH: Rule = Rule {
    id: "vip-list-mismatch",
    severity: Severity::Error,
    checks: "the virtual addresses of one virtual router on its nodes",
    outcome: "keepalived up to 2.2 drops adverts with another list, so both nodes become master; \
              later ones lose those addresses at a failover that the new master does not have",
    fix: "list the same addresses on every node",
    run: vip_list_mismatch,
};

fn vip_list_mismatch(rule: &Rule, view: &View<'_>, findings: &mut Vec<Diagnostic>) {
    for group in &view.groups {
        let mut holders: BTreeMap<IpAddr, Vec<(Member, Span)>> = BTreeMap::new();
        for member in &group.members {
            let router = view.router(*member);
            for vip in router.vips.iter().chain(&router.excluded) {
                let who = holders.entry(vip.prefix.address).or_default();
                who.push((*member, vip.place));
            }
        }
        // Which addresses each node lacks; those that lack the same together.
        let mut lacks: BTreeMap<Member, Vec<IpAddr>> = BTreeMap::new();
        let mut places: Vec<Span> = Vec::new();
        for (address, who) in &holders {
            let without = |member: &&Member| who.iter().all(|(has, _)| has != *member);
            let missing: Vec<&Member> = group.members.iter().filter(without).collect();
            if !missing.is_empty() {
                places.extend(who.iter().map(|(_, place)| *place));
            }
            for member in missing {
                lacks.entry(*member).or_default().push(*address);
            }
        }
        if !lacks.is_empty() {
            findings.push(different_lists(rule, view, group, &lacks, &places));
        }
    }
}

fn different_lists(
    rule: &Rule,
    view: &View<'_>,
    group: &Group,
    lacks: &BTreeMap<Member, Vec<IpAddr>>,
    places: &[Span],
) -> Diagnostic {
    let mut together: Vec<(&Vec<IpAddr>, Vec<&str>)> = Vec::new();
    for (member, addresses) in lacks {
        match together.iter_mut().find(|(known, _)| *known == addresses) {
            Some((_, names)) => names.push(view.node(*member)),
            None => together.push((addresses, vec![view.node(*member)])),
        }
    }
    let join = |addresses: &[IpAddr]| {
        let shown: Vec<String> = addresses.iter().map(ToString::to_string).collect();
        shown.join(", ")
    };
    let parts = together.iter().map(|(addresses, names)| {
        let verb = if names.len() == 1 { "lacks" } else { "lack" };
        format!("{} {verb} {}", listed(names), join(addresses))
    });
    let message = format!(
        "the nodes of {} list different addresses: {}. An address is gone while a node without it \
         is master, and keepalived up to 2.2 drops such adverts, so that every node becomes master",
        group.name(view),
        parts.collect::<Vec<_>>().join("; ")
    );
    let finding = places.iter().fold(rule.error(message), |finding, place| {
        finding.label(*place, "not on every node")
    });
    lacks.iter().fold(finding, |finding, (member, addresses)| {
        let place = view.router(*member).name.span;
        finding.label(place, format!("lacks {}", join(addresses)))
    })
}

pub(super) const MASK_MISMATCH: Rule = Rule {
    id: "mask-mismatch",
    severity: Severity::Warning,
    checks: "prefix lengths of one virtual address on its nodes",
    outcome: "the address comes with another on-link route on each node: what the node itself \
              reaches directly changes with a failover",
    fix: "write the same prefix length on every node",
    run: mask_mismatch,
};

fn mask_mismatch(rule: &Rule, view: &View<'_>, findings: &mut Vec<Diagnostic>) {
    for group in &view.groups {
        let mut seen: BTreeMap<IpAddr, Vec<(Member, u8, Span)>> = BTreeMap::new();
        for member in &group.members {
            let router = view.router(*member);
            for vip in router.vips.iter().chain(&router.excluded) {
                let said = seen.entry(vip.prefix.address).or_default();
                said.push((*member, vip.prefix.len, vip.place));
            }
        }
        for (address, said) in seen {
            if said.iter().all(|(_, len, _)| *len == said[0].1) {
                continue;
            }
            let lengths = said
                .iter()
                .map(|(member, len, _)| format!("/{len} on {}", view.node(*member)));
            let message = format!(
                "{address} is {}: its on-link route changes with a failover",
                lengths.collect::<Vec<_>>().join(", ")
            );
            let finding = said
                .iter()
                .fold(rule.warning(message), |finding, (_, len, place)| {
                    finding.label(*place, format!("/{len}"))
                });
            findings.push(finding);
        }
    }
}
