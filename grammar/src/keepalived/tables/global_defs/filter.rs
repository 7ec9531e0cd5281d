//! `global_defs`: packet filter, IPVS, SNMP and D-Bus.

use super::set::{Set, flag, number, older, switch, text};
use super::special;
use crate::ast::Ast;
use crate::keyword::{Args, Keyword, Repeat};
use core::time::Duration;

use crate::ast::leaf::Spanned;
use crate::keepalived::value;

/// The rows.
pub(super) const ROWS: [Keyword<Ast>; 29] = [
    Keyword::set(
        "vrrp_iptables",
        "[<INCHAIN> [<OUTCHAIN>]]",
        (0, Some(2)),
        |ast: &mut Ast, args| special::iptables(&mut ast.process, args),
        "Chains for the no_accept and vmac rules.",
    )
    .default("none (no chain = rules off)")
    .since("1.2.20")
    .accepted(NFTABLES)
    .samples(
        &["", "INPUT", "INPUT OUTPUT"],
        &["averyveryveryverylongchainname", "INPUT INPUT"],
    ),
    Keyword::set(
        "vrrp_ipsets",
        "<ADDR4> [<ADDR6> [<IF6> [<IGMP> [<MLD> [<ND>]]]]] | off",
        (0, Some(6)),
        |ast: &mut Ast, args| special::ipsets(&mut ast.process, args),
        "Names of the sets used by those rules.",
    )
    .default("keepalived, keepalived6, ..")
    .since("1.2.20")
    .accepted(NFTABLES)
    .samples(
        &["off", "vips", "a b c d e f"],
        &["a a", "averyveryveryveryveryverylongname"],
    ),
    Keyword::set(
        "nftables",
        "[<TABLE>]",
        (0, Some(1)),
        |ast: &mut Ast, args| special::path(&mut ast.process.firewall.nftables.table, args),
        "Use nftables for VRRP; restart to change.",
    )
    .repeat(Repeat::First)
    .default("keepalived")
    .since("2.0.11")
    .samples(&["", "vrrp"], &[]),
    Keyword::set(
        "nftables_priority",
        "<N>",
        (1, Some(1)),
        |ast: &mut Ast, args| {
            number(
                &mut ast.process.firewall.nftables.priority,
                args,
                i32::MIN..=i32::MAX,
                "invalid nftables chain priority '{}'",
            )
        },
        "Priority of our nftables base chains; smaller ones see a packet earlier.",
    )
    .default("-1")
    .since("2.0.11")
    .samples(&["-5", "2147483647"], &["", "x", "2147483648"]),
    Keyword::set(
        "nftables_ifindex",
        "",
        (0, Some(0)),
        |ast: &mut Ast, _| flag(&mut ast.process.firewall.nftables_ifindex),
        "Match on ifindex instead of name.",
    )
    .default("off")
    .since("2.0.11")
    .samples(&[""], &[]),
    Keyword::set(
        "nftables_counters",
        "",
        (0, Some(0)),
        |ast: &mut Ast, _| flag(&mut ast.process.firewall.nftables_counters),
        "Count packets and bytes in our nftables rules.",
    )
    .default("off")
    .since("2.0.11")
    .samples(&[""], &[]),
    Keyword::set(
        "nftables_ipvs",
        "[<TABLE>]",
        (0, Some(1)),
        |ast: &mut Ast, args| special::path(&mut ast.process.firewall.ipvs.table, args),
        "Give the packets of each group of addresses a firewall mark by nftables, so that IPVS has \
         one service for the group, whose servers are checked once, instead of one for each \
         address. A member without a port stands for every port that no other member names.",
    )
    .repeat(Repeat::First)
    .default("keepalived_ipvs")
    .since("2.2.2")
    .samples(&["", "ipvs"], &[]),
    Keyword::set(
        "nftables_ipvs_priority",
        "<N>",
        (1, Some(1)),
        |ast: &mut Ast, args| {
            number(
                &mut ast.process.firewall.ipvs.priority,
                args,
                i32::MIN..=i32::MAX,
                "invalid ipvs nftables chain priority '{}'",
            )
        },
        "Priority of that table's chain; smaller ones see a packet earlier.",
    )
    .default("-1")
    .since("2.2.2")
    .samples(&["5"], &["", "x", "2147483648"]),
    Keyword::set(
        "nftables_ipvs_start_fwmark",
        "<N>",
        (1, Some(1)),
        |ast: &mut Ast, args| {
            number(
                &mut ast.process.firewall.ipvs_start_fwmark,
                args,
                1..=u32::MAX,
                "invalid ipvs nftables start_fwmark '{}'",
            )
        },
        "The first mark to give to a group; those that the file names itself are left out.",
    )
    .default("1000")
    .since("2.2.2")
    .samples(&["1000"], &["", "0", "x", "4294967296"]),
    Keyword::set(
        "checker_log_all_failures",
        "[true|on|yes|false|off|no]",
        (0, Some(1)),
        |ast: &mut Ast, args| switch(&mut ast.process.lvs.log_all_failures, args),
        "Log each failed attempt, not only changes.",
    )
    .default("off")
    .since("2.0.11")
    .accepted("not acted on yet: only changes are logged")
    .samples(&["", "on", "off"], &["x"]),
    Keyword::set(
        "lvs_timeouts",
        "[tcp <N>] [tcpfin <N>] [udp <N>]",
        (1, Some(6)),
        |ast: &mut Ast, args| special::lvs_timeouts(&mut ast.process, args),
        "How long IPVS remembers idle TCP connections, closing ones (tcpfin), and UDP flows; in \
         seconds.",
    )
    .default("kernel")
    .since("1.2.24")
    .missing_is_reported()
    .accepted(NO_IPVS)
    .samples(
        &["tcp 900", "tcp 900 tcpfin 120 udp 300"],
        &["", "tcp", "tcp x", "tcp 2678401", "foo 5"],
    ),
    Keyword::set(
        "lvs_flush",
        "",
        (0, Some(0)),
        |ast: &mut Ast, _| flag(&mut ast.process.lvs.flush),
        "Clear the IPVS table at start.",
    )
    .default("off")
    .since("1.2.23")
    .accepted("not acted on yet: the table is not cleared as a whole")
    .samples(&[""], &[]),
    Keyword::set(
        "lvs_flush_on_stop",
        "[VS]",
        (0, Some(1)),
        |ast: &mut Ast, args| special::flush_on_stop(&mut ast.process, args),
        "Clear it (or only own services) at stop.",
    )
    .default("off")
    .since("2.2.0")
    .accepted("not acted on yet: the table is not cleared as a whole")
    .samples(&["", "VS"], &["x"]),
    Keyword::set(
        "lvs_flush_onstop",
        "[VS]",
        (0, Some(1)),
        |ast: &mut Ast, args| {
            older(args, "lvs_flush_on_stop", false);
            special::flush_on_stop(&mut ast.process, args)
        },
        "Older name of lvs_flush_on_stop. Deprecated.",
    )
    .since("2.0.15")
    .accepted("not acted on yet: the table is not cleared as a whole")
    .samples(&["", "VS"], &["x"]),
    Keyword::set(
        "lvs_sync_daemon",
        "<IF> [<VRRP_INSTANCE>] [<ID>] [id <N>] [maxlen <N>] [port <N>] [ttl <N>] [group <IPADDR>]",
        (1, None),
        |ast: &mut Ast, args| special::sync_daemon(&mut ast.process, args),
        "IPVS connection synchronisation, following that instance.",
    )
    .default("id=vrid")
    .since("1.2.20")
    .missing_is_reported()
    .accepted("not acted on yet: connections are not synchronised")
    .samples(
        &[
            "eth0 A",
            "eth0 A id 5 maxlen 500 port 8848 ttl 5 group 224.0.0.81",
            "eth0 inst A",
        ],
        &[
            "",
            "eth0 A id 256",
            "eth0 A id",
            "eth0 A maxlen 0",
            "eth0 A port 0",
            "eth0 A ttl 256",
            "eth0 A group 192.0.2.1",
            "eth0 A bogus",
        ],
    ),
    Keyword::set(
        "rs_init_notifies",
        "[true|on|yes|false|off|no]",
        (0, Some(1)),
        |ast: &mut Ast, args| {
            ast.process.lvs.rs_init_notifies = value::switch(args)?;
            Ok(())
        },
        "Call notify_up for servers already up at start.",
    )
    .default("off")
    .since("2.0.0")
    .samples(&["", "on"], &["x"]),
    Keyword::set(
        "snmp_socket",
        "[<SPEC>]",
        (1, Some(1)),
        |ast: &mut Ast, args| text(&mut ast.process.snmp.socket, args),
        "Where the SNMP master agent listens, such as unix:/var/agentx/master or \
         tcp:localhost:705.",
    )
    .excess_is_error()
    .repeat(Repeat::First)
    .default("agent default")
    .since("1.2.20")
    .missing_is_reported()
    .accepted(NO_SNMP)
    .samples(&["unix:/run/agentx"], &[""]),
    Keyword::set(
        "enable_traps",
        "",
        (0, Some(0)),
        |ast: &mut Ast, _| flag(&mut ast.process.snmp.traps),
        "Send SNMP traps when a state changes.",
    )
    .default("off")
    .since("1.2.5")
    .accepted(NO_SNMP)
    .samples(&[""], &[]),
    Keyword::set(
        "enable_snmp_vrrp",
        "",
        (0, Some(0)),
        |ast: &mut Ast, _| flag(&mut ast.process.snmp.vrrp),
        "VRRP part of the private MIB.",
    )
    .default("off")
    .since("2.0.0")
    .accepted(NO_SNMP)
    .samples(&[""], &[]),
    Keyword::set(
        "enable_snmp_rfc",
        "",
        (0, Some(0)),
        |ast: &mut Ast, _| flag(&mut ast.process.snmp.rfc),
        "Serve the MIBs of both VRRP versions over SNMP (RFC 2787 and RFC 6527).",
    )
    .default("off")
    .since("1.2.20")
    .accepted(NO_SNMP)
    .samples(&[""], &[]),
    Keyword::set(
        "enable_snmp_rfcv2",
        "",
        (0, Some(0)),
        |ast: &mut Ast, _| flag(&mut ast.process.snmp.rfc_v2),
        "Serve the MIB of VRRP version 2 over SNMP (RFC 2787).",
    )
    .default("off")
    .since("1.2.20")
    .accepted(NO_SNMP)
    .samples(&[""], &[]),
    Keyword::set(
        "enable_snmp_rfcv3",
        "",
        (0, Some(0)),
        |ast: &mut Ast, _| flag(&mut ast.process.snmp.rfc_v3),
        "Serve the MIB of VRRP version 3 over SNMP (RFC 6527).",
    )
    .default("off")
    .since("1.2.20")
    .accepted(NO_SNMP)
    .samples(&[""], &[]),
    Keyword::set(
        "enable_snmp_checker",
        "",
        (0, Some(0)),
        |ast: &mut Ast, _| flag(&mut ast.process.snmp.checker),
        "Checker part of the private MIB.",
    )
    .default("off")
    .since("1.2.20")
    .accepted(NO_SNMP)
    .samples(&[""], &[]),
    Keyword::set(
        "enable_snmp_keepalived",
        "",
        (0, Some(0)),
        |ast: &mut Ast, args| {
            older(args, "enable_snmp_vrrp", false);
            flag(&mut ast.process.snmp.vrrp)
        },
        "Older name of enable_snmp_vrrp. Deprecated.",
    )
    .since("1.2.20")
    .accepted(NO_SNMP)
    .samples(&[""], &[]),
    Keyword::set(
        "snmp_vs_stats_update_interval",
        "<SECS>",
        (1, Some(1)),
        |ast: &mut Ast, args| interval(&mut ast.process.snmp.service_interval, args),
        "Cache time of virtual-server statistics.",
    )
    .default("5")
    .since("2.3.0")
    .accepted(NO_SNMP)
    .samples(&["5", "0.5"], &["", "0", "31", "x"]),
    Keyword::set(
        "snmp_rs_stats_update_interval",
        "<SECS>",
        (1, Some(1)),
        |ast: &mut Ast, args| interval(&mut ast.process.snmp.server_interval, args),
        "Cache time of real-server statistics.",
    )
    .default("0 (with virtual server)")
    .since("2.3.0")
    .accepted(NO_SNMP)
    .samples(&["5", "0.5"], &["", "0", "31", "x"]),
    Keyword::set(
        "enable_dbus",
        "",
        (0, Some(0)),
        |ast: &mut Ast, _| flag(&mut ast.process.dbus.enable),
        "Offer the instances and their state on the D-Bus system bus.",
    )
    .default("off")
    .since("1.3.0")
    .accepted(NO_DBUS)
    .samples(&[""], &[]),
    Keyword::set(
        "dbus_service_name",
        "<NAME>",
        (1, Some(1)),
        |ast: &mut Ast, args| special::bus_name(&mut ast.process.dbus.service_name, args),
        "Name to own on the D-Bus system bus, so that several daemons can share it.",
    )
    .missing_is_reported()
    .default("org.keepalived.Vrrp1")
    .since("1.3.7")
    .accepted(NO_DBUS)
    .samples(&["org.example.Vrrp"], &[""]),
    Keyword::set(
        "dbus_no_interface_name",
        "<NAME>",
        (1, Some(1)),
        |ast: &mut Ast, args| text(&mut ast.process.dbus.no_interface_name, args),
        "Path element for instances without interface.",
    )
    .default("none")
    .since("2.3.0")
    .accepted(NO_DBUS)
    .samples(&["none"], &[""]),
];

/// Debian's keepalived says the same and goes on likewise.
const NFTABLES: &str = "iptables and ipset are not supported, nftables does the same: rules for \
                        no_accept and macvlans are in a table of their own (see nftables)";
const NO_IPVS: &str = "not acted on yet: not handed to IPVS";
const NO_SNMP: &str = "there is no SNMP agent here: `keepalived-rs status --json` and the JSON dump tell as much, and \
     SMTP alerts and notify scripts tell of changes";
const NO_DBUS: &str = "there is no D-Bus service here: `keepalived-rs status --json` tells as much, and notify FIFOs \
     tell of changes";

/// Age of statistics: 0.001 to 30 s.
fn interval(field: &mut Option<Spanned<Duration>>, args: &Args<'_>) -> Set {
    let name = &args.name.text;
    let invalid = |word: &str| format!("Invalid {name} '{word}'");
    *field = Some(value::seconds(args, 0, 1000..=30_000_000, invalid)?);
    Ok(())
}
