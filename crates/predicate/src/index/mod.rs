//! Finds all literals of many predicates in a text at once.
//!
//! - Whole values by hash.
//! - Endings that begin with the value's last path separator (`\name.exe`) by hash: the commonest kind of all.
//! - Other beginnings and endings by a hash of as many of their outermost bytes as `EDGES` says.
//! - `name=value` by a hash of what follows the equals sign, where there are many: the hashes of programs.
//! - Everything else by windows of a few bytes that are rare among the literals: a mark says whether any literal has the
//!   window at a position of the text, and only then it is compared. Of long literals so many windows are known that only
//!   every fourth position needs a look, of medium ones every other.
//!
//! Text and literals are compared folded. What a hash or window brings together is only literals of the index, and they
//! are known by what few of them share, so no text can make a lookup long.

mod rarity;
mod scan;
mod table;
#[cfg(test)]
mod tests;

use memchr::memmem;

use crate::{Literal, Placed, ascii::is_ascii};

pub use rarity::commonness;

use rarity::{WindowCounts, rarest_run, rarest_window};
use scan::{Grams, Windows};
use table::Table;

/// Finds literals.
#[derive(Debug, Default)]
pub struct Index {
    /// The folded literals, one after another.
    text: Vec<u8>,
    needles: Vec<Needle>,
    whole: Table<u64, u32>,
    tails: Table<u64, u32>,
    /// By their first and by their last bytes, as many of them as `EDGES` says.
    starts: [Table<u64, Entry>; EDGES.len()],
    ends: [Table<u64, Entry>; EDGES.len()],
    /// Those that may stand anywhere, by the bytes behind their first equals sign.
    assigned: Table<u64, Entry>,
    /// The others that may: long ones, medium and short ones, and those that only text beyond ASCII can hold.
    long: Long,
    medium: Medium,
    short: Windows,
    /// Short literals, where there are so few that each is looked for by itself.
    tiny: Vec<u32>,
    foreign: Windows,
    /// The longest literal looked up as a whole value, in bytes.
    whole_bytes_max: usize,
}

#[derive(Debug)]
struct Needle {
    number: u32,
    start: u32,
    length: u32,
    /// Whether the literal is only a part of what must hold, or its case counts.
    needs_test: bool,
}

/// A literal known by some of its bytes, and enough of the rest to tell it from most others at a glance.
#[derive(Clone, Copy, Debug, Default)]
struct Entry {
    needle: u32,
    /// Where the bytes that it is known by stand in the literal.
    back: u32,
    /// Where `probe` stands in the literal.
    probe_at: u32,
    /// Four bytes of the literal; of a shorter one nothing is left to tell.
    probe: Option<u32>,
}

/// Outermost bytes that beginnings and endings are known by: the most that the literal has.
const EDGES: [usize; 6] = [16, 8, 4, 3, 2, 1];
/// Bytes behind an equals sign that a literal is known by.
const ASSIGNED_BYTES: usize = 8;
/// So many literals may have the same bytes there.
const ASSIGNED_ALIKE_MAX: usize = 4;
/// So many literals with an equals sign are worth a look at each sign in a text.
const ASSIGNED_MANY: usize = 64;
/// Literals of seven bytes and more are looked for at every fourth position.
type Long = Grams<4, 4>;
/// Literals of four bytes and more are looked for at every other position.
type Medium = Grams<2, 3>;
/// So few short literals are looked for one by one.
const TINY_FEW: usize = 8;
/// Bytes of a window: as many as the literal has, and four of a longer one.
const WIDTHS: [usize; 4] = [4, 3, 2, 1];

/// Windows and their needles, for each of `WIDTHS`.
type ByWidth = [Vec<(u32, Entry)>; WIDTHS.len()];
/// Hashes of outermost bytes and their needles, for each of `EDGES`.
type ByEdge = [Vec<(u64, Entry)>; EDGES.len()];

