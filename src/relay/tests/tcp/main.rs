//! TCP sessions through a relay on loopback.

mod peers;
#[path = "../support/mod.rs"]
mod support;

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::atomic::Ordering;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use relay::{Command, Limits, ReportKind};
use stream::config::{AccessRule, AccessSource, Address, Balance, LogBuffer, PoolIx, ServerIx};
use support::{PATIENCE, Relay, config, dead_port, echo, named, peer, serve, server};

/// Bytes that show it when something is lost, doubled or swapped.
fn pattern(length: usize) -> Vec<u8> {
    (0..length)
        .map(|i| u8::try_from((i ^ (i >> 8) ^ (i >> 16)) & 0xff).expect("a byte"))
        .collect()
}

fn greeting(relay: &Relay) -> String {
    let mut name = [0; 1];
    relay
        .connect()
        .read_exact(&mut name)
        .expect("the server speaks first");
    String::from_utf8_lossy(&name).into_owned()
}

#[test]
fn bulk_both_ways_keeps_every_byte() {
    const LENGTH: usize = 16 << 20;
    let relay = Relay::start(config(vec![peer(echo())], server()), 1);
    let client = relay.connect();
    let mut sending = client.try_clone().expect("a descriptor");
    let sender = std::thread::spawn(move || sending.write_all(&pattern(LENGTH)));
    let mut received = vec![0; LENGTH];
    let mut receiving = client;
    receiving
        .read_exact(&mut received)
        .expect("all of it comes back");
    sender.join().expect("no panic").expect("all of it is sent");
    assert!(received == pattern(LENGTH));
    drop(receiving);
    let (access, _) = relay.quit();
    let fields: Vec<&str> = access.split_whitespace().collect();
    let length = LENGTH.to_string();
    assert_eq!(
        (fields[0], fields[1], fields[2]),
        ("200", &*length, &*length)
    );
}

#[test]
fn a_stalled_reader_stops_the_sender() {
    let (release, held) = mpsc::channel::<()>();
    let held = std::sync::Arc::new(std::sync::Mutex::new(held));
    let stalled = serve(move |mut stream| {
        held.lock()
            .expect("no panic")
            .recv()
            .expect("the test goes on");
        drop(std::io::copy(&mut stream, &mut std::io::sink()));
    });
    let relay = Relay::start(config(vec![peer(stalled)], server()), 1);
    let mut client = relay.connect();
    client
        .set_write_timeout(Some(Duration::from_millis(500)))
        .expect("an option");
    let block = vec![7; 1 << 20];
    let mut sent = 0_usize;
    let stopped = (0..200).find_map(|_| match client.write(&block) {
        Ok(count) => {
            sent += count;
            None
        }
        Err(error) => Some(error.kind()),
    });
    assert_eq!(
        stopped,
        Some(ErrorKind::WouldBlock),
        "{sent} bytes went into nowhere"
    );
    release.send(()).expect("the server waits");
    client.set_write_timeout(Some(PATIENCE)).expect("an option");
    client.write_all(&block).expect("it flows again");
    drop(client);
    let (access, _) = relay.quit();
    let all = (sent + block.len()).to_string();
    assert_eq!(
        access.split_whitespace().nth(4),
        Some(&*all),
        "all of it was delivered"
    );
}

#[test]
fn without_half_close_a_client_that_finishes_ends_the_session() {
    let (told, hears) = mpsc::channel();
    let server_address = serve(move |mut stream| {
        let mut request = Vec::new();
        stream.read_to_end(&mut request).expect("the request ends");
        told.send(request).expect("the test listens");
    });
    let relay = Relay::start(config(vec![peer(server_address)], server()), 1);
    let mut client = relay.connect();
    client.write_all(b"request").expect("sent");
    client.shutdown(Shutdown::Write).expect("finished");
    assert_eq!(hears.recv_timeout(PATIENCE).expect("delivered"), b"request");
    let mut reply = Vec::new();
    client.read_to_end(&mut reply).expect("closed");
    assert_eq!(reply, b"");
    let (_, errors) = relay.quit();
    assert!(
        errors
            .contains("client disconnected, bytes from/to client:7/0, bytes from/to upstream:0/7"),
        "{errors}"
    );
}

