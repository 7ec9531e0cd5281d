//! `bfd_instance`.
//!
//! Invariants: a session without a usable neighbour is reported once and left out.

use core::time::Duration;

use crate::ast::Ast;
use crate::ast::leaf::{Node, Spanned};
use crate::ast::vrrp::BfdInstance;
use crate::diagnostic::Diagnostic;
use crate::keepalived::lower::lower;
use crate::keepalived::tables::{SWITCH, track};
use crate::keepalived::value;
use crate::keyword::{Args, Keyword, Lowering, Problem, Table};
use crate::tree::Block;

type Set = Result<(), Problem>;

const NONE: (usize, Option<usize>) = (0, Some(0));
const ONE: (usize, Option<usize>) = (1, Some(1));

/// Longest name in bytes.
const MAX_NAME: usize = 31;

/// `bfd_instance`
pub static BFD_INSTANCE: Table<BfdInstance> = Table {
    block: "bfd_instance",
    rows: &[
        Keyword::set(
            "neighbor_ip",
            "<IPADDR>",
            ONE,
            neighbor,
            "Address of the neighbour that the session is with. A link-local one needs source_ip, \
             which says on what link it is.",
        )
        .aliases(&["neighbour_ip"])
        .missing_is_reported()
        .default("required")
        .since("2.0.0")
        .samples(&["192.0.2.98", "2001:db8::1"], &["", "x", "192.0.2.300"]),
        Keyword::set(
            "source_ip",
            "<IPADDR>",
            ONE,
            source,
            "Address that packets are sent from; the neighbour has it as its peer.",
        )
        .default("any")
        .since("2.0.0")
        .samples(&["192.0.2.1"], &["", "x", "2001:db8::1"]),
        Keyword::set(
            "min_rx",
            "<MS>",
            ONE,
            |bfd: &mut BfdInstance, args| {
                bfd.min_rx = Some(millis(bfd, args, 1)?);
                Ok(())
            },
            "Required receive interval.",
        )
        .default("10")
        .since("2.0.0")
        .samples(&["50", "1.5", "4294967"], &["", "0", "4294968", "x"]),
        Keyword::set(
            "min_tx",
            "<MS>",
            ONE,
            |bfd: &mut BfdInstance, args| {
                bfd.min_tx = Some(millis(bfd, args, 1)?);
                Ok(())
            },
            "Desired send interval.",
        )
        .default("10")
        .since("2.0.0")
        .samples(&["50", "1.5", "4294967"], &["", "0", "4294968", "x"]),
        Keyword::set(
            "idle_tx",
            "<MS>",
            ONE,
            |bfd: &mut BfdInstance, args| {
                bfd.idle_tx = Some(millis(bfd, args, 1000)?);
                Ok(())
            },
            "Send interval while not up.",
        )
        .default("1000")
        .since("2.0.0")
        .samples(&["2000", "1000.25"], &["", "999", "4294968", "x"]),
        Keyword::set(
            "multiplier",
            "<N>",
            ONE,
            |bfd: &mut BfdInstance, args| {
                bfd.multiplier = Some(byte(bfd, args, "multiplier")?);
                Ok(())
            },
            "How many packets in a row may be lost before the neighbour counts as gone.",
        )
        .default("5")
        .since("2.0.0")
        .samples(&["3", "255"], &["", "0", "256", "x"]),
        Keyword::set(
            "passive",
            "",
            NONE,
            |bfd: &mut BfdInstance, _| on(&mut bfd.passive),
            "Wait for the peer to start.",
        )
        .default("off")
        .since("2.0.0")
        .samples(&[""], &[]),
        Keyword::set(
            "ttl",
            "<N>",
            ONE,
            |bfd: &mut BfdInstance, args| {
                bfd.ttl = Some(byte(bfd, args, "ttl/hoplimit")?);
                Ok(())
            },
            "TTL that packets are sent with.",
        )
        .aliases(&["hoplimit"])
        .default("255 v4, 64 v6")
        .since("2.0.0")
        .samples(&["64", "1"], &["", "0", "256", "x"]),
        Keyword::set(
            "max_hops",
            "<N>",
            ONE,
            max_hops,
            "Accepted hop count (-1 any).",
        )
        .default("0")
        .since("2.0.0")
        .samples(&["2", "-1", "255"], &["", "-2", "256", "x"]),
        Keyword::set(
            "multihop",
            SWITCH,
            (0, Some(1)),
            |bfd: &mut BfdInstance, args| {
                bfd.multihop = Some(value::switch(args)?);
                Ok(())
            },
            "Whether the neighbour is more than one hop away: port 4784 is used then (RFC 5883).",
        )
        .default("off")
        .since("2.2.8")
        .samples(&["on", "no", ""], &["maybe", "1"]),
        Keyword::set(
            "weight",
            "<N> [reverse|noreverse]",
            (1, Some(2)),
            weight,
            "How much the loss of the session changes the priority of instances that track it; 0 \
             means FAULT.",
        )
        .default("0")
        .samples(
            &["10", "-253", "10 reverse"],
            &["", "x", "254", "10 backwards"],
        ),
        Keyword::set(
            "vrrp",
            "",
            NONE,
            |bfd: &mut BfdInstance, _| on(&mut bfd.vrrp),
            "Tell the process that runs VRRP about the session; both are told unless one is named.",
        )
        .default("both if neither")
        .since("2.0.0")
        .samples(&[""], &[]),
        Keyword::set(
            "checker",
            "",
            NONE,
            |bfd: &mut BfdInstance, _| on(&mut bfd.checker),
            "Tell the process that checks real servers about the session; both are told unless \
             one is named.",
        )
        .default("both if neither")
        .since("2.0.0")
        .samples(&[""], &[]),
    ],
};

