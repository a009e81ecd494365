//! The integration tests, in one binary: modules share a compiled plugin and compiled packs.

mod component;
mod corpus;
mod evidence;
mod explanations;
mod graph;
mod lanes;
mod memory;
mod packs;
mod regression;
mod rivals;
mod same_bytes;
mod sandbox;
mod starter;
mod vectors;
