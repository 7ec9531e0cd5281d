//! `SMTP_CHECK` and its older `host` blocks.

use crate::ast::lvs::{Attempts, Check, Connect, RealServer, SmtpCheck, SmtpHost};
use crate::keepalived::tables::check::connect::Connecting;
use crate::keepalived::tables::check::{Set, common, store, waiting, whole};
use crate::keepalived::tables::join;
use crate::keepalived::tables::named::named;
use crate::keepalived::tables::schedule::Checker;
use crate::keyword::{Args, Keyword, Lowering, Table};
use crate::tree::Block;

impl Connecting for SmtpCheck {
    fn connect(&mut self) -> &mut Connect {
        &mut self.connect
    }
}

impl Checker for SmtpCheck {
    fn attempts(&mut self) -> &mut Attempts {
        &mut self.attempts
    }
}

impl Connecting for SmtpHost {
    fn connect(&mut self) -> &mut Connect {
        &mut self.connect
    }
}

impl Checker for SmtpHost {
    fn attempts(&mut self) -> &mut Attempts {
        &mut self.attempts
    }
}

pub(super) const WHY: &str = "not acted on yet: mail servers are not spoken to";

/// `SMTP_CHECK`
pub static SMTP_CHECK: Table<SmtpCheck> = Table {
    block: "virtual_server/real_server/SMTP_CHECK",
    rows: {
        const ROWS: [Keyword<SmtpCheck>; 15] = join(&common(), &OWN);
        &const { waiting(ROWS, WHY) }
    },
};

const OWN: [Keyword<SmtpCheck>; 2] = [
    Keyword::set(
        "helo_name",
        "<NAME>",
        (0, Some(1)),
        helo_name,
        "Name that the check gives in its HELO.",
    )
    .default("smtpchecker.keepalived.org")
    .samples(&["check.example.com"], &[""]),
    Keyword::block(
        "host",
        "{ ... }",
        (0, Some(0)),
        host,
        "One more target. Deprecated: write another SMTP_CHECK.",
    ),
];

/// `SMTP_CHECK/host`
pub static SMTP_HOST: Table<SmtpHost> = Table {
    block: "virtual_server/real_server/SMTP_CHECK/host",
    rows: &const { waiting(common(), WHY) },
};

pub(super) fn check(
    server: &mut RealServer,
    args: &Args<'_>,
    block: &Block,
    lowering: &mut Lowering<'_>,
) -> Set {
    let mut check = SmtpCheck::default();
    whole(&SMTP_CHECK, &mut check, block, lowering);
    store(server, args, Check::Smtp(Box::new(check)))
}

fn host(check: &mut SmtpCheck, _: &Args<'_>, block: &Block, lowering: &mut Lowering<'_>) -> Set {
    let mut host = SmtpHost::default();
    whole(&SMTP_HOST, &mut host, block, lowering);
    check.hosts.push(host);
    Ok(())
}

fn helo_name(check: &mut SmtpCheck, args: &Args<'_>) -> Set {
    named(
        &mut check.helo_name,
        args,
        "SMTP_CHECK helo name",
        "SMTP_CHECK helo name missing",
    )
}
