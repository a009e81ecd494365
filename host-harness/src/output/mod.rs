//! What a run says, in the forms that people and programs read. Standard output only; talk goes to standard error.
//!
//! A finding is rendered from itself and from what the pack tells of its rules and terms; the plugin is never asked
//! again. Text of records and plugins is cleaned before it meets a terminal.

pub mod clean;
pub mod csv;
pub mod explained;
pub mod headline;
pub mod html;
pub mod json;
pub mod junit;
pub mod knowledge;
pub mod numbers;
pub mod rank;
pub mod reason;
pub mod summary;
pub mod table;
pub mod terminal;
pub mod test_report;
pub mod text;
pub mod values;
pub mod why_not;
pub mod words;

pub use knowledge::{Knowledge, RuleNote, Technique};
pub use terminal::Terminal;

#[cfg(test)]
mod tests;
