//! Tracked interfaces, files, processes and BFD sessions: what was read of them, and from when on
//! it counts.
//!
//! Invariants: the first reading counts at once; a later one that is revoked within its delay
//! never counted.
//! Deliberately unknown here: who reads.

use base::Instant;

use crate::config;
use crate::input::{Reading, Wait};

/// The running side of one tracked object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Object {
    /// What counts.
    current: Option<Reading>,
    /// What will, and when.
    coming: Option<(Reading, Instant)>,
}

impl Object {
    /// Good or bad; `None` while nothing has been read.
    pub(crate) fn good(&self) -> Option<bool> {
        match self.current? {
            Reading::Good => Some(true),
            Reading::Bad => Some(false),
            Reading::Number(number) => Some(number == 0),
        }
    }

    /// The number, where it is one.
    pub(crate) fn number(&self) -> Option<i32> {
        match self.current? {
            Reading::Number(number) => Some(number),
            Reading::Good | Reading::Bad => None,
        }
    }

    /// When the reading that is coming counts.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.coming.map(|(_, due)| due)
    }

    /// Takes a reading; true when what counts has changed.
    pub(crate) fn read(
        &mut self,
        config: &config::Object,
        (reading, wait): (Reading, Wait),
        now: Instant,
    ) -> bool {
        if self.current == Some(reading) {
            self.coming = None;
            return false;
        }
        let delay = match (wait, reading) {
            (Wait::Usual, Reading::Good) | (Wait::Up, _) => config.up_delay,
            (Wait::Usual, Reading::Bad) | (Wait::Down, _) => config.down_delay,
            (Wait::Usual, Reading::Number(_)) | (Wait::None, _) => core::time::Duration::ZERO,
        };
        if self.current.is_none() || delay.is_zero() {
            self.coming = None;
            self.current = Some(reading);
            return true;
        }
        // Said again, it does not wait longer.
        if self.coming.is_none_or(|(coming, _)| coming != reading) {
            self.coming = Some((reading, now + delay));
        }
        false
    }

    /// Time has passed; true when what counts has changed.
    pub(crate) fn ripen(&mut self, now: Instant) -> bool {
        let Some((reading, _)) = self.coming.take_if(|(_, due)| *due <= now) else {
            return false;
        };
        self.current = Some(reading);
        true
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::*;

    fn config(down: u64, up: u64) -> config::Object {
        config::Object {
            name: "eth1".into(),
            kind: config::ObjectKind::Interface,
            identity: "eth1".into(),
            up_delay: Duration::from_secs(up),
            down_delay: Duration::from_secs(down),
        }
    }

    /// What counts after each second's reading: '+' good, '-' bad, '?' unknown.
    fn course(config: &config::Object, readings: &str) -> String {
        let mut object = Object::default();
        let mut now = Instant::ZERO;
        let after = |reading: char| {
            object.ripen(now);
            match reading {
                '+' => drop(object.read(config, (Reading::Good, Wait::Usual), now)),
                '-' => drop(object.read(config, (Reading::Bad, Wait::Usual), now)),
                'G' => drop(object.read(config, (Reading::Good, Wait::None), now)),
                'B' => drop(object.read(config, (Reading::Bad, Wait::None), now)),
                'd' => drop(object.read(config, (Reading::Good, Wait::Down), now)),
                'u' => drop(object.read(config, (Reading::Bad, Wait::Up), now)),
                _ => {}
            }
            now += Duration::from_secs(1);
            match object.good() {
                None => '?',
                Some(true) => '+',
                Some(false) => '-',
            }
        };
        readings.chars().map(after).collect()
    }

    #[test]
    fn without_delay_every_reading_counts() {
        assert_eq!(course(&config(0, 0), ".+-+"), "?+-+");
    }

    #[test]
    fn the_first_reading_counts_at_once() {
        assert_eq!(course(&config(3, 3), "-"), "-");
    }

    #[test]
    fn a_delayed_loss_counts_late_or_never() {
        assert_eq!(course(&config(2, 0), "+-...."), "+++---");
        assert_eq!(course(&config(2, 0), "+--..."), "+++---");
        assert_eq!(course(&config(2, 0), "+-+..."), "++++++");
    }

    #[test]
    fn a_delayed_gain_counts_late_or_never() {
        assert_eq!(course(&config(0, 3), "+-+...."), "+----++");
        assert_eq!(course(&config(0, 3), "+-+.-.."), "+------");
    }

    #[test]
    fn what_made_a_process_count_decides_which_delay_it_has() {
        assert_eq!(course(&config(9, 9), "+BGB+G"), "+-+--+", "at once");
        assert_eq!(
            course(&config(9, 2), "+u..."),
            "+++--",
            "too many by a fork"
        );
        assert_eq!(
            course(&config(9, 2), "+u+..."),
            "++++++",
            "that ran another program"
        );
        assert_eq!(
            course(&config(2, 9), "-d..."),
            "---++",
            "no longer too many"
        );
    }
}
