//! The proofs.

mod address;
mod authentic;
mod bfd;
mod globals;
mod group;
mod instance;
mod lexer;
mod server;
mod told;
mod tracking;

use crate::Proof;

/// All of them.
pub(crate) fn all() -> impl Iterator<Item = &'static Proof> {
    let tables = [
        address::PROOFS,
        authentic::PROOFS,
        bfd::PROOFS,
        globals::PROOFS,
        group::PROOFS,
        instance::PROOFS,
        lexer::PROOFS,
        server::PROOFS,
        told::PROOFS,
        tracking::PROOFS,
    ];
    tables.into_iter().flatten()
}
