//! Directives of `events {}`.

use crate::ast::stream::Events;
use crate::keyword::{Args, Keyword, Problem, Repeat, Table};
use crate::nginx::value::{self, Words as _};

const ONE: (usize, Option<usize>) = (1, Some(1));

/// Event methods that nginx has on Linux. All of them select the same loop here.
const METHODS: [&str; 3] = ["epoll", "poll", "select"];

/// `events {}`
pub(super) static EVENTS: Table<Events> = Table {
    block: "events",
    rows: &[
        once(Keyword::set(
            "worker_connections",
            "NUMBER",
            ONE,
            worker_connections,
            "Sockets per relay thread: listeners, and both sides of every session.",
        ))
        .default("512"),
        once(Keyword::set("use", "METHOD", ONE, method, "Event method."))
            .accepted("the event method is always epoll"),
        once(Keyword::set(
            "multi_accept",
            "on|off",
            ONE,
            multi_accept,
            "Accepts as many connections as there are on each wake-up.",
        ))
        .default("off"),
        once(Keyword::set(
            "accept_mutex",
            "on|off",
            ONE,
            flag,
            "Takes turns in accepting.",
        ))
        .accepted("the kernel wakes one thread per connection (EPOLLEXCLUSIVE)"),
        once(Keyword::set(
            "accept_mutex_delay",
            "TIME",
            ONE,
            time,
            "Wait for the next turn.",
        ))
        .accepted("there is no accept mutex"),
        once(Keyword::set(
            "epoll_events",
            "NUMBER",
            ONE,
            number,
            "Events taken per wake-up.",
        ))
        .accepted("the batch size has no visible effect"),
        once(Keyword::set(
            "worker_aio_requests",
            "NUMBER",
            ONE,
            number,
            "Pending file reads.",
        ))
        .accepted("a stream proxy reads no files"),
        Keyword::set(
            "debug_connection",
            "ADDRESS|CIDR|unix:",
            ONE,
            |_, _| Ok(()),
            "Debug log for chosen clients.",
        )
        .repeat(Repeat::Many)
        .accepted("there is no debug log per client"),
    ],
};

const fn once(row: Keyword<Events>) -> Keyword<Events> {
    row.repeat(Repeat::Never)
}

fn worker_connections(events: &mut Events, args: &Args<'_>) -> Result<(), Problem> {
    let text = args.word(0);
    let Some(value) = value::number(text) else {
        let message = format!("invalid number \"{text}\"");
        return Err(Problem::error("invalid-value", message).word(0));
    };
    events.worker_connections = Some(args.here(value));
    Ok(())
}

fn method(events: &mut Events, args: &Args<'_>) -> Result<(), Problem> {
    let text = args.word(0);
    if !METHODS.contains(&text) {
        let message = format!("invalid event type \"{text}\"");
        let help = format!("one of: {}", METHODS.join(", "));
        return Err(Problem::error("invalid-value", message).word(0).help(help));
    }
    events.method = Some(args.here(text.to_owned()));
    Ok(())
}

fn multi_accept(events: &mut Events, args: &Args<'_>) -> Result<(), Problem> {
    events.multi_accept = Some(args.here(args.flag()?));
    Ok(())
}

fn flag(_: &mut Events, args: &Args<'_>) -> Result<(), Problem> {
    args.flag().map(drop)
}

fn time(_: &mut Events, args: &Args<'_>) -> Result<(), Problem> {
    args.millis().map(drop)
}

fn number(_: &mut Events, args: &Args<'_>) -> Result<(), Problem> {
    args.number().map(drop)
}
