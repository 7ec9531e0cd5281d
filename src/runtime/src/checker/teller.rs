//! Tells others: writes to pipes, runs commands, sends letters.
//!
//! Invariants: nothing here waits, but for the last letters when the child stops; nobody waits for
//! a command to end.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use base::{Duration, Instant};
use lvs::Notice;
use plan::keepalived::Mail;
use tracing::error;

use super::told::{Configuration, Hosts};
use crate::keepalived::notify::program;
use crate::mail::post::Post;
use crate::pipe::Pipes;

/// How long a stop may wait for letters that are on their way.
const LAST_LETTERS: Duration = Duration::from_secs(1);

pub(super) struct Teller {
    hosts: Hosts,
    pipes: Pipes,
    post: Post,
    mail: Option<Mail>,
}

impl Teller {
    /// # Errors
    /// When there are no descriptors.
    pub(super) fn new(configuration: &Configuration) -> io::Result<Self> {
        let mut pipes = Pipes::default();
        pipes.replace(configuration.pipes.iter());
        Ok(Self {
            hosts: Hosts::new(&configuration.lvs, &configuration.services, None),
            pipes,
            post: Post::new(configuration.mail.clone())?,
            mail: configuration.mail.clone(),
        })
    }

    /// Goes on by another configuration; until [`Teller::forget`] what only the one before had is
    /// told by that.
    pub(super) fn replace(&mut self, configuration: &Configuration) {
        let before = std::mem::take(&mut self.hosts);
        self.hosts = Hosts::new(&configuration.lvs, &configuration.services, Some(before));
        self.pipes.replace(configuration.pipes.iter());
        self.post.reconfigure(configuration.mail.clone());
        self.mail.clone_from(&configuration.mail);
    }

    /// What is known of each service.
    pub(super) const fn hosts(&self) -> &Hosts {
        &self.hosts
    }

    pub(super) fn forget(&mut self) {
        self.hosts.forget();
    }

    pub(super) fn tell(&mut self, notice: &Notice) {
        if let Some(line) = self.hosts.line(notice) {
            self.pipes.write(&line);
        }
        if let Some(command) = self.hosts.command(notice)
            && let Err(error) = sys::exec::spawn(&program(command))
        {
            let path = command.path.display();
            error!("cannot run notify command {path}: {error}");
        }
        if let Some(mail) = &self.mail
            && let Some(letter) = self.hosts.letter(mail, notice)
        {
            self.post.send(letter);
        }
    }

    /// Processes of this one have ended: readers of pipes, or commands.
    pub(super) fn reap(&mut self) {
        while let Some((pid, ended)) = sys::process::reap_any() {
            self.pipes.ended(pid, ended);
        }
    }

    /// Letters are on their way.
    pub(super) fn act(&mut self) {
        self.post.act();
    }

    /// When [`Teller::expire`] has something to do.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.post.deadline()
    }

    pub(super) fn expire(&mut self) {
        if self
            .deadline()
            .is_some_and(|deadline| deadline <= sys::clock::now())
        {
            self.post.act();
        }
    }

    /// Nothing more is told; what is on its way has a moment to arrive.
    pub(super) fn close(&mut self) {
        self.pipes.close();
        self.post.finish(sys::clock::now() + LAST_LETTERS);
    }
}

impl AsFd for Teller {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.post.as_fd()
    }
}
