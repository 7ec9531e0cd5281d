//! An AST as text that parses to the same AST.
//!
//! Invariants: one setting per line, every value in the form that its row reads back; what is only
//! kept is printed as it was written.

mod address;
mod check;
mod global;
mod lvs;
mod route;
mod rule;
mod track;
mod vrrp;

use core::fmt::{Display, Write as _};
use core::time::Duration;

use crate::Ast;
use crate::ast::leaf::Spanned;
use crate::keepalived::command;
use crate::keepalived::lex::{self, Piece};
use crate::keepalived::lower::is_placeholder;
use crate::keepalived::value::print_seconds;
use crate::span::Span;

use address::address_line;
use route::route_line;
use rule::rule_line;

/// The keepalived.conf part of an AST.
#[must_use]
pub fn print(ast: &Ast) -> String {
    let mut out = Printer::default();
    out.settings(ast);
    out.list("static_ipaddress", &ast.vrrp.static_addresses, address_line);
    out.list("static_routes", &ast.vrrp.static_routes, route_line);
    out.list("static_rules", &ast.vrrp.static_rules, |rule| {
        rule_line(rule)
    });
    out.tracked(&ast.vrrp);
    for instance in &ast.vrrp.instances {
        out.block("vrrp_instance", &word(&instance.name), |out| {
            out.instance(instance)
        });
    }
    out.groups(&ast.vrrp);
    lvs::lvs(&mut out, &ast.lvs);
    out.text
}

/// Of that only the root keywords and `global_defs`.
#[must_use]
pub fn print_settings(ast: &Ast) -> String {
    let mut out = Printer::default();
    out.settings(ast);
    out.text
}

/// A word in a form that the lexer reads back as one word.
#[must_use]
pub fn word(text: &str) -> String {
    let escaped = text.replace('#', "\\#").replace('!', "\\!");
    let quoted = format!("\"{text}\"");
    let reads_back = |form: &String| {
        let whole = lex::before_comment(form) == form.len();
        let pieces = lex::pieces(form);
        let (words, open) = lex::words(form, Span::default());
        whole
            && !open
            && matches!(pieces[..], [(Piece::Text, _)])
            && matches!(&words[..], [word] if word.text == text)
    };
    let forms = [text.to_owned(), escaped, quoted.clone()];
    // Unquoted it would be taken for something still to be filled in.
    let from = if is_placeholder(text) { 2 } else { 0 };
    forms
        .into_iter()
        .skip(from)
        .find(reads_back)
        .unwrap_or(quoted)
}

/// Lines with indentation.
#[derive(Default)]
pub(super) struct Printer {
    text: String,
    depth: usize,
}

impl Printer {
    fn settings(&mut self, ast: &Ast) {
        self.root(ast);
        self.block("global_defs", "", |out| out.global(ast));
    }

    pub(super) fn line(&mut self, line: impl Display) {
        let indent = self.depth * 4;
        let line = line.to_string();
        let _ = writeln!(self.text, "{:indent$}{}", "", line.trim_end());
    }

    pub(super) fn block(&mut self, name: &str, words: &str, body: impl FnOnce(&mut Self)) {
        let words = words.trim();
        let gap = if words.is_empty() { "" } else { " " };
        self.line(format_args!("{name}{gap}{words} {{"));
        self.depth += 1;
        body(self);
        self.depth -= 1;
        self.line("}");
    }

    pub(super) fn value(&mut self, name: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.line(format_args!("{name} {value}"));
        }
    }

    pub(super) fn text(&mut self, name: &str, value: Option<&Spanned<String>>) {
        self.value(name, value.map(|value| word(value)));
    }

    pub(super) fn time(&mut self, name: &str, value: Option<&Spanned<Duration>>) {
        self.value(name, value.map(|value| print_seconds(value.value)));
    }

    pub(super) fn flag(&mut self, name: &str, on: bool) {
        if on {
            self.line(name);
        }
    }

    pub(super) fn switch(&mut self, name: &str, value: Option<bool>) {
        self.value(name, value.map(|on| if on { "on" } else { "off" }));
    }

    pub(super) fn command(&mut self, name: &str, value: Option<&Spanned<crate::ast::Command>>) {
        self.value(name, value.map(|value| command::print(value)));
    }

    fn list<T>(&mut self, name: &str, entries: &[T], print: impl Fn(&T) -> String) {
        if !entries.is_empty() {
            self.block(name, "", |out| {
                entries.iter().for_each(|entry| out.line(print(entry)))
            });
        }
    }
}
