//! What planning needs to know about the host.

use core::net::IpAddr;
use std::path::{Path, PathBuf};

use base::MacAddr;
use serde::{Deserialize, Serialize};

/// Questions about the host. The host's implementation lives in `runtime`; a recorded set of
/// answers (the bundle) and a made-up host (tests) implement it too.
pub trait Facts {
    /// The interface of that name, if it exists.
    fn interface(&self, name: &str) -> Option<Interface>;
    /// All interfaces, by index.
    fn interfaces(&self) -> Vec<Interface>;
    /// User by name or decimal id.
    fn user(&self, name: &str) -> Option<User>;
    /// Group id by name or decimal id.
    fn group(&self, name: &str) -> Option<u32>;
    /// What lies at `path`, and every component on the way there.
    fn path(&self, path: &Path) -> PathFact;
    /// Addresses of a host name (for upstream servers); empty when it does not resolve.
    fn resolve(&self, host: &str) -> Vec<IpAddr>;
    /// Host name as `uname -n` gives it.
    fn hostname(&self) -> String;
    /// PATH of the daemon.
    fn search_path(&self) -> Vec<PathBuf>;
    /// Effective user id is 0, and there are other users to become.
    fn is_root(&self) -> bool;
    /// Number of online CPUs.
    fn cpus(&self) -> usize;
}

/// A network interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interface {
    /// Kernel index.
    pub index: u32,
    /// Name.
    pub name: String,
    /// Hardware address.
    pub mac: MacAddr,
    /// MTU in bytes.
    pub mtu: u32,
    /// Administratively up.
    pub up: bool,
    /// Carrier present (IFF_RUNNING).
    pub running: bool,
    /// Can multicast.
    pub multicast: bool,
    /// Loopback.
    pub loopback: bool,
    /// Addresses with prefix lengths, in kernel order (primary first).
    pub addresses: Vec<(IpAddr, u8)>,
}

/// A user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Name.
    pub name: String,
    /// User id.
    pub uid: u32,
    /// Primary group.
    pub gid: u32,
}

/// What was found on the way to a path. Symlinks are followed, and each is listed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PathFact {
    /// Every component from `/` on, symlinks included, in the order of resolution.
    pub components: Vec<Component>,
    /// The final object, if the walk got there.
    pub target: Option<Component>,
    /// strerror of what stopped the walk.
    pub error: Option<String>,
}

/// One step on the way to a path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Component {
    /// Absolute path of this step.
    pub path: PathBuf,
    /// st_mode.
    pub mode: u32,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
}
