//! One line of a selection: field, modifiers and values to predicates.

use glassbox_predicate::{Operator, Predicate};
use rsigma_parser::{DetectionItem, Modifier, SigmaValue};

use super::{Interned, Rejection, value};
use crate::set::{FieldPredicate, Item, RuleSet};

/// A line of a selection: all of these must hold.
pub(crate) struct Line {
    pub(crate) items: Vec<RawItem>,
    /// Holds when the items do not.
    pub(crate) negated: bool,
}

/// An item whose field and predicates are not shared yet.
pub(crate) struct RawItem {
    selection: u32,
    field: Option<String>,
    values: u32,
    /// Predicate, the other field of a comparison, and the value it comes from.
    predicates: Vec<(Predicate, Option<String>, u32)>,
}

impl RawItem {
    /// How many predicates it has.
    pub(super) fn predicates(&self) -> usize {
        self.predicates.len()
    }

    /// Replaces names and predicates by positions in what the rules share.
    pub(super) fn intern(self, interned: &mut Interned, set: &mut RuleSet) -> Item {
        let field = self.field.map(|name| interned.field(&name, set));
        let predicates = self
            .predicates
            .into_iter()
            .map(|(predicate, other, value)| {
                let other = other.map(|name| interned.field(&name, set));
                (interned.predicate(FieldPredicate { field, predicate, other }, set), value)
            })
            .collect();
        Item { selection: self.selection, values: self.values, predicates }
    }
}

/// What the modifiers of a line ask for.
struct Asked {
    /// How text is compared; `equals` unless said otherwise.
    operator: Operator,
    cased: bool,
    all: bool,
    regex_flags: String,
    encodings: Vec<Modifier>,
    windash: bool,
    fieldref: bool,
}

/// Compiles a line with a field, or a keyword line that has modifiers (`'|all':`).
pub(crate) fn compile(selection: u32, item: &DetectionItem) -> Result<Line, Rejection> {
    // The parser writes brackets of a name with backslashes; here they are letters like any other.
    let name = item.field.name.as_deref().filter(|name| !name.is_empty());
    let name = name.map(|name| name.replace("\\[", "[").replace("\\]", "]"));
    let because = |reason: String| Rejection::Item { field: label(item), reason };
    if item.values.is_empty() {
        return Err(because("it lists no value".into()));
    }
    let mut asked = asked(&item.field.modifiers, name.is_none()).map_err(because)?;
    let values = item.values.len() as u32;
    let mut negated = false;
    let mut predicates: Vec<Vec<(Predicate, Option<String>, u32)>> = Vec::new();
    for (position, value) in item.values.iter().enumerate() {
        let position = position as u32;
        let alternatives = if asked.operator == Operator::Exists {
            let (SigmaValue::Bool(exists), 1) = (value, values) else {
                return Err(because("`exists` takes one value, true or false".into()));
            };
            let operator = if *exists { Operator::Exists } else { Operator::Absent };
            vec![(Predicate::new(operator, ""), None)]
        } else if asked.fieldref {
            let SigmaValue::String(other) = value else {
                return Err(because("`fieldref` takes the name of a field".into()));
            };
            let predicate =
                Predicate { operator: Operator::SameAs, operand: other.original.clone(), cased: asked.cased };
            negated |= asked.operator == Operator::NotEquals;
            vec![(predicate, Some(other.original.clone()))]
        } else {
            let found = value::predicates(value, asked.operator, &asked.transform()).map_err(because)?;
            found.into_iter().map(|predicate| (predicate, None)).collect()
        };
        predicates.push(alternatives.into_iter().map(|(predicate, other)| (predicate, other, position)).collect());
    }
    // `neq` with several values: the field is none of them.
    if asked.operator == Operator::NotEquals && !negated {
        // So with the alternatives of one value, too.
        predicates = predicates.into_iter().flatten().map(|predicate| vec![predicate]).collect();
        asked.all = true;
    }
    let items = match asked.all {
        true => predicates
            .into_iter()
            .map(|predicates| RawItem { selection, field: name.clone(), values, predicates })
            .collect(),
        false => vec![RawItem { selection, field: name, values, predicates: predicates.concat() }],
    };
    Ok(Line { items, negated })
}

