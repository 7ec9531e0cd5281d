//! Raw sockets for adverts: protocol 112 (VRRP) or 51 (AH), both families.
//!
//! Invariants: an IPv4 packet goes out with exactly the header it was given (the kernel fills only
//! total length and header checksum), an IPv6 one with traffic class 0xc0 and a kernel checksum;
//! what this host multicasts does not come back to it; receiving sockets get no more than one
//! interface's packets when they are bound to one.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::io::{self, IoSlice};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use nix::sys::socket::{ControlMessage, MsgFlags, SockaddrIn6, sendmsg, setsockopt, sockopt};
use socket2::{Domain, InterfaceIndexOrAddress, Protocol, Socket, Type};

mod many;
mod receive;

pub use many::Packet;
pub use receive::Room;

/// Room in the receive buffer: about ten thousand adverts.
const RECEIVE_BUFFER: usize = 4 << 20;
/// IPv6 traffic class and IPv4 type of service of adverts (internetwork control).
const TRAFFIC_CLASS: u32 = 0xc0;
/// Where a VRRP message has its checksum.
const CHECKSUM_OFFSET: libc::c_int = 6;

/// An interface as sockets need it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Device<'a> {
    /// Kernel index.
    pub index: u32,
    /// Name, for SO_BINDTODEVICE.
    pub name: &'a str,
}

/// What an advert socket carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AdvertProtocol {
    /// Protocol 112.
    Vrrp,
    /// Protocol 51.
    AuthenticationHeader,
}

impl AdvertProtocol {
    /// Number in the IP header.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Vrrp => 112,
            Self::AuthenticationHeader => 51,
        }
    }
}

/// A socket that sends adverts.
#[derive(Debug)]
pub struct Sender {
    socket: Socket,
    v6: bool,
}

/// A received advert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// IP source.
    pub source: IpAddr,
    /// IP destination; unspecified if the kernel did not say.
    pub destination: IpAddr,
    /// TTL or hop limit.
    pub ttl: u8,
    /// Interface it came in on; 0 if the kernel did not say.
    pub index: u32,
    /// The time of day when the kernel got it, since 1970; `None` if it did not say.
    pub arrived: Option<Duration>,
    /// The IPv4 header without options; zeros for IPv6.
    pub header: [u8; 20],
    /// What follows the IP header.
    pub payload: Vec<u8>,
}

impl Received {
    /// Nothing is known of it yet.
    const fn blank() -> Self {
        let unknown = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
        Self {
            source: unknown,
            destination: unknown,
            ttl: 0,
            index: 0,
            arrived: None,
            header: [0; 20],
            payload: Vec::new(),
        }
    }
}

impl Sender {
    /// An IPv4 sender, bound to `device` if one is given. Packets carry their own IP header.
    ///
    /// # Errors
    /// What `socket` or `setsockopt` report; needs CAP_NET_RAW.
    pub fn v4(protocol: AdvertProtocol, device: Option<Device<'_>>) -> io::Result<Self> {
        let socket = open(Domain::IPV4, protocol)?;
        socket.set_header_included_v4(true)?;
        if let Some(device) = device {
            socket.bind_device(Some(device.name.as_bytes()))?;
            set_multicast_interface(&socket, device.index)?;
        }
        socket.set_multicast_loop_v4(false)?;
        // A raw socket receives everything of its protocol; this one is not even to be offered what
        // goes to groups that others joined, and must not pile up the rest.
        socket.set_multicast_all_v4(false)?;
        socket.set_recv_buffer_size(1)?;
        Ok(Self { socket, v6: false })
    }

    /// An IPv6 sender, bound to `device` if one is given. The kernel fills in the checksum of
    /// VRRP messages. `hops` is for unicast; multicast always goes out with 255.
    ///
    /// # Errors
    /// What `socket` or `setsockopt` report; needs CAP_NET_RAW.
    pub fn v6(device: Option<Device<'_>>, hops: u8) -> io::Result<Self> {
        let socket = open(Domain::IPV6, AdvertProtocol::Vrrp)?;
        socket.set_unicast_hops_v6(hops.into())?;
        socket.set_multicast_hops_v6(255)?;
        socket.set_multicast_loop_v6(false)?;
        socket.set_tclass_v6(TRAFFIC_CLASS)?;
        set_option(
            &socket,
            libc::IPPROTO_IPV6,
            libc::IPV6_CHECKSUM,
            &CHECKSUM_OFFSET,
        )?;
        if let Some(device) = device {
            socket.bind_device(Some(device.name.as_bytes()))?;
            socket.set_multicast_if_v6(device.index)?;
        }
        socket.set_multicast_all_v6(false)?;
        socket.set_recv_buffer_size(1)?;
        Ok(Self { socket, v6: true })
    }

