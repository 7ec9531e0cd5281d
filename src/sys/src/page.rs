//! A page of memory shared between a child that writes records and a parent that reads them.
//!
//! Invariants: one writer per page; a record has two copies and the sequence number says which one
//! is whole, so a writer that dies in the middle of a record leaves the previous one readable;
//! every access is an atomic one, so neither side can see a data race as undefined behaviour.

use std::fs::File;
use std::io;
use std::num::NonZeroUsize;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering, fence};

use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::mman::{MapFlags, ProtFlags, mmap, munmap};

const WORD: usize = size_of::<u64>();

/// Records of a fixed size in shared memory.
#[derive(Debug)]
pub struct Page {
    fd: OwnedFd,
    base: NonNull<AtomicU64>,
    words: usize,
    slots: usize,
    capacity: usize,
}

// SAFETY: the mapping is shared memory by design, reached only through atomics.
unsafe impl Send for Page {}
// SAFETY: as above; the single-writer rule is a matter of meaning, not of memory safety.
unsafe impl Sync for Page {}

impl Page {
    /// `slots` records of up to `capacity` bytes each, all empty.
    ///
    /// # Errors
    /// What `memfd_create`, `ftruncate` or `mmap` report.
    pub fn new(slots: usize, capacity: usize) -> io::Result<Self> {
        let file = File::from(memfd_create("vrrp-state", MFdFlags::MFD_CLOEXEC)?);
        file.set_len((words(slots, capacity)? * WORD) as u64)?;
        Self::map(file, slots, capacity)
    }

    /// The page that an earlier image of this process made, of the same shape.
    ///
    /// # Errors
    /// When it has another size; what `mmap` reports.
    pub fn inherited(fd: OwnedFd, slots: usize, capacity: usize) -> io::Result<Self> {
        let file = File::from(fd);
        if file.metadata()?.len() != (words(slots, capacity)? * WORD) as u64 {
            return Err(io::Error::other("the shared page has another shape"));
        }
        Self::map(file, slots, capacity)
    }

    fn map(file: File, slots: usize, capacity: usize) -> io::Result<Self> {
        let words = words(slots, capacity)?;
        let bytes = NonZeroUsize::new(words * WORD).unwrap_or(NonZeroUsize::MIN);
        // SAFETY: a new mapping of a file this process owns, of exactly its size (the callers see to
        // it, and nobody who has the descriptor shrinks it).
        let base = unsafe {
            mmap(
                None,
                bytes,
                ProtFlags::PROT_READ | ProtFlags::PROT_WRITE,
                MapFlags::MAP_SHARED,
                &file,
                0,
            )
        }?;
        Ok(Self {
            fd: file.into(),
            base: base.cast(),
            words,
            slots,
            capacity,
        })
    }

    /// Number of records.
    #[must_use]
    pub fn slots(&self) -> usize {
        self.slots
    }

    fn word(&self, index: usize) -> &AtomicU64 {
        assert!(index < self.words, "word outside the page");
        // SAFETY: the index is inside the mapping, which lives as long as `self`, is aligned to a
        // page, and is only reached through atomics.
        unsafe { self.base.add(index).as_ref() }
    }

    /// First word of copy `which` of `slot`: length, then content.
    fn copy_at(&self, slot: usize, which: u64) -> usize {
        let content = 1 + self.capacity.div_ceil(WORD);
        slot * slot_words(self.capacity) + 1 + if which & 1 == 0 { 0 } else { content }
    }

    /// Replaces record `slot`. What is longer than the capacity is refused.
    ///
    /// # Errors
    /// When `slot` or the record does not fit the page.
    pub fn publish(&self, slot: usize, record: &[u8]) -> io::Result<()> {
        if slot >= self.slots || record.len() > self.capacity {
            return Err(io::Error::other("record does not fit the shared page"));
        }
        let sequence = self.word(slot * slot_words(self.capacity));
        let next = sequence.load(Ordering::Relaxed) + 1;
        let at = self.copy_at(slot, next);
        // Whoever sees a word of this copy also sees that the copy before it was published.
        fence(Ordering::Release);
        self.word(at).store(record.len() as u64, Ordering::Relaxed);
        for (index, chunk) in record.chunks(WORD).enumerate() {
            let mut bytes = [0; WORD];
            bytes[..chunk.len()].copy_from_slice(chunk);
            self.word(at + 1 + index)
                .store(u64::from_ne_bytes(bytes), Ordering::Relaxed);
        }
        sequence.store(next, Ordering::Release);
        Ok(())
    }

