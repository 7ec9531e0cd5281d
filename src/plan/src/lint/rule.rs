//! The rules: what each looks at, what happens at run time, how to mend it.
//!
//! Invariants: an id never changes its meaning, since people write it into `--allow`; a rule only
//! gives findings with its own id.

use grammar::diagnostic::Class;
use grammar::{Diagnostic, Severity};

use super::view::View;
use super::{
    address, agreement, check, election, endpoint, network, node, ownership, peers, probe, setting,
    timing, tracking,
};

/// One rule. `lint --list` and the manual are made of these.
#[derive(Debug)]
pub struct Rule {
    /// Stable name, as in `--allow`.
    pub id: &'static str,
    /// How bad its worst finding is.
    pub severity: Severity,
    /// What it looks for.
    pub checks: &'static str,
    /// What the configuration does at run time then.
    pub outcome: &'static str,
    /// What to do about it.
    pub fix: &'static str,
    pub(super) run: fn(&Rule, &View<'_>, &mut Vec<Diagnostic>),
}

impl Rule {
    pub(super) fn run(&self, view: &View<'_>, findings: &mut Vec<Diagnostic>) {
        (self.run)(self, view, findings);
    }

    /// A finding of this rule that is certain.
    pub(super) fn error(&self, message: impl Into<String>) -> Diagnostic {
        self.finding(Diagnostic::error(self.id, message))
    }

    /// A finding that depends on something the files do not say, or that works but badly.
    pub(super) fn warning(&self, message: impl Into<String>) -> Diagnostic {
        self.finding(Diagnostic::warning(self.id, message))
    }

    /// A fact worth knowing.
    pub(super) fn notice(&self, message: impl Into<String>) -> Diagnostic {
        self.finding(Diagnostic::notice(self.id, message))
    }

    fn finding(&self, finding: Diagnostic) -> Diagnostic {
        finding.class(Class::None).help(self.fix)
    }
}

/// Every rule, by family.
#[must_use]
pub fn rules() -> &'static [Rule] {
    static RULES: &[Rule] = &[
        tracking::WEIGHT_CANNOT_FAILOVER,
        tracking::NO_TRACKING,
        tracking::SYNC_GROUP_WITH_WEIGHTS,
        election::NOPREEMPT_WITH_STATE_MASTER,
        election::NOPREEMPT_ON_LOWEST,
        election::PRIORITY_TIE,
        election::NO_BACKUP,
        agreement::VIP_LIST_MISMATCH,
        agreement::MASK_MISMATCH,
        agreement::AUTH_MISMATCH,
        agreement::AUTH_PASS_TRUNCATED,
        agreement::ADVERT_INTERVAL_MISMATCH,
        agreement::VERSION_MISMATCH,
        peers::VRID_CLASH,
        peers::VRID_MISMATCH,
        peers::UNICAST_PEER_ASYMMETRY,
        peers::MULTICAST_WITH_UNICAST,
        network::VIP_NOT_IN_INTERFACE_SUBNET,
        network::VIP_IS_NODE_ADDRESS,
        address::STRICT_HIDES_VIP,
        address::GARP_DISABLED,
        node::ALL_NODES_SAME_ROUTER_ID,
        ownership::VIP_PORT_OWNED_TWICE,
        ownership::PORT_TAKEN_TWICE,
        endpoint::ENDPOINT_BYPASSES_PROXY,
        endpoint::ENDPOINT_NOT_VIP,
        check::SCRIPT_SLOWER_THAN_INTERVAL,
        check::SCRIPT_STOPS_KEEPALIVED,
        check::SCRIPT_BY_NAME,
        probe::CHECK_DOES_NOT_CHECK,
        probe::CHECK_ONLY_SEES_PROCESS,
        probe::CHECK_ASKS_ANOTHER_PORT,
        setting::SETTING_WITHOUT_EFFECT,
        timing::FAILOVER_TIME,
    ];
    RULES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_every_text_is_there() {
        let mut ids: Vec<_> = rules().iter().map(|rule| rule.id).collect();
        ids.sort_unstable();
        let count = ids.len();
        ids.dedup();
        assert_eq!(ids.len(), count);
        for rule in rules() {
            for text in [rule.checks, rule.outcome, rule.fix] {
                assert!(!text.is_empty(), "{}", rule.id);
                assert!(!text.ends_with('.'), "{}: {text}", rule.id);
            }
        }
    }
}
