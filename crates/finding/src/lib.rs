//! What a plugin says, as plain types. They mirror the contract in `wit/`, where every field is described with its unit.
//!
//! The guest builds these types and the host checks them (`check`). Rules, fields, predicates, filters, terms and bins are
//! positions in the pack's directory, and everything that a record says is a place in its bytes: `report` joins names and
//! quotes.
//!
//! Invariants: knows no plugin, pack or rule language; no input or output.

mod errors;
mod fact;
pub mod limits;
mod logarithm;
mod role;
mod text;
mod types;

pub use errors::*;
pub use fact::{Fact, Observation, Scope};
pub use glassbox_predicate::{Encoding, Operator, Predicate, Span, TextPlace as Step};
pub use logarithm::{log2_65536ths, log2_thousandths};
pub use role::Role;
pub use text::{cut, quote};
pub use types::*;
