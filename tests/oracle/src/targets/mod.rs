//! The bodies of the fuzz targets: bytes in, a panic where something does not hold.
//!
//! | target | what the bytes are | what must hold |
//! |---|---|---|
//! | `record` | one record | it is read or refused at one of its bytes; values stand where they say; findings and explanations hold |
//! | `rules` | a file of rules | every rule is accounted for; what is loaded is sound, survives its encoding and can be matched |
//! | `pack` | a pack, or a rule set in one | it is refused, or records can be matched with it, and what is found holds |
//! | `matching` | rules and events of small alphabets | the engine says what a naive evaluation says |
//! | `finding` | a record and what a plugin says of it | the check says so in bounded time, and what it believes is true |

mod finding;
mod matching;
mod pack;
mod record;
mod rules;

pub use finding::finding;
pub use matching::{check as check_case, matching};
pub use pack::pack;
pub use record::record;
pub use rules::rules;

/// A target: it panics on an input that it finds wrong.
pub type Target = fn(&[u8]);

/// Every target by name.
pub const ALL: [(&str, Target); 5] =
    [("record", record), ("rules", rules), ("pack", pack), ("matching", matching), ("finding", finding)];
