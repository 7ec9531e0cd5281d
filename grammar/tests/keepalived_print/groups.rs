//! Groups, tracked files and processes.

use grammar::ast::vrrp::{
    GarpGroup, InitFile, Notify, ParamMatch, SyncGroup, TrackFile, TrackGroup, TrackLine,
    TrackProcess, TrackWeight, Vrrp,
};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;

use super::{at, command, seconds, weight, word};

pub(super) fn lines() -> impl Strategy<Value = Vec<TrackLine>> {
    let line = (word(), of(weight()));
    vec(
        line.prop_map(|(name, weight)| TrackLine {
            name: at(name),
            weight,
        }),
        0..3,
    )
}

pub(super) fn notify() -> impl Strategy<Value = Notify> {
    (of(command()), of(command()), of(command())).prop_map(|(master, stop, any)| Notify {
        master,
        stop,
        any,
        ..Notify::default()
    })
}

fn members() -> impl Strategy<Value = Vec<grammar::ast::Spanned<String>>> {
    vec(word().prop_map(at), 1..4)
}

fn sync_group() -> impl Strategy<Value = SyncGroup> {
    let lists = (lines(), lines(), lines(), lines(), lines());
    let flags = any::<(bool, bool, Option<bool>, Option<bool>)>();
    (word(), members(), lists, notify(), flags).prop_map(
        |(name, members, lists, notify, (global_tracking, tracking_weight, alert, changes))| {
            SyncGroup {
                name: at(name),
                members,
                track_interfaces: lists.0,
                track_scripts: lists.1,
                track_files: lists.2,
                track_processes: lists.3,
                track_bfds: lists.4,
                notify,
                smtp_alert: alert,
                notify_priority_changes: changes,
                global_tracking,
                tracking_weight,
                ..SyncGroup::default()
            }
        },
    )
}

fn factor() -> impl Strategy<Value = TrackWeight> {
    (-254_i16..=254, of(any::<bool>())).prop_map(|(weight, reverse)| TrackWeight {
        weight: base::Weight(weight),
        reverse,
    })
}

fn file() -> impl Strategy<Value = TrackFile> {
    let init = (of(-254_i32..=254), any::<bool>());
    let init = init.prop_map(|(value, overwrite)| InitFile { value, overwrite });
    (word(), word(), of(factor()), of(init)).prop_map(|(name, path, weight, init)| TrackFile {
        name: at(name),
        file: Some(at(path)),
        weight: weight.map(at),
        init: init.map(at),
        ..TrackFile::default()
    })
}

fn process() -> impl Strategy<Value = TrackProcess> {
    let kind = prop_oneof![
        Just(ParamMatch::Exact),
        Just(ParamMatch::Initial),
        Just(ParamMatch::Partial)
    ];
    let counts = (of(1_u16..50), of(50_u16..));
    let delays = (of(seconds(1..3_600_000)), of(seconds(1..3_600_000)));
    (
        word(),
        vec(word(), 1..4),
        of(kind),
        of(factor()),
        counts,
        delays,
        any::<bool>(),
    )
        .prop_map(
            |(name, process, param_match, weight, (quorum, most), delays, full_command)| {
                TrackProcess {
                    name: at(name),
                    process: Some(at(process)),
                    param_match: param_match.map(at),
                    weight: weight.map(at),
                    quorum: quorum.map(at),
                    quorum_max: most.map(at),
                    terminate_delay: delays.0,
                    fork_delay: delays.1,
                    full_command,
                    ..TrackProcess::default()
                }
            },
        )
}

fn garp_group() -> impl Strategy<Value = GarpGroup> {
    let members = vec(word().prop_map(at), 0..3);
    let gaps = (seconds(1..4_294_000), of(seconds(1..4_294_000)));
    (gaps, members).prop_map(|((garp, gna), interfaces)| GarpGroup {
        garp_interval: Some(garp),
        gna_interval: gna,
        interfaces,
        ..GarpGroup::default()
    })
}

/// Everything but scripts, instances and defaults.
pub(super) fn around() -> impl Strategy<Value = Vrrp> {
    let track_group = (word(), members()).prop_map(|(name, members)| TrackGroup {
        name: at(name),
        members,
    });
    (
        vec(file(), 0..2),
        vec(process(), 0..2),
        vec(sync_group(), 0..2),
        vec(track_group, 0..2),
        vec(garp_group(), 0..2),
    )
        .prop_map(
            |(track_files, track_processes, sync_groups, track_groups, garp_groups)| Vrrp {
                track_files,
                track_processes,
                sync_groups,
                track_groups,
                garp_groups,
                ..Vrrp::default()
            },
        )
}
