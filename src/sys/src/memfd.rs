//! Sealed anonymous files: a configuration is written once and read by every process.
//!
//! Invariants: after [`Sealed::new`] nobody, not even the writer, can change a byte or the size.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::FileExt as _;

use nix::fcntl::{FcntlArg, SealFlag, fcntl};
use nix::sys::memfd::{MFdFlags, memfd_create};

/// An immutable memory file.
#[derive(Debug)]
pub struct Sealed {
    file: File,
}

impl Sealed {
    /// Writes `bytes` and seals them. `name` shows in `/proc/PID/fd`.
    ///
    /// # Errors
    /// What `memfd_create`, `write` or `fcntl` report (out of memory or descriptors).
    pub fn new(name: &str, bytes: &[u8]) -> io::Result<Self> {
        let fd = memfd_create(name, MFdFlags::MFD_CLOEXEC | MFdFlags::MFD_ALLOW_SEALING)?;
        let mut file = File::from(fd);
        file.write_all(bytes)?;
        let seals = SealFlag::F_SEAL_WRITE
            | SealFlag::F_SEAL_GROW
            | SealFlag::F_SEAL_SHRINK
            | SealFlag::F_SEAL_SEAL;
        fcntl(&file, FcntlArg::F_ADD_SEALS(seals))?;
        Ok(Self { file })
    }

    /// Takes a descriptor that another process passed, if it is sealed.
    ///
    /// # Errors
    /// When it is not a sealed memory file.
    pub fn from_fd(fd: OwnedFd) -> io::Result<Self> {
        let seals = fcntl(&fd, FcntlArg::F_GET_SEALS)?;
        if seals & SealFlag::F_SEAL_WRITE.bits() == 0 {
            return Err(io::Error::other("the memory file is not sealed"));
        }
        Ok(Self {
            file: File::from(fd),
        })
    }

    /// The whole content, whoever read it before.
    ///
    /// # Errors
    /// What `pread` reports.
    pub fn read(&self) -> io::Result<Vec<u8>> {
        let length = usize::try_from(self.file.metadata()?.len()).map_err(io::Error::other)?;
        let mut bytes = vec![0; length];
        self.file.read_exact_at(&mut bytes, 0)?;
        Ok(bytes)
    }
}

impl AsFd for Sealed {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_any_number_of_times() {
        let sealed = Sealed::new("test", b"vrrp_instance").expect("memfd");
        assert_eq!(sealed.read().expect("read"), b"vrrp_instance");
        assert_eq!(sealed.read().expect("read"), b"vrrp_instance");
    }

    #[test]
    fn nobody_writes_after_sealing() {
        let sealed = Sealed::new("test", b"x").expect("memfd");
        assert!(sealed.file.write_at(b"y", 0).is_err());
        assert!(sealed.file.set_len(0).is_err());
    }

    #[test]
    fn an_unsealed_file_is_not_accepted() {
        let fd = memfd_create("open", MFdFlags::MFD_CLOEXEC | MFdFlags::MFD_ALLOW_SEALING)
            .expect("memfd");
        assert!(Sealed::from_fd(fd).is_err());
    }
}
