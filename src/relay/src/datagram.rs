//! Datagrams of a listening socket: who sent one, to which of our addresses, and the way back.
//!
//! Invariant: a reply leaves from the address that the client used, also on a wildcard socket.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::io::{IoSlice, IoSliceMut};
use std::os::fd::{AsFd, AsRawFd as _};

use nix::libc;
use nix::sys::socket::{
    ControlMessage, ControlMessageOwned, MsgFlags, SockaddrStorage, cmsg_space, recvmsg, sendmsg,
    setsockopt, sockopt,
};
use stream::config::Address;

/// Largest datagram that can arrive.
pub(crate) const LARGEST: usize = 65_536;

/// One datagram; its bytes are in the buffer it was received into.
pub(crate) struct Datagram {
    pub(crate) length: usize,
    /// None: an unnamed unix socket, which cannot be answered.
    pub(crate) client: Option<SockaddrStorage>,
    /// Our address, where the socket is bound to all.
    pub(crate) local: Option<IpAddr>,
}

/// Asks for the destination of datagrams that arrive on a wildcard socket.
pub(crate) fn want_destination(socket: impl AsFd, address: &Address) -> nix::Result<()> {
    match address {
        Address::Inet(address) if address.ip().is_unspecified() => match address.ip() {
            IpAddr::V4(_) => setsockopt(&socket.as_fd(), sockopt::Ipv4PacketInfo, &true),
            IpAddr::V6(_) => setsockopt(&socket.as_fd(), sockopt::Ipv6RecvPacketInfo, &true),
        },
        _ => Ok(()),
    }
}

/// Receives one datagram; `None` when none waits.
pub(crate) fn receive(socket: impl AsFd, buffer: &mut [u8]) -> nix::Result<Option<Datagram>> {
    const SPACE: usize = cmsg_space::<libc::in_pktinfo>() + cmsg_space::<libc::in6_pktinfo>();
    let mut space = [0; SPACE];
    let mut slices = [IoSliceMut::new(buffer)];
    let fd = socket.as_fd().as_raw_fd();
    let message = loop {
        match recvmsg::<SockaddrStorage>(fd, &mut slices, Some(&mut space), MsgFlags::MSG_DONTWAIT)
        {
            Err(nix::Error::EINTR) => space = [0; SPACE],
            Err(nix::Error::EAGAIN) => return Ok(None),
            result => break result?,
        }
    };
    // Lengths of control messages come from the kernel; one that was cut is skipped.
    let local = message
        .cmsgs()
        .ok()
        .and_then(|mut all| all.find_map(|one| destination(&one)));
    Ok(Some(Datagram {
        length: message.bytes,
        client: message.address,
        local,
    }))
}

fn destination(message: &ControlMessageOwned) -> Option<IpAddr> {
    match message {
        ControlMessageOwned::Ipv4PacketInfo(info) => {
            Some(Ipv4Addr::from(u32::from_be(info.ipi_addr.s_addr)).into())
        }
        ControlMessageOwned::Ipv6PacketInfo(info) => {
            Some(Ipv6Addr::from(info.ipi6_addr.s6_addr).into())
        }
        _ => None,
    }
}

/// Sends `bytes` to `client`, from `local` if the socket has several addresses.
pub(crate) fn reply(
    socket: impl AsFd,
    bytes: &[u8],
    client: &SockaddrStorage,
    local: Option<IpAddr>,
) -> nix::Result<usize> {
    let fd = socket.as_fd().as_raw_fd();
    let slices = [IoSlice::new(bytes)];
    let send = |control: &[ControlMessage<'_>]| {
        sendmsg(fd, &slices, control, MsgFlags::MSG_DONTWAIT, Some(client))
    };
    match local {
        None => send(&[]),
        Some(IpAddr::V4(address)) => {
            let source = libc::in_addr {
                s_addr: u32::from(address).to_be(),
            };
            let any = libc::in_addr { s_addr: 0 };
            let info = libc::in_pktinfo {
                ipi_ifindex: 0,
                ipi_spec_dst: source,
                ipi_addr: any,
            };
            send(&[ControlMessage::Ipv4PacketInfo(&info)])
        }
        Some(IpAddr::V6(address)) => {
            let source = libc::in6_addr {
                s6_addr: address.octets(),
            };
            let info = libc::in6_pktinfo {
                ipi6_addr: source,
                ipi6_ifindex: 0,
            };
            send(&[ControlMessage::Ipv6PacketInfo(&info)])
        }
    }
}

/// A kernel's address as the engine knows it; an unnamed unix socket has an empty path.
pub(crate) fn address_of(address: Option<&SockaddrStorage>) -> Address {
    let Some(address) = address else {
        return Address::Unix(std::path::PathBuf::new());
    };
    if let Some(v4) = address.as_sockaddr_in() {
        return Address::Inet((v4.ip(), v4.port()).into());
    }
    if let Some(v6) = address.as_sockaddr_in6() {
        return Address::Inet((v6.ip(), v6.port()).into());
    }
    let path = address.as_unix_addr().and_then(|unix| unix.path());
    Address::Unix(path.map(Into::into).unwrap_or_default())
}
