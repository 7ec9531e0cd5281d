//! What the engine runs: validated, immutable, without spans or defaults left to fill in.

use core::net::IpAddr;
use core::ops::{Deref, DerefMut};
use core::time::Duration;
use std::sync::Arc;

use base::{Family, Priority, VrId, Weight};
use serde::{Deserialize, Serialize};

pub use crate::auth::{Auth, Hmac, Key, Mode};
pub use crate::routers::Routers;

/// Index of a virtual router in [`Config::routers`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RouterIx(pub u32);

/// Index of a tracking script in [`Config::scripts`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ScriptIx(pub u32);

/// Index of a sync group in [`Config::groups`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct GroupIx(pub u32);

/// Index of a tracked object in [`Config::objects`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ObjectIx(pub u32);

/// Everything one node's VRRP side does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// `vrrp_instance` blocks in file order.
    pub routers: Routers,
    /// `vrrp_script` blocks that something tracks, in file order.
    pub scripts: Vec<Script>,
    /// Interfaces, files, processes and BFD sessions that something tracks.
    pub objects: Vec<Object>,
    /// `vrrp_sync_group` blocks in file order.
    pub groups: Vec<SyncGroup>,
    /// `log_unknown_vrids`: adverts of virtual routers that are not ours are told.
    pub log_unknown_vrids: bool,
    /// `interface_up_down_delays` of interfaces that adverts are sent over, one entry each.
    pub link_delays: Vec<LinkDelay>,
}

/// How long an interface must be down or up before it counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkDelay {
    /// Its name, as in [`RouterKey::interface`].
    pub interface: Arc<str>,
    /// Down, or without carrier.
    pub down: Duration,
    /// Up, with carrier.
    pub up: Duration,
}

/// Virtual routers that are always in the same state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncGroup {
    /// Its name.
    pub name: String,
    /// Who belongs to it; a router belongs to one group at most.
    pub members: Vec<RouterIx>,
}

/// What makes two virtual routers of two configurations the same one (reload matches by it,
/// not by name).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RouterKey {
    /// `virtual_router_id`
    pub vrid: VrId,
    /// Family of the first virtual address.
    pub family: Family,
    /// `interface`; empty where unicast needs none.
    pub interface: Arc<str>,
    /// `unicast_src_ip`, when unicast.
    pub unicast_source: Option<IpAddr>,
    /// Multicast group, when multicast.
    pub group: Option<IpAddr>,
    /// The first of its peers, where another router has all of the above, too.
    pub peer: Option<IpAddr>,
}

/// Protocol version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Version {
    /// RFC 3768
    V2,
    /// RFC 5798
    V3,
}

/// One `vrrp_instance`: what it alone has, and its policy, as which it reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Router {
    /// Name in the file; only for people.
    pub name: String,
    /// Identity across reloads.
    pub key: RouterKey,
    /// The macvlan or ipvlan that adverts leave by, where they do not leave by the interface itself.
    pub link: Option<Arc<str>>,
    /// Base priority, before tracking.
    pub priority: Priority,
    /// Address our adverts come from; ties in priority are decided by it.
    pub source: IpAddr,
    /// Addresses listed in adverts, in file order (`virtual_ipaddress`, not the excluded ones).
    pub addresses: Vec<IpAddr>,
    /// What many have alike; there may be thousands of routers, so those share it.
    pub policy: Arc<Policy>,
}

impl Router {
    /// The same with what `change` does to it.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }
}

impl Deref for Router {
    type Target = Policy;

    fn deref(&self) -> &Policy {
        &self.policy
    }
}

impl DerefMut for Router {
    /// Others keep the policy that they shared.
    fn deref_mut(&mut self) -> &mut Policy {
        Arc::make_mut(&mut self.policy)
    }
}

/// How a virtual router takes part, whichever it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Policy {
    /// `version`
    pub version: Version,
    /// `state BACKUP` is written: an owner then waits its down timer like everybody else instead
    /// of becoming master at once. Without effect at other priorities.
    pub initial_backup: bool,
    /// `advert_int`, already rounded to what the version can express.
    pub advert_interval: Duration,
    /// False with `nopreempt` (already cleared for `state MASTER` and for owners).
    pub preempt: bool,
    /// `preempt_delay`; zero when none.
    pub preempt_delay: Duration,
    /// `down_timer_adverts`, 1 to 100.
    pub down_timer_adverts: u8,
    /// `authentication` or `auth_hmac`.
    pub auth: Auth,
    /// `vrf`, of a unicast router without an interface: the device that its sockets are bound to.
    pub vrf: Option<String>,
    /// How adverts travel.
    pub transport: Transport,
    /// Address announcements as master.
    pub garp: Garp,
    /// `lower_prio_no_advert`
    pub lower_prio_no_advert: bool,
    /// `higher_prio_send_advert`
    pub higher_prio_send_advert: bool,
    /// `skip_check_adv_addr`
    pub skip_check_adv_addr: bool,
    /// `check_unicast_src`
    pub check_unicast_src: bool,
    /// `owner_ignore_adverts` of an owner: what others advertise is dropped.
    pub owner_ignores_adverts: bool,
    /// `old_unicast_checksum` and `v3_checksum_as_v2`.
    pub checksum: Checksum,
    /// `timer_expired_backup`: the highest priority that others may have. A master so late with its
    /// advert that one of them has taken over is backup then.
    pub timer_expired_backup: Option<Priority>,
    /// `compat_timing`: nothing that the original would not do at that time.
    pub compat_timing: bool,
    /// `bfd_master_down`: a master that BFD says is out of reach is not waited for.
    pub bfd_master_down: bool,
    /// `dont_track_primary`: that the link is down does not count; that it does not exist, or lacks
    /// the source address, does.
    pub ignores_link: bool,
    /// `unicast_fault_no_peer` without peers, or another reason to start (and stay) in FAULT.
    pub start_fault: Option<String>,
    /// What `track_script` lists.
    pub track_scripts: Vec<TrackScript>,
    /// What `track_interface`, `track_file`, `track_process` and `track_bfd` list.
    pub tracks: Vec<Track>,
}

