//! The AST as text that parses to the same AST.
//!
//! Invariants: `parse(print(ast)) == ast` for every AST that parsing can yield; the order of
//! directives is fixed (formats before their use, members before the balancing method).
//! Deliberately unknown here: comments, includes and everything that is accepted without effect.

use core::fmt::{self, Write as _};
use core::time::Duration;

use crate::ast::stream::{
    AccessLog, AccessSource, Balance, CpuAffinity, ErrorLog, ErrorTarget, Escape, Events, Family,
    Foreign, Keepalive, Listen, LogFormat, Main, Part, ProxyPass, Server, Settings, Stream,
    Template, Upstream, UpstreamServer, WorkerProcesses,
};
use crate::ast::{Ast, Spanned};

use super::rows::log::LEVELS;

/// Prints nginx's part of an AST.
#[must_use]
pub fn print(ast: &Ast) -> String {
    let mut out = Printer::default();
    out.main(&ast.process.nginx);
    if ast.stream.block.is_some() {
        out.block("stream", |out| out.stream(&ast.stream));
    }
    out.text
}

#[derive(Default)]
struct Printer {
    text: String,
    depth: usize,
}

impl Printer {
    fn line(&mut self, line: fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.text, "{:width$}{line}", "", width = self.depth * 4);
    }

    fn block(&mut self, head: &str, body: impl FnOnce(&mut Self)) {
        self.line(format_args!("{head} {{"));
        self.depth += 1;
        body(self);
        self.depth -= 1;
        self.line(format_args!("}}"));
    }

    fn set<T>(&mut self, name: &str, value: Option<&Spanned<T>>, show: impl Fn(&T) -> String) {
        if let Some(value) = value {
            self.line(format_args!("{name} {};", show(value)));
        }
    }

    fn main(&mut self, main: &Main) {
        for module in &main.load_module {
            self.line(format_args!("load_module {};", quote(module)));
        }
        for log in &main.error_logs {
            self.line(format_args!("error_log {};", error_log(log)));
        }
        self.set("daemon", main.daemon.as_ref(), flag);
        self.set("master_process", main.master_process.as_ref(), flag);
        self.set("pid", main.pid.as_ref(), |path| quote(path));
        self.set("user", main.user.as_ref(), |user| match &user.group {
            Some(group) => format!("{} {}", quote(&user.user), quote(group)),
            None => quote(&user.user),
        });
        self.set(
            "worker_processes",
            main.worker_processes.as_ref(),
            |n| match n {
                WorkerProcesses::Auto => "auto".to_owned(),
                WorkerProcesses::Count(count) => count.to_string(),
            },
        );
        self.set(
            "worker_priority",
            main.worker_priority.as_ref(),
            i32::to_string,
        );
        self.set(
            "worker_cpu_affinity",
            main.worker_cpu_affinity.as_ref(),
            affinity,
        );
        self.set(
            "worker_rlimit_nofile",
            main.worker_rlimit_nofile.as_ref(),
            u64::to_string,
        );
        self.set(
            "worker_shutdown_timeout",
            main.worker_shutdown_timeout.as_ref(),
            millis,
        );
        self.set(
            "working_directory",
            main.working_directory.as_ref(),
            |dir| quote(dir),
        );
        for variable in &main.env {
            self.line(format_args!("env {};", quote(variable)));
        }
        if let Some(events) = &main.events {
            self.block("events", |out| out.events(events));
        }
        for foreign in &main.foreign {
            self.foreign(foreign);
        }
    }

    fn events(&mut self, events: &Events) {
        self.set("use", events.method.as_ref(), |method| quote(method));
        self.set(
            "worker_connections",
            events.worker_connections.as_ref(),
            u64::to_string,
        );
        self.set("multi_accept", events.multi_accept.as_ref(), flag);
    }

    fn foreign(&mut self, foreign: &Foreign) {
        let name = match foreign.family {
            Family::Http => "http",
            Family::Mail => "mail",
        };
        self.block(name, |out| {
            for listen in &foreign.listens {
                out.block("server", |out| {
                    out.line(format_args!("listen {};", quote(listen)))
                });
            }
        });
    }

    fn stream(&mut self, stream: &Stream) {
        for format in &stream.log_formats {
            self.log_format(format);
        }
        self.settings(&stream.settings);
        for upstream in &stream.upstreams {
            let head = format!("upstream {}", quote(&upstream.name));
            self.block(&head, |out| out.upstream(upstream));
        }
        for server in &stream.servers {
            self.block("server", |out| out.server(server));
        }
    }

    fn log_format(&mut self, format: &LogFormat) {
        let escape = match format.escape {
            Escape::Default => "default",
            Escape::Json => "json",
            Escape::None => "none",
        };
        if let Some(body) = &format.template {
            let name = quote(&format.name);
            let body = quote(&template(body));
            self.line(format_args!("log_format {name} escape={escape} {body};"));
        }
    }

    fn settings(&mut self, settings: &Settings) {
        let s = settings;
        for log in &s.error_logs {
            self.line(format_args!("error_log {};", error_log(log)));
        }
        for log in &s.access_logs {
            match &log.value {
                None => self.line(format_args!("access_log off;")),
                Some(log) => self.access_log(log),
            }
        }
        for rule in &s.access {
            let verb = if rule.allow { "allow" } else { "deny" };
            match rule.source {
                AccessSource::All => self.line(format_args!("{verb} all;")),
                AccessSource::Unix => self.line(format_args!("{verb} unix:;")),
                AccessSource::Net(ip, prefix) => self.line(format_args!("{verb} {ip}/{prefix};")),
            }
        }
        self.set("tcp_nodelay", s.tcp_nodelay.as_ref(), flag);
        self.set(
            "proxy_connect_timeout",
            s.proxy_connect_timeout.as_ref(),
            millis,
        );
        self.set("proxy_timeout", s.proxy_timeout.as_ref(), millis);
        self.set("proxy_buffer_size", s.proxy_buffer_size.as_ref(), |size| {
            size.0.to_string()
        });
        self.set("proxy_next_upstream", s.proxy_next_upstream.as_ref(), flag);
        let tries = s.proxy_next_upstream_tries.as_ref();
        self.set("proxy_next_upstream_tries", tries, u32::to_string);
        let timeout = s.proxy_next_upstream_timeout.as_ref();
        self.set("proxy_next_upstream_timeout", timeout, millis);
        self.set("proxy_half_close", s.proxy_half_close.as_ref(), flag);
        self.set(
            "proxy_socket_keepalive",
            s.proxy_socket_keepalive.as_ref(),
            flag,
        );
        self.set("proxy_upload_rate", s.proxy_upload_rate.as_ref(), |size| {
            size.0.to_string()
        });
        self.set(
            "proxy_download_rate",
            s.proxy_download_rate.as_ref(),
            |size| size.0.to_string(),
        );
        self.set("proxy_requests", s.proxy_requests.as_ref(), u32::to_string);
        self.set(
            "proxy_responses",
            s.proxy_responses.as_ref(),
            u32::to_string,
        );
        self.set(
            "proxy_bind",
            s.proxy_bind.as_ref(),
            |address| match address {
                None => "off".to_owned(),
                Some(address) if address.port() == 0 => address.ip().to_string(),
                Some(address) => address.to_string(),
            },
        );
    }

    fn access_log(&mut self, log: &AccessLog) {
        let mut line = format!("access_log {} {}", quote(&log.path), quote(&log.format));
        if let Some(size) = log.buffer {
            let _ = write!(line, " buffer={}", size.0);
        }
        if let Some(flush) = log.flush {
            let _ = write!(line, " flush={}", millis(&flush));
        }
        self.line(format_args!("{line};"));
    }

    fn upstream(&mut self, upstream: &Upstream) {
        self.set("zone", upstream.zone.as_ref(), |zone| match zone.size {
            Some(size) => format!("{} {}", quote(&zone.name), size.0),
            None => quote(&zone.name),
        });
        for server in &upstream.servers {
            self.member(server);
        }
        match upstream.balance.as_deref() {
            None => {}
            Some(Balance::LeastConn) => self.line(format_args!("least_conn;")),
            Some(Balance::Hash { key, consistent }) => {
                let consistent = if *consistent { " consistent" } else { "" };
                let key = quote(&template(key));
                self.line(format_args!("hash {key}{consistent};"));
            }
        }
    }

    fn member(&mut self, server: &UpstreamServer) {
        let mut line = format!("server {}", quote(&server.written));
        let numbers = [
            ("weight", server.weight),
            ("max_conns", server.max_conns),
            ("max_fails", server.max_fails),
        ];
        for (name, value) in numbers {
            if let Some(value) = value {
                let _ = write!(line, " {name}={value}");
            }
        }
        if let Some(timeout) = server.fail_timeout {
            let _ = write!(line, " fail_timeout={}", timeout.as_secs());
        }
        for (name, set) in [("backup", server.backup), ("down", server.down)] {
            if set {
                let _ = write!(line, " {name}");
            }
        }
        self.line(format_args!("{line};"));
    }

    fn server(&mut self, server: &Server) {
        for listen in &server.listens {
            self.listen(listen);
        }
        self.settings(&server.settings);
        let target = |pass: &ProxyPass| quote(&pass.written);
        self.set("proxy_pass", server.proxy_pass.as_ref(), target);
    }

    fn listen(&mut self, listen: &Listen) {
        let p = &listen.parameters;
        let mut line = format!("listen {}", quote(&listen.written));
        let flags = [
            ("udp", p.udp),
            ("default_server", p.default_server),
            ("bind", p.bind),
            ("reuseport", p.reuseport),
            ("deferred", p.deferred),
        ];
        for (name, set) in flags {
            if set {
                let _ = write!(line, " {name}");
            }
        }
        let numbers = [
            ("backlog", p.backlog.map(u64::from)),
            ("rcvbuf", p.rcvbuf.map(|size| size.0)),
            ("sndbuf", p.sndbuf.map(|size| size.0)),
            ("fastopen", p.fastopen.map(u64::from)),
        ];
        for (name, value) in numbers {
            if let Some(value) = value {
                let _ = write!(line, " {name}={value}");
            }
        }
        if let Some(on) = p.ipv6only {
            let _ = write!(line, " ipv6only={}", flag(&on));
        }
        if let Some(keepalive) = p.keepalive {
            let _ = write!(line, " so_keepalive={}", so_keepalive(keepalive));
        }
        self.line(format_args!("{line};"));
    }
}

