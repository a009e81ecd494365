//! What begins with a parenthesis: groups, options, comments.

use super::{Before, Options, Translator};
use crate::PredicateError;

impl Translator {
    pub(super) fn open_group(&mut self) -> Result<(), PredicateError> {
        if self.starts_with("(*") {
            let construct = self.until(')');
            return Err(self.refuse(&construct, "is an instruction to PCRE's matcher", "remove it"));
        }
        if !self.starts_with("(?") {
            return self.enter("(", 1);
        }
        let length_of_name = |quote: usize, end: char, at: &Self| {
            let rest = &at.characters[at.at + quote..];
            rest.iter().position(|&character| character == end)
        };
        match (self.peek(2), self.peek(3)) {
            (Some('#'), _) => {
                while self.peek(0).is_some_and(|character| character != ')') {
                    self.at += 1;
                }
                self.at += 1;
                Ok(())
            }
            (Some(':'), _) => self.enter("(?:", 3),
            // Branches that share numbers of groups: nothing refers to them.
            (Some('|'), _) => self.enter("(?:", 3),
            (Some('='), _) => Err(self.look_around("(?=")),
            (Some('!'), _) => Err(self.look_around("(?!")),
            (Some('<'), Some('=')) => Err(self.look_around("(?<=")),
            (Some('<'), Some('!')) => Err(self.look_around("(?<!")),
            (Some('>'), _) => {
                let why = "is an atomic group, which cannot be matched in linear time";
                Err(self.refuse("(?>", why, "write `(?:`"))
            }
            (Some('P'), Some('<')) => self.named(4, length_of_name(4, '>', self)),
            (Some('<'), _) => self.named(3, length_of_name(3, '>', self)),
            (Some('\''), _) => self.named(3, length_of_name(3, '\'', self)),
            (Some('('), _) => {
                let why = "is a condition, which cannot be matched in linear time";
                Err(self.refuse("(?(", why, "write both cases as alternatives"))
            }
            (Some('P' | 'R' | '&' | '+' | '0'..='9'), _) | (Some('-'), Some('0'..='9')) => {
                let construct = self.until(')');
                let why = "refers to another group, which cannot be matched in linear time";
                Err(self.refuse(&construct, why, "write out what that group matches"))
            }
            (Some('C'), _) => {
                let construct = self.until(')');
                Err(self.refuse(&construct, "calls a function of PCRE's caller", "remove it"))
            }
            _ => self.options(),
        }
    }

    /// Opens a group: writes `text` for so many characters.
    fn enter(&mut self, text: &str, length: usize) -> Result<(), PredicateError> {
        self.outer.push(self.options);
        self.at += length;
        self.write(text, Before::Nothing);
        Ok(())
    }

    /// A group with a name of so many characters.
    fn named(&mut self, before: usize, length: Option<usize>) -> Result<(), PredicateError> {
        match length {
            Some(length) if length > 0 => {
                let name: String = self.characters[self.at + before..self.at + before + length].iter().collect();
                self.enter(&format!("(?P<{name}>"), before + length + 1)
            }
            _ => Err(self.refuse("(?<", "names a group and does not end the name", "write `(?:`")),
        }
    }

    fn look_around(&self, construct: &str) -> PredicateError {
        let why = "is look-around, which cannot be matched in linear time";
        let way_out = "write what must be there as one expression, and what must not be there as another in a selection \
                       that the condition negates";
        self.refuse(construct, why, way_out)
    }

    /// `(?i)` and `(?i:`: options for the rest of the group, or for a group of their own.
    fn options(&mut self) -> Result<(), PredicateError> {
        let rest: String = self.characters[self.at + 2..].iter().take_while(|it| !matches!(it, ')' | ':')).collect();
        let length = rest.chars().count();
        let construct = format!("(?{rest}");
        let Some(end @ (')' | ':')) = self.peek(2 + length) else {
            return Err(self.refuse(&construct, "is a group that does not end", "write `\\(` for the character"));
        };
        let mut options = self.options;
        let (mut on, mut off) = (String::new(), String::new());
        let mut is_on = true;
        for option in rest.chars() {
            match option {
                '-' if is_on => is_on = false,
                'i' | 's' | 'U' => (if is_on { &mut on } else { &mut off }).push(option),
                'm' => {
                    options.lines = is_on;
                    (if is_on { &mut on } else { &mut off }).push('m');
                }
                'x' if !rest.contains("xx") => options.extended = is_on,
                // Which groups capture is of no interest.
                'n' | 'J' => {}
                _ => {
                    return Err(self.refuse(&construct, "is not a group that is known", "the options are i, m, s, x"));
                }
            }
        }
        if !off.is_empty() {
            on.push('-');
            on.push_str(&off);
        }
        self.open_options(options, &on, end == ':', 3 + length);
        Ok(())
    }

    fn open_options(&mut self, options: Options, written: &str, is_group: bool, length: usize) {
        self.at += length;
        if is_group {
            self.outer.push(self.options);
            self.write(&format!("(?{written}:"), Before::Nothing);
        } else if !written.is_empty() {
            self.written.push_str(&format!("(?{written})"));
        }
        self.options = options;
    }

    /// The text up to and with a character, or to the end.
    pub(super) fn until(&self, end: char) -> String {
        let mut text = String::new();
        for &character in &self.characters[self.at..] {
            text.push(character);
            if character == end {
                break;
            }
        }
        text
    }
}
