//! The account of every record: what `read` says of a batch.

use glassbox_finding::{Batch, Class, NO_CLASS, Reading, limits::CLASSES_MAX};
use glassbox_pack::directory::Directory;

/// Why a reading is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadingFault {
    /// A list that must have one entry for each record has another length.
    #[error("`{list}` has {count} entries for a batch of {records} records")]
    Count {
        /// Which list.
        list: &'static str,
        /// How many entries it has.
        count: usize,
        /// Records of the batch.
        records: usize,
    },
    /// More classes than there may be.
    #[error("there are {count} classes, more than {limit}")]
    TooManyClasses {
        /// How many.
        count: usize,
        /// The limit.
        limit: usize,
    },
    /// Two classes are equal.
    #[error("classes {first} and {second} are equal; list each class once")]
    EqualClasses {
        /// One.
        first: usize,
        /// The other.
        second: usize,
    },
    /// A class names a map that the plugin did not describe.
    #[error("class {class} names map {map}, and the plugin describes {maps} maps")]
    NoSuchMap {
        /// The class.
        class: usize,
        /// The map it names.
        map: u32,
        /// How many there are.
        maps: usize,
    },
    /// A class contradicts itself.
    #[error("class {class} is blind and not routed: only a record for which rules were considered can be blind")]
    BlindUnrouted {
        /// The class.
        class: usize,
    },
    /// A record of a class that is not listed, or an unscored one of a class.
    #[error("record {index} is {}, and its class is {class}", if *.is_unscored { "unscored" } else { "not unscored" })]
    Class {
        /// The record.
        index: usize,
        /// The class it names.
        class: u32,
        /// Whether it is unscored.
        is_unscored: bool,
    },
    /// A record without a time that has one.
    #[error("record {index} has no event time by its class, and its time is {time} and not 0")]
    Time {
        /// The record.
        index: usize,
        /// The time it has.
        time: i64,
    },
    /// A position beyond the batch.
    #[error("`{list}` names record {index} of a batch of {records} records")]
    OutOfRange {
        /// Which list.
        list: &'static str,
        /// The position.
        index: u32,
        /// Records of the batch.
        records: usize,
    },
    /// A list that does not ascend.
    #[error("`{list}` does not ascend at record {index}; list each record once, in order")]
    NotAscending {
        /// Which list.
        list: &'static str,
        /// The position that is not above the one before.
        index: u32,
    },
    /// A record in two lists that exclude each other.
    #[error("record {index} is in `{list}` and in another list that excludes it")]
    Twice {
        /// The second list.
        list: &'static str,
        /// The record.
        index: u32,
    },
    /// Reading stopped beyond the record's end.
    #[error("reading record {index} stopped at byte {at}, and the record has {bytes}")]
    Beyond {
        /// The record.
        index: u32,
        /// The byte it names.
        at: u32,
        /// The record's length.
        bytes: usize,
    },
    /// There is not one note for each noted record, or their ends are not ascending and within their bytes.
    #[error("the notes do not fit the {noted} noted records: end {position} is missing, too many or out of order")]
    Notes {
        /// Noted records.
        noted: usize,
        /// The first offending position.
        position: usize,
    },
    /// A rule that the pack does not have, or a filter that is not on the rule.
    #[error("`{list}` names rule {rule}{} for record {index}, and the pack has no such one", filter_text(.filter))]
    NoSuchRule {
        /// Which list.
        list: &'static str,
        /// The record.
        index: u32,
        /// The rule.
        rule: u32,
        /// The filter.
        filter: Option<u32>,
    },
    /// A rule was suppressed or left undecided on a record that was not scored.
    #[error("`{list}` names record {index}, which was not scored")]
    NotScored {
        /// Which list.
        list: &'static str,
        /// The record.
        index: u32,
    },
}

fn filter_text(filter: &Option<u32>) -> String {
    filter.map_or_else(String::new, |filter| format!(" with filter {filter}"))
}

/// What became of a record, in the order in which lists are checked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Quiet,
    Unscored,
    Outside,
    Noted,
}

