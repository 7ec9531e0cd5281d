//! A node from the inside: process 1 of its namespaces, and the roles around it.
//!
//! The init builds the root, owns /dev/log, reaps, runs the services and answers the lab and the
//! node's shims. One loop, one owner of everything; threads only carry lines outwards. Invariant:
//! it ends, and with it the namespace and everything in it, when the lab closes the socket.

mod init;
mod monitor;
mod out;
mod probe;
mod processes;
mod root;
mod service;
mod shim;
mod standin;
mod supervise;
mod syslog;
mod tally;

use std::io::{self, BufReader};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{ExitCode, Stdio};

use nix::sched::{CloneFlags, unshare};
use nix::sys::signal::{SigSet, Signal};

use crate::protocol::{NodeSetup, Report, receive, send};
use init::Init;
use out::Out;

pub(crate) use probe::PATIENCE;
pub(crate) use shim::main as shim;
pub(crate) use supervise::main as supervise;

/// Where the running program appears in every node.
pub(crate) const OWN_BINARY: &str = "/usr/bin/systemctl";

const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// `lab-node`: makes the namespaces and starts their first process in them. Stays so that the lab
/// has a process to name the network namespace by.
pub(crate) fn enclose() -> io::Result<ExitCode> {
    die_with_parent()?;
    clear_signal_mask()?;
    unshare(
        CloneFlags::CLONE_NEWNET
            | CloneFlags::CLONE_NEWNS
            | CloneFlags::CLONE_NEWPID
            | CloneFlags::CLONE_NEWUTS
            | CloneFlags::CLONE_NEWIPC,
    )?;
    let marker = std::env::var_os(crate::UNPRIVILEGED);
    let status = std::process::Command::new("/proc/self/exe")
        .arg0("lab-init")
        .env_clear()
        .envs(marker.map(|value| (crate::UNPRIVILEGED, value)))
        .env("PATH", PATH)
        .env("LANG", "C")
        .env("HOME", "/root")
        .current_dir("/")
        .stdin(Stdio::inherit())
        .status()?;
    Ok(ExitCode::from(
        status
            .code()
            .and_then(|c| u8::try_from(c).ok())
            .unwrap_or(1),
    ))
}

/// Processes inherit what their parent blocks; a service manager starts them with nothing blocked.
fn clear_signal_mask() -> io::Result<()> {
    SigSet::empty().thread_set_mask()?;
    Ok(())
}

/// `lab-exec`: becomes the program that its arguments name, with nothing blocked.
pub(crate) fn exec(arguments: &[String]) -> io::Result<ExitCode> {
    clear_signal_mask()?;
    let (program, rest) = arguments
        .split_first()
        .ok_or_else(|| io::Error::other("nothing to execute"))?;
    let error = std::process::Command::new(program).args(rest).exec();
    eprintln!("{program}: {error}");
    Ok(ExitCode::from(127))
}

/// Whether this process runs in a node.
pub(crate) fn inside() -> bool {
    std::path::Path::new(shim::SOCKET).exists()
}

/// The kernel ends this process when its parent ends, however that happens.
fn die_with_parent() -> io::Result<()> {
    nix::sys::prctl::set_pdeathsig(Signal::SIGKILL)?;
    Ok(())
}

/// `lab-init`: process 1 of a node.
pub(crate) fn run_init() -> io::Result<ExitCode> {
    die_with_parent()?;
    let socket = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    let out = Out::new(socket.try_clone()?);
    let mut requests = BufReader::new(socket);
    let Some(setup) = receive::<NodeSetup>(&mut requests)? else {
        return Ok(ExitCode::SUCCESS);
    };
    match Init::new(&setup, out.clone()) {
        Err(error) => {
            out.report(&Report::Unusable {
                why: error.to_string(),
            });
            Ok(ExitCode::FAILURE)
        }
        Ok((mut init, warnings)) => {
            out.report(&Report::Ready { warnings });
            init.run(&mut requests)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Who asked for something and waits for the answer.
#[derive(Debug)]
pub(crate) enum Asker {
    /// The lab.
    Lab(u64),
    /// A shim in the node.
    Shim(UnixStream),
}

impl Asker {
    fn answer(self, out: &Out, result: Result<String, String>) {
        match self {
            Self::Lab(id) => out.report(&Report::Reply { id, result }),
            Self::Shim(mut stream) => {
                let answer = match result {
                    Ok(text) => shim::Answer { status: 0, text },
                    Err(text) => shim::Answer { status: 1, text },
                };
                // A script that was killed meanwhile does not wait for its answer.
                let _ = send(&mut stream, &answer);
            }
        }
    }
}
