//! Waiting for descriptors until an absolute deadline.
//!
//! Invariants: the deadline is absolute, so that work done before the wait never delays a timer. A
//! timer that has been set stays so until it fires or something is due earlier: who listens to
//! many that keep putting their deadlines off (backups, by every advert they hear) does not have
//! the kernel move its timer each time, which is dear on virtual machines.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use base::Instant;
use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::time::TimeSpec;
use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags};

use crate::clock;

/// The token of our own timer; callers use others.
const ALARM: u64 = u64::MAX;

/// An epoll instance whose registrations carry a token chosen by the caller.
#[derive(Debug)]
pub struct Poller {
    epoll: Epoll,
    events: Vec<EpollEvent>,
    /// Made when it is first needed: a poller that is only looked at has none.
    alarm: Option<Alarm>,
}

/// Wakes a poller.
#[derive(Debug)]
struct Alarm {
    timer: TimerFd,
    /// When it fires next.
    at: Option<Instant>,
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
            alarm: None,
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
    /// no deadline, for ever. The list may be empty before that: when a signal came, or an earlier
    /// deadline of a previous call.
    ///
    /// # Errors
    /// What `epoll_wait` reports.
    pub fn wait(&mut self, deadline: Option<Instant>) -> io::Result<Vec<Ready>> {
        let now = clock::now();
        let timeout = match deadline {
            None => EpollTimeout::NONE,
            Some(at) if at <= now => EpollTimeout::ZERO,
            Some(at) => match self.set_alarm(at) {
                Ok(()) => EpollTimeout::NONE,
                // Without descriptors to spare, less precisely.
                Err(_) => whole_milliseconds(at.since(now)),
            },
        };
        let count = match self.epoll.wait(&mut self.events, timeout) {
            Err(Errno::EINTR) => 0,
            other => other?,
        };
        let mut found = Vec::with_capacity(count);
        for event in &self.events[..count] {
            match (event.data(), &mut self.alarm) {
                (ALARM, Some(alarm)) => alarm.at = None,
                _ => found.push(ready(event)),
            }
        }
        Ok(found)
    }

    /// Sees to it that the wait ends at `at`, or before.
    fn set_alarm(&mut self, at: Instant) -> nix::Result<()> {
        let alarm = match &mut self.alarm {
            Some(alarm) => alarm,
            none => {
                let flags = TimerFlags::TFD_CLOEXEC | TimerFlags::TFD_NONBLOCK;
                let timer = TimerFd::new(ClockId::CLOCK_MONOTONIC, flags)?;
                // Told once each time it fires, it need not be read.
                let once = EpollFlags::EPOLLIN | EpollFlags::EPOLLET;
                self.epoll.add(&timer, EpollEvent::new(once, ALARM))?;
                none.insert(Alarm { timer, at: None })
            }
        };
        if alarm.at.is_none_or(|set| at < set) {
            let moment = TimeSpec::from_duration(at.since(Instant::ZERO));
            let moment = Expiration::OneShot(moment);
            alarm
                .timer
                .set(moment, TimerSetTimeFlags::TFD_TIMER_ABSTIME)?;
            alarm.at = Some(at);
        }
        Ok(())
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

/// Rounds up, so that the wait never ends early and the loop does not spin before the deadline.
fn whole_milliseconds(time: base::Duration) -> EpollTimeout {
    let millis = i32::try_from(time.as_micros().div_ceil(1000));
    millis
        .ok()
        .and_then(|millis| EpollTimeout::try_from(millis).ok())
        .unwrap_or(EpollTimeout::MAX)
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
    fn an_earlier_deadline_moves_the_alarm_and_a_later_one_does_not() {
        let mut poller = Poller::new().expect("epoll");
        let hour = Duration::from_secs(3600);
        let soon = || clock::now() + Duration::from_micros(2_500);
        let (mut ours, theirs) = UnixStream::pair().expect("pair");
        poller.add(&theirs, 7).expect("add");
        ours.write_all(b"x").expect("write");
        let set = |poller: &Poller| poller.alarm.as_ref().and_then(|alarm| alarm.at);
        for _ in 0..3 {
            let far = clock::now() + hour;
            assert_eq!(poller.wait(Some(far)).expect("wait").len(), 1);
            assert_eq!(set(&poller), Some(far));
            assert_eq!(poller.wait(Some(far + hour)).expect("wait").len(), 1);
            assert_eq!(set(&poller), Some(far), "stays where it is");
            poller.remove(&theirs).expect("remove");
            let due = soon();
            assert!(poller.wait(Some(due)).expect("wait").is_empty());
            assert!(clock::now() >= due, "it did not wait");
            assert_eq!(set(&poller), None, "fired");
            poller.add(&theirs, 7).expect("add");
        }
    }

    #[test]
    fn what_only_looks_has_no_alarm() {
        let mut poller = Poller::new().expect("epoll");
        poller.wait(Some(clock::now())).expect("wait");
        assert!(poller.alarm.is_none());
    }

    #[test]
    fn coarse_waits_are_rounded_up() {
        let millis = |micros| i32::from(whole_milliseconds(Duration::from_micros(micros)));
        assert_eq!([0, 1, 1000, 1001].map(millis), [0, 1, 1, 2]);
        assert!(i32::from(whole_milliseconds(Duration::MAX)) > 0);
    }

    #[test]
    fn a_deadline_in_the_past_does_not_block() {
        let mut poller = Poller::new().expect("epoll");
        assert!(poller.wait(Some(Instant::ZERO)).expect("wait").is_empty());
    }
}
