//! Diagnostics as SARIF 2.1.0, the form that code hosts and editors read.
//!
//! Invariants: every code that a result names is a rule of the tool, in the order of first use;
//! columns count code points; every result has a place and every rule its texts, as code hosts
//! demand (GitHub's "SARIF support for code scanning"); a relative path stays a relative reference, an absolute one below
//! the base directory becomes one; fingerprints come from what a line says, not from its number.
//! Deliberately unknown here: where output goes.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;

use super::{Diagnostic, Severity, mask};
use crate::span::{Origin, SourceMap, Span};

/// What a rule means; `plan` and others know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// One sentence.
    pub short: &'static str,
    /// What to do.
    pub help: &'static str,
}

/// Who found it.
#[derive(Clone, Copy, Debug)]
pub struct Tool<'a> {
    /// Name of the program.
    pub name: &'a str,
    /// Its version.
    pub version: &'a str,
    /// Directory that absolute paths are made relative to, if they lie below it.
    pub base: Option<&'a Path>,
    /// What a code means.
    pub describe: fn(&str) -> Option<Rule>,
}

/// The whole log.
#[derive(Clone, Debug, Serialize)]
pub struct Log {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run; 1],
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    tool: ToolComponent,
    column_kind: &'static str,
    results: Vec<Outcome>,
}

#[derive(Clone, Debug, Serialize)]
struct ToolComponent {
    driver: Driver,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: String,
    version: String,
    rules: Vec<Descriptor>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    id: &'static str,
    short_description: Message,
    full_description: Message,
    help: Message,
    default_configuration: Configuration,
}

#[derive(Clone, Debug, Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Outcome {
    rule_id: &'static str,
    rule_index: usize,
    level: &'static str,
    message: Message,
    locations: Vec<Location>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location>,
    partial_fingerprints: Fingerprints,
    properties: Properties,
}

#[derive(Clone, Debug, Serialize)]
struct Message {
    text: String,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    physical_location: PhysicalLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Message>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    region: Region,
}

#[derive(Clone, Debug, Serialize)]
struct ArtifactLocation {
    uri: String,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u32,
    start_column: u32,
    end_line: u32,
    end_column: u32,
}

#[derive(Clone, Debug, Serialize)]
struct Fingerprints {
    #[serde(rename = "lineText/v1")]
    line: String,
}

#[derive(Clone, Debug, Serialize)]
struct Properties {
    class: super::Class,
}

/// The log of one run.
#[must_use]
pub fn log(diagnostics: &[Diagnostic], sources: &SourceMap, tool: &Tool<'_>) -> Log {
    let mut rules: Vec<Descriptor> = Vec::new();
    let mut index: BTreeMap<&str, usize> = BTreeMap::new();
    let mut seen: BTreeMap<u64, u32> = BTreeMap::new();
    let mut results = Vec::new();
    for diagnostic in diagnostics {
        let rule = *index.entry(diagnostic.code).or_insert_with(|| {
            rules.push(descriptor(diagnostic, tool));
            rules.len() - 1
        });
        let print = fingerprint(diagnostic, sources);
        let count = seen.entry(print).or_default();
        *count += 1;
        let print = format!("{print:016x}:{count}");
        results.push(outcome(diagnostic, sources, tool, rule, print));
    }
    Log {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs: [Run {
            tool: ToolComponent {
                driver: Driver {
                    name: tool.name.to_owned(),
                    version: tool.version.to_owned(),
                    rules,
                },
            },
            column_kind: "unicodeCodePoints",
            results,
        }],
    }
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Notice => "note",
    }
}

fn descriptor(diagnostic: &Diagnostic, tool: &Tool<'_>) -> Descriptor {
    let rule = (tool.describe)(diagnostic.code);
    let message = |text: &str| Message {
        text: text.to_owned(),
    };
    let short = rule.map_or(diagnostic.code, |rule| rule.short);
    let help = rule.map_or(diagnostic.code, |rule| rule.help);
    Descriptor {
        id: diagnostic.code,
        short_description: message(short),
        full_description: message(&format!("{short}. {help}.")),
        help: message(help),
        default_configuration: Configuration {
            level: level(diagnostic.severity),
        },
    }
}

fn outcome(
    diagnostic: &Diagnostic,
    sources: &SourceMap,
    tool: &Tool<'_>,
    rule_index: usize,
    line: String,
) -> Outcome {
    let masked = |text: &str| diagnostic.masked(text, sources).into_owned();
    let location = |id: Option<usize>, label: &super::Label| Location {
        id,
        physical_location: physical(label.span, sources, tool.base),
        message: (!label.text.is_empty()).then(|| Message {
            text: masked(&label.text),
        }),
    };
    let mut text = masked(&diagnostic.message);
    // Viewers show the message alone.
    if let Some(help) = &diagnostic.help {
        text = format!("{text}\nhelp: {}", masked(help));
    }
    let mut labels = diagnostic.labels.iter();
    let first = labels.next().map(|label| location(None, label));
    // What has no place in the text is about the file as a whole.
    let first = first.or_else(|| {
        let (file, _) = sources.iter().find(|(_, it)| it.origin == Origin::Root)?;
        let span = Span::new(file, 0, 0);
        let text = String::new();
        Some(location(None, &super::Label { span, text }))
    });
    let others = (1..).zip(labels);
    Outcome {
        rule_id: diagnostic.code,
        rule_index,
        level: level(diagnostic.severity),
        message: Message { text },
        locations: first.into_iter().collect(),
        related_locations: others
            .map(|(id, label)| location(Some(id), label))
            .collect(),
        partial_fingerprints: Fingerprints { line },
        properties: Properties {
            class: diagnostic.class,
        },
    }
}

