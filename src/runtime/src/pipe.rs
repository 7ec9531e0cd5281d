//! Notify FIFOs: one line for each change, and the programs that read them.
//!
//! Invariants: a write never waits, a full pipe loses lines and that is said once; what is no
//! FIFO is left alone, and so is what a symlink points at; a FIFO is removed at the end only if it
//! was made here. Nobody needs to read: lines wait in the pipe while it is open here.
//! Deliberately unknown here: what the lines say.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::path::Path;

use nix::libc;
use nix::sys::stat::Mode;
use plan::keepalived::Pipe;
use sys::process::Ended;
use tracing::{error, info, warn};

use crate::keepalived::notify::program;

/// The open pipes of one process.
#[derive(Debug, Default)]
pub(crate) struct Pipes {
    open: Vec<Open>,
}

#[derive(Debug)]
struct Open {
    spec: Pipe,
    file: File,
    /// Made here.
    made: bool,
    /// Lines are being lost.
    full: bool,
    reader: Option<i32>,
}

impl Pipes {
    /// Opens `wanted` in the place of what is open now: a reader sees the end of the file, and
    /// another one is started. What cannot be opened is reported and left out.
    pub(crate) fn replace<'a>(&mut self, wanted: impl Iterator<Item = &'a Pipe>) {
        let wanted: Vec<&Pipe> = wanted.collect();
        let mut made = Vec::new();
        for open in std::mem::take(&mut self.open) {
            open.end_reader();
            let stays = wanted.iter().any(|pipe| pipe.path == open.spec.path);
            if open.made && stays {
                made.push(open.spec.path);
            } else {
                open.remove();
            }
        }
        for pipe in wanted {
            match open(pipe) {
                Ok((file, new)) => self.open.push(Open {
                    made: new || made.contains(&pipe.path),
                    reader: start_reader(pipe),
                    spec: pipe.clone(),
                    file,
                    full: false,
                }),
                Err(error) => error!("cannot use notify FIFO {}: {error}", pipe.path.display()),
            }
        }
    }

    /// Writes one line, which ends with a newline, to every pipe.
    pub(crate) fn write(&mut self, line: &str) {
        for open in &mut self.open {
            match open.file.write(line.as_bytes()) {
                Ok(_) => open.full = false,
                Err(error) if open.full => {
                    tracing::debug!("notify FIFO: a line is lost: {error}");
                }
                Err(error) => {
                    open.full = true;
                    let path = open.spec.path.display();
                    if error.kind() == io::ErrorKind::WouldBlock {
                        warn!("notify FIFO {path} is full: lines are lost until it is read");
                    } else {
                        warn!("cannot write to notify FIFO {path}, lines are lost: {error}");
                    }
                }
            }
        }
    }

    /// A process has ended; true if it was a reader.
    pub(crate) fn ended(&mut self, pid: i32, ended: Ended) -> bool {
        let reader = |open: &&mut Open| open.reader == Some(pid);
        let Some(open) = self.open.iter_mut().find(reader) else {
            return false;
        };
        open.reader = None;
        let path = open.spec.path.display();
        match ended {
            Ended::Exited(status) => {
                info!("notify FIFO {path}: its script exited with status {status}");
            }
            Ended::Signaled(number) => {
                let what = sys::signal::describe(number);
                info!("notify FIFO {path}: its script was ended by signal {number} ({what})");
            }
        }
        true
    }

    /// Ends the readers and takes away what was made here.
    pub(crate) fn close(&mut self) {
        self.replace(std::iter::empty());
    }
}

impl Open {
    fn end_reader(&self) {
        if let Some(pid) = self.reader {
            // It leads a group of its own. Who has ended already is no error.
            let _ = sys::signal::send(-pid, libc::SIGTERM);
        }
    }

    fn remove(self) {
        if self.made
            && let Err(error) = std::fs::remove_file(&self.spec.path)
        {
            let path = self.spec.path.display();
            warn!("cannot remove notify FIFO {path}: {error}");
        }
    }
}

/// Opens the FIFO, making it where there is none; true if it was made.
fn open(pipe: &Pipe) -> io::Result<(File, bool)> {
    // The process's file creation mask has its say, and by default leaves it to the owner.
    let mode = Mode::from_bits_truncate(0o644);
    let made = match nix::unistd::mkfifo(&pipe.path, mode) {
        Ok(()) => true,
        Err(nix::errno::Errno::EEXIST) => false,
        Err(error) => return Err(error.into()),
    };
    let opened = open_fifo(&pipe.path, pipe.owner.filter(|_| made));
    if opened.is_err() && made {
        let _ = std::fs::remove_file(&pipe.path);
    }
    Ok((opened?, made))
}

fn open_fifo(path: &Path, owner: Option<(u32, u32)>) -> io::Result<File> {
    // Opening something else than a FIFO may do something, so look before as well as after.
    let refused = || io::Error::other("it is there, and it is no FIFO");
    if !path.symlink_metadata()?.file_type().is_fifo() {
        return Err(refused());
    }
    // Open for reading, too: no write fails for want of a reader.
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .custom_flags(libc::O_NONBLOCK | libc::O_NOFOLLOW)
        .open(path)?;
    if !file.metadata()?.file_type().is_fifo() {
        return Err(refused());
    }
    if let Some((uid, gid)) = owner {
        std::os::unix::fs::fchown(&file, Some(uid), Some(gid))?;
    }
    Ok(file)
}

