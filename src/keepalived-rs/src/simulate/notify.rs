//! Which notify commands a transition would run.

use lab::script::State;
use plan::keepalived::Plan;
use vrrp::config::RouterIx;

/// Command lines that a change of this router to `to` runs, in the order in which they start.
pub(super) fn of_router(plan: &Plan, router: RouterIx, to: State) -> Vec<String> {
    let ix = router.0 as usize;
    let (Some(host), Some(config)) = (plan.routers.get(ix), plan.vrrp.routers.get(ix)) else {
        return Vec::new();
    };
    let word = to.to_string();
    let of = |on: &str| {
        let on = on.to_owned();
        host.notify.iter().filter(move |(event, _)| *event == on)
    };
    let own = of(&word).map(|(_, command)| command.argv.join(" "));
    let general = of("*").map(|(_, command)| {
        let line = command.argv.join(" ");
        format!("{line} INSTANCE {} {word} …", config.name)
    });
    own.chain(general).collect()
}
