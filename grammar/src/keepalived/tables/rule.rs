//! Lines of `virtual_rules` and `static_rules`: selectors and an action, as `ip rule` takes them.
//!
//! Invariants: as in the original, a rule with a wrong selector or action is left out.
//! Deviation: `inet` and `inet6` do not swallow the word after them.

mod rows;
mod set;

use crate::ast::Ast;
use crate::ast::leaf::Spanned;
use crate::ast::rule::{Action, Rule};
use crate::ast::vrrp::Instance;
use crate::keepalived::line::{self, Wording};
use crate::keepalived::lower::each_entry;
use crate::keepalived::tables::route;
use crate::keyword::{Args, Lowering, Problem, Table};
use crate::tree::Block;

/// The number of keepalived's own rules (`RTPROT_KEEPALIVED`).
const OWN_PROTOCOL: u8 = 18;

/// Lines of `virtual_rules`.
pub static VIRTUAL: Table<Rule> = Table {
    block: "virtual_rules#line",
    rows: &rows::VIRTUAL,
};

/// Lines of `static_rules`.
pub static STATIC: Table<Rule> = Table {
    block: "static_rules#line",
    rows: &rows::STATIC,
};

/// `virtual_rules`
pub(super) fn virtual_rules(
    instance: &mut Instance,
    _: &Args<'_>,
    block: &Block,
    lowering: &mut Lowering<'_>,
) -> Result<(), Problem> {
    lines(&VIRTUAL, &mut instance.rules, block, lowering);
    Ok(())
}

/// `static_rules`
pub(super) fn static_rules(
    ast: &mut Ast,
    _: &Args<'_>,
    block: &Block,
    lowering: &mut Lowering<'_>,
) -> Result<(), Problem> {
    lines(&STATIC, &mut ast.vrrp.static_rules, block, lowering);
    Ok(())
}

fn lines(
    table: &Table<Rule>,
    rules: &mut Vec<Spanned<Rule>>,
    block: &Block,
    lowering: &mut Lowering<'_>,
) {
    each_entry(block, lowering, |args| {
        let first = &args.name.text;
        let wording = Wording {
            unknown: &|word| format!("Unknown rule option {word}"),
            missing: &|option, position| route::missing(first, option, position),
            ..Wording::default()
        };
        let mut rule = Rule::default();
        let outcome = line::whole(table, &mut rule, args, &wording);
        if outcome.flawed {
            return Ok(());
        }
        check(&rule)?;
        check_tracking(&mut rule, args);
        rules.push(Spanned::new(rule, args.name.span));
        Ok(())
    });
}

/// What a rule needs as a whole.
fn check(rule: &Rule) -> Result<(), Problem> {
    let Some(action) = &rule.action else {
        let problem = Problem::error("missing-action", "No action specified for rule - ignoring");
        return Err(problem.help("add `table <TABLE>`, or goto, nop, blackhole, prohibit…"));
    };
    if let Action::Goto(target) = action {
        let message = match rule.preference {
            Some(preference) if preference >= *target => {
                format!("Invalid rule - preference {preference} >= goto target {target}")
            }
            Some(_) => return Ok(()),
            None => format!("Invalid rule - goto target {target} specified without preference"),
        };
        let problem = Problem::error("invalid-goto", message);
        return Err(problem.help("a rule can only go on at a rule with a larger preference"));
    }
    let looks_up = matches!(action, Action::Table(_) | Action::L3mdev);
    let suppresses = rule.suppress_prefixlength.is_some() || rule.suppress_ifgroup.is_some();
    if !looks_up && (suppresses || rule.realms.is_some()) {
        let message = "suppressor/realm specified for non table action - skipping";
        return Err(Problem::error("unused-option", message));
    }
    Ok(())
}

/// What a rule must be for its removal to be noticed.
fn check_tracking(rule: &mut Rule, args: &Args<'_>) {
    if let Some(Spanned { value, span }) = rule.protocol
        && !rule.no_track
        && value != OWN_PROTOCOL
    {
        let message = "Rule cannot be tracked if protocol is not RTPROT_KEEPALIVED(18), \
                       resetting protocol";
        let problem = Problem::error("untracked-protocol", message).span(span);
        args.report(problem.help("add `no_track`, or leave `protocol` out"));
        rule.protocol = None;
    }
    if let Some(group) = &rule.track_group
        && rule.iif.is_none()
    {
        let message = "Static rule cannot have track_group if dev/iif not specified";
        let problem = Problem::error("missing-interface", message).span(group.span);
        args.report(problem.help("add `iif` with the interface of the rule"));
        rule.track_group = None;
    }
}
