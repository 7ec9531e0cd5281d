//! Tracked files and processes: `track_file`, its older spelling `vrrp_track_file`, and
//! `vrrp_track_process`.
//!
//! Invariants: one without its file or program is reported once and left out; `quorum_max` is not
//! below `quorum`.

use core::time::Duration;

use crate::ast::Ast;
use crate::ast::leaf::{Node, Spanned};
use crate::ast::vrrp::{InitFile, ParamMatch, TrackFile, TrackProcess};
use crate::diagnostic::Diagnostic;
use crate::keepalived::lower::lower_inactive;
use crate::keepalived::tables::track::{self, MAX_MULTIPLIER};
use crate::keepalived::value;
use crate::keyword::{Args, Keyword, Lowering, Problem, Repeat, Table};
use crate::tree::Block;

type Set = Result<(), Problem>;

/// `vrrp_track_process`
pub static VRRP_TRACK_PROCESS: Table<TrackProcess> = Table {
    block: "vrrp_track_process",
    rows: &[
        Keyword::set(
            "process",
            "<PATH> [<PARAM>...]",
            (1, None),
            process,
            "Which processes count: the path or name of the program, and its parameters if they \
             matter.",
        )
        .repeat(Repeat::First)
        .default("required")
        .since("2.0.11")
        .samples(
            &[
                "nginx",
                "/usr/sbin/nginx",
                "/usr/bin/python3 -m http.server",
            ],
            &["", "\"\""],
        ),
        Keyword::set(
            "param_match",
            "[initial|partial]",
            (0, Some(1)),
            param_match,
            "Whether a process may have more parameters (initial), or a longer last one \
             (partial); all must be equal without it.",
        )
        .default("exact")
        .since("2.0.16")
        .samples(&["initial", "partial", ""], &["exactly", "0"]),
        Keyword::set(
            "weight",
            "<N> [reverse|noreverse]",
            (1, Some(2)),
            |process: &mut TrackProcess, args| {
                let owner = format!("vrrp_track_process {}", process.name);
                process.weight = Some(weight(args, &owner)?);
                Ok(())
            },
            "How much the priority changes; 0 means FAULT when there are too few or too many.",
        )
        .repeat(Repeat::First)
        .missing_is_reported()
        .default("0")
        .samples(
            &["10", "-254", "10 reverse"],
            &["", "x", "255", "10 backwards"],
        ),
        Keyword::set(
            "quorum",
            "<N>",
            (1, Some(1)),
            |process: &mut TrackProcess, args| {
                process.quorum = Some(quorum(process, args, "Quorum", 1)?);
                Ok(())
            },
            "Least number that counts as up.",
        )
        .default("1")
        .samples(&["2", "65535"], &["", "0", "65536", "x"]),
        Keyword::set(
            "quorum_max",
            "<N>",
            (1, Some(1)),
            |process: &mut TrackProcess, args| {
                process.quorum_max = Some(quorum(process, args, "quorum_max", 0)?);
                Ok(())
            },
            "Largest number that counts as up.",
        )
        .default("none")
        .since("2.0.16")
        .samples(&["3", "65535"], &["", "-1", "65536", "x"]),
        Keyword::set(
            "delay",
            "<SECS>",
            (1, Some(1)),
            |process: &mut TrackProcess, args| {
                let delay = Some(delay(process, args)?);
                process.terminate_delay = delay;
                process.fork_delay = delay;
                Ok(())
            },
            "Sets both delays below.",
        )
        .default("0")
        .since("2.0.11")
        .samples(&["0.5", "0.000001", "3600"], &["", "0", "3601", "x"]),
        Keyword::set(
            "terminate_delay",
            "<SECS>",
            (1, Some(1)),
            |process: &mut TrackProcess, args| {
                process.terminate_delay = Some(delay(process, args)?);
                Ok(())
            },
            "Delay before a change that the end of a process makes is acted on.",
        )
        .default("0")
        .since("2.0.16")
        .samples(&["0.5", "0.000001", "3600"], &["", "0", "3601", "x"]),
        Keyword::set(
            "fork_delay",
            "<SECS>",
            (1, Some(1)),
            |process: &mut TrackProcess, args| {
                process.fork_delay = Some(delay(process, args)?);
                Ok(())
            },
            "Delay before a change that a fork makes is acted on; one that runs another program counts at \
             once.",
        )
        .default("0")
        .since("2.0.16")
        .samples(&["0.5", "0.000001", "3600"], &["", "0", "3601", "x"]),
        Keyword::set(
            "full_command",
            "",
            (0, Some(0)),
            |process: &mut TrackProcess, _| {
                process.full_command = true;
                Ok(())
            },
            "Compare the whole command line, not only the short name.",
        )
        .default("off")
        .since("2.0.11")
        .samples(&[""], &[]),
    ],
};

