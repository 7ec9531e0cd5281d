//! `vrrp_instance`.

use base::{Priority, VrId};

use crate::ast::leaf::Spanned;
use crate::ast::vrrp::{InitialState, Instance};
use crate::keepalived::tables::global_defs::{down_timer_adverts, garp_count, garp_time, group};
use crate::keepalived::tables::{
    address, auth_hmac, authentication, instance_link, instance_rules, join, notify, peer, track,
};
use crate::keepalived::value;
use crate::keyword::{Args, Keyword, Problem, Table};

/// `vrrp_instance`
pub static VRRP_INSTANCE: Table<Instance> = Table {
    block: "vrrp_instance",
    rows: {
        const NOTIFY: [Keyword<Instance>; 7] = join(&notify::common(ANY), &notify::OF_INSTANCE);
        const TOLD: [Keyword<Instance>; 12] = join(&TRACK, &NOTIFY);
        const MORE: [Keyword<Instance>; 26] = join(&instance_link::ROWS, &instance_rules::ROWS);
        const KEPT: [Keyword<Instance>; 38] = join(&TOLD, &MORE);
        static ROWS: [Keyword<Instance>; 70] = join(&ACTIVE, &KEPT);
        &ROWS
    },
};

const ANY: &str = "Run on every change with INSTANCE name STATE prio appended.";

const TRACK: [Keyword<Instance>; 5] = {
    let [interface, script, file, process, bfd] = track::lists([
        "Interfaces whose loss means FAULT, or changes the priority by a weight.",
        "Scripts whose failure means FAULT, or changes the priority by a weight.",
        "Files whose number, times the weight, changes the priority.",
        "Processes whose absence means FAULT, or changes the priority by a weight.",
        "BFD sessions whose loss means FAULT, or changes the priority by a weight.",
    ]);
    [
        interface.default("weight 0"),
        script.default("script weight"),
        file.default("file weight"),
        process.default("process weight"),
        bfd.default("bfd weight"),
    ]
};

const LIST: &str = "{ <IPADDR>[/<MASK>] [dev <IF>] [scope <SCOPE>] [label <LABEL>] ... }";
const NONE: (usize, Option<usize>) = (0, Some(0));
const ONE: (usize, Option<usize>) = (1, Some(1));
const MAYBE: (usize, Option<usize>) = (0, Some(1));
const SWITCH: &str = "[true|on|yes|false|off|no]";

