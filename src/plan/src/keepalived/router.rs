//! `vrrp_instance` blocks to virtual routers.
//!
//! Invariants: every router in a plan can run: it has a VRID, an interface or peers, and settings
//! that fit each other; what does not fit was reported and changed as the original changes it. An
//! instance that cannot run is left out, alone.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use base::{Family, Priority, VrId};
use grammar::ast::leaf::Spanned;
use grammar::ast::vrrp::{AuthType, InitialState, Instance};
use grammar::{Ast, Diagnostic, SourceMap};
use vrrp::config::{Auth, Peer, Router, RouterKey, TrackScript, Transport, Version};

use super::address;
use super::script::{ByName, Commands};
use super::timing;
use super::{Command, RouterHost};
use crate::Facts;
use crate::facts::Interface;

/// What all instances share.
pub(super) struct Routers<'a> {
    pub(super) ast: &'a Ast,
    pub(super) sources: &'a SourceMap,
    pub(super) facts: &'a dyn Facts,
    pub(super) scripts: &'a ByName,
    pub(super) problems: &'a mut Vec<Diagnostic>,
    names: BTreeSet<&'a str>,
    vrids: BTreeMap<(String, Family, VrId), String>,
    interfaces: BTreeMap<String, Option<Rc<Interface>>>,
}

impl<'a> Routers<'a> {
    pub(super) fn new(
        ast: &'a Ast,
        sources: &'a SourceMap,
        facts: &'a dyn Facts,
        scripts: &'a ByName,
        problems: &'a mut Vec<Diagnostic>,
    ) -> Self {
        Self {
            ast,
            sources,
            facts,
            scripts,
            problems,
            names: BTreeSet::new(),
            vrids: BTreeMap::new(),
            interfaces: BTreeMap::new(),
        }
    }

    pub(super) fn error(&mut self, code: &'static str, message: String, at: grammar::Span) {
        self.problems.push(Diagnostic::error(code, message).at(at));
    }

    /// The interface, asked for once.
    pub(super) fn interface(&mut self, name: &str) -> Option<Rc<Interface>> {
        if let Some(known) = self.interfaces.get(name) {
            return known.clone();
        }
        let found = self.facts.interface(name).map(Rc::new);
        self.interfaces.insert(name.to_owned(), found.clone());
        found
    }

    /// Plans one instance; none when it cannot run.
    pub(super) fn router(
        &mut self,
        instance: &'a Instance,
        commands: &mut Commands<'_>,
    ) -> Option<(Router, RouterHost)> {
        let name = &instance.name;
        if !self.names.insert(&name.value) {
            let message = format!("vrrp instance {name} already defined");
            self.error("duplicate-name", message, name.span);
            return None;
        }
        let vrid = self.vrid(instance)?;
        let family = self.family(instance);
        let version = self.version(instance, family);
        let interface = self.own_interface(instance)?;
        let found = interface
            .as_ref()
            .and_then(|interface| self.interface(interface));
        let addresses = address::Planner::new(self, instance, family).addresses(found.as_deref());
        self.vips(instance, version, addresses.advertised.is_empty())?;
        let auth = self.auth(instance, version)?;
        let (transport, mut start_fault) = self.transport(instance, family);
        let held: BTreeSet<IpAddr> = addresses
            .all
            .iter()
            .map(|address| address.address)
            .collect();
        let source = self.source(instance, family, found.as_deref(), &held);
        if source.is_none() && start_fault.is_none() {
            start_fault = interface.as_ref().map(|interface| match &found {
                None => format!("interface {interface} does not exist"),
                Some(_) => format!("interface {interface} has no address to send from"),
            });
        }
        let unspecified = match family {
            Family::V4 => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            Family::V6 => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        };
        let key = self.key(instance, vrid, family, interface.as_deref(), &transport)?;
        let (priority, owner_waits) = priority(instance);
        let election = timing::election(self.problems, instance, priority);
        let defaults = &self.ast.vrrp.defaults;
        let choose = |own: Option<bool>, global: Option<bool>| own.or(global).unwrap_or(false);
        let down_timer = instance.down_timer_adverts.or(defaults.down_timer_adverts);
        let router = Router {
            name: name.value.clone(),
            key,
            version,
            priority,
            initial_backup: owner_waits,
            advert_interval: timing::advert_interval(self.problems, instance, version),
            preempt: election.preempt,
            preempt_delay: election.preempt_delay,
            down_timer_adverts: down_timer.map_or(3, |count| count.value),
            auth,
            source: source.unwrap_or(unspecified),
            transport,
            addresses: addresses.advertised,
            garp: timing::garp(&instance.garp, defaults),
            lower_prio_no_advert: choose(
                instance.lower_prio_no_advert,
                defaults.lower_prio_no_advert,
            ),
            higher_prio_send_advert: choose(
                instance.higher_prio_send_advert,
                defaults.higher_prio_send_advert,
            ),
            skip_check_adv_addr: choose(instance.skip_check_adv_addr, defaults.skip_check_adv_addr),
            check_unicast_src: choose(instance.check_unicast_src, defaults.check_unicast_src),
            start_fault,
            track_scripts: self.tracked(instance, priority),
        };
        let host = RouterHost {
            interface,
            addresses: addresses.all,
            source,
            notify: notify(instance, commands, self.problems),
        };
        Some((router, host))
    }

