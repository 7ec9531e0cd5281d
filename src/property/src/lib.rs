//! How many cases a property suite runs: for development only, no program depends on it.
//!
//! Each suite names the number that keeps it within a second or two in a debug build; a long run
//! sets `PROPTEST_CASES`, which is then the number of every suite, of every seeded one too:
//!
//! ```sh
//! PROPTEST_CASES=20000 cargo test -p grammar -p vrrp -p lvs -p sim -p wire -p stream
//! ```
//!
//! The usual run draws the same cases every time: whether it passes depends on the sources alone,
//! and whoever sees it fail can repeat it. A long run draws fresh ones, which is what it is for.
//!
//! Invariants: without the variable the number is the suite's own; nothing is written beside the
//! sources when a case fails, the failure says the smallest case.
//! Deliberately unknown here: what the suites check.

use std::env;

use proptest::test_runner::{Config, RngSeed};

/// The variable by which proptest itself is told how many cases to run.
const VARIABLE: &str = "PROPTEST_CASES";

/// What the usual run begins with.
const SEED: u64 = 9568;

/// What `proptest_config` takes: this many cases, or as many as `PROPTEST_CASES` says.
#[must_use]
pub fn config(usual: u32) -> Config {
    let rng_seed = match env::var_os(VARIABLE) {
        Some(_) => RngSeed::Random,
        None => RngSeed::Fixed(SEED),
    };
    Config {
        rng_seed,
        failure_persistence: None,
        ..Config::with_cases(cases(usual))
    }
}

/// The number alone, for suites that count seeds of their own.
///
/// # Panics
///
/// When `PROPTEST_CASES` is set to anything but a number: a long run with the usual number would
/// claim what it did not do.
#[must_use]
pub fn cases(usual: u32) -> u32 {
    said(env::var(VARIABLE).ok().as_deref(), usual)
}

fn said(variable: Option<&str>, usual: u32) -> u32 {
    let Some(text) = variable else { return usual };
    match text.trim().parse() {
        Ok(number) => number,
        Err(problem) => panic!("{VARIABLE}={text:?}: {problem}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_wins_over_the_usual_number() {
        assert_eq!(said(None, 48), 48);
        assert_eq!(said(Some("20000"), 48), 20_000);
        assert_eq!(said(Some(" 7\n"), 48), 7);
    }

    #[test]
    #[should_panic(expected = "PROPTEST_CASES=\"many\": invalid digit found in string")]
    fn what_is_no_number_is_not_taken_for_the_usual_one() {
        said(Some("many"), 48);
    }
}