impl Index {
    /// An index of these literals, each with the number that it is told by.
    #[must_use]
    pub fn new(literals: &[(u32, Literal)]) -> Self {
        let mut index = Self::default();
        let (mut whole, mut tails) = (Vec::new(), Vec::new());
        let (mut starts, mut ends): (ByEdge, ByEdge) = Default::default();
        let (mut short, mut foreign): (ByWidth, ByWidth) = Default::default();
        let (mut long, mut medium, mut tiny, mut assigned) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let assignments = Assignments::of(literals);
        let anywhere = literals.iter().filter(|(_, literal)| literal.place == Placed::Anywhere);
        let anywhere = anywhere.map(|(_, literal)| literal.text.as_bytes());
        let counts = WindowCounts::of(anywhere.clone(), 4);
        let medium_counts = WindowCounts::of(anywhere.filter(|literal| literal.len() < Long::BYTES_MIN), 3);
        for (number, literal) in literals {
            let Literal { text, place, needs_test } = literal;
            let needle = index.needles.len() as u32;
            let start = index.text.len() as u32;
            let bytes = text.as_bytes();
            index.text.extend_from_slice(bytes);
            index.needles.push(Needle { number: *number, start, length: bytes.len() as u32, needs_test: *needs_test });
            let width = bytes.len().min(4);
            if let Some((at, known_by)) = assignments.get(literal) {
                assigned.push((known_by, Entry::new(needle, bytes, at, ASSIGNED_BYTES)));
                continue;
            }
            match place {
                Placed::Whole => {
                    whole.push((hash(bytes), needle));
                    index.whole_bytes_max = index.whole_bytes_max.max(bytes.len());
                }
                Placed::End if is_tail(bytes) => tails.push((hash(bytes), needle)),
                Placed::Start | Placed::End => {
                    let Some(edge) = EDGES.iter().position(|&edge| edge <= bytes.len()) else { continue };
                    let (by_edge, at) = match place {
                        Placed::Start => (&mut starts, 0),
                        _ => (&mut ends, bytes.len() - EDGES[edge]),
                    };
                    let entry = Entry::new(needle, bytes, at, EDGES[edge]);
                    by_edge[edge].push((hash(&bytes[at..at + EDGES[edge]]), entry));
                }
                Placed::Anywhere if !bytes.is_ascii() => {
                    foreign[4 - width].push(window_entry(needle, bytes, rarest_window(bytes, width, &counts), width));
                }
                Placed::Anywhere if bytes.len() >= Long::BYTES_MIN => {
                    long.extend(rarest_run(bytes, 4, &counts).map(|at| window_entry(needle, bytes, at, 4)));
                }
                Placed::Anywhere if bytes.len() >= Medium::BYTES_MIN => {
                    medium.extend(rarest_run(bytes, 2, &medium_counts).map(|at| window_entry(needle, bytes, at, 3)));
                }
                Placed::Anywhere => tiny.push(window_entry(needle, bytes, 0, width)),
            }
        }
        if tiny.len() > TINY_FEW {
            for (window, entry) in tiny {
                short[4 - index.needles[entry.needle as usize].length as usize].push((window, entry));
            }
        } else {
            index.tiny = tiny.into_iter().map(|(_, entry)| entry.needle).collect();
        }
        index.whole = Table::new(whole);
        index.tails = Table::new(tails);
        index.starts = starts.map(Table::new);
        index.ends = ends.map(Table::new);
        index.assigned = Table::new(assigned);
        index.long = Grams::new(long);
        index.medium = Grams::new(medium);
        index.short = Windows::new(short);
        index.foreign = Windows::new(foreign);
        index
    }

    /// Whether there is nothing to find.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.needles.is_empty()
    }

    /// Gives the number of each literal that stands in `folded` where it must; with whether the predicate must still be
    /// tested. One number may be given more than once.
    #[inline]
    pub fn scan(&self, folded: &[u8], found: &mut impl FnMut(u32, bool)) {
        if folded.len() <= self.whole_bytes_max {
            self.look_up(&self.whole, folded, found);
        }
        if !self.tails.is_empty() {
            for separator in [b'\\', b'/'] {
                if let Some(at) = memchr::memrchr(separator, folded) {
                    self.look_up(&self.tails, &folded[at..], found);
                }
            }
        }
        for (number, width) in EDGES.into_iter().enumerate() {
            if folded.len() < width {
                continue;
            }
            if !self.starts[number].is_empty() {
                let entries = self.starts[number].get(hash(&folded[..width]));
                self.compare(entries, 0, folded, found);
            }
            if !self.ends[number].is_empty() {
                let at = folded.len() - width;
                let entries = self.ends[number].get(hash(&folded[at..]));
                self.compare(entries, at, folded, found);
            }
        }
        if !self.assigned.is_empty() {
            for sign in memchr::memchr_iter(b'=', folded) {
                if let Some(value) = folded[sign + 1..].first_chunk::<ASSIGNED_BYTES>() {
                    self.compare(self.assigned.get(hash(value)), sign + 1, folded, found);
                }
            }
        }
        self.long.scan(folded, |entries, at| self.compare(entries, at, folded, found));
        self.medium.scan(folded, |entries, at| self.compare(entries, at, folded, found));
        self.short.scan(folded, |entries, at| self.compare(entries, at, folded, found));
        for &needle in &self.tiny {
            let needle = &self.needles[needle as usize];
            if memmem::find(folded, self.literal(needle)).is_some() {
                found(needle.number, needle.needs_test);
            }
        }
        if !self.foreign.is_empty() && !is_ascii(folded) {
            self.foreign.scan(folded, |entries, at| self.compare(entries, at, folded, found));
        }
    }

    fn look_up(&self, table: &Table<u64, u32>, bytes: &[u8], found: &mut impl FnMut(u32, bool)) {
        for &needle in table.get(hash(bytes)) {
            let needle = &self.needles[needle as usize];
            if self.literal(needle) == bytes {
                found(needle.number, needle.needs_test);
            }
        }
    }

    /// Gives those of the needles, whose known bytes stand at a position, that stand there as a whole.
    ///
    /// Where a needle must stand follows from where its known bytes do: the outermost bytes of the text are looked up in
    /// tables of beginnings and endings alone.
    #[inline]
    fn compare(&self, entries: &[Entry], at: usize, folded: &[u8], found: &mut impl FnMut(u32, bool)) {
        for entry in entries {
            let Some(start) = at.checked_sub(entry.back as usize) else { continue };
            if let Some(probe) = entry.probe {
                let from = start + entry.probe_at as usize;
                let bytes = folded.get(from..).and_then(|rest| rest.first_chunk());
                if bytes.is_none_or(|bytes| u32::from_le_bytes(*bytes) != probe) {
                    continue;
                }
            }
            let needle = &self.needles[entry.needle as usize];
            if folded.get(start..start + needle.length as usize) == Some(self.literal(needle)) {
                found(needle.number, needle.needs_test);
            }
        }
    }

    fn literal(&self, needle: &Needle) -> &[u8] {
        &self.text[needle.start as usize..(needle.start + needle.length) as usize]
    }
}

