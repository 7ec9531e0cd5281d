//! Printing an AST and parsing it again is the identity, for ASTs of every shape.

mod groups;
mod instance;
mod lvs;

use core::net::IpAddr;
use core::time::Duration;

use base::{Priority, VrId, Weight};
use grammar::ast::leaf::{Command, Prefix, Spanned, User};
use grammar::ast::route::Named;
use grammar::ast::vrrp::{
    AddressLine, AuthType, Authentication, Broadcast, Garp, InitialState, Instance, Peer, Script,
    TrackWeight,
};
use grammar::keepalived::{self, Options};
use grammar::{Ast, MemoryLoader, Span};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;

fn at<T>(value: T) -> Spanned<T> {
    Spanned::new(value, Span::default())
}

/// Words as people write them, and as they should not.
fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z][a-zA-Z0-9_.-]{0,12}",
        "<[a-z]{1,5}>",
        "[a-z #!{}'é/:=,*]{1,10}".prop_filter("quotable", |text| !text.trim().is_empty()),
    ]
}

fn seconds(range: core::ops::Range<u64>) -> impl Strategy<Value = Spanned<Duration>> {
    range.prop_map(|millis| at(Duration::from_millis(millis)))
}

fn address() -> impl Strategy<Value = IpAddr> {
    prop_oneof![
        any::<[u8; 4]>().prop_map(IpAddr::from),
        any::<[u8; 16]>().prop_map(IpAddr::from)
    ]
}

fn command() -> impl Strategy<Value = Spanned<Command>> {
    let arg = prop_oneof!["[ -~]{0,12}", "[a-z/]{1,8}"];
    let user = of(("[a-z]{1,8}", of("[a-z]{1,8}")).prop_map(|(user, group)| User { user, group }));
    ("/[a-z/]{1,10}", vec(arg, 0..4), user).prop_map(|(program, mut argv, user)| {
        argv.insert(0, program);
        at(Command { argv, user })
    })
}

fn weight() -> impl Strategy<Value = TrackWeight> {
    (-253_i16..=253, of(any::<bool>())).prop_map(|(weight, reverse)| TrackWeight {
        weight: Weight(weight),
        reverse,
    })
}

fn script() -> impl Strategy<Value = Script> {
    let counts = (of(1_u32..100), of(1_u32..100));
    (
        word(),
        command(),
        of(seconds(1..5000)),
        of(seconds(1..5000)),
        of(weight()),
        counts,
        any::<bool>(),
    )
        .prop_map(
            |(name, command, interval, timeout, weight, (rise, fall), init_fail)| Script {
                name: at(name),
                command: Some(command.map(|command| Command {
                    user: None,
                    ..command
                })),
                interval,
                timeout,
                weight: weight.map(at),
                rise: rise.map(at),
                fall: fall.map(at),
                init_fail,
                ..Script::default()
            },
        )
}

fn line() -> impl Strategy<Value = AddressLine> {
    let options = (
        of("[a-z0-9.]{1,15}"),
        of(0_u8..=255),
        of("[a-z0-9:]{1,15}"),
        of(any::<u32>()),
    );
    let flags = any::<(bool, bool, bool)>();
    (
        address(),
        of(0_u8..=32),
        options,
        flags,
        of(any::<[u8; 4]>()),
    )
        .prop_map(
            |(address, len, (dev, scope, label, lft), (home, noprefixroute, no_track), brd)| {
                let full = if address.is_ipv4() { 32 } else { 128 };
                let v4 = address.is_ipv4();
                AddressLine {
                    dev: dev.map(at),
                    scope: scope
                        .filter(|_| v4)
                        .map(|it| at(Named::Number(u32::from(it)))),
                    label: label.filter(|_| v4),
                    preferred_lft: lft,
                    home,
                    noprefixroute,
                    no_track,
                    broadcast: brd.filter(|_| v4).map(|brd| match brd[0] {
                        0..100 => Broadcast::HostBitsSet,
                        100..200 => Broadcast::HostBitsClear,
                        _ => Broadcast::Address(brd.into()),
                    }),
                    ..AddressLine::new(at(Prefix {
                        address,
                        len: len.unwrap_or(full),
                        written: len.is_some(),
                    }))
                }
            },
        )
}

fn garp() -> impl Strategy<Value = Garp> {
    (
        of(seconds(0..9000)),
        of(1_u32..9),
        of(seconds(0..9000)),
        of(0_u32..9),
    )
        .prop_map(|(delay, repeat, refresh, lower)| Garp {
            delay,
            repeat: repeat.map(at),
            refresh,
            lower_prio_repeat: lower.map(at),
            ..Garp::default()
        })
}

