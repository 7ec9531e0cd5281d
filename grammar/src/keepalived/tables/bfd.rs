//! `bfd_instance`: understood, not acted on yet.

use crate::ast::leaf::Setting;
use crate::keepalived::tables::{kept, kept_switch};
use crate::keyword::Table;

/// `bfd_instance`
pub static BFD_INSTANCE: Table<Vec<Setting>> = Table {
    block: "bfd_instance",
    rows: &[
        kept("neighbor_ip", "<IPADDR>", (1, Some(1)), "Peer.")
            .default("required")
            .since("2.0.0"),
        kept("neighbour_ip", "<IPADDR>", (1, Some(1)), "Same.")
            .default("required")
            .since("2.0.0"),
        kept("source_ip", "<IPADDR>", (1, Some(1)), "Local address.")
            .default("any")
            .since("2.0.0"),
        kept("min_rx", "<MS>", (1, Some(1)), "Required receive interval.")
            .default("10")
            .since("2.0.0"),
        kept("min_tx", "<MS>", (1, Some(1)), "Desired send interval.")
            .default("10")
            .since("2.0.0"),
        kept(
            "idle_tx",
            "<MS>",
            (1, Some(1)),
            "Send interval while not up.",
        )
        .default("1000")
        .since("2.0.0"),
        kept("multiplier", "<N>", (1, Some(1)), "Detection multiplier.")
            .default("5")
            .since("2.0.0"),
        kept("passive", "", (0, Some(0)), "Wait for the peer to start.")
            .default("off")
            .since("2.0.0"),
        kept("ttl", "<N>", (1, Some(1)), "TTL sent.")
            .default("255 v4, 64 v6")
            .since("2.0.0"),
        kept("hoplimit", "<N>", (1, Some(1)), "Same.")
            .default("as ttl")
            .since("2.0.0"),
        kept(
            "max_hops",
            "<N>",
            (1, Some(1)),
            "Accepted hop count (-1 any).",
        )
        .default("0")
        .since("2.0.0"),
        kept_switch("multihop", "Port 4784.")
            .default("off")
            .since("2.2.8"),
        kept(
            "weight",
            "<N> [reverse|noreverse]",
            (1, None),
            "VRRP tracking weight.",
        )
        .default("0"),
        kept("vrrp", "", (0, Some(0)), "Deliver events to VRRP.")
            .default("both if neither")
            .since("2.0.0"),
        kept("checker", "", (0, Some(0)), "Deliver events to checkers.")
            .default("both if neither")
            .since("2.0.0"),
    ],
};
