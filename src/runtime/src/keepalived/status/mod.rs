//! How a running node stands and why, as plain values: `status` and `why` print them, for people
//! or as JSON.
//!
//! Invariants: names and units of fields are a promise to programs that read them; durations are
//! whole milliseconds up to the moment of asking, points in time milliseconds since 1970; what is
//! not known is absent, never guessed; no secret is in it.
//! Deliberately unknown here: sockets, who asks.

mod gather;
mod outlook;
mod services;
mod text;
mod why;
mod words;

#[cfg(test)]
mod tests;

use core::net::IpAddr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub(super) use gather::{Seen, gather};
pub(super) use outlook::priority_line;
pub use services::{Server, Service, Services};
pub use text::status;
pub use why::why;

/// What the parent says of its daemon.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Daemon {
    /// Program and version.
    pub version: String,
    /// The parent's process.
    pub pid: u32,
    /// The configuration file.
    pub file: PathBuf,
    /// How long the parent has been running.
    pub for_ms: u64,
    /// Its children.
    pub children: Vec<Process>,
    /// The VRRP process is being started again, and the parent advertises for it.
    pub stands_in: bool,
}

/// A child of the parent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// As the log calls it: VRRP, Healthcheck, BFD.
    pub name: String,
    /// Its process.
    pub pid: i32,
    /// It serves.
    pub ready: bool,
    /// How long it has been running.
    pub for_ms: u64,
}

/// What the VRRP process says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vrrp {
    /// It went on where another process stopped, so long ago. What led to older states is known
    /// only after an upgrade, not after a crash.
    pub adopted_ms: Option<u64>,
    /// `vrrp_startup_delay` lasts so much longer.
    pub starts_in_ms: Option<u64>,
    /// Every `vrrp_instance`, in the file's order.
    pub instances: Vec<Instance>,
    /// Every `vrrp_sync_group`, in the file's order.
    pub groups: Vec<Group>,
}

/// One `vrrp_instance`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instance {
    /// Its name.
    pub name: String,
    /// `interface`, empty without one.
    pub interface: String,
    /// `virtual_router_id`
    pub vrid: u8,
    /// `version`
    pub version: u8,
    /// INIT, BACKUP, MASTER or FAULT.
    pub state: String,
    /// When that state was entered.
    pub since_unix_ms: u64,
    /// How long it has been in it.
    pub for_ms: u64,
    /// What led to it.
    pub because: Option<String>,
    /// What counts in the election.
    pub priority: u8,
    /// As configured, before tracking.
    pub base_priority: u8,
    /// Where its adverts come from.
    pub source: Option<IpAddr>,
    /// Who is master, as far as this node has heard; its own source when it is.
    pub master: Option<IpAddr>,
    /// The last advert that was accepted from somebody else.
    pub last_heard: Option<Heard>,
    /// Adverts sent since the start.
    pub adverts_sent: u64,
    /// Adverts accepted since the start.
    pub adverts_received: u64,
    /// Times it became master since the start.
    pub became_master: u64,
    /// Virtual addresses, the excluded ones last.
    pub addresses: Vec<Address>,
    /// What is tracked.
    pub trackers: Vec<Tracker>,
    /// The sync group it is in.
    pub group: Option<String>,
    /// What keeps it out of the election: all of this has to end.
    pub held_by: Vec<String>,
    /// What would change its state: any of this does.
    pub until: Vec<String>,
    /// What has happened to it, the oldest first.
    pub history: Vec<Happening>,
}

/// An advert of somebody else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heard {
    /// From whom.
    pub address: IpAddr,
    /// Its priority; 0 gives the addresses up.
    pub priority: u8,
    /// How long ago. A backup does not advertise: the older this is, the less it says.
    pub ago_ms: u64,
}

/// A virtual address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// With its prefix length.
    pub address: String,
    /// Where it goes.
    pub interface: String,
    /// It is there now, and by this daemon.
    pub held: bool,
}

/// Something an instance tracks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tracker {
    /// script, interface, file, process or bfd.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// What it means for this instance, `reverse` applied; absent before it has said anything.
    pub good: Option<bool>,
    /// A file's number.
    pub number: Option<i32>,
    /// 0: while it is bad the instance is in FAULT.
    pub weight: i16,
    /// `reverse`
    pub reverse: bool,
    /// What it adds to the priority now.
    pub adds: i32,
    /// How a script came to its verdict: "exited with status 1".
    pub how: Option<String>,
    /// How long ago that was.
    pub for_ms: Option<u64>,
}

/// One `vrrp_sync_group`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// The state of all its members; absent while they differ.
    pub state: Option<String>,
    /// Their names.
    pub members: Vec<String>,
}

/// Something that happened to an instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Happening {
    /// When, the last time.
    pub unix_ms: u64,
    /// What.
    pub text: String,
    /// How often in a row.
    pub times: u32,
}

impl Vrrp {
    /// The instance that `word` means: its name, or the beginning of one name only.
    ///
    /// # Errors
    /// In words, with what may have been meant.
    pub fn find(&self, word: &str) -> Result<&Instance, String> {
        let named = |it: &&Instance| it.name == word;
        if let Some(instance) = self.instances.iter().find(named) {
            return Ok(instance);
        }
        let begins = |it: &&Instance| it.name.starts_with(word);
        let mut found = self.instances.iter().filter(begins);
        match (found.next(), found.next()) {
            (Some(only), None) => return Ok(only),
            (Some(_), Some(_)) => {
                let found = self.instances.iter().filter(begins);
                return Err(format!(
                    "{word} may be {}: say which",
                    listed(found.map(|it| it.name.as_str()))
                ));
            }
            (None, _) => {}
        }
        let names = || self.instances.iter().map(|it| it.name.as_str());
        let meant = grammar::keyword::nearest(word, names());
        Err(match meant {
            Some(name) => format!("no vrrp_instance is called {word}, did you mean {name}?"),
            None if self.instances.is_empty() => {
                "the running configuration has no vrrp_instance".to_owned()
            }
            None => format!(
                "no vrrp_instance is called {word}; there is {}",
                listed(names())
            ),
        })
    }
}

/// At most ten names, then how many more.
fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    const SHOWN: usize = 10;
    let names: Vec<&str> = names.collect();
    let mut text = names[..names.len().min(SHOWN)].join(", ");
    if names.len() > SHOWN {
        text += &format!(" and {} more", names.len() - SHOWN);
    }
    text
}
