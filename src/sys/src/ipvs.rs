//! The kernel's IPVS table over generic netlink: many changes per system call, and the whole table
//! read back.
//!
//! Invariants: synchronous, one socket of its own in the network namespace it was opened in; every
//! change is acknowledged and its error belongs to its entry; a kernel that does not answer ends a
//! call after `PATIENCE`.
//! Deliberately unknown here: what the table should contain, attribute layout (`wire::ipvs`).

use std::io;

use crate::netlink::transport::{
    acknowledged, append, copy_of, force_receive_buffer, receive, send_all, size_buffer,
};
use netlink_packet_core::{
    DecodeError, Emitable, NLM_F_ACK, NLM_F_DUMP, NetlinkPayload, ParseableParametrized,
};
use netlink_packet_generic::{
    GenlFamily, GenlHeader, GenlMessage,
    ctrl::{GenlCtrl, GenlCtrlCmd, nlas::GenlCtrlAttrs},
};
use netlink_sys::{Socket, SocketAddr, protocols::NETLINK_GENERIC};
use nix::sys::socket::{setsockopt, sockopt};
use nix::sys::time::{TimeVal, TimeValLike};
use wire::ipvs::{Change, Command, Destination, FAMILY_NAME, Service, ServiceKey, VERSION};

/// Changes put into one send. Their acknowledgements must fit the receive buffer together.
const BATCH: usize = 128;
/// Asked for as receive buffer; the kernel accounts about 1 KiB per acknowledgement.
const RECEIVE_BUFFER: usize = 1 << 20;
/// How long an answer may take, in seconds. The kernel answers within the send.
const PATIENCE: i64 = 5;

/// Why the table cannot be reached or read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The kernel has no IPVS: the module is not there or not loaded.
    #[error("the kernel has no IPVS (module ip_vs is not loaded)")]
    Absent,
    /// Anything else, in the system's words.
    #[error(transparent)]
    System(#[from] io::Error),
}

/// A connection to the table of the current network namespace.
#[derive(Debug)]
pub struct Ipvs {
    socket: Socket,
    family: u16,
    sequence: u32,
}

impl Ipvs {
    /// Opens a socket and looks the family up, which makes the kernel load the module if it can.
    ///
    /// # Errors
    /// `Absent` without IPVS; else what the system reports.
    pub fn open() -> Result<Self, Error> {
        let mut socket = Socket::new(NETLINK_GENERIC)?;
        socket.bind_auto()?;
        socket.connect(&SocketAddr::new(0, 0))?;
        // Without it an error echoes the whole request; nothing depends on it.
        let _ = socket.set_cap_ack(true);
        setsockopt(
            &socket,
            sockopt::ReceiveTimeout,
            &TimeVal::seconds(PATIENCE),
        )
        .map_err(io::Error::from)?;
        force_receive_buffer(&socket, RECEIVE_BUFFER);
        let family = find_family(&socket)?;
        Ok(Self {
            socket,
            family,
            sequence: 1,
        })
    }

    /// Sets the size of the receive buffer, in bytes, and whether it may exceed what the system
    /// allows; without a size it is a large one.
    ///
    /// # Errors
    /// What `setsockopt` reports.
    pub fn size_buffer(&self, wanted: Option<(u32, bool)>) -> io::Result<()> {
        size_buffer(&self.socket, wanted, RECEIVE_BUFFER)
    }

    /// Performs `changes` in order, many per system call. One result per change; a refused change
    /// does not stop those after it.
    pub fn apply(&mut self, changes: &[Change]) -> Vec<io::Result<()>> {
        changes
            .chunks(BATCH)
            .flat_map(|batch| self.apply_batch(batch))
            .collect()
    }

    /// All services of the table; kinds that are not known here (AH, one-packet persistence
    /// engines and so on are) left out.
    ///
    /// # Errors
    /// What the system reports.
    pub fn services(&mut self) -> io::Result<Vec<Service>> {
        let answers = self.dump(Command::GetService, Vec::new())?;
        Ok(answers
            .iter()
            .filter_map(|answer| wire::ipvs::decode_service(answer).ok())
            .collect())
    }

    /// All destinations of a service.
    ///
    /// # Errors
    /// What the system reports.
    pub fn destinations(&mut self, service: &ServiceKey) -> io::Result<Vec<Destination>> {
        let request = wire::ipvs::encode_get_destinations(service);
        let answers = self.dump(Command::GetDest, request)?;
        Ok(answers
            .iter()
            .filter_map(|answer| wire::ipvs::decode_destination(answer, service.family()).ok())
            .collect())
    }

