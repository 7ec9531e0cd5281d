//! The files written on USR1, USR2, SIGRTMAX-1 and SIGRTMIN+2.
//!
//! Invariants: a file is replaced as a whole (a reader never sees half of one), has mode 0600, and
//! no symlink at its place is followed; no secret is in it.

mod counters;
mod data;
mod instance;
mod interfaces;
mod json;
mod routing;
mod sockets;
mod stats;
#[cfg(test)]
mod tests;
mod tracked;

use core::fmt::Write as _;
use core::net::IpAddr;
use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use base::Duration;
use jiff::tz::TimeZone;
use plan::keepalived::{Address, Command, Dumps, Globals, NewLink, Pipes, Plan, Process, Side};
use serde::{Deserialize, Serialize};
use vrrp::{Engine, State};

use super::links::Links;
use super::ports::Ports;

pub(super) use data::data;
pub(super) use interfaces::Switches;
pub(super) use json::json;
pub(super) use stats::stats;

/// What is dumped.
pub(super) struct Dumped<'a> {
    pub(super) plan: &'a Plan,
    pub(super) engine: &'a Engine,
    pub(super) clocks: Clocks,
    /// How many processes run of what each tracked object looks for.
    pub(super) running: Vec<usize>,
    pub(super) links: &'a Links,
    /// What each link has besides virtual ones, in the kernel's order.
    pub(super) addresses: Vec<(u32, IpAddr)>,
    /// How those are asked for their state that netlink is not believed of, by name.
    pub(super) polled: BTreeMap<String, &'static str>,
    /// Those that matter to us, by name.
    pub(super) switches: BTreeMap<String, Switches>,
    pub(super) ports: &'a Ports,
}

/// What dumps of the other processes show of the whole configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    globals: Globals,
    pipes: Pipes,
}

impl Settings {
    pub(crate) fn of(plan: &Plan) -> Self {
        Self {
            globals: plan.globals.clone(),
            pipes: plan.pipes.clone(),
        }
    }

    pub(crate) fn section(&self, side: Side<'_>) -> String {
        self.globals.section(side, &self.pipes)
    }
}

/// Which file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What runs and how it stands.
    Data,
    /// Counters.
    Stats,
    /// Both, for programs.
    Json,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Data => "keepalived.data",
            Self::Stats => "keepalived.stats",
            Self::Json => "keepalived.json",
        }
    }

    /// What the log says of it.
    pub(super) const fn announced(self) -> &'static str {
        match self {
            Self::Data => "Printing VRRP data",
            Self::Stats => "Printing VRRP stats",
            Self::Json => "Printing VRRP as json",
        }
    }

    fn written(self, dumps: &Dumps) -> Option<&str> {
        match self {
            Self::Data => dumps.state.as_deref(),
            Self::Stats => dumps.stats.as_deref(),
            Self::Json => dumps.json.as_deref(),
        }
    }
}

/// Where a dump goes: into `directory` under its usual name, unless the configuration names a file
/// or a directory. Of `data_use_instance` only the state is told, as in the original (seen: 2.2.7).
#[must_use]
pub fn place(kind: Kind, process: &Process, directory: &Path) -> PathBuf {
    let written = kind.written(&process.dumps).unwrap_or("");
    // A path that is absolute replaces the directory.
    let mut path = directory.join(written);
    if written.is_empty() || written.ends_with('/') {
        path.push(kind.name());
    }
    let instance = process.instance.as_deref();
    if let Some(instance) = instance.filter(|_| kind == Kind::Data && process.dumps.use_instance) {
        let mut name = path.file_stem().unwrap_or_default().to_owned();
        name.push(format!(".{instance}"));
        if let Some(extension) = path.extension() {
            name.push(".");
            name.push(extension);
        }
        path.set_file_name(name);
    }
    path
}

/// Where another process than the VRRP child writes: beside the state, under its own name.
pub(crate) fn place_beside(process: &Process, name: &str) -> PathBuf {
    place(Kind::Data, process, &directory()).with_file_name(name)
}

/// Writes a dump; gives its place where that fails.
///
/// # Errors
/// What creating, writing or renaming reports, with the place.
pub(super) fn write(kind: Kind, process: &Process, text: &str) -> Result<(), (PathBuf, io::Error)> {
    let path = place(kind, process, &directory());
    replace_file(&path, text.as_bytes()).map_err(|error| (path, error))
}

/// Where dumps go: an absolute TMPDIR, else `/tmp`.
#[must_use]
pub(super) fn directory() -> PathBuf {
    std::env::var_os("TMPDIR")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .unwrap_or_else(|| "/tmp".into())
}

/// Puts `bytes` at `path` in one step.
///
/// # Errors
/// What creating, writing or renaming reports.
pub(crate) fn replace_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    put(path, bytes, |temporary| std::fs::rename(temporary, path))
}

