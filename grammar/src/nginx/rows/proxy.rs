//! Directives of the proxy: `proxy_pass` and what may be set for it.

use core::net::SocketAddr;

use crate::ast::stream::{ProxyPass, ProxyTarget, Server, Settings};
use crate::ast::{Endpoint, Size, Spanned};
use crate::keyword::{Args, Keyword, Problem, Repeat, Table};
use crate::nginx::template::{self, Wording};
use crate::nginx::url::{self, Host, Use};
use crate::nginx::value::{self, Words as _};

const ONE: (usize, Option<usize>) = (1, Some(1));

/// Proxy directives of `server {}` alone.
pub(super) static SERVER: Table<Server> = Table {
    block: "server",
    rows: &[Keyword::set(
        "proxy_pass",
        "UPSTREAM|HOST:PORT|unix:PATH",
        ONE,
        proxy_pass,
        "Where sessions are passed to.",
    )
    .repeat(Repeat::Never)],
};

/// Proxy directives of `stream {}` and `server {}`.
pub(super) static SETTINGS: Table<Settings> = Table {
    block: "stream, server",
    rows: &[
        once(
            "proxy_connect_timeout",
            "TIME",
            connect_timeout,
            "Limit for connecting to a peer.",
        )
        .default("60s"),
        once(
            "proxy_timeout",
            "TIME",
            timeout,
            "Ends a session in which nothing moves.",
        )
        .default("10m"),
        once(
            "proxy_buffer_size",
            "SIZE",
            buffer_size,
            "Data held per direction while the other side is slow; also the largest datagram.",
        )
        .default("16k"),
        once(
            "proxy_next_upstream",
            "on|off",
            next_upstream,
            "Tries the next peer when connecting fails.",
        )
        .default("on"),
        once(
            "proxy_next_upstream_tries",
            "NUMBER",
            next_tries,
            "Most peers tried; 0: all.",
        )
        .default("0"),
        once(
            "proxy_next_upstream_timeout",
            "TIME",
            next_timeout,
            "No further peer is tried after this time; 0: no limit.",
        )
        .default("0"),
        once(
            "proxy_half_close",
            "on|off",
            half_close,
            "Passes the end of one direction on and lets the other go on.",
        )
        .default("off")
        .since("1.21.4"),
        once(
            "proxy_socket_keepalive",
            "on|off",
            socket_keepalive,
            "Sets SO_KEEPALIVE on connections to peers.",
        )
        .default("off")
        .since("1.15.6"),
        once(
            "proxy_upload_rate",
            "SIZE",
            upload_rate,
            "Bytes per second from a client; 0: all.",
        )
        .default("0"),
        once(
            "proxy_download_rate",
            "SIZE",
            download_rate,
            "Bytes per second from a peer; 0: all.",
        )
        .default("0"),
        once(
            "proxy_requests",
            "NUMBER",
            requests,
            "UDP: datagrams of a client that make a session.",
        )
        .default("0")
        .since("1.15.7"),
        once(
            "proxy_responses",
            "NUMBER",
            responses,
            "UDP: replies expected to each datagram.",
        )
        .since("1.9.13"),
        Keyword::set(
            "proxy_bind",
            "ADDRESS[:PORT]|off",
            (1, Some(2)),
            bind,
            "Local address of connections to peers.",
        )
        .repeat(Repeat::Never)
        .since("1.9.2"),
    ],
};

