//! `vrrp_instance` blocks to virtual routers.
//!
//! Invariants: every router in a plan can run: it has a VRID, an interface or peers, and settings
//! that fit each other; what does not fit was reported and changed as the original changes it. An
//! instance that cannot run is left out, alone.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use base::{Family, Priority, VrId};
use grammar::ast::vrrp::{Defaults, InitialState, Instance};
use grammar::{Ast, Diagnostic, SourceMap, Span};
use vrrp::config::{Policy, Router, RouterKey, Transport};

use super::address;
use super::buffer;
use super::clash::{Taken, Talk};
use super::command::Commands;
use super::firewall::is_closed;
use super::group::{Groups, TrackGroups};
use super::held::HeldFor;
use super::made::Made;
use super::mail;
use super::name::Naming;
use super::notify::notify;
use super::object::Objects;
use super::script::ByName;
use super::timing;
use super::vmac::Vmacs;
use super::watch::Watched;
use super::{Address, Listed, Manner, RouterHost, Routing, Told};
use crate::Facts;
use crate::facts::Interface;

/// What all instances share.
pub(super) struct Routers<'a> {
    pub(super) naming: &'a Naming<'a>,
    pub(super) ast: &'a Ast,
    pub(super) sources: &'a SourceMap,
    pub(super) facts: &'a dyn Facts,
    pub(super) scripts: &'a ByName,
    pub(super) problems: &'a mut Vec<Diagnostic>,
    names: BTreeMap<&'a str, Span>,
    taken: Taken<'a>,
    pub(super) interfaces: BTreeMap<String, Option<Rc<Interface>>>,
    pub(super) known_interfaces: Option<String>,
    /// The addresses of all instances.
    pub(super) virtual_ones: BTreeSet<IpAddr>,
    /// Names of macvlans and ipvlans, the instance that makes each, and where.
    pub(super) links: BTreeMap<&'a str, (&'a str, Span)>,
    pub(super) vmacs: Vmacs<'a>,
    pub(super) made: Made,
    pub(super) objects: Objects<'a>,
    pub(super) groups: Groups<'a>,
    pub(super) track_groups: TrackGroups<'a>,
    pub(super) watched: Watched<'a>,
    pub(super) held_for: HeldFor,
}

/// How adverts travel, where they come from, and why they cannot.
struct Way {
    transport: Transport,
    source: Option<IpAddr>,
    /// The source, if it is written and not the interface's to choose.
    written: Option<IpAddr>,
    fault: Option<String>,
}

impl<'a> Routers<'a> {
    pub(super) fn new(
        naming: &'a Naming<'a>,
        facts: &'a dyn Facts,
        scripts: &'a ByName,
        problems: &'a mut Vec<Diagnostic>,
    ) -> Self {
        Self {
            objects: Objects::new(naming, scripts, problems),
            groups: Groups::new(naming, problems),
            track_groups: TrackGroups::new(naming, problems),
            naming,
            ast: naming.ast,
            sources: naming.sources,
            facts,
            scripts,
            problems,
            names: BTreeMap::new(),
            taken: Taken::default(),
            interfaces: BTreeMap::new(),
            known_interfaces: None,
            virtual_ones: virtual_ones(naming.ast),
            watched: Watched::new(
                &naming.ast.vrrp.track_files,
                &naming.ast.vrrp.track_processes,
            ),
            held_for: HeldFor::new(),
            links: BTreeMap::new(),
            vmacs: Vmacs::default(),
            made: Made::default(),
        }
    }

    pub(super) fn error(&mut self, code: &'static str, message: String, at: Span) {
        self.problems.push(Diagnostic::error(code, message).at(at));
    }

