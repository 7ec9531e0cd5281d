//! Services of a node: their states, and what starts, stops and restarts them.
//!
//! One owner: the init's loop calls in here, nothing runs by itself. A stop ends at the latest
//! when the grace is over, as everything left is then killed.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::out::Out;
use super::processes::descendants_of;
use super::supervise::News;
use super::{Asker, OWN_BINARY};
use crate::observed::Event;
use crate::script::Part;
use crate::unit::{Restart, Unit};

/// After this a service that does not stop is killed; far below systemd's 90 s, as a scenario
/// that waits so long has failed anyway.
const STOP_GRACE: Duration = Duration::from_secs(10);

/// Where a service stands.
#[derive(Debug)]
enum Phase {
    Inactive {
        failed: bool,
    },
    Starting {
        by: Supervisor,
    },
    Running {
        by: Supervisor,
        main: i32,
    },
    Stopping {
        by: Supervisor,
        main: i32,
        kill_at: Instant,
        then: Then,
    },
}

/// What comes after a stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    Nothing,
    Start,
    /// The unit's own restart, after its delay.
    StartAt(Instant),
}

/// The process above a service's processes.
#[derive(Debug)]
struct Supervisor {
    pid: i32,
    news: BufReader<OwnedFdReader>,
}

/// A pipe end that reads.
#[derive(Debug)]
struct OwnedFdReader(std::fs::File);

impl Read for OwnedFdReader {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.0.read(buf)
    }
}

/// One service.
#[derive(Debug)]
pub(super) struct Service {
    unit: Unit,
    phase: Phase,
    may_start: bool,
    waiting: Vec<Asker>,
    restart_at: Option<Instant>,
    running: Arc<AtomicBool>,
}

/// All services of the node.
pub(super) struct Services {
    services: BTreeMap<String, Service>,
    out: Out,
}

impl Services {
    pub(super) fn new(units: Vec<Unit>, out: Out) -> Self {
        let services = units.into_iter().map(|unit| {
            let service = Service {
                unit: unit.clone(),
                phase: Phase::Inactive { failed: false },
                may_start: true,
                waiting: Vec::new(),
                restart_at: None,
                running: Arc::new(AtomicBool::new(false)),
            };
            (unit.name, service)
        });
        Self {
            services: services.collect(),
            out,
        }
    }

    /// A flag that says whether the service runs, for stand-ins that follow it.
    pub(super) fn running_flag(&self, name: &str) -> Arc<AtomicBool> {
        self.services
            .get(name)
            .map_or_else(|| Arc::new(AtomicBool::new(false)), |s| s.running.clone())
    }

    /// Descriptors that become readable when a service has news, with its name.
    pub(super) fn descriptors(&self) -> Vec<(String, BorrowedFd<'_>)> {
        let with_supervisor = self.services.iter().filter_map(|(name, service)| {
            let by = service.supervisor()?;
            Some((name.clone(), by.news.get_ref().0.as_fd()))
        });
        with_supervisor.collect()
    }

