//! The connections to the mail relay: a few at a time, without waiting for any of them.
//!
//! Invariants: no call here blocks; the queue is bounded, what does not fit is lost and said once;
//! each step of a talk has the configured time; a letter goes by the configuration that it was
//! written under, whatever a reload changes.

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};
use std::rc::Rc;

use base::{Duration, Instant};
use nix::libc;
use plan::keepalived::Mail;
use socket2::{Domain, Socket, Type};
use sys::epoll::Poller;
use tracing::{info, warn};

use super::dialogue::{Dialogue, Turn};
use super::{Letter, text};

/// Talks at once.
const AT_ONCE: usize = 8;
/// Letters that wait for one to end.
const WAITING: usize = 256;
/// When to try again where the network took only a part of what was said.
const AGAIN: Duration = Duration::from_millis(20);

/// Hands letters to the relay. Its descriptor is readable when [`Post::act`] has something to do.
#[derive(Debug)]
pub(crate) struct Post {
    mail: Option<Rc<Mail>>,
    poller: Poller,
    waiting: VecDeque<Waiting>,
    talks: BTreeMap<u64, Talk>,
    next: u64,
    losing: bool,
}

/// A letter, and how it is to be sent.
#[derive(Debug)]
struct Waiting {
    letter: Letter,
    mail: Rc<Mail>,
    /// Addresses of the relay that are still to be tried.
    servers: VecDeque<SocketAddr>,
}

#[derive(Debug)]
struct Talk {
    job: Waiting,
    peer: SocketAddr,
    stream: TcpStream,
    dialogue: Dialogue,
    /// Said, but not yet taken.
    out: Vec<u8>,
    deadline: Instant,
    heard: bool,
}

impl Post {
    /// Nobody is written to without `mail`.
    ///
    /// # Errors
    /// When there are no descriptors.
    pub(crate) fn new(mail: Option<Mail>) -> io::Result<Self> {
        Ok(Self {
            mail: mail.map(Rc::new),
            poller: Poller::new()?,
            waiting: VecDeque::new(),
            talks: BTreeMap::new(),
            next: 0,
            losing: false,
        })
    }

    /// What is sent from now on goes by another configuration.
    pub(crate) fn reconfigure(&mut self, mail: Option<Mail>) {
        self.mail = mail.map(Rc::new);
    }

    /// Sends a letter, now or when there is a connection to spare.
    pub(crate) fn send(&mut self, letter: Letter) {
        let Some(mail) = &self.mail else { return };
        if self.waiting.len() >= WAITING {
            if !self.losing {
                warn!("SMTP alerts are lost: {WAITING} wait for the relay already");
            }
            self.losing = true;
            return;
        }
        self.losing = false;
        self.waiting.push_back(Waiting {
            letter,
            mail: Rc::clone(mail),
            servers: mail.servers.iter().copied().collect(),
        });
        self.begin();
    }

    /// Whether nothing is on its way.
    pub(crate) fn is_idle(&self) -> bool {
        self.talks.is_empty() && self.waiting.is_empty()
    }

