//! Forking, waiting, names, parents' deaths, namespaces, capabilities.
//!
//! Invariants: a fork happens only while the process has one thread (checked), so a child can do
//! everything its parent could; a child never returns into its parent's code.

use std::ffi::{CString, OsStr, OsString};
use std::io;
use std::os::fd::{AsFd, AsRawFd as _, FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use nix::sched::CloneFlags;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid};

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Exit status.
    Exited(i32),
    /// Signal number.
    Signaled(i32),
}

/// Forks and runs `body` in the child, whose exit status is what `body` returns. The child gets
/// SIGTERM when this process dies.
///
/// # Errors
/// Refused when the process has more than one thread; otherwise what `fork` reports.
pub fn fork_child(body: impl FnOnce() -> i32) -> io::Result<i32> {
    let parent = std::process::id();
    match fork()? {
        Some(pid) => Ok(pid),
        None => {
            die_with_parent(parent);
            let status = std::panic::catch_unwind(std::panic::AssertUnwindSafe(body)).unwrap_or(70);
            exit_now(status)
        }
    }
}

/// Forks and runs `body` in the child, in a session of its own. The child outlives this process.
///
/// # Errors
/// As [`fork_child`].
pub fn fork_apart(body: impl FnOnce() -> i32) -> io::Result<i32> {
    match fork()? {
        Some(pid) => Ok(pid),
        None => {
            // A new child leads no group yet, so this cannot fail.
            let _ = nix::unistd::setsid();
            let status = std::panic::catch_unwind(std::panic::AssertUnwindSafe(body)).unwrap_or(70);
            exit_now(status)
        }
    }
}

/// Forks: the child's pid in the parent, `None` in the child.
///
/// # Errors
/// Refused when the process has more than one thread; otherwise what `fork` reports.
pub fn fork() -> io::Result<Option<i32>> {
    if threads() > 1 {
        return Err(io::Error::other("fork with more than one thread"));
    }
    // SAFETY: there is one thread, so no lock can be held by a thread that the child lacks.
    match unsafe { nix::unistd::fork() }? {
        ForkResult::Parent { child } => Ok(Some(child.as_raw())),
        ForkResult::Child => Ok(None),
    }
}

/// Ends the process without running destructors or `atexit` handlers, which belong to the parent.
pub fn exit_now(status: i32) -> ! {
    // SAFETY: _exit takes an integer and does not return.
    unsafe { libc::_exit(status) }
}

fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").map_or(1, Iterator::count)
}

/// Asks for SIGTERM when the parent dies, and ends at once if it already has.
pub fn die_with_parent(parent: u32) {
    // SAFETY: PR_SET_PDEATHSIG takes an integer.
    unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGTERM) };
    if std::os::unix::process::parent_id() != parent {
        exit_now(0);
    }
}

/// Turns this process into another program: same pid, same children, same blocked signals, and of
/// the descriptors those that are not close-on-exec. Returns only if that fails, with the reason.
#[must_use]
pub fn become_program(path: &Path, arguments: &[OsString], variables: &[OsString]) -> io::Error {
    let text = |text: &OsStr| CString::new(text.as_bytes()).map_err(io::Error::other);
    let all = |words: &[OsString]| -> io::Result<Vec<CString>> {
        words.iter().map(|word| text(word)).collect()
    };
    let prepared = || -> io::Result<(CString, Vec<CString>, Vec<CString>)> {
        Ok((text(path.as_os_str())?, all(arguments)?, all(variables)?))
    };
    match prepared() {
        Ok((path, arguments, variables)) => {
            match nix::unistd::execve(&path, &arguments, &variables) {
                Ok(never) => match never {},
                Err(errno) => errno.into(),
            }
        }
        Err(error) => error,
    }
}

/// Sets the name that `ps -o comm`, `pidof` and `killall` look at; 15 bytes count.
pub fn set_comm(name: &str) {
    let bytes: Vec<u8> = name.bytes().filter(|b| *b != 0).take(15).collect();
    if let Ok(name) = CString::new(bytes) {
        // SAFETY: `name` is NUL-terminated and lives over the call, which copies it.
        unsafe { libc::prctl(libc::PR_SET_NAME, name.as_ptr()) };
    }
}

