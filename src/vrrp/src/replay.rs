//! The numbers that keep an old advert from counting a second time.
//!
//! Invariants: what is sent is numbered higher than everything sent or (AH) accepted before it,
//! also by a process before this one; a number that was accepted once is refused from then on.
//! Deliberately unknown here: digests (whoever asks has checked them), and the clock (the time of
//! day is an argument).

use core::net::IpAddr;
use core::time::Duration;

use wire::trailer::Sequence;

use crate::auth::{Auth, Hmac};

/// AH numbers go no further: after this one, whoever becomes master next starts anew. At an advert
/// a second that takes 136 years, unless a peer with the key jumps ahead.
const LAST: u32 = 0xffff_fffd;
/// A process that died may have sent this many adverts that it did not note any more.
const UNNOTED: u32 = 8;

/// What one router remembers of packets: its numbers, and how a peer reckons.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Replay {
    /// The highest number sent or accepted: as in the original, all nodes of a virtual router
    /// count on together, so that a backup's first number is above its master's last.
    number: u32,
    /// There are none left.
    used_up: bool,
    /// How many to leave out before the next one.
    gap: u32,
    /// A peer has been heard that sums in the old way (see [`crate::config::Checksum::Either`]).
    pub(crate) old_sums: bool,
    /// Most routers have none.
    trailers: Option<Box<Trailers>>,
}

/// The same for trailers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Trailers {
    /// The last sequence sent.
    sent: Option<u64>,
    /// The highest sequence of each sender, the one heard last at the end.
    heard: Vec<(IpAddr, u64)>,
}

/// Senders of trailers that are remembered; of a group with more, the one that was silent longest
/// is forgotten.
const SENDERS: usize = 4;

/// Whether `a` comes after `b`, where numbers wrap (RFC 1982).
const fn after(a: u64, b: u64) -> bool {
    a.wrapping_sub(b).cast_signed() > 0
}

/// Seconds from the time in `sequence` to `now`; negative when it lies ahead.
pub(crate) const fn age(sequence: u64, now: Duration) -> i32 {
    let now = now.as_secs() as u32;
    now.wrapping_sub(Sequence(sequence).seconds()).cast_signed()
}

/// The time of day as a trailer says it: 32 bits of seconds, 16 of their fraction, 16 to count.
fn stamp(now: Duration) -> u64 {
    let seconds = now.as_secs() << 32;
    let fraction = (u64::from(now.subsec_nanos()) << 16) / 1_000_000_000;
    seconds | fraction << 16
}

impl Replay {
    /// What a process that died has noted.
    pub(crate) fn resumed(auth: &Auth, noted: u64) -> Self {
        match auth {
            Auth::None | Auth::Pass(_) => Self::default(),
            Auth::Ah(_) => Self {
                number: u32::try_from(noted).unwrap_or(u32::MAX),
                gap: UNNOTED,
                ..Self::default()
            },
            Auth::Hmac(_) => {
                let sent = (noted > 0).then(|| noted.wrapping_add(UNNOTED.into()));
                let heard = Vec::new();
                Self {
                    trailers: Some(Box::new(Trailers { sent, heard })),
                    ..Self::default()
                }
            }
        }
    }

    /// The same, for peers that sum in the old way, or not.
    pub(crate) fn answering(self, old_sums: bool) -> Self {
        Self { old_sums, ..self }
    }

    /// To be noted for a process that may have to go on.
    pub(crate) fn noted(&self, auth: &Auth) -> u64 {
        match auth {
            Auth::None | Auth::Pass(_) => 0,
            Auth::Ah(_) => self.number.into(),
            Auth::Hmac(_) => self.trailers.as_ref().and_then(|it| it.sent).unwrap_or(0),
        }
    }

    /// The number of the advert that is sent now.
    pub(crate) fn next(&mut self) -> u32 {
        let gap = core::mem::take(&mut self.gap);
        if self.number > LAST {
            self.used_up = true;
        } else {
            self.number = self.number.saturating_add(gap).min(LAST) + 1;
        }
        self.number
    }

    /// Takes the number of a genuine advert.
    ///
    /// # Errors
    /// The highest number known, when `number` is not above it.
    pub(crate) fn accept(&mut self, number: u32) -> Result<(), u32> {
        if number <= self.number {
            return Err(self.number);
        }
        self.number = number;
        self.used_up = false;
        Ok(())
    }

    /// Who becomes master with no number left begins anew; everybody else has fallen silent.
    pub(crate) fn begin_mastership(&mut self) {
        if core::mem::take(&mut self.used_up) {
            self.number = 0;
        }
    }

    /// One number is left out, so that a rival which counts in step with us hears our answer.
    pub(crate) fn skip(&mut self) {
        self.number = self.number.saturating_add(1);
    }
}

impl Replay {
    /// The sequence of the trailer that is sent now: the time of day, or one more than the last
    /// where the clock has not gone on. A clock that was put back by more than others accept is
    /// followed, unless they only want growth.
    pub(crate) fn next_sequence(&mut self, hmac: &Hmac, now: Duration) -> Sequence {
        let clock = stamp(now);
        let trailers = self.trailers.get_or_insert_default();
        let next = match (trailers.sent, hmac.window) {
            (None, _) => clock,
            (Some(sent), _) if after(clock, sent) => clock,
            (Some(sent), Some(window)) if -age(sent, now) > i32::from(window) => clock,
            (Some(sent), _) => sent.wrapping_add(1),
        };
        trailers.sent = Some(next);
        Sequence(next)
    }