    /// The last whole record of `slot`; `None` if there never was one.
    #[must_use]
    pub fn read(&self, slot: usize) -> Option<Vec<u8>> {
        if slot >= self.slots {
            return None;
        }
        let sequence = self.word(slot * slot_words(self.capacity));
        // A writer that laps the reader twice in a row is not plausible; give up after a few.
        for _ in 0..16 {
            let before = sequence.load(Ordering::Acquire);
            if before == 0 {
                return None;
            }
            let at = self.copy_at(slot, before);
            let length = usize::try_from(self.word(at).load(Ordering::Relaxed)).ok()?;
            let mut record = Vec::with_capacity(self.capacity);
            for index in 0..length.min(self.capacity).div_ceil(WORD) {
                record.extend(
                    self.word(at + 1 + index)
                        .load(Ordering::Relaxed)
                        .to_ne_bytes(),
                );
            }
            record.truncate(length);
            fence(Ordering::Acquire);
            // The copy is rewritten only by the next but one publication; one more is harmless.
            if sequence.load(Ordering::Relaxed) == before {
                return Some(record);
            }
        }
        None
    }
}

/// Words of a whole page.
fn words(slots: usize, capacity: usize) -> io::Result<usize> {
    let words = slots.checked_mul(slot_words(capacity));
    let words = words.filter(|words| words.checked_mul(WORD).is_some());
    Ok(words
        .ok_or_else(|| io::Error::other("page too large"))?
        .max(1))
}

/// Words of one slot: the sequence number and two copies, each a length and its content.
const fn slot_words(capacity: usize) -> usize {
    1 + 2 * (1 + capacity.div_ceil(WORD))
}

impl AsFd for Page {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        // SAFETY: unmaps exactly what `new` mapped; no reference into it outlives `self`.
        let _ = unsafe { munmap(self.base.cast(), self.words * WORD) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_record_is_read() {
        let page = Page::new(2, 20).expect("page");
        assert_eq!(page.read(1), None);
        for record in [&b"master"[..], b"", b"twenty bytes exactly"] {
            page.publish(1, record).expect("fits");
            assert_eq!(page.read(1).as_deref(), Some(record));
        }
        assert_eq!(page.read(0), None);
        assert!(page.publish(2, b"x").is_err());
        assert!(page.publish(0, &[0; 21]).is_err());
    }

    #[test]
    fn a_successor_maps_the_same_page_and_no_other() {
        let page = Page::new(2, 20).expect("page");
        page.publish(1, b"master").expect("fits");
        let again = || page.as_fd().try_clone_to_owned().expect("descriptor");
        let mapped = Page::inherited(again(), 2, 20).expect("mapped");
        assert_eq!(mapped.read(1).as_deref(), Some(&b"master"[..]));
        assert!(Page::inherited(again(), 3, 20).is_err());
    }

    #[test]
    fn an_unfinished_record_leaves_the_previous_one() {
        let page = Page::new(1, 16).expect("page");
        page.publish(0, b"first").expect("fits");
        // What a writer does before it dies: half of the next copy, no new sequence number.
        let at = page.copy_at(0, 2);
        page.word(at).store(16, Ordering::Relaxed);
        page.word(at + 1).store(u64::MAX, Ordering::Relaxed);
        assert_eq!(page.read(0).as_deref(), Some(&b"first"[..]));
    }

    #[test]
    fn readers_never_see_a_mixture() {
        let page = std::sync::Arc::new(Page::new(1, 64).expect("page"));
        let writer = std::sync::Arc::clone(&page);
        let thread = std::thread::spawn(move || {
            for round in 0..20_000_u32 {
                let byte = u8::try_from(round % 251).expect("small");
                writer.publish(0, &[byte; 64]).expect("fits");
            }
        });
        while !thread.is_finished() {
            if let Some(record) = page.read(0) {
                assert!(record.iter().all(|b| *b == record[0]), "{record:?}");
            }
        }
        thread.join().expect("writer");
    }
}
