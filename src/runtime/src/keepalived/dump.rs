//! The files written on USR1, USR2 and SIGRTMAX-1.
//!
//! Invariants: a file is replaced as a whole (a reader never sees half of one), has mode 0600, and
//! no symlink at its place is followed. The statistics have the original's layout, which exporters
//! parse; a figure the engine does not count is not invented.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use core::fmt::Write as _;

use base::Duration;
use plan::keepalived::Plan;
use vrrp::config::{Auth, Hmac, Mode, RouterIx, ScriptIx, Transport, Version};
use vrrp::effect::Refusal;
use vrrp::{Engine, State};

/// Where dumps go: an absolute TMPDIR, else `/tmp`.
#[must_use]
pub(super) fn directory() -> PathBuf {
    std::env::var_os("TMPDIR")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .unwrap_or_else(|| "/tmp".into())
}

/// Puts `bytes` at `path` in one step.
///
/// # Errors
/// What creating, writing or renaming reports.
pub(super) fn replace_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let temporary = path.with_file_name(name);
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&temporary)
        .and_then(|mut file| file.write_all(bytes))
        .and_then(|()| std::fs::rename(&temporary, path));
    if written.is_err() {
        let _ = std::fs::remove_file(&temporary);
    }
    written
}

/// `keepalived.stats`
#[must_use]
pub(super) fn stats(engine: &Engine) -> String {
    let mut text = String::new();
    for (ix, router) in (0_u32..).zip(&engine.config().routers) {
        let Some(status) = engine.status(RouterIx(ix)) else {
            continue;
        };
        let stats = status.stats;
        let refused = |like: Refusal| stats.refused(&like);
        let _ = write!(
            text,
            "VRRP Instance: {}\n  Advertisements:\n    Received: {}\n    Sent: {}\n  \
             Became master: {}\n  Released master: {}\n  Packet Errors:\n    Length: {}\n    \
             TTL: {}\n    Invalid Type: {}\n    Advertisement Interval: {}\n    \
             Address List: {}\n  Authentication Errors:\n    Invalid Type: {}\n    \
             Type Mismatch: {}\n    Failure: {}\n{}  Priority Zero:\n    Received: {}\n    \
             Sent: {}\n",
            router.name,
            stats.adverts_received,
            stats.adverts_sent,
            stats.became_master,
            stats.released_master,
            refused(Refusal::Length { got: 0, wanted: 0 }),
            refused(Refusal::Ttl { got: 0 }),
            refused(Refusal::Type { got: 0 }),
            refused(Refusal::AdvertInterval { got: 0, wanted: 0 }),
            refused(Refusal::AddressList),
            refused(Refusal::AuthUnknown { got: 0 }),
            refused(Refusal::AuthType { got: 0, wanted: 0 })
                + refused(Refusal::AhPresence { wanted: true }),
            authentication_failures(stats),
            trailers(router, stats),
            stats.priority_zero_received,
            stats.priority_zero_sent,
        );
    }
    text
}

/// Adverts whose password or digest is wrong, or that have been heard before.
fn authentication_failures(stats: &vrrp::Stats) -> u64 {
    [
        Refusal::AuthPass,
        Refusal::AhDigest,
        Refusal::AhSpi { got: 0, wanted: 0 },
        Refusal::AhNumber { got: 0, highest: 0 },
    ]
    .iter()
    .map(|like| stats.refused(like))
    .sum()
}

/// What was wrong with trailers; the original counts them for every router, exporters of before
/// 2.4 know nothing of them.
fn trailers(router: &vrrp::config::Router, stats: &vrrp::Stats) -> String {
    if !matches!(router.auth, Auth::Hmac(_)) {
        return String::new();
    }
    let refused = |like: Refusal| stats.refused(&like);
    format!(
        "  Authentication Extension Errors:\n    Missing: {}\n    Malformed: {}\n    \
         Unknown Key: {}\n    Invalid HMAC: {}\n    Stale: {}\n    Replay: {}\n",
        refused(Refusal::TrailerMissing),
        refused(Refusal::TrailerMalformed),
        refused(Refusal::TrailerKey { id: 0 }),
        refused(Refusal::TrailerDigest),
        refused(Refusal::TrailerStale { skew: 0, window: 0 }),
        refused(Refusal::TrailerReplay),
    )
}

/// `keepalived.data`
#[must_use]
pub(super) fn data(plan: &Plan, engine: &Engine) -> String {
    let mut text = format!(
        "------< Global definitions >------\n Router ID = {}\n------< VRRP Topology >------\n",
        plan.process.router_id
    );
    for (ix, router) in plan.vrrp.routers.iter().enumerate() {
        describe_router(&mut text, plan, engine, ix, router);
    }
    if !plan.vrrp.scripts.is_empty() {
        text.push_str("------< VRRP Scripts >------\n");
    }
    for (ix, script) in (0_u32..).zip(&plan.vrrp.scripts) {
        let status = engine.script_status(ScriptIx(ix));
        let good = status.and_then(|status| status.good);
        let argv = plan.scripts.get(ix as usize).map_or(&[][..], |c| &c.argv);
        let command: Vec<String> = argv.iter().map(|word| format!("'{word}'")).collect();
        let _ = write!(
            text,
            " VRRP Script = {}\n   Command = {}\n   Interval = {} sec\n   Timeout = {} sec\n   \
             Rise = {}\n   Fall = {}\n   Status = {}\n   State = {}\n",
            script.name,
            command.join(" "),
            seconds(script.interval),
            seconds(script.timeout),
            script.rise,
            script.fall,
            match good {
                None => "INIT",
                Some(true) => "GOOD",
                Some(false) => "BAD",
            },
            if status.is_some_and(|s| s.running) {
                "running"
            } else {
                "idle"
            },
        );
    }
    text
}

