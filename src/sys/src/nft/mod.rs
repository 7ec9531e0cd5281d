//! nftables through netlink: one table of ours, put in and taken out as a whole.
//!
//! Invariants: what is in the kernel changes in one transaction, so that there is no moment with
//! half of the rules; a table that is not there is no error when it is deleted. Deliberately
//! unknown here: why something is dropped.

mod encode;
mod marks;

use core::net::IpAddr;
use std::io;

use base::Family;

use netlink_sys::{Socket, SocketAddr};
use nix::sys::socket::{setsockopt, sockopt};

use encode::{Batch, Match};
pub use marks::Marks;

/// NETLINK_NETFILTER
const NETFILTER: isize = 12;
/// Numbers of protocols in IP headers.
const IGMP: u8 = 2;
const ICMPV6: u8 = 58;
/// Types of ICMPv6 messages: reports of group members (RFC 2710, RFC 3810).
const REPORTS: [u8; 3] = [131, 132, 143];
/// Neighbour solicitation and advertisement (RFC 4861).
const NEIGHBOURS: [u8; 2] = [135, 136];

/// A table of rules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Priority of its chains; smaller ones see a packet earlier.
    pub priority: i32,
    /// Rules count what they match.
    pub counters: bool,
    /// Links over which nothing is told of groups.
    pub quiet: Vec<Outgoing>,
    /// Addresses to and from which nothing goes but what finds neighbours.
    pub closed: Vec<IpAddr>,
}

/// How a rule tells the link that a packet leaves by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outgoing {
    /// By its name: the rule stays good when the link is made anew.
    Name(String),
    /// By its index.
    Index(u32),
}

impl Table {
    /// Whether it drops nothing.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.quiet.is_empty() && self.closed.is_empty()
    }

    /// Puts the table in, instead of one of its name.
    ///
    /// # Errors
    /// What the kernel reports; `EOPNOTSUPP` or `EPROTONOSUPPORT` when it has no nftables.
    pub fn replace(&self) -> io::Result<()> {
        let mut batch = Batch::new();
        for family in [Family::V4, Family::V6] {
            batch.forget(family, &self.name);
            let closed = self
                .closed
                .iter()
                .any(|it| it.is_ipv4() == (family == Family::V4));
            if closed || !self.quiet.is_empty() {
                self.family(family, &mut batch);
            }
        }
        transact(batch)
    }

    fn family(&self, family: Family, batch: &mut Batch) {
        let name = self.name.as_str();
        batch.table(family, name);
        batch.chain(family, name, "in", libc::NF_INET_LOCAL_IN, self.priority);
        batch.chain(family, name, "out", libc::NF_INET_LOCAL_OUT, self.priority);
        let mut rule = |chain, matches: &[Match<'_>], drop| {
            batch.rule(family, (name, chain), matches, (self.counters, drop));
        };
        for link in &self.quiet {
            match family {
                Family::V4 => rule("out", &[Match::Protocol(IGMP), Match::By(link)], true),
                Family::V6 => {
                    for kind in REPORTS {
                        let told = [Match::Protocol(ICMPV6), Match::Kind(kind), Match::By(link)];
                        rule("out", &told, true);
                    }
                }
            }
        }
        let closed = self.closed.iter();
        let closed: Vec<&IpAddr> = closed
            .filter(|it| it.is_ipv4() == (family == Family::V4))
            .collect();
        if family == Family::V6 && !closed.is_empty() {
            for kind in NEIGHBOURS {
                let told = [Match::Protocol(ICMPV6), Match::Kind(kind)];
                rule("in", &told, false);
                rule("out", &told, false);
            }
        }
        for address in closed {
            rule("in", &[Match::To(*address)], true);
            rule("out", &[Match::From(*address)], true);
        }
    }
}

/// Takes the table of that name out, if it is there.
///
/// # Errors
/// What the kernel reports.
pub fn delete(name: &str) -> io::Result<()> {
    let mut batch = Batch::new();
    for family in [Family::V4, Family::V6] {
        batch.forget(family, name);
    }
    match transact(batch) {
        // A kernel without nftables has no tables.
        Err(error) if error.raw_os_error() == Some(libc::EOPNOTSUPP) => Ok(()),
        other => other,
    }
}

/// All of it happens, or nothing.
fn transact(batch: Batch) -> io::Result<()> {
    let mut socket = Socket::new(NETFILTER)?;
    socket.bind_auto()?;
    socket.connect(&SocketAddr::new(0, 0))?;
    let bytes = batch.finish();
    let room = bytes.len() + 4096;
    if setsockopt(&socket, sockopt::SndBufForce, &room).is_err() {
        setsockopt(&socket, sockopt::SndBuf, &room)?;
    }
    socket.set_non_blocking(true)?;
    if socket.send(&bytes, 0)? != bytes.len() {
        return Err(io::ErrorKind::WriteZero.into());
    }
    // The kernel has answered when `send` is over: with an error for what it refused, or with the
    // acknowledgement that was asked for.
    let mut answer = Vec::with_capacity(64 * 1024);
    socket.recv(&mut answer, 0)?;
    encode::verdict(&answer)
}