fn physical(span: Span, sources: &SourceMap, base: Option<&Path>) -> PhysicalLocation {
    let written = sources.written(span);
    let place = super::json::place(span, sources);
    let end = Span {
        start: written.end(),
        len: 0,
        ..written
    };
    let end_column = match place.end_line == place.line {
        true => code_points(end, sources),
        // Whole lines: what matters is where it begins.
        false => place.end_column,
    };
    PhysicalLocation {
        artifact_location: ArtifactLocation {
            uri: uri(Path::new(&place.file), base),
        },
        region: Region {
            start_line: place.line.max(1),
            start_column: code_points(written, sources),
            end_line: place.end_line.max(1),
            end_column,
        },
    }
}

/// 1-based column of the place's first byte, in code points.
fn code_points(at: Span, sources: &SourceMap) -> u32 {
    let Some((line, start)) = mask::line_of(at, sources) else {
        return 1;
    };
    let offset = (at.start as usize).saturating_sub(start);
    let before = &line[..super::floor_boundary(line, offset)];
    u32::try_from(before.chars().count() + 1).unwrap_or(u32::MAX)
}

/// A reference to a file (RFC 3986 §4.1, RFC 8089).
fn uri(file: &Path, base: Option<&Path>) -> String {
    let relative = match base {
        Some(base) => file.strip_prefix(base).unwrap_or(file),
        None => file,
    };
    let relative = relative.strip_prefix("./").unwrap_or(relative);
    let scheme = if relative.is_absolute() {
        "file://"
    } else {
        ""
    };
    let mut uri = scheme.to_owned();
    for byte in relative.to_string_lossy().bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}

/// Most of a line that tells it from others, in bytes.
const TELLING: usize = 4096;

/// Of code, file name and the line without its secrets (FNV-1a): stays when lines move.
fn fingerprint(diagnostic: &Diagnostic, sources: &SourceMap) -> u64 {
    let written = diagnostic.span().map(|span| sources.written(span));
    let line = written.and_then(|span| mask::line_of(span, sources));
    let line = line.map(|(line, _)| {
        let line = line.trim();
        let begin = &line[..super::floor_boundary(line, TELLING)];
        mask::text(begin).into_owned()
    });
    let name = written.map(|span| sources.name(span.file).to_string_lossy());
    let name = name.as_deref().unwrap_or("");
    let parts = [diagnostic.code, name, line.as_deref().unwrap_or("")];
    let bytes = parts.iter().flat_map(|part| part.bytes().chain([0]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

impl core::fmt::Display for Log {
    /// Compact; indented with `{:#}`.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        super::json::write(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::tests::example;

    fn tool(base: Option<&Path>) -> Tool<'_> {
        Tool {
            name: "keepalived-rs",
            version: "0.0.0",
            base,
            describe: |code| {
                (code == "unknown-keyword").then_some(Rule {
                    short: "Nothing knows this word",
                    help: "Look for a slip of the hand",
                })
            },
        }
    }

    #[test]
    fn the_log_is_complete() {
        let (sources, diagnostic) = example();
        insta::assert_snapshot!(format!("{:#}", log(&[diagnostic], &sources, &tool(None))));
    }

    #[test]
    fn references_are_relative_where_they_can_be() {
        let base = Some(Path::new("/etc"));
        assert_eq!(uri(Path::new("/etc/k/a b.conf"), base), "k/a%20b.conf");
        assert_eq!(uri(Path::new("/srv/k.conf"), base), "file:///srv/k.conf");
        assert_eq!(uri(Path::new("./k.conf"), None), "k.conf");
    }

    #[test]
    fn equal_lines_have_fingerprints_of_their_own_and_moved_lines_keep_theirs() {
        let prints = |text: &str| {
            let mut sources = SourceMap::new();
            let file = sources.add("a", text, Origin::Root);
            let found = text
                .match_indices("ü y")
                .map(|(at, _)| Diagnostic::error("x", "m").at(Span::new(file, at + 3, at + 4)));
            let found: Vec<_> = found.collect();
            let log = log(&found, &sources, &tool(None));
            let [run] = log.runs;
            let column = run.results[0].locations[0]
                .physical_location
                .region
                .start_column;
            assert_eq!(column, 3);
            let results = run.results.into_iter();
            results
                .map(|it| it.partial_fingerprints.line)
                .collect::<Vec<_>>()
        };
        let two = prints("ü y\nü y\n");
        assert_ne!(two[0], two[1]);
        assert_eq!(two, prints("\n\nü y\n# c\nü y\n"));
    }
}
