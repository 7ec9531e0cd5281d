//! `vrrp_sync_group`, `garp_group` and `track_group`.
//!
//! Invariants: a second `group` list is not taken; a group that is not complete is reported once
//! and left out.

use core::time::Duration;

use crate::ast::Ast;
use crate::ast::leaf::{Node, Spanned};
use crate::ast::vrrp::{GarpGroup, SyncGroup, TrackGroup};
use crate::diagnostic::Diagnostic;
use crate::keepalived::lower::{each_entry, lower, lower_inactive};
use crate::keepalived::tables::{SWITCH, join, notify, track};
use crate::keepalived::value;
use crate::keyword::{Args, Keyword, Lowering, Problem, Repeat, Table};
use crate::tree::Block;

type Set = Result<(), Problem>;

/// `track_group`
pub static TRACK_GROUP: Table<TrackGroup> = Table {
    block: "track_group",
    rows: &[Keyword::block(
        "group",
        "{ <INSTANCE>... }",
        (0, Some(0)),
        |group: &mut TrackGroup, args, block, lowering| {
            let kind = format!("track group {}", group.name);
            members(&mut group.members, &kind, args, block, lowering)
        },
        "Names of the instances that belong to the group.",
    )
    .repeat(Repeat::First)
    .excess_is_error()],
};

/// `garp_group`
pub static GARP_GROUP: Table<GarpGroup> = Table {
    block: "garp_group",
    rows: &[
        Keyword::set(
            "garp_interval",
            "<SECS>",
            (1, Some(1)),
            |group: &mut GarpGroup, args| interval(&mut group.garp_interval, args),
            "Gap between ARPs over all interfaces of the group.",
        )
        .default("0")
        .since("1.2.21")
        .samples(&["0.5", "0.000001", "4294"], &["x", "4295", "-1", "0"]),
        Keyword::set(
            "gna_interval",
            "<SECS>",
            (1, Some(1)),
            |group: &mut GarpGroup, args| interval(&mut group.gna_interval, args),
            "Gap between NAs over all interfaces of the group.",
        )
        .default("0")
        .since("1.2.21")
        .samples(&["0.5", "0.000001", "4294"], &["x", "4295", "-1", "0"]),
        Keyword::set(
            "interface",
            "<IF>",
            (1, Some(1)),
            |group: &mut GarpGroup, args| {
                group.interfaces.push(value::text(args, 0)?);
                Ok(())
            },
            "Interface that is paced together with the others of the group.",
        )
        .repeat(Repeat::Many)
        .samples(&["eth0"], &[""]),
        Keyword::block(
            "interfaces",
            "{ <IF>... }",
            (0, Some(0)),
            |group: &mut GarpGroup, _, block, lowering| {
                words(&mut group.interfaces, block, lowering);
                Ok(())
            },
            "Interfaces that are paced together, one or more a line.",
        )
        .excess_is_error()
        .since("1.2.21"),
    ],
};

const TRACKED: &str = "As in vrrp_instance, but for every member of the group.";

/// `vrrp_sync_group`
pub static VRRP_SYNC_GROUP: Table<SyncGroup> = Table {
    block: "vrrp_sync_group",
    rows: {
        const LISTS: [Keyword<SyncGroup>; 10] = join(
            &TRACK,
            &notify::common("Run on every change with GROUP name STATE 0 appended."),
        );
        static ROWS: [Keyword<SyncGroup>; 15] = join(&OWN, &LISTS);
        &ROWS
    },
};

const TRACK: [Keyword<SyncGroup>; 5] = track::lists([TRACKED; 5]);

const OWN: [Keyword<SyncGroup>; 5] = [
    Keyword::block(
        "group",
        "{ <INSTANCE>... }",
        (0, Some(0)),
        |group: &mut SyncGroup, args, block, lowering| {
            let kind = format!("sync group {}", group.name);
            members(&mut group.members, &kind, args, block, lowering)
        },
        "Names of the instances that belong to the group.",
    )
    .excess_is_error()
    .repeat(Repeat::First),
    Keyword::set(
        "smtp_alert",
        SWITCH,
        (0, Some(1)),
        |group: &mut SyncGroup, args| {
            group.smtp_alert = Some(value::switch(args)?);
            Ok(())
        },
        "Whether a change of state is told by mail.",
    )
    .default("global")
    .samples(&["on", "false", ""], &["maybe", "1"]),
    Keyword::set(
        "global_tracking",
        "",
        (0, Some(0)),
        global_tracking,
        "Older, no effect beyond a warning. Deprecated.",
    )
    .accepted("without effect in the original, too")
    .since("1.2.3")
    .samples(&[""], &[]),
    Keyword::set(
        "sync_group_tracking_weight",
        "",
        (0, Some(0)),
        |group: &mut SyncGroup, _| {
            group.tracking_weight = true;
            Ok(())
        },
        "Let members use weighted tracking.",
    )
    .default("off")
    .since("2.0.0")
    .samples(&[""], &[]),
    Keyword::set(
        "notify_priority_changes",
        SWITCH,
        (0, Some(1)),
        |group: &mut SyncGroup, args| {
            group.notify_priority_changes = Some(value::switch(args)?);
            Ok(())
        },
        "Whether the pipe gets a line when a priority changes, too.",
    )
    .default("global")
    .since("2.0.16")
    .samples(&["on", "false", ""], &["maybe", "1"]),
];

