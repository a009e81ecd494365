//! What begins with a backslash.

use super::{Before, END, Translator};
use crate::PredicateError;

/// What an escape stands for.
pub(super) enum Escaped {
    /// One character.
    Character(char),
    /// Several characters in a row: `\Q...\E`.
    Quoted(Vec<char>),
    /// Any of a set of characters, as it is written inside of a class, or all but those.
    Set { inside: String, negated: bool },
    /// Something that is not a character: written outside of a class only.
    Other(&'static str),
    /// Nothing at all: a lone `\E`.
    Nothing,
}

const DIGITS: &str = "0-9";
const WORDS: &str = "0-9A-Z_a-z";
const SPACES: &str = r"\t\n\x0B\x0C\r ";
const HORIZONTAL: &str = r"\t \x{A0}\x{1680}\x{180E}\x{2000}-\x{200A}\x{202F}\x{205F}\x{3000}";
const VERTICAL: &str = r"\n\x0B\x0C\r\x{85}\x{2028}\x{2029}";

impl Translator {
    pub(super) fn escape(&mut self) -> Result<(), PredicateError> {
        match self.escaped(false)? {
            Escaped::Character(character) => self.literal(character),
            Escaped::Quoted(characters) => characters.into_iter().for_each(|character| self.literal(character)),
            Escaped::Set { inside, negated } => {
                let negation = if negated { "^" } else { "" };
                self.write(&format!("[{negation}{inside}]"), Before::Item);
            }
            Escaped::Other(text) => self.write(text, Before::Assertion),
            Escaped::Nothing => {}
        }
        Ok(())
    }

    /// Reads an escape, inside of a class or outside.
    pub(super) fn escaped(&mut self, in_class: bool) -> Result<Escaped, PredicateError> {
        let set = |inside: &str, negated: bool| Escaped::Set { inside: inside.to_owned(), negated };
        let Some(letter) = self.peek(1) else {
            return Err(self.refuse("\\", "stands at the end and escapes nothing", "write `\\\\` for a backslash"));
        };
        let found = match letter {
            'd' | 'D' => set(DIGITS, letter == 'D'),
            'w' | 'W' => set(WORDS, letter == 'W'),
            's' | 'S' => set(SPACES, letter == 'S'),
            'h' | 'H' => set(HORIZONTAL, letter == 'H'),
            'v' | 'V' => set(VERTICAL, letter == 'V'),
            'N' if !in_class && self.peek(2) != Some('{') => set(r"\n", true),
            'a' => Escaped::Character('\u{7}'),
            'e' => Escaped::Character('\u{1B}'),
            'f' => Escaped::Character('\u{C}'),
            'n' => Escaped::Character('\n'),
            'r' => Escaped::Character('\r'),
            't' => Escaped::Character('\t'),
            'b' if in_class => Escaped::Character('\u{8}'),
            'b' => Escaped::Other(r"(?-u:\b)"),
            'B' if !in_class => Escaped::Other(r"(?-u:\B)"),
            'A' if !in_class => Escaped::Other(r"\A"),
            'z' if !in_class => Escaped::Other(r"\z"),
            'Z' if !in_class => Escaped::Other(END),
            'E' => Escaped::Nothing,
            'Q' => return Ok(self.quoted()),
            'c' | 'x' | 'o' | 'u' | 'U' | '0' => return self.numbered(letter),
            '1'..='9' if in_class => return self.numbered(letter),
            'p' | 'P' => return self.property(letter),
            _ if letter.is_ascii_alphanumeric() => return Err(self.unknown(letter, in_class)),
            // Of everything else the backslash is left out: `\<` is `<`.
            _ => Escaped::Character(letter),
        };
        self.at += 2;
        Ok(found)
    }

