//! Pipelines from YAML. What is not known is refused by name and line, with what there is instead.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Pipeline, Step,
    ask::{Comparison, Expression, FieldCondition, ItemCondition, Joined, Questions, RuleCondition, StateCondition},
    read_transformation::read_transformation,
    values::{anchored, searched},
};
use crate::compile::{
    Rejection, encoding, grammar,
    rule::LogSource,
    scalar::Meaning,
    yaml::{self, Entry, Kind, Node},
};

pub(super) type Read<T> = Result<T, Rejection>;

/// Reads a pipeline.
pub(super) fn pipeline(path: &str, text: &str) -> Read<Pipeline> {
    let (documents, error) = yaml::documents(text);
    if let Some(error) = error {
        return Err(Rejection::at(error.line, error.reason));
    }
    let [document] = &documents[..] else {
        return Err(Rejection::at(1, format!("a pipeline is one document, and here are {}", documents.len())));
    };
    if let Some(line) = encoding::first_of_no_text(document) {
        return Err(Rejection::at(line, format!("the line {}", encoding::SAVE_AS_UTF8)));
    }
    let mut keys = Keys::new(document, "a pipeline")?;
    let name = keys.text("name")?.unwrap_or_else(|| path.to_owned());
    let priority = match keys.take("priority") {
        None => 0,
        Some(entry) => match entry.value.text().and_then(|text| text.trim().parse().ok()) {
            Some(priority) => priority,
            None => return Err(Rejection::at(entry.line, "`priority` is a whole number")),
        },
    };
    let mut warnings = Vec::new();
    if let Some(entry) = keys.take("allowed_backends") {
        let backends = entry.value.texts();
        if !backends.is_empty() && !backends.iter().any(|backend| backend == "glassbox") {
            let made_for = backends.join(", ");
            warnings.push(format!(
                "line {}: the pipeline is made for {made_for}; it is used as if it suited these records",
                entry.line
            ));
        }
    }
    for key in ["postprocessing", "finalizers"] {
        if let Some(entry) = keys.take(key).filter(|entry| !entry.value.is_null() && !is_empty(&entry.value)) {
            warnings.push(format!("line {}: `{key}` changes the text of queries and is not used here", entry.line));
        }
    }
    let vars = match keys.take("vars") {
        Some(entry) => read_vars(entry)?,
        None => BTreeMap::new(),
    };
    let steps = match keys.take("transformations") {
        Some(entry) => read_steps(&entry.value, 0)?,
        None => Vec::new(),
    };
    keys.end("name, priority, vars, transformations, allowed_backends, postprocessing, finalizers")?;
    Ok(Pipeline { name, priority, warnings, file: path.into(), vars, steps })
}

fn is_empty(node: &Node) -> bool {
    matches!(&node.kind, Kind::Sequence(nodes) if nodes.is_empty())
}

fn read_vars(entry: &Entry) -> Read<BTreeMap<String, Vec<String>>> {
    let mut vars = BTreeMap::new();
    for var in entry.value.entries() {
        let values: Option<Vec<String>> = match &var.value.kind {
            Kind::Sequence(nodes) => nodes.iter().map(|node| node.text().map(str::to_owned)).collect(),
            _ => var.value.text().map(|text| vec![text.to_owned()]),
        };
        let Some(values) = values.filter(|values| !values.is_empty()) else {
            let reason = format!("variable `{}` is a text, a number or a list of them", var.key.text);
            return Err(Rejection::at(var.line, reason));
        };
        vars.insert(var.key.text.clone(), values);
    }
    Ok(vars)
}

/// How deep `nest` may nest.
const NESTED_MAX: usize = 8;

pub(super) fn read_steps(node: &Node, depth: usize) -> Read<Vec<Step>> {
    let Kind::Sequence(nodes) = &node.kind else {
        return Err(Rejection::at(node.line, format!("steps are a list, not {}", node.what())));
    };
    if depth > NESTED_MAX {
        return Err(Rejection::at(node.line, format!("`nest` nests deeper than {NESTED_MAX} levels")));
    }
    nodes.iter().map(|node| read_step(node, depth)).collect()
}

