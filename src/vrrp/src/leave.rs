//! Make before break: a master that stops keeps its addresses until somebody else has them.
//!
//! Priority 0 goes out at once, so no backup waits a moment longer. But until a backup has taken
//! over, packets to the addresses would go nowhere: they stay, and answer, without being announced
//! any more. Each goes when another node announces it, and all of them [`GRACE`] after the first
//! advert of the next master. When nobody takes over, they go when the slowest backup should have.
//!
//! Invariants: nothing is sent while leaving; every wait has an end that is fixed when it begins
//! and only comes nearer.

use core::net::IpAddr;
use core::time::Duration;

use base::{Family, Instant, Priority};

use crate::config::{GroupIx, Router, RouterIx, Transport};
use crate::effect::{Cause, Effect, Event};
use crate::engine::{Engine, Life, index};
use crate::input::Input;
use crate::receive::{Checked, Packet, check};
use crate::router::{Phase, Stimulus};
use crate::timer::Timers;

/// After its first advert, the next master has this long to announce all addresses.
pub const GRACE: Duration = Duration::from_millis(200);
/// What a backup may be late.
const SLACK: Duration = Duration::from_millis(50);
/// Neighbours ask for an IPv6 address again before they believe that it has moved.
const IPV6: Duration = Duration::from_millis(1700);

/// How long a router waits at most to be replaced; `None`: there is nobody to wait for.
fn patience(config: &Router) -> Option<Duration> {
    let alone = match &config.transport {
        Transport::Multicast { .. } => false,
        Transport::Unicast { peers, .. } => peers.is_empty(),
    };
    if alone || config.compat_timing {
        return None;
    }
    let least = match config.key.family {
        Family::V4 => Duration::ZERO,
        Family::V6 => IPV6,
    };
    // The skew of a backup is below one interval (RFC 9568 §6.1).
    Some(config.advert_interval.max(least).saturating_add(SLACK))
}

impl Engine {
    /// Whether it was told to stop, and waits for somebody to take over.
    #[must_use]
    pub fn is_leaving(&self) -> bool {
        self.life == Life::Leaving
    }

    /// Releases all masterships first: peers count from there.
    pub(crate) fn shutdown(&mut self, now: Instant, emit: &mut dyn FnMut(Effect)) {
        let running = self.life == Life::Running;
        self.life = Life::Leaving;
        self.timers = Timers::new(self.routers.len());
        if running {
            for ix in 0..self.routers.len() {
                self.release(now, ix, emit);
            }
            for ix in 0..self.routers.len() {
                let master = matches!(self.routers[ix].phase, Phase::Master(_));
                match patience(&self.config.routers[ix]).filter(|_| master) {
                    Some(patience) => self.timers.set(ix, Some(now + patience)),
                    None => self.left(now, ix, emit),
                }
            }
        }
        self.leave_at_last(running, emit);
    }

    /// What counts for a node that is leaving.
    pub(crate) fn leaving(&mut self, now: Instant, input: Input, emit: &mut dyn FnMut(Effect)) {
        match input {
            Input::Tick => {
                // Whoever has left waits for nothing any more, so this ends.
                while let Some((_, ix)) = self.timers.first().filter(|(due, _)| *due <= now) {
                    self.left(now, ix, emit);
                }
            }
            packet @ Input::Packet { .. } => self.arrived(now, packet, emit),
            Input::AddressTaken {
                router,
                address,
                last,
            } => self.taken(now, router, address, last, emit),
            // Nobody can be reached there any more, or nothing is left to keep.
            Input::Link {
                router, up: false, ..
            }
            | Input::EffectFailed { router, .. } => self.left(now, router.0 as usize, emit),
            // Enough waited.
            Input::Shutdown => (0..self.routers.len()).for_each(|ix| self.left(now, ix, emit)),
            Input::WallClock(_)
            | Input::Start
            | Input::ScriptExit { .. }
            | Input::Read { .. }
            | Input::Link { up: true, .. }
            | Input::SourceAddress { .. }
            | Input::PathDown { .. }
            | Input::Stranger { .. }
            | Input::AddressLost { .. }
            | Input::RoutingLost { .. }
            | Input::Occupied
            | Input::Reconfigure(_) => {}
        }
        self.leave_at_last(true, emit);
    }

    /// An advert while leaving: of the next master, whose addresses come right after it.
    pub(crate) fn hear_successor(
        &mut self,
        now: Instant,
        router: RouterIx,
        packet: &Packet<'_>,
        emit: &mut dyn FnMut(Effect),
    ) {
        let at = router.0 as usize;
        let Some(due) = self.timers.get(at) else {
            return;
        };
        let (config, state) = (&self.config.routers[at], &mut self.routers[at]);
        let Checked::Accepted { advert, .. } =
            check(config, packet, None, &mut state.standing.replay)
        else {
            return;
        };
        let own = advert.source == config.source;
        if own || advert.priority == Priority::RELEASE || due <= now + GRACE {
            return;
        }
        self.timers.set(at, Some(now + GRACE));
        emit(Effect::Event(Event::Succeeded {
            router,
            source: advert.source,
            priority: advert.priority,
        }));
    }

    fn taken(
        &mut self,
        now: Instant,
        router: RouterIx,
        address: IpAddr,
        last: bool,
        emit: &mut dyn FnMut(Effect),
    ) {
        let at = router.0 as usize;
        if self.timers.get(at).is_none() {
            return;
        }
        if last {
            self.left(now, at, emit);
        } else {
            emit(Effect::YieldAddress { router, address });
        }
    }

    /// The end of one router.
    fn left(&mut self, now: Instant, ix: usize, emit: &mut dyn FnMut(Effect)) {
        self.step_alone(now, index(ix), Stimulus::End(Cause::Stop), emit);
    }

    /// The end of all, when nothing is waited for.
    fn leave_at_last(&mut self, ran: bool, emit: &mut dyn FnMut(Effect)) {
        if self.timers.first().is_some() {
            return;
        }
        if ran {
            for ix in 0..self.config.groups.len() {
                self.tell_group(GroupIx(index(ix).0), emit);
            }
        }
        self.life = Life::Stopped;
        emit(Effect::Event(Event::Stopped));
    }
}
