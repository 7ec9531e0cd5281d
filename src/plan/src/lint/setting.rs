//! Rules about settings that do nothing.

use grammar::{Diagnostic, Severity};

use super::rule::Rule;
use super::view::View;

pub(super) const SETTING_WITHOUT_EFFECT: Rule = Rule {
    id: "setting-without-effect",
    severity: Severity::Warning,
    checks: "settings that only count next to another one, such as smtp_alert without \
             notification_email",
    outcome: "nothing: what the setting was written for does not happen, and no log says so",
    fix: "add what it needs, or remove it",
    run: setting_without_effect,
};

fn setting_without_effect(rule: &Rule, view: &View<'_>, findings: &mut Vec<Diagnostic>) {
    for idle in view.nodes.iter().flat_map(|node| &node.idle) {
        findings.push(rule.warning(idle.message.as_str()).at(idle.at));
    }
}
