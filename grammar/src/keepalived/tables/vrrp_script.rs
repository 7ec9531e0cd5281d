//! `vrrp_script`.

use crate::ast::leaf::Spanned;
use crate::ast::vrrp::Script;
use crate::keepalived::command::command;
use crate::keepalived::tables::{global_defs, track};
use crate::keepalived::value;
use crate::keyword::{Args, Keyword, Problem, Table};

/// `vrrp_script`
pub static VRRP_SCRIPT: Table<Script> = Table {
    block: "vrrp_script",
    rows: &[
        Keyword::set(
            "script",
            "<CMD>",
            (1, None),
            script,
            "Command with arguments.",
        )
        .missing_is_reported(),
        Keyword::set(
            "interval",
            "<SECS>",
            (1, Some(1)),
            interval,
            "Time between starts.",
        )
        .default("1"),
        Keyword::set(
            "timeout",
            "<SECS>",
            (1, Some(1)),
            timeout,
            "Kill after this time.",
        )
        .default("interval")
        .since("1.2.14"),
        Keyword::set(
            "weight",
            "<N> [reverse|noreverse]",
            (1, Some(2)),
            weight,
            "Priority change; 0 means fault on failure.",
        )
        .default("0"),
        Keyword::set("rise", "<N>", (1, Some(1)), rise, "Successes needed.").default("1"),
        Keyword::set("fall", "<N>", (1, Some(1)), fall, "Failures needed.").default("1"),
        Keyword::set("user", "<USER> [<GROUP>]", (1, Some(2)), user, "Account.")
            .default("script_user")
            .since("1.2.24"),
        Keyword::set(
            "init_fail",
            "",
            (0, Some(0)),
            init_fail,
            "Start as failed instead of undecided.",
        )
        .default("off")
        .since("1.2.24"),
    ],
};

/// Longest interval and timeout in microseconds: what the original's 32 bits hold.
const MOST: u64 = 4294 * 1_000_000;

fn script(script: &mut Script, args: &Args<'_>) -> Result<(), Problem> {
    let mut command = command(args)?;
    // The user is a keyword of its own here; words after the command are ignored, as in the
    // original.
    if command.value.user.take().is_some() {
        let message = "script: words after the command are ignored";
        let problem = Problem::warning("extra-words", message).span(args.raw_span);
        args.report(problem.help("put the command with all its arguments into double quotes"));
    }
    script.command = Some(command);
    Ok(())
}

fn interval(script: &mut Script, args: &Args<'_>) -> Result<(), Problem> {
    let name = script.name.value.clone();
    let invalid = |word: &str| {
        format!("({name}): vrrp script interval '{word}' must be between 0.001 and 4294 - ignoring")
    };
    // 0 becomes 1 (keepalived.conf(5) vrrp_script).
    let mut interval = value::seconds(args, 0, 0..=MOST, invalid)?;
    if interval.is_zero() {
        interval.value = core::time::Duration::from_secs(1);
    }
    script.interval = Some(interval);
    Ok(())
}

fn timeout(script: &mut Script, args: &Args<'_>) -> Result<(), Problem> {
    let name = script.name.value.clone();
    let invalid = |word: &str| {
        format!("({name}): vrrp script timeout '{word}' must be between 0.001 and 4294 - ignoring")
    };
    let mut timeout = value::seconds(args, 0, 0..=MOST, invalid)?;
    if timeout.is_zero() {
        timeout.value = core::time::Duration::from_secs(1);
    }
    script.timeout = Some(timeout);
    Ok(())
}

fn weight(script: &mut Script, args: &Args<'_>) -> Result<(), Problem> {
    let name = &script.name;
    let invalid = |word: &str| format!("vrrp_script {name} weight {word} must be in [-253, 253]");
    let unknown = |word: &str| format!("vrrp_script {name} unknown weight option {word}");
    script.weight = Some(track::weight(args, track::MAX_WEIGHT, invalid, unknown)?);
    Ok(())
}

fn rise(script: &mut Script, args: &Args<'_>) -> Result<(), Problem> {
    script.rise = Some(count(script, args)?);
    Ok(())
}

fn fall(script: &mut Script, args: &Args<'_>) -> Result<(), Problem> {
    script.fall = Some(count(script, args)?);
    Ok(())
}

fn count(script: &Script, args: &Args<'_>) -> Result<Spanned<u32>, Problem> {
    let name = &args.name.text;
    let owner = &script.name.value;
    value::integer(args, 0, 1..=i32::MAX.unsigned_abs(), |word| {
        format!("({owner}): {name} value '{word}' invalid - must be at least 1")
    })
}

fn user(script: &mut Script, args: &Args<'_>) -> Result<(), Problem> {
    script.user = Some(global_defs::user(args)?);
    Ok(())
}

fn init_fail(script: &mut Script, _: &Args<'_>) -> Result<(), Problem> {
    script.init_fail = true;
    Ok(())
}