fn start_reader(pipe: &Pipe) -> Option<i32> {
    let mut program = program(pipe.reader.as_ref()?);
    program.argv.push(pipe.path.to_string_lossy().into_owned());
    match sys::exec::spawn(&program) {
        Ok(pid) => Some(pid),
        Err(error) => {
            let script = program.path.display();
            error!("cannot run notify FIFO script {script}: {error}");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;
    use std::os::unix::fs::PermissionsExt as _;

    fn pipe(path: &Path) -> Pipe {
        Pipe {
            path: path.to_owned(),
            owner: None,
            reader: None,
        }
    }

    fn opened(pipe: &Pipe) -> Pipes {
        let mut pipes = Pipes::default();
        pipes.replace(std::iter::once(pipe));
        pipes
    }

    fn reader(path: &Path) -> File {
        OpenOptions::new()
            .read(true)
            .custom_flags(libc::O_NONBLOCK)
            .open(path)
            .expect("a reader")
    }

    #[test]
    fn what_was_made_here_is_removed_and_nothing_else() {
        let dir = tempfile::tempdir().expect("dir");
        let own = dir.path().join("own");
        let mut pipes = opened(&pipe(&own));
        assert!(own.metadata().expect("made").file_type().is_fifo());
        pipes.replace(std::iter::once(&pipe(&own)));
        pipes.close();
        assert!(!own.exists(), "also after it was reopened");

        let foreign = dir.path().join("foreign");
        nix::unistd::mkfifo(&foreign, Mode::from_bits_truncate(0o640)).expect("mkfifo");
        opened(&pipe(&foreign)).close();
        let mode = foreign.metadata().expect("left").permissions().mode();
        assert_eq!(mode & 0o7777, 0o640);
    }

    #[test]
    fn files_and_symlinks_are_refused() {
        let dir = tempfile::tempdir().expect("dir");
        let (file, link) = (dir.path().join("file"), dir.path().join("link"));
        std::fs::write(&file, "precious").expect("write");
        let fifo = dir.path().join("fifo");
        nix::unistd::mkfifo(&fifo, Mode::from_bits_truncate(0o600)).expect("mkfifo");
        std::os::unix::fs::symlink(&fifo, &link).expect("symlink");
        for path in [&file, &link] {
            let mut pipes = opened(&pipe(path));
            assert!(pipes.open.is_empty());
            pipes.write("INSTANCE \"A\" MASTER 100\n");
            pipes.close();
        }
        assert_eq!(std::fs::read_to_string(&file).expect("read"), "precious");
        assert!(link.is_symlink());
    }

    #[test]
    fn a_full_pipe_loses_lines_and_never_blocks() {
        let dir = tempfile::tempdir().expect("dir");
        let path = dir.path().join("fifo");
        let mut pipes = opened(&pipe(&path));
        let line = format!("{}\n", "x".repeat(1023));
        for _ in 0..200 {
            pipes.write(&line);
        }
        assert!(pipes.open[0].full);
        let mut reader = reader(&path);
        let mut kept = vec![0; 300_000];
        let mut len = 0;
        while let Ok(more @ 1..) = reader.read(&mut kept[len..]) {
            len += more;
        }
        assert!((1024..200 * 1024).contains(&len), "{len}");
        assert_eq!(len % line.len(), 0, "whole lines only");
        pipes.write("next\n");
        assert!(!pipes.open[0].full);
        let more = reader.read(&mut kept).expect("the next line");
        assert_eq!(&kept[..more], b"next\n");
    }

    #[test]
    fn a_reader_is_told_where_to_read_and_ended_with_the_pipe() {
        let dir = tempfile::tempdir().expect("dir");
        let (path, out) = (dir.path().join("fifo"), dir.path().join("out"));
        let text = format!(
            "read -r line < $1; echo \"$line\" > {0}.new; mv {0}.new {0}; exec sleep 100",
            out.display()
        );
        let reader = plan::keepalived::Command {
            argv: ["sh", "-c", &text, "reader"].map(str::to_owned).into(),
            path: "/bin/sh".into(),
            uid: nix::unistd::geteuid().as_raw(),
            gid: nix::unistd::getegid().as_raw(),
            groups: Vec::new(),
        };
        let mut pipes = opened(&Pipe {
            reader: Some(reader),
            ..pipe(&path)
        });
        pipes.write("GROUP \"G\" BACKUP 0\n");
        while !out.exists() {
            std::thread::yield_now();
        }
        let line = std::fs::read_to_string(&out).expect("read");
        assert_eq!(line, "GROUP \"G\" BACKUP 0\n");
        let pid = pipes.open[0].reader.expect("it runs");
        pipes.close();
        let ended = sys::process::wait_for(pid);
        assert_eq!(ended, Ended::Signaled(libc::SIGTERM));
        assert!(!pipes.ended(pid, ended), "nobody waits for it any more");
    }
}
