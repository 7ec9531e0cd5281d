//! Who answers on which port of a node.

use core::net::{IpAddr, SocketAddr};

use grammar::ast::leaf::{Endpoint, Prefix, Spanned};
use grammar::ast::lvs::{Addresses, Member, Method, Protocol, Target};
use grammar::ast::stream::{Listen, ListenHost, ProxyTarget, Server, Stream};
use grammar::{Ast, Span};

use super::network::holds;

/// A server behind a listener: its address unless it is a name, its port.
pub(crate) type Behind = (Option<IpAddr>, u16);

/// A socket that nginx listens on.
#[derive(Clone, Debug)]
pub(crate) struct Listener {
    /// None: every address of its family.
    pub(crate) address: Option<IpAddr>,
    /// First and last.
    pub(crate) ports: (u16, u16),
    pub(crate) udp: bool,
    /// It is in `stream {}`.
    pub(crate) stream: bool,
    /// Servers behind it: addresses, of names none, and ports.
    pub(crate) behind: Vec<Behind>,
    pub(crate) place: Span,
}

impl Listener {
    pub(crate) fn has(&self, port: u16) -> bool {
        self.ports.0 <= port && port <= self.ports.1
    }

    /// Whether it gets what is sent to this address.
    pub(crate) fn hears(&self, address: IpAddr) -> bool {
        self.address.is_none_or(|own| own == address)
    }

    pub(crate) fn shown(&self) -> String {
        let (first, last) = self.ports;
        let ports = if first == last {
            first.to_string()
        } else {
            format!("{first}-{last}")
        };
        match self.address {
            Some(IpAddr::V6(address)) => format!("[{address}]:{ports}"),
            Some(address) => format!("{address}:{ports}"),
            None => format!("port {ports}"),
        }
    }
}

/// What a `virtual_server` serves: addresses of one family.
#[derive(Clone, Debug)]
pub(crate) struct Service {
    pub(crate) addresses: Addresses,
    /// None: every port.
    pub(crate) port: Option<u16>,
    pub(crate) udp: bool,
    pub(crate) nat: bool,
    pub(crate) servers: Vec<IpAddr>,
    pub(crate) place: Span,
}

impl Service {
    /// Whether the address is one of those.
    pub(crate) fn serves(&self, address: IpAddr) -> bool {
        match self.addresses {
            Addresses::One(one) => one == address,
            Addresses::Range(first, last) => {
                first.is_ipv4() == address.is_ipv4() && first <= address && address <= last
            }
            Addresses::Network(network, len) => {
                let prefix = Prefix {
                    address: network,
                    len,
                    written: true,
                };
                network == address || holds(prefix, address) == Some(true)
            }
        }
    }

    pub(crate) fn has(&self, port: u16) -> bool {
        self.port.is_none_or(|own| own == port)
    }

    /// Whether packets for the listener are taken. Every address and port of a node is not meant
    /// by a network or a range: only those that it names.
    pub(crate) fn overlaps(&self, listener: &Listener) -> bool {
        let port = self.port.is_none_or(|port| listener.has(port));
        let address = match listener.address {
            Some(address) => self.serves(address),
            None => true,
        };
        // A service on every port beside a listener on every address may well be meant so.
        port && address && (self.port.is_some() || listener.address.is_some())
    }

    pub(crate) fn shown(&self) -> String {
        match (&self.addresses, self.port) {
            (Addresses::One(address), Some(port)) => SocketAddr::new(*address, port).to_string(),
            (addresses, Some(port)) => format!("{addresses} port {port}"),
            (addresses, None) => format!("every port of {addresses}"),
        }
    }
}

