//! From the command line to a parent that supervises.
//!
//! Invariants: the configuration is read before the daemon goes to the background, so its exit
//! status tells whether there is one; nothing is forked after signals are blocked but children.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use sys::epoll::Poller;
use sys::exec::Runner;
use sys::memfd::Sealed;
use sys::pidfile::{PidFile, PidFileError};
use sys::signal::Signals;
use tracing::{error, info};

use super::callers::Callers;
use super::upgrade::Upgrade;
use super::{Kid, Parent, READER, SIGNALS, token};
use crate::keepalived::VERSION;
use crate::keepalived::appointment::Appointment;
use crate::keepalived::conduct::set_umask;
use crate::keepalived::config::Summary;
use crate::keepalived::control::{self, Heard, Report};
use crate::keepalived::handover::{Handed, Purpose};
use crate::keepalived::ledger::Ledger;
use crate::keepalived::options::{Options, Paths};
use crate::keepalived::ports::Ports;
use crate::keepalived::reader::Reader;
use crate::log;
use crate::rest::Rest;
use crate::syslog::Syslog;

/// Runs the daemon; returns its exit status.
#[must_use]
pub fn run(options: &Options) -> i32 {
    sys::process::set_comm("keepalived");
    sys::memory::keep_little();
    let handed = match Handed::receive() {
        None => None,
        Some(Ok((Purpose::Rehearsal, _))) => return 0,
        Some(Ok((Purpose::Upgrade, handed))) => Some(handed),
        Some(Err(error)) => {
            eprintln!("keepalived-rs: cannot go on where another program stopped: {error}");
            return 1;
        }
    };
    sys::process::keep_inherited_from_scripts();
    sys::signal::crash_by_default();
    set_umask(options, None);
    let log = log::install(if options.detail > 0 {
        tracing::Level::DEBUG
    } else {
        tracing::Level::INFO
    });
    log_to(&log, options, "Keepalived");
    if let Some(handed) = handed {
        return ended(resume(options, log, handed));
    }
    // Who is asked for something before there is anything does it when there is. TERM ends it still.
    let early: Vec<i32> = handled()
        .into_iter()
        .filter(|number| ![nix::libc::SIGTERM, nix::libc::SIGINT].contains(number))
        .collect();
    if let Err(error) = sys::signal::hold_back(&early) {
        error!("signals before the start may end this: {error}");
    }
    info!("Starting {VERSION}");
    info!("Command line: {}", command_line(&options.command_line));
    if options.core_dump {
        allow_core_files();
    }
    ended(start(options, log))
}

fn ended(result: io::Result<i32>) -> i32 {
    let status = result.unwrap_or_else(|error| {
        error!("{error}");
        1
    });
    info!("Stopped {VERSION}");
    status
}

/// Goes on where an earlier image of this process stopped.
fn resume(options: &Options, log: log::Handle, handed: Handed) -> io::Result<i32> {
    let mut options = options.clone();
    options.file.clone_from(&handed.said.file);
    let poller = Poller::new()?;
    let signals = Signals::block(&handled())?;
    poller.add(&signals, SIGNALS)?;
    let said = handed.said;
    set_umask(&options, said.summary.umask);
    let mut kids = BTreeMap::new();
    for (child, channel) in handed.children {
        poller.add(&channel, token(child.kind))?;
        let kid = Kid {
            pid: child.pid,
            started: child.started,
            channel,
            ready: child.ready,
            retiring: false,
        };
        kids.insert(child.kind, kid);
    }
    let pidfile = handed.pidfile.ok_or(io::ErrorKind::NotFound)?;
    let callers = match handed.control {
        Some(fd) => Callers::inherit(fd, &said.paths.control, &poller),
        None => Ok(Callers::listen(&said.paths.control, &poller)),
    };
    let parent = Parent {
        options: &options,
        log,
        bundle: handed.bundle,
        summary: said.summary,
        pidfile: Some(PidFile::inherited(pidfile, &said.paths.pid)?),
        past: handed.past,
        next: None,
        callers: callers?,
        paths: said.paths,
        ledger: handed.ledger,
        started: said.started,
        plan: None,
        routers: None,
        rest: Rest::default(),
        ports: handed.ports,
        standing: None,
        watch: None,
        poller,
        signals,
        kids,
        backoff: BTreeMap::new(),
        respawns: BTreeMap::new(),
        sessions: said.sessions,
        reader: None,
        upgrade: Upgrade::default(),
        reload_queued: false,
        reloading: false,
        before: None,
        announced: true,
        deadline: None,
        stopping: false,
        shut_down: false,
        hooks: Runner::default(),
        marked: None,
        appointment: Appointment::default(),
        sentry: None,
        lost: None,
        hung: None,
        suspicion: None,
        left: false,
        status: 0,
    };
    parent.resume(handed.caller)
}

