//! `global_defs`.

use core::net::IpAddr;

use crate::ast::Ast;
use crate::ast::leaf::{Spanned, User};
use crate::keepalived::lower;
use crate::keepalived::tables::{NOT_YET, SWITCH, global_process, global_vrrp, join};
use crate::keepalived::value;
use crate::keyword::{Args, Keyword, Lowering, Problem, Table};
use crate::tree::Block;

/// `global_defs`
pub static GLOBAL_DEFS: Table<Ast> = Table {
    block: "global_defs",
    rows: {
        static KEPT: [Keyword<Ast>; 116] = join(&global_process::ROWS, &global_vrrp::ROWS);
        static ROWS: [Keyword<Ast>; 140] = join(&ACTIVE, &KEPT);
        &ROWS
    },
};

static ACTIVE: [Keyword<Ast>; 24] = [
    Keyword::set(
        "router_id",
        "<STRING>",
        (0, Some(1)),
        router_id,
        "Name of this node in mails, SNMP and IPVS sync.",
    )
    .default("host name"),
    Keyword::set(
        "script_user",
        "<USER> [<GROUP>]",
        (1, Some(2)),
        script_user,
        "Default account for scripts.",
    )
    .default("keepalived_script, else root")
    .since("1.2.24"),
    Keyword::set(
        "enable_script_security",
        "",
        (0, Some(0)),
        script_security,
        "Refuse root-run scripts with a path component writable by non-root.",
    )
    .default("off")
    .since("1.2.24"),
    Keyword::set(
        "reload_check_config",
        "[<LOGFILE>]",
        (0, Some(1)),
        reload_check_config,
        "Validate the new configuration in a child before a reload is carried out.",
    )
    .default("off")
    .since("2.2.3"),
    Keyword::set(
        "vrrp_version",
        "<N>",
        (1, Some(1)),
        version,
        "Default protocol version.",
    )
    .default("2")
    .since("1.2.10"),
    Keyword::set(
        "vrrp_mcast_group4",
        "<IPADDR>",
        (1, Some(1)),
        group4,
        "IPv4 destination group.",
    )
    .default("224.0.0.18")
    .since("1.2.4"),
    Keyword::set(
        "vrrp_mcast_group6",
        "<IPADDR>",
        (1, Some(1)),
        group6,
        "IPv6 destination group.",
    )
    .default("ff02::12")
    .since("1.2.4"),
    Keyword::set(
        "vrrp_garp_master_delay",
        "<SECS>",
        (1, Some(1)),
        garp_delay,
        "Delay of the second announcement burst.",
    )
    .default("5")
    .since("1.2.14"),
    Keyword::set(
        "vrrp_garp_master_repeat",
        "<N>",
        (1, Some(1)),
        garp_repeat,
        "Packets per address and burst.",
    )
    .default("5")
    .since("1.2.14"),
    Keyword::set(
        "vrrp_garp_master_refresh",
        "<SECS>",
        (1, Some(1)),
        garp_refresh,
        "Period of refresh announcements.",
    )
    .default("0 (off)")
    .since("1.2.14"),
    Keyword::set(
        "vrrp_garp_master_refresh_repeat",
        "<N>",
        (1, Some(1)),
        garp_refresh_repeat,
        "Packets per refresh.",
    )
    .default("1")
    .since("1.2.14"),
    Keyword::set(
        "vrrp_garp_lower_prio_delay",
        "<SECS>",
        (1, Some(1)),
        garp_lower_delay,
        "Second burst delay after hearing a lower-priority master.",
    )
    .default("garp_master_delay")
    .since("1.2.20"),
    Keyword::set(
        "vrrp_garp_lower_prio_repeat",
        "<N>",
        (1, Some(1)),
        garp_lower_repeat,
        "Packets after hearing a lower-priority master.",
    )
    .default("garp_master_repeat")
    .since("1.2.20"),
    Keyword::set(
        "vrrp_min_garp",
        "[true|on|yes|false|off|no]",
        (0, Some(1)),
        min_garp,
        "One announcement only: repeat 1, delay 0, no refresh.",
    )
    .default("off")
    .since("2.0.11"),
    Keyword::set(
        "vrrp_down_timer_adverts",
        "<N>",
        (1, Some(1)),
        down_timer,
        "Missed adverts before takeover.",
    )
    .default("3")
    .since("2.2.3"),
    Keyword::set(
        "vrrp_lower_prio_no_advert",
        "[true|on|yes|false|off|no]",
        (0, Some(1)),
        lower_prio,
        "Do not answer a lower-priority master with an advert.",
    )
    .default("off")
    .since("1.2.20"),
    Keyword::set(
        "vrrp_higher_prio_send_advert",
        "[true|on|yes|false|off|no]",
        (0, Some(1)),
        higher_prio,
        "Send one more advert when yielding to a higher priority.",
    )
    .default("off")
    .since("1.3.0"),
    Keyword::set(
        "vrrp_check_unicast_src",
        "[true|on|yes|false|off|no]",
        (0, Some(1)),
        check_unicast_src,
        "Require the unicast source to be a configured peer.",
    )
    .default("off")
    .since("1.2.14"),
    Keyword::set(
        "vrrp_skip_check_adv_addr",
        "[true|on|yes|false|off|no]",
        (0, Some(1)),
        skip_check,
        "Skip address list comparison for repeated adverts of the same master.",
    )
    .default("off")
    .since("1.2.14"),
    Keyword::set(
        "vrrp_startup_delay",
        "<SECS>",
        (1, Some(1)),
        startup_delay,
        "Hold VRRP instances silent after start.",
    )
    .default("0")
    .since("2.0.11"),
    Keyword::set(
        "dynamic_interfaces",
        "[allow_if_changes]",
        (0, Some(1)),
        dynamic_interfaces,
        "Interfaces named in the file may appear later.",
    )
    .default("off")
    .since("2.0.0"),
    Keyword::set(
        "default_interface",
        "<IF>",
        (1, Some(1)),
        default_interface,
        "Interface of static and virtual addresses without dev.",
    )
    .default("eth0")
    .since("1.2.17"),
    Keyword::set(
        "include_check",
        "[+|-]read|match|wildcard_match|brace_match... | off",
        (0, None),
        reading,
        "Which include problems are errors from here on.",
    )
    .default("off")
    .since("2.2.8"),
    Keyword::set(
        "random_seed",
        "<N>",
        (1, Some(1)),
        reading,
        "Seed for pseudo-random numbers.",
    )
    .default("time based")
    .since("2.0.11"),
];

