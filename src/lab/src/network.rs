//! The lab as a [`World`]: machines in namespaces, a switch between them, and everything they
//! report on one channel.
//!
//! Invariants: this process has left the host's network before the first link is made; every
//! machine dies with this process, however it ends (parent-death signal, pid namespace, closed
//! socket); observations carry times of the monotonic clock, which namespaces share.

use std::io::{self, BufReader};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use base::Instant;
use nix::sched::{CloneFlags, unshare};
use nix::sys::signal::{SigSet, Signal};

use crate::netlink::Netlink;
use crate::node::PATIENCE;
use crate::observed::{Advertised, Event, Observation, Observed};
use crate::protocol::{Command, Report, Request, monotonic_us, receive, send};
use crate::script::{Action, Nodes, Part, SignalName};
use crate::sniff::{self, Frame, Heard};
use crate::topology::{Machine, Topology};
use crate::world::{Trouble, World};

/// A request that is not answered by then never will be.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);
/// A machine that is not up by then never will be.
const READY_WITHIN: Duration = Duration::from_secs(30);

/// Why the lab could not be built: what the host lacks.
#[derive(Debug, thiserror::Error)]
#[error("{what}: {why}")]
pub(crate) struct NoLab {
    what: String,
    why: String,
}

fn no_lab<E: std::fmt::Display>(what: impl Into<String>) -> impl FnOnce(E) -> NoLab {
    let what = what.into();
    move |error| NoLab {
        what,
        why: error.to_string(),
    }
}

