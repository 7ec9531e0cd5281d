//! Messages of nfnetlink as bytes.
//!
//! Invariants: every length is filled in when what it counts is complete; numbers inside attributes
//! are big endian, those of headers the host's (linux/netfilter/nf_tables.h).

use core::net::IpAddr;
use std::io;

use base::Family;
use wire::ipvs::{Marked, Protocol};

use super::Outgoing;

const BATCH_BEGIN: u16 = 0x10;
const BATCH_END: u16 = 0x11;
/// NFNL_SUBSYS_NFTABLES
const NFTABLES: u16 = 10;
const NEW_TABLE: u16 = 0;
const DELETE_TABLE: u16 = 2;
const NEW_CHAIN: u16 = 3;
const NEW_RULE: u16 = 6;
const NEW_SET: u16 = 9;
const NEW_ELEMENTS: u16 = 12;
const DELETE_ELEMENTS: u16 = 14;

const REQUEST: u16 = 0x1;
const ACK: u16 = 0x4;
const CREATE: u16 = 0x400;
const APPEND: u16 = 0x800;
/// An attribute that holds attributes.
const NESTED: u16 = 0x8000;

/// NFT_REG_1
const REGISTER: u32 = 1;
/// NFT_REG32_00: the first quarter of that register.
const QUARTER: u32 = 8;
const META_MARK: u32 = 3;
const META_OIF: u32 = 5;
const META_OIFNAME: u32 = 7;
const META_L4PROTO: u32 = 16;
const BASE_NETWORK: u32 = 1;
const BASE_TRANSPORT: u32 = 2;
/// IFNAMSIZ
const NAME: usize = 16;

/// A set of ranges of keys of several parts, each with a value: `NFT_SET_INTERVAL`, `NFT_SET_MAP`,
/// `NFT_SET_CONCAT`.
const RANGES: u32 = 0x4 | 0x8 | 0x80;
/// What `nft` calls the types of keys and values; the kernel keeps the numbers for it.
const TYPE_ADDRESS4: u32 = 7;
const TYPE_ADDRESS6: u32 = 8;
const TYPE_SERVICE: u32 = 13;
const TYPE_MARK: u32 = 19;
/// NFTNL_UDATA_SET_DATABYTEORDER
const VALUE_ORDER: u8 = 1;
/// NFT_RETURN
const RETURN: i32 = -5;
/// Elements of one message: the length of a list has 16 bits.
const AT_ONCE: usize = 256;

/// What a rule looks at.
pub(super) enum Match<'m> {
    /// The protocol above IP.
    Protocol(u8),
    /// The first byte above IP: the type of an ICMP message.
    Kind(u8),
    /// The link it leaves by.
    By(&'m Outgoing),
    /// Source.
    From(IpAddr),
    /// Destination.
    To(IpAddr),
}

/// A transaction.
pub(super) struct Batch {
    bytes: Vec<u8>,
    /// Where the last message began.
    last: usize,
    sequence: u32,
}

impl Batch {
    pub(super) fn new() -> Self {
        let mut batch = Self {
            bytes: Vec::new(),
            last: 0,
            sequence: 0,
        };
        batch.message(BATCH_BEGIN, 0, 0, NFTABLES, |_| ());
        batch
    }

    /// Deletes the table whether it is there or not: it is made first.
    pub(super) fn forget(&mut self, family: Family, name: &str) {
        self.table(family, name);
        self.about(DELETE_TABLE, 0, family, |to| to.text(1, name));
    }

    pub(super) fn table(&mut self, family: Family, name: &str) {
        self.about(NEW_TABLE, CREATE, family, |to| to.text(1, name));
    }

    pub(super) fn chain(
        &mut self,
        family: Family,
        table: &str,
        name: &str,
        hook: i32,
        priority: i32,
    ) {
        self.about(NEW_CHAIN, CREATE, family, |to| {
            to.text(1, table);
            to.text(3, name);
            to.nested(4, |to| {
                to.number(1, hook.cast_unsigned());
                to.number(2, priority.cast_unsigned());
            });
            to.text(7, "filter");
        });
    }

