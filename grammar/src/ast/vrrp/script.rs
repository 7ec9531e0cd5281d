//! Commands whose exit status is tracked.

use core::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ast::leaf::{Command, Node, Rejected, Spanned, User};
use crate::ast::vrrp::TrackWeight;

/// One `vrrp_script`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Script {
    /// Its name.
    pub name: Spanned<String>,
    /// `script`
    pub command: Option<Spanned<Command>>,
    /// `interval`
    pub interval: Option<Spanned<Duration>>,
    /// `timeout`
    pub timeout: Option<Spanned<Duration>>,
    /// `weight`
    pub weight: Option<Spanned<TrackWeight>>,
    /// `rise`
    pub rise: Option<Spanned<u32>>,
    /// `fall`
    pub fall: Option<Spanned<u32>>,
    /// `user`
    pub user: Option<Spanned<User>>,
    /// `init_fail`
    pub init_fail: bool,
    /// Keywords whose value was wrong.
    #[serde(skip)]
    pub rejected: Rejected,
}

impl Node for Script {
    fn reject(&mut self, keyword: &'static str) {
        self.rejected.0.push(keyword);
    }
}
