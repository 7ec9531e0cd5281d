//! `keepalived.json`: state and counters for programs, in both of the original's shapes.
//!
//! Invariants: names, order and types are the original's, as exporters read them; passwords are
//! masked, as it does since 2.4. A list is left out where it would be empty.

use std::sync::Arc;

use plan::keepalived::{Command, Plan, ProcessWatch, RouterHost, Watch};
use serde::Serialize;
use serde_json::Number;
use vrrp::config::{Auth, ObjectIx, ObjectKind, Router, RouterIx, Version};
use vrrp::{RouterStatus, State};

use super::counters::Counters;
use super::routing::{route_line, rule_line};
use super::{Dumped, address, quoted};

/// The second shape (`json_version 2`).
#[derive(Serialize)]
struct Second<'a> {
    vrrp: Vec<Instance<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    track_process: Vec<Process<'a>>,
}

#[derive(Serialize)]
struct Instance<'a> {
    data: Data<'a>,
    stats: Counters,
}

#[derive(Serialize)]
struct Data<'a> {
    iname: &'a str,
    dont_track_primary: u8,
    skip_check_adv_addr: u8,
    strict_mode: u8,
    vmac_ifname: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    ifp_ifname: Option<&'a str>,
    master_priority: u8,
    last_transition: f64,
    garp_delay: Number,
    garp_refresh: u64,
    garp_rep: u32,
    garp_refresh_rep: u32,
    garp_lower_prio_delay: u64,
    garp_lower_prio_rep: u32,
    lower_prio_no_advert: u8,
    higher_prio_send_advert: u8,
    vrid: u8,
    base_priority: u8,
    effective_priority: u8,
    vipset: bool,
    promote_secondaries: bool,
    adver_int: Number,
    master_adver_int: Number,
    accept: u8,
    nopreempt: bool,
    preempt_delay: u64,
    state: u8,
    wantstate: u8,
    version: u8,
    smtp_alert: bool,
    notify_deleted: bool,
    #[serde(flatten)]
    scripts: Scripts,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    vips: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    evips: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    vroutes: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    vrules: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    track_ifp: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    track_script: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    track_process: Vec<&'a str>,
    auth_type: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_data: Option<&'static str>,
}

/// Notify commands that are set.
#[derive(Serialize)]
struct Scripts {
    #[serde(skip_serializing_if = "Option::is_none")]
    script_backup: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    script_master: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    script_fault: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    script_stop: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    script_deleted: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    script: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    script_master_rx_lower_pri: Option<String>,
}

/// One `vrrp_track_process` that something tracks.
#[derive(Serialize)]
struct Process<'a> {
    process: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    parameters: Option<String>,
    param_match: &'static str,
    min_processes: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_processes: Option<u16>,
    current_processes: usize,
    have_quorum: bool,
    weight: i16,
    terminate_delay: Number,
    fork_delay: Number,
    fork_delay_timer_running: bool,
    terminate_delay_timer_running: bool,
    full_command: bool,
}

/// All of the file, in the shape that the configuration asks for.
#[must_use]
pub(in super::super) fn json(dumped: &Dumped<'_>) -> String {
    let routers = dumped.plan.vrrp.routers.iter().zip(&dumped.plan.routers);
    let instances = (0_u32..).zip(routers).filter_map(|(ix, (router, host))| {
        let status = dumped.engine.status(RouterIx(ix))?;
        Some(Instance {
            stats: Counters::of(status.stats),
            data: data(dumped, router, host, &status),
        })
    });
    let vrrp: Vec<Instance<'_>> = instances.collect();
    let text = match dumped.plan.process.dumps.json_version {
        2 => {
            let track_process = processes(dumped);
            serde_json::to_string(&Second {
                vrrp,
                track_process,
            })
        }
        _ => serde_json::to_string(&vrrp),
    };
    // Every value is a number, a text or a list of them.
    text.unwrap_or_default() + "\n"
}

