//! From statements to the AST, by the directive tables.
//!
//! Invariants: the original's order of checks (name, place, terminator, number of arguments,
//! value) and its wording; one mistake gives one error; what stands in a block that was refused
//! is not looked at.
//! Deliberately unknown here: what single directives take (see `rows`).

use crate::ast::Ast;
use crate::ast::Spanned;
use crate::ast::stream::{BlockEnd, Events, Server, Settings, Stream, Upstream};
use crate::diagnostic::{Diagnostic, Severity};
use crate::keyword::{Action, Args, Keyword, Lowering, Problem, Repeat, Status, Table, nearest};
use crate::span::Span;
use crate::tree::{Block, Statement};

use super::value::Words as _;
use super::{foreign, rows};

/// The tables that apply in one kind of block.
pub(super) struct Scope<T: 'static> {
    own: &'static [&'static Table<T>],
    /// How to get at what `stream` and `server` have in common, if the block has it.
    settings: Option<fn(&mut T) -> &mut Settings>,
}

static MAIN: Scope<Ast> = Scope {
    own: &rows::MAIN,
    settings: None,
};
static EVENTS: Scope<Events> = Scope {
    own: &rows::EVENTS,
    settings: None,
};
static STREAM: Scope<Stream> = Scope {
    own: &rows::STREAM,
    settings: Some(|stream| &mut stream.settings),
};
static SERVER: Scope<Server> = Scope {
    own: &rows::SERVER,
    settings: Some(|server| &mut server.settings),
};
static UPSTREAM: Scope<Upstream> = Scope {
    own: &rows::UPSTREAM,
    settings: None,
};

/// Lowers everything.
pub(super) fn main(statements: &[Statement], low: &mut Lowering<'_>) -> Ast {
    let mut ast = Ast::default();
    MAIN.lower(&mut ast, statements, low);
    ast
}

/// `events {}`
pub(super) fn events(
    ast: &mut Ast,
    args: &Args<'_>,
    body: &Block,
    low: &mut Lowering<'_>,
) -> Result<(), Problem> {
    let mut events = Events::default();
    EVENTS.lower(&mut events, &body.statements, low);
    ast.process.nginx.events = Some(args.here(events));
    Ok(())
}

/// `stream {}`
pub(super) fn stream(
    ast: &mut Ast,
    args: &Args<'_>,
    body: &Block,
    low: &mut Lowering<'_>,
) -> Result<(), Problem> {
    ast.stream.block = Some(args.here(end(body)));
    STREAM.lower(&mut ast.stream, &body.statements, low);
    Ok(())
}

/// `server {}`
pub(super) fn server(
    stream: &mut Stream,
    args: &Args<'_>,
    body: &Block,
    low: &mut Lowering<'_>,
) -> Result<(), Problem> {
    let mut server = Server {
        end: end(body),
        ..Server::default()
    };
    SERVER.lower(&mut server, &body.statements, low);
    if server.listens.is_empty() && !low.flawed(body) {
        let text = "no \"listen\" is defined for server";
        let problem = Diagnostic::error("no-listen", text).at(body.open);
        low.push(problem.noticed(end(body).0));
    }
    stream.servers.push(args.here(server));
    Ok(())
}

/// `upstream {}`
pub(super) fn upstream(
    stream: &mut Stream,
    args: &Args<'_>,
    body: &Block,
    low: &mut Lowering<'_>,
) -> Result<(), Problem> {
    let Some(name) = args.get(0) else {
        return Ok(());
    };
    let mut upstream = Upstream {
        name: Spanned::new(name.text.to_string(), name.span),
        end: end(body),
        ..Upstream::default()
    };
    UPSTREAM.lower(&mut upstream, &body.statements, low);
    if upstream.servers.is_empty() && !low.flawed(body) {
        let text = "no servers are inside upstream";
        let problem = Diagnostic::error("no-servers", text).at(upstream.end.0);
        low.push(problem.label(name.span, "this upstream is empty"));
    }
    stream.upstreams.push(args.here(upstream));
    Ok(())
}

/// A block without an end reaches beyond all text.
fn end(body: &Block) -> BlockEnd {
    let beyond = Span {
        start: u32::MAX,
        len: 0,
        ..body.open
    };
    BlockEnd(body.close.unwrap_or(beyond))
}

