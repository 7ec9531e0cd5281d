//! Descriptors that the caller of this program left open.
//!
//! Invariant: after [`take`] the process has the standard three and what was asked for, and the
//! latter are owned and close-on-exec.

use std::io;
use std::os::fd::{FromRawFd, OwnedFd, RawFd};

/// Takes possession of the descriptors `wanted` (those that are open) and closes every other one
/// beyond the standard three. To be called first of all, while this process owns none itself.
#[must_use]
pub fn take(wanted: &[RawFd]) -> Vec<OwnedFd> {
    let mut wanted: Vec<RawFd> = wanted.iter().copied().filter(|fd| *fd > 2).collect();
    wanted.sort_unstable();
    wanted.dedup();
    let mut first = 3;
    for &fd in &wanted {
        close_range(first, fd - 1);
        first = fd.saturating_add(1);
    }
    close_range(first, RawFd::MAX);
    wanted.into_iter().filter_map(|fd| own(fd).ok()).collect()
}

fn own(fd: RawFd) -> io::Result<OwnedFd> {
    // SAFETY: fcntl takes integers; a number that is no open descriptor is refused.
    if unsafe { libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC) } < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the descriptor is open, as the call above has shown, and by the caller's promise
    // nothing in this process owns it; each number is taken once.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

fn close_range(first: RawFd, last: RawFd) {
    if first > last {
        return;
    }
    // SAFETY: the system call takes integers. Nothing in this process owns a descriptor yet (the
    // caller's promise), so none is closed under its owner. Kernels before 5.9 refuse, which leaves
    // things as they were.
    unsafe {
        libc::syscall(
            libc::SYS_close_range,
            first.cast_unsigned(),
            last.cast_unsigned(),
            0,
        )
    };
}
