//! Sigma rules: the rule set that a pack carries, and the compiler that makes it from YAML.
//!
//! A rule set is data: fields, predicates on them, and conditions over predicates. How it is matched fast is the
//! business of `matcher`; what a predicate means, of `predicate`.
//!
//! Where the Sigma specification is silent or engines disagree, this is what the compiler decides:
//!
//! | question | decision |
//! |---|---|
//! | a keyword | is found anywhere in any value of the record, not only as a whole value |
//! | `field: null` | holds when the field is absent or null |
//! | `field: ''` | holds when the field is present and empty |
//! | `exists: true` | holds when the field is present, null included |
//! | an absent field | satisfies nothing but `null` and `exists: false`; so a negated filter on it suppresses nothing |
//! | a list in the record | holds when any element does |
//! | numbers and booleans | are compared as text, ignoring case, so `4688` fits `"4688"` and `true` fits `"True"` |
//! | `gt gte lt lte` | compare numbers exactly; text that is no number satisfies none of them |
//! | letter case | is ignored, one character for one character, unless `cased` or `re` without `i` |
//! | `re` | is searched for, unanchored, in the syntax of the `regex` crate (linear time; no look-around) |
//! | `N of them` | leaves out selections whose name begins with `_` |
//! | a list of conditions | any of them |
//! | `windash` | each dash that begins a word may be `-`, `/`, en dash, em dash or horizontal bar |
//! | a rule without an id | is known by its file's name and its position there |
//! | two rules with one id | the second is rejected |
//!
//! Invariants: no input or output; a decoded rule set has every index in range and no cycle.

#[cfg(feature = "compile")]
pub mod compile;
mod literal;
mod metadata;
mod set;

pub use literal::{Literal, Placed};
pub use metadata::{Level, RuleMetadata, Status};
pub use set::{FieldPredicate, Item, Node, Rule, RuleSet, RuleSetError, limits};
