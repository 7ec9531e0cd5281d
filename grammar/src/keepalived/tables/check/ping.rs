//! `PING_CHECK`.

use crate::ast::lvs::{Attempts, Check, Connect, PingCheck, RealServer};
use crate::keepalived::tables::check::connect::Connecting;
use crate::keepalived::tables::check::{Set, common, store, waiting, whole};
use crate::keepalived::tables::schedule::Checker;
use crate::keyword::{Args, Lowering, Table};
use crate::tree::Block;

impl Connecting for PingCheck {
    fn connect(&mut self) -> &mut Connect {
        &mut self.connect
    }
}

impl Checker for PingCheck {
    fn attempts(&mut self) -> &mut Attempts {
        &mut self.attempts
    }
}

pub(super) const WHY: &str = "not acted on yet: servers are not pinged";

/// `PING_CHECK`
pub static PING_CHECK: Table<PingCheck> = Table {
    block: "virtual_server/real_server/PING_CHECK",
    rows: &const { waiting(common(), WHY) },
};

pub(super) fn check(
    server: &mut RealServer,
    args: &Args<'_>,
    block: &Block,
    lowering: &mut Lowering<'_>,
) -> Set {
    let mut check = PingCheck::default();
    whole(&PING_CHECK, &mut check, block, lowering);
    store(server, args, Check::Ping(check))
}
