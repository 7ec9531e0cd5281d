//! When to reload by itself: what `reload_time_file` says (`keepalived.conf(5)`).
//!
//! Invariants: only the first line counts, in exactly the forms `HH:MM:SS`, `YY-MM-DD HH:MM:SS`
//! and `YYYY-MM-DD HH:MM:SS`, each with a `Z` behind it for UTC; a moment that has passed is never
//! kept, a time without a date is then meant for tomorrow; the wall clock decides, also when it
//! is set meanwhile.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use base::{Duration, Instant};
use jiff::Zoned;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};
use plan::keepalived::Reloads;
use tracing::{info, warn};

/// Most of the file that is looked at, in bytes.
const MOST: u64 = 64;
/// How long at most nobody looks whether the clock has been set.
const LOOK: Duration = Duration::from_secs(60);

/// A reload that is planned.
#[derive(Clone, Debug, PartialEq)]
struct Meeting {
    at: Zoned,
    /// A date is written.
    dated: bool,
}

/// The file and what it says.
#[derive(Debug, Default)]
pub(super) struct Appointment {
    path: Option<PathBuf>,
    repeat: bool,
    events: Option<Inotify>,
    meeting: Option<Meeting>,
}

impl Appointment {
    /// Follows what the configuration names from now on.
    pub(super) fn follow(&mut self, reloads: &Reloads) {
        self.repeat = reloads.repeat;
        self.path.clone_from(&reloads.time);
        self.events = None;
        if let Some(path) = &self.path {
            let folder = path.parent().unwrap_or(Path::new("/"));
            match watch(folder) {
                Ok(events) => self.events = Some(events),
                Err(error) => {
                    let folder = folder.display();
                    warn!("Unable to monitor reload timer file directory {folder}: {error}");
                }
            }
        }
        self.read();
    }

    /// Readable when the file may have changed.
    pub(super) const fn events(&self) -> Option<&Inotify> {
        self.events.as_ref()
    }

    /// Something has happened beside the file, or to it.
    pub(super) fn changed(&mut self) {
        if let Some(events) = &self.events {
            while events.read_events().is_ok_and(|events| !events.is_empty()) {}
        }
        self.read();
    }

    fn read(&mut self) {
        let planned = self.path.as_ref().and_then(|path| first_line(path));
        let meeting = planned.and_then(|line| match parse(&line, &sys::clock::civil()) {
            Ok(meeting) => Some(meeting),
            Err(problem) => {
                warn!("{problem}");
                None
            }
        });
        if meeting == self.meeting {
            return;
        }
        match (&self.meeting, &meeting) {
            (None, Some(new)) => info!("Reload scheduled for {}", shown(new)),
            (Some(old), Some(new)) => {
                info!("Reload time updated from {} to {}", shown(old), shown(new));
            }
            (Some(old), None) => info!("Cancelling reload scheduled for {}", shown(old)),
            (None, None) => {}
        }
        self.meeting = meeting;
    }

    /// When to ask whether it is due.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let meeting = self.meeting.as_ref()?;
        let left = sys::clock::civil().duration_until(&meeting.at);
        let left = Duration::try_from(left).unwrap_or_default();
        Some(sys::clock::now() + left.min(LOOK))
    }

    /// Whether it is time to reload.
    pub(super) fn is_due(&self) -> bool {
        let meeting = self.meeting.as_ref();
        meeting.is_some_and(|meeting| meeting.at <= sys::clock::civil())
    }

    /// The reload is carried out now: what was asked for once is forgotten, with its file.
    pub(super) fn keep(&mut self) {
        let Some(meeting) = self.meeting.take() else {
            return;
        };
        if let Some(path) = &self.path
            && (meeting.dated || !self.repeat)
            && let Err(error) = std::fs::remove_file(path)
            && error.kind() != io::ErrorKind::NotFound
        {
            // It stays for good then, or until it is written again.
            warn!("cannot remove {}: {error}", path.display());
            return;
        }
        self.read();
    }
}

fn watch(folder: &Path) -> nix::Result<Inotify> {
    let events = Inotify::init(InitFlags::IN_NONBLOCK | InitFlags::IN_CLOEXEC)?;
    let what = AddWatchFlags::IN_CLOSE_WRITE
        | AddWatchFlags::IN_DELETE
        | AddWatchFlags::IN_MOVED_TO
        | AddWatchFlags::IN_MOVED_FROM
        | AddWatchFlags::IN_ONLYDIR;
    events.add_watch(folder, what)?;
    Ok(events)
}

/// Nothing where there is no file, or no text in it.
fn first_line(path: &Path) -> Option<String> {
    if !path.metadata().ok()?.is_file() {
        return None;
    }
    let mut text = String::new();
    let file = File::open(path).ok()?;
    file.take(MOST).read_to_string(&mut text).ok()?;
    text.lines().next().map(str::to_owned)
}

