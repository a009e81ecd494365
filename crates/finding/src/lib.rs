//! What a plugin says, as plain types with their JSON form, and the checks that make it trustworthy.
//!
//! The guest builds these types, the host checks them with the same code, and everything after (output, explanation,
//! evaluation) speaks them. They mirror the contract in `wit/`, where every field is described with its unit.
//!
//! Invariants: knows nothing of any plugin, pack or rule language; no input or output.

pub mod limits;
mod place;
mod types;

pub use place::{Encoding, Place, Span, TextPlace};
pub use types::*;
