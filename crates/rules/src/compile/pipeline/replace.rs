//! `replace_string`: an expression's matches in a value, replaced by a template.

use regex_automata::{meta, util::captures::Captures};

use crate::compile::text::{Piece, Text};

/// A replacement as Python writes it: `\1`, `\g<name>` and escapes.
#[derive(Clone, Debug)]
pub(super) struct Template {
    parts: Vec<TemplatePart>,
}

#[derive(Clone, Debug)]
enum TemplatePart {
    Literal(String),
    Group(usize),
    Name(String),
}

impl Template {
    /// Reads a template for an expression.
    ///
    /// # Errors
    /// When it names a group that the expression does not have.
    pub(super) fn parse(written: &str, pattern: &meta::Regex) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = written.chars().peekable();
        while let Some(character) = rest.next() {
            if character != '\\' {
                literal.push(character);
                continue;
            }
            let group = match rest.next() {
                Some('n') => {
                    literal.push('\n');
                    continue;
                }
                Some('t') => {
                    literal.push('\t');
                    continue;
                }
                Some('g') if rest.next_if_eq(&'<').is_some() => {
                    let name: String = std::iter::from_fn(|| rest.next_if(|character| *character != '>')).collect();
                    if rest.next().is_none() {
                        return Err(format!("the replacement `{written}` does not close `\\g<`"));
                    }
                    name
                }
                Some(digit) if digit.is_ascii_digit() => {
                    let second = rest.next_if(char::is_ascii_digit);
                    [Some(digit), second].into_iter().flatten().collect()
                }
                Some('\\') => {
                    literal.push('\\');
                    continue;
                }
                Some(other) if other.is_ascii_alphabetic() => {
                    return Err(format!("the replacement `{written}` has the escape `\\{other}`, which means nothing"));
                }
                other => {
                    literal.push('\\');
                    literal.extend(other);
                    continue;
                }
            };
            if !literal.is_empty() {
                parts.push(TemplatePart::Literal(std::mem::take(&mut literal)));
            }
            let known = match group.parse::<usize>() {
                Ok(number) => (number < pattern.captures_len()).then_some(TemplatePart::Group(number)),
                Err(_) => names(pattern).any(|name| name == group).then(|| TemplatePart::Name(group.clone())),
            };
            parts.push(known.ok_or_else(|| {
                format!("the replacement `{written}` names group `{group}`, and the expression has no such group")
            })?);
        }
        if !literal.is_empty() {
            parts.push(TemplatePart::Literal(literal));
        }
        Ok(Self { parts })
    }

    fn expand(&self, text: &str, captures: &Captures) -> String {
        let group = |span: Option<regex_automata::Span>| span.map_or("", |span| &text[span.range()]);
        let part = |part: &TemplatePart| match part {
            TemplatePart::Literal(literal) => literal.clone(),
            TemplatePart::Group(number) => group(captures.get_group(*number)).to_owned(),
            TemplatePart::Name(name) => group(captures.get_group_by_name(name)).to_owned(),
        };
        self.parts.iter().map(part).collect()
    }
}

/// The names of an expression's groups.
pub(super) fn names(pattern: &meta::Regex) -> impl Iterator<Item = &str> {
    pattern.group_info().pattern_names(regex_automata::PatternID::ZERO).flatten()
}

/// Replaces matches in each literal of a text; wildcards and placeholders stay.
pub(super) fn in_literals(text: &Text, pattern: &meta::Regex, template: &Template, interpret: bool) -> Text {
    let mut pieces = Vec::new();
    for piece in &text.pieces {
        match piece {
            Piece::Plain(plain) => {
                let mut replaced = String::new();
                let mut from = 0;
                for captures in pattern.captures_iter(plain.as_str()) {
                    let Some(span) = captures.get_match() else { continue };
                    replaced.push_str(&plain[from..span.start()]);
                    replaced.push_str(&template.expand(plain, &captures));
                    from = span.end();
                }
                replaced.push_str(&plain[from..]);
                if interpret {
                    pieces.extend(Text::parse(&replaced).pieces);
                } else {
                    pieces.push(Piece::Plain(replaced));
                }
            }
            other => pieces.push(other.clone()),
        }
    }
    Text { pieces, cased: text.cased }.joined()
}

/// Replaces matches in a text as a rule would write it. What no match touches stays as it was read: written, a literal
/// backslash before a wildcard looks like an escape.
pub(super) fn in_written(text: &Text, pattern: &meta::Regex, template: &Template) -> Text {
    let mut written = String::new();
    let mut spans: Vec<(usize, usize, Piece)> = Vec::new();
    let split = |piece: &Piece| match piece {
        Piece::Plain(plain) => plain.chars().map(|character| Piece::Plain(character.to_string())).collect(),
        other => vec![other.clone()],
    };
    for piece in text.pieces.iter().flat_map(split) {
        let from = written.len();
        written.push_str(&piece.written());
        spans.push((from, written.len(), piece));
    }
    let placeholders = text.placeholders().next().is_some();
    let mut pieces: Vec<Piece> = Vec::new();
    let mut pending = String::new();
    let flush = |pending: &mut String, pieces: &mut Vec<Piece>| {
        let read = read_replaced(&std::mem::take(pending));
        pieces.extend(if placeholders { read.with_placeholders().pieces } else { read.pieces });
    };
    let keep = |from: usize, to: usize, pending: &mut String, pieces: &mut Vec<Piece>| {
        for (start, end, piece) in &spans {
            if *end <= from || *start >= to {
                continue;
            }
            if *start >= from && *end <= to {
                flush(pending, pieces);
                pieces.push(piece.clone());
            } else {
                pending.push_str(&written[(*start).max(from)..(*end).min(to)]);
            }
        }
    };
    let mut from = 0;
    for captures in pattern.captures_iter(written.as_str()) {
        let Some(span) = captures.get_match() else { continue };
        keep(from, span.start(), &mut pending, &mut pieces);
        pending.push_str(&template.expand(&written, &captures));
        from = span.end();
    }
    keep(from, written.len(), &mut pending, &mut pieces);
    flush(&mut pending, &mut pieces);
    Text { pieces, cased: text.cased }.joined()
}

/// Text that a replacement made: wildcards count, and a backslash escapes nothing but a wildcard.
fn read_replaced(written: &str) -> Text {
    let mut doubled = String::with_capacity(written.len());
    let mut characters = written.chars().peekable();
    while let Some(character) = characters.next() {
        doubled.push(character);
        if character == '\\' && !matches!(characters.peek(), Some('*' | '?')) {
            doubled.push('\\');
        }
    }
    Text::parse(&doubled)
}
