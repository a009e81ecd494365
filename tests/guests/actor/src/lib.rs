//! A plugin that does what a record tells it: mostly what no plugin should.
//!
//! A record names a deed by a word that begins with `!`, at its beginning or in a JSON string, and may follow it by a
//! blank and a number, `N` below. The pack must be the one in `tests/guests/pack`: item 0, predicate 0 of its rule 0 is
//! `contains '!'` in any value, that of its rule 1 is the absence of `Computer`, which is field 0; filter 0 takes hits of
//! rule 1 away; the model has base -200 and gives 700 points for bin 1 of term 0. The actor does not look at the pack, so
//! its summary of it is empty.
//!
//! | record | what `read` does |
//! |---|---|
//! | `!loop` | never ends |
//! | `!eat` | takes memory until there is none |
//! | `!trap` | panics |
//! | `!recurse` | calls itself without end |
//! | `!recurse-wide` | the same, with more in its frames than their part of linear memory holds |
//! | `!huge` | returns notes of 3 MiB |
//! | `!large` | with other records it is too much to return at once; alone it is quiet |
//! | `!unscored` | the record is not scored: malformed at byte 0 |
//! | `!outside` | the record is outside the time window |
//! | `!suppressed` | filter 0 took a hit of rule 1 away |
//! | `!undecided` | rule 0 was not decided |
//! | `!nonsense-account` | the record is outside the window, and noted all the same |
//! | `!nonsense-unscored` | the record is not scored, because of a byte after its end |
//! | `!class-of` | the record's class does not exist |
//! | `!class-none` | the record has no class, and is scored |
//! | `!class-map` | the record's class names a source map that does not exist |
//! | `!classes` | there are 1,001 classes |
//! | `!times` | one time is missing |
//! | `!note-ends` | the end of the last note lies beyond the notes |
//! | `!note-missing` | there is one note less than there are noted records |
//! | `!suppressed-rule`, `!suppressed-filter` | a hit of an unknown rule, or an unknown filter |
//! | `!suppressed-record` | a hit in a record after the batch |
//! | `!undecided-rule` | an unknown rule was not decided |
//!
//! | record | what `judge` does |
//! |---|---|
//! | `!find` | a good finding |
//! | `!judge-trap` | panics |
//! | `!judge-loop` | never ends |
//! | `!judge-lose` | forgets the record |
//! | `!judge-quiet` | counts one quiet record too many |
//! | `!judge-large` | with other notes it is too much to return at once; alone it is found |
//! | `!nonsense-sum` | a finding whose points do not add up |
//! | `!nonsense-base` | a finding with another base than the model's, whose points add up |
//! | `!nonsense-points` | a finding with other points than the bin's, which add up |
//! | `!nonsense-probability` | a finding that is more than certain |
//! | `!nonsense-interval` | a finding whose probability lies outside its interval |
//! | `!nonsense-evidence` | a finding with evidence outside the record |
//! | `!nonsense-place` | a finding with evidence at a place whose text does not satisfy the predicate |
//! | `!nonsense-absent` | a finding with evidence of an absence, of a predicate that needs a value |
//! | `!nonsense-steps` | a finding with evidence at a place of 6 steps |
//! | `!nonsense-subject` | a finding about a record that it does not come from |
//! | `!nonsense-total` | a finding that counts a rule more than it lists |
//! | `!twice` | a finding that lists a hit twice |
//! | `!unknown-rule`, `!unknown-item`, `!unknown-predicate`, `!unknown-term`, `!unknown-bin`, `!unknown-field`, `!unknown-evidence`, `!unknown-missing` | a finding that names what does not exist |
//! | `!rule N` | a finding of rule N, with evidence of its item 0, predicate 0 |
//! | `!absent N` | the same, with evidence of an absence |
//! | `!entity N` | a good finding about a host, whose name is the value of `Computer`; field N |
//! | `!entity-outside` | the same, with a name outside the record |
//! | `!field N` | a good finding that quotes the same value; field N |
//! | `!role N` | a good finding with evidence that field N has this value |
//! | `!alert` | an alert's finding, without rules: its name is the value that holds the deed |
//! | `!alert-outside` | the same, with a name outside the record |
//! | `!frame` | a finding with evidence in the frame's first byte: good if that is `!` |
//! | `!frame-outside` | a finding with evidence outside the frame |
//! | `!other` | a finding with evidence in the first byte of the record judged before: good if that is `!` |
//! | `!other-outside` | a finding with evidence outside that record |
//! | `!other-unknown` | a finding with evidence in a record that is not there yet |
//! | `!same-act` | a good finding of the same act as the record judged before |
//! | `!same-act-self`, `!same-act-later` | a finding of the same act as itself, or as a record that is not there yet |
//! | `!window` | a good finding about a window: the record judged before and this one |
//! | `!window-group N` | the same; what they have in common is the host `Computer`, field N |
//! | `!window-and-find` | a good finding, and after it a good one about such a window |
//! | `!window-before-find` | the same two in the wrong order |
//! | `!window-group-outside` | a finding about a window whose host lies outside the record |
//! | `!window-backwards` | a finding about a window that ends before it begins |
//! | `!window-long` | a finding about a window of 65 records |
//! | `!window-unknown` | a finding about a window with a record that is not there yet |
//! | `!window-unordered` | a finding about a window whose records do not ascend |
//! | `!window-count` | a finding about a window that counts less records than it names |
//!
//! | record | what `advance` does at the end of input |
//! |---|---|
//! | `!end` | a good finding about a window of this record alone, with evidence in it |
//! | `!end-own` | the same, with evidence in the own record, which there is none |
//! | `!end-trap` | panics |
//! | `!end-loop` | never ends |
//! | `!end-quiet` | counts a quiet record, though none was judged |
//!
//! | record | what `view` does |
//! |---|---|
//! | `!view-missing` | leaves the last record out |
//! | `!view-outside` | gives a value outside the record, of the first field asked for |
//!
//! To every other record it says *quiet*. It notes every record but those that are unscored or outside, and its state
//! begins with the number of records judged, eight bytes, little-endian: after any fault it is the number of those whose
//! notes stayed. In `view` it gives the value of `Computer` for every field asked for, where the record has one.
//!
//! A record `{"a":"{\"a\":\"!find\"}"}` carries another, so that the evidence is at a place of two steps; further ones
//! make as many steps, up to any number. A record that begins with `@MICROSECONDS ` has that time. A record that begins
//! with `{` is read by the map `json`, any other by `text`. Do not take this plugin as an example.

#[cfg(target_arch = "wasm32")]
mod actor;
#[cfg(target_arch = "wasm32")]
mod deed;
#[cfg(target_arch = "wasm32")]
mod finding;
#[cfg(target_arch = "wasm32")]
mod note;
