//! What `keepalived.data` says of sync groups and of what is tracked.

use core::fmt::Write as _;

use base::Weight;
use grammar::ast::vrrp::ParamMatch;
use plan::keepalived::{ProcessWatch, Watch, Weighing};
use vrrp::config::{ObjectIx, ObjectKind, ScriptIx, SyncGroup, Track, TrackScript};
use vrrp::{ObjectStatus, State};

use super::instance::{commands, yes};
use super::json::{match_word, parameters};
use super::{Dumped, quoted, state_word};

/// What a block lists. The original writes commas for some kinds, and a colon for one.
pub(super) fn listed(
    text: &mut String,
    dumped: &Dumped<'_>,
    scripts: &[TrackScript],
    objects: &[Track],
    processes: &str,
) {
    let of_kind = |text: &mut String, kind, title: &str, comma: &str| {
        let of_kind = objects.iter().filter_map(|track| {
            let object = dumped.plan.vrrp.objects.get(track.object.0 as usize)?;
            (object.kind == kind).then_some((&object.name, track.weight, track.reverse))
        });
        section(text, title, comma, of_kind);
    };
    of_kind(text, ObjectKind::Interface, "Tracked interfaces", "");
    let named = scripts.iter().filter_map(|track| {
        let script = dumped.plan.vrrp.scripts.get(track.script.0 as usize)?;
        Some((&script.name, track.weight, track.reverse))
    });
    section(text, "Tracked scripts", "", named);
    of_kind(text, ObjectKind::File, "Tracked files", ",");
    of_kind(text, ObjectKind::Process, processes, ",");
    of_kind(text, ObjectKind::Bfd, "Tracked BFDs", ":");
}

fn section<'a>(
    text: &mut String,
    title: &str,
    comma: &str,
    tracked: impl Iterator<Item = (&'a String, Weight, bool)>,
) {
    let mut first = true;
    for (name, weight, reverse) in tracked {
        if core::mem::take(&mut first) {
            let _ = writeln!(text, "   {title} :");
        }
        let _ = writeln!(text, "     {name}{comma} weight {weight}{}", word(reverse));
    }
}

const fn word(reverse: bool) -> &'static str {
    if reverse { " reverse" } else { "" }
}

/// Sync groups, and what they track for their members.
pub(super) fn groups(text: &mut String, dumped: &Dumped<'_>) {
    let plan = dumped.plan;
    for (group, host) in plan.vrrp.groups.iter().zip(&plan.groups) {
        let states: Vec<State> = group
            .members
            .iter()
            .filter_map(|member| Some(dumped.engine.status(*member)?.state))
            .collect();
        let count = |wanted| states.iter().filter(|state| **state == wanted).count();
        let _ = writeln!(
            text,
            " VRRP Sync Group = {}, {}\n   Num member fault {}, num member init {}\n   \
             VRRP member instances :",
            group.name,
            states.first().map_or("INIT", |state| state_word(*state)),
            count(State::Fault),
            count(State::Init),
        );
        for member in &group.members {
            if let Some(router) = plan.vrrp.routers.get(member.0 as usize) {
                let _ = writeln!(text, "     {}", router.name);
            }
        }
        let _ = writeln!(text, "   Using smtp notification = {}", yes(host.mails));
        let (scripts, objects) = of_group(dumped, group);
        listed(text, dumped, scripts, objects, "Tracked process");
        commands(text, &host.notify);
    }
}

/// Every member has what the group tracks at the end.
fn of_group<'a>(dumped: &Dumped<'a>, group: &SyncGroup) -> (&'a [TrackScript], &'a [Track]) {
    let member = group.members.first().map(|member| member.0 as usize);
    let found = member.and_then(|at| {
        let (router, host) = (
            dumped.plan.vrrp.routers.get(at)?,
            dumped.plan.routers.get(at)?,
        );
        let scripts = router.track_scripts.get(host.listed.scripts..)?;
        Some((scripts, router.tracks.get(host.listed.needed..)?))
    });
    found.unwrap_or_default()
}

/// Every `vrrp_script` that something tracks.
pub(super) fn scripts(text: &mut String, dumped: &Dumped<'_>) {
    let plan = dumped.plan;
    let described = plan.scripts.iter().zip(&plan.shown);
    for ((ix, script), (command, shown)) in (0..).zip(&plan.vrrp.scripts).zip(described) {
        let Some(status) = dumped.engine.script_status(ScriptIx(ix)) else {
            continue;
        };
        let _ = write!(
            text,
            " VRRP Script = {}\n   Command = {}\n   Interval = {} sec\n   Timeout = {} sec\n   \
             Weight = {}\n   Rise = {}\n   Fall = {}\n   Result = {}\n   Insecure = {}\n   \
             Init state = {}\n   Status = {}\n   Script uid:gid = {}:{}\n   VRRP instances :\n",
            script.name,
            quoted(command),
            millis(script.interval),
            millis(shown.timeout.unwrap_or_default()),
            weight(shown.weight),
            script.rise,
            script.fall,
            status.result,
            yes(shown.insecure),
            if status.good.is_none() {
                "INIT"
            } else {
                "unknown"
            },
            // Exporters know these two.
            if status.good == Some(true) {
                "GOOD"
            } else {
                "BAD"
            },
            command.uid,
            command.gid,
        );
        let routers = plan.vrrp.routers.iter();
        let tracking = routers.flat_map(|router| {
            let tracks = router.track_scripts.iter();
            let tracks = tracks.filter(|track| track.script == ScriptIx(ix));
            tracks.map(|track| (&router.name, track.weight, track.reverse))
        });
        section(text, "Tracking instances", ",", tracking);
        let state = if status.running { "running" } else { "idle" };
        let _ = writeln!(text, "   State = {state}");
    }
}

