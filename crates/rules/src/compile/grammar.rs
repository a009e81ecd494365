//! The grammar of conditions: `selection and not 1 of filter_*`.
//!
//! Operators are words in lower case, as SigmaHQ's tooling has them; `not` binds closest, then `and`, then `or`.

use glassbox_predicate::Glob;

/// How deep parentheses and negations may nest.
const DEPTH_MAX: usize = 32;
/// Bytes of one condition.
const BYTES_MAX: usize = 64 << 10;

/// A condition as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Parsed {
    Or(Vec<Parsed>),
    And(Vec<Parsed>),
    Not(Box<Parsed>),
    /// A selection.
    Name(String),
    /// So many of the selections whose names fit a pattern.
    Of(Quantity, String),
}

/// How many of several selections are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quantity {
    All,
    AtLeast(u64),
}

/// A condition over selections by name, patterns resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Expression {
    Any(Vec<Expression>),
    All(Vec<Expression>),
    Not(Box<Expression>),
    Name(String),
    /// At least so many of these selections, which a pattern names.
    AtLeast(u32, String, Vec<String>),
    /// All of these selections.
    Every(Vec<String>),
}

impl Parsed {
    /// Puts the names of selections in the place of patterns.
    ///
    /// # Errors
    /// When a name or pattern fits no selection, or more are asked for than there are.
    pub(super) fn resolve(self, names: &[&str]) -> Result<Expression, String> {
        let each = |parts: Vec<Self>| parts.into_iter().map(|part| part.resolve(names)).collect::<Result<_, _>>();
        Ok(match self {
            Self::Or(parts) => Expression::Any(each(parts)?),
            Self::And(parts) => Expression::All(each(parts)?),
            Self::Not(part) => Expression::Not(Box::new(part.resolve(names)?)),
            Self::Name(name) if names.contains(&name.as_str()) => Expression::Name(name),
            Self::Name(name) => {
                return Err(format!(
                    "the condition names `{name}`, and there is no such selection; there are {}",
                    names.join(", ")
                ));
            }
            Self::Of(quantity, pattern) => {
                let fitting = fitting(&pattern, names);
                match quantity {
                    _ if fitting.is_empty() => {
                        return Err(format!(
                            "the condition's `{pattern}` fits no selection; there are {}",
                            names.join(", ")
                        ));
                    }
                    Quantity::All => Expression::Every(fitting),
                    Quantity::AtLeast(count) => match u32::try_from(count) {
                        Ok(wanted) if (1..=fitting.len()).contains(&(wanted as usize)) => {
                            Expression::AtLeast(wanted, pattern, fitting)
                        }
                        _ => return Err(format!("the condition asks for {count} of {} selections", fitting.len())),
                    },
                }
            }
        })
    }
}

/// The selections that a pattern means. Names that begin with `_` are left out unless the pattern begins so too.
fn fitting(pattern: &str, names: &[&str]) -> Vec<String> {
    let glob = Glob::parse(if pattern == "them" { "*" } else { pattern }, true);
    let fits = |name: &&str| glob.is_match(name) && (pattern.starts_with('_') || !name.starts_with('_'));
    let mut fitting: Vec<String> = names.iter().copied().filter(fits).map(str::to_owned).collect();
    fitting.sort_unstable();
    fitting
}

/// Reads a condition.
///
/// # Errors
/// When it does not follow the grammar; the reason names the word at fault.
pub(super) fn parse(text: &str) -> Result<Parsed, String> {
    if text.len() > BYTES_MAX {
        return Err(format!("the condition has {} bytes, and {BYTES_MAX} are allowed", text.len()));
    }
    if let Some((_, behind)) = text.split_once('|') {
        return Err(aggregation(behind));
    }
    let words = words(text)?;
    let mut parser = Parser { words: &words, at: 0 };
    let parsed = parser.or(0)?;
    match parser.peek() {
        None => Ok(parsed),
        Some(")") => Err("the condition closes a parenthesis that it did not open".into()),
        Some(word) => Err(unexpected(word)),
    }
}

/// What stands behind a pipe was given up by the language.
fn aggregation(behind: &str) -> String {
    let behind = behind.trim();
    let word = behind.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default();
    format!(
        "the condition pipes into `{word}`: aggregations (`| count() ...`) and `near` are deprecated; write a correlation \
         rule instead (those are not read yet either), or remove the `|` and what follows to find single events"
    )
}

