//! Rewriting argv, so that `ps` shows what a process does.
//!
//! Invariants: only the memory that the kernel laid out for arguments and environment is written,
//! and only after the environment has been copied away; called before any thread exists.

use std::io;

/// The area that holds argv and the environment of this process.
#[derive(Debug)]
pub struct Title {
    start: usize,
    length: usize,
}

impl Title {
    /// Finds the area of the argument vector. Only the arguments' own bytes are used: the
    /// environment stays readable for scripts and for `getenv`.
    ///
    /// # Errors
    /// When `/proc/self/stat` cannot be read or does not look as documented in proc(5).
    pub fn find() -> io::Result<Self> {
        let stat = std::fs::read_to_string("/proc/self/stat")?;
        let malformed = || io::Error::other("/proc/self/stat has no argument area");
        // The command name, in parentheses, may hold blanks: count fields from its end.
        let (_, rest) = stat.rsplit_once(')').ok_or_else(malformed)?;
        // Fields 48 and 49 of proc(5); `rest` starts with field 3.
        let mut fields = rest.split_ascii_whitespace().skip(48 - 3);
        let mut address = || {
            fields
                .next()
                .and_then(|field| field.parse::<usize>().ok())
                .ok_or_else(malformed)
        };
        let (start, end) = (address()?, address()?);
        if start == 0 || end <= start {
            return Err(malformed());
        }
        Ok(Self {
            start,
            length: end - start,
        })
    }

    /// Shows `text` as the command line; what does not fit is cut.
    pub fn set(&mut self, text: &str) {
        let room = self.length - 1;
        let shown = &text.as_bytes()[..text.len().min(room)];
        // SAFETY: the kernel reports this range as the process's argument area on the stack; it
        // stays mapped and writable, and nothing in Rust borrows it (std copied the arguments
        // out of it before main, and hands out only copies).
        let area = unsafe {
            std::slice::from_raw_parts_mut(
                std::ptr::with_exposed_provenance_mut::<u8>(self.start),
                self.length,
            )
        };
        area.fill(0);
        area[..shown.len()].copy_from_slice(shown);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_changes() {
        let before = std::fs::read("/proc/self/cmdline").expect("cmdline");
        let mut title = Title::find().expect("area");
        title.set("sys: test");
        let after = std::fs::read("/proc/self/cmdline").expect("cmdline");
        assert!(after.starts_with(b"sys: test"));
        title.set(&String::from_utf8_lossy(&before).replace('\0', " "));
    }
}
