//! What the simulated world does, as the lab's observations.

use core::net::IpAddr;
use core::time::Duration;

use base::Instant;
use lab::observed::{Advertised, Event, Observation, Observed};
use lab::script::State;
use sim::{NodeIx, Seen, What};
use vrrp::config::RouterIx;
use wire::vrrp::View;

use super::notify;
use super::service::{self, Service};
use super::world::Virtual;

/// Severity of what the text shows without being asked for everything.
const WARNING: u8 = 4;
const INFORMATION: u8 = 6;

impl Virtual<'_> {
    /// Takes in what happened since the last look.
    pub(super) fn look(&mut self, seen: &mut Observed) {
        for (at, what) in self.world.take_seen() {
            self.see(at, what, seen);
        }
        let fresh: Vec<sim::Entry> = self.world.timeline().entries()[self.told..].to_vec();
        self.told += fresh.len();
        for entry in fresh {
            self.read(&entry);
        }
        self.probe();
    }

    fn see(&mut self, at: Instant, what: Seen, seen: &mut Observed) {
        match what {
            Seen::Advert {
                node,
                router,
                packet,
            } => self.advert(at, node, router, &packet, seen),
            Seen::Announced { node, router } if self.world.reaches(node, self.client) => {
                for address in self.addresses(node, router) {
                    self.neighbours.insert(address, node.0);
                    if seen.claimed(&self.machines[node.0].name, address, at) {
                        self.tell(node.0, Event::Claims { address });
                    }
                }
            }
            Seen::Announced { .. } => {}
            Seen::Added { node, router } => {
                for address in self.addresses(node, router) {
                    if self.held.entry(address).or_default().insert(node.0) {
                        self.tell_address(node, address, true);
                    }
                }
            }
            Seen::Removed { node, router } => {
                for address in self.addresses(node, router) {
                    self.drop_address(node, address);
                }
            }
            Seen::Swept { node } => self.drop_all(node),
            Seen::ScriptRuns { node, script } => self.script_runs(node.0, &script),
        }
    }

    /// Addresses of a router, excluded ones too.
    fn addresses(&self, node: NodeIx, router: RouterIx) -> Vec<IpAddr> {
        let routers = self.machines.get(node.0).map(|it| &it.plan.routers);
        let router = routers.and_then(|routers| routers.get(router.0 as usize));
        let lines = router.map_or(&[][..], |router| &router.addresses);
        lines.iter().map(|line| line.address).collect()
    }

    fn drop_address(&mut self, node: NodeIx, address: IpAddr) {
        let holders = self.held.entry(address).or_default();
        if holders.remove(&node.0) {
            self.tell_address(node, address, false);
        }
    }

    fn drop_all(&mut self, node: NodeIx) {
        let held = self.held.iter().filter(|(_, it)| it.contains(&node.0));
        for address in held.map(|(address, _)| *address).collect::<Vec<_>>() {
            self.drop_address(node, address);
        }
    }

    fn tell_address(&mut self, node: NodeIx, address: IpAddr, added: bool) {
        let routers = self.machines[node.0].plan.routers.iter();
        let mut lines = routers.flat_map(|router| &router.addresses);
        if let Some(line) = lines.find(|line| line.address == address) {
            let event = Event::Address {
                address,
                prefix: line.prefix,
                interface: line.interface.to_string(),
                added,
            };
            self.tell(node.0, event);
        }
    }

    fn advert(
        &mut self,
        at: Instant,
        node: NodeIx,
        router: RouterIx,
        packet: &[u8],
        seen: &mut Observed,
    ) {
        let machine = &self.machines[node.0];
        let router = machine.plan.vrrp.routers.get(router.0 as usize);
        let (Some(router), Ok(view)) = (router, View::new(packet)) else {
            return;
        };
        let (interval, unit) = match view.version() {
            2 => (u16::from(view.interval_seconds()), 1000),
            _ => (view.interval_centiseconds(), 10),
        };
        let priority = view.priority().0;
        let vrid = router.key.vrid.get();
        let advertised = Advertised {
            since: at,
            last: at,
            priority,
            interval: Duration::from_millis(u64::from(interval) * unit),
        };
        // What does not come as far as the client is not on its wire.
        if self.world.linked(node) && seen.heard(&machine.name, vrid, advertised) {
            let event = Event::Advert {
                source: router.source,
                vrid,
                priority,
                interval,
                version: view.version(),
            };
            self.tell(node.0, event);
        }
    }

    /// What the script does besides ending, where it misses something.
    fn script_runs(&mut self, at: usize, script: &str) {
        let machine = &self.machines[at];
        let Some(habit) = machine.habits.iter().find(|it| it.name == script) else {
            return;
        };
        let missed = service::down(habit, &self.services[at]);
        let missed: Vec<(String, Service)> = missed.map(|(name, it)| (name.clone(), *it)).collect();
        let (_, takes) = service::outcome(habit, &self.services[at]);
        let mut still = false;
        for (name, service) in missed {
            let tries = habit.starts.contains(&name);
            if tries && service.starts {
                self.set_service(at, &name, true, "");
            } else {
                still = true;
            }
            if tries && !service.starts {
                let service = name;
                let why = format!("{script} tried");
                self.tell(at, Event::StartFailed { service, why });
            }
        }
        let limit = machine
            .plan
            .vrrp
            .scripts
            .iter()
            .find(|it| it.name == script);
        let comes_to_it = limit.is_some_and(|it| takes <= it.timeout);
        if still && habit.stops_keepalived && comes_to_it {
            let then = self.world.now() + takes;
            self.world.plan(then, sim::Action::Stop(NodeIx(at)));
        }
    }

    /// A line of the world's timeline.
    fn read(&mut self, entry: &sim::Entry) {
        let Some(node) = entry.node.filter(|node| *node != self.client) else {
            return;
        };
        let service = || "keepalived".to_owned();
        let events = match &entry.what {
            What::Action(sim::Action::Start(_)) => vec![Event::Started {
                service: service(),
                pid: 0,
            }],
            What::Action(sim::Action::Kill(_)) => vec![Event::Died {
                service: service(),
                why: "killed".to_owned(),
            }],
            What::Action(sim::Action::PowerOff(_)) => {
                self.drop_all(node);
                vec![Event::Died {
                    service: service(),
                    why: "the machine has no power".to_owned(),
                }]
            }
            What::Event(vrrp::Event::Stopped) => vec![Event::Stopped { service: service() }],
            What::Event(vrrp::Event::Transition {
                router,
                from,
                to,
                cause,
            }) => self.transition(node, *router, *from, *to, cause),
            What::Event(event) => vec![Event::Log {
                ident: "keepalived".to_owned(),
                pid: None,
                severity: severity(event),
                message: entry.text.clone(),
            }],
            What::Action(_) | What::Added | What::Removed => Vec::new(),
        };
        let notes = self.would_run(node, &entry.what);
        let name = self.machines[node.0].name.clone();
        let all = events.into_iter().chain(notes);
        self.untold.extend(all.map(|event| Observation {
            at: entry.at,
            node: Some(name.clone()),
            event,
        }));
    }

    /// The notify commands that it would run.
    fn would_run(&self, node: NodeIx, what: &What) -> Vec<Event> {
        let What::Event(event) = what else {
            return Vec::new();
        };
        let router = event.router();
        let status = router.and_then(|router| self.world.status(node, router));
        let priority = status.map(|status| status.priority);
        let commands = notify::commands(&self.machines[node.0].plan, event, priority);
        let text = commands.into_iter().map(|line| format!("would run {line}"));
        text.map(|text| Event::Note { text }).collect()
    }

    fn transition(
        &self,
        node: NodeIx,
        router: RouterIx,
        from: vrrp::State,
        to: vrrp::State,
        cause: &vrrp::Cause,
    ) -> Vec<Event> {
        let plan = &self.machines[node.0].plan;
        let (Some(config), Some(to)) = (plan.vrrp.routers.get(router.0 as usize), state(to)) else {
            return Vec::new();
        };
        vec![Event::State {
            instance: config.name.clone(),
            from: state(from),
            to,
            why: cause.to_string(),
        }]
    }
}

fn state(state: vrrp::State) -> Option<State> {
    match state {
        vrrp::State::Init => None,
        vrrp::State::Backup => Some(State::Backup),
        vrrp::State::Master => Some(State::Master),
        vrrp::State::Fault => Some(State::Fault),
    }
}

const fn severity(event: &vrrp::Event) -> u8 {
    match event {
        vrrp::Event::PriorityChanged { .. }
        | vrrp::Event::ScriptVerdict { first: false, .. }
        | vrrp::Event::ObjectVerdict { .. }
        | vrrp::Event::PacketRefused { .. }
        | vrrp::Event::DuplicateOwner { .. } => WARNING,
        _ => INFORMATION,
    }
}
