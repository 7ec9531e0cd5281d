//! What the engine wants done, and what it tells.

use core::net::IpAddr;
use core::time::Duration;

use base::{Priority, VrId};
use serde::{Deserialize, Serialize};

use crate::config::{GroupIx, ObjectIx, ObjectKind, RouterIx, ScriptIx};

/// Protocol state of a virtual router. RFC 9568 calls `Master` Active.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum State {
    /// Not started.
    Init,
    /// Listening.
    Backup,
    /// Advertising.
    Master,
    /// Something tracked failed.
    Fault,
}

/// Something to do. Performed in order. The [`Event::Transition`] of a change of state comes after
/// the adverts and address effects that belong to it, so that whoever is notified by it finds the
/// addresses in place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Send one advert to one destination: the router's group, or one of its peers (the version 3
    /// checksum covers the destination, so every peer gets its own). `packet` is the VRRP message
    /// (checksum filled in for IPv4; zero for IPv6, where the kernel fills it).
    SendAdvert {
        /// Which router.
        router: RouterIx,
        /// Group or peer.
        to: IpAddr,
        /// What is in it (0 = release), for log and page.
        priority: Priority,
        /// VRRP message.
        packet: Vec<u8>,
        /// With `auth_type AH`: the number in the authentication header, which the performer puts
        /// around it (see [`crate::packet::ipv4`]) as its digest covers the IP header.
        number: Option<u32>,
    },
    /// Put the router's virtual addresses on their interfaces, and then its routes and rules.
    AddAddresses {
        /// Which router.
        router: RouterIx,
    },
    /// Take them off, rules and routes first.
    RemoveAddresses {
        /// Which router.
        router: RouterIx,
    },
    /// Take one of them off: the router leaves, and another node has it.
    YieldAddress {
        /// Which router.
        router: RouterIx,
        /// Which address.
        address: IpAddr,
    },
    /// The configuration changed under a master: hold what the new one lists. What both
    /// list is not touched; new addresses are announced `announce` times.
    UpdateAddresses {
        /// Which router, in the new configuration.
        router: RouterIx,
        /// The same router in the old configuration.
        previous: RouterIx,
        /// Packets per new address.
        announce: u32,
    },
    /// Handling [`crate::Input::Reconfigure`] has come to the point where indices change their
    /// meaning: effects before this one name routers and scripts of the old configuration, effects
    /// after it those of the new one.
    Reconfigured {
        /// Old index to new one; `None` is a router that has just been stopped.
        routers: Vec<Option<RouterIx>>,
        /// Old index to new one; `None` is a script that is gone or starts anew: a run of it that
        /// is still going is killed and its end not reported.
        scripts: Vec<Option<ScriptIx>>,
    },
    /// Announce every address of the router `repeat` times.
    Announce {
        /// Which router.
        router: RouterIx,
        /// Packets per address.
        repeat: u32,
    },
    /// Announce one address on each interface that `garp_extra_if` is about, once.
    AnnounceExtra {
        /// Which router.
        router: RouterIx,
    },
    /// Start a tracking script. Its end comes back as `Input::ScriptExit`; the performer enforces
    /// `timeout` (TERM to the process group, KILL two seconds later).
    RunScript {
        /// Which script.
        script: ScriptIx,
        /// Limit of this run.
        timeout: Duration,
    },
    /// Something worth telling: logs, notify, history, timeline and metrics read these.
    Event(Event),
}

impl Effect {
    /// The router this is about. Its snapshot may have changed with it.
    #[must_use]
    pub const fn router(&self) -> Option<RouterIx> {
        match self {
            Self::SendAdvert { router, .. }
            | Self::AddAddresses { router }
            | Self::RemoveAddresses { router }
            | Self::YieldAddress { router, .. }
            | Self::UpdateAddresses { router, .. }
            | Self::Announce { router, .. }
            | Self::AnnounceExtra { router } => Some(*router),
            Self::Event(event) => event.router(),
            Self::Reconfigured { .. } | Self::RunScript { .. } => None,
        }
    }
}

