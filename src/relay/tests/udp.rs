//! UDP sessions through a relay on loopback.

mod support;

use std::net::{SocketAddr, UdpSocket};
use std::sync::mpsc;
use std::time::Duration;

use stream::config::{Address, Config, Peer, Server, Transport};
use support::{PATIENCE, Relay, config, peer, server};

fn udp(peers: Vec<Peer>, server: Server) -> Config {
    let mut config = config(peers, server);
    config.listeners[0].key.transport = Transport::Udp;
    config
}

fn socket() -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("loopback");
    socket.set_read_timeout(Some(PATIENCE)).expect("an option");
    socket
}

/// A server that answers each datagram with `answers` of them, each its name and the datagram.
fn answering(name: &'static str, answers: usize) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("loopback");
    let address = socket.local_addr().expect("it is bound");
    std::thread::spawn(move || {
        let mut buffer = [0; 65_536];
        while let Ok((length, client)) = socket.recv_from(&mut buffer) {
            let answer = [name.as_bytes(), &buffer[..length]].concat();
            for _ in 0..answers {
                socket.send_to(&answer, client).expect("loopback");
            }
        }
    });
    address
}

fn ask(client: &UdpSocket, relay: SocketAddr, text: &str) -> String {
    client.send_to(text.as_bytes(), relay).expect("loopback");
    hear(client).0
}

fn hear(client: &UdpSocket) -> (String, SocketAddr) {
    let mut buffer = [0; 65_536];
    let (length, from) = client.recv_from(&mut buffer).expect("an answer comes");
    (
        String::from_utf8_lossy(&buffer[..length]).into_owned(),
        from,
    )
}

#[test]
fn a_session_ends_with_its_last_expected_reply() {
    let mut once = server();
    once.responses = Some(1);
    let (a, b) = (answering("a", 1), answering("b", 1));
    let relay = Relay::start(udp(vec![peer(a), peer(b)], once), 1);
    let client = socket();
    let answers: Vec<_> = (0..4).map(|_| ask(&client, relay.address, "x")).collect();
    assert_eq!(
        answers,
        ["ax", "bx", "ax", "bx"],
        "each datagram was a session"
    );
    let (access, errors) = relay.quit();
    assert_eq!(access.lines().next(), Some(&*format!("200 1 2 {a} 1 2")));
    assert_eq!(access.lines().count(), 4);
    let done = "*1 udp done, packets from/to client:1/1, bytes from/to client:1/2, \
                bytes from/to upstream:2/1";
    assert!(errors.contains(done), "{errors}");
    assert!(errors.contains("*1 udp client 127.0.0.1:"), "{errors}");
    assert!(errors.contains("*1 udp proxy 127.0.0.1:"), "{errors}");
}

#[test]
fn without_a_number_of_replies_a_client_keeps_its_peer() {
    let mut short = server();
    short.proxy_timeout = Duration::from_millis(200);
    let (a, b) = (answering("a", 2), answering("b", 2));
    let relay = Relay::start(udp(vec![peer(a), peer(b)], short), 2);
    let (one, two) = (socket(), socket());
    for _ in 0..3 {
        assert_eq!(ask(&one, relay.address, "x"), "ax");
        assert_eq!(hear(&one).0, "ax");
        assert_eq!(ask(&two, relay.address, "y"), "by");
        assert_eq!(hear(&two).0, "by");
    }
    let log = relay.path("access.log");
    let deadline = std::time::Instant::now() + PATIENCE;
    while std::fs::read_to_string(&log)
        .expect("a log file")
        .lines()
        .count()
        < 2
    {
        assert!(std::time::Instant::now() < deadline, "sessions time out");
        std::thread::yield_now();
    }
    let (access, errors) = relay.quit();
    assert!(access.contains(&format!("200 3 12 {a} 3 12")), "{access}");
    assert!(
        errors.contains("udp timed out, packets from/to client:3/6"),
        "{errors}"
    );
}

#[test]
fn proxy_requests_begins_a_new_session() {
    let mut pairs = server();
    pairs.requests = 2;
    pairs.responses = Some(1);
    let peers = vec![peer(answering("a", 1)), peer(answering("b", 1))];
    let relay = Relay::start(udp(peers, pairs), 1);
    let client = socket();
    let answers: Vec<_> = (0..6).map(|_| ask(&client, relay.address, "")).collect();
    assert_eq!(answers, ["a", "a", "b", "b", "a", "a"]);
    relay.quit();
}

