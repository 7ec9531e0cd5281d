//! Messages with descriptors between processes of one daemon (SCM_RIGHTS over a socketpair).
//!
//! Invariants: message boundaries are kept (SOCK_SEQPACKET); received descriptors are close-on-exec
//! and owned at once, so none leaks whatever the message says.

use std::io::{self, IoSlice, IoSliceMut};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use nix::sys::socket::{
    AddressFamily, ControlMessage, ControlMessageOwned, MsgFlags, SockFlag, SockType, recvmsg,
    sendmsg, socketpair,
};

/// Descriptors one message may carry; the kernel's limit is 253.
pub const MAX_DESCRIPTORS: usize = 200;

/// One end of a channel.
#[derive(Debug)]
pub struct Channel {
    fd: OwnedFd,
}

/// A received message.
#[derive(Debug, Default)]
pub struct Message {
    /// Content.
    pub bytes: Vec<u8>,
    /// Descriptors, in the order they were given.
    pub descriptors: Vec<OwnedFd>,
}

impl Channel {
    /// Two connected ends, non-blocking.
    ///
    /// # Errors
    /// What `socketpair` reports.
    pub fn pair() -> io::Result<(Self, Self)> {
        let (left, right) = socketpair(
            AddressFamily::Unix,
            SockType::SeqPacket,
            None,
            SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK,
        )?;
        Ok((Self { fd: left }, Self { fd: right }))
    }

    /// Takes an inherited end.
    #[must_use]
    pub fn from_fd(fd: OwnedFd) -> Self {
        Self { fd }
    }

    /// Sends one message.
    ///
    /// # Errors
    /// `WouldBlock` when the other end does not read; `InvalidInput` for an empty message (it
    /// would look like the end) or too many descriptors; otherwise what `sendmsg` reports.
    pub fn send(&self, bytes: &[u8], descriptors: &[BorrowedFd<'_>]) -> io::Result<()> {
        if bytes.is_empty() || descriptors.len() > MAX_DESCRIPTORS {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let raw: Vec<RawFd> = descriptors.iter().map(AsRawFd::as_raw_fd).collect();
        let rights = [ControlMessage::ScmRights(&raw)];
        let control = if raw.is_empty() {
            &rights[..0]
        } else {
            &rights[..]
        };
        sendmsg::<()>(
            self.fd.as_raw_fd(),
            &[IoSlice::new(bytes)],
            control,
            MsgFlags::MSG_NOSIGNAL,
            None,
        )?;
        Ok(())
    }

    /// Receives one message of up to `limit` bytes. `None` means that the other end is closed.
    ///
    /// # Errors
    /// `WouldBlock` when nothing is there; `InvalidData` when a message is longer than `limit`.
    pub fn receive(&self, limit: usize) -> io::Result<Option<Message>> {
        let mut bytes = vec![0; limit];
        let mut control = nix::cmsg_space!([RawFd; MAX_DESCRIPTORS]);
        let (length, truncated, descriptors) = {
            let mut parts = [IoSliceMut::new(&mut bytes)];
            let got = recvmsg::<()>(
                self.fd.as_raw_fd(),
                &mut parts,
                Some(&mut control),
                MsgFlags::MSG_CMSG_CLOEXEC,
            )?;
            let mut descriptors = Vec::new();
            for message in got.cmsgs()? {
                if let ControlMessageOwned::ScmRights(raw) = message {
                    // SAFETY: the kernel installed these descriptors for this process just now;
                    // nobody else owns them.
                    descriptors.extend(raw.iter().map(|fd| unsafe { OwnedFd::from_raw_fd(*fd) }));
                }
            }
            (
                got.bytes,
                got.flags.contains(MsgFlags::MSG_TRUNC),
                descriptors,
            )
        };
        if truncated {
            return Err(io::ErrorKind::InvalidData.into());
        }
        if length == 0 {
            return Ok(None);
        }
        bytes.truncate(length);
        Ok(Some(Message { bytes, descriptors }))
    }
}

impl AsFd for Channel {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read as _, Write as _};
    use std::os::unix::net::UnixStream;

    #[test]
    fn a_passed_descriptor_works() {
        let (left, right) = Channel::pair().expect("pair");
        let (mut ours, theirs) = UnixStream::pair().expect("pair");
        left.send(b"take this", &[theirs.as_fd()]).expect("send");
        drop(theirs);
        let message = right.receive(64).expect("receive").expect("open");
        assert_eq!(message.bytes, b"take this");
        let [fd] = <[OwnedFd; 1]>::try_from(message.descriptors).expect("one");
        UnixStream::from(fd).write_all(b"!").expect("write");
        let mut byte = [0];
        ours.read_exact(&mut byte).expect("read");
        assert_eq!(&byte, b"!");
    }

    #[test]
    fn nothing_there_end_and_oversize_are_told_apart() {
        let (left, right) = Channel::pair().expect("pair");
        let empty = right.receive(8).expect_err("nothing");
        assert_eq!(empty.kind(), io::ErrorKind::WouldBlock);
        left.send(b"nine byte", &[]).expect("send");
        let long = right.receive(8).expect_err("too long");
        assert_eq!(long.kind(), io::ErrorKind::InvalidData);
        drop(left);
        assert!(right.receive(8).expect("end").is_none());
    }
}
