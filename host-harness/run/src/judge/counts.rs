//! Counts by name, where the names are the plugin's: bounded in number and length, whatever it calls things.

use std::{borrow::Cow, collections::BTreeMap};

use glassbox_sandbox::clean;

/// Bytes of a name; a longer one is cut.
const NAME_BYTES_MAX: usize = 512;

/// The name under which everything beyond the bound is counted together.
pub(super) const FURTHER: &str = "further";

/// Counts `number` more of a name, of which there are at most `names_max`; further ones are added up in one.
pub(super) fn count(counts: &mut BTreeMap<String, u64>, name: &str, number: u64, names_max: usize) {
    let name = if name.len() > NAME_BYTES_MAX { Cow::Owned(clean(name, NAME_BYTES_MAX)) } else { Cow::Borrowed(name) };
    if let Some(counted) = counts.get_mut(&*name) {
        *counted += number;
        return;
    }
    let name = if counts.len() < names_max { name.into_owned() } else { FURTHER.to_owned() };
    *counts.entry(name).or_default() += number;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_bounded_and_nothing_goes_uncounted() {
        let mut counts = BTreeMap::new();
        for number in 0..10 {
            count(&mut counts, &format!("name {number}"), 2, 3);
            count(&mut counts, "name 1", 1, 3);
        }
        let expected = [("name 0", 2), ("name 1", 12), ("name 2", 2), (FURTHER, 14)];
        assert_eq!(counts, expected.map(|(name, number)| (name.to_owned(), number)).into());
        count(&mut counts, &"x".repeat(1 << 20), 1, 9);
        assert!(counts.keys().all(|name| name.len() <= NAME_BYTES_MAX + '…'.len_utf8()));
    }
}
