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
    /// All groups of the user with that id, `gid` among them; none if nobody has the id.
    fn groups(&self, uid: u32, gid: u32) -> Vec<u32> {
        let _ = (uid, gid);
        Vec::new()
    }
    /// What lies at `path`, and every component on the way there.
    fn path(&self, path: &Path) -> PathFact;
    /// Addresses of a host name (for upstream servers); empty when it does not resolve.
    fn resolve(&self, host: &str) -> Vec<IpAddr>;
    /// Whether a name without an address has none, and not merely nobody who was asked.
    fn can_resolve(&self) -> bool {
        false
    }
    /// Host name as `uname -n` gives it.
    fn hostname(&self) -> String;
    /// PATH of the daemon.
    fn search_path(&self) -> Vec<PathBuf>;
    /// Effective user id is 0, and there are other users to become.
    fn is_root(&self) -> bool;
    /// Number of online CPUs.
    fn cpus(&self) -> usize;
    /// The number that iproute2's tables on this host give `name`.
    fn number(&self, table: NumberTable, name: &str) -> Option<u32>;
    /// The same, with iproute2's tables in directories that the configuration names.
    fn number_in(&self, tables: &Tables, table: NumberTable, name: &str) -> Option<u32> {
        let _ = tables;
        self.number(table, name)
    }
    /// Whether there is a network namespace of that name, as `ip netns` makes them.
    fn has_namespace(&self, name: &str) -> bool {
        let _ = name;
        true
    }
    /// The firewall mark that the running configuration has given to `owner`: a protocol and a
    /// `virtual_server_group`.
    fn mark(&self, owner: &str) -> Option<u32> {
        let _ = owner;
        None
    }
    /// What the file at `path`, which holds a key, begins with; else why it cannot be read. A host
    /// that has no files has none of these.
    ///
    /// # Errors
    /// Why, in the words of strerror.
    fn secret(&self, path: &Path) -> Result<SecretFile, String> {
        let _ = path;
        Err("No such file or directory".to_owned())
    }
}

/// A file that holds a key.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretFile {
    /// File mode.
    pub mode: u32,
    /// Its first bytes, at most [`SecretFile::MOST`].
    pub bytes: Vec<u8>,
}

impl SecretFile {
    /// More than any key has: 64 bytes in hexadecimal digits, `hex:` and an end of line. A file
    /// that goes on to here is too large.
    pub const MOST: usize = 141;
}

impl core::fmt::Debug for SecretFile {
    /// Never shows the bytes.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "SecretFile({:o}, ****)", self.mode)
    }
}

/// Where iproute2's tables lie, unless in the usual places.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Tables {
    /// `iproute_usr_dir`: the distribution's.
    pub usr: Option<PathBuf>,
    /// `iproute_etc_dir`: the administrator's, which outrank those.
    pub etc: Option<PathBuf>,
}

/// A table of names for numbers of the kernel's, in iproute2's directories.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum NumberTable {
    /// Routing tables.
    Tables,
    /// Who made a route.
    Protocols,
    /// How far an address or a route is valid.
    Scopes,
    /// Realms for accounting.
    Realms,
    /// Types of service.
    DsFields,
    /// Groups of interfaces.
    Groups,
}

impl NumberTable {
    /// Its file below iproute2's directory.
    #[must_use]
    pub const fn file(self) -> &'static str {
        match self {
            Self::Tables => "rt_tables",
            Self::Protocols => "rt_protos",
            Self::Scopes => "rt_scopes",
            Self::Realms => "rt_realms",
            Self::DsFields => "rt_dsfield",
            Self::Groups => "group",
        }
    }
}

/// What one supposes about a host that is not at hand: see [`Assumed::STATEMENT`]. The name is
/// used where the configuration depends on it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assumed {
    /// Host name.
    pub hostname: String,
}

impl Assumed {
    /// What [`Assumed`] supposes, for whoever reads the result.
    pub const STATEMENT: &str = "assumed, because this host was not looked at: every interface, \
                                 user, group, routing table and the like that is named exists; \
                                 scripts can be executed and nobody but root can change them";

    /// No id of anybody, so that nothing depends on it.
    const SOMEBODY: u32 = 65_533;
}

impl Facts for Assumed {
    fn interface(&self, name: &str) -> Option<Interface> {
        Some(Interface {
            index: 0,
            name: name.to_owned(),
            mac: MacAddr([0; 6]),
            mtu: 1500,
            up: true,
            running: true,
            multicast: true,
            loopback: name == "lo",
            ethernet: name != "lo",
            kind: None,
            addresses: Vec::new(),
        })
    }

    fn interfaces(&self) -> Vec<Interface> {
        Vec::new()
    }

    fn user(&self, name: &str) -> Option<User> {
        let uid = match name {
            "root" => 0,
            _ => name.parse().unwrap_or(Self::SOMEBODY),
        };
        Some(User {
            name: name.to_owned(),
            uid,
            gid: uid,
        })
    }

    fn group(&self, name: &str) -> Option<u32> {
        self.user(name).map(|user| user.gid)
    }

    fn path(&self, path: &Path) -> PathFact {
        PathFact {
            components: Vec::new(),
            target: Some(Component {
                path: path.to_owned(),
                mode: 0o100_755,
                uid: 0,
                gid: 0,
            }),
            error: None,
        }
    }

    fn resolve(&self, _: &str) -> Vec<IpAddr> {
        Vec::new()
    }

    fn hostname(&self) -> String {
        self.hostname.clone()
    }

    fn search_path(&self) -> Vec<PathBuf> {
        vec![PathBuf::from("/usr/bin")]
    }

    fn is_root(&self) -> bool {
        true
    }

    fn cpus(&self) -> usize {
        1
    }

    fn number(&self, _: NumberTable, _: &str) -> Option<u32> {
        Some(1)
    }

    fn secret(&self, _: &Path) -> Result<SecretFile, String> {
        Ok(SecretFile {
            mode: 0o100_600,
            bytes: vec![b'0'; 32],
        })
    }
}

/// A network interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interface {
    /// Kernel index; 0 of one that is only assumed.
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
    /// Frames are Ethernet's.
    pub ethernet: bool,
    /// The kernel's word for what kind it is, such as `macvlan` or `vrf`; a card has none.
    pub kind: Option<String>,
    /// Addresses with prefix lengths, in kernel order (primary first).
    pub addresses: Vec<(IpAddr, u8)>,
}

impl Interface {
    /// Whether the host says that it is something else than a VRF.
    #[must_use]
    pub fn is_no_vrf(&self) -> bool {
        self.is_known() && self.kind.as_deref() != Some("vrf")
    }

    /// Whether the host was asked; one that is only supposed to be there has no index.
    #[must_use]
    pub const fn is_known(&self) -> bool {
        self.index != 0
    }
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
