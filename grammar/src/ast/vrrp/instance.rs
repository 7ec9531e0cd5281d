//! One virtual router.

use core::net::IpAddr;
use core::time::Duration;

use base::{Priority, VrId};
use serde::{Deserialize, Serialize};

use crate::ast::address::AddressLine;
use crate::ast::leaf::{Node, Rejected, Spanned};
use crate::ast::rare::Rare;
use crate::ast::route::Route;
use crate::ast::rule::Rule;
use crate::ast::vrrp::{
    AuthHmac, Authentication, Garp, GarpExtraIf, Ipvlan, Notify, TrackLine, Vmac,
};

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
    #[serde(with = "crate::ast::json::flag")]
    pub native_ipv6: Option<Spanned<()>>,
    /// `virtual_ipaddress`
    pub addresses: Vec<AddressLine>,
    /// `virtual_ipaddress_excluded`
    pub excluded: Vec<AddressLine>,
    /// `virtual_routes`
    pub routes: Vec<Route>,
    /// `virtual_rules`
    pub rules: Vec<Spanned<Rule>>,
    /// `no_virtual_ipaddress`
    #[serde(with = "crate::ast::json::flag")]
    pub no_virtual_ipaddress: Option<Spanned<()>>,
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
    pub check_unicast_src: Option<Spanned<bool>>,
    /// `preempt` (true), `nopreempt` (false)
    pub preempt: Option<Spanned<bool>>,
    /// `preempt_delay`
    pub preempt_delay: Option<Spanned<Duration>>,
    /// `down_timer_adverts`
    pub down_timer_adverts: Option<Spanned<u8>>,
    /// `skip_check_adv_addr`
    pub skip_check_adv_addr: Option<bool>,
    /// `lower_prio_no_advert`
    pub lower_prio_no_advert: Option<Spanned<bool>>,
    /// `higher_prio_send_advert`
    pub higher_prio_send_advert: Option<Spanned<bool>>,
    /// `garp_…`
    pub garp: Rare<Garp>,
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
    pub notify: Rare<Notify>,
    /// `authentication`
    pub authentication: Option<Spanned<Authentication>>,
    /// `auth_hmac`
    pub auth_hmac: Option<Spanned<AuthHmac>>,
    /// `vrf`
    pub vrf: Option<Spanned<String>>,
    /// `promote_secondaries`
    #[serde(with = "crate::ast::json::flag")]
    pub promote_secondaries: Option<Spanned<()>>,
    /// `dont_track_primary`
    pub dont_track_primary: bool,
    /// `linkbeat_use_polling`: moved to the top level.
    pub linkbeat_use_polling: bool,
    /// `lvs_sync_daemon_interface`: moved to `global_defs`.
    pub lvs_sync_daemon_interface: Option<Spanned<String>>,
    /// `garp_extra_if`, also spelt `vmac_garp_intvl`
    pub garp_extra_if: Option<Spanned<GarpExtraIf>>,
    /// `use_vmac`
    pub use_vmac: Option<Spanned<Vmac>>,
    /// `use_vmac_addr`
    pub use_vmac_addr: bool,
    /// `vmac_xmit_base`
    #[serde(with = "crate::ast::json::flag")]
    pub vmac_xmit_base: Option<Spanned<()>>,
    /// `use_ipvlan`
    pub use_ipvlan: Option<Spanned<Ipvlan>>,
    /// `track_src_ip`
    pub track_src_ip: bool,
    /// `old_unicast_checksum`
    pub old_unicast_checksum: Option<Spanned<OldChecksum>>,
    /// `v3_checksum_as_v2`
    pub v3_checksum_as_v2: Option<bool>,
    /// `timer_expired_backup`, also spelt `thread_timer_expired`: 1 to 254.
    pub timer_expired_backup: Option<Spanned<Priority>>,
    /// `accept` (true), `no_accept` (false)
    pub accept: Option<Spanned<bool>>,
    /// `strict_mode`
    pub strict_mode: Option<Spanned<bool>>,
    /// `owner_ignore_adverts`
    pub owner_ignore_adverts: Option<Spanned<bool>>,
    /// `kernel_rx_buf_size`: bytes.
    pub kernel_rx_buf_size: Option<Spanned<u32>>,
    /// `debug`: 0 to 4.
    pub debug: Option<Spanned<u8>>,
    /// `notify_priority_changes`
    pub notify_priority_changes: Option<bool>,
    /// `smtp_alert`
    pub smtp_alert: Option<bool>,
    /// Keywords whose value was wrong.
    #[serde(skip)]
    pub rejected: Rejected,
}

/// `old_unicast_checksum`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OldChecksum {
    /// No word: as releases before 1.3.6 did.
    Always,
    /// `never`: not even when a peer does.
    Never,
}

impl Node for Instance {
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
