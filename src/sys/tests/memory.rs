//! What a process that expects to need much memory gets. The heap is that of the first thread, so
//! this runs without a test harness.

use std::fs;
use std::path::Path;

/// Flags of the part of the address space that `address` lies in (proc(5), smaps).
fn flags(address: usize) -> String {
    let maps = fs::read_to_string("/proc/self/smaps").expect("proc is mounted");
    let mut within = false;
    for line in maps.lines() {
        let range = line
            .split(' ')
            .next()
            .and_then(|range| range.split_once('-'));
        let bound = |text| usize::from_str_radix(text, 16).ok();
        if let Some((start, end)) =
            range.and_then(|(start, end)| Some((bound(start)?, bound(end)?)))
        {
            within = (start..end).contains(&address);
        } else if let (true, Some(flags)) = (within, line.strip_prefix("VmFlags:")) {
            return flags.to_owned();
        }
    }
    String::new()
}

fn main() {
    sys::memory::expect(64 << 20);
    // Small enough for the heap, and in all more than a heap usually has at once.
    let blocks: Vec<Vec<u8>> = (0..400).map(|_| vec![1; 64 << 10]).collect();
    let huge_pages = Path::new("/sys/kernel/mm/transparent_hugepage/enabled").exists();
    let block = blocks[200].as_ptr() as usize;
    let flags = flags(block);
    assert_eq!(
        flags.split(' ').any(|flag| flag == "hg"),
        huge_pages,
        "{flags}"
    );
    assert!(blocks.iter().flatten().all(|&byte| byte == 1));
    println!("test what_is_expected_comes_in_huge_pages ... ok");
}
