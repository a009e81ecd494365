//! The guest's allocator, and the comparison of memory that the compiler calls.
//!
//! The logic is safe code over plain numbers and slices and is tested natively: [`blocks`] decides which block an
//! allocation gets, [`compare`] how two stretches of memory differ. In the WebAssembly build, and only there, `global`
//! and `symbols` put the two behind what the compiler asks for: a global allocator and the symbols `memcmp` and `bcmp`.
//! A crate that is built for the guest and names this one gets both.
//!
//! Invariants: no dependencies; natively this crate changes nothing; `unsafe` occurs in `global`, `symbols`, and where
//! `compare` loads sixteen bytes at once.

pub mod blocks;
pub mod compare;
#[cfg(target_arch = "wasm32")]
mod global;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod symbols;
