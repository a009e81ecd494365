//! What the lanes of other engines share: the protocol, the framing of records, the routing that they are given.

// The protocol's one definition; see there.
#[path = "../../bench/src/lane.rs"]
pub mod lane;
pub mod routing;
pub mod sonic;

use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// The allocator's name, as a lane reports it.
pub const ALLOCATOR_NAME: &str = "mimalloc";

/// The compiler, as a lane reports it.
pub const COMPILER: &str = env!("HEAD_TO_HEAD_RUSTC");

/// The records of an input: its lines, without their ends, that are not blank.
pub fn records(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        loop {
            if rest.is_empty() {
                return None;
            }
            let end = memchr::memchr(b'\n', rest);
            let (line, after) = end.map_or((rest, &[][..]), |end| (&rest[..end], &rest[end + 1..]));
            rest = after;
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if !line.iter().all(u8::is_ascii_whitespace) {
                return Some(line);
            }
        }
    })
}
