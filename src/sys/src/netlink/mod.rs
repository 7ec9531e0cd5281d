//! Routing netlink: addresses changed in batches, links and addresses listed, changes watched.
//!
//! Invariants: [`Requests`] is synchronous and owns its socket, so parent and child use the same
//! code without a runtime; every request is acknowledged and its error belongs to its entry.

mod address;
mod dump;
mod monitor;

pub use address::{Address, Change};
pub use dump::{Link, ListedAddress};
pub use monitor::{Monitor, News};

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};

use netlink_packet_core::{NLM_F_ACK, NLM_F_REQUEST, NetlinkMessage, NetlinkPayload};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_sys::{Socket, SocketAddr, protocols::NETLINK_ROUTE};

/// Requests put into one send. Their acknowledgements must fit the receive buffer together.
const BATCH: usize = 128;
/// Room for one receive: a dump's chunk is at most 32 KiB.
const RECEIVE: usize = 64 * 1024;

/// A synchronous request socket.
#[derive(Debug)]
pub struct Requests {
    socket: Socket,
    sequence: u32,
}

impl Requests {
    /// Opens the socket in the current network namespace.
    ///
    /// # Errors
    /// What `socket`, `bind` or `setsockopt` report.
    pub fn open() -> io::Result<Self> {
        let mut socket = Socket::new(NETLINK_ROUTE)?;
        socket.bind_auto()?;
        socket.connect(&SocketAddr::new(0, 0))?;
        // Without these an error echoes the whole request; nothing depends on it.
        let _ = socket.set_cap_ack(true);
        force_receive_buffer(&socket, 1 << 20);
        Ok(Self {
            socket,
            sequence: 0,
        })
    }

    /// Performs `changes`, many per system call. One result per change, in order.
    pub fn apply(&mut self, changes: &[Change]) -> Vec<io::Result<()>> {
        let mut results = Vec::with_capacity(changes.len());
        for batch in changes.chunks(BATCH) {
            let messages: Vec<_> = batch.iter().map(Change::message).collect();
            results.extend(self.acknowledged(messages));
        }
        results
    }

    fn acknowledged(&mut self, messages: Vec<(RouteNetlinkMessage, u16)>) -> Vec<io::Result<()>> {
        let count = messages.len();
        let first = self.sequence.wrapping_add(1);
        let mut buffer = Vec::new();
        for (payload, flags) in messages {
            self.sequence = self.sequence.wrapping_add(1);
            append(
                &mut buffer,
                payload,
                NLM_F_REQUEST | NLM_F_ACK | flags,
                self.sequence,
            );
        }
        let mut results: Vec<Option<io::Result<()>>> = (0..count).map(|_| None).collect();
        if let Err(error) = self.exchange(&buffer, first, &mut results) {
            for result in results.iter_mut().filter(|result| result.is_none()) {
                *result = Some(Err(copy_of(&error)));
            }
        }
        results
            .into_iter()
            .map(|result| result.unwrap_or(Ok(())))
            .collect()
    }

    fn exchange(
        &self,
        buffer: &[u8],
        first: u32,
        results: &mut [Option<io::Result<()>>],
    ) -> io::Result<()> {
        send_all(&self.socket, buffer)?;
        let mut missing = results.len();
        while missing > 0 {
            for message in receive(&self.socket)? {
                let index = message.header.sequence_number.wrapping_sub(first) as usize;
                let NetlinkPayload::Error(answer) = message.payload else {
                    continue;
                };
                if let Some(slot @ None) = results.get_mut(index) {
                    *slot = Some(match answer.code {
                        None => Ok(()),
                        Some(_) => Err(answer.to_io()),
                    });
                    missing -= 1;
                }
            }
        }
        Ok(())
    }

    /// Sends a dump request and collects every answer.
    fn dump(&mut self, payload: RouteNetlinkMessage) -> io::Result<Vec<RouteNetlinkMessage>> {
        self.sequence = self.sequence.wrapping_add(1);
        let mut buffer = Vec::new();
        let flags = NLM_F_REQUEST | netlink_packet_core::NLM_F_DUMP;
        append(&mut buffer, payload, flags, self.sequence);
        send_all(&self.socket, &buffer)?;
        let mut answers = Vec::new();
        loop {
            for message in receive(&self.socket)? {
                if message.header.sequence_number != self.sequence {
                    continue;
                }
                match message.payload {
                    NetlinkPayload::InnerMessage(inner) => answers.push(inner),
                    NetlinkPayload::Done(_) => return Ok(answers),
                    NetlinkPayload::Error(error) => return Err(error.to_io()),
                    _ => {}
                }
            }
        }
    }
}

fn append(buffer: &mut Vec<u8>, payload: RouteNetlinkMessage, flags: u16, sequence: u32) {
    let mut message = NetlinkMessage::from(payload);
    message.header.flags = flags;
    message.header.sequence_number = sequence;
    message.finalize();
    let start = buffer.len();
    buffer.resize(start + message.buffer_len().next_multiple_of(4), 0);
    message.serialize(&mut buffer[start..]);
}

fn send_all(socket: &Socket, buffer: &[u8]) -> io::Result<()> {
    let sent = socket.send(buffer, 0)?;
    if sent == buffer.len() {
        Ok(())
    } else {
        Err(io::ErrorKind::WriteZero.into())
    }
}

/// Everything one receive delivers; messages that cannot be understood are left out.
fn receive(socket: &Socket) -> io::Result<Vec<NetlinkMessage<RouteNetlinkMessage>>> {
    let mut buffer = Vec::with_capacity(RECEIVE);
    loop {
        match socket.recv(&mut buffer, 0) {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            other => {
                other?;
                break;
            }
        }
    }
    Ok(split(&buffer))
}

fn split(mut buffer: &[u8]) -> Vec<NetlinkMessage<RouteNetlinkMessage>> {
    let mut messages = Vec::new();
    while let Some(length) = buffer.first_chunk::<4>() {
        let length = u32::from_ne_bytes(*length) as usize;
        // 16 bytes is the header alone.
        if length < 16 || length > buffer.len() {
            break;
        }
        if let Ok(message) = NetlinkMessage::deserialize(&buffer[..length]) {
            messages.push(message);
        }
        buffer = &buffer[length.next_multiple_of(4).min(buffer.len())..];
    }
    messages
}

fn copy_of(error: &io::Error) -> io::Error {
    error
        .raw_os_error()
        .map_or_else(|| error.kind().into(), io::Error::from_raw_os_error)
}

/// Enlarges the receive buffer beyond the system's limit where permitted.
fn force_receive_buffer(socket: &impl AsRawFd, bytes: usize) {
    let fd = borrow(socket.as_raw_fd());
    if nix::sys::socket::setsockopt(&fd, nix::sys::socket::sockopt::RcvBufForce, &bytes).is_err() {
        let _ = nix::sys::socket::setsockopt(&fd, nix::sys::socket::sockopt::RcvBuf, &bytes);
    }
}

fn borrow<'fd>(fd: RawFd) -> BorrowedFd<'fd> {
    // SAFETY: callers pass the descriptor of a socket that they hold over the use of the result.
    unsafe { BorrowedFd::borrow_raw(fd) }
}

impl AsFd for Requests {
    fn as_fd(&self) -> BorrowedFd<'_> {
        borrow(self.socket.as_raw_fd())
    }
}
