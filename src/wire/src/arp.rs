//! ARP over Ethernet for IPv4 (RFC 826), as far as announcing and hearing addresses needs it.

use core::net::Ipv4Addr;

use base::MacAddr;

use crate::InvalidPacket;

/// Length of the message without Ethernet header.
pub const LEN: usize = 28;
/// Length of a whole Ethernet frame, before padding.
pub const FRAME_LEN: usize = 14 + LEN;
/// EtherType.
pub const ETHERTYPE: u16 = 0x0806;

/// Hardware Ethernet, protocol IPv4, their address lengths.
const FIXED: [u8; 6] = [0, 1, 0x08, 0, 6, 4];

/// An ARP message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet {
    /// 1 request, 2 reply.
    pub operation: u16,
    /// Sender's hardware address.
    pub sender_mac: MacAddr,
    /// Sender's protocol address.
    pub sender: Ipv4Addr,
    /// Target's hardware address.
    pub target_mac: MacAddr,
    /// Target's protocol address.
    pub target: Ipv4Addr,
}

impl Packet {
    /// "`address` is at `mac`", told to everybody: a request in which sender and target are the
    /// same address (RFC 5227 §3), target hardware address broadcast as keepalived sends it.
    #[must_use]
    pub const fn gratuitous(mac: MacAddr, address: Ipv4Addr) -> Self {
        Self {
            operation: 1,
            sender_mac: mac,
            sender: address,
            target_mac: MacAddr::BROADCAST,
            target: address,
        }
    }

    /// Whether this announces an address rather than asking for one.
    #[must_use]
    pub fn is_gratuitous(&self) -> bool {
        self.sender == self.target
    }

    /// The message.
    #[must_use]
    pub fn encode(&self) -> [u8; LEN] {
        let mut out = [0; LEN];
        out[0..6].copy_from_slice(&FIXED);
        out[6..8].copy_from_slice(&self.operation.to_be_bytes());
        out[8..14].copy_from_slice(&self.sender_mac.0);
        out[14..18].copy_from_slice(&self.sender.octets());
        out[18..24].copy_from_slice(&self.target_mac.0);
        out[24..28].copy_from_slice(&self.target.octets());
        out
    }

    /// The message as an Ethernet frame from its sender to everybody.
    #[must_use]
    pub fn broadcast_frame(&self) -> [u8; FRAME_LEN] {
        let mut out = [0; FRAME_LEN];
        out[0..6].copy_from_slice(&MacAddr::BROADCAST.0);
        out[6..12].copy_from_slice(&self.sender_mac.0);
        out[12..14].copy_from_slice(&ETHERTYPE.to_be_bytes());
        out[14..].copy_from_slice(&self.encode());
        out
    }

    /// Reads a message; padding behind it is ignored.
    ///
    /// # Errors
    /// When it is cut short or not about IPv4 on Ethernet.
    pub fn parse(bytes: &[u8]) -> Result<Self, InvalidPacket> {
        let (message, _) = crate::prefix::<LEN>(bytes)?;
        if message[0..6] != FIXED {
            return Err(InvalidPacket::Field {
                field: "ARP address format",
                got: u32::from_be_bytes([message[0], message[1], message[2], message[3]]),
            });
        }
        let mac = |at: usize| {
            let mut octets = [0; 6];
            octets.copy_from_slice(&message[at..at + 6]);
            MacAddr(octets)
        };
        let ip = |at: usize| {
            Ipv4Addr::new(
                message[at],
                message[at + 1],
                message[at + 2],
                message[at + 3],
            )
        };
        Ok(Self {
            operation: u16::from_be_bytes([message[6], message[7]]),
            sender_mac: mac(8),
            sender: ip(14),
            target_mac: mac(18),
            target: ip(24),
        })
    }
}