    /// The next time [`Services::tick`] has something to do.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let times = self.services.values().filter_map(|s| match &s.phase {
            Phase::Stopping { kill_at, .. } => Some(*kill_at),
            Phase::Inactive { .. } => s.restart_at,
            Phase::Starting { .. } | Phase::Running { .. } => None,
        });
        times.min()
    }

    /// Does what is due.
    pub(super) fn tick(&mut self) {
        let now = Instant::now();
        for service in self.services.values_mut() {
            match &mut service.phase {
                Phase::Stopping { by, kill_at, .. } if *kill_at <= now => {
                    signal_all(&descendants_of(by.pid), Signal::SIGKILL as i32);
                    *kill_at = now + STOP_GRACE;
                }
                Phase::Inactive { .. } if service.restart_at.is_some_and(|at| at <= now) => {
                    service.start(&self.out);
                }
                _ => {}
            }
        }
    }

    fn find(&mut self, name: &str) -> Result<&mut Service, String> {
        let name = name.strip_suffix(".service").unwrap_or(name);
        self.services
            .get_mut(name)
            .ok_or_else(|| format!("Unit {name}.service not found."))
    }

    pub(super) fn start(&mut self, name: &str, asker: Asker) {
        let out = self.out.clone();
        match self.find(name) {
            Err(why) => asker.answer(&out, Err(why)),
            Ok(service) => {
                service.waiting.push(asker);
                match &mut service.phase {
                    Phase::Inactive { .. } => service.start(&out),
                    Phase::Starting { .. } => {}
                    Phase::Running { .. } => service.answer(&out, &Ok(String::new())),
                    Phase::Stopping { then, .. } => *then = Then::Start,
                }
            }
        }
    }

    pub(super) fn stop(&mut self, name: &str, asker: Asker) {
        let out = self.out.clone();
        match self.find(name) {
            Err(why) => asker.answer(&out, Err(why)),
            Ok(service) => {
                service.waiting.push(asker);
                service.stop(&out, Then::Nothing);
            }
        }
    }

    pub(super) fn restart(&mut self, name: &str, asker: Asker) {
        let out = self.out.clone();
        match self.find(name) {
            Err(why) => asker.answer(&out, Err(why)),
            Ok(service) => {
                service.waiting.push(asker);
                if matches!(service.phase, Phase::Inactive { .. }) {
                    service.start(&out);
                } else {
                    service.stop(&out, Then::Start);
                }
            }
        }
    }

    /// The commands of a reload, ready to run, or why there are none.
    pub(super) fn reload(&mut self, name: &str) -> Result<Vec<Vec<String>>, String> {
        let service = self.find(name)?;
        let Phase::Running { main, .. } = service.phase else {
            return Err(format!(
                "Job for {name}.service failed: it is not active, cannot reload."
            ));
        };
        let lookup = |name: &str| (name == "MAINPID").then(|| main.to_string());
        let lines = service.unit.reload.iter();
        Ok(lines.map(|line| line.expand(&lookup)).collect())
    }

    /// Sends a signal to processes of a service.
    pub(super) fn signal(&mut self, name: &str, part: Part, signal: i32) -> Result<String, String> {
        let service = self.find(name)?;
        let (by, main) = match &service.phase {
            Phase::Running { by, main } | Phase::Stopping { by, main, .. } => (by, *main),
            Phase::Inactive { .. } | Phase::Starting { .. } => {
                return Err(format!("{name} does not run"));
            }
        };
        let mut pids = descendants_of(by.pid);
        match part {
            Part::All => {}
            Part::Main => pids.retain(|&pid| pid == main),
            Part::Children => pids.retain(|&pid| pid != main),
        }
        if pids.is_empty() {
            return Err(format!("{name} has no such process"));
        }
        signal_all(&pids, signal);
        Ok(format!("{} processes", pids.len()))
    }

    /// Decides what comes of later starts.
    pub(super) fn starts_of(&mut self, name: &str, succeed: bool) -> Result<String, String> {
        self.find(name)?.may_start = succeed;
        Ok(String::new())
    }

    /// `active`, `inactive`, `failed`, …, as `systemctl is-active` prints.
    pub(super) fn activity(&mut self, name: &str) -> Result<&'static str, String> {
        Ok(match self.find(name)?.phase {
            Phase::Inactive { failed: false } => "inactive",
            Phase::Inactive { failed: true } => "failed",
            Phase::Starting { .. } => "activating",
            Phase::Running { .. } => "active",
            Phase::Stopping { .. } => "deactivating",
        })
    }

    /// The main process of a running service.
    pub(super) fn main_pid(&mut self, name: &str) -> Option<i32> {
        match self.find(name).ok()?.phase {
            Phase::Running { main, .. } => Some(main),
            _ => None,
        }
    }

    /// Reads the news of a service's supervisor.
    pub(super) fn news(&mut self, name: &str) {
        let out = self.out.clone();
        let Some(service) = self.services.get_mut(name) else {
            return;
        };
        // Lines already read do not make the descriptor readable again.
        loop {
            service.news(&out);
            if service
                .supervisor()
                .is_none_or(|by| by.news.buffer().is_empty())
            {
                return;
            }
        }
    }
}

