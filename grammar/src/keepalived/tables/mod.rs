//! The keyword tables of keepalived.conf, one file per block.
//!
//! Invariants: every keyword that the parser knows stands in exactly one table, and every table is
//! part of [`catalogue`].

pub mod address;
pub mod auth_hmac;
pub mod authentication;
pub mod bfd;
pub mod check;
pub mod global_defs;
pub mod groups;
mod instance_link;
mod instance_rules;
pub mod lexer;
pub mod link;
pub mod listed;
pub mod lvs_method;
mod named;
pub mod notify;
pub mod peer;
pub mod real_server;
pub mod root;
pub mod route;
pub mod rule;
pub mod schedule;
pub mod server_group;
mod service_flag;
mod services;
pub mod ssl;
pub mod track;
pub mod tracked;
pub mod virtual_server;
pub mod vrrp_instance;
pub mod vrrp_script;

use crate::keyword::{Entry, Keyword};

/// Every row of every table; those of one table come together.
pub fn rows() -> impl Iterator<Item = Entry> {
    root::ROOT
        .entries()
        .chain(global_defs::GLOBAL_DEFS.entries())
        .chain(vrrp_script::VRRP_SCRIPT.entries())
        .chain(vrrp_instance::VRRP_INSTANCE.entries())
        .chain(authentication::AUTHENTICATION.entries())
        .chain(auth_hmac::AUTH_HMAC.entries())
        .chain(groups::TRACK_GROUP.entries())
        .chain(groups::GARP_GROUP.entries())
        .chain(groups::VRRP_SYNC_GROUP.entries())
        .chain(peer::UNICAST_PEER.entries())
        .chain(track::entries())
        .chain(tracked::VRRP_TRACK_PROCESS.entries())
        .chain(tracked::TRACK_FILE.entries())
        .chain(tracked::VRRP_TRACK_FILE.entries())
        .chain(address::VIRTUAL.entries())
        .chain(address::EXCLUDED.entries())
        .chain(address::STATIC.entries())
        .chain(route::VIRTUAL.entries())
        .chain(route::STATIC.entries())
        .chain(rule::VIRTUAL.entries())
        .chain(rule::STATIC.entries())
        .chain(bfd::BFD_INSTANCE.entries())
        .chain(virtual_server::VIRTUAL_SERVER.entries())
        .chain(real_server::REAL_SERVER.entries())
        .chain(check::entries())
        .chain(server_group::GROUP_LINE.entries())
        .chain(ssl::SSL.entries())
        .chain(lexer::LEXER.entries())
}

/// [`rows`] as a list.
#[must_use]
pub fn catalogue() -> Vec<Entry> {
    rows().collect()
}

/// Arguments of a switch.
const SWITCH: &str = "[true|on|yes|false|off|no]";

/// Joins two halves of a table that is too long for one file. `N` must be `A + B`.
const fn join<T, const A: usize, const B: usize, const N: usize>(
    first: &[Keyword<T>; A],
    second: &[Keyword<T>; B],
) -> [Keyword<T>; N] {
    assert!(A + B == N && A > 0);
    let mut rows = [first[0]; N];
    let mut index = 0;
    while index < N {
        rows[index] = if index < A {
            first[index]
        } else {
            second[index - A]
        };
        index += 1;
    }
    rows
}
