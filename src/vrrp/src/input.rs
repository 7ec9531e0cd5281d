//! What the engine is told.

use core::net::IpAddr;
use core::time::Duration;

use base::VrId;

use crate::config::{Config, ObjectIx, RouterIx, ScriptIx};
use crate::packet::Protection;

/// An input of the VRRP engine.
#[derive(Clone, Debug)]
pub enum Input {
    /// First input ever: start all routers and scripts.
    Start,
    /// The time of [`base::Machine::deadline`] has come.
    Tick,
    /// The time of day, since 1970 (UTC). Trailers of `auth_hmac` are stamped with it and judged by
    /// it: to be given before anything else, and again before inputs that come much later, as
    /// clocks are put right now and then.
    WallClock(Duration),
    /// A packet arrived on the socket that serves `router`'s transport. The performer demultiplexes
    /// by interface, family and VRID; what has an unknown VRID is dropped, or an
    /// [`Input::Stranger`].
    Packet {
        /// Which router it is for.
        router: RouterIx,
        /// IP source.
        source: IpAddr,
        /// IP destination (tells multicast from unicast).
        destination: IpAddr,
        /// TTL or hop limit.
        ttl: u8,
        /// From the VRRP header on.
        payload: Vec<u8>,
        /// What else came with it.
        envelope: Envelope,
    },
    /// An advert of a virtual router that this node does not have. Given only with
    /// `log_unknown_vrids`.
    Stranger {
        /// The interface, or the address of ours that it was sent to.
        place: String,
        /// Of the virtual router.
        vrid: VrId,
        /// IP source.
        source: IpAddr,
    },
    /// A script run ended, or has to be.
    ScriptExit {
        /// Which script.
        script: ScriptIx,
        /// How.
        outcome: ScriptOutcome,
    },
    /// A tracked object was read: before [`Input::Start`] and after every reload all of them, then
    /// whatever has changed.
    Read {
        /// Which object.
        object: ObjectIx,
        /// What it says.
        reading: Reading,
        /// How long it has to go on saying so.
        wait: Wait,
    },
    /// Interface of `router` is usable or not (carrier, admin state, existence), or its source
    /// address came or went.
    Link {
        /// Which router.
        router: RouterIx,
        /// Usable?
        up: bool,
        /// Why, for people: "interface ens34 down".
        reason: String,
        /// It counts without a delay: the interface does not exist, or it is about addresses.
        at_once: bool,
    },
    /// `router` sends from another address from now on: its interface got its first one after the
    /// start, or lost the one that was chosen. Ties are decided, and version 3 checksums made,
    /// with it. Lasts over a reload whose configuration names none (0.0.0.0, ::).
    SourceAddress {
        /// Which router.
        router: RouterIx,
        /// The address.
        address: IpAddr,
    },
    /// BFD has heard nothing from this address for its detection time: who was master there is out
    /// of reach. Not to be given when the neighbour said itself that its session is down.
    PathDown {
        /// The neighbour's address.
        address: IpAddr,
    },
    /// A virtual address of a master vanished without our doing.
    AddressLost {
        /// Which router.
        router: RouterIx,
        /// Which address.
        address: IpAddr,
    },
    /// A route or rule of a master vanished without our doing.
    RoutingLost {
        /// Which router.
        router: RouterIx,
        /// Which route or rule, for people.
        what: String,
    },
    /// None of the router's addresses could be added: it cannot be master. Not to be given when
    /// only some failed (the original logs those and stays master): a slip in one address, made on
    /// all nodes, would take the others away from everybody.
    EffectFailed {
        /// Which router.
        router: RouterIx,
        /// For people.
        reason: String,
    },
    /// The driver is about to be occupied for a while (with reading a new configuration): masters
    /// advertise first, and then have an interval's time, so that nobody waits longer than that.
    Occupied,
    /// New configuration: matching routers keep their state, others stop or start.
    Reconfigure(Config),
    /// While this node leaves, another one announced a virtual address as its own.
    AddressTaken {
        /// Which router.
        router: RouterIx,
        /// Which address.
        address: IpAddr,
        /// The router has no other address left.
        last: bool,
    },
    /// Stop: release mastership and clean up. Masters keep their addresses until they are replaced
    /// ([`crate::Effect::YieldAddress`]); a second time: not any longer. Nothing but clean-up
    /// effects follow.
    Shutdown,
}

/// What came with a packet besides its addresses and its message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Envelope {
    /// The packet came as IP protocol 51, and this was in front of the message.
    pub ah: Option<Protection>,
    /// How long before now it arrived; zero when that is not known. A process that was stopped
    /// for a while must not take what waited for it for something old that is sent again.
    pub age: Duration,
}

/// What a tracked object says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Interface or session up, enough processes.
    Good,
    /// The opposite.
    Bad,
    /// A file's number.
    Number(i32),
}

/// How long a tracked object has to go on saying the same before it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// `up_delay` if it is good, `down_delay` if it is bad.
    Usual,
    /// `up_delay`: a process that has forked may run another program at once (`fork_delay`).
    Up,
    /// `down_delay`: a process that has ended may be replaced at once (`terminate_delay`).
    Down,
    /// Not at all.
    None,
}

/// How a script run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScriptOutcome {
    /// Exit status; 0 is good.
    Exited(i32),
    /// Ended by a signal.
    Signaled(i32),
    /// Had to be killed by its timeout.
    TimedOut,
    /// It takes longer than it may, which counts as a failure from now on: nobody knows when, or
    /// whether, it can be ended. Its end is told, too, and says nothing more.
    Overdue,
    /// Could not be started.
    NotStarted(String),
}