/// Checks that a reading accounts for every record of its batch. `maps` is how many maps the plugin describes.
///
/// # Errors
/// The first thing that is not as it must be.
pub fn check_reading(batch: &Batch, reading: &Reading, maps: usize, directory: &Directory) -> Result<(), ReadingFault> {
    let records = batch.len();
    let count = reading.times.len();
    if count != records {
        return Err(ReadingFault::Count { list: "times", count, records });
    }
    check_classes(&reading.classes, reading.class_of.iter().copied(), records, maps)?;
    let mut fates = vec![Fate::Quiet; records];
    mark("unscored", reading.unscored.iter().map(|unscored| unscored.index), Fate::Unscored, &mut fates)?;
    mark("outside", reading.outside.iter().copied(), Fate::Outside, &mut fates)?;
    mark("noted", reading.noted.iter().copied(), Fate::Noted, &mut fates)?;
    for (index, fate) in fates.iter().enumerate() {
        let class = reading.class_of[index];
        let is_unscored = *fate == Fate::Unscored;
        if is_unscored != (class == NO_CLASS) {
            return Err(ReadingFault::Class { index, class, is_unscored });
        }
        let is_timed = reading.class(index).is_some_and(|class| class.timed);
        let time = reading.times[index];
        if !is_timed && time != 0 {
            return Err(ReadingFault::Time { index, time });
        }
    }
    for unscored in &reading.unscored {
        let bytes = batch.record(unscored.index as usize).len();
        if unscored.at as usize > bytes {
            return Err(ReadingFault::Beyond { index: unscored.index, at: unscored.at, bytes });
        }
    }
    let noted = reading.noted.len();
    let bad_end = reading.notes.first_bad_end();
    if let Some(position) = bad_end.or_else(|| (reading.notes.len() != noted).then_some(reading.notes.len().min(noted)))
    {
        return Err(ReadingFault::Notes { noted, position });
    }
    let suppressed = reading.suppressed.iter().map(|it| (it.index, it.rule, Some(it.filter)));
    check_rules("suppressed", suppressed, &fates, directory)?;
    let undecided = reading.undecided.iter().map(|it| (it.index, it.rule, None));
    check_rules("undecided", undecided, &fates, directory)
}

/// Checks classes, and that each record has one or none.
pub(crate) fn check_classes(
    classes: &[Class],
    class_of: impl ExactSizeIterator<Item = u32>,
    records: usize,
    maps: usize,
) -> Result<(), ReadingFault> {
    let count = class_of.len();
    if count != records {
        return Err(ReadingFault::Count { list: "class-of", count, records });
    }
    if classes.len() > CLASSES_MAX {
        return Err(ReadingFault::TooManyClasses { count: classes.len(), limit: CLASSES_MAX });
    }
    for (position, class) in classes.iter().enumerate() {
        check_class(position, class, maps)?;
    }
    let mut order: Vec<usize> = (0..classes.len()).collect();
    order.sort_by_key(|&position| &classes[position]);
    if let Some(pair) = order.windows(2).find(|pair| classes[pair[0]] == classes[pair[1]]) {
        return Err(ReadingFault::EqualClasses { first: pair[0], second: pair[1] });
    }
    for (index, class) in class_of.enumerate() {
        if class != NO_CLASS && class as usize >= classes.len() {
            return Err(ReadingFault::Class { index, class, is_unscored: false });
        }
    }
    Ok(())
}

/// Checks one class.
pub(crate) fn check_class(position: usize, class: &Class, maps: usize) -> Result<(), ReadingFault> {
    if class.map as usize >= maps {
        return Err(ReadingFault::NoSuchMap { class: position, map: class.map, maps });
    }
    if class.blind && !class.routed {
        return Err(ReadingFault::BlindUnrouted { class: position });
    }
    Ok(())
}

/// Marks the records of one list, of which none may be in another.
fn mark(
    list: &'static str,
    named: impl Iterator<Item = u32>,
    fate: Fate,
    fates: &mut [Fate],
) -> Result<(), ReadingFault> {
    let records = fates.len();
    let mut earlier = None;
    for index in named {
        if earlier.is_some_and(|earlier| index <= earlier) {
            return Err(ReadingFault::NotAscending { list, index });
        }
        earlier = Some(index);
        let known = fates.get_mut(index as usize).ok_or(ReadingFault::OutOfRange { list, index, records })?;
        if *known != Fate::Quiet {
            return Err(ReadingFault::Twice { list, index });
        }
        *known = fate;
    }
    Ok(())
}

/// Checks a list of records and rules: ascending, each rule once a record, each record scored.
fn check_rules(
    list: &'static str,
    named: impl Iterator<Item = (u32, u32, Option<u32>)>,
    fates: &[Fate],
    directory: &Directory,
) -> Result<(), ReadingFault> {
    let mut earlier = None;
    for (index, rule, filter) in named {
        if earlier.is_some_and(|earlier| (index, rule) <= earlier) {
            return Err(ReadingFault::NotAscending { list, index });
        }
        earlier = Some((index, rule));
        let records = fates.len();
        let fate = fates.get(index as usize).ok_or(ReadingFault::OutOfRange { list, index, records })?;
        if matches!(fate, Fate::Unscored | Fate::Outside) {
            return Err(ReadingFault::NotScored { list, index });
        }
        if !has_rule(directory, rule, filter) {
            return Err(ReadingFault::NoSuchRule { list, index, rule, filter });
        }
    }
    Ok(())
}

/// Whether the pack has a rule, with this filter on it.
pub(crate) fn has_rule(directory: &Directory, rule: u32, filter: Option<u32>) -> bool {
    let has_filter = |rule: &glassbox_rules::Rule| {
        filter.is_none_or(|filter| rule.filters.iter().any(|on_rule| on_rule.filter == filter))
    };
    directory.rule(rule).is_some_and(has_filter)
}
