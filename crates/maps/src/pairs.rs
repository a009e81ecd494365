//! Event data of Windows events as pairs of name and text, which some readers of event logs write in JSON: each entry of
//! `Data` is an object that holds the name and the text. Such a text is at the path of its name: below `EventData`, the
//! text of `{"Data": [{"@Name": "Image", "#text": "x"}]}` is at `EventData`, `Image`.
//!
//! In XML it is the element `Data` within `EventData`: its text is at the name that its attribute `Name` gives.

use crate::path::{self, Container};

/// The object whose member pairs are in.
pub const PARENT: &str = "Event.EventData";
/// The key of pairs in it.
pub const KEY: &str = "Data";
/// Where a pair has its name, below the pair.
pub const NAMES: [&str; 4] = ["#attributes.Name", "@Name", "Name", "$.Name"];
/// Where a pair has its text, below the pair; `#text` counts as the pair itself, and texts that are the pair are its.
pub const TEXTS: [&str; 3] = ["Value", "_", "text"];

/// Which part of a pair a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The name.
    Name,
    /// The text.
    Text,
    /// Something else.
    Other,
}

/// Whether an object at this path, keys from the root, is a pair if it holds a name.
#[must_use]
pub fn may_be_pair(path: &[&str]) -> bool {
    in_event_data(path).is_some_and(|mut keys| keys.next() == Some(KEY) && keys.all(|key| key == "#text"))
}

/// Which part of a pair the value at this path is, keys from the root, where the object that holds it is a pair.
#[must_use]
pub fn part(path: &[&str]) -> Part {
    let Some(mut keys) = in_event_data(path) else { return Part::Other };
    if keys.next() != Some(KEY) {
        return Part::Other;
    }
    let is = |names: &[&str]| names.iter().any(|name| name.split('.').eq(keys.clone()));
    if is(&NAMES) {
        Part::Name
    } else if is(&TEXTS) || keys.clone().all(|key| key == "#text") {
        Part::Text
    } else {
        Part::Other
    }
}

fn in_event_data<'p>(path: &'p [&'p str]) -> Option<impl Iterator<Item = &'p str> + Clone + use<'p>> {
    path::tops(path).find(|(container, _)| *container == Container::EventData).map(|(_, keys)| keys)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_pairs() {
        let check = |path: &[&str], expected: Part| assert_eq!(part(path), expected, "{path:?}");
        check(&["Event", "EventData", "Data", "@Name"], Part::Name);
        check(&["EventData", "Data", "#attributes", "Name"], Part::Name);
        check(&["EventData", "Data", "#attributes.Name"], Part::Name);
        check(&["Event", "EventData", "Data", "#text"], Part::Text);
        check(&["Event", "EventData", "Data"], Part::Text);
        check(&["Event", "EventData", "Data", "Value"], Part::Text);
        check(&["Event", "EventData", "Data", "Other"], Part::Other);
        check(&["Event", "EventData", "Other", "Name"], Part::Other);
        check(&["winlog", "event_data", "Data", "Name"], Part::Other);
        check(&["Data", "Name"], Part::Other);
        let pairs: [&[&str]; 2] = [&["Event", "EventData", "Data"], &["EventData.Data"]];
        assert!(pairs.into_iter().all(may_be_pair));
        let others: [&[&str]; 4] = [&["Event", "EventData"], &["Data"], &["EventData", "Data", "x"], &[]];
        assert!(!others.into_iter().any(may_be_pair));
    }
}
