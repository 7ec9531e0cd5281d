//! The checker child: drives the LVS engine, runs its probes and leads the kernel's IPVS table.
//!
//! Invariants: one thread, whose runtime is made here, after the fork; probes run concurrently and
//! one at a time per check; table changes are made synchronously, in the order the engine gives.
//! Nothing here is fatal: a kernel without IPVS leaves checks running and services unserved.
//! Deliberately unknown here: when a check runs and what its verdict means (`lvs`), where the
//! configuration comes from (the caller's `Orders`).

mod dump;
mod marking;
mod phrases;
mod probe;
mod stands;
mod table;
mod teller;
#[cfg(test)]
mod tests;
pub mod told;

use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::os::fd::AsFd;
use std::pin::Pin;

use base::{Duration, Machine as _};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use lvs::config::Probe;
use lvs::{Effect, Engine, Event, Input, ProbeId, Verdict};
use plan::keepalived::Process;
use sys::watch::Watched;
use tracing::{error, info};

use crate::keepalived::dump::{Settings, place_beside, replace_file};
use crate::keepalived::status::Services;
use crate::rest::Rest;

use marking::Marking;
use teller::Teller;
use told::Configuration;

/// What the parent wants of the child.
#[derive(Debug)]
pub enum Order {
    /// Run this configuration instead.
    Reload(Box<Configuration>),
    /// BFD sessions by name, and whether they are up.
    Sessions(Vec<(String, bool)>),
    /// Processes that this one started have ended.
    Reap,
    /// Somebody asks how the services stand: [`Orders::tell`] takes the answer.
    Tell,
    /// Write how everything stands to the checkers' dump.
    Dump,
    /// End, and leave the table to another process.
    Leave,
    /// Empty the table and end.
    Stop,
}

/// Where orders come from: a descriptor that becomes readable, and a way to read it. The
/// descriptor is watched, never read here.
pub trait Orders: AsFd {
    /// The next order; none when there is none yet. Must not block.
    fn next(&mut self) -> Option<Order>;

    /// Takes the answer to [`Order::Tell`].
    fn tell(&mut self, stands: &Services);

    /// Takes what is left to the next process, by [`Order::Leave`].
    fn leave(&mut self, left: &lvs::Records);

    /// A check began this much later than it was due.
    fn late(&mut self, by: Duration) {
        let _ = by;
    }

    /// Nothing but routine has happened for a while.
    fn rest(&mut self) {}
}

/// Runs the virtual services of `config` until an order to stop; returns the exit status. It goes
/// on with what another process has `left`; `seed` spreads the first checks of others over their
/// warm-up.
///
/// Call it in a freshly forked process: it makes its own runtime.
pub fn run(
    configuration: Configuration,
    left: lvs::Records,
    seed: u64,
    orders: &mut dyn Orders,
) -> i32 {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            error!("Health checks cannot run: {error}");
            return 1;
        }
    };
    raise_descriptor_limit();
    let work = async { Driver::new(configuration, left)?.drive(seed, orders).await };
    match runtime.block_on(work) {
        Ok(()) => 0,
        Err(error) => {
            error!("Health checks stopped: {error}");
            1
        }
    }
}

/// Every probe on its way holds a descriptor, so a thousand servers need more than the usual 1024.
fn raise_descriptor_limit() {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    if let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE)
        && soft < hard
    {
        let _ = setrlimit(Resource::RLIMIT_NOFILE, hard, hard);
    }
}

type RunningProbe = Pin<Box<dyn Future<Output = (ProbeId, Verdict)>>>;

struct Driver {
    engine: Engine,
    table: table::Performer,
    marking: Marking,
    probes: FuturesUnordered<RunningProbe>,
    /// BFD sessions, as far as they were told of, and whether they are up.
    sessions: BTreeMap<String, bool>,
    teller: Teller,
    rest: Rest,
    /// `-I`
    keeps_table: bool,
    process: Process,
    settings: Settings,
}

/// What the loop woke up for.
enum Wake {
    Orders,
    Probe(ProbeId, Verdict),
    Letters,
    Deadline,
}

impl Driver {
    fn new(configuration: Configuration, left: lvs::Records) -> io::Result<Self> {
        let mut table = table::Performer::default();
        table.size_buffer(configuration.buffer.map(Into::into));
        let mut marking = Marking::new(&configuration.record);
        marking.want(configuration.marks.clone());
        Ok(Self {
            marking,
            teller: Teller::new(&configuration)?,
            keeps_table: configuration.keeps_table,
            process: configuration.process,
            settings: configuration.settings,
            engine: Engine::resume(configuration.lvs, left),
            table,
            probes: FuturesUnordered::new(),
            sessions: BTreeMap::new(),
            rest: Rest::default(),
        })
    }

