//! Adverts and claims of addresses on the wire, and which port of the switch they came by.
//!
//! Decodes only what the timeline shows. Lengths are checked before every look.

use std::io::{self, IoSliceMut};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::{AsRawFd, OwnedFd};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use nix::sys::socket::{
    AddressFamily, ControlMessageOwned, LinkAddr, MsgFlags, RecvMsg, SockFlag, SockProtocol,
    SockType, recvmsg, setsockopt, socket,
    sockopt::{RcvBufForce, ReceiveTimestampns},
};

use crate::protocol::monotonic_us;

/// A frame of interest as it entered the switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heard {
    /// When, on the monotonic clock, in microseconds.
    pub at_us: u64,
    /// Interface index of the switch port.
    pub port: u32,
    /// What it says.
    pub what: Frame,
}

/// What a frame says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame {
    /// A VRRP advert.
    Advert(Advert),
    /// The sender has this address: ARP of any kind, or a neighbour advertisement.
    Claim(IpAddr),
}

/// What an advert says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Advert {
    /// Who sent it.
    pub source: IpAddr,
    /// 2 or 3.
    pub version: u8,
    /// Of which virtual router.
    pub vrid: u8,
    /// 0 when the sender leaves.
    pub priority: u8,
    /// Seconds in version 2, centiseconds in version 3.
    pub interval: u16,
}

const VRRP: u8 = 112;
const AH: u8 = 51;
const ICMPV6: u8 = 58;
const NEIGHBOUR_ADVERTISEMENT: u8 = 136;
const OUTGOING: u8 = 4;
/// Receive buffer, in bytes.
const BUFFER: usize = 8 << 20;

/// A socket that sees every frame of the namespace.
///
/// # Errors
/// Without the right to open packet sockets.
pub fn open() -> io::Result<OwnedFd> {
    let socket = socket(
        AddressFamily::Packet,
        SockType::Raw,
        SockFlag::SOCK_CLOEXEC,
        SockProtocol::EthAll,
    )?;
    // Hundreds of announcements come at once. Who may not raise it keeps the usual size.
    let _ = setsockopt(&socket, RcvBufForce, &BUFFER);
    setsockopt(&socket, ReceiveTimestampns, &true)?;
    Ok(socket)
}

/// Hands every frame of interest to `each`, until that says no more.
///
/// # Errors
/// When the socket fails.
pub fn listen(fd: &OwnedFd, mut each: impl FnMut(Heard) -> bool) -> io::Result<()> {
    let mut frame = [0u8; 2048];
    let mut lines = nix::cmsg_space!(nix::libc::timespec);
    loop {
        let mut parts = [IoSliceMut::new(&mut frame)];
        let flags = MsgFlags::empty();
        let got = recvmsg::<LinkAddr>(fd.as_raw_fd(), &mut parts, Some(&mut lines), flags);
        let message = match got {
            Ok(got) => got,
            Err(nix::errno::Errno::EINTR | nix::errno::Errno::ENETDOWN) => continue,
            Err(error) => return Err(error.into()),
        };
        let at_us = monotonic_us().saturating_sub(age_us(&message));
        let Some(from) = message.address.filter(|from| from.pkttype() != OUTGOING) else {
            continue;
        };
        let length = message.bytes;
        let bytes = &frame[..length.min(frame.len())];
        if let Some(what) = decode(bytes) {
            let port = u32::try_from(from.ifindex()).unwrap_or(0);
            if !each(Heard { at_us, port, what }) {
                return Ok(());
            }
        }
    }
}

/// How long ago the kernel got a frame: many come at once, and whoever looks at them has other things
/// to do. Nothing where that is unknown, or the clock was put right meanwhile.
fn age_us(message: &RecvMsg<'_, '_, LinkAddr>) -> u64 {
    let mut lines = message.cmsgs().into_iter().flatten();
    let arrived = lines.find_map(|line| match line {
        ControlMessageOwned::ScmTimestampns(at) => Some(Duration::from(at)),
        _ => None,
    });
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok();
    let age = now.zip(arrived).map(|(now, at)| now.saturating_sub(at));
    let age = age.filter(|age| *age < Duration::from_secs(1));
    age.map_or(0, |age| u64::try_from(age.as_micros()).unwrap_or(0))
}

/// What is of interest in an Ethernet frame.
fn decode(frame: &[u8]) -> Option<Frame> {
    let kind = frame.get(12..14)?;
    let packet = frame.get(14..)?;
    match kind {
        [0x08, 0x06] => arp(packet),
        [0x08, 0x00] => ipv4(packet),
        [0x86, 0xdd] => ipv6(packet),
        _ => None,
    }
}

/// ARP for IPv4 over Ethernet (RFC 826). An unspecified sender only asks (RFC 5227).
fn arp(packet: &[u8]) -> Option<Frame> {
    let sender: [u8; 4] = packet.get(14..18)?.try_into().ok()?;
    let sender = Ipv4Addr::from(sender);
    let good = packet.get(..6)? == [0, 1, 8, 0, 6, 4] && !sender.is_unspecified();
    good.then_some(Frame::Claim(IpAddr::V4(sender)))
}

