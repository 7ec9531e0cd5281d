//! The VRRP child: one loop around one engine.
//!
//! Invariants: everything that has arrived is read before a timer acts, so a process that was
//! stopped for a while hears its better before it speaks; deadlines are absolute; nothing in the
//! loop waits for anything but the loop's own descriptors.

use std::collections::VecDeque;
use std::io;
use std::os::fd::BorrowedFd;
use std::path::Path;

use base::{Duration, Instant, Machine as _};
use plan::keepalived::Plan;
use sys::epoll::Poller;
use sys::fdpass::Channel;
use sys::netlink::{Monitor, News};
use sys::signal::Signals;
use tracing::{error, info};
use vrrp::config::RouterIx;
use vrrp::effect::Event;
use vrrp::{Effect, Engine, History, Input, State};

use super::conduct::Conduct;
use super::config::child_wait;
use super::control::{self, Report};
use super::dump;
use super::host::{Host, buffers, open_record};
use super::ledger::Ledger;
use super::past::Past;
use super::record::Left;
use super::saved::Reloads;
use crate::rest::Rest;

mod answer;
mod orders;

const SIGNALS: u64 = 1;
const MONITOR: u64 = 2;
const ORDERS: u64 = 3;
const FILES: u64 = 4;
const PROCESSES: u64 = 5;
const MAIL: u64 = 9;
const SUCCESSORS: u64 = 10;

/// What is left of `child_wait_time` for cleaning up.
const CLEAN_UP: Duration = Duration::from_secs(1);

/// What the child is started with.
#[derive(Debug)]
pub struct Start<'a> {
    /// What to run.
    pub plan: Plan,
    /// Where added addresses are recorded.
    pub record: &'a Path,
    /// `-V`
    pub keep_addresses: bool,
    /// To and from the parent.
    pub channel: Channel,
    /// Where the state is noted for a successor.
    pub ledger: Ledger,
    /// What the virtual routers have been through before.
    pub past: Option<Past>,
    /// How the process died that had the virtual routers before: "exited with status 1".
    pub lost: Option<String>,
    /// Go on from the ledger, once the parent says that it no longer stands in.
    pub adopt: bool,
    /// `-d`
    pub dump_config: bool,
    /// `-a`
    pub address_monitoring: bool,
    /// Name, priority and the like.
    pub(super) conduct: Conduct,
}

struct Child {
    engine: Engine,
    host: Host,
    poller: Poller,
    signals: Signals,
    monitor: Monitor,
    channel: Channel,
    ledger: Ledger,
    /// What an earlier run recorded.
    recorded: Left,
    /// What has happened, for those who ask.
    history: History,
    /// How the process died that this one replaces.
    lost: Option<String>,
    /// When it went on for another process.
    adopted: Option<Instant>,
    /// `vrrp_startup_delay` and `vrrp_delay_after_boot`: silence until then.
    silent_until: Option<Instant>,
    /// `-a`: every address that comes or goes is told.
    tells_addresses: bool,
    conduct: Conduct,
    /// Those so far.
    reloads: Reloads,
    rest: Rest,
    begun: bool,
    /// The end has begun, and is not waited for any longer than this.
    leave_by: Option<Instant>,
    stopped: bool,
}

/// Signals of this child: the parent's orders, dumps, and the ends of scripts.
fn handled() -> [i32; 10] {
    use nix::libc::{SIGCHLD, SIGHUP, SIGINT, SIGPIPE, SIGTERM, SIGUSR1, SIGUSR2, SIGXCPU};
    [
        SIGTERM,
        SIGINT,
        SIGHUP,
        SIGPIPE,
        SIGCHLD,
        SIGUSR1,
        SIGUSR2,
        SIGXCPU,
        sys::signal::rtmin() + 2,
        sys::signal::rtmax() - 1,
    ]
}

/// Runs until told to stop; returns the exit status.
///
/// Call it in a freshly forked process without threads.
#[must_use]
pub fn run(start: Start<'_>) -> i32 {
    let (adopt, dump) = (start.adopt, start.dump_config);
    let child = Child::new(start).map(|mut child| {
        if dump {
            child.log_state();
        }
        child
    });
    match child.and_then(|child| child.serve(adopt)) {
        Ok(()) => 0,
        Err(error) => {
            error!("VRRP cannot run: {error}");
            1
        }
    }
}