/// Leaves the host's namespaces. Must come before any thread: a user namespace can only be
/// entered by a process with a single one.
pub(crate) fn leave_host(unprivileged: bool) -> Result<(), NoLab> {
    let mut flags = CloneFlags::CLONE_NEWNET
        | CloneFlags::CLONE_NEWNS
        | CloneFlags::CLONE_NEWUTS
        | CloneFlags::CLONE_NEWIPC;
    let (uid, gid) = (nix::unistd::geteuid(), nix::unistd::getegid());
    if unprivileged {
        flags |= CloneFlags::CLONE_NEWUSER;
    }
    let hint = if unprivileged {
        "cannot make namespaces; the kernel must allow unprivileged user namespaces \
         (sysctl user.max_user_namespaces, kernel.apparmor_restrict_unprivileged_userns), \
         or run the lab as root"
    } else {
        "cannot make namespaces; the lab needs CAP_SYS_ADMIN, or --unprivileged"
    };
    unshare(flags).map_err(no_lab(hint))?;
    if unprivileged {
        for (file, text) in [
            ("setgroups", "deny".to_owned()),
            ("uid_map", format!("0 {uid} 1")),
            ("gid_map", format!("0 {gid} 1")),
        ] {
            let path = format!("/proc/self/{file}");
            std::fs::write(&path, text).map_err(no_lab(format!("cannot write {path}")))?;
        }
    }
    Ok(())
}

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
    /// Builds the lab. Signals that end the lab are blocked from here on and reach the channel.
    pub(crate) fn build(topology: Topology) -> Result<Self, NoLab> {
        let (sender, incoming) = channel();
        let epoch_us = monotonic_us();
        watch_signals(sender.clone()).map_err(no_lab("cannot watch signals"))?;
        let netlink = Netlink::open().map_err(no_lab("cannot talk to the kernel's network"))?;
        let bridge = netlink
            .add_bridge("switch0")
            .map_err(no_lab("cannot make the switch (kernel module bridge)"))?;
        let socket = sniff::open().map_err(no_lab("cannot listen on the switch"))?;
        let heard = sender.clone();
        thread::spawn(move || {
            let _ = sniff::listen(&socket, |advert| {
                heard.send(Incoming::Heard(advert)).is_ok()
            });
        });
        let mut network = Self {
            hosts: Vec::new(),
            incoming,
            netlink,
            bridge,
            epoch_us,
            next_request: 0,
            waiting: Vec::new(),
            notes: Vec::new(),
        };
        if let Some(gateway) = topology.gateway {
            network.gateway(gateway)?;
        }
        for machine in topology.machines {
            network.boot(machine, &sender)?;
        }
        for at in 0..network.hosts.len() {
            network.await_ready(at)?;
        }
        for at in 0..network.hosts.len() {
            network.attach(at)?;
        }
        network.epoch_us = monotonic_us();
        Ok(network)
    }

    /// What the machines have to do without, and similar.
    pub(crate) fn notes(&self) -> &[String] {
        &self.notes
    }

    fn gateway(&self, address: crate::script::Cidr) -> Result<(), NoLab> {
        self.netlink
            .add_address(self.bridge, address)
            .map_err(no_lab("gateway"))?;
        let family = if address.address.is_ipv4() {
            "ipv4/ip_forward"
        } else {
            "ipv6/conf/all/forwarding"
        };
        // In the lab's own network namespace, not the host's.
        std::fs::write(format!("/proc/sys/net/{family}"), "1").map_err(no_lab("gateway"))
    }

    fn boot(&mut self, machine: Machine, sender: &Sender<Incoming>) -> Result<(), NoLab> {
        let what = format!("cannot start {}", machine.setup.name);
        let fail = || no_lab::<io::Error>(what.clone());
        let (ours, theirs) = UnixStream::pair().map_err(fail())?;
        let mut command = std::process::Command::new("/proc/self/exe");
        command
            .arg0("lab-node")
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            // An interrupt from the terminal is for the lab, not for the daemons.
            .process_group(0);
        if machine.setup.unprivileged {
            command.env(crate::UNPRIVILEGED, "1");
        }
        let child = command.spawn().map_err(fail())?;
        let mut requests = ours.try_clone().map_err(fail())?;
        send(&mut requests, &machine.setup).map_err(fail())?;
        let at = self.hosts.len();
        let reports = sender.clone();
        thread::spawn(move || {
            let mut ours = BufReader::new(ours);
            while let Ok(Some(report)) = receive(&mut ours) {
                if reports.send(Incoming::Report(at, report)).is_err() {
                    return;
                }
            }
            let _ = reports.send(Incoming::Gone(at));
        });
        self.hosts.push(Host {
            machine,
            child,
            requests,
            port: 0,
        });
        Ok(())
    }

    fn name(&self, at: usize) -> &str {
        self.hosts
            .get(at)
            .map_or("", |host| &host.machine.setup.name)
    }

    fn await_ready(&mut self, at: usize) -> Result<(), NoLab> {
        let what = format!("cannot start {}", self.name(at));
        let until = monotonic_us() + micros(READY_WITHIN);
        let is_mine = |incoming: &Incoming| match incoming {
            Incoming::Report(from, Report::Ready { .. } | Report::Unusable { .. })
            | Incoming::Gone(from) => *from == at,
            Incoming::Interrupted => true,
            Incoming::Report(..) | Incoming::Heard(_) => false,
        };
        match self.next_matching(until, is_mine) {
            Some(Incoming::Report(_, Report::Ready { warnings })) => {
                let name = self.name(at).to_owned();
                let notes = warnings.into_iter().map(|text| format!("{name}: {text}"));
                self.notes.extend(notes);
                Ok(())
            }
            Some(Incoming::Report(_, Report::Unusable { why })) => Err(NoLab { what, why }),
            Some(Incoming::Interrupted) => Err(no_lab(what)("interrupted")),
            Some(_) => Err(no_lab(what)("its first process ended")),
            None => Err(no_lab(what)("it does not come up")),
        }
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

    fn attach(&mut self, at: usize) -> Result<(), NoLab> {
        let host = &self.hosts[at];
        let what = format!("cannot connect {}", host.machine.setup.name);
        let interface = host.machine.interface.clone();
        let port = self
            .netlink
            .add_pair(&format!("port{at}"), &interface, host.child.id())
            .map_err(no_lab(what.clone()))?;
        self.netlink
            .plug(port, self.bridge)
            .map_err(no_lab(what.clone()))?;
        let attach = Command::Attach {
            interface,
            addresses: host.machine.addresses.clone(),
            gateway: host.machine.gateway,
        };
        let targets = host.machine.probes.clone();
        self.hosts[at].port = port;
        self.ask(at, attach).map_err(no_lab(what.clone()))?;
        self.await_address(at)
            .map_err(|()| no_lab(what.clone())("its address does not appear"))?;
        if !targets.is_empty() {
            self.ask(at, Command::Probe { targets })
                .map_err(no_lab(what))?;
        }
        Ok(())
    }

    /// Waits until the machine has reported its own address, so that this is no news later.
    fn await_address(&mut self, at: usize) -> Result<(), ()> {
        let last = self.hosts[at].machine.addresses.last().copied();
        let until = monotonic_us() + micros(READY_WITHIN);
        let reported = |incoming: &Incoming| match incoming {
            Incoming::Report(from, Report::Seen { event, .. }) => {
                *from == at
                    && matches!(event, Event::Address { address, .. }
                        if last.is_none_or(|own| own.address == *address))
            }
            Incoming::Gone(from) => *from == at,
            Incoming::Report(..) | Incoming::Heard(_) | Incoming::Interrupted => false,
        };
        match self.next_matching(until, reported) {
            Some(Incoming::Report(..)) => Ok(()),
            _ => Err(()),
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

    fn ask_node(&mut self, node: &str, what: Command) -> Result<(), Trouble> {
        let at = self.find(node)?;
        self.ask(at, what).map(drop)
    }

    /// Starts or stops a service, or all services of a node, or of every node.
    fn each_service(
        &mut self,
        service: Option<&str>,
        nodes: &Nodes,
        what: impl Fn(String) -> Command,
    ) -> Result<(), Trouble> {
        let which: Vec<usize> = match nodes {
            Nodes::All => (0..self.hosts.len()).collect(),
            Nodes::One(node) => vec![self.find(node)?],
        };
        for at in which {
            let services = match service {
                Some(service) => vec![service.to_owned()],
                None => self.start_order(at),
            };
            for service in services {
                self.ask(at, what(service))?;
            }
        }
        Ok(())
    }

    /// What keepalived checks runs before it does.
    fn start_order(&self, at: usize) -> Vec<String> {
        let mut services = self.hosts[at].machine.services.clone();
        services.sort_by_key(|name| name == "keepalived");
        services
    }

    fn signal(
        &mut self,
        node: &str,
        service: &str,
        part: Part,
        signal: SignalName,
    ) -> Result<(), Trouble> {
        self.ask_node(
            node,
            Command::Signal {
                service: service.to_owned(),
                part,
                signal: signal.number(),
            },
        )
    }

    fn cable(
        &mut self,
        node: &str,
        what: impl Fn(&Netlink, u32, u32) -> io::Result<()>,
    ) -> Result<(), Trouble> {
        let at = self.find(node)?;
        what(&self.netlink, self.hosts[at].port, self.bridge)
            .map_err(|error| Trouble::Broken(format!("{node}: {error}")))
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
}

impl Network {
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

impl World for Network {
    fn now(&self) -> Instant {
        self.at(monotonic_us())
    }

    fn perform(&mut self, action: &Action) -> Result<(), Trouble> {
        match action {
            Action::Start { service, nodes } => {
                self.each_service(service.as_deref(), nodes, |service| Command::Start {
                    service,
                })
            }
            Action::Stop { service, nodes } => {
                self.each_service(service.as_deref(), nodes, |service| Command::Stop {
                    service,
                })
            }
            Action::Restart { service, node } => self.ask_node(
                node,
                Command::Restart {
                    service: service.clone(),
                },
            ),
            Action::Reload { service, node } => self.ask_node(
                node,
                Command::Reload {
                    service: service.clone(),
                },
            ),
            Action::Kill {
                signal,
                part,
                service,
                node,
            } => self.signal(node, service, *part, *signal),
            Action::Hang {
                part,
                service,
                node,
            } => self.signal(node, service, *part, SignalName::Stop),
            Action::Resume { service, node } => {
                self.signal(node, service, Part::All, SignalName::Cont)
            }
            Action::Cut {
                node,
                silently: false,
            } => self.cable(node, |netlink, port, _| netlink.down(port)),
            Action::Cut {
                node,
                silently: true,
            } => self.cable(node, |netlink, port, _| netlink.unplug(port)),
            Action::Heal { node } => {
                self.cable(node, |netlink, port, bridge| netlink.plug(port, bridge))
            }
            Action::Exec {
                node,
                command,
                must_succeed,
            } => {
                let done = self.ask_node(
                    node,
                    Command::Exec {
                        command: command.clone(),
                    },
                );
                match done {
                    Err(Trouble::Refused(_)) if !must_succeed => Ok(()),
                    done => done,
                }
            }
            Action::StartsOf {
                service,
                node,
                succeed,
            } => self.ask_node(
                node,
                Command::StartsOf {
                    service: service.clone(),
                    succeed: *succeed,
                },
            ),
        }
    }

    fn advance(
        &mut self,
        until: Instant,
        seen: &mut Observed,
    ) -> Result<Vec<Observation>, Trouble> {
        let mut arrived = std::mem::take(&mut self.waiting);
        if arrived.is_empty() {
            match self.incoming.recv_timeout(until.since(self.now())) {
                Ok(incoming) => arrived.push(incoming),
                Err(RecvTimeoutError::Timeout) => return Ok(Vec::new()),
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(Trouble::Broken("the lab has no ears left".to_owned()));
                }
            }
        }
        arrived.extend(self.incoming.try_iter());
        // Threads of different machines report independently; their times are on one clock.
        arrived.sort_by_key(|incoming| match incoming {
            Incoming::Report(_, Report::Seen { at_us, .. }) => *at_us,
            Incoming::Heard(heard) => heard.at_us,
            _ => u64::MAX,
        });
        let mut told = Vec::new();
        for incoming in arrived {
            told.extend(self.take(incoming, seen)?);
        }
        Ok(told)
    }

    fn report_delay(&self) -> Duration {
        PATIENCE * 2 + Duration::from_millis(100)
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

fn watch_signals(sender: Sender<Incoming>) -> io::Result<()> {
    let mut mask = SigSet::empty();
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        mask.add(signal);
    }
    mask.thread_block()?;
    thread::spawn(move || {
        while mask.wait().is_ok() {
            if sender.send(Incoming::Interrupted).is_err() {
                return;
            }
        }
    });
    Ok(())
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
