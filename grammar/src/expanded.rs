//! Text that stands in no file: what lines of the user's became, and how.
//!
//! All such text of a configuration lies in one buffer. Steps form a tree whose roots are lines of
//! files; a stretch of text is joined to the step that made it, and consecutive lines of one step
//! share a stretch. So a sequence of many rounds costs some bytes a round beside its text.
//!
//! Invariants: stretches are in order of their text; a step's parent comes before it; text is
//! only added at the end.
//! Deliberately unknown here: either language.

use crate::span::Span;

/// Largest amount of expanded text, in bytes: offsets into it are of 32 bits.
pub const MAX_EXPANDED: usize = 1 << 31;

/// Most lines of one stretch: whoever asks for a line's number counts them.
const MAX_STRETCH: u32 = 64;

/// A step of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepId(u32);

/// What was done to the text of the step before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// A line of a file.
    Written(Span),
    /// One round of a sequence or list; the note says with which values.
    Round { within: StepId, note: u32 },
    /// A definition was put into a line.
    Value { within: StepId, definition: Span },
    /// A line became the lines of a definition.
    Body { within: StepId, body: u32 },
}

/// Text made by one step.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    /// Offset of its first byte.
    start: u32,
    step: StepId,
    /// Which line of the step's body its first line is.
    line: u32,
}

/// How a place in expanded text came to be, for a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chain {
    /// The line of a file where it began.
    pub written: Span,
    /// Definitions used, the outermost first: the very line where the definition has several.
    pub definitions: Vec<Span>,
    /// Values of sequence variables, the outermost sequence first: `ID=7`.
    pub rounds: Vec<String>,
}

/// Expanded text with its history.
#[derive(Clone, Debug, Default)]
pub struct Expanded {
    text: String,
    stretches: Vec<Stretch>,
    steps: Vec<Step>,
    /// Places of the lines of definitions that have several.
    bodies: Vec<Vec<Span>>,
    /// Texts of [`Step::Round`], each ended by a newline.
    notes: String,
    /// Lines added to the last stretch.
    lines: u32,
}

impl Expanded {
    /// All of the text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// A chain that begins at a line of a file.
    pub fn begin(&mut self, at: Span) -> StepId {
        self.step(Step::Written(at))
    }