impl Child {
    fn new(start: Start<'_>) -> io::Result<Self> {
        // Subscribed before anything is listed, so that no change falls in between.
        let monitor = buffers::monitor(&start.plan)?;
        let signals = Signals::block(&handled())?;
        let poller = Poller::new()?;
        poller.add(&signals, SIGNALS)?;
        poller.add(&monitor, MONITOR)?;
        poller.add(&start.channel, ORDERS)?;
        let (record, recorded) = open_record(start.record);
        let (history, waiting) = answer::remembered(start.past);
        let engine = Engine::new(start.plan.vrrp.clone());
        let tells_addresses = start.address_monitoring;
        let process = &start.plan.process;
        let now = sys::clock::now();
        // The clock begins when the host does.
        let silent_until =
            (Instant::ZERO + process.delay_after_boot).max(now + process.startup_delay);
        let delayed = !start.adopt && silent_until > now;
        let mut host = Host::open(start.plan, record, start.keep_addresses, start.adopt)?;
        host.adopt_links(&recorded);
        // What is told of their making is no news.
        monitor.read()?;
        host.relist()?;
        host.announce_left(&waiting);
        Ok(Self {
            engine,
            host,
            poller,
            signals,
            monitor,
            channel: start.channel,
            ledger: start.ledger,
            recorded,
            history,
            lost: start.lost,
            adopted: None,
            silent_until: delayed.then_some(silent_until),
            tells_addresses,
            conduct: start.conduct,
            reloads: Reloads::default(),
            rest: Rest::default(),
            begun: false,
            leave_by: None,
            stopped: false,
        })
    }

    fn serve(mut self, adopt: bool) -> io::Result<()> {
        self.open_ports();
        self.register_watches();
        self.register_mail();
        if adopt {
            control::send(&self.channel, &Report::Prepared, &[])?;
        } else {
            self.host.remove_leftovers(&self.recorded, &[]);
            self.host.set_statics();
            if self.silent_until.is_none() {
                self.begin();
            }
            control::send(&self.channel, &Report::Ready, &[])?;
        }
        while !self.stopped {
            let mut ports_ready = false;
            for ready in self.poller.wait(self.deadline())? {
                match ready.token {
                    SIGNALS => self.read_signals()?,
                    MONITOR => self.read_news()?,
                    ORDERS => self.read_orders()?,
                    FILES => self.host.watches.files_changed(),
                    PROCESSES => self.host.watches.wake(&self.poller, PROCESSES)?,
                    MAIL => self.host.mail_ready(),
                    SUCCESSORS => self.hear_successors(),
                    _ => ports_ready = true,
                }
            }
            if ports_ready && self.begun {
                self.read_packets();
            }
            self.act_on_time();
            self.tell_objects();
        }
        Ok(())
    }

    /// Starts the engine, as at boot.
    fn begin(&mut self) {
        self.silent_until = None;
        // What came in before is not ours to judge.
        self.host.ports.receive_all(&self.host.plan.vrrp);
        self.start_engine();
    }

    /// Starts the engine where its predecessor and the stand-in left it.
    fn begin_adopted(&mut self) -> io::Result<()> {
        let config = self.host.plan.vrrp.clone();
        let records = self.ledger.records(&config);
        let is_master = |record: &Option<vrrp::snapshot::RouterRecord>| {
            record.is_some_and(|record| record.state == State::Master)
        };
        let masters: Vec<bool> = records.routers.iter().map(is_master).collect();
        self.host.remove_leftovers(&self.recorded, &masters);
        self.host.set_statics();
        self.adopted = Some(sys::clock::now());
        self.engine = Engine::adopt(config, &records, sys::clock::now());
        let failures = self.host.hold(&masters);
        self.start_engine();
        for input in failures {
            self.feed(input);
        }
        self.announce_lost(&masters);
        control::send(&self.channel, &Report::Ready, &[])
    }

    fn start_engine(&mut self) {
        self.begun = true;
        self.rest.disturb(sys::clock::now());
        self.host.make_links(); // For an interface that came before its news were heard.
        let mut inputs = self.follow_sources();
        inputs.extend(self.host.link_changes());
        inputs.extend(self.host.object_changes());
        for input in inputs {
            self.feed(input);
        }
        self.feed(Input::Start);
        self.ledger.all(&self.engine);
    }

    fn deadline(&self) -> Option<Instant> {
        let engine = self.engine.deadline().map(|(at, _)| at);
        let own = [self.silent_until, self.leave_by, self.rest.deadline()];
        let others = [engine, self.host.deadline()];
        own.into_iter().chain(others).flatten().min()
    }

