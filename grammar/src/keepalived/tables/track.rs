//! The track lists of instances and sync groups: `<NAME> [weight <N> [reverse|noreverse]]`.
//!
//! Invariants: a line whose weight is wrong still tracks, without the weight; a line with an
//! unknown option or without the weight's number does not, as in the original.
//! Deliberately unknown here: whether what a line names exists.

use base::Weight;

use crate::ast::leaf::{Node, Spanned};
use crate::ast::vrrp::{Instance, SyncGroup, TrackLine, TrackWeight};
use crate::keepalived::line;
use crate::keepalived::lower::each_entry;
use crate::keepalived::value;
use crate::keyword::{Action, Args, Entry, Keyword, Lowering, Problem, Table};
use crate::tree::Block;

/// What a list refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Interface,
    Script,
    File,
    Process,
    Bfd,
}

/// The options of a line while it is read.
#[derive(Default)]
pub(super) struct LineOptions {
    weight: Option<Weight>,
    reverse: Option<bool>,
    /// The weight was there, but wrong.
    lost: bool,
}

impl Node for LineOptions {
    fn reject(&mut self, keyword: &'static str) {
        self.lost |= keyword == "weight";
    }
}

/// Who has track lists.
pub(super) trait Tracking: Node {
    /// Name for messages.
    fn owner(&self) -> &str;
    /// Where the lines go.
    fn list(&mut self, what: What) -> &mut Vec<TrackLine>;
    /// The options of these lines, indexed by [`What`].
    fn tables() -> &'static [Table<LineOptions>; 5];
}

impl Tracking for Instance {
    fn owner(&self) -> &str {
        &self.name
    }

    fn list(&mut self, what: What) -> &mut Vec<TrackLine> {
        match what {
            What::Interface => &mut self.track_interfaces,
            What::Script => &mut self.track_scripts,
            What::File => &mut self.track_files,
            What::Process => &mut self.track_processes,
            What::Bfd => &mut self.track_bfds,
        }
    }

    fn tables() -> &'static [Table<LineOptions>; 5] {
        &INSTANCE
    }
}

impl Tracking for SyncGroup {
    fn owner(&self) -> &str {
        &self.name
    }

    fn list(&mut self, what: What) -> &mut Vec<TrackLine> {
        match what {
            What::Interface => &mut self.track_interfaces,
            What::Script => &mut self.track_scripts,
            What::File => &mut self.track_files,
            What::Process => &mut self.track_processes,
            What::Bfd => &mut self.track_bfds,
        }
    }

    fn tables() -> &'static [Table<LineOptions>; 5] {
        &GROUP
    }
}

type Rows = [Keyword<LineOptions>; 3];

static SCRIPT: Rows = rows(narrow, NARROW);
static INTERFACE: Rows = without_objects(rows(narrow, NARROW));
static FILE: Rows = rows(wide, WIDE);
static PROCESS: Rows = rows(wide, WIDE);
static BFD: Rows = rows(narrow, NARROW);

static INSTANCE: [Table<LineOptions>; 5] = [
    table("vrrp_instance/track_interface#line", &INTERFACE),
    table("vrrp_instance/track_script#line", &SCRIPT),
    table("vrrp_instance/track_file#line", &FILE),
    table("vrrp_instance/track_process#line", &PROCESS),
    table("vrrp_instance/track_bfd#line", &BFD),
];

static GROUP: [Table<LineOptions>; 5] = [
    table("vrrp_sync_group/track_interface#line", &INTERFACE),
    table("vrrp_sync_group/track_script#line", &SCRIPT),
    table("vrrp_sync_group/track_file#line", &FILE),
    table("vrrp_sync_group/track_process#line", &PROCESS),
    table("vrrp_sync_group/track_bfd#line", &BFD),
];

const fn table(block: &'static str, rows: &'static Rows) -> Table<LineOptions> {
    Table { block, rows }
}

/// Every row of every line table.
pub(super) fn entries() -> impl Iterator<Item = Entry> {
    INSTANCE.iter().chain(&GROUP).flat_map(Table::entries)
}

type Set = Result<(), Problem>;

const NARROW: &[&str] = &["254", "-254", "x", ""];
const WIDE: &[&str] = &["255", "-255", "x", ""];

