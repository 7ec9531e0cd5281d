//! The command line of `keepalived-rs`, where the generator of completions finds it too.

pub mod args;
