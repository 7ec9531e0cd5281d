//! The kernel's process events: who forks, runs another program, changes its name and ends.
//!
//! The kernel tells them in the initial namespaces only (network, process ids), and to root.
//!
//! Invariants: opening succeeds only once the kernel has said that it will tell; what it had to
//! drop is reported as [`News::Overrun`]; a message of another process is never taken for one of
//! the kernel; nothing here blocks.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::MetadataExt as _;

use netlink_sys::{Socket, SocketAddr};
use nix::sys::socket::{getsockopt, sockopt};
use socket2::{SockFilter, SockRef};
use wire::process::{
    ANSWER, COMM, DATA, EXEC, EXIT, Event, FORK, GROUP, KIND, NETLINK_PROTOCOL, request,
};

use crate::netlink::transport::{force_receive_buffer, size_buffer};

/// The inode of the first namespace of process ids (`PROC_PID_INIT_INO`).
const FIRST_NAMESPACE: u64 = 0xefff_fffc;
/// Longest event, with room to spare.
const LARGEST: usize = 256;
/// Messages read at a time, so that a storm cannot keep a daemon from its timers.
const AT_A_TIME: usize = 512;
/// Room in the receive buffer: some thousand events.
const RECEIVE_BUFFER: usize = 4 << 20;

/// What has happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// A process has a new child.
    Forked {
        /// Who forked.
        parent: i32,
        /// The new process.
        child: i32,
    },
    /// A process runs another program, or has another name.
    Changed(i32),
    /// A process has ended.
    Ended(i32),
    /// The kernel dropped some news: look at all processes anew.
    Overrun,
}

/// A subscription, non-blocking.
#[derive(Debug)]
pub struct ProcessEvents {
    socket: Socket,
}

impl ProcessEvents {
    /// Subscribes. `buffer` is the size of the receive buffer, in bytes, and whether it may exceed
    /// what the system allows; without one it is large.
    ///
    /// # Errors
    /// `Unsupported` where the kernel does not tell, else what the system reports; "connection
    /// refused" is what a network namespace other than the first one gives.
    pub fn open(buffer: Option<(u32, bool)>) -> io::Result<Self> {
        // The numbers of another namespace would name other processes.
        if std::fs::metadata("/proc/self/ns/pid")?.ino() != FIRST_NAMESPACE {
            return Err(unsupported("this is not the first namespace of processes"));
        }
        let mut socket = Socket::new(NETLINK_PROTOCOL)?;
        // Other events and those of threads would wake us for nothing.
        let _ = SockRef::from(&socket).attach_filter(&filter());
        size_buffer(&socket, buffer, RECEIVE_BUFFER)?;
        socket.bind(&SocketAddr::new(0, GROUP))?;
        socket.set_non_blocking(true)?;
        socket.send_to(&request(true), &SocketAddr::new(0, 0), 0)?;
        let events = Self { socket };
        // Since Linux 3.0 the answer is there when the request is.
        for _ in 0..AT_A_TIME {
            match events.next() {
                Ok(Some(Event::Answer(0))) => return Ok(events),
                Ok(Some(Event::Answer(error))) => {
                    let error = i32::try_from(error).unwrap_or(libc::EIO);
                    return Err(io::Error::from_raw_os_error(error));
                }
                Ok(Some(_)) => {}
                Ok(None) => break,
                Err(error) => return Err(error),
            }
        }
        Err(unsupported("the kernel does not tell of processes"))
    }

    /// What has happened since the last call; empty when nothing has.
    ///
    /// # Errors
    /// What `recv` reports apart from overrun.
    pub fn read(&self) -> io::Result<Vec<News>> {
        let mut news = Vec::new();
        for _ in 0..AT_A_TIME {
            news.push(match self.next() {
                Ok(Some(Event::Forked { parent, child })) => News::Forked { parent, child },
                Ok(Some(Event::Changed(pid))) => News::Changed(pid),
                Ok(Some(Event::Ended(pid))) => News::Ended(pid),
                Ok(Some(Event::Answer(_) | Event::Other)) => continue,
                Ok(None) => break,
                Err(e) if e.raw_os_error() == Some(libc::ENOBUFS) => News::Overrun,
                Err(e) => return Err(e),
            });
        }
        Ok(news)
    }

    /// Doubles the receive buffer after an overrun; returns its size then, as the kernel counts it.
    ///
    /// # Errors
    /// What `getsockopt` reports.
    pub fn enlarge(&self) -> io::Result<usize> {
        // The kernel reports twice what was set.
        force_receive_buffer(&self.socket, getsockopt(&self.socket, sockopt::RcvBuf)?);
        Ok(getsockopt(&self.socket, sockopt::RcvBuf)?)
    }

    fn next(&self) -> io::Result<Option<Event>> {
        let mut buffer = Vec::with_capacity(LARGEST);
        loop {
            match self.socket.recv_from(&mut buffer, 0) {
                // Port 0 is the kernel's.
                Ok((_, sender)) if sender.port_number() != 0 => buffer.clear(),
                Ok(_) => return Ok(Some(Event::parse(&buffer).unwrap_or(Event::Other))),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
                Err(error) => return Err(error),
            }
        }
    }
}

