//! `keepalived_check.data`, written on SIGUSR1: services, servers and checks in the original's
//! layout, as far as there is something to say.

use core::fmt::{self, Display, Write as _};

use base::Family;
use lvs::config::{Check, Forwarding, Probe, RealServer, ServiceKey};
use lvs::{Engine, ServerStatus, ServiceStatus};
use plan::keepalived::{Command, ServerHost, Side};

use super::phrases::Vs;
use super::told::Hosts;
use crate::keepalived::dump::Settings;

/// All of the file.
pub(super) fn data(settings: &Settings, engine: &Engine, hosts: &Hosts) -> String {
    let mut text = settings.section(Side::Checkers);
    text.push_str("------< LVS Topology >------\n");
    let services = engine.services();
    for status in &services {
        service(&mut text, status, hosts);
    }
    text.push_str("------< Health checkers >------\n");
    for status in &services {
        for server in &status.config.servers {
            for run in &server.checks {
                check(&mut text, status, server, run);
            }
        }
    }
    text
}

// Writing to a `String` cannot fail.

fn line(text: &mut String, name: &str, value: impl Display) {
    let _ = writeln!(text, "   {name} = {value}");
}

fn switch(text: &mut String, name: &str, on: bool) {
    let _ = writeln!(text, "   {name} is {}", if on { "ON" } else { "OFF" });
}

const fn yes(on: bool) -> &'static str {
    if on { "yes" } else { "no" }
}

fn service(text: &mut String, status: &ServiceStatus<'_>, hosts: &Hosts) {
    let config = status.config;
    let host = hosts.service(&config.key);
    let protocol = match &config.key {
        ServiceKey::Address { address, protocol } => {
            let (ip, port) = (address.ip(), address.port());
            let _ = writeln!(
                text,
                " ------< Virtual server >------\n VS VIP = {ip}, VPORT = {port}"
            );
            protocol.to_string().to_uppercase()
        }
        ServiceKey::Mark { mark, .. } => {
            let _ = writeln!(text, " ------< Virtual server >------\n VS FWMARK = {mark}");
            "none".to_owned()
        }
    };
    let family = match config.key.family() {
        Family::V4 => "inet",
        Family::V6 => "inet6",
    };
    line(text, "Address family", family);
    line(text, "lvs_sched", config.scheduler);
    if let Some(seconds) = config.persistence {
        line(text, "persistence timeout", seconds);
    }
    if let Some(granularity) = config.granularity {
        line(text, "persistence granularity", granularity);
    }
    line(text, "protocol", protocol);
    switch(text, "alpha", config.alpha);
    switch(text, "omega", config.omega);
    let (quorum, hysteresis) = config.reachable_quorum();
    let _ = writeln!(text, "   quorum = {quorum}, hysteresis = {hysteresis}");
    if let Some(host) = host {
        script(text, "Quorum up notify script", host.up.as_deref());
        script(text, "Quorum down notify script", host.down.as_deref());
        line(text, "Using smtp notification", yes(host.mails));
    }
    let forwarding = Method(config.forwarding);
    line(text, "default forwarding method", forwarding);
    if let Some(sorry) = &config.sorry {
        let (ip, port) = (sorry.address.ip(), sorry.address.port());
        let word = word(&config.key);
        line(text, "sorry server", format_args!("[{ip}]:{word}:{port}"));
        let _ = writeln!(
            text,
            "     forwarding method = {}",
            Method(sorry.forwarding)
        );
    }
    line(text, "quorum_state_up", u8::from(status.quorum_up));
    for (at, (server, stands)) in config.servers.iter().zip(&status.servers).enumerate() {
        let host = host.and_then(|host| host.servers.get(at));
        real_server(text, server, stands, host);
    }
}

fn real_server(
    text: &mut String,
    server: &RealServer,
    stands: &ServerStatus,
    host: Option<&ServerHost>,
) {
    let (ip, port, weight) = (server.address.ip(), server.address.port(), server.weight);
    let _ = writeln!(
        text,
        "   ------< Real server >------\n   RIP = {ip}, RPORT = {port}, WEIGHT = {weight} EFF WEIGHT = {weight}"
    );
    line(text, "forwarding method", Method(server.forwarding));
    switch(text, "Alpha", server.alpha);
    switch(text, "Inhibit on failure", server.inhibit_on_failure);
    if let Some(host) = host {
        script(text, "  RS up notify script", host.up.as_deref());
        script(text, "  RS down notify script", host.down.as_deref());
        line(text, "Using smtp notification", yes(host.mails));
    }
    line(text, "alive", u8::from(stands.alive));
    line(text, "num failed checkers", stands.failing);
}

