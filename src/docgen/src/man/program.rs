//! keepalived-rs(8): options and subcommands as the command line defines them, the rules of lint,
//! and all codes.

use clap::{Arg, ArgAction, Command, CommandFactory as _};
use grammar::Severity;
use keepalived_rs::args::Args;
use keepalived_rs::codes;
use keepalived_rs::commands::Line;
use plan::lint::rules;

use super::fill;
use crate::roff::{Page, literal};

/// The page.
pub(crate) fn keepalived_rs(frame: &str) -> Result<String, String> {
    let text = fill(frame, "options", &options())?;
    let text = fill(&text, "subcommands", &subcommands())?;
    let text = fill(&text, "rules", &lint_rules())?;
    fill(&text, "codes", &all_codes())
}

fn options() -> String {
    let mut page = Page::default();
    for option in Args::command().get_arguments() {
        page.formatted_term(&spelt(option));
        page.say(&help(option));
        if let Some(instead) = option.get_long().and_then(Args::instead_of) {
            page.say(&format!("Accepted, but has no effect: {instead}."));
        }
    }
    page.done()
}

/// `-f, --use-file FILE`.
fn spelt(option: &Arg) -> String {
    let mut names = Vec::new();
    if let Some(short) = option.get_short() {
        names.push(format!("\\fB\\-{}\\fR", literal(&short.to_string())));
    }
    if let Some(long) = option.get_long() {
        names.push(format!("\\fB\\-\\-{}\\fR", literal(long)));
    }
    let value = value(option);
    if names.is_empty() {
        return value;
    }
    let names = names.join(", ");
    if value.is_empty() {
        return names;
    }
    if option.is_require_equals_set() {
        return format!("{names}[={value}]");
    }
    format!("{names} {value}")
}

/// The value's name; empty for a switch.
fn value(option: &Arg) -> String {
    let takes = matches!(option.get_action(), ArgAction::Set | ArgAction::Append);
    let names = option.get_value_names().filter(|_| takes);
    let names = names.unwrap_or_default().iter();
    let names = names.map(|name| format!("\\fI{}\\fR", literal(name)));
    names.collect::<Vec<_>>().join(" ")
}

/// Help as sentences, with the possible values.
fn help(option: &Arg) -> String {
    let help = option.get_long_help().or_else(|| option.get_help());
    let mut text = sentence(&help.map(ToString::to_string).unwrap_or_default());
    let takes = matches!(option.get_action(), ArgAction::Set | ArgAction::Append);
    let values = if takes {
        option.get_possible_values()
    } else {
        Vec::new()
    };
    let values = values.iter().filter(|value| !value.is_hide_set());
    let values: Vec<String> = values
        .map(|value| match value.get_help() {
            Some(help) => format!(
                "`{}` ({})",
                value.get_name(),
                lower_first(&help.to_string())
            ),
            None => format!("`{}`", value.get_name()),
        })
        .collect();
    if !values.is_empty() {
        text += &format!(" One of {}.", values.join(", "));
    }
    let defaults = option.get_default_values().iter();
    let defaults: Vec<_> = defaults.map(|value| value.to_string_lossy()).collect();
    if takes && !defaults.is_empty() {
        text += &format!(" Default: `{}`.", defaults.join(" "));
    }
    text
}

fn sentence(text: &str) -> String {
    match text.ends_with(['.', ':']) || text.is_empty() {
        true => text.to_owned(),
        false => format!("{text}."),
    }
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    let second_small = text.chars().nth(1).is_some_and(char::is_lowercase);
    match chars.next() {
        Some(first) if second_small => first.to_lowercase().chain(chars).collect(),
        _ => text.to_owned(),
    }
}

fn subcommands() -> String {
    let mut page = Page::default();
    for command in Line::command().get_subcommands() {
        subcommand(&mut page, command);
    }
    page.done()
}