    fn act_on_time(&mut self) {
        let now = sys::clock::now();
        for input in self.host.expire(now) {
            self.feed(input);
        }
        if self.host.poll_links(now) && self.begun && !self.stopped {
            for input in self.host.link_changes() {
                self.feed(input);
            }
        }
        if self.silent_until.is_some_and(|at| at <= now) {
            self.begin();
        }
        if self.leave_by.is_some_and(|at| at <= now) {
            self.feed(Input::Shutdown);
        }
        if self.rest.begins(now) {
            self.conduct.give_back();
        }
        let engine = self.engine.deadline().map(|(at, _)| at);
        if let Some(at) = engine.filter(|at| *at <= now) {
            self.conduct.late(now.since(at));
            // What came in while we were busy or stopped counts before our own timers.
            self.read_packets();
            self.feed(Input::Tick);
        }
    }

    /// Feeds one input, performs what follows, and feeds what performing has to say.
    fn feed(&mut self, input: Input) {
        let (mut first, mut inputs) = (Some(input), VecDeque::new());
        let mut ended = false;
        while let Some(input) = first.take().or_else(|| inputs.pop_front()) {
            let script = match &input {
                Input::ScriptExit { script, .. } => Some(*script),
                _ => None,
            };
            let numbered = self.numbered(&input);
            let mut effects: Vec<Effect> = Vec::new();
            let now = sys::clock::now();
            let wall = Input::WallClock(sys::clock::wall());
            // Nothing follows from the time alone.
            self.engine.handle(now, wall, &mut |_| ());
            self.engine
                .handle(now, input, &mut |effect| effects.push(effect));
            // Most inputs are adverts of a master that is well.
            if effects.is_empty() && numbered.is_none() && script.is_none() {
                continue;
            }
            for effect in &effects {
                self.history.note(now, effect);
            }
            let mut routers: Vec<_> = effects.iter().filter_map(Effect::router).collect();
            routers.extend(numbered);
            routers.dedup();
            let moved = effects.iter().any(moves_mastership);
            ended |= effects.contains(&Effect::Event(Event::Stopped));
            inputs.extend(self.host.perform(&self.engine, effects));
            for router in routers {
                self.ledger.router(&self.engine, router);
            }
            if let Some(script) = script {
                self.ledger.script(&self.engine, script);
            }
            if moved {
                self.rest.disturb(now);
                // The parent then looks when this process would be overdue. If it does not
                // listen it is ending, and so are we.
                let _ = control::send(&self.channel, &Report::Moved, &[]);
            }
        }
        if ended {
            self.finish();
        }
    }

    /// The router that a packet is for, when packets of its are numbered: the highest number has
    /// to be noted even where nothing else follows from it.
    fn numbered(&self, input: &Input) -> Option<RouterIx> {
        let Input::Packet { router, .. } = input else {
            return None;
        };
        let config = self.engine.config().routers.get(router.0 as usize)?;
        config.auth.is_numbered().then_some(*router)
    }

    /// What tracked objects say anew.
    fn tell_objects(&mut self) {
        if !self.begun || self.stopped {
            return;
        }
        for input in self.host.object_changes() {
            self.feed(input);
        }
    }

    fn register_watches(&self) {
        if let Err(error) = self.host.watches.register(&self.poller, FILES, PROCESSES) {
            error!("tracked files and processes are not followed: {error}");
        }
        if let Err(error) = self.host.subscribe(&self.monitor) {
            error!("routes and rules are not followed: {error}");
        }
    }

    fn register_mail(&self) {
        if let Err(error) = self.poller.add(self.host.mail(), MAIL) {
            error!("mail is sent late: {error}");
        }
    }

    fn open_ports(&mut self) {
        let (poller, channel) = (&self.poller, &self.channel);
        self.host.open_ports(|key, port| {
            let index = port.index;
            let report = Report::Socket {
                key: key.clone(),
                index,
            };
            control::send(channel, &report, &port.descriptors())?;
            poller.add(&port.receiver, port.token)
        });
    }

    /// Where adverts come from now, with sockets for it.
    fn follow_sources(&mut self) -> Vec<Input> {
        let changes = self.host.source_changes();
        if !changes.is_empty() {
            self.open_ports();
        }
        changes
    }

    fn read_packets(&mut self) {
        for input in self.host.ports.receive_all(&self.host.plan.vrrp) {
            self.feed(input);
        }
    }

