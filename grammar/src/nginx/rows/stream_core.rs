//! Directives of nginx's stream core: servers, addresses, logs of sessions.

use crate::ast::stream::{Server, Settings, Stream};
use crate::keyword::{Args, Keyword, Problem, Repeat, Table};
use crate::nginx::lower;
use crate::nginx::value::Words as _;

use super::listen::listen;
use super::log;

const ONE: (usize, Option<usize>) = (1, Some(1));
const MORE: (usize, Option<usize>) = (1, None);

/// `stream {}`
pub(super) static STREAM: Table<Stream> = Table {
    block: "stream",
    rows: &[
        Keyword::block(
            "server",
            "{ }",
            (0, Some(0)),
            lower::server,
            "A virtual server.",
        ),
        Keyword::set(
            "server_names_hash_max_size",
            "NUMBER",
            ONE,
            number,
            "Limit of nginx's table of server names.",
        )
        .repeat(Repeat::Never)
        .accepted("tables grow as needed"),
        Keyword::set(
            "server_names_hash_bucket_size",
            "NUMBER",
            ONE,
            number,
            "Bucket of nginx's table of server names.",
        )
        .repeat(Repeat::Never)
        .accepted("tables grow as needed"),
        Keyword::set(
            "variables_hash_max_size",
            "NUMBER",
            ONE,
            number,
            "Limit of nginx's table of variables.",
        )
        .repeat(Repeat::Never)
        .accepted("tables grow as needed"),
        Keyword::set(
            "variables_hash_bucket_size",
            "NUMBER",
            ONE,
            number,
            "Bucket of nginx's table of variables.",
        )
        .repeat(Repeat::Never)
        .accepted("tables grow as needed"),
    ],
};

/// `server {}`
pub(super) static SERVER: Table<Server> = Table {
    block: "server",
    rows: &[
        Keyword::set(
            "listen",
            "ADDRESS[:PORT[-PORT]]|PORT|unix:PATH [PARAMETER...]",
            MORE,
            listen,
            "Where the server accepts; PARAMETER: udp, default_server, bind, backlog=, rcvbuf=, \
             sndbuf=, reuseport, ipv6only=, fastopen=, deferred, so_keepalive=.",
        )
        .repeat(Repeat::Many),
        Keyword::set(
            "server_name",
            "NAME...",
            MORE,
            server_name,
            "Names of the server.",
        )
        .repeat(Repeat::Many)
        .since("1.25.5")
        .accepted("names choose a server only with ssl or ssl_preread"),
    ],
};

/// `stream {}` and `server {}`
pub(super) static SETTINGS: Table<Settings> = Table {
    block: "stream, server",
    rows: &[
        Keyword::set(
            "tcp_nodelay",
            "on|off",
            ONE,
            tcp_nodelay,
            "TCP_NODELAY on both sides.",
        )
        .repeat(Repeat::Never)
        .default("on"),
        Keyword::set(
            "error_log",
            "FILE|stderr [LEVEL]",
            MORE,
            log::session_error_log,
            "Log of what goes wrong in sessions.",
        )
        .repeat(Repeat::Many),
        Keyword::set(
            "resolver",
            "ADDRESS... [valid=TIME]",
            MORE,
            nothing,
            "Name servers.",
        )
        .repeat(Repeat::Never)
        .accepted("names are resolved when the configuration is loaded"),
        Keyword::set(
            "resolver_timeout",
            "TIME",
            ONE,
            time,
            "Limit for one resolution.",
        )
        .repeat(Repeat::Never)
        .accepted("names are resolved when the configuration is loaded"),
        Keyword::set(
            "proxy_protocol_timeout",
            "TIME",
            ONE,
            time,
            "Limit for a PROXY header.",
        )
        .repeat(Repeat::Never)
        .accepted("no PROXY header is read"),
        Keyword::set(
            "preread_buffer_size",
            "SIZE",
            ONE,
            size,
            "Limit of preread data.",
        )
        .repeat(Repeat::Never)
        .accepted("nothing is read before a server is chosen"),
        Keyword::set(
            "preread_timeout",
            "TIME",
            ONE,
            time,
            "Limit for prereading.",
        )
        .repeat(Repeat::Never)
        .accepted("nothing is read before a server is chosen"),
    ],
};

fn tcp_nodelay(settings: &mut Settings, args: &Args<'_>) -> Result<(), Problem> {
    settings.tcp_nodelay = Some(args.here(args.flag()?));
    Ok(())
}

fn server_name(_: &mut Server, args: &Args<'_>) -> Result<(), Problem> {
    for (index, word) in args.words.iter().enumerate() {
        let text = word.text.as_str();
        let lone_star = text.starts_with('*') && (text.len() < 3 || !text.starts_with("*."));
        if lone_star || text == "." {
            let message = format!("server name \"{text}\" is invalid");
            return Err(Problem::error("invalid-value", message).word(index));
        }
        if text.contains('/') {
            let message = format!("server name \"{text}\" has suspicious symbols");
            args.report(Problem::warning("suspicious-name", message).word(index));
        }
        if text == "~" {
            let message = format!("empty regex in server name \"{text}\"");
            return Err(Problem::error("invalid-value", message).word(index));
        }
    }
    Ok(())
}

fn nothing(_: &mut Settings, _: &Args<'_>) -> Result<(), Problem> {
    Ok(())
}

fn time(_: &mut Settings, args: &Args<'_>) -> Result<(), Problem> {
    args.millis().map(drop)
}

fn size(_: &mut Settings, args: &Args<'_>) -> Result<(), Problem> {
    args.size().map(drop)
}

fn number(_: &mut Stream, args: &Args<'_>) -> Result<(), Problem> {
    args.number().map(drop)
}
