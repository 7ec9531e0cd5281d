//! `HTTP_GET` and `SSL_GET`.

use crate::ast::leaf::Spanned;
use crate::ast::lvs::{Attempts, Check, Connect, HttpCheck, HttpVersion, RealServer};
use crate::keepalived::tables::check::connect::Connecting;
use crate::keepalived::tables::check::{Set, common, lacks, store, url, waiting, whole};
use crate::keepalived::tables::named::named;
use crate::keepalived::tables::schedule::Checker;
use crate::keepalived::tables::{SWITCH, join};
use crate::keepalived::value;
use crate::keyword::{Args, Keyword, Lowering, Problem, Table};
use crate::tree::Block;

impl Connecting for HttpCheck {
    fn connect(&mut self) -> &mut Connect {
        &mut self.connect
    }
}

impl Checker for HttpCheck {
    fn attempts(&mut self) -> &mut Attempts {
        &mut self.attempts
    }
}

pub(super) const WHY: &str = "not acted on yet: servers are not checked over HTTP";
pub(super) const WHY_TLS: &str = "not acted on yet: servers are not checked over HTTPS";

/// `HTTP_GET`
pub static HTTP_GET: Table<HttpCheck> = Table {
    block: "virtual_server/real_server/HTTP_GET",
    rows: {
        const ROWS: [Keyword<HttpCheck>; 20] = join(&common(), &own(url::http));
        &const { waiting(ROWS, WHY) }
    },
};

/// `SSL_GET`
pub static SSL_GET: Table<HttpCheck> = Table {
    block: "virtual_server/real_server/SSL_GET",
    rows: {
        const PLAIN: [Keyword<HttpCheck>; 20] = join(&common(), &own(url::https));
        const ROWS: [Keyword<HttpCheck>; 21] = join(&PLAIN, &[TLS_COMPLIANT]);
        &const { waiting(ROWS, WHY_TLS) }
    },
};

const TLS_COMPLIANT: Keyword<HttpCheck> = Keyword::set(
    "tls_compliant",
    SWITCH,
    (0, Some(1)),
    tls_compliant,
    "A server that ends a connection without saying so in TLS has failed.",
)
.default("off")
.since("2.2.8")
.samples(&["", "on", "off"], &["maybe"]);

type Lower = fn(&mut HttpCheck, &Args<'_>, &Block, &mut Lowering<'_>) -> Set;

const fn own(url: Lower) -> [Keyword<HttpCheck>; 7] {
    [
        Keyword::set(
            "nb_get_retry",
            "<N>",
            (1, Some(1)),
            nb_get_retry,
            "How many further attempts a page gets before it counts as failed; older name of \
             retry. Deprecated.",
        )
        .samples(&["3", "0"], &["x", "-1"]),
        Keyword::set(
            "virtualhost",
            "<NAME>",
            (0, Some(1)),
            virtualhost,
            "Host header of its requests, unless a url has its own.",
        )
        .default("inherited")
        .samples(&["www.example.com"], &[""]),
        Keyword::set(
            "http_protocol",
            "1.0|1.1|1.0c|1.0C",
            (0, Some(1)),
            http_protocol,
            "HTTP version of its requests; C adds Connection: close.",
        )
        .default("1.0")
        .since("2.0.17")
        .samples(&["1.1", "1.0", "1.0C", "1.0c"], &["", "2.0", "1.1C"]),
        Keyword::set(
            "enable_sni",
            SWITCH,
            (0, Some(1)),
            enable_sni,
            "Name the virtual host in the TLS greeting.",
        )
        .default("off")
        .since("1.4.3")
        .samples(&["", "on", "off"], &["maybe"]),
        Keyword::set(
            "sni_name",
            "[<NAME>]",
            (0, Some(1)),
            sni_name,
            "Name this host in the TLS greeting; without a name, the virtual host.",
        )
        .default("virtualhost")
        .since("after 2.4.3")
        .samples(&["www.example.com", ""], &[]),
        Keyword::set(
            "fast_recovery",
            SWITCH,
            (0, Some(1)),
            fast_recovery,
            "After a failure fetch all pages in a row instead of one each delay.",
        )
        .default("off")
        .since("2.0.17")
        .samples(&["", "on", "off"], &["maybe"]),
        Keyword::block(
            "url",
            "{ ... }",
            (0, Some(0)),
            url,
            "A page to fetch; several may be given.",
        )
        .default("at least one"),
    ]
}

