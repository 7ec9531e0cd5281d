//! Files by which others follow reloads or ask for them.

use std::path::PathBuf;

use grammar::ast::global::Files;
use serde::{Deserialize, Serialize};

/// What the parent does about reloads besides carrying them out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reloads {
    /// `reload_file`: is there, and empty, while a configuration is being read.
    pub marker: Option<Marker>,
    /// `reload_time_file`: says when to reload.
    pub time: Option<PathBuf>,
    /// `reload_repeat`: a time without a date is meant for every day.
    pub repeat: bool,
}

/// Where the marker is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Marker {
    /// `keepalived.reload`, beside the parent's pid file.
    Default,
    /// Here.
    At(PathBuf),
}

impl Reloads {
    pub(super) fn of(files: &Files) -> Self {
        let marker = files.reload.as_ref().map(|written| match &written.value {
            Some(path) => Marker::At(PathBuf::from(path)),
            None => Marker::Default,
        });
        Self {
            marker,
            time: files
                .reload_time
                .as_ref()
                .map(|path| PathBuf::from(&path.value)),
            repeat: files.reload_repeat.unwrap_or(false),
        }
    }
}
