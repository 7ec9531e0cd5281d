//! Planned routes and rules as the kernel takes them.
//!
//! Invariants: what is removed is described by the same words as what was added.

use plan::keepalived::Routing;
use sys::netlink::{Change, RoutingKey};
use wire::routing::{Route, Rule};

use super::links::Links;

/// A route or rule that the kernel has because of us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct HeldRouting {
    /// As planned.
    pub(super) spec: Routing,
    kernel: Kernel,
}

/// As given to the kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Kernel {
    Route(Box<Route<u32>>),
    Rule(Box<Rule>),
}

impl HeldRouting {
    /// Names interfaces by index.
    ///
    /// # Errors
    /// In words for people, when an interface does not exist.
    pub(super) fn of(spec: &Routing, links: &Links) -> Result<Self, String> {
        let kernel = match spec {
            Routing::Route(route) => Kernel::Route(Box::new(kernel_route(route, links)?)),
            Routing::Rule(rule) => Kernel::Rule(Box::new(rule.rule.clone())),
        };
        Ok(Self {
            spec: spec.clone(),
            kernel,
        })
    }

    pub(super) fn addition(&self) -> Change {
        match &self.kernel {
            Kernel::Route(route) => Change::AddRoute((**route).clone()),
            Kernel::Rule(rule) => Change::AddRule((**rule).clone()),
        }
    }

    pub(super) fn removal(&self) -> Change {
        match &self.kernel {
            Kernel::Route(route) => Change::RemoveRoute((**route).clone()),
            Kernel::Rule(rule) => Change::RemoveRule((**rule).clone()),
        }
    }

    pub(super) fn key(&self) -> RoutingKey {
        match &self.kernel {
            Kernel::Route(route) => RoutingKey::from(&**route),
            Kernel::Rule(rule) => RoutingKey::from(&**rule),
        }
    }
}

fn kernel_route(planned: &plan::keepalived::Route, links: &Links) -> Result<Route<u32>, String> {
    let there = |name: &str| {
        let link = links.by_name(name);
        link.ok_or_else(|| format!("interface {name} does not exist"))
    };
    let route = planned.route.clone();
    let mut route = route.with_links(|name| there(&name).map(|link| link.index))?;
    if let Some(name) = &planned.vrf {
        let table = there(name)?.vrf_table;
        route.table = table.ok_or_else(|| format!("{name} is no VRF"))?;
    }
    Ok(route)
}