/// The original's defaults (keepalived.conf(5) vrrp_instance), for version 2 and IPv4.
impl Default for Policy {
    fn default() -> Self {
        Self {
            version: Version::V2,
            initial_backup: false,
            advert_interval: Duration::from_secs(1),
            preempt: true,
            preempt_delay: Duration::ZERO,
            down_timer_adverts: 3,
            auth: Auth::None,
            vrf: None,
            transport: Transport::Multicast {
                group: [224, 0, 0, 18].into(),
            },
            garp: Garp::default(),
            lower_prio_no_advert: false,
            higher_prio_send_advert: false,
            skip_check_adv_addr: false,
            check_unicast_src: false,
            owner_ignores_adverts: false,
            checksum: Checksum::Addresses,
            timer_expired_backup: None,
            compat_timing: false,
            bfd_master_down: false,
            ignores_link: false,
            start_fault: None,
            track_scripts: Vec::new(),
            tracks: Vec::new(),
        }
    }
}

/// What checksums of version 3 over IPv4 cover besides the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Checksum {
    /// Source and destination of the packet (RFC 5798 §5.2.8).
    Addresses,
    /// The same, until a unicast peer is heard whose sums have this group for the destination, as
    /// those of keepalived before 1.3.6: from then on ours have it, too.
    Either(IpAddr),
    /// The source and this group, whatever the destination (`old_unicast_checksum`).
    Group(IpAddr),
    /// Nothing (`v3_checksum_as_v2`).
    Message,
}

/// How adverts travel.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Transport {
    /// To a group, TTL 255.
    Multicast {
        /// 224.0.0.18 or ff02::12 unless configured.
        group: IpAddr,
    },
    /// To each peer.
    Unicast {
        /// `unicast_peer`
        peers: Vec<Peer>,
        /// `unicast_ttl`
        ttl: u8,
    },
}

/// A unicast peer and the TTL range accepted from it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Peer {
    /// Where adverts go.
    pub address: IpAddr,
    /// `min_ttl`
    pub min_ttl: u8,
    /// `max_ttl`
    pub max_ttl: u8,
}

/// When addresses are announced (gratuitous ARP, unsolicited NA).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Garp {
    /// `garp_master_repeat`: packets per address at once.
    pub repeat: u32,
    /// `garp_master_delay`: the second burst comes this long after becoming master; zero: none.
    pub delay: Duration,
    /// `garp_master_refresh`; zero: never.
    pub refresh: Duration,
    /// `garp_master_refresh_repeat`
    pub refresh_repeat: u32,
    /// `garp_lower_prio_repeat`
    pub lower_prio_repeat: u32,
    /// `garp_lower_prio_delay`
    pub lower_prio_delay: Duration,
    /// `garp_extra_if`: how often the interfaces that adverts do not leave by are reminded of; zero:
    /// never.
    pub extra: Duration,
}

/// The original's.
impl Default for Garp {
    fn default() -> Self {
        Self {
            repeat: 5,
            delay: Duration::from_secs(5),
            refresh: Duration::ZERO,
            refresh_repeat: 1,
            lower_prio_repeat: 5,
            lower_prio_delay: Duration::from_secs(5),
            extra: Duration::ZERO,
        }
    }
}

/// One line of `track_script`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TrackScript {
    /// Which script.
    pub script: ScriptIx,
    /// 0: failing is a fault.
    pub weight: Weight,
    /// `reverse`: good and bad swapped.
    pub reverse: bool,
}

/// One line of `track_interface`, `track_file`, `track_process` or `track_bfd`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Track {
    /// Which object.
    pub object: ObjectIx,
    /// 0: bad is a fault. A file's number is multiplied by it.
    pub weight: Weight,
    /// `reverse`: good and bad swapped, a file's number negated.
    pub reverse: bool,
}

/// What an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ObjectKind {
    /// Good while it is up and has carrier.
    Interface,
    /// Holds a number.
    File,
    /// Good while enough (and not too many) of them run.
    Process,
    /// Good while the session is up.
    Bfd,
}

impl ObjectKind {
    /// As in `track_interface`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Interface => "interface",
            Self::File => "file",
            Self::Process => "process",
            Self::Bfd => "bfd",
        }
    }
}

/// Something tracked that somebody else reads; how to do that is the performer's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// Name in the file.
    pub name: String,
    /// What it is.
    pub kind: ObjectKind,
    /// A changed identity (path, program) has to be read anew on reload, an equal one keeps what
    /// was read.
    pub identity: String,
    /// How long it must be good before that counts (`fork_delay`, `interface_up_down_delays`).
    pub up_delay: Duration,
    /// How long it must be bad before that counts (`terminate_delay`).
    pub down_delay: Duration,
}

/// The schedule and verdict rules of one `vrrp_script`; the command itself is the performer's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// Name in the file.
    pub name: String,
    /// A changed identity (command, user) starts the script anew on reload, an equal one keeps
    /// its verdict.
    pub identity: String,
    /// From start to start.
    pub interval: Duration,
    /// TERM after this, KILL two seconds later.
    pub timeout: Duration,
    /// Successes in a row that make it good.
    pub rise: u32,
    /// Failures in a row that make it bad.
    pub fall: u32,
}