fn read_step(node: &Node, depth: usize) -> Read<Step> {
    let mut keys = Keys::new(node, "a step")?;
    let id = keys.text("id")?;
    let kind = keys.required("type")?;
    let rule = questions(&mut keys, "rule", read_rule_condition)?;
    let item = questions(&mut keys, "detection_item", read_item_condition)?;
    let field = questions(&mut keys, "field_name", read_field_condition)?;
    let transformation = read_transformation(&kind, &mut keys, depth)?;
    keys.end(&format!("those of `{kind}`, id, type and conditions"))?;
    Ok(Step { line: node.line, id, rule, item, field, transformation })
}

/// The attributes of a mapping, each taken once; what is left is not known.
pub(super) struct Keys<'n> {
    pub(super) line: u32,
    what: &'static str,
    left: Vec<&'n Entry>,
}

impl<'n> Keys<'n> {
    fn new(node: &'n Node, what: &'static str) -> Read<Self> {
        match &node.kind {
            Kind::Mapping(entries) => Ok(Self { line: node.line, what, left: entries.iter().collect() }),
            _ => Err(Rejection::at(node.line, format!("{what} is a mapping, not {}", node.what()))),
        }
    }

    pub(super) fn take(&mut self, key: &str) -> Option<&'n Entry> {
        let position = self.left.iter().position(|entry| entry.key.text == key)?;
        Some(self.left.remove(position))
    }

    pub(super) fn text(&mut self, key: &str) -> Read<Option<String>> {
        match self.take(key) {
            None => Ok(None),
            Some(entry) if entry.value.is_null() => Ok(None),
            Some(entry) => match entry.value.text() {
                Some(text) => Ok(Some(text.to_owned())),
                None => {
                    Err(Rejection::at(entry.line, format!("`{key}` is a single value, not {}", entry.value.what())))
                }
            },
        }
    }

    pub(super) fn required(&mut self, key: &str) -> Read<String> {
        let (line, what) = (self.line, self.what);
        self.text(key)?.ok_or_else(|| Rejection::at(line, format!("{what} lacks `{key}`")))
    }

    pub(super) fn required_entry(&mut self, key: &str) -> Read<&'n Entry> {
        let (line, what) = (self.line, self.what);
        self.take(key).ok_or_else(|| Rejection::at(line, format!("{what} lacks `{key}`")))
    }

    pub(super) fn flag(&mut self, key: &str) -> Read<bool> {
        let Some(entry) = self.take(key) else { return Ok(false) };
        let flag = match &entry.value.kind {
            Kind::Scalar(scalar) => scalar.flag(),
            _ => None,
        };
        flag.ok_or_else(|| Rejection::at(entry.line, format!("`{key}` is true or false")))
    }

    pub(super) fn texts(&mut self, key: &str) -> Read<Option<Vec<String>>> {
        let Some(entry) = self.take(key) else { return Ok(None) };
        let texts = entry.value.texts();
        let complete = match &entry.value.kind {
            Kind::Sequence(nodes) => nodes.len() == texts.len(),
            _ => !texts.is_empty(),
        };
        match complete {
            true => Ok(Some(texts)),
            false => Err(Rejection::at(entry.line, format!("`{key}` is a text or a list of texts"))),
        }
    }

    pub(super) fn meaning(&mut self, key: &str) -> Read<Meaning> {
        let entry = self.required_entry(key)?;
        match &entry.value.kind {
            Kind::Scalar(scalar) => scalar.meaning().map_err(|reason| Rejection::at(entry.line, reason)),
            _ => Err(Rejection::at(entry.line, format!("`{key}` is a single value, not {}", entry.value.what()))),
        }
    }

    pub(super) fn pattern(&mut self, key: &str, anchor: bool) -> Read<regex_automata::meta::Regex> {
        let entry = self.required_entry(key)?;
        let text = entry.value.text().unwrap_or_default();
        let compiled = if anchor { anchored(text) } else { searched(text) };
        compiled.map_err(|reason| Rejection::at(entry.line, reason))
    }

    fn end(self, known: &str) -> Read<()> {
        match self.left.first() {
            None => Ok(()),
            Some(entry) => {
                let (what, key) = (self.what, &entry.key.text);
                Err(Rejection::at(entry.line, format!("{what} has no attribute `{key}`; there are {known}")))
            }
        }
    }
}

