//! Performs what the VRRP engine wants done on this host.
//!
//! Invariants: effects are performed in the order given, except that neighbouring address changes
//! of several routers share one system call; what fails comes back as an input; an address is
//! removed only if this daemon added or adopted it.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use base::{Duration, Instant};
use plan::keepalived::{Address, Plan};
use sys::exec::{Outcome, Runner};
use sys::netlink::{Change, Requests};
use sys::process::Ended;
use tracing::{error, info, warn};
use vrrp::config::{RouterIx, ScriptIx};
use vrrp::effect::Event;
use vrrp::input::ScriptOutcome;
use vrrp::{Effect, Engine, Input, State};

use super::addresses::{self, Held};
use super::announce::Announcer;
use super::foretold::Foretold;
use super::links::Links;
use super::notify;
use super::phrases::{self, Detail};
use super::ports::{Port, PortKey, Ports};
use super::record::Record;

/// What a running process is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A tracking script.
    Track(ScriptIx),
    /// A notify command; nobody waits for its result.
    Notify,
}

/// One router's share of the host.
#[derive(Debug, Default)]
struct Share {
    held: Vec<Held>,
    /// IPv4 identification of the last advert.
    id: u16,
    /// What was last told to the engine about the link.
    trouble: Option<String>,
    /// Told at least once.
    known: bool,
}

/// The host as the VRRP child uses it.
pub(super) struct Host {
    pub(super) plan: Plan,
    /// The configuration that takes over at [`Effect::Reconfigured`].
    pub(super) next: Option<Plan>,
    pub(super) links: Links,
    pub(super) ports: Ports,
    pub(super) runner: Runner<Purpose>,
    requests: Requests,
    announcer: Announcer,
    record: Record,
    shares: Vec<Share>,
    /// `-V`: addresses stay when the daemon stops.
    keep_addresses: bool,
    stopping: bool,
    record_failed: bool,
}

impl Host {
    /// Opens what every router needs, whatever its interface.
    ///
    /// # Errors
    /// What opening the netlink or packet sockets reports.
    pub(super) fn open(plan: Plan, record: Record, keep_addresses: bool) -> io::Result<Self> {
        let mut requests = Requests::open()?;
        let links = Links::list(&mut requests)?;
        Ok(Self {
            shares: plan.vrrp.routers.iter().map(|_| Share::default()).collect(),
            plan,
            next: None,
            links,
            ports: Ports::default(),
            runner: Runner::default(),
            requests,
            announcer: Announcer::open()?,
            record,
            keep_addresses,
            stopping: false,
            record_failed: false,
        })
    }

    /// Lists links and addresses anew, after news were lost.
    ///
    /// # Errors
    /// What netlink reports.
    pub(super) fn relist(&mut self) -> io::Result<()> {
        self.links = Links::list(&mut self.requests)?;
        Ok(())
    }

    /// Removes configured and recorded addresses that an earlier run left. Call it before the
    /// first packet is read. An address that is also a router's own source stays.
    ///
    /// `masters` says which routers another process kept as master: theirs stay.
    pub(super) fn remove_leftovers(
        &mut self,
        recorded: &BTreeSet<super::record::Entry>,
        masters: &[bool],
    ) {
        let kept = |ix: usize| masters.get(ix).copied().unwrap_or(false);
        let adopted: Vec<_> = self
            .plan
            .routers
            .iter()
            .enumerate()
            .filter(|(ix, _)| kept(*ix))
            .flat_map(|(_, host)| host.addresses.iter().map(|address| address.address))
            .collect();
        let own: Vec<_> = self
            .plan
            .vrrp
            .routers
            .iter()
            .map(|router| router.source)
            .collect();
        let stays = |address| own.contains(&address) || adopted.contains(&address);
        let configured = self
            .plan
            .routers
            .iter()
            .flat_map(|router| &router.addresses);
        let mut changes = Vec::new();
        for address in configured.filter(|address| !stays(address.address)) {
            if let Ok(kernel) = addresses::to_kernel(address, &self.links)
                && self.links.has_address(Some(kernel.index), kernel.address)
            {
                changes.push(Change::Remove(kernel));
            }
        }
        for entry in recorded.iter().filter(|entry| !stays(entry.address)) {
            if let Some(link) = self.links.by_name(&entry.interface)
                && self.links.has_address(Some(link.index), entry.address)
            {
                let address = sys::netlink::Address::new(entry.address, entry.prefix, link.index);
                let change = Change::Remove(address);
                if !changes.contains(&change) {
                    changes.push(change);
                }
            }
        }
        for (change, result) in changes.iter().zip(self.requests.apply(&changes)) {
            let Change::Remove(address) = change else {
                continue;
            };
            if result.is_ok() {
                info!("removed {}, left behind by an earlier run", address.address);
            }
        }
        if let Err(error) = self.record.remove(recorded) {
            self.record_trouble(&error);
        }
    }

