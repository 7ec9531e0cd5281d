//! The pid file, and whose process it names.
//!
//! Invariants: a process that is not nginx is never signalled; the file of a process that was
//! already running when the file was written is never overwritten; only the file that holds our
//! own pid is removed.
//! Deviation: nginx overwrites whatever it finds and signals any process, which after a crash and
//! a reboot may be somebody else's.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// What every master's command line begins with.
pub(super) const MASTER_TITLE: &str = "nginx: master process";

/// Seconds by which clocks of files and processes may disagree.
const SLACK: i64 = 2;

/// A pid file that this process wrote.
#[derive(Debug)]
pub(super) struct PidFile {
    path: PathBuf,
}

/// Why a pid file could not be written or used.
#[derive(Debug, thiserror::Error)]
pub(super) enum PidFileError {
    /// The system's refusal; the text is nginx's up to the number.
    #[error("open() \"{0}\" failed")]
    Open(PathBuf, #[source] io::Error),
    /// The file does not hold a number.
    #[error("invalid PID number \"{0}\" in \"{1}\"")]
    Invalid(String, PathBuf),
    /// Its process runs and is not ours to replace.
    #[error("pid file \"{0}\" belongs to process {1} ({2}), which is running: not overwritten")]
    Held(PathBuf, i32, String),
    /// Its process is another program.
    #[error("process {1} named in pid file \"{0}\" is not an nginx master ({2}): not signalled")]
    Foreign(PathBuf, i32, String),
}

impl PidFile {
    /// Checks that nobody else's file is in the way, before anything irreversible happens.
    ///
    /// # Errors
    /// [`PidFileError::Held`].
    pub(super) fn check(path: &Path) -> Result<(), PidFileError> {
        let (Ok(pid), Ok(meta)) = (read(path), fs::metadata(path)) else {
            return Ok(());
        };
        if pid == own_pid() {
            return Ok(());
        }
        match Process::find(pid) {
            // A process younger than the file got a recycled number: the file is a leftover.
            Some(process) if process.started <= meta.mtime() + SLACK => Err(PidFileError::Held(
                path.to_owned(),
                pid,
                process.description(),
            )),
            _ => Ok(()),
        }
    }

    /// Writes this process's pid.
    ///
    /// # Errors
    /// [`PidFileError::Held`], or what the system says.
    pub(super) fn create(path: &Path) -> Result<Self, PidFileError> {
        Self::check(path)?;
        let failed = |error| PidFileError::Open(path.to_owned(), error);
        let mut file = open(path, true).map_err(failed)?;
        writeln!(file, "{}", own_pid()).map_err(failed)?;
        Ok(Self {
            path: path.to_owned(),
        })
    }

    /// Opens (and creates if need be) the file without changing it, as a test of the
    /// configuration does.
    ///
    /// # Errors
    /// What the system says.
    pub(super) fn test(path: &Path) -> Result<(), PidFileError> {
        open(path, false)
            .map(drop)
            .map_err(|error| PidFileError::Open(path.to_owned(), error))
    }

    /// Moves the file out of a successor's way, or back.
    ///
    /// # Errors
    /// What the system says.
    pub(super) fn rename(&mut self, to: PathBuf) -> io::Result<()> {
        fs::rename(&self.path, &to)?;
        self.path = to;
        Ok(())
    }

    /// Where it is.
    #[must_use]
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Removes the file if it still holds our pid.
    ///
    /// # Errors
    /// What the system says.
    pub(super) fn remove(self) -> io::Result<()> {
        let regular = fs::symlink_metadata(&self.path).is_ok_and(|meta| meta.is_file());
        if regular && read(&self.path).is_ok_and(|pid| pid == own_pid()) {
            fs::remove_file(&self.path)?;
        }
        Ok(())
    }
}

/// The master that `path` names, for `-s`.
///
/// # Errors
/// When there is no file, no number, or the process is another program's.
pub(super) fn master(path: &Path) -> Result<i32, PidFileError> {
    let pid = read(path)?;
    match Process::find(pid) {
        Some(process) if !process.is_nginx() => Err(PidFileError::Foreign(
            path.to_owned(),
            pid,
            process.description(),
        )),
        // One that is gone fails in kill(), with nginx's text.
        _ => Ok(pid),
    }
}

fn open(path: &Path, truncate: bool) -> io::Result<fs::File> {
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(truncate)
        .mode(0o644)
        .custom_flags(nix::libc::O_NOFOLLOW)
        .open(path)
}

fn read(path: &Path) -> Result<i32, PidFileError> {
    let bytes = fs::read(path).map_err(|error| PidFileError::Open(path.to_owned(), error))?;
    let text = String::from_utf8_lossy(&bytes);
    let text = text.trim_end_matches(['\r', '\n']);
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse()
        .ok()
        .filter(|pid| digits && *pid > 0)
        .ok_or_else(|| PidFileError::Invalid(text.to_owned(), path.to_owned()))
}

fn own_pid() -> i32 {
    nix::unistd::getpid().as_raw()
}

/// What `/proc` says about a process.
#[derive(Debug)]
struct Process {
    comm: String,
    command_line: String,
    executable: Option<String>,
    /// Seconds since 1970.
    started: i64,
}

impl Process {
    /// None when it does not exist (or has ended and only waits to be collected).
    fn find(pid: i32) -> Option<Self> {
        let dir = PathBuf::from(format!("/proc/{pid}"));
        let stat = fs::read_to_string(dir.join("stat")).ok()?;
        // comm stands in parentheses and may hold blanks and parentheses itself.
        let (head, rest) = stat.rsplit_once(')')?;
        let comm = head.split_once('(')?.1.to_owned();
        let mut fields = rest.split_ascii_whitespace();
        if fields.next()? == "Z" {
            return None;
        }
        // Field 22 of proc(5); `fields` now stands at field 4.
        let ticks: i64 = fields.nth(22 - 4)?.parse().ok()?;
        let executable = fs::read_link(dir.join("exe")).ok();
        let executable = executable.and_then(|path| {
            let name = path.file_name()?.to_string_lossy().into_owned();
            Some(name.trim_end_matches(" (deleted)").to_owned())
        });
        let command_line = fs::read(dir.join("cmdline")).unwrap_or_default();
        Some(Self {
            comm,
            command_line: String::from_utf8_lossy(&command_line)
                .trim_end_matches('\0')
                .replace('\0', " "),
            executable,
            started: boot_time()? + ticks / ticks_per_second(),
        })
    }

