//! Alerts by mail: what a letter looks like, how it is handed to a relay, and when.
//!
//! Invariants: one letter is one connection, tried once; nothing here waits, and no name is looked
//! up: addresses come with the plan.

pub(crate) mod dialogue;
pub(crate) mod post;

use plan::keepalived::Mail;

/// What is to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Subject, without the node's name.
    pub subject: String,
    /// One line.
    pub body: String,
}

/// The letter as it is sent, headers and all; `date` as RFC 5322 has it. Lines end as SMTP wants
/// it, a dot that begins one is doubled.
fn text(mail: &Mail, letter: &Letter, date: &str) -> String {
    let to = mail.to.join(", ");
    let Mail { node, from, .. } = mail;
    let Letter { subject, body } = letter;
    let plain = format!(
        "Date: {date}\nFrom: {from}\nSubject: [{node}] {subject}\nX-Mailer: Keepalived\nTo: \
         {to}\n\n{body}\n\n"
    );
    let lines = plain.lines().map(|line| {
        let dot = if line.starts_with('.') { "." } else { "" };
        format!("{dot}{line}\r\n")
    });
    lines.collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn mail() -> Mail {
        Mail {
            servers: Vec::new(),
            helo: "helo.example".to_owned(),
            node: "NODE".to_owned(),
            from: "lb@example.com".to_owned(),
            to: vec!["a@example.com".to_owned(), "B <b@example.com>".to_owned()],
            timeout: base::Duration::from_secs(5),
            of_faults: true,
            of_all_checks: true,
        }
    }

    pub(crate) fn letter() -> Letter {
        Letter {
            subject: "VRRP Instance A - Entering MASTER state".to_owned(),
            body: "=> VRRP Instance is now owning VRRP VIPs <=".to_owned(),
        }
    }

    #[test]
    fn a_letter_looks_like_the_originals() {
        let date = "Sun, 22 Nov 2026 00:18:57 +0000";
        let expected = "Date: Sun, 22 Nov 2026 00:18:57 +0000\r\n\
                        From: lb@example.com\r\n\
                        Subject: [NODE] VRRP Instance A - Entering MASTER state\r\n\
                        X-Mailer: Keepalived\r\n\
                        To: a@example.com, B <b@example.com>\r\n\
                        \r\n\
                        => VRRP Instance is now owning VRRP VIPs <=\r\n\
                        \r\n";
        assert_eq!(text(&mail(), &letter(), date), expected);
    }

    #[test]
    fn a_dot_at_the_beginning_is_doubled() {
        let letter = Letter {
            body: ".\n.x".to_owned(),
            ..letter()
        };
        let text = text(&mail(), &letter, "now");
        assert!(text.ends_with("\r\n\r\n..\r\n..x\r\n\r\n"), "{text}");
    }
}
