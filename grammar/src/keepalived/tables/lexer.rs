//! What the reader itself understands, before there are keywords.
//!
//! The rows are documentation: [`expand`](crate::keepalived::expand) does what they say.

use crate::keyword::{Args, Keyword, Problem, Table};

/// Words and signs of the reader.
pub static LEXER: Table<()> = Table {
    block: "#lexer",
    rows: &[
        row(
            "include",
            "<GLOB>",
            "Read further files: shell patterns and brace lists, sorted, relative to the directory of \
             the file that contains the line. Only regular files without execute permission are read.",
        )
        .samples(&["conf.d/*.conf", "/etc/keepalived/{a,b}.conf"], &[]),
        row("includer", "<GLOB>", "As include; a file that cannot be read is an error.")
            .samples(&["conf.d/*.conf"], &["/etc"]),
        row("includem", "<GLOB>", "As include; a plain name that does not exist is an error.")
            .samples(&["/etc/keepalived/site.conf"], &["/missing.conf"]),
        row("includew", "<GLOB>", "As include; a pattern that nothing matches is an error.")
            .samples(&["conf.d/*.conf"], &["/missing/*.conf"]),
        row(
            "includeb",
            "<GLOB>",
            "As include; every alternative of a brace list must exist.",
        )
        .samples(&["/etc/keepalived/{a,b}.conf"], &["/missing/{a,b}.conf"]),
        row("includea", "<GLOB>", "As include with all of these checks.")
            .samples(&["conf.d/*.conf"], &["/missing.conf"]),
        row(
            "$NAME=",
            "<TEXT>[\\]",
            "Define a text; a backslash at the end of the line lets the next one belong to it, an empty \
             line ends it. A later definition replaces an earlier one.",
        ),
        row(
            "$NAME",
            "",
            "The text of that name; white space, a comma, a closing parenthesis or the end of the line \
             must follow. One of several lines must be the last thing on its line.",
        ),
        row("${NAME}", "", "The text of that name, anywhere on a line."),
        row("$_PWD", "", "Directory of the file that is being read."),
        row("$_INSTANCE", "", "Configuration id: -i, else the instance name, else the host's."),
        row(
            "$_RANDOM",
            "[<MIN> [<MAX>]]",
            "A number, written ${_RANDOM MIN MAX}; random_seed makes it repeatable.",
        )
        .default("0 32767"),
        row("$_ENV", "<NAME>", "Value of an environment variable, written ${_ENV NAME}.").since("2.4.0"),
        row("$_HASH", "", "A # that begins no comment."),
        row("$_BANG", "", "A ! that begins no comment."),
        row(
            "~SEQ",
            "(<VAR>[, <START>[, <STEP>]], <END>) <TEXT>",
            "Repeat the rest of the line once per number; sequences may follow each other.",
        )
        .default("start 1 step 1")
        .samples(&["(N, 1, 3) 192.0.2.$N"], &["(N, 3, 1, 1) x", "(N, 1, 0, 3) x", "N x"]),
        row(
            "~SEQx",
            "(<VAR>[, <START>[, <STEP>]], <END>) <TEXT>",
            "As ~SEQ; the numbers are written in hexadecimal.",
        )
        .default("start 1 step 1")
        .samples(&["(N, 0x90, 0x10, 0xc0) fe80::$N"], &["(N, -1, -3) x"]),
        row(
            "~LST",
            "(<VAR>|{<V1>,<V2>..}, <VAL>|{<A>,<B>..}, ...) <TEXT>",
            "Repeat the rest of the line once per value or tuple of values.",
        )
        .samples(&["({A, B}, {10, 1}, {20, 4}) 192.0.$A.$B"], &["(A) x", "(A, {1, 2}) x"]),
        row("@<ID>", "<LINE>", "The line counts only if the configuration id is this one."),
        row("@^<ID>", "<LINE>", "The line counts only if the configuration id is another one."),
    ],
};

const fn row(name: &'static str, args: &'static str, doc: &'static str) -> Keyword<()> {
    Keyword::set(name, args, (0, None), read, doc)
}

/// The reader has done it.
fn read((): &mut (), _: &Args<'_>) -> Result<(), Problem> {
    Ok(())
}