fn command_line(words: &[String]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
    words.join(" ")
}

/// Logs where the options say, under the name of one process.
pub(super) fn log_to(log: &log::Handle, options: &Options, ident: &str) {
    let mut sinks: Vec<Box<dyn log::Sink>> = Vec::new();
    if options.console && options.foreground {
        sinks.push(Box::new(log::Console));
    }
    if !options.no_syslog {
        sinks.push(Box::new(Syslog::local(ident, options.facility)));
    }
    log.replace(sinks);
    let Some(path) = &options.log_file else {
        return;
    };
    let path = log_file(path, ident);
    match log::LogFile::open(&path) {
        Ok(file) => log.add(Box::new(file)),
        Err(error) => error!("cannot log to {}: {error}", path.display()),
    }
}

/// The file of one process: its word goes before the extension.
fn log_file(path: &Path, ident: &str) -> PathBuf {
    let word = match ident {
        "Keepalived_vrrp" => "_vrrp",
        "Keepalived_healthcheckers" => "_check",
        "Keepalived_bfd" => "_bfd",
        _ => return path.to_owned(),
    };
    let mut name = path.file_stem().unwrap_or_default().to_owned();
    name.push(word);
    if let Some(extension) = path.extension() {
        name.push(".");
        name.push(extension);
    }
    path.with_file_name(name)
}

/// Without a bound on the size of core files, of this process and of what it starts.
fn allow_core_files() {
    use nix::sys::resource::{RLIM_INFINITY, Resource, setrlimit};
    if let Err(error) = setrlimit(Resource::RLIMIT_CORE, RLIM_INFINITY, RLIM_INFINITY) {
        error!("core files stay bounded: {error}");
    }
}

fn start(options: &Options, log: log::Handle) -> io::Result<i32> {
    if !sys::process::has_network_capabilities() {
        error!("this needs root, or the capabilities CAP_NET_ADMIN and CAP_NET_RAW");
        return Ok(4);
    }
    if let Some(name) = &options.namespace {
        enter(name)?;
    }
    let (summary, bundle) = match configuration(options)? {
        Ok(read) => read,
        Err(status) => return Ok(status),
    };
    set_umask(options, summary.umask);
    let paths = places(options, &summary)?;
    let mut pidfile = match PidFile::create(&paths.pid) {
        Ok(pidfile) => pidfile,
        Err(PidFileError::Running) => {
            info!("{}", PidFileError::Running);
            return Ok(0);
        }
        Err(error) => return Err(io::Error::other(error)),
    };
    let mut options = options.clone();
    if !options.foreground {
        // A daemon works in the root directory.
        options.file = std::path::absolute(&options.file)?;
        sys::process::daemonize()?;
        pidfile.rewrite()?;
    }
    let options = &options;
    let signals = Signals::block(&handled())?;
    let poller = Poller::new()?;
    poller.add(&signals, SIGNALS)?;
    let callers = Callers::listen(&paths.control, &poller);
    let parent = Parent {
        callers,
        pidfile: Some(pidfile),
        past: BTreeMap::new(),
        next: None,
        upgrade: Upgrade::default(),
        started: sys::clock::now(),
        options,
        log,
        bundle,
        summary,
        paths,
        ledger: Ledger::new()?,
        plan: None,
        routers: None,
        rest: Rest::default(),
        ports: Ports::default(),
        standing: None,
        watch: None,
        poller,
        signals,
        kids: BTreeMap::new(),
        backoff: BTreeMap::new(),
        respawns: BTreeMap::new(),
        sessions: BTreeMap::new(),
        reader: None,
        reload_queued: false,
        reloading: false,
        before: None,
        announced: false,
        deadline: None,
        stopping: false,
        shut_down: false,
        hooks: Runner::default(),
        marked: None,
        appointment: Appointment::default(),
        sentry: None,
        lost: None,
        hung: None,
        suspicion: None,
        left: false,
        status: 0,
    };
    parent.supervise_or_take_over()
}

