//! `BFD_CHECK`.

use crate::ast::leaf::Spanned;
use crate::ast::lvs::{BfdCheck, Check, RealServer};
use crate::diagnostic::Diagnostic;
use crate::keepalived::lower::lower;
use crate::keepalived::tables::SWITCH;
use crate::keepalived::tables::check::{Set, lacks, store};
use crate::keepalived::value;
use crate::keyword::{Args, Keyword, Lowering, Problem, Repeat, Table};
use crate::tree::Block;

/// Longest name of a session.
const MAX_NAME: usize = 31;

/// Checks of a server that a further one is compared with: sensible ones are few, and many would
/// take as many steps as their square.
const COMPARED: usize = 1_024;

/// `BFD_CHECK`
pub static BFD_CHECK: Table<BfdCheck> = Table {
    block: "virtual_server/real_server/BFD_CHECK",
    rows: &OWN,
};

static OWN: [Keyword<BfdCheck>; 2] = [
    Keyword::set(
        "name",
        "<NAME>",
        (0, None),
        name,
        "The bfd_instance that must be up.",
    )
    .default("required")
    .since("1.3.0")
    .repeat(Repeat::First)
    .samples(
        &["bfd1"],
        &["", "one two", "a-name-of-more-than-thirty-one-bytes"],
    ),
    Keyword::set(
        "alpha",
        SWITCH,
        (0, Some(1)),
        alpha,
        "The server counts as down until the session has been up once.",
    )
    .default("inherited")
    .samples(&["", "on", "off"], &["maybe"]),
];

pub(super) fn check(
    server: &mut RealServer,
    args: &Args<'_>,
    block: &Block,
    lowering: &mut Lowering<'_>,
) -> Set {
    let mut check = BfdCheck::default();
    lower(&BFD_CHECK, &mut check, block, lowering);
    if check.name.is_none() {
        if check.rejected.contains("name") {
            return Ok(());
        }
        let message = "No name has been specified for BFD_CHECKER - skipping";
        return Err(lacks(block, message, "add: name BFD_INSTANCE"));
    }
    let follows = |other: &Spanned<Check>| match &other.value {
        Check::Bfd(other) => other.name == check.name,
        _ => false,
    };
    if let Some(name) = &check.name
        && let Some(before) = server
            .checks
            .iter()
            .take(COMPARED)
            .find(|other| follows(other))
    {
        let message = format!("BFD_CHECK - RS already monitoring {}", name.value);
        let problem = Diagnostic::error("repeated-check", message).at(name.span);
        lowering.push(problem.label(before.span, "it is followed here"));
        return Ok(());
    }
    store(server, args, Check::Bfd(check))
}

fn name(check: &mut BfdCheck, args: &Args<'_>) -> Set {
    if args.words.len() != 1 {
        let message = "BFD_CHECK - No or too many names specified - skipping checker";
        let problem = Problem::error("missing-value", message);
        return Err(problem.help("write: name BFD_INSTANCE"));
    }
    let name = value::text(args, 0)?;
    if name.len() > MAX_NAME {
        let message = format!("BFD_CHECK - BFD name {} too long", name.value);
        let problem = Problem::error("invalid-name", message).word(0);
        return Err(problem.label("at most 31 bytes"));
    }
    check.name = Some(name);
    Ok(())
}

fn alpha(check: &mut BfdCheck, args: &Args<'_>) -> Set {
    check.alpha = Some(value::switch_worded(args, |word| {
        format!("Invalid alpha parameter {word}")
    })?);
    Ok(())
}
