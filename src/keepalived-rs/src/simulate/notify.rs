//! Which notify commands an event would run: those that the daemon itself chooses.

use base::Priority;
use plan::keepalived::Plan;
use runtime::keepalived::notify;
use vrrp::Event;

/// Command lines that `event` runs, in the order in which they start; `priority` is the router's
/// while its daemon runs.
pub(super) fn commands(plan: &Plan, event: &Event, priority: Option<Priority>) -> Vec<String> {
    let programs = match (notify::occasion(event), event) {
        (Some(occasion), _) => {
            let ix = occasion.router.0 as usize;
            match (plan.routers.get(ix), plan.vrrp.routers.get(ix)) {
                (Some(host), Some(config)) => {
                    let priority = priority.unwrap_or(config.priority);
                    notify::commands(host, &config.name, &occasion, priority)
                }
                _ => Vec::new(),
            }
        }
        (None, Event::GroupTransition { group, to, .. }) => {
            let ix = group.0 as usize;
            match (plan.groups.get(ix), plan.vrrp.groups.get(ix)) {
                (Some(host), Some(config)) => notify::group_commands(host, &config.name, *to),
                _ => Vec::new(),
            }
        }
        (None, _) => Vec::new(),
    };
    let lines = programs.iter().map(|program| program.argv.join(" "));
    lines.collect()
}
