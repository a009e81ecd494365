//! What the logs of products look like, as tables: schemas, the names of fields, logsources, and roles of fields.
//!
//! A canonical name is the one that Sigma's public rules use. The reader of records (`event`) goes by these tables when
//! it takes values for fields, and the host goes by them when it checks whether a value may be a field's; so neither has
//! another table.
//!
//! - [`MapId`]: which map a record was read with, a [`Schema`] and its [`Variant`].
//! - [`names`] and [`accepts`]: what a record of a map may call a field, and whether a path is one of those. The module
//!   [`path`] has the path language.
//! - [`markers`]: the keys by which a JSON record's schema and product are recognised.
//! - [`logsource`]: from channels, providers, event ids, programs and words to Sigma's product, service and category.
//! - [`roles`]: which fields name a host, a user, a program and so on, what entities they name, and which are quoted.
//!
//! ```
//! use glassbox_maps::{MapId, Schema, Variant, accepts, names};
//!
//! let map = MapId::with(Schema::WindowsFlat, Some(Variant::ProcessAudit));
//! assert!(accepts(map, "Image", &["NewProcessName"]));
//! assert!(!accepts(map, "Image", &["ParentProcessName"]));
//! assert!(accepts(MapId::of(Schema::WindowsNested), "Image", &["Event", "EventData", "Image"]));
//! assert!(names(map, "Image").any(|name| name.to_string() == "NewProcessName"));
//! ```
//!
//! Invariants: no input or output; nothing here looks at a record's bytes.

mod fields;
pub mod logsource;
pub mod markers;
mod origin;
pub mod pairs;
pub mod path;
pub mod roles;
mod schema;

pub use fields::{Alias, Ranked, TIME, accepts, aliases, names, own_places, places, rank};
pub use path::{CONTAINERS, Container, ContainerPath, Containers, Name, Place};
pub use schema::{MapId, Schema, Schemas, Variant};
