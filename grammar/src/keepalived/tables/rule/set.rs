//! Setters of a rule's options.

use core::str::FromStr;

use base::Family;

use crate::ast::leaf::Spanned;
use crate::ast::route::Destination;
use crate::ast::rule::{Action, Mark, Range, Rule};
use crate::keepalived::line;
use crate::keepalived::names::{self, DSFIELDS, GROUPS, IP_PROTOCOLS, TABLES};
use crate::keepalived::value::{self, PrefixError, parse_prefix};
use crate::keyword::{Args, Problem};
use crate::tree::Word;

pub(super) type Set = Result<(), Problem>;

fn selector(rule: &Rule, args: &Args<'_>) -> Result<Option<Spanned<Destination>>, Problem> {
    let word = value::word(args, 0)?;
    let selector = match word.text.as_str() {
        "default" | "any" | "all" => Destination::Default,
        "default6" => Destination::DefaultV6,
        text => Destination::Prefix(parse_prefix(text).map_err(|error| {
            let message = match error {
                PrefixError::Address => format!("Invalid rule {} address {text}", args.name.text),
                PrefixError::Length(prefix) => format!(
                    "Invalid address prefix len {} for address {text} - using {}",
                    text.rsplit('/').next().unwrap_or(""),
                    prefix.len
                ),
            };
            let problem = Problem::error("invalid-address", message).word(0);
            problem.label("an address, a prefix, or `all`")
        })?),
    };
    let known = rule.known_family();
    if known.is_some() && selector.family().is_some_and(|it| known != Some(it)) {
        let message = "rule specification has mixed IPv4 and IPv6";
        return Err(Problem::error("wrong-family", message).word(0));
    }
    Ok(Some(Spanned::new(selector, word.span)))
}

pub(super) fn from(rule: &mut Rule, args: &Args<'_>) -> Set {
    rule.from = selector(rule, args)?;
    Ok(())
}

pub(super) fn to(rule: &mut Rule, args: &Args<'_>) -> Set {
    rule.to = selector(rule, args)?;
    Ok(())
}

pub(super) fn not(rule: &mut Rule, _: &Args<'_>) -> Set {
    rule.not = true;
    Ok(())
}

fn act(rule: &mut Rule, action: Action) -> Set {
    if rule.action.is_some() {
        let message = match action {
            Action::L3mdev => "Cannot specify l3mdev with other action",
            _ => {
                "Cannot specify more than one of \
                 table/nop/goto/blackhole/prohibit/unreachable/l3mdev for rule"
            }
        };
        return Err(Problem::error("repeated-option", message));
    }
    rule.action = Some(action);
    Ok(())
}

pub(super) fn table(rule: &mut Rule, args: &Args<'_>) -> Set {
    let invalid = |word: &str| format!("Routing table {word} not found for rule");
    let table = names::named(args, 0, &TABLES, invalid)?;
    if table.value == crate::ast::route::Named::Number(0) {
        return Err(Problem::error("invalid-number", "Table 0 is not valid").word(0));
    }
    act(rule, Action::Table(table))
}

pub(super) fn l3mdev(rule: &mut Rule, _: &Args<'_>) -> Set {
    act(rule, Action::L3mdev)
}

pub(super) fn goto(rule: &mut Rule, args: &Args<'_>) -> Set {
    let invalid = |word: &str| format!("Invalid target {word} specified");
    let target = value::integer(args, 0, 0..=u32::MAX, invalid)?.value;
    act(rule, Action::Goto(target))
}

pub(super) fn nop(rule: &mut Rule, _: &Args<'_>) -> Set {
    act(rule, Action::Nop)
}

pub(super) fn blackhole(rule: &mut Rule, _: &Args<'_>) -> Set {
    act(rule, Action::Blackhole)
}

pub(super) fn prohibit(rule: &mut Rule, _: &Args<'_>) -> Set {
    act(rule, Action::Prohibit)
}

pub(super) fn unreachable(rule: &mut Rule, _: &Args<'_>) -> Set {
    act(rule, Action::Unreachable)
}