/// A keyword whose words are kept.
pub(super) const fn kept_global(
    name: &'static str,
    args: &'static str,
    arity: (usize, Option<usize>),
    doc: &'static str,
) -> Keyword<Ast> {
    Keyword::set(name, args, arity, keep, doc).accepted(NOT_YET)
}

/// A switch that is kept.
pub(super) const fn kept_global_switch(name: &'static str, doc: &'static str) -> Keyword<Ast> {
    Keyword::set(name, SWITCH, (0, Some(1)), keep_switch, doc).accepted(NOT_YET)
}

fn keep_switch(ast: &mut Ast, args: &Args<'_>) -> Set {
    value::switch(args)?;
    keep(ast, args)
}

/// `notification_email`
pub(super) const fn kept_global_list() -> Keyword<Ast> {
    let doc = "Alert recipients.";
    let arity = (0, Some(0));
    Keyword::block("notification_email", "{ <ADDR>... }", arity, keep_list, doc).accepted(NOT_YET)
}

type Set = Result<(), Problem>;

fn keep(ast: &mut Ast, args: &Args<'_>) -> Set {
    ast.process.kept_global.push(lower::setting(args));
    Ok(())
}

/// `vrrp_garp_interval` and `vrrp_gna_interval`.
pub(super) fn announcement_interval(ast: &mut Ast, args: &Args<'_>) -> Set {
    let name = &args.name.text;
    let invalid = |word: &str| format!("{name} '{word}' is invalid");
    value::seconds(args, 0, 1..=4_294_967_295, invalid)?;
    keep(ast, args)
}

fn keep_list(ast: &mut Ast, args: &Args<'_>, block: &Block, lowering: &mut Lowering<'_>) -> Set {
    let list = lower::kept_list(args, block, lowering);
    ast.process.kept_global.push(list);
    Ok(())
}

/// Acted on while the text is read; kept for printing.
fn reading(ast: &mut Ast, args: &Args<'_>) -> Set {
    if args.name.text == "include_check" {
        let known = [
            "read",
            "readable",
            "match",
            "wildcard_match",
            "brace_match",
            "off",
        ];
        for (index, word) in args.words.iter().enumerate() {
            let name = word.text.trim_start_matches(['+', '-']);
            if !known.contains(&name) {
                let message = format!("Unknown include_check option '{}'", word.text);
                args.report(Problem::error("unknown-option", message).word(index));
            }
        }
    } else {
        value::integer(args, 0, 0..=u64::from(u32::MAX), |w| {
            format!("Invalid random_seed '{w}'")
        })?;
    }
    keep(ast, args)
}

fn router_id(ast: &mut Ast, args: &Args<'_>) -> Set {
    if args.words.is_empty() {
        return Err(Problem::error(
            "missing-name",
            "routerid name missing - ignoring",
        ));
    }
    ast.process.router_id = Some(value::text(args, 0)?);
    Ok(())
}

fn script_user(ast: &mut Ast, args: &Args<'_>) -> Set {
    ast.process.script_user = Some(user(args)?);
    Ok(())
}

/// `<USER> [<GROUP>]`
pub(super) fn user(args: &Args<'_>) -> Result<Spanned<User>, Problem> {
    let user = value::text(args, 0)?;
    let group = args.text(1).map(str::to_owned);
    Ok(user.map(|user| User { user, group }))
}

