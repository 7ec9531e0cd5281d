//! Access-log lines: a format's text, with values escaped so that a line stays one line.
//!
//! Deliberately unknown here: files and buffers.

use crate::config::{Escape, Part, Template};
use crate::template::{Facts, value};

/// Appends one line, with its newline, to `out`.
pub fn write_line(format: &Template, escape: Escape, facts: &Facts<'_>, out: &mut Vec<u8>) {
    for part in &format.0 {
        match part {
            Part::Text(text) => out.extend_from_slice(text.as_bytes()),
            Part::Variable(variable) => match (value(*variable, facts), escape) {
                (None, Escape::Default) => out.push(b'-'),
                (None, Escape::Json | Escape::None) => {}
                (Some(value), Escape::Default) => escape_default(&value, out),
                (Some(value), Escape::Json) => escape_json(&value, out),
                (Some(value), Escape::None) => out.extend_from_slice(&value),
            },
        }
    }
    out.push(b'\n');
}

const HEX: &[u8; 16] = b"0123456789ABCDEF";

fn escape_default(value: &[u8], out: &mut Vec<u8>) {
    for &byte in value {
        match byte {
            b'"' | b'\\' | 0..=0x1f | 0x7f..=0xff => {
                out.extend_from_slice(b"\\x");
                push_hex(byte, out);
            }
            _ => out.push(byte),
        }
    }
}

fn escape_json(value: &[u8], out: &mut Vec<u8>) {
    for &byte in value {
        let short = match byte {
            b'"' | b'\\' => byte,
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            0x08 => b'b',
            0x0c => b'f',
            0..=0x1f => {
                out.extend_from_slice(b"\\u00");
                push_hex(byte, out);
                continue;
            }
            _ => {
                out.push(byte);
                continue;
            }
        };
        out.extend_from_slice(&[b'\\', short]);
    }
}

fn push_hex(byte: u8, out: &mut Vec<u8>) {
    out.push(HEX[usize::from(byte >> 4)]);
    out.push(HEX[usize::from(byte & 15)]);
}

#[cfg(test)]
mod tests {
    use core::net::SocketAddr;

    use base::Instant;

    use super::*;
    use crate::config::{Address, Balance, Peer, PeerIx, Pool, Transport, Variable};
    use crate::session::{Attempt, Session, Status};
    use crate::template::{ClockText, ProcessFacts};

    fn pool() -> Pool {
        let peer = |written: &str| Peer {
            written: written.to_owned(),
            address: Address::Inet(written.parse().expect("an address")),
            weight: 1,
            max_fails: 1,
            fail_timeout: core::time::Duration::from_secs(10),
            max_conns: 0,
            backup: false,
            down: false,
        };
        Pool {
            name: "backend".to_owned(),
            balance: Balance::RoundRobin,
            shared: false,
            peers: vec![peer("192.168.1.25:6443"), peer("[2001:db8::1]:6443")],
        }
    }

    fn session() -> Session {
        let client: SocketAddr = "10.0.0.7:40000".parse().expect("an address");
        let start = Instant::from_millis(1_000);
        let mut refused = Attempt::new(Some(PeerIx(0)), start);
        refused.end(start);
        let mut fine = Attempt::new(Some(PeerIx(1)), Instant::from_millis(1_002));
        fine.connect_ms = Some(1);
        (fine.sent, fine.received) = (5, 77);
        Session {
            connection: 3,
            transport: Transport::Tcp,
            client: Address::Inet(client),
            local: Address::Inet("10.0.0.1:10443".parse().expect("an address")),
            started: start,
            received: 5,
            sent: 77,
            status: Status::OK,
            attempts: vec![refused, fine],
        }
    }

    fn line(parts: Vec<Part>, escape: Escape, session: &Session) -> String {
        let clock = ClockText {
            epoch_ms: 1_795_258_000_042,
            iso8601: "2026-11-21T11:04:40+00:00".to_owned(),
            local: "21/Nov/2026:11:04:40 +0000".to_owned(),
            error: String::new(),
        };
        let process = ProcessFacts {
            hostname: "lb".into(),
            nginx_version: "1.31.5".into(),
            pid: 77,
        };
        let facts = Facts {
            session,
            pool: &pool(),
            now: Instant::from_millis(2_504),
            clock: &clock,
            process: &process,
        };
        let mut out = Vec::new();
        write_line(&Template(parts), escape, &facts, &mut out);
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn several_servers_are_listed() {
        use Variable as V;
        let parts = [
            V::RemoteAddr,
            V::UpstreamAddr,
            V::TimeLocal,
            V::Status,
            V::UpstreamBytesSent,
            V::UpstreamConnectTime,
            V::UpstreamFirstByteTime,
            V::UpstreamSessionTime,
            V::SessionTime,
            V::Msec,
        ];
        let parts = parts
            .into_iter()
            .flat_map(|v| [Part::Variable(v), Part::Text("|".to_owned())])
            .collect();
        insta::assert_snapshot!(
            line(parts, Escape::Default, &session()),
            @"10.0.0.7|192.168.1.25:6443, [2001:db8::1]:6443|21/Nov/2026:11:04:40 +0000|200|0, 5|-, 0.001|-, -|0.000, 1.502|1.504|1795258000.042|
        "
        );
    }

    #[test]
    fn no_peer_is_not_an_empty_peer() {
        let mut session = session();
        session.attempts.clear();
        let addr = || vec![Part::Variable(Variable::UpstreamAddr)];
        assert_eq!(line(addr(), Escape::Default, &session), "-\n");
        assert_eq!(line(addr(), Escape::Json, &session), "\n");
        session.attempts.push(Attempt::new(None, session.started));
        assert_eq!(line(addr(), Escape::Default, &session), "backend\n");
    }

    #[test]
    fn escapes() {
        let mut out = Vec::new();
        escape_default(b"a\"b\\c\n\x7f\xe9", &mut out);
        assert_eq!(out, b"a\\x22b\\x5Cc\\x0A\\x7F\\xE9");
        out.clear();
        escape_json(b"a\"b\\c\n\x01\xe9", &mut out);
        assert_eq!(out, b"a\\\"b\\\\c\\n\\u0001\xe9");
    }
}
