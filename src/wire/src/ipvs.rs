//! The kernel's IPVS table as values, and its generic netlink attributes as bytes.
//!
//! Layout and numbers are `include/uapi/linux/ip_vs.h`; the header of the generic netlink message
//! is the transport's business. Invariants: decoding reads only what a length covers, skips
//! attributes it does not know, and never panics; encoding is total.
//! Deliberately unknown here: sockets, family numbers, what the table should contain.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use base::Family;

/// Name of the generic netlink family.
pub const FAMILY_NAME: &str = "IPVS";
/// Version of the family.
pub const VERSION: u8 = 1;

/// Commands used here (`IPVS_CMD_*`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
#[allow(missing_docs)] // the names are the kernel's
pub enum Command {
    NewService = 1,
    SetService = 2,
    DelService = 3,
    GetService = 4,
    NewDest = 5,
    SetDest = 6,
    DelDest = 7,
    GetDest = 8,
    GetInfo = 15,
}

/// IP protocol of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// 6
    Tcp,
    /// 17
    Udp,
    /// 132
    Sctp,
}

impl Protocol {
    /// Its number in IP headers.
    #[must_use]
    pub const fn number(self) -> u16 {
        match self {
            Self::Tcp => 6,
            Self::Udp => 17,
            Self::Sctp => 132,
        }
    }
}

impl core::fmt::Display for Protocol {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Sctp => "sctp",
        })
    }
}

/// Packets that get a firewall mark, by where they go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Marked {
    /// Protocol.
    pub protocol: Protocol,
    /// First and last address, both included, of one family.
    pub addresses: (IpAddr, IpAddr),
    /// First and last port, both included.
    pub ports: (u16, u16),
    /// The mark, not 0.
    pub mark: u32,
}

impl Marked {
    /// The family of its addresses.
    #[must_use]
    pub const fn family(&self) -> Family {
        Family::of(self.addresses.0)
    }
}

/// How packets reach the real server (`lvs_method`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Forwarding {
    /// NAT
    Masquerade,
    /// DR
    DirectRouting,
    /// TUN (ipip)
    Tunnel,
}

impl Forwarding {
    /// `IP_VS_CONN_F_*`
    const fn number(self) -> u32 {
        match self {
            Self::Masquerade => 0,
            Self::Tunnel => 2,
            Self::DirectRouting => 3,
        }
    }
}

/// Identity of a service in the kernel's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ServiceKey {
    /// Address, port, protocol.
    Address {
        /// Address and port.
        address: SocketAddr,
        /// Protocol.
        protocol: Protocol,
    },
    /// Firewall mark.
    Mark {
        /// The mark, not 0.
        mark: u32,
        /// Its family.
        family: Family,
    },
}

impl ServiceKey {
    /// The family of the service.
    #[must_use]
    pub const fn family(&self) -> Family {
        match self {
            Self::Address { address, .. } => Family::of(address.ip()),
            Self::Mark { family, .. } => *family,
        }
    }
}

/// Which clients count as one for persistence (`persistence_granularity`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Granularity {
    /// IPv4 netmask.
    Mask(Ipv4Addr),
    /// IPv6 prefix length.
    Prefix(u8),
}

impl Granularity {
    /// Every client on its own: what the kernel shows when nothing is configured.
    #[must_use]
    pub const fn host(family: Family) -> Self {
        match family {
            Family::V4 => Self::Mask(Ipv4Addr::BROADCAST),
            Family::V6 => Self::Prefix(128),
        }
    }
}

/// A virtual service as the kernel keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Identity.
    pub key: ServiceKey,
    /// Scheduler name.
    pub scheduler: String,
    /// Persistence timeout in seconds; none: not persistent.
    pub persistence: Option<u32>,
    /// Netmask of persistence; `Granularity::host` unless configured.
    pub granularity: Granularity,
}

/// A real server as the kernel keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Destination {
    /// Where.
    pub address: SocketAddr,
    /// 0: no new connections.
    pub weight: u32,
    /// How packets get there.
    pub forwarding: Forwarding,
}