/// Collects one ended child, if any, without blocking.
#[must_use]
pub fn reap_any() -> Option<(i32, Ended)> {
    reap(Pid::from_raw(-1), WaitPidFlag::WNOHANG)
}

/// Collects `pid` if it has ended.
#[must_use]
pub fn reap_one(pid: i32) -> Option<Ended> {
    reap(Pid::from_raw(pid), WaitPidFlag::WNOHANG).map(|(_, ended)| ended)
}

/// Waits until `pid`, a child, has ended. A child that is already gone counts as status 0.
#[must_use]
pub fn wait_for(pid: i32) -> Ended {
    reap(Pid::from_raw(pid), WaitPidFlag::empty()).map_or(Ended::Exited(0), |(_, ended)| ended)
}

fn reap(pid: Pid, flags: WaitPidFlag) -> Option<(i32, Ended)> {
    loop {
        match waitpid(pid, Some(flags)) {
            Ok(WaitStatus::Exited(pid, status)) => {
                return Some((pid.as_raw(), Ended::Exited(status)));
            }
            Ok(WaitStatus::Signaled(pid, signal, _)) => {
                return Some((pid.as_raw(), Ended::Signaled(signal as i32)));
            }
            Ok(WaitStatus::StillAlive) => return None,
            Ok(_) | Err(nix::errno::Errno::EINTR) => {}
            Err(_) => return None,
        }
    }
}

/// A descriptor that becomes readable when `pid` ends.
///
/// # Errors
/// What `pidfd_open` reports (Linux 5.3 or newer is needed).
pub fn pidfd(pid: i32) -> io::Result<OwnedFd> {
    // SAFETY: pidfd_open takes two integers.
    let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) };
    owned(fd)
}

/// A copy of descriptor `number` of the process behind `pidfd`, to look at it from outside.
///
/// # Errors
/// What `pidfd_getfd` reports (Linux 5.6 or newer and the right to trace the process are needed).
pub fn descriptor_of(pidfd: &OwnedFd, number: i32) -> io::Result<OwnedFd> {
    // SAFETY: pidfd_getfd takes three integers; the first is an open descriptor.
    let fd = unsafe { libc::syscall(libc::SYS_pidfd_getfd, pidfd.as_raw_fd(), number, 0) };
    owned(fd)
}

