//! `global_defs`: VRRP.

use super::set::{Set, flag, lenient, number, older, switch};
use super::{down_timer_adverts, garp_count, garp_time, group, special};
use crate::ast::Ast;
use crate::keyword::{Args, Keyword, OURS, Problem, Repeat};
use core::time::Duration;

use crate::ast::leaf::Spanned;
use crate::ast::vrrp::DynamicInterfaces;
use crate::diagnostic::Class;
use crate::keepalived::value;

/// The rows.
pub(super) const ROWS: [Keyword<Ast>; 36] = [
    Keyword::set(
        "dynamic_interfaces",
        "[allow_if_changes]",
        (0, Some(1)),
        dynamic_interfaces,
        "Interfaces named in the file may appear later.",
    )
    .default("off")
    .since("2.0.0")
    .samples(&["", "allow_if_changes"], &["x"]),
    Keyword::set(
        "default_interface",
        "<IF>",
        (1, Some(1)),
        |ast: &mut Ast, args| special::vmac_prefix(&mut ast.vrrp.defaults.default_interface, args),
        "Interface of static and virtual addresses without dev.",
    )
    .default("eth0")
    .since("1.2.24")
    .missing_is_reported()
    .samples(&["eth0"], &["", "averylonginterfacename"]),
    Keyword::set(
        "disable_local_igmp",
        "",
        (0, Some(0)),
        |ast: &mut Ast, _| flag(&mut ast.vrrp.defaults.disable_local_igmp),
        "The kernel does not report memberships of link-local groups (224.0.0.0/24) while the \
         daemon runs: switches forward those anyway.",
    )
    .default("off")
    .since("2.2.0")
    .samples(&[""], &[]),
    Keyword::set(
        "compat_timing",
        "[true|on|yes|false|off|no]",
        (0, Some(1)),
        |ast: &mut Ast, args| switch(&mut ast.vrrp.defaults.compat_timing, args),
        "Keep the timing of keepalived, also where keepalived-rs is quicker: no further \
         announcements 100 ms after a master with a lower priority was heard, a master that stops \
         removes its addresses at once instead of keeping them until the next one has them, a \
         backup whose only unicast peer gives up waits the skew time, as with other backups, \
         priority 0 for one member of a sync group does not count for the others, \
         and a priority that was lowered is told with the next advert and lets backups wait as for a \
         master that went silent.",
    )
    .default("off")
    .since(OURS)
    .samples(&["", "on", "off"], &["x"]),
    Keyword::set(
        "bfd_master_down",
        "[true|on|yes|false|off|no]",
        (0, Some(1)),
        |ast: &mut Ast, args| switch(&mut ast.vrrp.defaults.bfd_master_down, args),
        "A backup takes over at once when a bfd_instance whose neighbor_ip is the master's address \
         hears nothing for its detection time, instead of waiting for three adverts. For two \
         nodes; of several backups each would take over, until they hear each other.",
    )
    .default("off")
    .since(OURS)
    .samples(&["", "on", "off"], &["x"]),
    Keyword::set(
        "sentinel",
        "[true|on|yes|false|off|no]",
        (0, Some(1)),
        |ast: &mut Ast, args| switch(&mut ast.vrrp.defaults.sentinel, args),
        "A process called vrrp-sentinel watches the others. When all of them are killed (kill -9, \
         killall -9 keepalived), it sends priority 0 for what was master, so that the next master \
         takes over at once, and removes addresses, routes and rules; a daemon that is started \
         meanwhile waits for it. A kill of the whole control group, as by systemctl kill \
         --signal=KILL, kills it too.",
    )
    .default("off")
    .since(OURS)
    .samples(&["", "on", "off"], &["x"]),
    Keyword::set(
        "notify_ordered",
        "[true|on|yes|false|off|no]",
        (0, Some(1)),
        |ast: &mut Ast, args| switch(&mut ast.vrrp.defaults.notify_ordered, args),
        "Notify commands of one instance or sync group run one after the other, in the order of \
         its transitions, instead of all at once: the last one that ends is about the state that \
         it is in. A command that never ends holds up those behind it.",
    )
    .default("off")
    .since(OURS)
    .samples(&["", "on", "off"], &["x"]),
    Keyword::set(
        "vrrp_mcast_group4",
        "<IPADDR>",
        (1, Some(1)),
        group4,
        "Multicast group that IPv4 adverts are sent to; the same on all nodes.",
    )
    .default("224.0.0.18")
    .since("1.2.10")
    .samples(
        &["224.0.0.18", "239.1.1.1"],
        &["", "x", "192.0.2.1", "ff02::12"],
    ),
    Keyword::set(
        "vrrp_mcast_group6",
        "<IPADDR>",
        (1, Some(1)),
        group6,
        "Multicast group that IPv6 adverts are sent to; the same on all nodes.",
    )
    .default("ff02::12")
    .since("1.2.10")
    .samples(&["ff02::12"], &["", "x", "fe80::1", "224.0.0.18"]),
    Keyword::set(
        "v3_checksum_as_v2",
        "[true|on|yes|false|off|no]",
        (0, Some(1)),
        |ast: &mut Ast, args| switch(&mut ast.vrrp.defaults.v3_checksum_as_v2, args),
        "IPv4 VRRPv3 checksum without the pseudo header.",
    )
    .default("off")
    .since("2.2.8")
    .samples(&["", "on", "off"], &["x"]),
    Keyword::set(
        "vrrp_garp_master_delay",
        "<SECS>",
        (1, Some(1)),
        garp_delay,
        "Delay of the second announcement burst.",
    )
    .default("5")
    .since("1.2.20")
    .samples(&["5", "0", "0.5"], &["", "x", "-1"]),
    Keyword::set(
        "vrrp_garp_master_repeat",
        "<N>",
        (1, Some(1)),
        garp_repeat,
        "Packets per address and burst.",
    )
    .default("5")
    .since("1.2.20")
    .samples(&["3", "1"], &["", "0", "x"]),
    Keyword::set(
        "vrrp_garp_master_refresh",
        "<SECS>",
        (1, Some(1)),
        garp_refresh,
        "How often a master announces its addresses again, for switches that forget.",
    )
    .default("0 (off)")
    .since("1.2.20")
    .samples(&["60", "0"], &["", "x", "-1"]),
    Keyword::set(
        "vrrp_garp_master_refresh_repeat",
        "<N>",
        (1, Some(1)),
        garp_refresh_repeat,
        "How many announcements a master sends for an address each time it refreshes them.",
    )
    .default("1")
    .since("1.2.20")
    .samples(&["2"], &["", "0", "x"]),
    Keyword::set(
        "vrrp_garp_lower_prio_delay",
        "<SECS>",
        (1, Some(1)),
        garp_lower_delay,
        "Time after hearing a lower-priority master until the addresses are announced a second \
            time.",
    )
    .default("garp_master_delay")
    .since("1.2.20")
    .samples(&["5"], &["", "x", "-1"]),
    Keyword::set(
        "vrrp_garp_lower_prio_repeat",
        "<N>",
        (1, Some(1)),
        garp_lower_repeat,
        "Packets after hearing a lower-priority master.",
    )
    .default("garp_master_repeat")
    .since("1.2.20")
    .samples(&["2", "0"], &["", "x", "-1"]),
    Keyword::set(
        "vrrp_down_timer_adverts",
        "<N>",
        (1, Some(1)),
        down_timer,
        "Missed adverts before takeover.",
    )
    .default("3")
    .since("2.2.3")
    .samples(&["4", "1", "100"], &["", "0", "101", "x"]),
    Keyword::set(
        "vrrp_garp_interval",
        "<SECS>",
        (1, Some(1)),
        |ast: &mut Ast, args| announcement_interval(&mut ast.vrrp.defaults.garp_interval, args),
        "Gap between gratuitous ARPs on an interface.",
    )
    .default("0")
    .since("1.2.21")
    .samples(&["0.001", "4294", "0.000001"], &["", "0", "4295", "x"]),
    Keyword::set(
        "vrrp_gna_interval",
        "<SECS>",
        (1, Some(1)),
        |ast: &mut Ast, args| announcement_interval(&mut ast.vrrp.defaults.gna_interval, args),
        "Gap between unsolicited NAs on an interface.",
    )
    .default("0")
    .since("1.2.21")
    .samples(&["0.001", "4294", "0.000001"], &["", "0", "4295", "x"]),
    Keyword::set(
        "vrrp_min_garp",
        "[true|on|yes|false|off|no]",
        (0, Some(1)),
        |ast: &mut Ast, args| switch(&mut ast.vrrp.defaults.min_garp, args),
        "One announcement only: repeat 1, delay 0, no refresh.",
    )
    .default("off")
    .since("2.0.12")
    .samples(&["", "on", "off"], &["x"]),
    Keyword::set(
        "vrrp_garp_extra_if",
        "[all] <SECS>",
        (1, Some(2)),
        |ast: &mut Ast, args| special::extra_announcements(ast, args),
        "Announce on the extra (vmac parent etc.) interfaces.",
    )
    .default("off")
    .since("2.2.3")
    .missing_is_reported()
    .samples(&["60", "all 60"], &["", "0", "86401", "all", "x"]),
    Keyword::set(
        "vrrp_vmac_garp_intvl",
        "[all] <SECS>",
        (1, Some(2)),
        |ast: &mut Ast, args| {
            older(args, "vrrp_garp_extra_if", true);
            special::extra_announcements(ast, args)
        },
        "Older name of vrrp_garp_extra_if. Deprecated.",
    )
    .since("2.2.0")
    .missing_is_reported()
    .samples(&["60", "all 60"], &["", "0", "all"]),
    Keyword::set(
        "vrrp_lower_prio_no_advert",
        "[true|on|yes|false|off|no]",
        (0, Some(1)),
        |ast: &mut Ast, args| switch(&mut ast.vrrp.defaults.lower_prio_no_advert, args),
        "Do not answer a lower-priority master with an advert.",
    )
    .default("off")
    .since("1.2.20")
    .samples(&["", "on", "off"], &["x"]),
    Keyword::set(
        "vrrp_higher_prio_send_advert",
        "[true|on|yes|false|off|no]",
        (0, Some(1)),
        |ast: &mut Ast, args| switch(&mut ast.vrrp.defaults.higher_prio_send_advert, args),
        "Send one more advert when yielding to a higher priority.",
    )
    .default("off")
    .since("1.3.5")
    .samples(&["", "on", "off"], &["x"]),
    Keyword::set(
        "vrrp_owner_ignore_adverts",
        "[true|on|yes|false|off|no]",
        (0, Some(1)),
        |ast: &mut Ast, args| switch(&mut ast.vrrp.defaults.owner_ignore_adverts, args),
        "Let the owner of the addresses (priority 255) ignore what others advertise.",
    )
    .default("off")
    .since("2.3.3")
    .samples(&["", "on", "off"], &["x"]),
    Keyword::set(
        "vrrp_version",
        "<N>",
        (1, Some(1)),
        version,
        "Version of VRRP that instances speak unless they say otherwise; the same on all nodes.",
    )
    .default("2")
    .since("1.2.20")
    .samples(&["3", "2"], &["", "4", "1", "x"]),
    Keyword::set(
        "vrrp_check_unicast_src",
        "[true|on|yes|false|off|no]",
        (0, Some(1)),
        |ast: &mut Ast, args| lenient(&mut ast.vrrp.defaults.check_unicast_src, args),
        "Require the unicast source to be a configured peer.",
    )
    .default("off")
    .since("1.2.20")
    .samples(&["", "on", "off"], &[]),
    Keyword::set(
        "vrrp_skip_check_adv_addr",
        "[true|on|yes|false|off|no]",
        (0, Some(1)),
        |ast: &mut Ast, args| switch(&mut ast.vrrp.defaults.skip_check_adv_addr, args),
        "Skip address list comparison for repeated adverts of the same master.",
    )
    .default("off")
    .since("1.2.20")
    .samples(&["", "on", "off"], &["x"]),
    Keyword::set(
        "vrrp_strict",
        "[true|on|yes|false|off|no]",
        (0, Some(1)),
        |ast: &mut Ast, args| strict(ast, args),
        "Keep to the letter of the RFCs: no passwords, no unicast, and packets to the virtual \
         addresses are dropped unless accept is set.",
    )
    .default("off")
    .since("1.2.20")
    .samples(&["", "on", "off"], &["x"]),
    Keyword::set(
        "vrrp_rx_bufs_policy",
        "MTU|ADVERT|<BYTES>",
        (1, Some(1)),
        |ast: &mut Ast, args| special::receive_buffers(ast, args),
        "What each instance adds to the receive buffer of the socket that adverts arrive at, in bytes \
         or by vrrp_rx_bufs_multiplier: of the interface's MTU, or of an advert of its own. Without \
         it, and without kernel_rx_buf_size, a socket has 4 MiB, if the system allows.",
    )
    .excess_is_error()
    .default("system")
    .since("2.0.3")
    .missing_is_reported()
    .samples(&["MTU", "ADVERT", "65536"], &["", "x", "-1"]),
    Keyword::set(
        "vrrp_rx_bufs_multiplier",
        "<N>",
        (1, Some(1)),
        |ast: &mut Ast, args| {
            number(
                &mut ast.vrrp.defaults.receive_multiplier,
                args,
                1..=u32::MAX,
                "Invalid vrrp_rx_bufs_multiplier {}",
            )
        },
        "Factor that the size which vrrp_rx_bufs_policy gives is multiplied by.",
    )
    .excess_is_error()
    .missing_is_reported()
    .default("3")
    .since("2.0.3")
    .samples(&["3"], &["", "0", "x"]),
    Keyword::set(
        "vrrp_startup_delay",
        "<SECS>",
        (1, Some(1)),
        startup_delay,
        "Hold VRRP instances silent after start.",
    )
    .default("0")
    .since("2.0.14")
    .samples(&["0.5", "5"], &["", "0", "x"]),
    Keyword::set(
        "vrrp_delay_after_boot",
        "<SECS>",
        (1, Some(1)),
        |ast: &mut Ast, args| delay_after_boot(&mut ast.vrrp.defaults.delay_after_boot, args),
        "Stay silent until the host has been up that long; of this and vrrp_startup_delay the later \
         end counts.",
    )
    .default("0")
    .since("2.4.0")
    .samples(&["30", "0.5"], &["", "x", "-1"]),
    Keyword::set(
        "log_unknown_vrids",
        "[true|on|yes|false|off|no]",
        (0, Some(1)),
        |ast: &mut Ast, args| lenient(&mut ast.vrrp.defaults.log_unknown_vrids, args),
        "Log adverts of virtual routers that this node does not have, once a minute for each VRID \
         on an interface.",
    )
    .default("off")
    .since("2.0.16")
    .samples(&["", "on", "off"], &[]),
    Keyword::set(
        "vmac_prefix",
        "<STRING>",
        (1, Some(1)),
        |ast: &mut Ast, args| special::vmac_prefix(&mut ast.vrrp.defaults.vmac_prefix, args),
        "Prefix of created macvlan names.",
    )
    .repeat(Repeat::First)
    .default("vrrp")
    .since("2.2.0")
    .samples(&["vip"], &["", "averylonginterfacename"]),
    Keyword::set(
        "vmac_addr_prefix",
        "<STRING>",
        (1, Some(1)),
        |ast: &mut Ast, args| special::vmac_prefix(&mut ast.vrrp.defaults.vmac_addr_prefix, args),
        "How the names of macvlans made for single addresses begin.",
    )
    .repeat(Repeat::First)
    .default("as vmac_prefix")
    .since("2.2.0")
    .samples(&["vip"], &["", "averylonginterfacename"]),
];

