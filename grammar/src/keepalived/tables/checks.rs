//! The other checkers: understood, not acted on yet.

use crate::ast::leaf::{Node as _, Setting};
use crate::keepalived::lower;
use crate::keepalived::tables::{NOT_YET, kept, kept_switch};
use crate::keyword::{Args, Entry, Keyword, Lowering, Problem, Table};
use crate::tree::Block;

/// All rows of this file.
pub(super) fn entries() -> impl Iterator<Item = Entry> {
    let tables = [&SMTP_CHECK, &SMTP_HOST, &DNS_CHECK, &UDP_CHECK, &PING_CHECK];
    let others = [&MISC_CHECK, &FILE_CHECK, &BFD_CHECK];
    tables.into_iter().chain(others).flat_map(Table::entries)
}

fn host(
    target: &mut Vec<Setting>,
    args: &Args<'_>,
    block: &Block,
    lowering: &mut Lowering<'_>,
) -> Result<(), Problem> {
    target.keep(lower::kept_block(&SMTP_HOST, args, block, lowering));
    Ok(())
}

/// `virtual_server/real_server/SMTP_CHECK`
pub static SMTP_CHECK: Table<Vec<Setting>> = Table {
    block: "virtual_server/real_server/SMTP_CHECK",
    rows: &[
        kept(
            "connect_ip",
            "<IPADDR>",
            (1, Some(1)),
            "Address to contact.",
        )
        .default("server address"),
        kept("connect_port", "<PORT>", (1, Some(1)), "Port to contact.").default("server port"),
        kept("bindto", "<IPADDR>", (1, Some(1)), "Local address.").default("any"),
        kept("bind_port", "<PORT>", (1, Some(1)), "Local port.")
            .default("any")
            .since("1.2.13"),
        kept("bind_if", "<IF>", (1, Some(1)), "Local interface.")
            .default("any")
            .since("1.3.7"),
        kept(
            "connect_timeout",
            "<SECS>",
            (1, Some(1)),
            "Connection limit.",
        )
        .default("inherited (5)"),
        kept("fwmark", "<N>", (1, Some(1)), "Mark outgoing packets.")
            .default("none")
            .since("1.2.13"),
        kept(
            "retry",
            "<N>",
            (1, Some(1)),
            "Further attempts before failing.",
        )
        .default("inherited"),
        kept(
            "delay_before_retry",
            "<SECS>",
            (1, Some(1)),
            "Gap between attempts.",
        )
        .default("inherited"),
        kept(
            "warmup",
            "<SECS>",
            (1, Some(1)),
            "Random start delay upper bound.",
        )
        .default("inherited")
        .since("1.2.13"),
        kept("delay_loop", "<SECS>", (1, Some(1)), "Gap between checks.").default("inherited"),
        kept_switch("alpha", "Start failed.").default("inherited"),
        kept_switch("log_all_failures", "Log each failed attempt.")
            .default("global")
            .since("2.0.11"),
        kept("helo_name", "<NAME>", (1, Some(1)), "HELO argument.")
            .default("smtpchecker.keepalived.org"),
        Keyword::block(
            "host",
            "{ ... }",
            (0, Some(0)),
            host,
            "Older per-target block. Deprecated.",
        )
        .accepted(NOT_YET),
    ],
};

/// `virtual_server/real_server/SMTP_CHECK/host`
pub static SMTP_HOST: Table<Vec<Setting>> = Table {
    block: "virtual_server/real_server/SMTP_CHECK/host",
    rows: &[
        kept(
            "connect_ip",
            "as in the checker",
            (0, None),
            "Target of that host block. Deprecated.",
        ),
        kept(
            "connect_port",
            "as in the checker",
            (0, None),
            "Target of that host block. Deprecated.",
        ),
        kept(
            "bindto",
            "as in the checker",
            (0, None),
            "Target of that host block. Deprecated.",
        ),
        kept(
            "bind_port",
            "as in the checker",
            (0, None),
            "Target of that host block. Deprecated.",
        )
        .since("1.2.13"),
        kept(
            "bind_if",
            "as in the checker",
            (0, None),
            "Target of that host block. Deprecated.",
        )
        .since("1.3.7"),
        kept(
            "connect_timeout",
            "as in the checker",
            (0, None),
            "Target of that host block. Deprecated.",
        ),
        kept(
            "fwmark",
            "as in the checker",
            (0, None),
            "Target of that host block. Deprecated.",
        )
        .since("1.2.13"),
        kept(
            "retry",
            "as in the checker",
            (0, None),
            "Target of that host block. Deprecated.",
        ),
        kept(
            "delay_before_retry",
            "as in the checker",
            (0, None),
            "Target of that host block. Deprecated.",
        ),
        kept(
            "warmup",
            "as in the checker",
            (0, None),
            "Target of that host block. Deprecated.",
        )
        .since("1.2.13"),
        kept(
            "delay_loop",
            "as in the checker",
            (0, None),
            "Target of that host block. Deprecated.",
        ),
        kept(
            "alpha",
            "as in the checker",
            (0, None),
            "Target of that host block. Deprecated.",
        ),
        kept(
            "log_all_failures",
            "as in the checker",
            (0, None),
            "Target of that host block. Deprecated.",
        )
        .since("2.0.11"),
    ],
};