fn subcommand(page: &mut Page, command: &Command) {
    let positional = command.get_positionals();
    let words: Vec<String> = positional
        .map(|word| {
            let name = value(word);
            let dots = match word.get_action() {
                ArgAction::Append => "...",
                _ => "",
            };
            match word.is_required_set() {
                true => format!("{name}{dots}"),
                false => format!("[{name}{dots}]"),
            }
        })
        .collect();
    let name = literal(command.get_name());
    let title = format!("keepalived-rs {}", command.get_name());
    page.part(&title);
    page.formatted_term(&format!("\\fB{name}\\fR [options] {}", words.join(" ")));
    let about = command.get_long_about().or_else(|| command.get_about());
    let about = about.map(ToString::to_string).unwrap_or_default();
    for paragraph in about.split("\n\n") {
        page.say(&sentence(paragraph));
    }
    for argument in command.get_arguments() {
        if !argument.is_hide_set() && argument.get_help().is_some() {
            page.formatted_term(&spelt(argument));
            page.say(&help(argument));
        }
    }
    if let Some(after) = command.get_after_help() {
        after_help(page, &after.to_string());
    }
}

/// Indented lines are forms of statements, others are sentences.
fn after_help(page: &mut Page, text: &str) {
    let mut forms: Vec<&str> = Vec::new();
    for line in text.lines().chain(core::iter::once("")) {
        if let Some(line) = line.strip_prefix("  ") {
            forms.push(line);
            continue;
        }
        if !forms.is_empty() {
            page.forms(forms.drain(..));
        }
        if !line.is_empty() {
            page.paragraph();
            page.say(line);
        }
    }
}

fn lint_rules() -> String {
    let mut page = Page::default();
    for rule in rules() {
        let severity = match rule.severity {
            Severity::Error => "(error)",
            Severity::Warning => "(warning)",
            Severity::Notice => "(note)",
        };
        page.term(rule.id, severity);
        page.say(&format!("{}.", capital(rule.checks)));
        page.note("At run time", &format!("{}.", rule.outcome));
        page.note("Fix", &format!("{}.", rule.fix));
    }
    page.done()
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().into_iter().flat_map(char::to_uppercase);
    first.chain(chars).collect()
}

fn all_codes() -> String {
    let mut page = Page::default();
    for code in codes::codes() {
        page.term(code.id, "");
        page.say(&format!("{}. {}.", code.short, code.help));
    }
    page.done()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_spelt_as_they_are_typed() {
        let command = Args::command();
        let of = |long: &str| {
            let option = command
                .get_arguments()
                .find(|it| it.get_long() == Some(long));
            spelt(option.expect("an option"))
        };
        assert_eq!(
            of("use-file"),
            "\\fB\\-f\\fR, \\fB\\-\\-use\\-file\\fR \\fIFILE\\fR"
        );
        assert_eq!(
            of("config-test"),
            "\\fB\\-t\\fR, \\fB\\-\\-config\\-test\\fR[=\\fIFILE\\fR]"
        );
        assert_eq!(of("dont-fork"), "\\fB\\-n\\fR, \\fB\\-\\-dont\\-fork\\fR");
    }

    /// The section about JSON names every member there is.
    #[test]
    fn the_form_of_json_diagnostics_is_described() {
        let frame = include_str!("../../../../man/templates/keepalived-rs.8.in");
        let page = frame.replace("\\-", "-").replace("\\(dq", "\"");
        let mut sources = grammar::SourceMap::new();
        let file = sources.add("a", "x", grammar::span::Origin::Root);
        let found = grammar::Diagnostic::error("c", "m").at(grammar::Span::new(file, 0, 1));
        let found = found.help("h");
        let document = grammar::diagnostic::json::document(&[found], &sources);
        let value = serde_json::to_value(document).expect("plain data");
        let mut pending = vec![&value];
        while let Some(value) = pending.pop() {
            match value {
                serde_json::Value::Object(members) => {
                    for (name, value) in members {
                        assert!(page.contains(&format!("\"{name}\"")), "{name}");
                        pending.push(value);
                    }
                }
                serde_json::Value::Array(values) => pending.extend(values),
                _ => {}
            }
        }
    }
}
