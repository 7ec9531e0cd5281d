//! When addresses are announced, for all instances or one.

use core::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ast::leaf::Spanned;
use crate::ast::rare::absent;

/// When addresses are announced; `None` falls back to the defaults.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Garp {
    /// Second burst.
    pub delay: Option<Spanned<Duration>>,
    /// Packets per address and burst.
    pub repeat: Option<Spanned<u32>>,
    /// Period of announcements as master.
    pub refresh: Option<Spanned<Duration>>,
    /// Packets per period.
    pub refresh_repeat: Option<Spanned<u32>>,
    /// Second burst after a lower-priority master was heard.
    pub lower_prio_delay: Option<Spanned<Duration>>,
    /// Packets after a lower-priority master was heard.
    pub lower_prio_repeat: Option<Spanned<u32>>,
}

/// `garp_extra_if`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GarpExtraIf {
    /// `all`: on every interface between.
    pub all: bool,
    /// Time between announcements; zero turns them off.
    pub interval: Duration,
}

absent!(Garp);