    /// `\Q...\E`: everything between stands for itself.
    fn quoted(&mut self) -> Escaped {
        self.at += 2;
        let mut characters = Vec::new();
        while let Some(character) = self.peek(0) {
            if self.starts_with(r"\E") {
                self.at += 2;
                break;
            }
            characters.push(character);
            self.at += 1;
        }
        Escaped::Quoted(characters)
    }

    /// A character by its number.
    fn numbered(&mut self, letter: char) -> Result<Escaped, PredicateError> {
        if letter == 'c' {
            let Some(control) = self.peek(2).filter(|it| matches!(it, ' '..='~')) else {
                return Err(self.refuse(r"\c", "needs a character of ASCII behind it", "write `\\x` and two digits"));
            };
            self.at += 3;
            return Ok(Escaped::Character(char::from(control.to_ascii_uppercase() as u8 ^ 0x40)));
        }
        let radix = if matches!(letter, 'x' | 'u' | 'U') { 16 } else { 8 };
        // Digits begin behind the letter, or are all there is.
        let begin = self.at + if letter.is_ascii_digit() { 1 } else { 2 };
        let is_digit = |character: &char| character.is_digit(radix);
        let (digits, end) = if !letter.is_ascii_digit() && self.characters.get(begin) == Some(&'{') {
            let rest = &self.characters[begin + 1..];
            let length = rest.iter().take_while(|character| is_digit(character)).count();
            let is_closed = length > 0 && rest.get(length) == Some(&'}');
            (rest[..if is_closed { length } else { 0 }].to_vec(), begin + length + 2)
        } else {
            let (least, most) = match letter {
                'x' => (2, 2),
                'u' => (4, 4),
                'U' => (8, 8),
                'o' => (usize::MAX, 0),
                _ => (1, 3),
            };
            let digits: Vec<char> = self.characters[begin..].iter().copied().take_while(is_digit).take(most).collect();
            let end = begin + digits.len();
            if digits.len() < least { (Vec::new(), end) } else { (digits, end) }
        };
        let text: String = digits.into_iter().collect();
        let character = u32::from_str_radix(&text, radix).ok().and_then(char::from_u32);
        let Some(character) = character else {
            let why = "is not followed by the number of a character";
            let way_out = "write `\\x0A` or `\\x{E9}` with its number, or `\\\\` for a backslash";
            return Err(self.refuse(&format!("\\{letter}"), why, way_out));
        };
        self.at = end;
        Ok(Escaped::Character(character))
    }

    /// A class of characters by one of Unicode's properties.
    fn property(&mut self, letter: char) -> Result<Escaped, PredicateError> {
        let length = match self.peek(2) {
            Some('{') => {
                let rest = &self.characters[self.at + 3..];
                rest.iter().position(|&character| character == '}').map(|length| length + 4)
            }
            Some(_) => Some(3),
            None => None,
        };
        let Some(length) = length else {
            return Err(self.refuse(&format!("\\{letter}"), "does not name a property", "write `\\p{L}`"));
        };
        let construct: String = self.characters[self.at..self.at + length].iter().collect();
        let why = "asks for a property of Unicode, and those are not known here";
        Err(self.refuse(&construct, why, "list the characters, as in `[A-Za-z]`"))
    }

    fn unknown(&self, letter: char, in_class: bool) -> PredicateError {
        let construct = format!("\\{letter}");
        let (why, way_out) = match letter {
            _ if in_class => ("does not stand for a character, as a class needs it", "remove it"),
            '1'..='9' | 'g' | 'k' => (
                "refers to what a group matched, which cannot be matched in linear time",
                "write out what that group matches; for a character, write `\\x` and two digits",
            ),
            'R' => ("is not supported", "write `\\r?\\n`"),
            'X' | 'C' => ("is not supported", "write `.`"),
            'G' => ("is not supported", "write `^`"),
            'K' => ("changes where a match begins, which is of no effect here", "remove it"),
            _ => ("has no meaning", "remove the backslash, or double it for a backslash"),
        };
        self.refuse(&construct, why, way_out)
    }
}
