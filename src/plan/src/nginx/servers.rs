//! Servers: what they inherit from `stream {}`, and defaults.

use core::time::Duration;

use grammar::ast::stream as ast;
use grammar::ast::{Size, Spanned};
use grammar::{Diagnostic, Span};
use stream::config::{AccessRule, AccessSource, ErrorLog, PoolIx, Server};

use super::Planner;
use super::pools::Pools;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(60);
const PROXY_TIMEOUT: Duration = Duration::from_secs(10 * 60);
const BUFFER_SIZE: u64 = 16 << 10;

/// A server's settings over those of `stream {}`.
#[derive(Clone, Copy)]
struct Layers<'a> {
    own: &'a ast::Settings,
    outer: &'a ast::Settings,
}

impl Layers<'_> {
    fn find<T>(self, field: fn(&ast::Settings) -> Option<Spanned<T>>) -> Option<T> {
        let found = field(self.own).or_else(|| field(self.outer));
        found.map(|found| found.value)
    }

    fn get<T>(self, field: fn(&ast::Settings) -> Option<Spanned<T>>, default: T) -> T {
        self.find(field).unwrap_or(default)
    }
}

impl Planner<'_> {
    pub(super) fn servers(&mut self, pools: &Pools, main_logs: &[ErrorLog]) -> Vec<Server> {
        let parsed = self.parsed;
        let stream = &parsed.ast.stream;
        let mut logs = self.log_formats();
        let outer_access = self.access_logs(&stream.settings.access_logs, &mut logs);
        let outer_errors = match &stream.settings.error_logs[..] {
            [] => main_logs.to_vec(),
            own => self.error_logs(own),
        };
        let mut servers = Vec::new();
        for (server, target) in stream.servers.iter().zip(&pools.targets) {
            let settings = &server.settings;
            let layers = Layers {
                own: settings,
                outer: &stream.settings,
            };
            let mut planned = proxy(layers, target.unwrap_or(PoolIx(0)));
            planned.origin = self.origin(server.span);
            let access = self.access_logs(&settings.access_logs, &mut logs);
            planned.access_logs = access.or_else(|| outer_access.clone()).unwrap_or_default();
            planned.error_logs = match &settings.error_logs[..] {
                [] => outer_errors.clone(),
                own => self.error_logs(own),
            };
            if server.proxy_pass.is_none() && !self.flawed(server.span, server.end.0) {
                self.no_handler(server.span);
            }
            servers.push(planned);
        }
        servers
    }

    fn no_handler(&mut self, server: Span) {
        let end = self.stream().block.map_or(server, |block| block.value.0);
        let problem = Diagnostic::error("no-handler", "no handler for server").at(server);
        let problem = grammar::nginx::at_terminator(problem, server, self.sources());
        let help = "the server accepts sessions and does nothing with them: add `proxy_pass`";
        self.push(problem.noticed(end).help(help));
    }
}

/// A server's own rules replace those of `stream {}`, all of them.
fn access(layers: Layers<'_>) -> Vec<AccessRule> {
    let rules = match &layers.own.access[..] {
        [] => &layers.outer.access,
        _ => &layers.own.access,
    };
    let rule = |rule: &Spanned<ast::AccessRule>| AccessRule {
        allow: rule.allow,
        source: match rule.source {
            ast::AccessSource::All => AccessSource::All,
            ast::AccessSource::Unix => AccessSource::Unix,
            ast::AccessSource::Net(ip, prefix) => AccessSource::Net(ip, prefix),
        },
    };
    rules.iter().map(rule).collect()
}

/// The proxy settings of a server; logs and origin are left empty.
fn proxy(layers: Layers<'_>, pool: PoolIx) -> Server {
    let buffer = layers.get(|s| s.proxy_buffer_size, Size(BUFFER_SIZE)).0;
    Server {
        origin: String::new(),
        pool,
        connect_timeout: layers.get(|s| s.proxy_connect_timeout, CONNECT_TIMEOUT),
        proxy_timeout: layers.get(|s| s.proxy_timeout, PROXY_TIMEOUT),
        buffer_size: usize::try_from(buffer).unwrap_or(usize::MAX),
        next_upstream: layers.get(|s| s.proxy_next_upstream, true),
        next_upstream_tries: layers.get(|s| s.proxy_next_upstream_tries, 0),
        next_upstream_timeout: layers.get(|s| s.proxy_next_upstream_timeout, Duration::ZERO),
        half_close: layers.get(|s| s.proxy_half_close, false),
        socket_keepalive: layers.get(|s| s.proxy_socket_keepalive, false),
        upload_rate: layers.get(|s| s.proxy_upload_rate, Size(0)).0,
        download_rate: layers.get(|s| s.proxy_download_rate, Size(0)).0,
        requests: layers.get(|s| s.proxy_requests, 0),
        responses: layers.find(|s| s.proxy_responses),
        bind: layers.get(|s| s.proxy_bind, None),
        tcp_nodelay: layers.get(|s| s.tcp_nodelay, true),
        access: access(layers),
        access_logs: Vec::new(),
        error_logs: Vec::new(),
    }
}
