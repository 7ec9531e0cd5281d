//! `keepalived-rs status` and `keepalived-rs why INSTANCE`: how a running daemon stands.
//!
//! Invariants: nothing of the daemon changes by asking; what one of its processes does not answer
//! does not hide what another one says.

use std::path::{Path, PathBuf};

use keepalived_rs::commands::{Running, Status, Why};
use runtime::keepalived::command::{Request, ask, place};
use runtime::keepalived::status::{self, Daemon, Services, Vrrp};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::subcommand::{Outcome, print};

/// All of it, as one document.
#[derive(Serialize)]
struct Document<'a> {
    daemon: &'a Daemon,
    #[serde(skip_serializing_if = "Option::is_none")]
    vrrp: Option<&'a Vrrp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    services: Option<&'a Services>,
    /// Why one of the two is missing that should be there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    problems: Vec<&'a str>,
}

/// What a process of the daemon answers, in words why it does not.
fn of<T: DeserializeOwned>(path: &Path, request: &Request) -> Result<T, String> {
    ask(path, request).map_err(|failure| failure.to_string())
}

/// Status 1 when a process of the daemon did not answer.
pub(crate) fn status(words: &Status) -> Outcome {
    let path = socket(&words.running)?;
    let daemon: Daemon = of(&path, &Request::Daemon)?;
    let has = |name: &str| daemon.children.iter().any(|it| it.name == name);
    let vrrp = (has("VRRP") || daemon.stands_in).then(|| of::<Vrrp>(&path, &Request::Vrrp));
    let services = has("Healthcheck").then(|| of::<Services>(&path, &Request::Services));
    let vrrp = vrrp.as_ref().map(|it| it.as_ref().map_err(String::as_str));
    let services = services
        .as_ref()
        .map(|it| it.as_ref().map_err(String::as_str));
    let problems = [vrrp.and_then(Result::err), services.and_then(Result::err)];
    let problems: Vec<&str> = problems.into_iter().flatten().collect();
    let failed = !problems.is_empty();
    let text = match words.json {
        true => json(&Document {
            daemon: &daemon,
            vrrp: vrrp.and_then(Result::ok),
            services: services.and_then(Result::ok),
            problems,
        })?,
        false => status::status(&daemon, vrrp, services, &sys::clock::zone()),
    };
    print(&text)?;
    Ok(u8::from(failed))
}

/// Status 1 when there is no such instance.
pub(crate) fn why(words: &Why) -> Outcome {
    let path = socket(&words.running)?;
    let vrrp: Vrrp = of(&path, &Request::Vrrp)?;
    let instance = match vrrp.find(&words.instance) {
        Ok(instance) => instance,
        Err(problem) => {
            eprintln!("keepalived-rs why: {problem}");
            return Ok(1);
        }
    };
    print(&match words.json {
        true => json(instance)?,
        false => status::why(instance, &sys::clock::zone()),
    })?;
    Ok(0)
}

/// Where the daemon listens that is meant.
pub(crate) fn socket(running: &Running) -> Result<PathBuf, String> {
    match &running.socket {
        Some(path) => Ok(path.clone()),
        None => place(running.daemon.as_deref()),
    }
}

fn json(value: &impl Serialize) -> Result<String, String> {
    let text = serde_json::to_string_pretty(value).map_err(|error| error.to_string())?;
    Ok(text + "\n")
}
