//! `vrrp_sync_group`, `garp_group` and `track_group`: understood, not acted on yet.

use crate::ast::leaf::Setting;
use crate::keepalived::tables::{kept, kept_entries, kept_switch};
use crate::keyword::Table;

/// `track_group`
pub static TRACK_GROUP: Table<Vec<Setting>> = Table {
    block: "track_group",
    rows: &[kept_entries(
        "group",
        "{ <INSTANCE>... }",
        (0, Some(0)),
        "Members.",
    )],
};

/// `garp_group`
pub static GARP_GROUP: Table<Vec<Setting>> = Table {
    block: "garp_group",
    rows: &[
        kept(
            "garp_interval",
            "<SECS>",
            (1, Some(1)),
            "Gap between ARPs over all interfaces of the group.",
        )
        .default("0")
        .since("1.2.21"),
        kept(
            "gna_interval",
            "<SECS>",
            (1, Some(1)),
            "Gap between NAs over all interfaces of the group.",
        )
        .default("0")
        .since("1.2.21"),
        kept("interface", "<IF>", (1, Some(1)), "A single member."),
        kept_entries("interfaces", "{ <IF>... }", (0, Some(0)), "Members.").since("1.2.21"),
    ],
};

/// `vrrp_sync_group`
pub static VRRP_SYNC_GROUP: Table<Vec<Setting>> = Table {
    block: "vrrp_sync_group",
    rows: &[
        kept_entries("group", "{ <INSTANCE>... }", (0, Some(0)), "Members."),
        kept_entries(
            "track_interface",
            "{ <IF> [weight <N> [reverse|noreverse]] ... }",
            (0, Some(0)),
            "Track for every member.",
        ),
        kept_entries(
            "track_script",
            "{ <NAME> [weight <N> [reverse|noreverse]] ... }",
            (0, Some(0)),
            "Track for every member.",
        ),
        kept_entries(
            "track_file",
            "{ <NAME> [weight <N> [reverse|noreverse]] ... }",
            (0, Some(0)),
            "Track for every member.",
        )
        .since("2.0.0"),
        kept_entries(
            "track_process",
            "{ <NAME> [weight <N> [reverse|noreverse]] ... }",
            (0, Some(0)),
            "Track for every member.",
        )
        .since("2.0.11"),
        kept_entries(
            "track_bfd",
            "{ <NAME> [weight <N> [reverse|noreverse]] ... }",
            (0, Some(0)),
            "Track for every member.",
        )
        .since("2.0.0"),
        kept(
            "notify_backup",
            "<CMD> [<USER> [<GROUP>]]",
            (1, None),
            "Run on BACKUP.",
        ),
        kept(
            "notify_master",
            "<CMD> [<USER> [<GROUP>]]",
            (1, None),
            "Run on MASTER.",
        ),
        kept(
            "notify_fault",
            "<CMD> [<USER> [<GROUP>]]",
            (1, None),
            "Run on FAULT.",
        ),
        kept(
            "notify_stop",
            "<CMD> [<USER> [<GROUP>]]",
            (1, None),
            "Run at shutdown.",
        ),
        kept(
            "notify",
            "<CMD> [<USER> [<GROUP>]]",
            (1, None),
            "Run on every change with GROUP name STATE 0 appended.",
        ),
        kept_switch("smtp_alert", "Mail on change.").default("global"),
        kept(
            "global_tracking",
            "",
            (0, Some(0)),
            "Older, no effect beyond a warning. Deprecated.",
        )
        .since("1.2.3"),
        kept(
            "sync_group_tracking_weight",
            "",
            (0, Some(0)),
            "Let members use weighted tracking.",
        )
        .default("off")
        .since("2.0.0"),
        kept_switch("notify_priority_changes", "Priority lines on the pipe.")
            .default("global")
            .since("2.0.16"),
    ],
};
