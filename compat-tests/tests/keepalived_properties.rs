//! Laws of the keepalived.conf language that hold for every text: printing, includes and
//! definitions change nothing, and no text makes the reader panic or crawl.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use compat_tests::generate::{self, Case, Use};
use compat_tests::programs::root;
use grammar::diagnostic::Severity;
use grammar::keepalived::{self, Options, Parsed};
use grammar::loader::FileKind;
use grammar::{Ast, MemoryLoader};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// No text of an example's size may take longer, unoptimized and on a busy machine.
const BOUND: Duration = Duration::from_secs(5);

fn options() -> Options {
    Options {
        hostname: "host".to_owned(),
        ..Options::default()
    }
}

fn parse_files<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Parsed {
    let mut loader = MemoryLoader::new(files);
    keepalived::parse(&mut loader, Path::new("k.conf"), &options())
}

fn parse(text: &str) -> Parsed {
    parse_files([("k.conf", text)])
}

fn is_sound(parsed: &Parsed) -> bool {
    let mut problems = parsed.diagnostics.iter();
    !problems.any(|problem| problem.severity == Severity::Error)
}

/// Uses of every row that are right, and more than one of which make a sound file.
fn good_cases() -> &'static [Case] {
    static CASES: OnceLock<Vec<Case>> = OnceLock::new();
    CASES.get_or_init(|| {
        let cases = generate::cases().into_iter();
        let good = cases.filter(|case| case.usage == Use::Good);
        good.filter(|case| is_sound(&parse(&case.text))).collect()
    })
}

/// A sound file made of statements of many rows.
fn sound_text() -> impl Strategy<Value = String> {
    vec(any::<Index>(), 1..25).prop_map(|picks| {
        let mut cases: Vec<Case> = Vec::new();
        for pick in picks {
            let case = pick.get(good_cases());
            let taken = |other: &Case| other.home == case.home && other.keyword == case.keyword;
            if cases.iter().any(taken) {
                continue;
            }
            cases.push(case.clone());
            // Some statements exclude each other.
            if !is_sound(&parse(&generate::combined(&cases))) {
                cases.pop();
            }
        }
        generate::combined(&cases)
    })
}

/// All keepalived.conf files among the examples.
fn examples() -> &'static [(PathBuf, String)] {
    static FILES: OnceLock<Vec<(PathBuf, String)>> = OnceLock::new();
    FILES.get_or_init(|| {
        let mut files = Vec::new();
        collect(&root().join("examples-conf"), &mut files);
        files.sort();
        assert!(files.len() > 20, "the examples are gone");
        files
    })
}

fn collect(folder: &Path, files: &mut Vec<(PathBuf, String)>) {
    for entry in folder.read_dir().expect("a folder of the repository") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() {
            collect(&path, files);
        } else if name.ends_with(".conf") && !name.contains("nginx") {
            let text = std::fs::read_to_string(&path).expect("an example is text");
            files.push((path, text));
        }
    }
}

fn any_text() -> impl Strategy<Value = String> {
    let example = select(examples()).prop_map(|(_, text)| text);
    prop_oneof![2 => sound_text(), 1 => example]
}

/// What the text means, printed and parsed again.
fn reprinted(ast: &Ast) -> (String, Parsed) {
    let printed = keepalived::print(ast);
    let parsed = parse(&printed);
    (printed, parsed)
}

