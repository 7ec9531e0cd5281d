//! What `global_defs` says about all instances.

use core::net::IpAddr;
use core::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ast::leaf::Spanned;
use crate::ast::vrrp::Garp;

/// Defaults for all instances.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Defaults {
    /// `vrrp_version`
    pub version: Option<Spanned<u8>>,
    /// `vrrp_garp_…`
    pub garp: Garp,
    /// `vrrp_min_garp`
    pub min_garp: Option<bool>,
    /// `vrrp_garp_interval`: gap between announcements, up to 4294.967295 s.
    pub garp_interval: Option<Spanned<Duration>>,
    /// `vrrp_gna_interval`: as `garp_interval`.
    pub gna_interval: Option<Spanned<Duration>>,
    /// `vrrp_garp_extra_if`
    pub extra_announcements: Option<Spanned<ExtraAnnouncements>>,
    /// `vrrp_mcast_group4`
    pub group4: Option<Spanned<IpAddr>>,
    /// `vrrp_mcast_group6`
    pub group6: Option<Spanned<IpAddr>>,
    /// `vrrp_down_timer_adverts`
    pub down_timer_adverts: Option<Spanned<u8>>,
    /// `vrrp_lower_prio_no_advert`
    pub lower_prio_no_advert: Option<bool>,
    /// `vrrp_higher_prio_send_advert`
    pub higher_prio_send_advert: Option<bool>,
    /// `vrrp_owner_ignore_adverts`
    pub owner_ignore_adverts: Option<bool>,
    /// `vrrp_check_unicast_src`
    pub check_unicast_src: Option<bool>,
    /// `vrrp_skip_check_adv_addr`
    pub skip_check_adv_addr: Option<bool>,
    /// `vrrp_strict`
    pub strict: Option<Spanned<bool>>,
    /// `v3_checksum_as_v2`
    pub v3_checksum_as_v2: Option<bool>,
    /// `vrrp_startup_delay`
    pub startup_delay: Option<Spanned<Duration>>,
    /// `vrrp_delay_after_boot`
    pub delay_after_boot: Option<Spanned<Duration>>,
    /// `dynamic_interfaces`
    pub dynamic_interfaces: Option<Spanned<DynamicInterfaces>>,
    /// `default_interface`
    pub default_interface: Option<Spanned<String>>,
    /// `compat_timing`: the original's timing throughout.
    pub compat_timing: Option<bool>,
    /// `bfd_master_down`: a backup takes over when BFD loses the master.
    pub bfd_master_down: Option<bool>,
    /// `sentinel`: a process that acts when all others were killed.
    pub sentinel: Option<bool>,
    /// `notify_ordered`: notify commands of an instance do not overtake each other.
    pub notify_ordered: Option<bool>,
    /// `disable_local_igmp`
    pub disable_local_igmp: bool,
    /// `log_unknown_vrids`
    pub log_unknown_vrids: Option<bool>,
    /// `vrrp_rx_bufs_policy`
    pub receive_buffers: Option<Spanned<ReceiveBuffers>>,
    /// `vrrp_rx_bufs_multiplier`
    pub receive_multiplier: Option<Spanned<u32>>,
    /// `vmac_prefix`
    pub vmac_prefix: Option<Spanned<String>>,
    /// `vmac_addr_prefix`
    pub vmac_addr_prefix: Option<Spanned<String>>,
}

/// `dynamic_interfaces [allow_if_changes]`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DynamicInterfaces {
    /// An interface may come back as one of another kind.
    pub allow_if_changes: bool,
}

/// `vrrp_garp_extra_if [all] <SECS>`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExtraAnnouncements {
    /// For all addresses, not only for those that need it.
    pub all: bool,
    /// Period: 1 to 86400 seconds.
    pub seconds: u32,
}

/// `vrrp_rx_bufs_policy`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ReceiveBuffers {
    /// As large as what the MTU lets in.
    Mtu,
    /// As large as our own adverts.
    Advert,
    /// That many bytes.
    Bytes(u32),
}
