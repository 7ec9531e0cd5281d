//! What goes with a keyword besides its row: the codes that a wrong use of it is reported with,
//! and where it differs from the original on purpose.
//!
//! Found by asking: every file that `compat_tests` makes of the row is read and planned for a
//! host that has what the file names.
//!
//! Invariants: codes that any statement can have ([`GENERAL`]) are left out.
//! Deliberately unknown here: how a page shows it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use compat_tests::differences::Differences;
use compat_tests::generate::{self, Case, Use};
use grammar::keepalived::Options;
use grammar::{MemoryLoader, Severity};
use keepalived_rs::codes::GENERAL;
use plan::facts::Assumed;

/// Block and keyword.
type Row = (&'static str, &'static str);

/// What is known of each row.
pub(crate) struct Related {
    codes: BTreeMap<Row, BTreeSet<&'static str>>,
    reasons: BTreeMap<Row, BTreeSet<String>>,
}

impl Related {
    /// Asks about every row.
    pub(crate) fn find() -> Self {
        let differences = Differences::load();
        let mut related = Self {
            codes: BTreeMap::new(),
            reasons: BTreeMap::new(),
        };
        for case in generate::cases() {
            let row = (case.block, case.keyword);
            if matches!(case.usage, Use::Bad | Use::Missing | Use::Good) {
                related.codes.entry(row).or_default().extend(codes(&case));
            }
            // What an original's version lacks altogether is no difference of this keyword.
            let id = format!("keyword/{}#status", case.id);
            if let Some(reason) = differences.reason(&id).filter(|_| !case.newer) {
                let reasons = related.reasons.entry(row).or_default();
                reasons.insert(reason.to_owned());
            }
        }
        related
    }

    /// Codes of a row, sorted.
    pub(crate) fn codes(&self, block: &'static str, name: &'static str) -> Vec<&'static str> {
        let codes = self.codes.get(&(block, name));
        codes.into_iter().flatten().copied().collect()
    }

    /// Why ours differs from the original in a use of the row.
    pub(crate) fn reasons(&self, block: &'static str, name: &'static str) -> Vec<&str> {
        let reasons = self.reasons.get(&(block, name));
        reasons.into_iter().flatten().map(String::as_str).collect()
    }

    /// The file that `explain` reads: block, keyword, codes.
    pub(crate) fn list(&self) -> String {
        let mut text = String::new();
        for ((block, name), codes) in &self.codes {
            let codes: Vec<&str> = codes.iter().copied().collect();
            if !codes.is_empty() {
                let _ = writeln!(text, "{block}\t{name}\t{}", codes.join(" "));
            }
        }
        text
    }
}

/// Codes that come with the statement of a case.
fn codes(case: &Case) -> BTreeSet<&'static str> {
    let without = said(&case.without);
    let with = said(&case.text).into_iter();
    with.filter(|code| !without.contains(code) && !GENERAL.contains(code))
        .collect()
}

fn said(text: &str) -> BTreeSet<&'static str> {
    let mut loader = MemoryLoader::new([("k.conf", text)]);
    let assumed = Assumed {
        hostname: "host".to_owned(),
    };
    let options = Options::default();
    let checked = plan::keepalived::check(&mut loader, Path::new("k.conf"), &options, &assumed);
    let told = checked.diagnostics.iter();
    told.filter(|it| it.severity > Severity::Notice)
        .map(|it| it.code)
        .collect()
}
