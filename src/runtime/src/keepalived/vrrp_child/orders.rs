//! What the parent wants of the VRRP child.

use std::io;

use plan::keepalived::Plan;
use tracing::info;
use vrrp::{Engine, Input};

use super::Child;
use crate::keepalived::control::{self, Heard, Order, Report};
use crate::keepalived::dump;
use crate::keepalived::saved::When;

impl Child {
    pub(super) fn read_orders(&mut self) -> io::Result<()> {
        loop {
            match control::receive::<Order>(&self.channel)? {
                Heard::Nothing => return Ok(()),
                Heard::Closed => {
                    // The parent has died; its death signal says the same.
                    self.poller.remove(&self.channel)?;
                    self.stop();
                    return Ok(());
                }
                Heard::Message(Order::Begin, _) => self.begin_adopted()?,
                Heard::Message(Order::Sessions(sessions), _) => {
                    self.host.watches.sessions_changed(sessions);
                }
                Heard::Message(Order::Silent(address), _) if self.begun => {
                    self.feed(Input::PathDown { address });
                }
                Heard::Message(Order::Silent(_), _) => {}
                Heard::Message(Order::Yield, _) => self.give_over(),
                Heard::Message(Order::Answer, callers) => self.answer(callers),
                Heard::Message(Order::Reload { generation }, descriptors) => {
                    self.prepare_for_long_work();
                    if let Some(plan) = self.conduct.next_plan(&self.channel, descriptors)? {
                        self.reload(plan, generation);
                        control::send(&self.channel, &Report::Ready, &[])?;
                    }
                }
            }
        }
    }

    /// Masters advertise before something that takes a while; who is better is heard first.
    fn prepare_for_long_work(&mut self) {
        if self.begun {
            self.read_packets();
            self.feed(Input::Occupied);
        }
    }

    fn reload(&mut self, plan: Plan, generation: u32) {
        info!("Reloading");
        self.save_state(When::Before);
        if self.begun {
            // By the configuration and the ledger that they came in under.
            self.read_packets();
        }
        self.rest.disturb(sys::clock::now());
        self.ledger.generation = generation;
        let vrrp = plan.vrrp.clone();
        if self.begun {
            self.host.next = Some(plan);
            self.feed(Input::Reconfigure(vrrp));
        } else {
            self.host.replace_plan(plan);
            self.engine = Engine::new(vrrp);
        }
        self.host.drop_links();
        self.open_ports();
        self.register_watches();
        if self.begun {
            self.host.repeat_states(&self.engine);
            let mut inputs = self.follow_sources();
            inputs.extend(self.host.link_changes());
            for input in inputs {
                self.feed(input);
            }
            self.ledger.all(&self.engine);
        }
        self.save_state(When::After);
    }

    /// For `config_save_dir`.
    fn save_state(&mut self, when: When) {
        let process = self.host.plan.process.clone();
        let (host, engine) = (&mut self.host, &self.engine);
        let dump = || dump::data(&host.dumped(engine));
        self.reloads.save("vrrp", when, &process, dump);
    }
}
