//! `virtual_server`.

use core::net::IpAddr;

use base::Family;

use crate::ast::leaf::Spanned;
use crate::ast::lvs::{Granularity, Method, Protocol, RealServer, Service};
use crate::keepalived::command::command;
use crate::keepalived::lower::lower;
use crate::keepalived::tables::lvs_method::method;
use crate::keepalived::tables::{NOT_YET, join, kept, kept_switch, real_server, schedule};
use crate::keepalived::value;
use crate::keyword::{Args, Keyword, Lowering, Problem, Table};
use crate::tree::Block;

/// `virtual_server`
pub static VIRTUAL_SERVER: Table<Service> = Table {
    block: "virtual_server",
    rows: {
        const ROWS: [Keyword<Service>; 37] = join(&schedule::inherited(), &OWN);
        &ROWS
    },
};

const NONE: (usize, Option<usize>) = (0, Some(0));
const ONE: (usize, Option<usize>) = (1, Some(1));
const METHOD: &str = "NAT|DR|TUN [type ipip|gue port <N>|gre [nocsum|csum|remcsum]]";

const OWN: [Keyword<Service>; 32] = [
    Keyword::set(
        "alpha",
        "",
        (0, Some(1)),
        alpha,
        "Servers count as down until their checks have succeeded once.",
    )
    .default("off")
    .samples(&["", "off"], &[]),
    Keyword::block(
        "real_server",
        "<IPADDR> [<PORT>] { ... }",
        (1, Some(2)),
        real,
        "A real server.",
    )
    .default("port of the service"),
    Keyword::set("ip_family", "inet|inet6", ONE, ip_family, "Address family.")
        .default("from servers")
        .since("1.2.23"),
    Keyword::set(
        "lb_algo",
        "rr|wrr|lc|wlc|lblc|sh|mh|dh|fo|ovf|lblcr|sed|nq|twos",
        ONE,
        lb_algo,
        "Scheduler.",
    )
    .aliases(&["lvs_sched"])
    .default("wlc"),
    Keyword::set("lb_kind", METHOD, (1, None), lb_kind, "Forwarding method.")
        .aliases(&["lvs_method"])
        .default("NAT"),
    Keyword::set(
        "persistence_timeout",
        "[<SECS>]",
        (0, Some(1)),
        persistence_timeout,
        "Client stickiness.",
    )
    .default("off, bare word 360"),
    Keyword::set(
        "persistence_granularity",
        "<MASK>|<PREFIXLEN>",
        ONE,
        granularity,
        "Grouping of clients.",
    )
    .default("host"),
    Keyword::set(
        "protocol",
        "TCP|UDP|SCTP",
        ONE,
        protocol,
        "Transport protocol.",
    )
    .default("UDP"),
    Keyword::set("omega", "", NONE, omega, "Run down scripts at shutdown.")
        .default("off")
        .accepted("not acted on yet: the scripts it would run at shutdown are not run"),
    Keyword::set("quorum", "<N>", ONE, quorum, "Weight needed to be up.").default("1"),
    Keyword::set(
        "hysteresis",
        "<N>",
        ONE,
        hysteresis,
        "Margin around quorum.",
    )
    .default("0"),
    Keyword::set(
        "quorum_up",
        "<CMD>",
        (1, None),
        quorum_up,
        "Run when quorum is gained.",
    )
    .accepted(NOT_YET),
    Keyword::set(
        "quorum_down",
        "<CMD>",
        (1, None),
        quorum_down,
        "Run when quorum is lost.",
    )
    .accepted(NOT_YET),
    Keyword::set("weight", "<N>", ONE, weight, "Weight of its servers.")
        .default("1")
        .since("2.1.0"),
    Keyword::set(
        "inhibit_on_failure",
        "",
        (0, Some(1)),
        inhibit,
        "Set weight 0 instead of removing.",
    )
    .default("off")
    .since("2.0.11"),
    Keyword::set(
        "sorry_server",
        "<IPADDR> [<PORT>]",
        (1, Some(2)),
        sorry_server,
        "Used while quorum is lost.",
    )
    .default("none"),
    Keyword::set(
        "sorry_server_inhibit",
        "",
        NONE,
        sorry_inhibit,
        "inhibit_on_failure for the sorry server.",
    )
    .default("off")
    .since("1.2.14"),
    Keyword::set(
        "sorry_server_lvs_method",
        METHOD,
        (1, None),
        sorry_method,
        "Forwarding method of the sorry server.",
    )
    .default("of the service")
    .since("2.0.0"),
    kept_switch("smtp_alert", "Mail on change.").default("global"),
    kept("virtualhost", "<NAME>", ONE, "Default Host header.").default("none"),
    kept("snmp_name", "<NAME>", ONE, "Name shown in SNMP.")
        .default("none")
        .since("2.2.3"),
    kept("hashed", "", NONE, "IPVS hashed-entry flag.")
        .default("off")
        .since("1.3.0"),
    kept("ops", "", NONE, "One-packet scheduling.")
        .default("off")
        .since("1.2.8"),
    kept("flag-1", "", NONE, "Scheduler flag 1.")
        .default("off")
        .since("1.3.0"),
    kept("flag-2", "", NONE, "Scheduler flag 2.")
        .default("off")
        .since("1.3.0"),
    kept("flag-3", "", NONE, "Scheduler flag 3.")
        .default("off")
        .since("1.3.0"),
    kept("sh-port", "", NONE, "Include the source port in the hash.")
        .default("off")
        .since("1.3.0"),
    kept(
        "sh-fallback",
        "",
        NONE,
        "Try another server if unavailable.",
    )
    .default("off")
    .since("1.3.0"),
    kept("mh-port", "", NONE, "Include the source port in the hash.")
        .default("off")
        .since("2.0.20"),
    kept(
        "mh-fallback",
        "",
        NONE,
        "Try another server if unavailable.",
    )
    .default("off")
    .since("2.0.20"),
    kept(
        "persistence_engine",
        "<NAME>",
        ONE,
        "IPVS persistence engine (sip).",
    )
    .default("none")
    .since("1.2.20"),
    kept(
        "ha_suspend",
        "",
        NONE,
        "Checkers run only while the address is on this host.",
    )
    .default("off"),
];