    /// Holds the addresses of routers that are master already; missing ones are added.
    pub(super) fn hold(&mut self, masters: &[bool]) -> Vec<Input> {
        let routers: Vec<RouterIx> = (0_u32..)
            .zip(masters)
            .filter(|(_, master)| **master)
            .map(|(ix, _)| RouterIx(ix))
            .collect();
        self.add_addresses(&routers)
    }

    /// Opens the sockets that routers lack; those of usable interfaces only.
    pub(super) fn open_ports(&mut self, mut opened: impl FnMut(&PortKey, &Port) -> io::Result<()>) {
        for (ix, router) in self.plan.vrrp.routers.iter().enumerate() {
            let result = self.ports.ensure(router, &self.links, &mut opened);
            if let Err(reason) = result
                && self.shares[ix].trouble.as_ref() != Some(&reason)
            {
                error!("({}) {reason}", router.name);
            }
        }
    }

    /// What has changed about the usability of routers' interfaces since the last call.
    pub(super) fn link_changes(&mut self) -> Vec<Input> {
        let mut inputs = Vec::new();
        for (ix, share) in (0_u32..).zip(&mut self.shares) {
            let trouble = trouble(&self.plan, ix as usize, &self.links);
            if share.known && share.trouble.is_some() == trouble.is_some() {
                continue;
            }
            let first = !share.known;
            share.known = true;
            share.trouble.clone_from(&trouble);
            if first && trouble.is_none() {
                continue;
            }
            inputs.push(Input::Link {
                router: RouterIx(ix),
                up: trouble.is_none(),
                reason: trouble.unwrap_or_default(),
            });
        }
        inputs
    }

    /// Held addresses that the kernel no longer has, though nobody here removed them.
    pub(super) fn lost_addresses(&self) -> Vec<Input> {
        let mut inputs = Vec::new();
        for (ix, share) in (0_u32..).zip(&self.shares) {
            for held in share.held.iter().filter(|held| !held.spec.no_track) {
                if !self
                    .links
                    .has_address(Some(held.kernel.index), held.kernel.address)
                {
                    inputs.push(Input::AddressLost {
                        router: RouterIx(ix),
                        address: held.kernel.address,
                    });
                }
            }
        }
        inputs
    }

    /// Performs `effects`; returns what has to be told to the engine in turn.
    pub(super) fn perform(&mut self, engine: &Engine, effects: Vec<Effect>) -> Vec<Input> {
        let mut inputs = Vec::new();
        // A change of state is told before what it entails, as the original does; whoever is
        // notified by it is called in its place, when the addresses are there.
        let mut changes = Foretold::of(&effects);
        let mut effects = effects.into_iter().peekable();
        while let Some(effect) = effects.next() {
            if let Some(event) = changes.before(&effect) {
                self.tell(&event);
            }
            match effect {
                Effect::AddAddresses { router } => {
                    let mut routers = vec![router];
                    // A takeover of many routers becomes one batch.
                    while let Some(Effect::AddAddresses { router }) = effects.peek() {
                        routers.push(*router);
                        effects.next();
                    }
                    inputs.extend(self.add_addresses(&routers));
                }
                Effect::RemoveAddresses { router } => {
                    let mut routers = vec![router];
                    while let Some(Effect::RemoveAddresses { router }) = effects.peek() {
                        routers.push(*router);
                        effects.next();
                    }
                    self.remove_addresses(&routers);
                }
                other => inputs.extend(self.perform_one(engine, other)),
            }
        }
        inputs
    }

