//! Routing rules, static and virtual: what the host must know of them.

use grammar::ast::rule::{Action, Rule};

use super::router::Routers;
use crate::facts::NumberTable;

impl Routers<'_> {
    /// Of all rules of the configuration.
    pub(super) fn rules(&mut self) {
        let vrrp = &self.ast.vrrp;
        let virtual_rules = vrrp.instances.iter().flat_map(|instance| &instance.rules);
        for rule in vrrp.static_rules.iter().chain(virtual_rules) {
            self.rule(rule);
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
