//! The names that a record gives its values, for values that are no field's of the pack.

use glassbox_finding::{TextPlace, Within};
use glassbox_maps::MapId;

use crate::tree::Tree;

/// The values of one record with their names, read as the checks read them.
#[derive(Debug)]
pub struct ValueNames<'r> {
    record: &'r [u8],
    tree: Tree,
}

impl<'r> ValueNames<'r> {
    /// Reads a record. `map` is the name of the map that the plugin read it by.
    #[must_use]
    pub fn read(record: &'r [u8], map: Option<&str>) -> Self {
        let mut tree = Tree::default();
        tree.read(record, map.and_then(MapId::of_name));
        Self { record, tree }
    }

    /// The keys from the record's root to the value at a place, with dots between. None where the record's syntax marks no
    /// value there, or where the value lies inside another text.
    #[must_use]
    pub fn name(&self, place: &TextPlace) -> Option<String> {
        if place.within != Within::Own || !place.further.is_empty() {
            return None;
        }
        let at = self.tree.whole(place.step.span).next()?;
        Some(self.tree.path(self.record, self.tree.values[at].node).join(".")).filter(|name| !name.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use glassbox_finding::{Encoding, Span, Step};

    use super::*;

    #[test]
    fn names_are_the_keys_of_the_record() {
        let check = |record: &str, value: &str, expected: Option<&str>| {
            let names = ValueNames::read(record.as_bytes(), None);
            let start = record.find(value).expect("in the record") as u32;
            let span = Span { start, end: start + value.len() as u32 };
            let place = TextPlace::from(Step { span, encoding: Encoding::Raw });
            assert_eq!(names.name(&place).as_deref(), expected, "{value} in {record}");
        };
        check(r#"{"a":{"b":["x","yy"]}}"#, "yy", Some("a.b"));
        check(r#"{"a\u002e":"zz"}"#, "zz", Some("a."));
        check(r#"{"a":"xyz"}"#, "y", None);
        check("type=EXECVE msg=audit(1:1): argc=2", "2", Some("argc"));
        check("some text", "text", None);
    }
}
