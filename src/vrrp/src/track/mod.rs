//! What everything tracked amounts to for one router.
//!
//! Invariants: the sum of base and weights stays within 1 to 254; an owner's priority is moved by
//! nothing; what has weight 0 forbids the election while it is bad.
//! Deliberately unknown here: how it is found out.

mod object;
mod script;

use base::Priority;

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
                let good = script.verdict.good().map(|good| good != tracked.reverse);
                scale.put(good, tracked.weight.0, || Cause::ScriptFailed {
                    script: named.name.clone(),
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

    /// Something good, bad or unknown (`None`).
    fn put(&mut self, good: Option<bool>, weight: i16, cause: impl FnOnce() -> Cause) {
        let amount = i32::from(weight);
        match good {
            None => {
                self.unheard = true;
                self.pending |= weight == 0;
            }
            Some(true) => self.sum += amount.max(0),
            Some(false) if weight == 0 => {
                self.fault.get_or_insert_with(cause);
            }
            Some(false) => self.sum += amount.min(0),
        }
    }

    /// A file's number is multiplied (keepalived.conf(5) track_file); all else is good or bad.
    fn put_object(&mut self, object: &Object, named: &config::Object, tracked: &config::Track) {
        let cause = |value| Cause::ObjectBad {
            kind: named.kind.word().to_owned(),
            name: named.name.clone(),
            value,
        };
        let Some(number) = object.number() else {
            let good = object.good().map(|good| good != tracked.reverse);
            return self.put(good, tracked.weight.0, || cause(None));
        };
        if tracked.weight.0 == 0 {
            let good = (number == 0) != tracked.reverse;
            return self.put(Some(good), 0, || cause(Some(number)));
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