proptest! {
    #![proptest_config(property::config(48))]

    #[test]
    fn printing_and_parsing_is_the_identity(text in sound_text()) {
        let parsed = parse(&text);
        prop_assert!(is_sound(&parsed), "{text}");
        let (printed, again) = reprinted(&parsed.ast);
        prop_assert!(is_sound(&again), "{text}\n---\n{printed}");
        prop_assert_eq!(&again.ast, &parsed.ast, "{}\n---\n{}", text, printed);
    }

    #[test]
    fn splitting_into_includes_changes_nothing(
        text in any_text(),
        cuts in vec(any::<Index>(), 1..5),
    ) {
        let lines: Vec<&str> = text.lines().collect();
        prop_assume!(!lines.is_empty());
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(lines.len())).collect();
        // A definition of several lines ends with the file it stands in.
        cuts.retain(|cut| *cut == 0 || !lines[cut - 1].ends_with('\\'));
        cuts.extend([0, lines.len()]);
        cuts.sort_unstable();
        let parts: Vec<String> = cuts.windows(2).map(|cut| lines[cut[0]..cut[1]].join("\n")).collect();
        let mut main = String::new();
        let mut files = Vec::new();
        for (index, part) in parts.iter().enumerate() {
            // Every other part stays where it is.
            if index % 2 == 0 {
                main.push_str(&format!("include part{index}\n"));
                files.push((format!("part{index}"), part.as_str()));
            } else {
                main.push_str(part);
                main.push('\n');
            }
        }
        let named = files.iter().map(|(name, part)| (name.as_str(), *part));
        let split = parse_files(named.chain([("k.conf", main.as_str())]));
        let whole = parse(&text);
        let said = |parsed: &Parsed| -> Vec<String> {
            let told = parsed.diagnostics.iter();
            told.map(|it| format!("{}: {}", it.code, it.message)).collect()
        };
        prop_assert_eq!(said(&split), said(&whole));
        prop_assert_eq!(split.ast, whole.ast, "{}", main);
    }

    #[test]
    fn definitions_for_parts_change_nothing(
        text in sound_text(),
        picks in vec((any::<Index>(), any::<bool>()), 1..12),
    ) {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let mut definitions = Vec::new();
        for (pick, braced) in picks {
            let line = &mut lines[pick.index(text.lines().count())];
            let name = format!("D{}", definitions.len());
            let usage = if braced { format!("${{{name}}}") } else { format!("${name}") };
            let Some(word) = plain_word(line) else { continue };
            definitions.push(format!("${name}={word}"));
            let at = line.rfind(&word).unwrap_or_default();
            line.replace_range(at..at + word.len(), &usage);
        }
        let wrapped = format!("{}\n{}\n", definitions.join("\n"), lines.join("\n"));
        let wrapped_ast = parse(&wrapped).ast;
        prop_assert_eq!(wrapped_ast, parse(&text).ast, "{}", wrapped);
    }

    #[test]
    fn whole_blocks_as_definitions_change_nothing(text in sound_text(), pick in any::<Index>()) {
        let lines: Vec<&str> = text.lines().collect();
        let starts: Vec<usize> = (0..lines.len()).filter(|at| depth(&lines[..*at]) == 0).collect();
        let start = *pick.get(&starts);
        let length = (1..=lines.len() - start)
            .find(|length| depth(&lines[start..start + length]) == 0)
            .unwrap_or(1);
        let block = &lines[start..start + length];
        prop_assume!(block.iter().all(|line| !line.contains(['"', '\\'])));
        let mut wrapped = format!("$BLOCK={}\n", block.join(" \\\n"));
        wrapped.push_str(&lines[..start].join("\n"));
        wrapped.push_str("\n$BLOCK\n");
        wrapped.push_str(&lines[start + length..].join("\n"));
        prop_assert_eq!(parse(&wrapped).ast, parse(&text).ast, "{}", wrapped);
    }
}

/// The last word of a line, if it is one that a definition can hold anywhere.
fn plain_word(line: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._/:-".contains(c);
    let word = line.split_whitespace().last()?;
    let fits = word.chars().all(plain) && !line.contains(['"', '$', '\'']);
    (fits && line.trim() != word).then(|| word.to_owned())
}

/// How many braces of these lines are still open.
fn depth(lines: &[&str]) -> usize {
    let count = |brace: char| {
        lines
            .iter()
            .map(|line| line.matches(brace).count())
            .sum::<usize>()
    };
    count('{') - count('}')
}

proptest! {
    #![proptest_config(property::config(256))]

    #[test]
    fn a_damaged_example_neither_panics_nor_crawls(
        (_, text) in select(examples()),
        cut in any::<Index>(),
        flips in vec((any::<Index>(), any::<u8>()), 0..4),
    ) {
        let mut bytes = text.into_bytes();
        prop_assume!(!bytes.is_empty());
        for (at, byte) in &flips {
            let at = at.index(bytes.len());
            bytes[at] = *byte;
        }
        if flips.len() < 2 {
            bytes.truncate(cut.index(bytes.len()));
        }
        let mut loader = MemoryLoader::new([]);
        loader.insert("k.conf", FileKind::Regular, &bytes);
        let started = Instant::now();
        let parsed = keepalived::parse(&mut loader, Path::new("k.conf"), &options());
        let _ = keepalived::report(&parsed.diagnostics, &parsed.sources);
        let _ = reprinted(&parsed.ast);
        prop_assert!(started.elapsed() < BOUND, "{:?}", started.elapsed());
    }
}

#[test]
fn every_prefix_of_an_example_is_read() {
    for (path, text) in examples().iter().filter(|(_, text)| text.len() < 1500) {
        for end in (0..text.len())
            .filter(|end| text.is_char_boundary(*end))
            .step_by(7)
        {
            let parsed = parse(&text[..end]);
            let sound = is_sound(&parsed);
            let open = text[..end].matches('{').count() > text[..end].matches('}').count();
            let comments = text[..end].contains(['#', '!', '"']);
            assert!(comments || !(sound && open), "{}: {end}", path.display());
        }
    }
}
