//! Vectors: one construct a file, rules with events, and what must come of each. The format is described for everybody in
//! `tests/vectors/README.md`.

use std::{collections::BTreeSet, fmt};

use glassbox_finding::Logsource;
use glassbox_report::{Position, SourceRecord};
use serde::{
    Deserialize, Deserializer,
    de::{SeqAccess, Visitor, value::SeqAccessDeserializer},
};
use serde_json::Value;

use super::{Expected, ExpectedEvidence, RuleTest, RuleText, Suite, TestedRules, suite::FileError};

/// A file of vectors.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VectorFile {
    /// What the vectors are about, for people.
    #[serde(default, rename = "construct")]
    _construct: String,
    /// What it means, for people.
    #[serde(default, rename = "about")]
    _about: String,
    cases: Vec<VectorCase>,
}

/// A rule with what must come of events, or of loading it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VectorCase {
    /// The id of a rule under test.
    rule: Option<String>,
    /// Or the text of rules.
    sigma: Option<String>,
    /// A pipeline that changes them.
    pipeline: Option<String>,
    vectors: Vec<Vector>,
}

/// One event.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    name: String,
    /// For people: the vector is at the edge of what its construct means.
    #[serde(default, rename = "edge")]
    _edge: bool,
    /// For people: why.
    #[serde(default, rename = "about")]
    _about: String,
    /// The fields of the event.
    event: Option<serde_json::Map<String, Value>>,
    /// Or the record as it is.
    record: Option<String>,
    logsource: Option<VectorLogsource>,
    expect: Expect,
    evidence: Option<Vec<ExpectedEvidence>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VectorLogsource {
    product: Option<String>,
    category: Option<String>,
    service: Option<String>,
}

/// What must come of an event, as it is written.
enum Expect {
    Match,
    NoMatch,
    Rejected,
    Titles(Vec<String>),
}

impl VectorCase {
    /// The rules that the case is about.
    fn subject(&mut self, suite: &mut Suite, file: &str) -> Result<TestedRules, String> {
        let titles = self.vectors.iter().any(|vector| matches!(vector.expect, Expect::Titles(_)));
        match (self.rule.take(), self.sigma.take()) {
            (Some(_), None) if titles => {
                Err("a list of titles says which rules of `sigma` match; with `rule` write match or no-match".into())
            }
            (Some(_), None) if self.pipeline.is_some() => {
                Err("`pipeline` changes the rules of `sigma`; for rules under test give it by --pipeline".into())
            }
            (Some(id), None) => Ok(TestedRules::Given(id.trim().to_lowercase())),
            (None, Some(sigma)) => {
                let pipeline = self.pipeline.take();
                suite.rule_texts.push(RuleText { file: file.to_owned(), sigma, pipeline });
                Ok(TestedRules::Inline(suite.rule_texts.len() - 1))
            }
            (Some(_), Some(_)) => Err("a case has either `rule` or `sigma`, and this one has both".into()),
            (None, None) => {
                Err("a case needs its rule: the id of one under `rule`, or the text of one under `sigma`".into())
            }
        }
    }
}

impl Vector {
    fn expected(&self) -> Result<Expected, String> {
        let expected = match &self.expect {
            Expect::Match => Expected::Hit(1),
            Expect::NoMatch => Expected::Quiet,
            Expect::Rejected => Expected::Rejected,
            Expect::Titles(titles) => Expected::Titles(titles.clone()),
        };
        let has_event = self.event.is_some() || self.record.is_some();
        if self.event.is_some() && self.record.is_some() {
            return Err("it has both `event` and `record`; write the fields, or the raw record".into());
        }
        if expected == Expected::Rejected && has_event {
            return Err("it expects the rule to be rejected, so it takes no event".into());
        }
        if expected != Expected::Rejected && !has_event {
            return Err("it needs an `event`, or a raw `record`".into());
        }
        if self.evidence.is_some() && matches!(expected, Expected::Quiet | Expected::Rejected) {
            return Err("it expects no match, so there is no `evidence` to expect".into());
        }
        Ok(expected)
    }

