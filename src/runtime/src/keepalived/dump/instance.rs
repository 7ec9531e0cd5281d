//! One `vrrp_instance` in `keepalived.data`.
//!
//! Invariant: no secret is in it.

use core::fmt::Write as _;
use std::sync::Arc;

use base::Duration;
use grammar::ast::vrrp::IpvlanMode;
use plan::keepalived::{Address, Command, LinkKind, NewLink, RouterHost, Routing};
use vrrp::config::{Auth, Checksum, Hmac, Mode, Router, RouterIx, Transport, Version};
use vrrp::timing::master_down;
use vrrp::{RouterStatus, State};

use super::routing::{route_line, rule_line};
use super::{Dumped, address, quoted, state_word, tracked};
use crate::keepalived::links::Links;
use crate::keepalived::ports::PortKey;

/// What is dumped of one router.
#[derive(Clone, Copy)]
struct Subject<'a> {
    ix: RouterIx,
    router: &'a Router,
    host: &'a RouterHost,
    status: &'a RouterStatus<'a>,
}

pub(super) fn instance(text: &mut String, dumped: &Dumped<'_>, ix: RouterIx) {
    let at = ix.0 as usize;
    let plan = dumped.plan;
    let (Some(router), Some(host), Some(status)) = (
        plan.vrrp.routers.get(at),
        plan.routers.get(at),
        dumped.engine.status(ix),
    ) else {
        return;
    };
    let subject = Subject {
        ix,
        router,
        host,
        status: &status,
    };
    standing(text, dumped, subject);
    place(text, dumped, subject);
    election(text, dumped, subject);
    text.push_str(&authentication(router));
    if let Some(bytes) = host.written_buffer {
        let _ = writeln!(text, "   Kernel rx buffer size = {bytes}");
    }
    if host.debug > 0 {
        let _ = writeln!(text, "   Debug level = {}", host.debug);
    }
    addresses(text, dumped, router, host, status.state == State::Master);
    peers(text, subject);
    sockets(text, dumped, router);
    routing(text, host);
    dependencies(text, dumped, subject);
    notified(text, host);
}

/// Its state and what that follows from.
fn standing(text: &mut String, dumped: &Dumped<'_>, subject: Subject<'_>) {
    let Subject {
        ix, router, status, ..
    } = subject;
    let state = state_word(status.state);
    let _ = writeln!(
        text,
        " VRRP Instance = {}\n   VRRP Version = {}",
        router.name,
        match router.version {
            Version::V2 => 2,
            Version::V3 => 3,
        }
    );
    let group = dumped.engine.group_of(ix);
    if let Some(group) = group.and_then(|ix| dumped.plan.vrrp.groups.get(ix.0 as usize)) {
        let _ = writeln!(text, "   Sync group = {}", group.name);
    }
    if router.key.family == base::Family::V6 {
        text.push_str("   Using Native IPv6\n");
    }
    let _ = writeln!(text, "   State = {state}");
    if status.state == State::Backup {
        master(text, router, status);
    }
    text.push_str(flags(subject));
    let _ = writeln!(
        text,
        "   Wantstate = {state}\n   Number of config faults = {}\n   \
         Number of interface and track script faults = {}\n   Number of track scripts init = {}\n   \
         Last transition = {}\n   Read timeout = {}\n   Master down timer = {} usecs",
        u8::from(router.start_fault.is_some()),
        faults(dumped, subject),
        unheard(dumped, router),
        dumped.clocks.stamp(status.since),
        match status.next {
            Some((due, _)) => dumped.clocks.stamp(due),
            None => "DISABLED".to_owned(),
        },
        master_down(router, status.priority, status.master_interval).as_micros(),
    );
}

/// Whom a backup hears.
fn master(text: &mut String, router: &Router, status: &RouterStatus<'_>) {
    let (address, priority) = match status.last_heard {
        Some(heard) => (heard.source.to_string(), heard.priority.0),
        None => ("0.0.0.0".to_owned(), 0),
    };
    let _ = writeln!(
        text,
        "   Master router = {address}\n   Master priority = {priority}"
    );
    if router.version == Version::V3 {
        let millis = status.master_interval.as_millis();
        let _ = writeln!(text, "   Master advert interval = {millis} milli-sec");
    }
}

