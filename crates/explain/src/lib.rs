//! Findings in words: what is known of rules and terms, the headline, the explanation in full, numbers and times as people
//! read them, and text of unknown origin made safe to show.
//!
//! Every form of output says these words. Nothing here knows the runtime, a terminal or a file, and the plugin is never asked.

pub mod clean;
pub mod explained;
pub mod headline;
pub mod knowledge;
pub mod numbers;
pub mod predicate;
pub mod reason;
pub mod time;
pub mod values;
pub mod words;

pub use explained::Explained;
pub use knowledge::{Knowledge, RuleNote, Technique};
