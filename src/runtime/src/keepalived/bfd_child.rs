//! The BFD child: one loop around one engine.
//!
//! Invariants: everything that has arrived is read before a timer acts, so a process that was
//! stopped for a while hears its neighbours before it declares them gone; a session that cannot
//! send or hear is held down and tried again each second and when links or addresses change; nothing about one session ends another.

mod dump;
mod phrases;
mod sockets;

use std::io;
use std::os::fd::OwnedFd;

use base::{Duration, Instant, Machine as _};
use bfd::{Cause, Config, Effect, Engine, Event, Input, SessionIx, State};
use plan::keepalived::{Plan, Process};
use serde::{Deserialize, Serialize};
use sys::epoll::Poller;
use sys::fdpass::Channel;
use sys::netlink::Monitor;
use sys::signal::Signals;
use tracing::{error, info};

use super::conduct::Conduct;
use super::control::{self, Heard, Order, Report};
use super::dump::{Settings, place_beside};
use super::host::detail;
use super::past::{self, Past};
use super::saved::{Reloads, When};
use crate::rest::Rest;
use phrases::Complaints;
use sockets::{Fault, Sockets};

const SIGNALS: u64 = 1;
const ORDERS: u64 = 2;
const PACKETS: u64 = 3;
const NEWS: u64 = 4;

/// How long after a socket could not be opened it is tried again.
const RETRY: Duration = Duration::from_secs(1);
/// Sessions in one report: their names have at most 31 bytes, a message 64 KiB.
const MOST: usize = 500;

/// What the next process goes on with.
#[derive(Debug, Serialize, Deserialize)]
struct Left {
    sessions: Vec<bfd::Record>,
    sockets: sockets::Left,
}

struct Child {
    engine: Engine,
    /// What effects speak of: the engine's but for those before a reload takes place.
    config: Config,
    next: Option<Config>,
    /// Where dumps go.
    process: Process,
    settings: Settings,
    /// Those so far.
    reloads: Reloads,
    sockets: Sockets,
    poller: Poller,
    signals: Signals,
    monitor: Monitor,
    channel: Channel,
    conduct: Conduct,
    rest: Rest,
    complaints: Complaints,
    retry: Option<Instant>,
    stopped: bool,
}

/// Runs the sessions of `plan` until told to stop; returns the exit status. Those that another
/// process has left in `past` go on.
///
/// Call it in a freshly forked process without threads.
pub(super) fn run(
    plan: Plan,
    seed: u64,
    past: Option<Past>,
    channel: Channel,
    conduct: Conduct,
) -> i32 {
    let left = past.map(Past::open).transpose().unwrap_or_else(|error| {
        error!("BFD sessions begin anew: {error}");
        None
    });
    let child = Child::new(plan, seed, channel, conduct);
    let child = child.and_then(|child| match left {
        Some((left, receivers)) => child.resume(left, receivers),
        None => Ok(child),
    });
    match child.and_then(Child::serve) {
        Ok(()) => 0,
        Err(error) => {
            error!("BFD cannot run: {error}");
            1
        }
    }
}

impl Child {
    fn new(plan: Plan, seed: u64, channel: Channel, conduct: Conduct) -> io::Result<Self> {
        use nix::libc::{SIGHUP, SIGINT, SIGPIPE, SIGTERM, SIGUSR1, SIGUSR2, SIGXCPU};
        let handled = [SIGTERM, SIGINT, SIGHUP, SIGPIPE, SIGUSR1, SIGUSR2, SIGXCPU];
        let signals = Signals::block(&handled)?;
        let monitor = Monitor::open()?;
        let poller = Poller::new()?;
        poller.add(&signals, SIGNALS)?;
        poller.add(&monitor, NEWS)?;
        poller.add(&channel, ORDERS)?;
        // A child that takes the place of a dead one must not have its discriminators: what is on
        // its way to that one is not for us.
        let seed = seed ^ sys::clock::now().as_micros();
        Ok(Self {
            settings: Settings::of(&plan),
            process: plan.process,
            reloads: Reloads::default(),
            engine: Engine::new(plan.bfd.clone(), seed),
            config: plan.bfd,
            next: None,
            sockets: Sockets::default(),
            poller,
            signals,
            monitor,
            channel,
            conduct,
            rest: Rest::default(),
            complaints: Complaints::default(),
            retry: None,
            stopped: false,
        })
    }

