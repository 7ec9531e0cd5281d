//! How this process gets its memory.
//!
//! Invariants: nothing here changes what an allocation means; where the system does not help, the
//! process gets its memory as always.

use std::io;

/// Keeps in memory what this process has in memory now and touches later of what it has mapped.
///
/// # Errors
/// What `mlockall` reports.
pub fn lock() -> io::Result<()> {
    // SAFETY: mlockall takes an integer and changes no contents.
    if unsafe { libc::mlockall(libc::MCL_CURRENT | libc::MCL_ONFAULT) } < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

/// Large pages pay from here on, in bytes.
const WORTH_IT: usize = 4 << 20;
/// Most that is asked for at once, in bytes; more than that comes in the usual steps.
const MOST: usize = 256 << 20;

/// Tells the system that this process is about to fill some `bytes` with small allocations and
/// will not live long: the heap grows once, in huge pages where the kernel lends them
/// (`MADV_HUGEPAGE` in madvise(2)), instead of by a page fault every 4 KiB.
///
/// What is not used of it costs address space, and memory of one huge page at most. Call it
/// before threads are started. Does nothing where it would not help.
pub fn expect(bytes: usize) {
    if bytes >= WORTH_IT {
        grow_once(bytes.min(MOST));
    }
}

#[cfg(target_env = "gnu")]
fn grow_once(bytes: usize) {
    /// What glibc starts with (mallopt(3)).
    const USUAL_PAD: i32 = 128 * 1024;
    let Ok(pad) = i32::try_from(bytes) else {
        return;
    };
    let set = |parameter, value| {
        // SAFETY: mallopt takes and gives plain numbers; no other thread allocates meanwhile.
        unsafe { libc::mallopt(parameter, value) }
    };
    set(libc::M_TOP_PAD, pad);
    // Otherwise what is freed near the end would be given back and asked for again.
    set(libc::M_TRIM_THRESHOLD, i32::MAX);
    // Each is small enough for the heap; together they are more than is left of it.
    let mut blocks: [Vec<u8>; 2] = Default::default();
    let grown = blocks
        .iter_mut()
        .all(|block| block.try_reserve_exact(USUAL_PAD as usize - 1024).is_ok());
    let within = std::hint::black_box(&blocks)[1].as_ptr() as usize;
    set(libc::M_TOP_PAD, USUAL_PAD);
    if !grown {
        return;
    }
    // SAFETY: an increment of 0 only asks where the heap ends.
    let end = unsafe { libc::sbrk(0) } as usize;
    let start = within.next_multiple_of(4096);
    // Elsewhere than in the heap when the system refused to let that grow.
    if start < end && end - start <= 2 * bytes {
        // SAFETY: the range is this process's own heap, and the advice changes no contents.
        // Without huge pages it fails, and nothing is different.
        let _ =
            unsafe { libc::madvise(start as *mut libc::c_void, end - start, libc::MADV_HUGEPAGE) };
    }
}

#[cfg(not(target_env = "gnu"))]
fn grow_once(_bytes: usize) {}
