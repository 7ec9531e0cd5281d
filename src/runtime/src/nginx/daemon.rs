//! Going to the background, in such a way that the one who waits learns how it went.
//!
//! Invariant: the parent ends with 0 only after the daemon said that it serves: sockets bound, pid
//! file written. So `Type=forking` units work without `PIDFile`, and a failing start is seen.
//! Deviation: nginx's parent ends right after the fork.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::AsFd as _;

/// The daemon's end of the line to its waiting parent.
#[derive(Debug)]
pub(super) struct Readiness(File);

impl Readiness {
    /// Everything is up: the parent may end.
    pub(super) fn announce(mut self) {
        // A parent that was killed meanwhile does not matter any more.
        let _ = self.0.write_all(&[1]);
    }
}

/// Forks. Only the child returns; the parent ends with the daemon's success or failure.
///
/// # Errors
/// What `pipe`, `fork`, `setsid` or opening `/dev/null` report.
pub(super) fn daemonize() -> io::Result<Readiness> {
    let (read, write) = nix::unistd::pipe2(nix::fcntl::OFlag::O_CLOEXEC)?;
    if sys::process::fork()?.is_some() {
        drop(write);
        let mut byte = [0];
        // The end without a byte means that the child is gone, and it has said why.
        let up = matches!(File::from(read).read(&mut byte), Ok(1));
        sys::process::exit_now(i32::from(!up));
    }
    drop(read);
    nix::unistd::setsid()?;
    nix::sys::stat::umask(nix::sys::stat::Mode::empty());
    let null = File::options().read(true).write(true).open("/dev/null")?;
    nix::unistd::dup2_stdin(null.as_fd())?;
    nix::unistd::dup2_stdout(null.as_fd())?;
    Ok(Readiness(write.into()))
}
