//! The init's one loop: what wakes it and what it does then.

use std::collections::BTreeMap;
use std::io::{self, BufReader};
use std::os::fd::AsFd;
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use super::out::Out;
use super::service::Services;
use super::{Asker, OWN_BINARY, monitor, probe, root, shim, standin, supervise, syslog};
use crate::netlink::Netlink;
use crate::observed::Event;
use crate::protocol::{Command, NodeSetup, Request, StandInKind, receive, send};

/// Whether new links wait for duplicate address detection.
const NEW_LINKS_CHECK_ADDRESSES: &str = "/proc/sys/net/ipv6/conf/default/accept_dad";

/// A command that runs for somebody, and those to run after it.
#[derive(Debug)]
struct Task {
    asker: Asker,
    then: Vec<Vec<String>>,
}

/// Process 1.
pub(super) struct Init {
    out: Out,
    log: UnixDatagram,
    shims: UnixListener,
    children: SignalFd,
    services: Services,
    tasks: BTreeMap<i32, Task>,
    stand_ins: Vec<crate::protocol::StandIn>,
}

impl Init {
    pub(super) fn new(
        setup: &NodeSetup,
        out: Out,
    ) -> Result<(Self, Vec<String>), Box<dyn std::error::Error>> {
        let mut warnings = root::enter(setup)?;
        nix::unistd::sethostname(&setup.name)?;
        if let Err(error) = std::fs::write("/proc/sys/kernel/ns_last_pid", "10000") {
            warnings.push(format!("process ids start at 2 ({error})"));
        }
        let mut mask = SigSet::empty();
        mask.add(Signal::SIGCHLD);
        mask.thread_block()?;
        let children = SignalFd::with_flags(&mask, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)?;
        let log = syslog::listen()?;
        let shims = UnixListener::bind(shim::SOCKET)?;
        // A machine that has booted is past the seconds in which an IPv6 address may not be used.
        let _ = std::fs::write(NEW_LINKS_CHECK_ADDRESSES, "0");
        monitor::watch(out.clone())?;
        Netlink::open()?.configure("lo", &[])?;
        let init = Self {
            services: Services::new(setup.units.clone(), out.clone()),
            out,
            log,
            shims,
            children,
            tasks: BTreeMap::new(),
            stand_ins: setup.stand_ins.clone(),
        };
        Ok((init, warnings))
    }

    pub(super) fn run(&mut self, requests: &mut BufReader<UnixStream>) -> io::Result<()> {
        loop {
            let woken = self.wait(requests)?;
            if woken.lab {
                // Lines already in the buffer do not make the socket readable again.
                loop {
                    let Some(request) = receive::<Request>(requests)? else {
                        return Ok(());
                    };
                    self.request(request);
                    if requests.buffer().is_empty() {
                        break;
                    }
                }
            }
            let out = self.out.clone();
            syslog::drain(&self.log, |event| out.seen(event));
            for name in woken.services {
                self.services.news(&name);
            }
            if woken.children {
                while let Ok(Some(_)) = self.children.read_signal() {}
                self.reap();
            }
            if woken.shims
                && let Ok((stream, _)) = self.shims.accept()
            {
                self.shim(stream);
            }
            self.services.tick();
        }
    }

