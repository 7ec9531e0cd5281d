//! `virtual_server`.

use core::net::IpAddr;

use base::Family;

use crate::ast::leaf::Spanned;
use crate::ast::lvs::{Granularity, Method, Protocol, RealServer, Scheduler, Service};
use crate::keepalived::command::command;
use crate::keepalived::lower::lower;
use crate::keepalived::tables::lvs_method::{self, method, sampled};
use crate::keepalived::tables::named::{self, named};
use crate::keepalived::tables::{SWITCH, join, real_server, schedule, service_flag};
use crate::keepalived::value;
use crate::keyword::{Args, Keyword, Lowering, Problem, Repeat, Table};
use crate::tree::Block;

/// `virtual_server`
pub static VIRTUAL_SERVER: Table<Service> = Table {
    block: "virtual_server",
    rows: {
        const INHERITED: [Keyword<Service>; 5] = schedule::inherited();
        const SETTINGS: [Keyword<Service>; 27] = join(&INHERITED, &OWN);
        const ROWS: [Keyword<Service>; 37] = join(&SETTINGS, &service_flag::ROWS);
        &ROWS
    },
};

const NONE: (usize, Option<usize>) = (0, Some(0));
const ONE: (usize, Option<usize>) = (1, Some(1));

const OWN: [Keyword<Service>; 22] = [
    Keyword::block(
        "real_server",
        "<IPADDR> [<PORT>] { ... }",
        (1, Some(2)),
        real,
        "One of the servers that do the work.",
    )
    .default("port of the service")
    .samples(
        &["192.0.2.10 80", "192.0.2.10", "2001:db8::10 443"],
        &["web1 80", "192.0.2.10 http", "192.0.2.10 65536"],
    ),
    Keyword::set(
        "alpha",
        "",
        (0, Some(1)),
        alpha,
        "Servers count as down until their checks have succeeded once.",
    )
    .default("off")
    .samples(&["", "off"], &[]),
    Keyword::set(
        "ip_family",
        "inet|inet6",
        ONE,
        ip_family,
        "Address family of a service that is chosen by mark.",
    )
    .default("from servers")
    .since("1.2.23")
    .samples(&["inet", "inet6"], &["ipv4", "4"]),
    Keyword::set(
        "lb_algo",
        "rr|wrr|lc|wlc|lblc|sh|mh|dh|fo|ovf|lblcr|sed|nq|twos",
        ONE,
        lb_algo,
        "How the kernel chooses a server for a new connection.",
    )
    .aliases(&["lvs_sched"])
    .default("wlc")
    .samples(&["rr", "wlc", "mh"], &["RR", "random"]),
    sampled(
        Keyword::set(
            "lb_kind",
            lvs_method::ARGS,
            (1, None),
            lb_kind,
            "How packets get to the servers: rewritten (NAT), as they are (DR) or wrapped (TUN).",
        )
        .aliases(&["lvs_method"])
        .default("NAT"),
    ),
    Keyword::set(
        "persistence_timeout",
        "[<SECS>]",
        (0, Some(1)),
        persistence_timeout,
        "A client stays with its server until it has been quiet for so long.",
    )
    .default("off, bare word 360")
    .samples(&["300", "", "2678400"], &["0", "2678401", "x", "-1"]),
    Keyword::set(
        "persistence_granularity",
        "<MASK>|<PREFIXLEN>",
        ONE,
        granularity,
        "Clients of one network of this size stay with one server.",
    )
    .default("host")
    .samples(&["255.255.255.0", "64"], &["x", "255.255.255.256"]),
    Keyword::set(
        "persistence_engine",
        "<NAME>",
        ONE,
        persistence_engine,
        "What recognises a client: a module of the kernel, such as sip.",
    )
    .default("none")
    .since("1.2.20")
    .accepted("not acted on yet: clients are recognised by their address")
    .samples(&["sip"], &["a-name-too-long-for-ipvs"]),
    Keyword::set(
        "protocol",
        "TCP|UDP|SCTP",
        ONE,
        protocol,
        "Transport protocol of the service.",
    )
    .default("UDP")
    .samples(&["TCP", "udp", "SCTP"], &["ICMP", "6"]),
    Keyword::set(
        "omega",
        "",
        NONE,
        omega,
        "Run the notify_down and quorum_down commands when the daemon stops.",
    )
    .default("off"),
    Keyword::set(
        "quorum",
        "<N>",
        ONE,
        quorum,
        "Sum of living servers' weights that the service needs.",
    )
    .default("1")
    .samples(&["2", "1"], &["0", "-1", "x", "4294967296"]),
    Keyword::set(
        "hysteresis",
        "<N>",
        ONE,
        hysteresis,
        "How far the sum must pass the quorum before that counts.",
    )
    .default("0")
    .samples(&["1", "0"], &["-1", "x", "4294967296"]),
    Keyword::set(
        "quorum_up",
        "<CMD>",
        (1, None),
        quorum_up,
        "Run when the quorum is reached.",
    )
    .repeat(Repeat::First)
    .samples(SCRIPT, &["\"/usr/bin/true"]),
    Keyword::set(
        "quorum_down",
        "<CMD>",
        (1, None),
        quorum_down,
        "Run when the quorum is lost.",
    )
    .repeat(Repeat::First)
    .samples(SCRIPT, &["\"/usr/bin/true"]),
    Keyword::set(
        "weight",
        "<N>",
        ONE,
        weight,
        "Weight of the servers that have none of their own.",
    )
    .default("1")
    .since("2.1.0")
    .samples(
        &["5", "65535", "2147483647"],
        &["0", "-1", "x", "2147483648"],
    ),
    Keyword::set(
        "inhibit_on_failure",
        "",
        (0, Some(1)),
        inhibit,
        "A server that fails gets weight 0, so that its connections may end, and is not removed.",
    )
    .default("off")
    .since("2.0.11")
    .samples(&["", "off"], &[]),
    Keyword::set(
        "sorry_server",
        "<IPADDR> [<PORT>]",
        (1, Some(2)),
        sorry_server,
        "Server that takes over while the quorum is lost.",
    )
    .default("none")
    .samples(
        &["192.0.2.20 80", "192.0.2.20"],
        &["web1", "192.0.2.20 65536", "192.0.2.20 http"],
    ),
    Keyword::set(
        "sorry_server_inhibit",
        "",
        NONE,
        sorry_inhibit,
        "The sorry server stays in the table with weight 0 while it is not needed.",
    )
    .default("off")
    .since("1.2.14"),
    sampled(
        Keyword::set(
            "sorry_server_lvs_method",
            lvs_method::ARGS,
            (1, None),
            sorry_method,
            "How packets get to the sorry server.",
        )
        .default("of the service")
        .since("2.0.0"),
    ),
    Keyword::set(
        "smtp_alert",
        SWITCH,
        (0, Some(1)),
        smtp_alert,
        "Send mail when the quorum is lost or reached.",
    )
    .default("global")
    .samples(&["", "on", "off"], &["maybe"]),
    Keyword::set(
        "virtualhost",
        "<NAME>",
        (0, Some(1)),
        virtualhost,
        "Host header of HTTP checks that have none of their own.",
    )
    .default("none")
    .accepted("not acted on yet: servers are not checked over HTTP")
    .samples(&["www.example.com"], &[""]),
    Keyword::set(
        "snmp_name",
        "<NAME>",
        (0, None),
        snmp_name,
        "Name that the service has in SNMP tables instead of its address.",
    )
    .default("none")
    .since("2.2.3")
    .accepted("there is no SNMP agent here: `keepalived-rs status --json` tells as much")
    .samples(&["www"], &["", "two words"]),
];

