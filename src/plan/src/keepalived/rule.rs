//! Routing rules, static and virtual: what the host must know of them, and their places.
//!
//! Invariant: a rule without a preference gets one as in the original: 16384, and each further one
//! a lower one, in the order of the text.

use grammar::Diagnostic;
use grammar::ast::leaf::Spanned;
use grammar::ast::rule::{Action, Rule};

use super::router::Routers;
use crate::facts::NumberTable;

/// Given to the first rule without a preference.
const FIRST_PREFERENCE: usize = 16_384;

impl Routers<'_> {
    /// Of all rules of the configuration.
    pub(super) fn rules(&mut self) {
        let vrrp = &self.ast.vrrp;
        let virtual_rules = vrrp.instances.iter().flat_map(|instance| &instance.rules);
        let all = || vrrp.static_rules.iter().chain(virtual_rules.clone());
        for rule in all() {
            self.rule(rule);
        }
        let without = all().filter(|rule| rule.preference.is_none());
        let mut without: Vec<&Spanned<Rule>> = without
            .filter(|rule| !rule.rejected.contains("preference"))
            .collect();
        without.sort_by_cached_key(|rule| self.sources.order(rule.span));
        for (number, rule) in without.into_iter().enumerate() {
            let preference = FIRST_PREFERENCE.saturating_sub(number);
            let message = format!(
                "Rule has no preference specified - setting to {preference}. This is probably not \
                 what you want."
            );
            let problem = Diagnostic::error("no-preference", message).at(rule.span);
            let help = "add `preference N`, a number that no other rule of this host has";
            self.problems.push(problem.help(help));
        }
        for group in vrrp
            .static_rules
            .iter()
            .filter_map(|rule| rule.track_group.as_ref())
        {
            self.track_groups.check(group, self.problems);
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