/// A second and its parts.
const SECOND: u64 = 1_000_000;

fn announcement_interval(field: &mut Option<Spanned<Duration>>, args: &Args<'_>) -> Set {
    let name = &args.name.text;
    let invalid = |word: &str| format!("{name} '{word}' is invalid");
    *field = Some(value::seconds(args, 0, 1..=u64::from(u32::MAX), invalid)?);
    Ok(())
}

fn strict(ast: &mut Ast, args: &Args<'_>) -> Set {
    let on = value::switch(args)?;
    ast.vrrp.defaults.strict = Some(Spanned::new(on, args.name.span));
    Ok(())
}

fn version(ast: &mut Ast, args: &Args<'_>) -> Set {
    let message = "VRRP Error: Version must be either 2 or 3";
    number(&mut ast.vrrp.defaults.version, args, 2..=3, message)
}

fn group4(ast: &mut Ast, args: &Args<'_>) -> Set {
    ast.vrrp.defaults.group4 = Some(group(args, Some(true))?);
    Ok(())
}

fn group6(ast: &mut Ast, args: &Args<'_>) -> Set {
    let group = group(args, Some(false))?;
    // The scope of a group is in its second byte (RFC 4291 §2.7).
    if let core::net::IpAddr::V6(address) = group.value
        && address.octets()[1] & 0x0f != 2
    {
        let message = format!(
            "{} [{address}] should be link-local multicast.",
            args.name.text
        );
        let problem = Problem::warning("group-scope", message).word(0);
        args.report(problem.class(Class::General));
    }
    ast.vrrp.defaults.group6 = Some(group);
    Ok(())
}

