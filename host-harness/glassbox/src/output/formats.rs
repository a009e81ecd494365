//! The formats of `glassbox score`.

use super::{csv, document, format::Format, ndjson, table};

/// The formats, the default one first.
pub const FORMATS: [&Format; 4] = [&table::FORMAT, &document::FORMAT, &ndjson::FORMAT, &csv::FORMAT];

/// The format of this name.
#[must_use]
pub fn named(name: &str) -> Option<&'static Format> {
    FORMATS.into_iter().find(|format| format.name == name)
}

#[cfg(test)]
mod tests {
    use super::{FORMATS, named};

    #[test]
    fn every_format_is_found_by_its_name() {
        for format in FORMATS {
            assert_eq!(named(format.name).map(|found| found.about), Some(format.about));
        }
        assert!(named("xml").is_none());
    }
}