    /// `counted`, and dropped or passed on.
    pub(super) fn rule(
        &mut self,
        family: Family,
        (table, chain): (&str, &str),
        matches: &[Match<'_>],
        (counted, drop): (bool, bool),
    ) {
        self.about(NEW_RULE, CREATE | APPEND, family, |to| {
            to.text(1, table);
            to.text(2, chain);
            to.nested(4, |to| {
                for it in matches {
                    to.compare(it);
                }
                if counted {
                    to.expression("counter", |_| ());
                }
                to.verdict(if drop { libc::NF_DROP } else { libc::NF_ACCEPT });
            });
        });
    }

    /// A map from addresses and ports to marks.
    pub(super) fn map(&mut self, family: Family, table: &str, protocol: Protocol) {
        let (address, kind) = match family {
            Family::V4 => (4, TYPE_ADDRESS4),
            Family::V6 => (16, TYPE_ADDRESS6),
        };
        self.about(NEW_SET, CREATE, family, |to| {
            to.text(1, table);
            to.text(2, &map_name(protocol));
            to.number(3, RANGES);
            to.number(4, kind << 6 | TYPE_SERVICE);
            // Each part takes whole quarters of a register.
            to.number(5, address + 4);
            to.number(6, TYPE_MARK);
            to.number(7, 4);
            to.nested(9, |to| {
                to.nested(2, |to| {
                    for length in [address, 2] {
                        to.nested(1, |to| to.number(1, length));
                    }
                });
            });
            to.number(10, u32::from(protocol.number()));
            // For `nft`, which cannot tell otherwise: values have the host's byte order (1).
            let order = [[VALUE_ORDER, 4].as_slice(), &1_u32.to_ne_bytes()].concat();
            to.bytes(13, &order);
        });
    }

    /// Sets the mark that the map of the protocol has for a packet, and is done with it.
    pub(super) fn mark(&mut self, family: Family, (table, chain): (&str, &str), of: Protocol) {
        let (offset, length) = match family {
            Family::V4 => (16, 4),
            Family::V6 => (24, 16),
        };
        let quarters = u32::try_from(length / 4).unwrap_or_default();
        self.about(NEW_RULE, CREATE | APPEND, family, |to| {
            to.text(1, table);
            to.text(2, chain);
            to.nested(4, |to| {
                let number = u8::try_from(of.number()).unwrap_or_default();
                to.compare(&Match::Protocol(number));
                to.payload(REGISTER, BASE_NETWORK, offset, length);
                to.payload(QUARTER + quarters, BASE_TRANSPORT, 2, 2);
                to.expression("lookup", |to| {
                    to.text(1, &map_name(of));
                    to.number(2, REGISTER);
                    to.number(3, REGISTER);
                });
                to.expression("meta", |to| {
                    to.number(2, META_MARK);
                    to.number(3, REGISTER);
                });
                to.verdict(RETURN);
            });
        });
    }

    /// Adds elements to the map of their family and protocol.
    pub(super) fn add(&mut self, table: &str, elements: &[Marked]) {
        self.elements(NEW_ELEMENTS, CREATE, table, elements);
    }

    /// Takes elements out of it.
    pub(super) fn delete(&mut self, table: &str, elements: &[Marked]) {
        self.elements(DELETE_ELEMENTS, 0, table, elements);
    }

    fn elements(&mut self, what: u16, flags: u16, table: &str, elements: &[Marked]) {
        let alike = |a: &Marked, b: &Marked| (a.family(), a.protocol) == (b.family(), b.protocol);
        let same = elements.chunk_by(alike);
        for some in same.flat_map(|same| same.chunks(AT_ONCE)) {
            self.about(what, flags, some[0].family(), |to| {
                to.text(1, table);
                to.text(2, &map_name(some[0].protocol));
                to.nested(3, |to| {
                    for element in some {
                        to.nested(1, |to| to.element(element));
                    }
                });
            });
        }
    }

    /// The bytes; the last message before the end asks for an acknowledgement.
    pub(super) fn finish(mut self) -> Vec<u8> {
        if let Some(flags) = self.bytes.get_mut(self.last + 6..self.last + 8) {
            let own = u16::from_ne_bytes([flags[0], flags[1]]);
            flags.copy_from_slice(&(own | ACK).to_ne_bytes());
        }
        self.message(BATCH_END, 0, 0, NFTABLES, |_| ());
        self.bytes
    }

    fn about(
        &mut self,
        what: u16,
        flags: u16,
        family: Family,
        body: impl FnOnce(&mut Attributes<'_>),
    ) {
        let family = match family {
            Family::V4 => libc::AF_INET,
            Family::V6 => libc::AF_INET6,
        };
        let family = u8::try_from(family).unwrap_or_default();
        self.message(NFTABLES << 8 | what, flags, family, 0, body);
    }

    fn message(
        &mut self,
        kind: u16,
        flags: u16,
        family: u8,
        resource: u16,
        body: impl FnOnce(&mut Attributes<'_>),
    ) {
        let start = self.bytes.len();
        self.last = start;
        self.sequence += 1;
        self.bytes.extend([0; 4]);
        self.bytes.extend(kind.to_ne_bytes());
        self.bytes.extend((REQUEST | flags).to_ne_bytes());
        self.bytes.extend(self.sequence.to_ne_bytes());
        self.bytes.extend([0; 4]);
        self.bytes.extend([family, 0]);
        self.bytes.extend(resource.to_be_bytes());
        body(&mut Attributes(&mut self.bytes));
        let length = u32::try_from(self.bytes.len() - start).unwrap_or(u32::MAX);
        self.bytes[start..start + 4].copy_from_slice(&length.to_ne_bytes());
    }
}

struct Attributes<'b>(&'b mut Vec<u8>);

impl Attributes<'_> {
    fn bytes(&mut self, kind: u16, value: &[u8]) {
        let length = u16::try_from(4 + value.len()).unwrap_or(u16::MAX);
        self.0.extend(length.to_ne_bytes());
        self.0.extend(kind.to_ne_bytes());
        self.0.extend(value);
        self.0.resize(self.0.len().next_multiple_of(4), 0);
    }

    fn text(&mut self, kind: u16, text: &str) {
        self.bytes(kind, &[text.as_bytes(), &[0]].concat());
    }

    fn number(&mut self, kind: u16, number: u32) {
        self.bytes(kind, &number.to_be_bytes());
    }

    fn nested(&mut self, kind: u16, body: impl FnOnce(&mut Attributes<'_>)) {
        let start = self.0.len();
        self.bytes(kind | NESTED, &[]);
        body(&mut Attributes(self.0));
        let length = u16::try_from(self.0.len() - start).unwrap_or(u16::MAX);
        self.0[start..start + 2].copy_from_slice(&length.to_ne_bytes());
    }

    fn expression(&mut self, name: &str, body: impl FnOnce(&mut Attributes<'_>)) {
        self.nested(1, |to| {
            to.text(1, name);
            to.nested(2, body);
        });
    }

    fn meta(&mut self, key: u32) {
        self.expression("meta", |to| {
            to.number(1, REGISTER);
            to.number(2, key);
        });
    }

    fn verdict(&mut self, verdict: i32) {
        self.expression("immediate", |to| {
            to.number(1, 0);
            to.nested(2, |to| {
                to.nested(2, |to| to.number(1, verdict.cast_unsigned()));
            });
        });
    }

    /// Address and port of both ends of the range, and the mark.
    fn element(&mut self, it: &Marked) {
        let key = |address: IpAddr, port: u16| {
            let mut bytes = match address {
                IpAddr::V4(address) => address.octets().to_vec(),
                IpAddr::V6(address) => address.octets().to_vec(),
            };
            bytes.extend(port.to_be_bytes());
            bytes.extend([0; 2]);
            bytes
        };
        let (first, last) = (it.addresses.0, it.addresses.1);
        self.nested(1, |to| to.bytes(1, &key(first, it.ports.0)));
        self.nested(10, |to| to.bytes(1, &key(last, it.ports.1)));
        self.nested(2, |to| to.bytes(1, &it.mark.to_ne_bytes()));
    }

    fn payload(&mut self, register: u32, base: u32, offset: u32, length: usize) {
        let length = u32::try_from(length).unwrap_or(u32::MAX);
        self.expression("payload", |to| {
            for (kind, number) in [(1, register), (2, base), (3, offset), (4, length)] {
                to.number(kind, number);
            }
        });
    }

    fn equals(&mut self, value: &[u8]) {
        self.expression("cmp", |to| {
            to.number(1, REGISTER);
            to.number(2, 0);
            to.nested(3, |to| to.bytes(1, value));
        });
    }

    fn compare(&mut self, it: &Match<'_>) {
        match it {
            Match::Protocol(number) => {
                self.meta(META_L4PROTO);
                self.equals(&[*number]);
            }
            Match::Kind(number) => {
                self.payload(REGISTER, BASE_TRANSPORT, 0, 1);
                self.equals(&[*number]);
            }
            Match::By(Outgoing::Index(index)) => {
                self.meta(META_OIF);
                self.equals(&index.to_ne_bytes());
            }
            Match::By(Outgoing::Name(name)) => {
                let mut padded = name.as_bytes().to_vec();
                padded.resize(NAME, 0);
                self.meta(META_OIFNAME);
                self.equals(&padded);
            }
            Match::From(address) => self.address(address, 12, 8),
            Match::To(address) => self.address(address, 16, 24),
        }
    }

    fn address(&mut self, address: &IpAddr, v4: u32, v6: u32) {
        match address {
            IpAddr::V4(address) => {
                self.payload(REGISTER, BASE_NETWORK, v4, 4);
                self.equals(&address.octets());
            }
            IpAddr::V6(address) => {
                self.payload(REGISTER, BASE_NETWORK, v6, 16);
                self.equals(&address.octets());
            }
        }
    }
}

/// As the original's, so that who looks finds what is known.
fn map_name(protocol: Protocol) -> String {
    format!("{protocol}_map")
}

/// What the kernel's first answer says.
pub(super) fn verdict(answer: &[u8]) -> io::Result<()> {
    // A header of 16 bytes, then the negated number of the error.
    let code = answer.get(16..20).and_then(|code| code.try_into().ok());
    match code.map(i32::from_ne_bytes) {
        Some(0) => Ok(()),
        Some(code) => Err(io::Error::from_raw_os_error(-code)),
        None => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_lead_from_message_to_message() {
        let mut batch = Batch::new();
        batch.forget(Family::V4, "keepalived");
        batch.rule(
            Family::V6,
            ("t", "out"),
            &[
                Match::Protocol(58),
                Match::By(&Outgoing::Name("vrrp.51".into())),
            ],
            (true, true),
        );
        let bytes = batch.finish();
        let (mut at, mut kinds) = (0, Vec::new());
        while let Some(header) = bytes.get(at..at + 8) {
            let length = u32::from_ne_bytes(header[..4].try_into().expect("four"));
            kinds.push(u16::from_ne_bytes([header[4], header[5]]));
            at += length as usize;
        }
        assert_eq!(at, bytes.len());
        assert_eq!(kinds, [0x10, 0xa00, 0xa02, 0xa06, 0x11]);
    }

    #[test]
    fn an_answer_is_an_acknowledgement_or_an_error() {
        let answer = |code: i32| [&[0; 16][..], &code.to_ne_bytes()].concat();
        assert!(verdict(&answer(0)).is_ok());
        let error = verdict(&answer(-libc::EPERM)).expect_err("refused");
        assert_eq!(error.raw_os_error(), Some(libc::EPERM));
        assert!(verdict(&[0; 5]).is_err());
    }
}
