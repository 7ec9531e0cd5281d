//! Who is told of what, and when (seen in 2.2.7 in user-mode Linux).

use super::world::{SECOND, World, host, key, server, service};
use crate::config::{Check, Probe};
use crate::effect::{Input, Notice};

/// The notices so far in short, and no longer in the world.
fn told(world: &mut World) -> Vec<String> {
    let short = |of: std::net::SocketAddr| of.ip().to_string().replace("10.0.0.", "");
    let notices = std::mem::take(&mut world.notices).into_iter();
    let word = |up| if up { "up" } else { "down" };
    notices
        .map(|notice| match notice {
            Notice::Server { of, up, moment } => {
                format!("{} {} {moment:?}", short(of.server), word(up))
            }
            Notice::Service { of, up, moment } => {
                format!("service {} {} {moment:?}", word(up), of.weight)
            }
            Notice::Check {
                of,
                passed,
                alive,
                changed,
                ..
            } => format!(
                "{} check {passed} alive={alive} changed={changed}",
                short(of.server)
            ),
        })
        .collect()
}

#[test]
fn servers_and_services_are_told_from_the_start_to_the_end() {
    let mut omega = service([1, 2]);
    omega.quorum = 2;
    omega.omega = true;
    let mut world = World::new([omega]).start();
    let start = ["1 up Start", "2 up Start", "service up 2 Start"];
    assert_eq!(told(&mut world), start);
    world.until(10 * SECOND);
    assert!(told(&mut world).is_empty(), "nothing is new");
    world.dead.insert(host(2));
    world.until(20 * SECOND);
    let died = [
        "2 down Running",
        "2 check false alive=false changed=true",
        "service down 1 Running",
    ];
    assert_eq!(told(&mut world), died);
    world.dead.clear();
    world.until(30 * SECOND);
    let returned = [
        "2 up Running",
        "2 check true alive=true changed=true",
        "service up 2 Running",
    ];
    assert_eq!(told(&mut world), returned);
    world.feed(Input::Shutdown);
    let stopped = ["1 down Stop", "2 down Stop", "service down 0 Stop"];
    assert_eq!(told(&mut world), stopped);
}

#[test]
fn a_stop_without_omega_is_told_nobody() {
    let mut world = World::new([service([1])]).start();
    world.notices.clear();
    world.feed(Input::Shutdown);
    assert!(world.notices.is_empty());
}

#[test]
fn a_server_that_starts_down_is_told_when_it_is_known() {
    let mut alpha = service([1, 2]);
    alpha.alpha = true;
    let mut world = World::new([alpha]);
    world.dead.insert(host(2));
    let mut world = world.start();
    assert!(world.notices.is_empty());
    world.until(10 * SECOND);
    let mut told = told(&mut world);
    told.sort();
    let expected = [
        "1 check true alive=true changed=true",
        "1 up Running",
        "2 down Running",
        "service up 1 Running",
    ];
    assert_eq!(told, expected);
}

#[test]
fn each_check_of_a_server_is_told_but_the_server_only_when_it_changes() {
    let mut two = service([1]);
    let first = two.servers[0].checks[0].clone();
    two.servers[0].checks.push(Check {
        probe: Probe::Tcp {
            target: host(9),
            bind: None,
            timeout: SECOND,
        },
        ..first
    });
    let mut world = World::new([two]).start();
    world.until(10 * SECOND);
    world.notices.clear();
    for (dead, expected) in [
        (
            host(1),
            &[
                "1 down Running",
                "1 check false alive=false changed=true",
                "service down 0 Running",
            ][..],
        ),
        (host(9), &["1 check false alive=false changed=false"][..]),
    ] {
        world.dead.insert(dead);
        world.until(world.now.since(base::Instant::ZERO) + 10 * SECOND);
        assert_eq!(told(&mut world), expected);
    }
}

#[test]
fn what_a_reload_drops_is_told_if_it_lived() {
    let mut second = service([3]);
    second.key = key(2);
    let mut world = World::new([service([1, 2]), second]).start();
    world.until(10 * SECOND);
    world.notices.clear();
    let mut kept = service([]);
    kept.servers.push(server(1));
    world.reload([kept]);
    let expected = ["3 down Dropped", "service down 0 Dropped", "2 down Dropped"];
    assert_eq!(told(&mut world), expected);
    world.reload([service([1, 4])]);
    assert_eq!(told(&mut world), ["4 up Start"]);
}
