//! Rules about the way of a Kubernetes cluster's clients to its API servers.

use core::net::IpAddr;
use std::collections::BTreeSet;

use grammar::ast::leaf::Spanned;
use grammar::kubeadm::{DEFAULT_PORT, Endpoint, Kubeadm};
use grammar::{Diagnostic, Severity, Span};

use super::rule::Rule;
use super::view::{Listener, View, Vip};

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
    let vip = match endpoint.address() {
        Some(address) => Some(holder(view, address)?),
        None => None,
    };
    if is_balanced(view, vip.map(|vip| vip.prefix.address), port) {
        return None;
    }
    let proxies = proxies(view, kubeadm);
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
    let api = api_port(kubeadm);
    for proxy in proxies.iter().take(ports.len()) {
        finding = finding.label(proxy.place, format!("balances API servers on port {api}"));
    }
    if let Some(vip) = vip {
        finding = finding.label(vip.place, "the address");
    }
    Some(finding)
}

fn api_port(kubeadm: &Kubeadm) -> u16 {
    kubeadm.bind_port.map_or(DEFAULT_PORT, |port| port.value)
}

/// nginx listeners with API servers behind them.
fn proxies<'v>(view: &'v View<'_>, kubeadm: &Kubeadm) -> Vec<&'v Listener> {
    let api = api_port(kubeadm);
    let listeners = view.nodes.iter().flat_map(|node| &node.listeners);
    let balances = |it: &&Listener| it.stream && !it.udp && it.behind.iter().any(|it| it.1 == api);
    listeners.filter(balances).collect()
}

/// Whether a balancer answers on a port of an address; of any address when it is not known.
fn is_balanced(view: &View<'_>, address: Option<IpAddr>, port: u16) -> bool {
    view.nodes.iter().any(|node| {
        let services = node.services.iter();
        let mut services = services.filter(|it| address.is_none_or(|address| it.serves(address)));
        let listeners = node.listeners.iter();
        let mut listeners =
            listeners.filter(|it| it.stream && address.is_none_or(|address| it.hears(address)));
        services.any(|it| it.has(port)) || listeners.any(|it| it.has(port))
    })
}

/// Where a virtual address is configured.
fn holder<'v>(view: &'v View<'_>, address: IpAddr) -> Option<&'v Vip> {
    vips(view).find(|vip| vip.prefix.address == address)
}

fn vips<'v>(view: &'v View<'_>) -> impl Iterator<Item = &'v Vip> {
    let routers = view.nodes.iter().flat_map(|node| &node.routers);
    routers.flat_map(|router| router.vips.iter().chain(&router.excluded))
}

pub(super) const ENDPOINT_NOT_VIP: Rule = Rule {
    id: "endpoint-not-vip",
    severity: Severity::Warning,
    checks: "kubeadm's controlPlaneEndpoint and certSANs against the virtual addresses",
    outcome: "kubelets and kubeconfigs go to an address that does not move, so the cluster is lost \
              with that node; and the API servers' certificate does not hold the virtual address, \
              so whoever uses it gets an x509 error",
    fix: "write the virtual address (or a name that resolves to it) into controlPlaneEndpoint \
          before `kubeadm init`; the certificate then holds it, too",
    run: endpoint_not_vip,
};

fn endpoint_not_vip(rule: &Rule, view: &View<'_>, findings: &mut Vec<Diagnostic>) {
    let addresses: BTreeSet<IpAddr> = vips(view).map(|vip| vip.prefix.address).collect();
    let Some(first) = vips(view).next().filter(|_| view.nodes.len() > 1) else {
        return;
    };
    let written = view
        .kubeadm
        .iter()
        .any(|kubeadm| kubeadm.endpoint.is_some());
    for kubeadm in view.kubeadm {
        let finding = match (&kubeadm.endpoint, kubeadm.cluster) {
            (Some(endpoint), _) => astray(rule, view, kubeadm, endpoint, &addresses),
            // Part of the cluster's description may be in another file.
            (None, Some(place)) if !written => Some(missing(rule, kubeadm, place, &addresses)),
            (None, _) => None,
        };
        findings.extend(finding.map(|it| it.label(first.place, "the virtual address")));
    }
}

fn listed(addresses: &BTreeSet<IpAddr>) -> String {
    let shown: Vec<String> = addresses.iter().take(3).map(ToString::to_string).collect();
    let more = if addresses.len() > 3 { ", …" } else { "" };
    shown.join(", ") + more
}

/// An endpoint that is an address, but none that moves.
fn astray(
    rule: &Rule,
    view: &View<'_>,
    kubeadm: &Kubeadm,
    endpoint: &Spanned<Endpoint>,
    addresses: &BTreeSet<IpAddr>,
) -> Option<Diagnostic> {
    let address = endpoint.address().filter(|it| !addresses.contains(it))?;
    let own = view.members().find_map(|(member, router)| {
        let source = router.source.filter(|source| source.value == address)?;
        Some((view.node(member), source.span))
    });
    let whose = match own {
        Some((node, _)) => format!(
            "the address of {node}: when that node dies, so does the \
                                    cluster's endpoint"
        ),
        None => "no virtual address: nothing moves it to another node".to_owned(),
    };
    let certificate = match addresses.iter().all(|it| in_certificate(kubeadm, *it)) {
        true => "",
        false => "; who uses the virtual address gets an x509 error, as the certificate lacks it",
    };
    let finding = rule.warning(format!(
        "controlPlaneEndpoint is {address}, {whose} ({} moves){certificate}",
        listed(addresses)
    ));
    let finding = finding.label(endpoint.span, "does not move");
    Some(match own {
        Some((_, place)) => finding.label(place, "here"),
        None => finding,
    })
}

fn in_certificate(kubeadm: &Kubeadm, address: IpAddr) -> bool {
    let mut names = kubeadm.cert_sans.iter();
    names.any(|name| name.parse() == Ok(address))
}

/// A cluster without an endpoint beside virtual addresses.
fn missing(
    rule: &Rule,
    kubeadm: &Kubeadm,
    place: Span,
    addresses: &BTreeSet<IpAddr>,
) -> Diagnostic {
    let certificate = match addresses.iter().all(|it| in_certificate(kubeadm, *it)) {
        true => "",
        false => ", and the certificate does not hold it",
    };
    let finding = rule.warning(format!(
        "controlPlaneEndpoint is not set: kubeadm writes the first node's address everywhere, no \
         second control plane can join, and nobody uses {}{certificate}",
        listed(addresses)
    ));
    finding.label(place, "without controlPlaneEndpoint")
}
