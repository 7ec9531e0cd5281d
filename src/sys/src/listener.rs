//! Options of listening TCP sockets that neither `nix` nor `socket2` offer.

use std::io;
use std::os::fd::{AsFd, AsRawFd as _};

/// Allows up to `queue` connections that carry data in their first segment (`TCP_FASTOPEN`).
///
/// # Errors
/// The system's.
pub fn set_fastopen(socket: &impl AsFd, queue: u32) -> io::Result<()> {
    let queue = libc::c_int::try_from(queue).unwrap_or(libc::c_int::MAX);
    set(socket, libc::TCP_FASTOPEN, queue)
}

/// Wakes the acceptor only when a connection has sent data (`TCP_DEFER_ACCEPT`).
///
/// # Errors
/// The system's.
pub fn set_defer_accept(socket: &impl AsFd, on: bool) -> io::Result<()> {
    set(socket, libc::TCP_DEFER_ACCEPT, libc::c_int::from(on))
}

fn set(socket: &impl AsFd, option: libc::c_int, value: libc::c_int) -> io::Result<()> {
    let size = libc::socklen_t::try_from(size_of_val(&value)).map_err(io::Error::other)?;
    // SAFETY: the descriptor is open while it is borrowed; `value` lives over the call, which
    // reads `size` bytes of it.
    let done = unsafe {
        libc::setsockopt(
            socket.as_fd().as_raw_fd(),
            libc::IPPROTO_TCP,
            option,
            (&raw const value).cast(),
            size,
        )
    };
    if done < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{TcpListener, UdpSocket};

    #[test]
    fn options_reach_tcp_only() {
        let tcp = TcpListener::bind("127.0.0.1:0").expect("loopback");
        set_fastopen(&tcp, 16).expect("tcp");
        set_defer_accept(&tcp, true).expect("tcp");
        let udp = UdpSocket::bind("127.0.0.1:0").expect("loopback");
        assert!(set_fastopen(&udp, 16).is_err());
    }
}