fn describe_router(
    text: &mut String,
    plan: &Plan,
    engine: &Engine,
    ix: usize,
    router: &vrrp::config::Router,
) {
    let status = RouterIx(u32::try_from(ix).unwrap_or(u32::MAX));
    let Some(status) = engine.status(status) else {
        return;
    };
    let state = match status.state {
        State::Init => "INIT",
        State::Backup => "BACKUP",
        State::Master => "MASTER",
        State::Fault => "FAULT",
    };
    let _ = write!(
        text,
        " VRRP Instance = {}\n   VRRP Version = {}\n   State = {state}\n   Last transition = {}\n   \
         Interface = {}\n   Using src_ip = {}\n",
        router.name,
        match router.version {
            Version::V2 => 2,
            Version::V3 => 3,
        },
        wall_time(status.since),
        router.key.interface,
        router.source,
    );
    match &router.transport {
        Transport::Multicast { group } => {
            let _ = writeln!(text, "   Multicast address {group}");
        }
        Transport::Unicast { peers, ttl } => {
            let _ = writeln!(text, "   Unicast TTL = {ttl}\n   Unicast Peer :");
            for peer in peers {
                let _ = writeln!(text, "     {}", peer.address);
            }
        }
    }
    let _ = write!(
        text,
        "   Gratuitous ARP delay = {}\n   Gratuitous ARP repeat = {}\n   \
         Gratuitous ARP refresh = {}\n   Gratuitous ARP refresh repeat = {}\n   \
         Down timer adverts = {}\n   Virtual Router ID = {}\n   Priority = {}\n   \
         Effective priority = {}\n   Advert interval = {} sec\n   Preempt = {}\n",
        router.garp.delay.as_secs(),
        router.garp.repeat,
        router.garp.refresh.as_secs(),
        router.garp.refresh_repeat,
        router.down_timer_adverts,
        router.key.vrid,
        router.priority,
        status.priority,
        seconds(router.advert_interval),
        if router.preempt {
            "enabled"
        } else {
            "disabled"
        },
    );
    text.push_str(&authentication(router));
    let addresses = plan.routers.get(ix).map_or(&[][..], |host| &host.addresses);
    let _ = writeln!(text, "   Virtual IP ({}):", addresses.len());
    let set = if status.state == State::Master {
        " set"
    } else {
        ""
    };
    for address in addresses {
        let _ = writeln!(
            text,
            "     {}/{} dev {}{set}",
            address.address, address.prefix, address.interface
        );
    }
    if !router.track_scripts.is_empty() {
        text.push_str("   Tracked scripts :\n");
    }
    for track in &router.track_scripts {
        let name = plan.vrrp.scripts.get(track.script.0 as usize);
        let name = name.map_or("?", |script| script.name.as_str());
        let _ = writeln!(text, "     {name} weight {}", track.weight);
    }
}

/// How adverts are proved; never with what.
fn authentication(router: &vrrp::config::Router) -> String {
    let line = match (&router.auth, router.version) {
        (Auth::None, Version::V2) => "   Authentication type = none\n",
        (Auth::None, Version::V3) => "",
        (Auth::Pass(_), _) => "   Authentication type = SIMPLE_PASSWORD\n   Password = ********\n",
        (Auth::Ah(_), _) => "   Authentication type = IPSEC_AH\n",
        (Auth::Hmac(hmac), _) => return extension(hmac),
    };
    line.to_owned()
}

fn extension(hmac: &Hmac) -> String {
    let mode = match hmac.mode {
        Mode::Enforce => "enforce",
        Mode::Permissive => "permissive",
        Mode::ReceiveOnly => "receive-only",
    };
    let replay = match hmac.window {
        Some(window) => format!("time, window = {window} sec"),
        None => "monotonic".to_owned(),
    };
    format!(
        "   Authentication extension = HMAC-SHA256-128\n     Keys = {}, active key id = {}\n     \
         Mode = {mode}\n     Anti replay = {replay}\n",
        hmac.keys.len(),
        hmac.active
    )
}

/// "1", "0.5"
fn seconds(time: Duration) -> String {
    let text = format!("{}.{:06}", time.as_secs(), time.subsec_micros());
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A point on the monotonic clock as seconds since 1970 with six decimals.
fn wall_time(at: base::Instant) -> String {
    let ago = sys::clock::now().since(at);
    let wall = sys::clock::wall().saturating_sub(ago);
    format!("{}.{:06}", wall.as_secs(), wall.subsec_micros())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_symlink_is_replaced_not_followed() {
        let dir = tempfile::tempdir().expect("dir");
        let victim = dir.path().join("victim");
        std::fs::write(&victim, "precious").expect("write");
        let path = dir.path().join("keepalived.data");
        std::os::unix::fs::symlink(&victim, &path).expect("symlink");
        replace_file(&path, b"dump").expect("written");
        assert_eq!(std::fs::read_to_string(&victim).expect("read"), "precious");
        assert_eq!(std::fs::read_to_string(&path).expect("read"), "dump");
        let mode = std::fs::symlink_metadata(&path)
            .expect("metadata")
            .permissions();
        assert_eq!(
            std::os::unix::fs::PermissionsExt::mode(&mode) & 0o777,
            0o600
        );
    }

    #[test]
    fn seconds_have_no_needless_zeroes() {
        assert_eq!(seconds(Duration::from_millis(1500)), "1.5");
        assert_eq!(seconds(Duration::from_secs(10)), "10");
    }
}
