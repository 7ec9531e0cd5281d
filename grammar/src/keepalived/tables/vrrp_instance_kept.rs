//! `vrrp_instance`: keywords that are understood and not acted on yet.

use crate::ast::vrrp::Instance;
use crate::keepalived::tables::{NOT_YET, kept, kept_switch, route, rule};
use crate::keyword::Keyword;

/// The rows.
pub(super) const ROWS: [Keyword<Instance>; 26] = [
    kept("vrf", "<IF>", (1, Some(1)), "VRF the instance belongs to.")
        .default("none")
        .since("2.2.5"),
    Keyword::block(
        "virtual_routes",
        "{ <line>... }",
        (0, Some(0)),
        route::virtual_routes,
        "Routes set on MASTER.",
    )
    .accepted(NOT_YET),
    Keyword::block(
        "virtual_rules",
        "{ <line>... }",
        (0, Some(0)),
        rule::virtual_rules,
        "Policy rules set on MASTER.",
    )
    .since("1.2.20")
    .accepted(NOT_YET),
    kept(
        "promote_secondaries",
        "",
        (0, Some(0)),
        "Set the interface sysctl so that removing a primary keeps the secondaries.",
    )
    .default("off")
    .since("1.3.0"),
    kept(
        "track_src_ip",
        "",
        (0, Some(0)),
        "FAULT while the source address is absent.",
    )
    .default("off")
    .since("2.0.0"),
    kept(
        "old_unicast_checksum",
        "[never]",
        (0, None),
        "VRRPv3 unicast checksum of releases before 1.3.6.",
    )
    .default("auto detect")
    .since("1.3.7"),
    kept_switch("v3_checksum_as_v2", "See global_defs.")
        .default("global")
        .since("2.2.8"),
    kept(
        "timer_expired_backup",
        "[<PRIO>]",
        (0, None),
        "Take over through a raised priority after timer expiry.",
    )
    .default("off")
    .since("2.2.8"),
    kept(
        "thread_timer_expired",
        "[<PRIO>]",
        (0, None),
        "Other spelling of timer_expired_backup.",
    )
    .since("2.3.2"),
    kept(
        "accept",
        "",
        (0, Some(0)),
        "Master accepts packets to its addresses.",
    )
    .default("version and strict dependent")
    .since("1.2.17"),
    kept(
        "no_accept",
        "",
        (0, Some(0)),
        "Master drops packets to its addresses when not owner.",
    )
    .since("1.3.0"),
    kept_switch("strict_mode", "Strict RFC behaviour.")
        .default("global")
        .since("1.2.20"),
    kept_switch("owner_ignore_adverts", "See global_defs.")
        .default("global")
        .since("2.3.3"),
    kept(
        "kernel_rx_buf_size",
        "<BYTES>",
        (1, Some(1)),
        "Receive buffer.",
    )
    .default("global policy")
    .since("2.0.3"),
    kept(
        "garp_extra_if",
        "[all] <SECS>",
        (1, None),
        "See global_defs.",
    )
    .default("global")
    .since("2.2.3"),
    kept(
        "vmac_garp_intvl",
        "[all] <SECS>",
        (1, None),
        "Older name of garp_extra_if. Deprecated.",
    )
    .since("2.2.0"),
    kept(
        "dont_track_primary",
        "",
        (0, Some(0)),
        "Ignore link faults of the own interface.",
    )
    .default("off"),
    kept(
        "linkbeat_use_polling",
        "",
        (0, Some(0)),
        "Moved to the root level. Deprecated.",
    ),
    kept(
        "lvs_sync_daemon_interface",
        "<IF>",
        (1, Some(1)),
        "Replaced by global lvs_sync_daemon. Deprecated.",
    ),
    kept("debug", "<N>", (1, Some(1)), "Debug level (little effect).").default("0"),
    kept(
        "use_vmac",
        "[<NAME>] [<IF>] [<MAC>] [group <N>] [netlink_notify_msg]",
        (0, None),
        "Put the addresses on a macvlan with the VRRP MAC.",
    )
    .default("vrrp.<VRID>")
    .since("1.2.3"),
    kept(
        "use_vmac_addr",
        "",
        (0, Some(0)),
        "Macvlans for addresses on other interfaces.",
    )
    .default("off")
    .since("2.2.0"),
    kept(
        "vmac_xmit_base",
        "",
        (0, Some(0)),
        "Send adverts from the parent interface.",
    )
    .default("off")
    .since("1.2.10"),
    kept(
        "use_ipvlan",
        "[bridge|private|vepa] [group <N>] [name] [<IF>] [<IPADDR>]",
        (0, None),
        "Put the addresses on an ipvlan.",
    )
    .default("bridge")
    .since("2.0.17"),
    kept_switch("notify_priority_changes", "Priority lines on the pipe.")
        .default("global")
        .since("2.0.16"),
    kept_switch("smtp_alert", "Mail on change.").default("global"),
];