    fn vrid(&mut self, instance: &Instance) -> Option<VrId> {
        if instance.vrid.is_none() && !instance.rejected.contains("virtual_router_id") {
            let name = &instance.name;
            let message = format!("({name}) the virtual router id must be set");
            self.error("no-vrid", message, name.span);
        }
        instance.vrid.map(|vrid| vrid.value)
    }

    /// The family of whatever address stands first (seen in 2.2.7: a source or a peer before the
    /// virtual addresses decides).
    fn family(&self, instance: &Instance) -> Family {
        if instance.native_ipv6 {
            return Family::V6;
        }
        let peer = instance
            .unicast_peers
            .as_ref()
            .and_then(|peers| peers.first());
        let excluded = instance.excluded.first();
        let first = instance
            .addresses
            .first()
            .map(|line| (line.prefix.address, line.prefix.span));
        let candidates = [
            first,
            instance
                .mcast_src_ip
                .map(|source| (source.value, source.span)),
            instance
                .unicast_src_ip
                .map(|source| (source.value, source.span)),
            peer.map(|peer| (peer.address.value, peer.address.span)),
        ];
        let earliest = candidates
            .into_iter()
            .flatten()
            .min_by_key(|&(_, span)| self.sources.order(span));
        let address = earliest.map(|(address, _)| address);
        let address = address.or(excluded.map(|line| line.prefix.address));
        address.map_or(Family::V4, Family::of)
    }

    fn version(&self, instance: &Instance, family: Family) -> Version {
        let written = instance.version.or(self.ast.vrrp.defaults.version);
        match (written.map(|version| version.value), family) {
            (Some(3), _) | (None, Family::V6) => Version::V3,
            _ => Version::V2,
        }
    }

    /// The interface's name; `Some(None)` when unicast needs none, `None` when the instance cannot
    /// run.
    fn own_interface(&mut self, instance: &Instance) -> Option<Option<String>> {
        let name = &instance.name;
        let peers = instance.unicast_peers.as_ref();
        let Some(interface) = &instance.interface else {
            if peers.is_some_and(|peers| !peers.is_empty()) {
                return Some(None);
            }
            if !instance.rejected.contains("interface") {
                let message = format!("({name}) Unknown interface!");
                self.error("no-interface", message, name.span);
            }
            return None;
        };
        let dynamic = self.ast.vrrp.defaults.dynamic_interfaces.is_some();
        if self.interface(interface).is_none() && !dynamic {
            let message =
                format!("WARNING - interface {interface} for vrrp_instance {name} doesn't exist");
            let mut problem = Diagnostic::error("missing-interface", message);
            problem = problem.label(interface.span, self.known_interfaces());
            problem = problem.help("the instance is left out; `dynamic_interfaces` waits for it");
            self.problems.push(problem);
            return None;
        }
        Some(Some(interface.value.clone()))
    }

    fn known_interfaces(&self) -> String {
        let mut names: Vec<String> = self
            .facts
            .interfaces()
            .into_iter()
            .map(|interface| interface.name)
            .collect();
        let more = names.len().saturating_sub(10);
        names.truncate(10);
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        format!("this host has {}{more}", names.join(", "))
    }

    fn vips(&mut self, instance: &Instance, version: Version, none: bool) -> Option<()> {
        if !none || instance.no_virtual_ipaddress {
            return Some(());
        }
        let name = &instance.name;
        let required = version == Version::V3;
        if instance.rejected.contains("virtual_ipaddress") {
            if required {
                let message = format!("({name}) left out: none of its addresses is valid");
                let notice = Diagnostic::notice("no-vip", message).at(name.span);
                self.problems.push(notice);
            }
        } else {
            let need = if required { "required" } else { "sensible" };
            let message = format!("({name}) No VIP specified; at least one is {need}");
            self.error("no-vip", message, name.span);
        }
        (!required).then_some(())
    }

