//! Routing rules, static and virtual: looked up on this host, and as the kernel takes them.
//!
//! Invariants: every rule has a preference; a rule with a name that this host does not know is
//! reported and left out.

use std::collections::BTreeMap;

use base::Family;
use grammar::Diagnostic;
use grammar::ast::leaf::Spanned;
use grammar::ast::route::Destination;
use grammar::ast::rule::{self as written, Action, Range};
use wire::routing;

use super::route::network;
use super::router::Routers;
use super::routing::{Routing, Rule};
use crate::facts::NumberTable;

/// The preference that the first rule without one gets.
const FIRST_MADE_UP: u32 = 16_384;
/// RTPROT_KEEPALIVED
const OWN_PROTOCOL: u8 = 18;

/// FR_ACT_* of linux/fib_rules.h.
const fn number(action: &Action) -> u8 {
    match action {
        Action::Table(_) | Action::L3mdev => 1,
        Action::Goto(_) => 2,
        Action::Nop => 3,
        Action::Blackhole => 6,
        Action::Unreachable => 7,
        Action::Prohibit => 8,
    }
}

/// Planned rules.
#[derive(Debug, Default)]
pub(super) struct Rules<'a> {
    /// Of `static_rules`.
    pub(super) statics: Vec<Routing>,
    /// Of `virtual_rules`, by the name of the instance.
    pub(super) by_instance: BTreeMap<&'a str, Vec<Routing>>,
}

impl<'a> Routers<'a> {
    /// Of all rules of the configuration.
    pub(super) fn rules(&mut self) -> Rules<'a> {
        let vrrp = &self.ast.vrrp;
        let virtual_rules = vrrp.instances.iter().flat_map(|instance| {
            let name = Some(instance.name.value.as_str());
            instance.rules.iter().map(move |rule| (name, rule))
        });
        let static_rules = vrrp.static_rules.iter().map(|rule| (None, rule));
        let all: Vec<_> = static_rules.chain(virtual_rules).collect();
        let preferences = self.preferences(all.iter().map(|(_, rule)| *rule));
        let mut rules = Rules::default();
        for ((instance, rule), preference) in all.into_iter().zip(preferences) {
            let Some(planned) = self.rule(rule, preference) else {
                continue;
            };
            let planned = Routing::Rule(Box::new(planned));
            match instance {
                Some(instance) => rules.by_instance.entry(instance).or_default().push(planned),
                None => rules.statics.push(planned),
            }
        }
        for rule in &vrrp.static_rules {
            self.tie(rule.track_group.as_ref(), rule.iif.as_ref());
        }
        rules
    }

    /// Of each rule. The original makes up what is missing, counting down per family over the whole
    /// configuration, and its test fails.
    fn preferences<'r>(
        &mut self,
        rules: impl Iterator<Item = &'r Spanned<written::Rule>>,
    ) -> Vec<u32> {
        let rules: Vec<&Spanned<written::Rule>> = rules.collect();
        let mut preferences: Vec<u32> = rules
            .iter()
            .map(|rule| rule.preference.unwrap_or_default())
            .collect();
        let numbered = rules.iter().enumerate();
        let mut without: Vec<(usize, &Spanned<written::Rule>)> = numbered
            .filter(|(_, rule)| rule.preference.is_none())
            .map(|(at, rule)| (at, *rule))
            .collect();
        without.sort_by_cached_key(|(_, rule)| self.sources.order(rule.span));
        let mut made_up = [FIRST_MADE_UP; 2];
        for (at, rule) in without {
            let [v4, v6] = &mut made_up;
            let is_v6 = rule.known_family() == Some(Family::V6);
            let next = if is_v6 { v6 } else { v4 };
            let message = format!(
                "Rule has no preference specified - setting to {next}. This is probably not what \
                 you want."
            );
            if let Some(preference) = preferences.get_mut(at) {
                *preference = *next;
            }
            *next = next.saturating_sub(1);
            let problem = Diagnostic::error("missing-preference", message).at(rule.span);
            let help = "add `preference` with the place of the rule; smaller ones are looked at \
                        first";
            self.problems.push(problem.help(help));
        }
        preferences
    }

    /// Everything that is wrong with it is reported, so nothing returns early.
    fn rule(&mut self, rule: &written::Rule, priority: u32) -> Option<Rule> {
        let interfaces = rule.iif.iter().chain(&rule.oif);
        let missing = interfaces.filter(|name| !self.device(name, "rule"));
        let there = missing.count() == 0;
        let table = match &rule.action {
            Some(Action::Table(table)) => {
                let message = format!("Routing table {} not found for rule", table.value);
                self.number(NumberTable::Tables, table, message)
            }
            _ => Some(0),
        };
        let tos = self.number_or(NumberTable::DsFields, rule.tos.as_ref(), 0, |name| {
            format!("TOS value {name} is invalid")
        });
        let suppress_group = match &rule.suppress_ifgroup {
            None => Some(None),
            Some(group) => {
                let message = format!("suppress_group {} is invalid", group.value);
                self.number(NumberTable::Groups, group, message).map(Some)
            }
        };
        let realms = match &rule.realms {
            None => Some(None),
            Some(realms) => {
                let message = format!("invalid realms {} for rule", realms.value);
                self.realms(realms, message).map(Some)
            }
        };
        let action = rule.action.as_ref()?;
        let planned = routing::Rule {
            v6: rule.known_family() == Some(Family::V6),
            from: selector(rule.from.as_ref()),
            to: selector(rule.to.as_ref()),
            not: rule.not,
            action: number(action),
            table: table?,
            goto: match action {
                Action::Goto(target) => Some(*target),
                _ => None,
            },
            priority,
            tos: u8::try_from(tos?).ok()?,
            mark: rule.fwmark.map(|mark| mark.mark),
            mask: rule.fwmark.and_then(|mark| mark.mask),
            realms: realms?,
            suppress_prefix: rule.suppress_prefixlength,
            suppress_group: suppress_group?,
            iif: rule.iif.as_ref().map(|name| name.value.clone()),
            oif: rule.oif.as_ref().map(|name| name.value.clone()),
            tunnel: rule.tunnel_id,
            l3mdev: *action == Action::L3mdev,
            uids: rule.uids.map(|range| (range.first, range.last)),
            protocol: rule.protocol.map_or(OWN_PROTOCOL, |number| number.value),
            ip_protocol: rule.ipproto,
            sport: rule.sport.map(ports),
            dport: rule.dport.map(ports),
        };
        there.then_some(Rule {
            rule: planned,
            track: !rule.no_track,
        })
    }
}

fn selector(written: Option<&Spanned<Destination>>) -> Option<(core::net::IpAddr, u8)> {
    match written?.value {
        Destination::Prefix(prefix) => Some(network(prefix)),
        Destination::Default | Destination::DefaultV6 => None,
    }
}

const fn ports(range: Range<u16>) -> (u16, u16) {
    (range.first, range.last)
}
