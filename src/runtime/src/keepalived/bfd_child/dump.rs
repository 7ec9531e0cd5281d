//! `keepalived_bfd.data`, written on USR1: the original's layout, as far as there is something to
//! say; descriptors and threads of its own are not ours.

use core::fmt::Write as _;

use base::Instant;
use bfd::config::Session;
use bfd::{Engine, Status};
use plan::keepalived::Side;

use crate::keepalived::dump::Settings;

/// The settings of all processes, and all sessions.
pub(super) fn data(settings: &Settings, engine: &Engine, now: Instant) -> String {
    let mut text = settings.section(Side::Bfd);
    text.push_str("------< BFD Topology >------\n");
    for (session, status) in engine.config().sessions.iter().zip(engine.sessions()) {
        configured(&mut text, session);
        running(&mut text, &status, now);
    }
    text
}

// Writing to a `String` cannot fail.

fn configured(text: &mut String, session: &Session) {
    let yes_no = |yes| if yes { "true" } else { "false" };
    let _ = writeln!(text, " BFD Instance = {}", session.key.name);
    let _ = writeln!(text, "   Neighbor IP = {}", session.key.neighbor);
    if let Some(source) = session.key.source {
        let _ = writeln!(text, "   Source IP = {source}");
    }
    let micros = [
        ("Required min RX interval", session.min_rx),
        ("Desired min TX interval", session.min_tx),
        ("Desired idle TX interval", session.idle_tx),
    ];
    for (what, time) in micros {
        let _ = writeln!(text, "   {what} = {} us", time.as_micros());
    }
    let hops = session.max_hops.map_or(-1, i16::from);
    let _ = writeln!(
        text,
        "   Detection multiplier = {}\n   {} = {}\n   max_hops = {hops}\n   passive = {}\n   \
         multihop = {}",
        session.multiplier,
        if session.key.neighbor.is_ipv6() {
            "hoplimit"
        } else {
            "TTL"
        },
        session.ttl,
        yes_no(session.passive),
        yes_no(session.key.multihop),
    );
}

fn running(text: &mut String, status: &Status, now: Instant) {
    let _ = writeln!(
        text,
        "   local state = {}\n   in this state for = {} s",
        status.state,
        now.since(status.since).as_secs()
    );
    if let Some((_, state)) = status.remote {
        let _ = writeln!(text, "   remote state = {state}");
    }
    let _ = writeln!(text, "   local discriminator = {:#x}", status.discriminator);
    if let Some((discriminator, _)) = status.remote {
        let _ = writeln!(text, "   remote discriminator = {discriminator:#x}");
    }
    let detection = status.detection_time.unwrap_or_default();
    let _ = writeln!(
        text,
        "   local diag = {}\n   local tx intv = {} us\n   local detection time = {} us",
        status.diagnostic,
        status.transmit_interval.as_micros(),
        detection.as_micros(),
    );
}
