//! What one reading of a configuration learnt, sealed, for every process of the daemon.
//!
//! Invariants: a bundle is immutable; parsing and planning from it asks nothing of the host, so
//! all processes run the same plan even while files change under them.

use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;

use grammar::Recording;
use serde::{Deserialize, Serialize};
use sys::memfd::Sealed;

use crate::facts::Recorded;

/// Everything needed to arrive at the same plan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bundle {
    /// Configuration file, as it was named.
    pub root: PathBuf,
    /// Files, globs and environment.
    pub text: Recording,
    /// Answers about the host.
    pub facts: Recorded,
    /// For whatever needs to be random.
    pub seed: u64,
    /// keepalived's `-i`.
    pub config_id: Option<String>,
    /// keepalived's `-e`.
    pub include_check: bool,
}

impl Bundle {
    /// Writes the bundle into a sealed memory file.
    ///
    /// # Errors
    /// What creating or writing the file reports.
    pub fn seal(&self) -> io::Result<Sealed> {
        let bytes = serde_json::to_vec(self).map_err(io::Error::other)?;
        Sealed::new("configuration", &bytes)
    }

    /// Reads a sealed bundle.
    ///
    /// # Errors
    /// When it is not one.
    pub fn open(sealed: &Sealed) -> io::Result<Self> {
        serde_json::from_slice(&sealed.read()?).map_err(io::Error::other)
    }

    /// Reads a bundle from a descriptor that another process passed.
    ///
    /// # Errors
    /// When it is not sealed or not a bundle.
    pub fn receive(fd: OwnedFd) -> io::Result<(Self, Sealed)> {
        let sealed = Sealed::from_fd(fd)?;
        Ok((Self::open(&sealed)?, sealed))
    }

    /// 64 random bits from the kernel, for [`Bundle::seed`].
    ///
    /// # Errors
    /// When `/dev/urandom` cannot be read.
    pub fn new_seed() -> io::Result<u64> {
        let mut bytes = [0; 8];
        io::Read::read_exact(&mut std::fs::File::open("/dev/urandom")?, &mut bytes)?;
        Ok(u64::from_ne_bytes(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use grammar::{Loader as _, MemoryLoader, Recorder};
    use std::path::Path;

    #[test]
    fn what_is_sealed_is_what_is_opened() {
        let mut memory =
            MemoryLoader::new([("/etc/keepalived/keepalived.conf", "vrrp_instance A {\n")]);
        let mut recorder = Recorder::new(&mut memory);
        let root = Path::new("/etc/keepalived/keepalived.conf");
        let read = recorder.read(root);
        let bundle = Bundle {
            root: root.into(),
            text: recorder.finish(),
            facts: Recorded::default(),
            seed: Bundle::new_seed().expect("random"),
            ..Bundle::default()
        };
        let sealed = bundle.seal().expect("memfd");
        let mut opened = Bundle::open(&sealed).expect("bundle");
        assert_eq!(opened, bundle);
        assert_eq!(opened.text.read(root), read);
    }

    #[test]
    fn another_memory_file_is_refused() {
        let sealed = Sealed::new("test", b"[]").expect("memfd");
        assert!(Bundle::open(&sealed).is_err());
    }
}
