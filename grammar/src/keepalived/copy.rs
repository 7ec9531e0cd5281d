//! All files of a configuration as one text, as the original copies what it has read (`config_save_dir`).
//!
//! Invariants: a line is a line, so that places can be found again; what is read from the copy means
//! the same, as long as the files that it names are where they were.
//!
//! Deviation: a comment character that a backslash protects stays protected. The original takes the
//! backslash away, and would read the rest as a comment.

use std::collections::BTreeMap;

use super::expand::NOT_INCLUDED;
use super::include::Include;
use super::lex::before_comment;
use crate::diagnostic::Diagnostic;
use crate::span::{FileId, Origin, SourceMap};

/// The text of everything that was read: without comments and indentation, each included file in
/// its place, headed by its name and ended by a `!`.
#[must_use]
pub fn copy(sources: &SourceMap, diagnostics: &[Diagnostic]) -> String {
    let mut places: Places<'_> = BTreeMap::new();
    let mut root = None;
    for (file, source) in sources.iter() {
        match source.origin {
            Origin::Root => root = Some(file),
            Origin::Included { at } => {
                let here = places.entry((at.file, at.start)).or_default();
                here.push(Inserted::File(file));
            }
            Origin::Argument | Origin::Expanded => {}
        }
    }
    let lost = diagnostics.iter().filter(|it| it.code == NOT_INCLUDED);
    for (span, problem) in lost.filter_map(|it| Some((it.labels.first()?.span, it))) {
        let here = places.entry((span.file, span.start)).or_default();
        here.push(Inserted::Problem(&problem.message));
    }
    let mut text = String::new();
    if let Some(root) = root {
        file(&mut text, sources, &places, root);
    }
    text
}

/// What an include statement led to.
enum Inserted<'a> {
    File(FileId),
    /// What kept a file from being read.
    Problem(&'a str),
}

/// By where the statement begins.
type Places<'a> = BTreeMap<(FileId, u32), Vec<Inserted<'a>>>;

fn file(text: &mut String, sources: &SourceMap, places: &Places<'_>, id: FileId) {
    let Some(source) = sources.get(id) else {
        return;
    };
    text.push_str("# ");
    text.push_str(&source.name.to_string_lossy());
    text.push('\n');
    let mut start = 0;
    for line in source.text.split_inclusive('\n') {
        let words = stripped(line);
        if Include::of(words).is_none() {
            push(text, words);
        }
        text.push('\n');
        let end = start + u32::try_from(line.len()).unwrap_or(u32::MAX);
        for inserted in places.range((id, start)..(id, end)).flat_map(|(_, it)| it) {
            match inserted {
                Inserted::File(included) => file(text, sources, places, *included),
                Inserted::Problem(message) => {
                    text.push_str("#! ");
                    text.push_str(message);
                    text.push('\n');
                }
            }
        }
        start = end;
    }
    text.push_str("!\n");
}

/// A line without comment, indentation and end.
fn stripped(line: &str) -> &str {
    let line = line.trim_end_matches(['\n', '\r']);
    line[..before_comment(line)].trim_matches([' ', '\t'])
}

/// A line that goes on keeps its backslash, without what stands before it.
fn push(text: &mut String, line: &str) {
    match line.strip_suffix('\\') {
        Some(words) if !words.ends_with('\\') => {
            text.push_str(words.trim_end_matches([' ', '\t']));
            text.push('\\');
        }
        _ => text.push_str(line),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::MemoryLoader;
    use crate::keepalived::{Options, parse};

    /// Seen: 2.2.7, except that it writes `a#b`.
    #[test]
    fn lines_stay_where_they_are() {
        let root = concat!(
            "include none.conf\ninclude in?.conf\n! whole\nglobal_defs {\n",
            "\trouter_id \"a # b\"  # c\n    smtp_helo_name a\\#b\n}\n",
            "$MULTI= \\\n  priority 5 \\\n  advert_int 2\n",
            "vrrp_instance A { \n    $MULTI\n} # end",
        );
        let files = [
            ("/etc/k.conf", root),
            (
                "/etc/inc.conf",
                "vrrp_script chk {\n script \"/bin/true\"\n}\n",
            ),
            ("/etc/ind.conf", "! comment\n\n#\n"),
        ];
        let mut loader = MemoryLoader::new(files);
        let parsed = parse(&mut loader, Path::new("/etc/k.conf"), &Options::default());
        let copied = copy(&parsed.sources, &parsed.diagnostics);
        insta::assert_snapshot!(copied, @r#"
        # /etc/k.conf

        #! Config files missing '/etc/none.conf'.

        # /etc/inc.conf
        vrrp_script chk {
        script "/bin/true"
        }
        !
        # /etc/ind.conf



        !

        global_defs {
        router_id "a # b"
        smtp_helo_name a\#b
        }
        $MULTI=\
        priority 5\
        advert_int 2
        vrrp_instance A {
        $MULTI
        }
        !
        "#);
        let mut loader = MemoryLoader::new([("/etc/copy.conf", copied.as_str())]);
        let again = parse(
            &mut loader,
            Path::new("/etc/copy.conf"),
            &Options::default(),
        );
        assert_eq!(
            crate::keepalived::print(&again.ast),
            crate::keepalived::print(&parsed.ast)
        );
    }
}