    /// When [`Post::act`] has something to do at the latest.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let soon = self.talks.values().any(|talk| !talk.out.is_empty());
        let soon = soon.then(|| sys::clock::now() + AGAIN);
        let ends = self.talks.values().map(|talk| talk.deadline);
        ends.chain(soon).min()
    }

    /// Goes on until nothing is on its way, or until `limit`; what is then left is given up. This
    /// waits.
    pub(crate) fn finish(&mut self, limit: Instant) {
        while !self.is_idle() && sys::clock::now() < limit {
            let next = self.deadline().into_iter().chain([limit]).min();
            self.act_when_ready(next);
        }
        let reason = "there is no more time for it";
        for job in std::mem::take(&mut self.waiting) {
            warn!("SMTP alert \"{}\" not sent: {reason}", job.letter.subject);
        }
        for (token, mut talk) in std::mem::take(&mut self.talks) {
            talk.job.servers.clear();
            let turn = talk.dialogue.broken(reason.to_owned());
            self.talks.insert(token, talk);
            self.conclude(token, turn);
        }
    }

    /// Reads what has come, says what follows, gives up what takes too long.
    pub(crate) fn act(&mut self) {
        self.act_when_ready(Some(sys::clock::now()));
    }

    fn act_when_ready(&mut self, until: Option<Instant>) {
        let ready = self.poller.wait(until).unwrap_or_default();
        let now = sys::clock::now();
        for ready in ready {
            if let Some(talk) = self.talks.get_mut(&ready.token) {
                let turn = talk.listen(now);
                self.conclude(ready.token, turn);
            }
        }
        let busy: Vec<u64> = self.talks.keys().copied().collect();
        for token in busy {
            let Some(talk) = self.talks.get_mut(&token) else {
                continue;
            };
            let turn = match talk.flush() {
                Ok(()) if talk.deadline <= now => {
                    talk.dialogue.broken("it does not answer".to_owned())
                }
                Ok(()) => Turn::Listen,
                Err(error) => talk.dialogue.broken(error.to_string()),
            };
            self.conclude(token, turn);
        }
        self.begin();
    }

    /// Ends a talk that is over; one that never began is begun with the relay's next address.
    fn conclude(&mut self, token: u64, turn: Turn) {
        let reason = match turn {
            Turn::Listen | Turn::Say(_) => return,
            Turn::Done => None,
            Turn::Failed(reason) => Some(reason),
        };
        let Some(talk) = self.talks.remove(&token) else {
            return;
        };
        // Closing the descriptor ends the watching, too.
        let Some(reason) = reason else {
            info!("SMTP alert successfully sent.");
            return;
        };
        if !talk.heard && !talk.job.servers.is_empty() {
            self.connect(talk.job);
            return;
        }
        let Letter { subject, .. } = &talk.job.letter;
        warn!(
            "SMTP alert \"{subject}\" not sent, relay {}: {reason}",
            talk.peer
        );
    }

    /// Begins talks as long as there are letters and connections to spare.
    fn begin(&mut self) {
        while self.talks.len() < AT_ONCE {
            let Some(job) = self.waiting.pop_front() else {
                return;
            };
            self.connect(job);
        }
    }

    /// Tries the addresses in order until a connection is on its way.
    fn connect(&mut self, mut job: Waiting) {
        let mut reason = "it has no address".to_owned();
        while let Some(peer) = job.servers.pop_front() {
            let stream = match connect(peer) {
                Ok(stream) => stream,
                Err(error) => {
                    reason = format!("{peer}: {error}");
                    continue;
                }
            };
            let token = self.next;
            self.next += 1;
            if let Err(error) = self.poller.add(&stream, token) {
                reason = error.to_string();
                continue;
            }
            let mail = &job.mail;
            let date = sys::clock::civil().strftime("%a, %d %b %Y %H:%M:%S %z");
            let talk = Talk {
                dialogue: Dialogue::new(mail, &text(mail, &job.letter, &date.to_string())),
                peer,
                stream,
                out: Vec::new(),
                deadline: sys::clock::now() + mail.timeout,
                heard: false,
                job,
            };
            self.talks.insert(token, talk);
            return;
        }
        warn!("SMTP alert \"{}\" not sent: {reason}", job.letter.subject);
    }
}

impl AsFd for Post {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.poller.as_fd()
    }
}