    /// Goes on with sessions that another process has left. What has arrived for it since waits in
    /// its receivers.
    fn resume(mut self, left: Left, receivers: Vec<OwnedFd>) -> io::Result<Self> {
        let (config, now) = (self.config.clone(), sys::clock::now());
        let seed = now.as_micros();
        self.engine = Engine::resume(config, seed, &left.sessions, now);
        let poller = &self.poller;
        self.sockets.resume(left.sockets, receivers, |receiver| {
            poller.add(receiver, PACKETS)
        })?;
        Ok(self)
    }

    /// Ends without a word to the neighbours: another process goes on.
    fn leave(&mut self) {
        let (sockets, receivers) = self.sockets.leave();
        let left = Left {
            sessions: self.engine.records(),
            sockets,
        };
        if let Err(error) = past::leave(&self.channel, &left, &receivers) {
            error!("BFD sessions begin anew: {error}");
        }
        self.stopped = true;
    }

    fn serve(mut self) -> io::Result<()> {
        self.report_all();
        self.open_sockets();
        control::send(&self.channel, &Report::Ready, &[])?;
        self.read_packets();
        self.feed(Input::Start);
        self.rest.disturb(sys::clock::now());
        while !self.stopped {
            let mut packets = false;
            for ready in self.poller.wait(self.deadline())? {
                match ready.token {
                    SIGNALS => self.read_signals()?,
                    ORDERS => self.read_orders()?,
                    NEWS => self.read_news()?,
                    _ => packets = true,
                }
            }
            if packets {
                self.read_packets();
            }
            self.act_on_time();
        }
        Ok(())
    }

    fn deadline(&self) -> Option<Instant> {
        let engine = self.engine.deadline().map(|(at, _)| at);
        let own = [self.retry, self.rest.deadline()];
        engine.into_iter().chain(own.into_iter().flatten()).min()
    }

