//! Checks of what others made: whether a plugin keeps the contract (`certify`), and whether rules hit what they must and
//! nothing else (`rule_test`).
//!
//! It never scores records for anybody, never keeps a state, and writes no report: verdicts are values.

pub mod certify;
pub mod rule_test;
