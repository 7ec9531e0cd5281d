//! `log_format`, `access_log` and `error_log`.

use crate::ast::stream::{
    AccessLog, ErrorLog, ErrorTarget, Escape, Level, LogFormat, Settings, Stream,
};
use crate::ast::{Ast, Size, Spanned};
use crate::keyword::{Args, Keyword, Problem, Repeat, Table};
use crate::nginx::template::{self, Wording};
use crate::nginx::value::{self, Resolution, Words as _};

/// Words for [`Level`], as nginx orders them.
pub(crate) const LEVELS: [(&str, Level); 8] = [
    ("emerg", Level::Emerg),
    ("alert", Level::Alert),
    ("crit", Level::Crit),
    ("error", Level::Error),
    ("warn", Level::Warn),
    ("notice", Level::Notice),
    ("info", Level::Info),
    ("debug", Level::Debug),
];

const DEBUG_PARTS: [&str; 7] = [
    "debug_core",
    "debug_alloc",
    "debug_mutex",
    "debug_event",
    "debug_http",
    "debug_mail",
    "debug_stream",
];

/// `log_format`
pub(super) static STREAM: Table<Stream> = Table {
    block: "stream",
    rows: &[Keyword::set(
        "log_format",
        "NAME [escape=default|json|none] STRING...",
        (2, None),
        log_format,
        "A format for access_log; it must stand before its use.",
    )
    .repeat(Repeat::Many)
    .since("1.11.4")],
};

/// `access_log`
pub(super) static SETTINGS: Table<Settings> = Table {
    block: "stream, server",
    rows: &[Keyword::set(
        "access_log",
        "FILE FORMAT [buffer=SIZE] [flush=TIME]|off",
        (1, None),
        access_log,
        "Log of sessions, a line for each when it ends.",
    )
    .repeat(Repeat::Many)
    .since("1.11.4")],
};

/// Main `error_log`
pub(super) static MAIN: Table<Ast> = Table {
    block: "main",
    rows: &[Keyword::set(
        "error_log",
        "FILE|stderr [LEVEL]",
        (1, None),
        main_error_log,
        "Log of the process, and of sessions unless stream or server have their own.",
    )
    .repeat(Repeat::Many)
    .default("logs/error.log error")],
};

fn log_format(stream: &mut Stream, args: &Args<'_>) -> Result<(), Problem> {
    let Some(name) = args.get(0) else {
        return Ok(());
    };
    let mut format = LogFormat {
        name: Spanned::new(name.text.to_string(), name.span),
        escape: Escape::Default,
        template: None,
    };
    // A format with a mistake still has its name: using it is no second mistake.
    let result = log_format_body(&mut format, args);
    stream.log_formats.push(args.here(format));
    result
}

fn log_format_body(format: &mut LogFormat, args: &Args<'_>) -> Result<(), Problem> {
    let mut first = 1;
    if let Some(escape) = args.word(1).strip_prefix("escape=") {
        format.escape = match escape {
            "default" => Escape::Default,
            "json" => Escape::Json,
            "none" => Escape::None,
            _ => {
                let message = format!("unknown log format escaping \"{escape}\"");
                return Err(Problem::error("invalid-value", message).word(1));
            }
        };
        first = 2;
    }
    let pieces = args.words.iter().skip(first).map(|word| word.text.as_str());
    format.template = Some(template::parse(pieces, Wording::LogFormat)?);
    Ok(())
}

fn access_log(settings: &mut Settings, args: &Args<'_>) -> Result<(), Problem> {
    let Some(path) = args.get(0) else {
        return Ok(());
    };
    if path.text == "off" {
        if let Some(extra) = args.text(1) {
            return Err(invalid(extra).word(1));
        }
        settings.access_logs.push(args.here(None));
        return Ok(());
    }
    if path.text.starts_with("syslog:") {
        return Err(unsupported("\"access_log\" to syslog").word(0));
    }
    if path.text.contains('$') {
        template::parse([path.text.as_str()], Wording::Value)?;
        return Err(unsupported("\"access_log\" with variables in its path").word(0));
    }
    let Some(format) = args.get(1) else {
        return Err(
            Problem::error("missing-format", "log format is not specified")
                .help("nginx's stream module has no default format: name a `log_format`"),
        );
    };
    let mut log = AccessLog {
        path: Spanned::new(path.text.to_string(), path.span),
        format: Spanned::new(format.text.to_string(), format.span),
        buffer: None,
        flush: None,
    };
    let result = access_log_parameters(&mut log, args);
    // The original looks the format up first, so the line is kept for that.
    settings.access_logs.push(args.here(Some(log)));
    result
}

