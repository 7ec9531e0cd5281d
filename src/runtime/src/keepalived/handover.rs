//! What a parent leaves to the program that it turns into.
//!
//! Invariants: a description in a sealed memory file and the descriptors that it names; the
//! variable that points to it counts only in the process that it was meant for; what cannot be
//! understood as a whole is refused, best in a rehearsal, in which nothing is at stake.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::os::fd::{AsFd as _, AsRawFd as _, BorrowedFd, OwnedFd, RawFd};
use std::path::PathBuf;

use base::Instant;
use serde::{Deserialize, Serialize};
use sys::control::keep_over_exec;
use sys::fdpass::Channel;
use sys::memfd::Sealed;

use super::config::{self, Summary};
use super::ledger::Ledger;
use super::options::Paths;
use super::parent::Kind;
use super::past::Past;
use super::ports::{PortKey, Ports};
use crate::bundle::Bundle;

/// Names the process, the memory file and the purpose: `4711:9:upgrade`.
const VARIABLE: &str = "KEEPALIVED_RS_HANDOVER";

/// One more with every change of what [`Said`] means.
const FORMAT: u32 = 4;

/// What the next program is started for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To see whether it understands what it would be left.
    Rehearsal,
    /// To go on.
    Upgrade,
}

impl Purpose {
    const fn word(self) -> &'static str {
        match self {
            Self::Rehearsal => "rehearsal",
            Self::Upgrade => "upgrade",
        }
    }
}

/// What is left, without the descriptors.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Said {
    pub(super) format: u32,
    pub(super) file: PathBuf,
    pub(super) paths: Paths,
    pub(super) summary: Summary,
    pub(super) generation: u32,
    pub(super) started: Instant,
    pub(super) sessions: BTreeMap<String, bool>,
    pub(super) numbers: Numbers,
    pub(super) children: Vec<ChildSaid>,
    pub(super) ports: Vec<PortSaid>,
}

/// Descriptors of the parent itself.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Numbers {
    pub(super) bundle: RawFd,
    pub(super) ledger: RawFd,
    pub(super) pidfile: Option<RawFd>,
    /// What children that have ended left to those that go on: a description and what it is about.
    pub(super) past: Vec<(Kind, Vec<RawFd>)>,
    pub(super) control: Option<RawFd>,
    /// Who asked for the upgrade.
    pub(super) caller: Option<RawFd>,
}

/// A child that goes on.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct ChildSaid {
    pub(super) kind: Kind,
    pub(super) pid: i32,
    pub(super) started: Instant,
    pub(super) ready: bool,
    pub(super) channel: RawFd,
}

/// A pair of sockets.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct PortSaid {
    pub(super) key: PortKey,
    pub(super) index: u32,
    pub(super) receiver: RawFd,
    pub(super) sender: RawFd,
}

/// What was left, descriptors included.
#[derive(Debug)]
pub(super) struct Handed {
    pub(super) said: Said,
    pub(super) bundle: Sealed,
    pub(super) ledger: Ledger,
    pub(super) pidfile: Option<OwnedFd>,
    pub(super) past: BTreeMap<Kind, Past>,
    pub(super) control: Option<OwnedFd>,
    pub(super) caller: Option<Channel>,
    pub(super) children: Vec<(ChildSaid, Channel)>,
    pub(super) ports: Ports,
}

impl Said {
    pub(super) fn descriptors(&self) -> Vec<RawFd> {
        let own = &self.numbers;
        let mut all = vec![own.bundle, own.ledger];
        all.extend(own.pidfile);
        all.extend(own.past.iter().flat_map(|(_, left)| left));
        all.extend(own.control);
        all.extend(own.caller);
        all.extend(self.children.iter().map(|child| child.channel));
        let ports = self.ports.iter();
        all.extend(ports.flat_map(|port| [port.receiver, port.sender]));
        all
    }

    /// Reads a description.
    ///
    /// # Errors
    /// When it has another format.
    pub(super) fn read(bytes: &[u8]) -> io::Result<Self> {
        #[derive(Deserialize)]
        struct Format {
            format: u32,
        }
        let Format { format } = serde_json::from_slice(bytes).map_err(io::Error::other)?;
        if format != FORMAT {
            return Err(io::Error::other(format!("format {format} is not {FORMAT}")));
        }
        serde_json::from_slice(bytes).map_err(io::Error::other)
    }

    /// Writes the description.
    ///
    /// # Errors
    /// What making the memory file reports.
    pub(super) fn seal(&self) -> io::Result<Sealed> {
        let bytes = serde_json::to_vec(self).map_err(io::Error::other)?;
        Sealed::new("keepalived-handover", &bytes)
    }
}