const ACTIVE: [Keyword<Instance>; 32] = [
    Keyword::set(
        "state",
        "MASTER|BACKUP",
        ONE,
        state,
        "Wanted initial state; only its side effects remain.",
    )
    .samples(&["BACKUP", "MASTER"], &["", "master", "SLAVE"])
    .default("BACKUP (MASTER if priority 255)"),
    Keyword::set(
        "interface",
        "<IF>",
        ONE,
        interface,
        "Interface that adverts are sent and received on, and that the addresses are put on.",
    )
    .samples(&["eth1"], &[""])
    .default("required unless unicast"),
    Keyword::set(
        "virtual_router_id",
        "<N>",
        ONE,
        vrid,
        "Number of the virtual router (VRID): \
        the same on all its nodes, and of no other one on that network.",
    )
    .samples(&["52", "255"], &["", "0", "256", "x"])
    .default("required"),
    Keyword::set(
        "priority",
        "<N>",
        ONE,
        priority,
        "Base priority; 255 is the address owner.",
    )
    .samples(&["150", "255"], &["", "0", "256", "x"])
    .default("100 (255 with state MASTER)"),
    Keyword::set(
        "advert_int",
        "<SECS>",
        ONE,
        advert_int,
        "Time between the adverts of a master; the same on all nodes. A backup takes over after \
         about three of them.",
    )
    .samples(&["2", "0.01", "255"], &["", "0", "256", "x"])
    .default("1"),
    Keyword::set(
        "version",
        "<N>",
        ONE,
        version,
        "Version of VRRP to speak; the same on all \
        nodes. IPv6 needs 3.",
    )
    .samples(&["3", "2"], &["", "1", "4", "x"])
    .default("global")
    .since("1.2.10"),
    Keyword::set(
        "native_ipv6",
        "",
        NONE,
        native_ipv6,
        "Speak VRRP over IPv6 even if no address tells so.",
    )
    .samples(&[""], &[])
    .default("by first address"),
    Keyword::block(
        "virtual_ipaddress",
        LIST,
        NONE,
        address::virtual_ipaddress,
        "Addresses carried in adverts.",
    )
    .excess_is_error(),
    Keyword::block(
        "virtual_ipaddress_excluded",
        LIST,
        NONE,
        address::excluded,
        "Addresses set on MASTER but not advertised.",
    )
    .excess_is_error(),
    Keyword::set(
        "no_virtual_ipaddress",
        "",
        NONE,
        no_virtual_ipaddress,
        "Silence the missing address complaint.",
    )
    .samples(&[""], &[])
    .default("off")
    .since("2.2.8"),
    Keyword::set(
        "mcast_src_ip",
        "<IPADDR>",
        ONE,
        mcast_src_ip,
        "Address that multicast adverts come from; it need not be on the interface.",
    )
    .samples(&["192.0.2.8"], &["", "x"])
    .default("first address of interface"),
    Keyword::set(
        "unicast_src_ip",
        "<IPADDR>",
        ONE,
        unicast_src_ip,
        "Address that unicast adverts come from; the peers must list it.",
    )
    .samples(&["192.0.2.8"], &["", "x"])
    .default("first address of interface"),
    Keyword::set(
        "mcast_dst_ip",
        "<IPADDR>",
        ONE,
        mcast_dst_ip,
        "Multicast group that this instance's adverts are sent to; the same on all nodes.",
    )
    .samples(&["224.0.0.99"], &["", "x", "192.0.2.1"])
    .default("global group")
    .since("2.2.5"),
    Keyword::block(
        "unicast_peer",
        "{ <IPADDR> [min_ttl <N>] [max_ttl <N>] ... }",
        NONE,
        peer::peers,
        "Send to these peers instead of the group.",
    )
    .excess_is_error()
    .since("1.2.8"),
    Keyword::set(
        "unicast_ttl",
        "<N>",
        ONE,
        unicast_ttl,
        "TTL that unicast adverts are sent with; peers may check it with min_ttl and max_ttl.",
    )
    .samples(&["64", "0", "255"], &["", "256", "-1", "x"])
    .default("255")
    .since("2.0.16"),
    Keyword::set(
        "unicast_fault_no_peer",
        "",
        NONE,
        unicast_fault_no_peer,
        "FAULT instead of falling back when no peer is given.",
    )
    .samples(&[""], &[])
    .default("off")
    .since("2.2.4"),
    Keyword::set(
        "check_unicast_src",
        SWITCH,
        MAYBE,
        check_unicast_src,
        "Accept adverts of listed peers only.",
    )
    .samples(&["on", "false", ""], &["maybe", "1"])
    .default("global")
    .since("2.2.0"),
    Keyword::set(
        "preempt",
        "",
        NONE,
        preempt,
        "Allow preemption (undo nopreempt).",
    )
    .samples(&[""], &[])
    .default("on"),
    Keyword::set(
        "nopreempt",
        "",
        NONE,
        nopreempt,
        "Do not take over from a lower-priority master.",
    )
    .samples(&[""], &[])
    .default("off"),
    Keyword::set(
        "preempt_delay",
        "<SECS>",
        ONE,
        preempt_delay,
        "Hold off preemption after start or recovery.",
    )
    .samples(&["30", "0.5", "1000"], &["", "1001", "-1", "x"])
    .default("0"),
    Keyword::set(
        "down_timer_adverts",
        "<N>",
        ONE,
        down_timer,
        "Missed adverts before takeover.",
    )
    .samples(&["5", "1", "100"], &["", "0", "101", "x"])
    .default("global")
    .since("2.2.3"),
    Keyword::set(
        "skip_check_adv_addr",
        SWITCH,
        MAYBE,
        skip_check,
        "Skip address list comparison for repeated adverts of the same master.",
    )
    .samples(&["on", "false", ""], &["maybe", "1"])
    .default("global")
    .since("1.2.14"),
    Keyword::set(
        "lower_prio_no_advert",
        SWITCH,
        MAYBE,
        lower_prio,
        "Do not answer a lower-priority master with an advert.",
    )
    .samples(&["on", "false", ""], &["maybe", "1"])
    .default("global")
    .since("1.2.20"),
    Keyword::set(
        "higher_prio_send_advert",
        SWITCH,
        MAYBE,
        higher_prio,
        "Send one more advert when yielding to a higher priority.",
    )
    .samples(&["on", "false", ""], &["maybe", "1"])
    .default("global")
    .since("1.3.0"),
    Keyword::set(
        "garp_master_delay",
        "<SECS>",
        ONE,
        garp_delay,
        "Time after becoming master until the addresses are announced a second time.",
    )
    .samples(&["10", "0"], &["", "-1", "x"])
    .default("global"),
    Keyword::set(
        "garp_master_repeat",
        "<N>",
        ONE,
        garp_repeat,
        "How many announcements of each address make a burst.",
    )
    .samples(&["3", "1"], &["", "0", "x"])
    .default("global")
    .since("1.2.10"),
    Keyword::set(
        "garp_master_refresh",
        "<SECS>",
        ONE,
        garp_refresh,
        "How often a master announces its addresses again; 0 for never.",
    )
    .samples(&["60", "0"], &["", "-1", "x"])
    .default("global")
    .since("1.2.10"),
    Keyword::set(
        "garp_master_refresh_repeat",
        "<N>",
        ONE,
        garp_refresh_repeat,
        "How many announcements a master sends for an address each time it refreshes them.",
    )
    .samples(&["2", "1"], &["", "0", "x"])
    .default("global")
    .since("1.2.10"),
    Keyword::set(
        "garp_lower_prio_delay",
        "<SECS>",
        ONE,
        garp_lower_delay,
        "Time after hearing a lower-priority master until the addresses are announced a second \
            time.",
    )
    .samples(&["10", "0"], &["", "-1", "x"])
    .default("global")
    .since("1.2.20"),
    Keyword::set(
        "garp_lower_prio_repeat",
        "<N>",
        ONE,
        garp_lower_repeat,
        "Packets after hearing a lower-priority master.",
    )
    .samples(&["3", "0"], &["", "-1", "x"])
    .default("global")
    .since("1.2.20"),
    Keyword::block(
        "authentication",
        "{ ... }",
        NONE,
        authentication::authentication,
        "Password or AH digest in adverts (RFC 2338, VRRP version 2 only); the same on all nodes.",
    )
    .default("none"),
    Keyword::block(
        "auth_hmac",
        "{ ... }",
        NONE,
        auth_hmac::auth_hmac,
        "Keyed trailer of VRRPv3.",
    )
    .default("none")
    .since("2.4.0"),
];

