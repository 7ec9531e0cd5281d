//! Definitions and their textual substitution.
//!
//! Invariants: substitution is textual and happens before braces and words are looked at; the
//! amount of text one line can grow to is bounded.
//! Deliberately unknown here: files, keywords.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::keepalived::Options;
use crate::span::Span;

/// Largest text that one line may expand to, in bytes.
pub const MAX_EXPANSION: usize = 1 << 20;
/// Most substitutions on one line.
pub const MAX_SUBSTITUTIONS: usize = 10_000;
/// Deepest nesting of definitions within definitions on one line.
pub const MAX_NESTED_DEFINITIONS: usize = 256;
/// Longest text between the name and the closing brace of `${NAME …}`, in bytes.
const MAX_PARAMETERS: usize = 1_024;

/// One line of a definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Without the backslash that joins the next one.
    pub text: String,
    /// Where it stands in a file.
    pub span: Span,
}

/// One `$NAME=` definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// Its lines; more than one when the lines ended with a backslash.
    pub lines: Vec<Line>,
    /// Where it stands in a file.
    pub span: Span,
    /// The number of its lines in the expanded text, if it has several.
    pub body: Option<u32>,
    /// A sequence made it.
    pub variable: bool,
}

impl Definition {
    /// A definition without lines.
    #[must_use]
    pub fn new(span: Span) -> Self {
        Self {
            lines: Vec::new(),
            span,
            body: None,
            variable: false,
        }
    }

    /// Whether it has several lines.
    #[must_use]
    pub fn is_body(&self) -> bool {
        self.lines.len() > 1
    }

    fn first(&self) -> &str {
        self.lines.first().map_or("", |line| line.text.as_str())
    }
}

/// Answers for the built-in names: `(name, parameters)`, name without underscore.
pub type Builtin<'a> = dyn FnMut(&str, &str) -> Option<String> + 'a;

/// What one line became.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Substituted {
    /// The text: one line.
    pub text: String,
    /// The first definition used, variables of sequences not counted.
    pub definition: Option<Span>,
    /// The line ends with a definition of several lines: the ones after its first follow.
    pub body: Option<Rc<Definition>>,
    /// A limit cut it short: a definition that contains itself.
    pub endless: bool,
    /// How many names were replaced.
    pub count: usize,
}

/// All definitions so far; a later one replaces an earlier one.
#[derive(Clone, Debug, Default)]
pub struct Definitions {
    by_name: BTreeMap<String, Rc<Definition>>,
    /// `$NAME` does nothing.
    no_plain: bool,
    /// `${NAME}` does nothing.
    no_braced: bool,
}

/// A use of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Use<'a> {
    /// Without sign and braces.
    pub name: &'a str,
    /// What follows the name within braces.
    pub parameters: &'a str,
    /// Length as written, from the dollar sign on.
    pub len: usize,
    /// Written `${NAME}`.
    pub braced: bool,
}

/// A text still to be looked at, from an offset on.
enum Pending<'a> {
    Written(&'a str, usize),
    Defined(Rc<Definition>, usize),
}

impl Pending<'_> {
    fn rest(&self) -> &str {
        let (text, from) = match self {
            Self::Written(text, from) => (*text, *from),
            Self::Defined(definition, from) => (definition.first(), *from),
        };
        text.get(from..).unwrap_or("")
    }

    fn advance(&mut self, by: usize) {
        match self {
            Self::Written(_, from) | Self::Defined(_, from) => *from += by,
        }
    }
}

/// What stands for a name.
enum Found {
    Builtin(String),
    Definition(Rc<Definition>),
}

impl Definitions {
    /// None yet.
    #[must_use]
    pub fn new(options: &Options) -> Self {
        Self {
            by_name: BTreeMap::new(),
            no_plain: options.ignores("#lexer/$NAME"),
            no_braced: options.ignores("#lexer/${NAME}"),
        }
    }

    /// Adds or replaces a definition.
    pub fn insert(&mut self, name: String, definition: Definition) {
        self.by_name.insert(name, Rc::new(definition));
    }