/// One change of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A service that is not there yet.
    AddService(Service),
    /// New scheduler or persistence; destinations and connections stay.
    EditService(Service),
    /// The service with all its destinations.
    DelService(ServiceKey),
    /// A destination that is not there yet.
    AddDest(ServiceKey, Destination),
    /// New weight or forwarding; connections stay.
    EditDest(ServiceKey, Destination),
    /// Out of the pool.
    DelDest(ServiceKey, SocketAddr),
}

impl Change {
    /// The service that the change is about.
    #[must_use]
    pub const fn service(&self) -> &ServiceKey {
        match self {
            Self::AddService(service) | Self::EditService(service) => &service.key,
            Self::DelService(key)
            | Self::AddDest(key, _)
            | Self::EditDest(key, _)
            | Self::DelDest(key, _) => key,
        }
    }

    /// The command and the attributes that ask the kernel for it.
    #[must_use]
    pub fn encode(&self) -> (Command, Vec<u8>) {
        let mut out = Vec::with_capacity(160);
        let command = match self {
            Self::AddService(service) => {
                put_service(&mut out, service);
                Command::NewService
            }
            Self::EditService(service) => {
                put_service(&mut out, service);
                Command::SetService
            }
            Self::DelService(key) => {
                put_key(&mut out, key);
                Command::DelService
            }
            Self::AddDest(key, destination) => {
                put_key(&mut out, key);
                put_destination(&mut out, destination);
                Command::NewDest
            }
            Self::EditDest(key, destination) => {
                put_key(&mut out, key);
                put_destination(&mut out, destination);
                Command::SetDest
            }
            Self::DelDest(key, address) => {
                put_key(&mut out, key);
                put_nested(&mut out, CMD_DEST, |out| put_dest_address(out, *address));
                Command::DelDest
            }
        };
        (command, out)
    }
}

/// Attributes of `Command::GetDest`: the service whose destinations are wanted.
#[must_use]
pub fn encode_get_destinations(key: &ServiceKey) -> Vec<u8> {
    let mut out = Vec::with_capacity(64);
    put_key(&mut out, key);
    out
}

