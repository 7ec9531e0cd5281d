//! What may stand in each block, as the tree builder needs it: an index over the keyword tables.
//!
//! Invariants: built from the tables, so it cannot disagree with them; gone with the text that it was
//! needed for, as a daemon reads few texts and lives long.

use core::cell::OnceCell;
use core::fmt::{Debug, Formatter};

use crate::index::Index;
use crate::keepalived::tables;
use crate::keyword::Entry;

/// Blocks whose lines are entries, not keywords.
const FREE: &[&str] = &[
    "group",
    "interface_up_down_delays",
    "interfaces",
    "linkbeat_interfaces",
    "notification_email",
    "static_ipaddress",
    "static_routes",
    "static_rules",
    "track_bfd",
    "track_file",
    "track_interface",
    "track_process",
    "track_script",
    "unicast_peer",
    "virtual_ipaddress",
    "virtual_ipaddress_excluded",
    "virtual_routes",
    "virtual_rules",
    "virtual_server_group",
];

/// Of those, the ones whose entries begin with an address.
const ADDRESSES: &[&str] = &[
    "static_ipaddress",
    "unicast_peer",
    "virtual_ipaddress",
    "virtual_ipaddress_excluded",
];

/// What a known word is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape<'s> {
    /// A setting.
    Leaf,
    /// A keyword that needs a body.
    Block(Body<'s>),
}

/// What a block may contain.
#[derive(Clone, Copy)]
pub struct Body<'s> {
    shapes: &'s Shapes,
    number: usize,
}

impl PartialEq for Body<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl Eq for Body<'_> {}

impl Debug for Body<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> core::fmt::Result {
        write!(f, "Body({})", self.number)
    }
}

/// Every block, by its number; the top level is the first.
pub struct Shapes(Vec<Inside>);

#[derive(Default)]
struct Inside {
    free: bool,
    addresses: bool,
    names: Vec<(&'static str, u32)>,
    /// Over `names`; a configuration uses few of the blocks.
    words: OnceCell<Index>,
    /// Which block a keyword opens; none for a setting.
    opens: Vec<Option<usize>>,
}

/// A keyword that opens a block.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Opener {
    /// Path of the block that it stands in.
    block: &'static str,
    name: &'static str,
}

impl Opener {
    /// Whether the block that it opens has this path.
    fn leads_to(self, path: &str) -> bool {
        if self.block == "root" {
            return self.name == path;
        }
        let rest = path.strip_prefix(self.block);
        rest.and_then(|rest| rest.strip_prefix('/')) == Some(self.name)
    }

    /// Whether what it opens is one of these. A `track_file` of the top level holds settings, the
    /// one in an instance a list.
    fn is_one_of(self, names: &[&str]) -> bool {
        let settings = self.name == "track_file" && self.block == "root";
        names.contains(&self.name) && !settings
    }
}

impl Default for Shapes {
    fn default() -> Self {
        Self(blocks())
    }
}

impl Shapes {
    /// What may stand at the top level.
    #[must_use]
    pub const fn root(&self) -> Body<'_> {
        Body {
            shapes: self,
            number: 0,
        }
    }
}

fn blocks() -> Vec<Inside> {
    let mut openers: Vec<Opener> = Vec::new();
    let opener = |entry: &Entry| Opener {
        block: entry.block,
        name: entry.name,
    };
    tables::rows().for_each(|entry| {
        if entry.opens_block && !openers.contains(&opener(&entry)) {
            openers.push(opener(&entry));
        }
    });
    let mut blocks = vec![Inside::default()];
    blocks.extend(openers.iter().map(|opener| Inside {
        free: opener.is_one_of(FREE),
        addresses: opener.is_one_of(ADDRESSES),
        ..Inside::default()
    }));
    // Rows of one table come together: its block is looked for once.
    let mut table: (&str, Option<usize>) = ("root", Some(0));
    tables::rows().for_each(|entry| {
        if entry.block != table.0 {
            let number = openers
                .iter()
                .position(|opener| opener.leads_to(entry.block));
            table = (entry.block, number.map(|number| number + 1));
        }
        let child = || openers.iter().position(|it| *it == opener(&entry));
        let child = entry.opens_block.then(child).flatten();
        if let Some(owner) = table.1 {
            let inside = &mut blocks[owner];
            let number = u32::try_from(inside.opens.len()).unwrap_or(u32::MAX);
            inside.opens.push(child.map(|child| child + 1));
            let names = core::iter::once(entry.name).chain(entry.aliases.iter().copied());
            inside.names.extend(names.map(|name| (name, number)));
        }
    });
    blocks
}

/// Whether the keyword splits its text itself, with quotes and escapes.
#[must_use]
pub fn is_script(word: &str) -> bool {
    is_command(word) || word == "regex"
}

/// Whether the keyword's text is a command.
#[must_use]
pub fn is_command(word: &str) -> bool {
    matches!(
        word,
        "lvs_notify_fifo_script"
            | "misc_path"
            | "notify"
            | "notify_backup"
            | "notify_deleted"
            | "notify_down"
            | "notify_fault"
            | "notify_fifo_script"
            | "notify_master"
            | "notify_master_rx_lower_pri"
            | "notify_stop"
            | "notify_up"
            | "quorum_down"
            | "quorum_up"
            | "script"
            | "shutdown_script"
            | "startup_script"
            | "vrrp_notify_fifo_script"
    )
}

impl<'s> Body<'s> {
    fn inside(self) -> Option<&'s Inside> {
        self.shapes.0.get(self.number)
    }

    /// What the word is here; none when it is unknown.
    #[must_use]
    pub fn shape(self, word: &str) -> Option<Shape<'s>> {
        let inside = self.inside()?;
        let words = || Index::new(inside.names.iter().copied());
        let keyword = inside.words.get_or_init(words).get(word)?;
        let opens = *inside.opens.get(keyword as usize)?;
        Some(opens.map_or(Shape::Leaf, |number| Shape::Block(Self { number, ..self })))
    }

    /// Whether the word is a keyword here.
    #[must_use]
    pub fn knows(self, word: &str) -> bool {
        self.shape(word).is_some()
    }

    /// Whether lines are entries, not keywords.
    #[must_use]
    pub fn is_free(self) -> bool {
        self.inside().is_some_and(|inside| inside.free)
    }

    /// Whether entries begin with an address.
    #[must_use]
    pub fn holds_addresses(self) -> bool {
        self.inside().is_some_and(|inside| inside.addresses)
    }
}