impl Service {
    fn supervisor(&self) -> Option<&Supervisor> {
        match &self.phase {
            Phase::Inactive { .. } => None,
            Phase::Starting { by } | Phase::Running { by, .. } | Phase::Stopping { by, .. } => {
                Some(by)
            }
        }
    }

    fn answer(&mut self, out: &Out, result: &Result<String, String>) {
        for asker in self.waiting.drain(..) {
            asker.answer(out, result.clone());
        }
    }

    fn start(&mut self, out: &Out) {
        self.restart_at = None;
        if !self.may_start {
            self.fail(out, "the scenario says that it does not start");
            return;
        }
        match spawn(&self.unit, out) {
            Ok(by) => self.phase = Phase::Starting { by },
            Err(error) => self.fail(out, &format!("cannot be started: {error}")),
        }
    }

    fn fail(&mut self, out: &Out, why: &str) {
        self.phase = Phase::Inactive { failed: true };
        out.seen(Event::StartFailed {
            service: self.unit.name.clone(),
            why: why.to_owned(),
        });
        self.restart_later(false);
        let text = format!("Job for {}.service failed: {why}", self.unit.name);
        self.answer(out, &Err(text));
    }

    fn stop(&mut self, out: &Out, then: Then) {
        self.restart_at = None;
        match std::mem::replace(&mut self.phase, Phase::Inactive { failed: false }) {
            Phase::Inactive { .. } => self.answer(out, &Ok(String::new())),
            Phase::Starting { by } => {
                signal_all(&descendants_of(by.pid), Signal::SIGKILL as i32);
                self.phase = stopping(by, 0, then);
            }
            Phase::Running { by, main } => {
                let all = descendants_of(by.pid);
                let whom = if self.unit.kill_all { all } else { vec![main] };
                signal_all(&whom, Signal::SIGTERM as i32);
                // A stopped process cannot die of TERM.
                signal_all(&whom, Signal::SIGCONT as i32);
                self.phase = stopping(by, main, then);
            }
            Phase::Stopping {
                by, main, kill_at, ..
            } => {
                self.phase = Phase::Stopping {
                    by,
                    main,
                    kill_at,
                    then,
                };
            }
        }
    }

    fn news(&mut self, out: &Out) {
        let by = match &mut self.phase {
            Phase::Inactive { .. } => return,
            Phase::Starting { by } | Phase::Running { by, .. } | Phase::Stopping { by, .. } => by,
        };
        let mut line = String::new();
        let read = by.news.read_line(&mut line).unwrap_or(0);
        let news: Option<News> = serde_json::from_str(&line).ok();
        if read == 0 {
            self.all_gone(out);
        } else if let Some(news) = news {
            self.take_news(news, out);
        }
    }

