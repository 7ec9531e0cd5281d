//! Upstreams, those that are only implied by a `proxy_pass` included.

use core::net::SocketAddr;
use core::time::Duration;
use std::collections::HashMap;

use grammar::ast::stream as ast;
use grammar::ast::{Endpoint, Spanned};
use grammar::{Diagnostic, Span};
use stream::config::{Address, Balance, Peer, Pool, PoolIx};

use super::Planner;

/// `fail_timeout` unless given.
const FAIL_TIMEOUT: Duration = Duration::from_secs(10);

/// Pools, and which one a `proxy_pass` means.
#[derive(Default)]
pub(super) struct Pools {
    pub(super) pools: Vec<Pool>,
    /// Written upstreams by name in lower case.
    named: HashMap<String, Named>,
    /// Implied ones by text in lower case.
    implied: HashMap<String, PoolIx>,
    /// One per server: where it passes to.
    pub(super) targets: Vec<Option<PoolIx>>,
}

#[derive(Clone, Copy)]
struct Named {
    pool: PoolIx,
    at: Span,
}

/// Problems that the original meets only when it sets all upstreams up, with the place of the
/// upstream's first mention, by which it orders them.
type Late = Vec<(Vec<u32>, Diagnostic)>;

impl Planner<'_> {
    pub(super) fn pools(&mut self) -> Pools {
        let mut pools = Pools::default();
        let mut late = Late::new();
        let parsed = self.parsed;
        for upstream in &parsed.ast.stream.upstreams {
            self.upstream(upstream, &mut pools, &mut late);
        }
        for server in &parsed.ast.stream.servers {
            let target = match &server.proxy_pass {
                Some(pass) => self.target(pass, &mut pools, &mut late),
                None => None,
            };
            pools.targets.push(target);
        }
        late.sort_by(|a, b| a.0.cmp(&b.0));
        let end = self.stream().block.map(|block| block.value.0);
        for (_, problem) in late {
            self.push(match end {
                Some(end) => problem.noticed(end),
                None => problem,
            });
        }
        pools
    }

    fn upstream(&mut self, upstream: &Spanned<ast::Upstream>, pools: &mut Pools, late: &mut Late) {
        let name = upstream.name.value.to_ascii_lowercase();
        if pools.named.contains_key(&name) {
            let text = format!("duplicate upstream \"{}\"", upstream.name);
            self.fail("duplicate", text, upstream.span, upstream.name.span);
            return;
        }
        let peers: Vec<Peer> = upstream
            .servers
            .iter()
            .flat_map(|server| self.peers(server))
            .collect();
        let only_backups =
            !upstream.servers.is_empty() && upstream.servers.iter().all(|server| server.backup);
        if only_backups {
            let text = format!("no servers in upstream \"{}\"", upstream.name);
            let problem = Diagnostic::error("no-servers", text).at(upstream.name.span);
            let problem = grammar::nginx::at_terminator(problem, upstream.span, self.sources());
            let problem = problem.help("every server of it is a backup");
            late.push((self.sources().order(upstream.span), problem));
        }
        let balance = match upstream.balance.as_deref() {
            None => Balance::RoundRobin,
            Some(ast::Balance::LeastConn) => Balance::LeastConn,
            Some(ast::Balance::Hash { key, consistent }) => {
                let at = upstream
                    .balance
                    .as_ref()
                    .map_or(upstream.span, |balance| balance.span);
                Balance::Hash {
                    key: self.template(key, at).unwrap_or_default(),
                    consistent: *consistent,
                }
            }
        };
        let pool = pools.push(Pool {
            name: upstream.name.value.clone(),
            balance,
            shared: upstream.zone.is_some(),
            peers,
        });
        let at = upstream.span;
        pools.named.insert(name, Named { pool, at });
    }

    fn peers(&mut self, server: &Spanned<ast::UpstreamServer>) -> Vec<Peer> {
        let written = server.written.value.as_str();
        let addresses = match &server.endpoint {
            Endpoint::Inet(address) => vec![Address::Inet(*address)],
            Endpoint::Unix(path) => vec![Address::Unix(path.clone())],
            Endpoint::Host(host, port) => {
                let found = self.facts.resolve(host);
                if found.is_empty() {
                    let text = format!("host not found in upstream \"{written}\"");
                    self.fail_address(text, server.span, server.written.span, written);
                } else if *port == 0 {
                    let text = format!("no port in upstream \"{written}\"");
                    self.fail_address(text, server.span, server.written.span, written);
                }
                found
                    .into_iter()
                    .map(|ip| Address::Inet(SocketAddr::new(ip, *port)))
                    .collect()
            }
        };
        let peer = |address| Peer {
            written: written.to_owned(),
            address,
            weight: server.weight.unwrap_or(1),
            max_fails: server.max_fails.unwrap_or(1),
            fail_timeout: server.fail_timeout.unwrap_or(FAIL_TIMEOUT),
            max_conns: server.max_conns.unwrap_or(0),
            backup: server.backup,
            down: server.down,
        };
        addresses.into_iter().map(peer).collect()
    }

    fn target(
        &mut self,
        pass: &Spanned<ast::ProxyPass>,
        pools: &mut Pools,
        late: &mut Late,
    ) -> Option<PoolIx> {
        let written = pass.written.value.as_str();
        let (host, port) = match &pass.target {
            ast::ProxyTarget::Endpoint(Endpoint::Unix(_)) => ("", None),
            ast::ProxyTarget::Endpoint(Endpoint::Inet(address)) => {
                (without_port(written), Some(address.port()))
            }
            ast::ProxyTarget::Endpoint(Endpoint::Host(host, port)) => (host.as_str(), Some(*port)),
            ast::ProxyTarget::Name(_) | ast::ProxyTarget::Portless(_) => (written, None),
        };
        if let Some(named) = pools.named.get(&host.to_ascii_lowercase()).copied() {
            if let Some(port) = port {
                self.port_of_upstream(pass, host, port, named.at);
            }
            return Some(named.pool);
        }
        let key = written.to_ascii_lowercase();
        if let Some(pool) = pools.implied.get(&key) {
            return Some(*pool);
        }
        let addresses = match &pass.target {
            ast::ProxyTarget::Endpoint(Endpoint::Inet(address)) => vec![Address::Inet(*address)],
            ast::ProxyTarget::Endpoint(Endpoint::Unix(path)) => vec![Address::Unix(path.clone())],
            ast::ProxyTarget::Endpoint(Endpoint::Host(host, port)) => {
                let found = self.facts.resolve(host);
                if found.is_empty() {
                    let text = format!("host not found in upstream \"{host}\"");
                    self.late(text, pass, late);
                }
                found
                    .into_iter()
                    .map(|ip| Address::Inet(SocketAddr::new(ip, *port)))
                    .collect()
            }
            ast::ProxyTarget::Name(_) | ast::ProxyTarget::Portless(_) => {
                let text = format!("no port in upstream \"{written}\"");
                self.late(text, pass, late);
                Vec::new()
            }
        };
        let peer = |address| Peer {
            written: written.to_owned(),
            address,
            weight: 1,
            max_fails: 1,
            fail_timeout: FAIL_TIMEOUT,
            max_conns: 0,
            backup: false,
            down: false,
        };
        let pool = pools.push(Pool {
            // The original's name for it, shown when no peer is left to try.
            name: if host.is_empty() { written } else { host }.to_owned(),
            balance: Balance::RoundRobin,
            shared: false,
            peers: addresses.into_iter().map(peer).collect(),
        });
        pools.implied.insert(key, pool);
        Some(pool)
    }

    /// The original complains where it meets the second of the two, and names the `proxy_pass`.
    fn port_of_upstream(
        &mut self,
        pass: &Spanned<ast::ProxyPass>,
        host: &str,
        port: u16,
        upstream: Span,
    ) {
        let text = format!("upstream \"{host}\" may not have port {port}");
        let problem = Diagnostic::error("upstream-port", text).at(pass.written.span);
        let problem = grammar::nginx::at_terminator(problem, pass.span, self.sources());
        let earlier = self.sources().order(pass.span) < self.sources().order(upstream);
        self.push(if earlier {
            problem.noticed(upstream)
        } else {
            problem
        });
    }

    fn late(&mut self, message: String, pass: &Spanned<ast::ProxyPass>, late: &mut Late) {
        let mut problem = Diagnostic::error("address", message).at(pass.written.span);
        problem.help = grammar::nginx::placeholder(&pass.written).or_else(|| {
            let name = matches!(pass.target, ast::ProxyTarget::Name(_));
            name.then(|| "there is no upstream of this name".to_owned())
        });
        let problem = grammar::nginx::at_terminator(problem, pass.span, self.sources());
        late.push((self.sources().order(pass.span), problem));
    }
}

impl Pools {
    fn push(&mut self, pool: Pool) -> PoolIx {
        let index = PoolIx(u32::try_from(self.pools.len()).unwrap_or(u32::MAX));
        self.pools.push(pool);
        index
    }
}

fn without_port(written: &str) -> &str {
    written.rsplit_once(':').map_or(written, |(host, _)| host)
}
