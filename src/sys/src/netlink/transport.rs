//! Messages in and out of a synchronous netlink socket, of whatever family.
//!
//! Invariants: lengths that the kernel claims are checked against what arrived; a message that
//! cannot be understood is left out, not an error.

use std::io;
use std::os::fd::AsFd;

use netlink_packet_core::{
    NLM_F_REQUEST, NetlinkDeserializable, NetlinkMessage, NetlinkPayload, NetlinkSerializable,
};
use netlink_sys::Socket;
use nix::sys::socket::{setsockopt, sockopt};

/// Room for one receive: a dump's chunk is at most 32 KiB.
const RECEIVE: usize = 64 * 1024;

/// Adds a request to what is sent next.
pub(crate) fn append<P>(buffer: &mut Vec<u8>, payload: P, flags: u16, sequence: u32)
where
    P: NetlinkSerializable,
    NetlinkPayload<P>: From<P>,
{
    let mut message = NetlinkMessage::from(payload);
    message.header.flags = NLM_F_REQUEST | flags;
    message.header.sequence_number = sequence;
    message.finalize();
    let start = buffer.len();
    buffer.resize(start + message.buffer_len().next_multiple_of(4), 0);
    message.serialize(&mut buffer[start..]);
}

/// Sends all of it, or says why not.
pub(crate) fn send_all(socket: &Socket, buffer: &[u8]) -> io::Result<()> {
    if socket.send(buffer, 0)? == buffer.len() {
        Ok(())
    } else {
        Err(io::ErrorKind::WriteZero.into())
    }
}

/// Everything one receive delivers; messages that cannot be understood are left out.
pub(crate) fn receive<P: NetlinkDeserializable>(
    socket: &Socket,
) -> io::Result<Vec<NetlinkMessage<P>>> {
    let mut buffer = Vec::with_capacity(RECEIVE);
    loop {
        match socket.recv(&mut buffer, 0) {
            Ok(_) => return Ok(split(&buffer)),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn split<P: NetlinkDeserializable>(mut buffer: &[u8]) -> Vec<NetlinkMessage<P>> {
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

/// Sends a batch whose sequence numbers begin at `first` and puts each request's acknowledgement in
/// its place. What is still `None` after an error was not answered.
pub(crate) fn acknowledged<P: NetlinkDeserializable>(
    socket: &Socket,
    buffer: &[u8],
    first: u32,
    results: &mut [Option<io::Result<()>>],
) -> io::Result<()> {
    send_all(socket, buffer)?;
    let mut missing = results.len();
    while missing > 0 {
        for message in receive::<P>(socket)? {
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

/// The same error once more, for each request that it hit.
pub(crate) fn copy_of(error: &io::Error) -> io::Error {
    error
        .raw_os_error()
        .map_or_else(|| error.kind().into(), io::Error::from_raw_os_error)
}

/// Enlarges the receive buffer beyond the system's limit where permitted.
pub(crate) fn force_receive_buffer(socket: &impl AsFd, bytes: usize) {
    if setsockopt(socket, sockopt::RcvBufForce, &bytes).is_err() {
        let _ = setsockopt(socket, sockopt::RcvBuf, &bytes);
    }
}

/// Sets the receive buffer, with `force` beyond the system's limit.
///
/// # Errors
/// What `setsockopt` reports.
pub(crate) fn set_receive_buffer(socket: &impl AsFd, bytes: u32, force: bool) -> io::Result<()> {
    // Without the limit of a system the kernel's own is that of a signed number.
    let bytes = usize::try_from(bytes.min(i32::MAX.unsigned_abs())).unwrap_or(usize::MAX);
    match force {
        true => setsockopt(socket, sockopt::RcvBufForce, &bytes)?,
        false => setsockopt(socket, sockopt::RcvBuf, &bytes)?,
    }
    Ok(())
}

/// Sets the receive buffer to that size, beyond the system's limit where the second value says so;
/// without a size it is `large`.
///
/// # Errors
/// What `setsockopt` reports.
pub(crate) fn size_buffer(
    socket: &impl AsFd,
    wanted: Option<(u32, bool)>,
    large: usize,
) -> io::Result<()> {
    match wanted {
        Some((bytes, force)) => set_receive_buffer(socket, bytes, force),
        None => {
            force_receive_buffer(socket, large);
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use netlink_packet_route::RouteNetlinkMessage;

    use super::*;

    #[test]
    fn split_survives_lengths_that_lie() {
        for bytes in [
            &[][..],
            &[3, 0, 0, 0],
            &[15, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            &[255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        ] {
            assert!(split::<RouteNetlinkMessage>(bytes).is_empty());
        }
    }
}
