use core::time::Duration;
use std::sync::Arc;

use base::{Instant, Rng};
use proptest::prelude::*;

use super::*;
use crate::config::{Address, Balance, Peer, Pool, Template};

fn peer(name: &str, weight: u32) -> Peer {
    Peer {
        written: name.to_owned(),
        address: Address::Inet("127.0.0.1:1".parse().expect("an address")),
        weight,
        max_fails: 1,
        fail_timeout: Duration::from_secs(10),
        max_conns: 0,
        backup: false,
        down: false,
    }
}

fn state(balance: Balance, peers: Vec<Peer>) -> PoolState {
    let pool = Pool {
        name: "backend".to_owned(),
        balance,
        shared: false,
        peers,
    };
    PoolState::new(Arc::new(Layout::new(pool)))
}

const fn hash(consistent: bool) -> Balance {
    Balance::Hash {
        key: Template(Vec::new()),
        consistent,
    }
}

fn at(seconds: u64) -> Instant {
    Instant::from_millis(seconds * 1000)
}

/// One session with `key` that ends at once; the peers it tried, in order, `failing` ones failing.
fn visit(pool: &mut PoolState, key: &[u8], failing: &[u32], now: Instant) -> Vec<u32> {
    let mut selection = pool.begin(key.into());
    let mut tried = Vec::new();
    while let Some(PeerIx(picked)) = pool.pick(&mut selection, now) {
        tried.push(picked);
        if !failing.contains(&picked) {
            pool.connected(&selection);
            pool.release(&mut selection, Outcome::Fine, now);
            break;
        }
        pool.release(&mut selection, Outcome::Failed, now);
        if !selection.tries_left() {
            break;
        }
    }
    tried
}

fn letters(pool: &mut PoolState, sessions: usize) -> String {
    (0..sessions)
        .flat_map(|_| visit(pool, b"", &[], at(100)))
        .map(|ix| char::from(b'a' + u8::try_from(ix).expect("few peers")))
        .collect()
}

#[test]
fn weights_5_1_1() {
    let mut pool = state(
        Balance::RoundRobin,
        vec![peer("a:1", 5), peer("b:1", 1), peer("c:1", 1)],
    );
    assert_eq!(letters(&mut pool, 14), "aabacaaaabacaa");
}

#[test]
fn equal_weights_take_turns() {
    let mut pool = state(
        Balance::RoundRobin,
        vec![peer("a:1", 5), peer("b:1", 5), peer("c:1", 5)],
    );
    assert_eq!(letters(&mut pool, 7), "abcabca");
}

#[test]
fn a_failed_peer_is_set_aside_for_fail_timeout() {
    let mut pool = state(Balance::RoundRobin, vec![peer("a:1", 1), peer("b:1", 1)]);
    assert_eq!(visit(&mut pool, b"", &[0], at(100)), [0, 1]);
    for second in 101..=110 {
        assert_eq!(
            visit(&mut pool, b"", &[0], at(second)),
            [1],
            "second {second}"
        );
    }
    // Its effective weight fell to 0, so it takes a round before it is the best again.
    assert_eq!(visit(&mut pool, b"", &[0], at(111)), [1]);
    let mut probes = (0..3).map(|_| visit(&mut pool, b"", &[0], at(111)));
    assert!(
        probes.any(|tried| tried == [0, 1]),
        "probed again, fails again"
    );
    assert_eq!(visit(&mut pool, b"", &[], at(112)), [1]);
}

#[test]
fn one_session_probes_and_brings_it_back() {
    let mut pool = state(Balance::RoundRobin, vec![peer("a:1", 1), peer("b:1", 1)]);
    visit(&mut pool, b"", &[0], at(100));
    let mut probe = pool.begin(HashKey::default());
    while pool.pick(&mut probe, at(120)) != Some(PeerIx(0)) {
        pool.release(&mut probe, Outcome::Fine, at(120));
        probe = pool.begin(HashKey::default());
    }
    for _ in 0..3 {
        assert_eq!(
            visit(&mut pool, b"", &[], at(120)),
            [1],
            "others wait for the probe"
        );
    }
    pool.connected(&probe);
    pool.release(&mut probe, Outcome::Fine, at(121));
    let both: Vec<_> = (0..4)
        .flat_map(|_| visit(&mut pool, b"", &[], at(121)))
        .collect();
    assert!(both.contains(&0) && both.contains(&1), "{both:?}");
}

