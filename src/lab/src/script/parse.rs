//! Text to [`Script`], statement by statement.
//!
//! A line that cannot be read is reported with the forms its first word allows, and the next
//! line is read as if nothing had happened, so one run shows every problem.

use core::time::Duration;

use nom::Parser;
use nom::branch::alt;
use nom::combinator::{opt, rest, success, value, verify};
use nom::multi::{many0, many1};
use nom::sequence::{pair, preceded, terminated};

use super::condition::condition;
use super::line::{
    Line, cidr, duration, ip_address, keyword, name, opt_duration, service_on, signal,
    socket_address, whole, word,
};
use super::{
    Action, Declaration, Nodes, Part, ProbeTarget, Problem, Script, SignalName, Statement, Step,
};

/// How long `wait until` waits when it does not say.
pub(super) const DEFAULT_WAIT: Duration = Duration::from_secs(30);
/// How long `expect` waits for what it expects when it does not say: time for an event that has
/// already happened to be reported.
pub(super) const DEFAULT_EXPECT: Duration = Duration::from_secs(1);

/// Every statement's first word and its forms, as shown in messages and in the manual.
pub const FORMS: &[(&str, &str)] = &[
    ("title", "title TEXT"),
    ("node", "node NAME address [INTERFACE] ADDRESS/LEN"),
    ("gateway", "gateway ADDRESS/LEN"),
    ("client", "client ADDRESS/LEN probe ADDRESS[:PORT]…"),
    ("backend", "backend ADDRESS:PORT name NAME"),
    ("http", "http ADDRESS:PORT on NODE [with SERVICE]"),
    ("daemons", "daemons NODE SERVICE…"),
    ("file", "file NODE PATH from FILE [for original]"),
    ("original", "original NODE [SERVICE…]"),
    ("start", "start all | start NODE | start SERVICE on NODE"),
    ("stop", "stop all | stop NODE | stop SERVICE on NODE"),
    (
        "restart",
        "restart SERVICE on NODE | restart SERVICE on NODE fails | restart SERVICE on NODE succeeds",
    ),
    ("reload", "reload SERVICE on NODE"),
    (
        "kill",
        "kill [-SIGNAL] [main of|children of] SERVICE on NODE",
    ),
    ("hang", "hang [main of|children of] SERVICE on NODE"),
    ("resume", "resume SERVICE on NODE"),
    ("cut", "cut NODE [silently]"),
    ("heal", "heal NODE"),
    ("exec", "exec NODE COMMAND (must exit 0)"),
    ("try", "try NODE COMMAND (may exit as it likes)"),
    ("wait", "wait TIME | wait until CONDITION [within TIME]"),
    (
        "expect",
        "expect CONDITION [within TIME] [not before TIME] | expect CONDITION for TIME, where CONDITION is: \
         NODE is MASTER|BACKUP|FAULT|STOPPED [in INSTANCE]; SERVICE on NODE is running|stopped; \
         vip ADDRESS on NODE|nobody; vip ADDRESS at NODE (the last to announce it); NODE|nobody advertises [PRIORITY]; peer answering is NAME; \
         outage < TIME; outage = 0; outage at most TIME; states of NODE are STATE…; \
         order NODE STATE, NODE STATE…; log of NODE contains \"PHRASE\"",
    ),
];

/// Reads a script; on failure every line that is not a statement.
pub fn parse(text: &str) -> Result<Script, Vec<Problem>> {
    let mut script = Script::default();
    let mut problems = Vec::new();
    for (number, raw) in (1u32..).zip(text.lines()) {
        let line = without_comment(raw).trim();
        if line.is_empty() {
            continue;
        }
        if let Some(found) = whole(declaration, line) {
            script.declarations.push((number, found));
        } else if let Some(statement) = whole(statement, line) {
            script.steps.push(Step {
                line: number,
                text: line.to_owned(),
                statement,
            });
        } else {
            problems.push(Problem {
                line: number,
                message: explain(line),
            });
        }
    }
    if problems.is_empty() {
        Ok(script)
    } else {
        Err(problems)
    }
}

/// The line up to a `#` that stands at a word's start outside quotes. Commands of `exec` keep a
/// `#` within words and quotes.
fn without_comment(line: &str) -> &str {
    let mut quote: Option<char> = None;
    let mut after_blank = true;
    for (at, c) in line.char_indices() {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if c == '"' || c == '\'' => quote = Some(c),
            None if c == '#' && after_blank => return &line[..at],
            None => {}
        }
        after_blank = c.is_whitespace();
    }
    line
}

fn explain(line: &str) -> String {
    let verb = line.split_whitespace().next().unwrap_or_default();
    match FORMS.iter().find(|row| row.0 == verb) {
        Some((_, forms)) => format!("cannot read `{line}`; the form is: {forms}"),
        None => {
            let verbs: Vec<&str> = FORMS.iter().map(|row| row.0).collect();
            format!(
                "`{verb}` is not a statement; statements are {}",
                verbs.join(", ")
            )
        }
    }
}

