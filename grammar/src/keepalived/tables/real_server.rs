//! `real_server`.

use crate::ast::lvs::RealServer;
use crate::keepalived::command::command;
use crate::keepalived::tables::lvs_method::{self, method, sampled};
use crate::keepalived::tables::named::{self, named};
use crate::keepalived::tables::virtual_server::MAX_WEIGHT;
use crate::keepalived::tables::{SWITCH, check, join, schedule};
use crate::keepalived::value;
use crate::keyword::{Args, Keyword, Problem, Repeat, Table};

/// `real_server`
pub static REAL_SERVER: Table<RealServer> = Table {
    block: "virtual_server/real_server",
    rows: {
        const INHERITED: [Keyword<RealServer>; 5] = schedule::inherited();
        const SETTINGS: [Keyword<RealServer>; 16] = join(&INHERITED, &OWN);
        const ROWS: [Keyword<RealServer>; 26] = join(&SETTINGS, &check::ROWS);
        &ROWS
    },
};

const ONE: (usize, Option<usize>) = (1, Some(1));

const OWN: [Keyword<RealServer>; 11] = [
    Keyword::set(
        "alpha",
        SWITCH,
        (0, Some(1)),
        schedule::alpha,
        "The server counts as down until its checks have succeeded once.",
    )
    .default("of the service")
    .samples(&["", "on", "off"], &["maybe"]),
    Keyword::set(
        "weight",
        "<N>",
        ONE,
        weight,
        "Share of the connections that it gets; 0 is none.",
    )
    .default("1")
    .samples(
        &["5", "0", "65535", "2147483647"],
        &["-1", "x", "2147483648"],
    ),
    Keyword::set(
        "inhibit_on_failure",
        SWITCH,
        (0, Some(1)),
        inhibit,
        "When it fails it gets weight 0, so that its connections may end, and is not removed.",
    )
    .default("off")
    .samples(&["", "on", "off"], &["maybe"]),
    sampled(
        Keyword::set(
            "lvs_method",
            lvs_method::ARGS,
            (1, None),
            lvs_method,
            "How packets get to it.",
        )
        .default("of the service")
        .since("1.2.20"),
    ),
    Keyword::set(
        "uthreshold",
        "<N>",
        ONE,
        uthreshold,
        "It gets no new connections while it has more than this; 0 is no bound.",
    )
    .default("0")
    .accepted("not acted on yet: connections are not bounded")
    .samples(&["1000", "0"], &["-1", "x", "4294967296"]),
    Keyword::set(
        "lthreshold",
        "<N>",
        ONE,
        lthreshold,
        "After uthreshold was reached it gets new connections again below this.",
    )
    .default("0")
    .accepted("not acted on yet: connections are not bounded")
    .samples(&["800", "0"], &["-1", "x", "4294967296"]),
    Keyword::set(
        "notify_up",
        "<CMD>",
        (1, None),
        notify_up,
        "Run when the server comes up.",
    )
    .repeat(Repeat::First)
    .samples(
        &["/usr/bin/true", "\"/usr/bin/true -a\" root"],
        &["\"/usr/bin/true"],
    ),
    Keyword::set(
        "notify_down",
        "<CMD>",
        (1, None),
        notify_down,
        "Run when the server goes down.",
    )
    .repeat(Repeat::First)
    .samples(
        &["/usr/bin/true", "\"/usr/bin/true -a\" root"],
        &["\"/usr/bin/true"],
    ),
    Keyword::set(
        "smtp_alert",
        SWITCH,
        (0, Some(1)),
        smtp_alert,
        "Send mail when a check of it fails, or passes again.",
    )
    .default("global, else on")
    .samples(&["", "on", "off"], &["maybe"]),
    Keyword::set(
        "virtualhost",
        "<NAME>",
        (0, Some(1)),
        virtualhost,
        "Host header of its HTTP checks that have none of their own.",
    )
    .default("none")
    .accepted("not acted on yet: servers are not checked over HTTP")
    .samples(&["www.example.com"], &[""]),
    Keyword::set(
        "snmp_name",
        "<NAME>",
        (0, None),
        snmp_name,
        "Name that the server has in SNMP tables instead of its address.",
    )
    .default("none")
    .since("2.2.3")
    .accepted("there is no SNMP agent here: `keepalived-rs status --json` tells as much")
    .samples(&["www1"], &["", "two words"]),
];

type Set = Result<(), Problem>;

fn weight(server: &mut RealServer, args: &Args<'_>) -> Set {
    let invalid = |word: &str| format!("Real server weight {word} is outside range 0-{MAX_WEIGHT}");
    server.weight = Some(value::integer(args, 0, 0..=MAX_WEIGHT, invalid)?);
    Ok(())
}

fn inhibit(server: &mut RealServer, args: &Args<'_>) -> Set {
    server.inhibit_on_failure = Some(value::switch_worded(args, |word| {
        format!("Invalid inhibit_on_failure parameter {word}")
    })?);
    Ok(())
}

fn lvs_method(server: &mut RealServer, args: &Args<'_>) -> Set {
    server.method = Some(method(args, "real")?);
    Ok(())
}

fn notify_up(server: &mut RealServer, args: &Args<'_>) -> Set {
    server.notify_up = Some(Box::new(command(args)?));
    Ok(())
}

fn notify_down(server: &mut RealServer, args: &Args<'_>) -> Set {
    server.notify_down = Some(Box::new(command(args)?));
    Ok(())
}

fn uthreshold(server: &mut RealServer, args: &Args<'_>) -> Set {
    let invalid = |word: &str| format!("Invalid real_server uthreshold '{word}' - ignoring");
    server.upper_threshold = Some(value::integer(args, 0, 0..=u32::MAX, invalid)?);
    Ok(())
}

fn lthreshold(server: &mut RealServer, args: &Args<'_>) -> Set {
    let invalid = |word: &str| format!("Invalid real_server lthreshold '{word}' - ignoring");
    server.lower_threshold = Some(value::integer(args, 0, 0..=u32::MAX, invalid)?);
    Ok(())
}

fn smtp_alert(server: &mut RealServer, args: &Args<'_>) -> Set {
    server.smtp_alert = Some(value::switch_worded(args, |word| {
        format!("Invalid real_server smtp_alert parameter {word}")
    })?);
    Ok(())
}

fn virtualhost(server: &mut RealServer, args: &Args<'_>) -> Set {
    let missing = "real server virtualhost missing";
    named(&mut server.virtualhost, args, "rs virtualhost", missing)
}

fn snmp_name(server: &mut RealServer, args: &Args<'_>) -> Set {
    named::alone(args, "real server snmp_name missing or extra parameters")?;
    named(&mut server.snmp_name, args, "rs snmp_name", "")
}
