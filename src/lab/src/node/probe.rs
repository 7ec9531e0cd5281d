//! The client: asks its targets every few milliseconds and reports when they do not answer.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::OwnedFd;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use nix::sys::socket::{AddressFamily, SockFlag, SockProtocol, SockType, socket};
use tokio::io::AsyncReadExt;
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::out::Out;
use super::tally::{Change, Tally};
use crate::observed::Event;
use crate::protocol::monotonic_us;
use crate::script::ProbeTarget;

/// Between two echo requests.
const PING_EVERY: Duration = Duration::from_millis(5);
/// Between two connections.
const CONNECT_EVERY: Duration = Duration::from_millis(20);
/// A probe without an answer for this long is lost.
pub(crate) const PATIENCE: Duration = Duration::from_millis(250);
/// A peer that has not answered for this long does not answer any more.
const SILENT_AFTER: Duration = Duration::from_secs(1);

/// Probes in the background until the node ends.
pub(super) fn start(targets: Vec<ProbeTarget>, out: &Out) -> io::Result<()> {
    // Echo sockets without privilege are off by default in a new namespace.
    let _ = std::fs::write("/proc/sys/net/ipv4/ping_group_range", "0 0");
    for target in targets {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let out = out.clone();
        let ping = match target {
            ProbeTarget::Ping(address) => Some((address, echo_socket(address)?)),
            ProbeTarget::Tcp(_) => None,
        };
        std::thread::spawn(move || {
            let ended = runtime.block_on(async {
                match (target, ping) {
                    (ProbeTarget::Tcp(address), _) => connects(address, &out).await,
                    (ProbeTarget::Ping(_), Some((address, fd))) => pings(address, fd, &out).await,
                    (ProbeTarget::Ping(_), None) => Ok(()),
                }
            });
            if let Err(error) = ended {
                out.seen(Event::Note {
                    text: format!("the probe of {target} ended: {error}"),
                });
            }
        });
    }
    Ok(())
}

fn echo_socket(to: IpAddr) -> io::Result<OwnedFd> {
    let (family, protocol) = match to {
        IpAddr::V4(_) => (AddressFamily::Inet, SockProtocol::Icmp),
        IpAddr::V6(_) => (AddressFamily::Inet6, SockProtocol::IcmpV6),
    };
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    Ok(socket(family, SockType::Datagram, flags, protocol)?)
}

fn tell(out: &Out, tally: &mut Tally, target: &str, method: &str) {
    for change in tally.changes(monotonic_us()) {
        let (target, method) = (target.to_owned(), method.to_owned());
        match change {
            Change::Began { at_us } => out.seen_at(at_us, Event::OutageBegan { target, method }),
            Change::Ended { at_us, lasted_us } => out.seen_at(
                at_us,
                Event::OutageEnded {
                    target,
                    method,
                    lasted_us,
                },
            ),
        }
    }
}

async fn pings(to: IpAddr, fd: OwnedFd, out: &Out) -> io::Result<()> {
    // The kernel fills in identifier and checksum, and gives only our own replies back.
    let socket = UdpSocket::from_std(std::net::UdpSocket::from(fd))?;
    let request_type = if to.is_ipv4() { 8 } else { 128 };
    let target = to.to_string();
    let method = format!("ping every {} ms", PING_EVERY.as_millis());
    let mut tally = Tally::new(micros(PATIENCE));
    let mut ticks = interval(PING_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut number: u64 = 0;
    let mut reply = [0u8; 256];
    loop {
        tokio::select! {
            _ = ticks.tick() => {
                number += 1;
                let [.., high, low] = number.to_be_bytes();
                let request = [request_type, 0, 0, 0, 0, 0, high, low];
                tally.sent(number, monotonic_us());
                // Unreachable is an answer missing, nothing more.
                let _ = socket.send_to(&request, SocketAddr::new(to, 0)).await;
                tell(out, &mut tally, &target, &method);
            }
            read = socket.recv(&mut reply) => {
                if let (Ok(8..), [kind @ (0 | 129), _, _, _, _, _, high, low, ..]) = (read, reply) {
                    let _ = kind;
                    let low16 = u64::from(u16::from_be_bytes([high, low]));
                    // The latest number with these sixteen bits that was already sent.
                    let mut full = (number & !0xffff) | low16;
                    if full > number {
                        full = full.saturating_sub(0x1_0000);
                    }
                    tally.decided(full, true);
                }
            }
        }
    }
}

async fn connects(to: SocketAddr, out: &Out) -> io::Result<()> {
    let target = to.to_string();
    let method = format!("TCP connection every {} ms", CONNECT_EVERY.as_millis());
    let mut tally = Tally::new(micros(PATIENCE + PATIENCE));
    let mut names = Names::default();
    let (sender, results): (Sender<Connected>, Receiver<Connected>) = channel();
    let mut ticks = interval(CONNECT_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut number = 0;
    loop {
        ticks.tick().await;
        number += 1;
        tally.sent(number, monotonic_us());
        let sender = sender.clone();
        tokio::spawn(async move {
            let answer = connect(to).await;
            let _ = sender.send(Connected { number, answer });
        });
        while let Ok(done) = results.try_recv() {
            tally.decided(done.number, done.answer.is_some());
            if let Some(Some(peer)) = done.answer
                && names.heard(&peer, monotonic_us())
            {
                let target = target.clone();
                out.seen(Event::Answers { target, peer });
            }
        }
        for peer in names.silent(monotonic_us()) {
            let target = target.clone();
            out.seen(Event::AnswersNoMore { target, peer });
        }
        tell(out, &mut tally, &target, &method);
    }
}

struct Connected {
    number: u64,
    /// The peer's name if it gave one; `None` if there was no answer.
    answer: Option<Option<String>>,
}

/// Connects once. A server that says nothing but keeps the connection has answered; one that
/// closes it without a word (a proxy without a living upstream) has not.
async fn connect(to: SocketAddr) -> Option<Option<String>> {
    let mut stream = timeout(PATIENCE, TcpStream::connect(to)).await.ok()?.ok()?;
    let mut line = [0u8; 64];
    match timeout(PATIENCE, stream.read(&mut line)).await {
        Err(_silent) => Some(None),
        Ok(Ok(0) | Err(_)) => None,
        Ok(Ok(length)) => {
            let text = String::from_utf8_lossy(&line[..length]);
            let name = text.lines().next().unwrap_or_default().trim().to_owned();
            Some(Some(name))
        }
    }
}

/// Who answers: with balancing several at a time.
#[derive(Default)]
struct Names(BTreeMap<String, u64>);

impl Names {
    /// Somebody answered; true if he did not before.
    fn heard(&mut self, name: &str, now_us: u64) -> bool {
        self.0.insert(name.to_owned(), now_us).is_none()
    }

    /// Those who were not heard for so long that they do not answer any more.
    fn silent(&mut self, now_us: u64) -> Vec<String> {
        let silent = |last: u64| now_us.saturating_sub(last) > micros(SILENT_AFTER);
        let gone: Vec<String> = self
            .0
            .iter()
            .filter(|(_, last)| silent(**last))
            .map(|(name, _)| name.clone())
            .collect();
        self.0.retain(|_, last| !silent(*last));
        gone
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn balancing_is_not_a_change() {
        let mut names = Names::default();
        assert!(names.heard("api1", 0));
        assert!(names.heard("api2", 20_000));
        assert!(!names.heard("api1", 40_000));
        assert_eq!(names.silent(1_030_000), ["api2"]);
        assert!(names.heard("api2", 1_040_000));
    }
}
