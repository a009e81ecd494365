//! Classes of characters. In PCRE a class holds characters, ranges, escapes and POSIX's names: it has no operators, and a
//! second `[` is a character.

use super::{Translator, escape::Escaped};
use crate::PredicateError;

/// A part of a class.
enum Item {
    Character(char),
    Characters(Vec<char>),
    /// As it is written inside of a class.
    Set(String),
    Nothing,
}

const POSIX: [&str; 14] = [
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper", "word",
    "xdigit",
];

impl Translator {
    pub(super) fn class(&mut self) -> Result<(), PredicateError> {
        if let Some((name, _)) = self.posix() {
            let way_out = format!("write `[[{name}]]`");
            return Err(self.refuse(&format!("[{name}]"), "is only known inside of a class", &way_out));
        }
        let begin = self.at;
        self.at += 1;
        self.written.push('[');
        if self.peek(0) == Some('^') {
            self.at += 1;
            self.written.push('^');
        }
        let mut is_first = true;
        loop {
            match self.peek(0) {
                None => {
                    self.at = begin;
                    let way_out = "end it with `]`, or write `\\[` for the character";
                    return Err(self.refuse("[", "begins a class that does not end", way_out));
                }
                Some(']') if !is_first => break,
                Some(_) => self.class_item()?,
            }
            is_first = false;
        }
        self.at += 1;
        self.written.push(']');
        Ok(())
    }

    /// One character, range or set.
    fn class_item(&mut self) -> Result<(), PredicateError> {
        let begin = self.at;
        let item = self.item()?;
        let is_range = self.peek(0) == Some('-') && self.peek(1).is_some_and(|character| character != ']');
        match item {
            Item::Character(first) if is_range => {
                self.at += 1;
                let Item::Character(last) = self.item()? else {
                    self.at = begin;
                    return Err(self.hyphen());
                };
                if first > last {
                    self.at = begin;
                    let construct = format!("{first}-{last}");
                    return Err(self.refuse(&construct, "is a range from high to low", "exchange the two"));
                }
                self.class_character(first);
                self.written.push('-');
                self.class_character(last);
            }
            Item::Character(character) => self.class_character(character),
            Item::Characters(characters) => characters.into_iter().for_each(|it| self.class_character(it)),
            Item::Set(_) if is_range => return Err(self.hyphen()),
            Item::Set(set) => self.written.push_str(&set),
            Item::Nothing => {}
        }
        Ok(())
    }

    fn hyphen(&self) -> PredicateError {
        self.refuse("-", "is no range, as a whole class stands beside it", "write `\\-` for the character")
    }

    fn item(&mut self) -> Result<Item, PredicateError> {
        match self.peek(0) {
            Some('\\') => Ok(match self.escaped(true)? {
                Escaped::Character(character) => Item::Character(character),
                Escaped::Quoted(characters) => Item::Characters(characters),
                Escaped::Set { inside, negated: false } => Item::Set(inside),
                Escaped::Set { inside, negated: true } => Item::Set(format!("[^{inside}]")),
                Escaped::Other(_) | Escaped::Nothing => Item::Nothing,
            }),
            Some('[') => match self.posix() {
                Some((name, length)) => {
                    let bare = name.trim_matches(':').trim_start_matches('^');
                    if !name.starts_with(':') || !POSIX.contains(&bare) {
                        let way_out = format!("the names are {}", POSIX.join(", "));
                        return Err(self.refuse(&format!("[{name}]"), "is not a class that is known", &way_out));
                    }
                    self.at += length;
                    Ok(Item::Set(format!("[{name}]")))
                }
                None => {
                    self.at += 1;
                    Ok(Item::Character('['))
                }
            },
            Some(character) => {
                self.at += 1;
                Ok(Item::Character(character))
            }
            None => Ok(Item::Nothing),
        }
    }

    /// The name of `[:alpha:]`, `[.a.]` or `[=a=]` with its marks, if one comes next, and how long the whole is.
    fn posix(&self) -> Option<(String, usize)> {
        let mark = self.peek(1).filter(|mark| matches!(mark, ':' | '.' | '='))?;
        let rest = &self.characters[self.at + 2..];
        let length = rest.iter().position(|&character| matches!(character, ']' | '[' | '\\') || character == mark)?;
        if rest[length] != mark || rest.get(length + 1) != Some(&']') || length == 0 {
            return None;
        }
        let name: String = rest[..length].iter().collect();
        Some((format!("{mark}{name}{mark}"), length + 4))
    }

    fn class_character(&mut self, character: char) {
        if matches!(character, '[' | ']' | '^' | '-' | '&' | '~' | '\\') {
            self.written.push('\\');
        }
        self.written.push(character);
    }
}
