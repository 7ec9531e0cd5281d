//! Error-log lines in nginx's wording, because people and tools search for it.
//!
//! Invariant: a line ends with one newline and is at most [`MAX_LINE`] bytes.
//! Deliberately unknown here: files, strerror (the text comes in).

use core::fmt::Write as _;

use crate::config::{Level, Transport};
use crate::template::ClockText;

/// Longest line that is written, newline included.
pub const MAX_LINE: usize = 2048;

impl Level {
    /// The word between brackets.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Emerg => "emerg",
            Self::Alert => "alert",
            Self::Crit => "crit",
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Notice => "notice",
            Self::Info => "info",
            Self::Debug => "debug",
        }
    }
}

/// What a session was doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Before anything else.
    Initializing,
    /// Waiting for a peer to accept.
    Connecting,
    /// Between reads and writes.
    Proxying,
    /// Receiving from the client.
    ReadingClient,
    /// Receiving from the peer.
    ReadingUpstream,
    /// Sending to the client.
    SendingClient,
    /// Sending to the peer.
    SendingUpstream,
}

impl Action {
    const fn text(self) -> &'static str {
        match self {
            Self::Initializing => "initializing session",
            Self::Connecting => "connecting to upstream",
            Self::Proxying => "proxying connection",
            Self::ReadingClient => "proxying and reading from client",
            Self::ReadingUpstream => "proxying and reading from upstream",
            Self::SendingClient => "proxying and sending to client",
            Self::SendingUpstream => "proxying and sending to upstream",
        }
    }
}

/// Bytes of a session, as the end of a line and the `disconnected` lines show them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// From the client.
    pub from_client: u64,
    /// To the client.
    pub to_client: u64,
    /// From the running try's peer.
    pub from_upstream: u64,
    /// To the running try's peer.
    pub to_upstream: u64,
}

impl Traffic {
    /// `bytes from/to client:…, bytes from/to upstream:…`
    #[must_use]
    pub fn text(self) -> String {
        format!(
            "bytes from/to client:{}/{}, bytes from/to upstream:{}/{}",
            self.from_client, self.to_client, self.from_upstream, self.to_upstream
        )
    }
}

/// Whose session a line is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About<'a> {
    /// What it was doing.
    pub action: Action,
    /// TCP or UDP.
    pub transport: Transport,
    /// The client's address.
    pub client: &'a str,
    /// The listener's address.
    pub server: &'a str,
    /// The peer of the running try, or the group when none could be picked.
    pub upstream: Option<&'a str>,
    /// Once the proxy has begun.
    pub traffic: Option<Traffic>,
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// Severity.
    pub level: Level,
    /// Serial number of the session.
    pub connection: Option<u64>,
    /// The message.
    pub text: &'a str,
    /// Number and strerror of a failed call.
    pub errno: Option<(i32, &'a str)>,
    /// Whose; none for the lines that say it themselves.
    pub about: Option<About<'a>>,
}

impl Line<'_> {
    /// The line as a log file shows it.
    #[must_use]
    pub fn format(&self, clock: &ClockText, pid: u32, tid: u32) -> String {
        let mut out = format!("{} [{}] {pid}#{tid}: ", clock.error, self.level.word());
        if let Some(connection) = self.connection {
            let _ = write!(out, "*{connection} ");
        }
        out.push_str(self.text);
        if let Some((number, text)) = self.errno {
            let _ = write!(out, " ({number}: {text})");
        }
        if let Some(about) = &self.about {
            about.append(&mut out);
        }
        truncate(&mut out);
        out.push('\n');
        out
    }
}

impl About<'_> {
    fn append(&self, out: &mut String) {
        let client = match self.transport {
            Transport::Tcp => "client",
            Transport::Udp => "udp client",
        };
        let _ = write!(
            out,
            " while {}, {client}: {}, server: {}",
            self.action.text(),
            self.client,
            self.server
        );
        if let Some(upstream) = self.upstream {
            let _ = write!(out, ", upstream: \"{upstream}\"");
        }
        if let Some(traffic) = self.traffic {
            let _ = write!(out, ", {}", traffic.text());
        }
    }
}

fn truncate(line: &mut String) {
    if line.len() >= MAX_LINE {
        let mut end = MAX_LINE - 1;
        while !line.is_char_boundary(end) {
            end -= 1;
        }
        line.truncate(end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock() -> ClockText {
        ClockText {
            error: "2026/11/21 11:04:40".to_owned(),
            ..ClockText::default()
        }
    }

    #[test]
    fn refused_peer() {
        let line = Line {
            level: Level::Error,
            connection: Some(1),
            text: "connect() failed",
            errno: Some((111, "Connection refused")),
            about: Some(About {
                action: Action::Connecting,
                transport: Transport::Tcp,
                client: "127.0.0.1",
                server: "0.0.0.0:10443",
                upstream: Some("127.0.0.1:6443"),
                traffic: Some(Traffic::default()),
            }),
        };
        insta::assert_snapshot!(line.format(&clock(), 70, 71), @r#"2026/11/21 11:04:40 [error] 70#71: *1 connect() failed (111: Connection refused) while connecting to upstream, client: 127.0.0.1, server: 0.0.0.0:10443, upstream: "127.0.0.1:6443", bytes from/to client:0/0, bytes from/to upstream:0/0
"#);
    }

    #[test]
    fn long_lines_are_cut_between_characters() {
        let text = "é".repeat(2000);
        let line = Line {
            level: Level::Warn,
            connection: None,
            text: &text,
            errno: None,
            about: None,
        };
        let line = line.format(&clock(), 1, 1);
        assert!(
            line.len() <= MAX_LINE && line.ends_with("é\n"),
            "{}",
            line.len()
        );
    }
}