#[test]
fn with_half_close_the_reply_still_comes() {
    let replying = serve(|mut stream| {
        let mut request = Vec::new();
        stream
            .read_to_end(&mut request)
            .expect("the end is passed on");
        request.reverse();
        stream.write_all(&request).expect("the client still reads");
    });
    let mut with = server();
    with.half_close = true;
    let relay = Relay::start(config(vec![peer(replying)], with), 1);
    let mut client = relay.connect();
    client.write_all(b"abc").expect("sent");
    client.shutdown(Shutdown::Write).expect("finished");
    let mut reply = Vec::new();
    client.read_to_end(&mut reply).expect("closed");
    assert_eq!(reply, b"cba");
    drop(client);
    relay.quit();
}

#[test]
fn a_silent_session_times_out_not_earlier_than_it_should() {
    let mut short = server();
    short.proxy_timeout = Duration::from_millis(300);
    let relay = Relay::start(config(vec![peer(echo())], short), 1);
    let mut client = relay.connect();
    let mut byte = [0];
    client.write_all(b"x").expect("sent");
    client.read_exact(&mut byte).expect("echoed");
    let quiet_since = Instant::now();
    assert_eq!(client.read(&mut byte).expect("closed, not reset"), 0);
    // The relay's last activity is its writing of the reply, just before we read it.
    assert!(
        quiet_since.elapsed() >= Duration::from_millis(290),
        "{:?}",
        quiet_since.elapsed()
    );
    let (access, errors) = relay.quit();
    assert!(access.starts_with("200 1 1 "), "{access}");
    let line = "connection timed out (110: Connection timed out) while proxying connection, client";
    assert!(errors.contains(line), "{errors}");
}

#[test]
fn rate_limits_slow_a_direction_down() {
    let sender = serve(|mut stream| drop(stream.write_all(&pattern(48 << 10))));
    let mut slow = server();
    slow.download_rate = 16 << 10;
    let relay = Relay::start(config(vec![peer(sender)], slow), 1);
    let began = Instant::now();
    let mut received = Vec::new();
    relay
        .connect()
        .read_to_end(&mut received)
        .expect("all comes");
    assert!(received == pattern(48 << 10));
    // One allowance at once, then one a second; whole seconds may begin just after the start.
    assert!(
        began.elapsed() >= Duration::from_secs(1),
        "{:?}",
        began.elapsed()
    );
    relay.quit();
}

#[test]
fn fifty_sessions_over_two_threads() {
    let mut relay = Relay::start(config(vec![peer(echo())], server()), 2);
    let address = relay.address;
    let (began, begun) = mpsc::channel();
    let clients: Vec<_> = (0..50_u8)
        .map(|number| {
            let began = began.clone();
            std::thread::spawn(move || {
                let mut stream = TcpStream::connect(address).expect("the relay listens");
                stream.set_read_timeout(Some(PATIENCE)).expect("an option");
                for round in 0..20_u8 {
                    let message = [number, round].repeat(3000);
                    let mut reply = vec![0; message.len()];
                    stream.write_all(&message).expect("sent");
                    stream.read_exact(&mut reply).expect("echoed");
                    assert_eq!(reply, message);
                    began.send(()).expect("the test listens");
                }
            })
        })
        .collect();
    for _ in 0..=49 * 20 {
        begun.recv_timeout(PATIENCE).expect("all sessions go on");
    }
    // Every session has begun: a reload under way touches none of them.
    relay.install(config(vec![peer(named("n"))], server()));
    for client in clients {
        client.join().expect("its session is sound");
    }
    let (access, errors) = relay.quit();
    assert_eq!(access.lines().count(), 50);
    assert!(
        access.lines().all(|line| line.starts_with("200 ")),
        "{access}"
    );
    assert!(
        !errors.contains("[error]") && !errors.contains("[alert]"),
        "{errors}"
    );
}

#[test]
fn a_reload_keeps_sessions_and_serves_new_ones_anew() {
    let mut relay = Relay::start(config(vec![peer(echo())], server()), 1);
    let mut old = relay.connect();
    let mut byte = [0];
    old.write_all(b"1").expect("sent");
    old.read_exact(&mut byte).expect("echoed");
    relay.install(config(vec![peer(named("n"))], server()));
    assert_eq!(greeting(&relay), "n");
    old.write_all(b"2").expect("sent");
    old.read_exact(&mut byte).expect("the old session lives");
    assert_eq!(byte, *b"2");
    drop(old);
    relay.expect(ReportKind::Drained(1));
    relay.quit();
}