    fn take_news(&mut self, news: News, out: &Out) {
        let phase = std::mem::replace(&mut self.phase, Phase::Inactive { failed: false });
        match (phase, news) {
            (Phase::Starting { by }, News::Running { pid }) => {
                self.phase = Phase::Running { by, main: pid };
                self.running.store(true, Ordering::Relaxed);
                out.seen(Event::Started {
                    service: self.unit.name.clone(),
                    pid: u32::try_from(pid).unwrap_or(0),
                });
                self.answer(out, &Ok(String::new()));
            }
            (Phase::Starting { .. }, News::Failed { why }) => self.fail(out, &why),
            (Phase::Running { by, main }, News::MainEnded { why, clean }) => {
                self.running.store(false, Ordering::Relaxed);
                out.seen(Event::Died {
                    service: self.unit.name.clone(),
                    why,
                });
                if self.unit.kill_all {
                    let left = descendants_of(by.pid);
                    signal_all(&left, Signal::SIGTERM as i32);
                    signal_all(&left, Signal::SIGCONT as i32);
                    self.restart_later(clean);
                    if !left.is_empty() {
                        // The service is over, its remains are on their way out.
                        let then = self.restart_at.take().map_or(Then::Nothing, Then::StartAt);
                        self.phase = stopping(by, main, then);
                        return;
                    }
                } else {
                    self.restart_later(clean);
                }
                self.phase = Phase::Inactive { failed: !clean };
            }
            (
                Phase::Stopping {
                    by,
                    main,
                    kill_at,
                    then,
                },
                News::MainEnded { .. },
            ) => {
                if self.unit.kill_all {
                    self.phase = Phase::Stopping {
                        by,
                        main,
                        kill_at,
                        then,
                    };
                } else {
                    self.stopped(then, out);
                }
            }
            (phase, _) => self.phase = phase,
        }
    }

    /// The supervisor ended: nothing of the service is left.
    fn all_gone(&mut self, out: &Out) {
        match std::mem::replace(&mut self.phase, Phase::Inactive { failed: false }) {
            Phase::Inactive { failed } => self.phase = Phase::Inactive { failed },
            Phase::Starting { .. } => self.fail(out, "its supervisor ended"),
            Phase::Running { .. } => {
                self.running.store(false, Ordering::Relaxed);
                self.phase = Phase::Inactive { failed: true };
            }
            Phase::Stopping { then, .. } => self.stopped(then, out),
        }
    }

    fn stopped(&mut self, then: Then, out: &Out) {
        let was_running = self.running.swap(false, Ordering::Relaxed);
        self.phase = Phase::Inactive { failed: false };
        if was_running {
            out.seen(Event::Stopped {
                service: self.unit.name.clone(),
            });
        }
        match then {
            Then::Start => return self.start(out),
            Then::StartAt(at) => self.restart_at = Some(at),
            Then::Nothing => {}
        }
        self.answer(out, &Ok(String::new()));
    }

    fn restart_later(&mut self, clean: bool) {
        let wanted = match self.unit.restart {
            Restart::No => false,
            Restart::OnFailure => !clean,
            Restart::Always => true,
        };
        if wanted {
            let delay = Duration::from_millis(self.unit.restart_delay_ms);
            self.restart_at = Some(Instant::now() + delay);
        }
    }
}

fn stopping(by: Supervisor, main: i32, then: Then) -> Phase {
    Phase::Stopping {
        by,
        main,
        kill_at: Instant::now() + STOP_GRACE,
        then,
    }
}

fn signal_all(pids: &[i32], signal: i32) {
    let Ok(signal) = Signal::try_from(signal) else {
        return;
    };
    // A service that dies all at once leaves nobody to see another part die and say goodbye:
    // stopped first, none of them runs between the first kill and the last.
    let first = (signal == Signal::SIGKILL).then_some(Signal::SIGSTOP);
    for signal in first.into_iter().chain([signal]) {
        for &pid in pids {
            // One that is gone by now needs no signal.
            let _ = kill(Pid::from_raw(pid), signal);
        }
    }
}

fn spawn(unit: &Unit, out: &Out) -> io::Result<Supervisor> {
    let mut child: Child = Command::new(OWN_BINARY)
        .arg0("lab-unit")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(&serde_json::to_vec(unit).map_err(io::Error::other)?)?;
    }
    if let Some(printed) = child.stderr.take() {
        out.forward(unit.name.clone(), printed);
    }
    let news = child
        .stdout
        .take()
        .ok_or_else(|| io::Error::other("no pipe"))?;
    Ok(Supervisor {
        pid: i32::try_from(child.id()).map_err(io::Error::other)?,
        news: BufReader::new(OwnedFdReader(std::fs::File::from(OwnedFd::from(news)))),
    })
}
