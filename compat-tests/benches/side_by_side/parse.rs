//! `keepalived -t` of large files.

use std::path::Path;

use compat_tests::programs::Subject;

use crate::inputs;
use crate::measure::{Cost, make_interfaces, medians, tenths};

/// One file.
struct Case {
    name: &'static str,
    /// Instances or servers in it.
    count: usize,
    text: String,
    original: Original,
}

/// What is expected of the original.
#[derive(Clone, Copy)]
enum Original {
    /// It cannot read the file.
    Cannot,
    /// It is measured too.
    Beside,
    /// It shall take so many times as long.
    Slower(i64),
}

fn cases() -> Vec<Case> {
    use Original::{Beside, Cannot, Slower};
    let case = |name, count, text, original| Case {
        name,
        count,
        text,
        original,
    };
    let sequence = |name, bonds| case(name, bonds * 32 * 254, inputs::sequences(bonds), Cannot);
    let (instances, services) = (inputs::instances, inputs::services);
    vec![
        case("empty", 0, String::new(), Slower(4)),
        case("1,000 vrrp_instance", 1_000, instances(1_000), Beside),
        case(
            "10,000 vrrp_instance",
            10_000,
            instances(10_000),
            Slower(20),
        ),
        case("10,000 virtual_server", 10_000, services(10_000), Slower(5)),
        sequence("8,128 by ~SEQ", 1),
        sequence("16,256 by ~SEQ", 2),
        sequence("32,512 by ~SEQ", 4),
        sequence("65,024 by ~SEQ", 8),
    ]
}

/// Measures and prints.
pub(crate) fn run(runs: usize) -> Result<(), String> {
    let (ours, original) = (Subject::Ours.keepalived(), Subject::Original.keepalived());
    let mut interfaces = inputs::interfaces(10_000);
    interfaces.extend(inputs::bonds());
    make_interfaces(&interfaces)?;
    let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
    println!(
        "`keepalived -t`, medians of {runs} runs in turn: CPU time, peak memory, exit status."
    );
    println!("`each` is what an instance or server adds to the empty file; no ~SEQ in 2.2.7.");
    println!(
        "The ratio of times is followed by the aim: how many times as long the original takes.\n"
    );
    println!(
        "{:22} {:>27} {:>27} {:>17} {:>17} {:>15}",
        "", "keepalived-rs", "keepalived", "time", "each, ours", "each, original"
    );
    let mut empty: Option<Vec<Cost>> = None;
    let mut sequences = Vec::new();
    for case in cases() {
        let path = directory.path().join("k.conf");
        std::fs::write(&path, &case.text).map_err(|error| error.to_string())?;
        let mut commands = vec![command(&ours, &path)];
        if !matches!(case.original, Original::Cannot) && original.exists() {
            commands.push(command(&original, &path));
        }
        let costs = medians(&commands, runs)?;
        let base = empty.get_or_insert_with(|| costs.clone());
        line(&case, &costs, base);
        if matches!(case.original, Original::Cannot) {
            sequences.extend(per_thousand(&case, &costs, base));
        }
    }
    linear("An instance", &sequences);
    Ok(())
}

/// CPU time of a thousand instances, in microseconds.
fn per_thousand(case: &Case, costs: &[Cost], base: &[Cost]) -> Option<i64> {
    let count = i64::try_from(case.count).ok()?;
    let micros = costs.first()?.micros - base.first()?.micros;
    (micros.max(0) * 1_000).checked_div(count)
}

/// Eight times as many may take eight times as long, and half of that more for caches that no longer
/// hold them. `costs` are those of each, from the fewest to the most.
pub(crate) fn linear(one: &str, costs: &[i64]) {
    if let [first, .., last] = *costs {
        let growth = tenths(last, first.max(1));
        let verdict = match last * 2 <= first * 3 {
            true => "meets",
            false => "MISSES",
        };
        println!("\n{one} of the most takes {growth} of one of the fewest ({verdict} 1.5).");
    }
}

fn command(program: &Path, file: &Path) -> Vec<String> {
    let words = [program.to_string_lossy(), "-t".into(), "-f".into()];
    let words = words.into_iter().chain([file.to_string_lossy()]);
    words.map(|word| word.into_owned()).collect()
}

/// One line of the table; `base` is the cost of an empty file.
fn line(case: &Case, costs: &[Cost], base: &[Cost]) {
    let cell = |cost: Option<&Cost>| {
        let Some(cost) = cost else {
            return String::from("-");
        };
        let (ms, mib) = (tenths(cost.micros, 1_000), tenths(cost.kib, 1_024));
        format!("{ms} ms {mib} MiB [{}]", cost.status)
    };
    let times = costs.get(1).map_or_else(String::new, |original| {
        let ours = costs[0].micros.max(1);
        let ratio = tenths(original.micros, ours);
        match case.original {
            Original::Slower(aim) if original.micros >= ours * aim => {
                format!("{ratio} (meets {aim})")
            }
            Original::Slower(aim) => format!("{ratio} (MISSES {aim})"),
            _ => ratio,
        }
    });
    let each = |which: usize| each(case.count, costs.get(which)?, base.get(which)?);
    println!(
        "{:22} {:>27} {:>27} {times:>17} {:>17} {:>15}",
        case.name,
        cell(costs.first()),
        cell(costs.get(1)),
        each(0).unwrap_or_default(),
        each(1).unwrap_or_default(),
    );
}

/// What each of `count` instances or servers adds.
fn each(count: usize, cost: &Cost, base: &Cost) -> Option<String> {
    let count = i64::try_from(count).ok().filter(|&count| count > 0)?;
    let bytes = (cost.kib - base.kib).max(0) * 1_024 / count;
    let micros = tenths((cost.micros - base.micros).max(0), count);
    Some(format!("{micros} us {bytes} B"))
}
