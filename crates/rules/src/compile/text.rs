//! Text as rules write it: literals, wildcards, placeholders, and what encodings make of it.

use base64::{Engine, engine::general_purpose::STANDARD};

/// The most values that one value may stand for.
pub(super) const ALTERNATIVES_MAX: usize = 1_024;

/// Text with wildcards, in pieces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Text {
    pub(super) pieces: Vec<Piece>,
    /// Whether upper and lower case differ.
    pub(super) cased: bool,
}

/// A piece of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// These characters.
    Plain(String),
    /// Bytes that an encoding made and that are no UTF-8: only base64 can make text of them.
    Bytes(Vec<u8>),
    /// `*`: any run of characters, the empty one too.
    Many,
    /// `?`: any one character.
    One,
    /// `%name%` behind `expand`: values that the operator or a pipeline gives.
    Placeholder(String),
}

impl Text {
    /// Reads `*` and `?` as wildcards. `\` before `*`, `?` or `\` escapes it, and stands for itself before anything else.
    pub(super) fn parse(written: &str) -> Self {
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut characters = written.chars().peekable();
        while let Some(character) = characters.next() {
            let wildcard = match (character, characters.peek()) {
                ('\\', Some('*' | '?' | '\\')) => {
                    plain.extend(characters.next());
                    continue;
                }
                ('*', _) => Piece::Many,
                ('?', _) => Piece::One,
                _ => {
                    plain.push(character);
                    continue;
                }
            };
            if !plain.is_empty() {
                pieces.push(Piece::Plain(std::mem::take(&mut plain)));
            }
            pieces.push(wildcard);
        }
        if !plain.is_empty() {
            pieces.push(Piece::Plain(plain));
        }
        Self { pieces, cased: false }
    }

    /// Text in which nothing is special.
    pub(super) fn plain(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { pieces: if text.is_empty() { Vec::new() } else { vec![Piece::Plain(text)] }, cased: false }
    }

    /// The text, if nothing in it is special.
    pub(super) fn as_plain(&self) -> Option<String> {
        let plain = |piece: &Piece| match piece {
            Piece::Plain(plain) => Some(plain.clone()),
            _ => None,
        };
        self.pieces.iter().map(plain).collect()
    }

    /// The text as a rule would write it, but for backslashes, which are not doubled.
    pub(super) fn written(&self) -> String {
        self.pieces.iter().map(Piece::written).collect()
    }

    /// Whether it has wildcards.
    pub(super) fn has_wildcards(&self) -> bool {
        self.pieces.iter().any(|piece| matches!(piece, Piece::Many | Piece::One))
    }

