//! Sigma rules: the rule set that a pack carries, and the compiler that makes it from YAML.
//!
//! A rule set is data: fields, predicates on them, and conditions over predicates. How it is matched fast is the
//! business of `matcher`; what a predicate means, of `predicate`.
//!
//! # Decisions
//!
//! Sigma is read as its specification 2.1 has it. Where that is silent or engines disagree, this is what the compiler
//! decides: as SigmaHQ's own tooling (pySigma 2.0) does, but for the rows marked *here*. Each row has a test.
//!
//! Values:
//!
//! | question | decision |
//! |---|---|
//! | `\*`, `\?`, `\\` | stand for `*`, `?` and one backslash; a backslash before anything else stands for itself |
//! | a list in the record | holds when any element does |
//! | `field: null` | holds when the field is absent or null |
//! | `field: ''` | holds when the field is present and empty |
//! | an absent field | satisfies nothing but `null` and `exists: false`; so a negated filter on it suppresses nothing |
//! | letter case | is ignored, one character for one character, unless `cased` or `re` without `i` |
//! | numbers and booleans | are compared as text, ignoring case, so `4688` fits `"4688"` and `true` fits `"True"` |
//! | `1.0` | is also `1`; other fractions are compared as JSON writes them and as the rule does |
//! | `0x100` without quotes | is `256`, and `0x100` as text |
//! | a text modifier on a number not written in plain decimal, such as `0x100` or `1.10` | is rejected |
//! | integers of any length | keep every digit; fractions from 2^53 on are rejected |
//! | `yes`, `no`, `on`, `off` without quotes | are rejected (*here*): booleans to YAML 1.1, text to YAML 1.2; `exists` takes them |
//! | `0777`, `0b1`, `1_000`, `12:30`, `1e5` without quotes | are rejected (*here*): YAML 1.1 and 1.2 read different things |
//! | `00000429` without quotes | is text |
//! | a date without quotes | is rejected |
//! | an empty list of values | is rejected (*here*): the tooling takes it for null, which is hardly what was meant |
//! | a mapping or list as value | is rejected |
//! | a key that occurs twice | is rejected (*here*): other parsers keep the last and drop a part of the rule |
//! | anchors, aliases, `<<` | are followed; an anchor on nothing is rejected (*here*): `&x` was meant as text |
//! | bytes that are not UTF-8 or UTF-16 | reject the rule where matching needs them, else are warned of |
//!
//! Keywords:
//!
//! | question | decision |
//! |---|---|
//! | a keyword | is found anywhere in any value of the record, not only as a whole value |
//! | modifiers on keywords | all that do not speak of a field; with `startswith` or `endswith` it is a value's beginning or end |
//! | null as keyword | is rejected |
//! | a list of keywords, mappings and lists | any of them |
//!
//! Modifiers:
//!
//! | question | decision |
//! |---|---|
//! | order | each modifier works on what the one before it made |
//! | `re`, `cidr`, `exists` | come first; two comparisons on one line exclude each other (*here*) |
//! | `re` | is searched for, unanchored, as PCRE means it (with UTF, without UCP: `\w` is ASCII's) |
//! | look-around, references, possessive quantifiers and what else takes more than linear time | is rejected by name and place |
//! | `re` with `startswith`, `endswith` | the match begins, or ends, where the value does |
//! | `neq` | the line does not hold: an absent field is not equal, and several values are none of them |
//! | `exists: true` | holds when the field is present, null included |
//! | `gt gte lt lte` | compare numbers exactly; text that is no number satisfies none of them |
//! | text modifiers on numbers, `gt` on a quoted number | take it for what it looks like (*here*); the tooling rejects it |
//! | `windash` | each dash that begins a word may be `-`, `/`, en dash, em dash or horizontal bar; up to 1,024 ways (*here*) |
//! | `all` with `windash` or `base64offset` | each value in any of its forms |
//! | `wide`, `utf16le` | UTF-16 little-endian; `utf16be` big-endian; `utf16` little-endian behind a byte order mark |
//! | what `base64` and `base64offset` make | is compared with its case |
//! | `base64offset` of a value too short for an offset | is rejected (*here*): an empty text is in every value |
//! | encodings of wildcards before base64, or of placeholders | are rejected |
//! | `minute hour day week month year` | the part of a time as it is written, no zone converted, in any form that records have; weeks as in ISO 8601 |
//! | `hour` and the like before `gt gte lt lte` | compare the part |
//! | `fieldref` | compares with any value of the other field; after it `contains`, `startswith`, `endswith` |
//! | `cidr` with host bits set | they do not count (*here*); the tooling rejects it |
//! | an unknown modifier | is rejected by name, with those that there are |
//!
//! Conditions and documents:
//!
//! | question | decision |
//! |---|---|
//! | operators | are words in lower case; `not` binds closest, then `and`, then `or` |
//! | `N of` | any number (*here*); the tooling knows 1, `any` and `all` |
//! | `them` and patterns | leave out selections whose name begins with `_`, unless the pattern does so too |
//! | a pattern that fits no selection | is rejected |
//! | a list of conditions | any of them |
//! | aggregations, `near` | are rejected by name |
//! | `timeframe` without them | is warned of |
//! | a correlation | is rejected, as none is read yet |
//! | a rule that only correlations refer to | is rejected with them, unless one of them (*here*) says `generate: true` |
//! | a rule without logsource, title or condition | is rejected |
//! | a list in a logsource | the rule is loaded once for each value (*here*); the tooling rejects it |
//! | another attribute of a logsource than product, category, service, definition | is warned of; alone it is rejected, unless a pipeline changes the logsource (*here*) |
//! | a filter whose logsource has such an attribute | is for rules that have it too |
//! | a rule without an id | is known by its file's path as the pack has it and its position there |
//! | two rules with one id | the second is rejected, unless a collection gives them the id: then it is `id#2` |
//! | a file without `detection`, `logsource`, `correlation`, `filter` and `action` | is passed over, not rejected |
//! | `action: global` | its entries win over those of the rules behind it; `repeat` changes the rule before; `reset` ends both |
//! | broken YAML | ends the file: what follows it may lack what the broken part said |
//!
//! Filters, pipelines and placeholders:
//!
//! | question | decision |
//! |---|---|
//! | a filter | is put upon rules whose logsource says all that its own does, by id or name, or `any`; before pipelines |
//! | several pipelines | go by priority, then by name of file; later variables win |
//! | steps about query text, Python functions, files and addresses | are refused by name and line |
//! | `allowed_backends`, `postprocessing`, `finalizers` | are warned of, and the rest of the pipeline is used (*here*) |
//! | `set_state` with a list | equals no single value; `in` and `not_in` ask for its members |
//! | a field mapped to several | any of them; with `neq` none of them (*here*) |
//! | values behind `windash` and `base64offset` | are changed like others (*here*) |
//! | `hashes_fields` on a digest of no listed kind | rejects the rule (*here*): the tooling drops the value |
//! | `regex` | matches whole values, as the text did |
//! | lines that a pipeline drops | leave the condition; if nothing is left, the rule is rejected |
//! | placeholders without a value after all pipelines | get the operator's; without those the rule is rejected by name |
//! | a placeholder's value | may hold wildcards; in an expression it is a part of the expression |
//!
//! Limits that a rule is rejected beyond: [`limits`], `REGEX_BYTES_MAX`, `REGEX_STATES_MAX` and `REGEX_STEPS_MAX` of
//! `glassbox_predicate` for one regular expression, `compile::LOGSOURCE_STEPS_MAX` for those that one record may meet,
//! `compile::REGEXES_BYTES_MAX` for those of all rules together.
//!
//! Invariants: no input or output; a decoded rule set has every index in range and no cycle.

#[cfg(feature = "compile")]
pub mod compile;
mod metadata;
mod set;

pub use metadata::{Alternatives, Level, Origin, OriginKind, RuleMetadata, Status};
pub use set::{FieldPredicate, Filter, Item, Node, Rule, RuleFilter, RuleSet, RuleSetError, limits};