/// `track_file`
pub static TRACK_FILE: Table<TrackFile> = Table {
    block: "track_file",
    rows: &FILE_ROWS,
};

/// `vrrp_track_file`
pub static VRRP_TRACK_FILE: Table<TrackFile> = Table {
    block: "vrrp_track_file",
    rows: &FILE_ROWS,
};

static FILE_ROWS: [Keyword<TrackFile>; 3] = [
    Keyword::set(
        "file",
        "<PATH>",
        (1, Some(1)),
        file,
        "Path of the file; its number is read whenever the file changes.",
    )
    .missing_is_reported()
    .repeat(Repeat::First)
    .default("required")
    .since("2.0.0")
    .samples(&["/run/tf1", "\"/run/with blank\""], &["", "\"\""]),
    Keyword::set(
        "weight",
        "<N> [reverse|noreverse]",
        (1, Some(2)),
        |file: &mut TrackFile, args| {
            let owner = format!("track_file {}", file.name);
            file.weight = Some(weight(args, &owner)?);
            Ok(())
        },
        "What the file's number is multiplied by; a product of -254 or \
         less means FAULT.",
    )
    .repeat(Repeat::First)
    .missing_is_reported()
    .default("1")
    .samples(
        &["10", "-254", "10 reverse"],
        &["", "x", "255", "10 backwards"],
    ),
    Keyword::set(
        "init_file",
        "[<VALUE>] [overwrite]",
        (0, Some(2)),
        init_file,
        "Make the file at start with that number, 0 unless given; with overwrite also when it is \
         there already.",
    )
    .default("off / 0")
    .since("2.0.0")
    .samples(
        &["5", "", "overwrite", "-10 overwrite"],
        &["x", "300", "99999999999"],
    ),
];

fn process(process: &mut TrackProcess, args: &Args<'_>) -> Set {
    let words = args.words;
    let (Some(first), Some(last)) = (words.first(), words.last()) else {
        return Ok(());
    };
    if first.text.is_empty() {
        let message = format!(
            "track process '{}' process name not specified",
            process.name
        );
        let problem = Problem::error("empty-value", message).word(0);
        return Err(problem.help("name the program as it is shown by ps, or its path"));
    }
    let words = words.iter().map(|word| word.text.to_string()).collect();
    process.process = Some(Spanned::new(words, first.span.to(last.span)));
    Ok(())
}

fn param_match(process: &mut TrackProcess, args: &Args<'_>) -> Set {
    let kind = match args.text(0) {
        None => ParamMatch::Exact,
        Some("initial") => ParamMatch::Initial,
        Some("partial") => ParamMatch::Partial,
        Some(other) => {
            let message = format!("Invalid param_match type {other} - ignoring");
            let problem = Problem::error("invalid-choice", message).word(0);
            return Err(problem.label("initial, partial or nothing is accepted"));
        }
    };
    let word = args.get(0).unwrap_or(args.name);
    process.param_match = Some(Spanned::new(kind, word.span));
    Ok(())
}

fn weight(args: &Args<'_>, owner: &str) -> Result<Spanned<crate::ast::vrrp::TrackWeight>, Problem> {
    let invalid = |word: &str| {
        format!("Weight ({word}) for {owner} must be between [-254..254] inclusive. Ignoring...")
    };
    let unknown = |word: &str| format!("{owner} unknown weight option {word}");
    track::weight(args, MAX_MULTIPLIER, invalid, unknown)
}

fn quorum(
    process: &TrackProcess,
    args: &Args<'_>,
    what: &str,
    least: u16,
) -> Result<Spanned<u16>, Problem> {
    value::integer(args, 0, least..=u16::MAX, |word| {
        format!(
            "{what} ({word}) for vrrp_track_process {} must be between [{least}..65535] \
             inclusive. Ignoring...",
            process.name
        )
    })
}

fn delay(process: &TrackProcess, args: &Args<'_>) -> Result<Spanned<Duration>, Problem> {
    let what = &args.name.text;
    value::seconds(args, 0, 1..=3_600_000_000, |word| {
        format!(
            "{what} ({word}) for vrrp_track_process {} must be between [0.000001..3600] \
             inclusive. Ignoring...",
            process.name
        )
    })
}

