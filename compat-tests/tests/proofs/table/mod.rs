//! The proofs.

mod address;
mod announcement;
mod authentic;
mod bfd;
mod buffer;
mod firewall;
mod fixed;
mod globals;
mod group;
mod instance;
mod lexer;
mod mailed;
mod process;
mod route;
mod rule;
mod server;
mod service_told;
mod switches;
mod told;
mod tracking;
mod vmac;

use crate::Proof;

/// All of them.
pub(crate) fn all() -> impl Iterator<Item = &'static Proof> {
    let tables = [
        address::PROOFS,
        announcement::PROOFS,
        authentic::PROOFS,
        bfd::PROOFS,
        buffer::PROOFS,
        firewall::PROOFS,
        fixed::PROOFS,
        globals::PROOFS,
        group::PROOFS,
        instance::PROOFS,
        lexer::PROOFS,
        route::PROOFS,
        rule::PROOFS,
        mailed::PROOFS,
        process::PROOFS,
        server::PROOFS,
        service_told::PROOFS,
        switches::PROOFS,
        told::PROOFS,
        tracking::PROOFS,
        vmac::PROOFS,
    ];
    tables.into_iter().flatten()
}
