//! `http {}` and `mail {}`: checked for names, places and number of arguments, and not served.
//!
//! Invariants: what the original refuses for one of these reasons is refused; values other than
//! `on` and `off` are not looked at. Bodies whose lines are entries and not directives (`types`, `map`, ...) are only
//! checked for stray blocks.
//! Deliberately unknown here: what any of it means, except where servers would listen.

mod http_a_g;
mod http_h_z;
mod mail;

use crate::ast::stream::{Family, Foreign};
use crate::ast::{Ast, Spanned};
use crate::diagnostic::Diagnostic;
use crate::keyword::{Args, Lowering, Problem};
use crate::tree::{Block, Statement};

use super::lower;
use super::value::Words as _;

use http_a_g::HTTP_A_G;
use http_h_z::HTTP_H_Z;
use mail::MAIL_ROWS;

const HTTP: u16 = 1;
const SERVER: u16 = 1 << 1;
const LOCATION: u16 = 1 << 2;
const UPSTREAM: u16 = 1 << 3;
const SERVER_IF: u16 = 1 << 4;
const LOCATION_IF: u16 = 1 << 5;
const LIMIT_EXCEPT: u16 = 1 << 6;
const MAIL: u16 = 1 << 7;
const MAIL_SERVER: u16 = 1 << 8;
const HTTP_SERVER: u16 = HTTP | SERVER;
const HTTP_ALL: u16 = HTTP | SERVER | LOCATION;
const MAIL_ALL: u16 = MAIL | MAIL_SERVER;

const T0: u16 = 1;
const T1: u16 = 1 << 1;
const T2: u16 = 1 << 2;
const T3: u16 = 1 << 3;
const T4: u16 = 1 << 4;
/// One or more, two or more: any number has its bit, the last one stands for all above.
const MORE1: u16 = !T0;
const MORE2: u16 = !(T0 | T1);

/// Bodies made of entries.
const ENTRIES: [&str; 5] = ["types", "map", "geo", "split_clients", "charset_map"];

/// A directive.
struct Row {
    name: &'static str,
    /// Blocks it may stand in, a bit each.
    contexts: u16,
    block: bool,
    /// Takes `on` or `off`.
    flag: bool,
    /// Numbers of arguments it may have, a bit each.
    arity: u16,
}

const fn simple(name: &'static str, contexts: u16, arity: u16) -> Row {
    Row {
        name,
        contexts,
        block: false,
        flag: false,
        arity,
    }
}

const fn flag(name: &'static str, contexts: u16) -> Row {
    Row {
        flag: true,
        ..simple(name, contexts, T1)
    }
}

const fn block(name: &'static str, contexts: u16, arity: u16) -> Row {
    Row {
        block: true,
        ..simple(name, contexts, arity)
    }
}

/// All rows of a name.
fn rows(name: &str) -> impl Iterator<Item = &'static Row> {
    [HTTP_A_G, HTTP_H_Z, MAIL_ROWS]
        .into_iter()
        .flat_map(move |table: &'static [Row]| {
            let start = table.partition_point(|row| row.name < name);
            let end = table.partition_point(|row| row.name <= name);
            &table[start..end]
        })
}

/// Whether a directive of this name exists in `http {}` or `mail {}`.
pub(super) fn known(name: &str) -> bool {
    rows(name).next().is_some()
}

/// Lowers `http {}`.
pub(super) fn http(
    ast: &mut Ast,
    args: &Args<'_>,
    body: &Block,
    low: &mut Lowering<'_>,
) -> Result<(), Problem> {
    foreign(ast, args, body, low, Family::Http);
    Ok(())
}

/// Lowers `mail {}`.
pub(super) fn mail(
    ast: &mut Ast,
    args: &Args<'_>,
    body: &Block,
    low: &mut Lowering<'_>,
) -> Result<(), Problem> {
    foreign(ast, args, body, low, Family::Mail);
    Ok(())
}

fn foreign(ast: &mut Ast, args: &Args<'_>, body: &Block, low: &mut Lowering<'_>, family: Family) {
    let context = match family {
        Family::Http => HTTP,
        Family::Mail => MAIL,
    };
    let mut listens = Vec::new();
    check(&body.statements, context, low, &mut listens);
    let name = &args.name.text;
    let text = format!("\"{name}\" is checked but not served by nginx-stream-rs");
    low.push(Diagnostic::notice("not-served", text).at(args.name.span));
    ast.process
        .nginx
        .foreign
        .push(args.here(Foreign { family, listens }));
}

fn check(
    statements: &[Statement],
    context: u16,
    low: &mut Lowering<'_>,
    listens: &mut Vec<Spanned<String>>,
) {
    for statement in statements {
        let Some((name, arguments)) = statement.words.split_first() else {
            continue;
        };
        let name = name.text.as_str();
        if name.ends_with("_by_lua_block") {
            continue;
        }
        if name == "include" {
            lower::check_include(statement, low);
            continue;
        }
        let Some(row) = rows(name).find(|row| row.contexts & context != 0) else {
            lower::misplaced(statement, low, &[]);
            continue;
        };
        let count = arguments.len().min(15);
        if !lower::check_shape(statement, row.block, row.arity & (1 << count) != 0, low) {
            continue;
        }
        if row.flag {
            lower::check_flag(statement, low);
        }
        if name == "listen" {
            let address = arguments.first().map_or("", |word| word.text.as_str());
            listens.push(Spanned::new(address.to_owned(), statement.raw));
        }
        let Some(body) = &statement.body else {
            continue;
        };
        if ENTRIES.contains(&name) {
            check_entries(name, body, low);
            continue;
        }
        let before = listens.len();
        let inner = inner_context(name, context);
        check(&body.statements, inner, low, listens);
        if name == "server" && context == HTTP && listens.len() == before {
            listens.push(Spanned::new("*:80".to_owned(), statement.raw));
        }
    }
}

fn inner_context(name: &str, context: u16) -> u16 {
    match name {
        "server" if context == MAIL => MAIL_SERVER,
        "server" => SERVER,
        "location" => LOCATION,
        "upstream" => UPSTREAM,
        "limit_except" => LIMIT_EXCEPT,
        "if" if context == SERVER => SERVER_IF,
        "if" => LOCATION_IF,
        _ => context,
    }
}

fn check_entries(name: &str, body: &Block, low: &mut Lowering<'_>) {
    for statement in &body.statements {
        if let Some(inner) = &statement.body {
            let text = "unexpected \"{\"";
            low.push(Diagnostic::error("unexpected", text).at(inner.open));
            low.skip(inner);
        } else if name == "map" && !is_map_entry(statement) {
            let text = "invalid number of the map parameters";
            lower::complain(statement, Diagnostic::error("arity", text), low);
        }
    }
}

/// A key with its value, or one of the words that stand alone.
fn is_map_entry(statement: &Statement) -> bool {
    match &statement.words[..] {
        [word] => matches!(word.text.as_str(), "hostnames" | "volatile"),
        words => words.len() == 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sorted_so_that_lookup_finds_everything() {
        for table in [HTTP_A_G, HTTP_H_Z, MAIL_ROWS] {
            assert!(table.is_sorted_by_key(|row| row.name));
        }
        let names = [HTTP_A_G, HTTP_H_Z, MAIL_ROWS].map(|table| table.len());
        assert!(names.iter().sum::<usize>() > 600, "{names:?}");
        assert_eq!(rows("server").filter(|row| row.block).count(), 2);
    }
}
