//! Flags of a `virtual_server`: they have no value.
//!
//! Deliberately unknown here: whether the scheduler knows the flag; `plan` sees the whole service.

use crate::ast::leaf::Spanned;
use crate::ast::lvs::{Flag, Service};
use crate::keyword::{Args, Keyword, Problem};

const FLAGS: &str = "not acted on yet: the kernel is not given the flag";

/// The rows.
pub(super) const ROWS: [Keyword<Service>; 10] = [
    flag(
        "hashed",
        "Older flag of lb_algo sh; it does nothing in the original either.",
    ),
    flag(
        "ops",
        "Choose a server for every single datagram; UDP only.",
    )
    .since("1.2.8"),
    flag(
        "flag-1",
        "First flag of the scheduler; what it means depends on lb_algo (sh: fallback, mh: \
            fallback).",
    ),
    flag(
        "flag-2",
        "Second flag of the scheduler; what it means depends on lb_algo (sh: port, mh: port).",
    ),
    flag(
        "flag-3",
        "Third flag of the scheduler; no scheduler of today's kernels has a use for it.",
    ),
    flag("sh-port", "lb_algo sh: the client's port counts too."),
    flag(
        "sh-fallback",
        "lb_algo sh: take another server while the chosen one is down.",
    ),
    flag("mh-port", "lb_algo mh: the client's port counts too.").since("2.0.20"),
    flag(
        "mh-fallback",
        "lb_algo mh: take another server while the chosen one is down.",
    )
    .since("2.0.20"),
    Keyword::set(
        "ha_suspend",
        "",
        (0, Some(0)),
        ha_suspend,
        "Check the servers only while the service's address is on this host.",
    )
    .default("off")
    .accepted("not acted on yet: checks run all the time"),
];

const fn flag(name: &'static str, doc: &'static str) -> Keyword<Service> {
    Keyword::set(name, "", (0, Some(0)), set, doc)
        .default("off")
        .since("1.3.0")
        .accepted(FLAGS)
}

fn set(service: &mut Service, args: &Args<'_>) -> Result<(), Problem> {
    let flag = Flag::of(&args.name.text);
    if let Some(flag) = flag.filter(|flag| !service.flags.iter().any(|seen| seen.value == *flag)) {
        service.flags.push(Spanned::new(flag, args.name.span));
    }
    Ok(())
}

fn ha_suspend(service: &mut Service, _: &Args<'_>) -> Result<(), Problem> {
    service.ha_suspend = true;
    Ok(())
}
