//! Setters of `global_defs` rows with a syntax of their own.

use core::net::IpAddr;

use super::set::Set;
use crate::ast::Ast;
use crate::ast::global::{
    Chains, Fifo, FifoPath, FlushOnStop, IpSets, LvsTimeouts, MailServer, SyncDaemon,
};
use crate::ast::leaf::{Spanned, User};
use crate::ast::process::Process;
use crate::ast::vrrp::{ExtraAnnouncements, ReceiveBuffers};
use crate::keepalived::include::CHECKS;
use crate::keepalived::lower::each_entry;
use crate::keepalived::{names, value};
use crate::keyword::{Args, Lowering, Problem};
use crate::tree::Block;

/// Longest `umask` (all nine bits).
const ALL_BITS: u64 = 0o777;

/// Longest names the kernel takes, without the final zero.
const MAX_CHAIN: usize = 28;
const MAX_IPSET: usize = 31;

/// `<OCTAL> | IRUSR|IWUSR|…`
pub(super) fn umask(process: &mut Process, args: &Args<'_>) -> Set {
    let first = value::word(args, 0)?;
    let text: String = args.words.iter().map(|word| word.text.as_str()).collect();
    let mask = if text.starts_with(|c: char| c.is_ascii_digit()) {
        names::number(&text).filter(|mask| *mask <= ALL_BITS)
    } else {
        bits(&text, args)?
    };
    let mask = mask.and_then(|mask| u16::try_from(mask).ok());
    let mask = mask.ok_or_else(|| {
        let message = format!("invalid umask value {text}");
        Problem::error("invalid-number", message)
            .word(0)
            .label("0 to 0777 is accepted")
    })?;
    process.processes.umask = Some(Spanned::new(mask, first.span));
    Ok(())
}

fn bits(text: &str, args: &Args<'_>) -> Result<Option<u64>, Problem> {
    let mut mask = 0;
    for name in text.split('|') {
        let bit = BITS.iter().find(|(known, _)| *known == name);
        let Some((_, bit)) = bit else {
            let message = format!("Unknown umask bit {name}");
            let index = args.words.iter().position(|word| word.text.contains(name));
            let problem = Problem::error("unknown-option", message).word(index.unwrap_or(0));
            return Err(problem.help("IRUSR, IWUSR, IXUSR, and the same with GRP and OTH"));
        };
        mask |= bit;
    }
    Ok(Some(mask))
}

const BITS: [(&str, u64); 9] = [
    ("IRUSR", 0o400),
    ("IWUSR", 0o200),
    ("IXUSR", 0o100),
    ("IRGRP", 0o040),
    ("IWGRP", 0o020),
    ("IXGRP", 0o010),
    ("IROTH", 0o004),
    ("IWOTH", 0o002),
    ("IXOTH", 0o001),
];

/// `[<PRIO>]`
pub(super) fn max_auto_priority(process: &mut Process, args: &Args<'_>) -> Set {
    let field = &mut process.processes.max_auto_priority;
    if args.words.is_empty() {
        *field = Some(Spanned::new(99, args.name.span));
        return Ok(());
    }
    let invalid = |word: &str| {
        format!("max_auto_priority '{word}' must be in [0, 99] (or -1 to disable) - ignoring")
    };
    *field = Some(value::integer(args, 0, -1..=99, invalid)?);
    Ok(())
}

/// `<CPU>...`
pub(super) fn cpus(cpus: &mut Vec<Spanned<u32>>, args: &Args<'_>, child: &str) -> Set {
    let mut taken = Vec::new();
    for index in 0..args.words.len() {
        let invalid = |word: &str| format!("Invalid cpu_id:{word} specified for {child} process");
        taken.push(value::integer(args, index, 0..=65_535, invalid)?);
    }
    *cpus = taken;
    Ok(())
}

/// Kept for printing; the text was read by these words already.
pub(super) fn include_check(process: &mut Process, args: &Args<'_>) -> Set {
    for (index, word) in args.words.iter().enumerate() {
        let name = word.text.strip_prefix(['+', '-']);
        let message = if index > 0 && name.is_none() {
            format!(
                "Duplicate include_check '{}' specified - ignoring",
                word.text
            )
        } else if !CHECKS.contains(&name.unwrap_or(&word.text)) {
            format!("Unknown include_check type '{}' - ignoring", word.text)
        } else {
            continue;
        };
        let problem = Problem::error("unknown-option", message).word(index);
        args.report(problem.help("one of read, match, wildcard_match, brace_match; +WORD, -WORD"));
    }
    let words = args
        .words
        .iter()
        .map(|word| word.text.to_string())
        .collect();
    process.processes.include_checks.push(words);
    Ok(())
}

