//! Many instances and many addresses.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use compat_tests::Subject;
use nix::sys::signal::Signal;

use super::cases::address;
use super::ear::Ear;
use super::stage::{Daemon, Stage};
use super::{NONE, cost};

const MASTER: &str = "Entering MASTER STATE";
const BACKUP: &str = "Entering BACKUP STATE";

/// So many instances on each of so many interfaces, each with an advert each 0.1 s.
fn instances(switches: usize, each: usize, priority: u8) -> String {
    let mut text = String::new();
    for switch in 0..switches {
        for number in 0..each {
            let _ = write!(
                text,
                "vrrp_instance V{switch}x{number} {{\n interface eth{switch}\n version 3\n \
                 virtual_router_id {}\n priority {priority}\n advert_int 0.1\n \
                 virtual_ipaddress {{\n{}/16\n }}\n}}\n",
                number + 1,
                address(switch, number),
            );
        }
    }
    text
}

/// A master of all and a backup of all.
fn pair(
    stage: &Stage,
    subject: Subject,
    switches: usize,
    each: usize,
) -> Result<(Daemon, Daemon), String> {
    pair_with(stage, subject, "", switches, each)
}

/// The same, with `more` in their configurations.
fn pair_with(
    stage: &Stage,
    subject: Subject,
    more: &str,
    switches: usize,
    each: usize,
) -> Result<(Daemon, Daemon), String> {
    let text = |priority| format!("{more}{}", instances(switches, each, priority));
    let master = stage.start(0, subject, &text(200))?;
    master.wait_for(MASTER, switches * each)?;
    let backup = stage.start(1, subject, &text(100))?;
    backup.wait_for(BACKUP, switches * each)?;
    // The announcements of new masters are repeated after five seconds.
    std::thread::sleep(Duration::from_secs(6));
    Ok((master, backup))
}

fn whole(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

pub(super) fn takeover(subject: Subject) -> Result<Vec<f64>, String> {
    const COUNT: usize = 255;
    let ear = Ear::new()?;
    let stage = Stage::new(1, 1)?;
    let mut text = String::from(
        "vrrp_instance V {\n interface eth0\n virtual_router_id 51\n priority 200\n advert_int 1\n \
         virtual_ipaddress {\n",
    );
    for number in 0..COUNT {
        if number == 20 {
            text.push_str(" }\n virtual_ipaddress_excluded {\n");
        }
        let _ = writeln!(text, "{}/16", address(0, number));
    }
    text.push_str(" }\n}\n");
    let port = stage.port(0, 0);
    let daemon = stage.start(0, subject, &text)?;
    daemon.wait_for(MASTER, 1)?;
    let end = Instant::now() + Duration::from_secs(30);
    let claims = loop {
        let claims = ear.claims(port);
        if claims.len() >= COUNT {
            break claims;
        }
        if Instant::now() > end {
            return Err(format!("{} of {COUNT} addresses announced", claims.len()));
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    let (first, last) = (claims.first(), claims.last());
    let span = last.copied().unwrap_or(0) - first.copied().unwrap_or(0);
    Ok(vec![Duration::from_micros(span).as_secs_f64() * 1000.0])
}

pub(super) fn cpu(subject: Subject) -> Result<Vec<f64>, String> {
    cpu_of(subject, 255)
}

/// As many as the original carries without changing masters.
pub(super) fn cpu_of_fewer(subject: Subject) -> Result<Vec<f64>, String> {
    cpu_of(subject, 100)
}

fn cpu_of(subject: Subject, count: usize) -> Result<Vec<f64>, String> {
    let stage = Stage::new(2, 1)?;
    let (master, backup) = pair(&stage, subject, 1, count)?;
    let processes = [master.vrrp()?, backup.vrrp()?];
    // Who listens in would be charged to the sender: packets are counted by the port.
    let look = || -> Result<_, String> {
        let used = [cost::cpu(processes[0])?, cost::cpu(processes[1])?];
        Ok((used, stage.packets_from(0, 0)?, changes(&master, &backup)))
    };
    let (before, packets, changed) = look()?;
    std::thread::sleep(Duration::from_secs(4));
    let (after, more, changed_since) = look()?;
    if changed != changed_since {
        return Ok(vec![NONE; 2]);
    }
    let adverts = f64::from(u32::try_from(more - packets).unwrap_or(u32::MAX)).max(1.0);
    let each = |which: usize| {
        let used = after[which].saturating_sub(before[which]);
        used.as_secs_f64() * 1e6 / adverts
    };
    Ok(vec![each(0), each(1)])
}

/// How often mastership has moved, as far as the logs say.
fn changes(master: &Daemon, backup: &Daemon) -> usize {
    master.count(BACKUP) + master.count(MASTER) + backup.count(MASTER)
}

pub(super) fn reload(subject: Subject) -> Result<Vec<f64>, String> {
    let (ear, stage) = (Ear::new()?, Stage::new(1, 1)?);
    let master = stage.start(0, subject, &instances(1, 200, 200))?;
    master.wait_for(MASTER, 200)?;
    std::thread::sleep(Duration::from_secs(6));
    ear.clear();
    std::thread::sleep(Duration::from_millis(500));
    master.signal(Signal::SIGHUP)?;
    std::thread::sleep(Duration::from_secs(2));
    let mut last = BTreeMap::new();
    let mut longest = 0;
    for (at, vrid) in ear.adverts(stage.port(0, 0)) {
        if let Some(before) = last.insert(vrid, at) {
            longest = longest.max(at - before);
        }
    }
    Ok(vec![Duration::from_micros(longest).as_secs_f64() * 1000.0])
}

pub(super) fn memory(subject: Subject) -> Result<Vec<f64>, String> {
    let stage = Stage::new(2, 4)?;
    let (master, backup) = pair(&stage, subject, 4, 255)?;
    let kib = cost::memory(master.pid())?;
    let mib = f64::from(u32::try_from(kib).unwrap_or(u32::MAX)) / 1024.0;
    Ok(vec![mib, changes_while_busy(&master, &backup)])
}

/// The daemons run before the work that makes the CPUs busy, which has the usual priority.
pub(super) fn real_time(subject: Subject) -> Result<Vec<f64>, String> {
    if subject == Subject::Original {
        // It takes most of a CPU for so many, and with that priority would take it from all.
        return Ok(vec![NONE]);
    }
    let stage = Stage::new(2, 4)?;
    let urgent = "global_defs {\n vrrp_rt_priority 50\n}\n";
    let (master, backup) = pair_with(&stage, subject, urgent, 4, 255)?;
    Ok(vec![changes_while_busy(&master, &backup)])
}

fn changes_while_busy(master: &Daemon, backup: &Daemon) -> f64 {
    let before = changes(master, backup);
    let busy = Busy::new();
    std::thread::sleep(Duration::from_secs(10));
    drop(busy);
    whole(changes(master, backup) - before)
}

/// Work for every CPU.
struct Busy(Arc<AtomicBool>);

impl Busy {
    fn new() -> Self {
        let ends = Arc::new(AtomicBool::new(false));
        let cpus = std::thread::available_parallelism().map_or(1, usize::from);
        for _ in 0..cpus * 2 {
            let ends = Arc::clone(&ends);
            std::thread::spawn(move || {
                while !ends.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        Self(ends)
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
