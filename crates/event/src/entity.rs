//! What an event is about, from its canonical fields.

use glassbox_finding::Entity;
use glassbox_maps::roles;

use crate::parts::Parts;

/// More than anybody reads.
const ENTITIES_MAX: usize = 16;
/// A longer text names nothing.
const NAME_BYTES_MAX: usize = 256;

pub(crate) fn of(parts: &Parts<'_>) -> Vec<Entity> {
    let mut entities: Vec<Entity> = Vec::new();
    for &(slot, kind) in &parts.layout.own.entities {
        for text in parts.texts(slot) {
            let name = text.trim();
            // An object may be where a name is looked for.
            if name.len() > NAME_BYTES_MAX || roles::is_nothing(name) || name.starts_with(['{', '[']) {
                continue;
            }
            let known = entities.iter().any(|known| known.kind == kind && known.name.eq_ignore_ascii_case(name));
            if !known && entities.len() < ENTITIES_MAX {
                entities.push(Entity { kind, name: name.to_owned() });
            }
        }
    }
    entities
}
