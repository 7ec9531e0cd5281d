//! What goes into the engine and what comes out of it.

use core::net::SocketAddr;

use wire::ipvs::{Change, ServiceKey};

use crate::config::{Config, Probe};
use crate::table::Table;

/// One run of one check. An answer to a run that a reload has made obsolete finds no taker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProbeId(pub u64);

/// What a probe found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The server answered as it should.
    Up,
    /// It did not, and why, as an operator would say it.
    Down(String),
    /// Our own host could not run the probe (no descriptors, no memory): nothing is known about
    /// the server.
    NotRun(String),
}

/// What the engine is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// Begin: the first checks are spread over their warm-up by this seed.
    Start {
        /// Any number; the same one gives the same schedule.
        seed: u64,
    },
    /// The deadline has passed.
    Tick,
    /// Checks that follow this BFD session are due now: it has changed.
    Look {
        /// Its name.
        session: String,
    },
    /// A probe has ended.
    ProbeDone {
        /// Which.
        probe: ProbeId,
        /// How.
        verdict: Verdict,
    },
    /// The kernel's table, as `Effect::ReadTable` asked for; services of others may be in it.
    Table(Table),
    /// The kernel refused some changes of the last batch, or the table could not be read.
    Refused,
    /// IPVS cannot be reached at all: the kernel has none, or does not let us.
    Unavailable {
        /// Why, as an operator would say it.
        reason: String,
    },
    /// Another configuration takes the place of the running one.
    Reconfigure(Box<Config>),
    /// Withdraw everything; nothing happens after that.
    Shutdown,
}

/// What the engine wants done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Run this probe and report its end as `Input::ProbeDone`.
    Probe {
        /// Goes into the report.
        id: ProbeId,
        /// What to do.
        probe: Probe,
    },
    /// Change the table, all in one go and in this order.
    Ipvs(Vec<Change>),
    /// Read the table and report it as `Input::Table`, or `Input::Unavailable`.
    ReadTable,
    /// Something worth telling.
    Event(Event),
}

/// A real server of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServerId {
    /// The service.
    pub service: ServiceKey,
    /// The server.
    pub server: SocketAddr,
}

/// Something worth telling, with the numbers it was decided on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A check will run from now on.
    CheckActivated(ServerId),
    /// A check that was failed, or ran for the first time, passed.
    CheckPassed {
        /// Whose.
        of: ServerId,
        /// What it did.
        probe: Probe,
    },
    /// A check that was not failed, or ran for the first time, failed for good.
    CheckFailed {
        /// Whose.
        of: ServerId,
        /// What it did.
        probe: Probe,
        /// What the last run found.
        reason: String,
        /// How many retries it was given; none on its first run, which has none.
        retries: Option<u32>,
    },
    /// A check could not run for a reason that is not the server's; it keeps its state.
    CheckNotRun {
        /// Whose.
        of: ServerId,
        /// Why.
        reason: String,
    },
    /// No check of the server is failed any more.
    ServerUp {
        /// Which.
        of: ServerId,
        /// It had stayed in the table with weight 0.
        inhibited: bool,
    },
    /// A check of the server has failed.
    ServerDown {
        /// Which.
        of: ServerId,
        /// It stays in the table with weight 0.
        inhibit: bool,
    },
    /// The living weight reached quorum + hysteresis.
    QuorumGained(Quorum),
    /// The service starts without its quorum although its servers count as alive: the hysteresis
    /// asks for more, so the sorry server serves.
    StartsWithoutQuorum(Quorum),
    /// The living weight fell below quorum - hysteresis, or to 0.
    QuorumLost(Quorum),
    /// The sorry server takes over, living real servers leave the pool.
    SorryServerIn {
        /// The sorry server.
        of: ServerId,
        /// It was in the table with weight 0.
        inhibited: bool,
    },
    /// The sorry server leaves, living real servers return.
    SorryServerOut {
        /// The sorry server.
        of: ServerId,
        /// It stays in the table with weight 0.
        inhibit: bool,
    },
    /// A reload changed a server's weight.
    WeightChanged {
        /// Which.
        of: ServerId,
        /// Before.
        from: u32,
        /// After.
        to: u32,
        /// Whether the server is alive.
        alive: bool,
    },
    /// A reload dropped the server.
    ServerDropped(ServerId),
    /// A server that a reload dropped leaves the table.
    ServerTakenOut {
        /// Which.
        of: ServerId,
        /// It was there with weight 0 only.
        inhibited: bool,
    },
    /// A reload dropped the service.
    ServiceDropped(ServiceKey),
    /// The service is not served, because IPVS cannot be reached. Told once.
    NotServed {
        /// The service.
        service: ServiceKey,
        /// Why.
        reason: String,
    },
    /// The kernel has IPVS now, so the service is served.
    ServedNow(ServiceKey),
    /// The server is withdrawn because the daemon stops.
    ServerWithdrawn {
        /// Which.
        of: ServerId,
        /// It was down and in the table with weight 0.
        inhibited: bool,
    },
    /// Others than the log are told.
    Notice(Notice),
}

/// What pipes, commands and letters tell (`keepalived.conf(5)` lvs_notify_fifo, notify_up,
/// quorum_up, smtp_alert).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// A server is up or down. One that starts with a failed check and fails it is told as down,
    /// although that changes nothing (seen in 2.2.7).
    Server {
        /// Which.
        of: ServerId,
        /// Or down.
        up: bool,
        /// When.
        moment: Moment,
    },
    /// A service has its quorum or not.
    Service {
        /// Which, with the numbers.
        of: Quorum,
        /// It has.
        up: bool,
        /// When.
        moment: Moment,
    },
    /// A check has passed after having failed or the other way round: letters are about checks.
    Check {
        /// Whose.
        of: ServerId,
        /// What it did.
        probe: Probe,
        /// Or failed.
        passed: bool,
        /// Whether its server lives now, of whose checks each must pass.
        alive: bool,
        /// Whether that has changed by it.
        changed: bool,
    },
}

/// When something is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// It is there from the beginning, or since a reload.
    Start,
    /// By a check, or by a reload that keeps it.
    Running,
    /// A reload has dropped it.
    Dropped,
    /// The daemon stops.
    Stop,
}

/// A service's quorum and the weight that decided on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quorum {
    /// The service.
    pub service: ServiceKey,
    /// Needed weight.
    pub quorum: u32,
    /// Margin on both sides.
    pub hysteresis: u32,
    /// Sum of the weights of living servers.
    pub weight: u32,
}
