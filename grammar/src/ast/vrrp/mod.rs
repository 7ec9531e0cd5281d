//! Virtual routers and what they track, as `keepalived.conf` says it.

mod auth;
mod bfd;
mod defaults;
mod garp;
mod group;
mod instance;
mod link;
mod notify;
mod script;
mod track;

use serde::{Deserialize, Serialize};

pub use crate::ast::address::{AddressLine, Broadcast, UseVmac};
use crate::ast::leaf::Spanned;
use crate::ast::route::Route;
use crate::ast::rule::Rule;

pub use auth::{AntiReplay, AuthHmac, AuthType, Authentication, HmacKey, HmacMode, Secret};
pub use bfd::BfdInstance;
pub use defaults::{Defaults, DynamicInterfaces, ExtraAnnouncements, ReceiveBuffers};
pub use garp::{Garp, GarpExtraIf};
pub use group::{GarpGroup, SyncGroup, TrackGroup};
pub use instance::{InitialState, Instance, OldChecksum, Peer};
pub use link::{Ipvlan, IpvlanMode, Vmac};
pub use notify::Notify;
pub use script::Script;
pub use track::{InitFile, ParamMatch, TrackFile, TrackLine, TrackProcess, TrackWeight};

/// Everything about VRRP.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Vrrp {
    /// `vrrp_…` of `global_defs`.
    pub defaults: Defaults,
    /// `vrrp_script`
    pub scripts: Vec<Script>,
    /// `track_file` and `vrrp_track_file`
    pub track_files: Vec<TrackFile>,
    /// `vrrp_track_process`
    pub track_processes: Vec<TrackProcess>,
    /// `bfd_instance`
    pub bfd_instances: Vec<BfdInstance>,
    /// `vrrp_instance`
    pub instances: Vec<Instance>,
    /// `static_ipaddress`
    pub static_addresses: Vec<AddressLine>,
    /// `static_routes`
    pub static_routes: Vec<Route>,
    /// `static_rules`
    pub static_rules: Vec<Spanned<Rule>>,
    /// `vrrp_sync_group`
    pub sync_groups: Vec<SyncGroup>,
    /// `track_group`
    pub track_groups: Vec<TrackGroup>,
    /// `garp_group`
    pub garp_groups: Vec<GarpGroup>,
}