impl Drop for ProcessEvents {
    fn drop(&mut self) {
        // Before Linux 6.6 the kernel goes on making events for a listener that only closes.
        let nowhere = SocketAddr::new(0, 0);
        let _ = self.socket.send_to(&request(false), &nowhere, 0);
    }
}

impl AsFd for ProcessEvents {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

fn unsupported(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, what)
}

/// A classic BPF program that passes what [`News`] knows, of processes: where the number of the
/// thread is that of its group.
fn filter() -> [SockFilter; 16] {
    let load = |at: u32| operation(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0, at);
    // The program reads words in network order.
    let is = |kind: u32, then, otherwise| {
        let kind = u32::from_be_bytes(kind.to_ne_bytes());
        operation(
            libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K,
            then,
            otherwise,
            kind,
        )
    };
    let remember = || operation(libc::BPF_MISC | libc::BPF_TAX, 0, 0, 0);
    let result = |bytes: u32| operation(libc::BPF_RET | libc::BPF_K, 0, 0, bytes);
    [
        load(KIND),
        is(ANSWER, 12, 0),
        is(FORK, 3, 0),
        is(EXEC, 6, 0),
        is(COMM, 5, 0),
        is(EXIT, 4, 9),
        // Of a fork, the child.
        load(DATA + 8),
        remember(),
        load(DATA + 12),
        operation(libc::BPF_JMP | libc::BPF_JA, 0, 0, 3),
        load(DATA),
        remember(),
        load(DATA + 4),
        operation(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_X, 0, 1, 0),
        result(u32::MAX),
        result(0),
    ]
}

/// One instruction; the codes fit.
fn operation(code: u32, then: u8, otherwise: u8, value: u32) -> SockFilter {
    SockFilter::new(u16::try_from(code).unwrap_or(0), then, otherwise, value)
}

#[cfg(test)]
mod tests {
    use std::process::Command;
    use std::time::{Duration, Instant};

    use super::*;

    /// In a namespace of its own the kernel refuses; nothing else is asked of such a host.
    fn opened() -> Option<ProcessEvents> {
        match ProcessEvents::open(None) {
            Ok(events) => Some(events),
            Err(error) => {
                let kind = error.kind();
                let known = [
                    io::ErrorKind::Unsupported,
                    io::ErrorKind::ConnectionRefused,
                    io::ErrorKind::PermissionDenied,
                ];
                assert!(known.contains(&kind), "{error}");
                eprintln!("skipped: {error}");
                None
            }
        }
    }

    #[test]
    fn a_child_is_told_of_from_fork_to_exit() {
        let Some(events) = opened() else { return };
        let mut child = Command::new("true").spawn().expect("started");
        let pid = i32::try_from(child.id()).expect("a pid");
        let own = i32::try_from(std::process::id()).expect("a pid");
        let mut seen = Vec::new();
        let patience = Instant::now() + Duration::from_secs(20);
        while !seen.contains(&News::Ended(pid)) {
            assert!(Instant::now() < patience, "{seen:?}");
            let mut poller = crate::epoll::Poller::new().expect("a poller");
            poller.add(&events, 1).expect("added");
            let until = crate::clock::now() + Duration::from_secs(20);
            poller.wait(Some(until)).expect("waited");
            seen.extend(events.read().expect("read"));
        }
        child.wait().expect("waited");
        let forked = News::Forked {
            parent: own,
            child: pid,
        };
        let places = [forked, News::Changed(pid), News::Ended(pid)]
            .map(|news| seen.iter().position(|it| *it == news));
        assert!(places.iter().all(Option::is_some), "{seen:?}");
        assert!(places.is_sorted(), "{seen:?}");
    }

    #[test]
    fn threads_are_not_told_of() {
        let Some(events) = opened() else { return };
        let thread = std::thread::spawn(|| nix::unistd::gettid().as_raw());
        let thread = thread.join().expect("joined");
        // A process after it: what the thread caused has been told by then.
        let mut child = Command::new("true").spawn().expect("started");
        let pid = i32::try_from(child.id()).expect("a pid");
        child.wait().expect("waited");
        let mut seen = Vec::new();
        while !seen.contains(&News::Ended(pid)) {
            seen.extend(events.read().expect("read"));
        }
        let of_thread = |news: &News| match *news {
            News::Forked { child, .. } => child == thread,
            News::Changed(pid) | News::Ended(pid) => pid == thread,
            News::Overrun => false,
        };
        assert!(!seen.iter().any(of_thread), "{thread}: {seen:?}");
    }

    #[test]
    fn what_does_not_fit_is_an_overrun() {
        // The least that the kernel gives.
        let Ok(events) = ProcessEvents::open(Some((1, false))) else {
            return;
        };
        for _ in 0..50 {
            let mut child = Command::new("true").spawn().expect("started");
            child.wait().expect("waited");
        }
        assert!(events.read().expect("read").contains(&News::Overrun));
        let before = getsockopt(&events, sockopt::RcvBuf).expect("known");
        assert!(events.enlarge().expect("enlarged") >= before * 2);
    }
}