#[test]
fn shutdown_timeout_ends_what_a_reload_left() {
    let limits = Limits {
        shutdown_timeout: Some(Duration::from_millis(100)),
        ..Limits::default()
    };
    let mut relay = Relay::with_limits(config(vec![peer(echo())], server()), 1, limits);
    let mut old = relay.connect();
    let mut byte = [0];
    old.write_all(b"1").expect("sent");
    old.read_exact(&mut byte).expect("echoed");
    relay.install(config(vec![peer(named("n"))], server()));
    assert_eq!(old.read(&mut byte).expect("closed"), 0);
    relay.expect(ReportKind::Drained(1));
    let (access, errors) = relay.quit();
    assert!(access.starts_with("200 1 1 "), "{access}");
    assert!(
        errors.contains("[info]") && errors.contains("shutdown timeout"),
        "{errors}"
    );
}

#[test]
fn quit_waits_for_sessions_and_stop_does_not() {
    let relay = Relay::start(config(vec![peer(echo())], server()), 1);
    let mut client = relay.connect();
    let mut byte = [0];
    client.write_all(b"1").expect("sent");
    client.read_exact(&mut byte).expect("echoed");
    relay.send(&Command::Quit);
    client.write_all(b"2").expect("sent");
    client.read_exact(&mut byte).expect("the session goes on");
    let (access, _) = relay.stop();
    assert!(access.starts_with("200 2 2 "), "{access}");
    assert_eq!(client.read(&mut byte).expect("closed"), 0);
}

#[test]
fn connections_over_the_limit_are_dropped_and_logged() {
    // The listener, the way commands come in, and two sessions of two sockets each.
    let limits = Limits {
        worker_connections: 6,
        ..Limits::default()
    };
    let relay = Relay::with_limits(config(vec![peer(echo())], server()), 1, limits);
    let mut byte = [0];
    let mut talk = |client: &mut TcpStream| {
        client
            .write_all(b"x")
            .and_then(|()| client.read_exact(&mut byte))
    };
    let (mut one, mut two) = (relay.connect(), relay.connect());
    talk(&mut one).expect("within the limit");
    talk(&mut two).expect("within the limit");
    assert!(talk(&mut relay.connect()).is_err());
    drop((one, two));
    let (_, errors) = relay.quit();
    assert!(errors.contains("[alert]") && errors.contains("6 worker_connections are not enough"));
}

#[test]
fn buffered_lines_are_written_when_their_time_has_come() {
    let mut buffered = server();
    buffered.access_logs[0].buffer = Some(LogBuffer {
        size: 4096,
        flush: Some(Duration::from_millis(50)),
    });
    let relay = Relay::start(config(vec![peer(named("a"))], buffered), 1);
    assert_eq!(greeting(&relay), "a");
    let deadline = Instant::now() + PATIENCE;
    let log = relay.path("access.log");
    while std::fs::read(&log).expect("a log file").is_empty() {
        assert!(Instant::now() < deadline, "never flushed");
        std::thread::yield_now();
    }
    relay.quit();
}

#[test]
fn upload_rates_slow_the_other_direction_down() {
    let mut slow = server();
    slow.upload_rate = 16 << 10;
    let (told, hears) = mpsc::channel();
    let address = serve(move |mut stream| {
        let mut received = vec![0; 40 << 10];
        stream.read_exact(&mut received).expect("all comes");
        told.send(Instant::now()).expect("the test listens");
    });
    let relay = Relay::start(config(vec![peer(address)], slow), 1);
    let began = Instant::now();
    relay
        .connect()
        .write_all(&pattern(40 << 10))
        .expect("the kernel takes it");
    let ended = hears.recv_timeout(PATIENCE);
    // Without half close the client's end is only seen after all it sent.
    let took = ended.expect("all was delivered").duration_since(began);
    assert!(took >= Duration::from_secs(1), "{took:?}");
    relay.quit();
}

#[test]
fn unix_sockets_on_both_sides() {
    use std::os::unix::net::{UnixListener, UnixStream};
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("peer");
    let listener = UnixListener::bind(&path).expect("a socket");
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a client");
        let mut writer = stream.try_clone().expect("a descriptor");
        drop(std::io::copy(&mut stream, &mut writer));
    });
    let mut unix = config(vec![peer(dead_port())], server());
    unix.pools[0].peers[0].address = Address::Unix(path.clone());
    let front = directory.path().join("front");
    unix.listeners[0].key.address = Address::Unix(front.clone());
    unix.listeners[0].display = format!("unix:{}", front.display());
    let relay = Relay::start(unix, 1);
    let mut client = UnixStream::connect(&front).expect("it listens");
    let sent = pattern(300 << 10);
    let mut writer = client.try_clone().expect("a descriptor");
    let sender = {
        let sent = sent.clone();
        std::thread::spawn(move || writer.write_all(&sent))
    };
    let mut back = vec![0; sent.len()];
    client.read_exact(&mut back).expect("it comes back");
    sender.join().expect("no panic").expect("sent");
    assert!(back == sent);
    drop(client);
    let (access, errors) = relay.quit();
    assert!(
        access.contains(&format!(" unix:{} ", path.display())),
        "{access}"
    );
    let arrival = format!("client unix: connected to unix:{}", front.display());
    assert!(errors.contains(&arrival), "{errors}");
}

