//! What tests compare Glassbox with.
//!
//! `sigma` makes rules and events of small alphabets, so that they collide; `naive` evaluates one rule on one event word
//! by word as the specification says, sharing no code with the engine; `rivals` asks other engines, and `ground` keeps
//! to what they are known to take as we do. `targets` holds the bodies of the fuzz targets: `tests/fuzz` gives them to libFuzzer, and a test of the workspace runs them on stable Rust.
//!
//! Nothing of it is part of Glassbox.

pub mod engine;
pub mod ground;
pub mod naive;
#[cfg(feature = "rivals")]
pub mod rivals;
pub mod sigma;
pub mod targets;
