//! Going on as another version of this program: same pid, same sockets, same masters.
//!
//! The new program is first tried in a child, which has to understand everything that it would be
//! left. Then this process turns into it. It asks the children of the old program to end, and starts
//! its own, which go on with what those have left: masters (this process stands in for a moment, so
//! that no advert is missed and nobody else becomes one), BFD sessions with their discriminators and
//! timers, checks with their results.
//!
//! Invariants: whatever goes wrong before the program has changed leaves the old one running as it
//! was; one upgrade at a time, and none while anything else is under way.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io;
use std::os::fd::{AsFd as _, AsRawFd as _, BorrowedFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::PathBuf;

use base::{Duration, Instant};
use sys::fdpass::Channel;
use sys::process::Ended;
use tracing::{error, info, warn};

use super::restart::Keeper;
use super::{Kind, Parent};
use crate::keepalived::VERSION;
use crate::keepalived::command;
use crate::keepalived::config;
use crate::keepalived::control::{self, Heard, Order, Report};
use crate::keepalived::handover::{self, ChildSaid, Numbers, PortSaid, Purpose, Said};
use crate::keepalived::past::Past;

/// How long the new program may take to look at what it would be left.
const REHEARSAL: Duration = Duration::from_secs(15);
/// How long the old VRRP child may take to end.
pub(super) const YIELDING: Duration = Duration::from_secs(1);

/// The signal that asks for an upgrade.
#[must_use]
pub fn signal() -> i32 {
    sys::signal::rtmin() + 4
}

/// How far an upgrade has come.
#[derive(Debug, Default)]
pub(super) enum Upgrade {
    /// There is none.
    #[default]
    None,
    /// The new program is being tried.
    Rehearsing {
        pid: i32,
        until: Instant,
        caller: Option<Channel>,
    },
    /// This is the new program; not all of its children are there yet.
    Replacing {
        /// Those of the old program that have not ended.
        old: BTreeSet<Kind>,
        /// When they are killed.
        until: Instant,
        caller: Option<Channel>,
    },
    /// The children end, so that this process can, and everything goes on in the next start.
    Leaving {
        /// When those that have not ended are killed.
        until: Instant,
        caller: Channel,
        /// TERM came meanwhile.
        stop: bool,
    },
    /// This process has only been left behind to keep the masters for the next start.
    Keeping(Keeper),
    /// Nobody came: the children that are to stop in order are being started.
    Ending,
}

impl Upgrade {
    pub(super) fn deadline(&self) -> Option<Instant> {
        match self {
            Self::None | Self::Ending => None,
            Self::Rehearsing { until, .. } | Self::Leaving { until, .. } => Some(*until),
            Self::Keeping(keeper) => Some(keeper.until),
            Self::Replacing { old, until, .. } if !old.is_empty() => Some(*until),
            Self::Replacing { .. } => None,
        }
    }

    /// Whether children go on from what others have left.
    pub(super) const fn adopts(&self) -> bool {
        matches!(self, Self::Replacing { .. } | Self::Ending)
    }

    /// Whether children come and go because of it.
    pub(super) const fn is_under_way(&self) -> bool {
        !matches!(self, Self::None | Self::Rehearsing { .. })
    }
}

/// Where this program was started from; another file may lie there by now.
fn program() -> io::Result<PathBuf> {
    let path = std::env::current_exe()?;
    let bytes = path.as_os_str().as_bytes();
    let kept = bytes.strip_suffix(b" (deleted)").unwrap_or(bytes);
    Ok(OsString::from_vec(kept.to_vec()).into())
}

fn refuse(caller: Option<&Channel>, why: &str) {
    error!("No upgrade: {why}");
    if let Some(caller) = caller {
        command::refuse(
            caller,
            &format!("no upgrade, the daemon goes on as it was: {why}"),
        );
    }
}

impl Parent<'_> {
    /// Somebody wants an upgrade.
    pub(super) fn upgrade(&mut self, caller: Option<Channel>) {
        let begun = self.may_upgrade().and_then(|()| {
            let path = program().map_err(|error| error.to_string())?;
            info!("Upgrade: trying {}", path.display());
            let tried = sys::process::fork_child(|| {
                let error = self.become_next(Purpose::Rehearsal, None);
                eprintln!("{}: {error}", path.display());
                1
            });
            tried.map_err(|error| error.to_string())
        });
        match begun {
            Ok(pid) => {
                let until = sys::clock::now() + REHEARSAL;
                self.upgrade = Upgrade::Rehearsing { pid, until, caller };
            }
            Err(why) => refuse(caller.as_ref(), &why),
        }
    }

    pub(super) fn may_upgrade(&self) -> Result<(), String> {
        let why = if self.stopping {
            "it is stopping"
        } else if !matches!(self.upgrade, Upgrade::None) {
            "an upgrade is under way"
        } else if self.reader.is_some() || self.reloading || self.reload_queued {
            "a reload is under way"
        } else if !self.hooks.is_empty() || !self.announced {
            "it is still starting"
        } else if self.standing.is_some()
            || !self.respawns.is_empty()
            || self.kids.values().any(|kid| !kid.ready || kid.retiring)
        {
            "one of its processes is being started or ended"
        } else {
            return Ok(());
        };
        Err(format!("{why}; try again"))
    }

    /// Turns this process into the next program. Returns only if that fails.
    fn become_next(&self, purpose: Purpose, caller: Option<&Channel>) -> io::Error {
        let exec = || -> io::Result<io::Error> {
            let (said, kept) = self.left_to_next(caller);
            let said = said.seal()?;
            let arguments: Vec<OsString> = std::env::args_os().collect();
            let variables = handover::environment(&said, purpose);
            let path = program()?;
            handover::keep(&kept, &said, true)?;
            let error = sys::process::become_program(&path, &arguments, &variables);
            handover::keep(&kept, &said, false)?;
            Ok(error)
        };
        exec().unwrap_or_else(|error| error)
    }

    /// The description, and every descriptor in it.
    pub(super) fn left_to_next<'a>(
        &'a self,
        caller: Option<&'a Channel>,
    ) -> (Said, Vec<BorrowedFd<'a>>) {
        let mut kept: Vec<BorrowedFd<'a>> = Vec::new();
        let mut number = |fd: BorrowedFd<'a>| {
            kept.push(fd);
            fd.as_raw_fd()
        };
        let numbers = Numbers {
            bundle: number(self.bundle.as_fd()),
            ledger: number(self.ledger.descriptor()),
            pidfile: self.pidfile.as_ref().map(|it| number(it.as_fd())),
            past: {
                let all = self.past.iter();
                let all =
                    all.map(|(kind, past)| (*kind, past.descriptors().map(&mut number).collect()));
                all.collect()
            },
            control: self.callers.descriptor().map(&mut number),
            caller: caller.map(|caller| number(caller.as_fd())),
        };
        let mut children = Vec::new();
        for (kind, kid) in &self.kids {
            children.push(ChildSaid {
                kind: *kind,
                pid: kid.pid,
                started: kid.started,
                ready: kid.ready,
                channel: number(kid.channel.as_fd()),
            });
        }
        let mut ports = Vec::new();
        for (key, index, [receiver, sender]) in self.ports.all() {
            ports.push(PortSaid {
                key: key.clone(),
                index,
                receiver: number(receiver),
                sender: number(sender),
            });
        }
        let said = Said {
            format: handover::format(),
            file: self.options.file.clone(),
            paths: self.paths.clone(),
            summary: self.summary.clone(),
            generation: self.ledger.generation,
            started: self.started,
            sessions: self.sessions.clone(),
            numbers,
            children,
            ports,
        };
        (said, kept)
    }

    /// A child has ended; false if it did not try the new program.
    pub(super) fn rehearsal_ended(&mut self, ended: i32, how: Ended) -> bool {
        let tried = matches!(&self.upgrade, Upgrade::Rehearsing { pid, .. } if *pid == ended);
        if !tried {
            return false;
        }
        let Upgrade::Rehearsing { caller, .. } = std::mem::take(&mut self.upgrade) else {
            return false;
        };
        if how != Ended::Exited(0) {
            let how = match how {
                Ended::Exited(status) => format!("it ended with status {status}"),
                Ended::Signaled(number) => {
                    format!("it was ended by {}", sys::signal::describe(number))
                }
            };
            let why = format!(
                "the new program cannot go on where this one stops ({how}): stop and start it"
            );
            refuse(caller.as_ref(), &why);
            return true;
        }
        if let Err(why) = self.may_upgrade() {
            refuse(caller.as_ref(), &why);
            return true;
        }
        info!("Upgrade: leaving {VERSION}");
        // The next program has one of its own.
        self.dismiss_sentinel();
        let error = self.become_next(Purpose::Upgrade, caller.as_ref());
        self.post_sentinel();
        refuse(
            caller.as_ref(),
            &format!("the new program cannot be run: {error}"),
        );
        true
    }

    /// The first thing that the new program does.
    pub(super) fn resume(mut self, caller: Option<Channel>) -> io::Result<i32> {
        info!("Upgrade: going on as {VERSION}");
        self.rearm();
        self.post_sentinel();
        let mut until = sys::clock::now() + YIELDING;
        for kid in self.kids.values() {
            if control::send(&kid.channel, &Order::Yield, &[]).is_err() {
                // One that takes no orders is killed at once.
                until = sys::clock::now();
            }
        }
        self.upgrade = Upgrade::Replacing {
            old: self.kids.keys().copied().collect(),
            until,
            caller,
        };
        self.upgraded();
        // Whoever ended while the program changed.
        self.reap()?;
        self.serve()
    }

    /// Does what an upgrade has waited for long enough.
    pub(super) fn hasten_upgrade(&mut self, now: Instant) {
        match &mut self.upgrade {
            Upgrade::Rehearsing { pid, until, .. } if *until <= now => {
                *until = now + REHEARSAL;
                let _ = sys::signal::send(*pid, nix::libc::SIGKILL);
            }
            Upgrade::Replacing { old, until, .. } if !old.is_empty() && *until <= now => {
                *until = now + YIELDING;
                for (kind, kid) in self.kids.iter().filter(|(kind, _)| old.contains(kind)) {
                    let (name, pid) = (kind.name(), kid.pid);
                    warn!("{name} child process({pid}) does not yield: killing it");
                    let _ = sys::signal::send(pid, nix::libc::SIGKILL);
                }
            }
            Upgrade::Leaving { until, .. } if *until <= now => {
                *until = now + YIELDING;
                for kid in self.kids.values() {
                    warn!("child process({}) does not end: killing it", kid.pid);
                    let _ = sys::signal::send(kid.pid, nix::libc::SIGKILL);
                }
            }
            Upgrade::Keeping(keeper) if keeper.until <= now => {
                warn!("No daemon has taken over: stopping");
                self.end_keeping();
            }
            _ => {}
        }
    }

    /// A child has ended; true if that is one of the old program, which was asked to.
    pub(super) fn has_yielded(&mut self, kind: Kind, channel: &Channel) -> bool {
        let Upgrade::Replacing { old, .. } = &mut self.upgrade else {
            return false;
        };
        if !old.remove(&kind) {
            // A new one. It is started again like any other.
            return false;
        }
        self.read_last_words(kind, channel);
        if kind == Kind::Vrrp {
            self.stand_in();
        }
        self.respawns.insert(kind, sys::clock::now());
        true
    }

    /// What a child that has ended had still to say.
    pub(super) fn read_last_words(&mut self, kind: Kind, channel: &Channel) {
        while let Ok(Heard::Message(report, descriptors)) = control::receive::<Report>(channel) {
            if report == Report::Past {
                self.remember(kind, descriptors);
            }
        }
    }

    /// A child leaves what it knows to the next one.
    pub(super) fn remember(&mut self, kind: Kind, descriptors: Vec<OwnedFd>) {
        match Past::from_descriptors(descriptors) {
            Ok(past) => drop(self.past.insert(kind, past)),
            Err(error) => warn!("what a child has left is not understood: {error}"),
        }
    }

    /// Whether all children of the new program serve, which ends the upgrade.
    pub(super) fn upgraded(&mut self) {
        if !matches!(&self.upgrade, Upgrade::Replacing { old, .. } if old.is_empty())
            || !self.respawns.is_empty()
            || self.kids.values().any(|kid| !kid.ready)
        {
            return;
        }
        let Upgrade::Replacing { caller, .. } = std::mem::take(&mut self.upgrade) else {
            return;
        };
        self.past.clear();
        if let Some((summary, bundle)) = self.next.take() {
            info!("Took over from the daemon before");
            let bundle = match config::renumbered(&bundle, &self.bundle) {
                Ok(renumbered) => renumbered.unwrap_or(bundle),
                Err(error) => {
                    warn!("marks are given out anew: {error}");
                    bundle
                }
            };
            if let Err(error) = self.run_instead(summary, bundle) {
                error!("The configuration of the daemon before stays in force: {error}");
            }
            return;
        }
        info!("Upgrade complete");
        if let Some(caller) = caller {
            command::answer(&caller, &self.stands());
        }
        if let Err(error) = self.reload_again() {
            error!("Reload failed: {error}");
        }
    }
}
