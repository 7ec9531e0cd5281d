//! What a child leaves to the one that goes on for it: a description in sealed memory, and open
//! descriptors.
//!
//! Invariants: it passes through the parent, which does not look into it; what cannot be read is
//! as good as nothing, and its reader begins anew.

use std::io;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};

use serde::{Serialize, de::DeserializeOwned};
use sys::fdpass::Channel;
use sys::memfd::Sealed;

use super::control::{self, Report};

/// What was left.
#[derive(Debug)]
pub struct Past {
    said: Sealed,
    others: Vec<OwnedFd>,
}

impl Past {
    /// What came with [`Report::Past`].
    ///
    /// # Errors
    /// When there is no description.
    pub(super) fn from_descriptors(
        descriptors: impl IntoIterator<Item = OwnedFd>,
    ) -> io::Result<Self> {
        let mut descriptors = descriptors.into_iter();
        let said = descriptors.next().ok_or(io::ErrorKind::InvalidData)?;
        Ok(Self {
            said: Sealed::from_fd(said)?,
            others: descriptors.collect(),
        })
    }

    /// All of it, for [`Self::from_descriptors`].
    pub(super) fn descriptors(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        let others = self.others.iter().map(OwnedFd::as_fd);
        std::iter::once(self.said.as_fd()).chain(others)
    }

    /// The description and the descriptors.
    ///
    /// # Errors
    /// When it cannot be read, or describes something else.
    pub(super) fn open<T: DeserializeOwned>(self) -> io::Result<(T, Vec<OwnedFd>)> {
        let said = serde_json::from_slice(&self.said.read()?).map_err(io::Error::other)?;
        Ok((said, self.others))
    }
}

/// Leaves a description, and `others`, to the next child.
///
/// # Errors
/// What making the memory file, or sending it, reports.
pub(super) fn leave(
    channel: &Channel,
    said: &impl Serialize,
    others: &[BorrowedFd<'_>],
) -> io::Result<()> {
    let bytes = serde_json::to_vec(said).map_err(io::Error::other)?;
    let sealed = Sealed::new("keepalived-past", &bytes)?;
    let mut all = vec![sealed.as_fd()];
    all.extend_from_slice(others);
    control::send(channel, &Report::Past, &all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keepalived::control::Heard;

    #[test]
    fn what_is_left_arrives_with_its_descriptors() {
        let (parent, child) = Channel::pair().expect("pair");
        let (kept, _) = Channel::pair().expect("pair");
        leave(&child, &vec!["peer"], &[kept.as_fd()]).expect("left");
        let Ok(Heard::Message(Report::Past, descriptors)) = control::receive(&parent) else {
            panic!("it has arrived");
        };
        let past = Past::from_descriptors(descriptors).expect("a past");
        assert_eq!(past.descriptors().count(), 2);
        let (said, others) = past.open::<Vec<String>>().expect("read");
        assert_eq!((said, others.len()), (vec!["peer".to_owned()], 1));
        assert!(Past::from_descriptors(Vec::new()).is_err());
    }
}
