//! Frames and neighbour advertisements that announce an address.
//!
//! Invariants: the sockets only send; they never queue what others send.

use core::net::Ipv6Addr;
use std::io::{self, IoSlice};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use nix::sys::socket::{ControlMessage, MsgFlags, SockaddrIn6, sendmsg};
use socket2::{Domain, Protocol, Socket, Type};

/// Sends whole Ethernet frames.
#[derive(Debug)]
pub struct FrameSender {
    fd: OwnedFd,
}

impl FrameSender {
    /// Opens a packet socket for every interface.
    ///
    /// # Errors
    /// What `socket` reports; needs CAP_NET_RAW.
    pub fn open() -> io::Result<Self> {
        let kind = libc::SOCK_RAW | libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
        // SAFETY: socket takes integers. Protocol 0: nothing is ever received.
        let fd = unsafe { libc::socket(libc::AF_PACKET, kind, 0) };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the descriptor is new and nobody else owns it.
        let fd = unsafe { OwnedFd::from_raw_fd(fd) };
        Ok(Self { fd })
    }

    /// Sends `frame`, which begins with its Ethernet header, over interface `index`.
    ///
    /// # Errors
    /// What `sendto` reports ("network is down").
    pub fn send(&self, index: u32, frame: &[u8]) -> io::Result<()> {
        // SAFETY: sockaddr_ll is a plain C struct for which all zeroes is a valid value.
        let mut to: libc::sockaddr_ll = unsafe { std::mem::zeroed() };
        to.sll_family = libc::AF_PACKET as libc::c_ushort;
        to.sll_ifindex = i32::try_from(index).map_err(io::Error::other)?;
        to.sll_halen = 6;
        if let Some(destination) = frame.first_chunk::<6>() {
            to.sll_addr[..6].copy_from_slice(destination);
        }
        let length = libc::socklen_t::try_from(size_of_val(&to)).map_err(io::Error::other)?;
        // SAFETY: `frame` and `to` are readable for the lengths given.
        let sent = unsafe {
            libc::sendto(
                self.fd.as_raw_fd(),
                frame.as_ptr().cast(),
                frame.len(),
                0,
                std::ptr::from_ref(&to).cast(),
                length,
            )
        };
        if sent < 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(())
    }
}

impl AsFd for FrameSender {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// Sends ICMPv6 messages with hop limit 255.
#[derive(Debug)]
pub struct NeighbourSender {
    socket: Socket,
}

impl NeighbourSender {
    /// Opens a raw ICMPv6 socket.
    ///
    /// # Errors
    /// What `socket` or `setsockopt` report; needs CAP_NET_RAW and IPv6.
    pub fn open() -> io::Result<Self> {
        let socket = Socket::new(Domain::IPV6, Type::RAW, Some(Protocol::ICMPV6))?;
        socket.set_nonblocking(true)?;
        socket.set_multicast_hops_v6(255)?;
        socket.set_unicast_hops_v6(255)?;
        socket.set_multicast_loop_v6(false)?;
        socket.set_recv_buffer_size(1)?;
        Ok(Self { socket })
    }

    /// Sends `message` (its checksum is filled in by the kernel) from `source`.
    ///
    /// # Errors
    /// What `sendmsg` reports; "cannot assign requested address" while `source` is not on the
    /// interface.
    pub fn send(
        &self,
        index: u32,
        source: Ipv6Addr,
        destination: Ipv6Addr,
        message: &[u8],
    ) -> io::Result<()> {
        let info = libc::in6_pktinfo {
            ipi6_addr: libc::in6_addr {
                s6_addr: source.octets(),
            },
            ipi6_ifindex: index,
        };
        let to = SockaddrIn6::from(core::net::SocketAddrV6::new(destination, 0, 0, index));
        sendmsg(
            self.socket.as_raw_fd(),
            &[IoSlice::new(message)],
            &[ControlMessage::Ipv6PacketInfo(&info)],
            MsgFlags::empty(),
            Some(&to),
        )?;
        Ok(())
    }
}