    fn perform_one(&mut self, engine: &Engine, effect: Effect) -> Option<Input> {
        match effect {
            Effect::SendAdvert {
                router, to, packet, ..
            } => {
                self.send(router, to, &packet);
                None
            }
            Effect::AddAddresses { router } => self.add_addresses(&[router]).pop(),
            Effect::RemoveAddresses { router } => {
                self.remove_addresses(&[router]);
                None
            }
            Effect::UpdateAddresses {
                router, announce, ..
            } => self.update_addresses(router, announce),
            Effect::Announce { router, repeat } => {
                self.announce(router, repeat);
                None
            }
            Effect::RunScript { script, timeout } => self.run_script(script, timeout),
            Effect::Reconfigured { routers, scripts } => {
                self.switch(&routers, &scripts);
                None
            }
            Effect::Event(Event::Transition { router, to, .. }) => {
                self.notify(engine, router, to);
                None
            }
            Effect::Event(event) => {
                self.tell(&event);
                None
            }
        }
    }

    fn name(&self, router: RouterIx) -> &str {
        let router = self.plan.vrrp.routers.get(router.0 as usize);
        router.map_or("?", |router| router.name.as_str())
    }

    fn send(&mut self, router: RouterIx, to: core::net::IpAddr, packet: &[u8]) {
        let at = router.0 as usize;
        let (Some(config), Some(share)) = (self.plan.vrrp.routers.get(at), self.shares.get_mut(at))
        else {
            return;
        };
        share.id = share.id.wrapping_add(1);
        if let Err(error) = self.ports.send(config, to, share.id, packet) {
            tracing::debug!(
                severity = 6_u64,
                "({}) advert to {to} not sent: {error}",
                config.name
            );
        }
    }

    fn add_addresses(&mut self, routers: &[RouterIx]) -> Vec<Input> {
        let mut wanted = Vec::new();
        let mut failed = Vec::new();
        for &router in routers {
            detail(&format!("({}) setting VIPs.", self.name(router)));
            let at = router.0 as usize;
            let Some(host) = self.plan.routers.get(at) else {
                continue;
            };
            for spec in &host.addresses {
                if self.shares[at].held.iter().any(|held| held.spec == *spec) {
                    continue;
                }
                match addresses::to_kernel(spec, &self.links) {
                    Ok(kernel) => wanted.push((
                        router,
                        Held {
                            spec: spec.clone(),
                            kernel,
                        },
                    )),
                    Err(reason) => failed.push((router, reason)),
                }
            }
        }
        failed.extend(self.apply_additions(wanted));
        let mut inputs: Vec<Input> = Vec::new();
        for (router, reason) in failed {
            error!("({}) {reason}", self.name(router));
            let told = inputs.iter().any(
                |input| matches!(input, Input::EffectFailed { router: other, .. } if *other == router),
            );
            if !told {
                inputs.push(Input::EffectFailed { router, reason });
            }
        }
        inputs
    }

    fn apply_additions(&mut self, wanted: Vec<(RouterIx, Held)>) -> Vec<(RouterIx, String)> {
        let entries: Vec<_> = wanted.iter().map(|(_, held)| held.entry()).collect();
        if let Err(error) = self.record.add(entries) {
            self.record_trouble(&error);
        }
        let changes: Vec<Change> = wanted
            .iter()
            .map(|(_, held)| Change::Add(held.kernel.clone()))
            .collect();
        let results = self.requests.apply(&changes);
        let mut failed = Vec::new();
        for ((router, held), result) in wanted.into_iter().zip(results) {
            match result {
                // An address that is there already does what it should.
                Err(e) if e.kind() != io::ErrorKind::AlreadyExists => failed.push((
                    router,
                    format!(
                        "cannot add {} to {}: {e}",
                        held.spec.address, held.spec.interface
                    ),
                )),
                _ => {
                    self.links
                        .note_address(held.kernel.index, held.kernel.address);
                    self.shares[router.0 as usize].held.push(held);
                }
            }
        }
        failed
    }

