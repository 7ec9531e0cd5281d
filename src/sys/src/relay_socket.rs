//! Socket calls of the relay that neither `nix` nor `socket2` offer as the hot path needs them.
//!
//! Invariant: descriptors made here are owned, non-blocking and close-on-exec.

use std::io;
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, FromRawFd as _, OwnedFd};

use socket2::SockAddr;

/// Accepts a connection together with its peer's address in one call (`accept4(2)`).
///
/// # Errors
/// The system's: `WouldBlock` when nobody waits, `EMFILE` and friends when descriptors ran out.
pub fn accept(listener: BorrowedFd<'_>) -> io::Result<(OwnedFd, SockAddr)> {
    // SAFETY: `try_init` hands out storage and its length, both valid for writes during the call;
    // accept4 writes at most that many bytes and sets the length, or fails and writes nothing.
    unsafe {
        SockAddr::try_init(|storage, len| {
            let fd = libc::accept4(
                listener.as_raw_fd(),
                storage.cast(),
                len,
                libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC,
            );
            if fd < 0 {
                Err(io::Error::last_os_error())
            } else {
                Ok(OwnedFd::from_raw_fd(fd))
            }
        })
    }
}

/// About how many bytes a stream socket takes at once: its send buffer less what waits in it
/// (`SO_MEMINFO`). Some percent too high, since the kernel's own overhead is not counted.
///
/// # Errors
/// The system's.
pub fn send_space(socket: BorrowedFd<'_>) -> io::Result<usize> {
    const WMEM_ALLOC: usize = 2;
    const SNDBUF: usize = 3;
    const WMEM_QUEUED: usize = 5;
    let mut memory = [0_u32; 9];
    let mut length = libc::socklen_t::try_from(size_of_val(&memory)).unwrap_or(0);
    // SAFETY: the kernel writes at most `length` bytes, which is the size of the array, and any
    // bytes are valid integers.
    let done = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_MEMINFO,
            memory.as_mut_ptr().cast(),
            &raw mut length,
        )
    };
    if done < 0 {
        return Err(io::Error::last_os_error());
    }
    let taken = memory[WMEM_ALLOC].max(memory[WMEM_QUEUED]);
    Ok(memory[SNDBUF].saturating_sub(taken) as usize)
}

/// The local address of a socket (`getsockname(2)`).
///
/// # Errors
/// The system's.
pub fn local_address(socket: impl AsFd) -> io::Result<SockAddr> {
    socket2::SockRef::from(&socket).local_addr()
}

/// Makes descriptor `to` refer to what `from` refers to, in one step that other threads writing to
/// `to` never see half done (`dup3(2)`).
///
/// # Errors
/// The system's.
pub fn replace(to: BorrowedFd<'_>, from: BorrowedFd<'_>) -> io::Result<()> {
    // SAFETY: both descriptors are open for the duration of the call (they are borrowed); `to` stays
    // open and owned by whom it was, it only refers to another file from now on.
    let done = unsafe { libc::dup3(from.as_raw_fd(), to.as_raw_fd(), libc::O_CLOEXEC) };
    if done < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}

/// Scheduling priority of the calling thread, as `worker_priority` (`setpriority(2)`).
///
/// # Errors
/// `EACCES` when it is lower than now and we are not allowed to.
pub fn set_thread_priority(nice: i32) -> io::Result<()> {
    // SAFETY: no pointers are passed; on Linux PRIO_PROCESS with 0 is the calling thread.
    let done = unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, nice) };
    if done < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read as _, Write as _};
    use std::net::{TcpListener, TcpStream};

    #[test]
    fn accepts_with_the_address() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
        listener.set_nonblocking(true).expect("an option");
        let nobody = accept(listener.as_fd()).expect_err("nobody waits");
        assert_eq!(nobody.kind(), io::ErrorKind::WouldBlock);

        let client = TcpStream::connect(listener.local_addr().expect("bound")).expect("loopback");
        let (fd, address) = accept(listener.as_fd()).expect("the client waits");
        assert_eq!(address.as_socket(), client.local_addr().ok());
        let mut server = TcpStream::from(fd);
        let early = server.read(&mut [0]).expect_err("non-blocking from birth");
        assert_eq!(early.kind(), io::ErrorKind::WouldBlock);
        assert_eq!(
            local_address(&server).expect("connected").as_socket(),
            client.peer_addr().ok()
        );
    }

    #[test]
    fn send_space_is_about_what_is_taken() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
        let address = listener.local_addr().expect("it is bound");
        let mut client = TcpStream::connect(address).expect("loopback");
        client.set_nonblocking(true).expect("an option");
        let space = send_space(client.as_fd()).expect("a socket");
        assert!(space > 4096, "{space}");
        // Nobody reads: at some time the peer's buffer and then ours are full.
        let block = [0; 65_536];
        while client.write(&block).is_ok() {}
        let full = send_space(client.as_fd()).expect("a socket");
        assert!(
            full < 65_536,
            "{full} bytes free, and yet no byte was taken"
        );
    }

    #[test]
    fn replaces_a_file_under_its_descriptor() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = |name| directory.path().join(name);
        let old = std::fs::File::create(path("old")).expect("a file");
        let new = std::fs::File::create(path("new")).expect("a file");
        replace(old.as_fd(), new.as_fd()).expect("both are open");
        (&old).write_all(b"x").expect("a write");
        assert_eq!(std::fs::read(path("new")).expect("it exists"), b"x");
        assert_eq!(std::fs::read(path("old")).expect("it exists"), b"");
    }
}
