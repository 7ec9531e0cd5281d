//! Scenarios that run against ours and against the originals, chosen at run time.
//!
//! Invariants: everything happens in namespaces that the scenario makes and that die with it; a
//! difference between ours and an original is either listed in `known-differences.toml` with its
//! reason, or fails the run; a listed difference that has gone fails the run too.
//! Deliberately unknown here: how ours works inside. Subjects are started as programs.

pub mod articles;
pub mod cases;
pub mod differences;
pub mod fuzz_targets;
pub mod generate;
#[path = "../../src/plan/tests/keepalived/case_file.rs"]
pub mod plan_cases;
pub mod preload;
pub mod programs;
pub mod sandbox;
pub mod uml;
pub mod verdicts;

pub use programs::Subject;
