//! The short-lived child that reads a configuration.
//!
//! Invariants: it logs every problem itself, sends one report with the sealed bundle, and ends.

use std::io;
use std::os::fd::AsFd as _;

use plan::keepalived::Checked;
use sys::fdpass::Channel;
use sys::memfd::Sealed;
use tracing::{error, info, warn};

use super::config;
use super::control::{self, Report};
use super::options::Options;
use super::saved;
use crate::bundle::Bundle;

/// A reader at work.
#[derive(Debug)]
pub(super) struct Reader {
    pub(super) pid: i32,
    pub(super) channel: Channel,
}

impl Reader {
    /// Starts one; with a `running` configuration it judges whether the new one may replace it.
    ///
    /// # Errors
    /// What forking or opening the channel reports.
    pub(super) fn start(options: &Options, running: Option<&Sealed>) -> io::Result<Self> {
        let (ours, theirs) = Channel::pair()?;
        let pid = sys::process::fork_child(|| {
            // Reading may take long; only the parent's death or its KILL ends it.
            sys::signal::unblock_all();
            match work(options, running, &theirs) {
                Ok(()) => 0,
                Err(error) => {
                    error!("cannot hand the configuration over: {error}");
                    1
                }
            }
        })?;
        Ok(Self { pid, channel: ours })
    }
}

fn work(options: &Options, running: Option<&Sealed>, channel: &Channel) -> io::Result<()> {
    let old = match running {
        Some(running) => Some(config::replay(Bundle::open(running)?)),
        None => None,
    };
    let reading = config::read(options, old.as_ref());
    tell(&reading.checked);
    if reading.checked.is_unread() {
        error!("Config files missing '{}'.", options.file.display());
        return control::send(channel, &Report::Unreadable { status: 6 }, &[]);
    }
    let summary = reading.summary();
    saved::save(&reading);
    if let Some(reason) = old.and_then(|old| config::refusal(&old, &reading)) {
        error!("Reload refused, the running configuration stays: {reason}");
        return control::send(channel, &Report::Refused(summary), &[]);
    }
    let sealed = reading.bundle.seal()?;
    control::send(channel, &Report::Read(summary), &[sealed.as_fd()])
}

fn tell(checked: &Checked) {
    for line in checked.log() {
        info!("{line}");
    }
    if let Some(notice) = checked.notice() {
        warn!("{notice}");
    }
}
