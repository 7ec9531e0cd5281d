//! How this process gets its memory, and gives it back.
//!
//! Invariants: nothing here changes what an allocation means; where the system does not help, the
//! process gets its memory as always.

use std::io;
use std::ops::Range;

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

/// From now on the end of a heap goes back to the system when 64 KiB of it are free, however much was
/// freed at once before, and small blocks that are free are part of that (mallopt(3)).
/// [`give_back`] reaches the end of the first heap alone. For a process that lives long.
#[cfg(target_env = "gnu")]
pub fn keep_little() {
    let few = [
        (libc::M_TRIM_THRESHOLD, 64 * 1024),
        (libc::M_TOP_PAD, 16 * 1024),
        (libc::M_MXFAST, 0),
    ];
    for (parameter, value) in few {
        // SAFETY: mallopt takes and gives plain numbers.
        unsafe { libc::mallopt(parameter, value) };
    }
}

/// Nothing has to be said.
#[cfg(not(target_env = "gnu"))]
pub fn keep_little() {}

/// Gives back what this process has in memory without needing it: heap that was freed, stack that
/// earlier calls used, and pages of programs and libraries that were read from their files and can be
/// again. What is used after all comes from the system's file cache, at a page fault each few pages.
///
/// Does nothing to memory that is locked.
pub fn give_back() {
    trim();
    let page = page_size();
    for part in unwritten(page) {
        // SAFETY: the range lies in a segment of a file that this process has mapped privately and
        // that may not be written to, so what stands there is what the file holds, and is read from
        // there again when it is touched next.
        unsafe { drop_pages(part) };
    }
    if let Some(part) = unused_stack(page) {
        // SAFETY: the range lies below what this call uses of its thread's stack, and above where
        // that ends; nothing is kept there, and what comes there next finds zeros.
        unsafe { drop_pages(part) };
    }
}

/// Locked memory makes this fail, and nothing changes.
///
/// # Safety
/// Whole pages of this process's, that may change to what their file holds, or to zeros.
unsafe fn drop_pages(part: Range<usize>) {
    let start = part.start as *mut libc::c_void;
    // SAFETY: the caller's promise.
    let _ = unsafe { libc::madvise(start, part.len(), libc::MADV_DONTNEED) };
}

/// Size of a page in bytes.
fn page_size() -> usize {
    // SAFETY: takes and gives plain numbers.
    let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    usize::try_from(page).unwrap_or(usize::MAX)
}

/// Below what this thread uses of its stack. Some room is left for what is called next.
fn unused_stack(page: usize) -> Option<Range<usize>> {
    const ROOM: usize = 16 * 1024;
    let here = 0_u8;
    let here = core::ptr::from_ref(&here) as usize;
    // SAFETY: zeros are a valid value of this plain description, which the next call fills in.
    let mut attributes: libc::pthread_attr_t = unsafe { core::mem::zeroed() };
    // SAFETY: both point to what they are to; the description is released below.
    if unsafe { libc::pthread_getattr_np(libc::pthread_self(), &raw mut attributes) } != 0 {
        return None;
    }
    let (mut lowest, mut size) = (core::ptr::null_mut(), 0);
    // SAFETY: the description was filled in above.
    let found = unsafe {
        libc::pthread_attr_getstack(&raw const attributes, &raw mut lowest, &raw mut size)
    };
    // SAFETY: the same, which is not used any more.
    unsafe { libc::pthread_attr_destroy(&raw mut attributes) };
    let (lowest, end) = (lowest as usize, here.saturating_sub(ROOM) / page * page);
    let within = found == 0 && (lowest..lowest.saturating_add(size)).contains(&here);
    (within && lowest < end).then(|| lowest.next_multiple_of(page)..end)
}

#[cfg(target_env = "gnu")]
fn trim() {
    // SAFETY: takes a number, and moves no memory that is in use.
    unsafe { libc::malloc_trim(0) };
}

#[cfg(not(target_env = "gnu"))]
fn trim() {}

/// Whole pages of the segments without the right to write, of the program and its libraries. What the
/// loader has written to (and then protected) is part of segments with that right.
fn unwritten(page: usize) -> Vec<Range<usize>> {
    unsafe extern "C" fn collect(
        object: *mut libc::dl_phdr_info,
        _: libc::size_t,
        found: *mut libc::c_void,
    ) -> libc::c_int {
        // SAFETY: the loader passes a valid description, and the pointer given to it below.
        let (object, found) = unsafe { (&*object, &mut *found.cast::<Vec<_>>()) };
        // SAFETY: the name is null or a string that lives as long as the object.
        let name = (!object.dlpi_name.is_null())
            .then(|| unsafe { std::ffi::CStr::from_ptr(object.dlpi_name) });
        // The kernel's own: it is in no file.
        if name.is_some_and(|name| name.to_bytes().starts_with(b"linux-")) {
            return 0;
        }
        // SAFETY: so many headers stand there, as long as the object is loaded.
        let headers =
            unsafe { std::slice::from_raw_parts(object.dlpi_phdr, object.dlpi_phnum.into()) };
        for header in headers {
            if header.p_type != libc::PT_LOAD || header.p_flags & libc::PF_W != 0 {
                continue;
            }
            let start = (object.dlpi_addr + header.p_vaddr) as usize;
            found.push(start..start + header.p_memsz as usize);
        }
        0
    }
    let mut found: Vec<Range<usize>> = Vec::new();
    // SAFETY: the function is called for each object while this waits, with this pointer.
    unsafe { libc::dl_iterate_phdr(Some(collect), (&raw mut found).cast()) };
    // A page at an edge may belong to a neighbour, too.
    let whole = found
        .into_iter()
        .map(|part| part.start.next_multiple_of(page)..part.end / page * page);
    whole.filter(|part| !part.is_empty()).collect()
}