/// Why an answer of the kernel could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The answer lacks an attribute that it must have.
    #[error("IPVS answer without its {0} attribute")]
    Missing(&'static str),
    /// An attribute is shorter than its type.
    #[error("IPVS attribute {0} is too short")]
    Short(&'static str),
    /// A value that no supported kernel sends.
    #[error("IPVS attribute {0} has unknown value {1}")]
    Unknown(&'static str, u32),
}

/// Reads one answer to `Command::GetService` (attributes only).
///
/// # Errors
/// When the answer is cut or describes a service of a kind that is not known here.
pub fn decode_service(attributes: &[u8]) -> Result<Service, Error> {
    let body = find(attributes, CMD_SERVICE).ok_or(Error::Missing("service"))?;
    let family = family_number(u32::from(u16_of(body, SVC_AF, "address family")?))?;
    let key = match find(body, SVC_FWMARK) {
        Some(_) => ServiceKey::Mark {
            mark: u32_of(body, SVC_FWMARK, "mark")?,
            family,
        },
        None => ServiceKey::Address {
            address: socket_address(body, SVC_ADDR, SVC_PORT, family)?,
            protocol: match u16_of(body, SVC_PROTOCOL, "protocol")? {
                6 => Protocol::Tcp,
                17 => Protocol::Udp,
                132 => Protocol::Sctp,
                other => return Err(Error::Unknown("protocol", u32::from(other))),
            },
        },
    };
    let name = find(body, SVC_SCHED_NAME).ok_or(Error::Missing("scheduler"))?;
    let name = name.split(|&byte| byte == 0).next().unwrap_or_default();
    let flags = u32_of(body, SVC_FLAGS, "flags")?;
    let netmask = u32_of(body, SVC_NETMASK, "netmask")?;
    Ok(Service {
        key,
        scheduler: String::from_utf8_lossy(name).into_owned(),
        persistence: if flags & FLAG_PERSISTENT == 0 {
            None
        } else {
            Some(u32_of(body, SVC_TIMEOUT, "timeout")?)
        },
        granularity: match family {
            Family::V4 => Granularity::Mask(Ipv4Addr::from(netmask.to_ne_bytes())),
            Family::V6 => Granularity::Prefix(u8::try_from(netmask).unwrap_or(128)),
        },
    })
}

/// Reads one answer to `Command::GetDest` (attributes only). Kernels that predate mixed families
/// do not name the destination's: then it is that of the service.
///
/// # Errors
/// When the answer is cut or its forwarding method is none of the three.
pub fn decode_destination(attributes: &[u8], service: Family) -> Result<Destination, Error> {
    let body = find(attributes, CMD_DEST).ok_or(Error::Missing("destination"))?;
    let family = match find(body, DEST_ADDR_FAMILY) {
        Some(_) => family_number(u32::from(u16_of(body, DEST_ADDR_FAMILY, "family")?))?,
        None => service,
    };
    Ok(Destination {
        address: socket_address(body, DEST_ADDR, DEST_PORT, family)?,
        weight: u32_of(body, DEST_WEIGHT, "weight")?,
        forwarding: match u32_of(body, DEST_FWD_METHOD, "forwarding")? & FWD_MASK {
            0 => Forwarding::Masquerade,
            2 => Forwarding::Tunnel,
            3 => Forwarding::DirectRouting,
            other => return Err(Error::Unknown("forwarding", other)),
        },
    })
}

// IPVS_CMD_ATTR_*
const CMD_SERVICE: u16 = 1;
const CMD_DEST: u16 = 2;
// IPVS_SVC_ATTR_*
const SVC_AF: u16 = 1;
const SVC_PROTOCOL: u16 = 2;
const SVC_ADDR: u16 = 3;
const SVC_PORT: u16 = 4;
const SVC_FWMARK: u16 = 5;
const SVC_SCHED_NAME: u16 = 6;
const SVC_FLAGS: u16 = 7;
const SVC_TIMEOUT: u16 = 8;
const SVC_NETMASK: u16 = 9;
// IPVS_DEST_ATTR_*
const DEST_ADDR: u16 = 1;
const DEST_PORT: u16 = 2;
const DEST_FWD_METHOD: u16 = 3;
const DEST_WEIGHT: u16 = 4;
const DEST_U_THRESH: u16 = 5;
const DEST_L_THRESH: u16 = 6;
const DEST_ADDR_FAMILY: u16 = 11;

const FLAG_PERSISTENT: u32 = 1;
const FWD_MASK: u32 = 7;
const NESTED: u16 = 0x8000;
/// Strips `NLA_F_NESTED` and `NLA_F_NET_BYTEORDER`.
const TYPE_MASK: u16 = 0x3fff;
const AF_INET: u16 = 2;
const AF_INET6: u16 = 10;

const fn family(of: Family) -> u16 {
    match of {
        Family::V4 => AF_INET,
        Family::V6 => AF_INET6,
    }
}

fn family_number(number: u32) -> Result<Family, Error> {
    match number {
        2 => Ok(Family::V4),
        10 => Ok(Family::V6),
        other => Err(Error::Unknown("address family", other)),
    }
}

fn put_service(out: &mut Vec<u8>, service: &Service) {
    put_nested(out, CMD_SERVICE, |out| {
        put_key_attributes(out, &service.key);
        let mut name = service.scheduler.clone().into_bytes();
        name.push(0);
        put(out, SVC_SCHED_NAME, &name);
        // struct ip_vs_flags { flags, mask }: only persistence is ours to set or clear.
        let persistent = if service.persistence.is_some() {
            FLAG_PERSISTENT
        } else {
            0
        };
        let mut flags = [0; 8];
        flags[..4].copy_from_slice(&persistent.to_ne_bytes());
        flags[4..].copy_from_slice(&FLAG_PERSISTENT.to_ne_bytes());
        put(out, SVC_FLAGS, &flags);
        put_u32(out, SVC_TIMEOUT, service.persistence.unwrap_or(0));
        match service.granularity {
            Granularity::Mask(mask) => put(out, SVC_NETMASK, &mask.octets()),
            Granularity::Prefix(length) => put_u32(out, SVC_NETMASK, u32::from(length)),
        }
    });
}

fn put_key(out: &mut Vec<u8>, key: &ServiceKey) {
    put_nested(out, CMD_SERVICE, |out| put_key_attributes(out, key));
}

fn put_key_attributes(out: &mut Vec<u8>, key: &ServiceKey) {
    put(out, SVC_AF, &family(key.family()).to_ne_bytes());
    match key {
        ServiceKey::Address { address, protocol } => {
            put(out, SVC_PROTOCOL, &protocol.number().to_ne_bytes());
            put(out, SVC_ADDR, &address_bytes(address.ip()));
            put(out, SVC_PORT, &address.port().to_be_bytes());
        }
        ServiceKey::Mark { mark, .. } => put_u32(out, SVC_FWMARK, *mark),
    }
}

fn put_destination(out: &mut Vec<u8>, destination: &Destination) {
    put_nested(out, CMD_DEST, |out| {
        put_dest_address(out, destination.address);
        put_u32(out, DEST_FWD_METHOD, destination.forwarding.number());
        put_u32(out, DEST_WEIGHT, destination.weight);
        put_u32(out, DEST_U_THRESH, 0);
        put_u32(out, DEST_L_THRESH, 0);
    });
}

fn put_dest_address(out: &mut Vec<u8>, address: SocketAddr) {
    put(out, DEST_ADDR, &address_bytes(address.ip()));
    put(out, DEST_PORT, &address.port().to_be_bytes());
    let family = family(Family::of(address.ip()));
    put(out, DEST_ADDR_FAMILY, &family.to_ne_bytes());
}

/// `union nf_inet_addr`: 16 bytes, an IPv4 address in the first four.
fn address_bytes(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(v4) => {
            let mut bytes = [0; 16];
            bytes[..4].copy_from_slice(&v4.octets());
            bytes
        }
        IpAddr::V6(v6) => v6.octets(),
    }
}

fn put_u32(out: &mut Vec<u8>, kind: u16, value: u32) {
    put(out, kind, &value.to_ne_bytes());
}

/// One attribute: length (with header), type, value, padding to four.
fn put(out: &mut Vec<u8>, kind: u16, value: &[u8]) {
    // Values here are fixed structures or a scheduler name, which the kernel limits to 16 bytes.
    let length = u16::try_from(value.len() + 4).unwrap_or(u16::MAX);
    out.extend_from_slice(&length.to_ne_bytes());
    out.extend_from_slice(&kind.to_ne_bytes());
    out.extend_from_slice(&value[..usize::from(length) - 4]);
    out.resize(out.len().next_multiple_of(4), 0);
}

fn put_nested(out: &mut Vec<u8>, kind: u16, fill: impl FnOnce(&mut Vec<u8>)) {
    let mut inner = Vec::with_capacity(128);
    fill(&mut inner);
    put(out, kind | NESTED, &inner);
}

/// The value of the first attribute of that type; a cut attribute ends the search.
fn find(mut attributes: &[u8], kind: u16) -> Option<&[u8]> {
    loop {
        let header = attributes.get(..4)?;
        let length = usize::from(u16::from_ne_bytes([header[0], header[1]]));
        let found = u16::from_ne_bytes([header[2], header[3]]) & TYPE_MASK;
        let value = attributes.get(4..length)?;
        if found == kind {
            return Some(value);
        }
        attributes = attributes.get(length.next_multiple_of(4)..)?;
    }
}

fn array_of<const N: usize>(
    attributes: &[u8],
    kind: u16,
    name: &'static str,
) -> Result<[u8; N], Error> {
    let value = find(attributes, kind).ok_or(Error::Missing(name))?;
    value.first_chunk::<N>().copied().ok_or(Error::Short(name))
}

fn u16_of(attributes: &[u8], kind: u16, name: &'static str) -> Result<u16, Error> {
    array_of(attributes, kind, name).map(u16::from_ne_bytes)
}

fn u32_of(attributes: &[u8], kind: u16, name: &'static str) -> Result<u32, Error> {
    array_of(attributes, kind, name).map(u32::from_ne_bytes)
}

fn socket_address(
    attributes: &[u8],
    address: u16,
    port: u16,
    family: Family,
) -> Result<SocketAddr, Error> {
    let ip = match family {
        Family::V4 => IpAddr::V4(Ipv4Addr::from(array_of::<4>(
            attributes, address, "address",
        )?)),
        Family::V6 => IpAddr::V6(Ipv6Addr::from(array_of::<16>(
            attributes, address, "address",
        )?)),
    };
    let port = u16::from_be_bytes(array_of(attributes, port, "port")?);
    Ok(SocketAddr::new(ip, port))
}

#[cfg(test)]
mod tests;
