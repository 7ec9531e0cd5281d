use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::sync::Mutex;

use nix::sys::eventfd::EfdFlags;
use socket2::SockRef;
use stream::config::{
    Address, Balance, Config, ErrorLog, ErrorTarget, FileIx, ListenOptions, ListenerKey, Peer,
    Pool, PoolIx, Server, ServerIx, Transport,
};

use super::*;
use crate::generation::{Parts, Sockets};
use crate::log_file::LogFile;
use crate::session::TcpSession;

fn config(address: SocketAddr, peer: SocketAddr) -> Config {
    let minute = core::time::Duration::from_secs(60);
    let log = ErrorLog {
        target: ErrorTarget::File(FileIx(0)),
        level: Level::Info,
    };
    let peer = Peer {
        written: peer.to_string(),
        address: Address::Inet(peer),
        weight: 1,
        max_fails: 1,
        fail_timeout: minute,
        max_conns: 0,
        backup: false,
        down: false,
    };
    let server = Server {
        origin: "test:1".to_owned(),
        pool: PoolIx(0),
        connect_timeout: minute,
        proxy_timeout: minute,
        buffer_size: 4096,
        next_upstream: true,
        next_upstream_tries: 0,
        next_upstream_timeout: core::time::Duration::ZERO,
        half_close: false,
        socket_keepalive: false,
        upload_rate: 0,
        download_rate: 0,
        requests: 0,
        responses: None,
        bind: None,
        tcp_nodelay: true,
        access: Vec::new(),
        access_logs: Vec::new(),
        error_logs: vec![log],
    };
    let key = ListenerKey {
        address: Address::Inet(address),
        transport: Transport::Tcp,
    };
    Config {
        listeners: vec![stream::config::Listener {
            key,
            display: address.to_string(),
            options: ListenOptions::default(),
            server: ServerIx(0),
            addresses: Vec::new(),
        }],
        servers: vec![server],
        pools: vec![Pool {
            name: "self".to_owned(),
            balance: Balance::LeastConn,
            shared: false,
            peers: vec![peer.clone(), peer],
        }],
        files: vec!["error.log".into()],
    }
}

/// A loop that serves a listener, in front of `peer`.
fn event_loop(log: OwnedFd, peer: SocketAddr) -> (EventLoop, SocketAddr) {
    event_loop_with(log, peer, |_| {})
}

/// The same, with parts changed.
fn event_loop_with(
    log: OwnedFd,
    peer: SocketAddr,
    change: impl FnOnce(&mut Parts),
) -> (EventLoop, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
    listener.set_nonblocking(true).expect("an option");
    let address = listener.local_addr().expect("it is bound");
    let (sender, inbox) = mpsc::channel();
    let config = config(address, peer);
    let mut parts = Parts {
        error_logs: config.servers[0].error_logs.clone(),
        config,
        sockets: vec![Sockets::Shared(Arc::new(listener.into()))],
        files: vec![Arc::new(LogFile::new(log))],
        threads: 1,
        ..Parts::default()
    };
    change(&mut parts);
    sender
        .send(Command::Install(Generation::new(parts)))
        .expect("the inbox is there");
    let process = Arc::default();
    let reports = Mutex::new(Vec::new());
    let thread = ThreadConfig {
        index: 0,
        affinity: Vec::new(),
        priority: 0,
        process: Arc::clone(&process),
        report: Box::new(move |report| reports.lock().expect("no panic").push(report)),
    };
    let wake = EventFd::from_flags(EfdFlags::EFD_NONBLOCK).expect("an event descriptor");
    let turn = Turn::new(process).expect("epoll");
    let mut event_loop = EventLoop::new(thread, inbox, Arc::new(wake), turn);
    event_loop.take_commands();
    (event_loop, address)
}

#[test]
fn a_panic_ends_one_session_and_gives_its_peer_back() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("error.log");
    let log = std::fs::File::create(&path).expect("a file").into();
    let peer = TcpListener::bind("127.0.0.1:0").expect("loopback");
    let (mut event_loop, address) = event_loop(log, peer.local_addr().expect("it is bound"));
    let idle = event_loop.turn.connections;
    let mut client = TcpStream::connect(address).expect("it listens");
    event_loop.arrive(0);
    let running = event_loop.newest().expect("installed");
    let connections = || running.with_pool(PoolIx(0), |pool| pool.connections().sum::<u32>());
    assert_eq!((event_loop.sessions.len(), connections()), (1, 1));

    event_loop.drive(0, |_, _| panic!("on purpose"));
    event_loop.free_ended();
    assert_eq!((event_loop.sessions.len(), connections()), (0, 0));
    assert_eq!(
        (event_loop.turn.connections, running.sessions.get()),
        (idle, 0)
    );
    assert_eq!(client.read(&mut [0]).expect("closed"), 0);
    let log = std::fs::read_to_string(path).expect("a log file");
    let line = "[alert]";
    assert!(
        log.contains(line) && log.contains("was ended: on purpose"),
        "{log}"
    );
}

/// Lets the loop work until the session moves no more bytes.
fn settle(event_loop: &mut EventLoop, client: &mut TcpStream, block: &[u8]) -> usize {
    let mut events = vec![EpollEvent::empty(); BATCH];
    let (mut sent, mut idle) = (0, 0);
    while idle < 20 {
        match client.write(block) {
            Ok(count) => (sent, idle) = (sent + count, 0),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::WouldBlock);
                idle += 1;
            }
        }
        // The loop must not wait for what this thread would have to do.
        let soon = event_loop.turn.clock.now() + core::time::Duration::from_millis(5);
        event_loop.turn.fire_at(soon, Token::AcceptAgain);
        event_loop.turn_once(&mut events).expect("epoll");
    }
    sent
}

