//! Where configuration text comes from: the file system, a test, or a recording of either.
//!
//! Invariants: everything a parser learns about the host comes through [`Loader`], so a
//! [`Recording`] of one parse lets every process of a daemon parse the very same thing.
//! Deliberately unknown here: which files matter, what is an error (each language decides).

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// Largest file read, in bytes.
pub const MAX_FILE: u64 = 256 << 20;

/// What a path turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FileKind {
    /// A regular file nobody may execute.
    Regular,
    /// A regular file somebody may execute.
    Executable,
    /// A directory; never read.
    Directory,
    /// Device, pipe or socket; read only by a loader that was told to.
    Special,
}

/// A file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loaded {
    /// What it is.
    pub kind: FileKind,
    /// Content; empty if it was not read.
    #[serde(with = "bytes")]
    pub bytes: Vec<u8>,
}

impl Loaded {
    /// The content with everything that is not UTF-8 replaced, and whether that was necessary.
    #[must_use]
    pub fn into_text(self) -> (String, bool) {
        match String::from_utf8(self.bytes) {
            Ok(text) => (text, false),
            Err(error) => {
                let text = String::from_utf8_lossy(error.as_bytes());
                (text.into_owned(), true)
            }
        }
    }
}

/// Why something could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{text}")]
pub struct LoadError {
    /// The system's error number; 0 when the reason is ours (a limit).
    pub errno: i32,
    /// strerror's text, without a number.
    pub text: String,
}

impl LoadError {
    /// "No such file or directory".
    #[must_use]
    pub fn not_found() -> Self {
        Self::from(std::io::Error::from_raw_os_error(2))
    }
}

impl From<std::io::Error> for LoadError {
    fn from(error: std::io::Error) -> Self {
        let text = error.to_string();
        let text = text.split(" (os error").next().unwrap_or("").to_owned();
        Self {
            errno: error.raw_os_error().unwrap_or(0),
            text,
        }
    }
}

/// Answers a parser's questions about the host.
pub trait Loader {
    /// Reads a file.
    ///
    /// # Errors
    /// When it cannot be opened or read, or exceeds [`MAX_FILE`].
    fn read(&mut self, path: &Path) -> Result<Loaded, LoadError>;

    /// Paths that match a shell pattern (`*`, `?`, `[…]`; wildcards do not match a leading dot),
    /// sorted. Brace alternatives are the caller's affair. No match is an empty list.
    ///
    /// # Errors
    /// When the pattern is malformed or a directory cannot be read.
    fn glob(&mut self, pattern: &str) -> Result<Vec<PathBuf>, LoadError>;

    /// An environment variable.
    fn env(&mut self, name: &str) -> Option<String>;
}

/// The file system and environment of this process.
#[derive(Clone, Debug, Default)]
pub struct FsLoader {
    /// Read devices and pipes too (nginx does, keepalived refuses them).
    pub specials: bool,
}

impl Loader for FsLoader {
    fn read(&mut self, path: &Path) -> Result<Loaded, LoadError> {
        use std::os::unix::fs::PermissionsExt as _;
        let found = std::fs::metadata(path)?;
        let kind = match () {
            () if found.is_dir() => FileKind::Directory,
            () if !found.is_file() => FileKind::Special,
            () if found.permissions().mode() & 0o111 != 0 => FileKind::Executable,
            () => FileKind::Regular,
        };
        // Room for all of it and for the read that finds its end; it may grow meanwhile.
        let size = usize::try_from(found.len().min(MAX_FILE)).unwrap_or(0);
        let mut bytes = Vec::with_capacity(size + 1);
        if kind != FileKind::Directory && (kind != FileKind::Special || self.specials) {
            let file = std::fs::File::open(path)?;
            file.take(MAX_FILE + 1).read_to_end(&mut bytes)?;
        }
        if bytes.len() as u64 > MAX_FILE {
            return Err(LoadError {
                errno: 0,
                text: format!("larger than {} MiB", MAX_FILE >> 20),
            });
        }
        Ok(Loaded { kind, bytes })
    }

    fn glob(&mut self, pattern: &str) -> Result<Vec<PathBuf>, LoadError> {
        let options = glob::MatchOptions {
            case_sensitive: true,
            require_literal_separator: true,
            require_literal_leading_dot: true,
        };
        let paths = glob::glob_with(pattern, options).map_err(|error| LoadError {
            errno: 0,
            text: error.msg.to_owned(),
        })?;
        let mut paths: Vec<PathBuf> = paths.filter_map(Result::ok).collect();
        paths.sort();
        Ok(paths)
    }

    fn env(&mut self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }
}

/// Files held in memory, for tests and for text that came over a socket.
#[derive(Clone, Debug, Default)]
pub struct MemoryLoader {
    /// Path to content.
    pub files: BTreeMap<PathBuf, Loaded>,
    /// Environment.
    pub env: BTreeMap<String, String>,
}

impl MemoryLoader {
    /// Regular files with the given contents.
    #[must_use]
    pub fn new<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut loader = Self::default();
        for (path, text) in files {
            loader.insert(path, FileKind::Regular, text.as_bytes());
        }
        loader
    }

    /// Adds or replaces a file.
    pub fn insert(&mut self, path: impl Into<PathBuf>, kind: FileKind, bytes: &[u8]) {
        let bytes = bytes.to_vec();
        self.files.insert(path.into(), Loaded { kind, bytes });
    }
}

