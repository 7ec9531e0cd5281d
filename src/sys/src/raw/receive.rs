//! Packets that are waiting, many by one system call.
//!
//! Invariants: nothing is made on the heap but each packet's payload, since on a quiet machine every
//! advert is a call of its own; what the kernel says about a packet is read only as far as it wrote.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::io;
use std::os::fd::AsRawFd as _;
use std::time::Duration;

use super::{Received, Receiver};

/// Packets of one system call.
const AT_ONCE: usize = 16;
/// Largest packet read; adverts are at most 28 + 8 + 255 addresses of 16 bytes.
const LARGEST: usize = 8192;
/// Bytes of what the kernel says about one packet: no more than three lines of up to 40 bytes.
const LINES: usize = 128;

/// Where packets are read into, before each is given memory of its own size.
#[derive(Debug, Default)]
pub struct Room {
    bytes: Vec<u8>,
    lines: Vec<Lines>,
}

/// Control messages, aligned as they want it.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(8))]
struct Lines([u8; LINES]);

/// Structures that system calls fill.
///
/// # Safety
/// Whatever the bytes, they are a value: integers and raw pointers only.
unsafe trait Plain: Copy {
    fn zeroed() -> Self {
        // SAFETY: whoever implements this promises it.
        unsafe { core::mem::zeroed() }
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let bytes = bytes.get(..size_of::<Self>())?;
        // SAFETY: as many bytes are there, alignment does not matter, and whoever implements this
        // promises that they are a value.
        Some(unsafe { bytes.as_ptr().cast::<Self>().read_unaligned() })
    }
}

// SAFETY: integers and raw pointers.
unsafe impl Plain for libc::mmsghdr {}
// SAFETY: a raw pointer and an integer.
unsafe impl Plain for libc::iovec {}
// SAFETY: integers.
unsafe impl Plain for libc::sockaddr_in6 {}
// SAFETY: integers.
unsafe impl Plain for libc::cmsghdr {}
// SAFETY: integers.
unsafe impl Plain for libc::in_pktinfo {}
// SAFETY: integers.
unsafe impl Plain for libc::in6_pktinfo {}
// SAFETY: integers.
unsafe impl Plain for libc::timespec {}
// SAFETY: an integer.
unsafe impl Plain for libc::c_int {}

impl Receiver {
    /// Appends packets that are waiting to `found`, and tells whether more may be waiting. What is
    /// not even a whole IP packet is passed over.
    ///
    /// # Errors
    /// What `recvmmsg` reports ("network is down" once after a link went down).
    #[allow(
        clippy::unnecessary_cast,
        reason = "lengths are of another type with musl"
    )]
    pub fn receive(&self, room: &mut Room, found: &mut Vec<Received>) -> io::Result<bool> {
        if room.bytes.is_empty() {
            // Memory that is new from the system counts once it is written to.
            room.bytes = vec![0; AT_ONCE * LARGEST];
        }
        room.lines.resize(AT_ONCE, Lines([0; LINES]));
        let mut sources = [libc::sockaddr_in6::zeroed(); AT_ONCE];
        let mut parts = [libc::iovec::zeroed(); AT_ONCE];
        let mut headers = [libc::mmsghdr::zeroed(); AT_ONCE];
        let places = room.bytes.chunks_exact_mut(LARGEST).zip(&mut room.lines);
        let told = sources.iter_mut().zip(&mut parts).zip(&mut headers);
        for ((bytes, lines), ((source, part), header)) in places.zip(told) {
            part.iov_base = bytes.as_mut_ptr().cast();
            part.iov_len = bytes.len();
            let header = &mut header.msg_hdr;
            header.msg_name = std::ptr::from_mut(source).cast();
            // An IPv4 address is shorter.
            header.msg_namelen = size_of::<libc::sockaddr_in6>() as libc::socklen_t;
            header.msg_iov = part;
            header.msg_iovlen = 1;
            header.msg_control = lines.0.as_mut_ptr().cast();
            header.msg_controllen = LINES as _;
        }
        // SAFETY: every header names buffers of the stated sizes, which live as long as the call.
        let count = unsafe {
            libc::recvmmsg(
                self.socket.as_raw_fd(),
                headers.as_mut_ptr(),
                AT_ONCE as libc::c_uint,
                libc::MSG_DONTWAIT as _,
                std::ptr::null_mut(),
            )
        };
        let Ok(count) = usize::try_from(count) else {
            let error = io::Error::last_os_error();
            return match error.kind() {
                io::ErrorKind::WouldBlock => Ok(false),
                io::ErrorKind::Interrupted => Ok(true),
                _ => Err(error),
            };
        };
        let places = room.bytes.chunks_exact(LARGEST).zip(&room.lines);
        let told = headers.iter().zip(&sources);
        for ((bytes, lines), (header, source)) in places.zip(told).take(count) {
            let length = (header.msg_len as usize).min(LARGEST);
            let told = (header.msg_hdr.msg_controllen as usize).min(LINES);
            found.extend(understood(&bytes[..length], &lines.0[..told], source));
        }
        Ok(count == AT_ONCE)
    }
}