    /// Gives a variable of a sequence its value.
    pub fn set(&mut self, name: &str, value: &str, span: Span) {
        if let Some(definition) = self.by_name.get_mut(name).and_then(Rc::get_mut)
            && definition.variable
            && let [line] = &mut definition.lines[..]
        {
            value.clone_into(&mut line.text);
            return;
        }
        let text = value.to_owned();
        let definition = Definition {
            lines: vec![Line { text, span }],
            variable: true,
            ..Definition::new(span)
        };
        self.insert(name.to_owned(), definition);
    }

    /// The definition of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Rc<Definition>> {
        self.by_name.get(name)
    }

    /// All names.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.by_name.keys().map(String::as_str)
    }

    /// Replaces every defined name in `line`. `None` when there is nothing to replace.
    pub fn substitute(&self, line: &str, builtin: &mut Builtin<'_>) -> Option<Substituted> {
        let mut done = Substituted::default();
        // The last one comes first.
        let mut pending = vec![Pending::Written(line, 0)];
        while let Some(top) = pending.last() {
            let text = top.rest();
            let Some(at) = text.find('$') else {
                done.text.push_str(text);
                pending.pop();
                continue;
            };
            done.text.push_str(&text[..at]);
            let next = || next_byte(&pending[..pending.len() - 1]);
            let used = use_at(&text[at..], next);
            let found = used.and_then(|used| self.found(used, at, &pending, builtin));
            let (len, found) = match (used, found) {
                (Some(used), Some(found)) => (used.len, found),
                _ => {
                    done.text.push('$');
                    advance(&mut pending, at + 1);
                    continue;
                }
            };
            done.count += 1;
            if done.count > MAX_SUBSTITUTIONS
                || done.text.len() > MAX_EXPANSION
                || pending.len() > MAX_NESTED_DEFINITIONS
            {
                done.endless = true;
                return Some(done);
            }
            advance(&mut pending, at + len);
            match found {
                Found::Builtin(value) => done.text.push_str(&value),
                Found::Definition(definition) => {
                    if !definition.variable {
                        done.definition.get_or_insert(definition.span);
                    }
                    if definition.is_body() {
                        done.body = Some(definition.clone());
                    }
                    // What is used up would only be looked at again and again.
                    pending.pop_if(|used_up| used_up.rest().is_empty());
                    pending.push(Pending::Defined(definition, 0));
                }
            }
        }
        (done.count > 0).then_some(done)
    }

    /// What a name stands for there. One of several lines must be the last thing on the line.
    fn found(
        &self,
        used: Use<'_>,
        at: usize,
        pending: &[Pending<'_>],
        builtin: &mut Builtin<'_>,
    ) -> Option<Found> {
        if let Some(name) = used.name.strip_prefix('_')
            && let Some(value) = builtin(name, used.parameters)
        {
            return Some(Found::Builtin(value));
        }
        let ignored = if used.braced {
            self.no_braced
        } else {
            self.no_plain
        };
        let definition = self.by_name.get(used.name).filter(|_| !ignored)?;
        let (top, below) = pending.split_last()?;
        let blank = |text: &str| text.trim_ascii().is_empty();
        let last = || {
            let rest = top.rest().get(at + used.len..).unwrap_or("");
            blank(rest) && below.iter().all(|pending| blank(pending.rest()))
        };
        (!definition.is_body() || last()).then(|| Found::Definition(definition.clone()))
    }
}

