//! `UDP_CHECK`.

use crate::ast::leaf::Spanned;
use crate::ast::lvs::{Attempts, Check, Connect, Hex, HexPattern, RealServer, UdpCheck};
use crate::diagnostic::Diagnostic;
use crate::keepalived::tables::check::connect::Connecting;
use crate::keepalived::tables::check::{Set, common, store, waiting, whole};
use crate::keepalived::tables::join;
use crate::keepalived::tables::schedule::Checker;
use crate::keepalived::value;
use crate::keyword::{Args, Keyword, Lowering, Problem, Table};
use crate::tree::Block;

impl Connecting for UdpCheck {
    fn connect(&mut self) -> &mut Connect {
        &mut self.connect
    }
}

impl Checker for UdpCheck {
    fn attempts(&mut self) -> &mut Attempts {
        &mut self.attempts
    }
}

pub(super) const WHY: &str = "not acted on yet: servers are not sent datagrams";

/// Default of `max_reply_length`.
const MAX_REPLY: u16 = 255;

/// `UDP_CHECK`
pub static UDP_CHECK: Table<UdpCheck> = Table {
    block: "virtual_server/real_server/UDP_CHECK",
    rows: {
        const ROWS: [Keyword<UdpCheck>; 17] = join(&common(), &OWN);
        &const { waiting(ROWS, WHY) }
    },
};

const OWN: [Keyword<UdpCheck>; 4] = [
    Keyword::set(
        "payload",
        "<HEX>...",
        (0, None),
        payload,
        "Bytes of the datagram that is sent, in hexadecimal.",
    )
    .default("empty")
    .since("2.2.0")
    .samples(&["0a0b", "0A 0b 0c"], &["", "0x0a", "hello"]),
    Keyword::set(
        "require_reply",
        "[<HEX with x wildcards>...]",
        (0, None),
        require_reply,
        "The server must answer; with digits, the answer must begin so (x is any digit).",
    )
    .default("off")
    .since("2.1.0")
    .samples(&["", "0a0b", "0axx 0c"], &["zz", "0y"]),
    Keyword::set(
        "min_reply_length",
        "<N>",
        (1, Some(1)),
        min_reply_length,
        "Shortest answer that is good, in bytes.",
    )
    .default("0")
    .since("2.2.0")
    .samples(&["4", "0"], &["65536", "-1", "x"]),
    Keyword::set(
        "max_reply_length",
        "<N>",
        (1, Some(1)),
        max_reply_length,
        "Longest answer that is good, in bytes.",
    )
    .default("255")
    .since("2.2.0")
    .samples(&["512", "65535", "0"], &["65536", "-1", "x"]),
];

pub(super) fn check(
    server: &mut RealServer,
    args: &Args<'_>,
    block: &Block,
    lowering: &mut Lowering<'_>,
) -> Set {
    let mut check = UdpCheck::default();
    whole(&UDP_CHECK, &mut check, block, lowering);
    if let Some(min) = check.min_reply_length {
        let max = check.max_reply_length.map_or(MAX_REPLY, |max| max.value);
        if min.value > max {
            let message = format!(
                "UDP_CHECK min_reply length {min} > max_reply_length {max} - will always fail"
            );
            let problem = Diagnostic::error("no-good-length", message);
            let problem = problem.at(block.close.unwrap_or(block.open));
            let problem = problem.label(min.span, "no answer is both this long and short enough");
            lowering.push(problem.help("raise max_reply_length or lower min_reply_length"));
        }
    }
    store(server, args, Check::Udp(Box::new(check)))
}

fn payload(check: &mut UdpCheck, args: &Args<'_>) -> Set {
    let Some(span) = words_span(args) else {
        let message = "UDP_CHECK payload requires a payload";
        return Err(
            Problem::error("missing-value", message).help("write bytes as hexadecimal digits")
        );
    };
    let bytes = Hex::parse(&words(args)).filter(|hex| !hex.0.is_empty());
    let bytes = bytes.ok_or_else(|| invalid("payload", "hexadecimal digits only, without 0x"))?;
    check.payload = Some(Spanned::new(bytes, span));
    Ok(())
}

fn require_reply(check: &mut UdpCheck, args: &Args<'_>) -> Set {
    let pattern = HexPattern::parse(&words(args));
    let label = "hexadecimal digits and x only, without 0x";
    let pattern = pattern.ok_or_else(|| invalid("reply", label))?;
    let span = words_span(args).unwrap_or(args.name.span);
    check.require_reply = Some(Spanned::new(pattern, span));
    Ok(())
}

fn words(args: &Args<'_>) -> String {
    let words: Vec<_> = args.words.iter().map(|word| word.text.as_str()).collect();
    words.join(" ")
}

fn words_span(args: &Args<'_>) -> Option<crate::span::Span> {
    let (first, last) = (args.words.first()?, args.words.last()?);
    Some(first.span.to(last.span))
}

fn invalid(what: &str, label: &str) -> Problem {
    let message = format!("Invalid hex string for UDP_CHECK {what}");
    Problem::error("invalid-hex", message).word(0).label(label)
}

fn min_reply_length(check: &mut UdpCheck, args: &Args<'_>) -> Set {
    check.min_reply_length = Some(length(args, "min")?);
    Ok(())
}

fn max_reply_length(check: &mut UdpCheck, args: &Args<'_>) -> Set {
    check.max_reply_length = Some(length(args, "max")?);
    Ok(())
}

fn length(args: &Args<'_>, which: &str) -> Result<Spanned<u16>, Problem> {
    value::integer(args, 0, 0..=u16::MAX, |word| {
        format!("UDP_CHECK {which} length {word} not valid - must be between 0 & 65535")
    })
}
