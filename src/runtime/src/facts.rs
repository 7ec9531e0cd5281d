//! What planning asks about the host: answered by the host, and recorded for other processes.
//!
//! Invariants: within one [`HostFacts`] links and addresses are listed once, so a plan never mixes
//! two states of the host; a recording answers exactly what was asked when it was made.

mod numbers;

use core::net::IpAddr;
use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{CString, OsString};
use std::io::Read as _;
use std::net::ToSocketAddrs as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use plan::facts::{Component, Facts, Interface, NumberTable, PathFact, SecretFile, Tables, User};
use plan::keepalived::Plan;
use serde::{Deserialize, Serialize};
use sys::netlink::Requests;

use numbers::Numbers;

/// Symlinks followed on the way to one path; the kernel's limit.
const MAX_SYMLINKS: usize = 40;

/// This host, now.
#[derive(Debug, Default)]
pub struct HostFacts {
    interfaces: OnceCell<Listed>,
    numbers: RefCell<BTreeMap<(Tables, NumberTable), Numbers>>,
    marks: BTreeMap<String, u32>,
    /// Interfaces and addresses that they have because a router is master.
    held: BTreeSet<(String, IpAddr)>,
}

/// Interfaces by index, and where each name is among them.
#[derive(Debug, Default)]
struct Listed {
    all: Vec<Interface>,
    by_name: BTreeMap<String, usize>,
}

impl HostFacts {
    /// With the firewall marks that a running configuration has given out.
    #[must_use]
    pub fn with_marks(marks: BTreeMap<String, u32>) -> Self {
        Self {
            marks,
            ..Self::default()
        }
    }

    /// Without the addresses that the routers of `running` hold.
    #[must_use]
    pub(crate) fn without(self, running: &Plan) -> Self {
        let sources = running.vrrp.routers.iter().map(|router| router.source);
        let sources: BTreeSet<IpAddr> = sources.collect();
        let held = running.routers.iter().flat_map(|host| &host.addresses);
        // An owner's address is the host's own.
        let held = held.filter(|held| !sources.contains(&held.address));
        let held = held.map(|held| (held.interface.to_string(), held.address));
        Self {
            held: held.collect(),
            ..self
        }
    }

    fn listed(&self) -> &Listed {
        self.interfaces.get_or_init(|| {
            let mut all = list_interfaces().unwrap_or_default();
            for Interface {
                name, addresses, ..
            } in &mut all
            {
                let is_own = |address| !self.held.contains(&(name.clone(), address));
                addresses.retain(|(address, _)| is_own(*address));
            }
            let names = all.iter().map(|interface| interface.name.clone());
            let by_name = names.zip(0..).collect();
            Listed { all, by_name }
        })
    }
}

/// Links with their addresses.
///
/// # Errors
/// What netlink reports.
pub fn list_interfaces() -> std::io::Result<Vec<Interface>> {
    let mut requests = Requests::open()?;
    let links = requests.links()?;
    let mut addresses: BTreeMap<u32, Vec<(IpAddr, u8)>> = BTreeMap::new();
    for address in requests.addresses()? {
        let known = addresses.entry(address.index).or_default();
        known.push((address.address, address.prefix));
    }
    let interfaces = links.into_iter().map(|link| Interface {
        addresses: addresses.remove(&link.index).unwrap_or_default(),
        index: link.index,
        name: link.name,
        mac: link.mac,
        mtu: link.mtu,
        up: link.up,
        running: link.running,
        multicast: link.multicast,
        loopback: link.loopback,
        ethernet: link.ethernet,
        kind: link.kind,
    });
    Ok(interfaces.collect())
}

impl Facts for HostFacts {
    fn can_resolve(&self) -> bool {
        true
    }

    fn interface(&self, name: &str) -> Option<Interface> {
        let listed = self.listed();
        listed.all.get(*listed.by_name.get(name)?).cloned()
    }

    fn interfaces(&self) -> Vec<Interface> {
        self.listed().all.clone()
    }

    fn user(&self, name: &str) -> Option<User> {
        let found = match name.parse::<u32>() {
            Ok(uid) => nix::unistd::User::from_uid(uid.into()),
            Err(_) => nix::unistd::User::from_name(name),
        };
        let user = found.ok()??;
        Some(User {
            name: user.name,
            uid: user.uid.as_raw(),
            gid: user.gid.as_raw(),
        })
    }

    fn group(&self, name: &str) -> Option<u32> {
        if let Ok(gid) = name.parse() {
            return Some(gid);
        }
        let group = nix::unistd::Group::from_name(name).ok()??;
        Some(group.gid.as_raw())
    }

