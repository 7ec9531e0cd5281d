//! How long each scenario took; the ten slowest are printed at the end.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use libtest_mimic::{Failed, Trial};

static TIMES: Mutex<Vec<(Duration, String)>> = Mutex::new(Vec::new());

/// A scenario that must end, one way or the other; `Err` says what is wrong.
pub(crate) fn scenario(
    name: String,
    run: impl FnOnce() -> Result<(), String> + Send + 'static,
) -> Trial {
    Trial::test(name.clone(), move || {
        let started = Instant::now();
        let outcome = run().map_err(Failed::from);
        let mut times = TIMES.lock().unwrap_or_else(PoisonError::into_inner);
        times.push((started.elapsed(), name));
        outcome
    })
}

/// Prints the ten slowest scenarios of this run.
pub(crate) fn print_slowest() {
    let mut times = TIMES.lock().unwrap_or_else(PoisonError::into_inner);
    times.sort_by(|a, b| b.cmp(a));
    println!("slowest scenarios:");
    for (time, name) in times.iter().take(10) {
        println!("  {:6.1} s  {name}", time.as_secs_f64());
    }
}