/// What a system call gave that makes a descriptor, or why it gave none.
fn owned(fd: i64) -> io::Result<OwnedFd> {
    let fd = i32::try_from(fd).map_err(io::Error::other)?;
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the descriptor is new and nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Leaves the terminal, the session and the working directory: what a daemon does. The calling
/// process ends with status 0 in favour of its grandchild, but not before its child has ended: a
/// service manager looks for the daemon at that moment, and must not find the one in between.
///
/// # Errors
/// What `fork`, `setsid` or opening `/dev/null` report.
pub fn daemonize() -> io::Result<()> {
    if let Some(between) = fork()? {
        exit_now(match wait_for(between) {
            Ended::Exited(status) => status,
            Ended::Signaled(_) => 1,
        });
    }
    nix::unistd::setsid()?;
    if fork()?.is_some() {
        exit_now(0);
    }
    nix::unistd::chdir("/")?;
    null_stdio()
}

/// Marks every descriptor that was inherited (other than the standard three) close-on-exec, so
/// that scripts do not get what the shell or service manager left open.
pub fn keep_inherited_from_scripts() {
    // SAFETY: close_range with CLOEXEC closes nothing and takes integers only. Kernels before
    // 5.11 refuse the flag, which leaves things as they were.
    unsafe {
        libc::syscall(
            libc::SYS_close_range,
            3,
            libc::c_uint::MAX,
            libc::CLOSE_RANGE_CLOEXEC,
        )
    };
}

/// Points the three standard descriptors at `/dev/null`.
///
/// # Errors
/// What opening `/dev/null` reports.
pub fn null_stdio() -> io::Result<()> {
    let null = std::fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open("/dev/null")?;
    nix::unistd::dup2_stdin(null.as_fd())?;
    nix::unistd::dup2_stdout(null.as_fd())?;
    nix::unistd::dup2_stderr(null.as_fd())?;
    Ok(())
}

/// Enters the network namespace mounted under that name by `ip netns` (or given as a path).
///
/// # Errors
/// When it does not exist or may not be entered.
pub fn enter_network_namespace(name: &str) -> io::Result<()> {
    let file = std::fs::File::open(network_namespace(name))?;
    Ok(nix::sched::setns(file, CloneFlags::CLONE_NEWNET)?)
}

/// Where the network namespace of that name is mounted. A path stands for itself.
#[must_use]
pub fn network_namespace(name: &str) -> PathBuf {
    match name.contains('/') {
        true => PathBuf::from(name),
        false => Path::new("/run/netns").join(name),
    }
}

/// Whether this process is in the network namespace of that name.
#[must_use]
pub fn is_in(name: &str) -> bool {
    let here = std::fs::metadata("/proc/self/ns/net");
    let there = std::fs::metadata(network_namespace(name));
    match (here, there) {
        (Ok(here), Ok(there)) => (here.dev(), here.ino()) == (there.dev(), there.ino()),
        _ => false,
    }
}

/// Moves this thread into a fresh, empty network namespace.
///
/// # Errors
/// When not permitted.
pub fn new_network_namespace() -> io::Result<()> {
    Ok(nix::sched::unshare(CloneFlags::CLONE_NEWNET)?)
}

/// Gives up every right of root's but to administer the network.
///
/// # Errors
/// What `capset` reports.
pub fn keep_only_network_administration() -> io::Result<()> {
    let kept = caps::CapsHashSet::from([caps::Capability::CAP_NET_ADMIN]);
    for set in [caps::CapSet::Effective, caps::CapSet::Permitted] {
        caps::set(None, set, &kept).map_err(io::Error::other)?;
    }
    Ok(())
}

/// Whether this process may administer the network and open raw sockets.
#[must_use]
pub fn has_network_capabilities() -> bool {
    [
        caps::Capability::CAP_NET_ADMIN,
        caps::Capability::CAP_NET_RAW,
    ]
    .into_iter()
    .all(|cap| caps::has_cap(None, caps::CapSet::Effective, cap).unwrap_or(false))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fork_is_refused_with_threads() {
        let (go, wait) = std::sync::mpsc::channel::<()>();
        let other = std::thread::spawn(move || wait.recv());
        assert!(fork().is_err());
        drop(go);
        assert!(other.join().is_ok());
    }

    #[test]
    fn comm_is_cut_to_what_the_kernel_keeps() {
        std::thread::spawn(|| {
            set_comm("keepalived_healthcheckers");
            let comm = std::fs::read_to_string("/proc/thread-self/comm").expect("comm");
            assert_eq!(comm.trim(), "keepalived_heal");
        })
        .join()
        .expect("thread");
    }

    #[test]
    fn a_pidfd_of_a_live_process_opens() {
        let own = i32::try_from(std::process::id()).expect("pid");
        assert!(pidfd(own).is_ok());
        assert!(pidfd(i32::MAX).is_err());
    }

    #[test]
    fn a_copied_descriptor_is_the_same_file() {
        use std::io::{Read as _, Write as _};
        let own = i32::try_from(std::process::id()).expect("pid");
        let (mut near, far) = std::os::unix::net::UnixStream::pair().expect("pair");
        let pidfd = pidfd(own).expect("opens");
        let copy = descriptor_of(&pidfd, far.as_raw_fd()).expect("copied");
        std::fs::File::from(copy).write_all(b"x").expect("written");
        let mut byte = [0];
        near.read_exact(&mut byte).expect("read");
        assert_eq!(byte, *b"x");
        assert!(descriptor_of(&pidfd, i32::MAX).is_err());
    }
}