    fn auth(&mut self, instance: &Instance, version: Version) -> Option<Auth> {
        let Some(auth) = &instance.authentication else {
            return Some(Auth::None);
        };
        let name = &instance.name;
        if version == Version::V3 {
            let message =
                format!("({name}) VRRP version 3 does not support authentication. Ignoring.");
            self.error("auth-in-v3", message, auth.span);
            return Some(Auth::None);
        }
        match (&auth.auth_type, &auth.password) {
            (Some(kind), Some(password)) => match kind.value {
                AuthType::Pass => {
                    let mut bytes = [0; 8];
                    for (to, from) in bytes.iter_mut().zip(&password.value) {
                        *to = *from;
                    }
                    Some(Auth::Pass(bytes))
                }
                AuthType::Ah => {
                    let message = format!("({name}) left out: auth_type AH is not acted on yet");
                    let mut problem = Diagnostic::warning("not-yet", message).at(kind.span);
                    problem = problem.help("without AH it would become a second master");
                    self.problems.push(problem);
                    None
                }
            },
            (Some(_), None) => {
                if !auth.rejected {
                    let message = format!(
                        "({name}) Authentication specified but no password given. Ignoring"
                    );
                    self.error("no-password", message, auth.span);
                }
                Some(Auth::None)
            }
            (None, _) => {
                if !auth.rejected {
                    let message = format!("({name}) auth_pass without auth_type has no effect");
                    let problem = Diagnostic::warning("no-auth-type", message).at(auth.span);
                    self.problems.push(problem.help("add `auth_type PASS`"));
                }
                Some(Auth::None)
            }
        }
    }