/// Something worth telling.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// A router changed state.
    Transition {
        /// Which router.
        router: RouterIx,
        /// Before.
        from: State,
        /// After.
        to: State,
        /// Why, with the numbers it was decided on.
        cause: Cause,
    },
    /// Effective priority changed.
    PriorityChanged {
        /// Which router.
        router: RouterIx,
        /// Before.
        from: Priority,
        /// After.
        to: Priority,
        /// Name of the tracked object that did it.
        tracker: String,
        /// Whether that object is now good.
        good: bool,
    },
    /// A script's verdict changed (or its first verdict came).
    ScriptVerdict {
        /// Which script.
        script: ScriptIx,
        /// Good or bad.
        good: bool,
        /// "exited with status 1", "timed_out".
        how: String,
        /// First verdict since the script was started.
        first: bool,
    },
    /// What counts of a tracked object has changed (or was read for the first time, unless good).
    ObjectVerdict {
        /// Which object.
        object: ObjectIx,
        /// Good or bad; a file is good at 0.
        good: bool,
        /// A file's number.
        number: Option<i32>,
    },
    /// A run was due while the last one was still going.
    ScriptStillRunning {
        /// Which script.
        script: ScriptIx,
        /// That takes longer than it may, and has been told to end.
        overdue: bool,
    },
    /// A packet was refused (or, for [`Refusal::AddressList`] and [`Refusal::ClockSkew`], only
    /// looks wrong). Told twice for
    /// each cause while a router stays in a state; the statistics count all.
    PacketRefused {
        /// Which router.
        router: RouterIx,
        /// From whom.
        source: IpAddr,
        /// Why; the performer words it like the original.
        reason: Refusal,
    },
    /// A lower-priority master was heard while we are master.
    LowerPriorityHeard {
        /// Which router.
        router: RouterIx,
        /// From whom.
        source: IpAddr,
        /// Its priority.
        priority: Priority,
    },
    /// A lower-priority advert was heard while we wait to preempt its sender; it does not restart
    /// our timer.
    LowerPriorityDiscarded {
        /// Which router.
        router: RouterIx,
        /// From whom.
        source: IpAddr,
        /// Its priority.
        theirs: Priority,
        /// Ours.
        ours: Priority,
    },
    /// The master's priority fell below ours between two of its adverts: we take over after `skew`
    /// unless someone else does.
    MasterLowered {
        /// Which router.
        router: RouterIx,
        /// From whom.
        source: IpAddr,
        /// Its priority before.
        from: Priority,
        /// Its priority now.
        to: Priority,
        /// How long we wait.
        skew: Duration,
    },
    /// The master said priority 0 while we are backup: we take over after `skew` unless someone
    /// else does.
    MasterReleasing {
        /// Which router.
        router: RouterIx,
        /// From whom.
        source: IpAddr,
        /// How long we wait.
        skew: Duration,
    },
    /// Our timer ran out, but another member of the sync group still has a master; both become
    /// master when neither has.
    HeldByGroup {
        /// Which router.
        router: RouterIx,
        /// For how long nobody else advertised.
        waited: Duration,
        /// The other member.
        member: RouterIx,
    },
    /// A master is heard again that our sync group has kept us from replacing.
    NoLongerHeld {
        /// Which router.
        router: RouterIx,
        /// From whom.
        source: IpAddr,
    },
    /// Priority 0 was heard while we are master; we answer with an advert at once.
    ReleaseHeard {
        /// Which router.
        router: RouterIx,
        /// From whom.
        source: IpAddr,
    },
    /// `preempt_delay` began with this lower-priority advert.
    PreemptDelayStarted {
        /// Which router.
        router: RouterIx,
        /// From whom.
        source: IpAddr,
        /// Its priority.
        priority: Priority,
        /// How long it lasts.
        delay: Duration,
    },
    /// `preempt_delay` ended early: the master is no longer lower than we are.
    PreemptDelayStopped {
        /// Which router.
        router: RouterIx,
    },
    /// The version 3 master advertises at another interval than the one we reckoned with.
    MasterIntervalChanged {
        /// Which router.
        router: RouterIx,
        /// Before.
        from: Duration,
        /// Now.
        to: Duration,
    },
    /// As master we heard an advert with our own source address and priority: a loop, or a host
    /// with the same address.
    OwnAdvertHeard {
        /// Which router.
        router: RouterIx,
        /// That address.
        source: IpAddr,
    },
    /// Another node says that it owns the addresses, too (priority 255).
    DuplicateOwner {
        /// Which router.
        router: RouterIx,
        /// Who.
        source: IpAddr,
    },
    /// A unicast peer sums as releases before 1.3.6; our checksums are like its from now on.
    OldChecksums {
        /// Which router.
        router: RouterIx,
        /// Who.
        source: IpAddr,
    },
    /// An advert of a virtual router that this node does not have (`log_unknown_vrids`). Told once
    /// a minute for each VRID and place.
    UnknownVrid {
        /// The interface, or the address of ours that it was sent to.
        place: String,
        /// Of the virtual router.
        vrid: VrId,
        /// From whom.
        source: IpAddr,
    },
    /// The release advert was sent.
    Released {
        /// Which router.
        router: RouterIx,
    },
    /// While we leave, the next master has spoken.
    Succeeded {
        /// Which router.
        router: RouterIx,
        /// Who.
        source: IpAddr,
        /// Its priority.
        priority: Priority,
    },
    /// The other members of a sync group follow one that went to `to`.
    GroupFollows {
        /// Which group.
        group: GroupIx,
        /// Where to.
        to: State,
    },
    /// All members of a sync group have come to a state.
    GroupTransition {
        /// Which group.
        group: GroupIx,
        /// Where they were together before.
        from: State,
        /// Where they are.
        to: State,
    },
    /// Nothing more will come after `Input::Shutdown`.
    Stopped,
}