    fn groups(&self, uid: u32, gid: u32) -> Vec<u32> {
        let Ok(Some(user)) = nix::unistd::User::from_uid(uid.into()) else {
            return Vec::new();
        };
        let Ok(name) = CString::new(user.name) else {
            return Vec::new();
        };
        let groups = nix::unistd::getgrouplist(&name, gid.into()).unwrap_or_default();
        groups.into_iter().map(nix::unistd::Gid::as_raw).collect()
    }

    fn path(&self, path: &Path) -> PathFact {
        walk(path)
    }

    fn resolve(&self, host: &str) -> Vec<IpAddr> {
        let found = (host, 0).to_socket_addrs();
        let mut addresses = Vec::new();
        for address in found.into_iter().flatten() {
            if !addresses.contains(&address.ip()) {
                addresses.push(address.ip());
            }
        }
        addresses
    }

    fn hostname(&self) -> String {
        nix::unistd::gethostname()
            .map(|name: OsString| name.to_string_lossy().into_owned())
            .unwrap_or_default()
    }

    fn search_path(&self) -> Vec<PathBuf> {
        let path = std::env::var_os("PATH").unwrap_or_else(|| "/usr/bin:/bin".into());
        std::env::split_paths(&path).collect()
    }

    fn is_root(&self) -> bool {
        // In a lab without root there is no other user to become.
        let lab = std::env::var_os("KEEPALIVED_RS_LAB_UNPRIVILEGED").is_some();
        nix::unistd::geteuid().is_root() && !lab
    }

    fn cpus(&self) -> usize {
        std::thread::available_parallelism().map_or(1, usize::from)
    }

    fn number(&self, table: NumberTable, name: &str) -> Option<u32> {
        let mut known = self.numbers.borrow_mut();
        let key = (Tables::default(), table);
        let numbers = known.entry(key).or_insert_with(|| Numbers::read(table));
        numbers.get(name)
    }

    fn number_in(&self, tables: &Tables, table: NumberTable, name: &str) -> Option<u32> {
        if *tables == Tables::default() {
            return self.number(table, name);
        }
        let mut known = self.numbers.borrow_mut();
        let key = (tables.clone(), table);
        let numbers = known
            .entry(key)
            .or_insert_with(|| Numbers::read_in(tables, table));
        numbers.get(name)
    }

    fn has_namespace(&self, name: &str) -> bool {
        sys::process::network_namespace(name).exists()
    }

    fn mark(&self, owner: &str) -> Option<u32> {
        self.marks.get(owner).copied()
    }

    fn secret(&self, path: &Path) -> Result<SecretFile, String> {
        secret(path).map_err(|error| reason(&error))
    }
}

/// Reads the beginning of a key file. Not waiting for a writer, in case it is a FIFO.
fn secret(path: &Path) -> std::io::Result<SecretFile> {
    let file = std::fs::OpenOptions::new()
        .read(true)
        .custom_flags(nix::libc::O_NONBLOCK)
        .open(path)?;
    let mode = file.metadata()?.mode();
    let mut bytes = Vec::with_capacity(SecretFile::MOST);
    let most = u64::try_from(SecretFile::MOST).unwrap_or(u64::MAX);
    file.take(most).read_to_end(&mut bytes)?;
    Ok(SecretFile { mode, bytes })
}

/// Resolves `path` one component at a time, as the kernel would.
fn walk(path: &Path) -> PathFact {
    let mut fact = PathFact {
        components: Vec::new(),
        target: None,
        error: None,
    };
    let mut here = PathBuf::from("/");
    let mut pending: Vec<OsString> = parts(path);
    let mut symlinks = 0;
    if let Err(error) = visit(&here, &mut fact) {
        fact.error = Some(reason(&error));
        return fact;
    }
    while let Some(name) = pending.pop() {
        if name == ".." {
            here.pop();
            continue;
        }
        let next = here.join(&name);
        let link = match visit(&next, &mut fact) {
            Ok(is_link) => is_link.then(|| std::fs::read_link(&next)),
            Err(error) => {
                fact.error = Some(reason(&error));
                return fact;
            }
        };
        let Some(link) = link else {
            here = next;
            continue;
        };
        symlinks += 1;
        match link {
            Ok(to) if symlinks <= MAX_SYMLINKS => {
                if to.is_absolute() {
                    here = PathBuf::from("/");
                }
                pending.extend(parts(&to));
            }
            Ok(_) => {
                fact.error = Some(reason(&std::io::Error::from_raw_os_error(40)));
                return fact;
            }
            Err(error) => {
                fact.error = Some(reason(&error));
                return fact;
            }
        }
    }
    fact.target = fact
        .components
        .iter()
        .rev()
        .find(|c| c.path == here)
        .cloned();
    fact
}

