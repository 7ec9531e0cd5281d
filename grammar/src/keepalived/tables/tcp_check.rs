//! `TCP_CHECK`.

use crate::ast::lvs::{Attempts, Connect, TcpCheck};
use crate::keepalived::tables::connect::{self, Connecting};
use crate::keepalived::tables::join;
use crate::keepalived::tables::schedule::{self, Checker};
use crate::keyword::{Keyword, Table};

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
    rows: {
        const ROWS: [Keyword<TcpCheck>; 13] = join(&connect::rows(), &schedule::own());
        &ROWS
    },
};
