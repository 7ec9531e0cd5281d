//! One entry for every chore of the project: `cargo xtask demo`, `test`, `tidy`, `gen`, `install`,
//! `bench`. No dependencies, so that it builds in a second on a machine that has nothing yet.

mod demo;
mod install;
mod packages;
mod steps;
mod test;
mod tidy;

use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask COMMAND

  demo                  build, then run the main job on a real configuration in the lab
  test [--all]          run all checks (--all: the wider matrices too)
  tidy                  check the house rules: dependency arrows, file sizes, where unsafe stands
  gen [--check]         write (or compare) everything generated: man pages, completions, coverage;
                        --check also proves every keyword that is said to work
  install [--prefix DIR] [--as-originals]
                        put binaries, man pages, completions and units in place (default prefix
                        /usr/local); with --as-originals also under the names keepalived and nginx
  bench [parse] [vrrp [CASE...]] [--runs N]
                        measure ours beside the originals in one run: reading of large files, and
                        failover, adverts and memory of running daemons

Commands that need system packages install them with apt-get (sudo where not root) and say so.
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["demo", rest @ ..] => demo::run(rest),
        ["test"] => test::run(false),
        ["test", "--all"] => test::run(true),
        ["tidy"] => tidy::run(),
        ["gen"] => steps::cargo(&["run", "--quiet", "--package", "docgen"]),
        ["gen", "--check"] => test::generated(),
        ["install", rest @ ..] => install::run(rest),
        ["bench", rest @ ..] => test::bench(rest),
        ["help" | "--help" | "-h"] => {
            print!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        _ => {
            eprint!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("xtask: {problem}");
            ExitCode::FAILURE
        }
    }
}
