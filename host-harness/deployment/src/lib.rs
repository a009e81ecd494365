//! What can be in service: a plugin together with a pack, its model and its known answers; the plugin that is built with
//! this workspace; and the file that keeps a plugin's state from run to run.
//!
//! It never reads records, never runs anything, and knows neither the command line nor its words: errors are values.

mod deployment;
mod detector;
pub mod embedded;
mod error;
mod signed;
pub mod state_file;

pub use deployment::{Deployment, DeploymentError, StartError};
pub use detector::{PackSource, PluginSource, Sourced, child_compiler, find_pack, find_plugin, load};
pub use error::DeployError;
pub use signed::{Verified, installed, read_plugin, read_signed_kind, read_verified};
