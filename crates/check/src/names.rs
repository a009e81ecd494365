//! Whether a value may be a field's: the answers of `glassbox_maps`, kept by path, as logs repeat a few paths for ever.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
};

use glassbox_maps::{MapId, places};

use crate::tree::{ROOT, Tree};

/// Bytes of the longest path that is held to a map. What is below a longer one is unchecked.
pub const PATH_BYTES_MAX: usize = 1024;
/// Bytes of paths and answers that are kept; when there are more, all are forgotten before the next record.
pub const NAMES_BYTES_MAX: usize = 4 << 20;
/// What a kept path or answer takes beside its bytes.
const ENTRY_BYTES: usize = 64;

/// How a path stands to a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// A value there is the field's, if no value of a lower rank is.
    Of(u8),
    /// It is none of the field's places.
    Foreign,
    /// It is longer than is looked at.
    TooLong,
}

/// The rank of a path that is none of a field's places.
const FOREIGN: u8 = u8::MAX;
/// The number of a path that is too long.
const TOO_LONG: u32 = u32::MAX;

/// What is known of paths.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// Neither is ever walked through, so their order does not matter.
    paths: HashMap<Box<[u8]>, u32>,
    ranks: HashMap<Asked, u8, BuildHasherDefault<Mixer>>,
    bytes: usize,
    buffer: Vec<u8>,
}

/// A path's number, and the positions of a field and a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Asked {
    path: u32,
    field: u32,
    map: u32,
}

/// A field in records of a map.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field<'d> {
    /// Its position in the directory.
    pub(crate) position: u32,
    pub(crate) name: &'d str,
    /// The position of the map in the plugin's list.
    pub(crate) map: u32,
    pub(crate) id: MapId,
}

impl Names {
    /// Forgets what is too much. Numbers in nodes lose their meaning: only for use before a record is read.
    pub(crate) fn begin(&mut self) {
        if self.bytes > NAMES_BYTES_MAX {
            self.paths.clear();
            self.ranks.clear();
            self.bytes = 0;
        }
    }

    /// How a node's path stands to a field; adds to `steps` what it took.
    pub(crate) fn standing(
        &mut self,
        field: Field<'_>,
        tree: &mut Tree,
        text: &[u8],
        node: u32,
        steps: &mut u64,
    ) -> Standing {
        *steps += 1;
        let path = match tree.nodes[node as usize].path {
            0 => {
                let path = self.path(tree, text, node, steps);
                tree.nodes[node as usize].path = path;
                path
            }
            path => path,
        };
        if path == TOO_LONG {
            return Standing::TooLong;
        }
        let asked = Asked { path, field: field.position, map: field.map };
        let rank = match self.ranks.get(&asked) {
            Some(&rank) => rank,
            None => {
                *steps += PATH_BYTES_MAX as u64;
                let keys = tree.path(text, node);
                let keys: Vec<&str> = keys.iter().map(|key| &**key).collect();
                let rank = rank(field, &keys);
                self.bytes += ENTRY_BYTES;
                self.ranks.insert(asked, rank);
                rank
            }
        };
        if rank == FOREIGN { Standing::Foreign } else { Standing::Of(rank) }
    }

    /// As `standing`, for a path below a carrier's: not kept.
    pub(crate) fn standing_below(field: Field<'_>, carrier: &[String], keys: &[std::borrow::Cow<'_, str>]) -> Standing {
        let keys: Vec<&str> = carrier.iter().map(String::as_str).chain(keys.iter().map(|key| &**key)).collect();
        if keys.iter().map(|key| key.len()).sum::<usize>() > PATH_BYTES_MAX {
            return Standing::TooLong;
        }
        match rank(field, &keys) {
            FOREIGN => Standing::Foreign,
            rank => Standing::Of(rank),
        }
    }

    /// The number of a node's path, plus 1.
    fn path(&mut self, tree: &Tree, text: &[u8], node: u32, steps: &mut u64) -> u32 {
        self.buffer.clear();
        let mut at = node;
        while at != ROOT {
            let node = tree.nodes[at as usize];
            let key = node.key.bytes(text);
            if self.buffer.len() + key.len() > PATH_BYTES_MAX {
                return TOO_LONG;
            }
            self.buffer.extend_from_slice(key);
            // What ends a key differs by how it is written, and its length says where it begins.
            self.buffer.push(node.key.encoding() as u8);
            self.buffer.extend_from_slice(&(key.len() as u16).to_le_bytes());
            at = node.parent;
        }
        *steps += self.buffer.len() as u64;
        if let Some(&known) = self.paths.get(&self.buffer[..]) {
            return known;
        }
        let number = self.paths.len() as u32 + 1;
        self.bytes += self.buffer.len() + ENTRY_BYTES;
        self.paths.insert(self.buffer.as_slice().into(), number);
        number
    }
}

/// The lowest rank of a field's places that a path is.
fn rank(field: Field<'_>, keys: &[&str]) -> u8 {
    let has = places(field.id, field.name).filter(|ranked| ranked.place.has(keys));
    has.map(|ranked| ranked.rank).min().unwrap_or(FOREIGN)
}

/// Mixes numbers that nobody outside chooses.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Mixer(u64);

impl Hasher for Mixer {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.write_u32(byte.into()));
    }

    fn write_u32(&mut self, number: u32) {
        let mixed = (self.0 ^ u64::from(number)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ mixed >> 29;
    }
}
