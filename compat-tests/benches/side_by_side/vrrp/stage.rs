//! Hosts on switches, and the client's place among them, for one run.
//!
//! Invariants: everything is made inside the bench's own network namespace and ends with the stage;
//! host `h` has the address `10.S.255.(h+1)` on its interface `ethS` to switch `S`, the client
//! `10.S.255.250`.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use compat_tests::Subject;
use nix::net::if_::if_nametoindex;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

/// Nothing that a run waits for takes longer.
const BOUND: Duration = Duration::from_secs(60);

/// What makes any error a text that says what was tried.
pub(super) fn told<E: core::fmt::Display>(what: &str) -> impl Fn(E) -> String {
    let what = what.to_owned();
    move |error| format!("{what}: {error}")
}

/// Runs lines of `ip`.
fn ip(before: &[&str], lines: &str) -> Result<(), String> {
    let mut words = before.to_vec();
    words.extend(["ip", "-batch", "-"]);
    let mut ip = Command::new(words[0])
        .args(&words[1..])
        .stdin(Stdio::piped())
        .spawn()
        .map_err(told("ip"))?;
    if let Some(mut input) = ip.stdin.take() {
        input.write_all(lines.as_bytes()).map_err(told("ip"))?;
    }
    let status = ip.wait().map_err(told("ip"))?;
    let good = status.success();
    good.then_some(())
        .ok_or_else(|| format!("ip: {status}: {lines}"))
}

/// A namespace that lives as long as the process that holds it.
struct Host {
    holder: Child,
    /// Indexes of its switch ports.
    ports: Vec<u32>,
}

impl Host {
    fn new() -> Result<Self, String> {
        let script = "ip link set lo up && echo ready && exec sleep infinity";
        let mut holder = Command::new("unshare")
            .args(["--net", "sh", "-c", script])
            .stdout(Stdio::piped())
            .spawn()
            .map_err(told("unshare"))?;
        let mut line = String::new();
        if let Some(output) = holder.stdout.take() {
            let read = BufReader::new(output).read_line(&mut line);
            read.map_err(told("unshare"))?;
        }
        let ports = Vec::new();
        let host = Self { holder, ports };
        let ready = line.trim() == "ready";
        ready
            .then_some(host)
            .ok_or_else(|| "a namespace cannot be made".to_owned())
    }

    fn enter(&self) -> String {
        format!("--net=/proc/{}/ns/net", self.holder.id())
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}

/// Hosts, switches and the daemons' files.
pub(super) struct Stage {
    folder: TempDir,
    hosts: Vec<Host>,
    switches: usize,
}

impl Stage {
    pub(super) fn new(hosts: usize, switches: usize) -> Result<Self, String> {
        let mut stage = Self {
            folder: tempfile::tempdir().map_err(told("a folder"))?,
            hosts: Vec::new(),
            switches,
        };
        for switch in 0..switches {
            ip(
                &["env"],
                &format!(
                    "link add sw{switch} type bridge mcast_snooping 0\n\
                     address add 10.{switch}.255.250/16 dev sw{switch}\nlink set sw{switch} up\n"
                ),
            )?;
        }
        for number in 0..hosts {
            let mut host = Host::new()?;
            for switch in 0..switches {
                let port = format!("p{number}x{switch}");
                let pid = host.holder.id();
                ip(
                    &["env"],
                    &format!(
                        "link add {port} type veth peer name eth{switch} netns {pid}\n\
                         link set {port} master sw{switch} up\n"
                    ),
                )?;
                ip(
                    &["nsenter", &host.enter()],
                    &format!(
                        "address add 10.{switch}.255.{}/16 dev eth{switch}\n\
                         link set eth{switch} up\n",
                        number + 1
                    ),
                )?;
                let index = if_nametoindex(port.as_str()).map_err(told("a port"))?;
                host.ports.push(index);
            }
            stage.hosts.push(host);
        }
        Ok(stage)
    }

    /// Index of a host's switch port.
    pub(super) fn port(&self, host: usize, switch: usize) -> u32 {
        self.hosts[host].ports[switch]
    }

    /// Takes the carrier of a host's interface away.
    pub(super) fn unplug(&self, host: usize, switch: usize) -> Result<(), String> {
        ip(&["env"], &format!("link set p{host}x{switch} down\n"))
    }

    /// Takes a host's port out of its switch: the carrier stays, and nobody is told. When that was,
    /// in microseconds of the monotonic clock.
    pub(super) fn isolate(&self, host: usize, switch: usize) -> Result<u64, String> {
        let mut ip = Command::new("ip")
            .args(["-batch", "-"])
            .stdin(Stdio::piped())
            .spawn()
            .map_err(told("ip"))?;
        // It is running by then, and only has to read the line.
        std::thread::sleep(Duration::from_millis(100));
        let at = sys::clock::now().as_micros();
        let mut input = ip.stdin.take().ok_or("ip has no input")?;
        writeln!(input, "link set p{host}x{switch} nomaster").map_err(told("ip"))?;
        drop(input);
        let status = ip.wait().map_err(told("ip"))?;
        let good = status.success();
        good.then_some(at).ok_or_else(|| format!("ip: {status}"))
    }

