//! `-t` on the hand-written files, one for every rule of the language: exit status and the lines
//! named, the original's and ours.

use std::collections::BTreeMap;

use compat_tests::cases::{self, Case};
use compat_tests::differences::Differences;
use compat_tests::verdicts::{self, Question};
use libtest_mimic::Trial;

use crate::clock::scenario;
use crate::keyword::{conclude, judge, show};

pub(crate) fn trials() -> Vec<Trial> {
    let mut areas: BTreeMap<String, Vec<Case>> = BTreeMap::new();
    for case in cases::all().expect("the cases lie in the repository") {
        areas.entry(case.area.clone()).or_default().push(case);
    }
    let trial = |(area, cases): (String, Vec<Case>)| {
        scenario(format!("rule::{area}"), move || compare(&cases))
    };
    areas.into_iter().map(trial).collect()
}

fn compare(cases: &[Case]) -> Result<(), String> {
    let differences = Differences::load();
    let questions: Vec<Question> = cases.iter().map(|case| case.question.clone()).collect();
    let pairs = verdicts::ask(&questions).map_err(|error| error.to_string())?;
    let mut problems = Vec::new();
    for (case, pair) in cases.iter().zip(&pairs) {
        if let Err(what) = judge(differences, &format!("rule/{}", case.id), pair) {
            let files = case.question.files.iter();
            let texts = files.map(|(_, content)| String::from_utf8_lossy(content));
            let text: Vec<_> = texts.collect();
            problems.push(format!("{what}\n{}", show(&text.join("\n"), pair)));
        }
    }
    conclude(cases.len(), &problems)
}