pub(super) fn preference(rule: &mut Rule, args: &Args<'_>) -> Set {
    let word = value::word(args, 0)?;
    let number = names::number(&word.text).and_then(|number| u32::try_from(number).ok());
    rule.preference = Some(number.ok_or_else(|| {
        let message = format!("Invalid rule preference {} specified", word.text);
        let problem = Problem::error("invalid-number", message).word(0);
        problem.label(format!("0 to {} is accepted", u32::MAX))
    })?);
    Ok(())
}

pub(super) fn tos(rule: &mut Rule, args: &Args<'_>) -> Set {
    let invalid = |word: &str| format!("TOS value {word} is invalid");
    rule.tos = Some(names::named(args, 0, &DSFIELDS, invalid)?);
    Ok(())
}

/// `<N>[/<MASK>]`
pub(super) fn fwmark(rule: &mut Rule, args: &Args<'_>) -> Set {
    let text = &value::word(args, 0)?.text;
    let part = |part: &str| names::number(part).and_then(|number| u32::try_from(number).ok());
    let mark = match text.split_once('/') {
        Some((mark, mask)) => part(mark).zip(part(mask)).map(|(mark, mask)| Mark {
            mark,
            mask: Some(mask),
        }),
        None => part(text).map(|mark| Mark { mark, mask: None }),
    };
    rule.fwmark = Some(mark.ok_or_else(|| {
        let message = format!("Invalid rule fwmark {text} specified");
        let problem = Problem::error("invalid-number", message).word(0);
        problem.label("a number of 32 bits, and after `/` the bits that count")
    })?);
    Ok(())
}

pub(super) fn realms(rule: &mut Rule, args: &Args<'_>) -> Set {
    let realms = names::realms(args, 0, |word| format!("invalid realms {word} for rule"))?;
    if rule.known_family() == Some(Family::V6) {
        let message = "realms is only valid for IPv4";
        return Err(Problem::error("wrong-family", message));
    }
    rule.realms = Some(realms);
    Ok(())
}

pub(super) fn suppress_prefixlength(rule: &mut Rule, args: &Args<'_>) -> Set {
    let invalid = |word: &str| format!("Invalid suppress_prefixlength {word} specified");
    let most = i32::MAX.unsigned_abs();
    rule.suppress_prefixlength = Some(value::integer(args, 0, 0..=most, invalid)?.value);
    Ok(())
}

pub(super) fn suppress_ifgroup(rule: &mut Rule, args: &Args<'_>) -> Set {
    let invalid = |word: &str| format!("suppress_group {word} is invalid");
    rule.suppress_ifgroup = Some(names::named(args, 0, &GROUPS, invalid)?);
    Ok(())
}

pub(super) fn iif(rule: &mut Rule, args: &Args<'_>) -> Set {
    rule.iif = Some(value::interface(args, 0)?);
    Ok(())
}

pub(super) fn oif(rule: &mut Rule, args: &Args<'_>) -> Set {
    rule.oif = Some(value::interface(args, 0)?);
    Ok(())
}

pub(super) fn tunnel_id(rule: &mut Rule, args: &Args<'_>) -> Set {
    let invalid = |word: &str| format!("Invalid tunnel-id {word} specified");
    rule.tunnel_id = Some(value::integer(args, 0, 0..=u64::MAX, invalid)?.value);
    Ok(())
}

/// `<A>-<B>`
fn range<N: FromStr + PartialOrd>(
    args: &Args<'_>,
    message: impl FnOnce(&str) -> String,
) -> Result<Option<Range<N>>, Problem> {
    let word = value::word(args, 0)?;
    let range = word.text.split_once('-').and_then(|(first, last)| {
        Some(Range {
            first: decimal(first)?,
            last: decimal(last)?,
        })
    });
    let Some(range) = range else {
        let problem = Problem::error("invalid-range", message(&word.text)).word(0);
        return Err(problem.label("two numbers with `-` in between, as in 80-80"));
    };
    if range.last < range.first {
        warn(
            args,
            word,
            "the range ends before it begins; the kernel refuses such a rule",
        );
    }
    Ok(Some(range))
}

fn decimal<N: FromStr>(text: &str) -> Option<N> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits)
}

