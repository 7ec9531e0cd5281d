//! Rules about check scripts: what keepalived does with them while they run.

use core::time::Duration;

use grammar::{Diagnostic, Severity};

use super::rule::Rule;
use super::shell::Command;
use super::view::{Script, View, seconds};

pub(super) const SCRIPT_SLOWER_THAN_INTERVAL: Rule = Rule {
    id: "script-slower-than-interval",
    severity: Severity::Warning,
    checks: "how long a check script sleeps or waits, against its timeout and interval",
    outcome: "keepalived ends the script at its timeout (by default the interval), before it has \
              come to its end, and counts that as a failure",
    fix: "give the script an interval and timeout that are longer than it may take, or make it \
          ask once and exit; `fall` and `rise` are there for second tries",
    run: script_slower_than_interval,
};

fn script_slower_than_interval(rule: &Rule, view: &View<'_>, findings: &mut Vec<Diagnostic>) {
    for script in view.nodes.iter().flat_map(|node| &node.scripts) {
        findings.extend(slow(rule, script).filter(|_| script.tracked));
    }
}

fn slow(rule: &Rule, script: &Script) -> Option<Diagnostic> {
    let sleeps: Vec<(&Command, Duration)> = script
        .runs
        .iter()
        .filter_map(|command| Some((command, sleep(command)?)))
        .collect();
    let slept: Duration = sleeps.iter().map(|(_, time)| *time).sum();
    let waits = script
        .runs
        .iter()
        .filter_map(|command| Some((command, wait(command)?)));
    let (slowest, takes, verb) = match waits.max_by_key(|(_, time)| *time) {
        Some((command, time)) if time > slept => (command, time, "may wait"),
        _ => (sleeps.first()?.0, slept, "sleeps"),
    };
    let limit = script.timeout.value;
    // A client that gives up when keepalived does fails either way.
    if takes < limit || (takes == limit && verb != "sleeps") {
        return None;
    }
    let behind = script
        .runs
        .iter()
        .skip_while(|command| *command != slowest)
        .skip(1);
    let lost = behind.last().map_or(String::new(), |last| {
        format!(", so it never gets to `{}`", last.words.join(" "))
    });
    let lost = if verb == "sleeps" {
        lost
    } else {
        String::new()
    };
    let finding = rule.warning(format!(
        "{} {verb} {} and is killed after {}{lost}: that run counts as failed",
        script.name,
        seconds(takes),
        seconds(limit),
    ));
    let written = if script.timeout.span == script.interval.span {
        "the timeout is the interval"
    } else {
        "the timeout"
    };
    let finding = finding.label(slowest.place, format!("{verb} {}", seconds(takes)));
    Some(finding.label(
        script.timeout.span,
        format!("{written}, {}", seconds(limit)),
    ))
}

/// `sleep 2`
pub(super) fn sleep(command: &Command) -> Option<Duration> {
    (command.program() == "sleep").then(|| command.arguments().next().and_then(time))?
}

/// How long a client may wait for an answer, as its options say.
fn wait(command: &Command) -> Option<Duration> {
    let options: &[&str] = match command.program() {
        "curl" => &["-m", "--max-time"],
        "wget" => &["-T", "--timeout"],
        "nc" | "ncat" | "ping" => &["-w"],
        "timeout" => return command.arguments().find_map(time),
        _ => return None,
    };
    let mut words = command.arguments();
    while let Some(word) = words.next() {
        if options.contains(&word) {
            return words.next().and_then(time);
        }
        let joined = options.iter().find_map(|option| word.strip_prefix(option));
        if let Some(value) = joined.and_then(|rest| time(rest.trim_start_matches('='))) {
            return Some(value);
        }
    }
    None
}

/// Seconds with a fraction, or with a unit as sleep(1) has them.
fn time(word: &str) -> Option<Duration> {
    let end = word
        .find(|c: char| !(c.is_ascii_digit() || c == '.'))
        .unwrap_or(word.len());
    let unit = match &word[end..] {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return None,
    };
    let (whole, part) = word[..end].split_once('.').unwrap_or((&word[..end], ""));
    let whole: u64 = if whole.is_empty() {
        0
    } else {
        whole.parse().ok()?
    };
    let millis: u64 = format!("{part:0<3}").get(..3)?.parse().ok()?;
    let millis = whole
        .checked_mul(1000)?
        .checked_add(millis)?
        .checked_mul(unit)?;
    (!word[..end].is_empty()).then(|| Duration::from_millis(millis))
}

pub(super) const SCRIPT_STOPS_KEEPALIVED: Rule = Rule {
    id: "script-stops-keepalived",
    severity: Severity::Warning,
    checks: "check scripts that stop keepalived",
    outcome: "the addresses move, but nothing starts keepalived again: the node is out of the \
              cluster until somebody looks, and a failure of the next node finds no backup",
    fix: "end the script with `exit 1` instead: without a weight keepalived then gives the \
          addresses away, and takes part again when the check succeeds",
    run: script_stops_keepalived,
};

fn script_stops_keepalived(rule: &Rule, view: &View<'_>, findings: &mut Vec<Diagnostic>) {
    for script in view.nodes.iter().flat_map(|node| &node.scripts) {
        let Some(stop) = script.runs.iter().find(|command| stops_keepalived(command)) else {
            continue;
        };
        let message = format!(
            "{} stops keepalived when it finds a failure, and nothing starts it again: this node \
             stays out of the cluster",
            script.name
        );
        let finding = rule.warning(message).label(stop.place, "stops keepalived");
        findings.push(finding.label(script.command, "run as a check here"));
    }
}

pub(super) fn stops_keepalived(command: &Command) -> bool {
    let names = |word: &str| {
        let name = word.rsplit('/').next().unwrap_or(word);
        matches!(name, "keepalived" | "keepalived.service")
    };
    let named = command.arguments().any(names);
    match command.program() {
        "systemctl" => named && (command.has("stop") || command.has("kill")),
        "service" | "rc-service" => named && command.has("stop"),
        "killall" | "pkill" => named && !command.has("-0") && !command.has("-HUP"),
        "keepalived" => {
            let init = command
                .words
                .first()
                .is_some_and(|word| word.contains("init.d"));
            init && command.has("stop")
        }
        _ => false,
    }
}

pub(super) const SCRIPT_BY_NAME: Rule = Rule {
    id: "script-by-name",
    severity: Severity::Notice,
    checks: "check scripts that name their program without its directory",
    outcome: "keepalived looks it up once, in the PATH it was started with, which differs between \
              a shell, systemd and a container: where it is not found the script is disabled, and \
              what tracks it is never checked",
    fix: "write the whole path, for instance /usr/bin/killall; `command -v` shows it",
    run: script_by_name,
};

fn script_by_name(rule: &Rule, view: &View<'_>, findings: &mut Vec<Diagnostic>) {
    let scripts = view.nodes.iter().flat_map(|node| &node.scripts);
    for script in scripts.filter(|script| script.tracked && !script.program.contains('/')) {
        let message = format!(
            "{} runs whatever `{}` is in the PATH that keepalived was started with; without one \
             it is never checked",
            script.name, script.program
        );
        findings.push(rule.notice(message).label(script.command, "no directory"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_sleep() {
        let of = |word| time(word).map(|time| time.as_millis());
        assert_eq!(of("2"), Some(2000));
        assert_eq!(of("0.25"), Some(250));
        assert_eq!(of("1m"), Some(60_000));
        assert_eq!(of("x"), None);
        assert_eq!(of(""), None);
        assert_eq!(of("99999999999999999999"), None);
    }
}
