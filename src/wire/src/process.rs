//! The kernel's process events: netlink messages of the connector "proc" (`linux/cn_proc.h`,
//! `linux/connector.h`), in the byte order of the host.
//!
//! Invariant: an event about a thread is [`Event::Other`]; only processes count here.

use crate::InvalidPacket;

/// Netlink protocol number of connectors (`NETLINK_CONNECTOR`).
pub const NETLINK_PROTOCOL: isize = 11;
/// The multicast group of process events (`CN_IDX_PROC`).
pub const GROUP: u32 = 1;

/// Number of process events among the connectors (`CN_VAL_PROC`).
const VALUE: u32 = 1;
/// `NLMSG_DONE`, the type that connector messages have.
const DONE: u16 = 3;
/// Length of the netlink header.
const NETLINK: usize = 16;
/// Length of the connector header.
const CONNECTOR: usize = 20;
/// Where the event begins.
const EVENT: usize = NETLINK + CONNECTOR;
/// Length of what is the same in all events: kind, processor, time.
const COMMON: usize = 16;
/// Length of a request: one word follows the headers.
pub const REQUEST: usize = EVENT + 4;

/// Where the kind of an event is.
pub const KIND: u32 = EVENT as u32;
/// Where the first word that depends on the kind is.
pub const DATA: u32 = (EVENT + COMMON) as u32;

/// `PROC_EVENT_NONE`: the answer to a request.
pub const ANSWER: u32 = 0;
/// `PROC_EVENT_FORK`
pub const FORK: u32 = 1;
/// `PROC_EVENT_EXEC`
pub const EXEC: u32 = 2;
/// `PROC_EVENT_COMM`
pub const COMM: u32 = 0x200;
/// `PROC_EVENT_EXIT`
pub const EXIT: u32 = 0x8000_0000;

/// What the kernel says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A request was carried out (0) or refused (an error number).
    Answer(u32),
    /// A process has a new child.
    Forked {
        /// Who forked.
        parent: i32,
        /// The new process.
        child: i32,
    },
    /// A process runs another program, or has another name.
    Changed(i32),
    /// A process has ended.
    Ended(i32),
    /// Something else, or about a thread.
    Other,
}

impl Event {
    /// Reads one netlink message.
    ///
    /// # Errors
    /// When it is cut short, or is none of process events.
    pub fn parse(bytes: &[u8]) -> Result<Self, InvalidPacket> {
        let stated = word(bytes, 0)?;
        let length = usize::try_from(stated).unwrap_or(usize::MAX);
        let bytes = bytes.get(..length).ok_or(InvalidPacket::Truncated {
            needed: length,
            got: bytes.len(),
        })?;
        for (field, at, wanted) in [
            ("cn_msg.id.idx", NETLINK, GROUP),
            ("cn_msg.id.val", NETLINK + 4, VALUE),
        ] {
            let got = word(bytes, at)?;
            if got != wanted {
                return Err(InvalidPacket::Field { field, got });
            }
        }
        // A process is a thread group: its own number is that of its first thread.
        let process = |at: usize| -> Result<Option<i32>, InvalidPacket> {
            let (thread, group) = (word(bytes, at)?, word(bytes, at + 4)?);
            Ok(i32::try_from(group).ok().filter(|_| thread == group))
        };
        let data = EVENT + COMMON;
        Ok(match word(bytes, EVENT)? {
            ANSWER => Self::Answer(word(bytes, data)?),
            FORK => {
                let parent = i32::try_from(word(bytes, data + 4)?).ok();
                match (parent, process(data + 8)?) {
                    (Some(parent), Some(child)) => Self::Forked { parent, child },
                    _ => Self::Other,
                }
            }
            EXEC | COMM => process(data)?.map_or(Self::Other, Self::Changed),
            EXIT => process(data)?.map_or(Self::Other, Self::Ended),
            _ => Self::Other,
        })
    }
}

/// Asks for events (`PROC_CN_MCAST_LISTEN`), or for no more of them (`PROC_CN_MCAST_IGNORE`).
#[must_use]
pub fn request(listen: bool) -> [u8; REQUEST] {
    let mut out = [0; REQUEST];
    let mut put = |at: usize, value: &[u8]| out[at..at + value.len()].copy_from_slice(value);
    put(0, &(REQUEST as u32).to_ne_bytes());
    put(4, &DONE.to_ne_bytes());
    put(NETLINK, &GROUP.to_ne_bytes());
    put(NETLINK + 4, &VALUE.to_ne_bytes());
    put(NETLINK + 16, &4_u16.to_ne_bytes());
    put(EVENT, &(if listen { 1_u32 } else { 2 }).to_ne_bytes());
    out
}

fn word(bytes: &[u8], at: usize) -> Result<u32, InvalidPacket> {
    let found = bytes.get(at..).and_then(|rest| rest.first_chunk::<4>());
    found
        .map(|word| u32::from_ne_bytes(*word))
        .ok_or(InvalidPacket::Truncated {
            needed: at + 4,
            got: bytes.len(),
        })
}
