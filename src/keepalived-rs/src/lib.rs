//! The command line of `keepalived-rs`, where the generator of completions and manual pages finds
//! it too.

pub mod args;
pub mod codes;
pub mod commands;
pub mod completions;
