//! Groups of instances and of interfaces: `vrrp_sync_group`, `track_group`, `garp_group`.
//!
//! Invariants: members are names as written, in the order written; whether they exist is `plan`'s
//! business.

use core::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ast::leaf::{Node, Rejected, Spanned};
use crate::ast::vrrp::{Notify, TrackLine};

/// One `vrrp_sync_group`: instances that move state together.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SyncGroup {
    /// Its name.
    pub name: Spanned<String>,
    /// `group`
    pub members: Vec<Spanned<String>>,
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
    /// `smtp_alert`
    pub smtp_alert: Option<bool>,
    /// `notify_priority_changes`
    pub notify_priority_changes: Option<bool>,
    /// `global_tracking`: without effect since tracking may stand in the group itself.
    pub global_tracking: bool,
    /// `sync_group_tracking_weight`: members may track with weights.
    pub tracking_weight: bool,
    /// Keywords whose value was wrong.
    #[serde(skip)]
    pub rejected: Rejected,
}

/// One `track_group`: instances that static addresses, routes and rules are tied to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TrackGroup {
    /// Its name.
    pub name: Spanned<String>,
    /// `group`
    pub members: Vec<Spanned<String>>,
}

/// One `garp_group`: interfaces that share the pacing of announcements.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GarpGroup {
    /// `garp_interval`
    pub garp_interval: Option<Spanned<Duration>>,
    /// `gna_interval`
    pub gna_interval: Option<Spanned<Duration>>,
    /// `interface` and `interfaces`
    pub interfaces: Vec<Spanned<String>>,
    /// Keywords whose value was wrong.
    #[serde(skip)]
    pub rejected: Rejected,
}

impl Node for SyncGroup {
    fn reject(&mut self, keyword: &'static str) {
        self.rejected.0.push(keyword);
    }
}

impl Node for TrackGroup {}

impl Node for GarpGroup {
    fn reject(&mut self, keyword: &'static str) {
        self.rejected.0.push(keyword);
    }
}
