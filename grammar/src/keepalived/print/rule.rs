//! Rule lines.

use core::fmt::Display;

use super::route::Line;
use super::word;
use crate::ast::rule::{Action, Range, Rule};

/// A rule with its options.
pub(super) fn rule_line(rule: &Rule) -> String {
    let mut line = Line::default();
    line.family(rule.family);
    line.flag("not", rule.not);
    line.option("from", rule.from);
    line.option("to", rule.to);
    line.text("iif", rule.iif.as_ref().map(|it| it.as_str()));
    line.text("oif", rule.oif.as_ref().map(|it| it.as_str()));
    line.named("tos", rule.tos.as_ref().map(|it| &it.value));
    let mark = rule.fwmark.map(|fwmark| match fwmark.mask {
        Some(mask) => format!("{}/{mask}", fwmark.mark),
        None => fwmark.mark.to_string(),
    });
    line.option("fwmark", mark);
    line.option("tunnel-id", rule.tunnel_id);
    line.option("uidrange", rule.uids.map(range));
    line.option("ipproto", rule.ipproto);
    line.option("sport", rule.sport.map(range));
    line.option("dport", rule.dport.map(range));
    line.option("preference", rule.preference);
    action(&mut line, rule.action.as_ref());
    line.realms(rule.realms.as_ref().map(|it| &it.value));
    line.option("suppress_prefixlength", rule.suppress_prefixlength);
    let group = rule.suppress_ifgroup.as_ref().map(|it| &it.value);
    line.named("suppress_ifgroup", group);
    line.option("protocol", rule.protocol);
    line.flag("no_track", rule.no_track);
    line.text(
        "track_group",
        rule.track_group.as_ref().map(|it| it.as_str()),
    );
    line.done()
}

fn range<N: Display>(range: Range<N>) -> String {
    format!("{}-{}", range.first, range.last)
}

fn action(line: &mut Line, action: Option<&Action>) {
    match action {
        None => {}
        Some(Action::Table(table)) => line.option("table", Some(word(&table.to_string()))),
        Some(Action::Goto(target)) => line.option("goto", Some(target)),
        Some(Action::L3mdev) => line.word("l3mdev"),
        Some(Action::Nop) => line.word("nop"),
        Some(Action::Blackhole) => line.word("blackhole"),
        Some(Action::Prohibit) => line.word("prohibit"),
        Some(Action::Unreachable) => line.word("unreachable"),
    }
}
