//! A set for values that mostly come in ascending order, as addresses in a file do.
//!
//! Invariants: the same answers as a `BTreeSet`; a value above all others costs one comparison.

use std::collections::BTreeSet;

/// See the module.
#[derive(Clone, Debug)]
pub(super) struct Rising<T> {
    /// Strictly ascending.
    run: Vec<T>,
    /// What came too late for that.
    others: BTreeSet<T>,
}

impl<T: Ord> Rising<T> {
    /// Nothing yet, with room for so many.
    pub(super) fn with_capacity(count: usize) -> Self {
        Self {
            run: Vec::with_capacity(count),
            others: BTreeSet::new(),
        }
    }

    /// Puts in a value; whether it was not there.
    pub(super) fn insert(&mut self, value: T) -> bool {
        // All others are below the last one, too.
        if self.run.last().is_none_or(|last| *last < value) {
            self.run.push(value);
            return true;
        }
        self.run.binary_search(&value).is_err() && self.others.insert(value)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(property::config(256))]

        #[test]
        fn it_is_a_set(values in prop::collection::vec(0..40_u8, 0..60)) {
            let (mut rising, mut set) = (Rising::with_capacity(0), BTreeSet::new());
            for value in values {
                prop_assert_eq!(rising.insert(value), set.insert(value));
            }
        }
    }
}