    async fn drive(mut self, seed: u64, orders: &mut dyn Orders) -> io::Result<()> {
        let ready = Watched::new(orders.as_fd())?;
        let letters = Watched::new(self.teller.as_fd())?;
        info!("Initializing ipvs");
        self.feed(Input::Start { seed });
        self.marking.lead();
        self.rest.disturb(sys::clock::now());
        loop {
            match self.wait(&ready, &letters).await? {
                Wake::Deadline => {
                    let now = sys::clock::now();
                    let due = self.engine.deadline().map(|(at, _)| at);
                    if let Some(at) = due.filter(|at| *at <= now) {
                        orders.late(now.since(at));
                    }
                    self.feed(Input::Tick);
                    self.teller.expire();
                    if self.rest.begins(now) {
                        orders.rest();
                    }
                }
                Wake::Letters => self.teller.act(),
                Wake::Probe(probe, verdict) => self.feed(Input::ProbeDone { probe, verdict }),
                Wake::Orders => {
                    while let Some(order) = orders.next() {
                        match order {
                            Order::Reload(configuration) => self.reload(*configuration),
                            Order::Sessions(sessions) => self.sessions_changed(sessions),
                            Order::Reap => self.teller.reap(),
                            Order::Tell => orders.tell(&stands::gather(&self.engine)),
                            Order::Dump => self.dump(),
                            Order::Leave => {
                                orders.leave(&self.engine.records());
                                self.keeps_table = true;
                                self.stop();
                                return Ok(());
                            }
                            Order::Stop => {
                                self.stop();
                                return Ok(());
                            }
                        }
                    }
                }
            }
        }
    }

    fn reload(&mut self, configuration: Configuration) {
        info!("Reloading");
        info!("Reinitializing ipvs");
        self.rest.disturb(sys::clock::now());
        self.teller.replace(&configuration);
        self.table.size_buffer(configuration.buffer.map(Into::into));
        self.marking.want(configuration.marks);
        self.process = configuration.process;
        self.settings = configuration.settings;
        self.feed(Input::Reconfigure(Box::new(configuration.lvs)));
        self.marking.lead();
        self.teller.forget();
    }

    fn dump(&self) {
        let pid = std::process::id();
        info!("Printing checker data for process({pid}) on signal");
        let text = dump::data(&self.settings, &self.engine, self.teller.hosts());
        let place = place_beside(&self.process, "keepalived_check.data");
        if let Err(error) = replace_file(&place, text.as_bytes()) {
            error!("cannot write {}: {error}", place.display());
        }
    }

    fn stop(&mut self) {
        if !self.keeps_table {
            self.marking.want(None);
            self.marking.lead();
            self.feed(Input::Shutdown);
        }
        self.teller.close();
        info!("{}", phrases::stopped());
    }

    fn sessions_changed(&mut self, sessions: Vec<(String, bool)>) {
        for (name, up) in sessions {
            let state = if up { "Up" } else { "Down" };
            info!("Received BFD event: instance {name} is in state {state}");
            self.sessions.insert(name.clone(), up);
            self.feed(Input::Look { session: name });
            self.feed(Input::Tick);
        }
    }

    async fn wait(&mut self, ready: &Watched, letters: &Watched) -> io::Result<Wake> {
        let engine = self.engine.deadline().map(|(at, _)| at);
        let own = [self.teller.deadline(), self.rest.deadline()];
        let next = engine.into_iter().chain(own.into_iter().flatten()).min();
        let pause = next.map_or(Duration::MAX, |at| at.since(sys::clock::now()));
        tokio::select! {
            // Orders first, so that a stop does not wait behind a thousand verdicts.
            biased;
            woken = ready.readable() => woken.map(|()| Wake::Orders),
            woken = letters.readable() => woken.map(|()| Wake::Letters),
            Some((probe, verdict)) = self.probes.next() => Ok(Wake::Probe(probe, verdict)),
            () = tokio::time::sleep(pause) => Ok(Wake::Deadline),
        }
    }

    /// Feeds one input and performs what follows from it, also from failures of the performing.
    fn feed(&mut self, input: Input) {
        let mut inputs = Vec::from([input]);
        while let Some(input) = inputs.pop() {
            let mut effects = Vec::new();
            self.engine
                .handle(sys::clock::now(), input, &mut |effect| effects.push(effect));
            let mut notices = Vec::new();
            for effect in effects {
                match effect {
                    Effect::Event(Event::Notice(notice)) => notices.push(notice),
                    effect => inputs.extend(self.perform(effect)),
                }
            }
            // Who is told finds the table as it is then.
            for notice in notices {
                self.teller.tell(&notice);
            }
        }
    }

    fn perform(&mut self, effect: Effect) -> Option<Input> {
        match effect {
            Effect::Probe {
                id,
                probe: Probe::Session { name },
            } => Some(Input::ProbeDone {
                probe: id,
                verdict: probe::session(self.sessions.get(&name).copied()),
            }),
            Effect::Probe { id, probe } => {
                self.probes
                    .push(Box::pin(async move { (id, probe::run(&probe).await) }));
                None
            }
            Effect::Ipvs(changes) => self.table.apply(&changes),
            Effect::ReadTable => Some(self.table.read()),
            Effect::Event(event) => {
                phrases::log(&event);
                None
            }
        }
    }
}
