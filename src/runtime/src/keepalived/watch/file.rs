//! Numbers in files.
//!
//! Invariants: a file that is not there, cannot be read or holds no number counts as 0; nothing is
//! read that could keep us waiting (a FIFO, a device).

use core::time::Duration;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use base::Instant;
use nix::libc::{O_CLOEXEC, O_NOFOLLOW, O_NONBLOCK};
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify, WatchDescriptor};
use plan::keepalived::Watch;
use tracing::error;

use super::super::host::detail;

/// How long after a folder could not be watched it is tried again.
const RETRY: Duration = Duration::from_secs(1);

/// Most of a file that is looked at, in bytes: a number is short.
const MOST: u64 = 64;

/// A file and what it says.
#[derive(Debug)]
struct Tracked {
    path: PathBuf,
    /// Its position among all watches.
    at: usize,
    number: i32,
}

/// All files.
#[derive(Debug, Default)]
pub(super) struct Files {
    /// None without files.
    events: Option<Inotify>,
    files: Vec<Tracked>,
    /// Folder of each watch descriptor.
    folders: BTreeMap<WatchDescriptor, PathBuf>,
    /// Folders that could not be watched.
    unwatched: Vec<PathBuf>,
    retry: Option<Instant>,
}

impl Files {
    /// Watches the files among `watches`; those that `make` names are made first, if they say so.
    pub(super) fn of(watches: &[Watch], make: impl Fn(&Path) -> bool) -> Self {
        let mut files = Self::default();
        for (at, watch) in watches.iter().enumerate() {
            let Watch::File { path, init } = watch else {
                continue;
            };
            if let Some((number, overwrite)) = init
                && make(path)
                && let Err(error) = write(path, *number, *overwrite)
            {
                error!("cannot write track file {}: {error}", path.display());
            }
            let folder = folder_of(path);
            if !files.unwatched.contains(&folder) {
                files.unwatched.push(folder);
            }
            let path = path.clone();
            files.files.push(Tracked {
                path,
                at,
                number: 0,
            });
        }
        if !files.files.is_empty() {
            let flags = InitFlags::IN_NONBLOCK | InitFlags::IN_CLOEXEC;
            match Inotify::init(flags) {
                Ok(events) => files.events = Some(events),
                Err(error) => error!("track files are looked at once a second: {error}"),
            }
            files.watch_folders(sys::clock::now());
            files.read(|_| true);
        }
        files
    }

    /// Readable when something has happened.
    pub(super) const fn events(&self) -> Option<&Inotify> {
        self.events.as_ref()
    }

    /// The number in file `at` of all watches.
    pub(super) fn number(&self, at: usize) -> i32 {
        let found = self.files.binary_search_by_key(&at, |file| file.at);
        found.map_or(0, |ix| self.files[ix].number)
    }

    /// Reads the files that something has happened to.
    pub(super) fn take_events(&mut self) {
        let Some(inotify) = &self.events else { return };
        let mut changed: Vec<PathBuf> = Vec::new();
        let mut all = false;
        while let Ok(events) = inotify.read_events() {
            for event in events {
                let mask = event.mask;
                let lost = AddWatchFlags::IN_Q_OVERFLOW
                    | AddWatchFlags::IN_IGNORED
                    | AddWatchFlags::IN_MOVE_SELF;
                if mask.intersects(lost) {
                    all = true;
                    // A folder that was moved is no longer the one of this name.
                    if let Some(folder) = self.folders.remove(&event.wd) {
                        if mask.contains(AddWatchFlags::IN_MOVE_SELF) {
                            let _ = inotify.rm_watch(event.wd);
                        }
                        self.unwatched.push(folder);
                    }
                } else if let (Some(folder), Some(name)) = (self.folders.get(&event.wd), event.name)
                {
                    changed.push(folder.join(name));
                }
            }
        }
        if all {
            self.watch_folders(sys::clock::now());
        }
        self.read(|path| all || changed.iter().any(|it| it == path));
    }

    /// Folders that are missing are looked for again.
    pub(super) fn expire(&mut self, now: Instant) {
        if self.retry.take_if(|at| *at <= now).is_some() {
            self.watch_folders(now);
            self.read(|_| true);
        }
    }

    pub(super) const fn deadline(&self) -> Option<Instant> {
        self.retry
    }

    fn watch_folders(&mut self, now: Instant) {
        let wanted = AddWatchFlags::IN_CLOSE_WRITE
            | AddWatchFlags::IN_MOVED_TO
            | AddWatchFlags::IN_MOVED_FROM
            | AddWatchFlags::IN_DELETE
            | AddWatchFlags::IN_MOVE_SELF
            | AddWatchFlags::IN_ONLYDIR;
        for folder in core::mem::take(&mut self.unwatched) {
            let events = self.events.as_ref();
            match events.map(|events| events.add_watch(&folder, wanted)) {
                Some(Ok(descriptor)) => {
                    self.folders.insert(descriptor, folder);
                }
                Some(Err(_)) | None => self.unwatched.push(folder),
            }
        }
        self.retry = (!self.unwatched.is_empty()).then(|| now + RETRY);
    }

