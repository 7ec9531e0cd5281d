//! syslog in the form of RFC 3164, over `/dev/log` or UDP.
//!
//! Invariants: writing never blocks and never ends up on a terminal; what had to be dropped is
//! counted and told when the receiver takes lines again; a restarted receiver is found again.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use crate::log::{Line, Sink};

/// LOG_DAEMON
pub const DAEMON: u8 = 3;

/// Where the receiver listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Receiver {
    /// A datagram socket in the file system; `/dev/log` as a rule.
    Path(PathBuf),
    /// UDP.
    Udp(SocketAddr),
}

/// What identifies the sender.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Tag: "Keepalived_vrrp".
    pub tag: String,
    /// Facility 0 to 23.
    pub facility: u8,
    /// Whether `[PID]` follows the tag.
    pub with_pid: bool,
    /// Host name between time and tag; local receivers do not want one.
    pub host: Option<String>,
}

#[derive(Debug)]
enum Socket {
    Unix(UnixDatagram),
    Udp(UdpSocket),
}

#[derive(Debug, Default)]
struct State {
    socket: Option<Socket>,
    dropped: u64,
}

/// A connection to a syslog receiver.
#[derive(Debug)]
pub struct Syslog {
    receiver: Receiver,
    identity: Identity,
    state: Mutex<State>,
}

impl Syslog {
    /// Opens nothing yet: the receiver may come later.
    #[must_use]
    pub fn new(receiver: Receiver, identity: Identity) -> Self {
        Self {
            receiver,
            identity,
            state: Mutex::new(State::default()),
        }
    }

    /// The local receiver.
    #[must_use]
    pub fn local(tag: &str, facility: u8) -> Self {
        Self::new(
            Receiver::Path("/dev/log".into()),
            Identity {
                tag: tag.to_owned(),
                facility,
                with_pid: true,
                host: None,
            },
        )
    }

    /// Sends `message` with `severity` (0 to 7).
    pub fn send(&self, severity: u8, message: &str) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.dropped > 0 {
            let text = format!(
                "{} log lines lost: the receiver did not take them",
                state.dropped
            );
            if self.deliver(&mut state, &self.frame(4, &text)).is_err() {
                state.dropped += 1;
                return;
            }
            state.dropped = 0;
        }
        if self
            .deliver(&mut state, &self.frame(severity, message))
            .is_err()
        {
            state.dropped += 1;
        }
    }

    fn frame(&self, severity: u8, message: &str) -> String {
        let identity = &self.identity;
        let priority = u16::from(identity.facility) * 8 + u16::from(severity.min(7));
        let time = sys::clock::civil().strftime("%b %e %H:%M:%S");
        let host = identity
            .host
            .as_ref()
            .map_or(String::new(), |h| format!("{h} "));
        let pid = if identity.with_pid {
            format!("[{}]", std::process::id())
        } else {
            String::new()
        };
        format!("<{priority}>{time} {host}{}{pid}: {message}", identity.tag)
    }

    /// Tries once more with a new socket, in case the receiver was restarted.
    fn deliver(&self, state: &mut State, frame: &str) -> io::Result<()> {
        for _ in 0..2 {
            let socket = match &state.socket {
                Some(socket) => socket,
                None => state.socket.insert(connect(&self.receiver)?),
            };
            let sent = match socket {
                Socket::Unix(socket) => socket.send(frame.as_bytes()),
                Socket::Udp(socket) => socket.send(frame.as_bytes()),
            };
            match sent {
                Ok(_) => return Ok(()),
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => return Err(e),
                Err(_) => state.socket = None,
            }
        }
        Err(io::ErrorKind::NotConnected.into())
    }
}

fn connect(receiver: &Receiver) -> io::Result<Socket> {
    match receiver {
        Receiver::Path(path) => {
            let socket = UnixDatagram::unbound()?;
            socket.set_nonblocking(true)?;
            socket.connect(path)?;
            Ok(Socket::Unix(socket))
        }
        Receiver::Udp(address) => {
            let any: SocketAddr = if address.is_ipv4() {
                (core::net::Ipv4Addr::UNSPECIFIED, 0).into()
            } else {
                (core::net::Ipv6Addr::UNSPECIFIED, 0).into()
            };
            let socket = UdpSocket::bind(any)?;
            socket.set_nonblocking(true)?;
            socket.connect(address)?;
            Ok(Socket::Udp(socket))
        }
    }
}

impl Sink for Syslog {
    fn write(&self, line: &Line<'_>) {
        self.send(line.severity(), line.message);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity() -> Identity {
        Identity {
            tag: "Keepalived_vrrp".into(),
            facility: DAEMON,
            with_pid: true,
            host: None,
        }
    }

    fn next(socket: &UnixDatagram) -> String {
        let mut bytes = [0; 512];
        let length = socket.recv(&mut bytes).expect("a line");
        String::from_utf8_lossy(&bytes[..length]).into_owned()
    }

    #[test]
    fn a_line_looks_as_the_c_library_writes_it() {
        let dir = tempfile::tempdir().expect("dir");
        let path = dir.path().join("log");
        let listener = UnixDatagram::bind(&path).expect("bind");
        let syslog = Syslog::new(Receiver::Path(path), identity());
        syslog.send(6, "(VI_1) Entering MASTER STATE");
        let line = next(&listener);
        let end = format!(
            " Keepalived_vrrp[{}]: (VI_1) Entering MASTER STATE",
            std::process::id()
        );
        assert!(line.starts_with("<30>") && line.ends_with(&end), "{line}");
        // "Nov  1 11:08:04" is 15 characters.
        assert_eq!(line.len(), "<30>".len() + 15 + end.len());
    }

    #[test]
    fn lines_lost_without_a_receiver_are_counted_and_told() {
        let dir = tempfile::tempdir().expect("dir");
        let path = dir.path().join("log");
        let syslog = Syslog::new(Receiver::Path(path.clone()), identity());
        syslog.send(6, "one");
        syslog.send(6, "two");
        let listener = UnixDatagram::bind(&path).expect("bind");
        syslog.send(6, "three");
        assert!(next(&listener).contains("2 log lines lost"));
        assert!(next(&listener).ends_with("three"));
        drop(listener);
        std::fs::remove_file(&path).expect("remove");
        let again = UnixDatagram::bind(&path).expect("bind");
        syslog.send(6, "four");
        assert!(
            next(&again).ends_with("four"),
            "a restarted receiver is found"
        );
    }
}
