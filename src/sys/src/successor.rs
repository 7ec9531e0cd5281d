//! Who announces an address: ARP and neighbour advertisements of other hosts.
//!
//! Invariants: the sockets only receive, and never wait; what this host sends is not reported.

use std::io::{self, IoSliceMut};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use nix::sys::socket::{
    ControlMessageOwned, MsgFlags, SockaddrStorage, recvmsg, setsockopt, sockopt,
};
use socket2::{Domain, Protocol, Socket, Type};

/// An ARP message has 28 bytes; frames are padded to 46.
const ARP: usize = 64;
/// An advertisement with a few options.
const ADVERTISEMENT: usize = 256;
/// Hop limit of a packet that no router has forwarded (RFC 4861 §7.1.2).
const UNFORWARDED: i32 = 255;
const NEIGHBOR_ADVERTISEMENT: usize = 136;

/// Hears the ARP messages of one link.
#[derive(Debug)]
pub struct ArpListener {
    fd: OwnedFd,
}

impl ArpListener {
    /// Listens on interface `index`.
    ///
    /// # Errors
    /// What `socket` or `bind` report; needs CAP_NET_RAW.
    pub fn open(index: u32) -> io::Result<Self> {
        let kind = libc::SOCK_DGRAM | libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
        // Protocol 0: nothing of other links arrives before it is bound.
        // SAFETY: socket takes integers.
        let fd = unsafe { libc::socket(libc::AF_PACKET, kind, 0) };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the descriptor is new and nobody else owns it.
        let fd = unsafe { OwnedFd::from_raw_fd(fd) };
        // SAFETY: sockaddr_ll is a plain C struct for which all zeroes is a valid value.
        let mut link: libc::sockaddr_ll = unsafe { std::mem::zeroed() };
        link.sll_family = libc::AF_PACKET as libc::c_ushort;
        link.sll_protocol = (libc::ETH_P_ARP as u16).to_be();
        link.sll_ifindex = i32::try_from(index).map_err(io::Error::other)?;
        let length = libc::socklen_t::try_from(size_of_val(&link)).map_err(io::Error::other)?;
        // SAFETY: `link` is readable for the length given.
        let bound = unsafe { libc::bind(fd.as_raw_fd(), std::ptr::from_ref(&link).cast(), length) };
        if bound < 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(Self { fd })
    }

    /// The next message, without its Ethernet header; `None` when none is waiting.
    ///
    /// # Errors
    /// What `recv` reports ("network is down" once after the link went down).
    pub fn receive(&self) -> io::Result<Option<Vec<u8>>> {
        let mut bytes = [0; ARP];
        match nix::sys::socket::recv(self.fd.as_raw_fd(), &mut bytes, MsgFlags::empty()) {
            Ok(length) => Ok(Some(bytes[..length.min(ARP)].to_vec())),
            Err(nix::errno::Errno::EAGAIN) => Ok(None),
            Err(errno) => Err(errno.into()),
        }
    }
}

impl AsFd for ArpListener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// Hears the neighbour advertisements of all links.
#[derive(Debug)]
pub struct AdvertisementListener {
    socket: Socket,
}

impl AdvertisementListener {
    /// Listens on every interface; unsolicited advertisements go to ff02::1, where every host
    /// with IPv6 is.
    ///
    /// # Errors
    /// What `socket` or `setsockopt` report; needs CAP_NET_RAW and IPv6.
    pub fn open() -> io::Result<Self> {
        let socket = Socket::new(Domain::IPV6, Type::RAW, Some(Protocol::ICMPV6))?;
        socket.set_nonblocking(true)?;
        // A set bit blocks that type (RFC 3542 §3.2).
        let mut blocked = [u32::MAX; 8];
        blocked[NEIGHBOR_ADVERTISEMENT / 32] &= !(1 << (NEIGHBOR_ADVERTISEMENT % 32));
        let length = libc::socklen_t::try_from(size_of_val(&blocked)).map_err(io::Error::other)?;
        // SAFETY: `blocked` is readable for the length given, which is that of icmp6_filter.
        let set = unsafe {
            libc::setsockopt(
                socket.as_raw_fd(),
                libc::IPPROTO_ICMPV6,
                ICMP6_FILTER,
                blocked.as_ptr().cast(),
                length,
            )
        };
        if set < 0 {
            return Err(io::Error::last_os_error());
        }
        socket.set_recv_hoplimit_v6(true)?;
        setsockopt(&socket, sockopt::Ipv6RecvPacketInfo, &true)?;
        Ok(Self { socket })
    }

    /// The next ICMPv6 message and the interface it came over; `None` when none is waiting. One
    /// that a router has forwarded is passed over.
    ///
    /// # Errors
    /// What `recvmsg` reports.
    pub fn receive(&self) -> io::Result<Option<(u32, Vec<u8>)>> {
        loop {
            match self.receive_one() {
                Ok(None) | Err(nix::errno::Errno::EINTR) => {}
                Ok(received) => return Ok(received),
                Err(nix::errno::Errno::EAGAIN) => return Ok(None),
                Err(errno) => return Err(errno.into()),
            }
        }
    }

    fn receive_one(&self) -> nix::Result<Option<(u32, Vec<u8>)>> {
        let mut bytes = [0; ADVERTISEMENT];
        let mut control = nix::cmsg_space!(libc::in6_pktinfo, libc::c_int);
        let mut parts = [IoSliceMut::new(&mut bytes)];
        let got = recvmsg::<SockaddrStorage>(
            self.socket.as_raw_fd(),
            &mut parts,
            Some(&mut control),
            MsgFlags::empty(),
        )?;
        let (mut index, mut hops) = (0, 0);
        for message in got.cmsgs()? {
            match message {
                ControlMessageOwned::Ipv6PacketInfo(info) => index = info.ipi6_ifindex,
                ControlMessageOwned::Ipv6HopLimit(limit) => hops = limit,
                _ => {}
            }
        }
        let length = got.bytes;
        Ok((hops == UNFORWARDED).then(|| (index, bytes[..length.min(ADVERTISEMENT)].to_vec())))
    }
}

/// Of `linux/icmpv6.h`.
const ICMP6_FILTER: libc::c_int = 1;

impl AsFd for AdvertisementListener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}
