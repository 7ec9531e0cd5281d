//! Strings with variables: `$name`, `${name}`.
//!
//! Invariants: a template has no empty pieces and no two texts in a row, so equal meanings are
//! equal values. A dollar sign cannot be escaped.
//! Deliberately unknown here: which variables exist.

use crate::ast::stream::{Part, Template};
use crate::keyword::Problem;

/// Whose wording to use for a lone dollar sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wording {
    /// `log_format`
    LogFormat,
    /// Everything else.
    Value,
}

/// Parses pieces that are joined without a separator.
///
/// # Errors
/// A dollar sign that starts no variable.
pub(super) fn parse<'a>(
    pieces: impl IntoIterator<Item = &'a str>,
    wording: Wording,
) -> Result<Template, Problem> {
    let mut parts = Vec::new();
    for piece in pieces {
        let mut rest = piece;
        while let Some(dollar) = rest.find('$') {
            push_text(&mut parts, &rest[..dollar]);
            let (name, after) = variable(&rest[dollar..], wording)?;
            parts.push(Part::Variable(name.to_owned()));
            rest = after;
        }
        push_text(&mut parts, rest);
    }
    Ok(Template(parts))
}

fn push_text(parts: &mut Vec<Part>, text: &str) {
    match parts.last_mut() {
        _ if text.is_empty() => {}
        Some(Part::Text(before)) => before.push_str(text),
        _ => parts.push(Part::Text(text.to_owned())),
    }
}

/// `text` starts with the dollar sign; the name, and what follows.
fn variable(text: &str, wording: Wording) -> Result<(&str, &str), Problem> {
    let after = &text[1..];
    if wording == Wording::Value && after.starts_with(|c| matches!(c, '1'..='9')) {
        return Ok(after.split_at(1));
    }
    let inner = after.strip_prefix('{');
    let body = inner.unwrap_or(after);
    let length = body
        .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .unwrap_or(body.len());
    let (name, rest) = body.split_at(length);
    let closed = rest.strip_prefix('}');
    if inner.is_some() && closed.is_none() && !body.is_empty() {
        let message = format!("the closing bracket in \"{name}\" variable is missing");
        return Err(Problem::error("invalid-variable", message));
    }
    if name.is_empty() {
        let message = match wording {
            Wording::LogFormat => format!("invalid parameter \"{text}\""),
            Wording::Value => "invalid variable name".to_owned(),
        };
        let problem = Problem::error("invalid-variable", message);
        return Err(problem.help("a dollar sign always starts a variable, it cannot be escaped"));
    }
    match (inner, closed) {
        (Some(_), Some(rest)) => Ok((name, rest)),
        _ => Ok((name, rest)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(pieces: &[&str], wording: Wording) -> String {
        match parse(pieces.iter().copied(), wording) {
            Err(problem) => problem.message,
            Ok(Template(parts)) => parts
                .iter()
                .map(|part| match part {
                    Part::Text(text) => format!("'{text}'"),
                    Part::Variable(name) => format!("<{name}>"),
                })
                .collect(),
        }
    }

    #[test]
    fn variables_are_cut_out() {
        let cut = |text| show(&[text], Wording::Value);
        assert_eq!(cut("a$b-${c}d$e_1"), "'a'<b>'-'<c>'d'<e_1>");
        assert_eq!(cut("$12"), "<1>'2'");
        assert_eq!(cut(""), "");
        assert_eq!(cut("a$"), "invalid variable name");
        assert_eq!(cut("a$-"), "invalid variable name");
        assert_eq!(cut("${}"), "invalid variable name");
        assert_eq!(cut("${"), "invalid variable name");
        assert_eq!(
            cut("${a"),
            "the closing bracket in \"a\" variable is missing"
        );
        assert_eq!(show(&["a$b ", "c"], Wording::LogFormat), "'a'<b>' c'");
        assert_eq!(show(&["$12"], Wording::LogFormat), "<12>");
        assert_eq!(
            show(&["x", "y${"], Wording::LogFormat),
            "invalid parameter \"${\""
        );
    }
}
