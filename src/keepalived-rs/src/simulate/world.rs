//! Carries out a lab script in virtual time: the lab's actions on the simulated world, and what
//! that world does as the lab's observations.
//!
//! Invariants: nothing outside is touched; what happens follows from the machines, the actions and
//! the seed. The client stands on the segment; its packets go to whoever announced an address
//! last, as an ARP cache has it.

use core::net::IpAddr;
use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

use base::Instant;
use lab::observed::{Event, Observation, Observed};
use lab::script::{Action, Nodes, Part, ProbeTarget, SignalName};
use lab::world::{Trouble, World};
use sim::{Clock, NodeIx};
use vrrp::config::ObjectKind;
use vrrp::{Config, Reading};

use super::client::Probe;
use super::machine::Machine;
use super::service::{self, Service, Services};

/// Packets take up to this much longer than the fastest.
const JITTER: Duration = Duration::from_micros(100);

/// The machines in a world of their own.
pub(super) struct Virtual<'a> {
    pub(super) machines: &'a [Machine],
    pub(super) world: sim::World,
    pub(super) client: NodeIx,
    pub(super) services: Vec<Services>,
    pub(super) probes: BTreeMap<ProbeTarget, Probe>,
    pub(super) held: BTreeMap<IpAddr, BTreeSet<usize>>,
    /// The client's ARP cache.
    pub(super) neighbours: BTreeMap<IpAddr, usize>,
    /// Entries of the world's timeline that were told.
    pub(super) told: usize,
    /// What is still to be told.
    pub(super) untold: Vec<Observation>,
}

impl<'a> Virtual<'a> {
    /// All machines with power and cable, nothing started. Without `probes` the client asks for
    /// every virtual address.
    pub(super) fn new(machines: &'a [Machine], probes: &[ProbeTarget], seed: u64) -> Self {
        let mut world = sim::World::new(seed);
        world.network.jitter = JITTER;
        world.look_on();
        for machine in machines {
            world.add(&machine.name, machine.plan.vrrp.clone(), Clock::default());
        }
        let client = world.add("client", Config::default(), Clock::default());
        let all = machines.iter().flat_map(Machine::virtual_addresses);
        let targets: BTreeSet<ProbeTarget> = match probes {
            [] => all.map(ProbeTarget::Ping).collect(),
            some => some.iter().copied().collect(),
        };
        let stopped = Service {
            runs: false,
            starts: true,
        };
        let services = machines.iter().map(|machine| {
            let names = machine.services.iter();
            names.map(|name| (name.clone(), stopped)).collect()
        });
        let mut this = Self {
            services: services.collect(),
            machines,
            world,
            client,
            probes: targets
                .into_iter()
                .map(|it| (it, Probe::default()))
                .collect(),
            held: BTreeMap::new(),
            neighbours: BTreeMap::new(),
            told: 0,
            untold: Vec::new(),
        };
        for at in 0..machines.len() {
            this.set_checks(at);
        }
        this
    }

    /// Every machine starts everything it has.
    pub(super) fn start_all(&mut self) -> Result<(), Trouble> {
        self.perform(&Action::Start {
            service: None,
            nodes: Nodes::All,
        })
    }

    /// Does something to the world that no script can say.
    pub(super) fn act(&mut self, action: sim::Action) {
        self.world.act(action);
    }

    /// The cable is pulled or plugged in again: interfaces that are tracked say so, too.
    pub(super) fn cable(&mut self, at: usize, up: bool) {
        let node = NodeIx(at);
        let reading = if up { Reading::Good } else { Reading::Bad };
        self.world.act(match up {
            true => sim::Action::LinkUp(node),
            false => sim::Action::LinkDown(node),
        });
        let objects = &self.machines[at].plan.vrrp.objects;
        let cards = objects
            .iter()
            .filter(|object| object.kind == ObjectKind::Interface && object.name != "lo");
        for card in cards {
            self.world.act(sim::Action::Object {
                node,
                object: card.name.clone(),
                reading,
            });
        }
    }

    /// A service other than keepalived begins or ceases to run.
    pub(super) fn set_service(&mut self, at: usize, name: &str, runs: bool, why: &str) {
        let Some(service) = self.services[at].get_mut(name) else {
            return;
        };
        if service.runs == runs {
            return;
        }
        service.runs = runs;
        let service = name.to_owned();
        self.tell(
            at,
            match (runs, why) {
                (true, _) => Event::Started { service, pid: 0 },
                (false, "") => Event::Stopped { service },
                (false, _) => Event::Died {
                    service,
                    why: why.to_owned(),
                },
            },
        );
        self.set_checks(at);
    }

    /// From now on runs of the script named so end like this, whatever runs on the machine.
    pub(super) fn set_check(&mut self, at: usize, script: &str, good: bool) {
        self.world.act(sim::Action::Check {
            node: NodeIx(at),
            script: script.to_owned(),
            outcome: vrrp::input::ScriptOutcome::Exited(i32::from(!good)),
            takes: Duration::from_millis(10),
        });
    }

    fn set_checks(&mut self, at: usize) {
        for habit in &self.machines[at].habits {
            let (outcome, takes) = service::outcome(habit, &self.services[at]);
            self.world.act(sim::Action::Check {
                node: NodeIx(at),
                script: habit.name.clone(),
                outcome,
                takes,
            });
        }
    }

    fn find(&self, name: &str) -> Result<usize, Trouble> {
        let found = self.machines.iter().position(|it| it.name == name);
        found.ok_or_else(|| Trouble::Broken(format!("no node is called {name}")))
    }

    pub(super) fn tell(&mut self, at: usize, event: Event) {
        self.untold.push(Observation {
            at: self.world.now(),
            node: Some(self.machines[at].name.clone()),
            event,
        });
    }

