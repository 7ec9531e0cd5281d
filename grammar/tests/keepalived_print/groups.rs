//! Groups, tracked files and processes.

use core::time::Duration;

use grammar::ast::vrrp::{
    AntiReplay, AuthHmac, BfdInstance, GarpGroup, HmacKey, HmacMode, InitFile, Notify, ParamMatch,
    Secret, SyncGroup, TrackFile, TrackGroup, TrackLine, TrackProcess, TrackWeight, Vrrp,
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

/// The lines of `track_interface`, where nothing can be cancelled.
pub(super) fn links() -> impl Strategy<Value = Vec<TrackLine>> {
    lines().prop_map(|mut lines| {
        for weight in lines.iter_mut().filter_map(|line| line.weight.as_mut()) {
            weight.reverse = weight.reverse.filter(|reverse| *reverse);
        }
        lines
    })
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
    let lists = (links(), lines(), lines(), lines(), lines());
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

fn bfd() -> impl Strategy<Value = BfdInstance> {
    let micros =
        |range: core::ops::Range<u64>| of(range.prop_map(Duration::from_micros).prop_map(at));
    let most = 4_294_967_000_u64;
    let times = (
        micros(1_000..most),
        micros(1_000..most),
        micros(1_000_000..most),
    );
    let addresses = any::<([u8; 4], Option<[u8; 4]>)>();
    let hops = (of(64_u8..), of(-1_i16..=64));
    let flags = any::<(bool, bool, bool, Option<bool>)>();
    let rest = (of(1_u8..), of(weight()), hops, flags);
    ("[a-z]{1,31}", addresses, times, rest).prop_map(
        |(name, (neighbor, source), (min_rx, min_tx, idle_tx), rest)| {
            let (multiplier, weight, (ttl, max_hops), (passive, vrrp, checker, multihop)) = rest;
            BfdInstance {
                name: at(name),
                neighbor: Some(at(neighbor.into())),
                source: source.map(|source| at(source.into())),
                min_rx,
                min_tx,
                idle_tx,
                multiplier: multiplier.map(at),
                passive,
                ttl: ttl.map(at),
                max_hops: max_hops.map(at),
                multihop,
                weight: weight.map(at),
                vrrp,
                checker,
                ..BfdInstance::default()
            }
        },
    )
}

pub(super) fn auth_hmac() -> impl Strategy<Value = AuthHmac> {
    let secret = prop_oneof![
        "[a-zA-Z0-9#!;$ ]{30,62}".prop_map(|text| Secret::Text(format!("k{text}y"))),
        vec(any::<u8>(), 32..=64).prop_map(Secret::Hex),
        word().prop_map(Secret::File),
    ];
    let replay = prop_oneof![Just(AntiReplay::Time), Just(AntiReplay::Monotonic)];
    let mode = prop_oneof![
        Just(HmacMode::Enforce),
        Just(HmacMode::Permissive),
        Just(HmacMode::ReceiveOnly)
    ];
    (vec(secret, 1..3), of(1_u16..=300), of(replay), of(mode)).prop_map(
        |(secrets, time_window, anti_replay, mode)| AuthHmac {
            keys: (1_u8..)
                .zip(secrets)
                .map(|(id, secret)| HmacKey {
                    id: at(id),
                    secret: at(secret),
                })
                .collect(),
            active_key: Some(at(1)),
            time_window: time_window.map(at),
            anti_replay: anti_replay.map(at),
            mode: mode.map(at),
            ..AuthHmac::default()
        },
    )
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
        vec(bfd(), 0..2),
    )
        .prop_map(
            |(track_files, track_processes, sync_groups, track_groups, garp_groups, bfd)| Vrrp {
                bfd_instances: bfd,
                track_files,
                track_processes,
                sync_groups,
                track_groups,
                garp_groups,
                ..Vrrp::default()
            },
        )
}