fn authentication() -> impl Strategy<Value = Authentication> {
    (
        any::<bool>(),
        "[a-zA-Z0-9#! ;$]{1,8}".prop_filter("not blank", |text| !text.trim().is_empty()),
    )
        .prop_filter("a bare ; at the end is warned of", |(_, text)| {
            !text.ends_with(';')
        })
        .prop_map(|(ah, password)| Authentication {
            auth_type: Some(at(if ah { AuthType::Ah } else { AuthType::Pass })),
            password: Some(at(password.into_bytes())),
            rejected: false,
        })
}

fn peer() -> impl Strategy<Value = Peer> {
    (address(), of(0_u8..100), of(100_u8..)).prop_map(|(address, min_ttl, max_ttl)| Peer {
        address: at(address),
        min_ttl,
        max_ttl,
    })
}

fn instance() -> impl Strategy<Value = Instance> {
    let identity = (
        word(),
        of(any::<bool>()),
        of(word()),
        1_u8..=255,
        of(1_u8..=255),
    );
    let lists = (
        vec(line(), 0..3),
        vec(line(), 0..2),
        of(vec(peer(), 0..3)),
        (groups::lines(), groups::links()),
    );
    let timing = (
        of(seconds(10..255_000)),
        of(any::<bool>()),
        of(seconds(1..9000)),
        garp(),
    );
    let rest = (
        (of(authentication()), of(groups::auth_hmac())),
        of(command()),
        of(any::<bool>()),
        of(address()),
    );
    (identity, lists, timing, rest).prop_map(
        |(
            (name, master, interface, vrid, priority),
            (addresses, excluded, peers, tracked),
            (advert_int, preempt, preempt_delay, garp),
            ((authentication, auth_hmac), notify, switch, source),
        )| {
            let mut instance = Instance {
                name: at(name),
                state: master.map(|master| {
                    at(if master {
                        InitialState::Master
                    } else {
                        InitialState::Backup
                    })
                }),
                interface: interface.map(at),
                vrid: VrId::new(vrid).map(at),
                priority: priority.map(Priority).map(at),
                advert_int,
                addresses,
                excluded,
                unicast_peers: peers.map(at),
                unicast_src_ip: source.map(at),
                preempt: preempt.map(at),
                preempt_delay,
                skip_check_adv_addr: switch,
                garp: garp.into(),
                authentication: authentication.map(at),
                auth_hmac: auth_hmac.map(at),
                ..Instance::default()
            };
            let (scripts, interfaces) = tracked;
            instance.track_scripts = scripts;
            instance.track_interfaces = interfaces;
            instance.notify.master = notify;
            instance
        },
    )
}

fn ast() -> impl Strategy<Value = Ast> {
    (
        of(word()),
        garp(),
        vec(script(), 0..3),
        vec((instance(), instance::settings()), 0..3),
        lvs::lvs(),
        groups::around(),
    )
        .prop_map(|(router_id, garp, scripts, instances, lvs, around)| {
            let mut ast = Ast::default();
            ast.process.router_id = router_id.map(at);
            ast.vrrp = around;
            ast.vrrp.defaults.garp = garp;
            ast.vrrp.scripts = scripts;
            ast.vrrp.instances = instances
                .into_iter()
                .map(|(instance, settings)| settings.put(instance))
                .collect();
            ast.lvs = lvs;
            ast
        })
}

proptest! {
    #![proptest_config(property::config(128))]

    #[test]
    fn printing_reads_back(ast in ast()) {
        let printed = keepalived::print(&ast);
        let mut loader = MemoryLoader::new([("p.conf", printed.as_str())]);
        let parsed = keepalived::parse(&mut loader, "p.conf".as_ref(), &Options::default());
        let mut problems = parsed.diagnostics;
        problems.retain(|problem| problem.code != "deprecated");
        let report = keepalived::report(&problems, &parsed.sources);
        prop_assert!(report.is_empty(), "{report:#?}\n{printed}");
        prop_assert_eq!(parsed.ast, ast, "{}", printed);
    }

    /// Whatever the words are, parsing ends and every problem has a line.
    #[test]
    fn any_words_end(text in "([a-z_]{1,12}|[{};#!\"'$@~\\\\ \n]|virtual_ipaddress|vrrp_instance|\\$A=|10.0.0.1){0,80}") {
        let mut loader = MemoryLoader::new([("p.conf", text.as_str())]);
        let parsed = keepalived::parse(&mut loader, "p.conf".as_ref(), &Options::default());
        for problem in &parsed.diagnostics {
            prop_assert!(problem.span().is_some(), "{problem:?}");
            prop_assert!(!problem.annotated(&parsed.sources, false).is_empty());
        }
    }
}
