//! `upstream {}` and its directives.

use crate::ast::stream::{Balance, Stream, Upstream, UpstreamServer, Zone};
use crate::ast::{Endpoint, Size, Spanned};
use crate::keyword::{Args, Keyword, Problem, Repeat, Table};
use crate::nginx::lower;
use crate::nginx::template::{self, Wording};
use crate::nginx::url::{self, Host, Use};
use crate::nginx::value::{self, Resolution, Words as _};

/// Smallest zone: eight pages.
const MIN_ZONE: u64 = 8 * 4096;

/// `upstream`
pub(super) static STREAM: Table<Stream> = Table {
    block: "stream",
    rows: &[Keyword::block(
        "upstream",
        "NAME { }",
        (1, Some(1)),
        lower::upstream,
        "A group of servers to pass sessions to.",
    )],
};

/// `upstream {}`
pub(super) static UPSTREAM: Table<Upstream> = Table {
    block: "upstream",
    rows: &[
        Keyword::set(
            "server",
            "HOST:PORT|unix:PATH [weight=N] [max_conns=N] [max_fails=N] [fail_timeout=TIME] \
             [backup] [down]",
            (1, None),
            server,
            "A member of the group; a name with several addresses gives several members.",
        )
        .repeat(Repeat::Many),
        Keyword::set(
            "hash",
            "KEY [consistent]",
            (1, Some(2)),
            hash,
            "Sessions with the same key go to the same member.",
        )
        .repeat(Repeat::Many),
        Keyword::set(
            "least_conn",
            "",
            (0, Some(0)),
            least_conn,
            "Sessions go to the member with the fewest of them, measured by weight.",
        )
        .repeat(Repeat::Many),
        Keyword::set(
            "zone",
            "NAME [SIZE]",
            (1, Some(2)),
            zone,
            "The state of the group is shared by all relay threads.",
        )
        .repeat(Repeat::Many),
    ],
};

fn server(upstream: &mut Upstream, args: &Args<'_>) -> Result<(), Problem> {
    let Some(word) = args.get(0) else {
        return Ok(());
    };
    let text = word.text.as_str();
    let mut server = UpstreamServer {
        written: Spanned::new(text.to_owned(), word.span),
        endpoint: Endpoint::Host(String::new(), 0),
        weight: None,
        max_conns: None,
        max_fails: None,
        fail_timeout: None,
        backup: false,
        down: false,
    };
    let hashed = matches!(upstream.balance.as_deref(), Some(Balance::Hash { .. }));
    for (index, word) in args.words.iter().enumerate().skip(1) {
        let result = parameter(&mut server, &word.text, hashed);
        result.map_err(|problem| problem.word(index))?;
    }
    let parsed = url::parse(text, Use::Connect).map_err(|what| {
        let message = format!("{what} in upstream \"{text}\"");
        Problem::error("invalid-address", message).word(0)
    })?;
    let port = parsed.ports.map(|(port, _)| port);
    server.endpoint = match (parsed.host, port) {
        (Host::Unix(path), _) => Endpoint::Unix(path),
        (Host::Ip(ip), Some(port)) => Endpoint::Inet((ip, port).into()),
        (Host::Name(name), Some(port)) => Endpoint::Host(name, port),
        // nginx resolves first; a name that does not resolve is the graver mistake (see plan).
        (Host::Name(name), None) => Endpoint::Host(name, 0),
        (Host::Ip(_), None) => return Err(no_port(text).word(0)),
    };
    upstream.servers.push(args.here(server));
    Ok(())
}

fn no_port(text: &str) -> Problem {
    let message = format!("no port in upstream \"{text}\"");
    Problem::error("no-port", message)
}

fn parameter(server: &mut UpstreamServer, text: &str, hashed: bool) -> Result<(), Problem> {
    let invalid = || {
        let message = format!("invalid parameter \"{text}\"");
        Problem::error("invalid-parameter", message)
    };
    let number = |text: &str| {
        let value = value::number(text).and_then(|value| u32::try_from(value).ok());
        value.ok_or_else(invalid)
    };
    match text.split_once('=') {
        Some(("weight", value)) => {
            let value = number(value)?;
            server.weight = Some((value > 0).then_some(value).ok_or_else(invalid)?);
        }
        Some(("max_conns", value)) => server.max_conns = Some(number(value)?),
        Some(("max_fails", value)) => server.max_fails = Some(number(value)?),
        Some(("fail_timeout", value)) => {
            let value = value::time(value, Resolution::Seconds);
            server.fail_timeout = Some(value.ok_or_else(invalid)?);
        }
        None if text == "backup" && hashed => {
            let message = format!("balancing method does not support parameter \"{text}\"");
            return Err(Problem::error("invalid-parameter", message));
        }
        None if text == "backup" => server.backup = true,
        None if text == "down" => server.down = true,
        Some(("service", _)) => return Err(unsupported("\"service\" of an upstream server")),
        None if text == "resolve" => {
            return Err(unsupported("\"resolve\" of an upstream server"));
        }
        _ => return Err(invalid()),
    }
    Ok(())
}

fn unsupported(what: &str) -> Problem {
    let message = format!("not supported yet by nginx-stream-rs: {what}");
    Problem::error("refused", message)
}

fn hash(upstream: &mut Upstream, args: &Args<'_>) -> Result<(), Problem> {
    let key = template::parse([args.word(0)], Wording::Value).map_err(|problem| problem.word(0))?;
    warn_if_redefined(upstream, args);
    let consistent = match args.text(1) {
        None => false,
        Some("consistent") => true,
        Some(other) => {
            let message = format!("invalid parameter \"{other}\"");
            return Err(Problem::error("invalid-parameter", message).word(1));
        }
    };
    upstream.balance = Some(args.here(Balance::Hash { key, consistent }));
    Ok(())
}

fn least_conn(upstream: &mut Upstream, args: &Args<'_>) -> Result<(), Problem> {
    warn_if_redefined(upstream, args);
    upstream.balance = Some(args.here(Balance::LeastConn));
    Ok(())
}

fn warn_if_redefined(upstream: &Upstream, args: &Args<'_>) {
    if upstream.balance.is_some() {
        let message = "load balancing method redefined";
        args.report(Problem::warning("redefined", message));
    }
}

fn zone(upstream: &mut Upstream, args: &Args<'_>) -> Result<(), Problem> {
    let name = args.word(0);
    if name.is_empty() {
        let message = "invalid zone name \"\"";
        return Err(Problem::error("invalid-value", message).word(0));
    }
    let size = match args.text(1) {
        None => None,
        Some(text) => {
            let wrong = || Problem::error("invalid-value", format!("invalid zone size \"{text}\""));
            let size = value::size(text).ok_or_else(|| wrong().word(1))?;
            if size < MIN_ZONE {
                let message = format!("zone \"{name}\" is too small");
                return Err(Problem::error("invalid-value", message).word(1));
            }
            Some(Size(size))
        }
    };
    let name = name.to_owned();
    upstream.zone = Some(args.here(Zone { name, size }));
    Ok(())
}