    fn read(&mut self, which: impl Fn(&Path) -> bool) {
        for file in self
            .files
            .iter_mut()
            .filter(|file| which(&normal(&file.path)))
        {
            let number = number_in(&file.path);
            if number != file.number {
                let path = file.path.display();
                detail(&format!(
                    "track file {path} now says {number} (before {})",
                    file.number
                ));
                file.number = number;
            }
        }
    }
}

/// The folder that a file's events come from.
fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if folder != OsStr::new("") => folder.to_owned(),
        Some(_) | None => PathBuf::from("."),
    }
}

/// As events name it.
fn normal(path: &Path) -> PathBuf {
    match path.file_name() {
        Some(name) => folder_of(path).join(name),
        None => path.to_owned(),
    }
}

fn number_in(path: &Path) -> i32 {
    match read(path) {
        Ok(text) => parse(&text).unwrap_or_else(|| {
            error!(
                "track file {} does not begin with a number: it counts as 0",
                path.display()
            );
            0
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
        Err(error) => {
            error!("track file {} counts as 0: {error}", path.display());
            0
        }
    }
}

fn read(path: &Path) -> io::Result<String> {
    let mut options = OpenOptions::new();
    let file = options
        .read(true)
        .custom_flags(O_CLOEXEC | O_NONBLOCK)
        .open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("not a regular file"));
    }
    let mut text = String::new();
    file.take(MOST).read_to_string(&mut text)?;
    Ok(text)
}

/// The number that a text begins with, kept within what an `i32` holds; an empty text is 0.
fn parse(text: &str) -> Option<i32> {
    let text = text.trim_start();
    if text.is_empty() {
        return Some(0);
    }
    let digits_from = usize::from(text.starts_with(['-', '+']));
    let digits = &text[digits_from..];
    let len = digits.bytes().take_while(u8::is_ascii_digit).count();
    if len == 0 {
        return None;
    }
    let number: i64 = digits[..len].parse().unwrap_or(i64::MAX);
    let number = if text.starts_with('-') {
        -number
    } else {
        number
    };
    let bounded = number.clamp(i32::MIN.into(), i32::MAX.into());
    i32::try_from(bounded).ok()
}

/// Makes a file, never through a symbolic link.
fn write(path: &Path, number: i32, overwrite: bool) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).mode(0o644);
    options.custom_flags(O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    let opened = if overwrite {
        options.create(true).truncate(true).open(path)
    } else {
        options.create_new(true).open(path)
    };
    let mut file: File = match opened {
        Err(error) if !overwrite && error.kind() == io::ErrorKind::AlreadyExists => return Ok(()),
        opened => opened?,
    };
    writeln!(file, "{number}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        for (text, number) in [
            ("5\n", Some(5)),
            (" -17 \n", Some(-17)),
            ("+3x", Some(3)),
            ("", Some(0)),
            ("\n", Some(0)),
            ("99999999999999999999", Some(i32::MAX)),
            ("-99999999999999999999", Some(i32::MIN)),
            ("x", None),
            ("-", None),
        ] {
            assert_eq!(parse(text), number, "{text:?}");
        }
    }

    /// Waits for an event, then says what the file says.
    fn next(files: &mut Files) -> i32 {
        let mut poller = sys::epoll::Poller::new().expect("a poller");
        poller
            .add(files.events().expect("events"), 1)
            .expect("added");
        let patience = sys::clock::now() + Duration::from_secs(20);
        assert!(!poller.wait(Some(patience)).expect("waited").is_empty());
        files.take_events();
        files.number(0)
    }

    #[test]
    fn a_file_is_followed_through_its_life() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("number");
        let watch = Watch::File {
            path: path.clone(),
            init: Some((7, false)),
        };
        assert_eq!(
            Files::of(std::slice::from_ref(&watch), |_| false).number(0),
            0
        );
        let mut files = Files::of(&[watch], |_| true);
        assert_eq!(files.number(0), 7);
        std::fs::write(&path, "-3").expect("written");
        while next(&mut files) != -3 {}
        let other = folder.path().join("other");
        std::fs::write(&other, "12").expect("written");
        std::fs::rename(&other, &path).expect("renamed");
        while next(&mut files) != 12 {}
        std::fs::remove_file(&path).expect("removed");
        while next(&mut files) != 0 {}
    }

    #[test]
    fn a_folder_may_come_later() {
        let folder = tempfile::tempdir().expect("a folder");
        let inner = folder.path().join("inner");
        let path = inner.join("number");
        let watch = Watch::File {
            path: path.clone(),
            init: None,
        };
        let mut files = Files::of(&[watch], |_| true);
        let due = files.deadline().expect("tried again");
        std::fs::create_dir(&inner).expect("made");
        std::fs::write(&path, "4").expect("written");
        files.expire(due);
        assert_eq!((files.number(0), files.deadline()), (4, None));
        std::fs::remove_file(&path).expect("removed");
        std::fs::remove_dir(&inner).expect("removed");
        while next(&mut files) != 0 {}
        assert!(files.deadline().is_some());
    }

    #[test]
    fn what_could_block_or_lead_away_is_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let pipe = folder.path().join("pipe");
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).expect("made");
        assert_eq!(number_in(&pipe), 0);
        let target = folder.path().join("target");
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&target, &link).expect("linked");
        assert!(write(&link, 1, true).is_err() && write(&link, 1, false).is_ok());
        assert!(!target.exists());
    }
}