/// Lets `kept`, and the description of them, survive this process's program (or not any more).
///
/// # Errors
/// What `fcntl` reports.
pub(super) fn keep(kept: &[BorrowedFd<'_>], said: &Sealed, keep: bool) -> io::Result<()> {
    for fd in kept {
        keep_over_exec(*fd, keep)?;
    }
    keep_over_exec(said, keep)
}

/// The environment of the next program in this process.
pub(super) fn environment(said: &Sealed, purpose: Purpose) -> Vec<OsString> {
    let variables = std::env::vars_os().filter(|(name, _)| name != VARIABLE);
    let mut all: Vec<OsString> = variables
        .map(|(name, value)| {
            let mut line = name;
            line.push("=");
            line.push(value);
            line
        })
        .collect();
    let (pid, fd) = (std::process::id(), said.as_fd().as_raw_fd());
    all.push(format!("{VARIABLE}={pid}:{fd}:{}", purpose.word()).into());
    all
}

impl Handed {
    /// What was left to this process, if anything was. To be called while it owns no descriptor:
    /// all but those named are closed.
    pub(super) fn receive() -> Option<io::Result<(Purpose, Self)>> {
        let value = std::env::var(VARIABLE).ok()?;
        let mut words = value.split(':');
        let pid = words.next()?.parse::<u32>().ok()?;
        let fd = words.next()?.parse::<RawFd>().ok()?;
        let purpose = match words.next()? {
            "rehearsal" => Purpose::Rehearsal,
            "upgrade" => Purpose::Upgrade,
            _ => return None,
        };
        // Scripts of a daemon inherit its environment; it is not meant for them.
        if pid != std::process::id() {
            return None;
        }
        Some(Self::open(fd).map(|handed| (purpose, handed)))
    }

    fn open(fd: RawFd) -> io::Result<Self> {
        let said = Said::read(&std::fs::read(format!("/proc/self/fd/{fd}"))?)?;
        let taken = sys::inherit::take(&said.descriptors());
        Self::assemble(
            said,
            taken.into_iter().map(|fd| (fd.as_raw_fd(), fd)).collect(),
        )
    }

    /// Puts together what was `said` and the descriptors that it names, by the number each has in it.
    ///
    /// # Errors
    /// When one is missing or is not what it should be.
    pub(super) fn assemble(said: Said, mut taken: BTreeMap<RawFd, OwnedFd>) -> io::Result<Self> {
        let mut take = |number: RawFd| {
            let missing = || io::Error::other(format!("descriptor {number} is missing"));
            taken.remove(&number).ok_or_else(missing)
        };
        let bundle = Sealed::from_fd(take(said.numbers.bundle)?)?;
        // Whatever cannot be planned again is better found out here.
        drop(config::replay(Bundle::open(&bundle)?));
        let ledger = Ledger::inherited(take(said.numbers.ledger)?, said.generation)?;
        let pidfile = said.numbers.pidfile.map(&mut take).transpose()?;
        let mut past = BTreeMap::new();
        for (kind, numbers) in &said.numbers.past {
            let descriptors: Vec<OwnedFd> = numbers
                .iter()
                .map(|number| take(*number))
                .collect::<io::Result<_>>()?;
            past.insert(*kind, Past::from_descriptors(descriptors)?);
        }
        let control = said.numbers.control.map(&mut take).transpose()?;
        let caller = said.numbers.caller.map(&mut take).transpose()?;
        let mut children = Vec::new();
        for child in &said.children {
            children.push((*child, Channel::from_fd(take(child.channel)?)));
        }
        let mut ports = Ports::default();
        for port in &said.ports {
            let (receiver, sender) = (take(port.receiver)?, take(port.sender)?);
            ports.adopt(port.key.clone(), port.index, receiver, sender);
        }
        Ok(Self {
            bundle,
            ledger,
            pidfile,
            past,
            control,
            caller: caller.map(Channel::from_fd),
            children,
            ports,
            said,
        })
    }
}

/// The format that [`Said`] has here.
pub(super) const fn format() -> u32 {
    FORMAT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_format_is_refused_before_a_descriptor_is_touched() {
        let said = Said {
            format: FORMAT + 1,
            file: "/etc/keepalived/keepalived.conf".into(),
            paths: Paths::new(&crate::keepalived::Options::default(), false, None, None),
            summary: Summary::default(),
            generation: 1,
            started: Instant::ZERO,
            sessions: BTreeMap::new(),
            numbers: Numbers {
                bundle: 0,
                ledger: 0,
                pidfile: None,
                past: Vec::new(),
                control: None,
                caller: None,
            },
            children: Vec::new(),
            ports: Vec::new(),
        };
        let sealed = said.seal().expect("memory");
        let refused = Handed::open(sealed.as_fd().as_raw_fd()).expect_err("refused");
        let told = format!("format {} is not {FORMAT}", FORMAT + 1);
        assert_eq!(refused.to_string(), told);
    }

    #[test]
    fn only_the_process_that_is_meant_is_told() {
        let sealed = Sealed::new("test", b"{}").expect("memory");
        let all = environment(&sealed, Purpose::Upgrade);
        let own = format!("{VARIABLE}={}:", std::process::id());
        let ours = all.iter().filter_map(|line| line.to_str());
        let ours: Vec<&str> = ours.filter(|line| line.starts_with(VARIABLE)).collect();
        assert_eq!(ours.len(), 1);
        assert!(ours[0].starts_with(&own) && ours[0].ends_with(":upgrade"));
    }
}
