//! Pipelines from YAML. What is not known is refused by name and line, with what there is instead.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Pipeline, Step,
    ask::{Comparison, Expression, FieldCondition, ItemCondition, Joined, Questions, RuleCondition, StateCondition},
    replace::{Template, names},
    transformation::{AddCondition, Case, HashesFields, Transformation, Which},
    values::{anchored, forced, searched},
};
use crate::compile::{
    Rejection, detection, grammar,
    rule::LogSource,
    scalar::Meaning,
    yaml::{self, Entry, Kind, Node},
};

type Read<T> = Result<T, Rejection>;

/// Reads a pipeline.
pub(super) fn pipeline(path: &str, text: &str) -> Read<Pipeline> {
    let (documents, error) = yaml::documents(text);
    if let Some(error) = error {
        return Err(Rejection::at(error.line, error.reason));
    }
    let [document] = &documents[..] else {
        return Err(Rejection::at(1, format!("a pipeline is one document, and here are {}", documents.len())));
    };
    let mut keys = Keys::new(document, "a pipeline")?;
    let name = keys.text("name")?.unwrap_or_else(|| path.to_owned());
    let priority = match keys.take("priority") {
        None => 0,
        Some(entry) => match entry.value.text().and_then(|text| text.parse().ok()) {
            Some(priority) => priority,
            None => return Err(Rejection::at(entry.line, "`priority` is a whole number")),
        },
    };
    if let Some(entry) = keys.take("allowed_backends") {
        let backends = entry.value.texts();
        if !backends.is_empty() && !backends.iter().any(|backend| backend == "glassbox") {
            let reason = format!(
                "the pipeline is made for {}; if it suits these records, add `glassbox` to `allowed_backends`",
                backends.join(", ")
            );
            return Err(Rejection::at(entry.line, reason));
        }
    }
    for key in ["postprocessing", "finalizers"] {
        if let Some(entry) = keys.take(key).filter(|entry| !entry.value.is_null() && !is_empty(&entry.value)) {
            let reason = format!("`{key}` changes the text of queries, and here there are none; remove it");
            return Err(Rejection::at(entry.line, reason));
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
    keys.end("name, priority, vars, transformations, allowed_backends")?;
    Ok(Pipeline { name, priority, file: path.into(), vars, steps })
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

fn read_steps(node: &Node, depth: usize) -> Read<Vec<Step>> {
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
    line: u32,
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

    fn take(&mut self, key: &str) -> Option<&'n Entry> {
        let position = self.left.iter().position(|entry| entry.key.text == key)?;
        Some(self.left.remove(position))
    }

    fn text(&mut self, key: &str) -> Read<Option<String>> {
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

    fn required(&mut self, key: &str) -> Read<String> {
        let (line, what) = (self.line, self.what);
        self.text(key)?.ok_or_else(|| Rejection::at(line, format!("{what} lacks `{key}`")))
    }

    fn required_entry(&mut self, key: &str) -> Read<&'n Entry> {
        let (line, what) = (self.line, self.what);
        self.take(key).ok_or_else(|| Rejection::at(line, format!("{what} lacks `{key}`")))
    }

    fn flag(&mut self, key: &str) -> Read<bool> {
        let Some(entry) = self.take(key) else { return Ok(false) };
        match &entry.value.kind {
            Kind::Scalar(scalar) => match scalar.meaning() {
                Ok(Meaning::Bool(flag)) => Ok(flag),
                _ => Err(Rejection::at(entry.line, format!("`{key}` is true or false"))),
            },
            _ => Err(Rejection::at(entry.line, format!("`{key}` is true or false"))),
        }
    }

    fn texts(&mut self, key: &str) -> Read<Option<Vec<String>>> {
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

    fn meaning(&mut self, key: &str) -> Read<Meaning> {
        let entry = self.required_entry(key)?;
        match &entry.value.kind {
            Kind::Scalar(scalar) => scalar.meaning().map_err(|reason| Rejection::at(entry.line, reason)),
            _ => Err(Rejection::at(entry.line, format!("`{key}` is a single value, not {}", entry.value.what()))),
        }
    }

    fn pattern(&mut self, key: &str, anchor: bool) -> Read<regex_automata::meta::Regex> {
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
    Ok(StateCondition { key: keys.required("key")?, value: keys.required("val")?, comparison: comparison(keys, 6)? })
}

fn unknown<T>(line: u32, what: &str, kind: &str, known: &str) -> Read<T> {
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

fn logsource(keys: &mut Keys<'_>) -> Read<LogSource> {
    let line = keys.line;
    let mut part = |key: &str| Ok(keys.text(key)?.map(|text| text.to_lowercase()));
    let source = LogSource {
        line,
        category: part("category")?,
        product: part("product")?,
        service: part("service")?,
        custom: None,
    };
    if source.category.is_none() && source.product.is_none() && source.service.is_none() {
        return Err(Rejection::at(line, "a logsource needs a category, product or service"));
    }
    Ok(source)
}

/// The transformations that are known, for whoever asks for another.
const TRANSFORMATIONS: &str = "add_condition, add_field, case, change_logsource, convert_type, detection_item_failure, \
    drop_detection_item, extract_fields, field_name_mapping, field_name_prefix, field_name_prefix_mapping, \
    field_name_suffix, hashes_fields, map_string, nest, regex, remove_field, replace_string, rule_failure, \
    set_custom_attribute, set_field, set_state, set_value, strict_field_mapping_failure, value_placeholders, \
    wildcard_placeholders";

fn read_transformation(kind: &str, keys: &mut Keys<'_>, depth: usize) -> Read<Transformation> {
    let line = keys.line;
    let cannot = |why: &str| Err(Rejection::at(line, format!("`{kind}` {why}; there are {TRANSFORMATIONS}")));
    Ok(match kind {
        "field_name_mapping" => Transformation::FieldMapping(read_mapping(keys)?),
        "field_name_prefix_mapping" => {
            let mapping = read_mapping(keys)?.into_iter().map(|(from, to)| Some((from?, to)));
            let mapping: Option<Vec<_>> = mapping.collect();
            Transformation::FieldPrefixMapping(
                mapping.ok_or_else(|| Rejection::at(line, "null is the beginning of no name"))?,
            )
        }
        "field_name_prefix" => Transformation::FieldPrefix(keys.required("prefix")?),
        "field_name_suffix" => Transformation::FieldSuffix(keys.required("suffix")?),
        "drop_detection_item" => Transformation::DropItem,
        "hashes_fields" => Transformation::HashesFields(HashesFields {
            algorithms: keys
                .texts("valid_hash_algos")?
                .ok_or_else(|| Rejection::at(line, "a step lacks `valid_hash_algos`"))?,
            prefix: keys.text("field_prefix")?.unwrap_or_default(),
            drop_algorithm: keys.flag("drop_algo_prefix")?,
            fields: keys.texts("field_to_parse")?.unwrap_or_else(|| vec!["Hashes".into(), "Hash".into()]),
        }),
        "extract_fields" => {
            let pattern = keys.pattern("regex", true)?;
            if names(&pattern).next().is_none() {
                return Err(Rejection::at(line, "the expression of `extract_fields` has no named group"));
            }
            Transformation::ExtractFields {
                pattern,
                prefix: keys.text("field_prefix")?,
                keep_others: keys.flag("preserve_unmatched")?,
            }
        }
        "wildcard_placeholders" => Transformation::WildcardPlaceholders(read_which(keys)?),
        "value_placeholders" => Transformation::ValuePlaceholders(read_which(keys)?),
        "add_condition" => Transformation::AddCondition(read_added(keys)?),
        "change_logsource" => Transformation::ChangeLogsource(logsource(keys)?),
        "add_field" => Transformation::AddFields(keys.texts("field")?.unwrap_or_default()),
        "remove_field" => Transformation::RemoveFields(keys.texts("field")?.unwrap_or_default()),
        "set_field" => Transformation::SetFields(keys.texts("fields")?.unwrap_or_default()),
        "replace_string" => {
            let pattern = keys.pattern("regex", false)?;
            let replacement = keys.required_entry("replacement")?;
            let template = Template::parse(replacement.value.text().unwrap_or_default(), &pattern)
                .map_err(|reason| Rejection::at(replacement.line, reason))?;
            let (skip_special, interpret_special) = (keys.flag("skip_special")?, keys.flag("interpret_special")?);
            Transformation::ReplaceString { pattern, template, skip_special, interpret_special }
        }
        "map_string" => {
            let mapping = read_mapping(keys)?.into_iter().map(|(from, to)| (from.unwrap_or_default(), to));
            Transformation::MapString(mapping.collect())
        }
        "set_state" => Transformation::SetState { key: keys.required("key")?, value: keys.required("val")? },
        "regex" => Transformation::Regex {
            ignore_case: match keys.text("method")?.as_deref() {
                Some("plain") => false,
                None | Some("ignore_case_flag" | "ignore_case_brackets") => true,
                Some(_) => {
                    let reason = "`method` is `plain`, `ignore_case_flag` or `ignore_case_brackets`";
                    return Err(Rejection::at(line, reason));
                }
            },
        },
        "set_value" => {
            let meaning = keys.meaning("value")?;
            let force = keys.text("force_type")?;
            let forced = forced(meaning, force.as_deref());
            Transformation::SetValue(forced.map_err(|reason| Rejection::at(line, reason))?)
        }
        "convert_type" => Transformation::ConvertType {
            to_number: match keys.required("target_type")?.as_str() {
                "num" => true,
                "str" => false,
                _ => return Err(Rejection::at(line, "`target_type` is `str` or `num`")),
            },
        },
        "case" => Transformation::Case(match keys.text("method")?.as_deref() {
            None | Some("lower") => Case::Lower,
            Some("upper") => Case::Upper,
            Some("snake_case") => Case::Snake,
            Some(_) => return Err(Rejection::at(line, "`method` is `lower`, `upper` or `snake_case`")),
        }),
        "rule_failure" => Transformation::RuleFailure(keys.required("message")?),
        "detection_item_failure" => Transformation::ItemFailure(keys.required("message")?),
        "strict_field_mapping_failure" => Transformation::StrictFieldMapping,
        "set_custom_attribute" => {
            Transformation::SetAttribute { name: keys.required("attribute")?, value: keys.required("value")? }
        }
        "nest" => Transformation::Nest(read_steps(&keys.required_entry("items")?.value, depth + 1)?),
        "field_name_transform" => return cannot("needs a function in Python"),
        "query_expression_placeholders" => return cannot("writes text of queries, and here there are none"),
        "file_placeholders" | "http_placeholders" | "command_placeholders" => {
            return cannot(
                "reads values from elsewhere, and a pack holds what it was given: use `vars` or `--placeholder`",
            );
        }
        _ => return unknown(line, "transformation", kind, TRANSFORMATIONS),
    })
}

type Mapping = Vec<(Option<String>, Vec<String>)>;

fn read_mapping(keys: &mut Keys<'_>) -> Read<Mapping> {
    let entry = keys.required_entry("mapping")?;
    let Kind::Mapping(entries) = &entry.value.kind else {
        return Err(Rejection::at(entry.line, format!("`mapping` is a mapping, not {}", entry.value.what())));
    };
    let mut mapping = Vec::new();
    for entry in entries {
        let from = (!entry.key.is_null()).then(|| entry.key.text.clone());
        let to = match &entry.value.kind {
            Kind::Sequence(nodes) => {
                let texts = entry.value.texts();
                (texts.len() == nodes.len() && !texts.is_empty()).then_some(texts)
            }
            Kind::Scalar(scalar) if !scalar.is_null() => Some(vec![scalar.text.clone()]),
            _ => None,
        };
        let Some(to) = to else {
            let reason = format!("`{}` is mapped to {}, not to a text or texts", entry.key.text, entry.value.what());
            return Err(Rejection::at(entry.line, reason));
        };
        mapping.push((from, to));
    }
    Ok(mapping)
}

fn read_which(keys: &mut Keys<'_>) -> Read<Which> {
    let line = keys.line;
    match (keys.texts("include")?, keys.texts("exclude")?) {
        (None, None) => Ok(Which::All),
        (Some(names), None) => Ok(Which::Only(names)),
        (None, Some(names)) => Ok(Which::AllBut(names)),
        (Some(_), Some(_)) => Err(Rejection::at(line, "`include` and `exclude` exclude each other")),
    }
}

fn read_added(keys: &mut Keys<'_>) -> Read<AddCondition> {
    let entry = keys.required_entry("conditions")?;
    let Kind::Mapping(conditions) = &entry.value.kind else {
        return Err(Rejection::at(entry.line, format!("`conditions` is a mapping, not {}", entry.value.what())));
    };
    // What no rule could hold is told when the pipeline is read.
    detection::read_detection(entry.line, &entry.value)?;
    Ok(AddCondition {
        line: entry.line,
        conditions: conditions.clone(),
        name: keys.text("name")?,
        template: keys.flag("template")?,
        negated: keys.flag("negated")?,
    })
}
