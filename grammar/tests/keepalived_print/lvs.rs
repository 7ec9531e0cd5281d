//! Virtual services of every shape: groups, servers, all checkers with all they have.

use core::net::IpAddr;

use base::Family;
use grammar::ast::leaf::{Secret, User};
use grammar::ast::lvs::{
    Addresses, Attempts, BfdCheck, Check, Checksum, Connect, DnsCheck, DnsType, FileCheck,
    FileWeight, Flag, Granularity, Group, Hex, HexPattern, HttpCheck, HttpVersion, Lvs, Member,
    Method, MiscCheck, PingCheck, Protocol, RealServer, Regex, RegexOption, Schedule, Scheduler,
    Service, SmtpCheck, SmtpHost, Ssl, Target, TcpCheck, Tunnel, UdpCheck, Url,
};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::{address, at, command, seconds, word};

fn schedule() -> BoxedStrategy<Schedule> {
    let times = (
        of(seconds(1..9000)),
        of(seconds(1..9000)),
        of(seconds(0..9000)),
    );
    (of(1_u32..9), times, of(any::<bool>()))
        .prop_map(
            |(retry, (delay_loop, warmup, delay_before_retry), alpha)| Schedule {
                retry: retry.map(at),
                delay_before_retry,
                warmup,
                delay_loop,
                alpha,
            },
        )
        .boxed()
}

fn connect() -> BoxedStrategy<Connect> {
    let from = (of(address()), of(1_u16..), of("[a-z0-9]{1,15}"));
    let rest = (of(seconds(1..9000)), of(any::<u32>()));
    (of(address()), of(1_u16..), from, rest)
        .prop_map(
            |(ip, port, (bind_ip, bind_port, bind_if), (timeout, mark))| Connect {
                ip: ip.map(at),
                port: port.map(at),
                bind_ip: bind_ip.map(at),
                bind_port: bind_port.map(at),
                bind_if: bind_if.map(at),
                timeout,
                mark: mark.map(at),
            },
        )
        .boxed()
}

fn attempts() -> BoxedStrategy<Attempts> {
    (schedule(), of(any::<bool>()))
        .prop_map(|(schedule, log_all_failures)| Attempts {
            schedule: schedule.into(),
            log_all_failures,
        })
        .boxed()
}

/// Patterns with all that means something to the lexer, the expansion or the splitting.
fn regex() -> BoxedStrategy<Regex> {
    let pattern = prop_oneof!["[ -~]{0,20}", "[$~{}#!\\\\\"'é\n\t a]{0,12}"];
    let options = subsequence(RegexOption::ALL, 0..4);
    let sizes = (0_u64..100, 0_u64..100).prop_map(|(start, more)| at((start, start + more)));
    (
        pattern,
        any::<bool>(),
        options,
        of(0_u64..50),
        of(50_u64..),
        of(sizes),
    )
        .prop_map(
            |(pattern, no_match, options, min_offset, max_offset, stack)| Regex {
                pattern: Some(at(pattern)),
                no_match,
                options,
                min_offset: min_offset.map(at),
                max_offset: max_offset.map(at),
                stack,
            },
        )
        .boxed()
}

fn url(tls: bool) -> BoxedStrategy<Url> {
    let codes =
        (100_u16..=599, 0_u16..100).prop_map(|(first, more)| at((first, (first + more).min(599))));
    let regex = prop_oneof![Just(Regex::default()), regex()];
    let digest = any::<[u8; 16]>().prop_map(|digest| at(Hex(digest.to_vec())));
    (
        "/[a-z0-9?=&.]{0,12}",
        of(digest),
        vec(codes, 0..3),
        of(word()),
        regex,
        of(any::<bool>()),
    )
        .prop_map(
            move |(path, digest, status, virtualhost, regex, tls_compliant)| Url {
                path: Some(at(path)),
                digest,
                status,
                virtualhost: virtualhost.map(at),
                regex,
                tls_compliant: tls_compliant.filter(|_| tls),
                ..Url::default()
            },
        )
        .boxed()
}

fn http(tls: bool) -> BoxedStrategy<HttpCheck> {
    let switches = any::<(Option<bool>, Option<bool>, Option<bool>)>();
    let names = (of(word()), of(word()));
    let rest = (of(select(HttpVersion::ALL)), vec(url(tls), 1..3));
    (connect(), attempts(), names, switches, rest)
        .prop_map(
            move |(connect, attempts, (virtualhost, sni), (enable_sni, fast, compliant), rest)| {
                HttpCheck {
                    connect,
                    attempts,
                    virtualhost: virtualhost.map(at),
                    version: rest.0.map(at),
                    enable_sni,
                    sni_name: sni.map(at),
                    fast_recovery: fast,
                    tls_compliant: compliant.filter(|_| tls),
                    urls: rest.1,
                    ..HttpCheck::default()
                }
            },
        )
        .boxed()
}

