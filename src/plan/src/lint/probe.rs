//! Rules about what a check script proves.

use grammar::kubeadm::DEFAULT_PORT;
use grammar::{Diagnostic, Severity};

use super::rule::Rule;
use super::shell::{After, Command};
use super::view::{Listener, Node, Script, View};

pub(super) const CHECK_DOES_NOT_CHECK: Rule = Rule {
    id: "check-does-not-check",
    severity: Severity::Error,
    checks: "check scripts that end with status 0 whatever they find, count themselves in the \
             process list, or take an HTTP error for an answer",
    outcome: "the check succeeds while the service is down, and the addresses stay",
    fix: "let the status of the last command be the answer, for instance `curl -fs --max-time 1 \
          URL`, or end with `exit 1` where a failure was found",
    run: check_does_not_check,
};

fn check_does_not_check(rule: &Rule, view: &View<'_>, findings: &mut Vec<Diagnostic>) {
    let scripts = view.nodes.iter().flat_map(|node| &node.scripts);
    for script in scripts.filter(|script| script.tracked) {
        findings.extend(always_succeeds(rule, script));
        findings.extend(counts_itself(rule, script));
        findings.extend(drops_lines(rule, script));
        findings.extend(takes_errors(rule, script));
    }
}

/// Whether the script can end with another status than 0.
pub(super) fn can_fail(script: &Script) -> bool {
    always_succeeds(&CHECK_DOES_NOT_CHECK, script).is_none()
}

/// Whether a command stands there that ends the script with another status than 0.
fn has_exit(script: &Script) -> bool {
    let fails = |command: &Command| match command.program() {
        "exit" | "return" => command.words.get(1).is_none_or(|status| status != "0"),
        "set" => command
            .arguments()
            .any(|word| word.starts_with('-') && !word.starts_with("--") && word.contains('e')),
        "false" | "trap" | "kill" => true,
        _ => false,
    };
    script.runs.iter().any(fails)
}

/// No way through the script ends with another status than 0, short of its last command failing.
fn always_succeeds(rule: &Rule, script: &Script) -> Option<Diagnostic> {
    if has_exit(script) {
        return None;
    }
    let last = script.runs.iter().rev().find(|command| !command.captured)?;
    let silent = matches!(
        last.program(),
        "exit" | "true" | ":" | "echo" | "logger" | "printf"
    );
    let shown = last.words.join(" ");
    let place = last.place;
    if silent && last.depth == 0 && last.after == After::Statement {
        let message = format!(
            "{} ends with `{shown}` and has no other way out: it succeeds whatever it finds",
            script.name
        );
        let finding = rule.error(message).label(place, "always status 0");
        return Some(finding.label(script.command, "run as a check here"));
    }
    if last.depth == 0 || last.condition {
        return None;
    }
    if silent {
        let message = format!(
            "{} has no `exit 1`: its last way out is `{shown}`, which succeeds whatever was found",
            script.name
        );
        let finding = rule.warning(message).label(place, "status 0");
        return Some(finding.label(script.command, "run as a check here"));
    }
    let message = format!(
        "{} has no `exit 1`, and an `if` without one ends with status 0: it succeeds whatever it \
         finds, unless `{shown}` fails or the timeout ends it",
        script.name
    );
    let finding = rule.warning(message).label(place, "the last command");
    Some(finding.label(script.command, "run as a check here"))
}

/// Pipelines as runs of commands.
fn pipelines(script: &Script) -> impl Iterator<Item = &[Command]> {
    script.runs.chunk_by(|_, next| next.after == After::Pipe)
}

/// `ps … | grep WORD` finds the grep, or the script, whose name holds the word.
fn counts_itself(rule: &Rule, script: &Script) -> Option<Diagnostic> {
    pipelines(script).find_map(|pipeline| {
        let (list, filters) = pipeline.split_first()?;
        if list.program() != "ps" || !shows_arguments(list) {
            return None;
        }
        let filters: Vec<&Command> = filters.iter().filter(|it| is_grep(it)).collect();
        let excluded = |text: &str| {
            filters.iter().any(|filter| {
                let found = pattern(filter).split('|').any(|word| text.contains(word));
                found == has_option(filter, 'v')
            })
        };
        let wanted = filters.iter().find(|filter| !has_option(filter, 'v'))?;
        let word = pattern(wanted);
        let path = script.path.as_deref().unwrap_or("");
        let itself = if !excluded(&wanted.words.join(" ")) {
            "the grep itself"
        } else if !path.is_empty() && !excluded(path) {
            "the script itself, which has the word in its name"
        } else {
            return None;
        };
        let message = format!(
            "{} looks for {word} in the output of ps and finds {itself}: there is always a match",
            script.name
        );
        let finding = rule
            .warning(message)
            .label(wanted.place, "matches its own process");
        Some(finding.label(script.command, "run as a check here"))
    })
}

