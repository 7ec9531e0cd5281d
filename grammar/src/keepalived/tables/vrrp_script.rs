//! `vrrp_script`.

use core::time::Duration;

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
            "What to run: a program with its arguments; exit status 0 means success.",
        )
        .missing_is_reported()
        .default("required")
        .samples(
            &["/usr/bin/true", "\"/usr/bin/test -e '/run/a b'\""],
            &["", "\"/usr/bin/true", "\"\""],
        ),
        Keyword::set(
            "interval",
            "<SECS>",
            (1, Some(1)),
            interval,
            "Time between starts.",
        )
        .default("1")
        .samples(&["2", "0.5", "4294"], &["", "0", "-1", "4295", "x"]),
        Keyword::set(
            "timeout",
            "<SECS>",
            (1, Some(1)),
            timeout,
            "Longest run; a script that takes longer is killed and has failed.",
        )
        .default("interval")
        .since("1.2.14")
        .samples(&["2", "0.5", "4294"], &["", "0", "-1", "4295", "x"]),
        Keyword::set(
            "weight",
            "<N> [reverse|noreverse]",
            (1, Some(2)),
            weight,
            "How much the priority changes: a positive one is added on success, a negative one taken on \
             failure; 0 means FAULT on failure.",
        )
        .default("0")
        .samples(
            &["10", "-253", "10 reverse", "0"],
            &["", "254", "x", "10 backwards"],
        ),
        Keyword::set(
            "rise",
            "<N>",
            (1, Some(1)),
            rise,
            "How many successes in a row it takes to count as up again.",
        )
        .default("1")
        .samples(&["2", "2147483647"], &["", "0", "-1", "x"]),
        Keyword::set(
            "fall",
            "<N>",
            (1, Some(1)),
            fall,
            "How many failures in a row it takes to count as down.",
        )
        .default("1")
        .samples(&["2", "2147483647"], &["", "0", "-1", "x"]),
        Keyword::set(
            "user",
            "<USER> [<GROUP>]",
            (1, Some(2)),
            user,
            "Account that the script runs as; script_user unless given.",
        )
        .default("script_user")
        .since("1.2.24")
        .samples(&["root", "nobody nogroup"], &[""]),
        Keyword::set(
            "init_fail",
            "",
            (0, Some(0)),
            init_fail,
            "Start as failed instead of undecided.",
        )
        .default("off")
        .since("1.2.24")
        .accepted("the first run decides, as with the original; until then nothing is advertised")
        .samples(&[""], &[]),
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
    script.interval = Some(time(script, args)?);
    Ok(())
}

fn timeout(script: &mut Script, args: &Args<'_>) -> Result<(), Problem> {
    script.timeout = Some(time(script, args)?);
    Ok(())
}

/// 0 becomes 1 (keepalived.conf(5) vrrp_script), which is told.
fn time(script: &Script, args: &Args<'_>) -> Result<Spanned<Duration>, Problem> {
    let (name, what) = (&script.name, &args.name.text);
    let mut time = value::seconds(args, 0, 0..=MOST, |word| {
        format!("({name}): vrrp script {what} '{word}' must be between 0.001 and 4294 - ignoring")
    })?;
    if time.value < Duration::from_millis(1) {
        time.value = Duration::from_secs(1);
        let message = format!("({name}): vrrp script {what} must be greater than 0, setting to 1");
        args.report(Problem::error("invalid-time", message).word(0));
    }
    Ok(time)
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
        format!("({owner}): vrrp script {name} value '{word}' invalid - must be at least 1")
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
