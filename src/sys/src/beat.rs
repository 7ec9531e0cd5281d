//! Asks a driver whether its link is up, where what the kernel tells of its own accord is not to be
//! relied on (old drivers, some virtual ones).
//!
//! Invariants: asking changes nothing and does not wait; an interface that does not answer in one
//! way is no interface that is down.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};

use nix::sys::socket::{AddressFamily, SockFlag, SockType, socket};

/// How to ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    /// The status register of the transceiver (IEEE 802.3 clause 22).
    Mii,
    /// The driver's own word (`ETHTOOL_GLINK`).
    Ethtool,
    /// The flags of the interface.
    Flags,
}

impl Method {
    /// In the order in which they are tried.
    pub const ALL: [Self; 3] = [Self::Mii, Self::Ethtool, Self::Flags];
}

/// Bytes of a name in a request.
const NAME: usize = 16;
const SIOCETHTOOL: libc::c_ulong = 0x8946;
const SIOCGMIIPHY: libc::c_ulong = 0x8947;
const SIOCGMIIREG: libc::c_ulong = 0x8948;
const ETHTOOL_GLINK: u32 = 0x0a;
/// The status register, and its bit for an established link.
const BMSR: u16 = 1;
const BMSR_LINK: u16 = 4;

/// `struct ifreq`.
#[repr(C, align(8))]
#[derive(Clone, Copy)]
struct Request {
    name: [u8; NAME],
    body: [u8; 24],
}

/// `struct ethtool_value`.
#[repr(C)]
struct Value {
    command: u32,
    answer: u32,
}

/// Asks.
#[derive(Debug)]
pub struct Prober {
    socket: OwnedFd,
}

impl Prober {
    /// Opens what is needed to ask about interfaces of this network namespace.
    ///
    /// # Errors
    /// What `socket` reports.
    pub fn open() -> io::Result<Self> {
        let flags = SockFlag::SOCK_CLOEXEC;
        let socket = socket(AddressFamily::Inet, SockType::Datagram, flags, None)?;
        Ok(Self { socket })
    }

    /// Whether the link of `interface` is up.
    ///
    /// # Errors
    /// "No such device"; "operation not supported" where it has to be asked in another way.
    pub fn is_up(&self, interface: &str, method: Method) -> io::Result<bool> {
        let mut request = Request {
            name: [0; NAME],
            body: [0; 24],
        };
        let name = interface.as_bytes();
        // One byte of zero ends it.
        let room = request
            .name
            .get_mut(..name.len())
            .filter(|_| name.len() < NAME);
        room.ok_or(io::ErrorKind::InvalidInput)?
            .copy_from_slice(name);
        match method {
            Method::Mii => self.mii(request),
            Method::Ethtool => self.ethtool(request),
            Method::Flags => self.flags(request),
        }
    }

    fn mii(&self, mut request: Request) -> io::Result<bool> {
        self.ask(SIOCGMIIPHY, &mut request)?;
        let mut read = || {
            request.body[2..4].copy_from_slice(&BMSR.to_ne_bytes());
            self.ask(SIOCGMIIREG, &mut request)?;
            let [.., low, high] = [request.body[6], request.body[7]];
            Ok::<u16, io::Error>(u16::from_ne_bytes([low, high]))
        };
        // The bit stays clear until it has been read once after a loss.
        let status = read()? | read()?;
        // A transceiver has other bits set, too; without any there is none.
        match status {
            0 | u16::MAX => Err(io::ErrorKind::Unsupported.into()),
            status => Ok(status & BMSR_LINK != 0),
        }
    }

    fn ethtool(&self, mut request: Request) -> io::Result<bool> {
        let mut value = Value {
            command: ETHTOOL_GLINK,
            answer: 0,
        };
        let place = (&raw mut value) as usize;
        request.body[..size_of::<usize>()].copy_from_slice(&place.to_ne_bytes());
        self.ask(SIOCETHTOOL, &mut request)?;
        // SAFETY: `value` lives; the kernel has written to it behind the compiler's back.
        let answer = unsafe { (&raw const value.answer).read_volatile() };
        Ok(answer != 0)
    }

    fn flags(&self, mut request: Request) -> io::Result<bool> {
        self.ask(libc::SIOCGIFFLAGS, &mut request)?;
        let flags = libc::c_int::from(u16::from_ne_bytes([request.body[0], request.body[1]]));
        let wanted = libc::IFF_UP | libc::IFF_RUNNING;
        Ok(flags & wanted == wanted)
    }

    fn ask(&self, what: libc::c_ulong, request: &mut Request) -> io::Result<()> {
        // SAFETY: the request has the size and layout of `struct ifreq`, and what it points to (for
        // SIOCETHTOOL) is a value of the caller that is written to while the call lasts.
        let result = unsafe {
            libc::ioctl(
                self.socket.as_raw_fd(),
                what as _,
                std::ptr::from_mut(request),
            )
        };
        match result {
            0.. => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_host_has_a_loopback_interface() {
        let prober = Prober::open().expect("a socket");
        assert!(size_of::<Request>() == size_of::<libc::ifreq>());
        // Whatever it says, it answers in this way.
        prober.is_up("lo", Method::Flags).expect("lo exists");
        for method in Method::ALL {
            let error = prober
                .is_up("no-such-one", method)
                .expect_err("it is not there");
            assert_eq!(error.raw_os_error(), Some(libc::ENODEV), "{method:?}");
        }
        assert!(prober.is_up("lo", Method::Mii).is_err(), "no transceiver");
        assert!(
            prober
                .is_up("a-name-that-is-too-long", Method::Flags)
                .is_err()
        );
    }
}
