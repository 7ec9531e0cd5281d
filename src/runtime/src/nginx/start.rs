//! From the command line to a running master, or to what else was asked for.
//!
//! Invariants: nothing is changed on the host before the configuration is known to be good; the
//! exit statuses are nginx's: 0, or 1 for every failure.

use std::io::Write as _;

use stream::config::Level;
use sys::title::Title;

use super::cycle::{self, Cycle};
use super::daemon;
use super::layout::{self, Layout, Paths};
use super::listen::Bound;
use super::load::Source;
use super::log::{Log, reason, tell};
use super::master::{self, Master};
use super::options::{Options, Request};
use super::pidfile::{self, MASTER_TITLE, PidFile, PidFileError};
use super::{listen, reload, single, upgrade};

/// Name that `pidof` and `killall` look for.
const COMM: &str = "nginx";

/// Runs the program with the arguments it was given, its own name first; returns the exit status.
#[must_use]
pub fn run(arguments: &[String]) -> i32 {
    let inherited = upgrade::inherit();
    let options = match Options::parse(arguments.get(1..).unwrap_or_default()) {
        Ok(options) => options,
        Err(text) => {
            tell(&text);
            return 1;
        }
    };
    let layout = Layout::detect();
    if options.version {
        print_version(layout, &options);
        if !options.test {
            return 0;
        }
    }
    sys::process::set_comm(COMM);
    let paths = Paths::new(layout, &options);
    let mut log = Log::start(paths.error_log.as_deref(), options.test);
    let source = Source {
        paths,
        globals: options.globals.clone(),
    };
    if options.test {
        return test(&source, &options, &mut log);
    }
    if let Some(request) = options.request {
        return signal(&source, request, &mut log);
    }
    start(source, log, arguments, inherited).unwrap_or(1)
}

/// The reason has been told.
struct NotStarted;

fn print_version(layout: Layout, options: &Options) {
    let mut text = layout::version_line();
    text.push('\n');
    if options.help {
        text.push_str(&layout::help(layout));
    }
    if options.configure {
        text.push_str(&layout::configure_lines(layout));
        text.push('\n');
    }
    // Nobody to tell if standard error is closed.
    let _ = std::io::stderr().write_all(text.as_bytes());
}

/// `-t` and `-T`.
fn test(source: &Source, options: &Options, log: &mut Log) -> i32 {
    let conf = source.paths.conf.display();
    let syntax_ok = |_: &mut Log| {
        if !options.quiet {
            tell(&format!("the configuration file {conf} syntax is ok"));
        }
    };
    let tested = source.load_and(log, syntax_ok).ok().and_then(|loaded| {
        let plan = &loaded.plan;
        if let Err(error) = PidFile::test(&plan.pid) {
            tell_pidfile(&error, Level::Emerg, log);
            return None;
        }
        let files = cycle::open_files(plan, log).ok()?;
        log.configure(cycle::error_logs(plan, &files), &plan.error_logs);
        let sockets = listen::bind(&plan.stream, plan.threads, &[], true, log).ok()?;
        for (listener, socket) in plan.stream.listeners.iter().zip(&sockets) {
            if let (stream::config::Address::Unix(path), Some(_)) = (&listener.key.address, socket)
            {
                listen::remove(path, log);
            }
        }
        Some(loaded)
    });
    let Some(loaded) = tested else {
        tell(&format!("configuration file {conf} test failed"));
        return 1;
    };
    if !options.quiet {
        tell(&format!("configuration file {conf} test is successful"));
    }
    if options.dump {
        let mut out = std::io::stdout().lock();
        for (name, text) in grammar::nginx::dump(&loaded.sources) {
            // A reader that went away (`| head`) is no failure of the test.
            let _ = write!(out, "# configuration file {}:\n{text}\n", name.display());
        }
    }
    0
}

/// `-s`
fn signal(source: &Source, request: Request, log: &mut Log) -> i32 {
    let Ok(loaded) = source.load(log) else {
        return 1;
    };
    log.say(Level::Notice, "signal process started");
    let pid = match pidfile::master(&loaded.plan.pid) {
        Ok(pid) => pid,
        Err(error) => {
            tell_pidfile(&error, Level::Error, log);
            return 1;
        }
    };
    let number = request.signal();
    if let Err(error) = sys::signal::send(pid, number) {
        log.failed(
            Level::Alert,
            &format!("kill({pid}, {number}) failed"),
            &error,
        );
        return 1;
    }
    0
}

