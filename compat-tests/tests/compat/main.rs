//! All compatibility scenarios. They wait more than they compute, so many run at once.

mod broken;
mod clock;
mod ipvs;
mod keyword;
mod lab;
mod plan;
mod rule;
mod shapes;
mod stream;
mod test_mode;
mod wire;

use libtest_mimic::{Arguments, Trial};

/// Scenarios at once, unless the command line says otherwise.
const AT_ONCE: usize = 6;

fn main() {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(AT_ONCE);
    let trials: Vec<Trial> = [
        test_mode::trials(),
        broken::trials(),
        keyword::trials(),
        rule::trials(),
        plan::trials(),
        shapes::trials(),
        stream::trials(),
        lab::trials(),
        wire::trials(),
        ipvs::trials(),
    ]
    .into_iter()
    .flatten()
    .collect();
    let conclusion = libtest_mimic::run(&arguments, trials);
    clock::print_slowest();
    conclusion.exit();
}
