//! The numbers that keep an old advert from counting a second time.
//!
//! Invariants: what is sent is numbered higher than everything sent or accepted before it, also by
//! a process before this one; a number that was accepted once is refused from then on.
//! Deliberately unknown here: digests. Whoever asks has checked them.

/// AH numbers go no further: after this one, whoever becomes master next starts anew. At an advert
/// a second that takes 136 years, unless a peer with the key jumps ahead.
const LAST: u32 = 0xffff_fffd;
/// A process that died may have sent this many adverts that it did not note any more.
const UNNOTED: u32 = 8;

/// One router's numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Replay {
    /// The highest number sent or accepted: as in the original, all nodes of a virtual router
    /// count on together, so that a backup's first number is above its master's last.
    number: u32,
    /// There are none left.
    used_up: bool,
    /// How many to leave out before the next one.
    gap: u32,
}

impl Replay {
    /// What a process that died has noted.
    pub(crate) fn resumed(noted: u64) -> Self {
        Self {
            number: u32::try_from(noted).unwrap_or(u32::MAX),
            used_up: false,
            gap: UNNOTED,
        }
    }

    /// To be noted for a process that may have to go on.
    pub(crate) fn noted(&self) -> u64 {
        self.number.into()
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

#[cfg(test)]
mod tests {
    use super::*;

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
        let mut replay = Replay::resumed(100);
        assert_eq!(replay.clone().accept(101), Ok(()));
        assert_eq!((replay.next(), replay.next()), (109, 110));
        assert_eq!(replay.noted(), 110);
    }

    #[test]
    fn at_the_end_a_new_mastership_begins_anew() {
        let mut replay = Replay::resumed(LAST.into());
        assert_eq!(replay.next(), LAST + 1);
        assert_eq!(replay.next(), LAST + 1, "no number is left");
        replay.begin_mastership();
        assert_eq!(replay.next(), 1);
        // Somebody else has gone on meanwhile: no need to begin anew.
        let mut replay = Replay::resumed(u64::MAX);
        replay.next();
        assert_eq!(replay.accept(1), Err(u32::MAX));
        replay.begin_mastership();
        assert_eq!(replay.accept(1), Ok(()));
        replay.begin_mastership();
        assert_eq!(replay.next(), 2);
    }
}
