//! What packets are dropped: those to addresses that a master holds without being their owner, and
//! what macvlans would tell switches of the groups they are in.
//!
//! Invariant: without `no_accept` and strict mode nothing to an address is dropped, and never
//! anything to an owner's. Deliberately unknown here: how rules are made.

use base::Priority;
use grammar::Ast;
use grammar::ast::vrrp::Instance;
use vrrp::config::Version;

/// Name of the table unless `nftables` says otherwise.
const TABLE: &str = "keepalived";
/// Priority of its chains: before those of others.
const PRIORITY: i32 = -1;

/// The table that rules are in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Firewall {
    /// `nftables`
    pub table: String,
    /// `nftables_priority`
    pub priority: i32,
    /// `nftables_ifindex`: links are told by index, not by name.
    pub by_index: bool,
    /// `nftables_counters`
    pub counters: bool,
}

impl Default for Firewall {
    fn default() -> Self {
        Self {
            table: TABLE.to_owned(),
            priority: PRIORITY,
            by_index: false,
            counters: false,
        }
    }
}

/// As `global_defs` says.
pub(super) fn firewall(ast: &Ast) -> Firewall {
    let written = &ast.process.firewall;
    let table = written.nftables.table.as_ref();
    let table = table.and_then(|table| table.value.as_deref());
    let priority = written.nftables.priority.as_ref();
    Firewall {
        table: table.unwrap_or(TABLE).to_owned(),
        priority: priority.map_or(PRIORITY, |priority| priority.value),
        by_index: written.nftables_ifindex,
        counters: written.nftables_counters,
    }
}

/// Whether packets to the addresses of a master are dropped (RFC 5798 §6.1, Accept_Mode).
pub(super) fn is_closed(
    instance: &Instance,
    priority: Priority,
    version: Version,
    strict: bool,
) -> bool {
    let accept = instance.accept.map(|accept| accept.value);
    let accepts = match (accept, strict, version) {
        (Some(false), ..) | (_, true, Version::V2) | (None, true, Version::V3) => false,
        (Some(true), ..) | (None, false, _) => true,
    };
    !accepts && !priority.is_owner()
}
