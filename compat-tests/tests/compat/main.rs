//! All compatibility scenarios. They wait more than they compute, so many run at once.

mod batch;
mod beside;
mod bfd;
mod broken;
mod buffers;
mod clock;
mod dump;
mod heard;
mod ipvs;
mod keyword;
mod lab;
mod leaving;
mod links;
mod notify;
mod pacing;
mod pairs;
mod plan;
mod process;
mod reloading;
mod routing;
mod rule;
mod shapes;
mod sources;
mod stream;
mod test_mode;
mod vmac;
mod wire;

use compat_tests::differences::Differences;
use libtest_mimic::{Arguments, Trial};

/// Scenarios at once, unless the command line says otherwise.
const AT_ONCE: usize = 6;

fn main() {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(AT_ONCE);
    let trials: Vec<Trial> = [
        test_mode::trials(),
        broken::trials(),
        buffers::trials(),
        keyword::trials(),
        rule::trials(),
        plan::trials(),
        process::trials(),
        shapes::trials(),
        sources::trials(),
        stream::trials(),
        lab::trials(),
        leaving::trials(),
        links::trials(),
        notify::trials(),
        pairs::trials(),
        reloading::trials(),
        wire::trials(),
        heard::trials(),
        pacing::trials(),
        beside::trials(),
        bfd::trials(),
        routing::trials(),
        dump::trials(),
        ipvs::trials(),
        vmac::trials(),
    ]
    .into_iter()
    .flatten()
    .collect();
    let conclusion = libtest_mimic::run(&arguments, trials);
    clock::print_slowest();
    let whole = conclusion.num_filtered_out == 0 && conclusion.num_passed > 0;
    let unused = Differences::load().unused();
    if whole && !conclusion.has_failed() && !unused.is_empty() {
        eprintln!("known-differences.toml lists what no comparison asked for: {unused:#?}");
        std::process::exit(1);
    }
    conclusion.exit();
}
