//! What a process gives back and can still use. It is about all of its memory, so this runs without a
//! test harness.

/// Of the mappings whose line in smaps (proc(5)) ends with `name`: KiB in memory as their file has
/// them, and KiB that no file has.
fn resident_of(name: &str) -> (u64, u64) {
    let maps = std::fs::read_to_string("/proc/self/smaps").expect("proc is mounted");
    let (mut all, mut written, mut within) = (0, 0, false);
    for line in maps.lines() {
        let mut words = line.split_whitespace();
        let (Some(first), Some(second)) = (words.next(), words.next()) else {
            continue;
        };
        match first {
            "Rss:" if within => all += second.parse::<u64>().expect("a number"),
            "Anonymous:" if within => written += second.parse::<u64>().expect("a number"),
            range if range.contains('-') => within = line.ends_with(name),
            _ => {}
        }
    }
    (all - written, written)
}

/// The same of this process's own program.
fn resident() -> (u64, u64) {
    let program = std::env::current_exe().expect("a program");
    resident_of(program.to_str().expect("text"))
}

/// KiB that no file has, in the whole process.
fn anonymous() -> u64 {
    resident_of("").1
}

/// Uses half a MiB of stack.
#[inline(never)]
fn deep() -> u64 {
    let mut words = [1_u64; 65_536];
    for word in std::hint::black_box(&mut words) {
        *word += 1;
    }
    words.iter().sum()
}

fn stack_is_given_back() {
    assert_eq!(deep(), 131_072);
    let (_, before) = resident_of("[stack]");
    sys::memory::give_back();
    let (_, after) = resident_of("[stack]");
    assert!(before > 512, "{before} KiB");
    assert!(after < 100, "{before} KiB of stack, then {after} KiB");
    assert_eq!(deep(), 131_072);
}

fn another_heap_is_given_back() {
    for (number, size) in [(8000, 1000), (160_000, 20)] {
        let blocks = move || (0..number).map(|_| vec![7_u8; size]).collect::<Vec<_>>();
        let thread = std::thread::spawn(blocks);
        let blocks = thread.join().expect("no panic");
        let before = anonymous();
        drop(blocks);
        sys::memory::give_back();
        let after = anonymous();
        assert!(after + 4000 < before, "{before} KiB, then {after} KiB");
    }
}

/// KiB of what stands in the program and is read once.
const KIB: u64 = 2048;
static READ_ONCE: [u8; KIB as usize * 1024] = [3; KIB as usize * 1024];
/// Pointers, which the loader has written.
static WORDS: [&str; 3] = ["one", "two", "three"];

fn sum() -> u64 {
    let all = std::hint::black_box(&READ_ONCE);
    all.iter().map(|byte| u64::from(*byte)).sum()
}

fn main() {
    sys::memory::keep_little();
    // Otherwise the system lets heaps grow by what was freed at once before.
    drop(vec![1_u8; 16 << 20]);
    stack_is_given_back();
    another_heap_is_given_back();
    let freed: Vec<Vec<u8>> = (0..4000).map(|_| vec![7; 1000]).collect();
    let kept: Vec<Vec<u8>> = freed.into_iter().step_by(100).collect();
    assert_eq!(sum(), KIB * 1024 * 3);
    let (before, written) = resident();
    sys::memory::give_back();
    let (after, still_written) = resident();
    assert!(after + KIB / 2 < before, "{before} KiB, then {after} KiB");
    assert_eq!(written, still_written, "KiB that no file has");
    assert!(kept.iter().flatten().all(|&byte| byte == 7));
    assert_eq!(std::hint::black_box(&WORDS).concat(), "onetwothree");
    assert_eq!(sum(), KIB * 1024 * 3);
    println!("test what_was_read_from_files_is_given_back ... ok");
    println!("test stack_and_other_heaps_are_given_back ... ok");
}
