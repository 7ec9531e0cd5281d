//! Two machines made of network namespaces, joined by a veth pair, and daemons in them.
//!
//! Invariants: everything waits for an event with a bound; what a test made is gone with it,
//! however it ended. Needs root; without it, tests say so and pass.

#![allow(dead_code, unreachable_pub)]

pub mod ask;
pub mod kept;

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// Nothing here takes longer unless it is broken.
pub const BOUND: Duration = Duration::from_secs(20);

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_keepalived-rs");

/// Whether this test can run; says so if not.
pub fn can_run() -> bool {
    let root = nix::unistd::geteuid().is_root();
    if !root {
        eprintln!("skipped: network namespaces need root");
    }
    root
}

/// Looks until something is there, as often as that costs nothing.
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + BOUND;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "no {what} in time");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Lines that come in while the test goes on.
pub struct Lines {
    lines: Receiver<String>,
    pub seen: Vec<String>,
}

impl Lines {
    pub fn of(source: impl Read + Send + 'static) -> Self {
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(source).lines() {
                let Ok(line) = line else { break };
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Self {
            lines,
            seen: Vec::new(),
        }
    }

    /// Waits for a line (not seen by an earlier wait) that fits.
    pub fn wait(&mut self, what: &str, fits: impl Fn(&str) -> bool) -> String {
        let end = Instant::now() + BOUND;
        loop {
            match self
                .lines
                .recv_timeout(end.saturating_duration_since(Instant::now()))
            {
                Ok(line) => {
                    self.seen.push(line.clone());
                    if fits(&line) {
                        return line;
                    }
                }
                Err(RecvTimeoutError::Timeout) => panic!("no {what} in time: {:#?}", self.seen),
                Err(RecvTimeoutError::Disconnected) => panic!("no {what}, ended: {:#?}", self.seen),
            }
        }
    }

    pub fn contains(&mut self, text: &str) -> bool {
        self.seen.extend(self.lines.try_iter());
        self.seen.iter().any(|line| line.contains(text))
    }
}

/// A network namespace, held open by a process in it, with its address changes.
pub struct Node {
    holder: Child,
    monitor: Child,
    pub addresses: Lines,
    pub dir: PathBuf,
    pub name: &'static str,
}

impl Node {
    fn new(dir: &Path, name: &'static str) -> Self {
        // The holder says when it is inside.
        let mut holder = Command::new("unshare")
            .args(["-n", "sh", "-c", "echo ready; exec sleep 600"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("unshare");
        let ready = holder.stdout.take().expect("pipe");
        Lines::of(ready).wait("namespace", |line| line == "ready");
        let mut monitor = inside(holder.id(), "ip")
            .args(["-o", "monitor", "address"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("ip monitor");
        let addresses = Lines::of(monitor.stdout.take().expect("pipe"));
        let dir = dir.join(name);
        std::fs::create_dir_all(&dir).expect("directory");
        Self {
            holder,
            monitor,
            addresses,
            dir,
            name,
        }
    }

    pub fn command(&self, program: &str) -> Command {
        inside(self.holder.id(), program)
    }

    pub fn ip(&self, arguments: &str) {
        let status = self
            .command("ip")
            .args(arguments.split(' '))
            .status()
            .expect("ip");
        assert!(status.success(), "ip {arguments}");
    }

    /// Waits until a file of it is gone.
    pub fn lacks(&self, name: &str) {
        let gone = || (!self.file(name).exists()).then_some(());
        until(&format!("end of {name}"), gone);
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.file(name), text).expect("written");
    }

    /// Waits until `address` is added.
    pub fn gets(&mut self, address: &str) {
        let what = format!("address {address} on {}", self.name);
        self.addresses.wait(&what, |line| {
            !line.starts_with("Deleted") && line.contains(&format!("inet {address}/"))
        });
    }

    /// Waits until `address` is removed.
    pub fn loses(&mut self, address: &str) {
        let what = format!("loss of {address} on {}", self.name);
        self.addresses.wait(&what, |line| {
            line.starts_with("Deleted") && line.contains(&format!("inet {address}/"))
        });
    }

    pub fn has(&self, address: &str) -> bool {
        let shown = self
            .command("ip")
            .args(["-o", "address"])
            .output()
            .expect("ip");
        String::from_utf8_lossy(&shown.stdout).contains(&format!("inet {address}/"))
    }

    /// The kernel tells carriers of veth pairs with up to a second's delay.
    fn wait_for_carrier(&self) {
        let end = Instant::now() + BOUND;
        loop {
            let shown = self
                .command("ip")
                .args(["-o", "link", "show", "lan"])
                .output();
            if String::from_utf8_lossy(&shown.expect("ip").stdout).contains("state UP") {
                return;
            }
            assert!(Instant::now() < end, "no carrier on {}", self.name);
            std::thread::yield_now();
        }
    }

    /// The arguments that keep a daemon's files apart from others'.
    pub fn arguments(&self) -> Vec<String> {
        let file = |option: &str, name: &str| format!("{option}{}", self.file(name).display());
        vec![
            "-D".into(),
            "-G".into(),
            file("-f", "keepalived.conf"),
            file("-p", "keepalived.pid"),
            file("-r", "vrrp.pid"),
            file("-c", "checkers.pid"),
            file("-b", "bfd.pid"),
        ]
    }

    /// Starts a daemon in the foreground and waits until it serves.
    pub fn start(&self) -> Daemon {
        let mut command = self.command(PROGRAM);
        command.args(["-n", "-l"]).args(self.arguments());
        Daemon::serving(command)
    }

    pub fn pid(&self, name: &str) -> i32 {
        let end = Instant::now() + BOUND;
        loop {
            let text = std::fs::read_to_string(self.file(name)).unwrap_or_default();
            if let Ok(pid) = text.trim().parse() {
                return pid;
            }
            assert!(Instant::now() < end, "no pid in {name}");
            std::thread::yield_now();
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        for child in [&mut self.monitor, &mut self.holder] {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn inside(pid: u32, program: &str) -> Command {
    let mut command = Command::new("nsenter");
    command
        .arg(format!("--net=/proc/{pid}/ns/net"))
        .arg(program);
    command
}

/// A daemon in the foreground.
pub struct Daemon {
    pub child: Child,
    pub log: Lines,
}

impl Daemon {
    /// Starts `command`, a daemon that logs to its standard error, and waits until it serves.
    pub fn serving(mut command: Command) -> Self {
        let child = command.stderr(Stdio::piped()).spawn();
        let mut child = child.expect("keepalived-rs");
        let mut log = Lines::of(child.stderr.take().expect("pipe"));
        log.wait("start", |line| line.ends_with("Startup complete"));
        Self { child, log }
    }

    pub fn logs(&mut self, text: &str) -> String {
        self.log.wait(text, |line| line.contains(text))
    }

    pub fn signal(&self, number: i32) {
        let pid = i32::try_from(self.child.id()).expect("pid");
        sys::signal::send(pid, number).expect("signal");
    }

    /// HUP, until what it asked for is done.
    pub fn reload(&mut self) {
        self.signal(nix::libc::SIGHUP);
        self.logs("Reload complete");
    }

    /// TERM, and its exit status.
    pub fn stop(&mut self) -> i32 {
        self.signal(nix::libc::SIGTERM);
        self.child.wait().expect("wait").code().unwrap_or(-1)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            self.signal(nix::libc::SIGTERM);
            let _ = self.child.wait();
        }
    }
}

/// Two nodes whose `lan` interfaces are joined: 192.0.2.1 and 192.0.2.2.
pub struct Pair {
    pub a: Node,
    pub b: Node,
    _dir: tempfile::TempDir,
}

impl Pair {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().expect("directory");
        let (a, b) = (Node::new(dir.path(), "a"), Node::new(dir.path(), "b"));
        let pair = Self { a, b, _dir: dir };
        pair.join();
        pair
    }

    /// Makes `lan`, which neither has.
    pub fn join(&self) {
        let Self { a, b, .. } = self;
        a.ip(&format!(
            "link add lan type veth peer name lan netns {}",
            b.holder.id()
        ));
        for (node, address) in [(a, "192.0.2.1/24"), (b, "192.0.2.2/24")] {
            node.ip(&format!("address add {address} dev lan"));
            node.ip("link set lan up");
            node.ip("link set lo up");
        }
        for node in [a, b] {
            node.wait_for_carrier();
        }
    }
}

/// A version 3 instance that advertises ten times a second.
pub fn instance(priority: u8, addresses: &[&str], more: &str) -> String {
    let mut text = format!(
        "vrrp_instance VI_1 {{\n interface lan\n virtual_router_id 51\n version 3\n \
         advert_int 0.1\n priority {priority}\n garp_master_delay 1\n{more}\n virtual_ipaddress {{\n"
    );
    for address in addresses {
        let _ = writeln!(text, "  {address}");
    }
    text.push_str(" }\n}\n");
    text
}
