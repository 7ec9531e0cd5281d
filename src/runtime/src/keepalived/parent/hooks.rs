//! `startup_script` and `shutdown_script`: before the children start, after they have ended.
//!
//! Invariants: children start whatever the first one says, and this process ends whatever the
//! second one does; neither takes longer than its timeout and the moment that killing needs.

use std::io;

use sys::exec::Outcome;
use sys::process::Ended;
use tracing::{error, info, warn};

use super::Parent;
use crate::keepalived::notify::program;

/// When a command is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    Startup,
    Shutdown,
}

impl Moment {
    const fn name(self) -> &'static str {
        match self {
            Self::Startup => "startup",
            Self::Shutdown => "shutdown",
        }
    }
}

impl Parent<'_> {
    /// Starts the command of a moment; false when there is none that could be started.
    pub(super) fn run_hook(&mut self, moment: Moment) -> bool {
        let hooks = &self.summary.hooks;
        let hook = match moment {
            Moment::Startup => &hooks.startup,
            Moment::Shutdown => &hooks.shutdown,
        };
        let Some(hook) = hook else { return false };
        info!(
            "Running {} script {}",
            moment.name(),
            hook.command.path.display()
        );
        let (now, program) = (sys::clock::now(), program(&hook.command));
        let started = self.hooks.start(now, moment, &program, Some(hook.timeout));
        if let Err(error) = &started {
            error!("cannot run {} script: {error}", moment.name());
        }
        started.is_ok()
    }

    /// A command has ended.
    pub(super) fn hook_ended(&mut self, moment: Moment, outcome: Outcome) -> io::Result<()> {
        let name = moment.name();
        match outcome {
            Outcome::Ended(Ended::Exited(0)) => info!("{name} script completed"),
            Outcome::Ended(Ended::Exited(status)) => {
                warn!("{name} script exited with status {status}");
            }
            Outcome::Ended(Ended::Signaled(number)) => {
                let what = sys::signal::describe(number);
                warn!("{name} script was ended by signal {number} ({what})");
            }
            Outcome::TimedOut => warn!("{name} script took too long and was ended"),
        }
        match moment {
            Moment::Startup if !self.stopping => {
                self.begin()?;
                self.reload_again()
            }
            Moment::Startup | Moment::Shutdown => Ok(()),
        }
    }

    /// Whether nothing is left to do. The last children's end runs the shutdown script first.
    pub(super) fn is_over(&mut self) -> bool {
        if self.left {
            return true;
        }
        if !self.stopping || !self.kids.is_empty() || !self.hooks.is_empty() {
            return false;
        }
        if self.shut_down {
            return true;
        }
        self.shut_down = true;
        !self.run_hook(Moment::Shutdown)
    }
}
