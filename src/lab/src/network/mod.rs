//! The lab as a [`World`](crate::world::World): machines in namespaces, a switch between them, and
//! everything they report on one channel.
//!
//! Invariants: this process has left the host's network before the first link is made; every
//! machine dies with this process, however it ends (parent-death signal, pid namespace, closed
//! socket); observations carry times of the monotonic clock, which namespaces share.

mod boot;
mod host;
mod perform;

use std::os::unix::net::UnixStream;
use std::process::Child;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use base::Instant;

use crate::netlink::Netlink;
use crate::observed::{Advertised, Event, Observation, Observed};
use crate::protocol::{Command, Report, Request, monotonic_us, send};
use crate::sniff::{Frame, Heard};
use crate::topology::Machine;
use crate::world::Trouble;

pub(crate) use host::leave_host;
use host::{NoLab, no_lab};

/// A request that is not answered by then never will be.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);

/// What reaches the lab's one channel.
enum Incoming {
    Report(usize, Report),
    /// A machine's init has ended.
    Gone(usize),
    Heard(Heard),
    Interrupted,
}

/// A running machine.
struct Host {
    machine: Machine,
    /// `lab-node`, whose end ends everything in the machine.
    child: Child,
    requests: UnixStream,
    /// Index of its link at the switch.
    port: u32,
}

/// The running lab.
pub(crate) struct Network {
    hosts: Vec<Host>,
    incoming: Receiver<Incoming>,
    netlink: Netlink,
    bridge: u32,
    epoch_us: u64,
    next_request: u64,
    /// Arrived while an answer was awaited.
    waiting: Vec<Incoming>,
    notes: Vec<String>,
}

impl Network {
    /// What the machines have to do without, and similar.
    pub(crate) fn notes(&self) -> &[String] {
        &self.notes
    }

    fn name(&self, at: usize) -> &str {
        self.hosts
            .get(at)
            .map_or("", |host| &host.machine.setup.name)
    }

    /// The next arrival that matches; others are kept for later.
    fn next_matching(
        &mut self,
        until_us: u64,
        matches: impl Fn(&Incoming) -> bool,
    ) -> Option<Incoming> {
        if let Some(at) = self.waiting.iter().position(&matches) {
            return Some(self.waiting.remove(at));
        }
        loop {
            let left = Duration::from_micros(until_us.saturating_sub(monotonic_us()));
            let incoming = self.incoming.recv_timeout(left).ok()?;
            if matches(&incoming) {
                return Some(incoming);
            }
            self.waiting.push(incoming);
        }
    }

    /// Sends a request and waits for its answer.
    fn ask(&mut self, at: usize, what: Command) -> Result<String, Trouble> {
        self.next_request += 1;
        let id = self.next_request;
        let name = self.name(at).to_owned();
        let broken = |why: &str| Trouble::Broken(format!("{name}: {why}"));
        send(&mut self.hosts[at].requests, &Request { id, what })
            .map_err(|error| broken(&error.to_string()))?;
        let until = monotonic_us() + micros(ANSWER_WITHIN);
        let is_answer = |incoming: &Incoming| match incoming {
            Incoming::Report(from, Report::Reply { id: of, .. }) => *from == at && *of == id,
            Incoming::Gone(from) => *from == at,
            Incoming::Interrupted => true,
            Incoming::Report(..) | Incoming::Heard(_) => false,
        };
        match self.next_matching(until, is_answer) {
            Some(Incoming::Report(_, Report::Reply { result, .. })) => {
                result.map_err(|why| Trouble::Refused(format!("{name}: {why}")))
            }
            Some(Incoming::Interrupted) => Err(Trouble::Interrupted),
            Some(_) => Err(broken("its first process ended")),
            None => Err(broken("it does not answer")),
        }
    }

    fn find(&self, node: &str) -> Result<usize, Trouble> {
        self.hosts
            .iter()
            .position(|host| host.machine.setup.name == node)
            .ok_or_else(|| Trouble::Broken(format!("no node is called {node}")))
    }

    fn at(&self, at_us: u64) -> Instant {
        Instant::from_micros(at_us.saturating_sub(self.epoch_us))
    }

    fn take(
        &mut self,
        incoming: Incoming,
        seen: &mut Observed,
    ) -> Result<Vec<Observation>, Trouble> {
        let observation = match incoming {
            // The cables being plugged in: before time begins.
            Incoming::Report(_, Report::Seen { at_us, .. }) if at_us < self.epoch_us => {
                return Ok(Vec::new());
            }
            Incoming::Report(from, Report::Seen { at_us, event }) => Observation {
                at: self.at(at_us),
                node: Some(self.name(from).to_owned()),
                event,
            },
            Incoming::Heard(heard) => match self.heard(heard, seen) {
                Some(observation) => observation,
                None => return Ok(Vec::new()),
            },
            // An answer nobody waits for any more.
            Incoming::Report(..) => return Ok(Vec::new()),
            Incoming::Gone(from) => {
                return Err(Trouble::Broken(format!(
                    "{}: its first process ended",
                    self.name(from)
                )));
            }
            Incoming::Interrupted => return Err(Trouble::Interrupted),
        };
        let mut all = vec![observation.clone()];
        all.extend(seen.push(observation));
        Ok(all)
    }

    fn heard(&self, heard: Heard, seen: &mut Observed) -> Option<Observation> {
        let host = self.hosts.iter().find(|host| host.port == heard.port)?;
        let node = host.machine.setup.name.clone();
        let at = self.at(heard.at_us);
        let advert = match heard.what {
            Frame::Advert(advert) => advert,
            Frame::Claim(address) => return self.claim(at, node, address, seen),
        };
        let is_new = seen.heard(
            &node,
            advert.vrid,
            Advertised {
                since: at,
                last: at,
                priority: advert.priority,
                interval: advert.interval(),
            },
        );
        is_new.then_some(Observation {
            at,
            node: Some(node),
            event: Event::Advert {
                source: advert.source,
                vrid: advert.vrid,
                priority: advert.priority,
                interval: advert.interval,
                version: advert.version,
            },
        })
    }

    /// A machine's own address says nothing; another one is a virtual address.
    fn claim(
        &self,
        at: Instant,
        node: String,
        address: std::net::IpAddr,
        seen: &mut Observed,
    ) -> Option<Observation> {
        let mut own = self.hosts.iter().flat_map(|host| &host.machine.addresses);
        if own.any(|cidr| cidr.address == address) || !seen.claimed(&node, address, at) {
            return None;
        }
        Some(Observation {
            at,
            node: Some(node),
            event: Event::Claims { address },
        })
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        for host in &mut self.hosts {
            // Kills `lab-node`, with it the init by parent-death signal, and with that its pid
            // namespace. The exit is awaited so that nothing is left when the lab returns.
            let _ = host.child.kill();
            let _ = host.child.wait();
        }
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
