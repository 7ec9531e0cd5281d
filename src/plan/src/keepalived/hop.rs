//! The ways of a route, and its metrics, in the kernel's numbers.
//!
//! Invariants: a route without `nexthop` or `or` has one way at most; an ordinary one of an
//! instance has one at least.

use core::time::Duration;

use grammar::ast::leaf::Spanned;
use grammar::ast::route::{self as written, Metric, Metrics, Named, NextHop, Realms, RouteType};
use wire::routing::{Encap, Hop, Tunnel};

use super::router::Routers;
use crate::facts::NumberTable;

// RTAX_* of linux/rtnetlink.h.
const LOCK: u16 = 1;
const MTU: u16 = 2;
const WINDOW: u16 = 3;
const RTT: u16 = 4;
const RTTVAR: u16 = 5;
const SSTHRESH: u16 = 6;
const CWND: u16 = 7;
const ADVMSS: u16 = 8;
const REORDERING: u16 = 9;
const HOPLIMIT: u16 = 10;
const INITCWND: u16 = 11;
const FEATURES: u16 = 12;
const RTO_MIN: u16 = 13;
const INITRWND: u16 = 14;
const QUICKACK: u16 = 15;
const CC_ALGO: u16 = 16;
const FASTOPEN_NO_COOKIE: u16 = 17;

/// RTAX_FEATURE_ECN
const ECN: u32 = 1;

/// Numbers and values in the order of the numbers, and the congestion control algorithm.
pub(super) fn metrics(written: &Metrics) -> (Vec<(u16, u32)>, Option<String>) {
    let number = |metric: &Option<Metric<u32>>| metric.as_ref().map(|it| (it.value, it.lock));
    let time = |metric: &Option<Metric<Duration>>, unit: u128| {
        let metric = metric.as_ref()?;
        let value = u32::try_from(metric.value.as_micros() / unit).unwrap_or(u32::MAX);
        Some((value, metric.lock))
    };
    let free = |value: Option<u32>| value.map(|value| (value, false));
    let switch = |on: Option<bool>| on.map(|on| (u32::from(on), false));
    let all = [
        (MTU, number(&written.mtu)),
        (WINDOW, free(written.window)),
        (RTT, time(&written.rtt, 125)),
        (RTTVAR, time(&written.rttvar, 250)),
        (SSTHRESH, number(&written.ssthresh)),
        (CWND, number(&written.cwnd)),
        (ADVMSS, number(&written.advmss)),
        (REORDERING, number(&written.reordering)),
        (HOPLIMIT, free(written.hoplimit.map(u32::from))),
        (INITCWND, free(written.initcwnd)),
        (FEATURES, free(written.ecn.then_some(ECN))),
        (RTO_MIN, time(&written.rto_min, 1000)),
        (INITRWND, free(written.initrwnd)),
        (QUICKACK, switch(written.quickack)),
        (FASTOPEN_NO_COOKIE, switch(written.fastopen_no_cookie)),
    ];
    let congestion = written.congctl.as_ref();
    let mut locked = match congestion {
        Some(congestion) if congestion.lock => 1 << CC_ALGO,
        _ => 0_u32,
    };
    let mut metrics = Vec::new();
    for (kind, metric) in all {
        let Some((value, lock)) = metric else {
            continue;
        };
        if lock {
            locked |= 1 << kind;
        }
        metrics.push((kind, value));
    }
    if locked != 0 {
        metrics.insert(0, (LOCK, locked));
    }
    (
        metrics,
        congestion.map(|congestion| congestion.value.clone()),
    )
}

impl Routers<'_> {
    /// All ways; none when one of them has a mistake.
    pub(super) fn hops(
        &mut self,
        route: &written::Route,
        default: Option<&str>,
    ) -> Option<Vec<Hop<String>>> {
        let own = self.own_hop(route);
        let mut hops = Vec::new();
        let mut whole = own.is_some();
        hops.extend(own.flatten());
        if let Some(or) = &route.or {
            let like = hops.first().cloned().unwrap_or_default();
            let via = Some(or.value);
            hops.push(Hop { via, ..like });
        }
        for hop in &route.nexthops {
            match self.hop(hop) {
                Some(hop) => hops.push(hop),
                None => whole = false,
            }
        }
        if hops.is_empty() && matches!(route.kind, None | Some(RouteType::Unicast)) {
            // Deviation: the original tries without any, which no kernel takes.
            hops.extend(default.map(|interface| Hop {
                link: Some(interface.to_owned()),
                weight: 1,
                ..Hop::default()
            }));
        }
        whole.then_some(hops)
    }

    /// What the route says itself; `Some(None)` when nothing.
    fn own_hop(&mut self, route: &written::Route) -> Option<Option<Hop<String>>> {
        let hop = Hop {
            via: route.via.map(|via| via.value),
            link: route.dev.as_ref().map(|dev| dev.value.clone()),
            weight: 1,
            onlink: route.onlink,
            encap: self.encap(route.encap.as_ref())?,
            realms: self.hop_realms(route.realms.as_ref())?,
        };
        let said =
            hop.via.is_some() || hop.link.is_some() || hop.encap.is_some() || hop.realms.is_some();
        Some(said.then_some(hop))
    }

    fn hop(&mut self, hop: &NextHop) -> Option<Hop<String>> {
        let (encap, realms) = (
            self.encap(hop.encap.as_ref()),
            self.hop_realms(hop.realms.as_ref()),
        );
        Some(Hop {
            via: hop.via.map(|via| via.value),
            link: hop.dev.as_ref().map(|dev| dev.value.clone()),
            weight: hop.weight.unwrap_or(1),
            onlink: hop.onlink,
            encap: encap?,
            realms: realms?,
        })
    }

    fn hop_realms(&mut self, realms: Option<&Spanned<Realms>>) -> Option<Option<(u16, u16)>> {
        let Some(realms) = realms else {
            return Some(None);
        };
        let message = format!("Invalid realms {} for route", realms.value);
        self.realms(realms, message).map(Some)
    }

    fn encap(&mut self, encap: Option<&written::Encap>) -> Option<Option<Encap>> {
        Some(Some(match encap {
            None => return Some(None),
            Some(written::Encap::Ip(tunnel)) => Encap::Ip(self.tunnel(tunnel)?),
            Some(written::Encap::Ip6(tunnel)) => Encap::Ip6(self.tunnel(tunnel)?),
            Some(written::Encap::Mpls(labels)) => Encap::Mpls(labels.clone()),
            Some(written::Encap::Ila(locator)) => Encap::Ila(*locator),
        }))
    }

    fn tunnel<A: Copy>(&mut self, tunnel: &written::Tunnel<A>) -> Option<Tunnel<A>> {
        let tos = match &tunnel.tos {
            None => None,
            Some(tos) => Some(self.type_of_service(tos)?),
        };
        Some(Tunnel {
            id: tunnel.id,
            dst: tunnel.dst,
            src: tunnel.src,
            tos,
            ttl: tunnel.ttl,
            flags: tunnel.flags,
        })
    }

    fn type_of_service(&self, tos: &Named) -> Option<u8> {
        let number = self.look_up(NumberTable::DsFields, tos)?;
        u8::try_from(number).ok()
    }
}