fn global_tracking(group: &mut SyncGroup, args: &Args<'_>) -> Set {
    group.global_tracking = true;
    let name = &group.name;
    let message = format!(
        "({name}) global_tracking is deprecated. Use track_interface/script/file on the sync group"
    );
    args.report(value::deprecated(message).help("it has no effect; remove it"));
    Ok(())
}

fn interval(slot: &mut Option<Spanned<Duration>>, args: &Args<'_>) -> Set {
    let name = &args.name.text;
    let invalid = |word: &str| format!("garp_group {name} '{word}' invalid");
    *slot = Some(value::seconds(args, 0, 1..=4_294_000_000, invalid)?);
    Ok(())
}

/// The names of a list; several may stand in a line.
fn words(names: &mut Vec<Spanned<String>>, block: &Block, lowering: &mut Lowering<'_>) {
    each_entry(block, lowering, |args| {
        let all = core::iter::once(args.name).chain(args.words);
        names.extend(all.map(|word| Spanned::new(word.text.to_string(), word.span)));
        Ok(())
    });
}

fn members(
    names: &mut Vec<Spanned<String>>,
    kind: &str,
    args: &Args<'_>,
    block: &Block,
    lowering: &mut Lowering<'_>,
) -> Set {
    let before = lowering.diagnostics.len();
    words(names, block, lowering);
    if names.is_empty() && lowering.diagnostics.len() == before {
        let message = format!("Warning - {kind} has empty group block");
        let problem = Problem::error("empty-group", message).span(args.name.span);
        return Err(problem.help("list the names of its vrrp_instance blocks, one a line"));
    }
    Ok(())
}

/// The block at the top level.
pub(super) fn sync_group(
    ast: &mut Ast,
    args: &Args<'_>,
    block: &Block,
    lowering: &mut Lowering<'_>,
) -> Set {
    let mut group = SyncGroup {
        name: value::text(args, 0)?,
        ..SyncGroup::default()
    };
    let before = lowering.diagnostics.len();
    lower(&VRRP_SYNC_GROUP, &mut group, block, lowering);
    if group.members.is_empty() {
        ast.lose(&group.name);
        if !group.rejected.contains("group") && lowering.diagnostics.len() == before {
            let message = format!(
                "Sync group {} has no virtual router(s). removing",
                group.name
            );
            return Err(Problem::error("empty-group", message)
                .word(0)
                .help("list its instances: group { NAME NAME }"));
        }
        return Ok(());
    }
    ast.vrrp.sync_groups.push(group);
    Ok(())
}

/// The block at the top level.
pub(super) fn track_group(
    ast: &mut Ast,
    args: &Args<'_>,
    block: &Block,
    lowering: &mut Lowering<'_>,
) -> Set {
    let mut group = TrackGroup {
        name: value::text(args, 0)?,
        ..TrackGroup::default()
    };
    lower_inactive(&TRACK_GROUP, &mut group, block, lowering);
    ast.vrrp.track_groups.push(group);
    Ok(())
}

/// The block at the top level. Without a gap it would do nothing, so the original leaves it out.
pub(super) fn garp_group(
    ast: &mut Ast,
    args: &Args<'_>,
    block: &Block,
    lowering: &mut Lowering<'_>,
) -> Set {
    let mut group = GarpGroup::default();
    lower(&GARP_GROUP, &mut group, block, lowering);
    if group.garp_interval.is_none() && group.gna_interval.is_none() {
        if group.rejected.0.is_empty() {
            let message = "garp group does not have any delay set - removing";
            let problem = Diagnostic::error("incomplete-block", message).at(args.name.span);
            lowering.push(problem.help("add `garp_interval SECS` or `gna_interval SECS`"));
        }
        return Ok(());
    }
    ast.vrrp.garp_groups.push(group);
    Ok(())
}
