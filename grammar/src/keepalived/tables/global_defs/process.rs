//! `global_defs`: processes and scripts.

use super::set::{Set, clamped, flag, lenient, number, older, script, switch, title};
use super::{special, user};
use crate::ast::Ast;
use crate::ast::leaf::Spanned;
use crate::keyword::{Args, Keyword, Repeat};

/// The rows.
pub(super) const ROWS: [Keyword<Ast>; 37] = [
    Keyword::set(
        "process_names",
        "[true|on|yes|false|off|no]",
        (0, Some(1)),
        |ast: &mut Ast, args| lenient(&mut ast.process.processes.names, args),
        "Give each child its own process title.",
    )
    .default("off")
    .since("2.0.16")
    .samples(&["", "on", "off"], &[]),
    Keyword::set(
        "process_name",
        "<NAME>",
        (1, Some(1)),
        |ast: &mut Ast, args| title(&mut ast.process.processes.parent_name, args),
        "Title of the parent process, as ps shows it.",
    )
    .default("keepalived")
    .since("2.0.16")
    .samples(&["kad"], &["", "abcdefghijklmnopqrst"]),
    Keyword::set(
        "vrrp_process_name",
        "<NAME>",
        (1, Some(1)),
        |ast: &mut Ast, args| title(&mut ast.process.processes.vrrp.process_name, args),
        "Title of the process that runs VRRP, as ps shows it.",
    )
    .default("keepalived_vrrp")
    .since("2.0.16")
    .samples(&["kad"], &["", "abcdefghijklmnopqrst"]),
    Keyword::set(
        "vrrp_priority",
        "<NICE>",
        (1, Some(1)),
        |ast: &mut Ast, args| {
            number(
                &mut ast.process.processes.vrrp.nice,
                args,
                -20..=19,
                "Invalid vrrp process priority specified",
            )
        },
        "Nice value of the process that runs VRRP; negative ones get more CPU time.",
    )
    .default("0")
    .since("1.2.20")
    .missing_is_reported()
    .samples(&["-5", "19", "-20"], &["", "20", "-21", "x"]),
    Keyword::set(
        "vrrp_no_swap",
        "",
        (0, Some(0)),
        |ast: &mut Ast, _| flag(&mut ast.process.processes.vrrp.no_swap),
        "Keep the memory of the process that runs VRRP from being swapped out.",
    )
    .default("off")
    .since("1.2.20")
    .samples(&[""], &[]),
    Keyword::set(
        "vrrp_rt_priority",
        "<N>",
        (1, Some(1)),
        |ast: &mut Ast, args| {
            clamped(
                &mut ast.process.processes.vrrp.rt_priority,
                args,
                1..=99,
                "vrrp process real-time priority",
            )
        },
        "Real-time round-robin priority of the VRRP child.",
    )
    .missing_is_reported()
    .default("off")
    .since("2.0.0")
    .samples(&["50", "1", "99"], &["", "0", "100", "x"]),
    Keyword::set(
        "vrrp_cpu_affinity",
        "<CPU>...",
        (1, None),
        |ast: &mut Ast, args| {
            special::cpus(&mut ast.process.processes.vrrp.cpu_affinity, args, "vrrp")
        },
        "CPUs the VRRP child may use.",
    )
    .default("all")
    .since("2.0.17")
    .missing_is_reported()
    .samples(&["0", "0 1"], &["", "x", "99999"]),
    Keyword::set(
        "vrrp_rlimit_rttime",
        "<MICROSECS>",
        (1, Some(1)),
        |ast: &mut Ast, args| {
            number(
                &mut ast.process.processes.vrrp.rlimit_rttime,
                args,
                1..=u32::MAX,
                "Invalid vrrp real-time limit - {}",
            )
        },
        "Longest time in microseconds that the process of VRRP may run at real-time priority without \
         sleeping: after half of it there is a warning, after all of it the process is killed. \
         Unless this is written there is only the warning, after 5000; keepalived kills after \
         10000.",
    )
    .default("10000")
    .since("2.1.0")
    .samples(&["10000"], &["", "0", "x", "4294967296"]),
    Keyword::set(
        "vrrp_rlimit_rtime",
        "<MICROSECS>",
        (1, Some(1)),
        |ast: &mut Ast, args| {
            older(args, "vrrp_rlimit_rttime", false);
            number(
                &mut ast.process.processes.vrrp.rlimit_rttime,
                args,
                1..=u32::MAX,
                "Invalid vrrp real-time limit - {}",
            )
        },
        "Older spelling of vrrp_rlimit_rttime. Deprecated.",
    )
    .since("2.0.0")
    .samples(&["10000"], &["", "0", "x"]),
    Keyword::set(
        "checker_process_name",
        "<NAME>",
        (1, Some(1)),
        |ast: &mut Ast, args| title(&mut ast.process.processes.checker.process_name, args),
        "Title of the process that checks the real servers, as ps shows it.",
    )
    .default("keepalived_ipvs")
    .since("2.2.0")
    .samples(&["kad"], &["", "abcdefghijklmnopqrst"]),
    Keyword::set(
        "checker_priority",
        "<NICE>",
        (1, Some(1)),
        |ast: &mut Ast, args| {
            number(
                &mut ast.process.processes.checker.nice,
                args,
                -20..=19,
                "Invalid checker process priority specified",
            )
        },
        "Nice value of the process that checks the real servers; negative ones get more CPU time.",
    )
    .default("0")
    .since("1.2.20")
    .missing_is_reported()
    .samples(&["-5", "19", "-20"], &["", "20", "-21", "x"]),
    Keyword::set(
        "checker_no_swap",
        "",
        (0, Some(0)),
        |ast: &mut Ast, _| flag(&mut ast.process.processes.checker.no_swap),
        "Keep the memory of the process that checks the real servers from being swapped out.",
    )
    .default("off")
    .since("1.2.20")
    .samples(&[""], &[]),
    Keyword::set(
        "checker_rt_priority",
        "<N>",
        (1, Some(1)),
        |ast: &mut Ast, args| {
            clamped(
                &mut ast.process.processes.checker.rt_priority,
                args,
                1..=99,
                "checker process real-time priority",
            )
        },
        "Real-time round-robin priority of the process that checks the real servers.",
    )
    .missing_is_reported()
    .default("off")
    .since("2.0.0")
    .samples(&["50", "1", "99"], &["", "0", "100", "x"]),
    Keyword::set(
        "checker_cpu_affinity",
        "<CPU>...",
        (1, None),
        |ast: &mut Ast, args| {
            special::cpus(
                &mut ast.process.processes.checker.cpu_affinity,
                args,
                "checker",
            )
        },
        "CPUs that the process that checks the real servers may use.",
    )
    .default("all")
    .since("2.0.17")
    .missing_is_reported()
    .samples(&["0", "0 1"], &["", "x", "99999"]),
    Keyword::set(
        "checker_rlimit_rttime",
        "<MICROSECS>",
        (1, Some(1)),
        |ast: &mut Ast, args| {
            number(
                &mut ast.process.processes.checker.rlimit_rttime,
                args,
                1..=u32::MAX,
                "Invalid checker real-time limit - {}",
            )
        },
        "Longest time that the process that checks the real servers may run at real-time \
         priority without sleeping.",
    )
    .default("10000")
    .since("2.1.0")
    .samples(&["10000"], &["", "0", "x", "4294967296"]),
    Keyword::set(
        "checker_rlimit_rtime",
        "<MICROSECS>",
        (1, Some(1)),
        |ast: &mut Ast, args| {
            older(args, "checker_rlimit_rttime", false);
            number(
                &mut ast.process.processes.checker.rlimit_rttime,
                args,
                1..=u32::MAX,
                "Invalid checker real-time limit - {}",
            )
        },
        "Older spelling of checker_rlimit_rttime. Deprecated.",
    )
    .since("2.0.0")
    .samples(&["10000"], &["", "0", "x"]),
    Keyword::set(
        "bfd_process_name",
        "<NAME>",
        (1, Some(1)),
        |ast: &mut Ast, args| title(&mut ast.process.processes.bfd.process_name, args),
        "Title of the process that runs BFD, as ps shows it.",
    )
    .default("keepalived_bfd")
    .since("2.0.16")
    .samples(&["kad"], &["", "abcdefghijklmnopqrst"]),
    Keyword::set(
        "bfd_priority",
        "<NICE>",
        (1, Some(1)),
        |ast: &mut Ast, args| {
            number(
                &mut ast.process.processes.bfd.nice,
                args,
                -20..=19,
                "Invalid bfd process priority specified",
            )
        },
        "Nice value of the process that runs BFD; negative ones get more CPU time.",
    )
    .default("0")
    .since("2.0.0")
    .missing_is_reported()
    .samples(&["-5", "19", "-20"], &["", "20", "-21", "x"]),
    Keyword::set(
        "bfd_no_swap",
        "",
        (0, Some(0)),
        |ast: &mut Ast, _| flag(&mut ast.process.processes.bfd.no_swap),
        "Keep the memory of the process that runs BFD from being swapped out.",
    )
    .default("off")
    .since("2.0.0")
    .samples(&[""], &[]),
    Keyword::set(
        "bfd_rt_priority",
        "<N>",
        (1, Some(1)),
        |ast: &mut Ast, args| {
            clamped(
                &mut ast.process.processes.bfd.rt_priority,
                args,
                1..=99,
                "bfd process real-time priority",
            )
        },
        "Real-time round-robin priority of the process that runs BFD.",
    )
    .missing_is_reported()
    .default("off")
    .since("2.0.0")
    .samples(&["50", "1", "99"], &["", "0", "100", "x"]),
    Keyword::set(
        "bfd_cpu_affinity",
        "<CPU>...",
        (1, None),
        |ast: &mut Ast, args| {
            special::cpus(&mut ast.process.processes.bfd.cpu_affinity, args, "bfd")
        },
        "CPUs that the process that runs BFD may use.",
    )
    .default("all")
    .since("2.0.17")
    .missing_is_reported()
    .samples(&["0", "0 1"], &["", "x", "99999"]),
    Keyword::set(
        "bfd_rlimit_rttime",
        "<MICROSECS>",
        (1, Some(1)),
        |ast: &mut Ast, args| {
            number(
                &mut ast.process.processes.bfd.rlimit_rttime,
                args,
                1..=u32::MAX,
                "Invalid bfd real-time limit - {}",
            )
        },
        "Longest time that the process that runs BFD may run at real-time priority without \
         sleeping.",
    )
    .default("10000")
    .since("2.1.0")
    .samples(&["10000"], &["", "0", "x", "4294967296"]),
    Keyword::set(
        "bfd_rlimit_rtime",
        "<MICROSECS>",
        (1, Some(1)),
        |ast: &mut Ast, args| {
            older(args, "bfd_rlimit_rttime", false);
            number(
                &mut ast.process.processes.bfd.rlimit_rttime,
                args,
                1..=u32::MAX,
                "Invalid bfd real-time limit - {}",
            )
        },
        "Older spelling of bfd_rlimit_rttime. Deprecated.",
    )
    .since("2.0.0")
    .samples(&["10000"], &["", "0", "x"]),
    Keyword::set(
        "lvs_process_name",
        "<NAME>",
        (1, Some(1)),
        |ast: &mut Ast, args| {
            older(args, "checker_process_name", false);
            title(&mut ast.process.processes.checker.process_name, args)
        },
        "Older name of checker_process_name. Deprecated.",
    )
    .since("2.0.16")
    .samples(&["kad"], &["", "abcdefghijklmnopqrst"]),
    Keyword::set(
        "max_auto_priority",
        "[<PRIO>]",
        (0, None),
        |ast: &mut Ast, args| special::max_auto_priority(&mut ast.process, args),
        "Highest real-time priority that each child process may raise itself to, one step at a time, \
         when it is late.",
    )
    .default("0 (never)")
    .since("2.1.0")
    .samples(&["", "50", "-1", "0"], &["100", "-2", "x"]),
    Keyword::set(
        "min_auto_priority_delay",
        "<MICROSECS>",
        (1, Some(1)),
        |ast: &mut Ast, args| {
            number(
                &mut ast.process.processes.min_auto_priority_delay,
                args,
                1..=10_000_000,
                "{name} '{}' must be in [1, 10000000] - ignoring",
            )
        },
        "How late a process must be to raise its priority, in microseconds.",
    )
    .missing_is_reported()
    .default("1000000")
    .since("2.1.0")
    .samples(&["5000"], &["", "0", "10000001", "x"]),
    Keyword::set(
        "umask",
        "<OCTAL> | IRUSR|IWUSR|...",
        (1, None),
        |ast: &mut Ast, args| special::umask(&mut ast.process, args),
        "File creation mask (files written by the daemon).",
    )
    .default("0177")
    .since("2.0.9")
    .samples(
        &["022", "0777", "IRUSR|IWUSR", "IRGRP | IWGRP"],
        &["", "1000", "bogus"],
    ),
    Keyword::set(
        "use_symlink_paths",
        "[true|on|yes|false|off|no]",
        (0, Some(1)),
        |ast: &mut Ast, args| switch(&mut ast.process.processes.use_symlink_paths, args),
        "Execute scripts by the path that is written, even if it is a symlink, instead of by that of \
         the file which it leads to.",
    )
    .default("off")
    .since("2.3.0")
    .samples(&["", "on", "off"], &["x"]),
    Keyword::set(
        "set_supplementary_groups",
        "[true|on|yes|false|off|no]",
        (0, Some(1)),
        |ast: &mut Ast, args| switch(&mut ast.process.processes.set_supplementary_groups, args),
        "Run scripts with all groups of their user, not only with their own.",
    )
    .default("off")
    .since("after 2.4.3")
    .samples(&["", "on", "off"], &["x"]),
    Keyword::set(
        "script_user",
        "<USER> [<GROUP>]",
        (1, Some(2)),
        script_user,
        "Account that scripts run as unless they name their own.",
    )
    .default("keepalived_script, else root")
    .since("1.3.0")
    .missing_is_reported()
    .samples(&["root", "root root"], &[""]),
    Keyword::set(
        "enable_script_security",
        "",
        (0, Some(0)),
        script_security,
        "Refuse root-run scripts with a path component writable by non-root.",
    )
    .default("off")
    .since("1.3.0")
    .samples(&[""], &[]),
    Keyword::set(
        "random_seed",
        "<N>",
        (1, Some(1)),
        |ast: &mut Ast, args| {
            number(
                &mut ast.process.processes.random_seed,
                args,
                0..=u32::MAX,
                "random_seed {} invalid",
            )
        },
        "Start of the pseudo-random numbers, to make a run repeatable.",
    )
    .default("time based")
    .since("2.0.15")
    .samples(&["5"], &["", "x", "-1", "4294967296"]),
    Keyword::set(
        "include_check",
        "[+|-]read|match|wildcard_match|brace_match...",
        (0, None),
        |ast: &mut Ast, args| special::include_check(&mut ast.process, args),
        "Which include problems are errors from here on.",
    )
    .default("off")
    .since("2.2.0")
    .samples(
        &["", "read", "+match -read"],
        &["bogus", "off", "read match"],
    ),
    Keyword::set(
        "startup_script",
        "<CMD> [<USER> [<GROUP>]]",
        (1, None),
        |ast: &mut Ast, args| script(&mut ast.process.processes.startup.script, args),
        "Run by the parent before children start.",
    )
    .repeat(Repeat::First)
    .default("none")
    .since("2.1.0")
    .missing_is_reported()
    .samples(&["/usr/bin/true", "\"/usr/bin/true a\" root"], &[""]),
    Keyword::set(
        "startup_script_timeout",
        "<SECS>",
        (1, Some(1)),
        |ast: &mut Ast, args| {
            number(
                &mut ast.process.processes.startup.timeout,
                args,
                1..=1000,
                "{name} '{}' must be in [1, 1000] - ignoring",
            )
        },
        "How long startup_script may take before it is ended.",
    )
    .missing_is_reported()
    .default("10")
    .since("2.1.0")
    .samples(&["5"], &["", "0", "1001", "0.5"]),
    Keyword::set(
        "shutdown_script",
        "<CMD> [<USER> [<GROUP>]]",
        (1, None),
        |ast: &mut Ast, args| script(&mut ast.process.processes.shutdown.script, args),
        "Run by the parent after children ended.",
    )
    .repeat(Repeat::First)
    .default("none")
    .since("2.1.0")
    .missing_is_reported()
    .samples(&["/usr/bin/true"], &[""]),
    Keyword::set(
        "shutdown_script_timeout",
        "<SECS>",
        (1, Some(1)),
        |ast: &mut Ast, args| {
            number(
                &mut ast.process.processes.shutdown.timeout,
                args,
                1..=1000,
                "{name} '{}' must be in [1, 1000] - ignoring",
            )
        },
        "How long shutdown_script may take before it is ended.",
    )
    .missing_is_reported()
    .default("10")
    .since("2.1.0")
    .samples(&["5"], &["", "0", "1001", "0.5"]),
];

fn script_user(ast: &mut Ast, args: &Args<'_>) -> Set {
    ast.process.script_user = Some(user(args)?);
    Ok(())
}

fn script_security(ast: &mut Ast, args: &Args<'_>) -> Set {
    ast.process.script_security = Some(Spanned::new((), args.name.span));
    Ok(())
}
