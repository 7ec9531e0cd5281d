//! What a configuration makes the engines do: text, plan, then a hundred seconds of virtual time
//! with peers that are heard, scripts that end and servers that answer or do not.
//!
//! Invariant: nothing of the AST is looked at, only what comes out of the engines and what the
//! processes perform it with.

use core::net::IpAddr;

use base::Instant;
use grammar::loader::FileKind;
use grammar::{MemoryLoader, keepalived};
use plan::keepalived::{Command, LinkKind, Plan, RouterHost, check};
use runtime::keepalived::dump::{Kind, place};
use runtime::keepalived::options::{Options, Paths};
use runtime::keepalived::{alert, fifo, notify};
use vrrp::config::{Transport, Version};
use wire::checksum::Rule;
use wire::vrrp::View;

use crate::host::Host;
use crate::{checks, peers, sessions};

/// When the node is stopped.
pub(crate) const END: Instant = Instant::from_micros(100_000_000);

/// One line per thing that was done, with its time.
pub(crate) type Seen = Vec<String>;

/// Runs `text`; rows in `ignored` (`block/keyword`) do nothing.
pub(crate) fn observe(text: &str, ignored: Option<&str>, heard: &[peers::Heard]) -> Seen {
    let files = [
        ("/etc/keepalived/keepalived.conf", text),
        ("/etc/keepalived/more.conf", "global_defs {\n}\n"),
        ("/etc/keepalived/id.part", "router_id included\n"),
    ];
    let mut loader = MemoryLoader::new(files);
    loader.insert("/etc/keepalived/directory", FileKind::Directory, b"");
    loader.env.insert("WHO".to_owned(), "somebody".to_owned());
    let options = keepalived::Options {
        ignored: ignored.map(str::to_owned),
        ..keepalived::Options::default()
    };
    let path = "/etc/keepalived/keepalived.conf".as_ref();
    let checked = check(&mut loader, path, &options, &Host);
    let plan = &checked.plan;
    let mut seen = vec![format!("a test ends with {}", checked.status())];
    process(plan, &mut seen);
    watches(plan, &mut seen);
    statics(plan, &mut seen);
    peers::run(plan, heard, &mut seen);
    checks::run(plan, &mut seen);
    sessions::run(plan, &mut seen);
    seen
}

/// What the parent and the reports use.
fn process(plan: &Plan, seen: &mut Seen) {
    let process = &plan.process;
    let options = Options::default();
    let paths = Paths::new(
        &options,
        process.use_pid_dir,
        process.instance.as_deref(),
        process.namespace.as_deref(),
    );
    seen.push(format!("pid files {paths:?}"));
    for kind in [Kind::Data, Kind::Stats, Kind::Json] {
        let place = place(kind, process, "/tmp".as_ref());
        seen.push(format!("{kind:?} is dumped to {}", place.display()));
    }
    let version = process.dumps.json_version;
    seen.push(format!("JSON is dumped in shape {version}"));
    let saved = &process.dumps.saved;
    seen.push(format!("configurations are kept in {saved:?}"));
    seen.push(format!("reports name {}", process.router_id));
    seen.push(format!("children get {:?} to end", process.child_wait_time));
    seen.push(format!("silent for {:?} at start", process.startup_delay));
    seen.push(format!(
        "silent for {:?} after boot",
        process.delay_after_boot
    ));
    let igmp = process.disable_local_igmp;
    seen.push(format!("the kernel is to be silent of groups: {igmp}"));
    let hooks = [
        ("first", &plan.hooks.startup),
        ("last", &plan.hooks.shutdown),
    ];
    for (when, hook) in hooks {
        let hook = hook.as_ref();
        seen.extend(hook.map(|hook| {
            let (runs, limit) = (command(&hook.command), hook.timeout);
            format!("{when} runs {runs} for at most {limit:?}")
        }));
    }
    seen.push(format!("processes are called {:?}", plan.titles));
    let each = &plan.schedulings;
    seen.push(format!("VRRP runs {:?}", each.vrrp));
    seen.push(format!("checks run {:?}", each.checkers));
    seen.push(format!("BFD runs {:?}", each.bfd));
    let mask = process.umask;
    seen.push(format!("files are made less {mask:?}"));
    seen.push(format!("reloads are followed by {:?}", plan.reloads));
    seen.push(format!("a sentinel watches: {}", plan.sentinel));
    seen.push(format!("sockets to the kernel have {:?}", plan.buffers));
    let ordered = plan.notify_ordered;
    seen.push(format!("notify commands wait for each other: {ordered}"));
    seen.push(format!(
        "a reload is checked first: {}",
        process.reload_check_config
    ));
}

/// What the VRRP child reads.
fn watches(plan: &Plan, seen: &mut Seen) {
    let objects = plan.vrrp.objects.iter().zip(&plan.watches);
    seen.extend(objects.map(|(object, watch)| format!("watches {}: {watch:?}", object.name)));
}