/// The original says nothing; the kernel will.
fn warn(args: &Args<'_>, word: &Word, what: &str) {
    let message = format!("{} {}: {what}", args.name.text, word.text);
    args.report(Problem::warning("refused-by-kernel", message).word(0));
}

pub(super) fn uidrange(rule: &mut Rule, args: &Args<'_>) -> Set {
    rule.uids = range(args, |word| format!("Invalid uidrange {word} specified"))?;
    Ok(())
}

fn ports(args: &Args<'_>) -> Result<Option<Range<u16>>, Problem> {
    let name = &args.name.text;
    let ports = range(args, |word| format!("invalid {name} range {word}"))?;
    if ports.is_some_and(|ports: Range<u16>| ports.first == 0)
        && let Some(word) = args.get(0)
    {
        warn(
            args,
            word,
            "there is no port 0; the kernel refuses such a rule",
        );
    }
    Ok(ports)
}

pub(super) fn sport(rule: &mut Rule, args: &Args<'_>) -> Set {
    rule.sport = ports(args)?;
    Ok(())
}

pub(super) fn dport(rule: &mut Rule, args: &Args<'_>) -> Set {
    rule.dport = ports(args)?;
    Ok(())
}

pub(super) fn protocol(rule: &mut Rule, args: &Args<'_>) -> Set {
    let invalid = |word: &str| format!("Invalid protocol {word}");
    rule.protocol = Some(value::integer(args, 0, 0..=u8::MAX, invalid)?);
    Ok(())
}

pub(super) fn ipproto(rule: &mut Rule, args: &Args<'_>) -> Set {
    let text = &value::word(args, 0)?.text;
    let lower = text.to_ascii_lowercase();
    let known = IP_PROTOCOLS.iter().find(|(name, _)| *name == lower);
    let number = known.map(|(_, number)| *number);
    rule.ipproto = Some(number.or_else(|| decimal(text)).ok_or_else(|| {
        let message = format!("Invalid ipproto {text}");
        let problem = Problem::error("invalid-number", message).word(0);
        problem.label("0 to 255, or a name such as tcp or udp")
    })?);
    Ok(())
}

pub(super) fn inet(rule: &mut Rule, _: &Args<'_>) -> Set {
    family(rule, Family::V4, "inet specified for IPv6 rule")
}

pub(super) fn inet6(rule: &mut Rule, _: &Args<'_>) -> Set {
    family(rule, Family::V6, "inet6 specified for IPv4 rule")
}

fn family(rule: &mut Rule, family: Family, message: &str) -> Set {
    if rule.known_family().is_some_and(|known| known != family) {
        return Err(Problem::error("wrong-family", message));
    }
    rule.family = Some(family);
    Ok(())
}

pub(super) fn no_track(rule: &mut Rule, _: &Args<'_>) -> Set {
    rule.no_track = true;
    Ok(())
}

pub(super) fn track_group(rule: &mut Rule, args: &Args<'_>) -> Set {
    let name = value::text(args, 0)?;
    if rule.track_group.is_some() {
        let message = format!("track_group {name} is a duplicate");
        return Err(Problem::error("repeated-option", message));
    }
    rule.track_group = Some(name);
    Ok(())
}

/// `type <ACTION>`
pub(super) fn kind(rule: &mut Rule, args: &Args<'_>) -> Set {
    let word = value::word(args, 0)?;
    args.take(1);
    match word.text.as_str() {
        "nop" => nop(rule, args),
        "blackhole" => blackhole(rule, args),
        "prohibit" => prohibit(rule, args),
        "unreachable" => unreachable(rule, args),
        "goto" => {
            let target = args.rest().get(1).ok_or_else(line::missing)?;
            args.take(2);
            let number = decimal(&target.text);
            let target = number.ok_or_else(|| {
                let message = format!("Invalid target {} specified", target.text);
                Problem::error("invalid-number", message).word(1)
            })?;
            act(rule, Action::Goto(target))
        }
        other => {
            let message = format!("Invalid rule action {other}");
            Err(Problem::error("unknown-option", message).word(0))
        }
    }
}
