//! Building the lab: switch, machines, cables.

use std::io::{self, BufReader};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::Stdio;
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Duration;

use super::{Host, Incoming, Network, NoLab, micros, no_lab};
use crate::netlink::Netlink;
use crate::observed::Event;
use crate::protocol::{Command, Report, monotonic_us, receive, send};
use crate::sniff;
use crate::topology::{Machine, Topology};

/// A machine that is not up by then never will be.
const READY_WITHIN: Duration = Duration::from_secs(30);

impl Network {
    /// Builds the lab. Signals that end it reach the channel from here on.
    pub(crate) fn build(topology: Topology) -> Result<Self, NoLab> {
        let (sender, incoming) = channel();
        let epoch_us = monotonic_us();
        watch_signals(sender.clone());
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
}

/// They are blocked since the lab left the host.
fn watch_signals(sender: Sender<Incoming>) {
    let ending = super::host::ending_signals();
    thread::spawn(move || {
        while ending.wait().is_ok() {
            if sender.send(Incoming::Interrupted).is_err() {
                return;
            }
        }
    });
}