/// `virtual_server/real_server/DNS_CHECK`
pub static DNS_CHECK: Table<Vec<Setting>> = Table {
    block: "virtual_server/real_server/DNS_CHECK",
    rows: &[
        kept(
            "connect_ip",
            "<IPADDR>",
            (1, Some(1)),
            "Address to contact.",
        )
        .default("server address"),
        kept("connect_port", "<PORT>", (1, Some(1)), "Port to contact.").default("server port"),
        kept("bindto", "<IPADDR>", (1, Some(1)), "Local address.").default("any"),
        kept("bind_port", "<PORT>", (1, Some(1)), "Local port.")
            .default("any")
            .since("1.2.13"),
        kept("bind_if", "<IF>", (1, Some(1)), "Local interface.")
            .default("any")
            .since("1.3.7"),
        kept(
            "connect_timeout",
            "<SECS>",
            (1, Some(1)),
            "Connection limit.",
        )
        .default("inherited (5)"),
        kept("fwmark", "<N>", (1, Some(1)), "Mark outgoing packets.")
            .default("none")
            .since("1.2.13"),
        kept(
            "retry",
            "<N>",
            (1, Some(1)),
            "Further attempts before failing.",
        )
        .default("inherited"),
        kept(
            "delay_before_retry",
            "<SECS>",
            (1, Some(1)),
            "Gap between attempts.",
        )
        .default("inherited"),
        kept(
            "warmup",
            "<SECS>",
            (1, Some(1)),
            "Random start delay upper bound.",
        )
        .default("inherited")
        .since("1.2.13"),
        kept("delay_loop", "<SECS>", (1, Some(1)), "Gap between checks.").default("inherited"),
        kept_switch("alpha", "Start failed.").default("inherited"),
        kept_switch("log_all_failures", "Log each failed attempt.")
            .default("global")
            .since("2.0.11"),
        kept(
            "type",
            "A|NS|CNAME|SOA|MX|TXT|AAAA|RRSIG|DNSKEY",
            (1, None),
            "Query type.",
        )
        .default("SOA")
        .since("1.3.0"),
        kept("name", "<NAME>", (1, Some(1)), "Query name.")
            .default(".")
            .since("1.3.0"),
    ],
};

/// `virtual_server/real_server/UDP_CHECK`
pub static UDP_CHECK: Table<Vec<Setting>> = Table {
    block: "virtual_server/real_server/UDP_CHECK",
    rows: &[
        kept(
            "connect_ip",
            "<IPADDR>",
            (1, Some(1)),
            "Address to contact.",
        )
        .default("server address"),
        kept("connect_port", "<PORT>", (1, Some(1)), "Port to contact.").default("server port"),
        kept("bindto", "<IPADDR>", (1, Some(1)), "Local address.").default("any"),
        kept("bind_port", "<PORT>", (1, Some(1)), "Local port.")
            .default("any")
            .since("1.2.13"),
        kept("bind_if", "<IF>", (1, Some(1)), "Local interface.")
            .default("any")
            .since("1.3.7"),
        kept(
            "connect_timeout",
            "<SECS>",
            (1, Some(1)),
            "Connection limit.",
        )
        .default("inherited (5)"),
        kept("fwmark", "<N>", (1, Some(1)), "Mark outgoing packets.")
            .default("none")
            .since("1.2.13"),
        kept(
            "retry",
            "<N>",
            (1, Some(1)),
            "Further attempts before failing.",
        )
        .default("inherited"),
        kept(
            "delay_before_retry",
            "<SECS>",
            (1, Some(1)),
            "Gap between attempts.",
        )
        .default("inherited"),
        kept(
            "warmup",
            "<SECS>",
            (1, Some(1)),
            "Random start delay upper bound.",
        )
        .default("inherited")
        .since("1.2.13"),
        kept("delay_loop", "<SECS>", (1, Some(1)), "Gap between checks.").default("inherited"),
        kept_switch("alpha", "Start failed.").default("inherited"),
        kept_switch("log_all_failures", "Log each failed attempt.")
            .default("global")
            .since("2.0.11"),
        kept("payload", "<HEX>...", (1, None), "Datagram to send.")
            .default("empty")
            .since("2.2.0"),
        kept(
            "require_reply",
            "[<HEX with x wildcards>...]",
            (0, None),
            "A reply (matching the prefix) is needed.",
        )
        .default("off")
        .since("2.1.0"),
        kept("min_reply_length", "<N>", (1, Some(1)), "Least reply size.")
            .default("0")
            .since("2.2.0"),
        kept(
            "max_reply_length",
            "<N>",
            (1, Some(1)),
            "Largest reply size.",
        )
        .default("255")
        .since("2.2.0"),
    ],
};

