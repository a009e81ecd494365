//! Regular expressions as PCRE means them, rewritten so that the syntax of the `regex` crate means the same.
//!
//! Sigma's expressions are PCRE's. Most of the syntax is shared, and some of what is shared in form differs in meaning:
//! `[a&&b]` is three characters here and an intersection there, `\<` is a character here and the start of a word there,
//! `\w` knows the letters of ASCII here and of all scripts there, `$` also matches before a line end that ends the text.
//! All of that is rewritten. What cannot be matched in linear time, or has no counterpart, is refused with its construct,
//! its position and what to write instead.
//!
//! What is meant is PCRE2 with UTF and without UCP: characters, not bytes; Perl's and POSIX's classes and `\b` know ASCII
//! alone; letter case is Unicode's. Differences that stay: under `i` a class that holds `\w` also takes the two letters
//! outside ASCII that fold to `s` and `k`; with `m`, `^` also matches behind a line end that ends the text; a `$` that an
//! assertion follows matches at the very end only.
//!
//! Source: pcre2pattern(3).

mod class;
mod escape;
mod group;
#[cfg(test)]
mod tests;

use crate::PredicateError;

/// Rewrites an expression from PCRE's syntax.
///
/// # Errors
/// When it has a construct that is not supported.
pub(crate) fn translate(pattern: &str) -> Result<String, PredicateError> {
    let mut translator = Translator::new(pattern);
    translator.run()?;
    Ok(translator.written)
}

/// What a quantifier would repeat.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    /// Nothing: the beginning of the expression, of a group or of an alternative.
    Nothing,
    /// A character, class or group.
    Item,
    /// Something that matches no characters, such as `^`.
    Assertion,
    /// Something that has a quantifier already.
    Repeated,
}

/// The options that change how the rest of a group is read.
#[derive(Clone, Copy, Default)]
struct Options {
    /// `x`: white space and comments are left out.
    extended: bool,
    /// `m`: `^` and `$` match at lines.
    lines: bool,
}

struct Translator {
    characters: Vec<char>,
    at: usize,
    written: String,
    options: Options,
    /// The options outside of each group that is open.
    outer: Vec<Options>,
    before: Before,
}

/// The end of the text, or before a line end that ends it.
const END: &str = r"(?:\n?\z)";

impl Translator {
    fn new(pattern: &str) -> Self {
        Self {
            characters: pattern.chars().collect(),
            at: 0,
            written: String::with_capacity(pattern.len()),
            options: Options::default(),
            outer: Vec::new(),
            before: Before::Nothing,
        }
    }

    fn run(&mut self) -> Result<(), PredicateError> {
        while let Some(character) = self.peek(0) {
            match character {
                '\\' => self.escape()?,
                '[' => {
                    self.class()?;
                    self.before = Before::Item;
                }
                '(' => self.open_group()?,
                ')' => {
                    self.options = self.outer.pop().unwrap_or(self.options);
                    self.take(")", Before::Item);
                }
                '|' => self.take("|", Before::Nothing),
                '$' if !self.options.lines => self.take(END, Before::Assertion),
                '^' | '$' => self.take(&character.to_string(), Before::Assertion),
                '.' => self.take(".", Before::Item),
                '*' | '+' | '?' => self.quantifier(1)?,
                '{' => match self.counted()? {
                    Some(length) => self.quantifier(length)?,
                    None => self.take(r"\{", Before::Item),
                },
                '#' if self.options.extended => self.skip_comment(),
                _ if self.options.extended && is_blank(character) => self.at += 1,
                _ => {
                    self.at += 1;
                    self.literal(character);
                }
            }
        }
        Ok(())
    }

    fn peek(&self, ahead: usize) -> Option<char> {
        self.characters.get(self.at + ahead).copied()
    }

    fn starts_with(&self, text: &str) -> bool {
        text.chars().enumerate().all(|(ahead, character)| self.peek(ahead) == Some(character))
    }

    /// Writes `text` for the next character.
    fn take(&mut self, text: &str, before: Before) {
        self.at += 1;
        self.write(text, before);
    }

    fn write(&mut self, text: &str, before: Before) {
        self.written.push_str(text);
        self.before = before;
    }

    /// Writes a character that stands for itself.
    fn literal(&mut self, character: char) {
        if regex_syntax::is_meta_character(character) {
            self.written.push('\\');
        }
        self.written.push(character);
        self.before = Before::Item;
    }

    fn skip_comment(&mut self) {
        while self.peek(0).is_some_and(|character| character != '\n') {
            self.at += 1;
        }
    }

    /// How many characters of `{2}`, `{2,}`, `{2,3}` or `{,3}` come next; none where `{` is a character.
    fn counted(&self) -> Result<Option<usize>, PredicateError> {
        let rest = &self.characters[self.at..];
        let Some(end) = rest.iter().position(|&character| character == '}') else { return Ok(None) };
        let inside: String = rest[1..end].iter().collect();
        let without_blanks: String = inside.chars().filter(|character| !matches!(character, ' ' | '\t')).collect();
        let (least, most) = without_blanks.split_once(',').unwrap_or((&without_blanks, "0"));
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(least) || !digits(most) || least.is_empty() && (most.is_empty() || !inside.contains(',')) {
            return Ok(None);
        }
        if inside != without_blanks {
            let construct = format!("{{{inside}}}");
            return Err(self.refuse(&construct, "is read in two ways", &format!("write `{{{without_blanks}}}`")));
        }
        Ok(Some(end + 1))
    }

    /// Reads a quantifier of so many characters, and the `?` that makes it lazy.
    fn quantifier(&mut self, length: usize) -> Result<(), PredicateError> {
        let written: String = self.characters[self.at..self.at + length].iter().collect();
        match self.before {
            Before::Nothing => {
                let way_out = format!("write `\\{written}` for the character, or `.*` for any text");
                return Err(self.refuse(&written, "has nothing before it to repeat", &way_out));
            }
            Before::Assertion => {
                return Err(self.refuse(&written, "repeats what matches no characters", "remove it"));
            }
            Before::Repeated if !written.starts_with('{') => {
                return Err(self.refuse(&written, "repeats a repetition", "remove one of the two"));
            }
            _ => {}
        }
        let written = if written.starts_with("{,") { written.replacen("{,", "{0,", 1) } else { written };
        if self.peek(length) == Some('+') {
            let why = "is possessive, which cannot be matched in linear time";
            return Err(self.refuse(&format!("{written}+"), why, &format!("write `{written}`")));
        }
        self.at += length;
        self.write(&written, Before::Repeated);
        if self.peek(0) == Some('?') {
            self.take("?", Before::Repeated);
        }
        Ok(())
    }

    /// Says what is wrong at the current position.
    fn refuse(&self, construct: &str, why: &str, way_out: &str) -> PredicateError {
        PredicateError::RegexConstruct {
            construct: construct.to_owned(),
            at: self.at + 1,
            why: why.to_owned(),
            way_out: way_out.to_owned(),
        }
    }
}

/// What `x` leaves out.
fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\n' | '\u{B}' | '\u{C}' | '\r')
}
