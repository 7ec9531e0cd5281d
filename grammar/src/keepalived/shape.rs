//! What may stand in each block, as the tree builder needs it: an index over the keyword tables.
//!
//! Invariants: built once from the tables, so it cannot disagree with them.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::index::Index;
use crate::keepalived::tables;

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
pub enum Shape {
    /// A setting.
    Leaf,
    /// A keyword that needs a body.
    Block(Body),
}

/// What a block may contain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Body(usize);

struct Inside {
    free: bool,
    addresses: bool,
    words: Index,
    shapes: Vec<Shape>,
}

/// The index.
pub struct Shapes {
    blocks: Vec<Inside>,
}

/// The index over all tables.
pub fn shapes() -> &'static Shapes {
    static SHAPES: OnceLock<Shapes> = OnceLock::new();
    SHAPES.get_or_init(Shapes::new)
}

impl Shapes {
    fn new() -> Self {
        let entries = tables::catalogue();
        let mut paths: HashMap<String, usize> = HashMap::from([("root".to_owned(), 0)]);
        let path_of = |block: &str, name: &str| match block {
            "root" => name.to_owned(),
            _ => format!("{block}/{name}"),
        };
        for entry in entries.iter().filter(|entry| entry.opens_block) {
            let next = paths.len();
            paths
                .entry(path_of(entry.block, entry.name))
                .or_insert(next);
        }
        let mut blocks: Vec<Inside> = Vec::new();
        blocks.resize_with(paths.len(), || Inside {
            free: false,
            addresses: false,
            words: Index::new([]),
            shapes: Vec::new(),
        });
        let mut words: Vec<Vec<(&'static str, u32)>> = vec![Vec::new(); blocks.len()];
        for entry in &entries {
            let path = path_of(entry.block, entry.name);
            let child = paths.get(&path).copied().filter(|_| entry.opens_block);
            // A root-level `track_file` holds settings, the one in an instance a list.
            let list = |names: &[&str]| {
                let settings = entry.name == "track_file" && entry.block == "root";
                names.contains(&entry.name) && !settings
            };
            let shape = child.map_or(Shape::Leaf, |child| {
                blocks[child].free = list(FREE);
                blocks[child].addresses = list(ADDRESSES);
                Shape::Block(Body(child))
            });
            if let Some(&owner) = paths.get(entry.block) {
                let number = u32::try_from(blocks[owner].shapes.len()).unwrap_or(u32::MAX);
                blocks[owner].shapes.push(shape);
                let names = core::iter::once(entry.name).chain(entry.aliases.iter().copied());
                words[owner].extend(names.map(|name| (name, number)));
            }
        }
        for (block, words) in blocks.iter_mut().zip(words) {
            block.words = Index::new(words);
        }
        Self { blocks }
    }

    /// The top level.
    #[must_use]
    pub const fn root(&self) -> Body {
        Body(0)
    }

    /// Whether the keyword splits its text itself, with quotes and escapes.
    #[must_use]
    pub fn is_script(&self, word: &str) -> bool {
        self.is_command(word) || word == "regex"
    }

    /// Whether the keyword's text is a command.
    #[must_use]
    pub fn is_command(&self, word: &str) -> bool {
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
}

impl Body {
    fn inside(self) -> Option<&'static Inside> {
        shapes().blocks.get(self.0)
    }

    /// What the word is here; none when it is unknown.
    #[must_use]
    pub fn shape(self, word: &str) -> Option<Shape> {
        let inside = self.inside()?;
        let number = inside.words.get(word)?;
        inside.shapes.get(number as usize).copied()
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
