//! Packs on the host: built from Sigma rules and a model, read for the texts that explain a finding, tried with known
//! answers, signed and verified.
//!
//! It never reads a record's source, never runs a stream of records, and knows no pack of its own: who has a starter brings
//! it along.
//!
//! Building needs the rule compiler, which parses YAML; scoring needs none of it and takes a pack as bytes.

mod building;
mod content;
mod folder;
mod known;
pub mod limits;
mod rule_files;
pub mod rule_inputs;
pub mod signing;

pub use building::{BuildError, Built, build, build_with_specimens};
pub use content::{ContentError, NotKnownAnswers, knowledge, metadata, model, read_known_answers, read_pack};
pub use folder::{FolderError, yaml_files_below};
pub use glassbox_pack::KnownAnswer;
pub use known::{KnownAnswerError, check_known_answers};
pub use rule_files::{NamedFile, RuleFileError, read_rule_files, read_rule_files_within};
pub use rule_inputs::RuleInputs;