#[test]
fn set_aside_is_told_when_max_fails_is_reached() {
    let mut peers = vec![peer("a:1", 5), peer("b:1", 5)];
    peers[0].max_fails = 2;
    let mut pool = state(Balance::RoundRobin, peers);
    let mut told = Vec::new();
    for _ in 0..5 {
        let mut selection = pool.begin(HashKey::default());
        while let Some(picked) = pool.pick(&mut selection, at(50)) {
            let outcome = if picked.0 == 0 {
                Outcome::Failed
            } else {
                Outcome::Fine
            };
            told.push((
                picked.0,
                pool.release(&mut selection, outcome, at(50)).is_some(),
            ));
            if outcome == Outcome::Fine {
                break;
            }
        }
    }
    assert_eq!(
        told.iter()
            .filter(|(peer, _)| *peer == 0)
            .map(|t| t.1)
            .collect::<Vec<_>>(),
        [false, true]
    );
}

#[test]
fn backups_stand_in_when_no_primary_is_left() {
    let mut peers = vec![peer("a:1", 1), peer("b:1", 1), peer("c:1", 1)];
    peers[2].backup = true;
    let mut pool = state(Balance::RoundRobin, peers);
    assert_eq!(visit(&mut pool, b"", &[0, 1], at(100)), [0, 1, 2]);
    assert_eq!(visit(&mut pool, b"", &[0, 1], at(101)), [2]);
    assert_eq!(visit(&mut pool, b"", &[0, 1, 2], at(102)), [2]);
    assert_eq!(
        visit(&mut pool, b"", &[], at(103)),
        Vec::<u32>::new(),
        "no live upstreams"
    );
}

#[test]
fn a_single_peer_is_never_set_aside() {
    let mut pool = state(Balance::RoundRobin, vec![peer("a:1", 1)]);
    for second in 0..3 {
        assert_eq!(visit(&mut pool, b"", &[0], at(second)), [0]);
    }
}

#[test]
fn down_peers_are_skipped_and_cost_no_try() {
    let mut peers = vec![peer("a:1", 1), peer("b:1", 1)];
    peers[0].down = true;
    let mut pool = state(Balance::RoundRobin, peers);
    assert_eq!(visit(&mut pool, b"", &[1], at(1)), [1]);
    assert_eq!(pool.begin(HashKey::default()).tries, 1);
}

#[test]
fn max_conns_fills_up() {
    let mut peers = vec![peer("a:1", 1), peer("b:1", 1)];
    peers[0].max_conns = 1;
    peers[1].max_conns = 1;
    let mut pool = state(Balance::RoundRobin, peers);
    let mut held: Vec<Selection> = (0..2).map(|_| pool.begin(HashKey::default())).collect();
    for selection in &mut held {
        assert!(pool.pick(selection, at(1)).is_some());
    }
    assert_eq!(visit(&mut pool, b"", &[], at(1)), Vec::<u32>::new());
    pool.release(&mut held[1], Outcome::Fine, at(1));
    assert_eq!(visit(&mut pool, b"", &[], at(1)), [1]);
}

#[test]
fn tries_are_limited() {
    let mut pool = state(
        Balance::RoundRobin,
        vec![peer("a:1", 1), peer("b:1", 1), peer("c:1", 1)],
    );
    let mut selection = pool.begin(HashKey::default());
    selection.limit_tries(2);
    pool.pick(&mut selection, at(1));
    pool.release(&mut selection, Outcome::Failed, at(1));
    assert!(selection.tries_left());
    pool.pick(&mut selection, at(1));
    pool.release(&mut selection, Outcome::Failed, at(1));
    assert!(!selection.tries_left());
}