pub(super) fn http(
    server: &mut RealServer,
    args: &Args<'_>,
    block: &Block,
    lowering: &mut Lowering<'_>,
) -> Set {
    match get(&HTTP_GET, block, lowering)? {
        Some(check) => store(server, args, Check::Http(Box::new(check))),
        None => Ok(()),
    }
}

pub(super) fn https(
    server: &mut RealServer,
    args: &Args<'_>,
    block: &Block,
    lowering: &mut Lowering<'_>,
) -> Set {
    match get(&SSL_GET, block, lowering)? {
        Some(check) => store(server, args, Check::Ssl(Box::new(check))),
        None => Ok(()),
    }
}

/// The checker; none when its pages were all reported.
fn get(
    table: &Table<HttpCheck>,
    block: &Block,
    lowering: &mut Lowering<'_>,
) -> Result<Option<HttpCheck>, Problem> {
    let mut check = HttpCheck::default();
    whole(table, &mut check, block, lowering);
    if !check.urls.is_empty() {
        return Ok(Some(check));
    }
    if check.rejected.contains("url") {
        return Ok(None);
    }
    let message = "HTTP/SSL_GET checker has no urls specified - ignoring";
    Err(lacks(block, message, "add: url { path / }"))
}

fn nb_get_retry(check: &mut HttpCheck, args: &Args<'_>) -> Set {
    let invalid = |word: &str| format!("Invalid nb_get_retry value '{word}'");
    let retry = value::integer(args, 0, 0..=u32::MAX, invalid)?;
    check.attempts.schedule.retry = Some(retry);
    let message = "nb_get_retry is deprecated - please use 'retry'";
    args.report(Problem::error("deprecated", message).help(format!("write: retry {retry}")));
    Ok(())
}

fn virtualhost(check: &mut HttpCheck, args: &Args<'_>) -> Set {
    let missing = "HTTP_GET virtualhost name missing";
    named(&mut check.virtualhost, args, "virtualhost", missing)
}

fn http_protocol(check: &mut HttpCheck, args: &Args<'_>) -> Set {
    let known = "1.0, 1.1 or 1.0C is accepted";
    let Some(word) = args.get(0) else {
        let problem = Problem::error("missing-value", "Missing http_protocol version");
        return Err(problem.help(known));
    };
    let version = match word.text.as_str() {
        "1.0c" => Some(HttpVersion::V10Close),
        other => HttpVersion::of(other),
    };
    let version = version.ok_or_else(|| {
        let message = format!("Invalid http_protocol version {}", word.text);
        Problem::error("unknown-version", message)
            .word(0)
            .label(known)
    })?;
    check.version = Some(Spanned::new(version, word.span));
    Ok(())
}

fn enable_sni(check: &mut HttpCheck, args: &Args<'_>) -> Set {
    check.enable_sni = Some(switch(args)?);
    Ok(())
}

fn sni_name(check: &mut HttpCheck, args: &Args<'_>) -> Set {
    match (args.get(0), &check.sni_name) {
        (Some(_), _) => named(&mut check.sni_name, args, "sni_name", ""),
        (None, Some(before)) => {
            let message = format!(
                "sni_name already specified as {} - ignoring setting to default",
                before.value
            );
            Err(Problem::error("repeated-keyword", message))
        }
        (None, None) => {
            check.enable_sni = Some(true);
            Ok(())
        }
    }
}

fn fast_recovery(check: &mut HttpCheck, args: &Args<'_>) -> Set {
    check.fast_recovery = Some(switch(args)?);
    Ok(())
}

fn tls_compliant(check: &mut HttpCheck, args: &Args<'_>) -> Set {
    check.tls_compliant = Some(value::switch_worded(args, |word| {
        format!("Invalid tls_compliant option {word}")
    })?);
    Ok(())
}

fn switch(args: &Args<'_>) -> Result<bool, Problem> {
    let name = args.name.text.as_str();
    value::switch_worded(args, |word| format!("Invalid {name} parameter {word}"))
}
