//! The parent while it stands in for a VRRP child that died: adverts go on, a better master is
//! yielded to, nothing else happens until the next child is there.
//!
//! Invariants: the child is dead and reaped before any of this exists; what was received meanwhile
//! is read before anything is sent; the sockets are the child's own, which it had passed on.

use std::io;

use base::{Instant, Machine as _};
use plan::keepalived::Plan;
use sys::netlink::{Change, Requests};
use tracing::{error, info, warn};
use vrrp::config::RouterIx;
use vrrp::effect::Event;
use vrrp::snapshot::Records;
use vrrp::{Effect, Input, StandIn};

use super::addresses::Held;
use super::host::routing::withdraw;
use super::ledger::Ledger;
use super::links::Links;
use super::phrases;
use super::ports::{self, Outgoing, Ports};
use super::routing::HeldRouting;

/// A parent at work for its child.
pub(super) struct Standing {
    machine: StandIn,
    /// Identification of the next IPv4 packet; any will do.
    id: u16,
    yielded: bool,
}

impl Standing {
    fn new(plan: &Plan, records: &Records) -> Self {
        Self {
            machine: StandIn::new(plan.vrrp.clone(), records),
            id: 0,
            yielded: false,
        }
    }

    /// Takes over from the records of `ledger`; `None` when there was no master to stand in for.
    pub(super) fn begin(plan: &Plan, ledger: &Ledger, ports: &mut Ports) -> Option<Self> {
        let records = ledger.records(&plan.vrrp);
        let masters: Vec<&str> = plan
            .vrrp
            .routers
            .iter()
            .zip(&records.routers)
            .filter(|(_, record)| record.is_some_and(|r| r.state == vrrp::State::Master))
            .map(|(router, _)| router.name.as_str())
            .collect();
        if masters.is_empty() {
            return None;
        }
        info!(
            "Standing in for the VRRP process: advertising {} until it is back",
            masters.join(", ")
        );
        let mut standing = Self::new(plan, &records);
        standing.read_packets(plan, ports);
        Some(standing)
    }

    /// When there is something to send.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.machine.deadline().map(|(at, _)| at)
    }

    /// Reads what has arrived, then sends what is due.
    pub(super) fn act(&mut self, plan: &Plan, ports: &mut Ports) {
        self.read_packets(plan, ports);
        if self.deadline().is_some_and(|at| at <= sys::clock::now()) {
            self.feed(plan, ports, Input::Tick);
        }
    }

    fn read_packets(&mut self, plan: &Plan, ports: &mut Ports) {
        for input in ports.receive_all(&plan.vrrp) {
            self.feed(plan, ports, input);
        }
    }

    /// Priority 0, and everything withdrawn: nobody is going to come back.
    pub(super) fn last_will(mut self, plan: &Plan, ports: &mut Ports) {
        error!("The VRRP process does not come back: giving up the addresses");
        self.feed(plan, ports, Input::Shutdown);
    }

    /// Leaves its records to the next child.
    pub(super) fn leave(&self, plan: &Plan, ledger: &Ledger) {
        ledger.leave(&plan.vrrp, &self.machine);
    }

    fn feed(&mut self, plan: &Plan, ports: &mut Ports, input: Input) {
        let mut effects = Vec::new();
        let now = sys::clock::now();
        let wall = Input::WallClock(sys::clock::wall());
        // Nothing follows from the time alone.
        self.machine.handle(now, wall, &mut |_| ());
        self.machine
            .handle(now, input, &mut |effect| effects.push(effect));
        self.send(plan, ports, &effects);
        let mut removals = Vec::new();
        for effect in effects {
            match effect {
                Effect::RemoveAddresses { router } => removals.push(router),
                Effect::Event(event @ Event::Transition { .. }) => {
                    self.yielded = true;
                    for (_, line) in phrases::phrases(&plan.vrrp, &event) {
                        info!("{line}");
                    }
                }
                // A stand-in emits nothing else that has to be done.
                _ => {}
            }
        }
        if let Err(error) = remove(plan, &removals) {
            error!("addresses could not be removed: {error}");
        }
    }
}

impl Standing {
    fn send(&mut self, plan: &Plan, ports: &Ports, due: &[Effect]) {
        let mut adverts = Vec::new();
        for effect in due {
            if let Effect::SendAdvert {
                router: ix,
                to,
                packet,
                number,
                ..
            } = effect
                && let Some(router) = plan.vrrp.routers.get(ix.0 as usize)
            {
                self.id = self.id.checked_add(1).unwrap_or(1);
                adverts.push(Outgoing {
                    ix: *ix,
                    router,
                    source: router.source,
                    to: *to,
                    id: self.id,
                    number: *number,
                    message: packet,
                });
            }
        }
        // The next ones are due soon; there is nobody to tell of these.
        ports.send(&adverts, &mut |_, _| ());
    }
}

/// Finds the sources of adverts that the process that is stood in for found out the same way. Sockets
/// are served after that.
pub(super) fn settle_sources(plan: &mut Plan) {
    match Requests::open().and_then(|mut requests| Links::list(&mut requests)) {
        Ok(links) => drop(links.settle_sources(plan)),
        Err(error) => warn!("addresses of interfaces cannot be listed: {error}"),
    }
}

/// Priority 0 for everything that is master by `ledger`, whose process is dead and has no successor,
/// and everything withdrawn that it had as such.
pub(super) fn give_up(plan: &Plan, ledger: &Ledger, ports: &mut Ports) {
    let mut standing = Standing::new(plan, &ledger.records(&plan.vrrp));
    standing.read_packets(plan, ports);
    standing.feed(plan, ports, Input::Shutdown);
}

/// Removes what `routers` have as masters, as far as it is there.
fn remove(plan: &Plan, routers: &[RouterIx]) -> io::Result<()> {
    if routers.is_empty() {
        return Ok(());
    }
    let mut requests = Requests::open()?;
    let links = Links::list(&mut requests)?;
    let hosts = routers
        .iter()
        .filter_map(|router| plan.routers.get(router.0 as usize));
    let routing = hosts.clone().flat_map(|host| &host.routing);
    let routing: Vec<HeldRouting> = routing
        .filter_map(|spec| HeldRouting::of(spec, &links).ok())
        .collect();
    withdraw(&mut requests, &routing);
    let changes: Vec<Change> = hosts
        .flat_map(|host| host.addresses.iter().rev())
        .filter_map(|address| Held::of(address, &links).ok())
        .filter(|held| held.is_there(&links))
        .map(|held| Change::Remove(held.kernel()))
        .collect();
    requests.apply(&changes).into_iter().collect()
}

/// Whose token a poller reports for sockets of the stand-in.
pub(super) const TOKEN: u64 = ports::FIRST_TOKEN;
