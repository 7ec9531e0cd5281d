//! What pipes, commands and letters tell of services and servers.
//!
//! Invariants: pure; lines, subjects and bodies are the original's (seen: 2.2.7), but for the zero
//! byte that lines of its checker end with (`keepalived.conf(5)` lvs_notify_fifo).

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use lvs::config::{Probe, ServiceKey};
use lvs::{Moment, Notice, Quorum, ServerId};
use plan::keepalived::{
    Buffer, Command, Mail, Marks, Pipe, Plan, Process, ServerHost, ServiceHost, ServicesHost,
};

use super::phrases::{Rs, Vs};
use crate::keepalived::dump::Settings;
use crate::mail::Letter;

/// What the checker child runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Configuration {
    /// The engine's part.
    pub lvs: lvs::Config,
    /// The performer's part of each service.
    pub services: ServicesHost,
    /// Where changes are written to.
    pub pipes: Vec<Pipe>,
    /// Who is written to.
    pub mail: Option<Mail>,
    /// How large the receive buffer of the table's socket is to be.
    pub buffer: Option<Buffer>,
    /// `-I`: the table stays when the child stops.
    pub keeps_table: bool,
    /// Packets that are marked for services.
    pub marks: Option<Marks>,
    /// Where it is on record that some are.
    pub record: PathBuf,
    /// Where dumps go, among others.
    pub process: Process,
    /// What dumps show of the whole configuration.
    pub settings: Settings,
}

impl From<lvs::Config> for Configuration {
    fn from(lvs: lvs::Config) -> Self {
        Self {
            lvs,
            ..Self::default()
        }
    }
}

impl Configuration {
    /// The checkers' part of `plan`. Where the VRRP child runs, too, it starts the reader of the
    /// pipe that both write to: two of them would take each other's lines.
    #[must_use]
    pub fn of(plan: Plan, with_vrrp: bool) -> Self {
        let mut pipes: Vec<Pipe> = plan.pipes.of_checkers().cloned().collect();
        if let (true, Some(_), Some(shared)) = (with_vrrp, &plan.pipes.all, pipes.first_mut()) {
            shared.reader = None;
        }
        Self {
            settings: Settings::of(&plan),
            process: plan.process,
            lvs: plan.lvs,
            services: plan.services,
            buffer: plan.buffers.lvs_command,
            pipes,
            mail: plan.mail,
            keeps_table: false,
            marks: plan.marks,
            record: PathBuf::new(),
        }
    }

    /// With a record at `path` of what a crash leaves behind.
    #[must_use]
    pub fn recorded_at(self, path: PathBuf) -> Self {
        Self {
            record: path,
            ..self
        }
    }
}

/// What is known of each service, to be found by what the engine calls it.
#[derive(Clone, Debug, Default)]
pub struct Hosts {
    services: BTreeMap<ServiceKey, (ServiceHost, Vec<SocketAddr>)>,
    tells_start: bool,
    /// Those of the configuration before, while what it had is still spoken of.
    before: Option<Box<Self>>,
}

impl Hosts {
    /// Of one configuration; `before` is asked where it knows nothing.
    #[must_use]
    pub fn new(lvs: &lvs::Config, hosts: &ServicesHost, before: Option<Self>) -> Self {
        let services = lvs.services.iter().zip(&hosts.each);
        let services = services.map(|(service, host)| {
            let addresses = service.servers.iter().map(|server| server.address);
            (service.key, (host.clone(), addresses.collect()))
        });
        Self {
            services: services.collect(),
            tells_start: hosts.tells_start,
            before: before.map(Box::new),
        }
    }

    /// Nobody speaks of the configuration before any more.
    pub fn forget(&mut self) {
        self.before = None;
    }

    /// The performer's part of a service.
    pub(super) fn service(&self, of: &ServiceKey) -> Option<&ServiceHost> {
        let known = self.services.get(of).map(|(host, _)| host);
        known.or_else(|| self.before.as_ref()?.service(of))
    }

    fn server(&self, of: &ServerId) -> Option<&ServerHost> {
        let known = self.services.get(&of.service).and_then(|(host, places)| {
            let place = places.iter().position(|there| *there == of.server)?;
            host.servers.get(place)
        });
        known.or_else(|| self.before.as_ref()?.server(of))
    }