    /// One round of a sequence, which gives variables these values.
    pub fn round<'a>(
        &mut self,
        within: StepId,
        values: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> StepId {
        let note = offset(self.notes.len());
        for (index, (name, value)) in values.into_iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            for part in [separator, name, "=", value] {
                self.notes.push_str(part);
            }
        }
        self.notes.push('\n');
        self.step(Step::Round { within, note })
    }

    /// A definition of one line was put in.
    pub fn value(&mut self, within: StepId, definition: Span) -> StepId {
        let step = Step::Value { within, definition };
        match self.steps.last() {
            Some(&last) if last == step => StepId(offset(self.steps.len() - 1)),
            _ => self.step(step),
        }
    }

    /// A definition of several lines; gives the number to name it by.
    pub fn add_body(&mut self, lines: Vec<Span>) -> u32 {
        self.bodies.push(lines);
        offset(self.bodies.len() - 1)
    }

    /// The lines of a definition were put in.
    pub fn body(&mut self, within: StepId, body: u32) -> StepId {
        self.step(Step::Body { within, body })
    }

    fn step(&mut self, step: Step) -> StepId {
        self.steps.push(step);
        StepId(offset(self.steps.len() - 1))
    }

    /// Adds a line that `step` made, the line number `line` of its body; gives its offset.
    pub fn push(&mut self, step: StepId, line: u32, text: &str) -> usize {
        let start = self.text.len();
        let goes_on = self.stretches.last().is_some_and(|last| {
            let next = last.line.checked_add(self.lines);
            last.step == step && next == Some(line) && self.lines < MAX_STRETCH
        });
        if goes_on {
            self.lines += 1;
        } else {
            let start = offset(start);
            self.stretches.push(Stretch { start, step, line });
            self.lines = 1;
        }
        self.text.push_str(text);
        self.text.push('\n');
        start
    }

    /// All places move with their sources, see [`Span::moved`].
    pub(crate) fn move_by(&mut self, by: u32) {
        for step in &mut self.steps {
            if let Step::Written(at) | Step::Value { definition: at, .. } = step {
                *at = at.moved(by);
            }
        }
        for at in self.bodies.iter_mut().flatten() {
            *at = at.moved(by);
        }
    }

    /// The line of a file that an offset goes back to.
    #[must_use]
    pub fn written(&self, offset: u32) -> Span {
        let mut step = self.stretch(offset).map(|stretch| stretch.step);
        while let Some(StepId(index)) = step {
            step = match self.steps.get(index as usize) {
                Some(Step::Written(at)) => return *at,
                Some(
                    Step::Round { within, .. }
                    | Step::Value { within, .. }
                    | Step::Body { within, .. },
                ) => Some(*within),
                None => None,
            };
        }
        Span::default()
    }

    /// The line at an offset.
    #[must_use]
    pub fn line(&self, offset: u32) -> &str {
        let offset = (offset as usize).min(self.text.len());
        let Some((before, _)) = self.text.split_at_checked(offset) else {
            return "";
        };
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        self.text[start..].split('\n').next().unwrap_or("")
    }

    /// How the text at an offset came to be.
    #[must_use]
    pub fn chain(&self, offset: u32) -> Chain {
        let mut chain = Chain::default();
        let Some(stretch) = self.stretch(offset) else {
            return chain;
        };
        let mut line = self.line_of(stretch, offset);
        let mut step = Some(stretch.step);
        while let Some(StepId(index)) = step {
            step = match self.steps.get(index as usize) {
                Some(&Step::Written(at)) => {
                    chain.written = at;
                    None
                }
                Some(&Step::Round { within, note }) => {
                    let note = self.notes.get(note as usize..).unwrap_or("");
                    let note = note.split('\n').next().unwrap_or("");
                    chain.rounds.push(note.to_owned());
                    Some(within)
                }
                Some(&Step::Value { within, definition }) => {
                    chain.definitions.push(definition);
                    Some(within)
                }
                Some(&Step::Body { within, body }) => {
                    let lines = self.bodies.get(body as usize);
                    let at = lines.and_then(|lines| lines.get(line).or(lines.first()));
                    chain.definitions.extend(at);
                    line = 0;
                    Some(within)
                }
                None => None,
            };
        }
        chain.definitions.reverse();
        chain.rounds.reverse();
        chain
    }

    fn stretch(&self, offset: u32) -> Option<&Stretch> {
        let after = self
            .stretches
            .partition_point(|stretch| stretch.start <= offset);
        self.stretches.get(after.checked_sub(1)?)
    }

    /// Which line of its body an offset in a stretch lies in.
    fn line_of(&self, stretch: &Stretch, offset: u32) -> usize {
        let bytes = self.text.as_bytes();
        let between = bytes.get(stretch.start as usize..offset as usize);
        let newlines = between
            .unwrap_or_default()
            .iter()
            .filter(|&&byte| byte == b'\n');
        stretch.line as usize + newlines.count()
    }
}

/// Everything here is bounded by [`MAX_EXPANDED`].
fn offset(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::span::FileId;

    #[test]
    fn a_chain_goes_back_to_the_file() {
        let at = |start| Span::new(FileId(0), start, start + 1);
        let mut expanded = Expanded::default();
        let line = expanded.begin(at(90));
        let body = expanded.add_body(vec![at(1), at(2), at(3)]);
        let mut second = 0;
        for value in ["1", "2"] {
            let round = expanded.round(line, [("ID", value), ("X", "y")]);
            let lines = expanded.body(round, body);
            expanded.push(lines, 0, "vrrp_instance");
            let inner = expanded.value(lines, at(7));
            expanded.push(inner, 1, "interface");
            // The second line of the body was kept back.
            second = expanded.push(lines, 2, "priority 0");
        }
        let chain = expanded.chain(u32::try_from(second).expect("small"));
        assert_eq!(chain.written, at(90));
        assert_eq!(chain.rounds, ["ID=2, X=y"]);
        assert_eq!(chain.definitions, [at(3)]);
        assert_eq!(
            expanded.line(u32::try_from(second).expect("small") + 3),
            "priority 0"
        );
    }
}