fn shown(meeting: &Meeting) -> String {
    meeting.at.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// What a line means at the time `now`.
fn parse(line: &str, now: &Zoned) -> Result<Meeting, String> {
    let invalid = || format!("Invalid reload time '{line}' specified - ignoring");
    let (text, zone) = match line.strip_suffix('Z') {
        Some(text) => (text, TimeZone::UTC),
        None => (line, now.time_zone().clone()),
    };
    let (date, time) = match text.split_once(' ') {
        Some((date, time)) => (Some(parse_date(date).ok_or_else(invalid)?), time),
        None => (None, text),
    };
    let time = parse_time(time).ok_or_else(invalid)?;
    let on = |date: Date| date.to_datetime(time).to_zoned(zone.clone()).ok();
    if let Some(date) = date {
        let at = on(date).filter(|at| at > now);
        let at = at.ok_or("Reload date/time is in the past - ignoring")?;
        return Ok(Meeting { at, dated: true });
    }
    let today = now.with_time_zone(zone.clone()).date();
    let days = [Some(today), today.tomorrow().ok()].into_iter().flatten();
    let at = days.filter_map(on).find(|at| at > now);
    let at = at.ok_or_else(invalid)?;
    Ok(Meeting { at, dated: false })
}

fn parse_time(text: &str) -> Option<Time> {
    let [hour, minute, second] = numbers(text, ':', [2, 2, 2])?;
    Time::new(
        hour.try_into().ok()?,
        minute.try_into().ok()?,
        second.try_into().ok()?,
        0,
    )
    .ok()
}

fn parse_date(text: &str) -> Option<Date> {
    let short = numbers(text, '-', [2, 2, 2]).map(|[year, month, day]| [2000 + year, month, day]);
    let [year, month, day] = short.or_else(|| numbers(text, '-', [4, 2, 2]))?;
    Date::new(year, month.try_into().ok()?, day.try_into().ok()?).ok()
}

/// Three numbers of so many digits.
fn numbers(text: &str, between: char, digits: [usize; 3]) -> Option<[i16; 3]> {
    let mut parts = text.split(between);
    let mut number = |digits: usize| {
        let part = parts.next()?;
        let plain = part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| part.parse().ok())?
    };
    let numbers = [number(digits[0])?, number(digits[1])?, number(digits[2])?];
    parts.next().is_none().then_some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Noon somewhere east of Greenwich.
    fn noon() -> Zoned {
        let zone = TimeZone::fixed(jiff::tz::offset(2));
        let noon = jiff::civil::date(2026, 11, 22).at(12, 0, 0, 0);
        noon.to_zoned(zone).expect("a time")
    }

    fn planned(line: &str) -> Result<String, String> {
        let meeting = parse(line, &noon())?;
        let at = meeting.at.with_time_zone(noon().time_zone().clone());
        let dated = if meeting.dated { "once" } else { "daily" };
        Ok(format!("{} {dated}", at.strftime("%Y-%m-%d %H:%M:%S")))
    }

    #[test]
    fn a_time_is_the_next_one_and_a_date_is_that_date() {
        for (line, expected) in [
            ("12:00:01", "2026-11-22 12:00:01 daily"),
            ("12:00:00", "2026-11-23 12:00:00 daily"),
            ("10:00:01Z", "2026-11-22 12:00:01 daily"),
            ("10:00:00Z", "2026-11-23 12:00:00 daily"),
            ("26-12-31 23:59:59", "2026-12-31 23:59:59 once"),
            ("2027-01-02 03:04:05", "2027-01-02 03:04:05 once"),
            ("2026-11-22 10:00:01Z", "2026-11-22 12:00:01 once"),
        ] {
            assert_eq!(planned(line).as_deref(), Ok(expected), "{line}");
        }
    }

    #[test]
    fn what_has_passed_or_is_no_time_is_not_planned() {
        let past = "Reload date/time is in the past - ignoring";
        for line in [
            "2026-11-22 12:00:00",
            "26-11-22 09:00:00Z",
            "1999-01-01 00:00:00",
        ] {
            assert_eq!(planned(line).expect_err(line), past);
        }
        for line in [
            "",
            "Z",
            "12:00",
            "1:00:00",
            " 12:00:01",
            "12:00:01 ",
            "24:00:00",
            "12:60:00",
            "+1:00:00",
            "126-11-22 12:00:01",
            "26-13-22 12:00:01",
            "26-02-30 12:00:01",
            "26-11-22  12:00:01",
            "26-11-22T12:00:01",
            "12:00:01ZZ",
        ] {
            let problem = planned(line).expect_err(line);
            assert!(problem.contains("Invalid reload time"), "{line}: {problem}");
        }
    }

    #[test]
    fn the_file_is_followed_and_goes_when_it_was_meant_for_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("at");
        let mut reloads = Reloads {
            time: Some(path.clone()),
            ..Reloads::default()
        };
        let mut appointment = Appointment::default();
        appointment.follow(&reloads);
        assert!(appointment.deadline().is_none(), "there is no file");
        std::fs::write(&path, "2999-01-01 00:00:00Z\n").expect("written");
        appointment.changed();
        assert!(appointment.deadline().is_some() && !appointment.is_due());
        std::fs::remove_file(&path).expect("removed");
        appointment.changed();
        assert!(appointment.deadline().is_none(), "cancelled");

        for (repeat, stays) in [(false, false), (true, true)] {
            reloads.repeat = repeat;
            std::fs::write(&path, "00:00:00").expect("written");
            appointment.follow(&reloads);
            appointment.keep();
            assert_eq!(path.exists(), stays);
            assert_eq!(appointment.meeting.is_some(), stays, "for tomorrow");
        }
    }
}
