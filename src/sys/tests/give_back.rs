//! What a process gives back and can still use. It is about all of its memory, so this runs without a
//! test harness.

/// KiB in memory of this process's own program as its file has it, and of what no file has (proc(5),
/// smaps).
fn resident() -> (u64, u64) {
    let program = std::env::current_exe().expect("a program");
    let program = program.to_str().expect("text");
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
            range if range.contains('-') => within = line.ends_with(program),
            _ => {}
        }
    }
    (all - written, written)
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
}