type Set = Result<(), Problem>;

/// Longest persistence in seconds: 31 days, the kernel's bound.
const MAX_PERSISTENCE: u32 = 2_678_400;

fn real(service: &mut Service, args: &Args<'_>, block: &Block, lowering: &mut Lowering<'_>) -> Set {
    let address = server_address(args, "real server");
    let place = Spanned::new((IpAddr::from([0, 0, 0, 0]), None), args.name.span);
    let mut server = RealServer::new(*address.as_ref().unwrap_or(&place));
    lower(&real_server::REAL_SERVER, &mut server, block, lowering);
    address?;
    service.servers.push(server);
    Ok(())
}

/// `<IPADDR> [<PORT>]`
fn server_address(args: &Args<'_>, what: &str) -> Result<Spanned<(IpAddr, Option<u16>)>, Problem> {
    let invalid = |word: &str| format!("Invalid {what} ip address {word} - ignoring");
    let address = value::address(args, 0, invalid)?;
    let invalid = |word: &str| format!("Invalid {what} port '{word}' - ignoring");
    let port = match args.get(1) {
        Some(_) => Some(value::integer::<u16>(args, 1, 0..=u16::MAX, invalid)?.value),
        None => None,
    };
    Ok(address.map(|address| (address, port)))
}

fn ip_family(service: &mut Service, args: &Args<'_>) -> Set {
    let word = value::word(args, 0)?;
    let family = match word.text.as_str() {
        "inet" => Family::V4,
        "inet6" => Family::V6,
        other => {
            let message = format!("unknown address family {other}");
            let problem = Problem::error("unknown-family", message).word(0);
            return Err(problem.label("inet or inet6 is accepted"));
        }
    };
    service.family = Some(Spanned::new(family, word.span));
    Ok(())
}

fn lb_algo(service: &mut Service, args: &Args<'_>) -> Set {
    const KNOWN: [&str; 14] = [
        "rr", "wrr", "lc", "wlc", "lblc", "sh", "mh", "dh", "fo", "ovf", "lblcr", "sed", "nq",
        "twos",
    ];
    let algo = value::text(args, 0)?;
    if !KNOWN.contains(&algo.as_str()) {
        // The default is meant to take its place: its absence is not a second mistake.
        let place = Spanned::new("wlc".to_owned(), algo.span);
        service.scheduler.get_or_insert(place);
        let message = format!("Invalid lvs_scheduler '{}' - ignoring", algo.value);
        let mut problem = Problem::error("unknown-scheduler", message).word(0);
        problem.label = format!("known are {}", KNOWN.join(", "));
        return Err(problem);
    }
    service.scheduler = Some(algo);
    Ok(())
}

fn lb_kind(service: &mut Service, args: &Args<'_>) -> Set {
    let read = method(args);
    if read.is_err() {
        let place = Spanned::new(Method::Nat, args.name.span);
        service.method.get_or_insert(place);
    }
    service.method = read?;
    Ok(())
}