#[test]
fn a_forbidden_client_is_closed_without_trying_a_peer() {
    let mut forbidding = server();
    forbidding.access = vec![AccessRule {
        allow: false,
        source: AccessSource::Net("127.0.0.0".parse().expect("an address"), 8),
    }];
    let relay = Relay::start(config(vec![peer(echo())], forbidding), 1);
    let mut client = relay.connect();
    assert_eq!(client.read(&mut [0; 1]).expect("closed, not reset"), 0);
    let (access, errors) = relay.quit();
    assert_eq!(access.split_whitespace().next(), Some("403"));
    assert!(
        errors.contains("access forbidden by rule while initializing session"),
        "{errors}"
    );
}

#[test]
fn a_named_address_of_a_wildcard_has_its_own_server() {
    let mut config = config(vec![peer(named("a"))], server());
    let mut other = config.pools[0].clone();
    other.peers = vec![peer(named("b"))];
    config.pools.push(other);
    let mut elsewhere = server();
    elsewhere.pool = PoolIx(1);
    config.servers.push(elsewhere);
    let loopback = "127.0.0.1".parse().expect("an address");
    let wildcard = "0.0.0.0:0".parse().expect("an address");
    config.listeners[0].key.address = Address::Inet(wildcard);
    config.listeners[0].addresses = vec![(loopback, ServerIx(1))];
    let relay = Relay::start(config, 1);
    assert_eq!(greeting(&relay), "b");
    relay.quit();
}

/// Closes with a reset instead of an end.
fn reset(stream: &TcpStream) {
    let socket = socket2::SockRef::from(stream);
    socket.set_linger(Some(Duration::ZERO)).expect("an option");
}

/// One client of the kind that networks are full of; errors are part of it.
fn misbehave(address: SocketAddr, rng: &mut base::Rng) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let length = usize::try_from(rng.below(200_000)).expect("small");
    let mut writer = stream.try_clone()?;
    let (finish, rude) = (rng.below(3) == 0, rng.below(3) == 0);
    let sender = std::thread::spawn(move || {
        let _ = writer.write_all(&pattern(length));
        if finish {
            let _ = writer.shutdown(Shutdown::Write);
        }
    });
    let mut received = vec![0; usize::try_from(rng.below(length as u64 + 1)).expect("small")];
    let outcome = stream.read_exact(&mut received);
    if outcome.is_ok() {
        assert!(
            received == pattern(length)[..received.len()],
            "bytes were lost or swapped"
        );
    }
    if rude {
        reset(&stream);
    }
    stream.shutdown(Shutdown::Both)?;
    sender.join().expect("no panic");
    Ok(())
}

#[test]
fn rude_clients_and_peers_leave_nothing_behind() {
    let rude = serve(|mut stream| {
        let mut first = [0; 1000];
        let _ = stream.read(&mut first);
        reset(&stream);
    });
    let peers = vec![peer(echo()), peer(rude), peer(dead_port())];
    for half_close in [false, true] {
        let mut rough = server();
        rough.half_close = half_close;
        rough.proxy_timeout = Duration::from_secs(2);
        let mut config = config(peers.clone(), rough);
        config.pools[0].balance = Balance::LeastConn;
        config.pools[0].peers[2].max_fails = 0;
        let relay = Relay::start(config, 2);
        let address = relay.address;
        let clients: Vec<_> = (0..8)
            .map(|seed| {
                std::thread::spawn(move || {
                    let mut rng = base::Rng::new(seed);
                    for _ in 0..25 {
                        // Refusals and resets are what this is about.
                        let _ = misbehave(address, &mut rng);
                    }
                })
            })
            .collect();
        for client in clients {
            client.join().expect("what came back was right");
        }
        let process = std::sync::Arc::clone(&relay.process);
        let (access, errors) = relay.quit();
        assert_eq!(process.active.load(Ordering::Relaxed), 0);
        let accepted = process.accepted.load(Ordering::Relaxed);
        assert_eq!((access.lines().count() as u64, accepted), (200, 200));
        assert!(
            !errors.contains("[alert]") && !errors.contains("[crit]"),
            "{errors}"
        );
    }
}