/// Names, patterns, operators and parentheses.
fn words(text: &str) -> Result<Vec<&str>, String> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '*');
        let length = match first {
            '(' | ')' => 1,
            first if is_word(first) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            first => {
                return Err(format!(
                    "the condition holds `{first}`, which no name or operator has; join selections by `and`, `or` and `not`"
                ));
            }
        };
        words.push(&rest[..length]);
        rest = rest[length..].trim_start();
    }
    Ok(words)
}

const RESERVED: [&str; 7] = ["and", "or", "not", "of", "all", "any", "them"];

fn unexpected(word: &str) -> String {
    let lower = word.to_ascii_lowercase();
    if lower != word && RESERVED.contains(&lower.as_str()) {
        return format!("the condition's `{word}` must be written `{lower}`");
    }
    format!("the condition lacks `and` or `or` before `{word}`")
}

struct Parser<'t> {
    words: &'t [&'t str],
    at: usize,
}

impl<'t> Parser<'t> {
    fn peek(&self) -> Option<&'t str> {
        self.words.get(self.at).copied()
    }

    fn take(&mut self, word: &str) -> bool {
        let is_next = self.peek() == Some(word);
        self.at += usize::from(is_next);
        is_next
    }

    fn or(&mut self, depth: usize) -> Result<Parsed, String> {
        let mut parts = vec![self.and(depth)?];
        while self.take("or") {
            parts.push(self.and(depth)?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Parsed::Or(parts) })
    }

    fn and(&mut self, depth: usize) -> Result<Parsed, String> {
        let mut parts = vec![self.not(depth)?];
        while self.take("and") {
            parts.push(self.not(depth)?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Parsed::And(parts) })
    }

    fn not(&mut self, depth: usize) -> Result<Parsed, String> {
        if depth > DEPTH_MAX {
            return Err(format!("the condition nests deeper than {DEPTH_MAX} levels"));
        }
        if self.take("not") { Ok(Parsed::Not(Box::new(self.not(depth + 1)?))) } else { self.operand(depth) }
    }

    fn operand(&mut self, depth: usize) -> Result<Parsed, String> {
        let Some(word) = self.peek() else {
            return Err("the condition ends where the name of a selection is expected".into());
        };
        self.at += 1;
        if word == "(" {
            let inner = self.or(depth + 1)?;
            return if self.take(")") {
                Ok(inner)
            } else if let Some(word) = self.peek() {
                Err(unexpected(word))
            } else {
                Err("the condition opens a parenthesis that it does not close".into())
            };
        }
        if self.peek() == Some("of") {
            return self.of(word);
        }
        let lower = word.to_ascii_lowercase();
        if word == ")" || RESERVED.contains(&word) {
            return Err(format!("the condition has `{word}` where the name of a selection is expected"));
        }
        if RESERVED.contains(&lower.as_str()) && self.peek().is_some() {
            return Err(unexpected(word));
        }
        if word.contains('*') {
            return Err(format!("the condition's pattern `{word}` needs `1 of`, `any of` or `all of` before it"));
        }
        Ok(Parsed::Name(word.to_owned()))
    }

    fn of(&mut self, quantity: &str) -> Result<Parsed, String> {
        self.at += 1;
        let quantity = match quantity {
            "all" => Quantity::All,
            "any" => Quantity::AtLeast(1),
            number => Quantity::AtLeast(number.parse().map_err(|_| {
                format!("the condition's `{number} of` asks for no number; write `1 of`, `any of` or `all of`")
            })?),
        };
        match self.peek() {
            Some(pattern) if !matches!(pattern, "(" | ")" | "and" | "or" | "not" | "of" | "all" | "any") => {
                self.at += 1;
                Ok(Parsed::Of(quantity, pattern.to_owned()))
            }
            _ => Err("the condition's `of` lacks `them` or a pattern such as `selection_*` behind it".into()),
        }
    }
}

impl Expression {
    /// Gives every name to `rename`.
    pub(super) fn rename(&mut self, rename: &impl Fn(&str) -> String) {
        match self {
            Self::Any(parts) | Self::All(parts) => parts.iter_mut().for_each(|part| part.rename(rename)),
            Self::Not(part) => part.rename(rename),
            Self::Name(name) => *name = rename(name),
            Self::AtLeast(_, _, names) | Self::Every(names) => names.iter_mut().for_each(|name| *name = rename(name)),
        }
    }
}