impl Loader for MemoryLoader {
    fn read(&mut self, path: &Path) -> Result<Loaded, LoadError> {
        if let Some(file) = self.files.get(path) {
            return Ok(file.clone());
        }
        let mut below = self.files.range(path.to_owned()..);
        let inside = below.next().is_some_and(|(name, _)| name.starts_with(path));
        if inside {
            let (kind, bytes) = (FileKind::Directory, Vec::new());
            return Ok(Loaded { kind, bytes });
        }
        Err(LoadError::not_found())
    }

    fn glob(&mut self, pattern: &str) -> Result<Vec<PathBuf>, LoadError> {
        let pattern = glob::Pattern::new(pattern).map_err(|error| LoadError {
            errno: 0,
            text: error.msg.to_owned(),
        })?;
        let options = glob::MatchOptions {
            case_sensitive: true,
            require_literal_separator: true,
            require_literal_leading_dot: true,
        };
        let matches = |path: &&PathBuf| pattern.matches_path_with(path, options);
        Ok(self.files.keys().filter(matches).cloned().collect())
    }

    fn env(&mut self, name: &str) -> Option<String> {
        self.env.get(name).cloned()
    }
}

/// The answers that one parse got: a bundle that other processes parse from. As a loader it
/// knows only what was asked when it was made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recording {
    files: BTreeMap<PathBuf, Result<Loaded, LoadError>>,
    globs: BTreeMap<String, Result<Vec<PathBuf>, LoadError>>,
    env: BTreeMap<String, Option<String>>,
}

impl Loader for Recording {
    fn read(&mut self, path: &Path) -> Result<Loaded, LoadError> {
        let answer = self.files.get(path).cloned();
        answer.unwrap_or_else(|| Err(LoadError::not_found()))
    }

    fn glob(&mut self, pattern: &str) -> Result<Vec<PathBuf>, LoadError> {
        self.globs.get(pattern).cloned().unwrap_or(Ok(Vec::new()))
    }

    fn env(&mut self, name: &str) -> Option<String> {
        self.env.get(name).cloned().flatten()
    }
}

/// Passes questions on and keeps the answers. A question asked twice gets the first answer.
pub struct Recorder<'a> {
    inner: &'a mut dyn Loader,
    recording: Recording,
}

impl<'a> Recorder<'a> {
    /// Records what `inner` answers.
    #[must_use]
    pub fn new(inner: &'a mut dyn Loader) -> Self {
        Self {
            inner,
            recording: Recording::default(),
        }
    }

    /// The answers so far.
    #[must_use]
    pub fn finish(self) -> Recording {
        self.recording
    }
}

impl Loader for Recorder<'_> {
    fn read(&mut self, path: &Path) -> Result<Loaded, LoadError> {
        if let Some(answer) = self.recording.files.get(path) {
            return answer.clone();
        }
        let answer = self.inner.read(path);
        self.recording.files.insert(path.to_owned(), answer.clone());
        answer
    }

    fn glob(&mut self, pattern: &str) -> Result<Vec<PathBuf>, LoadError> {
        if let Some(answer) = self.recording.globs.get(pattern) {
            return answer.clone();
        }
        let answer = self.inner.glob(pattern);
        self.recording
            .globs
            .insert(pattern.to_owned(), answer.clone());
        answer
    }

    fn env(&mut self, name: &str) -> Option<String> {
        if let Some(answer) = self.recording.env.get(name) {
            return answer.clone();
        }
        let answer = self.inner.env(name);
        self.recording.env.insert(name.to_owned(), answer.clone());
        answer
    }
}

/// Text as a string, anything else as a list of numbers: configuration stays readable and compact.
mod bytes {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    #[serde(untagged)]
    enum Form {
        Text(String),
        Bytes(Vec<u8>),
    }

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        match core::str::from_utf8(bytes) {
            Ok(text) => to.serialize_str(text),
            Err(_) => to.collect_seq(bytes),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        Ok(match Form::deserialize(from)? {
            Form::Text(text) => text.into_bytes(),
            Form::Bytes(bytes) => bytes,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_answers_as_the_original_did() {
        let mut memory = MemoryLoader::new([("/a", "x"), ("/d/1.conf", "1"), ("/d/.h.conf", "h")]);
        memory.insert("/bin", FileKind::Executable, &[0xff, 0]);
        let mut recorder = Recorder::new(&mut memory);
        let missing = recorder.read(Path::new("/missing"));
        let binary = recorder.read(Path::new("/bin"));
        let globbed = recorder.glob("/d/*.conf");
        assert_eq!(globbed, Ok(vec![PathBuf::from("/d/1.conf")]));
        assert_eq!(recorder.env("HOME"), None);

        let json = serde_json::to_string(&recorder.finish()).expect("plain data");
        let mut replay: Recording = serde_json::from_str(&json).expect("what was written");
        assert_eq!(replay.read(Path::new("/missing")), missing);
        assert_eq!(replay.read(Path::new("/bin")), binary);
        assert_eq!(replay.glob("/d/*.conf"), globbed);
    }

    #[test]
    fn the_file_system_tells_kinds_apart() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("b.conf");
        std::fs::write(&path, "text").expect("writable");
        let mut loader = FsLoader::default();
        let read = loader.read(&path).expect("readable");
        assert_eq!(
            (read.kind, &read.bytes[..]),
            (FileKind::Regular, &b"text"[..])
        );
        let found = loader
            .read(dir.path())
            .expect("a directory is not an error here");
        assert_eq!(found.kind, FileKind::Directory);
        let missing = loader.read(&dir.path().join("none")).expect_err("missing");
        assert_eq!(
            (missing.errno, &missing.text[..]),
            (2, "No such file or directory")
        );
        let pattern = format!("{}/*.conf", dir.path().display());
        assert_eq!(loader.glob(&pattern), Ok(vec![path]));
    }
}