fn declaration(input: &str) -> Line<'_, Declaration> {
    alt((
        preceded(keyword("title"), rest).map(|text: &str| Declaration::Title(text.to_owned())),
        preceded(
            keyword("node"),
            (
                terminated(name, keyword("address")),
                // The address alone also looks like a word, so the longer form is tried first.
                alt((pair(name.map(Some), cidr), pair(success(None), cidr))),
            ),
        )
        .map(|(node, (interface, address))| Declaration::Node {
            node,
            interface,
            address,
        }),
        preceded(keyword("gateway"), cidr).map(Declaration::Gateway),
        preceded(
            keyword("client"),
            pair(cidr, preceded(keyword("probe"), many1(probe_target))),
        )
        .map(|(address, probes)| Declaration::Client { address, probes }),
        preceded(
            keyword("backend"),
            pair(socket_address, preceded(keyword("name"), name)),
        )
        .map(|(listen, name)| Declaration::Backend { listen, name }),
        preceded(
            keyword("http"),
            (
                terminated(socket_address, keyword("on")),
                name,
                opt(preceded(keyword("with"), name)),
            ),
        )
        .map(|(listen, node, with)| Declaration::Http { listen, node, with }),
        preceded(keyword("daemons"), pair(name, many1(name)))
            .map(|(node, services)| Declaration::Daemons { node, services }),
        preceded(
            keyword("file"),
            (
                name,
                terminated(word, keyword("from")),
                word,
                opt(pair(keyword("for"), keyword("original"))),
            ),
        )
        .map(|(node, path, from, for_original)| Declaration::File {
            node,
            path: path.to_owned(),
            from: from.to_owned(),
            for_original: for_original.is_some(),
        }),
        preceded(keyword("original"), pair(name, many0(name)))
            .map(|(node, services)| Declaration::Original { node, services }),
    ))
    .parse(input)
}

fn probe_target(input: &str) -> Line<'_, ProbeTarget> {
    alt((
        socket_address.map(ProbeTarget::Tcp),
        ip_address.map(ProbeTarget::Ping),
    ))
    .parse(input)
}

fn statement(input: &str) -> Line<'_, Statement> {
    alt((wait, expect, action.map(Statement::Act))).parse(input)
}

fn wait(input: &str) -> Line<'_, Statement> {
    let until = (
        preceded(keyword("until"), condition),
        opt_duration("within"),
    )
        .map(|(condition, within)| Statement::WaitUntil {
            condition,
            within: within.unwrap_or(DEFAULT_WAIT),
        });
    preceded(
        keyword("wait"),
        alt((until, duration.map(Statement::Pause))),
    )
    .parse(input)
}

fn expect(input: &str) -> Line<'_, Statement> {
    let keeps = pair(condition, preceded(keyword("for"), duration))
        .map(|(condition, during)| Statement::Keeps { condition, during });
    let comes = (
        condition,
        opt_duration("within"),
        opt(preceded(pair(keyword("not"), keyword("before")), duration)),
    )
        .map(|(condition, within, not_before)| Statement::Expect {
            condition,
            within: within.unwrap_or(DEFAULT_EXPECT),
            not_before,
        });
    preceded(keyword("expect"), alt((keeps, comes))).parse(input)
}

/// `all`, `NODE` or `SERVICE on NODE`.
fn who(input: &str) -> Line<'_, (Option<String>, Nodes)> {
    alt((
        service_on.map(|(service, node)| (Some(service), Nodes::One(node))),
        keyword("all").map(|()| (None, Nodes::All)),
        name.map(|node| (None, Nodes::One(node))),
    ))
    .parse(input)
}

fn part(input: &str) -> Line<'_, Part> {
    alt((
        value(Part::Main, pair(keyword("main"), keyword("of"))),
        value(Part::Children, pair(keyword("children"), keyword("of"))),
        success(Part::All),
    ))
    .parse(input)
}

fn action(input: &str) -> Line<'_, Action> {
    alt((service_action, signal_action, cable_action, command)).parse(input)
}

fn service_action(input: &str) -> Line<'_, Action> {
    let outcome = alt((
        value(Some(true), keyword("succeeds")),
        value(Some(false), keyword("fails")),
        success(None),
    ));
    alt((
        preceded(keyword("start"), who).map(|(service, nodes)| Action::Start { service, nodes }),
        preceded(keyword("stop"), who).map(|(service, nodes)| Action::Stop { service, nodes }),
        preceded(keyword("restart"), pair(service_on, outcome)).map(
            |((service, node), outcome)| match outcome {
                None => Action::Restart { service, node },
                Some(succeed) => Action::StartsOf {
                    service,
                    node,
                    succeed,
                },
            },
        ),
        preceded(keyword("reload"), service_on)
            .map(|(service, node)| Action::Reload { service, node }),
    ))
    .parse(input)
}

fn signal_action(input: &str) -> Line<'_, Action> {
    alt((
        preceded(keyword("kill"), (opt(signal), part, service_on)).map(
            |(signal, part, (service, node))| Action::Kill {
                signal: signal.unwrap_or(SignalName::Term),
                part,
                service,
                node,
            },
        ),
        preceded(keyword("hang"), pair(part, service_on)).map(|(part, (service, node))| {
            Action::Hang {
                part,
                service,
                node,
            }
        }),
        preceded(keyword("resume"), service_on)
            .map(|(service, node)| Action::Resume { service, node }),
    ))
    .parse(input)
}

fn cable_action(input: &str) -> Line<'_, Action> {
    alt((
        preceded(keyword("cut"), pair(name, opt(keyword("silently")))).map(|(node, silently)| {
            Action::Cut {
                node,
                silently: silently.is_some(),
            }
        }),
        preceded(keyword("heal"), name).map(|node| Action::Heal { node }),
    ))
    .parse(input)
}

fn command(input: &str) -> Line<'_, Action> {
    let verb = alt((value(true, keyword("exec")), value(false, keyword("try"))));
    (verb, name, verify(rest, |text: &str| !text.is_empty()))
        .map(
            |(must_succeed, node, command): (bool, String, &str)| Action::Exec {
                node,
                command: command.to_owned(),
                must_succeed,
            },
        )
        .parse(input)
}

#[cfg(test)]
mod tests;
