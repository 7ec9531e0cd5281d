//! The probes: one async function each, from configuration to verdict.
//!
//! Invariant: a probe ends within its time limit and leaves nothing behind. What fails on our own
//! host (no descriptors, no memory) is `NotRun`, never the server's fault.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use lvs::Verdict;
use lvs::config::Probe;
use nix::errno::Errno;
use tokio::net::TcpSocket;

/// Runs one probe.
pub(super) async fn run(probe: &Probe) -> Verdict {
    match probe {
        &Probe::Tcp {
            target,
            bind,
            timeout,
        } => tcp(target, bind, timeout).await,
        // Its verdict is known, see `session`.
        Probe::Session { .. } => session(None),
    }
}

/// `BFD_CHECK`: the session is up. One that nobody spoke of is not.
pub(super) fn session(up: Option<bool>) -> Verdict {
    match up {
        Some(true) => Verdict::Up,
        Some(false) => Verdict::Down("the session is down".to_owned()),
        None => Verdict::Down("the session has not been up yet".to_owned()),
    }
}

/// `TCP_CHECK`: the connection comes about.
async fn tcp(target: SocketAddr, bind: Option<SocketAddr>, limit: Duration) -> Verdict {
    let socket = match target {
        SocketAddr::V4(_) => TcpSocket::new_v4(),
        SocketAddr::V6(_) => TcpSocket::new_v6(),
    };
    let socket = match socket {
        Ok(socket) => socket,
        Err(error) => return Verdict::NotRun(format!("cannot make a socket: {error}")),
    };
    if let Some(source) = bind
        && let Err(error) = socket.bind(source)
    {
        return Verdict::Down(format!("cannot bind to {source}: {error}"));
    }
    match tokio::time::timeout(limit, socket.connect(target)).await {
        Ok(Ok(_)) => Verdict::Up,
        Ok(Err(error)) if is_local(&error) => Verdict::NotRun(error.to_string()),
        Ok(Err(error)) => Verdict::Down(reason(&error)),
        Err(_) => Verdict::Down(format!("no answer within {} s", limit.as_secs_f64())),
    }
}

/// Failures that say nothing about the server.
fn is_local(error: &io::Error) -> bool {
    let local = [
        Errno::EMFILE,
        Errno::ENFILE,
        Errno::ENOBUFS,
        Errno::ENOMEM,
        Errno::EAGAIN,
        // No free local port.
        Errno::EADDRNOTAVAIL,
    ];
    error
        .raw_os_error()
        .is_some_and(|code| local.contains(&Errno::from_raw(code)))
}

/// The system's words without Rust's "(os error N)".
fn reason(error: &io::Error) -> String {
    error.raw_os_error().map_or_else(
        || error.to_string(),
        |code| Errno::from_raw(code).desc().to_owned(),
    )
}