fn data<'a>(
    dumped: &Dumped<'a>,
    router: &'a Router,
    host: &'a RouterHost,
    status: &RouterStatus<'a>,
) -> Data<'a> {
    let master = status.state == State::Master;
    let heard = status.last_heard.filter(|_| status.state == State::Backup);
    let advertised = router.addresses.len().min(host.addresses.len());
    let (advertised, excluded) = host.addresses.split_at(advertised);
    let held = |addresses: &[Arc<_>]| {
        let held = addresses.iter();
        held.map(|it| address(it, &dumped.plan.links, master))
            .collect()
    };
    let garp = &router.garp;
    let since = dumped.clocks.wall(status.since);
    Data {
        iname: &router.name,
        dont_track_primary: router.ignores_link.into(),
        skip_check_adv_addr: router.skip_check_adv_addr.into(),
        strict_mode: host.strict.into(),
        vmac_ifname: host.link.as_deref().unwrap_or_default(),
        ifp_ifname: host.link.as_deref().or(host.interface.as_deref()),
        master_priority: heard.map_or(0, |heard| heard.priority.0),
        last_transition: since.as_secs_f64(),
        garp_delay: seconds(garp.delay),
        garp_refresh: garp.refresh.as_secs(),
        garp_rep: garp.repeat,
        garp_refresh_rep: garp.refresh_repeat,
        garp_lower_prio_delay: garp.lower_prio_delay.as_secs(),
        garp_lower_prio_rep: garp.lower_prio_repeat,
        lower_prio_no_advert: router.lower_prio_no_advert.into(),
        higher_prio_send_advert: router.higher_prio_send_advert.into(),
        vrid: router.key.vrid.get(),
        base_priority: router.priority.0,
        effective_priority: status.priority.0,
        vipset: master && !host.addresses.is_empty(),
        promote_secondaries: host.promote_secondaries,
        adver_int: seconds(router.advert_interval),
        master_adver_int: seconds(status.master_interval),
        accept: (!host.closed).into(),
        nopreempt: !router.preempt,
        preempt_delay: router.preempt_delay.as_secs(),
        state: number(status.state),
        wantstate: number(status.state),
        version: match router.version {
            Version::V2 => 2,
            Version::V3 => 3,
        },
        smtp_alert: host.told.mails,
        notify_deleted: host.notify.iter().any(|(on, _)| on == "DELETED"),
        scripts: scripts(&host.notify),
        vips: held(advertised),
        evips: held(excluded),
        vroutes: host.routing.iter().filter_map(route_line).collect(),
        vrules: host.routing.iter().filter_map(rule_line).collect(),
        track_ifp: tracked(dumped.plan, router, host, ObjectKind::Interface),
        track_script: scripts_tracked(dumped.plan, router, host),
        track_process: tracked(dumped.plan, router, host, ObjectKind::Process),
        auth_type: match &router.auth {
            Auth::None | Auth::Hmac(_) => 0,
            Auth::Pass(_) => 1,
            Auth::Ah(_) => 2,
        },
        auth_data: matches!(&router.auth, Auth::Pass(_) | Auth::Ah(_)).then_some("********"),
    }
}

fn scripts(notify: &[(String, Command)]) -> Scripts {
    let on = |word: &str| {
        let found = notify.iter().find(|(on, _)| on == word);
        found.map(|(_, command)| quoted(command))
    };
    Scripts {
        script_backup: on("BACKUP"),
        script_master: on("MASTER"),
        script_fault: on("FAULT"),
        script_stop: on("STOP"),
        script_deleted: on("DELETED"),
        script: on("*"),
        script_master_rx_lower_pri: on("MASTER_RX_LOWER_PRI"),
    }
}

fn tracked<'a>(
    plan: &'a Plan,
    router: &'a Router,
    host: &RouterHost,
    kind: ObjectKind,
) -> Vec<&'a str> {
    let objects = router.tracks.iter().take(host.listed.objects);
    let objects = objects.filter_map(|track| plan.vrrp.objects.get(track.object.0 as usize));
    let of_kind = objects.filter(|object| object.kind == kind);
    of_kind.map(|object| object.name.as_str()).collect()
}

fn scripts_tracked(plan: &Plan, router: &Router, host: &RouterHost) -> Vec<String> {
    let scripts = router.track_scripts.iter().take(host.listed.scripts);
    let commands = scripts.filter_map(|track| plan.scripts.get(track.script.0 as usize));
    commands.map(quoted).collect()
}

fn processes<'a>(dumped: &Dumped<'a>) -> Vec<Process<'a>> {
    let plan = dumped.plan;
    let watched = plan.watches.iter().zip(&plan.weights);
    let objects = plan.vrrp.objects.iter().zip(watched);
    let processes = (0_u32..)
        .zip(objects)
        .filter_map(|(ix, (object, (watch, weighing)))| {
            let Watch::Process(watch) = watch else {
                return None;
            };
            let object_ix = ObjectIx(ix);
            let status = dumped.engine.object_status(object_ix)?;
            let good = status.good.unwrap_or(false);
            let waits = status.due.is_some();
            Some(Process {
                process: watch.process.first().map_or("", String::as_str),
                parameters: parameters(watch),
                param_match: match_word(watch),
                min_processes: watch.quorum,
                max_processes: watch.quorum_max,
                current_processes: dumped.running.get(ix as usize).copied().unwrap_or(0),
                have_quorum: good,
                weight: match weighing.reverse {
                    true => weighing.weight.0.saturating_neg(),
                    false => weighing.weight.0,
                },
                terminate_delay: seconds(object.down_delay),
                fork_delay: seconds(object.up_delay),
                fork_delay_timer_running: waits && !good,
                terminate_delay_timer_running: waits && good,
                full_command: watch.full_command,
            })
        });
    processes.collect()
}

pub(super) fn parameters(watch: &ProcessWatch) -> Option<String> {
    let words = watch.process.get(1..).unwrap_or_default();
    (!words.is_empty()).then(|| words.join(" "))
}

pub(super) const fn match_word(watch: &ProcessWatch) -> &'static str {
    use grammar::ast::vrrp::ParamMatch;
    match watch.params {
        None => "none",
        Some(ParamMatch::Exact) => "exact",
        Some(ParamMatch::Partial) => "partial",
        Some(ParamMatch::Initial) => "initial",
    }
}

/// The original's numbers for states.
const fn number(state: State) -> u8 {
    match state {
        State::Init => 0,
        State::Backup => 1,
        State::Master => 2,
        State::Fault => 3,
    }
}

/// Whole seconds without a decimal point, as some readers want integers where they can be.
fn seconds(time: core::time::Duration) -> Number {
    if time.subsec_micros() == 0 {
        return time.as_secs().into();
    }
    // Finite, as every duration is.
    Number::from_f64(time.as_secs_f64()).unwrap_or_else(|| 0.into())
}