    /// Takes the sequence of a genuine trailer of `source`; false when it has been heard already.
    /// `peers`: how many senders there may be, at least [`SENDERS`].
    pub(crate) fn accept_sequence(
        &mut self,
        source: IpAddr,
        sequence: Sequence,
        window: Option<u16>,
        now: Duration,
        peers: usize,
    ) -> bool {
        let heard = &mut self.trailers.get_or_insert_default().heard;
        let known = heard.iter().position(|(sender, _)| *sender == source);
        let last = known.map(|at| heard.remove(at).1);
        // What the window refuses anyway need not be remembered; a sender whose clock was put
        // right is heard again.
        let stands = |last: &u64| {
            window.is_none_or(|window| age(*last, now).unsigned_abs() <= u32::from(window))
        };
        let fresh = last
            .filter(stands)
            .is_none_or(|last| after(sequence.0, last));
        if known.is_none() && heard.len() >= peers.max(SENDERS) {
            heard.remove(0);
        }
        let highest = if fresh { sequence.0 } else { last.unwrap_or(0) };
        heard.push((source, highest));
        fresh
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::Mode;

    const AH: Auth = Auth::Ah([0; 8]);

    fn hmac(window: Option<u16>) -> Hmac {
        Hmac {
            keys: Vec::new(),
            active: 1,
            mode: Mode::Enforce,
            window,
        }
    }

    #[test]
    fn sequences_follow_the_clock_and_never_stand_still() {
        let at = Duration::from_millis;
        let mut replay = Replay::default();
        let mut next = |window, now| replay.next_sequence(&hmac(window), now).0;
        let first = next(Some(5), at(100_500));
        assert_eq!(first, 100 << 32 | 0x8000 << 16);
        assert_eq!(next(Some(5), at(100_500)), first + 1, "the same moment");
        assert_eq!(next(Some(5), at(96_000)), first + 2, "put back a little");
        assert_eq!(next(Some(5), at(94_000)), 94 << 32, "put back a lot");
        assert_eq!(next(None, at(50_000)), (94 << 32) + 1, "only growth counts");
    }

    #[test]
    fn a_sequence_is_taken_once_from_each_sender() {
        let now = Duration::from_secs(1_000);
        let sender = |last: u8| IpAddr::from([192, 0, 2, last]);
        let mut replay = Replay::default();
        let mut take = |from, sequence: u64, window| {
            replay.accept_sequence(sender(from), Sequence(sequence), window, now, 0)
        };
        let recent = 999 << 32;
        assert!(take(1, recent, Some(5)));
        assert!(!take(1, recent, Some(5)) && !take(1, recent - 1, Some(5)));
        assert!(take(2, recent, Some(5)), "another sender");
        assert!(take(1, recent + 1, Some(5)));
        // A mark outside the window protects nothing, but without a window it counts for ever.
        assert!(take(3, 5_000 << 32, None));
        assert!(!take(3, recent, None));
        assert!(take(3, recent, Some(5)));
        // A fifth sender takes the place of the one that was silent longest, which is the second.
        assert!(take(4, recent, Some(5)) && take(5, recent, Some(5)));
        assert!(!take(1, recent, Some(5)) && !take(3, recent, Some(5)));
        assert!(take(2, recent, Some(5)));
    }

    #[test]
    fn a_sequence_wraps() {
        assert!(after(0, u64::MAX) && !after(u64::MAX, 0));
        assert_eq!(
            age(0xffff_ffff << 32, Duration::from_secs((1 << 32) + 1)),
            2
        );
    }

    #[test]
    fn numbers_only_grow() {
        let mut replay = Replay::default();
        assert_eq!((replay.next(), replay.next()), (1, 2));
        assert_eq!(replay.accept(2), Err(2));
        assert_eq!(replay.accept(7), Ok(()));
        assert_eq!(replay.next(), 8);
        assert_eq!(replay.accept(8), Err(8), "our own number is taken");
    }

    #[test]
    fn a_successor_leaves_out_what_may_have_been_sent_but_hears_what_comes_next() {
        let mut replay = Replay::resumed(&AH, 100);
        assert_eq!(replay.clone().accept(101), Ok(()));
        assert_eq!((replay.next(), replay.next()), (109, 110));
        assert_eq!(replay.noted(&AH), 110);
    }

    #[test]
    fn at_the_end_a_new_mastership_begins_anew() {
        let mut replay = Replay::resumed(&AH, LAST.into());
        assert_eq!(replay.next(), LAST + 1);
        assert_eq!(replay.next(), LAST + 1, "no number is left");
        replay.begin_mastership();
        assert_eq!(replay.next(), 1);
        // Somebody else has gone on meanwhile: no need to begin anew.
        let mut replay = Replay::resumed(&AH, u64::MAX);
        replay.next();
        assert_eq!(replay.accept(1), Err(u32::MAX));
        replay.begin_mastership();
        assert_eq!(replay.accept(1), Ok(()));
        replay.begin_mastership();
        assert_eq!(replay.next(), 2);
    }
}
