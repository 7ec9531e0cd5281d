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
        let malformed = || io::Error::other("/proc/self/stat has no argument area");
        let (start, end) = addresses(48)?.ok_or_else(malformed)?;
        if start == 0 || end <= start {
            return Err(malformed());
        }
        Ok(Self {
            start,
            length: end - start,
        })
    }

    /// As [`Title::find`], with the environment's area joined to it, so that a title longer than
    /// the arguments fits. The environment is first copied to where it stays readable. Call it
    /// while there is one thread.
    ///
    /// # Errors
    /// As [`Title::find`].
    pub fn find_with_environment() -> io::Result<Self> {
        let title = Self::find()?;
        let Some((start, end)) = addresses(50)? else {
            return Ok(title);
        };
        if start != title.start + title.length || end < start {
            return Ok(title);
        }
        move_environment();
        Ok(Self {
            length: end - title.start,
            ..title
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

/// Two neighbouring fields of `/proc/self/stat`, numbered as in proc(5): 48 for the arguments'
/// start and end, 50 for the environment's.
fn addresses(field: usize) -> io::Result<Option<(usize, usize)>> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    // The command name, in parentheses, may hold blanks: count fields from its end.
    let Some((_, rest)) = stat.rsplit_once(')') else {
        return Ok(None);
    };
    // `rest` starts with field 3.
    let mut fields = rest.split_ascii_whitespace().skip(field - 3);
    let mut address = || fields.next().and_then(|field| field.parse::<usize>().ok());
    Ok(address().zip(address()))
}

/// Gives the environment new memory for the rest of the process's life.
fn move_environment() {
    let copies = std::env::vars_os().filter_map(|(name, value)| {
        let mut pair = name.into_encoded_bytes();
        pair.push(b'=');
        pair.extend_from_slice(value.as_encoded_bytes());
        std::ffi::CString::new(pair).ok()
    });
    let mut pointers: Vec<*mut libc::c_char> = copies.map(std::ffi::CString::into_raw).collect();
    pointers.push(std::ptr::null_mut());
    // SAFETY: the vector and its strings are leaked, so they outlive every reader; it ends with
    // null as the C library expects; there is one thread (the caller's promise), so nobody reads
    // `environ` meanwhile.
    unsafe { libc::environ = Box::leak(pointers.into_boxed_slice()).as_mut_ptr() };
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
