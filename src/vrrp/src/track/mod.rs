//! What everything tracked amounts to for one router.
//!
//! Invariants: the sum of base and weights stays within 1 to 254; an owner's priority is moved by
//! nothing; what has weight 0 forbids the election while it is bad.
//! Deliberately unknown here: how it is found out.

mod object;
mod script;

use base::{Priority, Weight};

use crate::config::{self, Config, Router};
use crate::effect::Cause;

pub(crate) use object::Object;
pub(crate) use script::{Script, Verdict};

/// What everything tracked amounts to for one router.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Weighed {
    /// Effective priority.
    pub(crate) priority: Priority,
    /// What that was made of.
    pub(crate) total: i32,
    /// The first thing of weight 0 that is bad.
    pub(crate) fault: Option<Cause>,
    /// Something of weight 0 has not spoken yet.
    pub(crate) pending: bool,
    /// Something has not spoken yet, whatever its weight.
    pub(crate) unheard: bool,
}

/// The state of everything that can be tracked; indices are those of the configuration.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tracked {
    pub(crate) scripts: Vec<Script>,
    pub(crate) objects: Vec<Object>,
}

impl Tracked {
    /// Nothing has run or been read yet.
    pub(crate) fn new(config: &Config, now: base::Instant) -> Self {
        Self {
            scripts: config.scripts.iter().map(|_| Script::new(now)).collect(),
            objects: config.objects.iter().map(|_| Object::default()).collect(),
        }
    }

    /// Weighs what `router` tracks.
    pub(crate) fn weigh(&self, router: &Router, config: &Config) -> Weighed {
        let mut scale = Scale::new(router);
        for tracked in &router.track_scripts {
            let at = tracked.script.0 as usize;
            if let (Some(script), Some(named)) = (self.scripts.get(at), config.scripts.get(at)) {
                let (weight, reverse) = (tracked.weight, tracked.reverse);
                scale.put(script.verdict.good(), weight, reverse, || {
                    Cause::ScriptFailed {
                        script: named.name.clone(),
                    }
                });
            }
        }
        for tracked in &router.tracks {
            let at = tracked.object.0 as usize;
            if let (Some(object), Some(named)) = (self.objects.get(at), config.objects.get(at)) {
                scale.put_object(object, named, tracked);
            }
        }
        scale.weighed(router)
    }
}

/// Adds up.
struct Scale {
    sum: i32,
    fault: Option<Cause>,
    pending: bool,
    unheard: bool,
}

impl Scale {
    fn new(router: &Router) -> Self {
        Self {
            sum: router.priority.0.into(),
            fault: None,
            pending: false,
            unheard: false,
        }
    }

    /// Something up, down or unknown (`None`).
    fn put(
        &mut self,
        up: Option<bool>,
        weight: Weight,
        reverse: bool,
        cause: impl FnOnce() -> Cause,
    ) {
        match up {
            None => {
                self.unheard = true;
                self.pending |= weight.0 == 0;
            }
            Some(up) if weight.0 == 0 => {
                if up == reverse {
                    self.fault.get_or_insert_with(cause);
                }
            }
            Some(up) => self.sum += weight.adds(up, reverse),
        }
    }

    /// A file's number is multiplied (keepalived.conf(5) track_file); all else is good or bad.
    fn put_object(&mut self, object: &Object, named: &config::Object, tracked: &config::Track) {
        let cause = |value| Cause::ObjectBad {
            kind: named.kind,
            name: named.name.clone(),
            value,
        };
        let Some(number) = object.number() else {
            let (weight, reverse) = (tracked.weight, tracked.reverse);
            return self.put(object.good(), weight, reverse, || cause(None));
        };
        if tracked.weight.0 == 0 {
            let up = number == 0;
            return self.put(Some(up), tracked.weight, tracked.reverse, || {
                cause(Some(number))
            });
        }
        let sign = if tracked.reverse { -1 } else { 1 };
        let product = number
            .saturating_mul(tracked.weight.0.into())
            .saturating_mul(sign);
        if product <= FILE_FAULT {
            self.fault.get_or_insert_with(|| cause(Some(number)));
        } else {
            self.sum += product.min(253);
        }
    }

    fn weighed(self, router: &Router) -> Weighed {
        Weighed {
            priority: clamp(router.priority, self.sum),
            total: self.sum,
            fault: self.fault,
            pending: self.pending,
            unheard: self.unheard,
        }
    }
}

/// What a file's number times its weight must stay above.
const FILE_FAULT: i32 = -254;

/// `sum` as a priority; an owner's stays what it is.
fn clamp(base: Priority, sum: i32) -> Priority {
    if base.is_owner() {
        return base;
    }
    Priority(u8::try_from(sum.clamp(1, 254)).unwrap_or(base.0))
}