    /// How many packets a host has sent to a switch.
    pub(super) fn packets_from(&self, host: usize, switch: usize) -> Result<u64, String> {
        let port = format!("p{host}x{switch}:");
        let table = fs::read_to_string("/proc/self/net/dev").map_err(told("/proc/self/net/dev"))?;
        let line = table
            .lines()
            .find_map(|line| line.trim().strip_prefix(&port));
        // Bytes come first.
        let packets = line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok());
        packets.ok_or_else(|| format!("/proc/self/net/dev does not tell of {port}"))
    }

    /// A file that daemons may be told of.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Starts a daemon on a host.
    pub(super) fn start(
        &self,
        host: usize,
        subject: Subject,
        text: &str,
    ) -> Result<Daemon, String> {
        let folder = self.folder.path().join(format!("host{host}"));
        fs::create_dir_all(&folder).map_err(told("a folder"))?;
        let log = folder.join("log");
        let sink = File::create(&log).map_err(told("a log"))?;
        let configuration = folder.join("keepalived.conf");
        fs::write(&configuration, text).map_err(told("a configuration"))?;
        let mut command = Command::new("nsenter");
        command
            .arg(self.hosts[host].enter())
            .arg(subject.keepalived())
            .args(["-n", "-l", "-D", "-f"])
            .arg(&configuration);
        for (option, name) in [
            ("-p", "all.pid"),
            ("-r", "vrrp.pid"),
            ("-c", "checkers.pid"),
        ] {
            command.arg(option).arg(folder.join(name));
        }
        let child = command
            .stdin(Stdio::null())
            .stdout(sink.try_clone().map_err(told("a log"))?)
            .stderr(sink)
            .spawn()
            .map_err(told("nsenter"))?;
        Ok(Daemon { child, folder, log })
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // The kernel takes its time over a namespace that nobody holds any more; the next stage has
        // ports of the same names.
        let ports = (0..self.hosts.len())
            .flat_map(|host| (0..self.switches).map(move |switch| format!("p{host}x{switch}")));
        let switches = (0..self.switches).map(|switch| format!("sw{switch}"));
        let gone = ports
            .chain(switches)
            .map(|link| format!("link del {link}\n"));
        let _ = ip(&["env"], &gone.collect::<String>());
        self.hosts.clear();
    }
}

/// A running keepalived.
pub(super) struct Daemon {
    child: Child,
    folder: PathBuf,
    log: PathBuf,
}

impl Daemon {
    /// How many lines of its log contain a text.
    pub(super) fn count(&self, text: &str) -> usize {
        let log = fs::read(&self.log).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        log.lines().filter(|line| line.contains(text)).count()
    }

    /// Waits until so many lines of its log contain a text.
    pub(super) fn wait_for(&self, text: &str, times: usize) -> Result<(), String> {
        let end = Instant::now() + BOUND;
        while self.count(text) < times {
            if Instant::now() > end {
                let log = fs::read_to_string(&self.log).unwrap_or_default();
                let tail: Vec<&str> = log.lines().rev().take(15).collect();
                return Err(format!("no {times} lines with '{text}': {tail:#?}"));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    /// The parent.
    pub(super) fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id()).unwrap_or(i32::MAX))
    }

    /// The process that does VRRP.
    pub(super) fn vrrp(&self) -> Result<Pid, String> {
        let text = fs::read_to_string(self.folder.join("vrrp.pid")).map_err(told("vrrp.pid"))?;
        let pid = text.trim().parse().map_err(told("vrrp.pid"))?;
        Ok(Pid::from_raw(pid))
    }

    pub(super) fn signal(&self, signal: Signal) -> Result<(), String> {
        kill(self.pid(), signal).map_err(told("kill"))
    }

    /// Stops it and waits for its end.
    pub(super) fn stop(mut self) -> Result<(), String> {
        self.signal(Signal::SIGTERM)?;
        self.child.wait().map_err(told("wait")).map(|_| ())
    }

    /// Turns it into the program as it is on disk now.
    pub(super) fn upgrade(&self) -> Result<(), String> {
        let status = Command::new(Subject::Ours.keepalived())
            .args(["upgrade", "--socket"])
            .arg(self.folder.join("all.sock"))
            .stdout(Stdio::null())
            .status()
            .map_err(told("upgrade"))?;
        let good = status.success();
        good.then_some(())
            .ok_or_else(|| format!("upgrade: {status}"))
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            let _ = self.signal(Signal::SIGTERM);
            let end = Instant::now() + Duration::from_secs(10);
            while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < end {
                std::thread::sleep(Duration::from_millis(5));
            }
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}
