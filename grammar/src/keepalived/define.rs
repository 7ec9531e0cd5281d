//! Definitions and their textual substitution.
//!
//! Invariants: substitution is textual and happens before braces and words are looked at; the
//! amount of text one line can grow to is bounded.
//! Deliberately unknown here: files, keywords.

use std::collections::BTreeMap;

use crate::span::Span;

/// Largest text that one line may expand to, in bytes.
pub const MAX_EXPANSION: usize = 16 << 20;
/// Most substitutions on one line.
pub const MAX_SUBSTITUTIONS: usize = 100_000;

/// One `$NAME=` definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// Its lines; more than one when the lines ended with a backslash.
    pub lines: Vec<String>,
    /// Where it stands.
    pub span: Span,
}

/// Answers for the built-in names: `(name, parameters)`, name without underscore.
pub type Builtin<'a> = dyn FnMut(&str, &str) -> Option<String> + 'a;

/// What one line became.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expansion {
    /// The text, several lines if a definition had several.
    pub text: String,
    /// The first definition used.
    pub definition: Option<Span>,
    /// Whether a limit cut the expansion short: a definition that contains itself.
    pub endless: bool,
}

/// All definitions so far; a later one replaces an earlier one.
#[derive(Clone, Debug, Default)]
pub struct Definitions {
    by_name: BTreeMap<String, Definition>,
}

/// A use of a name.
struct Use<'a> {
    name: &'a str,
    parameters: &'a str,
    /// Length as written, from the dollar sign on.
    len: usize,
}

impl Definitions {
    /// Adds or replaces a definition.
    pub fn insert(&mut self, name: String, definition: Definition) {
        self.by_name.insert(name, definition);
    }

    /// All names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(String::as_str)
    }

    /// Replaces every defined name in `line`. `None` when there is nothing to replace.
    pub fn expand(&self, line: &str, builtin: &mut Builtin<'_>) -> Option<Expansion> {
        let mut done = Expansion::default();
        // Texts still to be looked at, each from an offset on; the last one comes first.
        let mut pending: Vec<(String, usize)> = vec![(line.to_owned(), 0)];
        let mut size = line.len();
        let mut substitutions = 0;
        while let Some((text, from)) = pending.pop() {
            let Some((at, len, value)) = self.first_use(&text, from, builtin, &mut done) else {
                done.text.push_str(&text[from..]);
                continue;
            };
            done.text.push_str(&text[from..at]);
            substitutions += 1;
            size += value.len();
            pending.push((text, at + len));
            pending.push((value, 0));
            if substitutions > MAX_SUBSTITUTIONS || size > MAX_EXPANSION {
                done.endless = true;
                return Some(done);
            }
        }
        (substitutions > 0).then_some(done)
    }

    /// Offset, length and replacement of the first name used in `text` from `from` on.
    fn first_use(
        &self,
        text: &str,
        from: usize,
        builtin: &mut Builtin<'_>,
        done: &mut Expansion,
    ) -> Option<(usize, usize, String)> {
        for (at, _) in text[from..].match_indices('$') {
            let at = from + at;
            let Some(used) = name_at(&text[at..]) else {
                continue;
            };
            if let Some(name) = used.name.strip_prefix('_')
                && let Some(value) = builtin(name, used.parameters)
            {
                return Some((at, used.len, value));
            }
            if let Some(definition) = self.by_name.get(used.name) {
                done.definition.get_or_insert(definition.span);
                return Some((at, used.len, definition.lines.join("\n")));
            }
        }
        None
    }
}

/// The name used at a dollar sign: `${NAME …}` anywhere, `$NAME` only before white space, a
/// comma, a closing parenthesis or the end.
fn name_at(text: &str) -> Option<Use<'_>> {
    let rest = text.strip_prefix('$')?;
    let braced = rest.strip_prefix('{');
    let body = braced.unwrap_or(rest);
    let len = body.bytes().take_while(|&byte| is_name_byte(byte)).count();
    let (name, after) = body.split_at(len);
    if name.is_empty() {
        return None;
    }
    if braced.is_some() {
        let close = after.find('}')?;
        let parameters = &after[..close];
        let separated = parameters.is_empty() || parameters.starts_with([' ', '\t']);
        return separated.then_some(Use {
            name,
            parameters: parameters.trim_ascii(),
            len: 2 + len + close + 1,
        });
    }
    let ends = after.is_empty() || after.starts_with([',', ')']) || starts_blank(after);
    ends.then_some(Use {
        name,
        parameters: "",
        len: 1 + len,
    })
}

fn starts_blank(text: &str) -> bool {
    text.bytes()
        .next()
        .is_some_and(|byte| byte.is_ascii_whitespace())
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
    (len > 0).then_some((&body[..len], value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expand(definitions: &[(&str, &[&str])], line: &str) -> Option<String> {
        let mut all = Definitions::default();
        for (name, lines) in definitions {
            let lines = lines.iter().map(|&line| line.to_owned()).collect();
            let span = Span::default();
            all.insert((*name).to_owned(), Definition { lines, span });
        }
        let done = all.expand(line, &mut |name, _| {
            (name == "HASH").then(|| "#".to_owned())
        });
        done.map(|done| done.text)
    }

    #[test]
    fn names_are_replaced_where_they_may_stand() {
        let defined: &[(&str, &[&str])] = &[("A", &["1"]), ("AB", &["${A}2"])];
        assert_eq!(expand(defined, "x $A y").as_deref(), Some("x 1 y"));
        assert_eq!(expand(defined, "x$AB").as_deref(), Some("x12"));
        assert_eq!(expand(defined, "${A}x$A.y").as_deref(), Some("1x$A.y"));
        assert_eq!(expand(defined, "$C ${C}"), None);
        assert_eq!(expand(defined, "a${_HASH}b").as_deref(), Some("a#b"));
    }

    #[test]
    fn several_lines_stay_several() {
        let defined: &[(&str, &[&str])] = &[("B", &["{", "x 1", "}"])];
        assert_eq!(
            expand(defined, "vrrp_script a $B").as_deref(),
            Some("vrrp_script a {\nx 1\n}")
        );
    }

    #[test]
    fn a_definition_of_itself_ends() {
        let mut all = Definitions::default();
        let lines = vec!["$A $A".to_owned()];
        let span = Span::default();
        all.insert("A".to_owned(), Definition { lines, span });
        let done = all.expand("$A", &mut |_, _| None).expect("a use");
        assert!(done.endless);
    }

    #[test]
    fn definitions_need_the_sign_at_once() {
        assert_eq!(definition_of("$A=b c"), Some(("A", "b c")));
        assert_eq!(definition_of("$A = b"), None);
    }
}