#[test]
fn a_stalled_peer_costs_a_buffer_not_more() {
    let log = tempfile::tempfile().expect("a file").into();
    let stalled = TcpListener::bind("127.0.0.1:0").expect("loopback");
    let (mut event_loop, address) = event_loop(log, stalled.local_addr().expect("it is bound"));
    let mut client = TcpStream::connect(address).expect("it listens");
    client.set_nonblocking(true).expect("an option");
    let spilled = |event_loop: &EventLoop| tcp(event_loop, 0).spilled();
    let block = vec![1; 1 << 20];
    let sent = settle(&mut event_loop, &mut client, &block);
    // The peer reads a little now and then, so that large reads meet a nearly full socket.
    let (mut peer, _) = stalled.accept().expect("the session is connected");
    let mut most = spilled(&event_loop);
    assert!(
        most > 0 && sent > 1 << 20,
        "{sent} bytes did not fill the way"
    );
    for _ in 0..5 {
        peer.read_exact(&mut vec![0; 1 << 20])
            .expect("it waits there");
        settle(&mut event_loop, &mut client, &block);
        most = most.max(spilled(&event_loop));
    }
    // 4 KiB is proxy_buffer_size; the rest is what the kernel's estimate may be off.
    assert!(most <= 4096 + 64 * 1024, "{most} bytes are held");
}

fn tcp(event_loop: &EventLoop, key: usize) -> &TcpSession {
    match &event_loop.sessions[key] {
        Some(AnySession::Tcp(session)) => session,
        other => panic!("{other:?}"),
    }
}

/// A peer, and a loop in front of it that has one session whose peer has accepted.
fn connected(change: impl FnOnce(&mut Parts)) -> (TcpListener, EventLoop, TcpStream) {
    let log = tempfile::tempfile().expect("a file").into();
    let peer = TcpListener::bind("127.0.0.1:0").expect("loopback");
    let (mut event_loop, address) =
        event_loop_with(log, peer.local_addr().expect("it is bound"), change);
    let client = TcpStream::connect(address).expect("it listens");
    let mut events = vec![EpollEvent::empty(); BATCH];
    event_loop.arrive(0);
    while !tcp(&event_loop, 0).is_proxying() {
        event_loop.turn_once(&mut events).expect("epoll");
    }
    (peer, event_loop, client)
}

#[test]
fn tcp_nodelay_is_set_on_both_sockets_or_none() {
    for nodelay in [true, false] {
        let (_peer, event_loop, _client) =
            connected(|parts| parts.config.servers[0].tcp_nodelay = nodelay);
        let (client, upstream) = tcp(&event_loop, 0).sockets();
        let upstream = upstream.expect("it is connected");
        for socket in [client, upstream] {
            assert_eq!(
                SockRef::from(socket).tcp_nodelay().expect("a socket"),
                nodelay
            );
        }
    }
}

#[test]
fn keepalive_towards_peers_is_off_unless_asked_for() {
    for keepalive in [true, false] {
        let (_peer, event_loop, _client) =
            connected(|parts| parts.config.servers[0].socket_keepalive = keepalive);
        let upstream = tcp(&event_loop, 0).sockets().1.expect("it is connected");
        assert_eq!(
            SockRef::from(upstream).keepalive().expect("a socket"),
            keepalive
        );
    }
}

#[test]
fn multi_accept_takes_all_who_wait() {
    for (multi_accept, expected) in [(true, 5), (false, 1)] {
        let log = tempfile::tempfile().expect("a file").into();
        let peer = TcpListener::bind("127.0.0.1:0").expect("loopback");
        let (mut event_loop, address) =
            event_loop_with(log, peer.local_addr().expect("it is bound"), |parts| {
                parts.limits.multi_accept = multi_accept;
            });
        let _clients: Vec<_> = (0..5)
            .map(|_| TcpStream::connect(address).expect("it listens"))
            .collect();
        event_loop.arrive(0);
        assert_eq!(event_loop.sessions.len(), expected);
    }
}

#[test]
fn listeners_rest_when_descriptors_run_out_and_then_accept_again() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("error.log");
    let log = std::fs::File::create(&path).expect("a file").into();
    let peer = TcpListener::bind("127.0.0.1:0").expect("loopback");
    let (mut event_loop, address) = event_loop(log, peer.local_addr().expect("it is bound"));
    event_loop.accept_failed(0, nix::Error::EMFILE);
    let rested_from = event_loop.turn.clock.now();
    let _client = TcpStream::connect(address).expect("the kernel still queues it");
    let mut events = vec![EpollEvent::empty(); BATCH];
    while event_loop.sessions.is_empty() {
        event_loop.turn_once(&mut events).expect("epoll");
    }
    let rest = event_loop.turn.clock.now().since(rested_from);
    assert!(rest >= core::time::Duration::from_millis(500), "{rest:?}");
    let log = std::fs::read_to_string(path).expect("a log file");
    assert!(log.contains("[crit]"), "{log}");
    assert!(
        log.contains("accept4() failed (24: Too many open files)"),
        "{log}"
    );
}
