//! What must not change anything: printing, JSON and formatting, over every file that the keyword
//! tables give (right, wrong, misplaced, twice) and over files made of many rows.

use std::path::Path;

use compat_tests::generate::{self, Case, Use};
use grammar::keepalived::fmt::{format, same_meaning};
use grammar::keepalived::{self, Options};
use grammar::{Ast, MemoryLoader, json};

fn parse(text: &str) -> Ast {
    let mut loader = MemoryLoader::new([("k.conf", text)]);
    keepalived::parse(&mut loader, Path::new("k.conf"), &Options::default()).ast
}

/// Every generated text once, with a name for messages.
fn texts() -> Vec<(String, String)> {
    let cases = generate::cases();
    let mut texts: Vec<(String, String)> = Vec::new();
    for case in &cases {
        texts.push((case.id.clone(), case.text.clone()));
    }
    // Neighbours stand in one block mostly: files with many statements of each.
    let good: Vec<Case> = cases
        .into_iter()
        .filter(|case| case.usage == Use::Good)
        .collect();
    for (index, chunk) in good.chunks(40).enumerate() {
        texts.push((format!("combined {index}"), generate::combined(chunk)));
    }
    assert!(texts.len() > 3000, "{}", texts.len());
    texts
}

/// Collects what is wrong with any text.
fn check(wrong: impl Fn(&str) -> Option<String>) {
    let texts = texts();
    let problems: Vec<String> = texts
        .iter()
        .filter_map(|(id, text)| wrong(text).map(|what| format!("{id}: {what}")))
        .collect();
    let few: Vec<&String> = problems.iter().take(20).collect();
    assert!(problems.is_empty(), "{}: {few:#?}", problems.len());
}

/// As text, as JSON, and as the JSON that serde derives: no member of it may mean two things.
fn comes_back(ast: &Ast) -> Option<String> {
    let printed = keepalived::print(ast);
    if parse(&printed) != *ast {
        return Some(printed);
    }
    let value = match json::to_value(ast) {
        Ok(value) => value,
        Err(error) => return Some(error.to_string()),
    };
    match json::from_value::<Ast>(value.clone()) {
        Ok(read) if read == *ast => {}
        Ok(_) => return Some(value.to_string()),
        Err(error) => return Some(format!("{error}: {value}")),
    }
    let text = match serde_json::to_string(ast) {
        Ok(text) => text,
        Err(error) => return Some(error.to_string()),
    };
    match serde_json::from_str::<Ast>(&text) {
        Ok(read) if read == *ast => None,
        Ok(_) => Some(text),
        Err(error) => Some(format!("{error}: {text}")),
    }
}

#[test]
fn printed_and_as_json_it_comes_back() {
    check(|text| comes_back(&parse(text)));
}

#[test]
fn formatted_it_means_the_same_and_stays_as_it_is() {
    check(|text| {
        let once = format(text);
        if format(&once) != once {
            return Some(format!("changes again\n{once}"));
        }
        let mut loader = MemoryLoader::new([("k.conf", text)]);
        let path = Path::new("k.conf");
        same_meaning(&mut loader, path, &Options::default(), (text, &once)).err()
    });
}
