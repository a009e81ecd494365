//! What can be in service: a plugin together with a pack, its model and its known answers; the plugin that is built with
//! this workspace; and the file that keeps a plugin's state from run to run.
//!
//! It never reads records, never runs anything, and knows neither the command line nor its words: errors are values.

pub mod embedded;
pub mod state_file;