    fn remove_addresses(&mut self, routers: &[RouterIx]) {
        if self.stopping && self.keep_addresses {
            return;
        }
        let mut gone = Vec::new();
        for &router in routers {
            detail(&format!("({}) removing VIPs.", self.name(router)));
            if let Some(share) = self.shares.get_mut(router.0 as usize) {
                gone.append(&mut share.held);
            }
        }
        self.apply_removals(&gone);
    }

    fn apply_removals(&mut self, gone: &[Held]) {
        // The last added first: removing a primary address would take its secondaries along.
        let changes: Vec<Change> = gone
            .iter()
            .rev()
            .map(|held| Change::Remove(held.kernel.clone()))
            .collect();
        for (held, result) in gone.iter().rev().zip(self.requests.apply(&changes)) {
            let missing = |e: &io::Error| {
                e.raw_os_error() == Some(nix::libc::EADDRNOTAVAIL)
                    || e.raw_os_error() == Some(nix::libc::ENODEV)
            };
            if let Err(error) = result
                && !missing(&error)
            {
                let spec = &held.spec;
                error!(
                    "cannot remove {} from {}: {error}",
                    spec.address, spec.interface
                );
            }
            self.links
                .forget_address(held.kernel.index, held.kernel.address);
        }
        let entries: Vec<_> = gone.iter().map(Held::entry).collect();
        if let Err(error) = self.record.remove(&entries) {
            self.record_trouble(&error);
        }
    }

    /// By the new configuration: removes what it lacks, adds and announces what is new.
    fn update_addresses(&mut self, router: RouterIx, announce: u32) -> Option<Input> {
        let at = router.0 as usize;
        let wanted: Vec<Address> = self.plan.routers.get(at)?.addresses.clone();
        let share = self.shares.get_mut(at)?;
        let held = std::mem::take(&mut share.held);
        let (kept, gone): (Vec<_>, Vec<_>) = held
            .into_iter()
            .partition(|held| wanted.contains(&held.spec));
        let before: Vec<Address> = kept.iter().map(|held| held.spec.clone()).collect();
        share.held = kept;
        for held in &gone {
            let spec = &held.spec;
            info!(
                "ip address {}/{} dev {}, no longer exist",
                spec.address, spec.prefix, spec.interface
            );
        }
        self.apply_removals(&gone);
        let failed = if wanted.iter().any(|spec| !before.contains(spec)) {
            self.add_addresses(&[router]).pop()
        } else {
            None
        };
        let share = &self.shares[at];
        let new = share
            .held
            .iter()
            .filter(|held| !before.contains(&held.spec));
        let name = &self.plan.vrrp.routers[at].name;
        self.announcer.announce(name, new, &self.links, announce);
        failed
    }

    fn announce(&mut self, router: RouterIx, repeat: u32) {
        let at = router.0 as usize;
        if let (Some(share), Some(config)) = (self.shares.get(at), self.plan.vrrp.routers.get(at)) {
            self.announcer
                .announce(&config.name, share.held.iter(), &self.links, repeat);
        }
    }

    fn run_script(&mut self, script: ScriptIx, timeout: Duration) -> Option<Input> {
        let command = self.plan.scripts.get(script.0 as usize)?;
        let program = notify::program(command);
        let now = sys::clock::now();
        let started = self
            .runner
            .start(now, Purpose::Track(script), &program, Some(timeout));
        let error = started.err()?;
        Some(Input::ScriptExit {
            script,
            outcome: ScriptOutcome::NotStarted(error.to_string()),
        })
    }

    /// A child process has ended; perhaps a script.
    pub(super) fn ended(&mut self, pid: i32, ended: Ended) -> Option<Input> {
        let (Purpose::Track(script), outcome) = self.runner.ended(pid, ended)? else {
            return None;
        };
        let outcome = match outcome {
            Outcome::TimedOut => ScriptOutcome::TimedOut,
            Outcome::Ended(Ended::Exited(status)) => ScriptOutcome::Exited(status),
            Outcome::Ended(Ended::Signaled(number)) => ScriptOutcome::Signaled(number),
        };
        Some(Input::ScriptExit { script, outcome })
    }