/// "1", "1.500"
fn millis(time: base::Duration) -> String {
    match time.subsec_millis() {
        0 => time.as_secs().to_string(),
        part => format!("{}.{part:03}", time.as_secs()),
    }
}

fn weight(weighing: Weighing) -> String {
    format!("{}{}", weighing.weight, word(weighing.reverse))
}

/// One tracked object of a kind.
struct Object<'a> {
    ix: ObjectIx,
    config: &'a vrrp::config::Object,
    watch: &'a Watch,
    weight: String,
    status: ObjectStatus,
}

fn of_kind<'a>(dumped: &Dumped<'a>, kind: ObjectKind) -> Vec<Object<'a>> {
    let plan = dumped.plan;
    let watched = plan.watches.iter().zip(&plan.weights);
    let objects = (0..).zip(&plan.vrrp.objects).zip(watched);
    let objects = objects.filter(|((_, config), _)| config.kind == kind);
    let objects = objects.filter_map(|((ix, config), (watch, weighing))| {
        Some(Object {
            ix: ObjectIx(ix),
            config,
            watch,
            weight: weight(*weighing),
            status: dumped.engine.object_status(ObjectIx(ix))?,
        })
    });
    objects.collect()
}

fn tracking(text: &mut String, dumped: &Dumped<'_>, object: ObjectIx) {
    let routers = dumped.plan.vrrp.routers.iter();
    let tracking = routers.flat_map(|router| {
        let tracks = router.tracks.iter();
        let tracks = tracks.filter(|track| track.object == object);
        tracks.map(|track| (&router.name, track.weight, track.reverse))
    });
    section(text, "Tracking instances", ",", tracking);
}

/// Every `track_file` that something tracks.
pub(super) fn files(text: &mut String, dumped: &Dumped<'_>) {
    for object in of_kind(dumped, ObjectKind::File) {
        let Watch::File { path, .. } = object.watch else {
            continue;
        };
        let _ = writeln!(
            text,
            " Track file = {}\n   File = {}\n   Status = {}\n   Weight = {}",
            object.config.name,
            path.display(),
            object.status.number.unwrap_or_default(),
            object.weight,
        );
        tracking(text, dumped, object.ix);
    }
}

/// Every `vrrp_track_process` that something tracks.
pub(super) fn processes(text: &mut String, dumped: &Dumped<'_>) {
    for object in of_kind(dumped, ObjectKind::Process) {
        let Watch::Process(watch) = object.watch else {
            continue;
        };
        process(text, dumped, &object, watch);
        tracking(text, dumped, object.ix);
    }
}

fn process(text: &mut String, dumped: &Dumped<'_>, object: &Object<'_>, watch: &ProcessWatch) {
    let name = watch.process.first().map_or("", String::as_str);
    let _ = writeln!(
        text,
        " VRRP Track process = {}\n   Process = {name}",
        object.config.name
    );
    if let Some(parameters) = parameters(watch) {
        let _ = writeln!(text, "   Parameters = {parameters}");
    }
    let _ = match (watch.params, match_word(watch)) {
        (None, _) => Ok(()),
        (Some(ParamMatch::Exact), _) => writeln!(text, "   Param match"),
        (Some(_), word) => writeln!(text, "   Param match = {word}"),
    };
    let _ = writeln!(text, "   Min processes = {}", watch.quorum);
    if let Some(most) = watch.quorum_max {
        let _ = writeln!(text, "   Max processes = {most}");
    }
    let good = object.status.good == Some(true);
    let waits = object.status.due.is_some();
    let timer = |runs| if runs { "" } else { "not " };
    let _ = writeln!(
        text,
        "   Current processes = {}\n   Have quorum = {good}\n   Weight = {}\n   \
         Terminate delay = {:.6}s\n   Fork delay = {:.6}s\n   Fork delay timer {}running\n   \
         Terminate delay timer {}running\n   Full command = {}",
        dumped.running.get(object.ix.0 as usize).unwrap_or(&0),
        object.weight,
        object.config.down_delay.as_secs_f64(),
        object.config.up_delay.as_secs_f64(),
        timer(waits && !good),
        timer(waits && good),
        watch.full_command,
    );
}

/// Every BFD session that something tracks.
pub(super) fn sessions(text: &mut String, dumped: &Dumped<'_>) {
    for object in of_kind(dumped, ObjectKind::Bfd) {
        let up = object.status.good == Some(true);
        let _ = writeln!(
            text,
            " VRRP Track BFD = {}\n   Weight = {}\n   Bfd is {}\n   Tracking VRRP instances :",
            object.config.name,
            object.weight,
            if up { "up" } else { "down" },
        );
        tracking(text, dumped, object.ix);
    }
}
