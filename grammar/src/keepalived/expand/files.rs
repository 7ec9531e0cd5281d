//! Reading files: the root one and what it includes.

use std::path::{Component, Path, PathBuf};

use super::{MAX_TEXT, Reader};
use crate::diagnostic::{Class, Diagnostic};
use crate::keepalived::include::{Checks, Include};
use crate::loader::{FileKind, LoadError, Loaded};
use crate::span::{Origin, Span};

/// Code of everything that keeps a file from being included.
pub(in crate::keepalived) const NOT_INCLUDED: &str = "include";

/// Deepest nesting of includes.
pub const MAX_DEPTH: usize = 64;
/// Most sources of one configuration.
pub const MAX_FILES: usize = 10_000;

impl Reader<'_> {
    /// Reads the file that was named.
    pub(super) fn root(&mut self, path: &Path) {
        let loaded = match self.loader.read(path) {
            Ok(loaded) => loaded,
            Err(error) => return self.no_root(path, &error.text),
        };
        // Deviation: the original passes such a file in test mode.
        match loaded.kind {
            FileKind::Regular => self.contents(path, loaded, Origin::Root),
            FileKind::Executable => self.no_root(path, "it is executable"),
            FileKind::Directory => self.no_root(path, "it is a directory"),
            FileKind::Special => self.no_root(path, "it is not a regular file"),
        }
    }

    fn no_root(&mut self, path: &Path, why: &str) {
        // What is about the file as a whole can still name it.
        self.read.sources.add(path, "", Origin::Root);
        let path = path.display();
        let message = format!("Unable to read configuration file {path}: {why}");
        let help = "the file must be a regular file without execute permission";
        let problem = Diagnostic::error("no-configuration", message);
        self.push(problem.class(Class::Security).help(help));
    }

    fn contents(&mut self, path: &Path, loaded: Loaded, origin: Origin) {
        let utf16 = loaded.bytes.starts_with(b"\xff\xfe") || loaded.bytes.starts_with(b"\xfe\xff");
        let (text, replaced) = loaded.into_text();
        let file = self.read.sources.add(path, text, origin);
        let begin = |length| Span::new(file, 0, length);
        if utf16 {
            let message = "The file is encoded as UTF-16 - ignoring the file";
            let problem = Diagnostic::error("utf-16", message).at(begin(0));
            return self.push(problem.help("save it as UTF-8 without a byte-order mark"));
        }
        if replaced {
            let text = self.read.sources.get(file).map(|source| &*source.text);
            let start = text.and_then(|text| text.find(char::REPLACEMENT_CHARACTER));
            let start = start.unwrap_or(0);
            let span = Span::new(file, start, start + 3);
            let message = "bytes that are not UTF-8 were replaced";
            self.push(Diagnostic::warning("not-utf8", message).at(span));
        }
        self.file(file);
    }

    /// Reads what an include statement names.
    pub(super) fn include(&mut self, include: &Include<'_>, span: Span) {
        let mut checks = self.checks.union(include.checks);
        // That an alternative of a brace list is missing is the brace check's matter alone.
        if include.patterns.len() > 1 {
            checks.exists = checks.brace;
        }
        let directory = self.directory(span);
        for pattern in &include.patterns {
            if self.full {
                return;
            }
            let full = directory.join(pattern);
            if !pattern.contains(['*', '?', '[']) {
                self.include_file(&full, checks, span);
                continue;
            }
            match self.loader.glob(&full.to_string_lossy()) {
                Ok(paths) if paths.is_empty() && self.lacks_folder(&full) => {
                    let message = format!("Config files missing '{pattern}'.");
                    let help = missing(&full, pattern);
                    self.not_included(message, &help, checks.exists, span);
                }
                Ok(paths) if paths.is_empty() => {
                    let message = format!("No config files matched '{pattern}'.");
                    let help = "put a file there that matches, or remove the line";
                    self.not_included(message, help, checks.wildcard, span);
                }
                Ok(paths) => {
                    for path in paths {
                        self.include_file(&path, checks, span);
                    }
                }
                Err(error) => {
                    let message = format!("Unable to expand '{pattern}': {error}");
                    let help = "let root read the folders of the pattern";
                    self.not_included(message, help, checks.wildcard, span);
                }
            }
        }
    }

    fn include_file(&mut self, path: &Path, checks: Checks, span: Span) {
        if self.full {
            return;
        }
        let name = path.display();
        self.files += 1;
        if self.depth >= MAX_DEPTH || self.files > MAX_FILES || self.size > MAX_TEXT {
            // Told once: a file that includes itself twice would come here without end.
            self.full = true;
            let message = format!("Too many includes at '{name}' - does it include itself?");
            let problem = Diagnostic::error("include-limit", message);
            return self.push(problem.class(Class::Security).at(span));
        }
        let refuse = |what: &str| format!("Configuration file '{name}' is {what} - skipping");
        match self.loader.read(path) {
            Ok(loaded) => match loaded.kind {
                FileKind::Regular => {
                    self.depth += 1;
                    self.contents(path, loaded, Origin::Included { at: span });
                    self.depth -= 1;
                }
                FileKind::Executable => {
                    let help = format!("chmod a-x {name}");
                    self.not_included(refuse("executable"), &help, checks.read, span);
                }
                FileKind::Directory => {
                    let help = format!("name the files in it: {name}/*.conf");
                    self.not_included(refuse("a directory"), &help, checks.read, span);
                }
                FileKind::Special => {
                    let help = "name a regular file";
                    self.not_included(refuse("not a regular file"), help, checks.read, span);
                }
            },
            Err(LoadError { errno: 2, .. }) => {
                let message = format!("Config files missing '{name}'.");
                let help = missing(path, self.read.sources.text(span));
                self.not_included(message, &help, checks.exists, span);
            }
            Err(error) => {
                let message = format!("Unable to open config file '{name}': {error}");
                let help = format!("let root read it: ls -l {name}");
                self.not_included(message, &help, checks.read, span);
            }
        }
    }

    /// Whether the folder does not exist in which a pattern is looked for.
    fn lacks_folder(&mut self, pattern: &Path) -> bool {
        let is_plain = |part: &Component<'_>| {
            let part = part.as_os_str().to_string_lossy();
            !part.contains(['*', '?', '['])
        };
        let folder: PathBuf = pattern.components().take_while(is_plain).collect();
        if folder.as_os_str().is_empty() {
            return false;
        }
        let found = self.loader.read(&folder);
        matches!(found, Err(LoadError { errno: 2, .. }))
    }

    fn not_included(&mut self, message: String, help: &str, strict: bool, span: Span) {
        let problem = if strict {
            Diagnostic::error(NOT_INCLUDED, message).class(Class::Security)
        } else {
            Diagnostic::warning(NOT_INCLUDED, message)
        };
        self.push(problem.at(span).help(help));
    }
}

/// What to do about a file that does not exist; `written` is how it is named.
fn missing(path: &Path, written: &str) -> String {
    let path = path.display();
    if written.contains('/') {
        return format!("create {path}, or correct the path");
    }
    format!("create {path}: a path is relative to the file that names it")
}
