//! A throw-away prefix and network for one test, and servers to relay to.
#![allow(dead_code, reason = "each test program uses its own part")]

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// Nothing here takes longer on a loaded machine.
pub(crate) const BOUND: Duration = Duration::from_secs(20);

/// Gives the calling thread, and what it starts, a network of its own.
pub(crate) fn own_network() {
    sys::process::new_network_namespace().expect("the tests run as root");
    let status = Command::new("ip")
        .args(["link", "set", "lo", "up"])
        .status();
    assert!(status.expect("ip").success());
}

/// Waits until `check` gives something.
pub(crate) fn wait_for<T>(what: &str, mut check: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + BOUND;
    loop {
        if let Some(found) = check() {
            return found;
        }
        assert!(Instant::now() < end, "timed out: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// What a run printed and how it ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ran {
    pub(crate) status: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            status: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// A folder with a configuration. What runs from it ends with it.
pub(crate) struct Prefix {
    dir: tempfile::TempDir,
}

pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_nginx-stream-rs");

impl Prefix {
    /// `stream` goes into the stream block; `main` before it.
    pub(crate) fn new(main: &str, stream: &str) -> Self {
        let prefix = Self {
            dir: tempfile::tempdir().expect("a folder"),
        };
        fs::create_dir(prefix.path("logs")).expect("mkdir");
        prefix.write(main, stream);
        prefix
    }

    pub(crate) fn write(&self, main: &str, stream: &str) {
        let text = format!(
            "pid nginx.pid;\nerror_log logs/error.log info;\n{main}\nevents {{}}\nstream {{\n\
             {stream}\n}}\n"
        );
        fs::write(self.path("nginx.conf"), text).expect("write");
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    pub(crate) fn log(&self) -> String {
        self.read("logs/error.log")
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(BINARY);
        command
            .arg("-p")
            .arg(self.dir.path())
            .args(["-c", "nginx.conf", "-e", "logs/start.log"])
            .args(arguments);
        command
    }

    /// Runs to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        let command = &mut self.command(arguments);
        command.output().expect("the program is built").into()
    }

    /// Starts in the background; returns when the parent has ended well.
    pub(crate) fn start(&self) -> i32 {
        // The daemon keeps standard error until it serves: a pipe would do, a file needs no reader.
        let err = fs::File::create(self.path("stderr")).expect("create");
        let status = self
            .command(&[])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(err)
            .status()
            .expect("the program is built");
        assert!(status.success(), "{}", self.read("stderr"));
        self.pid()
    }

    pub(crate) fn pid(&self) -> i32 {
        let text = self.read("nginx.pid");
        text.trim().parse().expect("a pid file")
    }

    pub(crate) fn workers(&self) -> Vec<i32> {
        children(self.pid())
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.pid()), signal).expect("the master runs");
    }

    /// Waits until the error log holds `text` `times` times.
    pub(crate) fn logged(&self, text: &str, times: usize) {
        let what = format!("{times} x {text:?}");
        wait_for(&what, || {
            (self.log().matches(text).count() >= times).then_some(())
        });
    }
}

impl Drop for Prefix {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!(
                "error.log:\n{}\nstart.log:\n{}",
                self.log(),
                self.read("logs/start.log")
            );
        }
        let Ok(pid) = self.read("nginx.pid").trim().parse::<i32>() else {
            return;
        };
        if comm(pid).is_none_or(|comm| comm != "nginx") {
            return;
        }
        let workers = children(pid);
        let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
        for worker in workers {
            let _ = kill(Pid::from_raw(worker), Signal::SIGKILL);
        }
    }
}

pub(crate) fn comm(pid: i32) -> Option<String> {
    let comm = fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
    Some(comm.trim_end().to_owned())
}

pub(crate) fn command_line(pid: i32) -> String {
    let text = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let text = String::from_utf8_lossy(&text).replace('\0', " ");
    text.trim_end().to_owned()
}

/// Whether the process exists and is not just waiting to be collected.
pub(crate) fn alive(pid: i32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ")
        .is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

pub(crate) fn children(pid: i32) -> Vec<i32> {
    let text = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
    let text = text.unwrap_or_default();
    text.split_whitespace()
        .filter_map(|pid| pid.parse().ok())
        .collect()
}

/// A server that names itself to every client, then echoes. It lives as long as the test.
pub(crate) fn server(name: &'static str, address: &str) {
    let listener = TcpListener::bind(address).expect("a free address");
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || serve(stream, name));
        }
    });
}

fn serve(mut stream: TcpStream, name: &str) {
    let mut buffer = [0; 4096];
    if stream.write_all(name.as_bytes()).is_err() {
        return;
    }
    while let Ok(count @ 1..) = stream.read(&mut buffer) {
        if stream.write_all(&buffer[..count]).is_err() {
            return;
        }
    }
}

/// Copies the program. Another process does it: a descriptor of ours, open for writing, could be
/// in a child of another test just when the copy is to be executed.
pub(crate) fn copy_binary(to: &std::path::Path) {
    let status = Command::new("cp").arg(BINARY).arg(to).status();
    assert!(status.expect("cp").success());
}

/// Whether nobody listens there.
pub(crate) fn refuses(address: &str) -> bool {
    let refused = |error: std::io::Error| error.kind() == std::io::ErrorKind::ConnectionRefused;
    TcpStream::connect(address).is_err_and(refused)
}

/// A client's session, begun: the server's name has arrived.
pub(crate) struct Client {
    stream: TcpStream,
    pub(crate) server: String,
}

impl Client {
    pub(crate) fn connect(address: &str) -> Self {
        Self::try_connect(address).expect("a session")
    }

    pub(crate) fn try_connect(address: &str) -> std::io::Result<Self> {
        let address: SocketAddr = address.parse().expect("an address");
        let mut stream = TcpStream::connect_timeout(&address, BOUND)?;
        stream.set_read_timeout(Some(BOUND))?;
        let mut name = [0];
        stream.read_exact(&mut name)?;
        let server = String::from_utf8_lossy(&name).into_owned();
        Ok(Self { stream, server })
    }

    /// Whether what is said comes back.
    pub(crate) fn echoes(&mut self) -> bool {
        let mut back = [0; 5];
        self.stream.write_all(b"hello").is_ok()
            && self.stream.read_exact(&mut back).is_ok()
            && back == *b"hello"
    }

    /// Whether the other side has ended the session.
    pub(crate) fn ended(&mut self) -> bool {
        matches!(self.stream.read(&mut [0]), Ok(0) | Err(_))
    }
}