    fn record(&mut self) -> Result<Option<Vec<u8>>, String> {
        let event = self.event.take().map(|event| serde_json::to_vec(&event)).transpose();
        let event = event.map_err(|error| error.to_string())?;
        Ok(event.or_else(|| self.record.take().map(String::into_bytes)))
    }
}

impl From<VectorLogsource> for Logsource {
    fn from(VectorLogsource { product, category, service }: VectorLogsource) -> Self {
        let lower = |part: Option<String>| part.map(|part| part.to_lowercase());
        Self { product: lower(product), category: lower(category), service: lower(service) }
    }
}

impl<'de> Deserialize<'de> for Expect {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Words;
        impl<'de> Visitor<'de> for Words {
            type Value = Expect;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`match`, `no-match`, `rejected`, or a list of the titles of the rules that match")
            }

            fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<Expect, E> {
                match word {
                    "match" => Ok(Expect::Match),
                    "no-match" => Ok(Expect::NoMatch),
                    "rejected" => Ok(Expect::Rejected),
                    _ => Err(E::invalid_value(serde::de::Unexpected::Str(word), &self)),
                }
            }

            fn visit_seq<A: SeqAccess<'de>>(self, titles: A) -> Result<Expect, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(titles)).map(Expect::Titles)
            }
        }
        deserializer.deserialize_any(Words)
    }
}

/// Adds the vectors of a file to a suite.
///
/// # Errors
/// What is wrong with the file, and where.
pub(super) fn read(suite: &mut Suite, file: &str, text: &str) -> Result<(), FileError> {
    let VectorFile { cases, .. } = yaml_serde::from_str(text)?;
    let mut lines = NameLines { lines: text.lines().enumerate().collect(), next: 0 };
    let mut names = BTreeSet::new();
    for (position, mut case) in cases.into_iter().enumerate() {
        let vector_lines: Vec<u64> = case.vectors.iter().map(|vector| lines.of(&vector.name)).collect();
        let Some(&first) = vector_lines.first() else {
            let what = format!("case {} has nothing under `vectors`; give it an event", position + 1);
            return Err(FileError { line: None, what });
        };
        let subject = case.subject(suite, file).map_err(|what| FileError { line: Some(first), what })?;
        for (mut vector, line) in case.vectors.into_iter().zip(vector_lines) {
            let name = vector.name.clone();
            let wrong = |what| FileError { line: Some(line), what: format!("`{name}`: {what}") };
            if !names.insert(name.clone()) {
                return Err(wrong("another vector of the file has this name; give it one of its own".into()));
            }
            let expected = vector.expected().map_err(wrong)?;
            let record = vector.record().map_err(wrong)?;
            let record = record.map(|bytes| SourceRecord::new(0, Position::Line(line), bytes));
            suite.tests.push(RuleTest {
                file: file.to_owned(),
                line,
                name: vector.name,
                subject: subject.clone(),
                logsource: vector.logsource.map(Logsource::from),
                source: file.to_owned(),
                records: record.into_iter().collect(),
                expected,
                evidence: vector.evidence,
            });
        }
    }
    Ok(())
}

/// Where vectors begin: the YAML reader tells places of what is wrong, not of what is right.
struct NameLines<'t> {
    lines: Vec<(usize, &'t str)>,
    next: usize,
}

impl NameLines<'_> {
    /// The line, from 1, of the next vector, which has this name.
    fn of(&mut self, name: &str) -> u64 {
        let is_name = |line: &str| {
            let value = line.trim_start_matches([' ', '-', '{']).strip_prefix("name:");
            value.is_some_and(|value| value.replace("''", "'").contains(name))
        };
        let found = self.lines[self.next..].iter().find(|(_, line)| is_name(line));
        match found {
            Some(&(at, _)) => {
                self.next = at + 1;
                at as u64 + 1
            }
            // Written in a way that this does not see, such as over several lines.
            None => self.next.max(1) as u64,
        }
    }
}