/// Reads the conditions of one kind: `rule_conditions`, `rule_cond_op`, `rule_cond_not`, `rule_cond_expr`.
fn questions<C>(keys: &mut Keys<'_>, kind: &str, read: impl Fn(&mut Keys<'_>, &str) -> Read<C>) -> Read<Questions<C>> {
    let conditions = keys.take(&format!("{kind}_conditions"));
    let operator = keys.take(&format!("{kind}_cond_op"));
    let expression = keys.take(&format!("{kind}_cond_expr"));
    let negated_key = format!("{kind}_cond_not");
    let negated_line = keys.left.iter().find(|entry| entry.key.text == negated_key).map(|entry| entry.line);
    let negated = keys.flag(&negated_key)?;
    let Some(conditions) = conditions.filter(|entry| !entry.value.is_null() && !is_empty(&entry.value)) else {
        let lonely = operator.map(|entry| entry.line).or(expression.map(|entry| entry.line)).or(negated_line);
        return match lonely {
            Some(line) => Err(Rejection::at(line, format!("there are no `{kind}_conditions` that this could join"))),
            None => Ok(Questions::none()),
        };
    };
    let (nodes, names): (Vec<&Node>, Vec<String>) = match &conditions.value.kind {
        Kind::Sequence(nodes) => (nodes.iter().collect(), Vec::new()),
        Kind::Mapping(entries) => entries.iter().map(|entry| (&entry.value, entry.key.text.clone())).unzip(),
        Kind::Scalar(_) => {
            return Err(Rejection::at(conditions.line, format!("`{kind}_conditions` is a list or a mapping")));
        }
    };
    let mut list = Vec::new();
    for node in nodes {
        let mut keys = Keys::new(node, "a condition")?;
        let condition_kind = keys.required("type")?;
        list.push(read(&mut keys, &condition_kind)?);
        keys.end(&format!("type and those of `{condition_kind}`"))?;
    }
    let joined = match (operator, expression) {
        (Some(entry), Some(_)) => {
            let reason = format!("`{kind}_cond_op` and `{kind}_cond_expr` exclude each other");
            return Err(Rejection::at(entry.line, reason));
        }
        (None, Some(entry)) => Joined::By(read_expression(entry, kind, &names)?),
        (Some(entry), None) => match entry.value.text() {
            Some("and") => Joined::All,
            Some("or") => Joined::Any,
            _ => return Err(Rejection::at(entry.line, format!("`{kind}_cond_op` is `and` or `or`"))),
        },
        (None, None) => Joined::All,
    };
    Ok(Questions { list, joined, negated })
}

fn read_expression(entry: &Entry, kind: &str, names: &[String]) -> Read<Expression> {
    let because = |reason: String| Rejection::at(entry.line, reason);
    if names.is_empty() {
        return Err(because(format!("`{kind}_cond_expr` needs `{kind}_conditions` as a mapping that names them")));
    }
    let parsed = grammar::parse(entry.value.text().unwrap_or_default()).map_err(because)?;
    let expression = Expression::new(parsed, names).map_err(because)?;
    let mut named = BTreeSet::new();
    expression.positions(&mut named);
    match (0..names.len()).find(|position| !named.contains(position)) {
        Some(position) => Err(because(format!("`{kind}_cond_expr` does not name condition `{}`", names[position]))),
        None => Ok(expression),
    }
}

fn comparison(keys: &mut Keys<'_>, allowed: usize) -> Read<Comparison> {
    let Some(entry) = keys.take("op") else { return Ok(Comparison::Equal) };
    let known = &Comparison::NAMES[..allowed];
    let found = known.iter().find(|(name, _)| entry.value.text() == Some(name));
    found.map(|(_, comparison)| *comparison).ok_or_else(|| {
        let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
        Rejection::at(entry.line, format!("`op` is one of {}", names.join(", ")))
    })
}

fn state(keys: &mut Keys<'_>) -> Read<StateCondition> {
    Ok(StateCondition { key: keys.required("key")?, value: keys.required("val")?, comparison: comparison(keys, 8)? })
}

pub(super) fn unknown<T>(line: u32, what: &str, kind: &str, known: &str) -> Read<T> {
    Err(Rejection::at(line, format!("there is no {what} `{kind}`; there are {known}")))
}

