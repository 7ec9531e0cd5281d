//! Process-wide settings of either program.

use core::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ast::global::{
    Buffers, Dbus, Fifos, Files, Firewall, Links, LvsDefaults, Mail, Processes, Snmp,
};
use crate::ast::leaf::{Spanned, User};
use crate::ast::stream::Main;

/// Process-wide settings.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Process {
    /// nginx's main and `events` directives.
    pub nginx: Main,
    /// `net_namespace`
    pub net_namespace: Option<Spanned<String>>,
    /// `net_namespace_ipvs`; the one keepalived was started in when no name is given.
    #[serde(with = "crate::ast::json::optional")]
    pub net_namespace_ipvs: Option<Spanned<Option<String>>>,
    /// `namespace_with_ipsets`
    pub namespace_with_ipsets: bool,
    /// `instance`
    pub instance: Option<Spanned<String>>,
    /// `use_pid_dir`
    pub use_pid_dir: bool,
    /// `child_wait_time`
    pub child_wait_time: Option<Spanned<Duration>>,
    /// `router_id`
    pub router_id: Option<Spanned<String>>,
    /// `script_user`
    pub script_user: Option<Spanned<User>>,
    /// `enable_script_security`, with its place.
    #[serde(with = "crate::ast::json::flag")]
    pub script_security: Option<Spanned<()>>,
    /// `reload_check_config`; the log file, if one is named.
    #[serde(with = "crate::ast::json::optional")]
    pub reload_check_config: Option<Spanned<Option<String>>>,
    /// How the processes run.
    pub processes: Processes,
    /// Receive buffers.
    pub buffers: Buffers,
    /// Files that the parent reads or writes.
    pub files: Files,
    /// Alerts by mail.
    pub mail: Mail,
    /// Events on pipes.
    pub fifos: Fifos,
    /// Packet filter rules.
    pub firewall: Firewall,
    /// IPVS and checkers as a whole.
    pub lvs: LvsDefaults,
    /// SNMP.
    pub snmp: Snmp,
    /// D-Bus.
    pub dbus: Dbus,
    /// `linkbeat…`, `interface_up_down_delays`
    pub links: Links,
    /// What the text has and this tree has not; no part of what two ASTs are compared by.
    pub lost: Lost,
}

/// What was not understood or not read.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Lost {
    /// Names of blocks that were not understood.
    pub names: std::collections::BTreeSet<String>,
    /// A file was to be included and was not, which is no error.
    pub unread: bool,
    /// The same, and it is one: whatever seems to be missing may stand there.
    pub incomplete: bool,
}

impl Lost {
    /// Whether a block of that name may be there, and this was reported.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.incomplete || self.names.contains(name)
    }
}

impl PartialEq for Lost {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}
