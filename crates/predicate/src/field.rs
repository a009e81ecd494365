//! Comparing one field's values with another's, in time that grows with their bytes and not with their pairs.

use std::borrow::Cow;

use aho_corasick::AhoCorasick;

use crate::{Operator, fold};

/// The values of the other field of a comparison, made ready: a record can list thousands of values in both fields.
#[derive(Debug)]
pub struct OtherValues<'v> {
    operator: Operator,
    cased: bool,
    /// Sorted; backwards for endings. Where a part of the value is enough, none begins with another: the shorter one
    /// is found wherever the longer one is.
    values: Vec<Cow<'v, str>>,
    /// What finds several values anywhere in a text in one pass.
    several: Option<AhoCorasick>,
}

impl<'v> OtherValues<'v> {
    /// Makes the other field's values ready for an operator that compares fields.
    pub fn new(operator: Operator, cased: bool, others: impl IntoIterator<Item = impl Into<Cow<'v, str>>>) -> Self {
        let ready = |text: _| ready(operator, cased, Into::into(text));
        let mut values: Vec<_> = others.into_iter().map(ready).collect();
        values.sort_unstable();
        let shadows = |kept: &str, next: &str| match operator {
            Operator::SameAs => kept == next,
            _ => next.starts_with(kept),
        };
        values.dedup_by(|next, kept| shadows(kept, next));
        let several = (operator == Operator::ContainsField && values.len() > 1)
            .then(|| AhoCorasick::new(values.iter().map(|value| value.as_bytes())).ok())
            .flatten();
        Self { operator, cased, values, several }
    }

    /// Whether a value stands to any of them as the operator asks.
    #[must_use]
    pub fn suit(&self, value: &str) -> bool {
        let value = ready(self.operator, self.cased, Cow::Borrowed(value));
        match self.operator {
            Operator::SameAs => self.values.binary_search(&value).is_ok(),
            Operator::StartsWithField | Operator::EndsWithField => self.begin(&value),
            Operator::ContainsField => match &self.several {
                Some(several) => several.is_match(value.as_bytes()),
                None => self.values.iter().any(|other| value.contains(&**other)),
            },
            _ => false,
        }
    }

    /// Whether any of them begins the text. Of a sorted list in which none begins another, only the last one that is not
    /// greater than the text can.
    fn begin(&self, text: &str) -> bool {
        let position = self.values.partition_point(|known| **known <= *text);
        position > 0 && text.starts_with(&*self.values[position - 1])
    }
}

fn ready(operator: Operator, cased: bool, text: Cow<'_, str>) -> Cow<'_, str> {
    let folded = if cased { text } else { Cow::Owned(fold(&text).into_text()) };
    match operator {
        Operator::EndsWithField => Cow::Owned(folded.chars().rev().collect()),
        _ => folded,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(operator: Operator, cased: bool, value: &str, others: &[&str], expected: bool) {
        let found = OtherValues::new(operator, cased, others.iter().copied()).suit(value);
        assert_eq!(found, expected, "{operator:?} {value:?} {others:?}");
    }

    #[test]
    fn values_of_two_fields() {
        check(Operator::SameAs, false, "Anna", &["bob", "ANNA"], true);
        check(Operator::SameAs, true, "Anna", &["bob", "ANNA"], false);
        check(Operator::SameAs, false, "Anna", &["ann"], false);
        check(Operator::StartsWithField, false, "Anna", &["ann"], true);
        check(Operator::StartsWithField, false, "Anna", &["nna"], false);
        check(Operator::EndsWithField, false, "Anna", &["nna", "x"], true);
        check(Operator::EndsWithField, false, "Anna", &["ann"], false);
        check(Operator::ContainsField, false, "Anna", &["zz", "nn"], true);
        check(Operator::ContainsField, true, "Anna", &["NN"], false);
        check(Operator::ContainsField, false, "Anna", &[""], true);
        check(Operator::ContainsField, false, "Anna", &[], false);
        check(Operator::ContainsField, false, "", &["a"], false);
        check(Operator::EndsWithField, false, "aÄb", &["äB"], true);
    }

    proptest! {
        #[test]
        fn prepared_values_agree_with_each_pair(value in "[ab]{0,6}", others in prop::collection::vec("[abA]{0,3}", 0..6)) {
            let lower = value.to_lowercase();
            type Pair = fn(&str, &str) -> bool;
            let table: [(Operator, Pair); 4] = [
                (Operator::SameAs, |value, other| value == other),
                (Operator::ContainsField, |value, other| value.contains(other)),
                (Operator::StartsWithField, |value, other| value.starts_with(other)),
                (Operator::EndsWithField, |value, other| value.ends_with(other)),
            ];
            for (operator, pair) in table {
                let expected = others.iter().any(|other| pair(&lower, &other.to_lowercase()));
                let ready = OtherValues::new(operator, false, others.iter().map(String::as_str));
                prop_assert_eq!(ready.suit(&value), expected, "{:?}", operator);
            }
        }
    }
}
