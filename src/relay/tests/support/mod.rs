//! A relay inside the test's own process, on loopback ports that the kernel chooses.

#![allow(dead_code, reason = "each test file uses its part")]

use std::fs::File;
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use relay::{
    Command, Generation, Limits, LogFiles, Parts, Process, Report, ReportKind, Sockets, Thread,
    ThreadConfig,
};
use stream::config::{
    AccessLog, Address, Balance, Config, ErrorLog, ErrorTarget, Escape, FileIx, Level,
    ListenOptions, Listener, ListenerKey, Part, Peer, Pool, PoolIx, Server, ServerIx, Template,
    Transport, Variable,
};
use stream::template::ProcessFacts;

/// Longest wait for what must happen; reaching it is a failure.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) fn peer(address: SocketAddr) -> Peer {
    Peer {
        written: address.to_string(),
        address: Address::Inet(address),
        weight: 1,
        max_fails: 1,
        fail_timeout: Duration::from_secs(10),
        max_conns: 0,
        backup: false,
        down: false,
    }
}

pub(crate) fn server() -> Server {
    Server {
        origin: "test:1".to_owned(),
        pool: PoolIx(0),
        connect_timeout: Duration::from_secs(60),
        proxy_timeout: Duration::from_secs(600),
        buffer_size: 16 * 1024,
        next_upstream: true,
        next_upstream_tries: 0,
        next_upstream_timeout: Duration::ZERO,
        half_close: false,
        socket_keepalive: false,
        upload_rate: 0,
        download_rate: 0,
        requests: 0,
        responses: None,
        bind: None,
        tcp_nodelay: true,
        access: Vec::new(),
        access_logs: vec![AccessLog {
            file: FileIx(0),
            format: format(),
            escape: Escape::Default,
            buffer: None,
        }],
        error_logs: vec![ErrorLog {
            target: ErrorTarget::File(FileIx(1)),
            level: Level::Info,
        }],
    }
}

/// `STATUS RECEIVED SENT UPSTREAM_ADDR UPSTREAM_SENT UPSTREAM_RECEIVED`
fn format() -> Template {
    use Variable as V;
    let variables = [
        V::Status,
        V::BytesReceived,
        V::BytesSent,
        V::UpstreamAddr,
        V::UpstreamBytesSent,
        V::UpstreamBytesReceived,
    ];
    let mut parts = Vec::new();
    for variable in variables {
        if !parts.is_empty() {
            parts.push(Part::Text(" ".to_owned()));
        }
        parts.push(Part::Variable(variable));
    }
    Template(parts)
}

/// A configuration of one listener, one server, one pool.
pub(crate) fn config(peers: Vec<Peer>, server: Server) -> Config {
    let nowhere = "127.0.0.1:0".parse().expect("an address");
    Config {
        listeners: vec![Listener {
            key: ListenerKey {
                address: Address::Inet(nowhere),
                transport: Transport::Tcp,
            },
            display: "127.0.0.1:0".to_owned(),
            options: ListenOptions::default(),
            server: ServerIx(0),
            addresses: Vec::new(),
        }],
        servers: vec![server],
        pools: vec![Pool {
            name: "backend".to_owned(),
            balance: Balance::RoundRobin,
            shared: false,
            peers,
        }],
        files: vec!["access.log".into(), "error.log".into()],
    }
}

pub(crate) struct Relay {
    pub(crate) address: SocketAddr,
    pub(crate) process: Arc<Process>,
    threads: Vec<Thread>,
    reports: mpsc::Receiver<Report>,
    sockets: Sockets,
    directory: tempfile::TempDir,
    files: LogFiles,
    number: u64,
    limits: Limits,
}

impl Relay {
    pub(crate) fn start(config: Config, threads: usize) -> Self {
        Self::with_limits(config, threads, Limits::default())
    }

    pub(crate) fn with_limits(config: Config, threads: usize, limits: Limits) -> Self {
        let (socket, address) = bind(&config.listeners[0].key);
        let (sender, reports) = mpsc::channel();
        let process = Arc::new(Process::new(ProcessFacts::default()));
        let threads = (0..threads)
            .map(|index| {
                let sender = sender.clone();
                Thread::spawn(ThreadConfig {
                    index,
                    affinity: Vec::new(),
                    priority: 0,
                    process: Arc::clone(&process),
                    report: Box::new(move |report| {
                        // Nobody listens any more at the end of a test.
                        let _ = sender.send(report);
                    }),
                })
                .expect("a thread")
            })
            .collect();
        let mut relay = Self {
            address,
            process,
            threads,
            reports,
            sockets: Sockets::Shared(Arc::new(socket)),
            directory: tempfile::tempdir().expect("a directory"),
            files: LogFiles::default(),
            number: 0,
            limits,
        };
        relay.install(config);
        relay
    }

