//! Many packets go out by one system call: hundreds of virtual routers advertise at the same moment.

use core::net::IpAddr;
use std::io::{self, IoSlice};
use std::os::fd::AsRawFd as _;

use nix::errno::Errno;
use nix::sys::socket::{
    ControlMessage, MsgFlags, MultiHeaders, SockaddrIn, SockaddrIn6, SockaddrLike, sendmmsg,
};

use super::{Sender, packet_info, to_v6};

/// Packets of one system call.
const AT_ONCE: usize = 16;

/// A packet to send: for IPv4 with its IP header, for IPv6 the message alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// What is sent.
    pub bytes: Vec<u8>,
    /// IP source.
    pub source: IpAddr,
    /// IP destination.
    pub to: IpAddr,
}

impl Sender {
    /// Sends packets in their order over interface `index` (0: by routing). `failed` is told which
    /// did not go out, and why; the others do.
    pub fn send_all(
        &self,
        packets: &[Packet],
        index: u32,
        failed: &mut dyn FnMut(usize, io::Error),
    ) {
        let mut at = 0;
        while let Some(first) = packets.get(at) {
            let alike = |other: &&Packet| self.goes_with(first, other);
            let some = packets[at..].iter().take(AT_ONCE).take_while(alike);
            let some = &packets[at..at + some.count().max(1)];
            let sent = match some {
                [_] => Ok(0),
                _ if self.v6 => self.send_some_v6(some, first.source, index),
                _ => self.send_some_v4(some),
            };
            // Which error stopped it is told by another try.
            at += sent.unwrap_or(0);
            if sent.unwrap_or(0) < some.len() {
                let Packet { bytes, source, to } = &packets[at];
                if let Err(error) = self.send(bytes, *source, *to, index) {
                    failed(at, error);
                }
                at += 1;
            }
        }
    }

    /// Whether two packets can go out by one call: one header line says where all come from.
    fn goes_with(&self, first: &Packet, other: &Packet) -> bool {
        let family = |packet: &Packet| packet.to.is_ipv6() == self.v6;
        let same = !self.v6 || first.source == other.source;
        same && family(first) && family(other)
    }

    fn send_some_v4(&self, packets: &[Packet]) -> nix::Result<usize> {
        let to = packets.iter().map(|packet| match packet.to {
            IpAddr::V4(to) => Some(SockaddrIn::from(core::net::SocketAddrV4::new(to, 0))),
            IpAddr::V6(_) => None,
        });
        let to: Vec<_> = to.collect();
        let headers = MultiHeaders::preallocate(packets.len(), None);
        self.call(packets, headers, &to, &[])
    }

    fn send_some_v6(&self, packets: &[Packet], source: IpAddr, index: u32) -> nix::Result<usize> {
        let IpAddr::V6(source) = source else {
            return Err(Errno::EINVAL);
        };
        let info = packet_info(source, index);
        let to = packets.iter().map(|packet| match packet.to {
            IpAddr::V6(to) => Some(to_v6(to, index)),
            IpAddr::V4(_) => None::<SockaddrIn6>,
        });
        let to: Vec<_> = to.collect();
        let space = nix::cmsg_space!(libc::in6_pktinfo);
        let headers = MultiHeaders::preallocate(packets.len(), Some(space));
        self.call(
            packets,
            headers,
            &to,
            &[ControlMessage::Ipv6PacketInfo(&info)],
        )
    }

    fn call<S: SockaddrLike + Copy>(
        &self,
        packets: &[Packet],
        mut headers: MultiHeaders<S>,
        to: &[Option<S>],
        control: &[ControlMessage<'_>],
    ) -> nix::Result<usize> {
        let parts = packets.iter().map(|packet| [IoSlice::new(&packet.bytes)]);
        let parts: Vec<[IoSlice<'_>; 1]> = parts.collect();
        let fd = self.socket.as_raw_fd();
        let sent = sendmmsg(fd, &mut headers, &parts, to, control, MsgFlags::empty())?;
        Ok(sent.count())
    }
}
