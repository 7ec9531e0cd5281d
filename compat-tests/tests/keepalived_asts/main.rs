//! Random ASTs, printed and parsed again: lines of addresses, routes and rules, tracked things and
//! `global_defs`, with values that no sample of the tables has.
//!
//! Invariants: only what a text can say is generated, so nothing may change on the way, neither
//! through the text nor through JSON.
//! Deliberately unknown here: whether the values make sense together.

mod address;
mod global;
mod route;
mod rule;
mod words;

use std::path::Path;

use grammar::ast::vrrp::{Instance, SyncGroup, TrackLine, TrackWeight};
use grammar::keepalived::{self, Options};
use grammar::{Ast, MemoryLoader, json};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use words::{spanned, wild};

fn parse(text: &str) -> Ast {
    let mut loader = MemoryLoader::new([("k.conf", text)]);
    keepalived::parse(&mut loader, Path::new("k.conf"), &Options::default()).ast
}

/// There and back, as text and as JSON.
fn comes_back(ast: &Ast) -> Result<(), TestCaseError> {
    let printed = keepalived::print(ast);
    prop_assert!(parse(&printed) == *ast, "{}", printed);
    let value = json::to_value(ast).map_err(|error| TestCaseError::fail(error.to_string()))?;
    let read: Result<Ast, _> = json::from_value(value.clone());
    let read = read.map_err(|error| TestCaseError::fail(format!("{error}\n{value:#}")))?;
    prop_assert!(read == *ast, "{:#}", value);
    Ok(())
}

fn instance() -> Instance {
    Instance {
        name: spanned("A".to_owned()),
        ..Instance::default()
    }
}

/// A weight up to what the priority of an instance can change by.
fn weight() -> impl Strategy<Value = TrackWeight> {
    (-253..=253_i16, any::<Option<bool>>()).prop_map(|(weight, reverse)| TrackWeight {
        weight: base::Weight(weight),
        reverse,
    })
}

fn track_lines() -> impl Strategy<Value = Vec<TrackLine>> {
    let line = (wild(), option::of(weight())).prop_map(|(name, weight)| TrackLine {
        name: spanned(name),
        weight,
    });
    vec(line, 0..4)
}

/// `noreverse` has nothing to cancel where an interface is tracked, which is an error.
fn interface_lines() -> impl Strategy<Value = Vec<TrackLine>> {
    track_lines().prop_map(|mut lines| {
        for weight in lines.iter_mut().filter_map(|line| line.weight.as_mut()) {
            weight.reverse = weight.reverse.filter(|reverse| *reverse);
        }
        lines
    })
}

proptest! {
    #![proptest_config(property::config(256))]

    #[test]
    fn addresses(
        virtual_ones in vec(address::virtual_line(), 0..4),
        excluded in vec(address::virtual_line(), 0..3),
        static_ones in vec(address::static_line(), 0..3),
    ) {
        let mut ast = Ast::default();
        ast.vrrp.static_addresses = static_ones;
        ast.vrrp.instances.push(Instance { addresses: virtual_ones, excluded, ..instance() });
        comes_back(&ast)?;
    }

    #[test]
    fn routes(
        virtual_ones in vec(route::virtual_line(), 0..4),
        static_ones in vec(route::static_line(), 0..3),
    ) {
        let mut ast = Ast::default();
        ast.vrrp.static_routes = static_ones;
        ast.vrrp.instances.push(Instance { routes: virtual_ones, ..instance() });
        comes_back(&ast)?;
    }

    #[test]
    fn rules(
        virtual_ones in vec(rule::virtual_line(), 0..4),
        static_ones in vec(rule::static_line(), 0..3),
    ) {
        let mut ast = Ast::default();
        ast.vrrp.static_rules = static_ones.into_iter().map(spanned).collect();
        let rules = virtual_ones.into_iter().map(spanned).collect();
        ast.vrrp.instances.push(Instance { rules, ..instance() });
        comes_back(&ast)?;
    }

    #[test]
    fn lines_of_tracked_things(
        own in (interface_lines(), track_lines(), track_lines(), track_lines(), track_lines()),
        groups in (interface_lines(), track_lines(), track_lines(), track_lines(), track_lines()),
    ) {
        let mut ast = Ast::default();
        let (track_interfaces, track_scripts, track_files, track_processes, track_bfds) = own;
        ast.vrrp.instances.push(Instance {
            track_interfaces, track_scripts, track_files, track_processes, track_bfds, ..instance()
        });
        let (track_interfaces, track_scripts, track_files, track_processes, track_bfds) = groups;
        ast.vrrp.sync_groups.push(SyncGroup {
            name: spanned("G".to_owned()),
            members: vec![spanned("A".to_owned()), spanned("B".to_owned())],
            track_interfaces, track_scripts, track_files, track_processes, track_bfds,
            ..SyncGroup::default()
        });
        comes_back(&ast)?;
    }

    #[test]
    fn tracked_things(vrrp in global::tracked()) {
        comes_back(&Ast { vrrp, ..Ast::default() })?;
    }

    #[test]
    fn global_settings(process in global::process(), defaults in global::defaults()) {
        let mut ast = Ast { process, ..Ast::default() };
        ast.vrrp.defaults = defaults;
        comes_back(&ast)?;
    }
}