    /// Whether anybody is to be told at all.
    fn heeds(&self, notice: &Notice) -> bool {
        match notice {
            Notice::Server {
                moment: Moment::Start,
                ..
            } => self.tells_start,
            Notice::Server { .. } | Notice::Service { .. } | Notice::Check { .. } => true,
        }
    }

    /// The line that pipes get, if they do.
    #[must_use]
    pub fn line(&self, notice: &Notice) -> Option<String> {
        match notice {
            _ if !self.heeds(notice) => None,
            Notice::Server { of, up, .. } => {
                let vs = Vs(&of.service);
                Some(format!("RS {} {vs} {}\n", Rs(of), word(*up)))
            }
            Notice::Service { of, up, .. } => {
                Some(format!("VS {} {}\n", Vs(&of.service), word(*up)))
            }
            Notice::Check { .. } => None,
        }
    }

    /// The command that is run, if one is.
    #[must_use]
    pub fn command(&self, notice: &Notice) -> Option<&Command> {
        let (up, host_up, host_down) = match notice {
            _ if !self.heeds(notice) => return None,
            Notice::Server { of, up, .. } => {
                let host = self.server(of)?;
                (up, &host.up, &host.down)
            }
            Notice::Service { of, up, .. } => {
                let host = self.service(&of.service)?;
                (up, &host.up, &host.down)
            }
            Notice::Check { .. } => return None,
        };
        if *up { host_up } else { host_down }.as_deref()
    }

    /// The letter that is sent by the rules of `mail`, if one is.
    #[must_use]
    pub fn letter(&self, mail: &Mail, notice: &Notice) -> Option<Letter> {
        match notice {
            Notice::Server { of, up, moment } => {
                let body = match moment {
                    Moment::Dropped => "Removing",
                    Moment::Stop => "Shutting down",
                    // Of these the check writes.
                    Moment::Start | Moment::Running => return None,
                };
                let mails = self.server(of)?.mails;
                mails.then(|| of_server(of, *up, body))
            }
            Notice::Service { of, up, moment } => {
                let mails = self.service(&of.service)?.mails;
                mails.then(|| of_service(of, *up, *moment))
            }
            Notice::Check {
                of,
                probe,
                passed,
                alive,
                changed,
            } => {
                let mails = self.server(of)?.mails && (*changed || mail.of_all_checks);
                mails.then(|| of_server(of, *alive, &check(probe, *passed)))
            }
        }
    }
}

const fn word(up: bool) -> &'static str {
    if up { "UP" } else { "DOWN" }
}

fn of_server(of: &ServerId, up: bool, body: &str) -> Letter {
    let (rs, vs) = (Rs(of), Vs(&of.service));
    Letter {
        subject: format!("Realserver {rs} of virtual server {vs} - {}", word(up)),
        body: format!("=> {body} <="),
    }
}

/// The numbers are joined by `+` whatever they mean, as in the original.
fn of_service(of: &Quorum, up: bool, moment: Moment) -> Letter {
    let (quorum, hysteresis, weight) = (of.quorum, of.hysteresis, of.weight);
    let bound = match up {
        true => quorum.saturating_add(hysteresis),
        false => quorum.saturating_sub(hysteresis),
    };
    let what = match (moment, up) {
        (Moment::Stop, _) => None,
        (Moment::Start, _) => Some("Starting with quorum up"),
        (Moment::Running | Moment::Dropped, true) => Some("Gained quorum"),
        (Moment::Running | Moment::Dropped, false) => Some("Lost quorum"),
    };
    let body = what.map(|what| format!("{what} {quorum}+{hysteresis}={bound} <= {weight}"));
    let body = body.unwrap_or_else(|| "Shutting down".to_owned());
    Letter {
        subject: format!("Virtualserver {} - {}", Vs(&of.service), word(up)),
        body: format!("=> {body} <="),
    }
}

fn check(probe: &Probe, passed: bool) -> String {
    let what = if passed { "succeed" } else { "failed" };
    match probe {
        Probe::Tcp { .. } => format!("TCP CHECK {what} on service"),
        Probe::Session { name } => format!("BFD CHECK {name} {what} on service"),
    }
}