impl Entry {
    /// An entry for a needle that is known by the bytes at a position. What lies farthest from them tells most.
    fn new(needle: u32, literal: &[u8], at: usize, width: usize) -> Self {
        let last = literal.len().saturating_sub(4);
        let probe_at = if last.saturating_sub(at) >= at { last } else { 0 };
        let probe = literal[probe_at..].first_chunk().filter(|_| literal.len() > width);
        let probe = probe.map(|bytes| u32::from_le_bytes(*bytes));
        Self { needle, back: at as u32, probe_at: probe_at as u32, probe }
    }
}

/// The literals that say what a name has, `name=value`, by what their value begins with.
struct Assignments(Vec<u64>);

impl Assignments {
    fn of(literals: &[(u32, Literal)]) -> Self {
        let mut hashes: Vec<u64> = literals.iter().filter_map(|(_, literal)| Some(Self::value(literal)?.1)).collect();
        if hashes.len() < ASSIGNED_MANY {
            hashes.clear();
        }
        hashes.sort_unstable();
        Self(hashes)
    }

    /// Where the value begins and a hash of its beginning, for a literal that is worth to be known by it.
    fn get(&self, literal: &Literal) -> Option<(usize, u64)> {
        let (at, hash) = Self::value(literal).filter(|_| !self.0.is_empty())?;
        let first = self.0.partition_point(|&other| other < hash);
        // Where many begin alike, each such beginning in a text would have to be compared with all of them.
        self.0.get(first + ASSIGNED_ALIKE_MAX).is_none_or(|&other| other != hash).then_some((at, hash))
    }

    fn value(literal: &Literal) -> Option<(usize, u64)> {
        let bytes = literal.text.as_bytes();
        let at = memchr::memchr(b'=', bytes).filter(|_| literal.place == Placed::Anywhere)? + 1;
        Some((at, hash(bytes[at..].first_chunk::<ASSIGNED_BYTES>()?)))
    }
}

/// A window of a needle, and the entry that it is known by.
fn window_entry(needle: u32, literal: &[u8], at: usize, width: usize) -> (u32, Entry) {
    (window_at(literal, at, width), Entry::new(needle, literal, at, width))
}

/// Whether a literal begins with a path separator and has no other of its kind.
fn is_tail(literal: &[u8]) -> bool {
    matches!(literal.first(), Some(&separator @ (b'\\' | b'/')) if memchr::memchr(separator, &literal[1..]).is_none())
}

#[inline]
fn window_at(bytes: &[u8], at: usize, width: usize) -> u32 {
    if let Some(window) = bytes[at..].first_chunk::<4>().filter(|_| width == 4) {
        return u32::from_le_bytes(*window);
    }
    bytes[at..at + width].iter().rev().fold(0, |window, &byte| window << 8 | u32::from(byte))
}

/// A hash of bytes; not for tables that text can be chosen to collide in.
#[must_use]
pub fn hash(bytes: &[u8]) -> u64 {
    let mut hash = bytes.len() as u64;
    let mut chunks = bytes.chunks_exact(8);
    for chunk in &mut chunks {
        let word = u64::from_le_bytes([chunk[0], chunk[1], chunk[2], chunk[3], chunk[4], chunk[5], chunk[6], chunk[7]]);
        hash = (hash.rotate_left(5) ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
    for &byte in chunks.remainder() {
        hash = (hash.rotate_left(5) ^ u64::from(byte)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
    // The last bytes reach the highest bits only, and tables go by the lowest.
    hash ^ hash >> 32 ^ hash >> 48
}
