//! What a run says, in the forms that people and programs read. Standard output only; talk goes to standard error.
//!
//! A finding is rendered from itself and from what the pack tells of its rules and terms; the plugin is never asked
//! again. Text of records and plugins is cleaned before it meets a terminal.

pub mod certificate;
pub mod csv;
pub mod document;
pub mod format;
pub mod formats;
pub mod html;
pub mod json;
pub mod junit;
pub mod ndjson;
pub mod summary;
pub mod table;
pub mod terminal;
pub mod test_report;
pub mod text;
pub mod why_not;

pub use terminal::Terminal;

#[cfg(test)]
mod tests;
