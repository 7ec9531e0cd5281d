//! Addresses as nginx writes them: `PORT`, `*:PORT`, `HOST:PORT`, `[V6]:PORT`, `unix:PATH`, and
//! port ranges where they are allowed.
//!
//! Invariants: the original's order of checks and its words for what is wrong.
//! Deliberately unknown here: name resolution.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;

use super::value::number;

/// Longest path of a Unix socket (`sun_path` without its NUL).
const MAX_UNIX_PATH: usize = 107;

/// A parsed address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Url {
    /// The host part.
    pub(super) host: Host,
    /// First and last port, if one is written.
    pub(super) ports: Option<(u16, u16)>,
}

/// The host part of a [`Url`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Host {
    Ip(IpAddr),
    Name(String),
    Unix(PathBuf),
}

/// Whether the address is to be listened on or connected to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// `*`, a lone port and port ranges are allowed.
    Listen,
    /// They are not.
    Connect,
}

/// Parses an address.
///
/// # Errors
/// What is wrong, in the original's words.
pub(super) fn parse(text: &str, purpose: Use) -> Result<Url, &'static str> {
    if text
        .get(..5)
        .is_some_and(|scheme| scheme.eq_ignore_ascii_case("unix:"))
    {
        return unix(&text[5..]);
    }
    match text.strip_prefix('[') {
        Some(rest) => inet6(rest, purpose),
        None => inet(text, purpose),
    }
}

fn unix(path: &str) -> Result<Url, &'static str> {
    if path.is_empty() {
        return Err("no path in the unix domain socket");
    }
    if path.len() > MAX_UNIX_PATH {
        return Err("too long path in the unix domain socket");
    }
    Ok(Url {
        host: Host::Unix(PathBuf::from(path)),
        ports: None,
    })
}

fn inet(text: &str, purpose: Use) -> Result<Url, &'static str> {
    if text.contains(['/', '?']) {
        return Err("invalid host");
    }
    let (host, ports) = match text.split_once(':') {
        Some((host, port)) => (host, Some(port_range(port, purpose)?)),
        None => {
            if let Some(ports) = lone_port(text, purpose)? {
                let host = Host::Ip(Ipv4Addr::UNSPECIFIED.into());
                let ports = Some(ports);
                return Ok(Url { host, ports });
            }
            (text, None)
        }
    };
    let host = match host {
        "" => return Err("no host"),
        "*" if purpose == Use::Listen => Host::Ip(Ipv4Addr::UNSPECIFIED.into()),
        _ => match ipv4(host) {
            Some(address) => Host::Ip(address.into()),
            None => Host::Name(host.to_owned()),
        },
    };
    Ok(Url { host, ports })
}

fn inet6(rest: &str, purpose: Use) -> Result<Url, &'static str> {
    let (host, after) = rest.split_once(']').ok_or("invalid host")?;
    if after.contains('/') {
        return Err("invalid host");
    }
    let ports = match after.strip_prefix(':') {
        Some(port) => Some(port_range(port, purpose)?),
        None if after.is_empty() => None,
        None => return Err("invalid host"),
    };
    if host.is_empty() {
        return Err("no host");
    }
    let address: Ipv6Addr = host.parse().map_err(|_| "invalid IPv6 address")?;
    Ok(Url {
        host: Host::Ip(address.into()),
        ports,
    })
}

/// `PORT` or, for listening, `PORT-PORT`.
fn port_range(text: &str, purpose: Use) -> Result<(u16, u16), &'static str> {
    let (first, last) = match text.split_once('-') {
        Some((first, last)) if purpose == Use::Listen => {
            let last = port(last).ok_or("invalid port")?;
            (port(first).ok_or("invalid port")?, last)
        }
        _ => {
            let only = port(text).ok_or("invalid port")?;
            (only, only)
        }
    };
    if first > last {
        return Err("invalid port range");
    }
    Ok((first, last))
}

/// A listen address that is nothing but a port or a range; anything that does not look like one
/// is a host.
fn lone_port(text: &str, purpose: Use) -> Result<Option<(u16, u16)>, &'static str> {
    let first = text.split_once('-').map_or(text, |(first, _)| first);
    let last = text
        .split_once('-')
        .map_or(Some(0), |(_, last)| number(last));
    if purpose == Use::Connect || number(first).is_none() || last.is_none() {
        return Ok(None);
    }
    port_range(text, purpose).map(Some)
}

fn port(text: &str) -> Option<u16> {
    let port = number(text)?;
    u16::try_from(port).ok().filter(|port| *port != 0)
}

/// Four decimal numbers; unlike Rust's parser, leading zeros are fine. The broadcast address is
/// not taken for one, as in the original.
pub(super) fn ipv4(text: &str) -> Option<Ipv4Addr> {
    let mut octets = [0_u8; 4];
    let mut count = 0;
    for part in text.split('.') {
        let octet = u8::try_from(number(part)?).ok()?;
        *octets.get_mut(count)? = octet;
        count += 1;
    }
    let address = Ipv4Addr::from(octets);
    (count == 4 && !address.is_broadcast()).then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(text: &str, purpose: Use) -> String {
        match parse(text, purpose) {
            Err(what) => what.to_owned(),
            Ok(Url { host, ports }) => {
                let host = match host {
                    Host::Ip(address) => address.to_string(),
                    Host::Name(name) => format!("name {name}"),
                    Host::Unix(path) => format!("unix {}", path.display()),
                };
                match ports {
                    None => host,
                    Some((first, last)) => format!("{host} {first}-{last}"),
                }
            }
        }
    }

    #[test]
    fn listening() {
        let table = [
            ("80", "0.0.0.0 80-80"),
            ("8000-8010", "0.0.0.0 8000-8010"),
            ("8010-8000", "invalid port range"),
            ("0", "invalid port"),
            ("70000", "invalid port"),
            ("*:80", "0.0.0.0 80-80"),
            ("*:", "invalid port"),
            ("127.0.0.1", "127.0.0.1"),
            ("127.0.0.1:80-81", "127.0.0.1 80-81"),
            ("localhost:80", "name localhost 80-80"),
            ("eighty", "name eighty"),
            ("80-x", "name 80-x"),
            (":80", "no host"),
            ("[::1]:80", "::1 80-80"),
            ("[::1]80", "invalid host"),
            ("[::1", "invalid host"),
            ("[x]:80", "invalid IPv6 address"),
            ("[]:80", "no host"),
            ("::1:80", "invalid port"),
            ("a/b:80", "invalid host"),
            ("unix:", "no path in the unix domain socket"),
            ("UNIX:/run/x", "unix /run/x"),
        ];
        for (text, expected) in table {
            assert_eq!(show(text, Use::Listen), expected, "{text}");
        }
    }

    #[test]
    fn connecting() {
        let table = [
            ("10.0.0.1:6443", "10.0.0.1 6443-6443"),
            ("10.0.0.01:6443", "10.0.0.1 6443-6443"),
            ("backend", "name backend"),
            ("80", "name 80"),
            ("h:1-2", "invalid port"),
            ("h:0", "invalid port"),
            ("<master1-ip>:6443", "name <master1-ip> 6443-6443"),
        ];
        for (text, expected) in table {
            assert_eq!(show(text, Use::Connect), expected, "{text}");
        }
    }
}
