//! The master's listening sockets.
//!
//! Invariants: a socket whose key both configurations have keeps its descriptor, and with it the
//! connections that wait in it; all new ones are bound before any is used, or none is.
//! Deliberately unknown here: who accepts.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use relay::Sockets;
use socket2::{Domain, Protocol, SockAddr, SockRef, Socket, TcpKeepalive, Type};
use stream::config::{Address, Config, Level, ListenOptions, Listener, ListenerKey, Transport};

use super::log::Log;

/// nginx's default on Linux.
const BACKLOG: u32 = 511;
/// Rounds of binding before giving up, and the pause after each.
const ROUNDS: usize = 5;
const PAUSE: Duration = Duration::from_millis(500);

/// Sockets by what they listen on.
pub(super) type Bound = Vec<(ListenerKey, Sockets)>;

/// The reasons have been logged.
#[derive(Debug)]
pub(super) struct NotBound;

/// Binds what `config` listens on, parallel to its listeners, taking over from `old` what it has.
///
/// In a `test`, an address in use is no error and nothing is shared with a running instance.
///
/// # Errors
/// After [`ROUNDS`] rounds with an address in use, or at once with any other failure.
pub(super) fn bind(
    config: &Config,
    threads: usize,
    old: &[(ListenerKey, Sockets)],
    test: bool,
    log: &mut Log,
) -> Result<Vec<Option<Sockets>>, NotBound> {
    let mut made: Vec<Vec<Arc<OwnedFd>>> = config
        .listeners
        .iter()
        .map(|listener| take_over(listener, threads, old))
        .collect();
    for _ in 0..ROUNDS {
        let mut busy = false;
        for (listener, sockets) in config.listeners.iter().zip(&mut made) {
            busy |= complete(
                listener,
                wanted(listener, threads, test),
                sockets,
                test,
                log,
            )?;
        }
        if !busy {
            return Ok(config.listeners.iter().zip(made).map(shape).collect());
        }
        log.say(Level::Notice, "try again to bind() after 500ms");
        std::thread::sleep(PAUSE);
    }
    log.say(Level::Emerg, "still could not bind()");
    Err(NotBound)
}

/// Removes the files of unix sockets in `old` that `kept` no longer has.
pub(super) fn unlink(old: &[(ListenerKey, Sockets)], kept: &Config, log: &mut Log) {
    for (key, _) in old {
        if let Address::Unix(path) = &key.address
            && !kept.listeners.iter().any(|listener| listener.key == *key)
        {
            log.say(Level::Warn, &format!("deleting socket {}", path.display()));
            remove(path, log);
        }
    }
}

/// Removes the file of a unix socket.
pub(super) fn remove(path: &Path, log: &mut Log) {
    if let Err(error) = std::fs::remove_file(path) {
        let text = format!("unlink() \"{}\" failed", path.display());
        log.failed(Level::Emerg, &text, &error);
    }
}

fn wanted(listener: &Listener, threads: usize, test: bool) -> usize {
    if listener.options.reuseport && !test {
        threads.max(1)
    } else {
        1
    }
}

fn shape((listener, sockets): (&Listener, Vec<Arc<OwnedFd>>)) -> Option<Sockets> {
    if listener.options.reuseport {
        return (!sockets.is_empty()).then_some(Sockets::PerThread(sockets));
    }
    sockets.into_iter().next().map(Sockets::Shared)
}

fn take_over(
    listener: &Listener,
    threads: usize,
    old: &[(ListenerKey, Sockets)],
) -> Vec<Arc<OwnedFd>> {
    let Some((_, sockets)) = old.iter().find(|(key, _)| *key == listener.key) else {
        return Vec::new();
    };
    let mut taken = match sockets {
        Sockets::Shared(socket) => vec![Arc::clone(socket)],
        Sockets::PerThread(sockets) => sockets.clone(),
    };
    taken.truncate(wanted(listener, threads, false));
    taken
}

/// Brings `sockets` to the wanted number; true when an address was in use.
fn complete(
    listener: &Listener,
    wanted: usize,
    sockets: &mut Vec<Arc<OwnedFd>>,
    test: bool,
    log: &mut Log,
) -> Result<bool, NotBound> {
    for socket in sockets.iter() {
        if wanted > 1 {
            // Others may join the address only if the first one allows it too.
            let _ = SockRef::from(&**socket).set_reuse_port(true);
        }
        configure(&**socket, listener, log);
        if listener.key.transport == Transport::Tcp
            && let Err(error) = SockRef::from(&**socket).listen(backlog(&listener.options))
        {
            let text = format!("listen() on {} failed, ignored", listener.display);
            log.failed(Level::Alert, &text, &error);
        }
    }
    while sockets.len() < wanted {
        let socket = match open(listener, test) {
            Ok(socket) => socket,
            Err((step, error)) => {
                let in_use = error.raw_os_error() == Some(nix::libc::EADDRINUSE);
                if in_use && test {
                    return Ok(false);
                }
                log.failed(Level::Emerg, &step, &error);
                return if in_use { Ok(true) } else { Err(NotBound) };
            }
        };
        configure(&socket, listener, log);
        sockets.push(Arc::new(socket.into()));
    }
    Ok(false)
}

