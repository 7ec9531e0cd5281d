//! The lines that notify FIFOs get from the VRRP child.
//!
//! Invariants: pure; the format is the original's, without the zero byte that some of its lines
//! end with: `INSTANCE "NAME" STATE PRIORITY`, `GROUP "NAME" STATE 0` (keepalived.conf(5)
//! notify_fifo).

use base::Priority;
use plan::keepalived::Plan;
use vrrp::config::{GroupIx, RouterIx};
use vrrp::{Event, State};

use super::notify;

/// What a router is like when something is told of it.
pub type Standing = (State, Priority);

/// The line that tells `event`, if one does. `now` is what its router is like.
#[must_use]
pub fn line(plan: &Plan, event: &Event, now: Option<Standing>) -> Option<String> {
    if let Event::GroupTransition { group, to, .. } = event {
        return group_line(plan, *group, *to);
    }
    let ix = event.router()?.0 as usize;
    let (router, host) = (plan.vrrp.routers.get(ix)?, plan.routers.get(ix)?);
    if let Event::PriorityChanged { to, .. } = event {
        let word = match now?.0 {
            State::Master => "MASTER_PRIORITY",
            State::Backup => "BACKUP_PRIORITY",
            State::Init | State::Fault => return None,
        };
        return host
            .told
            .priorities
            .then(|| instance(&router.name, word, *to));
    }
    let occasion = notify::occasion(event)?;
    let priority = notify::priority(&occasion, router, now.map(|(_, priority)| priority));
    let word = notify::told_as(host, occasion.word);
    Some(instance(&router.name, word, priority))
}

/// The lines that repeat where all groups and instances are after a reload, if that is wanted;
/// `now` knows each router.
#[must_use]
pub fn states(plan: &Plan, now: impl Fn(RouterIx) -> Option<Standing>) -> Vec<String> {
    if !plan.pipes.states_on_reload {
        return Vec::new();
    }
    let groups = (0..).map(GroupIx).zip(&plan.vrrp.groups);
    let groups = groups.filter_map(|(ix, group)| {
        let (first, _) = now(*group.members.first()?)?;
        group_line(plan, ix, first)
    });
    let routers = (0..).map(RouterIx).zip(&plan.vrrp.routers);
    let routers = routers.filter_map(|(ix, router)| {
        let (state, priority) = now(ix).filter(|(state, _)| *state != State::Init)?;
        let word = notify::state_word(state);
        Some(instance(&router.name, word, priority))
    });
    groups.chain(routers).collect()
}

fn instance(name: &str, word: &str, priority: Priority) -> String {
    format!("INSTANCE \"{name}\" {word} {priority}\n")
}

fn group_line(plan: &Plan, group: GroupIx, to: State) -> Option<String> {
    let name = &plan.vrrp.groups.get(group.0 as usize)?.name;
    // A group has no priority (seen: 0).
    Some(format!("GROUP \"{name}\" {} 0\n", notify::state_word(to)))
}