fn persistence_timeout(service: &mut Service, args: &Args<'_>) -> Set {
    let invalid = |word: &str| format!("persistence_timeout '{word}' is invalid - ignoring");
    service.persistence_timeout = Some(match args.get(0) {
        Some(_) => value::integer(args, 0, 1..=MAX_PERSISTENCE, invalid)?,
        None => Spanned::new(360, args.name.span),
    });
    Ok(())
}

fn granularity(service: &mut Service, args: &Args<'_>) -> Set {
    let word = value::word(args, 0)?;
    let prefix = word
        .text
        .parse::<u8>()
        .ok()
        .filter(|prefix| (1..=128).contains(prefix));
    let mask = word.text.parse().ok().map(Granularity::Mask);
    let invalid = || {
        let message = format!("Invalid persistence_granularity '{}' - ignoring", word.text);
        let problem = Problem::error("invalid-mask", message).word(0);
        problem.label("an IPv4 netmask or an IPv6 prefix length is accepted")
    };
    let granularity = mask
        .or(prefix.map(Granularity::Prefix))
        .ok_or_else(invalid)?;
    service.granularity = Some(Spanned::new(granularity, word.span));
    Ok(())
}

fn protocol(service: &mut Service, args: &Args<'_>) -> Set {
    let word = value::word(args, 0)?;
    let protocol = match word.text.to_ascii_uppercase().as_str() {
        "TCP" => Protocol::Tcp,
        "UDP" => Protocol::Udp,
        "SCTP" => Protocol::Sctp,
        _ => {
            let place = Spanned::new(Protocol::Udp, word.span);
            service.protocol.get_or_insert(place);
            let message = format!("Unknown protocol {} - ignoring", word.text);
            let problem = Problem::error("unknown-protocol", message).word(0);
            return Err(problem.label("TCP, UDP or SCTP is accepted"));
        }
    };
    service.protocol = Some(Spanned::new(protocol, word.span));
    Ok(())
}

fn alpha(service: &mut Service, args: &Args<'_>) -> Set {
    service.schedule.alpha = Some(flag(args));
    Ok(())
}

/// A flag without a value. Deviation: `off` after it means off, where the original ignores it.
fn flag(args: &Args<'_>) -> bool {
    if let Some(word) = args.get(0)
        && value::switch(args).is_err()
    {
        let message = format!(
            "{} takes no value: '{}' is ignored",
            args.name.text, word.text
        );
        args.report(Problem::warning("extra-words", message).word(0));
    }
    value::switch(args).unwrap_or(true)
}

fn omega(service: &mut Service, _: &Args<'_>) -> Set {
    service.omega = true;
    Ok(())
}

fn quorum(service: &mut Service, args: &Args<'_>) -> Set {
    let invalid = |word: &str| format!("Quorum {word} must be in [1, 4294967295]. Setting to 1.");
    service.quorum = Some(value::integer(args, 0, 1..=u32::MAX, invalid)?);
    Ok(())
}

fn hysteresis(service: &mut Service, args: &Args<'_>) -> Set {
    let invalid = |word: &str| format!("Invalid hysteresis value '{word}' - ignoring");
    service.hysteresis = Some(value::integer(args, 0, 0..=u32::MAX, invalid)?);
    Ok(())
}

fn quorum_up(service: &mut Service, args: &Args<'_>) -> Set {
    service.quorum_up = Some(command(args)?);
    Ok(())
}

fn quorum_down(service: &mut Service, args: &Args<'_>) -> Set {
    service.quorum_down = Some(command(args)?);
    Ok(())
}

fn weight(service: &mut Service, args: &Args<'_>) -> Set {
    let invalid = |word: &str| format!("Virtual server weight {word} is outside range 1-65535");
    service.weight = Some(value::integer(args, 0, 1..=65_535, invalid)?);
    Ok(())
}

fn inhibit(service: &mut Service, args: &Args<'_>) -> Set {
    service.inhibit_on_failure = Some(flag(args));
    Ok(())
}

fn sorry_server(service: &mut Service, args: &Args<'_>) -> Set {
    service.sorry_server = Some(server_address(args, "sorry server")?);
    Ok(())
}

fn sorry_inhibit(service: &mut Service, _: &Args<'_>) -> Set {
    if service.sorry_server.is_none() {
        let message = "Ignoring sorry_server inhibit used before or without sorry_server";
        return Err(Problem::error("no-sorry-server", message));
    }
    service.sorry_server_inhibit = true;
    Ok(())
}

fn sorry_method(service: &mut Service, args: &Args<'_>) -> Set {
    service.sorry_server_method = method(args)?;
    Ok(())
}
