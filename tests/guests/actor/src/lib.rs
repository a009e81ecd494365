//! A plugin that does what a record tells it: mostly what no plugin should.
//!
//! | record | what happens |
//! |---|---|
//! | `!find` | a good finding |
//! | `!loop` | `read` never ends |
//! | `!eat` | `read` takes memory until there is none |
//! | `!trap` | `read` panics |
//! | `!recurse` | `read` calls itself without end |
//! | `!recurse-wide` | the same, with more in its frames than their part of linear memory holds |
//! | `!huge` | `read` returns a body of 3 MiB |
//! | `!nonsense-account` | `read` counts one quiet record too many |
//! | `!nonsense-sum` | a finding whose points do not add up |
//! | `!nonsense-evidence` | a finding with evidence outside the record |
//! | `!nonsense-quote` | a finding with evidence that the record does not hold |
//! | `!nonsense-probability` | a finding more than certain |
//! | `!judge-trap` | `judge` panics |
//! | `!judge-loop` | `judge` never ends |
//! | `!judge-lose` | `judge` forgets the record |
//! | `!large`, `!judge-large` | with other records it is too much to return at once; alone it is quiet, or found |
//!
//! It takes any pack, and its state is the number of records judged. It is no example of how to write a plugin.

#[cfg(target_arch = "wasm32")]
mod actor;
