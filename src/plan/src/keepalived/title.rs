//! What processes are called.

use grammar::ast::global::Processes;
use grammar::ast::leaf::Spanned;
use serde::{Deserialize, Serialize};

/// Names of the processes, as `ps` shows them: at most 15 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Titles {
    /// `process_name`
    pub parent: String,
    /// `vrrp_process_name`
    pub vrrp: String,
    /// `checker_process_name`
    pub checkers: String,
    /// `bfd_process_name`
    pub bfd: String,
}

/// Without `process_names` all have that of the program.
const NAME: &str = "keepalived";

impl Default for Titles {
    fn default() -> Self {
        Self::of(&Processes::default())
    }
}

impl Titles {
    pub(super) fn of(processes: &Processes) -> Self {
        let apart = processes.names.unwrap_or(false);
        let title = |written: &Option<Spanned<String>>, own: &str| match written {
            Some(name) => name.value.clone(),
            None if apart => own.to_owned(),
            None => NAME.to_owned(),
        };
        Self {
            parent: title(&processes.parent_name, NAME),
            vrrp: title(&processes.vrrp.process_name, "keepalived_vrrp"),
            checkers: title(&processes.checker.process_name, "keepalived_ipvs"),
            bfd: title(&processes.bfd.process_name, "keepalived_bfd"),
        }
    }
}
