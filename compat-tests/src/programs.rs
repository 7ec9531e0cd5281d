//! Where the subjects' programs are.

use std::path::PathBuf;

/// Whose program is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// This project's.
    Ours,
    /// Debian's package.
    Original,
}

impl Subject {
    /// Both, the original first, since it sets the measure.
    pub const BOTH: [Self; 2] = [Self::Original, Self::Ours];

    /// Word in scenario names and reports.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Original => "original",
        }
    }

    /// The VRRP daemon.
    #[must_use]
    pub fn keepalived(self) -> PathBuf {
        match self {
            Self::Ours => built("keepalived-rs"),
            Self::Original => PathBuf::from("/usr/sbin/keepalived"),
        }
    }

    /// The stream proxy.
    #[must_use]
    pub fn nginx(self) -> PathBuf {
        match self {
            Self::Ours => built("nginx-stream-rs"),
            Self::Original => PathBuf::from("/usr/sbin/nginx"),
        }
    }
}

/// What makes Debian's nginx understand `stream {}`; ours accepts the same words.
pub const LOAD_STREAM: &str = "load_module /usr/lib/nginx/modules/ngx_stream_module.so;";

/// A program of this workspace, from the same build as the running test.
///
/// # Panics
/// If it has not been built: `cargo build --workspace --bins` does.
#[must_use]
pub fn built(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a running program has a path");
    let path = test
        .ancestors()
        .find(|folder| folder.ends_with("debug") || folder.ends_with("release"))
        .map(|folder| folder.join(name))
        .expect("tests run from cargo's target folder");
    assert!(
        path.exists(),
        "{} is missing: cargo build --workspace --bins",
        path.display()
    );
    path
}

/// The project's root folder.
#[must_use]
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .canonicalize()
        .expect("it is there")
}
