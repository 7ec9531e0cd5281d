//! `keepalived-rs`: reads keepalived.conf and does what it says.
//!
//! Invariants: the command line is keepalived's; what is ours are subcommands, which no option of
//! keepalived's looks like. Nothing here makes a thread or a runtime before the daemon has forked.

mod config_test;
mod convert;
mod explain;
mod fmt;
mod getopt;
mod lab_cmd;
mod lint;
mod nodes;
mod simulate;
mod status;
mod stop;
mod subcommand;
mod upgrade;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};

use keepalived_rs::args::{Args, Format};

fn main() -> ExitCode {
    if let Some(code) = lab_cmd::role() {
        return code;
    }
    if let Some(code) = subcommand::dispatch() {
        return code;
    }
    let words: Vec<String> = std::env::args_os()
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    let status = daemon(&words);
    ExitCode::from(u8::try_from(status).unwrap_or(1))
}

fn daemon(words: &[String]) -> i32 {
    let (program, arguments) = match words.split_first() {
        Some((program, arguments)) => (program.as_str(), arguments),
        None => ("keepalived", words),
    };
    let normal = match getopt::normalise(&Args::command(), arguments) {
        Ok(normal) => normal,
        Err(problem) => return usage_error(program, &problem.to_string()),
    };
    let plain = std::iter::once(program.to_owned()).chain(normal.options);
    let args = match Args::try_parse_from(plain) {
        Ok(args) => args,
        Err(error) => return usage_error(program, error.to_string().trim_end()),
    };
    if args.help {
        eprintln!("{}", Args::command().render_help());
        return 0;
    }
    if args.version {
        print_version();
        return 0;
    }
    if let Some(name) = &args.signum {
        return print_signal_number(name);
    }
    if !normal.stray.is_empty() {
        eprintln!("Unexpected argument(s): {}", normal.stray.join(" "));
    }
    if let Some(idle) = args.without_effect().find(|idle| idle.ends) {
        eprintln!("keepalived-rs: {}: {}", idle.name, idle.instead);
        return 1;
    }
    let options = match args.options(words.to_vec()) {
        Ok(options) => options,
        Err(problem) => return usage_error(program, &problem),
    };
    if let Some(log) = &args.config_test {
        let wanted = config_test::Wanted {
            log: log.as_deref(),
            format: args.format.or(args.explain.then_some(Format::Annotated)),
            offline: args.offline,
        };
        return config_test::run(&options, wanted);
    }
    for idle in args.without_effect() {
        eprintln!(
            "keepalived-rs: {} has no effect: {}",
            idle.name, idle.instead
        );
    }
    runtime::keepalived::run(&options)
}

fn usage_error(program: &str, problem: &str) -> i32 {
    eprintln!("{problem}");
    eprintln!("Usage: {program} [OPTION...]\nTry '{program} --help' for the options.");
    1
}

/// Exporters read the second word of the first line, Ansible roles the same line.
fn print_version() {
    let kernel = std::fs::read_to_string("/proc/version").unwrap_or_default();
    let release = kernel.split_whitespace().nth(2).unwrap_or("?").to_owned();
    eprintln!(
        "{}\n\nReads the configuration of keepalived up to 2.4.3\nRunning on Linux {release}",
        runtime::keepalived::VERSION
    );
}

/// Service scripts and exporters ask for these numbers.
fn print_signal_number(name: &str) -> i32 {
    let number = match name {
        "STOP" => nix::libc::SIGTERM,
        "RELOAD" => nix::libc::SIGHUP,
        "DATA" => nix::libc::SIGUSR1,
        "STATS" => nix::libc::SIGUSR2,
        "UPGRADE" => runtime::keepalived::upgrade_signal(),
        "STATS_CLEAR" => sys::signal::rtmax() - 1,
        "JSON" => sys::signal::rtmin() + 2,
        _ => {
            eprintln!("Unknown sigfunc {name}");
            return 1;
        }
    };
    println!("{number}");
    0
}