    /// Over IPv6, lets packets go out from an address that the device does not have: the virtual
    /// MAC address says who sends, and only masters may show it.
    ///
    /// # Errors
    /// What `setsockopt` reports.
    pub fn send_from_elsewhere(&self) -> io::Result<()> {
        match self.v6 {
            true => set_option(
                &self.socket,
                libc::IPPROTO_IPV6,
                libc::IPV6_FREEBIND,
                &1_i32,
            ),
            // An IPv4 packet brings its own header.
            false => Ok(()),
        }
    }

    /// Takes a descriptor that another process opened with [`Sender::v4`] or [`Sender::v6`].
    #[must_use]
    pub fn from_fd(fd: OwnedFd, v6: bool) -> Self {
        let socket = fd.into();
        Self { socket, v6 }
    }

    /// Sends one packet: for IPv4 beginning with its IP header, for IPv6 the message alone, which
    /// goes out from `source` over interface `index` (0: by routing).
    ///
    /// # Errors
    /// What `sendto` or `sendmsg` report ("network is unreachable" on a downed link).
    pub fn send(
        &self,
        packet: &[u8],
        source: IpAddr,
        destination: IpAddr,
        index: u32,
    ) -> io::Result<()> {
        let IpAddr::V6(destination) = destination else {
            let to = SocketAddr::new(destination, 0);
            self.socket.send_to(packet, &to.into())?;
            return Ok(());
        };
        let IpAddr::V6(source) = source else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        if !self.v6 {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        send_from_v6(&self.socket, packet, source, destination, index)
    }
}

/// Says where an IPv6 packet comes from and by which interface it leaves (0: by routing).
const fn packet_info(source: Ipv6Addr, index: u32) -> libc::in6_pktinfo {
    libc::in6_pktinfo {
        ipi6_addr: libc::in6_addr {
            s6_addr: source.octets(),
        },
        ipi6_ifindex: index,
    }
}

/// `destination`, on interface `index` where the address alone does not say.
fn to_v6(destination: Ipv6Addr, index: u32) -> SockaddrIn6 {
    let local = destination.is_unicast_link_local() || destination.is_multicast();
    let scope = if local { index } else { 0 };
    SockaddrIn6::from(SocketAddrV6::new(destination, 0, 0, scope))
}

/// Sends `packet` over a raw IPv6 socket from `source`.
fn send_from_v6(
    socket: &Socket,
    packet: &[u8],
    source: Ipv6Addr,
    destination: Ipv6Addr,
    index: u32,
) -> io::Result<()> {
    let info = packet_info(source, index);
    let to = to_v6(destination, index);
    sendmsg(
        socket.as_raw_fd(),
        &[IoSlice::new(packet)],
        &[ControlMessage::Ipv6PacketInfo(&info)],
        MsgFlags::empty(),
        Some(&to),
    )?;
    Ok(())
}

/// A socket that receives adverts, non-blocking.
#[derive(Debug)]
pub struct Receiver {
    socket: Socket,
}

impl Receiver {
    /// Receives what comes in over `device` (over any interface without one) and is sent to
    /// `local` (to any address without one). `local` need not exist yet.
    ///
    /// # Errors
    /// What `socket`, `setsockopt` or `bind` report; needs CAP_NET_RAW.
    pub fn open(
        v6: bool,
        protocol: AdvertProtocol,
        device: Option<Device<'_>>,
        local: Option<IpAddr>,
    ) -> io::Result<Self> {
        let domain = if v6 { Domain::IPV6 } else { Domain::IPV4 };
        let socket = open(domain, protocol)?;
        if let Some(device) = device {
            socket.bind_device(Some(device.name.as_bytes()))?;
        }
        if v6 {
            socket.set_multicast_all_v6(false)?;
            socket.set_recv_hoplimit_v6(true)?;
            setsockopt(&socket, sockopt::Ipv6RecvPacketInfo, &true)?;
            // The kernel drops packets with a wrong checksum, as it does for the original.
            set_option(
                &socket,
                libc::IPPROTO_IPV6,
                libc::IPV6_CHECKSUM,
                &CHECKSUM_OFFSET,
            )?;
        } else {
            socket.set_multicast_all_v4(false)?;
            setsockopt(&socket, sockopt::Ipv4PacketInfo, &true)?;
        }
        setsockopt(&socket, sockopt::ReceiveTimestampns, &true)?;
        if setsockopt(&socket, sockopt::RcvBufForce, &RECEIVE_BUFFER).is_err() {
            socket.set_recv_buffer_size(RECEIVE_BUFFER)?;
        }
        if let Some(local) = local {
            let freebind = 1_i32;
            let level = if v6 {
                libc::IPPROTO_IPV6
            } else {
                libc::IPPROTO_IP
            };
            let name = if v6 {
                libc::IPV6_FREEBIND
            } else {
                libc::IP_FREEBIND
            };
            set_option(&socket, level, name, &freebind)?;
            let scope = device.map_or(0, |device| device.index);
            let address = match local {
                IpAddr::V4(_) => SocketAddr::new(local, 0),
                IpAddr::V6(v6) => SocketAddrV6::new(v6, 0, 0, scope).into(),
            };
            socket.bind(&address.into())?;
        }
        Ok(Self { socket })
    }