type Set = Result<(), Problem>;

fn state(instance: &mut Instance, args: &Args<'_>) -> Set {
    let word = value::word(args, 0)?;
    let state = match word.text.as_str() {
        "MASTER" => InitialState::Master,
        "BACKUP" => InitialState::Backup,
        other => {
            let name = &instance.name;
            let message = format!("({name}) unknown state '{other}', defaulting to BACKUP");
            let mut problem = Problem::error("unknown-state", message).word(0);
            problem.label = "MASTER or BACKUP is accepted".to_owned();
            return Err(problem);
        }
    };
    instance.state = Some(Spanned::new(state, word.span));
    Ok(())
}

fn interface(instance: &mut Instance, args: &Args<'_>) -> Set {
    instance.interface = Some(value::text(args, 0)?);
    Ok(())
}

fn vrid(instance: &mut Instance, args: &Args<'_>) -> Set {
    let name = instance.name.value.clone();
    let invalid =
        |word: &str| format!("({name}): VRID '{word}' not valid - must be between 1 & 255");
    let id = value::integer::<u8>(args, 0, 1..=255, invalid)?;
    instance.vrid = VrId::new(id.value).map(|vrid| Spanned::new(vrid, id.span));
    Ok(())
}

fn priority(instance: &mut Instance, args: &Args<'_>) -> Set {
    let name = instance.name.value.clone();
    let invalid = |_: &str| {
        format!("({name}) Priority not valid! must be between 1 & 255. Using default 100")
    };
    match value::integer::<u8>(args, 0, 1..=255, invalid) {
        Ok(number) => {
            instance.priority = Some(number.map(Priority));
            Ok(())
        }
        Err(problem) => {
            // As announced, and not the owner's priority that `state MASTER` alone would mean.
            instance.priority = Some(Spanned::new(Priority(100), args.name.span));
            Err(problem)
        }
    }
}

fn advert_int(instance: &mut Instance, args: &Args<'_>) -> Set {
    let name = instance.name.value.clone();
    let invalid =
        |word: &str| format!("({name}) Advert interval ({word}) not valid! Must be > 0 - ignoring");
    instance.advert_int = Some(value::seconds(args, 0, 10_000..=255_000_000, invalid)?);
    Ok(())
}

fn version(instance: &mut Instance, args: &Args<'_>) -> Set {
    let name = instance.name.value.clone();
    let invalid = |word: &str| format!("({name}) Invalid VRRP version '{word}'");
    let version = value::integer(args, 0, 2..=3, invalid)?;
    if let Some(before) = instance.version
        && before.value != version.value
    {
        let message = format!(
            "({name}) vrrp_version {version} conflicts with configured or deduced version \
             {before}; ignoring."
        );
        return Err(Problem::error("repeated-keyword", message).word(0));
    }
    instance.version = Some(version);
    Ok(())
}