/// `[<PATH>]`
pub(super) fn path(field: &mut Option<Spanned<Option<String>>>, args: &Args<'_>) -> Set {
    let path = args.text(0).map(str::to_owned);
    *field = Some(Spanned::new(path, args.name.span));
    Ok(())
}

/// `notification_email`
pub(super) fn recipients(
    ast: &mut Ast,
    args: &Args<'_>,
    block: &Block,
    lowering: &mut Lowering<'_>,
) -> Set {
    let recipients = &mut ast.process.mail.recipients;
    let before = recipients.len();
    each_entry(block, lowering, |args| {
        let words = core::iter::once(args.name).chain(args.words);
        recipients.extend(words.map(|word| Spanned::new(word.text.to_string(), word.span)));
        Ok(())
    });
    if recipients.len() == before {
        let message = "Warning - empty notification_email block";
        args.report(Problem::error("empty-block", message));
    }
    Ok(())
}

/// `<HOST|IPADDR> [<PORT>]`
pub(super) fn mail_server(process: &mut Process, args: &Args<'_>) -> Set {
    let host = value::text(args, 0)?;
    let invalid = |word: &str| format!("Invalid smtp server {host} {word}");
    let port = match args.get(1) {
        Some(_) => Some(value::integer(args, 1, 1..=u16::MAX, invalid)?.value),
        None => None,
    };
    process.mail.server = Some(host.map(|host| MailServer { host, port }));
    Ok(())
}

/// Whole seconds; 0 counts as 1.
pub(super) fn mail_timeout(process: &mut Process, args: &Args<'_>) -> Set {
    let invalid =
        |word: &str| format!("smtp_connect_timeout '{word}' must be in [0, 4294] - ignoring");
    let mut timeout = value::integer(args, 0, 0..=4294, invalid)?;
    if timeout.value == 0 {
        let message = "smtp_connect_timeout must be greater than 0, setting to 1";
        args.report(Problem::error("out-of-range", message).word(0));
        timeout.value = 1;
    }
    process.mail.connect_timeout = Some(timeout);
    Ok(())
}

/// `<PATH> [<USER> [<GROUP>]]`
pub(super) fn fifo(fifo: &mut Fifo, args: &Args<'_>) -> Set {
    let path = value::text(args, 0)?;
    let owner = args.text(1).map(|user| User {
        user: user.to_owned(),
        group: args.text(2).map(str::to_owned),
    });
    fifo.path = Some(path.map(|path| FifoPath { path, owner }));
    Ok(())
}

/// A name for the packet filter: not longer than `most` bytes, of plain letters.
fn filter_name(args: &Args<'_>, index: usize, most: usize, what: &str) -> Result<String, Problem> {
    let name = &value::word(args, index)?.text;
    let plain = |c: char| c.is_ascii_graphic() && !"{}/\"'".contains(c);
    if name.is_empty() || name.len() > most || !name.chars().all(plain) {
        let message = format!("{}: {what} name '{name}' is invalid", args.name.text);
        let problem = Problem::error("invalid-name", message).word(index);
        return Err(problem.label(format!("1 to {most} plain characters")));
    }
    Ok(name.to_string())
}

/// `[<INCHAIN> [<OUTCHAIN>]]`
pub(super) fn iptables(process: &mut Process, args: &Args<'_>) -> Set {
    let mut chains = Chains::default();
    if !args.words.is_empty() {
        chains.input = Some(filter_name(args, 0, MAX_CHAIN, "chain")?);
    }
    if args.words.len() > 1 {
        chains.output = Some(filter_name(args, 1, MAX_CHAIN, "chain")?);
    }
    if chains.input.is_some() && chains.input == chains.output {
        let message = "vrrp_iptables: chain names cannot be the same";
        return Err(Problem::error("invalid-name", message).word(1));
    }
    process.firewall.iptables = Some(Spanned::new(chains, args.name.span));
    Ok(())
}

/// `<ADDR4> [<ADDR6> …] | off`
pub(super) fn ipsets(process: &mut Process, args: &Args<'_>) -> Set {
    let sets = if matches!(args.text(0), None | Some("off")) {
        IpSets::Off
    } else {
        let mut names: Vec<String> = Vec::new();
        for index in 0..args.words.len() {
            let name = filter_name(args, index, MAX_IPSET, "ipset")?;
            if names.contains(&name) {
                let message = format!("vrrp_ipsets: ipset name '{name}' is used twice");
                return Err(Problem::error("invalid-name", message).word(index));
            }
            names.push(name);
        }
        IpSets::Named(names)
    };
    process.firewall.ipsets = Some(Spanned::new(sets, args.name.span));
    Ok(())
}