fn script_security(ast: &mut Ast, args: &Args<'_>) -> Set {
    ast.process.script_security = Some(Spanned::new((), args.name.span));
    Ok(())
}

fn reload_check_config(ast: &mut Ast, args: &Args<'_>) -> Set {
    let log = args.text(0).map(str::to_owned);
    ast.process.reload_check_config = Some(Spanned::new(log, args.name.span));
    Ok(())
}

fn version(ast: &mut Ast, args: &Args<'_>) -> Set {
    let invalid = |word: &str| format!("Invalid vrrp_version '{word}'");
    ast.vrrp.defaults.version = Some(value::integer(args, 0, 2..=3, invalid)?);
    Ok(())
}

/// A multicast group of the right family.
pub(super) fn group(args: &Args<'_>, is_v4: Option<bool>) -> Result<Spanned<IpAddr>, Problem> {
    let name = &args.name.text;
    let invalid = |word: &str| {
        format!("Configuration error: Cannot parse {name} '{word}'. Leaving at default")
    };
    let group = value::address(args, 0, invalid)?;
    let fits = is_v4.is_none_or(|is_v4| is_v4 == group.is_ipv4());
    if !fits || !group.is_multicast() {
        let problem = Problem::error("invalid-address", invalid(&group.to_string()));
        return Err(problem
            .word(0)
            .label("not a multicast address of this family"));
    }
    Ok(group)
}

fn group4(ast: &mut Ast, args: &Args<'_>) -> Set {
    ast.vrrp.defaults.group4 = Some(group(args, Some(true))?);
    Ok(())
}

fn group6(ast: &mut Ast, args: &Args<'_>) -> Set {
    ast.vrrp.defaults.group6 = Some(group(args, Some(false))?);
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

/// A delay or period of announcements.
pub(super) fn garp_time(args: &Args<'_>) -> Result<Spanned<core::time::Duration>, Problem> {
    let range = 0..=u64::from(u32::MAX) * 1_000_000;
    let name = &args.name.text;
    value::seconds(args, 0, range, |word| {
        format!("Invalid {name} '{word}' - ignoring")
    })
}

/// A number of announcements.
pub(super) fn garp_count(args: &Args<'_>, least: u32) -> Result<Spanned<u32>, Problem> {
    let name = &args.name.text;
    value::integer(args, 0, least..=u32::MAX, |word| {
        format!("Invalid {name} '{word}'")
    })
}

fn min_garp(ast: &mut Ast, args: &Args<'_>) -> Set {
    ast.vrrp.defaults.min_garp = Some(value::switch(args)?);
    Ok(())
}

fn down_timer(ast: &mut Ast, args: &Args<'_>) -> Set {
    ast.vrrp.defaults.down_timer_adverts = Some(down_timer_adverts(args)?);
    Ok(())
}

/// `down_timer_adverts`
pub(super) fn down_timer_adverts(args: &Args<'_>) -> Result<Spanned<u8>, Problem> {
    let name = &args.name.text;
    value::integer(args, 0, 1..=100, |word| format!("Invalid {name} '{word}'"))
}

fn lower_prio(ast: &mut Ast, args: &Args<'_>) -> Set {
    ast.vrrp.defaults.lower_prio_no_advert = Some(value::switch(args)?);
    Ok(())
}

fn higher_prio(ast: &mut Ast, args: &Args<'_>) -> Set {
    ast.vrrp.defaults.higher_prio_send_advert = Some(value::switch(args)?);
    Ok(())
}

fn check_unicast_src(ast: &mut Ast, args: &Args<'_>) -> Set {
    ast.vrrp.defaults.check_unicast_src = Some(value::switch(args)?);
    Ok(())
}

fn skip_check(ast: &mut Ast, args: &Args<'_>) -> Set {
    ast.vrrp.defaults.skip_check_adv_addr = Some(value::switch(args)?);
    Ok(())
}

fn startup_delay(ast: &mut Ast, args: &Args<'_>) -> Set {
    let range = 1000..=u64::from(u32::MAX) * 1_000_000;
    let invalid = |word: &str| format!("vrrp_startup_delay '{word}' is invalid");
    ast.vrrp.defaults.startup_delay = Some(value::seconds(args, 0, range, invalid)?);
    Ok(())
}

fn dynamic_interfaces(ast: &mut Ast, args: &Args<'_>) -> Set {
    if let Some(word) = args.text(0)
        && word != "allow_if_changes"
    {
        let message = format!("Unknown dynamic_interfaces option '{word}'");
        args.report(Problem::error("unknown-option", message).word(0));
    }
    ast.vrrp.defaults.dynamic_interfaces = Some(Spanned::new((), args.name.span));
    Ok(())
}

fn default_interface(ast: &mut Ast, args: &Args<'_>) -> Set {
    ast.vrrp.defaults.default_interface = Some(value::text(args, 0)?);
    Ok(())
}