/// `grep -v $$` leaves out more than the script's own line.
fn drops_lines(rule: &Rule, script: &Script) -> Option<Diagnostic> {
    let own = |command: &&Command| {
        is_grep(command) && has_option(command, 'v') && pattern(command).contains("$$")
    };
    let filter = script.runs.iter().find(own)?;
    let message = format!(
        "{} leaves out every line that has the script's process number in it, also as a part of \
         another number: now and then the service's own line is one of them",
        script.name
    );
    let finding = rule
        .notice(message)
        .label(filter.place, "$$ is only digits");
    Some(finding.label(script.command, "run as a check here"))
}

/// curl succeeds with any answer unless it is told otherwise.
fn takes_errors(rule: &Rule, script: &Script) -> Option<Diagnostic> {
    let mut pipelines = pipelines(script);
    let asks = |pipeline: &[Command]| match pipeline {
        [one] => one.program() == "curl" && !one.captured && !fails_on_errors(one),
        // What stands behind a pipe looks at the answer.
        _ => false,
    };
    let curl = pipelines.find(|pipeline| asks(pipeline))?.first()?;
    let message = format!(
        "{} takes every answer for a good one: curl without --fail succeeds with HTTP status 500, \
         too",
        script.name
    );
    let finding = rule.warning(message).label(curl.place, "no -f, --fail");
    Some(finding.label(script.command, "run as a check here"))
}

fn fails_on_errors(curl: &Command) -> bool {
    curl.arguments().any(|word| {
        word.starts_with("--fail")
            || (word.starts_with('-') && !word.starts_with("--") && word.contains('f'))
    })
}

fn is_grep(command: &Command) -> bool {
    matches!(command.program(), "grep" | "egrep" | "fgrep")
}

fn has_option(command: &Command, option: char) -> bool {
    let mut words = command.arguments();
    words.any(|word| word.starts_with('-') && !word.starts_with("--") && word.contains(option))
}

/// The first argument that is no option, with `\|` as egrep has it.
fn pattern(grep: &Command) -> String {
    let mut words = grep.arguments();
    let word = words.find(|word| !word.starts_with('-')).unwrap_or("");
    // `[n]ginx` matches nginx and not itself, as it is meant to.
    word.replace("\\|", "|").trim_matches('^').to_owned()
}

/// `ps -ef`, `ps aux`: whole command lines, not only names.
fn shows_arguments(ps: &Command) -> bool {
    let mut words = ps.arguments();
    words.any(|word| match word.strip_prefix('-') {
        Some("C" | "p") => false,
        Some(options) => options.contains('f') || options.contains('u') || options.contains("args"),
        None => word.contains('x') || word.contains('u') || word.contains("args"),
    })
}

pub(super) const CHECK_ONLY_SEES_PROCESS: Rule = Rule {
    id: "check-only-sees-process",
    severity: Severity::Notice,
    checks: "check scripts that only look whether a process exists, on nodes with a listener",
    outcome: "a process that hangs, or has lost its listener or every server behind it, still \
              passes, and the addresses stay",
    fix: "ask the port that clients use, for instance `nc -z -w 1 127.0.0.1 PORT` or curl",
    run: check_only_sees_process,
};

fn check_only_sees_process(rule: &Rule, view: &View<'_>, findings: &mut Vec<Diagnostic>) {
    for (node, script) in checked(view) {
        let Some(listener) = node.listeners.iter().find(|it| it.stream) else {
            continue;
        };
        let looks = script.runs.iter().find(|command| sees_process(command));
        let asks = script.runs.iter().any(asks_network);
        if let Some(command) = looks.filter(|_| !asks) {
            let message = format!(
                "{} only sees that a process exists, not whether {} answers",
                script.name,
                listener.shown()
            );
            let finding = rule
                .notice(message)
                .label(command.place, "a process with this name");
            findings.push(finding.label(listener.place, "what clients connect to"));
        }
    }
}

fn checked<'v>(view: &'v View<'_>) -> impl Iterator<Item = (&'v Node, &'v Script)> {
    view.nodes.iter().flat_map(|node| {
        let tracked = node.scripts.iter().filter(|script| script.tracked);
        tracked.map(move |script| (node, script))
    })
}

fn sees_process(command: &Command) -> bool {
    match command.program() {
        "pidof" | "pgrep" | "ps" => true,
        "killall" | "kill" | "pkill" => command.has("-0") || command.has("-s0"),
        _ => false,
    }
}

fn asks_network(command: &Command) -> bool {
    let clients = [
        "curl",
        "wget",
        "nc",
        "ncat",
        "netcat",
        "socat",
        "telnet",
        "openssl",
        "ss",
        "netstat",
        "dig",
        "mysqladmin",
        "pg_isready",
        "redis-cli",
        "nmap",
        "haproxy",
    ];
    clients.contains(&command.program())
        || command.words.iter().any(|word| word.contains("/dev/tcp/"))
}

