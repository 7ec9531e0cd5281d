//! Routing rules, static and virtual: what the host must know of them, and their preferences.

use base::Family;
use grammar::Diagnostic;
use grammar::ast::leaf::Spanned;
use grammar::ast::rule::{Action, Rule};

use super::router::Routers;
use crate::facts::NumberTable;

/// The preference that the first rule without one gets.
const FIRST_MADE_UP: u32 = 16_384;

impl Routers<'_> {
    /// Of all rules of the configuration.
    pub(super) fn rules(&mut self) {
        let vrrp = &self.ast.vrrp;
        let virtual_rules = vrrp.instances.iter().flat_map(|instance| &instance.rules);
        for rule in vrrp.static_rules.iter().chain(virtual_rules) {
            self.rule(rule);
        }
        self.preferences();
        for group in vrrp
            .static_rules
            .iter()
            .filter_map(|rule| rule.track_group.as_ref())
        {
            self.track_groups.check(group, self.problems);
        }
    }

    /// The original makes up what is missing, counting down per family over the whole
    /// configuration, and its test fails.
    fn preferences(&mut self) {
        let vrrp = &self.ast.vrrp;
        let virtual_rules = vrrp.instances.iter().flat_map(|instance| &instance.rules);
        let rules = vrrp.static_rules.iter().chain(virtual_rules);
        let mut without: Vec<&Spanned<Rule>> =
            rules.filter(|rule| rule.preference.is_none()).collect();
        without.sort_by_cached_key(|rule| self.sources.order(rule.span));
        let mut made_up = [FIRST_MADE_UP; 2];
        for rule in without {
            let [v4, v6] = &mut made_up;
            let is_v6 = rule.known_family() == Some(Family::V6);
            let next = if is_v6 { v6 } else { v4 };
            let message = format!(
                "Rule has no preference specified - setting to {next}. This is probably not what \
                 you want."
            );
            *next = next.saturating_sub(1);
            let problem = Diagnostic::error("missing-preference", message).at(rule.span);
            let help = "add `preference` with the place of the rule; smaller ones are looked at \
                        first";
            self.problems.push(problem.help(help));
        }
    }

    fn rule(&mut self, rule: &Rule) {
        for interface in rule.iif.iter().chain(&rule.oif) {
            self.device(interface, "rule");
        }
        if let Some(Action::Table(table)) = &rule.action {
            let message = format!("Routing table {} not found for rule", table.value);
            self.number(NumberTable::Tables, table, message);
        }
        if let Some(tos) = &rule.tos {
            let message = format!("TOS value {} is invalid", tos.value);
            self.number(NumberTable::DsFields, tos, message);
        }
        if let Some(group) = &rule.suppress_ifgroup {
            let message = format!("suppress_group {} is invalid", group.value);
            self.number(NumberTable::Groups, group, message);
        }
        if let Some(realms) = &rule.realms {
            self.realms(realms, format!("invalid realms {} for rule", realms.value));
        }
    }
}
