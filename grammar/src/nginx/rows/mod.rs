//! The directive tables, a file per nginx module.

mod access;
mod core;
mod events;
mod listen;
pub(super) mod log;
mod proxy;
mod refused;
mod stream_core;
mod upstream;

use crate::ast::Ast;
use crate::ast::stream::{Events, Server, Settings, Stream, Upstream};
use crate::keyword::{Entry, Table};

pub(super) use refused::COMMERCIAL;

pub(super) static MAIN: [&Table<Ast>; 2] = [&core::MAIN, &log::MAIN];
pub(super) static EVENTS: [&Table<Events>; 1] = [&events::EVENTS];
pub(super) static STREAM: [&Table<Stream>; 4] = [
    &stream_core::STREAM,
    &upstream::STREAM,
    &log::STREAM,
    &refused::STREAM,
];
pub(super) static SERVER: [&Table<Server>; 3] =
    [&stream_core::SERVER, &proxy::SERVER, &refused::SERVER];
pub(super) static SETTINGS: [&Table<Settings>; 5] = [
    &stream_core::SETTINGS,
    &proxy::SETTINGS,
    &log::SETTINGS,
    &access::SETTINGS,
    &refused::SETTINGS,
];
pub(super) static UPSTREAM: [&Table<Upstream>; 2] = [&upstream::UPSTREAM, &refused::UPSTREAM];

/// Every row of the main, `events` and `stream` directives, without its type.
pub fn entries() -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    entries.extend(MAIN.iter().flat_map(|table| table.entries()));
    entries.extend(EVENTS.iter().flat_map(|table| table.entries()));
    entries.extend(STREAM.iter().flat_map(|table| table.entries()));
    entries.extend(SERVER.iter().flat_map(|table| table.entries()));
    entries.extend(SETTINGS.iter().flat_map(|table| table.entries()));
    entries.extend(UPSTREAM.iter().flat_map(|table| table.entries()));
    entries
}

/// Whether a directive of this name exists in any of these blocks.
pub(super) fn known(name: &str) -> bool {
    name == "include"
        || MAIN.iter().any(|table| table.find(name).is_some())
        || EVENTS.iter().any(|table| table.find(name).is_some())
        || STREAM.iter().any(|table| table.find(name).is_some())
        || SERVER.iter().any(|table| table.find(name).is_some())
        || SETTINGS.iter().any(|table| table.find(name).is_some())
        || UPSTREAM.iter().any(|table| table.find(name).is_some())
}
