//! `listen` and its parameters.

use core::time::Duration;

use crate::ast::stream::{Keepalive, Listen, ListenHost, ListenParameters, Server};
use crate::ast::{Size, Spanned};
use crate::keyword::{Args, Problem};
use crate::nginx::url::{self, Host, Use};
use crate::nginx::value::{self, Resolution, Words as _, complaint};

/// Stores one `listen`.
pub(super) fn listen(server: &mut Server, args: &Args<'_>) -> Result<(), Problem> {
    let Some(word) = args.get(0) else {
        return Ok(());
    };
    let text = word.text.as_str();
    let parsed = url::parse(text, Use::Listen).map_err(|what| {
        let message = format!("{what} in \"{text}\" of the \"listen\" directive");
        Problem::error("invalid-address", message).word(0)
    })?;
    let mut parameters = ListenParameters::default();
    let result = all_parameters(&mut parameters, args);
    // The original looks at the host first, so it is kept for that even if something behind it
    // is wrong.
    server.listens.push(args.here(Listen {
        written: Spanned::new(text.to_owned(), word.span),
        host: match parsed.host {
            Host::Ip(ip) => ListenHost::Ip(ip),
            Host::Name(name) => ListenHost::Name(name),
            Host::Unix(path) => ListenHost::Unix(path),
        },
        ports: parsed.ports.unwrap_or((0, 0)),
        parameters,
        understood: result.is_ok(),
    }));
    result
}

fn all_parameters(parameters: &mut ListenParameters, args: &Args<'_>) -> Result<(), Problem> {
    for (index, word) in args.words.iter().enumerate().skip(1) {
        parameter(parameters, &word.text).map_err(|problem| problem.word(index))?;
    }
    if parameters.udp {
        check_udp(parameters, args)?;
    }
    Ok(())
}

fn parameter(listen: &mut ListenParameters, text: &str) -> Result<(), Problem> {
    match text {
        "default_server" => listen.default_server = true,
        "udp" => listen.udp = true,
        "bind" => listen.bind = true,
        "deferred" => {
            listen.deferred = true;
            listen.bind = true;
        }
        "reuseport" => {
            listen.reuseport = true;
            listen.bind = true;
        }
        "ssl" | "proxy_protocol" | "multipath" => {
            let message = format!("not supported yet by nginx-stream-rs: \"{text}\" of \"listen\"");
            return Err(Problem::error("refused", message));
        }
        _ => match text.split_once('=') {
            Some((name, value)) => valued(listen, text, name, value)?,
            None => return Err(invalid(text)),
        },
    }
    Ok(())
}

fn valued(
    listen: &mut ListenParameters,
    text: &str,
    name: &str,
    value: &str,
) -> Result<(), Problem> {
    let wrong = || Problem::error("invalid-value", format!("invalid {name} \"{text}\""));
    let number = |text| value::number(text).and_then(|value| u32::try_from(value).ok());
    match name {
        "fastopen" => listen.fastopen = Some(number(value).ok_or_else(wrong)?),
        "backlog" => {
            let value = number(value).filter(|value| *value != 0);
            listen.backlog = Some(value.ok_or_else(wrong)?);
        }
        "rcvbuf" => listen.rcvbuf = Some(Size(value::size(value).ok_or_else(wrong)?)),
        "sndbuf" => listen.sndbuf = Some(Size(value::size(value).ok_or_else(wrong)?)),
        "ipv6only" if value.starts_with('o') => {
            listen.ipv6only = Some(match value {
                "on" => true,
                "off" => false,
                _ => {
                    let message = format!("invalid ipv6only flags \"{value}\"");
                    return Err(Problem::error("invalid-value", message));
                }
            });
        }
        "so_keepalive" => {
            let wrong = || {
                let message = format!("invalid so_keepalive value: \"{value}\"");
                Problem::error("invalid-value", message)
            };
            listen.keepalive = Some(keepalive(value).ok_or_else(wrong)?);
        }
        // The original says so at the same level and goes on.
        "accept_filter" => return Ok(()),
        _ => return Err(invalid(text)),
    }
    listen.bind = true;
    Ok(())
}

fn invalid(text: &str) -> Problem {
    let message = format!("invalid parameter \"{text}\"");
    Problem::error("invalid-parameter", message)
}

/// `on`, `off`, or `IDLE:INTERVAL:COUNT` with at least one value above zero.
fn keepalive(text: &str) -> Option<Keepalive> {
    match text {
        "on" => return Some(Keepalive::On),
        "off" => return Some(Keepalive::Off),
        _ => {}
    }
    let mut parts = text
        .splitn(3, ':')
        .map(|part| (!part.is_empty()).then_some(part));
    let time = |part: Option<&str>| match part {
        None => Some(None),
        Some(part) => value::time(part, Resolution::Seconds).map(Some),
    };
    let idle = time(parts.next().flatten())?;
    let interval = time(parts.next().flatten())?;
    let count = match parts.next().flatten() {
        None => None,
        Some(part) => Some(u32::try_from(value::number(part)?).ok()?),
    };
    let set = |time: Option<Duration>| time.filter(|time| !time.is_zero());
    let (idle, interval) = (set(idle), set(interval));
    let count = count.filter(|count| *count != 0);
    let any = idle.is_some() || interval.is_some() || count.is_some();
    any.then_some(Keepalive::Tuned {
        idle,
        interval,
        count,
    })
}

fn check_udp(listen: &ListenParameters, args: &Args<'_>) -> Result<(), Problem> {
    let conflicts = [
        ("fastopen", listen.fastopen.is_some()),
        ("backlog", listen.backlog.is_some()),
        ("deferred", listen.deferred),
        ("so_keepalive", listen.keepalive.is_some()),
    ];
    match conflicts.iter().find(|(_, given)| *given) {
        None => Ok(()),
        Some((name, _)) => {
            let what = format!("\"{name}\" parameter is incompatible with \"udp\"");
            let problem = complaint(args, &what);
            Err(match args.words.len().checked_sub(1) {
                Some(last) => problem.word(last),
                None => problem,
            })
        }
    }
}
