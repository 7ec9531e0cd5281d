//! Route lines.

use core::fmt::Display;
use core::time::Duration;

use base::Family;

use super::word;
use crate::ast::route::{Encap, Metric, Metrics, Named, NextHop, Placement, Realms, Route, Tunnel};
use crate::keepalived::tables::route::metric::{RTT_UNIT, RTTVAR_UNIT};

/// Options joined with blanks.
#[derive(Default)]
pub(super) struct Line(String);

impl Line {
    pub(super) fn word(&mut self, text: impl Display) {
        if !self.0.is_empty() {
            self.0.push(' ');
        }
        self.0.push_str(&text.to_string());
    }

    pub(super) fn option(&mut self, name: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.word(name);
            self.word(value);
        }
    }

    pub(super) fn text(&mut self, name: &str, value: Option<&str>) {
        self.option(name, value.map(word));
    }

    pub(super) fn named(&mut self, name: &str, value: Option<&Named>) {
        self.option(name, value.map(|value| word(&value.to_string())));
    }

    pub(super) fn realms(&mut self, value: Option<&Realms>) {
        self.option("realms", value.map(|value| word(&value.to_string())));
    }

    pub(super) fn flag(&mut self, name: &str, on: bool) {
        if on {
            self.word(name);
        }
    }

    pub(super) fn family(&mut self, family: Option<Family>) {
        if let Some(family) = family {
            self.word(match family {
                Family::V4 => "inet",
                Family::V6 => "inet6",
            });
        }
    }

    pub(super) fn done(self) -> String {
        self.0
    }

    fn metric<T>(&mut self, name: &str, value: Option<&Metric<T>>, print: impl Fn(&T) -> String) {
        if let Some(value) = value {
            self.word(name);
            self.flag("lock", value.lock);
            self.word(print(&value.value));
        }
    }

    fn number(&mut self, name: &str, value: Option<&Metric<u32>>) {
        self.metric(name, value, u32::to_string);
    }

    fn time(&mut self, name: &str, value: Option<&Metric<Duration>>, unit: Duration) {
        let count = |time: &Duration| {
            let unit = unit.as_micros().max(1);
            (time.as_micros() / unit).to_string()
        };
        self.metric(name, value, count);
    }
}

/// A route with its options.
pub(super) fn route_line(route: &Route) -> String {
    let mut line = Line::default();
    line.family(route.family);
    if let Some(kind) = route.kind {
        // `unicast` and its kind need the destination after them.
        line.word(kind);
    }
    if let Some(destination) = &route.destination {
        line.word(destination);
    }
    line.option("src", route.src);
    line.option("from", route.from);
    line.text("as to", route.label.as_ref().map(|it| it.as_str()));
    line.option("via", route.via);
    line.option("or", route.or);
    line.named("tos", route.tos.as_ref().map(|it| &it.value));
    line.named("table", route.table.as_ref().map(|it| &it.value));
    line.text("vrf", route.vrf.as_ref().map(|it| it.as_str()));
    line.named("protocol", route.protocol.as_ref().map(|it| &it.value));
    line.named("scope", route.scope.as_ref().map(|it| &it.value));
    line.option("metric", route.metric);
    line.text("dev", route.dev.as_ref().map(|it| it.as_str()));
    line.flag("onlink", route.onlink);
    line.option("expires", route.expires);
    metrics(&mut line, &route.metrics);
    line.realms(route.realms.as_ref().map(|it| &it.value));
    line.option("pref", route.pref.map(preference));
    line.option("ttl-propagate", route.ttl_propagate.map(enabled));
    if let Some(placement) = route.placement {
        line.word(match placement {
            Placement::Add => "add",
            Placement::Prepend => "prepend",
            Placement::Append => "append",
        });
    }
    line.flag("no_track", route.no_track);
    line.text(
        "track_group",
        route.track_group.as_ref().map(|it| it.as_str()),
    );
    // Last, as it takes every option that it knows.
    encap(&mut line, route.encap.as_ref());
    for hop in &route.nexthops {
        next_hop(&mut line, hop);
    }
    line.done()
}

fn preference(number: u8) -> String {
    match number {
        0 => "medium".to_owned(),
        1 => "high".to_owned(),
        3 => "low".to_owned(),
        other => other.to_string(),
    }
}

const fn enabled(on: bool) -> &'static str {
    if on { "enabled" } else { "disabled" }
}

fn metrics(line: &mut Line, metrics: &Metrics) {
    line.number("mtu", metrics.mtu.as_ref());
    line.number("advmss", metrics.advmss.as_ref());
    line.time("rtt", metrics.rtt.as_ref(), RTT_UNIT);
    line.time("rttvar", metrics.rttvar.as_ref(), RTTVAR_UNIT);
    line.number("reordering", metrics.reordering.as_ref());
    line.number("cwnd", metrics.cwnd.as_ref());
    line.number("ssthresh", metrics.ssthresh.as_ref());
    line.time(
        "rto_min",
        metrics.rto_min.as_ref(),
        Duration::from_millis(1),
    );
    line.metric("congctl", metrics.congctl.as_ref(), |name| word(name));
    line.option("hoplimit", metrics.hoplimit);
    line.option("window", metrics.window);
    line.option("initcwnd", metrics.initcwnd);
    line.option("initrwnd", metrics.initrwnd);
    line.flag("features ecn", metrics.ecn);
    line.option("quickack", metrics.quickack.map(u8::from));
    line.option(
        "fastopen_no_cookie",
        metrics.fastopen_no_cookie.map(u8::from),
    );
}

fn next_hop(line: &mut Line, hop: &NextHop) {
    line.word("nexthop");
    line.option("via", hop.via);
    line.text("dev", hop.dev.as_ref().map(|it| it.as_str()));
    line.option("weight", hop.weight);
    line.flag("onlink", hop.onlink);
    encap(line, hop.encap.as_ref());
    line.realms(hop.realms.as_ref().map(|it| &it.value));
}

fn encap(line: &mut Line, encap: Option<&Encap>) {
    let Some(encap) = encap else {
        return;
    };
    line.word("encap");
    match encap {
        Encap::Ip(tunnel) => {
            line.word("ip");
            self::tunnel(line, tunnel, ["tos", "ttl"]);
        }
        Encap::Ip6(tunnel) => {
            line.word("ip6");
            self::tunnel(line, tunnel, ["tc", "hoplimit"]);
        }
        Encap::Mpls(labels) => {
            let labels: Vec<String> = labels.iter().map(u32::to_string).collect();
            line.option("mpls", Some(labels.join("/")));
        }
        Encap::Ila(locator) => {
            let group = |shift: u32| (locator >> shift) & 0xffff;
            let groups = [48, 32, 16, 0].map(|shift| format!("{:x}", group(shift)));
            line.option("ila", Some(groups.join(":")));
        }
    }
}

fn tunnel<A: Display>(line: &mut Line, tunnel: &Tunnel<A>, [tos, ttl]: [&str; 2]) {
    line.option("id", tunnel.id);
    line.option("dst", tunnel.dst.as_ref());
    line.option("src", tunnel.src.as_ref());
    line.named(tos, tunnel.tos.as_ref());
    line.option(ttl, tunnel.ttl);
    line.option("flags", tunnel.flags);
}
