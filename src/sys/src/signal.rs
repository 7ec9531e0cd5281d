//! Signals as data: blocked in the process, read from a descriptor.
//!
//! Invariants: a signal named to [`Signals::block`] never interrupts anything; numbers are plain
//! integers because the protocol with service scripts uses real-time signals too.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

/// A set of blocked signals and the descriptor that delivers them.
#[derive(Debug)]
pub struct Signals {
    fd: OwnedFd,
}

/// One delivered signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivered {
    /// Signal number.
    pub number: i32,
    /// Who sent it; 0 for the kernel.
    pub sender: i32,
}

fn set_of(numbers: &[i32]) -> libc::sigset_t {
    let mut set = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: sigemptyset initialises the set; sigaddset takes a valid set and rejects unknown
    // numbers without touching it.
    unsafe {
        libc::sigemptyset(set.as_mut_ptr());
        for &number in numbers {
            libc::sigaddset(set.as_mut_ptr(), number);
        }
        set.assume_init()
    }
}

/// Blocks `numbers` in this thread (and in those it starts): they wait for [`Signals::block`], where
/// they would otherwise end a process that is not yet ready for them.
///
/// # Errors
/// What `sigprocmask` reports.
pub fn hold_back(numbers: &[i32]) -> io::Result<()> {
    let set = set_of(numbers);
    // SAFETY: `set` is initialised; the old mask is not asked for.
    let code =
        unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, &raw const set, std::ptr::null_mut()) };
    match code {
        0 => Ok(()),
        code => Err(io::Error::from_raw_os_error(code)),
    }
}

impl Signals {
    /// Blocks `numbers` in this thread (and in those it starts) and opens a non-blocking
    /// descriptor for them. Call it before any other thread exists.
    ///
    /// # Errors
    /// What `sigprocmask` or `signalfd` report.
    pub fn block(numbers: &[i32]) -> io::Result<Self> {
        hold_back(numbers)?;
        let set = set_of(numbers);
        // SAFETY: `set` is initialised; -1 asks for a new descriptor.
        let fd =
            unsafe { libc::signalfd(-1, &raw const set, libc::SFD_CLOEXEC | libc::SFD_NONBLOCK) };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the descriptor is new and nobody else owns it.
        let fd = unsafe { OwnedFd::from_raw_fd(fd) };
        Ok(Self { fd })
    }

    /// The next pending signal, if any.
    ///
    /// # Errors
    /// What `read` reports, except that nothing is pending.
    pub fn next_pending(&self) -> io::Result<Option<Delivered>> {
        let mut record = MaybeUninit::<libc::signalfd_siginfo>::uninit();
        let size = size_of::<libc::signalfd_siginfo>();
        // SAFETY: the buffer is `size` bytes and writable.
        let got = unsafe { libc::read(self.fd.as_raw_fd(), record.as_mut_ptr().cast(), size) };
        if got < 0 {
            let error = io::Error::last_os_error();
            return if matches!(
                error.kind(),
                io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
            ) {
                Ok(None)
            } else {
                Err(error)
            };
        }
        if usize::try_from(got) != Ok(size) {
            return Ok(None);
        }
        // SAFETY: the kernel filled the whole record.
        let record = unsafe { record.assume_init() };
        Ok(Some(Delivered {
            number: record.ssi_signo.cast_signed(),
            sender: record.ssi_pid.cast_signed(),
        }))
    }
}

impl AsFd for Signals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// Unblocks everything, as a program that was just executed expects it.
pub fn unblock_all() {
    let set = set_of(&[]);
    // SAFETY: `set` is initialised; setting an empty mask cannot fail.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const set, std::ptr::null_mut()) };
}

/// Lets crashes crash. Rust's handler for stack overflows takes a first SIGSEGV or SIGBUS that
/// another process sends for one of its own, and survives it.
pub fn crash_by_default() {
    for number in [libc::SIGSEGV, libc::SIGBUS] {
        // SAFETY: SIG_DFL is a valid disposition; no handler of ours is replaced by it.
        unsafe { libc::signal(number, libc::SIG_DFL) };
    }
}

/// First real-time signal of the C library (34 with glibc).
#[must_use]
pub fn rtmin() -> i32 {
    libc::SIGRTMIN()
}

/// Last real-time signal.
#[must_use]
pub fn rtmax() -> i32 {
    libc::SIGRTMAX()
}

/// Name and description of a signal as `strsignal` gives them ("Killed").
#[must_use]
pub fn describe(number: i32) -> String {
    // SAFETY: strsignal returns null or a NUL-terminated string that stays valid until the next
    // call in this thread; it is copied at once.
    let text = unsafe {
        let text = libc::strsignal(number);
        if text.is_null() {
            return format!("signal {number}");
        }
        std::ffi::CStr::from_ptr(text)
    };
    text.to_string_lossy().into_owned()
}

/// Sends `number` to `pid`; a negative `pid` is a process group.
///
/// # Errors
/// What `kill` reports; "no such process" is common when it just ended.
pub fn send(pid: i32, number: i32) -> io::Result<()> {
    // SAFETY: kill takes plain integers.
    if unsafe { libc::kill(pid, number) } < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blocked_signal_is_read_not_fatal() {
        let signals = Signals::block(&[rtmin() + 5]).expect("signalfd");
        assert_eq!(signals.next_pending().expect("read"), None);
        // SAFETY: raising a blocked signal in this thread.
        unsafe { libc::pthread_kill(libc::pthread_self(), rtmin() + 5) };
        let got = signals.next_pending().expect("read").expect("delivered");
        assert_eq!(got.number, rtmin() + 5);
    }

    #[test]
    fn description_is_the_c_librarys() {
        assert_eq!(describe(9), "Killed");
    }
}