    fn is_nginx(&self) -> bool {
        let ours = |name: &str| matches!(name, "nginx" | "nginx-stream-rs");
        let worker = self.command_line.starts_with("nginx: worker");
        self.command_line.starts_with(MASTER_TITLE)
            || (!worker && (ours(&self.comm) || self.executable.as_deref().is_some_and(ours)))
    }

    fn description(&self) -> String {
        if self.command_line.is_empty() {
            self.comm.clone()
        } else {
            self.command_line.chars().take(80).collect()
        }
    }
}

fn boot_time() -> Option<i64> {
    let stat = fs::read_to_string("/proc/stat").ok()?;
    let line = stat.lines().find_map(|line| line.strip_prefix("btime "))?;
    line.trim().parse().ok()
}

fn ticks_per_second() -> i64 {
    let ticks = nix::unistd::sysconf(nix::unistd::SysconfVar::CLK_TCK);
    ticks.ok().flatten().filter(|t| *t > 0).unwrap_or(100)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Child, Command};
    use std::time::{Duration, SystemTime};

    struct Sleeper(Child);

    impl Sleeper {
        fn start() -> Self {
            let sleeper = Self(Command::new("sleep").arg("600").spawn().expect("sleep"));
            // The parent may go on before the kernel has laid out the child's arguments.
            let path = format!("/proc/{}/cmdline", sleeper.0.id());
            while fs::read(&path).expect("it runs") != b"sleep\x00600\x00" {
                std::thread::yield_now();
            }
            sleeper
        }
    }

    impl Drop for Sleeper {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    fn write(path: &Path, pid: u32, age: Duration) {
        fs::write(path, format!("{pid}\n")).expect("write");
        let file = fs::File::options().write(true).open(path).expect("open");
        file.set_modified(SystemTime::now() - age).expect("mtime");
    }

    #[test]
    fn written_and_removed_by_its_owner() {
        let dir = tempfile::tempdir().expect("dir");
        let path = dir.path().join("nginx.pid");
        let file = PidFile::create(&path).expect("created");
        assert_eq!(read(&path).expect("a number"), own_pid());
        assert_eq!(
            master(&path)
                .err()
                .map(|e| e.to_string().contains("not signalled")),
            Some(true)
        );
        file.remove().expect("removed");
        assert!(!path.exists());

        let file = PidFile::create(&path).expect("created");
        fs::write(&path, "1\n").expect("somebody else's");
        file.remove().expect("nothing done");
        assert!(path.exists());
    }

    #[test]
    fn another_programs_process_is_neither_replaced_nor_signalled() {
        let dir = tempfile::tempdir().expect("dir");
        let path = dir.path().join("nginx.pid");
        let other = Sleeper::start();
        write(&path, other.0.id(), Duration::ZERO);
        let held = PidFile::create(&path).expect_err("held").to_string();
        assert!(
            held.contains("sleep 600") && held.ends_with("not overwritten"),
            "{held}"
        );
        let foreign = master(&path).expect_err("foreign").to_string();
        assert!(
            foreign.contains("is not an nginx master (sleep 600)"),
            "{foreign}"
        );
    }

    #[test]
    fn a_leftover_whose_number_was_recycled_is_replaced() {
        let dir = tempfile::tempdir().expect("dir");
        let path = dir.path().join("nginx.pid");
        let other = Sleeper::start();
        write(&path, other.0.id(), Duration::from_secs(3600));
        assert!(PidFile::create(&path).is_ok());
    }

    #[test]
    fn texts_are_nginx_own() {
        let dir = tempfile::tempdir().expect("dir");
        let path = dir.path().join("nginx.pid");
        let shown = path.display();
        let missing = master(&path).expect_err("missing").to_string();
        assert_eq!(missing, format!("open() \"{shown}\" failed"));
        for text in ["abc", "", "-1", "0", "+5"] {
            fs::write(&path, format!("{text}\r\n")).expect("write");
            let invalid = master(&path).expect_err("invalid").to_string();
            assert_eq!(
                invalid,
                format!("invalid PID number \"{text}\" in \"{shown}\"")
            );
        }
        fs::write(&path, "2147483646\n").expect("write");
        assert_eq!(master(&path).expect("kill() will tell"), 2_147_483_646);
    }
}
