//! What a script asks of the lab.

use std::io;
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

use base::Instant;

use super::{Incoming, Network};
use crate::netlink::Netlink;
use crate::node::PATIENCE;
use crate::observed::{Observation, Observed};
use crate::protocol::{Command, Report, monotonic_us};
use crate::script::{Action, Nodes, Part, SignalName};
use crate::world::{Trouble, World};

impl Network {
    fn ask_node(&mut self, node: &str, what: Command) -> Result<(), Trouble> {
        let at = self.find(node)?;
        self.ask(at, what).map(drop)
    }

    /// Starts or stops a service, or all services of a node, or of every node.
    fn each_service(
        &mut self,
        service: Option<&str>,
        nodes: &Nodes,
        what: impl Fn(String) -> Command,
    ) -> Result<(), Trouble> {
        let which: Vec<usize> = match nodes {
            Nodes::All => (0..self.hosts.len()).collect(),
            Nodes::One(node) => vec![self.find(node)?],
        };
        for at in which {
            let services = match service {
                Some(service) => vec![service.to_owned()],
                None => self.start_order(at),
            };
            for service in services {
                self.ask(at, what(service))?;
            }
        }
        Ok(())
    }

    /// What keepalived checks runs before it does.
    fn start_order(&self, at: usize) -> Vec<String> {
        let mut services = self.hosts[at].machine.services.clone();
        services.sort_by_key(|name| name == "keepalived");
        services
    }

    fn signal(
        &mut self,
        node: &str,
        service: &str,
        part: Part,
        signal: SignalName,
    ) -> Result<(), Trouble> {
        self.ask_node(
            node,
            Command::Signal {
                service: service.to_owned(),
                part,
                signal: signal.number(),
            },
        )
    }

    fn cable(
        &mut self,
        node: &str,
        what: impl Fn(&Netlink, u32, u32) -> io::Result<()>,
    ) -> Result<(), Trouble> {
        let at = self.find(node)?;
        what(&self.netlink, self.hosts[at].port, self.bridge)
            .map_err(|error| Trouble::Broken(format!("{node}: {error}")))
    }
}

impl World for Network {
    fn now(&self) -> Instant {
        self.at(monotonic_us())
    }

    fn perform(&mut self, action: &Action) -> Result<(), Trouble> {
        match action {
            Action::Start { service, nodes } => {
                self.each_service(service.as_deref(), nodes, |service| Command::Start {
                    service,
                })
            }
            Action::Stop { service, nodes } => {
                self.each_service(service.as_deref(), nodes, |service| Command::Stop {
                    service,
                })
            }
            Action::Restart { service, node } => self.ask_node(
                node,
                Command::Restart {
                    service: service.clone(),
                },
            ),
            Action::Reload { service, node } => self.ask_node(
                node,
                Command::Reload {
                    service: service.clone(),
                },
            ),
            Action::Kill {
                signal,
                part,
                service,
                node,
            } => self.signal(node, service, *part, *signal),
            Action::Hang {
                part,
                service,
                node,
            } => self.signal(node, service, *part, SignalName::Stop),
            Action::Resume { service, node } => {
                self.signal(node, service, Part::All, SignalName::Cont)
            }
            Action::Cut {
                node,
                silently: false,
            } => self.cable(node, |netlink, port, _| netlink.down(port)),
            Action::Cut {
                node,
                silently: true,
            } => self.cable(node, |netlink, port, _| netlink.unplug(port)),
            Action::Heal { node } => {
                self.cable(node, |netlink, port, bridge| netlink.plug(port, bridge))
            }
            Action::Exec {
                node,
                command,
                must_succeed,
            } => {
                let done = self.ask_node(
                    node,
                    Command::Exec {
                        command: command.clone(),
                    },
                );
                match done {
                    Err(Trouble::Refused(_)) if !must_succeed => Ok(()),
                    done => done,
                }
            }
            Action::StartsOf {
                service,
                node,
                succeed,
            } => self.ask_node(
                node,
                Command::StartsOf {
                    service: service.clone(),
                    succeed: *succeed,
                },
            ),
        }
    }

    fn advance(
        &mut self,
        until: Instant,
        seen: &mut Observed,
    ) -> Result<Vec<Observation>, Trouble> {
        let mut arrived = std::mem::take(&mut self.waiting);
        if arrived.is_empty() {
            match self.incoming.recv_timeout(until.since(self.now())) {
                Ok(incoming) => arrived.push(incoming),
                Err(RecvTimeoutError::Timeout) => return Ok(Vec::new()),
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(Trouble::Broken("the lab has no ears left".to_owned()));
                }
            }
        }
        arrived.extend(self.incoming.try_iter());
        // Threads of different machines report independently; their times are on one clock.
        arrived.sort_by_key(|incoming| match incoming {
            Incoming::Report(_, Report::Seen { at_us, .. }) => *at_us,
            Incoming::Heard(heard) => heard.at_us,
            _ => u64::MAX,
        });
        let mut told = Vec::new();
        for incoming in arrived {
            told.extend(self.take(incoming, seen)?);
        }
        Ok(told)
    }

    fn report_delay(&self) -> Duration {
        PATIENCE * 2 + Duration::from_millis(100)
    }
}