impl Lowering<'_> {
    /// From the opening to the closing brace; to the end of the file where there is none.
    fn range(&self, body: &Block) -> (Vec<u32>, Vec<u32>) {
        let file_end = Span {
            start: u32::MAX,
            ..body.open
        };
        let close = self.sources.order(body.close.unwrap_or(file_end));
        (self.sources.order(body.open), close)
    }

    /// The body is not looked at: nor are mistakes in it.
    pub(super) fn skip(&mut self, body: &Block) {
        let range = self.range(body);
        self.skipped.push(range);
    }

    /// Whether something is wrong inside: then what seems to be missing may just be misspelt.
    fn flawed(&self, body: &Block) -> bool {
        let (open, close) = self.range(body);
        let inside = |problem: &Diagnostic| {
            let order = problem.span().map(|span| self.sources.order(span));
            order.is_some_and(|order| open < order && order <= close)
        };
        let errors = self
            .diagnostics
            .iter()
            .filter(|p| p.severity == Severity::Error);
        errors.into_iter().any(inside)
    }
}

impl<T> Scope<T> {
    fn lower(&self, target: &mut T, statements: &[Statement], low: &mut Lowering<'_>) {
        let mut seen = Vec::new();
        for statement in statements {
            let Some(name) = statement.words.first() else {
                continue;
            };
            let name = name.text.as_str();
            if name == "include" {
                check_include(statement, low);
            } else if let Some(row) = find(self.own, name) {
                apply(row, target, statement, &mut seen, low);
            } else if let (Some(row), Some(settings)) = (self.shared(name), self.settings) {
                apply(row, settings(target), statement, &mut seen, low);
            } else {
                misplaced(statement, low, &self.names());
            }
        }
    }

    fn shared(&self, name: &str) -> Option<&'static Keyword<Settings>> {
        self.settings.and_then(|_| find(&rows::SETTINGS, name))
    }

    fn names(&self) -> Vec<&'static str> {
        let own = self
            .own
            .iter()
            .flat_map(|table| table.rows)
            .map(|row| row.name);
        let shared = rows::SETTINGS
            .iter()
            .flat_map(|table| table.rows)
            .map(|row| row.name);
        own.chain(shared.filter(|_| self.settings.is_some()))
            .collect()
    }
}