impl Talk {
    /// Reads until nothing is left.
    fn listen(&mut self, now: Instant) -> Turn {
        let mut bytes = [0; 2048];
        loop {
            match self.stream.read(&mut bytes) {
                Ok(0) => return self.dialogue.ended(),
                Ok(count) => {
                    self.heard = true;
                    self.deadline = now + self.job.mail.timeout;
                    match self.dialogue.hear(bytes.get(..count).unwrap_or_default()) {
                        Turn::Say(text) => self.out.extend_from_slice(text.as_bytes()),
                        Turn::Listen => {}
                        over @ (Turn::Done | Turn::Failed(_)) => return over,
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Turn::Listen,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return self.dialogue.broken(error.to_string()),
            }
        }
    }

    /// Sends what has been said.
    fn flush(&mut self) -> io::Result<()> {
        while !self.out.is_empty() {
            match self.stream.write(&self.out) {
                Ok(count) => drop(self.out.drain(..count)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// A connection on its way. The relay speaks first, so what comes next is something to read, or
/// an error.
fn connect(peer: SocketAddr) -> io::Result<TcpStream> {
    let socket = Socket::new(Domain::for_address(peer), Type::STREAM.cloexec(), None)?;
    socket.set_nonblocking(true)?;
    match socket.connect(&peer.into()) {
        Ok(()) => {}
        Err(error) if error.raw_os_error() == Some(libc::EINPROGRESS) => {}
        Err(error) => return Err(error),
    }
    Ok(socket.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::tests::{letter, mail};
    use std::io::BufRead as _;
    use std::net::{Ipv4Addr, TcpListener};

    /// Accepts one connection and answers every line; returns what it was told.
    fn sink(listener: &TcpListener, greeting: &str) -> Vec<String> {
        let (stream, _) = listener.accept().expect("a connection");
        let mut lines = Vec::new();
        let say = |text: &str| (&stream).write_all(text.as_bytes());
        say(greeting).expect("greeted");
        let mut data = false;
        for line in io::BufReader::new(&stream).lines() {
            let line = line.expect("text");
            let answer = match (data, line.as_str()) {
                (true, ".") => "250 queued\r\n",
                (true, _) => "",
                (false, "DATA") => "354 go\r\n",
                (false, "QUIT") => "221 bye\r\n",
                (false, _) => "250 ok\r\n",
            };
            data = line == "DATA" || (data && line != ".");
            lines.push(line);
            say(answer).expect("answered");
        }
        lines
    }

    fn relay() -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let address = listener.local_addr().expect("bound");
        (listener, address)
    }

    fn finish(post: &mut Post) {
        post.finish(sys::clock::now() + Duration::from_secs(60));
        assert!(post.is_idle());
    }

    #[test]
    fn letters_arrive_whole() {
        let (listener, address) = relay();
        let relay = std::thread::spawn(move || {
            let talks: Vec<_> = (0..3).map(|_| sink(&listener, "220 sink\r\n")).collect();
            talks
        });
        let mut post = Post::new(Some(Mail {
            servers: vec![address],
            ..mail()
        }))
        .expect("post");
        for _ in 0..3 {
            post.send(letter());
        }
        let mut outer = Poller::new().expect("poller");
        outer.add(&post, 1).expect("watched");
        while !post.is_idle() {
            outer.wait(post.deadline()).expect("waited");
            post.act();
        }
        for talk in relay.join().expect("the relay") {
            assert_eq!(talk[0], "HELO helo.example");
            assert!(talk.contains(&"RCPT TO:<b@example.com>".to_owned()));
            let subject = "Subject: [NODE] VRRP Instance A - Entering MASTER state";
            assert!(talk.contains(&subject.to_owned()), "{talk:?}");
            assert_eq!(talk.last().map(String::as_str), Some("QUIT"));
        }
    }

    #[test]
    fn the_next_address_is_tried_where_nobody_listens() {
        let (closed, nobody) = relay();
        drop(closed);
        let (listener, address) = relay();
        let relay = std::thread::spawn(move || sink(&listener, "220 sink\r\n"));
        let mut post = Post::new(Some(Mail {
            servers: vec![nobody, address],
            ..mail()
        }))
        .expect("post");
        post.send(letter());
        finish(&mut post);
        assert!(!relay.join().expect("the relay").is_empty());
    }

    #[test]
    fn a_silent_relay_costs_its_time_and_nothing_else() {
        let (_listener, address) = relay();
        let mut post = Post::new(Some(Mail {
            servers: vec![address],
            timeout: Duration::from_millis(50),
            ..mail()
        }))
        .expect("post");
        for _ in 0..WAITING + AT_ONCE + 5 {
            post.send(letter());
        }
        assert_eq!(post.talks.len(), AT_ONCE);
        assert_eq!(post.waiting.len(), WAITING);
        assert!(post.losing);
        let now = sys::clock::now();
        post.finish(now);
        assert!(post.is_idle(), "given up");
        post.send(letter());
        finish(&mut post);
        assert!(sys::clock::now() >= now + Duration::from_millis(50));
    }

    #[test]
    fn a_reload_does_not_change_letters_that_are_on_their_way() {
        let (closed, nobody) = relay();
        drop(closed);
        let (listener, address) = relay();
        let relay = std::thread::spawn(move || {
            let talks: Vec<_> = (0..=AT_ONCE)
                .map(|_| sink(&listener, "220 sink\r\n"))
                .collect();
            talks
        });
        let old = Mail {
            servers: vec![nobody, address],
            ..mail()
        };
        let mut post = Post::new(Some(old)).expect("post");
        for _ in 0..=AT_ONCE {
            post.send(letter());
        }
        assert_eq!((post.talks.len(), post.waiting.len()), (AT_ONCE, 1));
        post.reconfigure(None);
        finish(&mut post);
        for talk in relay.join().expect("the relay") {
            assert_eq!(talk[0], "HELO helo.example");
            assert_eq!(talk.last().map(String::as_str), Some("QUIT"));
        }
    }

    #[test]
    fn without_a_relay_nothing_is_kept() {
        let mut post = Post::new(None).expect("post");
        post.send(letter());
        assert!(post.is_idle());
    }
}