/// What the VRRP child keeps.
fn statics(plan: &Plan, seen: &mut Seen) {
    let statics = &plan.statics;
    seen.push(format!(
        "keeps {:?} {:?}",
        statics.addresses, statics.routing
    ));
    let firewall = &plan.firewall;
    seen.push(format!(
        "drops in {} at {}, by index {}, counted {}",
        firewall.table, firewall.priority, firewall.by_index, firewall.counters
    ));
    if let Some(marks) = &plan.marks {
        seen.push(format!("marks in {} at {}", marks.table, marks.priority));
        let each = marks.elements.iter();
        seen.extend(each.map(|it| format!("marks {it:?}")));
    }
    let pace = &plan.pace;
    for interface in ["eth0", "eth1"] {
        let lane = pace.lane(interface);
        let apart = lane.and_then(|at| pace.lanes.get(at));
        seen.push(format!("paces {interface} in lane {lane:?}: {apart:?}"));
    }
    for polled in &plan.polled {
        let (interface, method) = (&polled.interface, polled.method);
        seen.push(format!("asks the driver of {interface} by {method:?}"));
    }
    for link in &plan.links {
        let what = match &link.kind {
            LinkKind::Macvlan { mac } => mac.to_string(),
            LinkKind::Ipvlan { mode, address, v6 } => {
                let own = address.map(|own| own.to_string());
                format!("ipvlan {mode:?} with {own:?}, IPv6 {v6}")
            }
        };
        seen.push(format!(
            "makes {} on {} for {:?}, {what}, group {:?}",
            link.name, link.parent, link.family, link.group
        ));
    }
    for (router, host) in plan.vrrp.routers.iter().zip(&plan.routers) {
        let interface = host.interface.as_deref().unwrap_or("any");
        let (promotes, ignores) = (host.promote_secondaries, router.ignores_link);
        seen.push(format!(
            "secondaries of {interface} are promoted: {promotes}"
        ));
        seen.push(format!("a fault of {interface} is ignored: {ignores}"));
        let (source, tracked) = (router.source, host.tracks_source);
        seen.push(format!("it matters that {source} is there: {tracked}"));
        let (name, closed) = (&router.name, host.closed);
        let buffer = host.receive_buffer;
        seen.push(format!("{name} adds {buffer:?} to its receive buffer"));
        seen.push(format!("a dump says {} for {name}", host.debug));
        seen.push(format!(
            "packets to addresses of {name} are dropped: {closed}"
        ));
    }
}

/// A router's effect in words.
pub(crate) fn effect(plan: &Plan, effect: &vrrp::Effect) -> String {
    let host = effect
        .router()
        .and_then(|router| plan.routers.get(router.0 as usize));
    let router = effect
        .router()
        .and_then(|router| plan.vrrp.routers.get(router.0 as usize));
    match (effect, host, router) {
        (vrrp::Effect::SendAdvert { to, packet, .. }, Some(host), Some(router)) => {
            let ttl = match &router.transport {
                Transport::Multicast { .. } => 255,
                Transport::Unicast { ttl, .. } => *ttl,
            };
            let from = router.source;
            let by = router.link.as_deref().or(host.interface.as_deref());
            let by = by.or(router.vrf.as_deref()).unwrap_or("any");
            format!(
                "advert {from} to {to} by {by} ttl {ttl}: {}",
                advert(packet, router.version, router.key.family) + &sum(packet, from, *to)
            )
        }
        (vrrp::Effect::AddAddresses { .. }, Some(host), _) => {
            format!("adds {}", held(host))
        }
        (vrrp::Effect::RemoveAddresses { .. }, Some(host), _) => {
            format!("removes {}", held(host))
        }
        (vrrp::Effect::RunScript { script, timeout }, ..) => {
            let command = plan.scripts.get(script.0 as usize).map(command);
            let command = command.unwrap_or_default();
            format!("runs {command} for at most {timeout:?}")
        }
        (vrrp::Effect::AnnounceExtra { .. }, Some(host), _) => {
            format!("reminds of {:?}", host.extra)
        }
        (vrrp::Effect::Event(event), ..) => format!("{event:?}{}", notified(plan, event)),
        (effect, ..) => format!("{effect:?}"),
    }
}

