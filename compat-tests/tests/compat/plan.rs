//! `-t` on the case files of `plan`: what needs the host or several blocks together. Exit status
//! and the lines named, the original's and ours.
//!
//! The plan's own tests run the same files on a made-up host, and know their wording.

use compat_tests::differences::Differences;
use compat_tests::plan_cases::{self, Case};
use compat_tests::programs::root;
use compat_tests::sandbox::Sandbox;
use compat_tests::verdicts::{self, Pair, Question};
use libtest_mimic::Trial;

use crate::clock::scenario;
use crate::keyword::{judge, show};

const FOLDER: &str = "src/plan/tests/keepalived/cases";

/// What the made-up host of the plan's tests has besides the addresses of [`host`].
const PREPARE: &str = "\
ip address add 10.0.0.1/24 dev eth0; ip address add fe80::1/64 dev eth0 nodad
ip address add 10.1.0.1/24 dev eth1; ip address add fe80::2/64 dev eth1 nodad
mkdir -p /usr/local/bin
cp /bin/true /usr/local/bin/open; chmod 0777 /usr/local/bin/open
cp /bin/true /usr/local/bin/private; chmod 0700 /usr/local/bin/private
echo '77 known' >>/etc/iproute2/rt_tables";

fn host() -> Sandbox {
    Sandbox::new()
        .interface("eth0", "192.0.2.1/24")
        .interface("eth1", "192.0.2.2/24")
}

/// The files by name, with their cases.
fn files() -> Vec<(String, Vec<Case>)> {
    let entries = std::fs::read_dir(root().join(FOLDER)).expect("the cases lie in the repository");
    let paths = entries.map(|entry| entry.expect("a readable folder").path());
    let mut paths: Vec<_> = paths.collect();
    paths.sort();
    let read = |path: &std::path::PathBuf| {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let text = std::fs::read_to_string(path).expect("a readable file");
        (name.into_owned(), plan_cases::read(&text))
    };
    paths.iter().map(read).collect()
}

/// `plan/instances/dup-vrid`
fn id(file: &str, case: &Case) -> String {
    format!("plan/{file}/{}", case.name.replace(' ', "-"))
}

pub(crate) fn trials() -> Vec<Trial> {
    let trial = |(file, cases): (String, Vec<Case>)| {
        scenario(format!("plan::{file}"), move || compare(&file, &cases))
    };
    files().into_iter().map(trial).collect()
}

fn compare(file: &str, cases: &[Case]) -> Result<(), String> {
    let differences = Differences::load();
    let questions = cases.iter().map(|case| Question::text(&case.text));
    let questions: Vec<Question> = questions.collect();
    let pairs = verdicts::ask_on(&host(), PREPARE, &questions);
    let pairs = pairs.map_err(|error| error.to_string())?;
    let mut problems = Vec::new();
    for (case, pair) in cases.iter().zip(&pairs) {
        let id = id(file, case);
        let judged = judge(differences, &id, pair).and_then(|()| expected(&id, case, pair));
        if let Err(what) = judged {
            problems.push(format!("{what}\n{}", show(&case.text, pair)));
        }
    }
    println!("{} cases, {} problems", cases.len(), problems.len());
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems.join("\n"))
    }
}

/// Whether both end as the case says. Ours on a real host ends as on the made-up one.
fn expected(id: &str, case: &Case, pair: &Pair) -> Result<(), String> {
    if pair.ours.status != case.status {
        let status = pair.ours.status;
        return Err(format!("{id} ends with {status} here, not {}", case.status));
    }
    let original = case.original.unwrap_or(case.status);
    if pair.original.status != original {
        let status = pair.original.status;
        return Err(format!(
            "{id}: the original ends with {status}, not {original}"
        ));
    }
    Ok(())
}