    /// Makes the receive buffer that large, within what the system allows; without a size as large
    /// as it was when opened.
    ///
    /// # Errors
    /// What `setsockopt` reports.
    pub fn size_buffer(&self, bytes: Option<u32>) -> io::Result<()> {
        match bytes {
            Some(bytes) => {
                crate::netlink::transport::set_receive_buffer(&self.socket, bytes, false)
            }
            None => {
                crate::netlink::transport::force_receive_buffer(&self.socket, RECEIVE_BUFFER);
                Ok(())
            }
        }
    }

    /// Joins `group` on the interface with that index. Joining twice is no error.
    ///
    /// # Errors
    /// What `setsockopt` reports (no such device, too many memberships).
    pub fn join(&self, group: IpAddr, index: u32) -> io::Result<()> {
        let joined = match group {
            IpAddr::V4(group) => self
                .socket
                .join_multicast_v4_n(&group, &InterfaceIndexOrAddress::Index(index)),
            IpAddr::V6(group) => self.socket.join_multicast_v6(&group, index),
        };
        match joined {
            Err(e) if e.raw_os_error() == Some(libc::EADDRINUSE) => Ok(()),
            other => other,
        }
    }

    /// Takes a descriptor that another process opened with [`Receiver::open`].
    #[must_use]
    pub fn from_fd(fd: OwnedFd) -> Self {
        Self { socket: fd.into() }
    }
}

impl AsFd for Receiver {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl AsFd for Sender {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

fn open(domain: Domain, protocol: AdvertProtocol) -> io::Result<Socket> {
    let number = Protocol::from(i32::from(protocol.number()));
    let socket = Socket::new(domain, Type::RAW, Some(number))?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

/// IP_MULTICAST_IF by index; socket2 offers it only by address, which may be shared or absent.
fn set_multicast_interface(socket: &Socket, index: u32) -> io::Result<()> {
    let request = libc::ip_mreqn {
        imr_multiaddr: libc::in_addr { s_addr: 0 },
        imr_address: libc::in_addr { s_addr: 0 },
        imr_ifindex: i32::try_from(index).map_err(io::Error::other)?,
    };
    set_option(socket, libc::IPPROTO_IP, libc::IP_MULTICAST_IF, &request)
}

/// One `setsockopt` of a plain C value.
fn set_option<T: Copy>(socket: &Socket, level: i32, name: i32, value: &T) -> io::Result<()> {
    let length = libc::socklen_t::try_from(size_of::<T>()).map_err(io::Error::other)?;
    // SAFETY: `value` points to `length` readable bytes over the call.
    let code = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            level,
            name,
            std::ptr::from_ref(value).cast(),
            length,
        )
    };
    if code < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_receive_buffer_is_sized_and_large_again() {
        if !nix::unistd::geteuid().is_root() {
            eprintln!("skipped: raw sockets need root");
            return;
        }
        let receiver = Receiver::open(false, AdvertProtocol::Vrrp, None, None).expect("opened");
        // The kernel counts twice what was set.
        let size = || nix::sys::socket::getsockopt(&receiver, sockopt::RcvBuf).expect("known");
        let large = size();
        assert!(large >= 2 * RECEIVE_BUFFER);
        receiver.size_buffer(Some(50_000)).expect("sized");
        assert_eq!(size(), 100_000);
        receiver.size_buffer(None).expect("sized");
        assert_eq!(size(), large);
    }
}