fn find<T>(tables: &[&'static Table<T>], name: &str) -> Option<&'static Keyword<T>> {
    tables
        .iter()
        .find_map(|table| table.find(name))
        .map(|(_, row)| row)
}

fn apply<T>(
    row: &'static Keyword<T>,
    target: &mut T,
    statement: &Statement,
    seen: &mut Vec<&'static str>,
    low: &mut Lowering<'_>,
) {
    let block = matches!(row.action, Action::Block(_));
    let count = statement.words.len() - 1;
    let (least, most) = row.arity;
    let counted = count >= least && most.is_none_or(|most| count <= most);
    if !check_shape(statement, block, counted, low) {
        return;
    }
    let raw = low.sources.text(statement.raw);
    let Some(args) = Args::new(&statement.words, raw, statement.raw) else {
        return;
    };
    match run(row, target, statement, &args, seen, low) {
        Ok(()) => {}
        Err(problem) => {
            report(statement, args.locate(problem), low);
            if let Some(body) = &statement.body {
                low.skip(body);
            }
        }
    }
    for warning in args.take_reports() {
        report(statement, warning, low);
    }
}

fn run<T>(
    row: &'static Keyword<T>,
    target: &mut T,
    statement: &Statement,
    args: &Args<'_>,
    seen: &mut Vec<&'static str>,
    low: &mut Lowering<'_>,
) -> Result<(), Problem> {
    match row.status {
        // Switching off what is not there is fine.
        Status::Refused(why) if !is_off(row.args, args) => {
            let message = format!(
                "not supported yet by nginx-stream-rs: \"{}\" directive",
                row.name
            );
            return Err(Problem::error("refused", message).label(why));
        }
        Status::Refused(why) | Status::Accepted(why) => {
            low.note_inactive(row.name, why, args.name.span);
        }
        Status::Works => {}
    }
    if row.repeat == Repeat::Never {
        if seen.contains(&row.name) {
            let message = format!("\"{}\" directive is duplicate", row.name);
            return Err(Problem::error("duplicate", message));
        }
        seen.push(row.name);
    }
    match (row.action, &statement.body) {
        (Action::Set(set), _) => set(target, args),
        (Action::Block(lower), Some(body)) => lower(target, args, body, low),
        (Action::Block(_), None) => Ok(()),
    }
}

fn is_off(choices: &str, args: &Args<'_>) -> bool {
    let can_be_off = choices.split('|').any(|choice| choice == "off");
    can_be_off && args.words.len() == 1 && args.word(0).eq_ignore_ascii_case("off")
}

/// Terminator and number of arguments, in this order.
pub(super) fn check_shape(
    statement: &Statement,
    block: bool,
    counted: bool,
    low: &mut Lowering<'_>,
) -> bool {
    let Some(name) = statement.words.first() else {
        return false;
    };
    let text = &name.text;
    let problem = match (&statement.body, block) {
        (Some(_), false) => {
            let text = format!("directive \"{text}\" is not terminated by \";\"");
            Diagnostic::error("not-terminated", text)
        }
        (None, true) => {
            let text = format!("directive \"{text}\" has no opening \"{{\"");
            Diagnostic::error("no-block", text)
        }
        _ if !counted => {
            let text = format!("invalid number of arguments in \"{text}\" directive");
            Diagnostic::error("arity", text)
        }
        _ => return true,
    };
    report(statement, problem.at(name.span), low);
    if let Some(body) = &statement.body {
        low.skip(body);
    }
    false
}

/// A problem of a statement as a whole.
pub(super) fn complain(statement: &Statement, problem: Diagnostic, low: &mut Lowering<'_>) {
    report(statement, problem.at(statement.span()), low);
}

/// The value of a switch, in a block whose values are not stored.
pub(super) fn check_flag(statement: &Statement, low: &mut Lowering<'_>) {
    let raw = low.sources.text(statement.raw);
    if let Some(args) = Args::new(&statement.words, raw, statement.raw)
        && let Err(problem) = args.flag()
    {
        report(statement, args.locate(problem), low);
    }
}

/// An `include` that was not carried out because it has the wrong form.
pub(super) fn check_include(statement: &Statement, low: &mut Lowering<'_>) {
    check_shape(statement, false, statement.words.len() == 2, low);
}

/// A directive that is unknown, or known elsewhere.
pub(super) fn misplaced(statement: &Statement, low: &mut Lowering<'_>, names: &[&'static str]) {
    let Some(name) = statement.words.first() else {
        return;
    };
    let text = name.text.as_str();
    let problem = if rows::known(text) || foreign::known(text) {
        let text = format!("\"{text}\" directive is not allowed here");
        Diagnostic::error("not-allowed", text).at(name.span)
    } else {
        let problem =
            Diagnostic::error("unknown-directive", format!("unknown directive \"{text}\""));
        let problem = problem.at(name.span);
        if text.starts_with('\u{feff}') {
            problem.help("the file starts with a byte order mark: save it without")
        } else if let Some(near) = nearest(text, names.iter().copied()) {
            problem.help(format!("did you mean `{near}`?"))
        } else if rows::COMMERCIAL.contains(&text) {
            problem.help("this directive exists only in the commercial version of nginx")
        } else {
            problem
        }
    };
    report(statement, problem, low);
    if let Some(body) = &statement.body {
        low.skip(body);
    }
}

/// Reports a problem of a statement. The original's line is that of the `;` or `{`, so this place
/// comes first where it is on another line.
fn report(statement: &Statement, mut problem: Diagnostic, low: &mut Lowering<'_>) {
    if low.muted.contains(&statement.raw) {
        return;
    }
    if problem.severity == Severity::Error && problem.help.is_none() {
        let place = problem.span();
        let mut words = statement.words.iter();
        let word = words.find(|word| Some(word.span) == place);
        problem.help = word.and_then(|word| super::placeholder(&word.text));
    }
    low.push(super::at_terminator(problem, statement.raw, low.sources));
}

/// Puts the end of a directive first if it is on another line than the primary place.
pub(super) fn terminator(directive: Span) -> Span {
    Span {
        start: directive.end().saturating_sub(1),
        len: 1,
        ..directive
    }
}
