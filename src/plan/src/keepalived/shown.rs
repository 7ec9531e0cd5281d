//! What only dumps show of a configuration.

use core::time::Duration;

use base::Weight;
use grammar::ast::vrrp as ast;
use vrrp::config::Router;

use super::script::Tracked;

/// A weight as the block of a tracked object names it; who tracks the object may name another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weighing {
    /// `weight`
    pub weight: Weight,
    /// `reverse`
    pub reverse: bool,
}

impl Weighing {
    /// Nothing is written.
    pub(super) const NONE: Self = Self {
        weight: Weight(0),
        reverse: false,
    };
}

/// What a `vrrp_script` says besides its schedule and its command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScriptShown {
    /// `weight`
    pub weight: Weighing,
    /// `timeout`; without one it is the interval.
    pub timeout: Option<Duration>,
    /// Somebody other than root can change what root runs.
    pub insecure: bool,
}

impl ScriptShown {
    pub(super) fn of(script: &ast::Script, tracked: Tracked, insecure: bool) -> Self {
        Self {
            weight: Weighing {
                weight: tracked.weight,
                reverse: tracked.reverse,
            },
            timeout: script.timeout.map(|time| time.value),
            insecure,
        }
    }
}

/// How much of what a router tracks stands in its own block. What goes with its addresses and
/// routes comes after that, what its sync group tracks comes last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listed {
    /// Of `track_scripts`.
    pub scripts: usize,
    /// Of `tracks`.
    pub objects: usize,
    /// Of `tracks`, together with what goes with its addresses and routes.
    pub needed: usize,
}

impl Listed {
    /// Of a router that tracks nothing else yet.
    pub(super) fn of(router: &Router) -> Self {
        let objects = router.tracks.len();
        Self {
            scripts: router.track_scripts.len(),
            objects,
            needed: objects,
        }
    }
}