/// Compiles plain keywords: any of them, anywhere.
pub(crate) fn keywords(selection: u32, values: &[SigmaValue]) -> Result<Line, Rejection> {
    let field = rsigma_parser::FieldSpec::new(None, Vec::new());
    compile(selection, &DetectionItem { field, values: values.to_vec() })
}

fn label(item: &DetectionItem) -> String {
    match item.field.name.as_deref() {
        None | Some("") => "keywords".into(),
        Some(name) => format!("field `{name}`"),
    }
}

fn asked(modifiers: &[Modifier], keyword: bool) -> Result<Asked, String> {
    let mut asked = Asked {
        // A keyword is found anywhere in a value.
        operator: if keyword { Operator::Contains } else { Operator::Equals },
        cased: false,
        all: false,
        regex_flags: String::new(),
        encodings: Vec::new(),
        windash: false,
        fieldref: false,
    };
    let mut compared: Option<Modifier> = None;
    for &modifier in modifiers {
        let operator = match modifier {
            Modifier::Contains => Operator::Contains,
            Modifier::StartsWith => Operator::StartsWith,
            Modifier::EndsWith => Operator::EndsWith,
            Modifier::Re => Operator::Regex,
            Modifier::Cidr => Operator::Cidr,
            Modifier::Exists => Operator::Exists,
            Modifier::Gt => Operator::Greater,
            Modifier::Gte => Operator::GreaterOrEqual,
            Modifier::Lt => Operator::Less,
            Modifier::Lte => Operator::LessOrEqual,
            Modifier::Neq => Operator::NotEquals,
            Modifier::All => {
                asked.all = true;
                continue;
            }
            Modifier::Cased => {
                asked.cased = true;
                continue;
            }
            Modifier::IgnoreCase | Modifier::Multiline | Modifier::DotAll => {
                asked.regex_flags.push(match modifier {
                    Modifier::IgnoreCase => 'i',
                    Modifier::Multiline => 'm',
                    _ => 's',
                });
                continue;
            }
            Modifier::Base64 | Modifier::Base64Offset | Modifier::Wide | Modifier::Utf16 | Modifier::Utf16be => {
                asked.encodings.push(modifier);
                continue;
            }
            Modifier::WindAsh => {
                asked.windash = true;
                continue;
            }
            Modifier::FieldRef => {
                asked.fieldref = true;
                continue;
            }
            Modifier::Expand => return Err("`expand` needs values for its placeholders, and none are given".into()),
            Modifier::Minute | Modifier::Hour | Modifier::Day | Modifier::Week | Modifier::Month | Modifier::Year => {
                return Err("modifiers on parts of a time are not read yet".into());
            }
        };
        if let Some(other) = compared.replace(modifier) {
            return Err(format!("modifiers `{other:?}` and `{modifier:?}` exclude each other").to_lowercase());
        }
        asked.operator = operator;
    }
    if !asked.regex_flags.is_empty() && asked.operator != Operator::Regex {
        return Err("modifiers `i`, `m` and `s` need `re` before them".into());
    }
    if asked.fieldref && !matches!(asked.operator, Operator::Equals | Operator::NotEquals) {
        return Err("`fieldref` compares whole values only".into());
    }
    let takes_text = matches!(
        asked.operator,
        Operator::Equals | Operator::NotEquals | Operator::Contains | Operator::StartsWith | Operator::EndsWith
    );
    if (asked.windash || !asked.encodings.is_empty()) && (asked.fieldref || !takes_text) {
        return Err("`windash` and encodings change text, and what they stand with compares none".into());
    }
    if keyword && matches!(asked.operator, Operator::Exists | Operator::NotEquals) {
        return Err("`exists` and `neq` speak of a field, and keywords have none".into());
    }
    Ok(asked)
}

impl Asked {
    fn transform(&self) -> value::Transform<'_> {
        value::Transform {
            cased: self.cased,
            regex_flags: &self.regex_flags,
            encodings: &self.encodings,
            windash: self.windash,
        }
    }
}
