//! Messages between the parent and its children.
//!
//! Invariants: every message is one datagram of JSON, at most [`LIMIT`] bytes; descriptors travel
//! with the message that announces them; a message nobody understands is an error, never ignored.

use std::io;
use std::net::IpAddr;
use std::os::fd::{BorrowedFd, OwnedFd};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sys::fdpass::Channel;

use super::config::Summary;
use super::ports::PortKey;

/// Largest message.
const LIMIT: usize = 64 * 1024;

/// From the parent to a child.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Order {
    /// Run the bundle whose descriptor comes along, as this generation of the ledger.
    Reload {
        /// One more than the one before.
        generation: u32,
    },
    /// Go on from the ledger: nobody stands in any more.
    Begin,
    /// BFD sessions by name, and whether they are up.
    Sessions(Vec<(String, bool)>),
    /// This neighbour was not heard for the detection time of its BFD session.
    Silent(IpAddr),
    /// Leave everything as it is and end: somebody else goes on from the ledger.
    Yield,
    /// Tell those whose connections come along how you stand.
    Answer,
}

/// From a child to the parent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Report {
    /// The child serves, by the configuration that it was given last.
    Ready,
    /// The configuration that it was given last cannot be read: the child serves by the one before.
    Kept,
    /// A mastership came or went.
    Moved,
    /// What the virtual routers have been through comes along, for the next child.
    Past,
    /// The child could serve, and waits for [`Order::Begin`].
    Prepared,
    /// The child has opened the sockets that come along: receiver and sender.
    Socket {
        /// Which.
        key: PortKey,
        /// Interface index, where they are bound to one.
        index: u32,
    },
    /// BFD sessions by name, and whether they are up.
    Sessions(Vec<(String, bool)>),
    /// This neighbour was not heard for the detection time of its BFD session.
    Silent(IpAddr),
    /// The configuration was read; its bundle comes along.
    Read(Summary),
    /// The configuration was read and must not replace the running one.
    Refused(Summary),
    /// No configuration could be read at all.
    Unreadable {
        /// Exit status that belongs to it.
        status: i32,
    },
}

/// Sends one message.
///
/// # Errors
/// What sending reports.
pub(super) fn send(
    channel: &Channel,
    message: &impl Serialize,
    descriptors: &[BorrowedFd<'_>],
) -> io::Result<()> {
    let bytes = serde_json::to_vec(message).map_err(io::Error::other)?;
    channel.send(&bytes, descriptors)
}

/// What a channel had to say.
#[derive(Debug)]
pub(super) enum Heard<T> {
    /// A message.
    Message(T, Vec<OwnedFd>),
    /// Nothing yet.
    Nothing,
    /// The other end is closed.
    Closed,
}

/// Receives one message without waiting.
///
/// # Errors
/// What receiving reports, or that the message is not one of ours.
pub(super) fn receive<T: DeserializeOwned>(channel: &Channel) -> io::Result<Heard<T>> {
    let message = match channel.receive(LIMIT) {
        Ok(Some(message)) => message,
        Ok(None) => return Ok(Heard::Closed),
        Err(e) if e.kind() == io::ErrorKind::WouldBlock => return Ok(Heard::Nothing),
        // The peer died with unread messages of ours.
        Err(e) if e.kind() == io::ErrorKind::ConnectionReset => return Ok(Heard::Closed),
        Err(e) => return Err(e),
    };
    let content = serde_json::from_slice(&message.bytes).map_err(io::Error::other)?;
    Ok(Heard::Message(content, message.descriptors))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::AsFd as _;

    #[test]
    fn orders_arrive_with_their_descriptor() {
        let (parent, child) = Channel::pair().expect("pair");
        assert!(matches!(receive::<Order>(&child), Ok(Heard::Nothing)));
        let sealed = sys::memfd::Sealed::new("test", b"{}").expect("memfd");
        let order = Order::Reload { generation: 2 };
        send(&parent, &order, &[sealed.as_fd()]).expect("sent");
        let Ok(Heard::Message(Order::Reload { generation: 2 }, descriptors)) = receive(&child)
        else {
            panic!("the order has arrived");
        };
        assert_eq!(descriptors.len(), 1);
        parent.send(b"nonsense", &[]).expect("sent");
        assert!(receive::<Order>(&child).is_err());
        drop(parent);
        assert!(matches!(receive::<Order>(&child), Ok(Heard::Closed)));
    }
}
