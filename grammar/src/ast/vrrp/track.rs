//! What instances and groups track besides scripts: `track_file`, `vrrp_track_process`; and the
//! lines by which they refer to it.
//!
//! Invariants: a weight is within what its object takes; the object that a line names may not exist.

use core::time::Duration;

use base::Weight;
use serde::{Deserialize, Serialize};

use crate::ast::leaf::{Node, Rejected, Spanned};

/// A weight with its direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackWeight {
    /// The weight.
    pub weight: Weight,
    /// `reverse` or `noreverse`, when written.
    pub reverse: Option<bool>,
}

/// One entry of `track_script` and its kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackLine {
    /// What is tracked.
    pub name: Spanned<String>,
    /// `weight`
    pub weight: Option<TrackWeight>,
}

/// One `track_file`, also spelt `vrrp_track_file`: a number in a file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TrackFile {
    /// Its name.
    pub name: Spanned<String>,
    /// `file`: its path. Never none when it was read from text.
    pub file: Option<Spanned<String>>,
    /// `weight`: what the number is multiplied by.
    pub weight: Option<Spanned<TrackWeight>>,
    /// `init_file`: the file is made at start.
    pub init: Option<Spanned<InitFile>>,
    /// Keywords whose value was wrong.
    #[serde(skip)]
    pub rejected: Rejected,
}

/// `init_file`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct InitFile {
    /// The number to write; 0 unless written.
    pub value: Option<i32>,
    /// `overwrite`: also when the file is there already.
    pub overwrite: bool,
}

/// `param_match`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ParamMatch {
    /// No word: all parameters must be equal.
    Exact,
    /// `initial`: the process may have more parameters.
    Initial,
    /// `partial`: the last parameter may go on.
    Partial,
}

/// One `vrrp_track_process`: how many processes run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TrackProcess {
    /// Its name.
    pub name: Spanned<String>,
    /// `process`: program and parameters. Never none when it was read from text.
    pub process: Option<Spanned<Vec<String>>>,
    /// `param_match`
    pub param_match: Option<Spanned<ParamMatch>>,
    /// `weight`
    pub weight: Option<Spanned<TrackWeight>>,
    /// `quorum`: at least so many, 1 to 65535.
    pub quorum: Option<Spanned<u16>>,
    /// `quorum_max`: at most so many, not below the quorum.
    pub quorum_max: Option<Spanned<u16>>,
    /// `terminate_delay` or `delay`: before a loss is acted on.
    pub terminate_delay: Option<Spanned<Duration>>,
    /// `fork_delay` or `delay`: before a gain is acted on.
    pub fork_delay: Option<Spanned<Duration>>,
    /// `full_command`: compare the whole command line.
    pub full_command: bool,
    /// Keywords whose value was wrong.
    #[serde(skip)]
    pub rejected: Rejected,
}

impl Node for TrackFile {
    fn reject(&mut self, keyword: &'static str) {
        self.rejected.0.push(keyword);
    }
}

impl Node for TrackProcess {
    fn reject(&mut self, keyword: &'static str) {
        self.rejected.0.push(keyword);
    }
}