#[test]
fn least_conn_prefers_the_idle() {
    let mut pool = state(Balance::LeastConn, vec![peer("a:1", 1), peer("b:1", 2)]);
    let mut held: Vec<Selection> = (0..6).map(|_| pool.begin(HashKey::default())).collect();
    for selection in &mut held {
        pool.pick(selection, at(1));
    }
    assert_eq!(pool.connections().collect::<Vec<_>>(), [2, 4]);
}

#[test]
fn hash_without_a_key_is_round_robin() {
    let mut pool = state(hash(true), vec![peer("a:1", 1), peer("b:1", 1)]);
    let four: Vec<_> = (0..4)
        .flat_map(|_| visit(&mut pool, b"", &[], at(1)))
        .collect();
    assert_eq!(four, [0, 1, 0, 1]);
}

#[test]
fn consistent_hash_moves_only_the_keys_of_a_lost_peer() {
    let names = ["10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80", "10.0.0.4:80"];
    let mut all = state(hash(true), names.iter().map(|n| peer(n, 1)).collect());
    let mut less = state(hash(true), names[..3].iter().map(|n| peer(n, 1)).collect());
    let mut lost = 0;
    for key in 0..1000_u32 {
        let key = key.to_string();
        let before = visit(&mut all, key.as_bytes(), &[], at(1));
        let after = visit(&mut less, key.as_bytes(), &[], at(1));
        if before == [3] {
            lost += 1;
        } else {
            assert_eq!(before, after, "key {key}");
        }
    }
    assert!(
        (150..350).contains(&lost),
        "{lost} of 1000 keys on one of four peers"
    );
}

fn any_balance() -> impl Strategy<Value = Balance> {
    prop_oneof![
        Just(Balance::RoundRobin),
        Just(hash(false)),
        Just(hash(true)),
        Just(Balance::LeastConn)
    ]
}

fn any_peer() -> impl Strategy<Value = Peer> {
    (
        0..50_u32,
        1..5_u32,
        0..3_u32,
        0..3_u32,
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(|(name, weight, max_fails, max_conns, backup, down)| Peer {
            max_fails,
            max_conns,
            backup: backup && down,
            down: down && !backup,
            ..peer(&format!("10.0.0.{name}:80"), weight)
        })
}

proptest! {
    /// Over one whole cycle, every peer gets exactly its weight.
    #[test]
    fn round_robin_is_fair(weights in prop::collection::vec(1..9_u32, 2..6)) {
        let peers = weights.iter().map(|&w| peer("x:1", w)).collect();
        let mut pool = state(Balance::RoundRobin, peers);
        let mut count = vec![0; weights.len()];
        for _ in 0..weights.iter().sum() {
            for picked in visit(&mut pool, b"", &[], at(1)) {
                count[picked as usize] += 1;
            }
        }
        prop_assert_eq!(count, weights);
    }

    /// Whatever happens: picks are usable ones, no connection is leaked, tries end, and the same
    /// history gives the same peers.
    #[test]
    fn every_method_keeps_its_books(
        balance in any_balance(),
        peers in prop::collection::vec(any_peer(), 1..80),
        seed in any::<u64>(),
    ) {
        let mut once = state(balance.clone(), peers.clone());
        let mut again = state(balance, peers.clone());
        let mut rng = Rng::new(seed);
        for step in 0..50_u64 {
            let key = rng.next_u64().to_string();
            let failing: Vec<u32> = (0..80).filter(|_| rng.below(3) == 0).collect();
            let tried = visit(&mut once, key.as_bytes(), &failing, at(step));
            prop_assert!(tried.iter().all(|&ix| !peers[ix as usize].down));
            prop_assert!(tried.len() <= peers.len());
            prop_assert_eq!(tried, visit(&mut again, key.as_bytes(), &failing, at(step)));
            prop_assert!(once.connections().all(|conns| conns == 0));
        }
    }
}
