//! Lines of `virtual_routes`, `virtual_rules`, `static_routes` and `static_rules`.
//!
//! Invariants: names of tables, protocols, scopes and the like are looked up, names of links are not;
//! two lines that mean the same to the kernel are equal, so that a reload leaves what they made alone.

use core::fmt;

use serde::{Deserialize, Serialize};
use wire::routing;

/// One of the lines.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Routing {
    /// A route.
    Route(Box<Route>),
    /// A rule.
    Rule(Box<Rule>),
}

/// A route, and what the kernel does not know of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Route {
    /// What the kernel knows.
    #[serde(flatten)]
    pub route: routing::Route<String>,
    /// `vrf`: the table of that interface instead.
    pub vrf: Option<String>,
    /// Its removal by somebody else is acted on.
    pub track: bool,
}

/// A rule, and what the kernel does not know of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Rule {
    /// What the kernel knows.
    #[serde(flatten)]
    pub rule: routing::Rule,
    /// Its removal by somebody else is acted on.
    pub track: bool,
}

impl Routing {
    /// Whether its removal by somebody else is acted on.
    #[must_use]
    pub const fn is_tracked(&self) -> bool {
        match self {
            Self::Route(route) => route.track,
            Self::Rule(rule) => rule.track,
        }
    }
}

impl fmt::Display for Routing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Route(route) => write!(f, "route {route}"),
            Self::Rule(rule) => write!(f, "rule {}", rule.rule),
        }
    }
}

impl fmt::Display for Route {
    /// As `ip route` shows it, as far as it takes to find it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// Routing table `main`.
        const MAIN: u32 = 254;
        let route = &self.route;
        match route.destination {
            (address, 0) if address.is_unspecified() => f.write_str("default")?,
            (address, length) => write!(f, "{address}/{length}")?,
        }
        for hop in &route.hops {
            if route.hops.len() > 1 {
                f.write_str(" nexthop")?;
            }
            if let Some(via) = hop.via {
                write!(f, " via {via}")?;
            }
            if let Some(interface) = &hop.link {
                write!(f, " dev {interface}")?;
            }
        }
        match &self.vrf {
            Some(vrf) => write!(f, " vrf {vrf}"),
            None if route.table != MAIN => write!(f, " table {}", route.table),
            None => Ok(()),
        }
    }
}