/// `[tcp <N>] [tcpfin <N>] [udp <N>]`
pub(super) fn lvs_timeouts(process: &mut Process, args: &Args<'_>) -> Set {
    let mut timeouts = LvsTimeouts::default();
    let mut index = 0;
    while let (Some(option), Some(_)) = (args.text(index), args.get(index + 1)) {
        let field = match option {
            "tcp" => &mut timeouts.tcp,
            "tcpfin" => &mut timeouts.tcp_fin,
            "udp" => &mut timeouts.udp,
            other => {
                let message = format!("Unknown option {other} specified for lvs_timeouts");
                let problem = Problem::error("unknown-option", message).word(index);
                return Err(problem.label("tcp, tcpfin or udp, each with seconds"));
            }
        };
        let invalid = |word: &str| format!("Invalid lvs_timeout {option} ({word}) - ignoring");
        *field = Some(value::integer(args, index + 1, 0..=2_678_400, invalid)?.value);
        index += 2;
    }
    if timeouts == LvsTimeouts::default() {
        let message = "lvs_timeouts requires at least one option";
        return Err(Problem::error("missing-value", message));
    }
    if index < args.words.len() {
        let message = "lvs_timeouts: a value is missing";
        args.report(Problem::error("missing-value", message).word(index));
    }
    process.lvs.timeouts = Some(Spanned::new(timeouts, args.name.span));
    Ok(())
}

/// `[VS]`
pub(super) fn flush_on_stop(process: &mut Process, args: &Args<'_>) -> Set {
    process.lvs.flush_on_stop = Some(match args.text(0) {
        None => FlushOnStop::All,
        Some("VS") => FlushOnStop::Own,
        Some(other) => {
            let message = format!("Unknown {} type {other}", args.name.text);
            let problem = Problem::error("unknown-option", message).word(0);
            return Err(problem.label("VS, or nothing for the whole table"));
        }
    });
    Ok(())
}

/// `<IF> [<VRRP_INSTANCE>] [<ID>] [id <N>] [maxlen <N>] [port <N>] [ttl <N>] [group <IPADDR>]`
pub(super) fn sync_daemon(process: &mut Process, args: &Args<'_>) -> Set {
    if process.lvs.sync_daemon.is_some() {
        let message = "lvs_sync_daemon has already been specified - ignoring";
        return Err(Problem::error("repeated-keyword", message));
    }
    let mut daemon = SyncDaemon {
        interface: value::interface(args, 0)?,
        ..SyncDaemon::default()
    };
    let mut index = 1;
    while index < args.words.len() {
        match sync_option(&mut daemon, args, index) {
            Ok(taken) => index += taken,
            Err(problem) => {
                // The rest of the line still counts; a wrong value belongs to its option.
                index += 1 + usize::from(problem.word == u32::try_from(index + 1).ok());
                args.report(problem);
            }
        }
    }
    process.lvs.sync_daemon = Some(Spanned::new(daemon, args.name.span));
    Ok(())
}

/// Takes the option at `index`; how many words that were.
fn sync_option(daemon: &mut SyncDaemon, args: &Args<'_>, index: usize) -> Result<usize, Problem> {
    let option = value::word(args, index)?;
    let at = index + 1;
    let known = ["inst", "id", "maxlen", "port", "ttl", "group"].contains(&option.text.as_str());
    if known && args.get(at).is_none() {
        let message = format!("No value specified for lvs_sync_daemon {}", option.text);
        return Err(Problem::error("missing-value", message).word(index));
    }
    let wrong_id = |word: &str| format!("Invalid syncid ({word}) - defaulting to vrid");
    let wrong = |word: &str| {
        format!(
            "Invalid lvs_sync_daemon {} ({word}) - ignoring",
            option.text
        )
    };
    match option.text.as_str() {
        "inst" => daemon.instance = Some(value::text(args, at)?),
        "id" => daemon.id = Some(value::integer(args, at, 0..=255, wrong_id)?.value),
        "maxlen" => daemon.maxlen = Some(value::integer(args, at, 1..=65_507, wrong)?.value),
        "port" => daemon.port = Some(value::integer(args, at, 1..=u16::MAX, wrong)?.value),
        "ttl" => daemon.ttl = Some(value::integer(args, at, 1..=255, wrong)?.value),
        "group" => daemon.group = Some(sync_group(args, at)?),
        _ if index == 1 => {
            daemon.instance = Some(value::text(args, index)?);
            return Ok(1);
        }
        _ => {
            // Only as the third word; else no number either.
            daemon.id = Some(value::integer(args, index, 0..=255, wrong_id)?.value);
            let message = "Please use keyword \"id\" before lvs_sync_daemon SYNCID";
            args.report(value::deprecated(message).word(index));
            return Ok(1);
        }
    }
    Ok(2)
}

