//! Waiting in a tokio runtime until a descriptor of ours becomes readable.
//!
//! Invariant: the watched descriptor is a duplicate that only this type can close, so the runtime
//! never holds a number that has come to mean something else.

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// A descriptor being watched.
#[derive(Debug)]
pub struct Watched(AsyncFd<OwnedFd>);

impl Watched {
    /// Watches a duplicate of `fd`. Call it within a runtime with I/O enabled.
    ///
    /// # Errors
    /// What duplicating or registering reports (a regular file cannot be watched).
    pub fn new(fd: BorrowedFd<'_>) -> io::Result<Self> {
        let copy = fd.try_clone_to_owned()?;
        // SAFETY: `copy` owns a valid descriptor, is moved into the AsyncFd, and is neither
        // replaced nor closed while that lives.
        let watched = unsafe { AsyncFd::register_with_interest(copy, Interest::READABLE)? };
        Ok(Self(watched))
    }

    /// Returns when there is something to read. The caller then reads until there is nothing
    /// left: only what arrives after this returned wakes it again.
    ///
    /// # Errors
    /// When the runtime shuts down.
    pub async fn readable(&self) -> io::Result<()> {
        self.0.readable().await?.clear_ready();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::os::fd::AsFd as _;
    use std::os::unix::net::UnixStream;

    use super::*;

    #[test]
    fn wakes_for_every_arrival() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build()
            .expect("runtime");
        runtime.block_on(async {
            let (mut near, mut far) = UnixStream::pair().expect("sockets");
            near.set_nonblocking(true).expect("non-blocking");
            let watched = Watched::new(near.as_fd()).expect("watched");
            for _ in 0..2 {
                far.write_all(b"x").expect("written");
                watched.readable().await.expect("readable");
                assert_eq!(near.read(&mut [0; 8]).expect("read"), 1);
            }
        });
    }
}
