//! Performs what the VRRP engine wants done on this host.
//!
//! Invariants: effects are performed in the order given, except that neighbouring address changes
//! of several routers share one system call; what fails comes back as an input; an address is
//! removed only if this daemon added or adopted it.

use std::io;
use std::os::fd::{AsFd as _, BorrowedFd};
use std::path::Path;

use base::Duration;
use plan::keepalived::Plan;
use smallvec::SmallVec;
use sys::exec::{Outcome, Runner};
use sys::netlink::Requests;
use sys::process::Ended;
use tracing::{error, info};
use vrrp::config::{GroupIx, RouterIx, ScriptIx};
use vrrp::effect::Event;
use vrrp::input::ScriptOutcome;
use vrrp::{Effect, Engine, Input, State};

use super::addresses::Held;
use super::alert;
use super::announce::Announcer;
use super::fifo;
use super::foretold::{self, Foretold};
use super::links::{Links, Unusable};
use super::notify;
use super::phrases::{self, Detail};
use super::ports::{Port, PortKey, Ports};
use super::record::{Left, Record};
use super::routing::HeldRouting;
use super::watch::Watches;
use crate::mail::post::Post;
use crate::pipe::Pipes;
use order::{Order, Whose};

mod adverts;
mod announcing;
mod beats;
pub(super) mod buffers;
mod dumping;
mod explaining;
mod filter;
mod holding;
mod leaving;
mod made;
mod order;
pub(super) mod routing;
mod statics;
mod switches;
mod sysctl;
pub(super) mod withdrawing;

/// How long a stop may wait for letters that are on their way.
const LAST_LETTERS: Duration = Duration::from_secs(1);
/// How long it may wait for commands that others wait for.
const LAST_COMMANDS: Duration = Duration::from_secs(2);

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
    /// Most have one.
    held: SmallVec<[Held; 1]>,
    routing: Vec<HeldRouting>,
    /// IPv4 identification of the last advert.
    id: u16,
    /// What was last told to the engine about the link.
    trouble: Option<Box<Trouble>>,
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
    order: Order,
    pub(super) watches: Watches,
    pipes: Pipes,
    post: Post,
    requests: Requests,
    successors: leaving::Successors,
    announcer: Announcer,
    record: Record,
    shares: Vec<Share>,
    statics: statics::Kepts,
    /// Interfaces whose `promote_secondaries` was switched on here.
    promoted: std::collections::BTreeSet<String>,
    made: made::Made,
    beats: beats::Beats,
    filter: filter::Filter,
    /// `-V`: addresses stay when the daemon stops.
    keep_addresses: bool,
    stopping: bool,
    record_failed: bool,
}

