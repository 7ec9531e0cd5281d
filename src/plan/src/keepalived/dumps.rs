//! Where dumps of the state go, and in what shape.
//!
//! Deliberately unknown here: what is in them.

use grammar::ast::global::Files;

/// Settings of `global_defs` about dumps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dumps {
    /// `state_dump_file`: a file, or a directory if it ends with `/`.
    pub state: Option<String>,
    /// `stats_dump_file`
    pub stats: Option<String>,
    /// `json_dump_file`
    pub json: Option<String>,
    /// `json_version`: 1 is a list of instances, 2 an object with it.
    pub json_version: u8,
    /// `data_use_instance`: the instance's name goes into the name of the state's file.
    pub use_instance: bool,
    /// `config_save_dir`: where the configuration is saved each time it is read.
    pub saved: Option<String>,
}

impl Default for Dumps {
    fn default() -> Self {
        Self::of(&Files::default())
    }
}

impl Dumps {
    pub(super) fn of(files: &Files) -> Self {
        let text = |path: &Option<grammar::ast::leaf::Spanned<String>>| {
            path.as_ref().map(|path| path.value.clone())
        };
        Self {
            state: text(&files.state_dump),
            stats: text(&files.stats_dump),
            json: text(&files.json_dump),
            json_version: files.json_version.map_or(1, |version| version.value),
            use_instance: files.data_use_instance.unwrap_or(false),
            saved: text(&files.config_save_dir),
        }
    }
}