fn read_rule_condition(keys: &mut Keys<'_>, kind: &str) -> Read<RuleCondition> {
    let line = keys.line;
    Ok(match kind {
        "logsource" => RuleCondition::Logsource(logsource(keys)?),
        "contains_detection_item" => {
            RuleCondition::ContainsItem { field: keys.required("field")?, value: keys.meaning("value")? }
        }
        "contains_field" => RuleCondition::ContainsField(keys.required("field")?),
        "processing_item_applied" => RuleCondition::Applied(keys.required("processing_item_id")?),
        "processing_state" => RuleCondition::State(state(keys)?),
        "is_sigma_rule" => RuleCondition::Always(true),
        "is_sigma_correlation_rule" => RuleCondition::Always(false),
        "rule_attribute" => RuleCondition::Attribute {
            name: keys.required("attribute")?,
            value: keys.required("value")?,
            comparison: comparison(keys, 8)?,
        },
        "tag" => RuleCondition::Tag(keys.required("tag")?),
        _ => {
            let known = "contains_detection_item, contains_field, is_sigma_correlation_rule, is_sigma_rule, logsource, \
                         processing_item_applied, processing_state, rule_attribute, tag";
            return unknown(line, "condition on rules", kind, known);
        }
    })
}

fn any_or_all(keys: &mut Keys<'_>) -> Read<bool> {
    let entry = keys.required_entry("cond")?;
    match entry.value.text() {
        Some("any") => Ok(false),
        Some("all") => Ok(true),
        _ => Err(Rejection::at(entry.line, "`cond` is `any` or `all`")),
    }
}

fn read_item_condition(keys: &mut Keys<'_>, kind: &str) -> Read<ItemCondition> {
    let line = keys.line;
    Ok(match kind {
        "match_string" => ItemCondition::MatchString {
            all: any_or_all(keys)?,
            pattern: keys.pattern("pattern", true)?,
            negated: keys.flag("negate")?,
        },
        "match_value" => ItemCondition::MatchValue { all: any_or_all(keys)?, value: keys.meaning("value")? },
        "contains_wildcard" => ItemCondition::ContainsWildcard { all: any_or_all(keys)? },
        "is_null" => ItemCondition::IsNull { all: any_or_all(keys)? },
        "processing_item_applied" => ItemCondition::Applied(keys.required("processing_item_id")?),
        "processing_state" => ItemCondition::State(state(keys)?),
        _ => {
            let known =
                "contains_wildcard, is_null, match_string, match_value, processing_item_applied, processing_state";
            return unknown(line, "condition on lines", kind, known);
        }
    })
}

fn read_field_condition(keys: &mut Keys<'_>, kind: &str) -> Read<FieldCondition> {
    let line = keys.line;
    Ok(match kind {
        "include_fields" | "exclude_fields" => {
            let excluded = kind == "exclude_fields";
            let fields = keys.required_entry("fields")?;
            let names = fields.value.texts();
            match keys.text("mode")?.as_deref() {
                None | Some("plain") => FieldCondition::Names { names, excluded },
                Some("re") => {
                    let patterns = names.iter().map(|name| anchored(name)).collect::<Result<_, _>>();
                    let patterns = patterns.map_err(|reason| Rejection::at(fields.line, reason))?;
                    FieldCondition::Patterns { patterns, excluded }
                }
                Some(_) => return Err(Rejection::at(line, "`mode` is `plain` or `re`")),
            }
        }
        "processing_item_applied" => FieldCondition::Applied(keys.required("processing_item_id")?),
        "processing_state" => FieldCondition::State(state(keys)?),
        _ => {
            let known = "exclude_fields, include_fields, processing_item_applied, processing_state";
            return unknown(line, "condition on field names", kind, known);
        }
    })
}

pub(super) fn logsource(keys: &mut Keys<'_>) -> Read<LogSource> {
    let line = keys.line;
    let mut part = |key: &str| Ok(keys.text(key)?.map(|text| text.to_lowercase()));
    let source = LogSource {
        line,
        category: part("category")?,
        product: part("product")?,
        service: part("service")?,
        custom: BTreeMap::new(),
    };
    if source.category.is_none() && source.product.is_none() && source.service.is_none() {
        return Err(Rejection::at(line, "a logsource needs a category, product or service"));
    }
    Ok(source)
}
