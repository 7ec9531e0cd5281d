//! A client that asks addresses again and again, and when it got no answer.

use std::net::Ipv4Addr;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use nix::sys::socket::sockopt::ReceiveTimeout;
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType, SockaddrIn, recv, sendto,
    setsockopt, socket,
};
use nix::sys::time::{TimeVal, TimeValLike as _};

use super::stage::told;

/// Most probes of one run.
const MOST: usize = 1 << 18;
const ECHO: u8 = 8;

/// Sends ICMP echo requests until it is asked for the outcome.
pub(super) struct Client {
    stop: Arc<AtomicBool>,
    sender: JoinHandle<Result<Vec<Duration>, String>>,
    answered: Arc<[AtomicBool]>,
    targets: usize,
}

/// What the client saw.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen {
    /// Probes without an answer.
    pub(super) lost: usize,
    /// Longest time between two answered probes to one address with lost ones between them.
    pub(super) gap: Duration,
}

fn open() -> Result<OwnedFd, String> {
    socket(
        AddressFamily::Inet,
        SockType::Raw,
        SockFlag::SOCK_CLOEXEC,
        SockProtocol::Icmp,
    )
    .map_err(told("an ICMP socket"))
}

impl Client {
    /// Asks every one of `targets` at each `tick`.
    pub(super) fn start(targets: Vec<Ipv4Addr>, tick: Duration) -> Result<Self, String> {
        let (stop, count) = (Arc::new(AtomicBool::new(false)), targets.len());
        let answered: Arc<[AtomicBool]> = (0..MOST).map(|_| AtomicBool::new(false)).collect();
        let listener = open()?;
        setsockopt(&listener, ReceiveTimeout, &TimeVal::milliseconds(50))
            .map_err(told("an ICMP socket"))?;
        let (marks, ends) = (Arc::clone(&answered), Arc::clone(&stop));
        std::thread::spawn(move || listen(&listener, &marks, &ends));
        let (talker, ends) = (open()?, Arc::clone(&stop));
        let sender = std::thread::spawn(move || talk(&talker, &targets, tick, &ends));
        Ok(Self {
            stop,
            sender,
            answered,
            targets: count,
        })
    }

    /// Ends it; probes of the last moments, whose answers may be on their way, do not count.
    pub(super) fn end(self) -> Result<Seen, String> {
        self.stop.store(true, Ordering::Relaxed);
        let sent = self.sender.join().map_err(|_| "the client died")??;
        let last = sent.last().copied().unwrap_or_default();
        let counts = |at: Duration| at + Duration::from_millis(100) < last;
        let mut seen = Seen::default();
        for target in 0..self.targets {
            let mut good: Option<Duration> = None;
            let mut lost = 0;
            for (index, at) in sent.iter().enumerate().skip(target).step_by(self.targets) {
                if !counts(*at) {
                    break;
                }
                if self.answered[index].load(Ordering::Relaxed) {
                    if let Some(before) = good.filter(|_| lost > 0) {
                        seen.gap = seen.gap.max(*at - before);
                    }
                    (good, lost) = (Some(*at), 0);
                } else {
                    lost += 1;
                    seen.lost += 1;
                }
            }
            if lost > 0 {
                let since = good.unwrap_or_default();
                seen.gap = seen.gap.max(last - since);
            }
        }
        Ok(seen)
    }
}

fn talk(
    socket: &OwnedFd,
    targets: &[Ipv4Addr],
    tick: Duration,
    stop: &AtomicBool,
) -> Result<Vec<Duration>, String> {
    let begin = Instant::now();
    let mut sent = Vec::new();
    let mut due = Duration::ZERO;
    while !stop.load(Ordering::Relaxed) && sent.len() + targets.len() < MOST {
        for target in targets {
            let number = u32::try_from(sent.len()).unwrap_or(u32::MAX);
            let [a, b, c, d] = target.octets();
            let to = SockaddrIn::new(a, b, c, d, 0);
            sent.push(begin.elapsed());
            // Unreachable for now is an answer that did not come.
            let _ = sendto(
                socket.as_raw_fd(),
                &request(number),
                &to,
                MsgFlags::MSG_DONTWAIT,
            );
        }
        due += tick;
        std::thread::sleep(due.saturating_sub(begin.elapsed()));
    }
    Ok(sent)
}

/// An echo request with its number as payload (RFC 792).
fn request(number: u32) -> [u8; 12] {
    let mut bytes = [0; 12];
    bytes[0] = ECHO;
    bytes[4..6].copy_from_slice(b"kr");
    bytes[8..].copy_from_slice(&number.to_be_bytes());
    let words = bytes.chunks_exact(2);
    let sum: u32 = words
        .map(|word| u32::from(word[0]) << 8 | u32::from(word[1]))
        .sum();
    let sum = (sum & 0xffff) + (sum >> 16);
    let sum = u16::try_from(sum & 0xffff).unwrap_or(0) + u16::try_from(sum >> 16).unwrap_or(0);
    bytes[2..4].copy_from_slice(&(!sum).to_be_bytes());
    bytes
}

fn listen(socket: &OwnedFd, answered: &[AtomicBool], stop: &AtomicBool) {
    let mut bytes = [0; 128];
    while !stop.load(Ordering::Relaxed) {
        let Ok(length) = recv(socket.as_raw_fd(), &mut bytes, MsgFlags::empty()) else {
            continue;
        };
        // IP header of 20 bytes, type 0 (echo reply), our identifier, the number.
        if let Some([0, _, _, _, b'k', b'r', _, _, a, b, c, d]) = bytes[..length].get(20..32) {
            let number = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
            if let Some(mark) = answered.get(number) {
                mark.store(true, Ordering::Relaxed);
            }
        }
    }
}