fn smtp() -> BoxedStrategy<SmtpCheck> {
    let host =
        (connect(), attempts()).prop_map(|(connect, attempts)| SmtpHost { connect, attempts });
    (connect(), attempts(), of(word()), vec(host, 0..2))
        .prop_map(|(connect, attempts, helo_name, hosts)| SmtpCheck {
            connect,
            attempts,
            helo_name: helo_name.map(at),
            hosts,
        })
        .boxed()
}

fn udp() -> BoxedStrategy<UdpCheck> {
    let pattern = "([0-9a-fx]{2}){0,6}".prop_map(|text| HexPattern::parse(&text));
    let pattern = pattern.prop_filter_map("hexadecimal", |pattern| pattern.map(at));
    let payload = vec(any::<u8>(), 1..9).prop_map(|bytes| at(Hex(bytes)));
    let lengths = (of(0_u16..200), of(200_u16..));
    (connect(), attempts(), of(payload), of(pattern), lengths)
        .prop_map(
            |(connect, attempts, payload, require_reply, (min, max))| UdpCheck {
                connect,
                attempts,
                payload,
                require_reply,
                min_reply_length: min.map(at),
                max_reply_length: max.map(at),
            },
        )
        .boxed()
}

fn misc() -> BoxedStrategy<MiscCheck> {
    let command = command().prop_map(|mut command| {
        command.value.user = None;
        command
    });
    let user = ("[a-z]{1,8}", of("[a-z]{1,8}")).prop_map(|(user, group)| at(User { user, group }));
    let timeout = (0_u64..4294).prop_map(core::time::Duration::from_secs);
    (attempts(), command, of(timeout), any::<bool>(), of(user))
        .prop_map(|(attempts, command, timeout, dynamic, user)| MiscCheck {
            attempts,
            command: Some(command),
            timeout: timeout.map(at),
            dynamic,
            user,
            ..MiscCheck::default()
        })
        .boxed()
}

fn check() -> BoxedStrategy<Check> {
    let plain = || (connect(), attempts());
    let dns = (
        connect(),
        attempts(),
        of(select(DnsType::ALL)),
        of("([a-z0-9-]{1,9}\\.){1,3}"),
    );
    let weight = (-2_147_483_647_i32.., any::<bool>());
    let weight = weight.prop_map(|(weight, reverse)| at(FileWeight { weight, reverse }));
    prop_oneof![
        plain().prop_map(|(connect, attempts)| Check::Tcp(TcpCheck { connect, attempts })),
        plain().prop_map(|(connect, attempts)| Check::Ping(PingCheck { connect, attempts })),
        http(false).prop_map(|check| Check::Http(Box::new(check))),
        http(true).prop_map(|check| Check::Ssl(Box::new(check))),
        smtp().prop_map(|check| Check::Smtp(Box::new(check))),
        dns.prop_map(|(connect, attempts, kind, name)| {
            Check::Dns(Box::new(DnsCheck {
                connect,
                attempts,
                kind: kind.map(at),
                name: name.map(at),
            }))
        }),
        misc().prop_map(|check| Check::Misc(Box::new(check))),
        udp().prop_map(|check| Check::Udp(Box::new(check))),
        (word(), of(weight)).prop_map(|(name, weight)| {
            Check::File(FileCheck {
                track_file: Some(at(name)),
                weight,
                ..FileCheck::default()
            })
        }),
        ("[a-z]{1,31}", of(any::<bool>())).prop_map(|(name, alpha)| {
            Check::Bfd(BfdCheck {
                name: Some(at(name)),
                alpha,
                ..BfdCheck::default()
            })
        }),
    ]
    .boxed()
}

fn method() -> BoxedStrategy<Method> {
    let gue = (1_u16.., select(Checksum::ALL));
    prop_oneof![
        Just(Method::Nat),
        Just(Method::Dr),
        Just(Method::Tun(Tunnel::Ipip)),
        gue.prop_map(|(port, checksum)| Method::Tun(Tunnel::Gue { port, checksum })),
        any::<bool>().prop_map(|checksum| Method::Tun(Tunnel::Gre { checksum })),
    ]
    .boxed()
}

fn server() -> BoxedStrategy<RealServer> {
    let place = (address(), of(any::<u16>()));
    let numbers = (
        of(0_u32..=2_147_483_647),
        of(any::<u32>()),
        of(any::<u32>()),
    );
    let commands = (of(command()), of(command()));
    let names = (of(word()), of(word()), any::<Option<bool>>());
    let rest = (of(method()), of(seconds(1..9000)), any::<Option<bool>>());
    let checks = vec(check(), 0..3);
    (place, schedule(), numbers, commands, names, rest, checks)
        .prop_map(
            |(place, schedule, (weight, upper, lower), (up, down), names, rest, checks)| {
                RealServer {
                    schedule: schedule.into(),
                    connect_timeout: rest.1,
                    weight: weight.map(at),
                    inhibit_on_failure: rest.2,
                    method: rest.0.map(at),
                    notify_up: up.map(Box::new),
                    notify_down: down.map(Box::new),
                    checks: checks.into_iter().map(at).collect(),
                    upper_threshold: upper.map(at),
                    lower_threshold: lower.map(at),
                    smtp_alert: names.2,
                    virtualhost: names.0.map(at).map(Box::new),
                    snmp_name: names.1.map(at).map(Box::new),
                    ..RealServer::new(at(place))
                }
            },
        )
        .boxed()
}