    /// Runs `config` from now on, as after HUP.
    pub(crate) fn install(&mut self, config: Config) {
        self.number += 1;
        let files = config
            .files
            .iter()
            .map(|name| {
                let path = self.directory.path().join(name);
                let file = File::options().append(true).create(true).open(&path);
                self.files.open(&path, file.expect("a log file").into())
            })
            .collect();
        let generation = Generation::new(Parts {
            number: self.number,
            sockets: vec![self.sockets.clone(); config.listeners.len()],
            error_logs: config.servers[0].error_logs.clone(),
            config,
            files,
            limits: self.limits,
            threads: self.threads.len(),
        });
        for thread in &self.threads {
            thread.send(Command::Install(Arc::clone(&generation)));
        }
        for _ in 0..self.threads.len() {
            self.expect(ReportKind::Installed(self.number));
        }
    }

    pub(crate) fn send(&self, command: &Command) {
        for thread in &self.threads {
            thread.send(command.clone());
        }
    }

    /// Waits for a report of this kind, dropping others.
    pub(crate) fn expect(&self, kind: ReportKind) {
        loop {
            let report = self.reports.recv_timeout(PATIENCE);
            if report.expect("the report comes in time").kind == kind {
                return;
            }
        }
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).expect("the relay listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("an option");
        stream.set_write_timeout(Some(PATIENCE)).expect("an option");
        stream
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Ends the relay when its sessions have ended, and returns (access log, error log).
    pub(crate) fn quit(self) -> (String, String) {
        self.end(&Command::Quit)
    }

    /// Ends the relay at once.
    pub(crate) fn stop(self) -> (String, String) {
        self.end(&Command::Stop)
    }

    fn end(mut self, command: &Command) -> (String, String) {
        self.send(command);
        for _ in 0..self.threads.len() {
            self.expect(ReportKind::Exiting);
        }
        for thread in self.threads.drain(..) {
            thread.join().expect("it did not panic");
        }
        let read = |name| std::fs::read_to_string(self.path(name)).expect("a log file");
        (read("access.log"), read("error.log"))
    }
}

fn bind(key: &ListenerKey) -> (OwnedFd, SocketAddr) {
    let address = match &key.address {
        Address::Inet(address) => *address,
        Address::Unix(path) => {
            let socket = std::os::unix::net::UnixListener::bind(path).expect("a socket");
            socket.set_nonblocking(true).expect("an option");
            return (socket.into(), "0.0.0.0:0".parse().expect("an address"));
        }
    };
    match key.transport {
        Transport::Tcp => {
            let socket = TcpListener::bind(address).expect("loopback");
            socket.set_nonblocking(true).expect("an option");
            let address = socket.local_addr().expect("it is bound");
            (socket.into(), address)
        }
        Transport::Udp => {
            let socket = UdpSocket::bind(address).expect("loopback");
            let address = socket.local_addr().expect("it is bound");
            (socket.into(), address)
        }
    }
}

/// A port where nobody listens.
pub(crate) fn dead_port() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
    listener.local_addr().expect("it is bound")
}

/// A server that handles each connection in a thread of its own, with its number.
pub(crate) fn serve(handle: impl Fn(TcpStream) + Send + Clone + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
    let address = listener.local_addr().expect("it is bound");
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let handle = handle.clone();
            std::thread::spawn(move || handle(stream.expect("a client")));
        }
    });
    address
}

/// A server that sends everything back.
pub(crate) fn echo() -> SocketAddr {
    serve(|mut stream| {
        let mut writer = stream.try_clone().expect("a descriptor");
        drop(std::io::copy(&mut stream, &mut writer));
    })
}

/// A server that says its name and waits for the client to go.
pub(crate) fn named(name: &'static str) -> SocketAddr {
    serve(move |mut stream| {
        use std::io::Write as _;
        drop(stream.write_all(name.as_bytes()));
        drop(std::io::copy(&mut stream, &mut std::io::sink()));
    })
}
