//! How long a failover takes.

use core::time::Duration;

use grammar::{Diagnostic, Severity};

use vrrp::config::Version;

use super::rule::Rule;
use super::tracking;
use super::view::{Group, Kind, Member, View, seconds};

/// A takeover after a crash that takes longer than this is worth a warning: clients give up.
const LONG: Duration = Duration::from_secs(5);

pub(super) const FAILOVER_TIME: Rule = Rule {
    id: "failover-time",
    severity: Severity::Warning,
    checks: "advert_int, priorities and checks of one virtual router",
    outcome: "a stopped master is replaced after the skew time, a dead one only after three \
              adverts (down_timer_adverts) and the skew time",
    fix: "for a faster takeover use version 3 with an advert_int below one second on every node, \
          or fewer down_timer_adverts",
    run: failover_time,
};

fn failover_time(rule: &Rule, view: &View<'_>, findings: &mut Vec<Diagnostic>) {
    for group in view.groups.iter().filter(|group| group.members.len() > 1) {
        findings.extend(state_times(rule, view, group));
    }
}

/// The times from the usual master to the next node.
fn state_times(rule: &Rule, view: &View<'_>, group: &Group) -> Option<Diagnostic> {
    let mut order: Vec<Member> = group.members.clone();
    order.sort_by_key(|member| core::cmp::Reverse(view.router(*member).effective()));
    let (master, next) = (*order.first()?, *order.get(1)?);
    let (old, new) = (view.router(master), view.router(next));
    // In version 3 a backup goes by the master's interval (RFC 5798 §6.4.2).
    let advert = match new.version.value {
        Version::V2 => new.advert.value,
        Version::V3 => old.advert.value,
    };
    let skew = new.skew_of(advert, new.effective());
    let silent = advert * u32::from(new.down_adverts) + skew;
    let earliest = silent.saturating_sub(old.advert.value);
    let mut times = vec![
        format!("stop or reboot {}", seconds(skew)),
        format!(
            "kill -9, power or link lost {} to {}",
            seconds(earliest),
            seconds(silent)
        ),
    ];
    times.extend(check_time(view, (master, next), skew, silent));
    let name = &old.name;
    let (from, to) = (view.node(master), view.node(next));
    let times = times.join("; ");
    let finding = if silent > LONG {
        rule.warning(format!(
            "{name} moves from {from} to {to} late when {from} dies: {} adverts of {} and {} skew \
             time ({times})",
            new.down_adverts,
            seconds(advert),
            seconds(skew),
        ))
    } else {
        let mut notice = rule.notice(format!("{name} moves from {from} to {to}: {times}"));
        notice.help = None;
        notice
    };
    let finding = finding.label(
        old.advert.span,
        format!("every {}", seconds(old.advert.value)),
    );
    Some(finding.label(
        new.priority.span,
        format!("skew {} = (256 - {})/256", seconds(skew), new.effective()),
    ))
}

/// From the failure of the slowest script until the addresses have moved.
fn check_time(
    view: &View<'_>,
    (master, next): (Member, Member),
    skew: Duration,
    silent: Duration,
) -> Option<String> {
    let router = view.router(master);
    let scripts = router.trackers.iter().filter(|it| it.kind == Kind::Script);
    let timed = scripts.filter_map(|tracker| tracker.script.map(|script| (tracker, script)));
    let (tracker, script) = timed.max_by_key(|(_, script)| script.detection())?;
    let name = &tracker.name;
    let seen = script.detection();
    let most = if tracker.weight.0 == 0 {
        seen + skew
    } else if tracking::takes_over(view.router(next), router.with_failed(tracker)) {
        // Adverts with the lower priority do not restart the next node's timer.
        seen + silent
    } else {
        return Some(format!("{name} fails: never"));
    };
    Some(format!(
        "{name} fails: at most {} ({} every {}{})",
        seconds(most),
        if script.fall == 1 {
            "one run".to_owned()
        } else {
            format!("{} runs", script.fall)
        },
        seconds(script.interval),
        if script.written { "" } else { ", the default" }
    ))
}
