//! What is said to a mail relay, and what it has to answer (RFC 5321 §3.3).
//!
//! Invariants: pure; the next thing is said only after a whole reply; a relay that talks without
//! end is hung up on.

use std::collections::VecDeque;

use plan::keepalived::Mail;

/// More than a reply needs.
const MOST: usize = 16 * 1024;
/// The farewell.
const QUIT: &str = "QUIT\r\n";

/// One talk that hands over one letter.
#[derive(Debug)]
pub(crate) struct Dialogue {
    /// Reply codes that are awaited, what was said before each, and what is said after it.
    steps: VecDeque<Step>,
    heard: Vec<u8>,
    accepted: bool,
    /// Recipients that the relay takes the letter for.
    taken: usize,
    /// Why it is not delivered: only the farewell is left.
    failed: Option<String>,
}

#[derive(Debug)]
struct Step {
    code: u16,
    /// What the reply is to, for people.
    to: String,
    /// One of several recipients: the others may still be known.
    optional: bool,
    then: String,
    /// The relay answers for the letter from here on.
    delivers: bool,
}

/// What follows from a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Nothing yet.
    Listen,
    /// Send this.
    Say(String),
    /// Hang up; the letter is delivered.
    Done,
    /// Hang up; the letter is not, for this reason.
    Failed(String),
}

impl Dialogue {
    /// For a letter that is already in its final form (see `super::text`).
    pub(crate) fn new(mail: &Mail, text: &str) -> Self {
        let mut steps = VecDeque::new();
        let mut last = (220, "the connection".to_owned(), false, false);
        let mut say = |what: String, code, optional, delivers| {
            let name = what.lines().next().unwrap_or_default().to_owned();
            let next = (code, name, optional, delivers);
            let (code, to, optional, delivers) = std::mem::replace(&mut last, next);
            steps.push_back(Step {
                code,
                to,
                optional,
                then: what,
                delivers,
            });
        };
        say(format!("HELO {}\r\n", mail.helo), 250, false, false);
        let from = envelope(&mail.from);
        say(format!("MAIL FROM:<{from}>\r\n"), 250, false, false);
        for to in &mail.to {
            let to = envelope(to);
            say(format!("RCPT TO:<{to}>\r\n"), 250, true, false);
        }
        say("DATA\r\n".to_owned(), 354, false, false);
        say(format!("{text}.\r\n"), 250, false, true);
        say(QUIT.to_owned(), 221, false, false);
        Self {
            steps,
            heard: Vec::new(),
            accepted: false,
            taken: 0,
            failed: None,
        }
    }

    /// The relay has said something.
    pub(crate) fn hear(&mut self, bytes: &[u8]) -> Turn {
        self.heard.extend_from_slice(bytes);
        let Some((code, line)) = self.reply() else {
            return match self.heard.len() > MOST {
                true => Turn::Failed("it talks without end".to_owned()),
                false => Turn::Listen,
            };
        };
        if let Some(reason) = self.failed.take() {
            return Turn::Failed(reason);
        }
        let Some(step) = self.steps.pop_front() else {
            // The farewell; nothing hangs on it.
            return Turn::Done;
        };
        // 251 and 252: not here, but it will be passed on.
        let good = code == step.code || (step.optional && matches!(code, 251 | 252));
        let refused = step.optional && (400..600).contains(&code);
        if !(good || refused) {
            return self.fail(code, format!("to {} it answers: {line}", step.to));
        }
        if refused {
            tracing::warn!("SMTP relay refuses {}: {line}", step.to);
        }
        self.taken += usize::from(step.optional && good);
        let last = step.optional && self.steps.front().is_none_or(|next| !next.optional);
        if last && self.taken == 0 {
            return self.fail(code, "it takes the letter for no recipient".to_owned());
        }
        self.accepted |= step.delivers;
        Turn::Say(step.then)
    }

    /// Takes leave of a relay that speaks SMTP (RFC 5321 §4.1.1.10); of others nothing is known.
    fn fail(&mut self, code: u16, reason: String) -> Turn {
        if !(200..600).contains(&code) {
            return Turn::Failed(reason);
        }
        self.failed = Some(reason);
        Turn::Say(QUIT.to_owned())
    }

    /// The connection has ended.
    pub(crate) fn ended(&self) -> Turn {
        let step = self.steps.front().map_or("QUIT", |step| step.to.as_str());
        self.broken(format!("the relay hung up after {step}"))
    }

    /// The connection is of no use any more, for this reason.
    pub(crate) fn broken(&self, reason: String) -> Turn {
        match (self.accepted, &self.failed) {
            (true, _) => Turn::Done,
            (false, Some(earlier)) => Turn::Failed(earlier.clone()),
            (false, None) => Turn::Failed(reason),
        }
    }