pub(super) const CHECK_ASKS_ANOTHER_PORT: Rule = Rule {
    id: "check-asks-another-port",
    severity: Severity::Warning,
    checks: "ports that check scripts ask (URLs, nc, /dev/tcp) against the ports nginx balances, \
             else those of kubeadm's endpoint and API server",
    outcome: "the check passes or fails for another server's reasons: the addresses stay when the \
              balancer is down, or move when it is not",
    fix: "let the check connect to the port that clients use",
    run: check_asks_another_port,
};

fn check_asks_another_port(rule: &Rule, view: &View<'_>, findings: &mut Vec<Diagnostic>) {
    for (node, script) in checked(view) {
        let asked = asked(script);
        let Some(port) = asked.first() else {
            continue;
        };
        let streams: Vec<&Listener> = node.listeners.iter().filter(|it| it.stream).collect();
        let mentioned = numbers(&script.text);
        let finding = match streams.first() {
            Some(first) => {
                if mentioned
                    .iter()
                    .any(|it| streams.iter().any(|stream| stream.has(*it)))
                {
                    continue;
                }
                let finding = rule.warning(format!(
                    "{} asks port {port}, while nginx balances {}: it says nothing about what \
                     clients connect to",
                    script.name,
                    first.shown()
                ));
                finding.label(first.place, "what clients connect to")
            }
            None => match beside_kubernetes(rule, view, node, script, *port, &mentioned) {
                Some(finding) => finding,
                None => continue,
            },
        };
        let mut finding = finding.label(script.command, "run as a check here");
        // The check comes first: it is what has to change.
        finding.labels.rotate_right(1);
        findings.push(finding);
    }
}

/// A check that asks neither for the endpoint nor for an API server, where the node holds the
/// endpoint's address and what balances is not known.
fn beside_kubernetes(
    rule: &Rule,
    view: &View<'_>,
    node: &Node,
    script: &Script,
    port: u16,
    mentioned: &[u16],
) -> Option<Diagnostic> {
    let holds = |address| {
        let mut vips = node.routers.iter().flat_map(|router| &router.vips);
        vips.any(|vip| vip.prefix.address == address)
    };
    let (kubeadm, endpoint) = view.kubeadm.iter().find_map(|kubeadm| {
        let endpoint = kubeadm.endpoint.as_ref()?;
        let own = endpoint.address().is_some_and(holds);
        own.then_some((kubeadm, endpoint))
    })?;
    let api = kubeadm.bind_port.map_or(DEFAULT_PORT, |port| port.value);
    if [endpoint.port(), api]
        .iter()
        .any(|port| mentioned.contains(port))
    {
        return None;
    }
    let finding = rule.notice(format!(
        "{} asks port {port}, while clients connect to port {} of the address: whether that one \
         answers is not checked",
        script.name,
        endpoint.port()
    ));
    Some(finding.label(endpoint.span, "what clients connect to"))
}

/// Ports that a check connects to, as far as they are written out.
fn asked(script: &Script) -> Vec<u16> {
    let mut ports = url_ports(&script.text);
    for (at, _) in script.text.match_indices("/dev/tcp/") {
        let target = &script.text[at + "/dev/tcp/".len()..];
        let port = target.split('/').nth(1).map(digits);
        ports.extend(port.and_then(|port| port.parse::<u16>().ok()));
    }
    for command in &script.runs {
        if matches!(command.program(), "nc" | "ncat" | "netcat" | "telnet") {
            let last = command
                .arguments()
                .filter(|word| !word.contains(['>', '<']))
                .last();
            ports.extend(last.and_then(|word| word.parse::<u16>().ok()));
        }
    }
    ports
}

fn digits(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_digit());
    &text[..end.unwrap_or(text.len())]
}

/// Ports written in URLs.
fn url_ports(text: &str) -> Vec<u16> {
    let urls = text.match_indices("://").map(|(at, _)| &text[at + 3..]);
    let ports = urls.filter_map(|url| {
        let end = url.find(|c: char| c.is_whitespace() || "\"'/`;)".contains(c));
        let host = &url[..end.unwrap_or(url.len())];
        let (_, port) = host.rsplit_once(':')?;
        port.parse().ok()
    });
    ports.collect()
}

/// Every number that could be a port.
fn numbers(text: &str) -> Vec<u16> {
    let words = text.split(|c: char| !c.is_ascii_digit());
    words.filter_map(|word| word.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_of_urls() {
        let text = "curl http://127.0.0.1:10088/x https://h/ \"https://$H:$P/\" http://[::1]:81";
        assert_eq!(url_ports(text), [10088, 81]);
    }
}
