//! Record bytes to event: the schema is recognised, fields get their canonical names, the logsource is derived.
//!
//! A canonical name is the one that Sigma's public rules use. Which names records have for it, what schemas there are and
//! how logsources are derived is in `glassbox_maps`; here is how records are read by it. One pass over the record collects
//! the values that a reader's fields may be read from; nothing else is looked at, and no tree is built. Values are spans
//! of the record, decoded when their text is asked for.
//!
//! Not a log parser for everything: what it does not know it reads as plain JSON or as one line of text.
//!
//! Two rules about hostile records. Where keys are equal, every value counts: which of them a log's other readers take
//! is not known, so a rule that any of them satisfies holds. A key with dots is the path that it spells.
//!
//! Invariants: no input or output, no clock; no byte sequence makes it panic or take more than linear time; a value's
//! text is what its place says.

mod auditd;
mod buffers;
mod collect;
mod entity;
mod event;
mod form;
mod json;
mod layout;
mod leaves;
pub mod limits;
mod parts;
mod plan;
mod reader;
mod sink;
mod source;
mod strings;
mod syntax;
mod syslog;
mod text;
mod trie;
mod types;
mod xml;

pub use event::Event;
pub use glassbox_maps::Schema;
pub use reader::{Reader, Scratch};
pub use types::*;
