//! One line of a file to the lines it stands for: definitions put in, sequences repeated.
//!
//! Invariants: definitions within expanded text act on the lines after them, as in the original;
//! nesting and number of rounds are bounded, and the line that would exceed a bound is left out
//! as a whole from there on, with one report.

use std::rc::Rc;

use base::Rng;

use super::{MAX_TEXT, MAX_TOKENS, Reader};
use crate::diagnostic::Diagnostic;
use crate::expanded::StepId;
use crate::keepalived::define::{Definition, Line, Substituted, definition_of, use_at};
use crate::keepalived::lex::Marks;
use crate::keepalived::sequence::{self, Head, Sequence};
use crate::span::Span;

/// Deepest nesting of sequences and definitions of several lines.
pub const MAX_NESTED: usize = 64;
/// Most rounds of all sequences of one configuration.
pub const MAX_ROUNDS: u64 = 1 << 18;
/// Most names replaced in one configuration.
pub const MAX_REPLACED: usize = 1 << 23;
/// Most definitions at the beginning of a line that each begin with a definition again.
const MAX_LEADING: usize = 64;

/// Lines still to come.
enum Work {
    /// Of a definition.
    Body {
        definition: Rc<Definition>,
        next: usize,
        step: StepId,
    },
    /// Of a sequence.
    Rounds {
        sequence: Rc<Sequence>,
        next: u64,
        text: Rc<str>,
        from: From,
    },
}

/// Where a line comes from.
#[derive(Clone, Copy)]
struct From {
    step: StepId,
    /// Which line of the step's definition it is.
    line: u32,
    /// Its place in a file.
    at: Span,
}