    /// Plans one instance; none when it cannot run.
    pub(super) fn router(
        &mut self,
        instance: &'a Instance,
        commands: &mut Commands<'_>,
    ) -> Option<(Router, RouterHost)> {
        let name = &instance.name;
        if !self.is_new(instance) {
            return None;
        }
        let vrid = self.vrid(instance)?;
        let family = self.family(instance);
        let version = self.version(instance, family);
        let strict = self.strict(instance);
        let vrf = self.vrf_of(instance);
        let interface = self.own_interface(instance, family)?;
        let found = interface.as_ref().and_then(|it| self.interface(it));
        let addresses = address::Planner::new(self, instance, family).addresses(found.as_deref());
        self.vips(instance, version, addresses.advertised.is_empty())?;
        self.first_address(instance, addresses.advertised.first());
        self.strict_unicast(instance, strict, found.as_deref())?;
        let auth = self.auth(instance, version, family)?;
        let routing = self.routes(&instance.routes, interface.as_deref());
        let way = self.way(instance, family, found.as_deref(), &addresses.all);
        let talk = Talk {
            name: &name.value,
            span: instance.vrid.map_or(name.span, |vrid| vrid.span),
            vrid,
            family,
            interface: interface.as_ref().and(written_interface(instance)),
            source: way.source,
            transport: &way.transport,
        };
        let key = self.key(instance, &talk)?;
        let (priority, owner_waits) = priority(instance);
        let tracks = self.tracked(instance, priority);
        let election = timing::election(self.problems, instance, priority, strict);
        self.owner(instance, priority, strict);
        let defaults = &self.ast.vrrp.defaults;
        let switches = self.switches(instance, priority, &way.transport);
        let mut router = Router {
            name: name.value.clone(),
            key,
            link: None,
            priority,
            source: way.source.unwrap_or(unspecified(family)),
            addresses: addresses.advertised,
            policy: Policy {
                version,
                initial_backup: owner_waits,
                advert_interval: timing::advert_interval(self.problems, instance, version),
                preempt: election.preempt,
                preempt_delay: election.preempt_delay,
                down_timer_adverts: down_timer_adverts(instance, defaults),
                auth,
                vrf,
                transport: way.transport,
                garp: timing::garp(&instance.garp, defaults),
                lower_prio_no_advert: switches.lower_prio_no_advert,
                higher_prio_send_advert: switches.higher_prio_send_advert,
                skip_check_adv_addr: switches.skip_check_adv_addr,
                check_unicast_src: switches.check_unicast_src,
                owner_ignores_adverts: switches.owner_ignores_adverts,
                checksum: switches.checksum,
                timer_expired_backup: election.timer_expired_backup,
                compat_timing: defaults.compat_timing.unwrap_or(false),
                bfd_master_down: defaults.bfd_master_down.unwrap_or(false),
                ignores_link: instance.dont_track_primary,
                start_fault: self.shared_vmac(instance, vrid, family).or(way.fault),
                track_scripts: tracks.scripts,
                tracks: tracks.objects,
            }
            .into(),
        };
        if let Some(strict) = strict {
            self.strict_router(instance, strict, &mut router);
        }
        let mut host = self.host(instance, interface, addresses.all, routing, way.written);
        host.notify = notify(&instance.notify, &instance.name, commands, self.problems);
        let mtu = found.as_deref().map(|interface| interface.mtu);
        host.receive_buffer = buffer::of_router(instance, &self.ast.vrrp.defaults, &router, mtu);
        host.listed = Listed::of(&router);
        host.closed = is_closed(instance, priority, version, strict.is_some());
        let unicast = matches!(router.transport, Transport::Unicast { .. });
        router.link = self.links_of(instance, (vrid, family), unicast, &mut host);
        Some((router, host))
    }

    /// What the performer needs; it has no commands yet.
    fn host(
        &self,
        instance: &Instance,
        interface: Option<String>,
        addresses: Vec<Address>,
        routing: Vec<Routing>,
        source: Option<IpAddr>,
    ) -> RouterHost {
        RouterHost {
            interface: interface.map(Arc::from),
            addresses: addresses.into_iter().map(Arc::new).collect(),
            source,
            manner: Arc::new(Manner {
                routing,
                promote_secondaries: promotes(instance),
                told: self.told(instance),
                strict: self.strict(instance).is_some(),
                tracks_source: instance.track_src_ip,
                debug: instance.debug.map_or(0, |level| level.value),
                written_buffer: instance.kernel_rx_buf_size.map(|size| size.value),
                ..Manner::default()
            }),
        }
    }