    fn act_on_time(&mut self) {
        let now = sys::clock::now();
        if self.retry.is_some_and(|at| at <= now) {
            self.open_sockets();
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

    /// Opens what is missing, and tells the engine what still is.
    fn open_sockets(&mut self) {
        let poller = &self.poller;
        let opened = self
            .sockets
            .serve(&self.config, |receiver| poller.add(receiver, PACKETS));
        let broken = opened.iter().any(|fault| fault.reason.is_some());
        self.retry = broken.then(|| sys::clock::now() + RETRY);
        for Fault { session, reason } in opened {
            let fault = reason;
            self.feed(Input::Path { session, fault });
        }
    }

    /// Links or addresses have changed: which, the kernel is asked.
    fn read_news(&mut self) -> io::Result<()> {
        let news = self.monitor.read()?;
        let closed = !news.is_empty() && self.sockets.leave_links();
        // What could not be opened may be possible now.
        if closed || self.retry.is_some() {
            self.open_sockets();
        }
        Ok(())
    }

    fn read_packets(&mut self) {
        for received in self.sockets.receive() {
            self.feed(Input::Packet(received));
        }
    }

    /// Feeds one input and performs what follows.
    fn feed(&mut self, input: Input) {
        let mut effects = Vec::new();
        let now = sys::clock::now();
        self.engine
            .handle(now, input, &mut |effect| effects.push(effect));
        for effect in effects {
            match effect {
                Effect::Send { session, packet } => {
                    self.sockets.send(&self.config, session, &packet);
                }
                Effect::Event(event) => self.event(now, &event),
                // The last effect of a reload.
                Effect::Reconfigured => {
                    self.config = self.next.take().unwrap_or_default();
                    self.report_all();
                    self.open_sockets();
                }
            }
        }
    }

    fn event(&mut self, now: Instant, event: &Event) {
        match event {
            Event::Transition {
                session,
                from,
                to,
                cause,
                ..
            } => {
                let name = self.name(*session).to_owned();
                for (is_detail, line) in phrases::transition(&name, event) {
                    match is_detail {
                        true => detail(&line),
                        false => info!("{line}"),
                    }
                }
                if (*from == State::Up) != (*to == State::Up) {
                    self.report(&[(name, *to == State::Up)]);
                }
                if *from == State::Up && matches!(cause, Cause::Silence { .. }) {
                    self.report_silence(*session);
                }
            }
            Event::Rejected { source, reason } => {
                if let Some(line) = self.complaints.line(now, *source, reason) {
                    info!("{line}");
                }
            }
        }
    }

    fn name(&self, session: SessionIx) -> &str {
        let session = self.config.sessions.get(session.0 as usize);
        session.map_or("?", |session| &session.key.name)
    }

    fn report(&self, sessions: &[(String, bool)]) {
        let report = Report::Sessions(sessions.to_vec());
        if let Err(error) = control::send(&self.channel, &report, &[]) {
            error!("cannot tell the parent of BFD sessions: {error}");
        }
    }

    /// The session was up, and its neighbour has gone without a word.
    fn report_silence(&self, session: SessionIx) {
        let Some(session) = self.config.sessions.get(session.0 as usize) else {
            return;
        };
        let report = Report::Silent(session.key.neighbor);
        if let Err(error) = control::send(&self.channel, &report, &[]) {
            error!("cannot tell the parent that a neighbor is silent: {error}");
        }
    }

    fn report_all(&self) {
        let names = self.config.sessions.iter().map(|it| it.key.name.clone());
        let states = self.engine.sessions().map(|it| it.state == State::Up);
        let all: Vec<(String, bool)> = names.zip(states).collect();
        for some in all.chunks(MOST) {
            self.report(some);
        }
    }

    fn read_signals(&mut self) -> io::Result<()> {
        while let Some(signal) = self.signals.next_pending()? {
            match signal.number {
                nix::libc::SIGTERM => self.stop(),
                nix::libc::SIGUSR1 => self.dump(),
                nix::libc::SIGXCPU => self.conduct.overran(),
                // HUP and INT are the parent's: it sends bundles and TERM.
                _ => {}
            }
        }
        Ok(())
    }

    fn dump(&self) {
        let pid = std::process::id();
        info!("Printing BFD data for process({pid}) on signal");
        let text = dump::data(&self.settings, &self.engine, sys::clock::now());
        let place = place_beside(&self.process, "keepalived_bfd.data");
        if let Err(error) = super::dump::replace_file(&place, text.as_bytes()) {
            error!("cannot write {}: {error}", place.display());
        }
    }

    fn read_orders(&mut self) -> io::Result<()> {
        loop {
            match control::receive::<Order>(&self.channel)? {
                Heard::Nothing => return Ok(()),
                Heard::Closed => {
                    self.stop();
                    return Ok(());
                }
                Heard::Message(Order::Reload { .. }, descriptors) => {
                    if let Some(plan) = self.conduct.next_plan(&self.channel, descriptors)? {
                        self.rest.disturb(sys::clock::now());
                        self.save_state(When::Before);
                        self.settings = Settings::of(&plan);
                        self.process = plan.process;
                        self.reload(plan.bfd);
                        self.save_state(When::After);
                        control::send(&self.channel, &Report::Ready, &[])?;
                    }
                }
                Heard::Message(Order::Yield, _) => {
                    self.leave();
                    return Ok(());
                }
                Heard::Message(
                    Order::Begin | Order::Sessions(_) | Order::Silent(_) | Order::Answer,
                    _,
                ) => {}
            }
        }
    }

    /// For `config_save_dir`.
    fn save_state(&mut self, when: When) {
        let (settings, engine) = (&self.settings, &self.engine);
        let dump = || dump::data(settings, engine, sys::clock::now());
        self.reloads.save("bfd", when, &self.process, dump);
    }

    fn reload(&mut self, config: Config) {
        info!("Reloading");
        self.next = Some(config.clone());
        self.feed(Input::Reconfigure(config));
    }

    fn stop(&mut self) {
        if !self.stopped {
            self.stopped = true;
            self.feed(Input::Shutdown);
            info!("Stopped");
        }
    }
}