fn so_keepalive(keepalive: Keepalive) -> String {
    match keepalive {
        Keepalive::On => "on".to_owned(),
        Keepalive::Off => "off".to_owned(),
        Keepalive::Tuned {
            idle,
            interval,
            count,
        } => {
            let time = |time: Option<Duration>| {
                time.map_or(String::new(), |time| time.as_secs().to_string())
            };
            let count = count.map_or(String::new(), |count| count.to_string());
            format!("{}:{}:{count}", time(idle), time(interval))
        }
    }
}

fn error_log(log: &ErrorLog) -> String {
    let target = match &log.target {
        ErrorTarget::Stderr => "stderr".to_owned(),
        ErrorTarget::File(path) => quote(path),
    };
    let level = LEVELS.iter().find(|(_, level)| Some(*level) == log.level);
    match level {
        Some((name, _)) => format!("{target} {name}"),
        None => target,
    }
}

fn affinity(affinity: &CpuAffinity) -> String {
    let mask = |cpus: &Vec<usize>| {
        let width = cpus.iter().max().map_or(1, |most| most + 1);
        let digit = |cpu: usize| if cpus.contains(&cpu) { '1' } else { '0' };
        (0..width).rev().map(digit).collect::<String>()
    };
    match affinity {
        CpuAffinity::Auto(None) => "auto".to_owned(),
        CpuAffinity::Auto(Some(cpus)) => format!("auto {}", mask(cpus)),
        CpuAffinity::Masks(masks) => masks.iter().map(mask).collect::<Vec<_>>().join(" "),
    }
}

fn flag(on: &bool) -> String {
    if *on { "on" } else { "off" }.to_owned()
}

fn millis(time: &Duration) -> String {
    format!("{}ms", time.as_millis())
}

fn template(template: &Template) -> String {
    let part = |part: &Part| match part {
        Part::Text(text) => text.clone(),
        // A capture ($1) has no braced form.
        Part::Variable(name)
            if name.len() == 1
                && name != "0"
                && !name.starts_with(|c: char| !c.is_ascii_digit()) =>
        {
            format!("${name}")
        }
        Part::Variable(name) => format!("${{{name}}}"),
    };
    template.0.iter().map(part).collect()
}

/// A word as it must be written: bare where that is possible.
fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:*=,@%+~".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    let mut text = String::with_capacity(word.len() + 2);
    text.push('"');
    for c in word.chars() {
        match c {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\t' => text.push_str("\\t"),
            '\r' => text.push_str("\\r"),
            '\n' => text.push_str("\\n"),
            c => text.push(c),
        }
    }
    text.push('"');
    text
}
