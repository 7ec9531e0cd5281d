//! Packets, links and script results for a running VRRP engine, and the page it leaves behind.
//!
//! Invariants checked: one input has a bounded number of effects; an engine that was told the
//! time of its deadline does not ask for an earlier one; records read back as written.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;

use base::{Duration, Instant, Machine as _, Priority};
use grammar::{MemoryLoader, keepalived};
use plan::keepalived::check;
use vrrp::config::{Config, RouterIx, ScriptIx};
use vrrp::input::{Envelope, ScriptOutcome};
use vrrp::packet::Protection;
use vrrp::snapshot::{Layout, Records, RouterRecord, ScriptRecord};
use vrrp::{Engine, Input, State};

use super::LONGEST;
use super::host::Host;

/// One router per protocol version and family, one for each way to prove adverts, one script.
const CONF: &str = "vrrp_script s {\n script /bin/s\n interval 2\n weight -20\n}\n\
    vrrp_instance A {\n interface eth0\n virtual_router_id 1\n priority 100\n\
    authentication {\n auth_type PASS\n auth_pass secret\n }\n\
    virtual_ipaddress {\n 192.0.2.100\n }\n track_script {\n s\n }\n}\n\
    vrrp_instance B {\n version 3\n interface eth0\n virtual_router_id 2\n priority 150\n\
    advert_int 0.5\n virtual_ipaddress {\n 192.0.2.101\n 192.0.2.102\n }\n}\n\
    vrrp_instance C {\n version 3\n interface eth0\n virtual_router_id 3\n\
    virtual_ipaddress {\n fe80::100\n }\n}\n\
    vrrp_instance D {\n interface eth0\n virtual_router_id 4\n\
    authentication {\n auth_type AH\n auth_pass secret\n }\n\
    virtual_ipaddress {\n 192.0.2.103\n }\n}\n\
    vrrp_instance E {\n version 3\n interface eth0\n virtual_router_id 5\n\
    auth_hmac {\n key 1 0123456789abcdef0123456789abcdef\n anti_replay monotonic\n }\n\
    virtual_ipaddress {\n 192.0.2.104\n }\n}\n";

/// How many routers that is.
const ROUTERS: u32 = 5;

/// Most effects that one input may have here.
const MOST: usize = 2_000;

fn config() -> Config {
    let mut loader = MemoryLoader::new([("k.conf", CONF)]);
    let options = keepalived::Options::default();
    let checked = check(&mut loader, Path::new("k.conf"), &options, &Host);
    let vrrp = checked.plan.vrrp;
    assert_eq!(
        vrrp.routers.len(),
        ROUTERS as usize,
        "{:?}",
        checked.diagnostics
    );
    vrrp
}

/// Steps, each of two bytes (what, with which value) and, for packets, that many bytes of payload.
pub fn engine_packets(data: &[u8]) {
    if data.len() > LONGEST {
        return;
    }
    let config = config();
    let mut now = Instant::from_millis(1_000);
    let mut engine = Engine::new(config.clone());
    step(&mut engine, now, Input::Start);
    let mut rest = data;
    while let [what, value, after @ ..] = rest {
        let (payload, next) = match what & 7 {
            0..=2 => after.split_at(after.len().min(usize::from(*value))),
            _ => (&after[..0], after),
        };
        rest = next;
        let router = RouterIx(u32::from(what >> 3) % ROUTERS);
        let input = match what & 7 {
            3 => {
                now = engine.deadline().map_or(now, |(at, _)| at.max(now));
                Input::Tick
            }
            4 => {
                now += Duration::from_millis(u64::from(*value) * 8);
                Input::Tick
            }
            _ => input(*what, *value, router, payload, &config),
        };
        step(&mut engine, now, input);
    }
    let layout = Layout::of(&config);
    assert_eq!(layout.router(RouterIx(ROUTERS)), None);
    for router in 0..ROUTERS {
        let record = engine.router_record(RouterIx(router), 7).expect("a router");
        assert_eq!(RouterRecord::from_bytes(&record.to_bytes()), Some(record));
    }
    step(&mut engine, now, Input::Shutdown);
}