fn service() -> BoxedStrategy<Service> {
    let target = prop_oneof![
        (address(), any::<u16>()).prop_map(|(address, port)| Target::Address(address, port)),
        (1..u32::MAX).prop_map(Target::Mark),
        word().prop_map(Target::Group),
    ];
    let kind = (
        of(method()),
        of(select(Scheduler::ALL)),
        of(select(Protocol::ALL)),
        subsequence(Flag::ALL, 0..4),
        of(any::<bool>()),
    );
    let counts = (
        of(1_u32..2_678_400),
        of(1_u8..=128),
        of(1_u32..),
        of(any::<u32>()),
    );
    let names = (
        of(word()),
        of(word()),
        of("[a-z]{1,15}"),
        of(command()),
        of(command()),
    );
    let switches = any::<(bool, bool, Option<bool>, Option<bool>)>();
    let sorry = (
        of((address(), of(any::<u16>()))),
        any::<bool>(),
        of(method()),
    );
    let lists = (schedule(), vec(server(), 0..3));
    (target, kind, counts, names, switches, sorry, lists)
        .prop_map(
            |(target, kind, counts, names, switches, sorry, (schedule, servers))| Service {
                target: at(target),
                family: kind
                    .4
                    .map(|six| at(if six { Family::V6 } else { Family::V4 })),
                schedule,
                scheduler: kind.1.map(at),
                method: kind.0.map(at),
                protocol: kind.2.map(at),
                flags: kind.3.into_iter().map(at).collect(),
                persistence_timeout: counts.0.map(at),
                granularity: counts.1.map(|len| at(Granularity::Prefix(len))),
                quorum: counts.2.map(at),
                hysteresis: counts.3.map(at),
                virtualhost: names.0.map(at).map(Box::new),
                snmp_name: names.1.map(at).map(Box::new),
                persistence_engine: names.2.map(at).map(Box::new),
                quorum_up: names.3.map(Box::new),
                quorum_down: names.4.map(Box::new),
                omega: switches.0,
                ha_suspend: switches.1,
                smtp_alert: switches.2,
                inhibit_on_failure: switches.3,
                sorry_server: sorry.0.map(at).map(Box::new),
                sorry_server_inhibit: sorry.1.then(|| at(true)),
                sorry_server_method: sorry.2.map(at),
                servers,
                ..Service::default()
            },
        )
        .boxed()
}

fn group() -> BoxedStrategy<Group> {
    let range = any::<(u32, u32)>().prop_map(|(one, other)| {
        let (first, last) = (one.min(other), one.max(other));
        Addresses::Range(IpAddr::V4(first.into()), IpAddr::V4(last.into()))
    });
    let network = (any::<u128>(), 1_u8..=128).prop_map(|(bits, len)| {
        let mask = u128::MAX << (128 - u32::from(len));
        Addresses::Network(IpAddr::V6((bits & mask).into()), len)
    });
    let port = || of(1_u16..);
    let of_family = |six: bool| if six { Family::V6 } else { Family::V4 };
    let member = prop_oneof![
        (address(), port()).prop_map(|(one, port)| Member::Addresses(Addresses::One(one), port)),
        (range, port()).prop_map(|(range, port)| Member::Addresses(range, port)),
        (network, port()).prop_map(|(network, port)| Member::Addresses(network, port)),
        any::<(u32, bool)>().prop_map(move |(mark, six)| Member::Mark(mark, Some(of_family(six)))),
    ];
    (word(), vec(member, 1..4))
        .prop_map(|(name, members)| Group {
            name: at(name),
            members: members.into_iter().map(at).collect(),
        })
        .boxed()
}

fn ssl() -> BoxedStrategy<Ssl> {
    (of(word()), of(word()), of(word()), of(word()))
        .prop_map(|(password, ca, certificate, key)| Ssl {
            password: password.map(|password| at(Secret(password))),
            ca: ca.map(at),
            certificate: certificate.map(at),
            key: key.map(at),
        })
        .boxed()
}

pub(crate) fn lvs() -> BoxedStrategy<Lvs> {
    (of(ssl()), vec(group(), 0..2), vec(service(), 0..2))
        .prop_map(|(ssl, groups, services)| Lvs {
            ssl: ssl.map(at),
            groups,
            services: services.into_iter().map(Box::new).collect(),
        })
        .boxed()
}