    fn transport(&mut self, instance: &Instance, family: Family) -> (Transport, Option<String>) {
        let name = &instance.name;
        let mut peers: Vec<Peer> = Vec::new();
        let mut seen = BTreeSet::new();
        let mut reported = instance.rejected.contains("unicast_peer")
            || instance.rejected.contains("unicast_src_ip");
        for peer in instance.unicast_peers.iter().flat_map(|peers| &peers.value) {
            let address = peer.address.value;
            if Family::of(address) != family {
                let message = format!(
                    "Configuration error: VRRP instance[{name}] and unicast peer \
                     address[{address}] MUST be of the same family !!! Skipping..."
                );
                self.error("family-mismatch", message, peer.address.span);
                reported = true;
            } else if !seen.insert(address) {
                let message = format!("({name}) duplicate unicast peer {address} - ignoring");
                let problem = Diagnostic::warning("duplicate-peer", message);
                self.problems.push(problem.at(peer.address.span));
            } else {
                peers.push(Peer {
                    address,
                    min_ttl: peer.min_ttl.unwrap_or(0),
                    max_ttl: peer.max_ttl.unwrap_or(255),
                });
            }
        }
        if !peers.is_empty() {
            let ttl = instance.unicast_ttl.map_or(255, |ttl| ttl.value);
            return (Transport::Unicast { peers, ttl }, None);
        }
        let block = instance.unicast_peers.as_ref().map(|peers| peers.span);
        let keyword = block.or(instance.unicast_src_ip.map(|source| source.span));
        let mut fault = None;
        if instance.unicast_fault_no_peer {
            fault = Some("unicast without peers".to_owned());
        } else if let Some(at) = keyword.filter(|_| !reported) {
            let message = format!(
                "({name}) A unicast keyword has been specified without any unicast peers. \
                 Defaulting to multicast. This usage is deprecated - please update your \
                 configuration."
            );
            self.error("no-peers", message, at);
        }
        let defaults = &self.ast.vrrp.defaults;
        let (default, standard) = match family {
            Family::V4 => (defaults.group4, IpAddr::V4(Ipv4Addr::new(224, 0, 0, 18))),
            Family::V6 => (
                defaults.group6,
                IpAddr::V6(Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0x12)),
            ),
        };
        let own = instance
            .mcast_dst_ip
            .filter(|group| Family::of(group.value) == family);
        let group = own.or(default).map_or(standard, |group| group.value);
        (Transport::Multicast { group }, fault)
    }

    /// Where adverts come from: what is written, else the interface's first address that is not
    /// one of the virtual ones (a link-local one for IPv6).
    fn source(
        &mut self,
        instance: &Instance,
        family: Family,
        interface: Option<&Interface>,
        held: &BTreeSet<IpAddr>,
    ) -> Option<IpAddr> {
        let unicast = instance
            .unicast_peers
            .as_ref()
            .is_some_and(|peers| !peers.is_empty());
        let written: Option<Spanned<IpAddr>> = match unicast {
            true => instance.unicast_src_ip.or(instance.mcast_src_ip),
            false => instance.mcast_src_ip.or(instance.unicast_src_ip),
        };
        if let Some(source) = written {
            if Family::of(source.value) == family {
                return Some(source.value);
            }
            let message = format!(
                "Configuration error: VRRP instance[{}] and src address[{}] MUST be of the same \
                 family !!! Skipping...",
                instance.name, source.value
            );
            self.error("family-mismatch", message, source.span);
        }
        let fits = |address: &IpAddr| match address {
            IpAddr::V4(_) => family == Family::V4,
            IpAddr::V6(address) => family == Family::V6 && address.is_unicast_link_local(),
        };
        let mut addresses = interface?.addresses.iter().map(|(address, _)| *address);
        addresses.find(|address| fits(address) && !held.contains(address))
    }

    fn key(
        &mut self,
        instance: &Instance,
        vrid: VrId,
        family: Family,
        interface: Option<&str>,
        transport: &Transport,
    ) -> Option<RouterKey> {
        let interface = interface.unwrap_or("").to_owned();
        let place = (interface.clone(), family, vrid);
        if let Some(first) = self.vrids.get(&place) {
            let second = &instance.name;
            let message = format!("({first}) duplicate VRID conflict with {second} VRID {vrid}");
            let at = instance.vrid.map_or(second.span, |vrid| vrid.span);
            let problem = Diagnostic::error("duplicate-vrid", message);
            let problem = problem.label(at, format!("{second} is left out"));
            self.problems
                .push(problem.help("every instance on an interface needs its own VRID"));
            return None;
        }
        self.vrids.insert(place, instance.name.value.clone());
        let (unicast_source, group) = match transport {
            Transport::Multicast { group } => (None, Some(*group)),
            Transport::Unicast { .. } => (instance.unicast_src_ip.map(|source| source.value), None),
        };
        Some(RouterKey {
            vrid,
            family,
            interface,
            unicast_source,
            group,
        })
    }

    fn tracked(&mut self, instance: &Instance, priority: Priority) -> Vec<TrackScript> {
        let name = &instance.name;
        let mut tracked: Vec<TrackScript> = Vec::new();
        let mut seen = BTreeSet::new();
        for line in &instance.track_scripts {
            let script = &line.name;
            let Some(known) = self.scripts.get(&script.value) else {
                if !self.ast.process.lost.contains(&script.value) {
                    let message = format!("({name}) track script {script} not found, ignoring...");
                    let mut problem = Diagnostic::error("unknown-script", message).at(script.span);
                    let names = self.scripts.keys().map(String::as_str);
                    if let Some(meant) = grammar::keyword::nearest(script, names) {
                        problem = problem.help(format!("did you mean `{meant}`?"));
                    }
                    self.problems.push(problem);
                }
                continue;
            };
            // One that was left out was reported where it is defined.
            let Some(known) = known else {
                continue;
            };
            if !seen.insert(script.value.as_str()) {
                let message = format!("({name}) duplicate track_script {script} - ignoring");
                self.error("duplicate-track", message, script.span);
                continue;
            }
            let weight = line.weight.map_or(known.weight, |weight| weight.weight);
            let reverse = line.weight.and_then(|weight| weight.reverse);
            if priority.is_owner() && weight.0 != 0 {
                let message = format!(
                    "({name}) ignoring tracked script {script} with weights due to address_owner"
                );
                self.error("weight-of-owner", message, script.span);
                continue;
            }
            tracked.push(TrackScript {
                script: known.index,
                weight,
                reverse: reverse.unwrap_or(known.reverse),
            });
        }
        tracked
    }
}

/// Base priority, and whether an owner was told to start as backup. `state MASTER` without a
/// priority makes an owner (`keepalived.conf(5)` vrrp_instance).
fn priority(instance: &Instance) -> (Priority, bool) {
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

fn notify(
    instance: &Instance,
    commands: &mut Commands<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Vec<(String, Command)> {
    let notify = &instance.notify;
    let events = [
        ("MASTER", &notify.master),
        ("BACKUP", &notify.backup),
        ("FAULT", &notify.fault),
        ("STOP", &notify.stop),
        ("DELETED", &notify.deleted),
        ("MASTER_RX_LOWER_PRI", &notify.master_rx_lower_pri),
        ("*", &notify.any),
    ];
    let mut planned = Vec::new();
    for (event, command) in events {
        let Some(command) = command else {
            continue;
        };
        let what = format!("({})", instance.name);
        if let Some(command) = commands.notify(command, &what, problems) {
            planned.push((event.to_owned(), command));
        }
    }
    planned
}
