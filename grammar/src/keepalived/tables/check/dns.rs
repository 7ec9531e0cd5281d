//! `DNS_CHECK`.

use crate::ast::leaf::Spanned;
use crate::ast::lvs::{Attempts, Check, Connect, DnsCheck, DnsType, RealServer};
use crate::keepalived::tables::check::connect::Connecting;
use crate::keepalived::tables::check::{Set, common, store, waiting, whole};
use crate::keepalived::tables::join;
use crate::keepalived::tables::schedule::Checker;
use crate::keepalived::value;
use crate::keyword::{Args, Keyword, Lowering, Problem, Repeat, Table};
use crate::tree::Block;

impl Connecting for DnsCheck {
    fn connect(&mut self) -> &mut Connect {
        &mut self.connect
    }
}

impl Checker for DnsCheck {
    fn attempts(&mut self) -> &mut Attempts {
        &mut self.attempts
    }
}

pub(super) const WHY: &str = "not acted on yet: name servers are not asked";

/// Longest part between two dots (RFC 1035 §2.3.4).
const MAX_LABEL: usize = 63;
/// Longest name without the final dot.
const MAX_NAME: usize = 253;

/// `DNS_CHECK`
pub static DNS_CHECK: Table<DnsCheck> = Table {
    block: "virtual_server/real_server/DNS_CHECK",
    rows: {
        const ROWS: [Keyword<DnsCheck>; 15] = join(&common(), &OWN);
        &const { waiting(ROWS, WHY) }
    },
};

const OWN: [Keyword<DnsCheck>; 2] = [
    Keyword::set(
        "type",
        "A|NS|CNAME|SOA|MX|TXT|AAAA|RRSIG|DNSKEY",
        (1, Some(1)),
        kind,
        "Type of record that is asked for.",
    )
    .default("SOA")
    .since("1.3.0")
    .samples(&["A", "DNSKEY", "mx"], &["PTR", "1"]),
    Keyword::set(
        "name",
        "<NAME>",
        (1, Some(1)),
        name,
        "Name that is asked for.",
    )
    .default(".")
    .since("1.3.0")
    .repeat(Repeat::First)
    .samples(&["example.com", "example.com.", "."], &["a..b", ".a"]),
];

pub(super) fn check(
    server: &mut RealServer,
    args: &Args<'_>,
    block: &Block,
    lowering: &mut Lowering<'_>,
) -> Set {
    let mut check = DnsCheck::default();
    whole(&DNS_CHECK, &mut check, block, lowering);
    store(server, args, Check::Dns(Box::new(check)))
}

fn kind(check: &mut DnsCheck, args: &Args<'_>) -> Set {
    let word = value::word(args, 0)?;
    let kind = DnsType::of(&word.text.to_ascii_uppercase()).ok_or_else(|| {
        let message = format!("Unknown DNS check type {} - ignoring", word.text);
        let known: Vec<_> = DnsType::ALL.iter().map(|kind| kind.word()).collect();
        let problem = Problem::error("unknown-type", message).word(0);
        problem.label(format!("known are {}", known.join(", ")))
    })?;
    check.kind = Some(Spanned::new(kind, word.span));
    Ok(())
}

fn name(check: &mut DnsCheck, args: &Args<'_>) -> Set {
    let name = value::text(args, 0)?;
    let bare = name.strip_suffix('.').unwrap_or(&name);
    let labels = || bare.split('.');
    if !bare.is_empty() && labels().any(str::is_empty) {
        let message = format!("DNS_CHECK name '{}' has empty label - ignoring", name.value);
        let problem = Problem::error("invalid-name", message).word(0);
        return Err(problem.label("two dots have nothing between them"));
    }
    if bare.len() > MAX_NAME || labels().any(|label| label.len() > MAX_LABEL) {
        // The original takes it, and the check can then never succeed.
        let message = format!(
            "DNS_CHECK name '{}' is too long to be asked for",
            name.value
        );
        let problem = Problem::warning("invalid-name", message).word(0);
        args.report(problem.help("at most 63 bytes between two dots and 253 in all"));
    }
    check.name = Some(name);
    Ok(())
}