fn advance(pending: &mut [Pending<'_>], by: usize) {
    if let Some(top) = pending.last_mut() {
        top.advance(by);
    }
}

fn next_byte(pending: &[Pending<'_>]) -> Option<u8> {
    let mut texts = pending.iter().rev();
    texts.find_map(|pending| pending.rest().bytes().next())
}

/// The name used at a dollar sign: `${NAME …}` anywhere, `$NAME` only before white space, a
/// comma, a closing parenthesis or the end. `next` is what follows the text.
pub fn use_at(text: &str, next: impl FnOnce() -> Option<u8>) -> Option<Use<'_>> {
    let rest = text.strip_prefix('$')?;
    let braced = rest.strip_prefix('{');
    let body = braced.unwrap_or(rest);
    let len = body.bytes().take_while(|&byte| is_name_byte(byte)).count();
    let (name, after) = body.split_at(len);
    if name.is_empty() {
        return None;
    }
    if braced.is_some() {
        let mut bytes = after.bytes().take(MAX_PARAMETERS);
        let close = bytes.position(|byte| byte == b'}')?;
        let parameters = &after[..close];
        let separated = parameters.is_empty() || parameters.starts_with([' ', '\t']);
        return separated.then_some(Use {
            name,
            parameters: parameters.trim_ascii(),
            len: 2 + len + close + 1,
            braced: true,
        });
    }
    let ends = |byte: u8| byte.is_ascii_whitespace() || byte == b',' || byte == b')';
    let after = after.bytes().next().or_else(next);
    after.is_none_or(ends).then_some(Use {
        name,
        parameters: "",
        len: 1 + len,
        braced: false,
    })
}

const fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Name and value of a `$NAME=value` line.
#[must_use]
pub fn definition_of(line: &str) -> Option<(&str, &str)> {
    let body = line.strip_prefix('$')?;
    let len = body.bytes().take_while(|&byte| is_name_byte(byte)).count();
    let value = body[len..].strip_prefix('=')?;
    let named = len > 0 && !body.starts_with(|c: char| c.is_ascii_digit());
    named.then_some((&body[..len], value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn defined(definitions: &[(&str, &[&str])]) -> Definitions {
        let mut all = Definitions::default();
        let span = Span::default();
        for (name, lines) in definitions {
            let line = |&text: &&str| Line {
                text: text.to_owned(),
                span,
            };
            let lines = lines.iter().map(line).collect();
            let definition = Definition {
                lines,
                ..Definition::new(span)
            };
            all.insert((*name).to_owned(), definition);
        }
        all
    }

    fn substitute(definitions: &[(&str, &[&str])], line: &str) -> Option<String> {
        let done = defined(definitions).substitute(line, &mut |name, _| {
            (name == "HASH").then(|| "#".to_owned())
        });
        done.map(|done| done.text)
    }

    #[test]
    fn names_are_replaced_where_they_may_stand() {
        let defined: &[(&str, &[&str])] = &[("A", &["1"]), ("AB", &["${A}2"])];
        assert_eq!(substitute(defined, "x $A y").as_deref(), Some("x 1 y"));
        assert_eq!(substitute(defined, "x$AB").as_deref(), Some("x12"));
        assert_eq!(substitute(defined, "${A}x$A.y").as_deref(), Some("1x$A.y"));
        assert_eq!(substitute(defined, "$C ${C}"), None);
        assert_eq!(substitute(defined, "a${_HASH}b").as_deref(), Some("a#b"));
        assert_eq!(substitute(defined, "$A$A,$A)").as_deref(), Some("$A1,1)"));
    }

    /// As the manual says of `$ADDRESS_BASE`: what follows counts after the substitution too.
    #[test]
    fn substitution_is_textual() {
        let defined: &[(&str, &[&str])] = &[("Y", &["1"]), ("X", &["$Y"])];
        assert_eq!(substitute(defined, "${X}.z").as_deref(), Some("$Y.z"));
        assert_eq!(substitute(defined, "${X} z").as_deref(), Some("1 z"));
    }

    #[test]
    fn several_lines_only_at_the_end() {
        let all = defined(&[("B", &["{", "x 1", "}"]), ("C", &["c $B "])]);
        let done = all.substitute("a $C", &mut |_, _| None).expect("a use");
        assert_eq!(done.text, "a c { ");
        assert_eq!(done.body.map(|body| body.lines.len()), Some(3));
        assert_eq!(all.substitute("a $B b", &mut |_, _| None), None);
        assert_eq!(all.substitute("a ${B}b", &mut |_, _| None), None);
    }

    #[test]
    fn a_definition_of_itself_ends() {
        let all = defined(&[("A", &["$A $A"])]);
        let done = all.substitute("$A", &mut |_, _| None).expect("a use");
        assert!(done.endless);
    }

    #[test]
    fn definitions_need_the_sign_at_once() {
        assert_eq!(definition_of("$A=b c"), Some(("A", "b c")));
        assert_eq!(definition_of("$A = b"), None);
        assert_eq!(definition_of("$9A=b"), None);
    }
}
