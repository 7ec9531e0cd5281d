//! `systemctl` and `service` as the nodes' scripts call them: they ask the init.
//!
//! Only what scripts around these daemons use; anything else is refused loudly, because a script
//! that silently does nothing would make a scenario lie.

use std::io::{self, BufReader};
use std::os::unix::net::UnixStream;
use std::process::ExitCode;

use serde::{Deserialize, Serialize};

use crate::protocol::{receive, send};

/// Where the init listens.
pub(super) const SOCKET: &str = "/run/.lab-init";

/// What a shim asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Ask {
    pub verb: String,
    pub unit: String,
}

/// What it prints and how it exits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Answer {
    pub status: u8,
    pub text: String,
}

const WITH_UNIT: &[&str] = &[
    "start",
    "stop",
    "restart",
    "try-restart",
    "reload",
    "reload-or-restart",
    "force-reload",
    "condrestart",
    "status",
    "is-active",
    "is-failed",
];

/// Runs as `systemctl` or `service`.
pub(crate) fn main(name: &str, arguments: &[String]) -> ExitCode {
    let asks = match parse(name, arguments) {
        Ok(asks) => asks,
        Err(why) => {
            eprintln!("{name}: {why}");
            return ExitCode::from(1);
        }
    };
    let mut status = 0;
    for ask in asks {
        match exchange(&ask) {
            Ok(answer) => {
                if !answer.text.is_empty() {
                    println!("{}", answer.text);
                }
                status = status.max(answer.status);
            }
            Err(error) => {
                eprintln!("{name}: the node's init does not answer: {error}");
                status = 1;
            }
        }
    }
    ExitCode::from(status)
}

fn exchange(ask: &Ask) -> io::Result<Answer> {
    let mut stream = UnixStream::connect(SOCKET)?;
    send(&mut stream, ask)?;
    receive(&mut BufReader::new(stream))?
        .ok_or_else(|| io::Error::new(io::ErrorKind::UnexpectedEof, "no answer"))
}

/// The requests that a command line means, in order.
fn parse(name: &str, arguments: &[String]) -> Result<Vec<Ask>, String> {
    let now = arguments.iter().any(|a| a == "--now");
    let words: Vec<&str> = arguments
        .iter()
        .map(String::as_str)
        .filter(|a| !a.starts_with('-'))
        .collect();
    let (verb, units) = match (name, words.as_slice()) {
        // service UNIT VERB
        ("service", [unit, verb]) => (*verb, vec![*unit]),
        ("service", _) => return Err("usage: service UNIT VERB".to_owned()),
        (_, [verb, units @ ..]) => (*verb, units.to_vec()),
        (_, []) => return Err("no verb given".to_owned()),
    };
    let verb = match verb {
        // Nothing is cached and nothing starts at boot, so there is nothing to do.
        "daemon-reload" | "daemon-reexec" | "reset-failed" | "is-enabled" => return Ok(Vec::new()),
        "enable" if now => "start",
        "disable" if now => "stop",
        "enable" | "disable" | "mask" | "unmask" => return Ok(Vec::new()),
        verb if WITH_UNIT.contains(&verb) => verb,
        verb => return Err(format!("the lab does not know the verb `{verb}`")),
    };
    if units.is_empty() {
        return Err(format!("`{verb}` needs a unit"));
    }
    let asks = units.iter().map(|unit| Ask {
        verb: verb.to_owned(),
        unit: unit.strip_suffix(".service").unwrap_or(unit).to_owned(),
    });
    Ok(asks.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    fn ask(verb: &str, unit: &str) -> Ask {
        Ask {
            verb: verb.to_owned(),
            unit: unit.to_owned(),
        }
    }

    #[test]
    fn both_orders_of_words() {
        let asked = parse("systemctl", &words("stop keepalived.service"));
        assert_eq!(asked, Ok(vec![ask("stop", "keepalived")]));
        assert_eq!(
            parse("service", &words("nginx start")),
            Ok(vec![ask("start", "nginx")])
        );
    }

    #[test]
    fn enabling_starts_only_with_now() {
        assert_eq!(parse("systemctl", &words("enable nginx")), Ok(vec![]));
        assert_eq!(
            parse("systemctl", &words("enable --now nginx")),
            Ok(vec![ask("start", "nginx")])
        );
        assert_eq!(parse("systemctl", &words("daemon-reload")), Ok(vec![]));
    }

    #[test]
    fn what_is_not_known_is_refused() {
        assert!(parse("systemctl", &words("hibernate")).is_err());
        assert!(parse("systemctl", &words("start")).is_err());
        assert!(parse("service", &words("--status-all")).is_err());
    }
}
