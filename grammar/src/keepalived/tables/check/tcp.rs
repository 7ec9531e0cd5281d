//! `TCP_CHECK`.

use crate::ast::lvs::{Attempts, Check, Connect, RealServer, TcpCheck};
use crate::keepalived::lower::lower;
use crate::keepalived::tables::check::connect::Connecting;
use crate::keepalived::tables::check::{Set, common, store};
use crate::keepalived::tables::schedule::Checker;
use crate::keyword::{Args, Lowering, Table};
use crate::tree::Block;

impl Connecting for TcpCheck {
    fn connect(&mut self) -> &mut Connect {
        &mut self.connect
    }
}

impl Checker for TcpCheck {
    fn attempts(&mut self) -> &mut Attempts {
        &mut self.attempts
    }
}

/// `TCP_CHECK`
pub static TCP_CHECK: Table<TcpCheck> = Table {
    block: "virtual_server/real_server/TCP_CHECK",
    rows: &const { common() },
};

pub(super) fn check(
    server: &mut RealServer,
    args: &Args<'_>,
    block: &Block,
    lowering: &mut Lowering<'_>,
) -> Set {
    let mut check = TcpCheck::default();
    lower(&TCP_CHECK, &mut check, block, lowering);
    store(server, args, Check::Tcp(check))
}