impl Event {
    /// The router this is about.
    #[must_use]
    pub const fn router(&self) -> Option<RouterIx> {
        match self {
            Self::Transition { router, .. }
            | Self::PriorityChanged { router, .. }
            | Self::PacketRefused { router, .. }
            | Self::LowerPriorityHeard { router, .. }
            | Self::LowerPriorityDiscarded { router, .. }
            | Self::MasterLowered { router, .. }
            | Self::MasterReleasing { router, .. }
            | Self::HeldByGroup { router, .. }
            | Self::NoLongerHeld { router, .. }
            | Self::ReleaseHeard { router, .. }
            | Self::PreemptDelayStarted { router, .. }
            | Self::PreemptDelayStopped { router }
            | Self::MasterIntervalChanged { router, .. }
            | Self::OwnAdvertHeard { router, .. }
            | Self::DuplicateOwner { router, .. }
            | Self::OldChecksums { router, .. }
            | Self::Succeeded { router, .. }
            | Self::Released { router } => Some(*router),
            Self::UnknownVrid { .. }
            | Self::ScriptVerdict { .. }
            | Self::ObjectVerdict { .. }
            | Self::ScriptStillRunning { .. }
            | Self::GroupFollows { .. }
            | Self::GroupTransition { .. }
            | Self::Stopped => None,
        }
    }
}

/// Why a state changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cause {
    /// Daemon start (or instance added by reload).
    Start,
    /// The master was silent for `waited` (down_timer_adverts × interval + skew).
    MasterDown {
        /// How long it took.
        waited: Duration,
        /// Who was last heard, with priority.
        last: Option<(IpAddr, Priority)>,
    },
    /// BFD has lost the master, and is believed (`bfd_master_down`).
    MasterUnreachable {
        /// Who.
        source: IpAddr,
        /// Since its last advert.
        waited: Duration,
    },
    /// The master said priority 0.
    MasterReleased {
        /// Who.
        source: IpAddr,
        /// Skew waited.
        waited: Duration,
    },
    /// Higher priority, or equal priority and higher address, heard.
    BetterMaster {
        /// Who.
        source: IpAddr,
        /// Its priority.
        theirs: Priority,
        /// Ours.
        ours: Priority,
    },
    /// We are higher than the master heard, and preemption is on.
    Preempt {
        /// Who.
        source: IpAddr,
        /// Its priority.
        theirs: Priority,
        /// Ours.
        ours: Priority,
    },
    /// As master we were so late with our advert that another node has taken over
    /// (`timer_expired_backup`).
    TimerExpired {
        /// Since the last advert of ours.
        silent: Duration,
    },
    /// Address owner: no election.
    Owner,
    /// A weight-0 script is bad.
    ScriptFailed {
        /// Its name.
        script: String,
    },
    /// A tracked object of weight 0 is bad, or a file's number times its weight is too low.
    ObjectBad {
        /// What it is.
        kind: ObjectKind,
        /// Its name.
        name: String,
        /// A file's number.
        value: Option<i32>,
    },
    /// The last fault has gone.
    FaultsCleared,
    /// Link or source address trouble.
    Link {
        /// For people.
        reason: String,
    },
    /// A virtual address was deleted by someone.
    AddressLost {
        /// Which.
        address: IpAddr,
    },
    /// A route or rule was deleted by someone.
    RoutingLost {
        /// Which, for people.
        what: String,
    },
    /// The performer could not do what being master needs.
    EffectFailed {
        /// For people.
        reason: String,
    },
    /// The daemon stops.
    Stop,
    /// A reload brought a configuration without this router.
    Dropped,
    /// Another member of the sync group went there, or something is wrong with it.
    Synced {
        /// The group.
        group: Box<str>,
        /// The member that led.
        member: Box<str>,
    },
}

