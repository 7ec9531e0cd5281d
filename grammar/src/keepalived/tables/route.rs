//! Lines of `virtual_routes` and `static_routes`: a destination with options, as `ip route` takes
//! them.
//!
//! Invariants: as in the original, a route with a wrong option is left out; the word that is no
//! option is the destination.
//! Deviation: `inet` and `inet6` do not swallow the word after them.

mod encap;
pub(in crate::keepalived) mod metric;
mod metric_rows;
mod nexthop;
mod rows;
mod set;

use crate::ast::Ast;
use crate::ast::route::Route;
use crate::ast::vrrp::Instance;
use crate::diagnostic::Class;
use crate::keepalived::line::{self, Wording};
use crate::keepalived::lower::each_entry;
use crate::keyword::{Args, Lowering, Problem, Table};
use crate::tree::Block;

/// The row that takes any other word.
const DESTINATION: &str = "<DST>[/<MASK>]";

/// Lines of `virtual_routes`.
pub static VIRTUAL: Table<Route> = Table {
    block: "virtual_routes#line",
    rows: &rows::VIRTUAL,
};

/// Lines of `static_routes`.
pub static STATIC: Table<Route> = Table {
    block: "static_routes#line",
    rows: &rows::STATIC,
};

/// `virtual_routes`
pub(super) fn virtual_routes(
    instance: &mut Instance,
    _: &Args<'_>,
    block: &Block,
    lowering: &mut Lowering<'_>,
) -> Result<(), Problem> {
    lines(&VIRTUAL, &mut instance.routes, block, lowering);
    Ok(())
}

/// `static_routes`
pub(super) fn static_routes(
    ast: &mut Ast,
    _: &Args<'_>,
    block: &Block,
    lowering: &mut Lowering<'_>,
) -> Result<(), Problem> {
    lines(&STATIC, &mut ast.vrrp.static_routes, block, lowering);
    Ok(())
}

fn lines(
    table: &Table<Route>,
    routes: &mut Vec<Route>,
    block: &Block,
    lowering: &mut Lowering<'_>,
) {
    each_entry(block, lowering, |args| {
        let first = &args.name.text;
        let wording = Wording {
            positional: Some(DESTINATION),
            missing: &|option, position| missing(first, option, position),
            ..Wording::default()
        };
        let mut route = Route::default();
        let outcome = line::whole(table, &mut route, args, &wording);
        if outcome.flawed {
            return Ok(());
        }
        if route.destination.is_none() {
            let problem = Problem::error("missing-destination", "Route must have a destination");
            return Err(problem.help("put an address, a prefix or `default` on the line"));
        }
        check_tracking(&mut route, args);
        routes.push(route);
        Ok(())
    });
}

/// The original ends at once with status 2 here.
pub(super) fn missing(first: &str, option: &str, position: usize) -> Problem {
    let message = format!(
        "*** Configuration line starting `{first}` is missing a parameter after keyword \
         `{option}` at word position {}",
        position + 1
    );
    Problem::error("missing-parameter", message).class(Class::MissingParameter)
}

/// What a route must be for its removal to be noticed.
fn check_tracking(route: &mut Route, args: &Args<'_>) {
    if let Some(group) = &route.track_group
        && route.dev.is_none()
    {
        let message = "Static route cannot have track group if no oif specified";
        let problem = Problem::error("missing-interface", message).span(group.span);
        args.report(problem.help("add `dev` with the interface of the route"));
        route.track_group = None;
    }
}
