//! Adverts go out.

use vrrp::Effect;

use super::Host;
use crate::keepalived::ports::Outgoing;

impl Host {
    /// Sends the adverts that are due at the same time.
    pub(super) fn send(&mut self, due: &[Effect]) {
        let mut adverts = Vec::with_capacity(due.len());
        for effect in due {
            let Effect::SendAdvert {
                router: ix,
                to,
                packet,
                number,
                ..
            } = effect
            else {
                continue;
            };
            let at = ix.0 as usize;
            let (Some(router), Some(share)) =
                (self.plan.vrrp.routers.get(at), self.shares.get_mut(at))
            else {
                continue;
            };
            share.id = share.id.checked_add(1).unwrap_or(1);
            adverts.push(Outgoing {
                ix: *ix,
                router,
                source: router.source,
                to: *to,
                id: share.id,
                number: *number,
                message: packet,
            });
        }
        self.ports.send(&adverts, &mut |advert, error| {
            let (name, to) = (&advert.router.name, advert.to);
            tracing::debug!(
                severity = 6_u64,
                "({name}) advert to {to} not sent: {error}"
            );
        });
    }
}
