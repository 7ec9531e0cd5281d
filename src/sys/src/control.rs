//! The socket in the file system by which an administrator talks to a running daemon.
//!
//! Invariants: the socket is its owner's alone (mode 0600) from the moment it exists; nothing but
//! an old socket is ever replaced, and no symlink followed; it is removed only by the process that
//! made it or took it over; who connects is known by the kernel's word, not by his own.

use std::io;
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, FromRawFd as _, OwnedFd};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use nix::fcntl::{FcntlArg, FdFlag, OFlag, fcntl};
use nix::sys::socket::sockopt::PeerCredentials;
use nix::sys::socket::{
    AddressFamily, Backlog, SockFlag, SockType, UnixAddr, accept4, bind, connect, getsockopt,
    listen, socket,
};
use nix::sys::stat::{Mode, fchmod};

use crate::fdpass::Channel;

/// Connections that may wait to be accepted.
const WAITING: i32 = 16;

/// The daemon's end.
#[derive(Debug)]
pub struct ControlSocket {
    fd: OwnedFd,
    path: PathBuf,
    /// Device and inode of the file.
    file: (u64, u64),
    owner: u32,
}

/// Who is at the other end, as the kernel says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Process.
    pub pid: i32,
    /// Effective user at the time of connecting.
    pub uid: u32,
}

impl ControlSocket {
    /// Listens at `path`, where at most an old socket may be. The caller knows by other means (its
    /// pid file) that nobody serves there.
    ///
    /// # Errors
    /// When something else is at `path`, the path is too long, or what the system calls report.
    pub fn bind(path: &Path) -> io::Result<Self> {
        remove_old(path)?;
        let fd = new_socket(SockFlag::SOCK_NONBLOCK)?;
        // Set before the file exists, so that there is no moment in which others may connect.
        fchmod(&fd, Mode::S_IRUSR | Mode::S_IWUSR)?;
        bind(fd.as_raw_fd(), &UnixAddr::new(path)?)?;
        let backlog = Backlog::new(WAITING)?;
        let file = identity(path)?;
        listen(&fd, backlog)?;
        Ok(Self {
            fd,
            path: path.to_path_buf(),
            file,
            owner: std::process::id(),
        })
    }

    /// Takes over what an earlier image of this process listened at.
    ///
    /// # Errors
    /// When the file at `path` has gone.
    pub fn from_fd(fd: OwnedFd, path: &Path) -> io::Result<Self> {
        Ok(Self {
            fd,
            path: path.to_path_buf(),
            file: identity(path)?,
            owner: std::process::id(),
        })
    }

    /// The process `owner`, which has this socket as well, removes the file from now on.
    pub fn give_to(&mut self, owner: u32) {
        self.owner = owner;
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The next connection, if there is one, non-blocking and close-on-exec.
    ///
    /// # Errors
    /// What `accept` or asking for the peer report.
    pub fn accept(&self) -> io::Result<Option<(Channel, Peer)>> {
        let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
        let raw = match accept4(self.fd.as_raw_fd(), flags) {
            Ok(raw) => raw,
            Err(nix::errno::Errno::EAGAIN | nix::errno::Errno::ECONNABORTED) => return Ok(None),
            Err(errno) => return Err(errno.into()),
        };
        // SAFETY: the kernel has just made this descriptor for us; nobody else owns it.
        let fd = unsafe { OwnedFd::from_raw_fd(raw) };
        let peer = getsockopt(&fd, PeerCredentials)?;
        let peer = Peer {
            pid: peer.pid(),
            uid: peer.uid(),
        };
        Ok(Some((Channel::from_fd(fd), peer)))
    }
}

impl AsFd for ControlSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl Drop for ControlSocket {
    fn drop(&mut self) {
        // A forked child has inherited this value and must not remove its parent's file.
        let ours = identity(&self.path).is_ok_and(|found| found == self.file);
        if self.owner == std::process::id() && ours {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Connects to the daemon that listens at `path`; the end returned does not block.
///
/// # Errors
/// What connecting reports: `NotFound` without such a file, `ConnectionRefused` when nobody
/// listens any more.
pub fn connect_to(path: &Path) -> io::Result<Channel> {
    let fd = new_socket(SockFlag::empty())?;
    connect(fd.as_raw_fd(), &UnixAddr::new(path)?)?;
    fcntl(&fd, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
    Ok(Channel::from_fd(fd))
}

/// Lets a descriptor survive (or not) the execution of another program.
///
/// # Errors
/// What `fcntl` reports.
pub fn keep_over_exec(fd: impl AsFd, keep: bool) -> io::Result<()> {
    let flags = if keep {
        FdFlag::empty()
    } else {
        FdFlag::FD_CLOEXEC
    };
    fcntl(fd, FcntlArg::F_SETFD(flags))?;
    Ok(())
}

fn new_socket(flags: SockFlag) -> io::Result<OwnedFd> {
    Ok(socket(
        AddressFamily::Unix,
        SockType::SeqPacket,
        flags | SockFlag::SOCK_CLOEXEC,
        None,
    )?)
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    let found = std::fs::symlink_metadata(path)?;
    Ok((found.dev(), found.ino()))
}

fn remove_old(path: &Path) -> io::Result<()> {
    match std::fs::symlink_metadata(path) {
        Ok(found) if found.file_type().is_socket() => std::fs::remove_file(path),
        Ok(_) => Err(io::Error::new(
            io::ErrorKind::AlreadyExists,
            "something that is no socket is in its place",
        )),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_caller_is_known_and_the_file_is_the_owners_alone() {
        let dir = tempfile::tempdir().expect("dir");
        let path = dir.path().join("daemon.sock");
        let control = ControlSocket::bind(&path).expect("bound");
        let mode = std::fs::metadata(&path).expect("file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(control.accept().expect("nobody yet").is_none());
        let caller = connect_to(&path).expect("connected");
        let (channel, peer) = control.accept().expect("accept").expect("a caller");
        assert_eq!(peer.pid.cast_unsigned(), std::process::id());
        caller.send(b"status", &[]).expect("sent");
        let heard = channel.receive(64).expect("received").expect("open");
        assert_eq!(heard.bytes, b"status");
        drop(control);
        assert!(!path.exists());
        let refused = connect_to(&path).expect_err("nobody listens");
        assert_eq!(refused.kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn only_an_old_socket_is_replaced() {
        let dir = tempfile::tempdir().expect("dir");
        let path = dir.path().join("daemon.sock");
        let crashed = ControlSocket::bind(&path).expect("bound");
        let next = ControlSocket::bind(&path).expect("the old one is replaced");
        drop(crashed);
        assert!(path.exists(), "the successor's file stays");
        drop(next);
        let victim = dir.path().join("victim");
        std::fs::write(&victim, "precious").expect("write");
        std::os::unix::fs::symlink(&victim, &path).expect("link");
        assert!(ControlSocket::bind(&path).is_err());
        assert_eq!(std::fs::read_to_string(&victim).expect("read"), "precious");
    }
}