fn ipv4(packet: &[u8]) -> Option<Frame> {
    let header = usize::from(packet.first()? & 0x0f) * 4;
    let protocol = *packet.get(9)?;
    let source: [u8; 4] = packet.get(12..16)?.try_into().ok()?;
    let rest = packet.get(header..)?;
    let source = IpAddr::V4(Ipv4Addr::from(source));
    match protocol {
        VRRP => vrrp(rest, source),
        AH if *rest.first()? == VRRP => {
            let length = (usize::from(*rest.get(1)?) + 2) * 4;
            vrrp(rest.get(length..)?, source)
        }
        _ => None,
    }
}

fn ipv6(packet: &[u8]) -> Option<Frame> {
    let source: [u8; 16] = packet.get(8..24)?.try_into().ok()?;
    let message = packet.get(40..)?;
    match *packet.get(6)? {
        VRRP => vrrp(message, IpAddr::V6(Ipv6Addr::from(source))),
        ICMPV6 if *message.first()? == NEIGHBOUR_ADVERTISEMENT => {
            let target: [u8; 16] = message.get(8..24)?.try_into().ok()?;
            Some(Frame::Claim(IpAddr::V6(Ipv6Addr::from(target))))
        }
        _ => None,
    }
}

fn vrrp(message: &[u8], source: IpAddr) -> Option<Frame> {
    let [kind, vrid, priority, _count, high, low, ..] = *message else {
        return None;
    };
    let version = kind >> 4;
    if kind & 0x0f != 1 {
        return None;
    }
    let interval = match version {
        2 => u16::from(low),
        3 => u16::from_be_bytes([high & 0x0f, low]),
        _ => return None,
    };
    Some(Frame::Advert(Advert {
        source,
        version,
        vrid,
        priority,
        interval,
    }))
}

impl Advert {
    /// The interval in time.
    pub(crate) fn interval(&self) -> core::time::Duration {
        let unit = if self.version == 2 { 1000 } else { 10 };
        core::time::Duration::from_millis(u64::from(self.interval) * unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: [u8; 2], hex: &str) -> Vec<u8> {
        let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
        let mut bytes = vec![0u8; 12];
        bytes.extend(kind);
        bytes.extend(digits.chunks(2).map(|pair| {
            let text = core::str::from_utf8(pair).expect("digits");
            u8::from_str_radix(text, 16).expect("two digits")
        }));
        bytes
    }

    fn advert_of(frame: &[u8]) -> Option<Advert> {
        match decode(frame) {
            Some(Frame::Advert(advert)) => Some(advert),
            Some(Frame::Claim(_)) | None => None,
        }
    }

    #[test]
    fn arp_claims_the_sender_address_and_a_probe_claims_nothing() {
        let gratuitous = frame(
            [8, 6],
            "0001080006040001 0242ac110002 c0000264 ffffffffffff c0000264",
        );
        let address = "192.0.2.100".parse().expect("an address");
        assert_eq!(decode(&gratuitous), Some(Frame::Claim(address)));
        let probe = frame(
            [8, 6],
            "0001080006040001 0242ac110002 00000000 000000000000 c0000264",
        );
        assert_eq!(decode(&probe), None);
    }

    #[test]
    fn captured_adverts_of_both_versions() {
        let v2 = frame(
            [8, 0],
            "45c0002c00010000ff70188dc0000201e0000012 2133c802000191fec0000264c0000265 0000000000000000",
        );
        let advert = advert_of(&v2).expect("an advert");
        assert_eq!(
            (
                advert.version,
                advert.vrid,
                advert.priority,
                advert.interval
            ),
            (2, 51, 200, 1)
        );
        let v3 = frame(
            [8, 0],
            "45c0002000010000ff701899c0000201e0000012 3136c8010032a194c0000270",
        );
        let advert = advert_of(&v3).expect("an advert");
        assert_eq!((advert.version, advert.vrid, advert.interval), (3, 54, 50));
        assert_eq!(advert.interval(), core::time::Duration::from_millis(500));
    }

    #[test]
    fn an_advert_behind_an_authentication_header() {
        let ah = frame(
            [8, 0],
            "45c0004000010000ff3318b6c0000201e0000012 70040000c000020100000001af99857caa63d9e469fb8d9b \
             2135c80102015258c000026f0000000000000000",
        );
        assert_eq!(
            advert_of(&ah).map(|a| (a.vrid, a.priority)),
            Some((53, 200))
        );
    }

    #[test]
    fn every_prefix_of_a_frame_is_safe() {
        let whole = frame(
            [8, 0],
            "45c0004000010000ff3318b6c0000201e0000012 70040000c000020100000001af99857caa63d9e469fb8d9b 2135c801",
        );
        for length in 0..whole.len() {
            assert_eq!(decode(&whole[..length]), None, "{length} bytes");
        }
    }
}
