//! The integration tests, in one binary: modules share a compiled plugin and compiled packs.

mod authors;
mod certified;
mod component;
mod contract;
mod corpus;
mod deeds;
mod evidence;
mod explanations;
mod graph;
mod hits;
mod hostile;
mod hostile_data;
mod limits;
mod memory;
mod packs;
mod quarantine;
mod random;
mod reading;
mod regression;
mod rivals;
mod same_bytes;
mod sandbox;
mod sigmahq;
mod starter;
mod steering;
mod vectors;