/// `virtual_server/real_server/PING_CHECK`
pub static PING_CHECK: Table<Vec<Setting>> = Table {
    block: "virtual_server/real_server/PING_CHECK",
    rows: &[
        kept(
            "connect_ip",
            "<IPADDR>",
            (1, Some(1)),
            "Address to contact.",
        )
        .default("server address"),
        kept("connect_port", "<PORT>", (1, Some(1)), "Port to contact.").default("server port"),
        kept("bindto", "<IPADDR>", (1, Some(1)), "Local address.").default("any"),
        kept("bind_port", "<PORT>", (1, Some(1)), "Local port.")
            .default("any")
            .since("1.2.13"),
        kept("bind_if", "<IF>", (1, Some(1)), "Local interface.")
            .default("any")
            .since("1.3.7"),
        kept(
            "connect_timeout",
            "<SECS>",
            (1, Some(1)),
            "Connection limit.",
        )
        .default("inherited (5)"),
        kept("fwmark", "<N>", (1, Some(1)), "Mark outgoing packets.")
            .default("none")
            .since("1.2.13"),
        kept(
            "retry",
            "<N>",
            (1, Some(1)),
            "Further attempts before failing.",
        )
        .default("inherited"),
        kept(
            "delay_before_retry",
            "<SECS>",
            (1, Some(1)),
            "Gap between attempts.",
        )
        .default("inherited"),
        kept(
            "warmup",
            "<SECS>",
            (1, Some(1)),
            "Random start delay upper bound.",
        )
        .default("inherited")
        .since("1.2.13"),
        kept("delay_loop", "<SECS>", (1, Some(1)), "Gap between checks.").default("inherited"),
        kept_switch("alpha", "Start failed.").default("inherited"),
        kept_switch("log_all_failures", "Log each failed attempt.")
            .default("global")
            .since("2.0.11"),
    ],
};

/// `virtual_server/real_server/MISC_CHECK`
pub static MISC_CHECK: Table<Vec<Setting>> = Table {
    block: "virtual_server/real_server/MISC_CHECK",
    rows: &[
        kept(
            "retry",
            "<N>",
            (1, Some(1)),
            "Further attempts before failing.",
        )
        .default("inherited"),
        kept(
            "delay_before_retry",
            "<SECS>",
            (1, Some(1)),
            "Gap between attempts.",
        )
        .default("inherited"),
        kept(
            "warmup",
            "<SECS>",
            (1, Some(1)),
            "Random start delay upper bound.",
        )
        .default("inherited")
        .since("1.2.13"),
        kept("delay_loop", "<SECS>", (1, Some(1)), "Gap between checks.").default("inherited"),
        kept_switch("alpha", "Start failed.").default("inherited"),
        kept_switch("log_all_failures", "Log each failed attempt.")
            .default("global")
            .since("2.0.11"),
        kept("misc_path", "<CMD>", (1, Some(1)), "Command.").default("required"),
        kept("misc_timeout", "<SECS>", (1, Some(1)), "Kill after.").default("delay_loop"),
        kept(
            "misc_dynamic",
            "",
            (0, Some(0)),
            "Exit code 2-255 sets weight code-2.",
        )
        .default("off"),
        kept("user", "<USER> [<GROUP>]", (1, None), "Account.")
            .default("script_user")
            .since("1.3.0"),
    ],
};

/// `virtual_server/real_server/FILE_CHECK`
pub static FILE_CHECK: Table<Vec<Setting>> = Table {
    block: "virtual_server/real_server/FILE_CHECK",
    rows: &[
        kept(
            "track_file",
            "<NAME>",
            (1, Some(1)),
            "Root-level track_file to use.",
        )
        .default("required")
        .since("2.0.0"),
        kept(
            "weight",
            "<N> [reverse|noreverse]",
            (1, None),
            "Multiplier.",
        )
        .default("of the file"),
    ],
};

/// `virtual_server/real_server/BFD_CHECK`
pub static BFD_CHECK: Table<Vec<Setting>> = Table {
    block: "virtual_server/real_server/BFD_CHECK",
    rows: &[
        kept("name", "<NAME>", (1, Some(1)), "Session to follow.")
            .default("required")
            .since("1.3.0"),
        kept_switch("alpha", "Start failed.").default("inherited"),
    ],
};
