//! One rule on one event, word by word as the specification says and as the table in `glassbox_rules` decides where it
//! is silent. As slow and plain as can be: no index, no compiled form, nothing shared with the engine but the library
//! that runs regular expressions.

use std::{borrow::Cow, net::IpAddr};

use regex_automata::meta::Regex;
use serde_json::Value as Json;

use crate::sigma::{CATEGORY, Compare, Condition, Item, Part, Rule, Selection, Value};

/// Whether the rule holds of the event.
#[must_use]
pub fn holds(rule: &Rule, event: &Json) -> bool {
    rule.category == CATEGORY && condition_holds(rule, &rule.condition, event)
}

fn condition_holds(rule: &Rule, condition: &Condition, event: &Json) -> bool {
    let named = |wanted: &str| {
        let (_, selection) = rule.selections.iter().find(|(name, _)| *name == wanted).expect("it is there");
        selection_holds(selection, event)
    };
    match condition {
        Condition::Name(name) => named(name),
        Condition::Not(inner) => !condition_holds(rule, inner, event),
        Condition::And(left, right) => condition_holds(rule, left, event) && condition_holds(rule, right, event),
        Condition::Or(left, right) => condition_holds(rule, left, event) || condition_holds(rule, right, event),
        Condition::Of { all, prefix } => {
            // Names that begin with `_` are asked for by name only.
            let meant = |name: &&str| name.starts_with(prefix) && (!prefix.is_empty() || !name.starts_with('_'));
            let mut names = rule.selections.iter().map(|(name, _)| *name).filter(meant);
            if *all { names.all(named) } else { names.any(named) }
        }
    }
}

fn selection_holds(selection: &Selection, event: &Json) -> bool {
    match selection {
        Selection::Maps(maps) => maps.iter().any(|items| items.iter().all(|item| item_holds(item, event))),
        Selection::Keywords { all, values } => {
            let anywhere = Compare::Text { part: Part::Anywhere, cased: false, windash: false };
            let mut leaves = Vec::new();
            collect_leaves(event, &mut leaves);
            let found = |value: &Value| leaves.iter().any(|leaf| value_holds(anywhere, value, leaf));
            if *all { values.iter().all(found) } else { values.iter().any(found) }
        }
    }
}

fn item_holds(item: &Item, event: &Json) -> bool {
    let values = field_values(event, item.field);
    // A null says that there is no value.
    let told: Vec<&Json> = values.iter().copied().filter(|value| !value.is_null()).collect();
    let holds = |wanted: &Value| match (item.compare, wanted) {
        (Compare::Exists, Value::Bool(wanted)) => values.is_empty() != *wanted,
        (Compare::FieldRef, Value::Text(other)) => {
            let others = field_values(event, other);
            let others = others.iter().filter(|value| !value.is_null());
            let others: Vec<String> = others.map(|value| fold(&text(value))).collect();
            told.iter().any(|value| others.contains(&fold(&text(value))))
        }
        (Compare::NotEquals, Value::Text(wanted)) => {
            // It negates the whole line, so an absent field satisfies it.
            told.iter().all(|value| fold(&text(value)) != fold(wanted))
        }
        (_, Value::Null) => values.is_empty() || told.len() < values.len(),
        (compare, wanted) => told.iter().any(|value| value_holds(compare, wanted, value)),
    };
    // That none of several values is there needs each of them to be elsewhere.
    let all = item.all || item.compare == Compare::NotEquals;
    if all { item.values.iter().all(holds) } else { item.values.iter().any(holds) }
}

