//! Which peer a session goes to, and what happens when it does not answer.

use super::*;

/// An address that does not answer: a full backlog makes the kernel ignore further connections.
fn full_backlog() -> (SocketAddr, (socket2::Socket, Vec<TcpStream>)) {
    let full = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None);
    let full = full.expect("a socket");
    let any: SocketAddr = "127.0.0.1:0".parse().expect("an address");
    full.bind(&any.into()).expect("loopback");
    full.listen(0).expect("it listens");
    let address = full
        .local_addr()
        .expect("it is bound")
        .as_socket()
        .expect("inet");
    let mut fillers = Vec::new();
    while let Ok(filler) = TcpStream::connect_timeout(&address, Duration::from_millis(200)) {
        fillers.push(filler);
        assert!(fillers.len() < 50, "the backlog never fills");
    }
    (address, (full, fillers))
}

#[test]
fn a_refusing_peer_is_passed_over_and_set_aside() {
    let (dead, alive) = (dead_port(), named("b"));
    let relay = Relay::start(config(vec![peer(dead), peer(alive)], server()), 1);
    assert_eq!(greeting(&relay), "b");
    assert_eq!(greeting(&relay), "b");
    let address = relay.address;
    let (access, errors) = relay.quit();
    assert!(access.contains(&format!("{dead}, {alive}")), "{access}");
    assert!(
        access.lines().any(|line| !line.contains(&dead.to_string())),
        "{access}"
    );
    let line = |text: &str| {
        errors
            .lines()
            .find(|line| line.contains(text))
            .unwrap_or_else(|| panic!("{text}: {errors}"))
    };
    let context = format!(
        " while connecting to upstream, client: 127.0.0.1, server: 127.0.0.1:0, upstream: \"{dead}\", \
         bytes from/to client:0/0, bytes from/to upstream:0/0"
    );
    let refused = line("[error]");
    assert!(refused.ends_with(&format!(
        "connect() failed (111: Connection refused){context}"
    )));
    let aside = line("[warn]");
    assert!(
        aside.ends_with(&format!("upstream server temporarily disabled{context}")),
        "{aside}"
    );
    assert!(
        line("connected to 127.0.0.1:0").contains("client 127.0.0.1:"),
        "{address}"
    );
    assert!(line(": *1 proxy 127.0.0.1:").ends_with(&format!("connected to {alive}")));
}

#[test]
fn when_every_peer_refuses_the_session_ends_with_502() {
    let (one, two) = (dead_port(), dead_port());
    let relay = Relay::start(config(vec![peer(one), peer(two)], server()), 1);
    for _ in 0..2 {
        let mut reply = Vec::new();
        drop(relay.connect().read_to_end(&mut reply));
        assert_eq!(reply, b"");
    }
    let (access, errors) = relay.quit();
    assert_eq!(
        access,
        format!("502 0 0 {one}, {two} 0, 0 0, 0\n502 0 0 backend 0 0\n")
    );
    assert!(
        errors.contains("no live upstreams while connecting to upstream"),
        "{errors}"
    );
    assert!(errors.contains("upstream: \"backend\""), "{errors}");
}

#[test]
fn next_upstream_off_stops_at_the_first() {
    let mut stubborn = server();
    stubborn.next_upstream = false;
    let dead = dead_port();
    let relay = Relay::start(config(vec![peer(dead), peer(named("b"))], stubborn), 1);
    drop(relay.connect().read_to_end(&mut Vec::new()));
    let (access, _) = relay.quit();
    assert_eq!(access, format!("502 0 0 {dead} 0 0\n"));
}

#[test]
fn a_peer_that_does_not_answer_is_timed_out() {
    let (address, _fillers) = full_backlog();
    let mut short = server();
    short.connect_timeout = Duration::from_millis(200);
    let alive = named("b");
    let relay = Relay::start(config(vec![peer(address), peer(alive)], short), 1);
    let began = Instant::now();
    assert_eq!(greeting(&relay), "b");
    assert!(began.elapsed() >= Duration::from_millis(200));
    let (access, errors) = relay.quit();
    assert!(access.contains(&format!("{address}, {alive}")), "{access}");
    let line = "upstream timed out (110: Connection timed out) while connecting to upstream";
    assert!(errors.contains(line), "{errors}");
}

#[test]
fn hashed_clients_stay_with_their_peer() {
    use stream::config::{Part, Template, Variable};
    let mut hashed = config(
        vec![peer(named("a")), peer(named("b")), peer(named("c"))],
        server(),
    );
    hashed.pools[0].balance = Balance::Hash {
        key: Template(vec![Part::Variable(Variable::RemoteAddr)]),
        consistent: true,
    };
    let relay = Relay::start(hashed, 2);
    let first = greeting(&relay);
    assert!((0..8).all(|_| greeting(&relay) == first));
    relay.quit();
}

#[test]
fn zone_shares_turns_between_threads() {
    let mut zoned = config(vec![peer(named("a")), peer(named("b"))], server());
    zoned.pools[0].shared = true;
    let relay = Relay::start(zoned, 2);
    let turns: String = (0..10).map(|_| greeting(&relay)).collect();
    assert_eq!(turns, "ababababab");
    relay.quit();
}

#[test]
fn proxy_bind_chooses_the_source() {
    let (told, hears) = mpsc::channel();
    let server_address = serve(move |stream| {
        told.send(stream.peer_addr().expect("connected"))
            .expect("the test listens");
    });
    let mut bound = server();
    bound.bind = Some("127.0.0.9:0".parse().expect("an address"));
    let relay = Relay::start(config(vec![peer(server_address)], bound), 1);
    let client = relay.connect();
    let source = hears.recv_timeout(PATIENCE).expect("connected");
    assert_eq!(source.ip().to_string(), "127.0.0.9");
    drop(client);
    relay.quit();
}

#[test]
fn an_address_that_is_not_ours_is_our_fault_not_the_peers() {
    let mut bound = server();
    bound.bind = Some("192.0.2.1:0".parse().expect("an address"));
    let relay = Relay::start(config(vec![peer(echo()), peer(echo())], bound), 1);
    drop(relay.connect().read_to_end(&mut Vec::new()));
    let (access, errors) = relay.quit();
    assert!(access.starts_with("500 0 0 127.0.0.1:"), "{access}");
    assert!(!access.contains(','), "no second try: {access}");
    let line = "[crit]";
    assert!(
        errors.contains(line) && errors.contains("bind(192.0.2.1:0) failed (99: "),
        "{errors}"
    );
}

#[test]
fn next_upstream_tries_and_timeout_limit_the_search() {
    let dead = [dead_port(), dead_port(), dead_port()];
    let peers: Vec<_> = dead.into_iter().map(peer).collect();
    let mut two = server();
    two.next_upstream_tries = 2;
    let relay = Relay::start(config(peers.clone(), two), 1);
    drop(relay.connect().read_to_end(&mut Vec::new()));
    let (access, _) = relay.quit();
    assert_eq!(
        access,
        format!("502 0 0 {}, {} 0, 0 0, 0\n", dead[0], dead[1])
    );

    // A peer that is still silent when the time for further tries is over.
    let (silent, _fillers) = full_backlog();
    let mut late = server();
    late.connect_timeout = Duration::from_millis(100);
    late.next_upstream_timeout = Duration::from_millis(50);
    let relay = Relay::start(config(vec![peer(silent), peer(echo())], late), 1);
    drop(relay.connect().read_to_end(&mut Vec::new()));
    let (access, _) = relay.quit();
    assert_eq!(access, format!("502 0 0 {silent} 0 0\n"));
}