    fn read_news(&mut self) -> io::Result<()> {
        let mut whole = true;
        let (mut links, mut routing) = (false, false);
        for news in self.monitor.read()? {
            if let Some(line) = self.host.links.link_line(&news) {
                info!("{line}");
            }
            if self.tells_addresses
                && let Some(line) = self.host.links.address_line(&news)
            {
                info!("{line}");
            }
            links |= !matches!(
                news,
                News::Address(_) | News::AddressGone(_) | News::RoutingGone(_)
            );
            // Routes go silently with a link or with an address that they name.
            routing |= !matches!(news, News::Address(_));
            whole &= self.host.links.update(&news);
        }
        if !whole {
            self.host.relist()?;
        }
        // News of our own removals may arrive after an address was added again: look.
        if !self.host.lost_addresses().is_empty() {
            self.host.relist()?;
        }
        if links {
            self.host.make_links();
            self.open_ports();
        }
        self.host.restore_static_addresses();
        let lost = match routing {
            true => self.host.lost_routing(),
            false => Vec::new(),
        };
        if !self.begun {
            return Ok(());
        }
        let mut inputs = self.follow_sources();
        inputs.extend(self.host.link_changes());
        inputs.extend(self.host.lost_addresses());
        inputs.extend(lost);
        for input in inputs {
            self.feed(input);
        }
        Ok(())
    }

    fn read_signals(&mut self) -> io::Result<()> {
        use nix::libc::{SIGCHLD, SIGTERM, SIGUSR1, SIGUSR2, SIGXCPU};
        while let Some(signal) = self.signals.next_pending()? {
            match signal.number {
                SIGTERM => self.stop(),
                SIGCHLD => self.reap(),
                SIGXCPU => self.conduct.overran(),
                SIGUSR1 => self.dump(dump::Kind::Data),
                SIGUSR2 => self.dump(dump::Kind::Stats),
                number if number == sys::signal::rtmin() + 2 => self.dump(dump::Kind::Json),
                number if number == sys::signal::rtmax() - 1 => {
                    self.dump(dump::Kind::Stats);
                    self.engine.clear_stats();
                }
                // HUP and INT are the parent's: it sends bundles and TERM.
                _ => {}
            }
        }
        Ok(())
    }

    fn reap(&mut self) {
        while let Some((pid, ended)) = sys::process::reap_any() {
            if let Some(input) = self.host.ended(pid, ended) {
                self.feed(input);
            }
        }
    }

    /// What the dump of the data would say, in the log.
    fn log_state(&mut self) {
        let text = dump::data(&self.host.dumped(&self.engine));
        for line in text.lines() {
            info!("{line}");
        }
    }

    /// Writes what the signal asks for.
    fn dump(&mut self, kind: dump::Kind) {
        let what = kind.announced();
        info!("{what} for process({}) on signal", std::process::id());
        let text = match kind {
            dump::Kind::Data => dump::data(&self.host.dumped(&self.engine)),
            dump::Kind::Stats => dump::stats(&self.engine),
            dump::Kind::Json => dump::json(&self.host.dumped(&self.engine)),
        };
        if let Err((path, error)) = dump::write(kind, &self.host.plan.process, &text) {
            error!("cannot write {}: {error}", path.display());
        }
    }

    /// Begins the end: addresses stay while the next master is waited for.
    fn stop(&mut self) {
        if self.stopped || self.leave_by.is_some() {
            return;
        }
        self.silent_until = None;
        self.host.begin_stop();
        let patience = child_wait(self.host.plan.process.child_wait_time);
        let waits = !self.host.keeps_addresses();
        let patience = patience.saturating_sub(CLEAN_UP);
        self.leave_by = Some(sys::clock::now() + if waits { patience } else { Duration::ZERO });
        if waits {
            let poller = &self.poller;
            let register = |socket: BorrowedFd<'_>| poller.add(socket, SUCCESSORS);
            self.host.listen_for_successors(register);
        }
        self.feed(Input::Shutdown);
    }

    fn hear_successors(&mut self) {
        for input in self.host.successor_news() {
            self.feed(input);
        }
    }

    fn finish(&mut self) {
        self.stopped = true;
        self.host.clear_statics();
        self.host.close_pipes();
        info!("Stopped");
    }
}

fn moves_mastership(effect: &Effect) -> bool {
    let Effect::Event(Event::Transition { from, to, .. }) = effect else {
        return false;
    };
    *from == State::Master || *to == State::Master
}
