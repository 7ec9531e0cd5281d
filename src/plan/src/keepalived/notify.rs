//! `notify…` commands of an instance or a sync group.

use grammar::Diagnostic;
use grammar::ast::vrrp::Notify;

use super::Command;
use super::command::{Commands, Part};

/// What is told of an instance besides its changes of state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Told {
    /// `notify_deleted`: a reload without the instance is told as DELETED, not as FAULT.
    pub deletion: bool,
    /// `notify_priority_changes`: pipes are told of changes of priority.
    pub priorities: bool,
    /// `smtp_alert`: its changes are told by mail.
    pub mails: bool,
}

/// Each with its event word; `*` is `notify`.
pub(super) fn notify(
    notify: &Notify,
    who: &str,
    commands: &mut Commands<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Vec<(String, Command)> {
    let events = [
        ("MASTER", &notify.master),
        ("BACKUP", &notify.backup),
        ("FAULT", &notify.fault),
        ("STOP", &notify.stop),
        ("DELETED", &notify.deleted),
        ("MASTER_RX_LOWER_PRI", &notify.master_rx_lower_pri),
        ("*", &notify.any),
    ];
    let mut planned = Vec::new();
    for (event, command) in events {
        let Some(command) = command else {
            continue;
        };
        let what = format_args!("({who})");
        if let Some(command) = commands.event(Part::Vrrp, command, &what, problems) {
            planned.push((event.to_owned(), command));
        }
    }
    planned
}
