//! Virtual routers and what they track, as `keepalived.conf` says it.

mod auth;
mod bfd;
mod defaults;
mod group;
mod track;

use core::net::IpAddr;
use core::time::Duration;

use base::{Priority, VrId};
use serde::{Deserialize, Serialize};

pub use crate::ast::address::{AddressLine, Broadcast, UseVmac};
use crate::ast::leaf::{Command, Node, Rejected, Setting, Spanned, User};
use crate::ast::route::Route;
use crate::ast::rule::Rule;

pub use auth::{AntiReplay, AuthHmac, AuthType, Authentication, HmacKey, HmacMode, Secret};
pub use bfd::BfdInstance;
pub use defaults::{Defaults, DynamicInterfaces, ExtraAnnouncements, ReceiveBuffers};
pub use group::{GarpGroup, SyncGroup, TrackGroup};
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

/// When addresses are announced; `None` falls back to the defaults.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Garp {
    /// Second burst.
    pub delay: Option<Spanned<Duration>>,
    /// Packets per address and burst.
    pub repeat: Option<Spanned<u32>>,
    /// Period of announcements as master.
    pub refresh: Option<Spanned<Duration>>,
    /// Packets per period.
    pub refresh_repeat: Option<Spanned<u32>>,
    /// Second burst after a lower-priority master was heard.
    pub lower_prio_delay: Option<Spanned<Duration>>,
    /// Packets after a lower-priority master was heard.
    pub lower_prio_repeat: Option<Spanned<u32>>,
}

/// One `vrrp_script`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Script {
    /// Its name.
    pub name: Spanned<String>,
    /// `script`
    pub command: Option<Spanned<Command>>,
    /// `interval`
    pub interval: Option<Spanned<Duration>>,
    /// `timeout`
    pub timeout: Option<Spanned<Duration>>,
    /// `weight`
    pub weight: Option<Spanned<TrackWeight>>,
    /// `rise`
    pub rise: Option<Spanned<u32>>,
    /// `fall`
    pub fall: Option<Spanned<u32>>,
    /// `user`
    pub user: Option<Spanned<User>>,
    /// `init_fail`
    pub init_fail: bool,
    /// Keywords whose value was wrong.
    #[serde(skip)]
    pub rejected: Rejected,
}

/// `state`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum InitialState {
    /// MASTER
    Master,
    /// BACKUP
    Backup,
}

/// One `vrrp_instance`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Instance {
    /// Its name.
    pub name: Spanned<String>,
    /// `state`
    pub state: Option<Spanned<InitialState>>,
    /// `interface`
    pub interface: Option<Spanned<String>>,
    /// `virtual_router_id`
    pub vrid: Option<Spanned<VrId>>,
    /// `priority`
    pub priority: Option<Spanned<Priority>>,
    /// `advert_int`
    pub advert_int: Option<Spanned<Duration>>,
    /// `version`
    pub version: Option<Spanned<u8>>,
    /// `native_ipv6`
    pub native_ipv6: bool,
    /// `virtual_ipaddress`
    pub addresses: Vec<AddressLine>,
    /// `virtual_ipaddress_excluded`
    pub excluded: Vec<AddressLine>,
    /// `virtual_routes`
    pub routes: Vec<Route>,
    /// `virtual_rules`
    pub rules: Vec<Spanned<Rule>>,
    /// `no_virtual_ipaddress`
    pub no_virtual_ipaddress: bool,
    /// `mcast_src_ip`
    pub mcast_src_ip: Option<Spanned<IpAddr>>,
    /// `unicast_src_ip`
    pub unicast_src_ip: Option<Spanned<IpAddr>>,
    /// `mcast_dst_ip`
    pub mcast_dst_ip: Option<Spanned<IpAddr>>,
    /// `unicast_peer`; `None` when there is no such block.
    pub unicast_peers: Option<Spanned<Vec<Peer>>>,
    /// `unicast_ttl`
    pub unicast_ttl: Option<Spanned<u8>>,
    /// `unicast_fault_no_peer`
    pub unicast_fault_no_peer: bool,
    /// `check_unicast_src`
    pub check_unicast_src: Option<bool>,
    /// `preempt` (true), `nopreempt` (false)
    pub preempt: Option<Spanned<bool>>,
    /// `preempt_delay`
    pub preempt_delay: Option<Spanned<Duration>>,
    /// `down_timer_adverts`
    pub down_timer_adverts: Option<Spanned<u8>>,
    /// `skip_check_adv_addr`
    pub skip_check_adv_addr: Option<bool>,
    /// `lower_prio_no_advert`
    pub lower_prio_no_advert: Option<bool>,
    /// `higher_prio_send_advert`
    pub higher_prio_send_advert: Option<bool>,
    /// `garp_…`
    pub garp: Garp,
    /// `track_interface`
    pub track_interfaces: Vec<TrackLine>,
    /// `track_script`
    pub track_scripts: Vec<TrackLine>,
    /// `track_file`
    pub track_files: Vec<TrackLine>,
    /// `track_process`
    pub track_processes: Vec<TrackLine>,
    /// `track_bfd`
    pub track_bfds: Vec<TrackLine>,
    /// `notify…`
    pub notify: Notify,
    /// `authentication`
    pub authentication: Option<Spanned<Authentication>>,
    /// `auth_hmac`
    pub auth_hmac: Option<Spanned<AuthHmac>>,
    /// Keywords whose value was wrong.
    #[serde(skip)]
    pub rejected: Rejected,
    /// Keywords that are only kept.
    pub kept: Vec<Setting>,
}

impl Node for Instance {
    fn keep(&mut self, setting: Setting) {
        self.kept.push(setting);
    }

    fn reject(&mut self, keyword: &'static str) {
        self.rejected.0.push(keyword);
    }
}

impl Node for Script {
    fn reject(&mut self, keyword: &'static str) {
        self.rejected.0.push(keyword);
    }
}

/// One entry of `unicast_peer`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Peer {
    /// Where adverts go.
    pub address: Spanned<IpAddr>,
    /// `min_ttl`
    pub min_ttl: Option<u8>,
    /// `max_ttl`
    pub max_ttl: Option<u8>,
}

/// `notify…` commands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Notify {
    /// `notify_master`
    pub master: Option<Spanned<Command>>,
    /// `notify_backup`
    pub backup: Option<Spanned<Command>>,
    /// `notify_fault`
    pub fault: Option<Spanned<Command>>,
    /// `notify_stop`
    pub stop: Option<Spanned<Command>>,
    /// `notify_deleted`
    pub deleted: Option<Spanned<Command>>,
    /// `notify`
    pub any: Option<Spanned<Command>>,
    /// `notify_master_rx_lower_pri`
    pub master_rx_lower_pri: Option<Spanned<Command>>,
}
