//! `keepalived-rs status` and `keepalived-rs why INSTANCE`: how a running daemon stands.
//!
//! Invariants: nothing of the daemon changes by asking; what one of its processes does not answer
//! does not hide what another one says.

use jiff::tz::TimeZone;
use keepalived_rs::commands::{Running, Status, Why};
use runtime::keepalived::command::{Failure, Request, ask, place};
use runtime::keepalived::status::{self, Daemon, Vrrp};
use serde::Serialize;

use crate::subcommand::{Outcome, print};

/// All of it, as one document.
#[derive(Serialize)]
struct Document<'a> {
    daemon: &'a Daemon,
    #[serde(skip_serializing_if = "Option::is_none")]
    vrrp: Option<&'a Vrrp>,
    /// Why there is no `vrrp`.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<&'a str>,
}

/// Status 1 when the VRRP process did not answer.
pub(crate) fn status(words: &Status) -> Outcome {
    let path = socket(&words.running)?;
    let daemon: Daemon = ask(&path, &Request::Daemon).map_err(|it| it.to_string())?;
    let has_vrrp = daemon.stands_in || daemon.children.iter().any(|it| it.name == "VRRP");
    let vrrp = has_vrrp.then(|| ask::<Vrrp>(&path, &Request::Vrrp));
    let vrrp = vrrp.map(|answer| answer.map_err(|failure| failure.to_string()));
    let said = vrrp.as_ref().map(|it| it.as_ref().map_err(String::as_str));
    let text = match words.json {
        true => json(&Document {
            daemon: &daemon,
            vrrp: said.and_then(Result::ok),
            problem: said.and_then(Result::err),
        })?,
        false => status::status(&daemon, said, &TimeZone::system()),
    };
    print(&text)?;
    Ok(u8::from(matches!(said, Some(Err(_)))))
}

/// Status 1 when there is no such instance.
pub(crate) fn why(words: &Why) -> Outcome {
    let path = socket(&words.running)?;
    let vrrp: Vrrp = ask(&path, &Request::Vrrp).map_err(|it: Failure| it.to_string())?;
    let instance = match vrrp.find(&words.instance) {
        Ok(instance) => instance,
        Err(problem) => {
            eprintln!("keepalived-rs why: {problem}");
            return Ok(1);
        }
    };
    print(&match words.json {
        true => json(instance)?,
        false => status::why(instance, &TimeZone::system()),
    })?;
    Ok(0)
}

/// Where the daemon listens that is meant.
pub(crate) fn socket(running: &Running) -> Result<std::path::PathBuf, String> {
    match &running.socket {
        Some(path) => Ok(path.clone()),
        None => place(running.daemon.as_deref()),
    }
}

fn json(value: &impl Serialize) -> Result<String, String> {
    let text = serde_json::to_string_pretty(value).map_err(|error| error.to_string())?;
    Ok(text + "\n")
}