fn tell_pidfile(error: &PidFileError, level: Level, log: &mut Log) {
    match error {
        PidFileError::Open(_, cause) => log.failed(level, &error.to_string(), cause),
        _ => log.say(level, &error.to_string()),
    }
}

/// Starts serving; returns when the program is told to end.
fn start(
    source: Source,
    mut log: Log,
    arguments: &[String],
    inherited: Option<Bound>,
) -> Result<i32, NotStarted> {
    let loaded = source.load(&mut log).map_err(|_| NotStarted)?;
    let bound = inherited.as_deref().unwrap_or_default();
    let opened = Cycle::open(loaded.plan, loaded.bundle, 1, bound, &mut log);
    let predecessor = inherited.map(|_| nix::unistd::getppid());
    let cycle = opened.map_err(|_| NotStarted)?;
    log.configure(cycle.error_logs(), &cycle.plan.error_logs);
    greet(&cycle, &mut log);
    if let Err(error) = PidFile::check(&cycle.plan.pid) {
        tell_pidfile(&error, Level::Emerg, &mut log);
        if predecessor.is_none() {
            cycle.unlink_sockets(&mut log);
        }
        return Err(NotStarted);
    }
    let mut failed = |what: &str, error: &std::io::Error| {
        let (number, why) = reason(error);
        log.say(Level::Emerg, &format!("{what} failed ({number}: {why})"));
        NotStarted
    };
    // A successor is a child of the background process already.
    let readiness = if cycle.plan.daemon && predecessor.is_none() {
        let readiness = daemon::daemonize();
        Some(readiness.map_err(|error| failed("going to the background", &error))?)
    } else {
        None
    };
    let signals = master::hold_signals().map_err(|error| failed("signalfd()", &error))?;
    let pidfile = PidFile::create(&cycle.plan.pid).map_err(|error| {
        tell_pidfile(&error, Level::Emerg, &mut log);
        NotStarted
    })?;
    log.leave_stderr();
    reload::use_logs(&mut log, &cycle.plan, &cycle.files);
    if !cycle.plan.master_process {
        return Ok(single::run(source, cycle, log, signals, pidfile, readiness));
    }
    let mut master = match Master::new(log, source, cycle, signals) {
        Ok(master) => master,
        Err(error) => {
            tell(&format!(
                "[emerg] the master process could not start: {error}"
            ));
            drop(pidfile.remove());
            return Err(NotStarted);
        }
    };
    master.pidfile = Some(pidfile);
    master.daemonized = readiness.is_some() || predecessor.is_some();
    master.predecessor = predecessor;
    master.arguments = arguments.to_vec();
    master.readiness = readiness;
    master.title = title(arguments);
    master.start_worker();
    Ok(master.run())
}

/// Shows the original command line behind the role, as nginx does.
fn title(arguments: &[String]) -> Option<Title> {
    let mut title = Title::find_with_environment().ok()?;
    title.set(&format!("{MASTER_TITLE} {}", arguments.join(" ")));
    Some(title)
}

/// The first lines of a start, which name the version and the limits.
fn greet(cycle: &Cycle, log: &mut Log) {
    log.say(Level::Notice, "using the \"epoll\" event method");
    let version = layout::version_line();
    let version = version.trim_start_matches("nginx version: ");
    log.say(Level::Notice, version);
    if let Ok(system) = nix::sys::utsname::uname() {
        let name = system.sysname().to_string_lossy().into_owned();
        let release = system.release().to_string_lossy().into_owned();
        log.say(Level::Notice, &format!("OS: {name} {release}"));
    }
    let Ok((soft, hard)) = sys::limits::open_files(0) else {
        return;
    };
    log.say(
        Level::Notice,
        &format!("getrlimit(RLIMIT_NOFILE): {soft}:{hard}"),
    );
    let limit = cycle.plan.rlimit_nofile.unwrap_or(soft);
    let connections = cycle.plan.worker_connections;
    if u64::try_from(connections).is_ok_and(|connections| connections > limit) {
        let text =
            format!("{connections} worker_connections exceed open file resource limit: {limit}");
        log.say(Level::Warn, &text);
    }
}