impl Host {
    /// Opens what every router needs, whatever its interface. `adopted`: another process did so
    /// before, and has ended.
    ///
    /// # Errors
    /// What opening the netlink or packet sockets reports.
    pub(super) fn open(
        plan: Plan,
        record: Record,
        keep_addresses: bool,
        adopted: bool,
    ) -> io::Result<Self> {
        let mut requests = Requests::open()?;
        let links = Links::list(&mut requests)?;
        let ports = buffers::ports(&plan, &requests);
        let mut watches = Watches::default();
        watches.replace(&plan, sys::clock::now(), adopted);
        let mut pipes = Pipes::default();
        pipes.replace(plan.pipes.of_vrrp());
        let post = Post::new(plan.mail.clone())?;
        let announcer = Announcer::open(&plan.pace)?;
        Ok(Self {
            shares: plan.vrrp.routers.iter().map(|_| Share::default()).collect(),
            plan,
            next: None,
            links,
            ports,
            runner: Runner::default(),
            order: Order::default(),
            watches,
            pipes,
            post,
            requests,
            successors: leaving::Successors::default(),
            announcer,
            statics: statics::Kepts::default(),
            promoted: std::collections::BTreeSet::new(),
            made: made::Made::default(),
            beats: beats::Beats::default(),
            filter: filter::Filter::default(),
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
        self.links.renew(&mut self.requests)
    }

    /// Opens the sockets that routers lack; those of usable interfaces only.
    pub(super) fn open_ports(&mut self, mut opened: impl FnMut(&PortKey, &Port) -> io::Result<()>) {
        for (ix, router) in self.plan.vrrp.routers.iter().enumerate() {
            let result = self.ports.ensure(router, &self.links, &mut opened);
            if let Err(reason) = result
                && self.shares[ix].trouble.as_ref().map(|it| &it.reason) != Some(&reason)
            {
                error!("({}) {reason}", router.name);
            }
        }
    }

    /// Other sources for routers whose interface has lost the one they used, or had none yet. Then
    /// sockets may be missing.
    pub(super) fn source_changes(&mut self) -> Vec<Input> {
        let changes = self.links.settle_sources(&mut self.plan);
        if !changes.is_empty() {
            // Those for unicast go by the source.
            self.renew_sockets();
        }
        let input = |(router, address)| Input::SourceAddress { router, address };
        changes.into_iter().map(input).collect()
    }

    /// What has changed about the usability of routers' interfaces since the last call.
    pub(super) fn link_changes(&mut self) -> Vec<Input> {
        let mut inputs = Vec::new();
        for (ix, share) in (0_u32..).zip(&mut self.shares) {
            let trouble = trouble(&self.plan, ix as usize, &self.links).map(Box::new);
            let kind = |trouble: &Option<Box<Trouble>>| trouble.as_ref().map(|it| it.lasting);
            if share.known && kind(&share.trouble) == kind(&trouble) {
                continue;
            }
            let lasting = [&share.trouble, &trouble];
            let lasting = lasting.into_iter().flatten().any(|it| it.lasting);
            let first = !share.known;
            share.known = true;
            share.trouble.clone_from(&trouble);
            if first && trouble.is_none() {
                continue;
            }
            inputs.push(Input::Link {
                router: RouterIx(ix),
                up: trouble.is_none(),
                reason: trouble.map(|it| it.reason).unwrap_or_default(),
                at_once: lasting,
            });
        }
        inputs
    }

    /// Performs `effects`; returns what has to be told to the engine in turn.
    pub(super) fn perform(&mut self, engine: &Engine, effects: Vec<Effect>) -> Vec<Input> {
        // What happens all the time.
        let is_advert = |effect: &Effect| matches!(effect, Effect::SendAdvert { .. });
        if effects.iter().all(is_advert) {
            self.send(&effects);
            return Vec::new();
        }
        let mut inputs = Vec::new();
        // A change of state is told before what it entails, as the original does; whoever is
        // notified by it is called in its place, when the addresses are there.
        let mut changes = Foretold::of(&effects);
        let mut effects = effects.into_iter().peekable();
        while let Some(effect) = effects.next() {
            for event in changes.before(&effect) {
                self.tell(&event);
            }
            match effect {
                Effect::SendAdvert { .. } => {
                    let mut due = vec![effect];
                    while let Some(next) = effects.next_if(is_advert) {
                        for event in changes.before(&next) {
                            self.tell(&event);
                        }
                        due.push(next);
                    }
                    self.send(&due);
                }
                Effect::AddAddresses { router } => {
                    let mut routers = vec![router];
                    // A takeover of many routers becomes one batch.
                    while let Some(Effect::AddAddresses { router }) = effects.peek() {
                        routers.push(*router);
                        effects.next();
                    }
                    inputs.extend(self.take_up(&routers));
                }
                Effect::RemoveAddresses { router } => {
                    let mut routers = vec![router];
                    while let Some(Effect::RemoveAddresses { router }) = effects.peek() {
                        routers.push(*router);
                        effects.next();
                    }
                    self.lay_down(&routers);
                }
                other => inputs.extend(self.perform_one(engine, other)),
            }
        }
        inputs
    }

    fn perform_one(&mut self, engine: &Engine, effect: Effect) -> Option<Input> {
        match effect {
            advert @ Effect::SendAdvert { .. } => {
                self.send(&[advert]);
                None
            }
            Effect::AddAddresses { router } => self.take_up(&[router]).pop(),
            Effect::RemoveAddresses { router } => {
                self.lay_down(&[router]);
                None
            }
            Effect::YieldAddress { router, address } => {
                self.yield_address(router, address);
                None
            }
            Effect::UpdateAddresses {
                router, announce, ..
            } => self.update(router, announce),
            Effect::Announce { router, repeat } => {
                self.announce(router, repeat);
                None
            }
            Effect::AnnounceExtra { router } => {
                self.announce_extra(router);
                None
            }
            Effect::RunScript { script, timeout } => self.run_script(script, timeout),
            Effect::Reconfigured { routers, scripts } => {
                self.switch(&routers, &scripts);
                None
            }
            Effect::Event(event) => {
                self.event(engine, &event);
                None
            }
        }
    }

    fn name(&self, router: RouterIx) -> &str {
        let router = self.plan.vrrp.routers.get(router.0 as usize);
        router.map_or("?", |router| router.name.as_str())
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
        if self.pipes.ended(pid, ended) || self.order.ended(pid) {
            return None;
        }
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
        let Some(mut next) = self.next.take() else {
            return;
        };
        let mut shares: Vec<Share> = next.vrrp.routers.iter().map(|_| Share::default()).collect();
        for (share, new) in std::mem::take(&mut self.shares).into_iter().zip(routers) {
            if let Some(slot) = new.and_then(|new| shares.get_mut(new.0 as usize)) {
                *slot = share;
            }
        }
        for (old, new) in self.plan.vrrp.routers.iter().zip(routers) {
            // A source that was found lasts only where the new configuration has none either.
            if let Some(new) = new {
                next.vrrp.routers.find_source(*new, old.source);
            }
        }
        self.shares = shares;
        self.plan = next;
        self.set_beats();
        self.make_links();
        self.runner.rekey(|purpose| match purpose {
            Purpose::Track(old) => {
                let new = scripts.get(old.0 as usize).copied().flatten();
                new.map(Purpose::Track)
            }
            Purpose::Notify => Some(Purpose::Notify),
        });
        self.renew_sockets();
        let now = sys::clock::now();
        self.announcer.pace(&self.plan.pace, now, &self.links);
        self.watches.replace(&self.plan, now, false);
        self.pipes.replace(self.plan.pipes.of_vrrp());
        self.set_statics();
        self.post.reconfigure(self.plan.mail.clone());
    }

    /// What tracked objects say that the engine does not know yet.
    pub(super) fn object_changes(&mut self) -> Vec<Input> {
        self.watches.changes(&self.links)
    }

    /// Everything after this is clean-up. Nobody waits for what a tracking script says; who is
    /// notified is not interrupted.
    pub(super) fn begin_stop(&mut self) {
        self.stopping = true;
        let is_track = |purpose: &Purpose| matches!(purpose, Purpose::Track(_));
        self.runner.abandon(is_track);
    }

    fn tell(&self, event: &Event) {
        for (level, line) in phrases::phrases(&self.plan.vrrp, event) {
            match level {
                Detail::Always => info!("{line}"),
                Detail::Detailed => detail(&line),
            }
        }
    }

    fn event(&mut self, engine: &Engine, event: &Event) {
        // A change was told before what it entailed (see `perform`).
        if !foretold::is_change(event) {
            self.tell(event);
        }
        self.explain(engine, event);
        self.write(engine, event);
        if let Some(occasion) = notify::occasion(event) {
            self.notify(engine, &occasion);
        }
        if let Event::GroupTransition { group, to, .. } = event {
            self.notify_group(*group, *to);
        }
    }

    fn notify(&mut self, engine: &Engine, occasion: &notify::Occasion) {
        let at = occasion.router.0 as usize;
        let (Some(config), Some(host)) =
            (self.plan.vrrp.routers.get(at), self.plan.routers.get(at))
        else {
            return;
        };
        let status = engine.status(occasion.router);
        let priority = notify::priority(occasion, config, status.map(|status| status.priority));
        let programs = notify::commands(host, &config.name, occasion, priority);
        let whose = Whose::Instance(config.name.clone());
        self.run_notify(&whose, programs);
    }

    fn notify_group(&mut self, group: GroupIx, to: State) {
        let at = group.0 as usize;
        let (Some(config), Some(host)) = (self.plan.vrrp.groups.get(at), self.plan.groups.get(at))
        else {
            return;
        };
        let programs = notify::group_commands(host, &config.name, to);
        let whose = Whose::Group(config.name.clone());
        self.run_notify(&whose, programs);
    }

    fn run_notify(&mut self, whose: &Whose, programs: Vec<sys::exec::Program>) {
        if self.plan.notify_ordered || self.order.is_busy(whose) {
            if !programs.is_empty() {
                self.order.add(whose, programs);
            }
            return;
        }
        let name = whose.name();
        for program in programs {
            let now = sys::clock::now();
            if let Err(error) = self.runner.start(now, Purpose::Notify, &program, None) {
                let path = program.path.display();
                error!("({name}) cannot run notify command {path}: {error}");
            }
        }
    }

    fn write(&mut self, engine: &Engine, event: &Event) {
        let status = event.router().and_then(|router| engine.status(router));
        let now = status.map(|status| (status.state, status.priority));
        if let Some(line) = fifo::line(&self.plan, event, now) {
            self.pipes.write(&line);
        }
        if let Some(letter) = alert::letter(&self.plan, event) {
            self.post.send(letter);
        }
    }

    /// Tells pipes again where everybody is.
    pub(super) fn repeat_states(&mut self, engine: &Engine) {
        let now = |router| {
            let status = engine.status(router)?;
            Some((status.state, status.priority))
        };
        for line in fifo::states(&self.plan, now) {
            self.pipes.write(&line);
        }
    }

    /// Nothing more is told; what is on its way has a moment to arrive.
    pub(super) fn close_pipes(&mut self) {
        self.pipes.close();
        self.post.finish(sys::clock::now() + LAST_LETTERS);
        self.order.finish(sys::clock::now() + LAST_COMMANDS);
    }

    /// Readable when [`Host::mail_ready`] has something to do.
    pub(super) fn mail(&self) -> BorrowedFd<'_> {
        self.post.as_fd()
    }

    pub(super) fn mail_ready(&mut self) {
        self.post.act();
    }
}

/// What keeps a router from sending and receiving adverts.
#[derive(Clone, Debug)]
struct Trouble {
    /// For people.
    reason: String,
    /// It is not about a link that is down, which may be over in a moment.
    lasting: bool,
}

fn trouble(plan: &Plan, ix: usize, links: &Links) -> Option<Trouble> {
    let (router, host) = (plan.vrrp.routers.get(ix)?, plan.routers.get(ix)?);
    let mut index = None;
    if let Some(interface) = &host.interface {
        match links.usable(interface) {
            Ok(link) => index = Some(link.index),
            Err(unusable) => {
                return Some(Trouble {
                    reason: unusable.describe(interface),
                    lasting: unusable == Unusable::Missing,
                });
            }
        }
    }
    if let Some(vrf) = &router.vrf
        && let Err(unusable) = links.usable(vrf)
    {
        return Some(Trouble {
            reason: unusable.describe(vrf),
            lasting: unusable == Unusable::Missing,
        });
    }
    if let Some(reason) = made::missing(host, links) {
        return Some(Trouble {
            reason,
            lasting: true,
        });
    }
    if let Some(link) = &host.source_on {
        index = links.by_name(link).map(|link| link.index);
    }
    // A configured source need not exist (keepalived.conf(5), track_src_ip); a chosen one must.
    let matters = host.source.is_none() || host.tracks_source;
    let source = router.source;
    if matters && !links.has_address(index, source) {
        let place = host.source_on.as_deref().or(host.interface.as_deref());
        let place = place.unwrap_or("this host");
        let reason = match source.is_unspecified() {
            true => format!("{place} has no address to advertise from"),
            false if host.source.is_some() => format!("{place} lacks the source address {source}"),
            false => format!("{place} has lost the address {source}"),
        };
        return Some(Trouble {
            reason,
            lasting: true,
        });
    }
    None
}

/// A line of the detailed log; with the severity of ordinary lines, as the original has it.
pub(super) fn detail(line: &str) {
    tracing::debug!(severity = 6_u64, "{line}");
}

/// Opens the record at `path` and says what was left.
pub(super) fn open_record(path: &Path) -> (Record, Left) {
    Record::open(path)
}