/// Names below the root, last first; `.` and `/` left out.
fn parts(path: &Path) -> Vec<OsString> {
    let names = path.components().filter_map(|component| match component {
        std::path::Component::Normal(name) => Some(name.to_owned()),
        std::path::Component::ParentDir => Some("..".into()),
        _ => None,
    });
    let mut names: Vec<OsString> = names.collect();
    names.reverse();
    names
}

/// Notes what lies at `path`; says whether it is a symlink.
fn visit(path: &Path, fact: &mut PathFact) -> std::io::Result<bool> {
    let found = std::fs::symlink_metadata(path)?;
    fact.components.push(Component {
        path: path.to_path_buf(),
        mode: found.mode(),
        uid: owner(found.uid()),
        gid: owner(found.gid()),
    });
    Ok(found.is_symlink())
}

/// In a lab without root only one id is mapped: the host's root shows as nobody.
fn owner(id: u32) -> u32 {
    const NOBODY: u32 = 65_534;
    let lab = std::env::var_os("KEEPALIVED_RS_LAB_UNPRIVILEGED").is_some();
    if lab && id == NOBODY { 0 } else { id }
}

/// strerror's text without the number that Rust appends.
fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_owned()
}

/// Answers that were given once. As [`Facts`] it knows only what was asked then.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    interface: BTreeMap<String, Option<Interface>>,
    interfaces: Option<Vec<Interface>>,
    user: BTreeMap<String, Option<User>>,
    group: BTreeMap<String, Option<u32>>,
    #[serde(default)]
    groups: BTreeMap<String, Vec<u32>>,
    path: BTreeMap<PathBuf, PathFact>,
    resolve: BTreeMap<String, Vec<IpAddr>>,
    hostname: String,
    search_path: Vec<PathBuf>,
    is_root: bool,
    cpus: usize,
    #[serde(default)]
    number: BTreeMap<NumberTable, BTreeMap<String, Option<u32>>>,
    #[serde(default)]
    mark: BTreeMap<String, Option<u32>>,
    #[serde(default)]
    secret: BTreeMap<PathBuf, Result<SecretFile, String>>,
}

impl Recorded {
    /// Whether anybody asked for a mark.
    pub(crate) fn has_marks(&self) -> bool {
        !self.mark.is_empty()
    }

    /// From now on those who asked for a mark have one of `given`, or none yet.
    pub(crate) fn give_marks(&mut self, given: &BTreeMap<String, u32>) {
        for (owner, mark) in &mut self.mark {
            *mark = given.get(owner).copied();
        }
    }
}

/// An account as a key.
fn account(uid: u32, gid: u32) -> String {
    format!("{uid}:{gid}")
}

/// Passes questions on and keeps the answers.
pub struct Recorder<'a> {
    inner: &'a dyn Facts,
    answers: RefCell<Recorded>,
}

impl<'a> Recorder<'a> {
    /// Records what `inner` answers.
    #[must_use]
    pub fn new(inner: &'a dyn Facts) -> Self {
        let answers = Recorded {
            hostname: inner.hostname(),
            search_path: inner.search_path(),
            is_root: inner.is_root(),
            cpus: inner.cpus(),
            ..Recorded::default()
        };
        Self {
            inner,
            answers: RefCell::new(answers),
        }
    }

    /// The answers so far.
    #[must_use]
    pub fn finish(self) -> Recorded {
        self.answers.into_inner()
    }
}