#[test]
fn no_reply_is_the_peers_failure() {
    let silent = UdpSocket::bind("127.0.0.1:0").expect("loopback");
    let address = silent.local_addr().expect("it is bound");
    let mut once = server();
    once.responses = Some(1);
    once.proxy_timeout = Duration::from_millis(100);
    let relay = Relay::start(udp(vec![peer(address), peer(answering("b", 1))], once), 1);
    let (first, client) = (socket(), socket());
    first.send_to(b"x", relay.address).expect("loopback");
    let log = relay.path("error.log");
    let deadline = std::time::Instant::now() + PATIENCE;
    while !std::fs::read_to_string(&log)
        .expect("a log file")
        .contains("temporarily disabled")
    {
        assert!(
            std::time::Instant::now() < deadline,
            "the peer is set aside"
        );
        std::thread::yield_now();
    }
    let answers: Vec<_> = (0..3).map(|_| ask(&client, relay.address, "x")).collect();
    assert_eq!(answers, ["bx", "bx", "bx"]);
    let (access, errors) = relay.quit();
    assert!(
        access.starts_with(&format!("502 1 0 {address} 1 0\n")),
        "{access}"
    );
    let line = "upstream timed out (110: Connection timed out) while proxying connection, \
                udp client: 127.0.0.1";
    assert!(errors.contains(line), "{errors}");
}

#[test]
fn a_refusal_is_logged_and_ends_the_session() {
    let mut once = server();
    once.responses = Some(1);
    let nobody = socket().local_addr().expect("it is bound");
    let relay = Relay::start(udp(vec![peer(nobody), peer(answering("b", 1))], once), 1);
    let client = socket();
    client.send_to(b"x", relay.address).expect("loopback");
    let log = relay.path("access.log");
    let deadline = std::time::Instant::now() + PATIENCE;
    while std::fs::read(&log).expect("a log file").is_empty() {
        assert!(std::time::Instant::now() < deadline, "the session ends");
        std::thread::yield_now();
    }
    assert_eq!(ask(&client, relay.address, "x"), "bx");
    let (access, errors) = relay.quit();
    assert!(
        access.starts_with(&format!("200 1 0 {nobody} 1 0\n")),
        "{access}"
    );
    assert!(
        errors.contains(
            "recv() failed (111: Connection refused) while proxying and reading \
                             from upstream, udp client"
        ),
        "{errors}"
    );
    assert!(
        errors.contains("upstream server temporarily disabled"),
        "{errors}"
    );
}

#[test]
fn replies_leave_from_the_address_that_was_asked() {
    let mut config = udp(vec![peer(answering("a", 1))], server());
    config.listeners[0].key.address = Address::Inet("0.0.0.0:0".parse().expect("an address"));
    let relay = Relay::start(config, 1);
    let client = socket();
    for host in ["127.0.0.1", "127.0.0.3"] {
        let to = SocketAddr::new(host.parse().expect("an address"), relay.address.port());
        client.send_to(b"x", to).expect("loopback");
        assert_eq!(hear(&client), ("ax".to_owned(), to));
    }
    relay.quit();
}

#[test]
fn large_datagrams_are_cut_as_nginx_does() {
    let mut small = server();
    small.buffer_size = 1000;
    let (told, heard) = mpsc::channel();
    let upstream = socket();
    let address = upstream.local_addr().expect("it is bound");
    std::thread::spawn(move || {
        let mut buffer = [0; 65_536];
        while let Ok((length, client)) = upstream.recv_from(&mut buffer) {
            if told.send(length).is_err() {
                return;
            }
            upstream.send_to(&[7; 3000], client).expect("loopback");
        }
    });
    let relay = Relay::start(udp(vec![peer(address)], small), 1);
    let client = socket();
    for expected in [3000, 1000] {
        client.send_to(&[1; 3000], relay.address).expect("loopback");
        assert_eq!(heard.recv_timeout(PATIENCE).expect("it comes"), expected);
        assert_eq!(hear(&client).0.len(), 1000);
    }
    relay.stop();
}

#[test]
fn rates_hold_replies_back_and_drop_what_comes_too_fast() {
    let mut slow = server();
    slow.download_rate = 2000;
    let relay = Relay::start(udp(vec![peer(answering("", 1))], slow), 1);
    let client = socket();
    let text = "x".repeat(1000);
    let began = std::time::Instant::now();
    assert_eq!(
        ask(&client, relay.address, &text),
        text,
        "the first is not held back"
    );
    assert_eq!(ask(&client, relay.address, &text), text);
    assert!(
        began.elapsed() >= Duration::from_millis(500),
        "{:?}",
        began.elapsed()
    );
    relay.stop();

    let mut slow = server();
    slow.upload_rate = 2000;
    let relay = Relay::start(udp(vec![peer(answering("", 1))], slow), 1);
    let client = socket();
    assert_eq!(ask(&client, relay.address, &text), text);
    client
        .send_to(text.as_bytes(), relay.address)
        .expect("loopback");
    client
        .set_read_timeout(Some(Duration::from_millis(100)))
        .expect("an option");
    assert!(client.recv(&mut [0]).is_err(), "it came through at once");
    let deadline = std::time::Instant::now() + PATIENCE;
    while client.recv(&mut [0; 2000]).is_err() {
        assert!(
            std::time::Instant::now() < deadline,
            "nothing comes through any more"
        );
        client
            .send_to(text.as_bytes(), relay.address)
            .expect("loopback");
    }
    relay.stop();
}
