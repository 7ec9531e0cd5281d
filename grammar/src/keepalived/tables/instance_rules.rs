//! `vrrp_instance`: rules of election, reception and packets.

use base::Priority;

use crate::ast::leaf::Spanned;
use crate::ast::vrrp::{Instance, OldChecksum};
use crate::keepalived::tables::SWITCH;
use crate::keepalived::tables::instance_link::{flag, on};
use crate::keepalived::value;
use crate::keyword::{Args, Keyword, Problem};

type Set = Result<(), Problem>;

/// The rows.
pub(super) const ROWS: [Keyword<Instance>; 12] = [
    flag(
        "track_src_ip",
        |instance, _| on(&mut instance.track_src_ip),
        "FAULT while the address written as source (mcast_src_ip, unicast_src_ip) is not there.",
    )
    .since("2.0.0"),
    Keyword::set(
        "old_unicast_checksum",
        "[never]",
        (0, Some(1)),
        old_unicast_checksum,
        "Sum VRRP version 3 over IPv4 unicast as releases before 1.3.6, which took the multicast \
         group for the destination. Without the keyword a peer that does so is answered alike; \
         with `never` its adverts are refused.",
    )
    .default("auto detect")
    .since("1.3.7")
    .samples(&["never", ""], &["always", "on"]),
    switch(
        "v3_checksum_as_v2",
        |instance, args| take(&mut instance.v3_checksum_as_v2, args),
        "Whether the checksum of VRRP version 3 leaves the pseudo header out, as in version 2; \
         as v3_checksum_as_v2 of global_defs.",
    )
    .since("2.2.8"),
    Keyword::set(
        "timer_expired_backup",
        "[<PRIO>]",
        (0, Some(1)),
        timer_expired_backup,
        "A master so late with its advert (the host had no time for it) that another node has taken \
         over becomes backup at once, instead of being a second master until it hears that one. \
         The number is the highest priority that the other nodes may have. Needs nopreempt.",
    )
    .default("off")
    .since("2.2.8")
    .samples(&["200", "", "254"], &["0", "255", "x"]),
    Keyword::set(
        "thread_timer_expired",
        "[<PRIO>]",
        (0, Some(1)),
        thread_timer_expired,
        "Other spelling of timer_expired_backup.",
    )
    .since("2.3.2")
    .samples(&["200", "", "254"], &["0", "255", "x"]),
    Keyword::set(
        "accept",
        "",
        (0, Some(0)),
        |instance: &mut Instance, args| {
            instance.accept = Some(Spanned::new(true, args.name.span));
            Ok(())
        },
        "Master accepts packets to its addresses.",
    )
    .default("version and strict dependent")
    .since("1.2.17")
    .samples(&[""], &[]),
    Keyword::set(
        "no_accept",
        "",
        (0, Some(0)),
        |instance: &mut Instance, args| {
            instance.accept = Some(Spanned::new(false, args.name.span));
            Ok(())
        },
        "Master drops packets to its addresses when not owner.",
    )
    .since("1.3.0")
    .samples(&[""], &[]),
    switch(
        "strict_mode",
        |instance, args| placed(&mut instance.strict_mode, args),
        "As vrrp_strict of global_defs, for this instance.",
    )
    .since("1.2.20"),
    switch(
        "owner_ignore_adverts",
        |instance, args| placed(&mut instance.owner_ignore_adverts, args),
        "Whether the owner of the addresses (priority 255) ignores what others advertise, as \
         vrrp_owner_ignore_adverts of global_defs.",
    )
    .since("2.3.3"),
    Keyword::set(
        "kernel_rx_buf_size",
        "<BYTES>",
        (1, Some(1)),
        kernel_rx_buf_size,
        "What the instance adds to the receive buffer of the socket that its adverts arrive at, in \
         bytes, instead of what vrrp_rx_bufs_policy says. Instances of one interface share a socket.",
    )
    .excess_is_error()
    .missing_is_reported()
    .default("global policy")
    .since("2.0.3")
    .samples(&["65536", "1"], &["", "-1", "4294967296", "x"]),
    Keyword::set(
        "debug",
        "<N>",
        (1, Some(1)),
        debug,
        "A number that is shown in dumps of the state, and does nothing else.",
    )
    .default("0")
    .samples(&["3", "4"], &["", "5", "-1", "x"]),
    switch(
        "notify_priority_changes",
        |instance, args| take(&mut instance.notify_priority_changes, args),
        "Whether the pipe gets a line when the priority changes, too.",
    )
    .since("2.0.16"),
];

const fn switch(
    name: &'static str,
    set: fn(&mut Instance, &Args<'_>) -> Set,
    doc: &'static str,
) -> Keyword<Instance> {
    Keyword::set(name, SWITCH, (0, Some(1)), set, doc)
        .default("global")
        .samples(&["on", "false", ""], &["maybe", "1"])
}

fn placed(slot: &mut Option<Spanned<bool>>, args: &Args<'_>) -> Set {
    *slot = Some(Spanned::new(value::switch(args)?, args.name.span));
    Ok(())
}

fn take(slot: &mut Option<bool>, args: &Args<'_>) -> Set {
    *slot = Some(value::switch(args)?);
    Ok(())
}

fn old_unicast_checksum(instance: &mut Instance, args: &Args<'_>) -> Set {
    let kind = match args.text(0) {
        None => OldChecksum::Always,
        Some("never") => OldChecksum::Never,
        Some(other) => {
            let message = format!(
                "({}) Unknown old_unicast_chksum mode {other} - ignoring",
                instance.name
            );
            let problem = Problem::error("invalid-choice", message).word(0);
            return Err(problem.label("never or nothing is accepted"));
        }
    };
    instance.old_unicast_checksum = Some(Spanned::new(kind, args.name.span));
    Ok(())
}

fn timer_expired_backup(instance: &mut Instance, args: &Args<'_>) -> Set {
    let name = &instance.name;
    let priority = match args.get(0) {
        None => Spanned::new(254, args.name.span),
        Some(_) => value::integer(args, 0, 1..=254, |word| {
            let keyword = &args.name.text;
            format!("({name}) {keyword} priority '{word}' not valid - must be between 1 & 254")
        })?,
    };
    instance.timer_expired_backup = Some(priority.map(Priority));
    Ok(())
}

fn thread_timer_expired(instance: &mut Instance, args: &Args<'_>) -> Set {
    let message = "Keyword \"thread_timer_expired\" is deprecated - please use \
                   \"timer_expired_backup\"";
    args.report(value::deprecated(message).help("it means the same"));
    timer_expired_backup(instance, args)
}

fn kernel_rx_buf_size(instance: &mut Instance, args: &Args<'_>) -> Set {
    instance.kernel_rx_buf_size = Some(value::integer(args, 0, 0..=u32::MAX, |_| {
        format!("({}) invalid kernel_rx_buf_size specified", instance.name)
    })?);
    Ok(())
}

fn debug(instance: &mut Instance, args: &Args<'_>) -> Set {
    instance.debug = Some(value::integer(args, 0, 0..=4, |word| {
        format!(
            "({}) Debug value '{word}' not valid; must be between 0-4",
            instance.name
        )
    })?);
    Ok(())
}
