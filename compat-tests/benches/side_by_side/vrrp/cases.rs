//! Courses that a client notices, or does not.

use std::fmt::Write as _;
use std::fs;
use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use compat_tests::Subject;
use nix::sys::signal::{Signal, kill};

use super::client::{Client, Seen};
use super::ear::Ear;
use super::stage::{Daemon, Stage, told};

const MASTER: &str = "Entering MASTER STATE";
const BACKUP: &str = "Entering BACKUP STATE";
/// How often the client asks.
const TICK: Duration = Duration::from_millis(1);
/// What is watched before something happens, and after all has settled.
const CALM: Duration = Duration::from_millis(300);

/// An address of switch `switch`.
pub(super) fn address(switch: usize, number: usize) -> Ipv4Addr {
    let byte = |number: usize| u8::try_from(number).unwrap_or(u8::MAX);
    Ipv4Addr::new(
        10,
        byte(switch),
        byte(1 + number / 200),
        byte(number % 200 + 1),
    )
}

fn instance(name: &str, switch: usize, priority: u8, count: usize, more: &str) -> String {
    let mut text = format!(
        "vrrp_instance {name} {{\n interface eth{switch}\n virtual_router_id 51\n \
         priority {priority}\n advert_int 1\n{more}\n virtual_ipaddress {{\n"
    );
    for number in 0..count.min(20) {
        let _ = writeln!(text, "{}/16", address(switch, number));
    }
    text.push_str(" }\n");
    if count > 20 {
        text.push_str(" virtual_ipaddress_excluded {\n");
        for number in 20..count {
            let _ = writeln!(text, "{}/16", address(switch, number));
        }
        text.push_str(" }\n");
    }
    text.push_str("}\n");
    text
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

/// A master on host 0 and a backup on host 1, both settled.
fn pair(
    stage: &Stage,
    subjects: [Subject; 2],
    text: impl Fn(usize, u8) -> String,
) -> Result<(Daemon, Daemon), String> {
    let master = stage.start(0, subjects[0], &text(0, 200))?;
    let backup = stage.start(1, subjects[1], &text(1, 100))?;
    master.wait_for(MASTER, 1)?;
    backup.wait_for(BACKUP, 1)?;
    // Its announcements go out twice by default, five seconds apart: only the first ones matter.
    std::thread::sleep(CALM);
    Ok((master, backup))
}

/// Stops the master; the backup follows.
fn stopped(
    subjects: [Subject; 2],
    addresses: usize,
    tick: Duration,
    text: impl Fn(usize, u8) -> String,
) -> Result<Seen, String> {
    let stage = Stage::new(2, 1)?;
    let (master, backup) = pair(&stage, subjects, text)?;
    let targets = (0..addresses).map(|number| address(0, number)).collect();
    let client = Client::start(targets, tick)?;
    std::thread::sleep(CALM);
    master.stop()?;
    backup.wait_for(MASTER, 1)?;
    std::thread::sleep(Duration::from_secs(1));
    client.end()
}

pub(super) fn term(subject: Subject) -> Result<Vec<f64>, String> {
    let subjects = [subject, Subject::Original];
    let text = |_: usize, priority| instance("V", 0, priority, 1, "");
    let seen = stopped(subjects, 1, TICK, text)?;
    Ok(vec![ms(seen.gap), count(seen.lost)])
}

pub(super) fn unicast(subject: Subject) -> Result<Vec<f64>, String> {
    let text = |host: usize, priority| {
        let peer = format!(" unicast_peer {{\n10.0.255.{}\n }}", 2 - host);
        instance("V", 0, priority, 1, &peer)
    };
    let seen = stopped([subject; 2], 1, TICK, text)?;
    Ok(vec![ms(seen.gap)])
}

pub(super) fn term_of_many(subject: Subject) -> Result<Vec<f64>, String> {
    let subjects = [subject, Subject::Original];
    let text = |_: usize, priority| instance("V", 0, priority, 200, "");
    let seen = stopped(subjects, 200, Duration::from_millis(20), text)?;
    Ok(vec![ms(seen.gap)])
}

pub(super) fn killed(subject: Subject) -> Result<Vec<f64>, String> {
    let stage = Stage::new(2, 1)?;
    let subjects = [subject, Subject::Original];
    let (master, backup) = pair(&stage, subjects, |_, priority| {
        instance("V", 0, priority, 1, "")
    })?;
    let client = Client::start(vec![address(0, 0)], TICK)?;
    std::thread::sleep(CALM);
    kill(master.vrrp()?, Signal::SIGKILL).map_err(told("kill"))?;
    // The original's backup takes over after 3.2 s and gives back within the next seconds.
    std::thread::sleep(Duration::from_secs(8));
    let seen = client.end()?;
    Ok(vec![
        ms(seen.gap),
        count(seen.lost),
        count(backup.count(MASTER)),
    ])
}

pub(super) fn upgrade(subject: Subject) -> Result<Vec<f64>, String> {
    let stage = Stage::new(1, 1)?;
    let text = instance("V", 0, 200, 1, "");
    let master = stage.start(0, subject, &text)?;
    master.wait_for(MASTER, 1)?;
    std::thread::sleep(CALM);
    let client = Client::start(vec![address(0, 0)], TICK)?;
    std::thread::sleep(CALM);
    let _kept = match subject {
        Subject::Ours => {
            master.upgrade()?;
            master
        }
        Subject::Original => {
            master.stop()?;
            let again = stage.start(0, subject, &text)?;
            again.wait_for(MASTER, 1)?;
            again
        }
    };
    std::thread::sleep(Duration::from_secs(1));
    Ok(vec![ms(client.end()?.gap)])
}

pub(super) fn weight(subject: Subject) -> Result<Vec<f64>, String> {
    let stage = Stage::new(2, 1)?;
    let file = stage.file("weight");
    fs::write(&file, "0\n").map_err(told("the tracked file"))?;
    let tracked = format!("vrrp_track_file f {{\n file {}\n}}\n", file.display());
    let (_master, backup) = pair(&stage, [subject; 2], |host, priority| {
        let follows = " track_file {\n f weight 1\n }";
        let (before, more) = if host == 0 {
            (&*tracked, follows)
        } else {
            ("", "")
        };
        let priority = priority.min(150);
        format!("{before}{}", instance("V", 0, priority, 1, more))
    })?;
    let begin = Instant::now();
    fs::write(&file, "-100\n").map_err(told("the tracked file"))?;
    backup.wait_for(MASTER, 1)?;
    Ok(vec![ms(begin.elapsed())])
}

pub(super) fn group(subject: Subject) -> Result<Vec<f64>, String> {
    let stage = Stage::new(2, 2)?;
    let subjects = [subject; 2];
    let text = |_: usize, priority| {
        let group = "vrrp_sync_group G {\n group {\n V0\n V1\n }\n}\n";
        let both = [0, 1].map(|switch| instance(&format!("V{switch}"), switch, priority, 1, ""));
        format!("{group}{}", both.concat())
    };
    let master = stage.start(0, subjects[0], &text(0, 200))?;
    master.wait_for(MASTER, 2)?;
    let backup = stage.start(1, subjects[1], &text(1, 100))?;
    backup.wait_for(BACKUP, 2)?;
    // The backup has heard both.
    std::thread::sleep(Duration::from_millis(1500));
    let client = Client::start(vec![address(1, 0)], TICK)?;
    std::thread::sleep(CALM);
    stage.unplug(0, 0)?;
    backup.wait_for(MASTER, 2)?;
    std::thread::sleep(Duration::from_secs(1));
    Ok(vec![ms(client.end()?.gap)])
}

/// One session between the two, lost after 30 ms; the backup follows it as each program can.
pub(super) fn isolated(subject: Subject) -> Result<Vec<f64>, String> {
    let (ear, stage) = (Ear::new()?, Stage::new(2, 1)?);
    let text = |host: usize, priority| {
        let (own, other) = (host + 1, 2 - host);
        let at_once = match subject {
            Subject::Ours => "global_defs {\n bfd_master_down\n}\n",
            Subject::Original => "",
        };
        // Without its session the backup is better than before, though not than the master.
        let follows = match host {
            0 => "",
            _ => " track_bfd {\n peer weight 90 reverse\n }",
        };
        format!(
            "{at_once}bfd_instance peer {{\n neighbor_ip 10.0.255.{other}\n \
             source_ip 10.0.255.{own}\n min_rx 10\n min_tx 10\n multiplier 3\n}}\n{}",
            instance("V", 0, priority, 1, follows)
        )
    };
    let (_master, _backup) = pair(&stage, [subject; 2], text)?;
    // The session comes up by packets a second apart.
    std::thread::sleep(Duration::from_secs(5));
    let begin = stage.isolate(0, 0)?;
    let end = Instant::now() + Duration::from_secs(10);
    loop {
        if let Some(at) = ear.first_advert(stage.port(1, 0), begin) {
            return Ok(vec![ms(Duration::from_micros(at - begin))]);
        }
        if Instant::now() > end {
            return Err("nobody became master".to_owned());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}