fn file(file: &mut TrackFile, args: &Args<'_>) -> Set {
    let path = value::text(args, 0)?;
    if path.is_empty() {
        let message = format!("track file {} file name missing", file.name);
        let problem = Problem::error("empty-value", message).word(0);
        return Err(problem.help("give the path of the file that holds the number"));
    }
    file.file = Some(path);
    Ok(())
}

fn init_file(file: &mut TrackFile, args: &Args<'_>) -> Set {
    let name = &file.name;
    let mut init = InitFile::default();
    for (index, word) in args.words.iter().enumerate() {
        let number = word.text.strip_prefix('-').unwrap_or(&word.text);
        if word.text == "overwrite" {
            init.overwrite = true;
        } else if number.starts_with(|c: char| c.is_ascii_digit()) {
            let invalid = |word: &str| format!("Track file {name} init value {word} is invalid");
            let value = value::integer(args, index, i32::MIN..=i32::MAX, invalid)?.value;
            if !(-254..=254).contains(&value) {
                let message = format!(
                    "Track file {name} init value {value} is outside sensible range [-254, 254]"
                );
                let problem = Problem::error("init-value", message).word(index);
                args.report(problem.help("multiplied by a weight it would always mean FAULT"));
            }
            init.value = Some(value);
        } else {
            let message = format!("Unknown track file init option {}", word.text);
            let problem = Problem::error("unknown-option", message).word(index);
            return Err(problem.label("a number or overwrite is accepted"));
        }
    }
    file.init = Some(Spanned::new(init, args.name.span));
    Ok(())
}

/// The block at the top level.
pub(super) fn track_process(
    ast: &mut Ast,
    args: &Args<'_>,
    block: &Block,
    lowering: &mut Lowering<'_>,
) -> Set {
    let mut process = TrackProcess {
        name: value::text(args, 0)?,
        ..TrackProcess::default()
    };
    lower_inactive(&VRRP_TRACK_PROCESS, &mut process, block, lowering);
    let name = &process.name;
    if process.process.is_none() {
        ast.lose(name);
        if process.rejected.contains("process") {
            return Ok(());
        }
        let message = format!("track process '{name}' process name not specified");
        return Err(Problem::error("incomplete-block", message)
            .word(0)
            .help("add `process PROGRAM`"));
    }
    let least = process.quorum.map_or(1, |quorum| quorum.value);
    if let Some(most) = process.quorum_max.filter(|most| most.value < least) {
        let message = "quorum_max is less than quorum - ignoring";
        let mut problem = Diagnostic::error("range-order", message)
            .label(most.span, format!("less than {least}"))
            .help("no number of processes would ever be right; raise it or lower quorum");
        if let Some(quorum) = process.quorum {
            problem = problem.label(quorum.span, "the least number");
        }
        lowering.push(problem);
        process.quorum_max = None;
    }
    ast.vrrp.track_processes.push(process);
    Ok(())
}

/// `track_file` at the top level.
pub(super) fn track_file(
    ast: &mut Ast,
    args: &Args<'_>,
    block: &Block,
    lowering: &mut Lowering<'_>,
) -> Set {
    tracked_file(&TRACK_FILE, ast, args, block, lowering)
}

/// `vrrp_track_file` at the top level.
pub(super) fn old_track_file(
    ast: &mut Ast,
    args: &Args<'_>,
    block: &Block,
    lowering: &mut Lowering<'_>,
) -> Set {
    let message = "vrrp_track_file is the older name of track_file";
    let mut problem = Problem::warning("deprecated", message);
    problem.severity = crate::diagnostic::Severity::Notice;
    args.report(problem.help("write `track_file`; it means the same"));
    tracked_file(&VRRP_TRACK_FILE, ast, args, block, lowering)
}

fn tracked_file(
    table: &Table<TrackFile>,
    ast: &mut Ast,
    args: &Args<'_>,
    block: &Block,
    lowering: &mut Lowering<'_>,
) -> Set {
    let mut file = TrackFile {
        name: value::text(args, 0)?,
        ..TrackFile::default()
    };
    lower_inactive(table, &mut file, block, lowering);
    if file.file.is_some() {
        ast.vrrp.track_files.push(file);
        return Ok(());
    }
    ast.lose(&file.name);
    if file.rejected.contains("file") {
        return Ok(());
    }
    let message = format!("No file set for track_file {} - ignoring", file.name);
    Err(Problem::error("incomplete-block", message)
        .word(0)
        .help("add `file PATH`"))
}
