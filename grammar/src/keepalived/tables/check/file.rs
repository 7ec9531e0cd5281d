//! `FILE_CHECK`.

use crate::ast::leaf::Spanned;
use crate::ast::lvs::{Check, FileCheck, FileWeight, RealServer};
use crate::keepalived::tables::check::{Set, lacks, store, waiting, whole};
use crate::keepalived::value;
use crate::keyword::{Args, Keyword, Lowering, Problem, Table};
use crate::tree::Block;

pub(super) const WHY: &str = "not acted on yet: no file decides a server's weight";

/// Largest weight.
const MAX_WEIGHT: i32 = i32::MAX;

/// `FILE_CHECK`
pub static FILE_CHECK: Table<FileCheck> = Table {
    block: "virtual_server/real_server/FILE_CHECK",
    rows: &const { waiting(OWN, WHY) },
};

const OWN: [Keyword<FileCheck>; 2] = [
    Keyword::set(
        "track_file",
        "<NAME>",
        (1, Some(1)),
        track_file,
        "The track_file block whose number counts.",
    )
    .default("required")
    .since("2.0.0")
    .samples(&["tf1"], &[]),
    Keyword::set(
        "weight",
        "<N> [reverse|noreverse]",
        (0, Some(2)),
        weight,
        "The file's number times this is added to the server's weight, or taken from it.",
    )
    .default("of the file")
    .samples(
        &["2", "-1 reverse", "2147483647 noreverse"],
        &["", "x", "2147483648", "2 backwards"],
    ),
];

pub(super) fn check(
    server: &mut RealServer,
    args: &Args<'_>,
    block: &Block,
    lowering: &mut Lowering<'_>,
) -> Set {
    let mut check = FileCheck::default();
    whole(&FILE_CHECK, &mut check, block, lowering);
    if check.track_file.is_none() {
        if check.rejected.contains("track_file") {
            return Ok(());
        }
        let message = "FILE_CHECK has no track_file specified - ignoring";
        return Err(lacks(block, message, "add: track_file NAME"));
    }
    store(server, args, Check::File(check))
}

fn track_file(check: &mut FileCheck, args: &Args<'_>) -> Set {
    check.track_file = Some(value::text(args, 0)?);
    Ok(())
}

fn weight(check: &mut FileCheck, args: &Args<'_>) -> Set {
    if args.words.is_empty() {
        let problem = Problem::error("missing-value", "track file weight missing");
        return Err(problem.help("write: weight N"));
    }
    let weight = value::integer(args, 0, -MAX_WEIGHT..=MAX_WEIGHT, |_| {
        format!(
            "weight for track file must be in [{}..{MAX_WEIGHT}] inclusive. Ignoring...",
            -MAX_WEIGHT
        )
    })?;
    let reverse = match args.text(1) {
        None | Some("noreverse") => false,
        Some("reverse") => true,
        Some(other) => {
            let message = format!("unknown track file weight option {other} - ignoring");
            let problem = Problem::error("unknown-option", message).word(1);
            return Err(problem.label("reverse or noreverse is accepted"));
        }
    };
    check.weight = Some(Spanned::new(
        FileWeight {
            weight: weight.value,
            reverse,
        },
        weight.span,
    ));
    Ok(())
}