const fn once(
    name: &'static str,
    args: &'static str,
    set: fn(&mut Settings, &Args<'_>) -> Result<(), Problem>,
    doc: &'static str,
) -> Keyword<Settings> {
    Keyword::set(name, args, ONE, set, doc).repeat(Repeat::Never)
}

fn proxy_pass(server: &mut Server, args: &Args<'_>) -> Result<(), Problem> {
    let Some(word) = args.get(0) else {
        return Ok(());
    };
    let text = word.text.as_str();
    no_variables(text, "proxy_pass with variables").map_err(|problem| problem.word(0))?;
    let parsed = url::parse(text, Use::Connect).map_err(|what| {
        let message = format!("{what} in upstream \"{text}\"");
        Problem::error("invalid-address", message).word(0)
    })?;
    let port = parsed.ports.map(|(port, _)| port);
    let target = match (parsed.host, port) {
        (Host::Unix(path), _) => ProxyTarget::Endpoint(Endpoint::Unix(path)),
        (Host::Ip(ip), Some(port)) => ProxyTarget::Endpoint(Endpoint::Inet((ip, port).into())),
        (Host::Ip(ip), None) => ProxyTarget::Portless(ip),
        (Host::Name(name), Some(port)) => ProxyTarget::Endpoint(Endpoint::Host(name, port)),
        (Host::Name(name), None) => ProxyTarget::Name(name),
    };
    let written = Spanned::new(text.to_owned(), word.span);
    server.proxy_pass = Some(args.here(ProxyPass { written, target }));
    Ok(())
}

/// Variables parse as in the original, but this version has nothing to evaluate them here.
fn no_variables(text: &str, what: &str) -> Result<(), Problem> {
    let template = template::parse([text], Wording::Value)?;
    let variable =
        |part: &crate::ast::stream::Part| matches!(part, crate::ast::stream::Part::Variable(_));
    if template.0.iter().any(variable) {
        let message = format!("not supported yet by nginx-stream-rs: {what}");
        return Err(Problem::error("refused", message));
    }
    Ok(())
}

fn rate(args: &Args<'_>) -> Result<Spanned<Size>, Problem> {
    let what = format!("variables in \"{}\"", args.name.text);
    no_variables(args.word(0), &what).map_err(|problem| problem.word(0))?;
    Ok(args.here(Size(args.size()?)))
}

fn connect_timeout(settings: &mut Settings, args: &Args<'_>) -> Result<(), Problem> {
    settings.proxy_connect_timeout = Some(args.here(args.millis()?));
    Ok(())
}

fn timeout(settings: &mut Settings, args: &Args<'_>) -> Result<(), Problem> {
    settings.proxy_timeout = Some(args.here(args.millis()?));
    Ok(())
}

fn buffer_size(settings: &mut Settings, args: &Args<'_>) -> Result<(), Problem> {
    settings.proxy_buffer_size = Some(args.here(Size(args.size()?)));
    Ok(())
}

fn next_upstream(settings: &mut Settings, args: &Args<'_>) -> Result<(), Problem> {
    settings.proxy_next_upstream = Some(args.here(args.flag()?));
    Ok(())
}

fn next_tries(settings: &mut Settings, args: &Args<'_>) -> Result<(), Problem> {
    settings.proxy_next_upstream_tries = Some(args.here(args.number32()?));
    Ok(())
}

fn next_timeout(settings: &mut Settings, args: &Args<'_>) -> Result<(), Problem> {
    settings.proxy_next_upstream_timeout = Some(args.here(args.millis()?));
    Ok(())
}

fn half_close(settings: &mut Settings, args: &Args<'_>) -> Result<(), Problem> {
    settings.proxy_half_close = Some(args.here(args.flag()?));
    Ok(())
}

fn socket_keepalive(settings: &mut Settings, args: &Args<'_>) -> Result<(), Problem> {
    settings.proxy_socket_keepalive = Some(args.here(args.flag()?));
    Ok(())
}

fn upload_rate(settings: &mut Settings, args: &Args<'_>) -> Result<(), Problem> {
    settings.proxy_upload_rate = Some(rate(args)?);
    Ok(())
}

fn download_rate(settings: &mut Settings, args: &Args<'_>) -> Result<(), Problem> {
    settings.proxy_download_rate = Some(rate(args)?);
    Ok(())
}

fn requests(settings: &mut Settings, args: &Args<'_>) -> Result<(), Problem> {
    settings.proxy_requests = Some(args.here(args.number32()?));
    Ok(())
}

fn responses(settings: &mut Settings, args: &Args<'_>) -> Result<(), Problem> {
    settings.proxy_responses = Some(args.here(args.number32()?));
    Ok(())
}

fn bind(settings: &mut Settings, args: &Args<'_>) -> Result<(), Problem> {
    let text = args.word(0);
    if text == "off" && args.words.len() == 1 {
        settings.proxy_bind = Some(args.here(None));
        return Ok(());
    }
    no_variables(text, "\"proxy_bind\" with variables").map_err(|problem| problem.word(0))?;
    let Some(address) = bind_address(text) else {
        let message = format!("invalid address \"{text}\"");
        return Err(Problem::error("invalid-address", message).word(0));
    };
    match args.text(1) {
        None => settings.proxy_bind = Some(args.here(Some(address))),
        Some("transparent") => {
            let message = "not supported yet by nginx-stream-rs: \"proxy_bind ... transparent\"";
            return Err(Problem::error("refused", message).word(1));
        }
        Some(other) => {
            let message = format!("invalid parameter \"{other}\"");
            return Err(Problem::error("invalid-parameter", message).word(1));
        }
    }
    Ok(())
}

/// An address, or an address with a port; without one the kernel chooses.
fn bind_address(text: &str) -> Option<SocketAddr> {
    if let Some(address) = url::ipv4(text) {
        return Some((address, 0).into());
    }
    if let Ok(address) = text.parse::<core::net::Ipv6Addr>() {
        return Some((address, 0).into());
    }
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (host, port) = rest.split_once(']')?;
            let host: core::net::Ipv6Addr = host.parse().ok()?;
            if port.is_empty() {
                return Some((host, 0).into());
            }
            (host.into(), port.strip_prefix(':')?)
        }
        None => {
            let (host, port) = text.split_once(':')?;
            (core::net::IpAddr::from(url::ipv4(host)?), port)
        }
    };
    let port = value::number(port).and_then(|port| u16::try_from(port).ok());
    port.filter(|port| *port != 0)
        .map(|port| (host, port).into())
}