/// What the files say; or the status to end with.
fn configuration(options: &Options) -> io::Result<Result<(Summary, Sealed), i32>> {
    info!("Configuration file {}", options.file.display());
    let (report, bundle) = first_reading(options)?;
    let summary = match report {
        Report::Read(summary) => summary,
        Report::Unreadable { status } => return Ok(Err(status)),
        _ => return Err(io::Error::other("the reader did not report")),
    };
    if let Some(status) = summary.fatal {
        return Ok(Err(status));
    }
    let bundle = bundle.ok_or_else(|| io::Error::other("the reader passed no configuration"))?;
    Ok(Ok((summary, bundle)))
}

/// Where this daemon's files are, in directories that are made, once it is where the configuration
/// wants it.
fn places(options: &Options, summary: &Summary) -> io::Result<Paths> {
    if let (None, Some(name)) = (&options.namespace, &summary.namespace) {
        enter(name)?;
    }
    let (instance, namespace) = (summary.instance.as_deref(), summary.namespace.as_deref());
    let paths = Paths::new(options, summary.use_pid_dir, instance, namespace);
    for directory in &paths.directories {
        std::fs::create_dir_all(directory)?;
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(directory, mode)?;
    }
    Ok(paths)
}

/// Runs in that network namespace from now on.
fn enter(name: &str) -> io::Result<()> {
    sys::process::enter_network_namespace(name).map_err(|error| {
        let what = "Unable to set network namespace";
        io::Error::other(format!("{what} {name} - exiting: {error}"))
    })
}

/// Reads the configuration before there is anything to supervise, so it may wait.
fn first_reading(options: &Options) -> io::Result<(Report, Option<Sealed>)> {
    let reader = Reader::start(options, None)?;
    let mut poller = Poller::new()?;
    poller.add(&reader.channel, READER)?;
    let report = loop {
        poller.wait(None)?;
        match control::receive::<Report>(&reader.channel)? {
            Heard::Nothing => {}
            Heard::Closed => break None,
            Heard::Message(report, descriptors) => break Some((report, descriptors)),
        }
        // A reader that crashed holds no end of the channel that we could see closing.
        if let Some(ended) = sys::process::reap_one(reader.pid) {
            return Err(io::Error::other(format!("the reader ended with {ended:?}")));
        }
    };
    let ended = sys::process::wait_for(reader.pid);
    let Some((report, descriptors)) = report else {
        return Err(io::Error::other(format!("the reader ended with {ended:?}")));
    };
    let bundle = descriptors
        .into_iter()
        .next()
        .map(Sealed::from_fd)
        .transpose()?;
    Ok((report, bundle))
}

/// Signals that mean something to the parent.
pub(super) fn handled() -> [i32; 10] {
    use nix::libc::{SIGCHLD, SIGHUP, SIGINT, SIGPIPE, SIGTERM, SIGUSR1, SIGUSR2};
    [
        SIGHUP,
        SIGTERM,
        SIGINT,
        SIGPIPE,
        SIGCHLD,
        SIGUSR1,
        SIGUSR2,
        sys::signal::rtmin() + 2,
        super::upgrade::signal(),
        sys::signal::rtmax() - 1,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_process_has_a_log_file_of_its_own() {
        for (path, ident, expected) in [
            ("/tmp/keepalived.log", "Keepalived", "/tmp/keepalived.log"),
            (
                "/tmp/keepalived.log",
                "Keepalived_vrrp",
                "/tmp/keepalived_vrrp.log",
            ),
            ("/x/log", "Keepalived_healthcheckers", "/x/log_check"),
            ("/x/a.b.c", "Keepalived_bfd", "/x/a.b_bfd.c"),
        ] {
            assert_eq!(log_file(Path::new(path), ident), Path::new(expected));
        }
    }
}