    fn wait(&self, requests: &BufReader<UnixStream>) -> io::Result<Woken> {
        let services = self.services.descriptors();
        let mut descriptors = vec![
            PollFd::new(requests.get_ref().as_fd(), PollFlags::POLLIN),
            PollFd::new(self.log.as_fd(), PollFlags::POLLIN),
            PollFd::new(self.children.as_fd(), PollFlags::POLLIN),
            PollFd::new(self.shims.as_fd(), PollFlags::POLLIN),
        ];
        let fixed = descriptors.len();
        descriptors.extend(
            services
                .iter()
                .map(|(_, fd)| PollFd::new(*fd, PollFlags::POLLIN)),
        );
        let timeout = self.services.deadline().map_or(PollTimeout::NONE, |at| {
            let left = at.saturating_duration_since(Instant::now()) + Duration::from_millis(1);
            PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX)
        });
        match poll(&mut descriptors, timeout) {
            Ok(_) | Err(nix::errno::Errno::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
        let ready = |at: usize| descriptors[at].any().unwrap_or(false);
        Ok(Woken {
            lab: ready(0),
            children: ready(2),
            shims: ready(3),
            services: (fixed..)
                .zip(&services)
                .filter(|(at, _)| ready(*at))
                .map(|(_, (name, _))| name.clone())
                .collect(),
        })
    }

    fn request(&mut self, request: Request) {
        let asker = Asker::Lab(request.id);
        let result = match request.what {
            Command::Attach {
                interface,
                addresses,
                gateway,
            } => self.attach(&interface, &addresses, gateway),
            Command::Probe { targets } => probe::start(targets, &self.out)
                .map(|()| String::new())
                .map_err(|error| error.to_string()),
            Command::Start { service } => return self.services.start(&service, asker),
            Command::Stop { service } => return self.services.stop(&service, asker),
            Command::Restart { service } => return self.services.restart(&service, asker),
            Command::Reload { service } => return self.reload(&service, asker),
            Command::Signal {
                service,
                part,
                signal,
            } => self.services.signal(&service, part, signal),
            Command::StartsOf { service, succeed } => self.services.starts_of(&service, succeed),
            Command::Exec { command } => {
                let argv = vec!["/bin/sh".to_owned(), "-c".to_owned(), command];
                return self.task(vec![argv], asker);
            }
        };
        asker.answer(&self.out, result);
    }

    fn attach(
        &mut self,
        interface: &str,
        addresses: &[crate::script::Cidr],
        gateway: Option<std::net::IpAddr>,
    ) -> Result<String, String> {
        let done = || -> io::Result<()> {
            let netlink = Netlink::open()?;
            netlink.configure(interface, addresses)?;
            // Links that the daemons make are checked as usual.
            let _ = std::fs::write(NEW_LINKS_CHECK_ADDRESSES, "1");
            if let Some(gateway) = gateway {
                netlink.add_default_route(gateway)?;
            }
            for stand_in in &self.stand_ins {
                let running = match &stand_in.kind {
                    StandInKind::Http {
                        with: Some(service),
                    } => Some(self.services.running_flag(service)),
                    _ => None,
                };
                standin::serve(stand_in, running)
                    .map_err(|e| io::Error::other(format!("stand-in {}: {e}", stand_in.listen)))?;
            }
            Ok(())
        };
        done().map(|()| String::new()).map_err(|e| e.to_string())
    }

    fn reload(&mut self, service: &str, asker: Asker) {
        match self.services.reload(service) {
            Ok(commands) => self.task(commands, asker),
            Err(why) => asker.answer(&self.out, Err(why)),
        }
    }

    /// Runs commands one after another; the first that fails is the answer.
    fn task(&mut self, mut commands: Vec<Vec<String>>, asker: Asker) {
        if commands.is_empty() {
            return asker.answer(&self.out, Ok(String::new()));
        }
        let argv = commands.remove(0);
        match self.spawn(&argv) {
            Err(error) => {
                let name = argv.first().map_or("", String::as_str);
                asker.answer(&self.out, Err(format!("{name}: {error}")));
            }
            Ok(pid) => {
                self.tasks.insert(
                    pid,
                    Task {
                        asker,
                        then: commands,
                    },
                );
            }
        }
    }

    fn spawn(&self, argv: &[String]) -> io::Result<i32> {
        let (reader, writer) = io::pipe()?;
        let child = std::process::Command::new(OWN_BINARY)
            .arg0("lab-exec")
            .args(argv)
            .stdin(Stdio::null())
            .stdout(writer.try_clone()?)
            .stderr(writer)
            .process_group(0)
            .spawn()?;
        self.out.forward("exec".to_owned(), reader);
        i32::try_from(child.id()).map_err(io::Error::other)
    }

    fn reap(&mut self) {
        loop {
            let (pid, status) = match waitpid(Pid::from_raw(-1), Some(WaitPidFlag::WNOHANG)) {
                Ok(WaitStatus::Exited(pid, code)) => (pid, ExitStatus::from_raw(code << 8)),
                Ok(WaitStatus::Signaled(pid, signal, _)) => {
                    (pid, ExitStatus::from_raw(signal as i32))
                }
                Ok(WaitStatus::StillAlive) | Err(_) => return,
                Ok(_) => continue,
            };
            if let Some(task) = self.tasks.remove(&pid.as_raw()) {
                if !status.success() {
                    let why = format!("the command {}", supervise::describe(status));
                    task.asker.answer(&self.out, Err(why));
                } else {
                    self.task(task.then, task.asker);
                }
            }
        }
    }

    fn shim(&mut self, stream: UnixStream) {
        // The shim writes its one line at once; one that does not must not hold up the node.
        let _ = stream.set_read_timeout(Some(Duration::from_secs(1)));
        let Ok(copy) = stream.try_clone() else {
            return;
        };
        let Ok(Some(ask)) = receive::<shim::Ask>(&mut BufReader::new(copy)) else {
            return;
        };
        let unit = ask.unit.as_str();
        self.out.seen(Event::Note {
            text: format!("a script asks: {} {unit}", ask.verb),
        });
        match ask.verb.as_str() {
            "start" => self.services.start(unit, Asker::Shim(stream)),
            "stop" => self.services.stop(unit, Asker::Shim(stream)),
            "restart" | "try-restart" | "condrestart" => {
                self.services.restart(unit, Asker::Shim(stream));
            }
            "reload" | "force-reload" | "reload-or-restart" => {
                self.reload(unit, Asker::Shim(stream));
            }
            _ => self.state(&ask, stream),
        }
    }

    fn state(&mut self, ask: &shim::Ask, mut stream: UnixStream) {
        let answer = match self.services.activity(&ask.unit) {
            Err(text) => shim::Answer { status: 4, text },
            Ok(activity) => {
                let good = match ask.verb.as_str() {
                    "is-failed" => activity == "failed",
                    _ => activity == "active",
                };
                let pid = self.services.main_pid(&ask.unit);
                let text = match (ask.verb.as_str(), pid) {
                    ("status", Some(pid)) => {
                        format!(
                            "{}.service\n   Active: {activity}\n Main PID: {pid}",
                            ask.unit
                        )
                    }
                    ("status", None) => format!("{}.service\n   Active: {activity}", ask.unit),
                    _ => activity.to_owned(),
                };
                let status = match (good, ask.verb.as_str()) {
                    (true, _) => 0,
                    (false, "is-failed") => 1,
                    (false, _) => 3,
                };
                shim::Answer { status, text }
            }
        };
        let _ = send(&mut stream, &answer);
    }
}

struct Woken {
    lab: bool,
    children: bool,
    shims: bool,
    services: Vec<String>,
}
