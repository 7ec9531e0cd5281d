//! What an administrator may ask of a running daemon, and how the asking process does it.
//!
//! Invariants: a request and its reply are one message each; an answer of any size comes as a
//! sealed memory file, so that nobody who reads slowly holds a daemon up; waiting is bounded.
//! Deliberately unknown here: how answers are shown.

use std::io;
use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};

use base::Duration;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sys::control::connect_to;
use sys::epoll::Poller;
use sys::fdpass::Channel;
use sys::memfd::Sealed;

use super::control::{self, Heard};
use super::options::RUN;

/// A daemon that takes longer is hung, or has no processor time at all.
const PATIENCE: Duration = Duration::from_secs(5);
/// For what takes the start of a program, or two.
const LONG_PATIENCE: Duration = Duration::from_secs(30);

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// A [`super::status::Daemon`], which the parent answers.
    Daemon,
    /// A [`super::status::Vrrp`], which the VRRP process answers.
    Vrrp,
    /// A [`super::status::Services`], which the checker process answers.
    Services,
    /// To go on as the program that now lies where the daemon was started from; answered by it with
    /// a [`super::status::Daemon`], when it serves.
    Upgrade,
    /// To end and leave the masters to the next start, kept by another process until then; answered
    /// with a [`super::status::Daemon`] when only the end is left to do.
    Leave,
}

/// What comes back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Reply {
    /// The answer comes along, as JSON.
    Here,
    /// In words for people.
    Refused(String),
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Nobody listens.
    #[error("no keepalived-rs listens at {0}: {1}; is it running, and are you root?")]
    Absent(PathBuf, io::Error),
    /// The daemon said why.
    #[error("{0}")]
    Refused(String),
    /// The daemon, or the process that should answer, says nothing.
    #[error("no answer within {0} s: the process that should give it hangs or is starved")]
    Silent(u64),
    /// Another version, or the connection broke.
    #[error("the answer cannot be used: {0}")]
    Unusable(io::Error),
}

/// Asks the daemon that listens at `path`.
///
/// # Errors
/// See [`Failure`].
pub fn ask<T: DeserializeOwned>(path: &Path, request: &Request) -> Result<T, Failure> {
    let absent = |error| Failure::Absent(path.to_path_buf(), error);
    let channel = connect_to(path).map_err(absent)?;
    control::send(&channel, request, &[]).map_err(absent)?;
    let mut poller = Poller::new().map_err(Failure::Unusable)?;
    poller.add(&channel, 0).map_err(Failure::Unusable)?;
    let patience = match request {
        Request::Daemon | Request::Vrrp | Request::Services => PATIENCE,
        Request::Upgrade | Request::Leave => LONG_PATIENCE,
    };
    let end = sys::clock::now() + patience;
    loop {
        match control::receive::<Reply>(&channel).map_err(Failure::Unusable)? {
            Heard::Message(Reply::Refused(why), _) => return Err(Failure::Refused(why)),
            Heard::Message(Reply::Here, descriptors) => {
                return read(descriptors.into_iter().next()).map_err(Failure::Unusable);
            }
            Heard::Closed => return Err(Failure::Unusable(io::ErrorKind::UnexpectedEof.into())),
            Heard::Nothing if sys::clock::now() >= end => {
                return Err(Failure::Silent(patience.as_secs()));
            }
            Heard::Nothing => {}
        }
        poller.wait(Some(end)).map_err(Failure::Unusable)?;
    }
}

fn read<T: DeserializeOwned>(answer: Option<std::os::fd::OwnedFd>) -> io::Result<T> {
    let answer = Sealed::from_fd(answer.ok_or(io::ErrorKind::InvalidData)?)?;
    serde_json::from_slice(&answer.read()?).map_err(io::Error::other)
}

/// Sends `answer` to whoever asked. One who has gone meanwhile misses it.
pub(super) fn answer(caller: &Channel, answer: &impl Serialize) {
    let sealed = serde_json::to_vec(answer)
        .map_err(io::Error::other)
        .and_then(|bytes| Sealed::new("keepalived-answer", &bytes));
    match sealed {
        Ok(sealed) => {
            let _ = control::send(caller, &Reply::Here, &[sealed.as_fd()]);
        }
        Err(error) => refuse(caller, &format!("no memory for the answer: {error}")),
    }
}

/// Says why there is no answer.
pub(super) fn refuse(caller: &Channel, why: &str) {
    let _ = control::send(caller, &Reply::Refused(why.to_owned()), &[]);
}

/// What a directory has; nothing if it is none.
fn within(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).collect()
}

/// Where the daemon listens that has this `instance` or network namespace; without a name the only
/// one that listens in the usual places.
///
/// # Errors
/// In words, when there is none or one has to be chosen.
pub fn place(name: Option<&str>) -> Result<PathBuf, String> {
    let run = Path::new(RUN);
    if let Some(name) = name {
        let instance = run.join(format!("keepalived/keepalived_{name}.sock"));
        let namespace = run.join(format!("keepalived/{name}/keepalived.sock"));
        return Ok(match connect_to(&namespace) {
            Ok(_) => namespace,
            Err(_) => instance,
        });
    }
    let usual = run.join("keepalived.sock");
    let mut found = within(&run.join("keepalived"));
    let below: Vec<PathBuf> = found.iter().flat_map(|path| within(path)).collect();
    found.extend(below);
    found.retain(|path| path.extension().is_some_and(|it| it == "sock"));
    found.push(usual);
    found.sort();
    // Files of daemons that crashed are no daemons.
    found.retain(|path| connect_to(path).is_ok());
    match found.len() {
        0 => Err(format!(
            "no keepalived-rs listens below {RUN}; is it running, and are you root? (One with -p \
             FILE listens beside that file: name it with --socket)"
        )),
        1 => Ok(found.swap_remove(0)),
        _ => {
            let found: Vec<String> = found.iter().map(|it| it.display().to_string()).collect();
            Err(format!(
                "several daemons run: choose with --instance, or --socket {}",
                found.join(" | ")
            ))
        }
    }
}
