//! What is run when an instance or a sync group changes.

use serde::{Deserialize, Serialize};

use crate::ast::leaf::{Command, Spanned};
use crate::ast::rare::absent;

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
    /// `notify_deleted` without a command: DELETED is told all the same.
    pub deleted_alone: bool,
    /// `notify`
    pub any: Option<Spanned<Command>>,
    /// `notify_master_rx_lower_pri`
    pub master_rx_lower_pri: Option<Spanned<Command>>,
}

absent!(Notify);
