//! `master_process off`: one process that does everything, for development.
//!
//! Invariants: as nginx, it keeps the rights it was started with and knows no other worker; a
//! configuration is still checked and opened completely before it is used.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use nix::libc::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1};
use stream::config::Level;
use sys::epoll::Poller;
use sys::signal::Signals;

use super::cycle::Cycle;
use super::daemon::Readiness;
use super::load::Source;
use super::log::Log;
use super::pidfile::PidFile;
use super::serving::{Serving, State};
use super::{listen, reload};

const SIGNALS: u64 = 0;
const THREADS: u64 = 1;

struct Single {
    source: Source,
    cycle: Cycle,
    log: Log,
    serving: Serving,
    ending: bool,
}

/// Serves until told to end; returns the exit status.
pub(super) fn run(
    source: Source,
    cycle: Cycle,
    mut log: Log,
    signals: Signals,
    pidfile: PidFile,
    readiness: Option<Readiness>,
) -> i32 {
    let started = Serving::new().and_then(|mut serving| {
        serve(&mut serving, &cycle)?;
        Ok(serving)
    });
    let status = match started {
        Ok(serving) => {
            if let Some(readiness) = readiness {
                readiness.announce();
            }
            let mut single = Single {
                source,
                cycle,
                log,
                serving,
                ending: false,
            };
            let status = single.run(&signals);
            single.log.say(Level::Notice, "exit");
            single.cycle.unlink_sockets(&mut single.log);
            status
        }
        Err(error) => {
            log.failed(Level::Emerg, "the process could not start", &error);
            1
        }
    };
    drop(pidfile.remove());
    status
}

fn serve(serving: &mut Serving, cycle: &Cycle) -> io::Result<()> {
    let prepared = serving.prepare(
        cycle.number,
        &cycle.plan,
        cycle.sockets.clone(),
        copies(&cycle.files)?,
    )?;
    serving.commit(prepared);
    Ok(())
}

fn copies(files: &[Arc<OwnedFd>]) -> io::Result<Vec<OwnedFd>> {
    files.iter().map(|file| file.try_clone()).collect()
}

impl Single {
    fn run(&mut self, signals: &Signals) -> i32 {
        let mut poller = match self.watch(signals) {
            Ok(poller) => poller,
            Err(error) => {
                self.log
                    .failed(Level::Alert, "epoll_create1() failed", &error);
                return 1;
            }
        };
        loop {
            let ready = match poller.wait(None) {
                Ok(ready) => ready,
                Err(error) => {
                    self.log.failed(Level::Alert, "epoll_wait() failed", &error);
                    return 1;
                }
            };
            for ready in ready {
                if ready.token == SIGNALS {
                    self.take_signals(signals);
                    continue;
                }
                match self.serving.collect() {
                    State::Ended if self.ending => return 0,
                    State::Broken => return 1,
                    State::Ended | State::Serving => {}
                }
            }
        }
    }

    fn watch(&self, signals: &Signals) -> io::Result<Poller> {
        let poller = Poller::new()?;
        poller.add(signals, SIGNALS)?;
        poller.add(self.serving.wake(), THREADS)?;
        Ok(poller)
    }

    fn take_signals(&mut self, signals: &Signals) {
        while let Ok(Some(signal)) = signals.next_pending() {
            match signal.number {
                SIGTERM | SIGINT => {
                    self.log.say(Level::Notice, "exiting");
                    self.ending = true;
                    self.serving.stop();
                }
                SIGQUIT if !self.ending => {
                    self.log.say(Level::Notice, "gracefully shutting down");
                    self.ending = true;
                    self.cycle.close_sockets();
                    self.serving.quit();
                }
                SIGHUP if !self.ending => self.reconfigure(),
                SIGUSR1 => {
                    self.log.say(Level::Notice, "reopening logs");
                    self.cycle.reopen(&mut self.log);
                    reload::use_logs(&mut self.log, &self.cycle.plan, &self.cycle.files);
                    match copies(&self.cycle.files) {
                        Ok(files) => self.serving.reopen(files),
                        Err(error) => self.log.failed(Level::Alert, "dup() failed", &error),
                    }
                }
                _ => {}
            }
        }
    }

    fn reconfigure(&mut self) {
        self.log.say(Level::Notice, "reconfiguring");
        let Ok(loaded) = self.source.load(&mut self.log) else {
            return;
        };
        let next = Cycle::open(
            loaded.plan,
            loaded.bundle,
            self.cycle.number + 1,
            &self.cycle.bound(),
            &mut self.log,
        );
        let Ok(next) = next else {
            return;
        };
        if let Err(error) = serve(&mut self.serving, &next) {
            self.log
                .failed(Level::Emerg, "the new configuration is not used", &error);
            next.unlink_new_sockets(&self.cycle, &mut self.log);
            return;
        }
        let old = std::mem::replace(&mut self.cycle, next);
        reload::use_logs(&mut self.log, &self.cycle.plan, &self.cycle.files);
        listen::unlink(&old.bound(), &self.cycle.plan.stream, &mut self.log);
    }
}
