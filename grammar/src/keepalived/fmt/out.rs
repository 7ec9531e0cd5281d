//! The rows of formatted text, before they become one.
//!
//! Invariants: a brace joins the statement before it if only comments and empty lines stand
//! between them; empty rows are dropped only where no definition can depend on them.

use std::fmt::Write as _;

/// Blanks a level.
const INDENT: usize = 4;

/// A row.
pub(super) enum Row {
    /// Nothing.
    Blank,
    /// As it was, indentation included.
    Raw(String),
    /// A comment alone.
    Comment { depth: usize, text: String },
    /// A statement or a brace.
    Code(Code),
}

pub(super) struct Code {
    depth: usize,
    text: String,
    comment: String,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A brace may join it.
    Statement,
    /// Ends with `{`.
    Opens,
    /// `}`
    Closes,
    /// Nothing may join it.
    Verbatim,
}

/// All rows.
#[derive(Default)]
pub(super) struct Out {
    rows: Vec<Row>,
}

impl Out {
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn push(&mut self, row: Row) {
        self.rows.push(row);
    }

    pub(super) fn comment(&mut self, depth: usize, text: &str) {
        let text = text.to_owned();
        self.push(Row::Comment { depth, text });
    }

    pub(super) fn statement(&mut self, depth: usize, text: String) {
        self.code(depth, text, "", Kind::Statement);
    }

    pub(super) fn verbatim(&mut self, depth: usize, text: &str, comment: &str) {
        self.code(depth, text.to_owned(), comment, Kind::Verbatim);
    }

    fn code(&mut self, depth: usize, text: String, comment: &str, kind: Kind) {
        let comment = comment.to_owned();
        self.push(Row::Code(Code {
            depth,
            text,
            comment,
            kind,
        }));
    }

    /// The statement that a brace would join.
    fn last(&self) -> Option<usize> {
        let between = |row: &Row| matches!(row, Row::Blank | Row::Comment { .. });
        let last = self.rows.iter().rposition(|row| !between(row))?;
        let statement = |code: &Code| code.kind == Kind::Statement;
        matches!(&self.rows[last], Row::Code(code) if statement(code)).then_some(last)
    }

    /// Its text; empty when there is none.
    pub(super) fn header(&self) -> &str {
        match self.last().map(|last| &self.rows[last]) {
            Some(Row::Code(code)) => &code.text,
            _ => "",
        }
    }

    /// `{`
    pub(super) fn open(&mut self, depth: usize) {
        let Some(last) = self.last() else {
            return self.code(depth, "{".to_owned(), "", Kind::Opens);
        };
        if let Row::Code(code) = &mut self.rows[last] {
            code.text.push_str(" {");
            code.kind = Kind::Opens;
        }
        // What stood before the brace stands behind it now.
        for row in &mut self.rows[last + 1..] {
            if let Row::Comment { depth, .. } = row {
                *depth += 1;
            }
        }
    }

    /// `}`
    pub(super) fn close(&mut self, depth: usize) {
        self.code(depth, "}".to_owned(), "", Kind::Closes);
    }

    /// Puts the comment of a line whose rows begin at `first` beside one of them: the first one if
    /// a block ends on the line, else the last one.
    pub(super) fn attach(&mut self, comment: &str, first: usize, closed: bool, depth: usize) {
        if comment.is_empty() {
            return;
        }
        let rows = self.rows.len() - first.min(self.rows.len());
        let index = match (rows, closed) {
            (0, _) => self.joined(),
            (1, _) | (_, false) => Some(self.rows.len() - 1),
            (_, true) => Some(first),
        };
        match index.and_then(|index| self.rows.get_mut(index)) {
            Some(Row::Code(code)) if code.comment.is_empty() => {
                comment.clone_into(&mut code.comment)
            }
            _ => self.comment(depth, comment),
        }
    }

    /// The row that the only brace of a line joined.
    fn joined(&self) -> Option<usize> {
        let last = self.rows.len().checked_sub(1)?;
        matches!(&self.rows[last], Row::Code(code) if code.kind == Kind::Opens).then_some(last)
    }

    pub(super) fn finish(self) -> String {
        let mut text = String::new();
        let mut blank = false;
        // Nothing needs to be set apart from the beginning of the file or of a block.
        let mut first = true;
        for row in self.rows {
            if matches!(row, Row::Blank) {
                blank = true;
                continue;
            }
            let kind = match &row {
                Row::Code(code) => Some(code.kind),
                _ => None,
            };
            if blank && !first && kind != Some(Kind::Closes) {
                text.push('\n');
            }
            blank = false;
            first = kind == Some(Kind::Opens);
            row.write(&mut text);
        }
        text
    }
}

impl Row {
    fn write(&self, text: &mut String) {
        let (depth, code, comment) = match self {
            Self::Blank => (0, "", ""),
            Self::Raw(line) => (0, line.as_str(), ""),
            Self::Comment { depth, text } => (*depth, text.as_str(), ""),
            Self::Code(code) => (code.depth, code.text.as_str(), code.comment.as_str()),
        };
        let gap = if comment.is_empty() { "" } else { " " };
        let _ = writeln!(text, "{:1$}{code}{gap}{comment}", "", depth * INDENT);
    }
}
