//! Failover, adverts and memory: ours and the original in one run.
//!
//! Invariants: each case runs with both in turn, on hosts made for that run; what is reported is
//! the median of all runs. Nothing is asserted about speed.

mod cases;
mod client;
mod cost;
mod ear;
mod many;
mod stage;

use compat_tests::Subject;

/// One figure that a case yields.
struct Figure {
    name: &'static str,
    unit: &'static str,
    /// What is aimed at, and what 2.4.3 does where that was measured.
    aim: &'static str,
}

const fn figure(name: &'static str, unit: &'static str, aim: &'static str) -> Figure {
    Figure { name, unit, aim }
}

/// What stands for a figure that could not be had: masters changed while it was measured, say.
const NONE: f64 = f64::NAN;

/// A course of events that is measured.
struct Case {
    word: &'static str,
    figures: &'static [Figure],
    run: fn(Subject) -> Result<Vec<f64>, String>,
}

const CASES: &[Case] = &[
    Case {
        word: "term",
        figures: &[
            figure(
                "TERM, the original as backup: client without answer",
                "ms",
                "2",
            ),
            figure("  probes lost, one each ms", "", "0"),
        ],
        run: cases::term,
    },
    Case {
        word: "unicast",
        figures: &[figure(
            "TERM, one unicast peer alike: client without answer",
            "ms",
            "2",
        )],
        run: cases::unicast,
    },
    Case {
        word: "term200",
        figures: &[figure(
            "TERM with 200 addresses: longest without answer",
            "ms",
            "the original's",
        )],
        run: cases::term_of_many,
    },
    Case {
        word: "killed",
        figures: &[
            figure("VRRP process killed: client without answer", "ms", "0"),
            figure("  probes lost, one each ms", "", "0"),
            figure("  times the backup became master", "", "0"),
        ],
        run: cases::killed,
    },
    Case {
        word: "upgrade",
        figures: &[figure(
            "upgrade (original: restart) without backup: no answer",
            "ms",
            "0",
        )],
        run: cases::upgrade,
    },
    Case {
        word: "weight",
        figures: &[figure("weight drop of 100: new master after", "ms", "615")],
        run: cases::weight,
    },
    Case {
        word: "group",
        figures: &[figure(
            "sync group, one of two links cut: the other's address",
            "ms",
            "615",
        )],
        run: cases::group,
    },
    Case {
        word: "bfd",
        figures: &[figure(
            "master isolated in silence, with BFD: new master after",
            "ms",
            "45",
        )],
        run: cases::isolated,
    },
    Case {
        word: "takeover",
        figures: &[figure(
            "255 addresses taken over: last after first",
            "ms",
            "10",
        )],
        run: many::takeover,
    },
    Case {
        word: "cpu",
        figures: &[
            figure(
                "255 instances at 0.1 s: CPU for each advert sent",
                "us",
                "12",
            ),
            figure("  for each advert received", "us", "5"),
        ],
        run: many::cpu,
    },
    Case {
        word: "cpu100",
        figures: &[
            figure(
                "100 instances at 0.1 s: CPU for each advert sent",
                "us",
                "below the original's",
            ),
            figure("  for each advert received", "us", "below the original's"),
        ],
        run: many::cpu_of_fewer,
    },
    Case {
        word: "reload",
        figures: &[figure(
            "HUP, 200 instances at 0.1 s: longest advert gap",
            "ms",
            "102",
        )],
        run: many::reload,
    },
    Case {
        word: "memory",
        figures: &[
            figure(
                "1,020 instances at 0.1 s: memory of a master (PSS)",
                "MiB",
                "half",
            ),
            figure(
                "  changes of master in 10 s, all CPUs busy",
                "",
                "the original's",
            ),
        ],
        run: many::memory,
    },
    Case {
        word: "realtime",
        figures: &[figure(
            "1,020 instances, vrrp_rt_priority, all CPUs busy: changes",
            "",
            "0",
        )],
        run: many::real_time,
    },
];

/// Measures and prints, all cases or those named.
pub(crate) fn run(runs: usize, only: &[&str]) -> Result<(), String> {
    println!("\nVRRP, medians of {runs} runs in turn (least to most).\n");
    println!(
        "{:56} {:>26} {:>26}  aim",
        "", "keepalived-rs", "keepalived"
    );
    for case in CASES {
        if !only.is_empty() && !only.contains(&case.word) {
            continue;
        }
        let mut values = [
            vec![Vec::new(); case.figures.len()],
            vec![Vec::new(); case.figures.len()],
        ];
        for _ in 0..runs {
            for (subject, values) in [Subject::Ours, Subject::Original]
                .into_iter()
                .zip(&mut values)
            {
                let told = |problem| format!("{} of {}: {problem}", case.word, subject.word());
                let seen = (case.run)(subject).map_err(told)?;
                for (value, values) in seen.into_iter().zip(values) {
                    values.push(value);
                }
            }
        }
        for (index, figure) in case.figures.iter().enumerate() {
            let [ours, original] = &values;
            println!(
                "{:56} {:>26} {:>26}  {}",
                figure.name,
                cell(&ours[index], figure.unit),
                cell(&original[index], figure.unit),
                figure.aim,
            );
        }
    }
    Ok(())
}

fn cell(values: &[f64], unit: &str) -> String {
    let mut values: Vec<f64> = values.iter().copied().filter(|it| !it.is_nan()).collect();
    values.sort_by(f64::total_cmp);
    let (Some(least), Some(most)) = (values.first(), values.last()) else {
        return "-".to_owned();
    };
    let median = values[values.len() / 2];
    format!("{median:.1} {unit} ({least:.1} to {most:.1})")
}

/// The words of the cases.
pub(crate) fn words() -> impl Iterator<Item = &'static str> {
    CASES.iter().map(|case| case.word)
}
