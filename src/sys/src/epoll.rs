//! Waiting for descriptors until an absolute deadline.
//!
//! Invariants: the deadline is absolute and turned into a timeout at the last moment, so that work
//! done before the wait never delays a timer; no timer descriptor and no system call to arm one.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use base::Instant;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags};

use crate::clock;

/// An epoll instance whose registrations carry a token chosen by the caller.
#[derive(Debug)]
pub struct Poller {
    epoll: Epoll,
    events: Vec<EpollEvent>,
}

/// What a descriptor is ready for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ready {
    /// The token given to [`Poller::add`].
    pub token: u64,
    /// There is something to read, the peer closed, or an error is pending.
    pub readable: bool,
    /// There is room to write.
    pub writable: bool,
}

impl Poller {
    /// An empty set.
    ///
    /// # Errors
    /// What `epoll_create1` reports (out of descriptors or memory).
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            epoll: Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?,
            events: vec![EpollEvent::empty(); 64],
        })
    }

    /// Watches `fd` for reading, level-triggered.
    ///
    /// # Errors
    /// What `epoll_ctl` reports.
    pub fn add(&self, fd: impl AsFd, token: u64) -> io::Result<()> {
        Ok(self
            .epoll
            .add(fd, EpollEvent::new(EpollFlags::EPOLLIN, token))?)
    }

    /// Stops watching `fd`.
    ///
    /// # Errors
    /// What `epoll_ctl` reports.
    pub fn remove(&self, fd: impl AsFd) -> io::Result<()> {
        Ok(self.epoll.delete(fd)?)
    }

    /// Waits until something is ready or `deadline` (on [`clock::now`]'s scale) has passed; with
    /// no deadline, for ever. Interruption by a signal ends the wait with an empty list.
    ///
    /// # Errors
    /// What `epoll_pwait2` (or `epoll_wait` before Linux 5.11) reports.
    pub fn wait(&mut self, deadline: Option<Instant>) -> io::Result<Vec<Ready>> {
        let timeout = deadline.map(|at| at.since(clock::now()));
        let count = match wait_precisely(self.epoll.0.as_fd(), &mut self.events, timeout) {
            Err(e) if e.raw_os_error() == Some(libc::ENOSYS) => {
                wait_in_milliseconds(self.epoll.0.as_fd(), &mut self.events, timeout)
            }
            other => other,
        };
        let count = match count {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => 0,
            other => other?,
        };
        Ok(self.events[..count].iter().map(ready).collect())
    }
}

/// Readable while something watched is ready: one descriptor that stands for several.
impl AsFd for Poller {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.epoll.0.as_fd()
    }
}

fn ready(event: &EpollEvent) -> Ready {
    let flags = event.events();
    Ready {
        token: event.data(),
        readable: flags
            .intersects(EpollFlags::EPOLLIN | EpollFlags::EPOLLHUP | EpollFlags::EPOLLERR),
        writable: flags.intersects(EpollFlags::EPOLLOUT),
    }
}

fn wait_precisely(
    epoll: BorrowedFd<'_>,
    events: &mut [EpollEvent],
    timeout: Option<std::time::Duration>,
) -> io::Result<usize> {
    let spec = timeout.map(|t| libc::timespec {
        tv_sec: t.as_secs().try_into().unwrap_or(libc::time_t::MAX),
        tv_nsec: t.subsec_nanos().into(),
    });
    let spec = spec
        .as_ref()
        .map_or(std::ptr::null(), std::ptr::from_ref::<libc::timespec>);
    let room = libc::c_int::try_from(events.len()).unwrap_or(libc::c_int::MAX);
    // SAFETY: `events` is valid for `room` writes (EpollEvent is repr(transparent) over
    // libc::epoll_event), `spec` is null or points to a live timespec, no signal mask is given.
    let count = unsafe {
        libc::syscall(
            libc::SYS_epoll_pwait2,
            epoll.as_raw_fd(),
            events.as_mut_ptr(),
            room,
            spec,
            std::ptr::null::<libc::sigset_t>(),
            size_of::<libc::sigset_t>(),
        )
    };
    usize::try_from(count).map_err(|_| io::Error::last_os_error())
}

/// Rounds up, so that a timer never fires early and the loop does not spin before it.
fn wait_in_milliseconds(
    epoll: BorrowedFd<'_>,
    events: &mut [EpollEvent],
    timeout: Option<std::time::Duration>,
) -> io::Result<usize> {
    let millis = timeout.map_or(-1, |t| {
        i32::try_from(t.as_micros().div_ceil(1000)).unwrap_or(i32::MAX)
    });
    let room = libc::c_int::try_from(events.len()).unwrap_or(libc::c_int::MAX);
    // SAFETY: `events` is valid for `room` writes of libc::epoll_event, which EpollEvent wraps
    // transparently.
    let count =
        unsafe { libc::epoll_wait(epoll.as_raw_fd(), events.as_mut_ptr().cast(), room, millis) };
    usize::try_from(count).map_err(|_| io::Error::last_os_error())
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::Duration;
    use std::io::Write as _;
    use std::os::unix::net::UnixStream;

    #[test]
    fn waits_not_shorter_than_asked() {
        let mut poller = Poller::new().expect("epoll");
        let due = clock::now() + Duration::from_micros(2_500);
        while clock::now() < due {
            assert!(poller.wait(Some(due)).expect("wait").is_empty());
        }
        assert!(clock::now() >= due);
    }

    #[test]
    fn reports_the_token_of_what_is_readable() {
        let mut poller = Poller::new().expect("epoll");
        let (mut ours, theirs) = UnixStream::pair().expect("pair");
        poller.add(&theirs, 7).expect("add");
        ours.write_all(b"x").expect("write");
        let ready = poller.wait(None).expect("wait");
        assert_eq!(ready.len(), 1);
        assert_eq!((ready[0].token, ready[0].readable), (7, true));
    }

    #[test]
    fn a_deadline_in_the_past_does_not_block() {
        let mut poller = Poller::new().expect("epoll");
        assert!(poller.wait(Some(Instant::ZERO)).expect("wait").is_empty());
    }
}