/// Why a packet was refused; the order is the order of the checks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refusal {
    /// An authentication header where none is wanted, or none where one is.
    AhPresence { wanted: bool },
    /// Too short or lengths disagree.
    Length { got: usize, wanted: usize },
    /// Multicast with TTL other than 255, or a peer outside its range.
    Ttl { got: u8 },
    /// Version nibble differs.
    Version { got: u8, wanted: u8 },
    /// No trailer, though `auth_hmac` demands one.
    TrailerMissing,
    /// A trailer of another type, or with a reserved bit set.
    TrailerMalformed,
    /// A trailer from another time than ours, by more than the clocks may differ; `skew` is how
    /// many seconds it is old (negative: ahead).
    TrailerStale { skew: i32, window: u16 },
    /// A trailer made with a key that we do not have.
    TrailerKey { id: u8 },
    /// A trailer that its key does not give for the message.
    TrailerDigest,
    /// A trailer that is not newer than the last one of its sender.
    TrailerReplay,
    /// A good trailer, but soon it will be stale (only warned about).
    ClockSkew { skew: i32, window: u16 },
    /// An authentication type that does not exist.
    AuthUnknown { got: u8 },
    /// Authentication type differs.
    AuthType { got: u8, wanted: u8 },
    /// Password differs.
    AuthPass,
    /// The digest of an authentication header is not what our key gives.
    AhDigest,
    /// An authentication header speaks for another source than the packet has.
    AhSpi { got: u32, wanted: u32 },
    /// An authentication header's number is not above the highest one sent or heard.
    AhNumber { got: u32, highest: u32 },
    /// Version 2 interval differs (seconds).
    AdvertInterval { got: u8, wanted: u8 },
    /// Not an ADVERTISEMENT.
    Type { got: u8 },
    /// Checksum wrong.
    Checksum { version: u8, got: u16, wanted: u16 },
    /// Sent to a group while we are unicast, or the other way round.
    CastMismatch,
    /// We own the addresses and do not listen to others (`owner_ignore_adverts`).
    OwnerIgnores,
    /// Source is none of the unicast peers.
    UnknownPeer,
    /// Address lists differ (only warned about).
    AddressList(Unlike),
}

/// How the addresses of an advert differ from ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unlike {
    /// More or fewer.
    Count {
        /// In the advert.
        got: usize,
        /// Ours.
        wanted: usize,
    },
    /// One of ours is not in the advert.
    Missing {
        /// Whose it is.
        vrid: VrId,
        /// Which one.
        address: IpAddr,
    },
}

impl Refusal {
    /// How many kinds there are.
    pub const KINDS: usize = 24;

    /// A number for the kind, below [`Self::KINDS`].
    #[must_use]
    pub const fn kind(&self) -> usize {
        match self {
            Self::Length { .. } => 0,
            Self::Ttl { .. } => 1,
            Self::Version { .. } => 2,
            Self::AuthType { .. } => 3,
            Self::AuthPass => 4,
            Self::AdvertInterval { .. } => 5,
            Self::Type { .. } => 6,
            Self::Checksum { .. } => 7,
            Self::CastMismatch => 8,
            Self::UnknownPeer => 9,
            Self::AddressList(_) => 10,
            Self::AhPresence { .. } => 11,
            Self::AuthUnknown { .. } => 12,
            Self::AhDigest => 13,
            Self::AhSpi { .. } => 14,
            Self::AhNumber { .. } => 15,
            Self::TrailerMissing => 16,
            Self::TrailerMalformed => 17,
            Self::TrailerStale { .. } => 18,
            Self::TrailerKey { .. } => 19,
            Self::TrailerDigest => 20,
            Self::TrailerReplay => 21,
            Self::ClockSkew { .. } => 22,
            Self::OwnerIgnores => 23,
        }
    }
}
