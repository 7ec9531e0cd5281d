//! `MISC_CHECK`.

use core::time::Duration;

use crate::ast::leaf::{Spanned, User};
use crate::ast::lvs::{Attempts, Check, MiscCheck, RealServer};
use crate::keepalived::command::command;
use crate::keepalived::tables::check::{Set, lacks, store, waiting, whole};
use crate::keepalived::tables::join;
use crate::keepalived::tables::schedule::{self, Checker};
use crate::keepalived::value;
use crate::keyword::{Args, Keyword, Lowering, Problem, Table};
use crate::tree::Block;

impl Checker for MiscCheck {
    fn attempts(&mut self) -> &mut Attempts {
        &mut self.attempts
    }
}

pub(super) const WHY: &str = "not acted on yet: servers are not checked by commands";

/// Longest limit in seconds: 32 bits of microseconds.
const MAX_SECONDS: u64 = 4294;

/// `MISC_CHECK`
pub static MISC_CHECK: Table<MiscCheck> = Table {
    block: "virtual_server/real_server/MISC_CHECK",
    rows: {
        const ROWS: [Keyword<MiscCheck>; 10] = join(&schedule::own(), &OWN);
        &const { waiting(ROWS, WHY) }
    },
};

const OWN: [Keyword<MiscCheck>; 4] = [
    Keyword::set(
        "misc_path",
        "<CMD>",
        (0, None),
        misc_path,
        "Command whose exit status tells whether the server is up.",
    )
    .default("required")
    .samples(
        &["/usr/bin/true", "\"/usr/bin/true -a 'b c'\""],
        &["", "\"\""],
    ),
    Keyword::set(
        "misc_timeout",
        "<SECS>",
        (1, Some(1)),
        misc_timeout,
        "The command is ended after this time, and the check has failed; whole seconds.",
    )
    .default("delay_loop")
    .samples(&["5", "0", "4294"], &["0.5", "-1", "4295", "x"]),
    Keyword::set(
        "misc_dynamic",
        "",
        (0, Some(0)),
        misc_dynamic,
        "Exit status 2 to 255 sets the server's weight to the status less 2.",
    )
    .default("off"),
    Keyword::set(
        "user",
        "<USER> [<GROUP>]",
        (0, Some(2)),
        user,
        "Account that the command runs as.",
    )
    .default("script_user")
    .since("1.3.0")
    .samples(&["root", "root root"], &[""]),
];

pub(super) fn check(
    server: &mut RealServer,
    args: &Args<'_>,
    block: &Block,
    lowering: &mut Lowering<'_>,
) -> Set {
    let mut check = MiscCheck::default();
    whole(&MISC_CHECK, &mut check, block, lowering);
    if check.command.is_none() {
        if check.rejected.contains("misc_path") {
            return Ok(());
        }
        let message = "No script path has been specified for MISC_CHECKER - skipping";
        return Err(lacks(
            block,
            message,
            "add: misc_path \"/path/to/command argument\"",
        ));
    }
    store(server, args, Check::Misc(Box::new(check)))
}

fn misc_path(check: &mut MiscCheck, args: &Args<'_>) -> Set {
    let mut command = command(args)?;
    // The user is a keyword of its own here.
    if command.value.user.take().is_some() {
        let message = "misc_path: words after the command are ignored";
        let problem = Problem::warning("extra-words", message).span(args.raw_span);
        args.report(problem.help("put the command with all its arguments into double quotes"));
    }
    check.command = Some(command);
    Ok(())
}

fn misc_timeout(check: &mut MiscCheck, args: &Args<'_>) -> Set {
    let invalid = |word: &str| format!("Invalid misc_timeout value '{word}'");
    let seconds = value::integer(args, 0, 0..=MAX_SECONDS, invalid)?;
    check.timeout = Some(seconds.map(Duration::from_secs));
    Ok(())
}

fn misc_dynamic(check: &mut MiscCheck, _: &Args<'_>) -> Set {
    check.dynamic = true;
    Ok(())
}

fn user(check: &mut MiscCheck, args: &Args<'_>) -> Set {
    let Some(user) = args.get(0) else {
        let message = "No user specified for misc checker script";
        return Err(Problem::error("missing-value", message).help("write: user NAME [GROUP]"));
    };
    let account = User {
        user: user.text.to_string(),
        group: args.text(1).map(str::to_owned),
    };
    check.user = Some(Spanned::new(account, user.span));
    Ok(())
}