fn check(text: &mut String, of: &ServiceStatus<'_>, server: &RealServer, check: &Check) {
    let key = &of.config.key;
    let (ip, port) = (server.address.ip(), server.address.port());
    let _ = writeln!(text, " {} -> [{ip}]:{}:{port}", Vs(key), word(key));
    let alpha = of.config.starts_failed(server, check);
    line(text, "Alpha", yes(alpha));
    let times = [("Delay loop", check.delay_loop), ("Warmup", check.warmup)];
    for (name, time) in times {
        line(text, name, format_args!("{} us", time.as_micros()));
    }
    line(text, "Retries", check.retry);
    let pause = check.delay_before_retry.as_micros();
    line(text, "Delay before retry", format_args!("{pause} us"));
    match &check.probe {
        Probe::Tcp {
            target,
            bind,
            timeout,
        } => {
            let _ = writeln!(text, "   Connection");
            line(text, "  Dest", Place(target));
            if let Some(bind) = bind {
                line(text, "  Bind to", Place(bind));
            }
            let (seconds, micros) = (timeout.as_secs(), timeout.subsec_micros());
            line(text, "  Timeout", format_args!("{seconds}.{micros:06}"));
            line(text, "Keepalive method", "TCP_CHECK");
        }
        Probe::Session { name } => {
            line(text, "Keepalive method", "BFD_CHECK");
            line(text, "Name", name);
        }
    }
}

/// The protocol of a service as names of its servers have it.
fn word(key: &ServiceKey) -> String {
    match key {
        ServiceKey::Address { protocol, .. } => protocol.to_string(),
        ServiceKey::Mark { .. } => "none".to_owned(),
    }
}

fn script(text: &mut String, name: &str, command: Option<&Command>) {
    if let Some(command) = command {
        line(text, name, command.shown());
    }
}

/// `[192.0.2.1]:80`
struct Place<'a>(&'a core::net::SocketAddr);

impl Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}]:{}", self.0.ip(), self.0.port())
    }
}

struct Method(Forwarding);

impl Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Forwarding::Masquerade => "NAT",
            Forwarding::DirectRouting => "DR",
            Forwarding::Tunnel => "TUN, type = IPIP",
        })
    }
}

#[cfg(test)]
mod tests {
    use base::{Duration, Instant, Machine as _};
    use lvs::config::{Protocol, Service};
    use lvs::{Config, Input};
    use plan::keepalived::{ServiceHost, ServicesHost};

    use super::*;

    fn config() -> Config {
        let check = Check {
            probe: Probe::Tcp {
                target: "127.0.0.1:80".parse().expect("address"),
                bind: None,
                timeout: Duration::from_secs(5),
            },
            delay_loop: Duration::from_secs(1),
            warmup: Duration::from_secs(1),
            retry: 1,
            delay_before_retry: Duration::from_secs(1),
            alpha: false,
        };
        let server = RealServer {
            address: "127.0.0.1:80".parse().expect("address"),
            weight: 1,
            forwarding: Forwarding::DirectRouting,
            inhibit_on_failure: false,
            alpha: true,
            checks: vec![check],
        };
        let service = Service {
            key: ServiceKey::Address {
                address: "192.0.2.51:80".parse().expect("address"),
                protocol: Protocol::Tcp,
            },
            scheduler: "wrr",
            forwarding: Forwarding::DirectRouting,
            persistence: Some(60),
            granularity: Some("255.255.255.0".parse().expect("address")),
            quorum: 9,
            hysteresis: 0,
            alpha: false,
            omega: false,
            sorry: None,
            servers: vec![server],
        };
        let services = vec![service];
        Config { services }
    }

    /// Each of these lines is one of the original's for the same file (seen: 2.2.7, in user-mode
    /// Linux).
    const EXPECTED: &str = "\
------< LVS Topology >------
 ------< Virtual server >------
 VS VIP = 192.0.2.51, VPORT = 80
   Address family = inet
   lvs_sched = wrr
   persistence timeout = 60
   persistence granularity = 255.255.255.0
   protocol = TCP
   alpha is OFF
   omega is OFF
   quorum = 1, hysteresis = 0
   Using smtp notification = no
   default forwarding method = DR
   quorum_state_up = 0
   ------< Real server >------
   RIP = 127.0.0.1, RPORT = 80, WEIGHT = 1 EFF WEIGHT = 1
   forwarding method = DR
   Alpha is ON
   Inhibit on failure is OFF
   Using smtp notification = yes
   alive = 0
   num failed checkers = 1
------< Health checkers >------
 [192.0.2.51]:tcp:80 -> [127.0.0.1]:tcp:80
   Alpha = yes
   Delay loop = 1000000 us
   Warmup = 1000000 us
   Retries = 1
   Delay before retry = 1000000 us
   Connection
     Dest = [127.0.0.1]:80
     Timeout = 5.000000
   Keepalive method = TCP_CHECK
";

    #[test]
    fn services_servers_and_checks_are_shown_as_the_original_does() {
        let config = config();
        let host = ServiceHost {
            servers: vec![ServerHost {
                mails: true,
                ..ServerHost::default()
            }],
            ..ServiceHost::default()
        };
        let services = ServicesHost {
            each: vec![host],
            tells_start: false,
        };
        let hosts = Hosts::new(&config, &services, None);
        let mut engine = Engine::new(config);
        let start = Input::Start { seed: 1 };
        engine.handle(Instant::ZERO, start, &mut |_| {});
        let text = data(&Settings::default(), &engine, &hosts);
        let at = text.find("------< LVS").expect("the section");
        assert!(text.starts_with("------< Global definitions"), "{text}");
        assert_eq!(&text[at..], EXPECTED);
    }
}
