//! `HTTP_GET`, `SSL_GET` and `SSL`: understood, not acted on yet.

use crate::ast::leaf::{Node as _, Setting};
use crate::keepalived::lower;
use crate::keepalived::tables::{NOT_YET, kept, kept_switch};
use crate::keyword::{Args, Entry, Keyword, Lowering, Problem, Table};
use crate::tree::Block;

/// All rows of this file.
pub(super) fn entries() -> impl Iterator<Item = Entry> {
    let get = HTTP_GET.entries().chain(HTTP_URL.entries());
    get.chain(SSL_GET.entries())
        .chain(SSL_URL.entries())
        .chain(SSL.entries())
}

fn http_url(
    target: &mut Vec<Setting>,
    args: &Args<'_>,
    block: &Block,
    lowering: &mut Lowering<'_>,
) -> Result<(), Problem> {
    target.keep(lower::kept_block(&HTTP_URL, args, block, lowering));
    Ok(())
}

fn ssl_url(
    target: &mut Vec<Setting>,
    args: &Args<'_>,
    block: &Block,
    lowering: &mut Lowering<'_>,
) -> Result<(), Problem> {
    target.keep(lower::kept_block(&SSL_URL, args, block, lowering));
    Ok(())
}

/// `virtual_server/real_server/HTTP_GET`
pub static HTTP_GET: Table<Vec<Setting>> = Table {
    block: "virtual_server/real_server/HTTP_GET",
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
            "nb_get_retry",
            "<N>",
            (1, Some(1)),
            "Older name of retry. Deprecated.",
        ),
        kept("virtualhost", "<NAME>", (1, Some(1)), "Host header.").default("inherited"),
        kept(
            "http_protocol",
            "1.0|1.1|1.0c|1.0C|1.1..",
            (1, None),
            "Request version (C adds Connection: close).",
        )
        .default("1.0")
        .since("2.0.17"),
        kept_switch("enable_sni", "Send the virtual host as SNI.")
            .default("off")
            .since("1.4.3"),
        kept("sni_name", "<NAME>", (1, Some(1)), "Send this SNI.")
            .default("virtualhost")
            .since("after 2.4.3"),
        kept(
            "fast_recovery",
            "",
            (0, Some(0)),
            "After a failure check all urls at once.",
        )
        .default("off")
        .since("2.0.17"),
        Keyword::block(
            "url",
            "{ ... }",
            (0, Some(0)),
            http_url,
            "A page to test; repeatable.",
        )
        .accepted(NOT_YET),
    ],
};

/// `virtual_server/real_server/SSL_GET`
pub static SSL_GET: Table<Vec<Setting>> = Table {
    block: "virtual_server/real_server/SSL_GET",
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
            "nb_get_retry",
            "<N>",
            (1, Some(1)),
            "Older name of retry. Deprecated.",
        ),
        kept("virtualhost", "<NAME>", (1, Some(1)), "Host header.").default("inherited"),
        kept(
            "http_protocol",
            "1.0|1.1|1.0c|1.0C|1.1..",
            (1, None),
            "Request version (C adds Connection: close).",
        )
        .default("1.0")
        .since("2.0.17"),
        kept_switch("enable_sni", "Send the virtual host as SNI.")
            .default("off")
            .since("1.4.3"),
        kept("sni_name", "<NAME>", (1, Some(1)), "Send this SNI.")
            .default("virtualhost")
            .since("after 2.4.3"),
        kept(
            "fast_recovery",
            "",
            (0, Some(0)),
            "After a failure check all urls at once.",
        )
        .default("off")
        .since("2.0.17"),
        kept_switch("tls_compliant", "Treat a missing TLS close as a failure.")
            .default("off")
            .since("2.2.8"),
        Keyword::block(
            "url",
            "{ ... }",
            (0, Some(0)),
            ssl_url,
            "A page to test; repeatable.",
        )
        .accepted(NOT_YET),
    ],
};

/// `virtual_server/real_server/HTTP_GET/url`
pub static HTTP_URL: Table<Vec<Setting>> = Table {
    block: "virtual_server/real_server/HTTP_GET/url",
    rows: &[
        kept("path", "<STRING>", (1, Some(1)), "Request target.").default("required"),
        kept("digest", "<MD5>", (1, Some(1)), "Expected body digest.").default("none"),
        kept(
            "status_code",
            "<N>[-<M>]...",
            (1, None),
            "Accepted status codes.",
        )
        .default("200-299"),
        kept("virtualhost", "<NAME>", (1, Some(1)), "Host header.").default("inherited"),
        kept("regex", "<PATTERN>", (1, Some(1)), "Body must match.")
            .default("none")
            .since("2.0.7"),
        kept("regex_no_match", "", (0, Some(0)), "Body must not match.")
            .default("off")
            .since("2.0.7"),
        kept(
            "regex_options",
            "<OPTION>...",
            (1, None),
            "Compile options.",
        )
        .default("none")
        .since("2.0.7"),
        kept(
            "regex_min_offset",
            "<N>",
            (1, Some(1)),
            "First body offset for a match.",
        )
        .default("0")
        .since("2.0.7"),
        kept(
            "regex_max_offset",
            "<N>",
            (1, Some(1)),
            "Last body offset for a match.",
        )
        .default("none")
        .since("2.0.7"),
        kept(
            "regex_stack",
            "<START> <MAX>",
            (2, None),
            "JIT stack sizes.",
        )
        .since("2.0.7"),
    ],
};

/// `virtual_server/real_server/SSL_GET/url`
pub static SSL_URL: Table<Vec<Setting>> = Table {
    block: "virtual_server/real_server/SSL_GET/url",
    rows: &[
        kept("path", "<STRING>", (1, Some(1)), "Request target.").default("required"),
        kept("digest", "<MD5>", (1, Some(1)), "Expected body digest.").default("none"),
        kept(
            "status_code",
            "<N>[-<M>]...",
            (1, None),
            "Accepted status codes.",
        )
        .default("200-299"),
        kept("virtualhost", "<NAME>", (1, Some(1)), "Host header.").default("inherited"),
        kept("regex", "<PATTERN>", (1, Some(1)), "Body must match.")
            .default("none")
            .since("2.0.7"),
        kept("regex_no_match", "", (0, Some(0)), "Body must not match.")
            .default("off")
            .since("2.0.7"),
        kept(
            "regex_options",
            "<OPTION>...",
            (1, None),
            "Compile options.",
        )
        .default("none")
        .since("2.0.7"),
        kept(
            "regex_min_offset",
            "<N>",
            (1, Some(1)),
            "First body offset for a match.",
        )
        .default("0")
        .since("2.0.7"),
        kept(
            "regex_max_offset",
            "<N>",
            (1, Some(1)),
            "Last body offset for a match.",
        )
        .default("none")
        .since("2.0.7"),
        kept(
            "regex_stack",
            "<START> <MAX>",
            (2, None),
            "JIT stack sizes.",
        )
        .since("2.0.7"),
        kept_switch("tls_compliant", "As above for one url.")
            .default("inherited")
            .since("2.2.8"),
    ],
};

/// `SSL`
pub static SSL: Table<Vec<Setting>> = Table {
    block: "SSL",
    rows: &[
        kept("password", "<STRING>", (1, Some(1)), "Key pass phrase."),
        kept("ca", "<PATH>", (1, Some(1)), "CA file."),
        kept("certificate", "<PATH>", (1, Some(1)), "Client certificate."),
        kept("key", "<PATH>", (1, Some(1)), "Client key."),
    ],
};
