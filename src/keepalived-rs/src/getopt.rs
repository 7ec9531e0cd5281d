//! A command line read as getopt_long(3) reads it, made plain for clap.
//!
//! Invariants: pure; which options exist and which take arguments is asked of clap, never repeated
//! here; the result holds one `--name` or `--name=argument` per option, in order.

use clap::{Arg, ArgAction, Command};
use keepalived_rs::args::OURS;

/// A command line in its plain form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Normal {
    /// For clap, without the program's name.
    pub(crate) options: Vec<String>,
    /// Words that belong to no option.
    pub(crate) stray: Vec<String>,
}

/// Why a command line cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Problem {
    /// No option has this name, or several begin like it.
    Unknown(String),
    /// The option needs an argument.
    Missing(String),
    /// The option takes none.
    Unwanted(String),
}

impl std::fmt::Display for Problem {
    /// As the original words it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unknown(option) => write!(f, "Unknown option {option}"),
            Self::Missing(option) => write!(f, "Missing parameter for option {option}"),
            Self::Unwanted(option) => write!(f, "Option {option} takes no parameter"),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Takes {
    Nothing,
    Maybe,
    One,
}

fn takes(option: &Arg) -> Takes {
    match option.get_action() {
        ArgAction::SetTrue | ArgAction::Count => Takes::Nothing,
        _ if option
            .get_num_args()
            .is_some_and(|range| range.min_values() == 0) =>
        {
            Takes::Maybe
        }
        _ => Takes::One,
    }
}

/// Reads `words`, which begin after the program's name, by the options of `command`.
///
/// # Errors
/// At the first word that cannot be understood.
pub(crate) fn normalise(command: &Command, words: &[String]) -> Result<Normal, Problem> {
    let mut normal = Normal::default();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if word == "--" {
            normal.stray.extend(words.cloned());
            break;
        }
        if let Some(long) = word.strip_prefix("--") {
            let option = read_long(command, long, &mut words)?;
            normal.options.push(option);
        } else if word.len() > 1 && word.starts_with('-') {
            read_short(command, &word[1..], &mut words, &mut normal.options)?;
        } else {
            normal.stray.push(word.clone());
        }
    }
    Ok(normal)
}

fn read_long<'a>(
    command: &Command,
    text: &str,
    words: &mut impl Iterator<Item = &'a String>,
) -> Result<String, Problem> {
    let (name, argument) = match text.split_once('=') {
        Some((name, argument)) => (name, Some(argument.to_owned())),
        None => (text, None),
    };
    let shown = || format!("--{name}");
    let (name, option) = find_long(command, name).ok_or_else(|| Problem::Unknown(shown()))?;
    match (takes(option), argument) {
        (Takes::Nothing, None) | (Takes::Maybe, None) => Ok(format!("--{name}")),
        (Takes::Nothing, Some(_)) => Err(Problem::Unwanted(shown())),
        (Takes::Maybe | Takes::One, Some(argument)) => Ok(format!("--{name}={argument}")),
        (Takes::One, None) => {
            let argument = words.next().ok_or_else(|| Problem::Missing(shown()))?;
            Ok(format!("--{name}={argument}"))
        }
    }
}

/// The option of that name, or the only one that begins so.
fn find_long<'a>(command: &'a Command, name: &str) -> Option<(&'a str, &'a Arg)> {
    let named = || {
        command
            .get_arguments()
            .filter_map(|option| Some((option.get_long()?, option)))
    };
    if let Some(exact) = named().find(|(long, _)| *long == name) {
        return Some(exact);
    }
    let mut beginning = named().filter(|(long, _)| long.starts_with(name) && !OURS.contains(long));
    let first = beginning.next()?;
    beginning.next().is_none().then_some(first)
}

fn read_short<'a>(
    command: &Command,
    cluster: &str,
    words: &mut impl Iterator<Item = &'a String>,
    options: &mut Vec<String>,
) -> Result<(), Problem> {
    let mut rest = cluster;
    while let Some(letter) = rest.chars().next() {
        rest = &rest[letter.len_utf8()..];
        let shown = || format!("-{letter}");
        let option = command
            .get_arguments()
            .find(|option| option.get_short() == Some(letter));
        let (option, name) = option
            .and_then(|option| Some((option, option.get_long()?)))
            .ok_or_else(|| Problem::Unknown(shown()))?;
        match takes(option) {
            Takes::Nothing => options.push(format!("--{name}")),
            Takes::Maybe if rest.is_empty() => options.push(format!("--{name}")),
            Takes::One if rest.is_empty() => {
                let argument = words.next().ok_or_else(|| Problem::Missing(shown()))?;
                options.push(format!("--{name}={argument}"));
            }
            Takes::Maybe | Takes::One => {
                options.push(format!("--{name}={rest}"));
                break;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    fn read(line: &str) -> Result<Normal, Problem> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        normalise(&keepalived_rs::args::Args::command(), &words)
    }

    fn options(line: &str) -> String {
        read(line).expect("understood").options.join(" ")
    }

    #[test]
    fn getopt_s_forms_are_understood() {
        assert_eq!(options("-nlD"), "--dont-fork --log-console --log-detail");
        assert_eq!(options("-f x -fy"), "--use-file=x --use-file=y");
        assert_eq!(
            options("--use-file x --use-file=y"),
            "--use-file=x --use-file=y"
        );
        assert_eq!(options("--log-d --dump"), "--log-detail --dump-conf");
        assert_eq!(options("--f"), "--flush-log-file");
        assert_eq!(options("-t/tmp/log"), "--config-test=/tmp/log");
        assert_eq!(options("-nf x"), "--dont-fork --use-file=x");
    }

    #[test]
    fn an_optional_argument_must_be_attached() {
        let normal = read("-t FILE").expect("understood");
        assert_eq!(normal.options, ["--config-test"]);
        assert_eq!(normal.stray, ["FILE"]);
        assert_eq!(read("-n -- -x").expect("understood").stray, ["-x"]);
    }

    #[test]
    fn problems_are_the_original_s() {
        let problem = |line: &str| read(line).expect_err("not understood").to_string();
        assert_eq!(problem("--nosuch"), "Unknown option --nosuch");
        assert_eq!(problem("-nQ"), "Unknown option -Q");
        assert_eq!(problem("-f"), "Missing parameter for option -f");
        assert_eq!(problem("--vrrp=yes"), "Option --vrrp takes no parameter");
        // --log-console, --log-detail, --log-facility, --log-file
        assert_eq!(problem("--log"), "Unknown option --log");
    }
}
