//! Log files, formats and who writes where.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use grammar::Diagnostic;
use grammar::ast::Spanned;
use grammar::ast::stream as ast;
use stream::config::{
    AccessLog, ErrorLog, ErrorTarget, Escape, FileIx, Level, LogBuffer, Template,
};

use super::{Planner, variables};

/// Log files, each path once.
#[derive(Debug, Default)]
pub(super) struct Files {
    prefix: PathBuf,
    pub(super) paths: Vec<PathBuf>,
    known: HashMap<PathBuf, FileIx>,
}

impl Files {
    pub(super) fn new(prefix: &Path) -> Self {
        Self {
            prefix: prefix.to_owned(),
            ..Self::default()
        }
    }

    fn add(&mut self, path: &str) -> FileIx {
        self.add_path(&self.prefix.join(path))
    }

    fn add_path(&mut self, path: &Path) -> FileIx {
        let next = FileIx(u32::try_from(self.paths.len()).unwrap_or(u32::MAX));
        let paths = &mut self.paths;
        *self.known.entry(path.to_owned()).or_insert_with(|| {
            paths.push(path.to_owned());
            next
        })
    }
}

/// A usable `log_format`.
pub(super) struct Format {
    template: Option<Template>,
    escape: Escape,
    /// Where its definition ends: it may be used only after that.
    defined: Vec<u32>,
}

/// Every format by its name in lower case (uses ignore case), and buffers by file.
#[derive(Default)]
pub(super) struct Logs {
    formats: HashMap<String, Format>,
    buffers: HashMap<FileIx, LogBuffer>,
}

impl Planner<'_> {
    /// Main error logs, or the default one.
    pub(super) fn main_error_logs(&mut self) -> Vec<ErrorLog> {
        let main = &self.parsed.ast.process.nginx;
        if !main.error_logs.is_empty() {
            return self.error_logs(&main.error_logs);
        }
        let target = match &self.layout.error_log {
            Some(path) => ErrorTarget::File(self.files.add_path(path)),
            None => ErrorTarget::Stderr,
        };
        let level = Level::Error;
        vec![ErrorLog { target, level }]
    }

    pub(super) fn error_logs(&mut self, logs: &[Spanned<ast::ErrorLog>]) -> Vec<ErrorLog> {
        let plan = |log: &Spanned<ast::ErrorLog>| ErrorLog {
            target: match &log.target {
                ast::ErrorTarget::Stderr => ErrorTarget::Stderr,
                ast::ErrorTarget::File(path) => ErrorTarget::File(self.files.add(path)),
            },
            level: log.level.map_or(Level::Error, level),
        };
        logs.iter().map(plan).collect()
    }

    /// Compiles every `log_format`.
    pub(super) fn log_formats(&mut self) -> Logs {
        let mut logs = Logs::default();
        let mut exact: HashMap<&str, ()> = HashMap::new();
        let stream = &self.parsed.ast.stream;
        for format in &stream.log_formats {
            if exact.insert(format.name.as_str(), ()).is_some() {
                let text = format!("duplicate \"log_format\" name \"{}\"", format.name);
                self.fail("duplicate", text, format.span, format.name.span);
                continue;
            }
            let template = match &format.template {
                Some(template) => self.template(template, format.span),
                None => None,
            };
            let planned = Format {
                template,
                escape: match format.escape {
                    ast::Escape::Default => Escape::Default,
                    ast::Escape::Json => Escape::Json,
                    ast::Escape::None => Escape::None,
                },
                defined: self.sources().order(format.span),
            };
            // Names that differ only in case: the first one is found.
            logs.formats
                .entry(format.name.to_ascii_lowercase())
                .or_insert(planned);
        }
        logs
    }

    /// The `access_log` lines of one block; none when it has none.
    pub(super) fn access_logs(
        &mut self,
        lines: &[Spanned<Option<ast::AccessLog>>],
        logs: &mut Logs,
    ) -> Option<Vec<AccessLog>> {
        if lines.is_empty() {
            return None;
        }
        let mut planned = Vec::new();
        let mut off = false;
        for line in lines {
            match &line.value {
                None => off = true,
                Some(log) => planned.extend(self.access_log(log, line.span, logs)),
            }
        }
        if off {
            planned.clear();
        }
        Some(planned)
    }

    fn access_log(
        &mut self,
        log: &ast::AccessLog,
        at: grammar::Span,
        logs: &mut Logs,
    ) -> Option<AccessLog> {
        let order = self.sources().order(at);
        let format = logs.formats.get(&log.format.to_ascii_lowercase());
        let Some(format) = format.filter(|format| format.defined < order) else {
            let text = format!("unknown log format \"{}\"", log.format);
            let problem = Diagnostic::error("unknown-format", text).at(log.format.span);
            let problem = match format {
                Some(_) => problem.help("it is defined only after this line: move it up"),
                None => problem,
            };
            self.push(grammar::nginx::at_terminator(problem, at, self.sources()));
            return None;
        };
        let template = format.template.clone()?;
        let escape = format.escape;
        let file = self.files.add(&log.path);
        let buffer = log.buffer.map(|size| LogBuffer {
            size: usize::try_from(size.0).unwrap_or(usize::MAX),
            flush: log.flush,
        });
        if let Some(buffer) = buffer
            && *logs.buffers.entry(file).or_insert(buffer) != buffer
        {
            let path = &log.path;
            let text = format!("access_log \"{path}\" already defined with conflicting parameters");
            self.fail("conflict", text, at, log.path.span);
            return None;
        }
        Some(AccessLog {
            file,
            format: template,
            escape,
            buffer,
        })
    }

    /// Compiles a string with variables; none if one of them cannot be used.
    pub(super) fn template(
        &mut self,
        template: &ast::Template,
        at: grammar::Span,
    ) -> Option<Template> {
        match variables::compile(template) {
            Ok(template) => Some(template),
            Err(problem) => {
                let end = self.stream().block.map_or(at, |block| block.value.0);
                self.push(match problem {
                    variables::Unusable::Unknown(name) => {
                        let text = format!("unknown \"{name}\" variable");
                        Diagnostic::error("unknown-variable", text)
                            .at(at)
                            .unplaced()
                            .noticed(end)
                    }
                    variables::Unusable::Unsupported(name) => {
                        let text =
                            format!("not supported yet by nginx-stream-rs: variable \"${name}\"");
                        Diagnostic::error("refused", text).at(at)
                    }
                });
                None
            }
        }
    }
}

const fn level(level: ast::Level) -> Level {
    match level {
        ast::Level::Emerg => Level::Emerg,
        ast::Level::Alert => Level::Alert,
        ast::Level::Crit => Level::Crit,
        ast::Level::Error => Level::Error,
        ast::Level::Warn => Level::Warn,
        ast::Level::Notice => Level::Notice,
        ast::Level::Info => Level::Info,
        ast::Level::Debug => Level::Debug,
    }
}