/// The same where nothing is yet.
///
/// # Errors
/// What creating, writing or linking reports: something may be there.
pub(super) fn new_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    put(path, bytes, |temporary| {
        std::fs::hard_link(temporary, path)?;
        std::fs::remove_file(temporary)
    })
}

fn put(path: &Path, bytes: &[u8], place: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let temporary = path.with_file_name(name);
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&temporary)
        .and_then(|mut file| file.write_all(bytes))
        .and_then(|()| place(&temporary));
    if written.is_err() {
        let _ = std::fs::remove_file(&temporary);
    }
    written
}

/// A virtual address as the original dumps it: `192.0.2.1/24 dev eth0 scope global set`.
fn address(address: &Address, made: &[NewLink], set: bool) -> String {
    let mut text = address.address.to_string();
    let host = if address.address.is_ipv4() { 32 } else { 128 };
    if address.prefix != host {
        let _ = write!(text, "/{}", address.prefix);
    }
    if let Some(broadcast) = address.details().broadcast {
        let _ = write!(text, " brd {broadcast}");
    }
    let _ = write!(text, " dev {}", address.interface);
    if let Some(link) = made.iter().find(|link| *link.name == *address.interface) {
        let _ = write!(text, "@{}", link.parent);
    }
    let _ = write!(text, " scope {}", scope(address));
    if let Some(label) = &address.details().label {
        let _ = write!(text, " label {label}");
    }
    if let Some((peer, prefix)) = address.details().peer {
        let _ = write!(text, " peer {peer}/{prefix}");
    }
    for (bit, word) in FLAGS {
        if address.flags & bit != 0 {
            text.push_str(word);
        }
    }
    if address.noprefixroute {
        text.push_str(" noprefixroute");
    }
    if address.no_track {
        text.push_str(" no_track");
    }
    if address.address.is_ipv6() {
        match address.details().preferred_lft {
            Some(0) => text.push_str(" deprecated"),
            None | Some(u32::MAX) => text.push_str(" preferred_lft forever"),
            Some(seconds) => {
                let _ = write!(text, " preferred_lft {seconds}");
            }
        }
    }
    if set {
        text.push_str(" set");
    }
    text
}

/// IFA_F_* bits (linux/if_addr.h) that a line can ask for.
const FLAGS: [(u32, &str); 4] = [
    (0x10, " home"),
    (0x02, " -nodad"),
    (0x100, " mngtmpaddr"),
    (0x400, " autojoin"),
];

/// As iproute2 names the ones that have a name.
fn scope(address: &Address) -> String {
    match address.scope {
        0 => "global".to_owned(),
        200 => "site".to_owned(),
        253 => "link".to_owned(),
        254 => "host".to_owned(),
        255 => "nowhere".to_owned(),
        other => other.to_string(),
    }
}

/// A command as the original shows it: what is executed, and each argument in quotes.
fn quoted(command: &Command) -> String {
    let mut text = format!("'{}'", command.path.display());
    for argument in command.argv.iter().skip(1) {
        let _ = write!(text, " '{argument}'");
    }
    text
}

const fn state_word(state: State) -> &'static str {
    match state {
        State::Init => "INIT",
        State::Backup => "BACKUP",
        State::Master => "MASTER",
        State::Fault => "FAULT",
    }
}

/// The two clocks at the moment of a dump.
#[derive(Clone, Debug)]
pub(super) struct Clocks {
    /// What events were stamped with.
    pub(super) now: base::Instant,
    /// Since 1970.
    pub(super) wall: Duration,
    /// Of the host.
    pub(super) zone: TimeZone,
}

impl Clocks {
    /// Of this moment.
    pub(super) fn read() -> Self {
        Self {
            now: sys::clock::now(),
            wall: sys::clock::wall(),
            zone: TimeZone::system(),
        }
    }

    /// A point on the monotonic clock, before or after now, as time since 1970.
    fn wall(&self, at: base::Instant) -> Duration {
        let ago = self.now.since(at);
        self.wall.saturating_sub(ago) + at.since(self.now)
    }

    /// The same in seconds, and as ctime(3) writes it in the zone of the host, both with six
    /// decimals.
    fn stamp(&self, at: base::Instant) -> String {
        let wall = self.wall(at);
        let seconds = i64::try_from(wall.as_secs()).unwrap_or(i64::MAX);
        let stamp = jiff::Timestamp::from_second(seconds).unwrap_or(jiff::Timestamp::MAX);
        let (date, micros) = (stamp.to_zoned(self.zone.clone()), wall.subsec_micros());
        format!(
            "{}.{micros:06} ({}.{micros:06} {})",
            wall.as_secs(),
            date.strftime("%a %b %e %H:%M:%S"),
            date.year()
        )
    }
}