/// What a command may look like.
const SCRIPT: &[&str] = &[
    "/usr/bin/true",
    "\"/usr/bin/true -a 'b c'\"",
    "/usr/bin/true root",
];

type Set = Result<(), Problem>;

/// Longest persistence in seconds: 31 days, the kernel's bound.
const MAX_PERSISTENCE: u32 = 2_678_400;

/// Largest weight: the kernel's is a signed number of 32 bits.
pub(super) const MAX_WEIGHT: u32 = 2_147_483_647;

fn real(service: &mut Service, args: &Args<'_>, block: &Block, lowering: &mut Lowering<'_>) -> Set {
    let address = server_address(args, "real server");
    let place = Spanned::new((IpAddr::from([0, 0, 0, 0]), None), args.name.span);
    let mut server = RealServer::new(*address.as_ref().unwrap_or(&place));
    lower(&real_server::REAL_SERVER, &mut server, block, lowering);
    address?;
    if service.servers.is_empty() {
        // Room for four, as a vector takes it, is much for the many services with one server.
        service.servers.reserve_exact(1);
    }
    service.servers.push(server);
    Ok(())
}

/// `<IPADDR> [<PORT>]`
fn server_address(args: &Args<'_>, what: &str) -> Result<Spanned<(IpAddr, Option<u16>)>, Problem> {
    let written = |_: &str| {
        let words: Vec<_> = args.words.iter().map(|word| word.text.as_str()).collect();
        match words[..] {
            [_, _, ..] => format!(
                "Invalid {what} ip address/port {} - skipping",
                words.join("/")
            ),
            _ => format!("Invalid {what} IP address {} - skipping", words.concat()),
        }
    };
    let address = value::address(args, 0, written)?;
    let port = match args.get(1) {
        Some(_) => Some(value::integer::<u16>(args, 1, 0..=u16::MAX, written)?.value),
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
    let word = value::word(args, 0)?;
    let Some(scheduler) = Scheduler::of(&word.text) else {
        // The default is meant to take its place: its absence is not a second mistake.
        let place = Spanned::new(Scheduler::Wlc, word.span);
        service.scheduler.get_or_insert(place);
        let message = format!("Invalid lvs_scheduler '{}' - ignoring", word.text);
        let known: Vec<_> = Scheduler::ALL.iter().map(|it| it.word()).collect();
        let problem = Problem::error("unknown-scheduler", message).word(0);
        return Err(problem.label(format!("known are {}", known.join(", "))));
    };
    service.scheduler = Some(Spanned::new(scheduler, word.span));
    Ok(())
}

fn lb_kind(service: &mut Service, args: &Args<'_>) -> Set {
    let read = method(args, "virtual");
    if read.is_err() {
        let place = Spanned::new(Method::Nat, args.name.span);
        service.method.get_or_insert(place);
    }
    service.method = Some(read?);
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

/// Longest name of a persistence engine (IP_VS_PENAME_MAXLEN without the final zero).
const MAX_ENGINE: usize = 15;

fn persistence_engine(service: &mut Service, args: &Args<'_>) -> Set {
    let name = value::text(args, 0)?;
    if name.len() > MAX_ENGINE {
        let message = format!("persistence_name too long, truncating - {}", name.value);
        let problem = Problem::error("invalid-name", message).word(0);
        return Err(problem.label("at most 15 bytes; the kernel knows no longer one"));
    }
    service.persistence_engine = Some(name.into());
    Ok(())
}

fn protocol(service: &mut Service, args: &Args<'_>) -> Set {
    let word = value::word(args, 0)?;
    let Some(protocol) = Protocol::of(&word.text.to_ascii_uppercase()) else {
        let place = Spanned::new(Protocol::Udp, word.span);
        service.protocol.get_or_insert(place);
        let message = format!("Unknown protocol {} - ignoring", word.text);
        let problem = Problem::error("unknown-protocol", message).word(0);
        return Err(problem.label("TCP, UDP or SCTP is accepted"));
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
    let invalid = |word: &str| format!("Hysteresis {word} must be in [0, 4294967295] - ignoring");
    service.hysteresis = Some(value::integer(args, 0, 0..=u32::MAX, invalid)?);
    Ok(())
}

fn quorum_up(service: &mut Service, args: &Args<'_>) -> Set {
    service.quorum_up = Some(Box::new(command(args)?));
    Ok(())
}

fn quorum_down(service: &mut Service, args: &Args<'_>) -> Set {
    service.quorum_down = Some(Box::new(command(args)?));
    Ok(())
}

fn weight(service: &mut Service, args: &Args<'_>) -> Set {
    let invalid =
        |word: &str| format!("Virtual server weight {word} is outside range 1-{MAX_WEIGHT}");
    service.weight = Some(value::integer(args, 0, 1..=MAX_WEIGHT, invalid)?);
    Ok(())
}

fn inhibit(service: &mut Service, args: &Args<'_>) -> Set {
    service.inhibit_on_failure = Some(flag(args));
    Ok(())
}

fn sorry_server(service: &mut Service, args: &Args<'_>) -> Set {
    service.sorry_server = Some(server_address(args, "sorry server")?.into());
    Ok(())
}

fn sorry_inhibit(service: &mut Service, args: &Args<'_>) -> Set {
    service.sorry_server_inhibit = Some(Spanned::new(true, args.name.span));
    Ok(())
}

fn sorry_method(service: &mut Service, args: &Args<'_>) -> Set {
    service.sorry_server_method = Some(method(args, "sorry")?);
    Ok(())
}

fn smtp_alert(service: &mut Service, args: &Args<'_>) -> Set {
    service.smtp_alert = Some(value::switch_worded(args, |word| {
        format!("Invalid virtual_server smtp_alert parameter {word}")
    })?);
    Ok(())
}

fn virtualhost(service: &mut Service, args: &Args<'_>) -> Set {
    let missing = "virtual server virtualhost missing";
    named(&mut service.virtualhost, args, "vs virtualhost", missing)
}

fn snmp_name(service: &mut Service, args: &Args<'_>) -> Set {
    named::alone(args, "virtual server snmp_name missing or extra parameters")?;
    named(&mut service.snmp_name, args, "vs snmp_name", "")
}
