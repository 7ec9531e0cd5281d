//! `interface_up_down_delays`: how long an interface may be down before it counts.
//!
//! Invariant: a delay ends before the other nodes take over: what is longer was reported and
//! shortened, as in the original.

use core::time::Duration;
use std::collections::BTreeMap;

use grammar::Diagnostic;
use grammar::ast::global::LinkDelay as Written;
use vrrp::config::LinkDelay;

use super::router::Routers;

impl Routers<'_> {
    /// The delays of all interfaces, shortened to what the instances on them can bear. Tracked
    /// interfaces have them, too.
    pub(super) fn link_delays(&mut self) -> Vec<LinkDelay> {
        let written = &self.ast.process.links.delays;
        // Of two for one interface the later one counts.
        let mut delays: BTreeMap<&str, (&Written, Duration, Duration)> = written
            .iter()
            .map(|it| {
                let up = it.up.unwrap_or(it.down);
                (it.interface.value.as_str(), (it, it.down, up))
            })
            .collect();
        if !delays.is_empty() {
            self.shorten(&mut delays);
        }
        let delays = delays.into_iter();
        let all: Vec<LinkDelay> = delays
            .map(|(interface, (_, down, up))| LinkDelay {
                interface: interface.into(),
                down,
                up,
            })
            .collect();
        let by_name = all
            .iter()
            .map(|it| (it.interface.to_string(), (it.up, it.down)));
        self.watched.delays = by_name.collect();
        all
    }

    /// A link that goes down must be noticed before the others take over.
    fn shorten(&mut self, delays: &mut BTreeMap<&str, (&Written, Duration, Duration)>) {
        let defaults = &self.ast.vrrp.defaults;
        for instance in &self.ast.vrrp.instances {
            let interface = instance.interface.as_ref();
            let delay = interface.and_then(|it| delays.get_mut(it.value.as_str()));
            let Some((written, down, up)) = delay else {
                continue;
            };
            let count = instance.down_timer_adverts.or(defaults.down_timer_adverts);
            let count = count.map_or(3, |count| count.value);
            let interval = instance.advert_int;
            let interval = interval.map_or(Duration::from_secs(1), |time| time.value);
            let others = count.saturating_sub(1);
            // What remains after a lost advert and the shortest skew.
            let longest = (interval * u32::from(others)).saturating_sub(interval / 256);
            let of_one = count == 1 && !(down.is_zero() && up.is_zero());
            if !of_one && *down <= longest {
                continue;
            }
            if of_one || *up == *down {
                *up = longest;
            }
            *down = longest;
            let name = &instance.name;
            // The original only logs it.
            let message = format!(
                "{name}: interface {} debounce timer(s) not less than {others} * advert_int - \
                 resetting",
                written.interface
            );
            let problem = Diagnostic::warning("debounce-too-long", message);
            let problem = problem.label(written.interface.span, "this delay");
            let problem = problem.label(name.span, "others take over before it ends");
            let help = "choose a shorter delay, or a larger down_timer_adverts";
            self.problems.push(problem.help(help));
        }
    }
}