/// Every scalar under a field's name, nulls among them; arrays are looked through, and a key may hold dots itself.
fn field_values<'e>(event: &'e Json, field: &str) -> Vec<&'e Json> {
    fn flatten<'e>(value: &'e Json, found: &mut Vec<&'e Json>) {
        match value {
            Json::Array(elements) => elements.iter().for_each(|element| flatten(element, found)),
            Json::Object(_) => {}
            scalar => found.push(scalar),
        }
    }
    fn follow<'e>(value: &'e Json, path: &str, found: &mut Vec<&'e Json>) {
        match value {
            Json::Array(elements) => elements.iter().for_each(|element| follow(element, path, found)),
            Json::Object(members) => {
                for (key, member) in members {
                    match path.strip_prefix(key.as_str()) {
                        Some("") => flatten(member, found),
                        Some(rest) if rest.starts_with('.') => follow(member, &rest[1..], found),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    follow(event, field, &mut found);
    found
}

fn collect_leaves<'e>(value: &'e Json, leaves: &mut Vec<&'e Json>) {
    match value {
        Json::Array(elements) => elements.iter().for_each(|element| collect_leaves(element, leaves)),
        Json::Object(members) => members.values().for_each(|member| collect_leaves(member, leaves)),
        Json::Null => {}
        scalar => leaves.push(scalar),
    }
}

/// A scalar as it is written, strings without their quotes.
fn text(value: &Json) -> Cow<'_, str> {
    match value {
        Json::String(text) => Cow::Borrowed(text),
        Json::Number(number) => Cow::Owned(crate::sigma::number_text(number)),
        other => Cow::Owned(other.to_string()),
    }
}

/// One character for one character, so that folding changes no lengths.
fn fold(text: &str) -> String {
    text.chars().map(fold_character).collect()
}

fn fold_character(character: char) -> char {
    character.to_lowercase().next().expect("one at least")
}

fn value_holds(compare: Compare, wanted: &Value, value: &Json) -> bool {
    let value = text(value);
    let wanted = match wanted {
        Value::Text(text) => text.clone(),
        Value::Number(number) => crate::sigma::number_text(number),
        Value::Bool(flag) => flag.to_string(),
        Value::Null => return false,
    };
    match compare {
        Compare::Text { part, cased, windash } => {
            let mut pattern = pattern(&wanted, windash);
            if matches!(part, Part::Anywhere | Part::End) {
                pattern.insert(0, Token::Any);
            }
            if matches!(part, Part::Anywhere | Part::Start) {
                pattern.push(Token::Any);
            }
            let value: Vec<char> = value.chars().collect();
            fits(&pattern, &value, cased)
        }
        Compare::Regex { ignore_case } => {
            let flags = if ignore_case { "(?i)" } else { "" };
            let expression = Regex::new(&format!("{flags}{wanted}")).expect("one of few expressions");
            expression.is_match(value.as_bytes())
        }
        Compare::Cidr => in_network(&wanted, &value),
        Compare::Number(order) => match (number(&value), number(&wanted)) {
            (Some(value), Some(wanted)) => match order {
                "lt" => value < wanted,
                "lte" => value <= wanted,
                "gt" => value > wanted,
                _ => value >= wanted,
            },
            _ => false,
        },
        Compare::Exists | Compare::FieldRef | Compare::NotEquals => unreachable!("decided on all values at once"),
    }
}

/// A piece of a pattern.
#[derive(Clone, Copy, PartialEq)]
enum Token {
    Character(char),
    One,
    Any,
    /// A dash that begins a word.
    Dash,
}

/// `*` and `?` are wildcards; a backslash before one of them or before another backslash escapes it.
fn pattern(text: &str, windash: bool) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let escaped = rest.strip_prefix('\\').and_then(|behind| behind.chars().next());
        let (token, length) = match (character, escaped) {
            (_, Some(escaped @ ('*' | '?' | '\\'))) => (Token::Character(escaped), 2),
            ('*', _) => (Token::Any, 1),
            ('?', _) => (Token::One, 1),
            _ => (Token::Character(character), character.len_utf8()),
        };
        tokens.push(token);
        rest = &rest[length..];
    }
    if windash {
        let is_word = |token: Option<&Token>| matches!(token, Some(Token::Character(character)) if character.is_alphanumeric() || *character == '_');
        for at in 0..tokens.len() {
            let dash = matches!(tokens[at], Token::Character('-' | '/'));
            let before = at.checked_sub(1).and_then(|before| tokens.get(before));
            if dash && !is_word(before) && is_word(tokens.get(at + 1)) {
                tokens[at] = Token::Dash;
            }
        }
    }
    tokens
}

fn fits(pattern: &[Token], value: &[char], cased: bool) -> bool {
    let same = |left: char, right: char| left == right || !cased && fold_character(left) == fold_character(right);
    let Some((token, rest)) = pattern.split_first() else { return value.is_empty() };
    if *token == Token::Any {
        return (0..=value.len()).any(|taken| fits(rest, &value[taken..], cased));
    }
    let Some((&first, behind)) = value.split_first() else { return false };
    let taken = match *token {
        Token::Character(character) => same(character, first),
        Token::Dash => ['-', '/', '\u{2013}', '\u{2014}', '\u{2015}'].contains(&first),
        Token::One | Token::Any => true,
    };
    taken && fits(rest, behind, cased)
}

/// Whether an address is in a network, bit by bit.
fn in_network(network: &str, value: &str) -> bool {
    let bits = |address: IpAddr| -> Vec<bool> {
        let octets = match address {
            IpAddr::V4(address) => address.octets().to_vec(),
            IpAddr::V6(address) => address.octets().to_vec(),
        };
        octets.iter().flat_map(|octet| (0..8).rev().map(move |bit| octet >> bit & 1 == 1)).collect()
    };
    let (base, prefix) = network.split_once('/').expect("one of few networks");
    let (base, prefix): (IpAddr, usize) = (base.parse().expect("an address"), prefix.parse().expect("a number"));
    // A zone belongs to an address of the sixth version alone.
    let (address, zone) = value.split_once('%').map_or((value, false), |(address, _)| (address, true));
    let Ok(address) = address.trim().parse::<IpAddr>() else { return false };
    if zone && address.is_ipv4() {
        return false;
    }
    let address = match (base, address.to_canonical()) {
        (IpAddr::V4(_), canonical) => canonical,
        (IpAddr::V6(_), _) => address,
    };
    base.is_ipv4() == address.is_ipv4() && bits(base)[..prefix] == bits(address)[..prefix]
}

/// A number in decimal or, behind `0x`, in hexadecimal digits. Those made here are small enough for `f64`.
fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    if let Some(digits) = text.strip_prefix("0x") {
        return u32::from_str_radix(digits, 16).ok().map(f64::from);
    }
    text.parse().ok().filter(|_| text.contains(|c: char| c.is_ascii_digit()))
}