    /// Runs another configuration of which nothing has begun yet.
    pub(super) fn replace_plan(&mut self, plan: Plan) {
        let routers = vec![None; self.shares.len()];
        self.next = Some(plan);
        self.switch(&routers, &[]);
    }

    /// From here on indices mean the new configuration.
    fn switch(&mut self, routers: &[Option<RouterIx>], scripts: &[Option<ScriptIx>]) {
        let Some(next) = self.next.take() else {
            return;
        };
        let mut shares: Vec<Share> = next.vrrp.routers.iter().map(|_| Share::default()).collect();
        for (share, new) in std::mem::take(&mut self.shares).into_iter().zip(routers) {
            if let Some(slot) = new.and_then(|new| shares.get_mut(new.0 as usize)) {
                *slot = share;
            }
        }
        self.shares = shares;
        self.plan = next;
        self.runner.rekey(|purpose| match purpose {
            Purpose::Track(old) => {
                let new = scripts.get(old.0 as usize).copied().flatten();
                new.map(Purpose::Track)
            }
            Purpose::Notify => Some(Purpose::Notify),
        });
        self.ports.retain_used(&self.plan);
    }

    /// Everything after this is clean-up.
    pub(super) fn begin_stop(&mut self) {
        self.stopping = true;
    }

    fn tell(&self, event: &Event) {
        for (level, line) in phrases::phrases(&self.plan.vrrp, event) {
            match level {
                Detail::Always => info!("{line}"),
                Detail::Detailed => detail(&line),
            }
        }
    }

    fn notify(&mut self, engine: &Engine, router: RouterIx, to: State) {
        let at = router.0 as usize;
        let (Some(config), Some(host)) =
            (self.plan.vrrp.routers.get(at), self.plan.routers.get(at))
        else {
            return;
        };
        // At a stop the weights are dropped already, as in the original.
        let priority = match (to, engine.status(router)) {
            (State::Init, _) | (_, None) => config.priority,
            (_, Some(status)) => status.priority,
        };
        let word = notify::state_word(to);
        for program in notify::commands(host, &config.name, word, priority) {
            let now = sys::clock::now();
            if let Err(error) = self.runner.start(now, Purpose::Notify, &program, None) {
                let path = program.path.display();
                error!(
                    "({}) cannot run notify command {path}: {error}",
                    config.name
                );
            }
        }
    }

    fn record_trouble(&mut self, error: &io::Error) {
        if !self.record_failed {
            warn!("cannot record which addresses were added: {error}");
        }
        self.record_failed = true;
    }

    /// When [`Host::expire`] has something to do.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.runner.deadline()
    }

    /// Kills what overstays.
    pub(super) fn expire(&mut self, now: Instant) {
        self.runner.expire(now);
    }
}

/// What keeps router `ix` from sending and receiving adverts.
fn trouble(plan: &Plan, ix: usize, links: &Links) -> Option<String> {
    let (router, host) = (plan.vrrp.routers.get(ix)?, plan.routers.get(ix)?);
    let mut index = None;
    if let Some(interface) = &host.interface {
        match links.usable(interface) {
            Ok(link) => index = Some(link.index),
            Err(unusable) => return Some(unusable.describe(interface)),
        }
    }
    // A configured source need not exist (keepalived.conf(5), track_src_ip); a chosen one must.
    let chosen = host.source.is_none();
    if chosen && !links.has_address(index, router.source) {
        let place = host.interface.as_deref().unwrap_or("this host");
        return Some(format!("{place} has lost the address {}", router.source));
    }
    None
}

/// A line of the detailed log; with the severity of ordinary lines, as the original has it.
pub(super) fn detail(line: &str) {
    tracing::debug!(severity = 6_u64, "{line}");
}

/// Opens the record at `path` and says what was left.
pub(super) fn open_record(path: &Path) -> (Record, BTreeSet<super::record::Entry>) {
    Record::open(path)
}
