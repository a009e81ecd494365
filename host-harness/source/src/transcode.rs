//! Text in other encodings to UTF-8, as a stream: UTF-16 told by its bytes, code pages by the user's word.
//!
//! What comes out are the bytes of the records: a source that was decoded is named as such in the account.

use std::{
    io::{self, Read},
    str::FromStr,
};

use encoding_rs::{CoderResult, Decoder, Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// Bytes read at a time.
const CHUNK_BYTES: usize = 16 << 10;
/// Bytes that UTF-16 without a mark must show itself in.
const UTF16_BYTES_MIN: usize = 8;

/// How the text of sources is encoded, by the user's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodePage(&'static Encoding);

/// A name that no encoding has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "there is no encoding `{name}`; those of the WHATWG's standard can be named, such as windows-1252 or shift_jis"
)]
pub struct UnknownCodePage {
    /// What was written.
    pub name: String,
}

impl FromStr for CodePage {
    type Err = UnknownCodePage;

    fn from_str(name: &str) -> Result<Self, UnknownCodePage> {
        Encoding::for_label(name.as_bytes()).map(Self).ok_or_else(|| UnknownCodePage { name: name.to_owned() })
    }
}

/// The encoding that the first bytes show, or that the user named; none for UTF-8 and for what is left as it is.
pub(super) fn encoding(prefix: &[u8], named: Option<CodePage>) -> Option<&'static Encoding> {
    if prefix.starts_with(b"\xef\xbb\xbf") {
        return None;
    }
    utf16(prefix).or(named.map(|it| it.0)).filter(|it| *it != UTF_8)
}

/// UTF-16, by its mark or since every other byte of Latin text is NUL.
pub(super) fn utf16(prefix: &[u8]) -> Option<&'static Encoding> {
    match prefix {
        [0xff, 0xfe, ..] => return Some(UTF_16LE),
        [0xfe, 0xff, ..] => return Some(UTF_16BE),
        _ => {}
    }
    let pairs: Vec<(bool, bool)> =
        prefix.as_chunks::<2>().0.iter().take(64).map(|[first, second]| (*first == 0, *second == 0)).collect();
    if pairs.len() * 2 < UTF16_BYTES_MIN.min(prefix.len() / 2 * 2).max(4) {
        return None;
    }
    // A character outside of Latin has no NUL, or by chance one on the other side; none has two.
    let share = |is: fn(&(bool, bool)) -> bool| pairs.iter().filter(|pair| is(pair)).count();
    let (little, big) = (share(|pair| *pair == (false, true)), share(|pair| *pair == (true, false)));
    let others = share(|pair| *pair == (true, true));
    match (little, big, others) {
        (little, big, 0) if little * 2 > pairs.len() && big * 8 <= little => Some(UTF_16LE),
        (little, big, 0) if big * 2 > pairs.len() && little * 8 <= big => Some(UTF_16BE),
        _ => None,
    }
}

/// Decodes what is read.
pub(super) struct Transcoded<R> {
    reader: R,
    decoder: Decoder,
    raw: Vec<u8>,
    plain: Vec<u8>,
    given: usize,
    ended: bool,
}

impl<R: Read> Transcoded<R> {
    pub(super) fn new(reader: R, encoding: &'static Encoding) -> Self {
        // A mark at the beginning belongs to the encoding and not to the first record.
        let decoder = encoding.new_decoder_with_bom_removal();
        Self { reader, decoder, raw: Vec::new(), plain: Vec::new(), given: 0, ended: false }
    }

    fn decode_more(&mut self) -> io::Result<()> {
        let mut chunk = [0; CHUNK_BYTES];
        let read = self.reader.read(&mut chunk)?;
        self.ended = read == 0;
        self.raw.clear();
        self.raw.extend_from_slice(&chunk[..read]);
        self.plain.clear();
        self.given = 0;
        let mut text = String::with_capacity(self.decoder.max_utf8_buffer_length(read).unwrap_or(4 * CHUNK_BYTES));
        let (result, _, _) = self.decoder.decode_to_string(&self.raw, &mut text, self.ended);
        if result == CoderResult::OutputFull {
            return Err(io::Error::other("its text cannot be decoded within memory"));
        }
        self.plain = text.into_bytes();
        Ok(())
    }
}

impl<R: Read> Read for Transcoded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.plain.len() && !self.ended {
            self.decode_more()?;
        }
        let length = buffer.len().min(self.plain.len() - self.given);
        buffer[..length].copy_from_slice(&self.plain[self.given..self.given + length]);
        self.given += length;
        Ok(length)
    }
}