impl Reader<'_> {
    /// Reads a line of a file that contains a name or a sequence. Its condition is dealt with.
    pub(super) fn unfold(&mut self, content: &str, at: Span) {
        let step = self.read.sources.expanded_mut().1.begin(at);
        let mut work = Vec::new();
        self.line(content, From { step, line: 0, at }, &mut work);
        while let Some(top) = work.pop() {
            if self.full {
                return;
            }
            if work.len() >= MAX_NESTED {
                return self.endless(at, None);
            }
            match top {
                Work::Body {
                    definition,
                    next,
                    step,
                } => {
                    let Some(line) = definition.lines.get(next) else {
                        continue;
                    };
                    let from = From {
                        step,
                        line: u32::try_from(next).unwrap_or(u32::MAX),
                        at: line.span,
                    };
                    let (next, definition) = (next + 1, definition.clone());
                    work.push(Work::Body {
                        definition: definition.clone(),
                        next,
                        step,
                    });
                    if let Some(line) = definition.lines.get(next - 1) {
                        self.line(&line.text, from, &mut work);
                    }
                }
                Work::Rounds {
                    sequence,
                    next,
                    text,
                    from,
                } => {
                    if next < sequence.rounds() {
                        let step = self.begin_round(&sequence, next, from);
                        work.push(Work::Rounds {
                            sequence,
                            next: next + 1,
                            text: text.clone(),
                            from,
                        });
                        self.line(&text, From { step, ..from }, &mut work);
                    }
                }
            }
        }
    }

    fn begin_round(&mut self, sequence: &Sequence, round: u64, from: From) -> StepId {
        let values = sequence.values(round);
        let pairs = sequence.names.iter().zip(&values);
        let pairs = pairs.map(|(name, value)| (name.as_str(), value.as_str()));
        for (name, value) in pairs.clone() {
            self.definitions.set(name, value, from.at);
        }
        self.read.sources.expanded_mut().1.round(from.step, pairs)
    }

    /// One line: a condition, then a definition, a sequence or a setting. What is still to be
    /// done for it is added to `work`.
    fn line(&mut self, text: &str, from: From, work: &mut Vec<Work>) {
        let mut text = std::borrow::Cow::Borrowed(text);
        for _ in 0..MAX_LEADING {
            let (kept, content) = self.condition(text.trim_ascii());
            if !kept || content.is_empty() {
                return;
            }
            if let Some((name, value)) = definition_of(content) {
                if self.options.ignores("#lexer/$NAME=") {
                    return;
                }
                let mut definition = Definition::new(from.at);
                let text = value.trim_ascii().to_owned();
                let span = from.at;
                definition.lines.push(Line { text, span });
                return self.define(name.to_owned(), definition);
            }
            if let Some(head) = sequence::head(content) {
                return self.sequence(content, head, from, work);
            }
            // What a line begins with may be a condition, a definition or a sequence itself.
            match self.leading(content) {
                Some(next) => text = next.into(),
                None => return self.setting(content, from, work),
            }
        }
        self.endless(from.at, None);
    }

    /// The line with the definition at its beginning put in, if what it stands for has to be
    /// looked at before the rest.
    fn leading(&self, content: &str) -> Option<String> {
        let used = use_at(content, || None)?;
        let definition = self.definitions.get(used.name)?;
        let [line] = &definition.lines[..] else {
            return None;
        };
        let special = line.text.starts_with(['@', '$', '~']);
        special.then(|| format!("{}{}", line.text, &content[used.len..]))
    }

    fn sequence(&mut self, content: &str, head: Head<'_>, from: From, work: &mut Vec<Work>) {
        let word = head.word;
        if self.options.ignores_reading(word) {
            return;
        }
        let result = match head.parameters {
            Some(parameters) => {
                let done = self.substitute(parameters, from.at);
                let parameters = done.map_or_else(|| parameters.into(), |done| done.text);
                Sequence::parse(word, &parameters)
            }
            None => Err(format!("write {word}(...) with both parentheses")),
        };
        match result {
            Ok(_) if head.rest.is_empty() => {
                let message = format!("{word}: there is nothing to repeat after it");
                self.push(Diagnostic::warning("empty-sequence", message).at(from.at));
            }
            Ok(sequence) => {
                self.rounds = self.rounds.saturating_add(sequence.rounds());
                if self.rounds > MAX_ROUNDS {
                    return self.too_much(from.at, "too many rounds of sequences");
                }
                work.push(Work::Rounds {
                    sequence: Rc::new(sequence),
                    next: 0,
                    text: head.rest.into(),
                    from,
                });
            }
            Err(why) => {
                let word = word.trim_end_matches('x');
                let message = format!("Invalid {word} specification '{content}'");
                let problem = Diagnostic::error("sequence", message);
                self.push(problem.label(from.at, why));
                // Each round would be as wrong.
                work.clear();
            }
        }
    }

    fn setting(&mut self, content: &str, mut from: From, work: &mut Vec<Work>) {
        let Some(done) = self.substitute(content, from.at) else {
            return self.expanded_line(content, from);
        };
        if done.endless {
            work.clear();
            return self.endless(from.at, done.definition);
        }
        let (_, expanded) = self.read.sources.expanded_mut();
        if let Some(definition) = done.body
            && let Some(body) = definition.body
        {
            let step = expanded.body(from.step, body);
            from = From {
                step,
                line: 0,
                at: definition.lines.first().map_or(from.at, |line| line.span),
            };
            work.push(Work::Body {
                definition,
                next: 1,
                step,
            });
            // Its first line may be special if nothing stands before it.
            let text = done.text.trim_ascii();
            if text.starts_with(['@', '~', '$']) {
                return self.line(text, from, work);
            }
        } else if let Some(definition) = done.definition {
            from.step = expanded.value(from.step, definition);
        }
        self.expanded_line(&done.text, from);
    }

    fn expanded_line(&mut self, text: &str, from: From) {
        let content = text.trim_ascii();
        if content.is_empty() {
            return;
        }
        self.size += content.len();
        if self.size > MAX_TEXT || self.read.tokens.len() > MAX_TOKENS {
            return self.too_much(from.at, "expanded text");
        }
        let (file, expanded) = self.read.sources.expanded_mut();
        let start = expanded.push(from.step, from.line, content);
        let span = Span::new(file, start, start + content.len());
        self.logical_line(content, span, Marks::of(content).brace());
    }

    fn substitute(&mut self, content: &str, at: Span) -> Option<Substituted> {
        if !content.contains('$') {
            return None;
        }
        let id = content
            .contains("INSTANCE")
            .then(|| self.config_id().to_owned());
        let directory = content.contains("_PWD").then(|| self.directory(at));
        let (loader, rng, options) = (&mut *self.loader, &mut self.rng, self.options);
        let done = self
            .definitions
            .substitute(content, &mut |name, parameters| match name {
                _ if options.ignores_builtin(name) => None,
                "PWD" => Some(directory.as_ref()?.to_string_lossy().into_owned()),
                "INSTANCE" => id.clone(),
                "HASH" => Some("#".to_owned()),
                "BANG" => Some("!".to_owned()),
                "ENV" => loader.env(parameters),
                "RANDOM" => random(rng, parameters),
                _ => None,
            })?;
        self.replaced += done.count;
        if self.replaced > MAX_REPLACED {
            self.too_much(at, "too many uses of definitions");
        }
        Some(done)
    }

    fn endless(&mut self, at: Span, definition: Option<Span>) {
        let message = "Definition expands without end - ignoring the line";
        let mut problem = Diagnostic::error("endless-definition", message).at(at);
        if let Some(definition) = definition {
            problem = problem.label(definition, "defined here");
        }
        self.push(problem.help("does a definition contain itself?"));
    }
}

/// `${_RANDOM [lo [hi]]}`, both ends included; bounds the wrong way round give the lower one, as
/// in the original.
fn random(rng: &mut Rng, parameters: &str) -> Option<String> {
    let mut bounds = parameters.split_ascii_whitespace();
    let mut bound = |default| {
        bounds
            .next()
            .map_or(Some(default), |word| word.parse().ok())
    };
    let (low, high): (u32, u32) = (bound(0)?, bound(32_767)?);
    let width = u64::from(high.saturating_sub(low)) + 1;
    Some((u64::from(low) + rng.below(width)).to_string())
}
