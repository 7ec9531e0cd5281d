//! The virtual routers of a configuration, of which there may be thousands.
//!
//! Invariant: a copy is shared memory until one of the two is changed.

use core::fmt::{Debug, Formatter};
use core::net::IpAddr;
use core::ops::{Deref, DerefMut};
use std::sync::Arc;

use base::{Names, Pool};

use crate::config::{Policy, Router, RouterIx};

/// As a vector of them; cheap to clone.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Routers(Arc<Vec<Router>>);

impl Routers {
    /// The same, in memory of its own; what is alike is there once. Names come from `names`.
    #[must_use]
    pub fn copied(&self, names: &mut Names) -> Self {
        let mut policies = Pool::default();
        let copy = self.iter().map(|router| {
            let mut copy = router.clone();
            copy.key.interface = names.name(&router.key.interface);
            copy.policy = policies.get(&router.policy, |it| Arc::new(Policy::clone(it)));
            copy
        });
        copy.collect()
    }

    /// The adverts of `router` come from `address`.
    pub fn set_source(&mut self, router: RouterIx, address: IpAddr) {
        let at = router.0 as usize;
        if self.get(at).is_some_and(|known| known.source != address)
            && let Some(router) = self.get_mut(at)
        {
            router.source = address;
        }
    }

    /// The same, where no source is known.
    pub fn find_source(&mut self, router: RouterIx, address: IpAddr) {
        let known = self.get(router.0 as usize);
        if known.is_some_and(|known| known.source.is_unspecified()) {
            self.set_source(router, address);
        }
    }
}

impl Debug for Routers {
    fn fmt(&self, f: &mut Formatter<'_>) -> core::fmt::Result {
        self.0.fmt(f)
    }
}

impl Deref for Routers {
    type Target = Vec<Router>;

    fn deref(&self) -> &Vec<Router> {
        &self.0
    }
}

impl DerefMut for Routers {
    fn deref_mut(&mut self) -> &mut Vec<Router> {
        Arc::make_mut(&mut self.0)
    }
}

impl From<Vec<Router>> for Routers {
    fn from(routers: Vec<Router>) -> Self {
        Self(Arc::new(routers))
    }
}

impl FromIterator<Router> for Routers {
    fn from_iter<I: IntoIterator<Item = Router>>(routers: I) -> Self {
        Vec::from_iter(routers).into()
    }
}

impl<'a> IntoIterator for &'a Routers {
    type Item = &'a Router;
    type IntoIter = core::slice::Iter<'a, Router>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'a> IntoIterator for &'a mut Routers {
    type Item = &'a mut Router;
    type IntoIter = core::slice::IterMut<'a, Router>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter_mut()
    }
}
