//! Values that many things have: one copy of each.

use std::collections::BTreeSet;
use std::sync::Arc;

/// The copies that there are.
#[derive(Clone, Debug)]
pub struct Pool<T: ?Sized>(BTreeSet<Arc<T>>);

/// Names of interfaces and the like.
pub type Names = Pool<str>;

impl<T: ?Sized + Ord> Default for Pool<T> {
    fn default() -> Self {
        Self(BTreeSet::new())
    }
}

impl<T: ?Sized + Ord> Pool<T> {
    /// The one copy of `value`; the first is made by `copy`.
    pub fn get(&mut self, value: &T, copy: impl FnOnce(&T) -> Arc<T>) -> Arc<T> {
        if let Some(known) = self.0.get(value) {
            return Arc::clone(known);
        }
        let first = copy(value);
        self.0.insert(Arc::clone(&first));
        first
    }
}

impl Names {
    /// The one copy of `name`.
    pub fn name(&mut self, name: &str) -> Arc<str> {
        self.get(name, |it| it.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_there_once() {
        let mut names = Names::default();
        let [first, other, again] = ["ens34", "ens35", "ens34"].map(|name| names.name(name));
        assert!(Arc::ptr_eq(&first, &again) && !Arc::ptr_eq(&first, &other));
        assert_eq!(&*again, "ens34");
    }
}