    /// A whole reply, if there is one: its code and its last line.
    fn reply(&mut self) -> Option<(u16, String)> {
        let mut begin = 0;
        while let Some(len) = self.heard[begin..].iter().position(|byte| *byte == b'\n') {
            let line = String::from_utf8_lossy(&self.heard[begin..begin + len]);
            let line = line.trim_end().to_owned();
            begin += len + 1;
            // A dash after the code says that there is more.
            if line.as_bytes().get(3) != Some(&b'-') {
                self.heard.drain(..begin);
                let code = line.get(..3).and_then(|code| code.parse().ok());
                return Some((code.unwrap_or_default(), line));
            }
        }
        None
    }
}

/// What stands in angle brackets, else all of it.
fn envelope(address: &str) -> &str {
    let inner = address
        .split_once('<')
        .and_then(|(_, rest)| rest.split_once('>'));
    inner.map_or(address, |(inner, _)| inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::tests::mail;

    fn dialogue() -> Dialogue {
        Dialogue::new(&mail(), "Subject: x\r\n\r\nbody\r\n")
    }

    fn say(text: &str) -> Turn {
        Turn::Say(text.to_owned())
    }

    /// Replies and what they lead to.
    fn plays(replies: &[(&str, Turn)]) {
        let mut dialogue = dialogue();
        for (reply, expected) in replies {
            assert_eq!(dialogue.hear(reply.as_bytes()), *expected, "{reply}");
        }
    }

    #[test]
    fn a_letter_is_handed_over() {
        plays(&[
            ("220 relay ESMTP\r\n", say("HELO helo.example\r\n")),
            ("250 hello\r\n", say("MAIL FROM:<lb@example.com>\r\n")),
            ("250 ok\r\n", say("RCPT TO:<a@example.com>\r\n")),
            ("250 ok\r\n", say("RCPT TO:<b@example.com>\r\n")),
            ("251 forwarded\r\n", say("DATA\r\n")),
            ("354 go\r\n", say("Subject: x\r\n\r\nbody\r\n.\r\n")),
            ("250 queued\r\n", say("QUIT\r\n")),
            ("221 bye\r\n", Turn::Done),
        ]);
    }

    #[test]
    fn replies_come_in_several_lines_and_pieces() {
        plays(&[
            ("220-relay\r\n220-no", Turn::Listen),
            (" spam\r\n220", Turn::Listen),
            (" ready\n", say("HELO helo.example\r\n")),
        ]);
    }

    #[test]
    fn a_recipient_may_be_unknown_but_not_all() {
        let failed = Turn::Failed("it takes the letter for no recipient".to_owned());
        for (first, second, then) in [
            ("250 ok\r\n", "550 who\r\n", "DATA\r\n"),
            ("450 later\r\n", "250 ok\r\n", "DATA\r\n"),
            ("550 who\r\n", "450 later\r\n", "QUIT\r\n"),
        ] {
            let mut dialogue = dialogue();
            for reply in ["220 relay\r\n", "250 hello\r\n", "250 ok\r\n"] {
                dialogue.hear(reply.as_bytes());
            }
            let next = say("RCPT TO:<b@example.com>\r\n");
            assert_eq!(dialogue.hear(first.as_bytes()), next);
            assert_eq!(dialogue.hear(second.as_bytes()), say(then));
            if then == "QUIT\r\n" {
                assert_eq!(dialogue.hear(b"221 bye\r\n"), failed);
            }
        }
    }

    #[test]
    fn a_relay_that_refuses_is_taken_leave_of() {
        let refused = "to the connection it answers: 554 go away";
        for end in ["221 bye\r\n", ""] {
            let mut dialogue = dialogue();
            assert_eq!(dialogue.hear(b"554 go away\r\n"), say("QUIT\r\n"));
            let failed = match end {
                "" => dialogue.ended(),
                reply => dialogue.hear(reply.as_bytes()),
            };
            assert_eq!(failed, Turn::Failed(refused.to_owned()));
        }
    }

    #[test]
    fn another_code_or_no_code_ends_the_talk() {
        for reply in ["hello\r\n", "\r\n", "999 x\r\n"] {
            let failed = dialogue().hear(reply.as_bytes());
            assert!(matches!(failed, Turn::Failed(_)), "{reply}: {failed:?}");
        }
        let mut endless = dialogue();
        let turns = (0..200).map(|_| endless.hear(&[b'x'; 100])).last();
        assert_eq!(turns, Some(Turn::Failed("it talks without end".to_owned())));
    }

    #[test]
    fn an_end_after_delivery_is_none_to_complain_of() {
        let mut dialogue = dialogue();
        let early = Turn::Failed("the relay hung up after the connection".to_owned());
        assert_eq!(dialogue.ended(), early);
        for reply in [
            "220 a\n", "250 b\n", "250 c\n", "250 d\n", "250 e\n", "354 f\n",
        ] {
            dialogue.hear(reply.as_bytes());
        }
        assert!(matches!(dialogue.ended(), Turn::Failed(_)));
        dialogue.hear(b"250 queued\r\n");
        assert_eq!(dialogue.ended(), Turn::Done);
        assert_eq!(dialogue.broken("no answer".to_owned()), Turn::Done);
    }
}
