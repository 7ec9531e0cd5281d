//! The fuzz corpus on stable: every file, and a seeded round of mutations of every file.
//!
//! Invariants: the same bytes in every run; work is bounded by counts, not by a clock.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use base::Rng;
use compat_tests::fuzz_targets::{ALL, Target};

/// Mutants of each target; each is small, so that all take some seconds in a debug build.
const MUTANTS: usize = 1_500;

/// Longest mutant, in bytes.
const LONGEST: usize = 2 << 10;

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus")
}

/// The files of a target with their names, in order.
fn seeds(target: &str) -> Vec<(String, Vec<u8>)> {
    let directory = corpus().join(target);
    let entries = fs::read_dir(&directory).expect("every target has a corpus");
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.sort();
    let read = |path: PathBuf| (path.display().to_string(), fs::read(&path).expect("a file"));
    paths.into_iter().map(read).collect()
}

/// Runs one input; when it panics, says which it was.
fn feed(name: &str, target: Target, bytes: &[u8]) {
    let result = std::panic::catch_unwind(|| target(bytes));
    if result.is_err() {
        panic!("{name} panics for these bytes: {}", bytes.escape_ascii());
    }
}

/// One to four changes: a flipped bit, another byte, a cut, a repeated part, a part of another file.
fn mutant(rng: &mut Rng, seeds: &[(String, Vec<u8>)]) -> Vec<u8> {
    let pick = |rng: &mut Rng, len: usize| usize::try_from(rng.below(len as u64)).unwrap_or(0);
    let mut bytes = seeds[pick(rng, seeds.len())].1.clone();
    for _ in 0..=rng.below(4) {
        let at = pick(rng, bytes.len());
        match rng.below(5) {
            _ if bytes.is_empty() => {}
            0 => bytes[at] ^= 1 << rng.below(8),
            1 => bytes[at] = b"\0\xff\x80\n{}\"'$@~ ;#!\\0"[pick(rng, 17)],
            2 => bytes.truncate(at),
            3 => {
                let end = at + pick(rng, 32.min(bytes.len() - at));
                let part = bytes[at..end].to_vec();
                bytes.splice(at..at, part);
            }
            _ => {
                let other = &seeds[pick(rng, seeds.len())].1;
                let from = pick(rng, other.len());
                bytes.truncate(at);
                bytes.extend_from_slice(&other[from..]);
            }
        }
    }
    bytes.truncate(LONGEST);
    bytes
}

#[test]
fn every_target_has_a_corpus_and_a_binary() {
    let names: BTreeSet<String> = ALL.iter().map(|(name, _)| (*name).to_owned()).collect();
    let listed = |directory: &Path| -> BTreeSet<String> {
        let entries = fs::read_dir(directory).expect("a directory");
        let paths = entries.map(|entry| entry.expect("an entry").path());
        let stem = |path: PathBuf| {
            path.file_stem()
                .map(|stem| stem.to_string_lossy().into_owned())
        };
        paths.filter_map(stem).collect()
    };
    assert_eq!(listed(&corpus()), names);
    assert_eq!(listed(&corpus().with_file_name("fuzz_targets")), names);
}

#[test]
fn the_corpus_replays() {
    for (name, target) in ALL {
        let seeds = seeds(name);
        assert!(!seeds.is_empty(), "{name}: no seeds");
        for (file, bytes) in seeds {
            feed(&file, *target, &bytes);
        }
    }
}

#[test]
fn mutants_of_the_corpus_do_no_harm() {
    for (number, (name, target)) in (1..).zip(ALL) {
        let seeds = seeds(name);
        let mut rng = Rng::new(number);
        for _ in 0..MUTANTS {
            feed(name, *target, &mutant(&mut rng, &seeds));
        }
    }
}