fn input(what: u8, value: u8, router: RouterIx, payload: &[u8], config: &Config) -> Input {
    let v6 = router.0 == 2;
    let (envelope, payload) = match router.0 {
        3 => protected(payload),
        _ => (Envelope::default(), payload),
    };
    match what & 7 {
        0..=2 => Input::Packet {
            router,
            source: if v6 {
                IpAddr::V6(Ipv6Addr::new(
                    0xfe80,
                    0,
                    0,
                    0,
                    0,
                    0,
                    0,
                    u16::from(what >> 5),
                ))
            } else {
                IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7 + (what >> 5)))
            },
            destination: if v6 {
                IpAddr::V6(Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0x12))
            } else {
                IpAddr::V4(Ipv4Addr::new(224, 0, 0, 18))
            },
            ttl: if what & 7 == 2 { value } else { 255 },
            payload: payload.to_vec(),
            envelope,
        },
        5 => Input::Link {
            router,
            up: value & 1 == 1,
            at_once: value & 2 == 2,
            reason: "interface eth0".to_owned(),
        },
        6 => Input::ScriptExit {
            script: ScriptIx(u32::from(value >> 7)),
            outcome: match value & 3 {
                0 => ScriptOutcome::Exited(0),
                1 => ScriptOutcome::Exited(i32::from(value)),
                2 => ScriptOutcome::TimedOut,
                _ => ScriptOutcome::Signaled(9),
            },
        },
        _ if value & 1 == 1 => Input::Reconfigure(config.clone()),
        _ => Input::EffectFailed {
            router,
            reason: "no such device".to_owned(),
        },
    }
}

/// IP and authentication header, where `packet` is long enough for both, and the message.
fn protected(packet: &[u8]) -> (Envelope, &[u8]) {
    let split = packet
        .split_first_chunk()
        .and_then(|(ip, rest)| Protection::split(*ip, rest));
    match split {
        None => (Envelope::default(), packet),
        Some((protection, message)) => {
            let envelope = Envelope {
                ah: Some(protection),
                ..Envelope::default()
            };
            (envelope, message)
        }
    }
}

fn step(engine: &mut Engine, now: Instant, input: Input) {
    let mut effects = 0;
    engine.handle(now, input, &mut |_| effects += 1);
    assert!(effects <= MOST, "{effects} effects of one input");
}

/// The page of a daemon that is gone: an engine goes on from whatever it holds.
pub fn snapshot(data: &[u8]) {
    if data.len() > LONGEST {
        return;
    }
    if let Some(record) = data.first_chunk().and_then(RouterRecord::from_bytes) {
        assert_eq!(RouterRecord::from_bytes(&record.to_bytes()), Some(record));
    }
    if let Some(record) = data.first_chunk().and_then(ScriptRecord::from_bytes) {
        assert_eq!(ScriptRecord::from_bytes(&record.to_bytes()), Some(record));
    }
    let config = config();
    let layout = Layout::of(&config);
    go_on(config.clone(), &layout.read(data, 7));
    // The checksum hides the values of a mutated page: say them directly too.
    let said = (0..ROUTERS as usize).map(|router| said(data.get(router * 26..)?));
    let records = Records {
        routers: said.collect(),
        scripts: vec![None],
    };
    go_on(config, &records);
}

/// A record with the values that `data` says.
fn said(data: &[u8]) -> Option<RouterRecord> {
    let [state, priority, times @ ..] = data.first_chunk::<26>()?;
    let time = |at: usize| {
        let bytes = times[at * 8..].first_chunk().copied();
        u64::from_le_bytes(bytes.unwrap_or_default())
    };
    Some(RouterRecord {
        generation: 7,
        state: [State::Init, State::Backup, State::Master, State::Fault][usize::from(state & 3)],
        priority: Priority(*priority),
        since: Instant::from_micros(time(0)),
        due: Instant::from_micros(time(1)),
        master_interval: Duration::from_micros(time(2)),
        sequence: time(1),
        old_sums: state & 4 != 0,
        ready: state & 8 != 0,
    })
}

fn go_on(config: Config, records: &Records) {
    let mut now = Instant::from_millis(5_000);
    let mut engine = Engine::adopt(config, records, now);
    for _ in 0..20 {
        now = engine.deadline().map_or(now, |(at, _)| at.max(now));
        step(&mut engine, now, Input::Tick);
    }
    step(&mut engine, now, Input::Shutdown);
}