fn advert(packet: &[u8], version: Version, family: base::Family) -> String {
    let Ok(view) = View::new(packet) else {
        return format!("{packet:?}");
    };
    let addresses: Vec<_> = view.addresses(family).collect();
    let (vrid, priority) = (view.vrid(), view.priority());
    let tail = match version {
        Version::V2 => format!(
            "v2 auth {} {:?} interval {} s",
            view.auth_type(),
            view.auth(family).unwrap_or_default(),
            view.interval_seconds()
        ),
        Version::V3 => format!("v3 interval {} cs", view.interval_centiseconds()),
    };
    let vrid = vrid.map_or(0, base::VrId::get);
    let behind = packet.get(view.stated_len(family)..).unwrap_or_default();
    let trailer = match wire::trailer::Trailer::parse(behind) {
        Ok(trailer) => format!(" trailer of key {}", trailer.key_id),
        Err(_) => String::new(),
    };
    format!("vrid {vrid} priority {priority} {tail} {addresses:?}{trailer}")
}

/// What the checksum covers.
fn sum(packet: &[u8], source: IpAddr, to: IpAddr) -> String {
    let group = IpAddr::from([224, 0, 0, 18]);
    let rules = [Some(to), Some(group), None].map(|destination| match destination {
        None => (Rule::Message, "no addresses".to_owned()),
        Some(destination) => {
            let rule = Rule::Pseudo {
                source,
                destination,
            };
            (rule, format!("{destination}"))
        }
    });
    let Ok(view) = View::new(packet) else {
        return String::new();
    };
    let right = |rule| view.computed_checksum(base::Family::of(to), rule) == Some(view.checksum());
    let found = rules.into_iter().find(|(rule, _)| right(*rule));
    found.map_or_else(String::new, |(_, what)| format!(" sum with {what}"))
}

fn held(host: &RouterHost) -> String {
    format!("{:?} {:?}", host.addresses, host.routing)
}

fn command(command: &Command) -> String {
    let argv = command.argv.join(" ");
    format!("[{argv}] as {}:{}", command.uid, command.gid)
}

/// The commands that go with an event, as the daemon picks them.
fn notified(plan: &Plan, event: &vrrp::Event) -> String {
    if let vrrp::Event::GroupTransition { group, to, .. } = event {
        let at = group.0 as usize;
        let (Some(host), Some(group)) = (plan.groups.get(at), plan.vrrp.groups.get(at)) else {
            return String::new();
        };
        return told(notify::group_commands(host, &group.name, *to));
    }
    let Some(occasion) = notify::occasion(event) else {
        return String::new();
    };
    let at = occasion.router.0 as usize;
    let (Some(host), Some(router)) = (plan.routers.get(at), plan.vrrp.routers.get(at)) else {
        return String::new();
    };
    let programs = notify::commands(host, &router.name, &occasion, router.priority);
    told(programs)
}

fn told(programs: Vec<sys::exec::Program>) -> String {
    let told = programs.into_iter();
    told.map(|program| {
        let (argv, path) = (program.argv.join(" "), program.path.display());
        let (user, groups) = (program.user, program.groups);
        format!(" notifies [{argv}] as {user:?} of {groups:?} from {path}")
    })
    .collect()
}

/// The line that pipes get, if they do.
pub(crate) fn written(plan: &Plan, engine: &vrrp::Engine, event: &vrrp::Event) -> Option<String> {
    let status = event.router().and_then(|router| engine.status(router));
    let line = fifo::line(plan, event, status.map(|it| (it.state, it.priority)))?;
    let pipes: Vec<_> = plan.pipes.of_vrrp().collect();
    (!pipes.is_empty()).then(|| format!("writes {} to {pipes:?}", line.trim_end()))
}

/// The letter that is sent, if one is.
pub(crate) fn mailed(plan: &Plan, event: &vrrp::Event) -> Option<String> {
    let letter = alert::letter(plan, event)?;
    Some(format!("mails {letter:?} by {:?}", plan.mail))
}

/// What pipes would get if there were a reload now.
pub(crate) fn repeated(plan: &Plan, engine: &vrrp::Engine) -> Seen {
    let status = |router| {
        let status = engine.status(router)?;
        Some((status.state, status.priority))
    };
    let lines = fifo::states(plan, status).into_iter();
    lines
        .map(|line| format!("repeats {}", line.trim_end()))
        .collect()
}

/// A line with its time.
pub(crate) fn stamped(now: Instant, what: &str) -> String {
    let micros = now.as_micros();
    format!(
        "{}.{:03} {what}",
        micros / 1_000_000,
        micros / 1_000 % 1_000
    )
}

/// The lines that only one of the two has: `+` in `with`, `-` in `without`.
pub(crate) fn difference(without: &Seen, with: &Seen) -> Vec<String> {
    let only = |mark: &str, these: &Seen, others: &Seen| -> Vec<String> {
        let mut others: Vec<&String> = others.iter().collect();
        let mut left = Vec::new();
        for line in these {
            match others.iter().position(|other| *other == line) {
                Some(at) => drop(others.swap_remove(at)),
                None => left.push(format!("{mark} {line}")),
            }
        }
        left
    };
    let mut lines = only("-", without, with);
    lines.extend(only("+", with, without));
    lines
}
