//! Transformations from YAML.

use super::{
    ask::Noted,
    read::{Keys, Read, logsource, read_steps, unknown},
    replace::{Template, names},
    transformation::{AddCondition, Case, HashesFields, Transformation, Which},
    values::forced,
};
use crate::compile::{
    Rejection, detection,
    yaml::{Kind, Node},
};

/// The transformations that are known, for whoever asks for another.
const TRANSFORMATIONS: &str = "add_condition, add_field, case, change_logsource, convert_type, detection_item_failure, \
    drop_detection_item, extract_fields, field_name_mapping, field_name_prefix, field_name_prefix_mapping, \
    field_name_suffix, hashes_fields, map_string, nest, regex, remove_field, replace_string, rule_failure, \
    set_custom_attribute, set_field, set_state, set_value, strict_field_mapping_failure, value_placeholders, \
    wildcard_placeholders";

/// Reads what a step does.
pub(super) fn read_transformation(kind: &str, keys: &mut Keys<'_>, depth: usize) -> Read<Transformation> {
    let line = keys.line;
    let cannot = |why: &str| Err(Rejection::at(line, format!("`{kind}` {why}; there are {TRANSFORMATIONS}")));
    match kind {
        "field_name_transform" => cannot("needs a function in Python"),
        "query_expression_placeholders" => cannot("writes text of queries, and here there are none"),
        "file_placeholders" | "http_placeholders" | "command_placeholders" => {
            cannot("reads values from elsewhere, and a pack holds what it was given: use `vars` or `--placeholder`")
        }
        _ => {
            if let Some(transformation) = of_fields(kind, keys)? {
                return Ok(transformation);
            }
            if let Some(transformation) = of_values(kind, keys)? {
                return Ok(transformation);
            }
            match of_rules(kind, keys, depth)? {
                Some(transformation) => Ok(transformation),
                None => unknown(line, "transformation", kind, TRANSFORMATIONS),
            }
        }
    }
}

/// Of the names of fields, and of lines as a whole.
fn of_fields(kind: &str, keys: &mut Keys<'_>) -> Read<Option<Transformation>> {
    let line = keys.line;
    Ok(Some(match kind {
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
        _ => return Ok(None),
    }))
}

/// Of values.
fn of_values(kind: &str, keys: &mut Keys<'_>) -> Read<Option<Transformation>> {
    let line = keys.line;
    Ok(Some(match kind {
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
        _ => return Ok(None),
    }))
}

/// Of the rule as a whole.
fn of_rules(kind: &str, keys: &mut Keys<'_>, depth: usize) -> Read<Option<Transformation>> {
    Ok(Some(match kind {
        "add_condition" => Transformation::AddCondition(read_added(keys)?),
        "change_logsource" => Transformation::ChangeLogsource(logsource(keys)?),
        "add_field" => Transformation::AddFields(keys.texts("field")?.unwrap_or_default()),
        "remove_field" => Transformation::RemoveFields(keys.texts("field")?.unwrap_or_default()),
        "set_field" => Transformation::SetFields(keys.texts("fields")?.unwrap_or_default()),
        "set_state" => {
            Transformation::SetState { key: keys.required("key")?, value: noted(&keys.required_entry("val")?.value) }
        }
        "rule_failure" => Transformation::RuleFailure(keys.required("message")?),
        "detection_item_failure" => Transformation::ItemFailure(keys.required("message")?),
        "strict_field_mapping_failure" => Transformation::StrictFieldMapping,
        "set_custom_attribute" => {
            Transformation::SetAttribute { name: keys.required("attribute")?, value: keys.required("value")? }
        }
        "nest" => Transformation::Nest(read_steps(&keys.required_entry("items")?.value, depth + 1)?),
        _ => return Ok(None),
    }))
}

/// Any value may be noted: it has no effect until a condition asks for it.
fn noted(node: &Node) -> Noted {
    match &node.kind {
        Kind::Scalar(scalar) => Noted::One(scalar.text.clone()),
        Kind::Sequence(nodes) => {
            let texts = node.texts();
            if texts.len() == nodes.len() { Noted::List(texts) } else { Noted::Other }
        }
        Kind::Mapping(_) => Noted::Other,
    }
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