pub(super) fn services(ast: &Ast, moved: u32) -> Vec<Service> {
    let all = ast.lvs.services.iter().flat_map(|service| {
        let addresses = match &service.target.value {
            Target::Address(address, port) => {
                let port = (*port != 0).then_some(*port);
                vec![(Addresses::One(*address), port)]
            }
            Target::Group(name) => group_addresses(ast, name),
            Target::Mark(_) => Vec::new(),
        };
        addresses.into_iter().map(|(addresses, port)| Service {
            addresses,
            port,
            udp: service.protocol.as_ref().map(|it| it.value) == Some(Protocol::Udp),
            nat: service.method.as_ref().map(|it| it.value) == Some(Method::Nat),
            servers: service
                .servers
                .iter()
                .map(|it| it.address.value.0)
                .collect(),
            place: service.target.span.moved(moved),
        })
    });
    all.collect()
}

/// What a group lists, but for marks.
fn group_addresses(ast: &Ast, name: &str) -> Vec<(Addresses, Option<u16>)> {
    let group = ast.lvs.groups.iter().find(|it| it.name.value == *name);
    let members = group.map_or(&[][..], |group| &group.members);
    let lines = members.iter().filter_map(|member| match &member.value {
        Member::Addresses(addresses, port) => Some((addresses.clone(), *port)),
        Member::Mark(..) => None,
    });
    lines.collect()
}

pub(super) fn listeners(ast: &Ast, moved: u32) -> Vec<Listener> {
    let mut found: Vec<Listener> = Vec::new();
    for server in &ast.stream.servers {
        let behind = behind(&ast.stream, server);
        let sockets = server.listens.iter();
        found.extend(sockets.filter_map(|listen| socket(listen, &behind, moved)));
    }
    for foreign in &ast.process.nginx.foreign {
        let sockets = foreign.listens.iter();
        found.extend(sockets.filter_map(|listen| foreign_socket(listen, moved)));
    }
    found
}

fn socket(listen: &Spanned<Listen>, behind: &[Behind], moved: u32) -> Option<Listener> {
    let address = match listen.host {
        ListenHost::Ip(address) => (!address.is_unspecified()).then_some(address),
        // A name is the host's to resolve, a path has no port.
        ListenHost::Name(_) | ListenHost::Unix(_) => return None,
    };
    Some(Listener {
        address,
        ports: listen.ports,
        udp: listen.parameters.udp,
        stream: true,
        behind: behind.to_vec(),
        place: listen.written.span.moved(moved),
    })
}

/// `80`, `*:80`, `192.0.2.1:80`, `[::]:80`; an address alone means port 80.
fn foreign_socket(listen: &Spanned<String>, moved: u32) -> Option<Listener> {
    let word = listen.value.split_whitespace().next()?;
    let (address, port) = if let Ok(port) = word.parse::<u16>() {
        (None, port)
    } else if let Ok(address) = word.parse::<SocketAddr>() {
        (Some(address.ip()), address.port())
    } else if let Some(port) = word.strip_prefix("*:") {
        (None, port.parse().ok()?)
    } else {
        (Some(word.trim_matches(['[', ']']).parse().ok()?), 80)
    };
    Some(Listener {
        address: address.filter(|address| !address.is_unspecified()),
        ports: (port, port),
        udp: false,
        stream: false,
        behind: Vec::new(),
        place: listen.span.moved(moved),
    })
}

fn behind(stream: &Stream, server: &Server) -> Vec<Behind> {
    let Some(pass) = &server.proxy_pass else {
        return Vec::new();
    };
    let named = |name: &str| {
        let upstream = stream
            .upstreams
            .iter()
            .find(|upstream| upstream.name.value == name);
        let servers = upstream.map_or(&[][..], |upstream| &upstream.servers);
        servers
            .iter()
            .filter_map(|server| inet(&server.endpoint))
            .collect()
    };
    match &pass.target {
        ProxyTarget::Name(name) => named(name),
        ProxyTarget::Endpoint(endpoint) => inet(endpoint).into_iter().collect(),
        ProxyTarget::Portless(_) => Vec::new(),
    }
}

fn inet(endpoint: &Endpoint) -> Option<Behind> {
    match endpoint {
        Endpoint::Inet(address) => Some((Some(address.ip()), address.port())),
        Endpoint::Host(_, port) => Some((None, *port)),
        Endpoint::Unix(_) => None,
    }
}
