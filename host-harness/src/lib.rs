//! The SIEM runtime around a detection plugin, and the `glassbox` command.
//!
//! It owns all input and output, and knows no rule: what it reports came through the component.
//!
//! Invariants: never links the matcher, the record reader or the plugin; generated bindings stay in
//! `sandbox::bindings`; `unsafe` is written in `sandbox::cache` alone.

pub mod cli;
pub mod commands;
pub mod embedded;
pub mod exit;
pub mod limits;
pub mod output;
pub mod packs;
pub mod report;
pub mod rule_test;
pub mod run;
pub mod sandbox;
pub mod source;
pub mod starter;
pub mod state_file;
pub mod time;