/// A bound and listening socket, or the step that failed.
fn open(listener: &Listener, test: bool) -> Result<Socket, (String, io::Error)> {
    let at = &listener.display;
    let failed = |call: &str| {
        let text = format!("{call} {at} failed");
        move |error| (text, error)
    };
    let (domain, address) = match &listener.key.address {
        Address::Inet(address) => (Domain::for_address(*address), SockAddr::from(*address)),
        Address::Unix(path) => {
            let address = SockAddr::unix(path).map_err(failed("bind() to"))?;
            (Domain::UNIX, address)
        }
    };
    let udp = listener.key.transport == Transport::Udp;
    let kind = if udp { Type::DGRAM } else { Type::STREAM };
    let protocol = match (&listener.key.address, udp) {
        (Address::Unix(_), _) => None,
        (_, true) => Some(Protocol::UDP),
        (_, false) => Some(Protocol::TCP),
    };
    let socket = Socket::new(domain, kind.nonblocking(), protocol).map_err(failed("socket()"))?;
    if !(test && udp) {
        let done = socket.set_reuse_address(true);
        done.map_err(failed("setsockopt(SO_REUSEADDR)"))?;
    }
    if listener.options.reuseport && !test {
        let done = socket.set_reuse_port(true);
        done.map_err(failed("setsockopt(SO_REUSEPORT)"))?;
    }
    if domain == Domain::IPV6 {
        // nginx's default is on.
        let only = listener.options.ipv6only.unwrap_or(true);
        let done = socket.set_only_v6(only);
        done.map_err(failed("setsockopt(IPV6_V6ONLY)"))?;
    }
    socket.bind(&address).map_err(failed("bind() to"))?;
    if let Address::Unix(path) = &listener.key.address {
        let everybody = std::fs::Permissions::from_mode(0o666);
        std::fs::set_permissions(path, everybody).map_err(failed("chmod()"))?;
    }
    if !udp {
        let backlog = backlog(&listener.options);
        let done = socket.listen(backlog);
        done.map_err(failed(&format!("listen() with backlog {backlog} on")))?;
    }
    Ok(socket)
}

fn backlog(options: &ListenOptions) -> i32 {
    i32::try_from(options.backlog.unwrap_or(BACKLOG)).unwrap_or(i32::MAX)
}

/// Applies what may change while the socket is in use. Failures are told and nothing more, as
/// nginx does.
fn configure(socket: &impl AsFd, listener: &Listener, log: &mut Log) {
    let options = &listener.options;
    let descriptor = socket;
    let socket = SockRef::from(socket);
    let mut told = |name: &str, done: io::Result<()>| {
        if let Err(error) = done {
            let text = format!("setsockopt({name}) {} failed, ignored", listener.display);
            log.failed(Level::Alert, &text, &error);
        }
    };
    if let Some(size) = options.rcvbuf {
        told("SO_RCVBUF", socket.set_recv_buffer_size(size));
    }
    if let Some(size) = options.sndbuf {
        told("SO_SNDBUF", socket.set_send_buffer_size(size));
    }
    if let Some(keepalive) = &options.keepalive {
        told("SO_KEEPALIVE", socket.set_keepalive(keepalive.on));
        let mut timing = TcpKeepalive::new();
        if let Some(idle) = keepalive.idle {
            timing = timing.with_time(idle);
        }
        if let Some(interval) = keepalive.interval {
            timing = timing.with_interval(interval);
        }
        if let Some(count) = keepalive.count {
            timing = timing.with_retries(count);
        }
        if keepalive.on {
            told("TCP_KEEPIDLE", socket.set_tcp_keepalive(&timing));
        }
    }
    let tcp = listener.key.transport == Transport::Tcp
        && matches!(listener.key.address, Address::Inet(_));
    if tcp {
        if let Some(queue) = options.fastopen {
            told(
                "TCP_FASTOPEN",
                sys::listener::set_fastopen(descriptor, queue),
            );
        }
        let defer = sys::listener::set_defer_accept(descriptor, options.deferred);
        if options.deferred {
            told("TCP_DEFER_ACCEPT", defer);
        }
    }
}
