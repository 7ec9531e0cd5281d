//! Going on as another version of this program: same pid, same sockets, same masters.
//!
//! The new program is first tried in a child, which has to understand everything that it would be
//! left. Then this process turns into it. It asks the VRRP child of the old program to end, stands
//! in for it, and starts one of its own, which adopts what is there: no advert is missed, and
//! nobody else becomes master. The other children go on as they are.
//!
//! Invariants: whatever goes wrong before the program has changed leaves the old one running as it
//! was; one upgrade at a time, and none while anything else is under way.

use std::ffi::OsString;
use std::io;
use std::os::fd::{AsFd as _, AsRawFd as _, BorrowedFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::PathBuf;

use base::{Duration, Instant};
use sys::fdpass::Channel;
use sys::memfd::Sealed;
use sys::process::Ended;
use tracing::{error, info, warn};

use super::restart::Keeper;
use super::{Kind, Parent};
use crate::keepalived::VERSION;
use crate::keepalived::command;
use crate::keepalived::control::{self, Heard, Order, Report};
use crate::keepalived::handover::{self, ChildSaid, Numbers, PortSaid, Purpose, Said};

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
    /// This is the new program; its VRRP child is not there yet.
    Replacing {
        /// When the old one is killed; nothing once it has ended.
        until: Option<Instant>,
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
    pub(super) const fn deadline(&self) -> Option<Instant> {
        match self {
            Self::None | Self::Ending => None,
            Self::Rehearsing { until, .. } | Self::Leaving { until, .. } => Some(*until),
            Self::Keeping(keeper) => Some(keeper.until),
            Self::Replacing { until, .. } => *until,
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
            past: self.past.as_ref().map(|it| number(it.as_fd())),
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
        let now = sys::clock::now();
        for (kind, kid) in &self.kids {
            if *kind != Kind::Vrrp {
                let (name, pid) = (kind.name(), kid.pid);
                info!("{name} child process, pid={pid}, goes on as the program it is");
            }
        }
        let vrrp = self.kids.get_mut(&Kind::Vrrp);
        let asked = vrrp.map(|kid| control::send(&kid.channel, &Order::Yield, &[]));
        let until = match asked {
            None => None,
            Some(Ok(())) => Some(now + YIELDING),
            // One that takes no orders is killed at once.
            Some(Err(_)) => Some(now),
        };
        self.upgrade = Upgrade::Replacing { until, caller };
        if until.is_none() {
            self.upgraded();
        }
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
            Upgrade::Replacing { until, .. } if until.is_some_and(|at| at <= now) => {
                *until = Some(now + YIELDING);
                if let Some(kid) = self.kids.get(&Kind::Vrrp) {
                    warn!("VRRP child process({}) does not yield: killing it", kid.pid);
                    let _ = sys::signal::send(kid.pid, nix::libc::SIGKILL);
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

    /// The VRRP child has ended; true if that is the old program's, which was asked to.
    pub(super) fn has_yielded(&mut self, channel: &Channel) -> bool {
        let Upgrade::Replacing { until, .. } = &mut self.upgrade else {
            return false;
        };
        if until.take().is_none() {
            // The new one. It is started again like any other.
            return false;
        }
        self.read_last_words(channel);
        self.stand_in();
        self.respawns.insert(Kind::Vrrp, sys::clock::now());
        true
    }

    /// What a child that has ended had still to say.
    pub(super) fn read_last_words(&mut self, channel: &Channel) {
        while let Ok(Heard::Message(report, descriptors)) = control::receive::<Report>(channel) {
            if report == Report::Past {
                self.remember(descriptors);
            }
        }
    }

    /// A VRRP child leaves what it remembers to the next one.
    pub(super) fn remember(&mut self, descriptors: Vec<OwnedFd>) {
        let past = descriptors.into_iter().next();
        self.past = past.and_then(|fd| Sealed::from_fd(fd).ok());
    }

    /// The new VRRP child serves.
    pub(super) fn upgraded(&mut self) {
        if !matches!(&self.upgrade, Upgrade::Replacing { until: None, .. }) {
            return;
        }
        let Upgrade::Replacing { caller, .. } = std::mem::take(&mut self.upgrade) else {
            return;
        };
        self.past = None;
        if let Some((summary, bundle)) = self.next.take() {
            info!("Took over from the daemon before");
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
