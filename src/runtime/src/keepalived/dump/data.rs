//! `keepalived.data`: what runs and how it stands, as text for people, in the original's layout.
//!
//! Invariant: no secret is in it.

use plan::keepalived::Side;
use vrrp::config::RouterIx;

use super::routing::{route_line, rule_line};
use super::{Dumped, address, instance, interfaces, sockets, tracked};

/// Adds the lines of a section.
type Section = fn(&mut String, &Dumped<'_>);

/// All of the file.
#[must_use]
pub(in super::super) fn data(dumped: &Dumped<'_>) -> String {
    let plan = dumped.plan;
    let filters = plan.routers.iter().any(|host| host.strict || host.closed);
    let mut text = plan.globals.section(Side::Vrrp { filters }, &plan.pipes);
    let held = plan.statics.addresses.iter();
    let held = held.map(|held| address(held, &plan.links, true));
    lines(&mut text, "Static Addresses", held);
    let routing = || plan.statics.routing.iter();
    lines(&mut text, "Static Routes", routing().filter_map(route_line));
    lines(&mut text, "Static Rules", routing().filter_map(rule_line));
    headed(&mut text, "VRRP Topology", |text| {
        for (ix, _) in (0..).zip(&plan.vrrp.routers) {
            instance::instance(text, dumped, RouterIx(ix));
        }
    });
    let sections: [(&str, Section); 7] = [
        ("VRRP Sockpool", sockets::pool),
        ("VRRP Sync groups", tracked::groups),
        ("VRRP Scripts", tracked::scripts),
        ("VRRP Track files", tracked::files),
        ("VRRP Track processes", tracked::processes),
        ("VRRP Track BFDs", tracked::sessions),
        ("Interfaces", interfaces::all),
    ];
    for (title, fill) in sections {
        headed(&mut text, title, |text| fill(text, dumped));
    }
    text
}

/// A section of lines.
fn lines(text: &mut String, title: &str, lines: impl Iterator<Item = String>) {
    headed(text, title, |text| {
        for line in lines {
            text.push_str("     ");
            text.push_str(&line);
            text.push('\n');
        }
    });
}

/// A section; none without anything in it.
fn headed(text: &mut String, title: &str, fill: impl FnOnce(&mut String)) {
    let mut section = String::new();
    fill(&mut section);
    if !section.is_empty() {
        text.push_str("------< ");
        text.push_str(title);
        text.push_str(" >------\n");
        text.push_str(&section);
    }
}
