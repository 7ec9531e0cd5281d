//! Notify pipes: where they are, whose, and who reads them.
//!
//! Invariants: no pipe stands twice among those of one process; one whose account cannot be found
//! is given to nobody else.

use std::path::PathBuf;

use grammar::Diagnostic;
use grammar::ast::global::{Fifo, Fifos};
use serde::{Deserialize, Serialize};

use super::Command;
use super::command::{Commands, Part};

/// A FIFO that changes are written to, one line each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pipe {
    /// Where it is, or is made.
    pub path: PathBuf,
    /// User and group that it is given when it is made; else the daemon's.
    pub owner: Option<(u32, u32)>,
    /// Started to read it, with the path as its last argument.
    pub reader: Option<Command>,
}

/// The pipes of a node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pipes {
    /// `notify_fifo`: for everything.
    pub all: Option<Pipe>,
    /// `vrrp_notify_fifo`
    pub vrrp: Option<Pipe>,
    /// `lvs_notify_fifo`
    pub lvs: Option<Pipe>,
    /// `fifo_write_vrrp_states_on_reload`: current states are repeated after a reload.
    pub states_on_reload: bool,
}

impl Pipes {
    /// What the VRRP child writes to.
    pub fn of_vrrp(&self) -> impl Iterator<Item = &Pipe> {
        self.all.iter().chain(self.other(self.vrrp.as_ref()))
    }

    /// What the checker child writes to.
    pub fn of_checkers(&self) -> impl Iterator<Item = &Pipe> {
        self.all.iter().chain(self.other(self.lvs.as_ref()))
    }

    /// The process's own one, unless it is the one for everything.
    fn other<'a>(&'a self, own: Option<&'a Pipe>) -> Option<&'a Pipe> {
        let shared = self.all.as_ref().map(|pipe| &pipe.path);
        own.filter(|own| Some(&own.path) != shared)
    }
}

/// Plans them. Their readers are looked up even where there is no pipe.
pub(super) fn pipes(
    fifos: &Fifos,
    commands: &mut Commands<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Pipes {
    let mut plan = |part, what: &str, fifo: &Fifo| {
        let reader = fifo.script.as_ref();
        let reader = reader.and_then(|reader| commands.event(part, reader, &what, problems));
        let written = fifo.path.as_ref()?;
        let owner = match written.owner.as_ref().map(|user| commands.owner(user)) {
            None => None,
            Some(Ok(owner)) => Some(owner),
            Some(Err(why)) => {
                // The original says nothing.
                let name = what.trim_end_matches("_script");
                let message = format!("{name} {} stays the daemon's own", written.path);
                let problem = Diagnostic::warning("unknown-user", message);
                problems.push(problem.label(written.span, why));
                None
            }
        };
        Some(Pipe {
            path: PathBuf::from(&written.path),
            owner,
            reader,
        })
    };
    Pipes {
        all: plan(Part::Vrrp, "notify_fifo_script", &fifos.all),
        vrrp: plan(Part::Vrrp, "vrrp_notify_fifo_script", &fifos.vrrp),
        lvs: plan(Part::Checker, "lvs_notify_fifo_script", &fifos.lvs),
        states_on_reload: fifos.states_on_reload,
    }
}
