//! UDP for protocols that look at the TTL of what they hear (RFC 5082), such as BFD.
//!
//! Invariants: a datagram without its TTL is never handed out; neither end ever blocks.
//! Deliberately unknown here: what the bytes mean, which TTL is good enough.

use std::io::{self, IoSliceMut};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::ops::RangeInclusive;
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, OwnedFd};

use nix::errno::Errno;
use nix::libc;
use nix::sys::socket::{
    ControlMessageOwned, MsgFlags, SockaddrStorage, recvmsg, setsockopt, sockopt,
};
use socket2::{Domain, Protocol, Socket, Type};

/// Longest datagram that is kept whole, in bytes.
const LARGEST: usize = 512;
/// Class selector 6, for routing protocols (RFC 4594).
const INTERNETWORK_CONTROL: u32 = 0xc0;

/// What arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Datagram {
    /// Sender.
    pub source: IpAddr,
    /// Our address that it was sent to.
    pub destination: Option<IpAddr>,
    /// TTL or hop limit that was left.
    pub ttl: u8,
    /// The payload.
    pub bytes: Vec<u8>,
}

/// Hears one port on every address of one family.
#[derive(Debug)]
pub struct Receiver {
    socket: Socket,
}

impl Receiver {
    /// Binds `port` on all addresses.
    ///
    /// # Errors
    /// What `socket`, `setsockopt` or `bind` report, such as another program on the port.
    pub fn open(v6: bool, port: u16) -> io::Result<Self> {
        let socket = open(v6)?;
        let any: IpAddr = if v6 {
            socket.set_only_v6(true)?;
            socket.set_recv_hoplimit_v6(true)?;
            setsockopt(&socket, sockopt::Ipv6RecvPacketInfo, &true)?;
            Ipv6Addr::UNSPECIFIED.into()
        } else {
            setsockopt(&socket, sockopt::Ipv4RecvTtl, &true)?;
            setsockopt(&socket, sockopt::Ipv4PacketInfo, &true)?;
            Ipv4Addr::UNSPECIFIED.into()
        };
        socket.bind(&SocketAddr::new(any, port).into())?;
        Ok(Self { socket })
    }

    /// A receiver that another process opened.
    #[must_use]
    pub fn from_fd(fd: OwnedFd) -> Self {
        Self {
            socket: Socket::from(fd),
        }
    }

    /// The next datagram, or `None` when none is waiting.
    ///
    /// # Errors
    /// What `recvmsg` reports.
    pub fn receive(&self) -> io::Result<Option<Datagram>> {
        loop {
            match self.receive_one() {
                Ok(None) | Err(Errno::EINTR) => {}
                Ok(received) => return Ok(received),
                Err(Errno::EAGAIN) => return Ok(None),
                Err(errno) => return Err(errno.into()),
            }
        }
    }

    fn receive_one(&self) -> nix::Result<Option<Datagram>> {
        let mut bytes = [0; LARGEST];
        let mut control = nix::cmsg_space!(libc::in6_pktinfo, libc::in_pktinfo, libc::c_int);
        let mut parts = [IoSliceMut::new(&mut bytes)];
        let got = recvmsg::<SockaddrStorage>(
            self.socket.as_raw_fd(),
            &mut parts,
            Some(&mut control),
            MsgFlags::empty(),
        )?;
        let mut ttl = None;
        let mut destination = None;
        for message in got.cmsgs()? {
            match message {
                ControlMessageOwned::Ipv4Ttl(hops) | ControlMessageOwned::Ipv6HopLimit(hops) => {
                    ttl = u8::try_from(hops).ok();
                }
                ControlMessageOwned::Ipv4PacketInfo(info) => {
                    let address = u32::from_be(info.ipi_addr.s_addr);
                    destination = Some(Ipv4Addr::from_bits(address).into());
                }
                ControlMessageOwned::Ipv6PacketInfo(info) => {
                    destination = Some(Ipv6Addr::from(info.ipi6_addr.s6_addr).into());
                }
                _ => {}
            }
        }
        let source = got.address.and_then(|address| {
            let v4 = address.as_sockaddr_in().map(|v4| v4.ip().into());
            v4.or_else(|| Some(address.as_sockaddr_in6()?.ip().into()))
        });
        let length = got.bytes;
        let (Some(source), Some(ttl)) = (source, ttl) else {
            return Ok(None);
        };
        Ok(Some(Datagram {
            source,
            destination,
            ttl,
            bytes: bytes[..length].to_vec(),
        }))
    }
}