fn on(flag: &mut bool) -> Set {
    *flag = true;
    Ok(())
}

fn neighbor(bfd: &mut BfdInstance, args: &Args<'_>) -> Set {
    bfd.neighbor = Some(value::address(args, 0, |word| {
        format!(
            "Configuration error: BFD instance {} has malformed neighbor address {word}, \
             ignoring instance",
            bfd.name
        )
    })?);
    Ok(())
}

fn source(bfd: &mut BfdInstance, args: &Args<'_>) -> Set {
    let source = value::address(args, 0, |word| {
        format!(
            "Configuration error: BFD instance {} has malformed source address {word}, ignoring",
            bfd.name
        )
    })?;
    bfd.source = Some(source);
    Ok(())
}

/// A time in milliseconds with at most three digits after the point.
fn millis(bfd: &BfdInstance, args: &Args<'_>, least: u64) -> Result<Spanned<Duration>, Problem> {
    let most = 4_294_967_u64;
    // What is read as seconds is a thousand times too long.
    let range = least * 1_000_000..=most * 1_000_000;
    let time = value::seconds(args, 0, range, |word| {
        format!(
            "Configuration error: BFD instance {} {} value {word} is not valid \
             (must be in range [{least}-{most}]), ignoring",
            bfd.name, args.name.text
        )
    })?;
    let digits = args.text(0).and_then(|word| word.split_once('.'));
    if digits.is_some_and(|(_, digits)| digits.len() > 3) {
        let message = format!(
            "number '{}' has too many decimal places",
            value::word(args, 0)?.text
        );
        let problem = Problem::error("invalid-time", message).word(0);
        return Err(problem.label("milliseconds, at most three digits after the point"));
    }
    Ok(time.map(|time| time / 1000))
}

fn byte(bfd: &BfdInstance, args: &Args<'_>, what: &str) -> Result<Spanned<u8>, Problem> {
    value::integer(args, 0, 1..=255, |word| {
        format!(
            "Configuration error: BFD instance {} {what} value {word} not valid \
             (must be in range [1-255]), ignoring",
            bfd.name
        )
    })
}

fn max_hops(bfd: &mut BfdInstance, args: &Args<'_>) -> Set {
    bfd.max_hops = Some(value::integer(args, 0, -1..=255, |word| {
        format!(
            "Configuration error: BFD instance {} max_hops value {word} not valid \
             (must be in range [-1-255]), ignoring",
            bfd.name
        )
    })?);
    Ok(())
}

fn weight(bfd: &mut BfdInstance, args: &Args<'_>) -> Set {
    let place = format!("Configuration error: BFD instance {}", bfd.name);
    let invalid = |word: &str| {
        format!("{place} weight value {word} not valid (must be in range [-253-253]), ignoring")
    };
    let unknown = |word: &str| format!("{place} unknown weight option {word}");
    bfd.weight = Some(track::weight(args, track::MAX_WEIGHT, invalid, unknown)?);
    Ok(())
}

/// The block at the top level.
pub(super) fn bfd_instance(
    ast: &mut Ast,
    args: &Args<'_>,
    block: &Block,
    lowering: &mut Lowering<'_>,
) -> Set {
    let mut bfd = BfdInstance {
        name: value::text(args, 0)?,
        ..BfdInstance::default()
    };
    lower(&BFD_INSTANCE, &mut bfd, block, lowering);
    match complete(&mut bfd, lowering) {
        Ok(true) => ast.vrrp.bfd_instances.push(bfd),
        Ok(false) => ast.lose(&bfd.name),
        Err(problem) => {
            ast.lose(&bfd.name);
            return Err(problem);
        }
    }
    Ok(())
}

/// Whether the session can be had; what its keywords say together is made to fit.
fn complete(bfd: &mut BfdInstance, lowering: &mut Lowering<'_>) -> Result<bool, Problem> {
    let name = &bfd.name;
    let wrong = |text: String| format!("Configuration error: BFD instance {name} {text}");
    if name.len() > MAX_NAME {
        let message = wrong(format!(
            "name too long (maximum length is {MAX_NAME} characters) - ignoring"
        ));
        return Err(Problem::error("name-too-long", message).word(0));
    }
    let Some(neighbor) = bfd.neighbor else {
        if bfd.rejected.contains("neighbor_ip") {
            return Ok(false);
        }
        let message = wrong("has no neighbor address set, disabling instance".to_owned());
        let problem = Problem::error("incomplete-block", message).word(0);
        return Err(problem.help("add `neighbor_ip ADDRESS`"));
    };
    if let Some(source) = bfd.source
        && source.is_ipv4() != neighbor.is_ipv4()
    {
        let message = wrong(format!(
            "source address {source} and neighbor address {neighbor} are not of the same family, \
             disabling instance"
        ));
        let problem = Diagnostic::error("family-mismatch", message);
        let problem = problem.label(source.span, "the source");
        let problem = problem.label(neighbor.span, "the neighbour");
        lowering.push(problem.help("give both as IPv4 or both as IPv6"));
        return Ok(false);
    }
    if let (Some(hops), Some(ttl)) = (&mut bfd.max_hops, bfd.ttl)
        && hops.value > i16::from(ttl.value)
    {
        let message =
            format!("BFD instance {name}: max_hops exceeds ttl/hoplimit - setting to ttl/hoplimit");
        let problem = Diagnostic::error("range-order", message);
        let problem = problem.label(hops.span, format!("more than {ttl}"));
        lowering.push(problem.label(ttl.span, "the most that can arrive"));
        hops.value = i16::from(ttl.value);
    }
    Ok(true)
}
