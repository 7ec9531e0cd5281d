//! Main directives: processes, files, and the blocks.

use crate::ast::stream::{CpuAffinity, WorkerProcesses};
use crate::ast::{Ast, User};
use crate::keyword::{Args, Keyword, Problem, Repeat, Table};
use crate::nginx::value::{self, Words as _, complaint};
use crate::nginx::{foreign, lower};

const ONE: (usize, Option<usize>) = (1, Some(1));
const NONE: (usize, Option<usize>) = (0, Some(0));
/// Largest set of CPUs that Linux's fixed-size masks hold.
const MAX_CPUS: usize = 1024;

/// Main directives.
pub(super) static MAIN: Table<Ast> = Table {
    block: "main",
    rows: &[
        once(Keyword::set(
            "daemon",
            "on|off",
            ONE,
            daemon,
            "Goes into the background after start.",
        ))
        .default("on"),
        once(Keyword::set(
            "master_process",
            "on|off",
            ONE,
            master_process,
            "Runs a master that supervises a worker; off: one process does everything.",
        ))
        .default("on"),
        once(Keyword::set(
            "pid",
            "FILE",
            ONE,
            pid,
            "File that holds the master's process id.",
        )),
        once(Keyword::set(
            "user",
            "USER [GROUP]",
            (1, Some(2)),
            user,
            "Account of the worker; the group defaults to one of the user's name.",
        )),
        once(Keyword::set(
            "worker_processes",
            "NUMBER|auto",
            ONE,
            worker_processes,
            "Number of relay threads of the one worker process; auto: one per CPU.",
        ))
        .default("1"),
        Keyword::set(
            "worker_priority",
            "NUMBER",
            ONE,
            worker_priority,
            "Nice value of the relay threads.",
        )
        .repeat(Repeat::Many)
        .default("0"),
        once(Keyword::set(
            "worker_cpu_affinity",
            "MASK...|auto [MASK]",
            (1, None),
            worker_cpu_affinity,
            "CPUs each relay thread may run on, as binary masks.",
        )),
        once(Keyword::set(
            "worker_rlimit_nofile",
            "NUMBER",
            ONE,
            worker_rlimit_nofile,
            "Open files allowed for each relay thread.",
        )),
        once(Keyword::set(
            "worker_shutdown_timeout",
            "TIME",
            ONE,
            worker_shutdown_timeout,
            "How long sessions of a replaced configuration may go on.",
        )),
        once(Keyword::set(
            "working_directory",
            "DIR",
            ONE,
            working_directory,
            "Working directory of the worker.",
        )),
        Keyword::set(
            "env",
            "NAME[=VALUE]",
            ONE,
            env,
            "Environment variable the worker keeps or gets; all others are dropped.",
        )
        .repeat(Repeat::Many),
        Keyword::set(
            "load_module",
            "FILE",
            ONE,
            load_module,
            "Loads a module of nginx; here everything is built in.",
        )
        .repeat(Repeat::Many)
        .accepted("all modules are built in, nothing is loaded"),
        once(Keyword::block(
            "events",
            "{ }",
            NONE,
            lower::events,
            "Connection processing.",
        )),
        once(Keyword::block(
            "stream",
            "{ }",
            NONE,
            lower::stream,
            "TCP and UDP proxying.",
        )),
        once(Keyword::block(
            "http",
            "{ }",
            NONE,
            foreign::http,
            "Checked, but not served.",
        ))
        .accepted("nginx-stream-rs serves stream {} only"),
        once(Keyword::block(
            "mail",
            "{ }",
            NONE,
            foreign::mail,
            "Checked, but not served.",
        ))
        .accepted("nginx-stream-rs serves stream {} only"),
        once(Keyword::set(
            "pcre_jit",
            "on|off",
            ONE,
            checked_flag,
            "Compiles regular expressions.",
        ))
        .accepted("there are no regular expressions to compile"),
        Keyword::set(
            "thread_pool",
            "NAME threads=NUMBER [max_queue=NUMBER]",
            (2, Some(3)),
            |_, _| Ok(()),
            "Threads for reading files.",
        )
        .repeat(Repeat::Many)
        .accepted("a stream proxy reads no files"),
        once(Keyword::set(
            "timer_resolution",
            "TIME",
            ONE,
            checked_time,
            "Clock granularity.",
        ))
        .accepted("the clock is read when it is needed"),
        once(Keyword::set(
            "lock_file",
            "FILE",
            ONE,
            |_, _| Ok(()),
            "Base name of lock files.",
        ))
        .accepted("accepting needs no lock"),
        once(Keyword::set(
            "debug_points",
            "stop|abort",
            ONE,
            debug_points,
            "For debugging nginx.",
        ))
        .accepted("an internal inconsistency always ends the session it concerns"),
        once(Keyword::set(
            "worker_rlimit_core",
            "SIZE",
            ONE,
            checked_offset,
            "Size of core files.",
        ))
        .accepted("the limit of the service applies"),
        once(Keyword::set(
            "ssl_object_cache_inheritable",
            "on|off",
            ONE,
            checked_flag,
            "Keeps unchanged certificates over a reload.",
        ))
        .accepted("there are no certificates to keep"),
        once(Keyword::set(
            "ssl_engine",
            "DEVICE",
            ONE,
            |_, _| Ok(()),
            "OpenSSL engine.",
        ))
        .refused("TLS"),
        once(Keyword::set(
            "google_perftools_profiles",
            "FILE",
            ONE,
            |_, _| Ok(()),
            "Profiling.",
        ))
        .refused("profiling with Google's tools"),
    ],
};

