//! Rules about who answers on a virtual address.

use core::net::IpAddr;
use std::collections::BTreeSet;

use grammar::kubeadm::Kubeadm;
use grammar::{Diagnostic, Severity, Span};

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
            let same = |listener: &&Listener| {
                listener.udp == service.udp
                    && listener.has(service.address.port())
                    && listener.address.is_none_or(|it| it == service.address.ip())
            };
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
        service.address
    );
    let near = |vip: &Vip| {
        vip.prefix.address == service.address.ip()
            && !service.servers.is_empty()
            && service
                .servers
                .iter()
                .all(|server| in_network(vip, *server))
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

fn in_network(vip: &Vip, address: IpAddr) -> bool {
    let len = u32::from(vip.prefix.len);
    match (vip.prefix.address, address) {
        (IpAddr::V4(vip), IpAddr::V4(other)) if len < 32 => {
            (vip.to_bits() ^ other.to_bits()) & !(u32::MAX >> len) == 0
        }
        (IpAddr::V6(vip), IpAddr::V6(other)) if len < 128 => {
            (vip.to_bits() ^ other.to_bits()) & !(u128::MAX >> len) == 0
        }
        _ => false,
    }
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

pub(super) const ENDPOINT_BYPASSES_PROXY: Rule = Rule {
    id: "endpoint-bypasses-proxy",
    severity: Severity::Warning,
    checks: "kubeadm's controlPlaneEndpoint against the ports that nginx and IPVS balance",
    outcome: "clients reach the API server of the node that holds the address directly; the \
              balancer is never asked, and a dead API server there takes the whole cluster's \
              endpoint with it",
    fix: "write the balancer's port into controlPlaneEndpoint before `kubeadm init`, as \
          certificates and kubeconfigs are made from it",
    run: endpoint_bypasses_proxy,
};

fn endpoint_bypasses_proxy(rule: &Rule, view: &View<'_>, findings: &mut Vec<Diagnostic>) {
    for kubeadm in view.kubeadm {
        findings.extend(bypass(rule, view, kubeadm));
    }
}

fn bypass(rule: &Rule, view: &View<'_>, kubeadm: &Kubeadm) -> Option<Diagnostic> {
    let endpoint = kubeadm.endpoint.as_ref()?;
    let port = endpoint.port();
    let api = kubeadm
        .bind_port
        .map_or(grammar::kubeadm::DEFAULT_PORT, |it| it.value);
    let vip = match endpoint.address() {
        Some(address) => Some(holder(view, address)?),
        None => None,
    };
    let nodes = || view.nodes.iter();
    let served = nodes()
        .flat_map(|node| &node.services)
        .any(|service| service.address.port() == port)
        || nodes()
            .flat_map(|node| &node.listeners)
            .any(|it| it.stream && it.has(port));
    if served {
        return None;
    }
    let proxies: Vec<&Listener> = nodes()
        .flat_map(|node| &node.listeners)
        .filter(|listener| listener.stream && !listener.udp && listener.behind.contains(&api))
        .collect();
    let first = proxies.first()?;
    let written = match endpoint.port {
        Some(_) => "has",
        None => "has no port, so kubeadm takes",
    };
    let wherever = match vip {
        Some(_) => "clients reach the API server of the node that holds the address".to_owned(),
        None => format!(
            "if {} is the virtual address, clients reach that node's API server",
            endpoint.host
        ),
    };
    let finding = rule.warning(format!(
        "controlPlaneEndpoint {written} port {port}, but the balancer listens on {}: {wherever} and \
         never the balancer",
        first.shown().trim_start_matches("port "),
    ));
    let mut finding = finding.label(endpoint.span, format!("port {port}"));
    let ports: BTreeSet<(u16, u16)> = proxies.iter().map(|listener| listener.ports).collect();
    for proxy in proxies.iter().take(ports.len()) {
        finding = finding.label(proxy.place, format!("balances API servers on port {api}"));
    }
    if let Some(place) = vip {
        finding = finding.label(place, "the address");
    }
    Some(finding)
}

/// Where a virtual address is configured.
fn holder(view: &View<'_>, address: IpAddr) -> Option<Span> {
    let routers = view.nodes.iter().flat_map(|node| &node.routers);
    let mut vips = routers.flat_map(|router| router.vips.iter().chain(&router.excluded));
    vips.find(|vip| vip.prefix.address == address)
        .map(|vip| vip.place)
}