fn access_log_parameters(log: &mut AccessLog, args: &Args<'_>) -> Result<(), Problem> {
    for (index, word) in args.words.iter().enumerate().skip(2) {
        access_log_parameter(log, &word.text).map_err(|problem| problem.word(index))?;
    }
    if log.flush.is_some() && log.buffer.is_none() {
        let message = format!("no buffer is defined for access_log \"{}\"", log.path);
        return Err(Problem::error("no-buffer", message).word(args.words.len() - 1));
    }
    Ok(())
}

fn access_log_parameter(log: &mut AccessLog, text: &str) -> Result<(), Problem> {
    if let Some(size) = text.strip_prefix("buffer=") {
        let value = value::size(size).filter(|size| *size > 0);
        let wrong = || Problem::error("invalid-value", format!("invalid buffer size \"{size}\""));
        log.buffer = Some(Size(value.ok_or_else(wrong)?));
    } else if let Some(time) = text.strip_prefix("flush=") {
        let value = value::time(time, Resolution::Millis).filter(|time| !time.is_zero());
        let wrong = || Problem::error("invalid-value", format!("invalid flush time \"{time}\""));
        log.flush = Some(value.ok_or_else(wrong)?);
    } else if text == "gzip" || text.starts_with("gzip=") {
        return Err(unsupported("\"gzip\" of \"access_log\""));
    } else if text.starts_with("if=") {
        return Err(unsupported("\"if\" of \"access_log\""));
    } else {
        return Err(invalid(text));
    }
    Ok(())
}

fn main_error_log(ast: &mut Ast, args: &Args<'_>) -> Result<(), Problem> {
    ast.process
        .nginx
        .error_logs
        .push(args.here(error_log(args)?));
    Ok(())
}

/// `error_log` of `stream {}` or `server {}`.
pub(super) fn session_error_log(settings: &mut Settings, args: &Args<'_>) -> Result<(), Problem> {
    settings.error_logs.push(args.here(error_log(args)?));
    Ok(())
}

fn error_log(args: &Args<'_>) -> Result<ErrorLog, Problem> {
    let target = match args.get(0) {
        Some(word) if word.text.starts_with("syslog:") => {
            return Err(unsupported("\"error_log\" to syslog").word(0));
        }
        Some(word) if word.text.starts_with("memory:") => {
            return Err(unsupported("\"error_log\" to memory").word(0));
        }
        Some(word) if word.text != "stderr" => {
            ErrorTarget::File(Spanned::new(word.text.to_string(), word.span))
        }
        _ => ErrorTarget::Stderr,
    };
    let mut level = None;
    let mut parts = false;
    for (index, word) in args.words.iter().enumerate().skip(1) {
        let text = word.text.as_str();
        let known = LEVELS.iter().find(|(name, _)| *name == text);
        let wrong = |what: &str| {
            let message = format!("{what} log level \"{text}\"");
            Problem::error("invalid-level", message).word(index)
        };
        match known {
            Some(_) if level.is_some() => return Err(wrong("duplicate")),
            Some((_, found)) => level = Some(*found),
            None if DEBUG_PARTS.contains(&text) && (level.is_none() || parts) => {
                level = Some(Level::Debug);
                parts = true;
            }
            None => return Err(wrong("invalid")),
        }
    }
    Ok(ErrorLog { target, level })
}

fn invalid(text: &str) -> Problem {
    let message = format!("invalid parameter \"{text}\"");
    Problem::error("invalid-parameter", message)
}

fn unsupported(what: &str) -> Problem {
    let message = format!("not supported yet by nginx-stream-rs: {what}");
    Problem::error("refused", message)
}
