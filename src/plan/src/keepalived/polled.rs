//! `linkbeat_interfaces` and `linkbeat_use_polling`: interfaces whose driver is asked for the state
//! of the link.
//!
//! Invariants: each stands once; links that are made for addresses are not among them, netlink is
//! right about those. Deliberately unknown here: which ways a driver answers.

use std::collections::{BTreeMap, BTreeSet};

use grammar::Ast;
use grammar::ast::global::Linkbeat;

use super::{Plan, Watch};

/// An interface that is polled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Polled {
    /// Its name.
    pub interface: String,
    /// How, if that works.
    pub method: Option<Linkbeat>,
}

/// All of them, for a plan whose routers, links and watches are known.
pub(super) fn polled(ast: &Ast, plan: &Plan) -> Vec<Polled> {
    let links = &ast.process.links;
    let mut all: BTreeMap<&str, Option<Linkbeat>> = BTreeMap::new();
    for polled in &links.polled {
        all.entry(polled.interface.value.as_str())
            .or_insert(polled.method);
    }
    for instance in &ast.vrrp.instances {
        if let Some(interface) = &instance.interface
            && instance.linkbeat_use_polling
        {
            all.entry(interface.value.as_str()).or_insert(None);
        }
    }
    if links.use_polling {
        let hosts = &plan.routers;
        let own = hosts.iter().filter_map(|host| host.interface.as_deref());
        let addresses = hosts.iter().flat_map(|host| &host.addresses);
        let of_addresses = addresses.map(|address| &*address.interface);
        let tracked = plan.watches.iter().filter_map(|watch| match watch {
            Watch::Interface { name } => Some(name.as_str()),
            _ => None,
        });
        for name in own.chain(of_addresses).chain(tracked) {
            all.entry(name).or_insert(None);
        }
    }
    let made: BTreeSet<&str> = plan.links.iter().map(|link| link.name.as_str()).collect();
    let all = all.into_iter().filter(|(name, _)| !made.contains(name));
    all.map(|(interface, method)| Polled {
        interface: interface.to_owned(),
        method,
    })
    .collect()
}