const fn rows(
    weight: fn(&mut LineOptions, &Args<'_>) -> Set,
    wrong: &'static [&'static str],
) -> Rows {
    [
        Keyword::set(
            "weight",
            "<N>",
            (1, Some(1)),
            weight,
            "Weight that counts here in place of the object's own; 0 means FAULT on failure.",
        )
        .default("object default")
        .samples(&["10", "-20", "0"], wrong),
        Keyword::set(
            "reverse",
            "(after weight)",
            (0, Some(0)),
            |options, args| direction(options, args, true),
            "Turn the direction around: a positive weight lowers the priority while it is up, a negative one raises it while it is down, and with weight 0 up means FAULT.",
        ),
        Keyword::set(
            "noreverse",
            "(after weight)",
            (0, Some(0)),
            |options, args| direction(options, args, false),
            "Do not turn the weight around here although the tracked object says reverse.",
        ),
    ]
}

/// Interfaces have no block of their own that could say `reverse`.
const fn without_objects(rows: Rows) -> Rows {
    let [weight, reverse, noreverse] = rows;
    let why = "nothing to cancel: an interface is reversed by its line only";
    let refused = Keyword {
        action: Action::Set(|_, args| Err(Problem::error("unknown-option", &*args.name.text))),
        ..noreverse
    };
    [weight, reverse, refused.refused(why)]
}

fn narrow(options: &mut LineOptions, args: &Args<'_>) -> Set {
    number(options, args, MAX_WEIGHT)
}

fn wide(options: &mut LineOptions, args: &Args<'_>) -> Set {
    number(options, args, MAX_MULTIPLIER)
}

/// What is told of it is put into the original's words by [`told`].
fn number(options: &mut LineOptions, args: &Args<'_>, most: i16) -> Set {
    if options.weight.is_some() {
        return Err(Problem::error("unknown-option", "weight"));
    }
    let beyond = most + 1;
    let given = args.text(0).and_then(|word| word.parse::<i16>().ok());
    let number = match given {
        Some(number) if most == MAX_WEIGHT && number.abs() == beyond => {
            args.report(Problem::error("weight-clamped", "weight").word(0));
            number.signum() * most
        }
        _ => value::integer(args, 0, -most..=most, str::to_owned)?.value,
    };
    options.weight = Some(Weight(number));
    Ok(())
}

fn direction(options: &mut LineOptions, args: &Args<'_>, reverse: bool) -> Set {
    if options.weight.is_none() && !options.lost {
        return Err(Problem::error("unknown-option", &*args.name.text));
    }
    if options.reverse.is_some() {
        return Err(Problem::warning("extra-words", &*args.name.text));
    }
    options.reverse = Some(reverse);
    Ok(())
}

/// Reads the lines of one list.
fn lines<T: Tracking>(what: What, target: &mut T, block: &Block, lowering: &mut Lowering<'_>) {
    let Some(table) = T::tables().get(what as usize) else {
        return;
    };
    let mut lines = Vec::new();
    each_entry(block, lowering, |args| {
        lines.extend(line(what, table, target.owner(), args));
        Ok(())
    });
    target.list(what).append(&mut lines);
}

fn line(what: What, table: &Table<LineOptions>, owner: &str, args: &Args<'_>) -> Option<TrackLine> {
    let mut options = LineOptions::default();
    line::options(table, &mut options, args, 0);
    let mut taken = true;
    let mut over = false;
    for problem in args.take_problems() {
        let first = problem.word == Some(0);
        taken &= !(problem.code == "missing-value" || problem.code == "unknown-option" && first);
        // What follows a word that is not understood is part of the same mistake.
        if !over {
            over = !matches!(problem.code, "invalid-number" | "weight-clamped");
            args.report(told(what, owner, args, problem, options.reverse.is_some()));
        }
    }
    let reverse = options.reverse;
    taken.then(|| TrackLine {
        name: Spanned::new(args.name.text.to_string(), args.name.span),
        weight: options.weight.map(|weight| TrackWeight { weight, reverse }),
    })
}

