//! What a plugin says, as plain types with their JSON form, and the checks that make it trustworthy.
//!
//! The guest builds these types, the host checks them with the same code, and everything after (output, explanation,
//! evaluation) speaks them. They mirror the contract in `wit/`, where every field is described with its unit.
//!
//! Invariants: knows nothing of any plugin, pack or rule language; no input or output.

mod check;
mod errors;
mod fact;
pub mod limits;
mod log;
mod role;
mod size;
mod text;
mod types;

pub use check::{
    AbsenceFault, AccountFault, Checker, EvidenceFault, Violation, check, check_evidence, check_explanation,
    check_shape, check_sum,
};
pub use errors::*;
pub use fact::{Fact, Observation, Scope};
pub use glassbox_predicate::{Encoding, Operator, Place, Predicate, Span, TextPlace};
pub use log::{log2_65536ths, log2_thousandths};
pub use role::Role;
pub use size::fit;
pub use text::{cut, quote};
pub use types::*;