/// The original lists what is set; of most it has nothing to say.
fn flags(subject: Subject<'_>) -> &'static str {
    let Subject { router, host, .. } = subject;
    let set = host.link.is_some()
        || host.promote_secondaries
        || router.ignores_link
        || router.skip_check_adv_addr
        || !router.preempt;
    match &router.transport {
        Transport::Unicast { .. } => "   Flags:\n     Using unicast\n",
        Transport::Multicast { .. } if set => "   Flags:\n",
        Transport::Multicast { .. } => "   Flags: none\n",
    }
}

/// What keeps it from running, each thing once.
fn faults(dumped: &Dumped<'_>, subject: Subject<'_>) -> usize {
    let router = subject.router;
    let scripts = router.track_scripts.iter().filter(|track| {
        let status = dumped.engine.script_status(track.script);
        let good = status.and_then(|status| status.good);
        track.weight.0 == 0 && good == Some(track.reverse)
    });
    let objects = router.tracks.iter().filter(|track| {
        let status = dumped.engine.object_status(track.object);
        let good = status.and_then(|status| status.good);
        track.weight.0 == 0 && good == Some(track.reverse)
    });
    let own = subject.status.link_trouble.is_some() && router.start_fault.is_none();
    usize::from(own) + scripts.count() + objects.count()
}

/// How many of its scripts that could be a fault have not ended once.
fn unheard(dumped: &Dumped<'_>, router: &Router) -> usize {
    let scripts = router.track_scripts.iter().filter(|track| {
        let status = dumped.engine.script_status(track.script);
        track.weight.0 == 0 && status.is_some_and(|status| status.good.is_none())
    });
    scripts.count()
}

/// Where it is, and how it talks.
fn place(text: &mut String, dumped: &Dumped<'_>, subject: Subject<'_>) {
    let Subject { router, host, .. } = subject;
    let links = dumped.links;
    let _ = write!(
        text,
        "   {}",
        interface(router, host, &dumped.plan.links, links)
    );
    let words = [
        (router.ignores_link, "VRRP interface tracking disabled"),
        (
            router.skip_check_adv_addr,
            "Skip checking advert IP addresses",
        ),
        (host.strict, "Enforcing strict VRRP compliance"),
    ];
    for (_, word) in words.into_iter().filter(|(set, _)| *set) {
        let _ = writeln!(text, "   {word}");
    }
    let source = router.source;
    let _ = match source.is_unspecified() {
        true => writeln!(text, "   Using src_ip = (none)"),
        false if host.source.is_some() => {
            writeln!(text, "   Using src_ip = {source} (from configuration)")
        }
        false => writeln!(text, "   Using src_ip = {source}"),
    };
    if let Transport::Multicast { group } = &router.transport {
        let _ = match links.by_name(&router.key.interface) {
            Some(link) if group.is_ipv6() => {
                writeln!(text, "   Multicast address {group}, ifindex {}", link.index)
            }
            _ => writeln!(text, "   Multicast address {group}"),
        };
    }
}

/// What is announced, and who wins.
fn election(text: &mut String, dumped: &Dumped<'_>, subject: Subject<'_>) {
    let Subject {
        ix,
        router,
        host,
        status,
    } = subject;
    let garp = &router.garp;
    let _ = writeln!(
        text,
        "   Gratuitous ARP delay = {}\n   Gratuitous ARP repeat = {}\n   \
         Gratuitous ARP refresh = {}\n   Gratuitous ARP refresh repeat = {}\n   \
         Gratuitous ARP lower priority delay = {}\n   Gratuitous ARP lower priority repeat = {}\n   \
         Down timer adverts = {}",
        garp.delay.as_secs(),
        garp.repeat,
        garp.refresh.as_secs(),
        garp.refresh_repeat,
        garp.lower_prio_delay.as_secs(),
        garp.lower_prio_repeat,
        router.down_timer_adverts,
    );
    if !garp.extra.is_zero() {
        let seconds = garp.extra.as_secs();
        let _ = writeln!(text, "   Gratuitous ARP for each secondary i/f = {seconds}");
    }
    let _ = writeln!(
        text,
        "   Send advert after receive lower priority advert = {}\n   \
         Send advert after receive higher priority advert = {}\n   Virtual Router ID = {}\n   \
         Priority = {}\n   Effective priority = {}\n   Total priority = {}\n   \
         Advert interval = {}\n   Accept = {}\n   Preempt = {}",
        !router.lower_prio_no_advert,
        router.higher_prio_send_advert,
        router.key.vrid,
        router.priority,
        status.priority,
        dumped.engine.total_priority(ix).unwrap_or_default(),
        match router.version {
            Version::V2 => format!("{} sec", router.advert_interval.as_secs()),
            Version::V3 => format!("{} milli-sec", router.advert_interval.as_millis()),
        },
        enabled(!host.closed),
        enabled(router.preempt),
    );
    if !router.preempt_delay.is_zero() {
        let delay = seconds(router.preempt_delay);
        let _ = writeln!(text, "   Preempt delay = {delay} secs");
    }
    let promotes = enabled(host.promote_secondaries);
    let _ = writeln!(text, "   Promote_secondaries = {promotes}");
}

const fn enabled(on: bool) -> &'static str {
    if on { "enabled" } else { "disabled" }
}

pub(super) const fn yes(yes: bool) -> &'static str {
    if yes { "yes" } else { "no" }
}

