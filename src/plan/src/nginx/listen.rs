//! Addresses to accept on: which sockets there are, and which server answers on each.

use core::net::{IpAddr, SocketAddr};
use std::collections::{HashMap, HashSet};

use grammar::ast::stream as ast;
use grammar::ast::{Size, Spanned};
use stream::config::{
    Address, Keepalive, ListenOptions, Listener, ListenerKey, ServerIx, Transport,
};

use super::Planner;

/// One address of the configuration, with what all its `listen` lines say about it.
struct Entry {
    key: ListenerKey,
    server: ServerIx,
    /// `default_server` was given.
    default: bool,
    /// A socket of its own was asked for; the options are those of that line.
    own_socket: bool,
    options: ListenOptions,
}

/// Addresses by key, in the order of first mention.
#[derive(Default)]
struct Entries {
    list: Vec<Entry>,
    by_key: HashMap<ListenerKey, usize>,
    /// (entry, server) pairs, to find a server that lists an address twice.
    pairs: HashSet<(usize, u32)>,
}

impl Planner<'_> {
    pub(super) fn listeners(&mut self) -> Vec<Listener> {
        let mut entries = Entries::default();
        let parsed = self.parsed;
        for (server, index) in parsed.ast.stream.servers.iter().zip(0..) {
            for listen in &server.listens {
                let addresses = self.addresses(listen);
                if !listen.understood {
                    continue;
                }
                for address in addresses {
                    let transport = match listen.parameters.udp {
                        true => Transport::Udp,
                        false => Transport::Tcp,
                    };
                    let key = ListenerKey { address, transport };
                    if let Err(problem) = entries.add(key, ServerIx(index), &listen.parameters) {
                        self.fail("listen", problem, listen.span, listen.written.span);
                        break;
                    }
                }
            }
        }
        entries.sockets()
    }

    /// Every address that a line means: ports of a range, addresses of a name.
    fn addresses(&mut self, listen: &Spanned<ast::Listen>) -> Vec<Address> {
        let (first, last) = listen.ports;
        let hosts = match &listen.host {
            ast::ListenHost::Unix(path) => return vec![Address::Unix(path.clone())],
            ast::ListenHost::Ip(ip) => vec![*ip],
            ast::ListenHost::Name(name) => {
                let found = self.facts.resolve(name);
                if found.is_empty() {
                    let written = listen.written.value.as_str();
                    let text =
                        format!("host not found in \"{written}\" of the \"listen\" directive");
                    self.fail_address(text, listen.span, listen.written.span, written);
                }
                found
            }
        };
        let mut seen = HashSet::new();
        hosts
            .into_iter()
            .filter(|host| seen.insert(*host))
            .flat_map(|host| {
                (first..=last).map(move |port| Address::Inet(SocketAddr::new(host, port)))
            })
            .collect()
    }
}

impl Entries {
    fn add(
        &mut self,
        key: ListenerKey,
        server: ServerIx,
        parameters: &ast::ListenParameters,
    ) -> Result<(), String> {
        let Some(&index) = self.by_key.get(&key) else {
            let index = self.list.len();
            self.by_key.insert(key.clone(), index);
            self.pairs.insert((index, server.0));
            self.list.push(Entry {
                key,
                server,
                default: parameters.default_server,
                own_socket: parameters.bind,
                options: options(parameters),
            });
            return Ok(());
        };
        let entry = &mut self.list[index];
        if !self.pairs.insert((index, server.0)) {
            return Err(format!("a duplicate listen {}", display(&key.address)));
        }
        if parameters.bind {
            if entry.own_socket {
                return Err(format!(
                    "duplicate listen options for {}",
                    display(&key.address)
                ));
            }
            entry.own_socket = true;
            entry.options = options(parameters);
        }
        if parameters.default_server {
            if entry.default {
                return Err(format!(
                    "a duplicate default server for {}",
                    display(&key.address)
                ));
            }
            entry.default = true;
            entry.server = server;
        }
        Ok(())
    }

    /// A wildcard socket serves the specific addresses of its port, unless they have one of their
    /// own; the relay then looks at the address a session came to.
    fn sockets(self) -> Vec<Listener> {
        let wildcards: HashMap<_, _> = self
            .list
            .iter()
            .zip(0_usize..)
            .filter_map(|(entry, index)| match entry.key.address {
                Address::Inet(address) if address.ip().is_unspecified() => {
                    Some((group(address, entry.key.transport), index))
                }
                _ => None,
            })
            .collect();
        let mut served: HashMap<usize, Vec<(IpAddr, ServerIx)>> = HashMap::new();
        let mut bound = Vec::new();
        for (entry, index) in self.list.into_iter().zip(0_usize..) {
            let wildcard = match entry.key.address {
                Address::Inet(address) if !entry.own_socket => wildcards
                    .get(&group(address, entry.key.transport))
                    .filter(|wildcard| **wildcard != index)
                    .map(|wildcard| (*wildcard, address.ip())),
                _ => None,
            };
            match wildcard {
                Some((wildcard, ip)) => {
                    served.entry(wildcard).or_default().push((ip, entry.server));
                }
                None => bound.push((index, entry)),
            }
        }
        let listener = |(index, entry): (usize, Entry)| {
            let mut addresses = served.remove(&index).unwrap_or_default();
            addresses.sort_unstable();
            Listener {
                display: display(&entry.key.address),
                key: entry.key,
                options: entry.options,
                server: entry.server,
                addresses,
            }
        };
        bound.into_iter().map(listener).collect()
    }
}

/// Addresses that one wildcard socket can serve.
fn group(address: SocketAddr, transport: Transport) -> (u16, bool, Transport) {
    (address.port(), address.is_ipv6(), transport)
}

fn options(parameters: &ast::ListenParameters) -> ListenOptions {
    let bytes = |size: Option<Size>| size.map(|size| usize::try_from(size.0).unwrap_or(usize::MAX));
    ListenOptions {
        backlog: parameters.backlog,
        rcvbuf: bytes(parameters.rcvbuf),
        sndbuf: bytes(parameters.sndbuf),
        reuseport: parameters.reuseport,
        ipv6only: parameters.ipv6only,
        keepalive: parameters.keepalive.map(keepalive),
        fastopen: parameters.fastopen,
        deferred: parameters.deferred,
    }
}

fn keepalive(keepalive: ast::Keepalive) -> Keepalive {
    let on = Keepalive {
        on: true,
        ..Keepalive::default()
    };
    match keepalive {
        ast::Keepalive::On => on,
        ast::Keepalive::Off => Keepalive::default(),
        ast::Keepalive::Tuned {
            idle,
            interval,
            count,
        } => Keepalive {
            idle,
            interval,
            count,
            ..on
        },
    }
}

fn display(address: &Address) -> String {
    match address {
        Address::Inet(address) => address.to_string(),
        Address::Unix(path) => format!("unix:{}", path.display()),
    }
}
