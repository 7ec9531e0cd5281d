//! Files of a node whose root directory lies somewhere below this machine's.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use grammar::loader::{LoadError, Loaded};
use grammar::{FsLoader, Loader};

/// Reads absolute paths below `root`; paths that already lie there, and relative ones, as they are.
pub(crate) struct Rooted {
    pub(crate) root: Option<PathBuf>,
    environment: BTreeMap<String, String>,
    files: FsLoader,
}

impl Rooted {
    pub(crate) fn new(root: Option<PathBuf>, environment: BTreeMap<String, String>) -> Self {
        Self {
            root,
            environment,
            files: FsLoader::default(),
        }
    }

    /// Where a path of the node lies on this machine.
    pub(crate) fn here(&self, path: &Path) -> PathBuf {
        match &self.root {
            Some(root) if path.is_absolute() && !path.starts_with(root) => {
                root.join(path.strip_prefix("/").unwrap_or(path))
            }
            _ => path.to_owned(),
        }
    }
}

impl Loader for Rooted {
    fn read(&mut self, path: &Path) -> Result<Loaded, LoadError> {
        self.files.read(&self.here(path))
    }

    fn glob(&mut self, pattern: &str) -> Result<Vec<PathBuf>, LoadError> {
        let pattern = self.here(Path::new(pattern));
        self.files.glob(&pattern.to_string_lossy())
    }

    /// This machine's environment says nothing about the node's; its files may.
    fn env(&mut self, name: &str) -> Option<String> {
        self.environment.get(name).cloned()
    }
}
