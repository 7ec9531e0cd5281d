//! `url` of `HTTP_GET` and `SSL_GET`.

use crate::ast::leaf::{Node, Spanned};
use crate::ast::lvs::{Hex, HttpCheck, Url};
use crate::keepalived::tables::check::http::{WHY, WHY_TLS};
use crate::keepalived::tables::check::{Set, lacks, regex, waiting, whole};
use crate::keepalived::tables::named::named;
use crate::keepalived::tables::{SWITCH, join};
use crate::keepalived::value;
use crate::keyword::{Args, Keyword, Lowering, Problem, Repeat, Table};
use crate::tree::Block;

/// `HTTP_GET/url`
pub static HTTP_URL: Table<Url> = Table {
    block: "virtual_server/real_server/HTTP_GET/url",
    rows: &const { waiting(PLAIN, WHY) },
};

/// `SSL_GET/url`
pub static SSL_URL: Table<Url> = Table {
    block: "virtual_server/real_server/SSL_GET/url",
    rows: {
        const ROWS: [Keyword<Url>; 11] = join(&PLAIN, &[TLS_COMPLIANT]);
        &const { waiting(ROWS, WHY_TLS) }
    },
};

const PLAIN: [Keyword<Url>; 10] = join(&OWN, &regex::ROWS);

/// Bytes of an MD5 sum.
const DIGEST: usize = 16;

const OWN: [Keyword<Url>; 4] = [
    Keyword::set(
        "path",
        "<STRING>",
        (1, Some(1)),
        path,
        "What is asked for: begins with / or is a whole URL.",
    )
    .default("required")
    .samples(&["/", "/status?full=1", "http://www.example.com/"], &[]),
    Keyword::set(
        "digest",
        "<MD5>",
        (1, Some(1)),
        digest,
        "MD5 sum that the body must have, as genhash prints it.",
    )
    .default("none")
    .repeat(Repeat::First)
    .samples(
        &["9b3a0c85a887a256d6939da88aabd8cd"],
        &["9b3a0c85", "zb3a0c85a887a256d6939da88aabd8cd"],
    ),
    Keyword::set(
        "status_code",
        "<N>[-<M>]...",
        (0, None),
        status_code,
        "Status codes that are good, one by one or from-to.",
    )
    .default("200-299")
    .repeat(Repeat::Many)
    .samples(
        &["200", "200-204 301", "100-599"],
        &["99", "600", "299-200", "200,204", "2xx"],
    ),
    Keyword::set(
        "virtualhost",
        "<NAME>",
        (0, Some(1)),
        virtualhost,
        "Host header of this request.",
    )
    .default("inherited")
    .samples(&["www.example.com"], &[""]),
];

const TLS_COMPLIANT: Keyword<Url> = Keyword::set(
    "tls_compliant",
    SWITCH,
    (0, Some(1)),
    tls_compliant,
    "As tls_compliant of the check, for this page.",
)
.default("inherited")
.since("2.2.8")
.samples(&["", "on", "off"], &["maybe"]);

pub(super) fn http(
    check: &mut HttpCheck,
    _: &Args<'_>,
    block: &Block,
    lowering: &mut Lowering<'_>,
) -> Set {
    url(&HTTP_URL, check, block, lowering)
}

pub(super) fn https(
    check: &mut HttpCheck,
    _: &Args<'_>,
    block: &Block,
    lowering: &mut Lowering<'_>,
) -> Set {
    url(&SSL_URL, check, block, lowering)
}

fn url(
    table: &Table<Url>,
    check: &mut HttpCheck,
    block: &Block,
    lowering: &mut Lowering<'_>,
) -> Set {
    let mut url = Url::default();
    whole(table, &mut url, block, lowering);
    if url.path.is_none() {
        if url.rejected.contains("path") {
            check.reject("url");
            return Ok(());
        }
        let message = "HTTP/SSL_GET checker url has no path - ignoring";
        return Err(lacks(block, message, "add: path /"));
    }
    regex::check(&mut url.regex, block, lowering);
    check.urls.push(url);
    Ok(())
}

fn path(url: &mut Url, args: &Args<'_>) -> Set {
    named(&mut url.path, args, "path", "path missing")?;
    let odd = |path: &Spanned<String>| !path.starts_with('/') && !path.contains("://");
    if let Some(path) = url.path.as_ref().filter(|path| odd(path)) {
        // The original sends it as it is.
        let message = format!("path '{}' does not begin with /", path.value);
        let problem = Problem::warning("odd-path", message).word(0);
        args.report(problem.help(format!("write: path /{}", path.value)));
    }
    Ok(())
}

fn digest(url: &mut Url, args: &Args<'_>) -> Set {
    let word = value::word(args, 0)?;
    let problem = |message: String| Problem::error("invalid-digest", message).word(0);
    let len = word.text.len();
    if len != 2 * DIGEST {
        let message = format!(
            "digest '{}' character length should be {} rather than {len}",
            word.text,
            2 * DIGEST
        );
        return Err(problem(message));
    }
    let digest = Hex::parse(&word.text).filter(|digest| digest.0.len() == DIGEST);
    let digest = digest.ok_or_else(|| {
        let message = format!("Unable to interpret hex digit in '{}'", word.text);
        problem(message).label("hexadecimal digits only")
    })?;
    url.digest = Some(Spanned::new(digest, word.span));
    Ok(())
}

fn status_code(url: &mut Url, args: &Args<'_>) -> Set {
    if args.words.is_empty() {
        let message = "status_code without a code means nothing";
        args.report(Problem::warning("missing-value", message).help("write: status_code 200"));
    }
    for (index, word) in args.words.iter().enumerate() {
        match codes(&word.text) {
            Some(codes) => url.status.push(Spanned::new(codes, word.span)),
            None => {
                let message = format!("Invalid HTTP_GET status code '{}'", word.text);
                let problem = Problem::error("invalid-status", message).word(index);
                args.report(problem.label("100 to 599, or two of them with - between"));
            }
        }
    }
    Ok(())
}

fn codes(text: &str) -> Option<(u16, u16)> {
    let code = |text: &str| {
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse()
            .ok()
            .filter(|code| digits && (100..=599).contains(code))
    };
    let (first, last) = match text.split_once('-') {
        Some((first, last)) => (code(first)?, code(last)?),
        None => (code(text)?, code(text)?),
    };
    (first <= last).then_some((first, last))
}

fn virtualhost(url: &mut Url, args: &Args<'_>) -> Set {
    let missing = "Missing HTTP_GET virtualhost name";
    named(&mut url.virtualhost, args, "url virtualhost", missing)
}

fn tls_compliant(url: &mut Url, args: &Args<'_>) -> Set {
    url.tls_compliant = Some(value::switch_worded(args, |word| {
        format!("Invalid tls_compliant option {word}")
    })?);
    Ok(())
}