fn native_ipv6(instance: &mut Instance, args: &Args<'_>) -> Set {
    instance.native_ipv6 = Some(Spanned::new((), args.name.span));
    Ok(())
}

fn no_virtual_ipaddress(instance: &mut Instance, args: &Args<'_>) -> Set {
    instance.no_virtual_ipaddress = Some(Spanned::new((), args.name.span));
    Ok(())
}

fn source(
    instance: &Instance,
    args: &Args<'_>,
) -> Result<Option<Spanned<core::net::IpAddr>>, Problem> {
    let name = &instance.name;
    value::address(args, 0, |word| {
        format!(
            "Configuration error: VRRP instance[{name}] malformed src address[{word}]. Skipping..."
        )
    })
    .map(Some)
}

fn mcast_src_ip(instance: &mut Instance, args: &Args<'_>) -> Set {
    instance.mcast_src_ip = source(instance, args)?;
    Ok(())
}

fn unicast_src_ip(instance: &mut Instance, args: &Args<'_>) -> Set {
    instance.unicast_src_ip = source(instance, args)?;
    Ok(())
}

fn mcast_dst_ip(instance: &mut Instance, args: &Args<'_>) -> Set {
    instance.mcast_dst_ip = Some(group(args, None)?);
    Ok(())
}

fn unicast_ttl(instance: &mut Instance, args: &Args<'_>) -> Set {
    let name = instance.name.value.clone();
    let invalid = |word: &str| format!("({name}) unicast_ttl '{word}' must be in [0, 255]");
    instance.unicast_ttl = Some(value::integer(args, 0, 0..=255, invalid)?);
    Ok(())
}

fn unicast_fault_no_peer(instance: &mut Instance, _: &Args<'_>) -> Set {
    instance.unicast_fault_no_peer = true;
    Ok(())
}

fn check_unicast_src(instance: &mut Instance, args: &Args<'_>) -> Set {
    instance.check_unicast_src = Some(Spanned::new(value::switch(args)?, args.name.span));
    Ok(())
}

fn preempt(instance: &mut Instance, args: &Args<'_>) -> Set {
    instance.preempt = Some(Spanned::new(true, args.name.span));
    Ok(())
}

fn nopreempt(instance: &mut Instance, args: &Args<'_>) -> Set {
    instance.preempt = Some(Spanned::new(false, args.name.span));
    Ok(())
}

fn preempt_delay(instance: &mut Instance, args: &Args<'_>) -> Set {
    let name = instance.name.value.clone();
    let invalid = |word: &str| {
        format!("({name}) Preempt_delay not valid! must be between 0-1000 - ignoring '{word}'")
    };
    instance.preempt_delay = Some(value::seconds(args, 0, 0..=1_000_000_000, invalid)?);
    Ok(())
}

fn down_timer(instance: &mut Instance, args: &Args<'_>) -> Set {
    instance.down_timer_adverts = Some(down_timer_adverts(args)?);
    Ok(())
}

/// Deviation: `off` means off; the original switches on at any word.
fn skip_check(instance: &mut Instance, args: &Args<'_>) -> Set {
    instance.skip_check_adv_addr = Some(value::switch(args)?);
    Ok(())
}

fn lower_prio(instance: &mut Instance, args: &Args<'_>) -> Set {
    instance.lower_prio_no_advert = Some(Spanned::new(value::switch(args)?, args.name.span));
    Ok(())
}

fn higher_prio(instance: &mut Instance, args: &Args<'_>) -> Set {
    instance.higher_prio_send_advert = Some(Spanned::new(value::switch(args)?, args.name.span));
    Ok(())
}

fn garp_delay(instance: &mut Instance, args: &Args<'_>) -> Set {
    instance.garp.delay = Some(garp_time(args)?);
    Ok(())
}

fn garp_repeat(instance: &mut Instance, args: &Args<'_>) -> Set {
    instance.garp.repeat = Some(garp_count(args, 1)?);
    Ok(())
}

fn garp_refresh(instance: &mut Instance, args: &Args<'_>) -> Set {
    instance.garp.refresh = Some(garp_time(args)?);
    Ok(())
}

fn garp_refresh_repeat(instance: &mut Instance, args: &Args<'_>) -> Set {
    instance.garp.refresh_repeat = Some(garp_count(args, 1)?);
    Ok(())
}

fn garp_lower_delay(instance: &mut Instance, args: &Args<'_>) -> Set {
    instance.garp.lower_prio_delay = Some(garp_time(args)?);
    Ok(())
}

fn garp_lower_repeat(instance: &mut Instance, args: &Args<'_>) -> Set {
    instance.garp.lower_prio_repeat = Some(garp_count(args, 0)?);
    Ok(())
}
