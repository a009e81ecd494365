//! What a file holds, told by its first bytes: text, from which records can be taken, or something else.

use std::io::{self, Cursor, Read};

use super::transcode;

/// Bytes that every known form shows itself in.
pub(super) const PREFIX_BYTES: usize = 512;
/// Bytes of a file that are looked at to tell text from what is not.
const SAMPLE_BYTES: usize = 8 << 10;
/// Bytes of NUL at a file's beginning that may come before its text.
const HOLE_BYTES_MAX: u64 = 64 << 20;
/// Of so many bytes of text one may be a control character.
const CONTROL_SHARE: usize = 50;

/// What to do about a Windows event log.
pub(super) const EVTX: &str = "is a Windows event log in its binary form, which is not read yet; convert it first, \
                               such as with `evtx_dump -o jsonl FILE.evtx > FILE.jsonl`";

/// Forms that hold no records that are read: their first bytes, and what to say.
const KNOWN: [(&[u8], &str); 12] = [
    (b"ElfFile\0", EVTX),
    (b"7z\xbc\xaf\x27\x1c", "is a 7-Zip archive, which is not read; unpack it, or make it a .zip or .tar.gz"),
    (b"Rar!\x1a\x07", "is a RAR archive, which is not read; unpack it, or make it a .zip or .tar.gz"),
    (b"\x04\x22\x4d\x18", "is compressed as LZ4, which is not read; decompress it, or compress it as .gz or .zst"),
    (b"SQLite format 3\0", "is an SQLite database, not a log"),
    (b"LPKSHHRH", "is a systemd journal in its binary form; write it out with `journalctl --file FILE -o json`"),
    (b"regf", "is a Windows registry hive, not a log"),
    (b"\x7fELF", "is a program, not a log"),
    (b"%PDF-", "is a PDF document, not a log"),
    (b"PAR1", "is a Parquet table, which is not read; write it out as JSON, a record a line"),
    (b"Obj\x01", "is an Avro container, which is not read; write it out as JSON, a record a line"),
    (b"\xd4\xc3\xb2\xa1", "is a packet capture, not a log; tools such as Zeek make logs of it"),
];

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// Nothing.
    Empty,
    /// Text.
    Text,
    /// A form that is known and not read, with what to say.
    Known(&'static str),
    /// Something that is not text.
    Binary,
}

/// Refuses what is known and not read.
///
/// # Errors
/// A sentence with the way out.
pub(super) fn refuse(prefix: &[u8]) -> io::Result<()> {
    known(prefix).map_or(Ok(()), |why| Err(io::Error::other(why)))
}

fn known(prefix: &[u8]) -> Option<&'static str> {
    KNOWN.iter().find(|(magic, _)| prefix.starts_with(magic)).map(|(_, why)| *why)
}

/// Bytes that were read ahead, and what went wrong then.
pub(super) struct Ahead {
    pub(super) bytes: Vec<u8>,
    failure: Option<io::Error>,
}

impl Ahead {
    /// Reads so many bytes, or as many as there are.
    ///
    /// # Errors
    /// When not one byte can be read.
    pub(super) fn read(reader: &mut dyn Read, bytes_max: usize) -> io::Result<Self> {
        let mut bytes = Vec::with_capacity(bytes_max);
        match reader.take(bytes_max as u64).read_to_end(&mut bytes) {
            Err(error) if bytes.is_empty() => Err(error),
            result => Ok(Self { bytes, failure: result.err() }),
        }
    }

    /// The whole stream again: what was read ahead, the failure if there was one, and the rest.
    pub(super) fn and_rest(self, rest: Box<dyn Read + Send>) -> Box<dyn Read + Send> {
        match self.failure {
            Some(_) => Box::new(Cursor::new(self.bytes).chain(Failed(self.failure))),
            None => Box::new(Cursor::new(self.bytes).chain(rest)),
        }
    }
}

/// Fails as reading ahead did.
struct Failed(Option<io::Error>);

impl Read for Failed {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

/// Tells what plain bytes hold, and gives those that were read to tell it.
///
/// # Errors
/// When not one byte can be read.
pub(super) fn judge(reader: &mut dyn Read) -> io::Result<(Content, Ahead)> {
    let ahead = Ahead::read(reader, SAMPLE_BYTES)?;
    Ok((content_of(&ahead.bytes), ahead))
}

/// What bytes at the beginning of a file say.
pub(super) fn content_of(sample: &[u8]) -> Content {
    match known(sample) {
        _ if sample.is_empty() => Content::Empty,
        Some(why) => Content::Known(why),
        None if transcode::utf16(sample).is_some() || is_text(sample) => Content::Text,
        None => Content::Binary,
    }
}

/// As `judge`, where text may come after a hole that is longer than a sample; the bytes are not given.
///
/// # Errors
/// When they cannot be read.
pub(super) fn judge_to_first_text(reader: &mut dyn Read) -> io::Result<Content> {
    let (mut content, mut ahead) = judge(reader)?;
    let mut skipped = 0;
    while content == Content::Text && ahead.bytes.iter().all(|byte| *byte == 0) {
        skipped += ahead.bytes.len() as u64;
        if skipped >= HOLE_BYTES_MAX {
            return Ok(Content::Binary);
        }
        (content, ahead) = judge(reader)?;
        if content == Content::Empty {
            return Ok(Content::Binary);
        }
    }
    Ok(content)
}

/// Whether the bytes are text in some code page: hardly a control character. NULs at the beginning of the file or of a
/// line are a hole.
fn is_text(sample: &[u8]) -> bool {
    let (mut controls, mut counted) = (0, 0);
    let mut is_hole = true;
    for &byte in sample {
        if byte == 0 && is_hole {
            continue;
        }
        is_hole = byte == b'\n';
        counted += 1;
        controls += usize::from(byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0b | 0x0c | 0x1b));
    }
    controls * CONTROL_SHARE <= counted
}