    fn apply_batch(&mut self, batch: &[Change]) -> Vec<io::Result<()>> {
        let first = self.sequence.wrapping_add(1);
        let mut buffer = Vec::new();
        for change in batch {
            let (command, attributes) = change.encode();
            let message = self.message(command, attributes);
            append(&mut buffer, message, NLM_F_ACK, self.sequence);
        }
        let mut results: Vec<Option<io::Result<()>>> = batch.iter().map(|_| None).collect();
        let failure =
            acknowledged::<GenlMessage<Payload>>(&self.socket, &buffer, first, &mut results).err();
        results
            .into_iter()
            .map(|result| match (result, &failure) {
                (Some(result), _) => result,
                (None, Some(error)) => Err(copy_of(error)),
                (None, None) => Err(io::ErrorKind::TimedOut.into()),
            })
            .collect()
    }

    /// The attributes of every answer to a dump request.
    fn dump(&mut self, command: Command, attributes: Vec<u8>) -> io::Result<Vec<Vec<u8>>> {
        let message = self.message(command, attributes);
        let mut buffer = Vec::new();
        append(&mut buffer, message, NLM_F_DUMP, self.sequence);
        send_all(&self.socket, &buffer)?;
        let mut answers = Vec::new();
        loop {
            for message in receive::<GenlMessage<Payload>>(&self.socket)? {
                if message.header.sequence_number != self.sequence {
                    continue;
                }
                match message.payload {
                    NetlinkPayload::InnerMessage(inner) => answers.push(inner.payload.attributes),
                    NetlinkPayload::Done(_) => return Ok(answers),
                    NetlinkPayload::Error(error) => return Err(error.to_io()),
                    _ => {}
                }
            }
        }
    }

    fn message(&mut self, command: Command, attributes: Vec<u8>) -> GenlMessage<Payload> {
        self.sequence = self.sequence.wrapping_add(1);
        let header = GenlHeader {
            cmd: command as u8,
            version: VERSION,
        };
        let payload = Payload {
            command: command as u8,
            attributes,
        };
        GenlMessage::new(header, payload, self.family)
    }
}

/// The part after the generic netlink header: attributes as `wire::ipvs` makes and reads them.
#[derive(Clone, Debug)]
struct Payload {
    command: u8,
    attributes: Vec<u8>,
}

impl GenlFamily for Payload {
    fn family_name() -> &'static str {
        FAMILY_NAME
    }

    fn command(&self) -> u8 {
        self.command
    }

    fn version(&self) -> u8 {
        VERSION
    }
}

impl Emitable for Payload {
    fn buffer_len(&self) -> usize {
        self.attributes.len()
    }

    fn emit(&self, buffer: &mut [u8]) {
        buffer[..self.attributes.len()].copy_from_slice(&self.attributes);
    }
}

impl ParseableParametrized<[u8], GenlHeader> for Payload {
    fn parse_with_param(bytes: &[u8], header: GenlHeader) -> Result<Self, DecodeError> {
        Ok(Self {
            command: header.cmd,
            attributes: bytes.to_vec(),
        })
    }
}

fn find_family(socket: &Socket) -> Result<u16, Error> {
    let request = GenlMessage::from_payload(GenlCtrl {
        cmd: GenlCtrlCmd::GetFamily,
        nlas: vec![GenlCtrlAttrs::FamilyName(FAMILY_NAME.into())],
    });
    let mut buffer = Vec::new();
    append(&mut buffer, request, 0, 1);
    send_all(socket, &buffer)?;
    for message in receive::<GenlMessage<GenlCtrl>>(socket)? {
        match message.payload {
            NetlinkPayload::InnerMessage(answer) => {
                for attribute in answer.payload.nlas {
                    if let GenlCtrlAttrs::FamilyId(id) = attribute {
                        return Ok(id);
                    }
                }
            }
            NetlinkPayload::Error(error) => {
                let error = error.to_io();
                return Err(match error.kind() {
                    io::ErrorKind::NotFound => Error::Absent,
                    _ => Error::System(error),
                });
            }
            _ => {}
        }
    }
    Err(Error::System(io::ErrorKind::InvalidData.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// True both where the kernel has IPVS (user-mode Linux) and where it has not.
    #[test]
    fn absence_is_told_from_other_failures() {
        match Ipvs::open() {
            Err(Error::Absent) => {
                let listed = std::fs::exists("/proc/net/ip_vs").expect("readable");
                assert!(
                    !listed,
                    "the kernel lists a table that the lookup did not find"
                );
            }
            Ok(mut table) => {
                table.services().expect("the table can be read");
            }
            Err(Error::System(error)) => panic!("the lookup failed: {error}"),
        }
    }
}
