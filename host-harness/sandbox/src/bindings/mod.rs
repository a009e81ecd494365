//! The contract as the host sees it: one module a version, whose generated types go no further than the sandbox.
//!
//! A component's version is read from its exports before it is compiled. When a second version is released, the types that
//! instances hold become an enum with a variant for each.

mod v0_2;

pub(super) use v0_2::{Origins, PluginBindings, PluginPre, batch};

/// The versions of the contract that this host runs.
pub(super) const VERSIONS: [&str; 1] = [v0_2::VERSION];