fn sync_group(args: &Args<'_>, index: usize) -> Result<IpAddr, Problem> {
    let invalid = |word: &str| format!("Invalid lvs_sync_daemon group ({word}) - ignoring");
    let group = value::address(args, index, invalid)?.value;
    if !group.is_multicast() {
        let message = format!("lvs_sync_daemon group address {group} is not multicast - ignoring");
        return Err(Problem::error("invalid-address", message).word(index));
    }
    Ok(group)
}

/// Nothing may follow the word at `index`.
pub(in crate::keepalived::tables) fn surplus(
    args: &Args<'_>,
    index: usize,
    message: impl FnOnce(&str) -> String,
) -> Set {
    match args.get(index + 1) {
        None => Ok(()),
        Some(word) => Err(Problem::error("extra-words", message(&word.text)).word(index + 1)),
    }
}

/// `[all] <SECS>`
pub(super) fn extra_announcements(ast: &mut Ast, args: &Args<'_>) -> Set {
    let all = args.text(0) == Some("all");
    let index = usize::from(all);
    let name = &args.name.text;
    if args.get(index).is_none() {
        let message = format!("{name} specified without time - ignoring");
        return Err(Problem::error("missing-value", message));
    }
    let invalid = |word: &str| format!("{name} '{word}' invalid - ignoring");
    let seconds = value::integer(args, index, 1..=86_400, invalid)?;
    surplus(args, index, invalid)?;
    let extra = ExtraAnnouncements {
        all,
        seconds: seconds.value,
    };
    ast.vrrp.defaults.extra_announcements = Some(Spanned::new(extra, seconds.span));
    Ok(())
}

/// `MTU|ADVERT|<BYTES>`
pub(super) fn receive_buffers(ast: &mut Ast, args: &Args<'_>) -> Set {
    let word = value::word(args, 0)?;
    let policy = match word.text.to_ascii_uppercase().as_str() {
        "MTU" => ReceiveBuffers::Mtu,
        "ADVERT" => ReceiveBuffers::Advert,
        _ => {
            let invalid = |word: &str| format!("Invalid vrrp_rx_bufs_policy {word}");
            ReceiveBuffers::Bytes(value::integer(args, 0, 0..=u32::MAX, invalid)?.value)
        }
    };
    let before = ast.vrrp.defaults.receive_buffers.map(|before| before.value);
    let named = |policy| matches!(policy, ReceiveBuffers::Mtu | ReceiveBuffers::Advert);
    if before.is_some_and(|before| before != policy && named(before) && named(policy)) {
        let message = "Cannot set both vrrp_rx_bufs_policy MTU and ADVERT, ignoring ADVERT";
        return Err(Problem::error("repeated-keyword", message).word(0));
    }
    ast.vrrp.defaults.receive_buffers = Some(Spanned::new(policy, word.span));
    Ok(())
}

/// A prefix of interface names: room for more must be left.
pub(super) fn vmac_prefix(field: &mut Option<Spanned<String>>, args: &Args<'_>) -> Set {
    *field = Some(value::interface(args, 0)?);
    Ok(())
}

/// A name on the bus: at least two parts joined with dots (D-Bus specification, bus names).
pub(super) fn bus_name(field: &mut Option<Spanned<String>>, args: &Args<'_>) -> Set {
    let name = value::text(args, 0)?;
    let part = |part: &str| {
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        part.starts_with(|c: char| !c.is_ascii_digit()) && part.chars().all(fits)
    };
    if name.len() > 255 || !name.contains('.') || !name.split('.').all(part) {
        let message = format!("dbus_service_name '{name}' is no bus name");
        let problem = Problem::warning("invalid-name", message).word(0);
        args.report(problem.help("letters, digits, `_` and `-` in parts joined with dots"));
    }
    *field = Some(name);
    Ok(())
}
