//! USR2: another binary takes the sockets over and serves beside this one, until one of the two
//! masters is told to quit.
//!
//! Invariants: the sockets are handed over as nginx does (environment variable `NGINX`, numbers
//! each followed by `;`), so that either program can follow the other; nothing of the running
//! master changes but the name of its pid file.

use std::collections::BTreeMap;
use std::io;
use std::os::fd::{AsRawFd as _, OwnedFd, RawFd};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;

use relay::Sockets;
use socket2::{SockRef, Type};
use stream::config::{Address, Level, ListenerKey, Transport};

use super::listen::Bound;
use super::master::Master;

/// Carries the numbers of the sockets.
pub(super) const VARIABLE: &str = "NGINX";

/// What the pid file is called while there is a successor.
const OLD: &str = ".oldbin";

/// Takes the sockets that a predecessor handed over; every other descriptor that was left open is
/// closed, because a daemon must not hold its caller's pipes and files for ever. To be called
/// first of all.
pub(super) fn inherit() -> Option<Bound> {
    let list = std::env::var(VARIABLE).ok();
    let numbers = list.as_deref().unwrap_or_default().split([';', ':']);
    let numbers: Vec<RawFd> = numbers.filter_map(|number| number.parse().ok()).collect();
    let descriptors = sys::inherit::take(&numbers);
    // The name is a likely one for other uses too.
    Some(by_key(descriptors)).filter(|bound| !bound.is_empty())
}

fn by_key(descriptors: Vec<OwnedFd>) -> Bound {
    let mut found: BTreeMap<ListenerKey, Vec<Arc<OwnedFd>>> = BTreeMap::new();
    for descriptor in descriptors {
        if let Some(key) = key(&descriptor) {
            found.entry(key).or_default().push(Arc::new(descriptor));
        }
    }
    let sockets = |mut sockets: Vec<Arc<OwnedFd>>| match sockets.pop() {
        Some(only) if sockets.is_empty() => Sockets::Shared(only),
        Some(last) => {
            sockets.push(last);
            Sockets::PerThread(sockets)
        }
        None => Sockets::PerThread(sockets),
    };
    found
        .into_iter()
        .map(|(key, found)| (key, sockets(found)))
        .collect()
}

fn key(descriptor: &OwnedFd) -> Option<ListenerKey> {
    let socket = SockRef::from(descriptor);
    let local = socket.local_addr().ok()?;
    let address = match local.as_socket() {
        Some(address) => Address::Inet(address),
        None => Address::Unix(local.as_pathname()?.to_owned()),
    };
    let transport = if socket.r#type().ok()? == Type::DGRAM {
        Transport::Udp
    } else {
        Transport::Tcp
    };
    Some(ListenerKey { address, transport })
}

impl Master {
    /// Whether a USR2 is to be heard now.
    pub(super) fn may_upgrade(&self) -> bool {
        self.successor.is_none() && !self.predecessor_lives()
    }

    /// Whether the master that handed its sockets to this one is still there.
    pub(super) fn predecessor_lives(&self) -> bool {
        self.predecessor == Some(nix::unistd::getppid())
    }

    /// Starts the binary that now lies where this one was started from.
    pub(super) fn upgrade(&mut self) {
        let path = self.cycle.plan.pid.clone();
        let mut old = path.clone().into_os_string();
        old.push(OLD);
        if let Some(pidfile) = &mut self.pidfile
            && let Err(error) = pidfile.rename(PathBuf::from(&old))
        {
            let text = format!("rename() \"{}\" failed", path.display());
            self.log.failed(Level::Alert, &text, &error);
            return;
        }
        match self.execute() {
            Ok(pid) => {
                self.successor = Some(pid);
                self.log
                    .say(Level::Notice, &format!("start new binary process {pid}"));
            }
            Err(error) => {
                let name = self.arguments.first().map_or("", String::as_str);
                self.log
                    .failed(Level::Alert, &format!("execve() \"{name}\" failed"), &error);
                self.take_pidfile_back();
            }
        }
    }

    fn execute(&self) -> io::Result<i32> {
        let mut handed: Vec<OwnedFd> = Vec::new();
        for (_, sockets) in self.cycle.bound() {
            let sockets = match sockets {
                Sockets::Shared(socket) => vec![socket],
                Sockets::PerThread(sockets) => sockets,
            };
            for socket in sockets {
                // A copy without close-on-exec, gone again when the successor runs.
                handed.push(nix::unistd::dup(&*socket)?);
            }
        }
        let list: String = handed
            .iter()
            .map(|fd| format!("{};", fd.as_raw_fd()))
            .collect();
        let (name, arguments) = self
            .arguments
            .split_first()
            .ok_or(io::ErrorKind::NotFound)?;
        let child = Command::new(name)
            .args(arguments)
            .env(VARIABLE, list)
            .stdin(Stdio::null())
            .spawn()?;
        i32::try_from(child.id()).map_err(io::Error::other)
    }

    /// Takes note of a successor's end; false if `pid` is not it.
    pub(super) fn successor_ended(&mut self, pid: i32) -> bool {
        if self.successor != Some(pid) {
            return false;
        }
        self.successor = None;
        let text = format!("new binary process {pid} ended, this one goes on");
        self.log.say(Level::Notice, &text);
        self.take_pidfile_back();
        true
    }

    fn take_pidfile_back(&mut self) {
        let path = self.cycle.plan.pid.clone();
        if let Some(pidfile) = &mut self.pidfile
            && let Err(error) = pidfile.rename(path.clone())
        {
            let text = format!("rename() \"{}\" failed", path.display());
            self.log.failed(Level::Alert, &text, &error);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{TcpListener, UdpSocket};

    #[test]
    fn sockets_are_known_by_what_they_listen_on() {
        let tcp = TcpListener::bind("127.0.0.1:0").expect("loopback");
        let again: OwnedFd = tcp.try_clone().expect("a copy").into();
        let udp = UdpSocket::bind("127.0.0.1:0").expect("loopback");
        let file = std::fs::File::open("/dev/null").expect("null");
        let (at_tcp, at_udp) = (tcp.local_addr(), udp.local_addr());
        let bound = by_key(vec![tcp.into(), udp.into(), again, file.into()]);
        let inet = |address: io::Result<_>, transport| ListenerKey {
            address: Address::Inet(address.expect("bound")),
            transport,
        };
        let find = |key| {
            bound
                .iter()
                .find(|(found, _)| *found == key)
                .map(|(_, s)| s)
        };
        let tcp = find(inet(at_tcp, Transport::Tcp));
        assert!(matches!(tcp, Some(Sockets::PerThread(two)) if two.len() == 2));
        let udp = find(inet(at_udp, Transport::Udp));
        assert!(matches!(udp, Some(Sockets::Shared(_))));
        assert_eq!(bound.len(), 2);
    }
}
