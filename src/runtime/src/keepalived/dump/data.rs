//! `keepalived.data`: what runs and how it stands, as text for people, in the original's layout.
//!
//! Invariant: no secret is in it.

use core::fmt::Write as _;

use base::{Duration, Weight};
use grammar::ast::vrrp::IpvlanMode;
use plan::keepalived::{Address, LinkKind, NewLink, Plan, RouterHost, Routing};
use vrrp::config::{Auth, Hmac, Mode, ObjectKind, Router, RouterIx, ScriptIx, Transport, Version};
use vrrp::{Engine, State};

use super::routing::{route_line, rule_line};
use super::{Clocks, address, quoted, wall_time};

/// All of the file.
#[must_use]
pub(in super::super) fn data(plan: &Plan, engine: &Engine, clocks: Clocks) -> String {
    let mut text = format!(
        "------< Global definitions >------\n Router ID = {}\n------< VRRP Topology >------\n",
        plan.process.router_id
    );
    for (ix, router) in plan.vrrp.routers.iter().enumerate() {
        describe_router(&mut text, plan, engine, (ix, router), clocks);
    }
    if !plan.vrrp.scripts.is_empty() {
        text.push_str("------< VRRP Scripts >------\n");
    }
    for (ix, script) in (0_u32..).zip(&plan.vrrp.scripts) {
        let status = engine.script_status(ScriptIx(ix));
        let good = status.and_then(|status| status.good);
        let command = plan.scripts.get(ix as usize).map(quoted);
        let _ = write!(
            text,
            " VRRP Script = {}\n   Command = {}\n   Interval = {} sec\n   Timeout = {} sec\n   \
             Rise = {}\n   Fall = {}\n   Status = {}\n   State = {}\n",
            script.name,
            command.unwrap_or_default(),
            seconds(script.interval),
            seconds(script.timeout),
            script.rise,
            script.fall,
            match good {
                Some(true) => "GOOD",
                // Exporters know these two.
                None | Some(false) => "BAD",
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
    (ix, router): (usize, &Router),
    clocks: Clocks,
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
        " VRRP Instance = {}\n   VRRP Version = {}\n   State = {state}\n   \
         Wantstate = {state}\n   Last transition = {}\n   {}   Using src_ip = {}\n",
        router.name,
        match router.version {
            Version::V2 => 2,
            Version::V3 => 3,
        },
        wall_time(status.since, clocks),
        interface(router, plan.routers.get(ix), &plan.links),
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
    let debug = plan.routers.get(ix).map_or(0, |host| host.debug);
    if debug > 0 {
        let _ = writeln!(text, "   Debug level = {debug}");
    }
    if let Some(host) = plan.routers.get(ix) {
        addresses(text, router, host, status.state == State::Master);
        routing(text, host);
    }
    tracked(text, plan, router);
}

/// Where the router is at home.
fn interface(router: &Router, host: Option<&RouterHost>, made: &[NewLink]) -> String {
    let base = &router.key.interface;
    if let Some(vrf) = &router.vrf {
        return format!("VRF = {vrf}\n");
    }
    let Some(link) = host.and_then(|host| host.link.as_ref()) else {
        return format!("Interface = {base}\n");
    };
    let by_base = router.link.is_none();
    let kind = made.iter().find(|made| made.name == *link);
    if let Some(LinkKind::Ipvlan { mode, address, .. }) = kind.map(|made| &made.kind) {
        let mode = match mode {
            IpvlanMode::Bridge => "bridge",
            IpvlanMode::Private => "private",
            IpvlanMode::Vepa => "vepa",
        };
        let own = address.map_or_else(String::new, |own| format!(", i/f address = {own}"));
        return format!(
            "Use IPVLAN, i/f {link}, is_up = true{own}, type {mode}\n   \
             Interface = {link}, ipvlan on {base}\n"
        );
    }
    format!(
        "Use VMAC, i/f name {link}, is_up = true, xmit_base = {by_base}\n   \
         Interface = {link}, vmac on {base}{}\n",
        if by_base { ", xmit base i/f" } else { "" }
    )
}

/// What the router holds, in the order of the file.
fn addresses(text: &mut String, router: &Router, host: &RouterHost, set: bool) {
    let advertised = router.addresses.len().min(host.addresses.len());
    let (advertised, excluded) = host.addresses.split_at(advertised);
    let _ = writeln!(text, "   Virtual IP ({}):", advertised.len());
    list(text, advertised, set);
    if !excluded.is_empty() {
        let _ = writeln!(text, "   Virtual IP Excluded :");
        list(text, excluded, set);
    }
}

fn list(text: &mut String, addresses: &[Address], set: bool) {
    for held in addresses {
        let _ = writeln!(text, "     {}", address(held, set));
    }
}

/// What goes with the addresses.
fn routing(text: &mut String, host: &RouterHost) {
    let lines = |wanted: fn(&Routing) -> Option<String>| host.routing.iter().filter_map(wanted);
    let kinds = [
        ("Virtual Routes", lines(route_line)),
        ("Virtual Rules", lines(rule_line)),
    ];
    for (title, lines) in kinds {
        let mut lines = lines.peekable();
        if lines.peek().is_some() {
            let _ = writeln!(text, "   {title} :");
        }
        for line in lines {
            let _ = writeln!(text, "     {line}");
        }
    }
}

/// What the router depends on.
fn tracked(text: &mut String, plan: &Plan, router: &Router) {
    for (kind, title) in [
        (ObjectKind::Interface, "Tracked interfaces"),
        (ObjectKind::File, "Tracked files"),
        (ObjectKind::Process, "Tracked processes"),
        (ObjectKind::Bfd, "Tracked BFDs"),
    ] {
        let of_kind = router.tracks.iter().filter_map(|track| {
            let object = plan.vrrp.objects.get(track.object.0 as usize)?;
            (object.kind == kind).then_some((&object.name, track.weight, track.reverse))
        });
        section(text, title, of_kind);
    }
    let scripts = router.track_scripts.iter().filter_map(|track| {
        let script = plan.vrrp.scripts.get(track.script.0 as usize)?;
        Some((&script.name, track.weight, track.reverse))
    });
    section(text, "Tracked scripts", scripts);
}

fn section<'a>(
    text: &mut String,
    title: &str,
    tracked: impl Iterator<Item = (&'a String, Weight, bool)>,
) {
    let mut first = true;
    for (name, weight, reverse) in tracked {
        if core::mem::take(&mut first) {
            let _ = writeln!(text, "   {title} :");
        }
        let reverse = if reverse { " reverse" } else { "" };
        let _ = writeln!(text, "     {name} weight {weight}{reverse}");
    }
}

/// How adverts are proved; never with what.
fn authentication(router: &Router) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_have_no_needless_zeroes() {
        assert_eq!(seconds(Duration::from_millis(1500)), "1.5");
        assert_eq!(seconds(Duration::from_secs(10)), "10");
    }
}