    fn way(
        &mut self,
        instance: &'a Instance,
        family: Family,
        found: Option<&Interface>,
        addresses: &[Address],
    ) -> Way {
        let (transport, no_peers) = self.transport(instance, family);
        let held: BTreeSet<IpAddr> = addresses.iter().map(|held| held.address).collect();
        let written = self.written_source(instance, family);
        // On an ipvlan they come from its address, not from one of the interface below.
        let below = found.filter(|_| instance.use_ipvlan.is_none());
        let source = written.or_else(|| self.chosen_source(family, below?, &held));
        let cannot_send = self.cannot_send(instance, found, &transport);
        let no_link = self.link(instance, family, found, self.strict(instance));
        Way {
            transport,
            source,
            written,
            fault: no_peers.or(cannot_send).or(no_link),
        }
    }

    /// Of priorities its own word counts, then its group's, then the one for all.
    fn told(&self, instance: &Instance) -> Told {
        let group = self.groups.of(&instance.name);
        let priorities = instance
            .notify_priority_changes
            .or(group.and_then(|group| group.notify_priority_changes))
            .or(self.ast.process.fifos.priority_changes);
        Told {
            deletion: instance.notify.deleted_alone || instance.notify.deleted.is_some(),
            priorities: priorities.unwrap_or(false),
            mails: mail::of_vrrp(instance.smtp_alert, &self.ast.process.mail),
        }
    }

    /// Whether its name is free.
    fn is_new(&mut self, instance: &'a Instance) -> bool {
        let name = &instance.name;
        let Some(&first) = self.names.get(name.value.as_str()) else {
            self.names.insert(&name.value, name.span);
            return true;
        };
        let message = format!("vrrp instance {name} already defined");
        let problem = Diagnostic::error("duplicate-name", message);
        let problem = problem.label(name.span, "this one is left out");
        let problem = problem.label(first, "this one runs");
        self.problems.push(problem.help("give it another name"));
        false
    }

    fn key(&mut self, instance: &Instance, talk: &Talk<'a, '_>) -> Option<RouterKey> {
        if let Err(clash) = self.taken.take(talk) {
            self.problems.push(*clash);
            return None;
        }
        let written_source = instance.unicast_src_ip.map(|source| source.value);
        Some(self.taken.key(talk, written_source))
    }

    fn vrid(&mut self, instance: &Instance) -> Option<VrId> {
        if instance.vrid.is_none() && !instance.rejected.contains("virtual_router_id") {
            let name = &instance.name;
            let message = format!("({name}) the virtual router id must be set");
            let problem = Diagnostic::error("no-vrid", message).at(name.span);
            let help = "add `virtual_router_id 1..255`, the same on every node, unique on the link";
            self.problems.push(problem.help(help));
        }
        instance.vrid.map(|vrid| vrid.value)
    }
}

/// Every address of every instance.
fn virtual_ones(ast: &Ast) -> BTreeSet<IpAddr> {
    let all = ast.vrrp.instances.iter();
    let lines = all.flat_map(|it| it.addresses.iter().chain(&it.excluded));
    lines.map(|line| line.prefix.address).collect()
}

fn down_timer_adverts(instance: &Instance, defaults: &Defaults) -> u8 {
    let written = instance.down_timer_adverts.or(defaults.down_timer_adverts);
    written.map_or(3, |count| count.value)
}

/// On a macvlan or ipvlan of its own it needs no asking, and none of it.
const fn promotes(instance: &Instance) -> bool {
    instance.promote_secondaries.is_some()
        && instance.use_vmac.is_none()
        && instance.use_ipvlan.is_none()
}

/// The interface as the configuration names it.
fn written_interface(instance: &Instance) -> Option<&str> {
    let interface = instance.interface.as_ref();
    interface.map(|interface| interface.value.as_str())
}

const fn unspecified(family: Family) -> IpAddr {
    match family {
        Family::V4 => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        Family::V6 => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    }
}

/// Base priority, and whether an owner was told to start as backup. `state MASTER` without a
/// priority makes an owner (`keepalived.conf(5)` vrrp_instance).
pub(super) fn priority(instance: &Instance) -> (Priority, bool) {
    let state = instance.state.map(|state| state.value);
    let default = match state {
        Some(InitialState::Master) if !instance.rejected.contains("priority") => Priority::OWNER,
        _ => Priority(100),
    };
    let waits = state == Some(InitialState::Backup) || instance.rejected.contains("state");
    (
        instance.priority.map_or(default, |priority| priority.value),
        waits,
    )
}