fn garp_delay(ast: &mut Ast, args: &Args<'_>) -> Set {
    ast.vrrp.defaults.garp.delay = Some(garp_time(args)?);
    Ok(())
}

fn garp_repeat(ast: &mut Ast, args: &Args<'_>) -> Set {
    ast.vrrp.defaults.garp.repeat = Some(garp_count(args, 1)?);
    Ok(())
}

fn garp_refresh(ast: &mut Ast, args: &Args<'_>) -> Set {
    ast.vrrp.defaults.garp.refresh = Some(garp_time(args)?);
    Ok(())
}

fn garp_refresh_repeat(ast: &mut Ast, args: &Args<'_>) -> Set {
    ast.vrrp.defaults.garp.refresh_repeat = Some(garp_count(args, 1)?);
    Ok(())
}

fn garp_lower_delay(ast: &mut Ast, args: &Args<'_>) -> Set {
    ast.vrrp.defaults.garp.lower_prio_delay = Some(garp_time(args)?);
    Ok(())
}

fn garp_lower_repeat(ast: &mut Ast, args: &Args<'_>) -> Set {
    ast.vrrp.defaults.garp.lower_prio_repeat = Some(garp_count(args, 0)?);
    Ok(())
}

fn down_timer(ast: &mut Ast, args: &Args<'_>) -> Set {
    ast.vrrp.defaults.down_timer_adverts = Some(down_timer_adverts(args)?);
    Ok(())
}