    /// Does it with a service, or with all services, of one machine or all; keepalived comes last,
    /// since its checks look for the others.
    fn each(
        &mut self,
        service: Option<&str>,
        nodes: &Nodes,
        mut act: impl FnMut(&mut Self, usize, &str) -> Result<(), Trouble>,
    ) -> Result<(), Trouble> {
        let which = match nodes {
            Nodes::All => (0..self.machines.len()).collect(),
            Nodes::One(node) => vec![self.find(node)?],
        };
        for at in which {
            let all = self.machines[at].services.iter().cloned();
            let names: Vec<String> = match service {
                Some(service) => vec![service.to_owned()],
                None => all.chain(["keepalived".to_owned()]).collect(),
            };
            for name in names {
                act(self, at, &name)?;
            }
        }
        Ok(())
    }

    fn start(&mut self, at: usize, name: &str) -> Result<(), Trouble> {
        if name == "keepalived" {
            self.world.act(sim::Action::Start(NodeIx(at)));
            return Ok(());
        }
        if self.services[at].get(name).is_some_and(|it| !it.starts) {
            let node = &self.machines[at].name;
            return Err(Trouble::Refused(format!("{node}: {name} did not start")));
        }
        self.set_service(at, name, true, "");
        Ok(())
    }

    fn stop(&mut self, at: usize, name: &str) {
        if name == "keepalived" {
            self.world.act(sim::Action::Stop(NodeIx(at)));
        } else {
            self.set_service(at, name, false, "");
        }
    }

    fn signal(&mut self, at: usize, name: &str, part: Part, signal: SignalName) {
        let node = NodeIx(at);
        let ends = !matches!(
            signal,
            SignalName::Hup
                | SignalName::Usr1
                | SignalName::Usr2
                | SignalName::Cont
                | SignalName::Stop
        );
        if name != "keepalived" {
            if ends && part != Part::Children {
                let why = format!("signal {}", signal.name());
                self.set_service(at, name, false, &why);
            }
            return;
        }
        match (signal, part) {
            (SignalName::Term | SignalName::Int | SignalName::Quit, Part::All | Part::Main) => {
                self.world.act(sim::Action::Stop(node));
            }
            (SignalName::Hup, _) => self.reload(at),
            (SignalName::Stop, _) => self.world.act(sim::Action::Hang(node)),
            (SignalName::Cont, _) => self.world.act(sim::Action::Resume(node)),
            (SignalName::Usr1 | SignalName::Usr2, _) => {}
            (_, Part::Children) => self.world.act(sim::Action::Crash(node)),
            (_, Part::All | Part::Main) => self.world.act(sim::Action::Kill(node)),
        }
    }

    fn reload(&mut self, at: usize) {
        let config = self.machines[at].plan.vrrp.clone();
        self.world.act(sim::Action::Reload(NodeIx(at), config));
    }
}

impl World for Virtual<'_> {
    fn now(&self) -> Instant {
        self.world.now()
    }

    fn perform(&mut self, action: &Action) -> Result<(), Trouble> {
        match action {
            Action::Start { service, nodes } => {
                self.each(service.as_deref(), nodes, |this, at, name| {
                    this.start(at, name)
                })
            }
            Action::Stop { service, nodes } => {
                self.each(service.as_deref(), nodes, |this, at, name| {
                    this.stop(at, name);
                    Ok(())
                })
            }
            Action::Restart { service, node } => {
                let at = self.find(node)?;
                self.stop(at, service);
                self.start(at, service)
            }
            Action::Reload { service, node } => {
                self.signal(self.find(node)?, service, Part::Main, SignalName::Hup);
                Ok(())
            }
            Action::Kill {
                signal,
                part,
                service,
                node,
            } => {
                self.signal(self.find(node)?, service, *part, *signal);
                Ok(())
            }
            Action::Hang {
                part,
                service,
                node,
            } => {
                self.signal(self.find(node)?, service, *part, SignalName::Stop);
                Ok(())
            }
            Action::Resume { service, node } => {
                self.signal(self.find(node)?, service, Part::All, SignalName::Cont);
                Ok(())
            }
            Action::Cut { node, silently } => {
                let at = self.find(node)?;
                match silently {
                    true => self.world.act(sim::Action::Isolate(NodeIx(at))),
                    false => self.cable(at, false),
                }
                Ok(())
            }
            Action::Heal { node } => {
                let at = self.find(node)?;
                self.world.act(sim::Action::Rejoin(NodeIx(at)));
                if !self.world.linked(NodeIx(at)) {
                    self.cable(at, true);
                }
                Ok(())
            }
            Action::StartsOf {
                service,
                node,
                succeed,
            } => {
                let at = self.find(node)?;
                if let Some(service) = self.services[at].get_mut(service) {
                    service.starts = *succeed;
                }
                self.set_checks(at);
                Ok(())
            }
            Action::Exec { .. } => Err(Trouble::Refused(super::check::NO_COMMANDS.to_owned())),
        }
    }

    fn advance(
        &mut self,
        until: Instant,
        seen: &mut Observed,
    ) -> Result<Vec<Observation>, Trouble> {
        loop {
            self.look(seen);
            if !self.untold.is_empty() {
                let mut told = Vec::new();
                for observation in core::mem::take(&mut self.untold) {
                    told.push(observation.clone());
                    told.extend(seen.push(observation));
                }
                return Ok(told);
            }
            if self.now() >= until {
                return Ok(Vec::new());
            }
            let wakes = self.client_wakes();
            self.world.run_one(wakes.map_or(until, |at| at.min(until)));
        }
    }

    fn report_delay(&self) -> Duration {
        Duration::ZERO
    }
}