impl Facts for Recorder<'_> {
    fn can_resolve(&self) -> bool {
        self.inner.can_resolve()
    }

    fn interface(&self, name: &str) -> Option<Interface> {
        let mut answers = self.answers.borrow_mut();
        let entry = answers.interface.entry(name.to_owned());
        entry.or_insert_with(|| self.inner.interface(name)).clone()
    }

    fn interfaces(&self) -> Vec<Interface> {
        let mut answers = self.answers.borrow_mut();
        answers
            .interfaces
            .get_or_insert_with(|| self.inner.interfaces())
            .clone()
    }

    fn user(&self, name: &str) -> Option<User> {
        let mut answers = self.answers.borrow_mut();
        let entry = answers.user.entry(name.to_owned());
        entry.or_insert_with(|| self.inner.user(name)).clone()
    }

    fn group(&self, name: &str) -> Option<u32> {
        let mut answers = self.answers.borrow_mut();
        *answers
            .group
            .entry(name.to_owned())
            .or_insert_with(|| self.inner.group(name))
    }

    fn groups(&self, uid: u32, gid: u32) -> Vec<u32> {
        let mut answers = self.answers.borrow_mut();
        let entry = answers.groups.entry(account(uid, gid));
        entry.or_insert_with(|| self.inner.groups(uid, gid)).clone()
    }

    fn path(&self, path: &Path) -> PathFact {
        let mut answers = self.answers.borrow_mut();
        let entry = answers.path.entry(path.to_owned());
        entry.or_insert_with(|| self.inner.path(path)).clone()
    }

    fn resolve(&self, host: &str) -> Vec<IpAddr> {
        let mut answers = self.answers.borrow_mut();
        let entry = answers.resolve.entry(host.to_owned());
        entry.or_insert_with(|| self.inner.resolve(host)).clone()
    }

    fn hostname(&self) -> String {
        self.answers.borrow().hostname.clone()
    }

    fn search_path(&self) -> Vec<PathBuf> {
        self.answers.borrow().search_path.clone()
    }

    fn is_root(&self) -> bool {
        self.answers.borrow().is_root
    }

    fn cpus(&self) -> usize {
        self.answers.borrow().cpus
    }

    fn number(&self, table: NumberTable, name: &str) -> Option<u32> {
        let mut answers = self.answers.borrow_mut();
        let known = answers.number.entry(table).or_default();
        *known
            .entry(name.to_owned())
            .or_insert_with(|| self.inner.number(table, name))
    }

    /// One configuration names one place, so the answer is that of the table.
    fn number_in(&self, tables: &Tables, table: NumberTable, name: &str) -> Option<u32> {
        let mut answers = self.answers.borrow_mut();
        let known = answers.number.entry(table).or_default();
        *known
            .entry(name.to_owned())
            .or_insert_with(|| self.inner.number_in(tables, table, name))
    }

    fn has_namespace(&self, name: &str) -> bool {
        self.inner.has_namespace(name)
    }

    fn mark(&self, owner: &str) -> Option<u32> {
        let mut answers = self.answers.borrow_mut();
        let entry = answers.mark.entry(owner.to_owned());
        *entry.or_insert_with(|| self.inner.mark(owner))
    }

    fn secret(&self, path: &Path) -> Result<SecretFile, String> {
        let mut answers = self.answers.borrow_mut();
        let entry = answers.secret.entry(path.to_owned());
        entry.or_insert_with(|| self.inner.secret(path)).clone()
    }
}

impl Facts for Recorded {
    fn can_resolve(&self) -> bool {
        true
    }

    fn interface(&self, name: &str) -> Option<Interface> {
        self.interface.get(name).cloned().flatten()
    }

    fn interfaces(&self) -> Vec<Interface> {
        self.interfaces.clone().unwrap_or_default()
    }

    fn user(&self, name: &str) -> Option<User> {
        self.user.get(name).cloned().flatten()
    }

    fn group(&self, name: &str) -> Option<u32> {
        self.group.get(name).copied().flatten()
    }

    fn groups(&self, uid: u32, gid: u32) -> Vec<u32> {
        let known = self.groups.get(&account(uid, gid));
        known.cloned().unwrap_or_default()
    }

    fn path(&self, path: &Path) -> PathFact {
        self.path.get(path).cloned().unwrap_or_else(|| PathFact {
            components: Vec::new(),
            target: None,
            error: Some(reason(&std::io::Error::from_raw_os_error(2))),
        })
    }

    fn resolve(&self, host: &str) -> Vec<IpAddr> {
        self.resolve.get(host).cloned().unwrap_or_default()
    }

    fn hostname(&self) -> String {
        self.hostname.clone()
    }

    fn search_path(&self) -> Vec<PathBuf> {
        self.search_path.clone()
    }

    fn is_root(&self) -> bool {
        self.is_root
    }

    fn cpus(&self) -> usize {
        self.cpus
    }

    fn number(&self, table: NumberTable, name: &str) -> Option<u32> {
        self.number.get(&table)?.get(name).copied().flatten()
    }

    fn mark(&self, owner: &str) -> Option<u32> {
        self.mark.get(owner).copied().flatten()
    }

    fn secret(&self, path: &Path) -> Result<SecretFile, String> {
        let missing = || Err(reason(&std::io::Error::from_raw_os_error(2)));
        self.secret.get(path).cloned().unwrap_or_else(missing)
    }
}

#[cfg(test)]
mod tests;
