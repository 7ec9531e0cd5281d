//! Entry points that take any bytes: what `compat-tests/fuzz` feeds with mutations, and what
//! `tests/corpus.rs` replays on stable.
//!
//! Invariants: every target ends for every input, panics only if a promise of the code under it
//! is broken, and touches neither the host nor a clock; more than [`LONGEST`] bytes are ignored.
//! Deliberately unknown here: where the bytes come from.

mod engine;
mod host;
mod keepalived;
mod language;
mod packets;

pub use engine::{engine_packets, snapshot};
pub use keepalived::{
    keepalived_conf, keepalived_expansion, keepalived_fmt, keepalived_json, keepalived_lexer,
};
pub use language::{bundle, lab_script, log_format, nginx_conf};
pub use packets::{
    ah, arp, bfd_control, ipv4_header, ipv6_header, ipvs_message, neighbour_advertisement,
    process_event, vrrp_advert,
};

/// Longest input that is looked at, in bytes.
pub const LONGEST: usize = 16 << 10;

/// A target: anything may be given to it.
pub type Target = fn(&[u8]);

/// Every target under the name of its corpus directory.
pub const ALL: &[(&str, Target)] = &[
    ("ah", ah),
    ("arp", arp),
    ("bfd_control", bfd_control),
    ("bundle", bundle),
    ("engine_packets", engine_packets),
    ("ipv4_header", ipv4_header),
    ("ipv6_header", ipv6_header),
    ("ipvs_message", ipvs_message),
    ("keepalived_conf", keepalived_conf),
    ("keepalived_expansion", keepalived_expansion),
    ("keepalived_fmt", keepalived_fmt),
    ("keepalived_json", keepalived_json),
    ("keepalived_lexer", keepalived_lexer),
    ("lab_script", lab_script),
    ("log_format", log_format),
    ("neighbour_advertisement", neighbour_advertisement),
    ("nginx_conf", nginx_conf),
    ("process_event", process_event),
    ("snapshot", snapshot),
    ("vrrp_advert", vrrp_advert),
];
