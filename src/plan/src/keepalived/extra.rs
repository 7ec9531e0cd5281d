//! `garp_extra_if`: interfaces that a master has addresses on without sending adverts over them.
//! Switches learn where they are from adverts elsewhere; here only an announcement tells them.
//!
//! Invariants: one address of each such interface is announced, the first; where there is none,
//! nothing is waited for.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

use grammar::Ast;
use grammar::ast::vrrp::{Defaults, GarpExtraIf, Instance};

use super::Plan;

/// Fills in what each router does.
pub(super) fn of_routers(ast: &Ast, plan: &mut Plan) {
    let defaults = &ast.vrrp.defaults;
    let instances = ast.vrrp.instances.iter().rev();
    // Of two with a name the first one runs.
    let instances: BTreeMap<&str, &Instance> = instances
        .map(|instance| (instance.name.value.as_str(), instance))
        .collect();
    let made: BTreeSet<&str> = plan.links.iter().map(|link| link.name.as_str()).collect();
    for (router, host) in plan.vrrp.routers.iter_mut().zip(&mut plan.routers) {
        let instance = instances.get(router.name.as_str());
        let Some(written) = instance.and_then(|instance| written(instance, defaults)) else {
            continue;
        };
        // Adverts of a macvlan may leave by the interface below.
        let by_base = host.link.is_some() && router.link.is_none();
        let advertising = match by_base {
            true => None,
            false => host.link.as_ref().or(host.interface.as_ref()),
        };
        let mut seen: BTreeSet<&str> = advertising.map(|name| &**name).into_iter().collect();
        let reminded = host.addresses.iter().filter(|address| {
            let name = &*address.interface;
            (written.all || made.contains(name)) && seen.insert(name)
        });
        let extra: Vec<_> = reminded.cloned().collect();
        if !extra.is_empty() {
            host.extra = extra;
            router.garp.extra = written.interval;
        }
    }
}

/// The instance's own over the one for all; none when it is off.
fn written(instance: &Instance, defaults: &Defaults) -> Option<GarpExtraIf> {
    let own = instance.garp_extra_if.map(|own| own.value);
    let global = defaults.extra_announcements.map(|all| GarpExtraIf {
        all: all.value.all,
        interval: Duration::from_secs(all.value.seconds.into()),
    });
    own.or(global).filter(|it| !it.interval.is_zero())
}
