//! /dev/log: what the node's daemons and scripts say.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;

use crate::observed::Event;

/// Binds /dev/log for everyone in the node.
pub(super) fn listen() -> io::Result<UnixDatagram> {
    // The default of ten datagrams blocks a daemon that logs its start-up in one go.
    let _ = fs::write("/proc/sys/net/unix/max_dgram_qlen", "512");
    let socket = UnixDatagram::bind("/dev/log")?;
    fs::set_permissions("/dev/log", fs::Permissions::from_mode(0o666))?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

/// Reads everything that has arrived.
pub(super) fn drain(socket: &UnixDatagram, mut each: impl FnMut(Event)) {
    let mut datagram = [0u8; 8192];
    // Bounded, so that a chatty daemon cannot keep the init from its other work.
    for _ in 0..256 {
        let Ok(length) = socket.recv(&mut datagram) else {
            return;
        };
        let text = String::from_utf8_lossy(&datagram[..length]);
        each(parse(text.trim_end_matches(['\0', '\n'])));
    }
}

/// `<PRI>Mmm dd hh:mm:ss ident[pid]: message` as the C library writes it.
fn parse(line: &str) -> Event {
    let (priority, rest) = line
        .strip_prefix('<')
        .and_then(|rest| rest.split_once('>'))
        .and_then(|(number, rest)| Some((number.parse::<u32>().ok()?, rest)))
        .unwrap_or((6, line));
    let rest = without_time(rest);
    let (head, message) = rest.split_once(": ").unwrap_or(("", rest));
    let (ident, pid) = match head.split_once('[') {
        Some((ident, pid)) => (ident, pid.trim_end_matches(']').parse().ok()),
        None => (head, None),
    };
    Event::Log {
        ident: ident.to_owned(),
        pid,
        severity: u8::try_from(priority & 7).unwrap_or(6),
        message: message.to_owned(),
    }
}

/// Drops `Mmm dd hh:mm:ss ` when it is there.
fn without_time(text: &str) -> &str {
    let time = text.get(..16).is_some_and(|stamp| {
        let bytes = stamp.as_bytes();
        bytes[3] == b' '
            && bytes[6] == b' '
            && bytes[9] == b':'
            && bytes[12] == b':'
            && bytes[15] == b' '
    });
    if time { &text[16..] } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_c_library() {
        let seen =
            parse("<30>Nov 21 11:00:00 Keepalived_vrrp[10023]: (VI_1) Entering MASTER STATE");
        assert_eq!(
            seen,
            Event::Log {
                ident: "Keepalived_vrrp".to_owned(),
                pid: Some(10023),
                severity: 6,
                message: "(VI_1) Entering MASTER STATE".to_owned(),
            }
        );
    }

    #[test]
    fn anything_else_is_kept_whole() {
        let seen = parse("no header at all");
        assert_eq!(
            seen,
            Event::Log {
                ident: String::new(),
                pid: None,
                severity: 6,
                message: "no header at all".to_owned(),
            }
        );
    }
}
