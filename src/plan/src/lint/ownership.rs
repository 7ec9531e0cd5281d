//! Rules about who answers on an address and port.

use core::net::IpAddr;
use std::collections::BTreeSet;

use grammar::{Diagnostic, Severity};

use super::rule::Rule;
use super::view::{Listener, Node, Service, View, Vip};

pub(super) const VIP_PORT_OWNED_TWICE: Rule = Rule {
    id: "vip-port-owned-twice",
    severity: Severity::Error,
    checks: "virtual servers and nginx listeners on one address and port, and nginx listeners on a \
             virtual address that only one node holds",
    outcome: "IPVS takes the packets before any socket sees them; a listener on a virtual address \
              does not start where the address is not",
    fix: "leave one of the two out; let nginx listen on the port alone, or set \
          net.ipv4.ip_nonlocal_bind=1 (net.ipv6.ip_nonlocal_bind) on every node",
    run: vip_port_owned_twice,
};

fn vip_port_owned_twice(rule: &Rule, view: &View<'_>, findings: &mut Vec<Diagnostic>) {
    for node in &view.nodes {
        for service in &node.services {
            let same =
                |listener: &&Listener| listener.udp == service.udp && service.overlaps(listener);
            if let Some(listener) = node.listeners.iter().find(same) {
                findings.push(both(rule, node, service, listener));
            }
        }
        if node.nonlocal_bind != Some(true) {
            for listener in &node.listeners {
                findings.extend(unbindable(rule, node, listener));
            }
        }
    }
}

fn both(rule: &Rule, node: &Node, service: &Service, listener: &Listener) -> Diagnostic {
    let mut message = format!(
        "both IPVS and nginx own {}: on the node that holds the address IPVS takes the packets and \
         nginx never sees them",
        service.shown()
    );
    let near = |vip: &Vip| {
        let mut servers = service.servers.iter();
        service.serves(vip.prefix.address)
            && !service.servers.is_empty()
            && servers.all(|server| vip.network_holds(*server) == Some(true))
    };
    let mut vips = node.routers.iter().flat_map(|router| &router.vips);
    if service.nat && vips.any(near) {
        message.push_str(
            "; and as lb_kind is NAT and the real servers are in the address's own network, \
             clients of that network get their answers past the director and drop them",
        );
    }
    let finding = rule.error(message).label(service.place, "IPVS");
    finding.label(listener.place, "nginx")
}

/// nginx has no option to bind an address that is not there.
fn unbindable(rule: &Rule, node: &Node, listener: &Listener) -> Option<Diagnostic> {
    let address = listener.address?;
    let routers = node.routers.iter();
    let vip = routers
        .flat_map(|router| router.vips.iter().chain(&router.excluded))
        .find(|vip| vip.prefix.address == address)?;
    let sysctl = match address {
        IpAddr::V4(_) => "net.ipv4.ip_nonlocal_bind",
        IpAddr::V6(_) => "net.ipv6.ip_nonlocal_bind",
    };
    let known = match node.nonlocal_bind {
        None => format!("unless {sysctl} is set there, which the files do not say"),
        Some(_) => format!("as {sysctl} is not set"),
    };
    let finding = rule.warning(format!(
        "nginx listens on {}, which only the master holds: on every other node it does not start \
         (bind() failed, 99: Cannot assign requested address), {known}",
        listener.shown()
    ));
    let finding = finding.label(listener.place, "bound when nginx starts");
    Some(finding.label(vip.place, "comes and goes with the master"))
}

pub(super) const PORT_TAKEN_TWICE: Rule = Rule {
    id: "port-taken-twice",
    severity: Severity::Error,
    checks: "nginx listeners on one port: in stream {} and http {}, or in front of a server of the \
             same node and port",
    outcome: "only one program gets a port: nginx does not start (bind() failed, 98: Address \
              already in use), or the service behind it does not, or nginx connects to itself \
              without end",
    fix: "let the balancer listen on another port than the servers behind it, for instance 16443 \
          in front of 6443",
    run: port_taken_twice,
};

fn port_taken_twice(rule: &Rule, view: &View<'_>, findings: &mut Vec<Diagnostic>) {
    let routers = view.nodes.iter().flat_map(|node| &node.routers);
    let vips = routers.flat_map(|router| router.vips.iter().chain(&router.excluded));
    let vips: BTreeSet<IpAddr> = vips.map(|vip| vip.prefix.address).collect();
    for node in &view.nodes {
        let own = own_addresses(node, &vips);
        for listener in node.listeners.iter().filter(|listener| listener.stream) {
            findings.extend(in_both(rule, node, listener));
            findings.extend(before_itself(rule, listener, &own));
        }
    }
}

/// A port in `stream {}` and in `http {}`.
fn in_both(rule: &Rule, node: &Node, listener: &Listener) -> Option<Diagnostic> {
    let same = |other: &&Listener| {
        let address = match (other.address, listener.address) {
            (Some(one), Some(other)) => one == other,
            (one, other) => one.is_none() && other.is_none(),
        };
        !other.stream && !listener.udp && address && listener.has(other.ports.0)
    };
    let other = node.listeners.iter().find(same)?;
    let finding = rule.error(format!(
        "stream {{}} and http {{}} both listen on {}: nginx does not start (bind() failed, 98: \
         Address already in use)",
        other.shown()
    ));
    let finding = finding.label(listener.place, "in stream {}");
    Some(finding.label(other.place, "in http {}"))
}

/// Addresses by which a node reaches itself; a virtual one may be at another node.
fn own_addresses(node: &Node, vips: &BTreeSet<IpAddr>) -> BTreeSet<IpAddr> {
    let sources = node
        .routers
        .iter()
        .filter_map(|router| router.source.map(|it| it.value));
    let own = node.own.iter().map(|own| own.address);
    sources.chain(own).filter(|it| !vips.contains(it)).collect()
}

/// A server behind a listener that is the same node and port.
fn before_itself(rule: &Rule, listener: &Listener, own: &BTreeSet<IpAddr>) -> Option<Diagnostic> {
    let reaches = |(address, port): &&(Option<IpAddr>, u16)| {
        let Some(address) = address else {
            return false;
        };
        listener.has(*port)
            && (own.contains(address) || address.is_loopback())
            && listener.address.is_none_or(|it| it == *address)
    };
    let (address, port) = listener.behind.iter().find(reaches)?;
    let finding = rule.error(format!(
        "nginx takes {} and has its own node and port {port} behind it: nginx and that server \
         cannot both start, and nginx would connect to itself",
        listener.shown(),
    ));
    let own = address.map_or(String::new(), |address| format!("{address} is this node"));
    Some(finding.label(listener.place, own))
}