    /// The names of its placeholders.
    pub(super) fn placeholders(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Placeholder(name) => Some(name.as_str()),
            _ => None,
        })
    }

    /// Anything may stand before it.
    pub(super) fn open_start(&mut self) {
        if self.pieces.first() != Some(&Piece::Many) {
            self.pieces.insert(0, Piece::Many);
        }
    }

    /// Anything may stand behind it.
    pub(super) fn open_end(&mut self) {
        if self.pieces.last() != Some(&Piece::Many) {
            self.pieces.push(Piece::Many);
        }
    }

    /// Joins literals that stand side by side.
    pub(super) fn joined(self) -> Self {
        let mut pieces: Vec<Piece> = Vec::with_capacity(self.pieces.len());
        for piece in self.pieces {
            match (pieces.last_mut(), piece) {
                (_, Piece::Plain(text)) if text.is_empty() => {}
                (Some(Piece::Plain(before)), Piece::Plain(text)) => before.push_str(&text),
                (_, piece) => pieces.push(piece),
            }
        }
        Self { pieces, cased: self.cased }
    }

    /// Reads `%name%` as a placeholder. A name is not empty and holds no backslash; any other `%` is a character.
    pub(super) fn with_placeholders(self) -> Self {
        let mut pieces = Vec::new();
        for piece in self.pieces {
            let Piece::Plain(text) = piece else {
                pieces.push(piece);
                continue;
            };
            let mut rest = text.as_str();
            let mut plain = String::new();
            while let Some(at) = rest.find('%') {
                let behind = &rest[at + 1..];
                let name = behind.find('%').map(|end| &behind[..end]);
                plain.push_str(&rest[..at]);
                match name {
                    Some(name) if !name.is_empty() && !name.contains('\\') => {
                        pieces.push(Piece::Plain(std::mem::take(&mut plain)));
                        pieces.push(Piece::Placeholder(name.to_owned()));
                        rest = &behind[name.len() + 1..];
                    }
                    _ => {
                        plain.push('%');
                        rest = behind;
                    }
                }
            }
            plain.push_str(rest);
            pieces.push(Piece::Plain(plain));
        }
        Self { pieces, cased: self.cased }.joined()
    }

    /// Every text that comes of putting values in the place of placeholders; those that `values` gives nothing for stay.
    ///
    /// # Errors
    /// When `values` fails, or there are more than `max` texts.
    pub(super) fn filled(
        &self,
        max: usize,
        values: &mut impl FnMut(&str) -> Result<Option<Vec<Self>>, String>,
    ) -> Result<Vec<Self>, String> {
        let mut texts = vec![Self { pieces: Vec::new(), cased: self.cased }];
        for piece in &self.pieces {
            let replacements = match piece {
                Piece::Placeholder(name) => values(name)?,
                _ => None,
            };
            let replacements =
                replacements.unwrap_or_else(|| vec![Self { pieces: vec![piece.clone()], cased: self.cased }]);
            if texts.len().saturating_mul(replacements.len()) > max {
                return Err(format!("its placeholders make more than {max} values"));
            }
            texts = texts
                .iter()
                .flat_map(|text| {
                    replacements.iter().map(|replacement| {
                        let pieces = text.pieces.iter().chain(&replacement.pieces).cloned().collect();
                        Self { pieces, cased: self.cased }
                    })
                })
                .collect();
        }
        Ok(texts.into_iter().map(Self::joined).collect())
    }

    /// Every way to write the dashes that begin a word.
    ///
    /// A dash begins a word when a word character follows and none precedes, as the specification's `\B[-/]\b` says.
    pub(super) fn dashes(&self) -> Result<Vec<Self>, String> {
        let mut texts = vec![Self { pieces: Vec::new(), cased: self.cased }];
        for piece in &self.pieces {
            let written = match piece {
                Piece::Plain(plain) => dashed(plain)?.into_iter().map(Piece::Plain).collect(),
                other => vec![other.clone()],
            };
            if texts.len() * written.len() > ALTERNATIVES_MAX {
                return Err(too_many_dashes());
            }
            texts = texts
                .iter()
                .flat_map(|text| {
                    written.iter().map(|piece| {
                        let pieces = text.pieces.iter().chain([piece]).cloned().collect();
                        Self { pieces, cased: self.cased }
                    })
                })
                .collect();
        }
        Ok(texts)
    }

    /// The text in UTF-16, with wildcards where they are.
    ///
    /// # Errors
    /// When it holds a placeholder, whose value is not known yet.
    pub(super) fn utf16(&self, big_endian: bool, mark: bool) -> Result<Self, String> {
        let encoded = |text: &str, mark: bool| -> Vec<u8> {
            let units = mark.then_some(0xFEFF).into_iter().chain(text.encode_utf16());
            units.flat_map(|unit| if big_endian { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
        };
        let mut pieces = Vec::new();
        if mark {
            pieces.push(Piece::Bytes(encoded("", true)));
        }
        for piece in &self.pieces {
            let piece = match piece {
                Piece::Plain(text) => {
                    let bytes = encoded(text, false);
                    String::from_utf8(bytes).map_or_else(|error| Piece::Bytes(error.into_bytes()), Piece::Plain)
                }
                Piece::Bytes(_) => return Err("a value cannot be turned into UTF-16 twice".into()),
                Piece::Placeholder(name) => return Err(unknown_yet(name)),
                wildcard => wildcard.clone(),
            };
            pieces.push(piece);
        }
        Ok(Self { pieces, cased: self.cased })
    }

    /// The bytes that the text stands for.
    fn bytes(&self) -> Result<Vec<u8>, String> {
        let mut bytes = Vec::new();
        for piece in &self.pieces {
            match piece {
                Piece::Plain(text) => bytes.extend_from_slice(text.as_bytes()),
                Piece::Bytes(more) => bytes.extend_from_slice(more),
                Piece::Placeholder(name) => return Err(unknown_yet(name)),
                Piece::Many | Piece::One => return Err(
                    "an encoded value takes no wildcards; put `contains` behind the encoding, or escape the wildcard \
                         by `\\`"
                        .into(),
                ),
            }
        }
        Ok(bytes)
    }

    /// The text in base64; its case counts.
    pub(super) fn base64(&self) -> Result<Self, String> {
        Ok(Self { cased: true, ..Self::plain(STANDARD.encode(self.bytes()?)) })
    }

    /// The text in base64 as it looks at each of the three offsets in a larger text: characters that depend on what
    /// stands before or after are left out.
    pub(super) fn base64_offsets(&self) -> Result<Vec<Self>, String> {
        const FIRST_WHOLE: [usize; 3] = [0, 2, 3];
        const LEFT_OUT: [usize; 3] = [0, 3, 2];
        let bytes = self.bytes()?;
        (0..3)
            .map(|offset| {
                let mut padded = vec![b' '; offset];
                padded.extend_from_slice(&bytes);
                let encoded = STANDARD.encode(&padded);
                let end = encoded.len() - LEFT_OUT[padded.len() % 3];
                match encoded.get(FIRST_WHOLE[offset]..end) {
                    Some(part) if !part.is_empty() => Ok(Self { cased: true, ..Self::plain(part) }),
                    // An empty text would be found in every value.
                    _ => Err(
                        "the value is too short to be found in every encoding of it; give it at least two characters"
                            .to_owned(),
                    ),
                }
            })
            .collect()
    }
}

impl Piece {
    pub(super) fn written(&self) -> String {
        match self {
            Self::Plain(text) => text.replace('*', "\\*").replace('?', "\\?"),
            Self::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Self::Many => "*".into(),
            Self::One => "?".into(),
            Self::Placeholder(name) => format!("%{name}%"),
        }
    }
}

fn unknown_yet(name: &str) -> String {
    format!("the value of placeholder `%{name}%` is not known when the value is encoded; write the value itself")
}

fn too_many_dashes() -> String {
    format!("`windash` would make more than {ALTERNATIVES_MAX} alternatives; split the value")
}

/// What may stand for a dash that begins a word.
const DASHES: [char; 5] = ['-', '/', '\u{2013}', '\u{2014}', '\u{2015}'];

fn dashed(plain: &str) -> Result<Vec<String>, String> {
    let is_word = |character: Option<char>| character.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let mut written: Vec<String> = vec![String::new()];
    let mut before = None;
    let mut characters = plain.chars().peekable();
    while let Some(character) = characters.next() {
        let begins_word = !is_word(before) && is_word(characters.peek().copied());
        before = Some(character);
        if matches!(character, '-' | '/') && begins_word {
            if written.len() * DASHES.len() > ALTERNATIVES_MAX {
                return Err(too_many_dashes());
            }
            written = written.iter().flat_map(|text| DASHES.map(|dash| format!("{text}{dash}"))).collect();
        } else {
            written.iter_mut().for_each(|text| text.push(character));
        }
    }
    Ok(written)
}
