//! Tracked files and processes: understood, not acted on yet.

use crate::ast::leaf::Setting;
use crate::keepalived::tables::kept;
use crate::keyword::Table;

/// `vrrp_track_process`
pub static VRRP_TRACK_PROCESS: Table<Vec<Setting>> = Table {
    block: "vrrp_track_process",
    rows: &[
        kept(
            "process",
            "<PATH> [<PARAM>...]",
            (1, None),
            "Program (and parameters) to count.",
        )
        .default("required")
        .since("2.0.11"),
        kept(
            "param_match",
            "[initial|partial]",
            (0, None),
            "How parameters compare.",
        )
        .default("exact")
        .since("2.0.16"),
        kept(
            "weight",
            "<N> [reverse|noreverse]",
            (1, None),
            "Priority change.",
        )
        .default("0"),
        kept(
            "quorum",
            "<N>",
            (1, Some(1)),
            "Least number that counts as up.",
        )
        .default("1"),
        kept(
            "quorum_max",
            "<N>",
            (1, Some(1)),
            "Largest number that counts as up.",
        )
        .default("none")
        .since("2.0.16"),
        kept("delay", "<SECS>", (1, Some(1)), "Sets both delays below.")
            .default("0")
            .since("2.0.11"),
        kept(
            "terminate_delay",
            "<SECS>",
            (1, Some(1)),
            "Delay before a loss is acted on.",
        )
        .default("0")
        .since("2.0.16"),
        kept(
            "fork_delay",
            "<SECS>",
            (1, Some(1)),
            "Delay before a gain is acted on.",
        )
        .default("0")
        .since("2.0.16"),
        kept(
            "full_command",
            "",
            (0, Some(0)),
            "Compare the whole command line, not only the short name.",
        )
        .default("off")
        .since("2.0.11"),
    ],
};

/// `track_file`
pub static TRACK_FILE: Table<Vec<Setting>> = Table {
    block: "track_file",
    rows: &[
        kept("file", "<PATH>", (1, Some(1)), "File holding a number.")
            .default("required")
            .since("2.0.0"),
        kept(
            "weight",
            "<N> [reverse|noreverse]",
            (1, None),
            "Multiplier of the number.",
        )
        .default("1"),
        kept(
            "init_file",
            "[<VALUE>] [overwrite]",
            (0, None),
            "Create (or overwrite) the file at start.",
        )
        .default("off / 0")
        .since("2.0.0"),
    ],
};

/// `vrrp_track_file`
pub static VRRP_TRACK_FILE: Table<Vec<Setting>> = Table {
    block: "vrrp_track_file",
    rows: &[
        kept(
            "file",
            "<PATH>",
            (1, Some(1)),
            "File holding a number. Deprecated.",
        )
        .default("required")
        .since("2.0.0"),
        kept(
            "weight",
            "<N> [reverse|noreverse]",
            (1, None),
            "Multiplier of the number. Deprecated.",
        )
        .default("1"),
        kept(
            "init_file",
            "[<VALUE>] [overwrite]",
            (0, None),
            "Create (or overwrite) the file at start. Deprecated.",
        )
        .default("off / 0")
        .since("2.0.0"),
    ],
};
