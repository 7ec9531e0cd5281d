//! `keepalived -t` of large files.

use std::path::Path;

use compat_tests::programs::Subject;

use crate::inputs;
use crate::measure::{Cost, make_interfaces, medians};

/// One file.
struct Case {
    name: &'static str,
    /// Instances or servers in it.
    count: usize,
    text: String,
    /// The original is quadratic: not worth the wait where only our own growth is of interest.
    original: bool,
}

fn cases() -> Vec<Case> {
    let case = |name, count, text, original| Case {
        name,
        count,
        text,
        original,
    };
    let sequence = |name, bonds| case(name, bonds * 32 * 254, inputs::sequences(bonds), false);
    vec![
        case("empty", 0, String::new(), true),
        case("1,000 vrrp_instance", 1_000, inputs::instances(1_000), true),
        case(
            "10,000 vrrp_instance",
            10_000,
            inputs::instances(10_000),
            true,
        ),
        case(
            "10,000 virtual_server",
            10_000,
            inputs::services(10_000),
            true,
        ),
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
    println!("`-t`, median of {runs} runs: CPU ms (peak MiB) [exit status]\n");
    println!(
        "{:24} {:>22} {:>24} {:>8} {:>12}",
        "file", "keepalived-rs", "keepalived", "ratio", "bytes each"
    );
    let mut empty = None;
    for case in cases() {
        let path = directory.path().join("k.conf");
        std::fs::write(&path, &case.text).map_err(|error| error.to_string())?;
        let mut commands = vec![command(&ours, &path)];
        if case.original && original.exists() {
            commands.push(command(&original, &path));
        }
        let costs = medians(&commands, runs)?;
        let base = *empty.get_or_insert(costs[0].kib);
        line(&case, &costs, base);
    }
    Ok(())
}

fn command(program: &Path, file: &Path) -> Vec<String> {
    let words = [program.to_string_lossy(), "-t".into(), "-f".into()];
    let words = words.into_iter().chain([file.to_string_lossy()]);
    words.map(|word| word.into_owned()).collect()
}

/// One line of the table; `base` is the memory of an empty file.
fn line(case: &Case, costs: &[Cost], base: i64) {
    let cell = |cost: &Cost| {
        let (micros, kib) = (cost.micros, cost.kib);
        let (ms, mib) = (tenths(micros, 1_000), tenths(kib, 1_024));
        format!("{ms} ({mib}) [{}]", cost.status)
    };
    let ours = &costs[0];
    let original = costs.get(1);
    let ratio = original.map_or_else(String::new, |original| {
        let ratio = tenths(original.micros, ours.micros.max(1));
        format!("{ratio} x")
    });
    let each = i64::try_from(case.count).ok().filter(|&count| count > 0);
    let each = each.map_or_else(String::new, |count| {
        ((ours.kib - base).max(0) * 1_024 / count).to_string()
    });
    println!(
        "{:24} {:>22} {:>24} {ratio:>8} {each:>12}",
        case.name,
        cell(ours),
        original.map_or_else(|| "-".to_owned(), cell),
    );
}

/// A quotient with one decimal.
fn tenths(number: i64, unit: i64) -> String {
    let tenths = (number * 10 + unit / 2) / unit;
    format!("{}.{}", tenths / 10, tenths % 10)
}