/// Sends to one neighbour.
#[derive(Debug)]
pub struct Sender {
    socket: Socket,
    to: SocketAddr,
}

impl Sender {
    /// Sends to `to` with `ttl`, from `source` (the kernel's choice without one) and the first
    /// free port of `ports`, tried from `first` on.
    ///
    /// # Errors
    /// What `socket`, `setsockopt` or `bind` report: an address that this host does not have, no
    /// free port.
    pub fn open(
        to: SocketAddr,
        source: Option<IpAddr>,
        ttl: u8,
        ports: &RangeInclusive<u16>,
        first: u16,
    ) -> io::Result<Self> {
        let socket = open(to.is_ipv6())?;
        let any: IpAddr = if to.is_ipv6() {
            socket.set_unicast_hops_v6(ttl.into())?;
            socket.set_tclass_v6(INTERNETWORK_CONTROL)?;
            Ipv6Addr::UNSPECIFIED.into()
        } else {
            socket.set_ttl_v4(ttl.into())?;
            socket.set_tos_v4(INTERNETWORK_CONTROL)?;
            Ipv4Addr::UNSPECIFIED.into()
        };
        let source = source.unwrap_or(any);
        let first = first.clamp(*ports.start(), *ports.end());
        for port in (first..=*ports.end()).chain(*ports.start()..first) {
            let own = match (source, to) {
                // An address of a link means nothing without the link.
                (IpAddr::V6(own), SocketAddr::V6(to)) if own.is_unicast_link_local() => {
                    SocketAddrV6::new(own, port, 0, to.scope_id()).into()
                }
                (own, _) => SocketAddr::new(own, port),
            };
            match socket.bind(&own.into()) {
                Ok(()) => return Ok(Self { socket, to }),
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::ErrorKind::AddrInUse.into())
    }

    /// The port that it sends from.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        let own = self.socket.local_addr().ok()?;
        own.as_socket().map(|own| own.port())
    }

    /// Sends one datagram.
    ///
    /// # Errors
    /// What `sendto` reports.
    pub fn send(&self, bytes: &[u8]) -> io::Result<()> {
        self.socket.send_to(bytes, &self.to.into()).map(drop)
    }
}

fn open(v6: bool) -> io::Result<Socket> {
    let domain = if v6 { Domain::IPV6 } else { Domain::IPV4 };
    let socket = Socket::new(domain, Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

impl AsFd for Receiver {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// On loopback: where from, where to, with how many hops left.
    #[test]
    fn a_datagram_arrives_with_its_ttl() {
        for (local, ttl) in [("127.0.0.1", 254), ("::1", 63)] {
            let local: IpAddr = local.parse().expect("an address");
            let receiver = Receiver::open(local.is_ipv6(), 0).expect("a port");
            let port = receiver.socket.local_addr().expect("bound");
            let port = port.as_socket().expect("inet").port();
            let to = SocketAddr::new(local, port);
            let ports = 49_152..=65_535;
            let sender = Sender::open(to, Some(local), ttl, &ports, 50_000).expect("a sender");
            let from = sender.socket.local_addr().expect("bound");
            let from = from.as_socket().expect("inet");
            assert!(from.ip() == local && ports.contains(&from.port()));
            assert_eq!(receiver.receive().expect("open"), None);
            sender.send(b"here").expect("sent");
            let expected = Datagram {
                source: local,
                destination: Some(local),
                ttl,
                bytes: b"here".to_vec(),
            };
            assert_eq!(receiver.receive().expect("open"), Some(expected));
        }
    }

    #[test]
    fn an_address_of_somebody_else_is_refused() {
        let to: SocketAddr = "127.0.0.1:9".parse().expect("an address");
        let source = "192.0.2.77".parse().expect("an address");
        let sender = Sender::open(to, Some(source), 255, &(49_152..=65_535), 49_152);
        let error = sender.expect_err("not ours");
        assert_eq!(error.kind(), io::ErrorKind::AddrNotAvailable);
    }
}