fn startup_delay(ast: &mut Ast, args: &Args<'_>) -> Set {
    let range = 1000..=u64::from(u32::MAX) * SECOND;
    let invalid = |word: &str| format!("vrrp_startup_delay '{word}' is invalid");
    ast.vrrp.defaults.startup_delay = Some(value::seconds(args, 0, range, invalid)?);
    Ok(())
}

fn delay_after_boot(field: &mut Option<Spanned<Duration>>, args: &Args<'_>) -> Set {
    let range = 0..=u64::from(u32::MAX) * SECOND;
    let invalid = |word: &str| format!("vrrp_delay_after_boot '{word}' is invalid");
    *field = Some(value::seconds(args, 0, range, invalid)?);
    Ok(())
}

fn dynamic_interfaces(ast: &mut Ast, args: &Args<'_>) -> Set {
    let allow_if_changes = match args.text(0) {
        None => false,
        Some("allow_if_changes") => true,
        Some(word) => {
            let message = format!("Unknown dynamic_interfaces option '{word}'");
            args.report(Problem::error("unknown-option", message).word(0));
            false
        }
    };
    let dynamic = Spanned::new(DynamicInterfaces { allow_if_changes }, args.name.span);
    ast.vrrp.defaults.dynamic_interfaces = Some(dynamic);
    Ok(())
}