/// Whom a unicast router talks to.
fn peers(text: &mut String, subject: Subject<'_>) {
    let Subject { router, status, .. } = subject;
    let Transport::Unicast { peers, ttl } = &router.transport else {
        return;
    };
    let _ = writeln!(
        text,
        "   Unicast TTL = {ttl}\n   Check unicast src : {}\n   Unicast Peer :",
        yes(router.check_unicast_src)
    );
    for peer in peers {
        let _ = writeln!(
            text,
            "     {} min_ttl {} max_ttl {}",
            peer.address, peer.min_ttl, peer.max_ttl
        );
    }
    let old = match router.checksum {
        Checksum::Group(_) => "config",
        Checksum::Either(_) if status.old_sums => "auto",
        Checksum::Addresses if router.version == Version::V3 => "never",
        Checksum::Either(_) | Checksum::Addresses | Checksum::Message => "no",
    };
    let _ = writeln!(text, "   Unicast checksum compatibility = {old}");
}

fn sockets(text: &mut String, dumped: &Dumped<'_>, router: &Router) {
    let [receiver, sender] = dumped.ports.numbers(&PortKey::of(router));
    let _ = writeln!(text, "   fd_in {receiver}, fd_out {sender}");
}

/// What the router depends on, as its own block lists it.
fn dependencies(text: &mut String, dumped: &Dumped<'_>, subject: Subject<'_>) {
    let (router, listed) = (subject.router, subject.host.listed);
    let objects = router.tracks.get(..listed.objects).unwrap_or(&[]);
    let scripts = router.track_scripts.get(..listed.scripts).unwrap_or(&[]);
    tracked::listed(text, dumped, scripts, objects, "Tracked processes");
}

/// Who is told.
fn notified(text: &mut String, host: &RouterHost) {
    let _ = writeln!(
        text,
        "   Using smtp notification = {}\n   Notify deleted = {}",
        yes(host.told.mails),
        if host.told.deletion {
            "Deleted"
        } else {
            "Fault"
        },
    );
    commands(text, &host.notify);
    let priorities = host.told.priorities;
    let _ = writeln!(text, "   Notify priority changes = {priorities}");
}

/// What is run at which change.
pub(super) fn commands(text: &mut String, notify: &[(String, Command)]) {
    for (on, word) in [
        ("BACKUP", "Backup"),
        ("MASTER", "Master"),
        ("FAULT", "Fault"),
        ("STOP", "Stop"),
        ("DELETED", "Deleted"),
        ("*", "Generic"),
        ("MASTER_RX_LOWER_PRI", "Master rx lower pri"),
    ] {
        for (_, command) in notify.iter().filter(|(event, _)| event == on) {
            let _ = writeln!(
                text,
                "   {word} state transition script = {}, uid:gid {}:{}",
                quoted(command),
                command.uid,
                command.gid
            );
        }
    }
}

/// Where the router is at home.
fn interface(router: &Router, host: &RouterHost, made: &[NewLink], links: &Links) -> String {
    let base = &router.key.interface;
    let Some(link) = &host.link else {
        let name = host.interface.as_deref().unwrap_or("not configured");
        let mut text = format!("Interface = {name}\n");
        if let Some(vrf) = &router.vrf {
            let _ = writeln!(text, "   VRF = {vrf}");
        }
        return text;
    };
    let is_up = links.by_name(link).is_some_and(|link| link.up);
    let by_base = router.link.is_none();
    let kind = made.iter().find(|made| *made.name == **link);
    if let Some(LinkKind::Ipvlan { mode, address, .. }) = kind.map(|made| &made.kind) {
        let mode = match mode {
            IpvlanMode::Bridge => "bridge",
            IpvlanMode::Private => "private",
            IpvlanMode::Vepa => "vepa",
        };
        let own = address.map_or_else(String::new, |own| format!(", i/f address = {own}"));
        return format!(
            "Use IPVLAN, i/f {link}, is_up = {is_up}{own}, type {mode}\n   \
             Interface = {link}, ipvlan on {base}\n"
        );
    }
    format!(
        "Use VMAC, i/f name {link}, is_up = {is_up}, xmit_base = {by_base}\n   \
         Interface = {link}, vmac on {base}{}\n",
        if by_base { ", xmit base i/f" } else { "" }
    )
}

/// What the router holds, in the order of the file.
fn addresses(
    text: &mut String,
    dumped: &Dumped<'_>,
    router: &Router,
    host: &RouterHost,
    set: bool,
) {
    let advertised = router.addresses.len().min(host.addresses.len());
    let (advertised, excluded) = host.addresses.split_at(advertised);
    if !advertised.is_empty() {
        let _ = writeln!(text, "   Virtual IP ({}):", advertised.len());
    }
    list(text, dumped, advertised, set);
    if !excluded.is_empty() {
        let _ = writeln!(text, "   Virtual IP Excluded :");
        list(text, dumped, excluded, set);
    }
}

fn list(text: &mut String, dumped: &Dumped<'_>, addresses: &[Arc<Address>], set: bool) {
    for held in addresses {
        let _ = writeln!(text, "     {}", address(held, &dumped.plan.links, set));
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
pub(super) fn seconds(time: Duration) -> String {
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
