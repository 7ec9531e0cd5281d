//! Strict mode: what the RFCs do not allow is reported and taken back, as in the original.
//!
//! Invariants: an instance in strict mode is planned as RFC 3768 and RFC 5798 want it, whatever
//! else it says; what only `global_defs` says is taken back silently, except the down timer.
//! Deliberately unknown here: packets to the addresses, which [`super::firewall`] is about.

use core::time::Duration;

use base::Priority;
use grammar::ast::vrrp::{Defaults, InitialState, Instance};
use grammar::{Diagnostic, Span};
use vrrp::config::{Router, Version};

use super::router::Routers;
use crate::facts::Interface;

/// The only `down_timer_adverts` of the RFCs (RFC 5798 §6.1).
const DOWN_TIMER: u8 = 3;

/// Where strict mode is turned on for an instance: its own word over the default.
pub(crate) fn strict(instance: &Instance, defaults: &Defaults) -> Option<Span> {
    let switch = instance.strict_mode.or(defaults.strict)?;
    switch.value.then_some(switch.span)
}

/// A setting that strict mode takes back.
pub(super) fn taken_back(strict: Span, at: Span, message: String, help: &str) -> Diagnostic {
    Diagnostic::error("strict-mode", message)
        .at(at)
        .label(strict, "strict mode is turned on here")
        .help(help)
}

impl Routers<'_> {
    pub(super) fn strict(&self, instance: &Instance) -> Option<Span> {
        strict(instance, &self.ast.vrrp.defaults)
    }

    /// Only an owner may begin as master.
    fn strict_state(&mut self, instance: &Instance, strict: Span, priority: Priority) {
        let Some(state) = instance.state else { return };
        if (state.value == InitialState::Master) == priority.is_owner() {
            return;
        }
        let message = format!(
            "({}) State MASTER must match being address owner",
            instance.name
        );
        let help = "leave `state` out: priority 255 alone begins as master";
        let mut problem = taken_back(strict, state.span, message, help);
        if let Some(priority) = instance.priority {
            problem = problem.label(priority.span, "255 is the owner's priority");
        }
        self.problems.push(problem);
    }

    /// What of `owner_ignore_adverts` the priority leaves.
    ///
    /// Deviation: `off` means off to an owner, unless strict mode forbids it; the original
    /// switches it on, and reports strict mode even where there is none.
    pub(super) fn owner(&mut self, instance: &Instance, priority: Priority, strict: Option<Span>) {
        let (name, Some(ignore)) = (&instance.name, instance.owner_ignore_adverts) else {
            return;
        };
        let problem = match (ignore.value, priority.is_owner(), strict) {
            (true, false, _) => {
                let message =
                    format!("({name}) ignoring owner_ignore_adverts since priority is not 255");
                let problem = Diagnostic::error("unused-option", message).at(ignore.span);
                problem.help("remove it: this instance listens to better adverts")
            }
            (false, true, Some(strict)) => {
                let message =
                    format!("({name}) strict_mode with priority 255 requires owner_ignore_adverts");
                taken_back(
                    strict,
                    ignore.span,
                    message,
                    "leave owner_ignore_adverts out",
                )
            }
            _ => return,
        };
        self.problems.push(problem);
    }

    /// None when the instance cannot run: its peers would not hear each other.
    pub(super) fn strict_unicast(
        &mut self,
        instance: &Instance,
        strict: Option<Span>,
        found: Option<&Interface>,
    ) -> Option<()> {
        let multicast = found.is_some_and(|found| found.multicast);
        let peers = instance.unicast_peers.as_ref();
        let peers = peers.filter(|peers| !peers.is_empty() && multicast);
        let (Some(strict), Some(peers)) = (strict, peers) else {
            return Some(());
        };
        let message = format!(
            "({}) Unicast peers are not supported in strict mode",
            instance.name
        );
        let problem = Diagnostic::error("strict-unicast", message)
            .label(peers.span, "the instance is left out")
            .label(strict, "strict mode is turned on here");
        let help = "remove unicast_peer, or strict mode on every node";
        self.problems.push(problem.help(help));
        None
    }

    /// What is wrong about a router that was planned without looking at strict mode, and what it
    /// has to be instead.
    pub(super) fn strict_router(&mut self, instance: &Instance, strict: Span, router: &mut Router) {
        self.strict_state(instance, strict, router.priority);
        let name = &instance.name;
        let defaults = &self.ast.vrrp.defaults;
        let written = instance.down_timer_adverts.or(defaults.down_timer_adverts);
        let mut take_back = |at: Span, message: &str, help: &str| {
            let message = format!("({name}) {message}");
            self.problems.push(taken_back(strict, at, message, help));
        };
        if let Some(count) = written.filter(|count| count.value != DOWN_TIMER) {
            let message = "down_timer_adverts is incompatible with strict mode - resetting";
            take_back(count.span, message, "strict mode waits for 3 adverts");
        }
        let accept = instance.accept.filter(|accept| accept.value);
        if let Some(accept) = accept
            && !router.priority.is_owner()
            && router.version == Version::V2
        {
            let message = "warning - accept mode for VRRP version 2 does not comply with RFC3768 \
                           - resetting";
            take_back(accept.span, message, "use version 3, or leave `accept` out");
        }
        let garp = &instance.garp;
        if let Some(repeat) = garp.lower_prio_repeat.filter(|count| count.value != 0) {
            let message = "Strict mode requires no repeat garps. resetting";
            take_back(repeat.span, message, "leave garp_lower_prio_repeat out");
        }
        if let Some(delay) = garp.lower_prio_delay.filter(|delay| !delay.is_zero()) {
            let message = "Strict mode requires no repeat garp delay. resetting";
            take_back(delay.span, message, "leave garp_lower_prio_delay out");
        }
        if let Some(switch) = instance.lower_prio_no_advert.filter(|on| !on.value) {
            let message = "Strict mode requires no lower priority advert. resetting";
            take_back(switch.span, message, "leave lower_prio_no_advert out");
        }
        if let Some(switch) = instance.higher_prio_send_advert.filter(|on| on.value) {
            let message = "strict mode requires higher_prio_send_advert to be clear. resetting";
            take_back(switch.span, message, "leave higher_prio_send_advert out");
        }
        router.down_timer_adverts = DOWN_TIMER;
        router.garp.lower_prio_repeat = 0;
        router.garp.lower_prio_delay = Duration::ZERO;
        router.lower_prio_no_advert = true;
        router.higher_prio_send_advert = false;
        router.initial_backup = false;
    }
}