const fn once(row: Keyword<Ast>) -> Keyword<Ast> {
    row.repeat(Repeat::Never)
}

fn daemon(ast: &mut Ast, args: &Args<'_>) -> Result<(), Problem> {
    ast.process.nginx.daemon = Some(args.here(args.flag()?));
    Ok(())
}

fn master_process(ast: &mut Ast, args: &Args<'_>) -> Result<(), Problem> {
    ast.process.nginx.master_process = Some(args.here(args.flag()?));
    Ok(())
}

fn pid(ast: &mut Ast, args: &Args<'_>) -> Result<(), Problem> {
    ast.process.nginx.pid = Some(args.here(args.word(0).to_owned()));
    Ok(())
}

fn user(ast: &mut Ast, args: &Args<'_>) -> Result<(), Problem> {
    ast.process.nginx.user = Some(args.here(User {
        user: args.word(0).to_owned(),
        group: args.text(1).map(str::to_owned),
    }));
    Ok(())
}

fn worker_processes(ast: &mut Ast, args: &Args<'_>) -> Result<(), Problem> {
    let value = match args.word(0) {
        "auto" => WorkerProcesses::Auto,
        text => WorkerProcesses::Count(
            value::number(text).ok_or_else(|| complaint(args, "invalid value").word(0))?,
        ),
    };
    ast.process.nginx.worker_processes = Some(args.here(value));
    Ok(())
}

/// A first value of 0 does not count as set, as in the original.
fn worker_priority(ast: &mut Ast, args: &Args<'_>) -> Result<(), Problem> {
    let slot = &mut ast.process.nginx.worker_priority;
    if slot.as_ref().is_some_and(|before| before.value != 0) {
        return Err(complaint(args, "is duplicate"));
    }
    let text = args.word(0);
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let value = value::number(digits).and_then(|value| i32::try_from(value).ok());
    let value = value.ok_or_else(|| complaint(args, "invalid number").word(0))?;
    *slot = Some(args.here(sign * value));
    Ok(())
}

fn worker_cpu_affinity(ast: &mut Ast, args: &Args<'_>) -> Result<(), Problem> {
    let auto = args.word(0) == "auto";
    if auto && args.words.len() > 2 {
        let text = "invalid number of arguments in \"worker_cpu_affinity\" directive";
        return Err(Problem::error("arity", text));
    }
    let masks = (usize::from(auto)..args.words.len())
        .map(|index| cpu_mask(args.word(index)).map_err(|problem| problem.word(index)))
        .collect::<Result<Vec<_>, _>>()?;
    let value = if auto {
        CpuAffinity::Auto(masks.into_iter().next())
    } else {
        CpuAffinity::Masks(masks)
    };
    ast.process.nginx.worker_cpu_affinity = Some(args.here(value));
    Ok(())
}

/// Binary digits, CPU 0 last; blanks are skipped.
fn cpu_mask(text: &str) -> Result<Vec<usize>, Problem> {
    if text.len() > MAX_CPUS {
        let message = format!("\"worker_cpu_affinity\" supports up to {MAX_CPUS} CPUs only");
        return Err(Problem::error("invalid-value", message));
    }
    let mut cpus = Vec::new();
    for (cpu, digit) in text.chars().rev().filter(|c| *c != ' ').enumerate() {
        match digit {
            '0' => {}
            '1' => cpus.push(cpu),
            _ => {
                let message = format!("invalid character \"{digit}\" in \"worker_cpu_affinity\"");
                return Err(Problem::error("invalid-value", message));
            }
        }
    }
    Ok(cpus)
}

fn worker_rlimit_nofile(ast: &mut Ast, args: &Args<'_>) -> Result<(), Problem> {
    ast.process.nginx.worker_rlimit_nofile = Some(args.here(args.number()?));
    Ok(())
}

fn worker_shutdown_timeout(ast: &mut Ast, args: &Args<'_>) -> Result<(), Problem> {
    ast.process.nginx.worker_shutdown_timeout = Some(args.here(args.millis()?));
    Ok(())
}

fn working_directory(ast: &mut Ast, args: &Args<'_>) -> Result<(), Problem> {
    ast.process.nginx.working_directory = Some(args.here(args.word(0).to_owned()));
    Ok(())
}

fn env(ast: &mut Ast, args: &Args<'_>) -> Result<(), Problem> {
    ast.process
        .nginx
        .env
        .push(args.here(args.word(0).to_owned()));
    Ok(())
}

fn load_module(ast: &mut Ast, args: &Args<'_>) -> Result<(), Problem> {
    let main = &mut ast.process.nginx;
    let block_before =
        main.events.is_some() || ast.stream.block.is_some() || !main.foreign.is_empty();
    if block_before {
        let problem = complaint(args, "is specified too late");
        return Err(problem.help("it must stand before the first block"));
    }
    main.load_module.push(args.here(args.word(0).to_owned()));
    Ok(())
}

fn checked_flag(_: &mut Ast, args: &Args<'_>) -> Result<(), Problem> {
    args.flag().map(drop)
}

fn checked_time(_: &mut Ast, args: &Args<'_>) -> Result<(), Problem> {
    args.millis().map(drop)
}

fn checked_offset(_: &mut Ast, args: &Args<'_>) -> Result<(), Problem> {
    let value = value::offset(args.word(0));
    value
        .map(drop)
        .ok_or_else(|| complaint(args, "invalid value").word(0))
}

fn debug_points(_: &mut Ast, args: &Args<'_>) -> Result<(), Problem> {
    args.one_of(&[("stop", ()), ("abort", ())])
}