/// A problem in the original's words.
fn told(what: What, owner: &str, args: &Args<'_>, problem: Problem, ended: bool) -> Problem {
    let name = &args.name.text;
    let kind = match what {
        What::Interface => "track_interface",
        What::Script => "track script",
        What::File => "track file",
        What::Process => "track process",
        What::Bfd => "track bfd",
    };
    let word = problem.word.and_then(|index| args.get(index as usize));
    let word = word.map_or("", |word| word.text.as_str());
    let usual = "one entry a line: its name, then `weight N`, then perhaps `reverse`";
    let (message, help) = match problem.code {
        "missing-value" => (
            format!("({owner}) weight without value specified for {kind} {name} - ignoring"),
            "give the number, or leave `weight` out to use the object's own",
        ),
        "invalid-number" => (
            match what {
                What::File | What::Process => format!(
                    "({owner}) weight for {kind} {name} must be in [-254..254] inclusive. \
                     Ignoring..."
                ),
                _ => format!(
                    "({owner}) {kind} {name}: weight must be between [-253..253] inclusive, \
                     ignoring..."
                ),
            },
            "the entry is kept with the object's own weight",
        ),
        "weight-clamped" => (
            format!("({owner}) weight for {name} cannot be +/-254. Setting to +/-253"),
            "write 253, or 0 for FAULT on failure",
        ),
        _ if ended => {
            let message = format!("({owner}) {kind} {name}: extra words are ignored");
            let place = problem.word.unwrap_or(0) as usize;
            let problem = Problem::warning("extra-words", message).word(place);
            return problem.help("one entry per line");
        }
        _ if problem.word == Some(0) => (
            format!("({owner}) unknown {kind} {name} option {word} - ignoring"),
            usual,
        ),
        _ => (
            format!("({owner}) unknown {kind} {name} weight option {word} - ignoring"),
            usual,
        ),
    };
    Problem { message, ..problem }.help(help)
}

const LINES: &str = "{ <NAME> [weight <N> [reverse|noreverse]] ... }";
const INTERFACES: &str = "{ <IF> [weight <N> [reverse|noreverse]] ... }";

/// The five lists, in the order of [`What`].
pub(super) const fn lists<T: Tracking>(docs: [&'static str; 5]) -> [Keyword<T>; 5] {
    type Lower<T> = fn(&mut T, &Args<'_>, &Block, &mut Lowering<'_>) -> Set;
    const fn list<T: Tracking>(
        name: &'static str,
        args: &'static str,
        lower: Lower<T>,
        doc: &'static str,
    ) -> Keyword<T> {
        Keyword::block(name, args, (0, Some(0)), lower, doc).excess_is_error()
    }
    let [interface, script, file, process, bfd] = docs;
    [
        list("track_interface", INTERFACES, interfaces, interface),
        list("track_script", LINES, scripts, script),
        list("track_file", LINES, files, file).since("2.0.0"),
        list("track_process", LINES, processes, process).since("2.0.11"),
        list("track_bfd", LINES, bfds, bfd).since("2.0.0"),
    ]
}

macro_rules! lowers {
    ($($name:ident: $what:ident;)*) => {$(
        fn $name<T: Tracking>(
            target: &mut T,
            _: &Args<'_>,
            block: &Block,
            lowering: &mut Lowering<'_>,
        ) -> Set {
            lines(What::$what, target, block, lowering);
            Ok(())
        }
    )*};
}

lowers! {
    interfaces: Interface;
    scripts: Script;
    files: File;
    processes: Process;
    bfds: Bfd;
}

/// Largest change of a priority.
pub(super) const MAX_WEIGHT: i16 = 253;
/// Largest factor of a file's number, and the largest weight of a process.
pub(super) const MAX_MULTIPLIER: i16 = 254;

/// `<N> [reverse|noreverse]` of an object of its own; `invalid` makes the original's text from the
/// number's word, `unknown` from the word after it.
pub(super) fn weight(
    args: &Args<'_>,
    most: i16,
    invalid: impl FnOnce(&str) -> String,
    unknown: impl FnOnce(&str) -> String,
) -> Result<Spanned<TrackWeight>, Problem> {
    let number = value::integer::<i16>(args, 0, -most..=most, invalid)?;
    let reverse = match args.text(1) {
        None => None,
        Some("reverse") => Some(true),
        Some("noreverse") => Some(false),
        Some(other) => {
            let problem = Problem::error("unknown-option", unknown(other)).word(1);
            args.report(problem.label("reverse or noreverse is accepted"));
            None
        }
    };
    Ok(number.map(|weight| TrackWeight {
        weight: Weight(weight),
        reverse,
    }))
}