/// A message as a packet; `None` if it is not a whole one.
fn understood(bytes: &[u8], lines: &[u8], source: &libc::sockaddr_in6) -> Option<Received> {
    let mut found = Received::blank();
    note(lines, &mut found);
    if i32::from(source.sin6_family) != libc::AF_INET6 {
        return strip_v4(bytes, found);
    }
    found.source = Ipv6Addr::from(source.sin6_addr.s6_addr).into();
    found.payload = bytes.to_vec();
    Some(found)
}

/// Takes in what the kernel says about a packet.
#[allow(
    clippy::unnecessary_cast,
    reason = "lengths are of another type with musl"
)]
fn note(mut lines: &[u8], found: &mut Received) {
    const HEAD: usize = size_of::<libc::cmsghdr>();
    while let Some(head) = libc::cmsghdr::read(lines) {
        let length = head.cmsg_len as usize;
        let Some(content) = lines.get(HEAD..length) else {
            return;
        };
        match (head.cmsg_level, head.cmsg_type) {
            (libc::IPPROTO_IP, libc::IP_PKTINFO) => {
                if let Some(info) = libc::in_pktinfo::read(content) {
                    found.index = info.ipi_ifindex.cast_unsigned();
                }
            }
            (libc::IPPROTO_IPV6, libc::IPV6_PKTINFO) => {
                if let Some(info) = libc::in6_pktinfo::read(content) {
                    found.index = info.ipi6_ifindex as _;
                    found.destination = Ipv6Addr::from(info.ipi6_addr.s6_addr).into();
                }
            }
            (libc::IPPROTO_IPV6, libc::IPV6_HOPLIMIT) => {
                let hops = libc::c_int::read(content).and_then(|hops| u8::try_from(hops).ok());
                found.ttl = hops.unwrap_or(0);
            }
            (libc::SOL_SOCKET, libc::SCM_TIMESTAMPNS) => {
                found.arrived = libc::timespec::read(content).and_then(|time| {
                    let seconds = u64::try_from(time.tv_sec).ok()?;
                    Some(Duration::new(seconds, u32::try_from(time.tv_nsec).ok()?))
                });
            }
            _ => {}
        }
        // Each begins where a long would.
        let next = length.next_multiple_of(size_of::<usize>());
        lines = lines.get(next..).unwrap_or_default();
    }
}

/// Reads what the IPv4 header says. `None` if it is not whole.
fn strip_v4(bytes: &[u8], mut found: Received) -> Option<Received> {
    let header = usize::from(bytes.first()? & 0x0f) * 4;
    let address = |at: usize| -> Option<IpAddr> {
        let octets: [u8; 4] = bytes.get(at..at + 4)?.try_into().ok()?;
        Some(Ipv4Addr::from(octets).into())
    };
    if header < 20 {
        return None;
    }
    found.ttl = *bytes.get(8)?;
    found.source = address(12)?;
    found.destination = address(16)?;
    found.header = *bytes.first_chunk()?;
    found.payload = bytes.get(header..)?.to_vec();
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_header_is_no_packet() {
        let blank = Received::blank();
        for bytes in [&[][..], &[0x40], &[0x45; 19], &[0x4f; 40]] {
            assert_eq!(strip_v4(bytes, blank.clone()), None);
        }
        let packet = strip_v4(&[0x45; 21], blank).expect("whole");
        assert_eq!((packet.ttl, packet.payload.len()), (0x45, 1));
    }

    #[test]
    fn half_a_line_says_nothing() {
        let line = |length: usize, level: i32, kind: i32, content: &[u8]| {
            let length = length.to_ne_bytes();
            [
                &length,
                &level.to_ne_bytes()[..],
                &kind.to_ne_bytes(),
                content,
            ]
            .concat()
        };
        let index = [7_u32, 0, 0].map(u32::to_ne_bytes).concat();
        let whole = line(16 + 12, libc::IPPROTO_IP, libc::IP_PKTINFO, &index);
        let foreign = line(16 + 4, libc::SOL_SOCKET, 12_345, &[1, 2, 3, 4, 0, 0, 0, 0]);
        let told = |lines: &[u8]| {
            let mut found = Received::blank();
            note(lines, &mut found);
            found.index
        };
        assert_eq!(told(&whole), 7);
        assert_eq!(told(&[foreign, whole.clone()].concat()), 7);
        for end in 0..whole.len() {
            assert_eq!(told(&whole[..end]), 0, "{end} bytes");
        }
        for length in [0, 3, 16, 17, usize::MAX] {
            let wrong = line(length, libc::IPPROTO_IP, libc::IP_PKTINFO, &index);
            assert_eq!(told(&wrong), 0, "a length of {length}");
        }
    }
}
