//! How a source is framed, told from its first bytes: lines, or JSON values that run over lines or lie in an array.
//!
//! Looks at brackets, quotes and line ends, never at what a record says.

use std::io;

/// How records are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// One record a line.
    Lines,
    /// JSON values: the elements of arrays and of `{"Records":[...]}`, and values one after another.
    Values,
}

/// The key of the object that wraps an array of records, as CloudTrail writes its files.
const WRAPPER_KEY: &[u8] = b"\"Records\"";
/// Bytes in which a wrapper must have shown itself: brackets, key and white space.
const WRAPPER_BYTES_MAX: usize = 1 << 10;

/// What the first bytes say about something; none while they are too few to tell.
type Told<T> = Option<T>;

/// Refuses what can be named and not read: event-log files, UTF-16, archives.
///
/// # Errors
/// A sentence with the way out.
pub(super) fn refuse(prefix: &[u8]) -> io::Result<()> {
    let utf16 = "is UTF-16 text, as some Windows tools write it; convert it first, such as with \
                 `iconv -f UTF-16 -t UTF-8 FILE` or PowerShell's `Get-Content FILE | Set-Content -Encoding utf8 OUT`";
    let archive = "is an archive or a compressed form that is not read; unpack it, or compress it as .gz or .zst";
    let refusals: [(&[u8], &str); 8] = [
        (b"ElfFile\0", EVTX),
        (b"\xff\xfe", utf16),
        (b"\xfe\xff", utf16),
        (b"PK\x03\x04", archive),
        (b"\xfd7zXZ\0", archive),
        (b"BZh", archive),
        (b"7z\xbc\xaf", archive),
        (b"SQLite format 3", "is an SQLite database, not a log"),
    ];
    if let Some((_, why)) = refusals.iter().find(|(magic, _)| prefix.starts_with(magic)) {
        return Err(io::Error::other(*why));
    }
    // UTF-16 without its mark: every other byte of Latin text is NUL.
    match prefix {
        [a, b, c, d, ..] if (*a == 0) != (*b == 0) && (a, b) != (c, d) && (*a == 0, *b == 0) == (*c == 0, *d == 0) => {
            Err(io::Error::other(utf16))
        }
        _ => Ok(()),
    }
}

/// What to do about a Windows event log.
pub(super) const EVTX: &str = "is a Windows event log in its binary form, which is not read yet; convert it first, \
                               such as with `evtx_dump -o jsonl FILE.evtx > FILE.jsonl`";

/// Tells the framing from `prefix`; none when more bytes are needed. With `whole`, there are no more.
pub(super) fn framing(prefix: &[u8], whole: bool) -> Told<Framing> {
    let start = skip_white(prefix, 0);
    let told = match prefix.get(start) {
        None => None,
        Some(b'[') => array(&prefix[start..], whole),
        Some(b'{') => object(&prefix[start..], whole),
        Some(_) => Some(Framing::Lines),
    };
    if told.is_none() && whole { Some(Framing::Lines) } else { told }
}

/// A line of text may begin with a bracket too: `[1234.5] usb 1-1: ...`, so what follows must be an object.
fn array(prefix: &[u8], whole: bool) -> Told<Framing> {
    let inside = skip_white(prefix, 1);
    match prefix.get(inside)? {
        b'{' => Some(Framing::Values),
        b']' => match prefix.get(skip_blanks(prefix, inside + 1)) {
            Some(b'\n') => Some(Framing::Values),
            Some(_) => Some(Framing::Lines),
            None => whole.then_some(Framing::Values),
        },
        _ => Some(Framing::Lines),
    }
}

/// An object: a wrapper, a value over several lines, values side by side, or a line.
fn object(prefix: &[u8], whole: bool) -> Told<Framing> {
    match wrapper(prefix, whole) {
        Some(Some(_)) => return Some(Framing::Values),
        Some(None) => {}
        None => return None,
    }
    let (from, step) = Scan::default().feed(prefix, true);
    match step {
        Step::More => return None,
        // A string never runs over a line end: this is a broken line among lines.
        Step::Broken => return Some(Framing::Lines),
        Step::LineEnd => return object_over_lines(prefix, from),
        Step::End => {}
    }
    match prefix.get(skip_blanks(prefix, from)) {
        None => whole.then_some(Framing::Lines),
        Some(b'{' | b'[' | b',') => Some(Framing::Values),
        Some(_) => Some(Framing::Lines),
    }
}

/// A line ended within an object: it is printed over several lines, or its line was cut off.
fn object_over_lines(prefix: &[u8], line_end: usize) -> Told<Framing> {
    let next = skip_white(prefix, line_end);
    let at_margin = prefix.get(next.wrapping_sub(1)) == Some(&b'\n');
    Some(match prefix.get(next)? {
        // No member of an object begins with a bracket at the margin: the line before was cut off.
        b'{' if at_margin => Framing::Lines,
        b'"' | b'{' | b'}' | b'[' | b']' | b',' | b':' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n' => Framing::Values,
        _ => Framing::Lines,
    })
}

/// Whether an object that begins `bytes` is a wrapper: then how many bytes there are up to and with its `[`.
/// None while that cannot be told.
pub(super) fn wrapper(bytes: &[u8], whole: bool) -> Told<Option<usize>> {
    let window = &bytes[..bytes.len().min(WRAPPER_BYTES_MAX)];
    let short = |at: usize| {
        let cannot_tell = at >= window.len() && !whole && window.len() < WRAPPER_BYTES_MAX;
        if cannot_tell { None } else { Some(None) }
    };
    let key = skip_white(window, 1);
    let rest = &window[key.min(window.len())..];
    if !rest.starts_with(WRAPPER_KEY) {
        return if WRAPPER_KEY.starts_with(rest) { short(window.len()) } else { Some(None) };
    }
    let colon = skip_white(window, key + WRAPPER_KEY.len());
    if window.get(colon) != Some(&b':') {
        return short(colon);
    }
    let open = skip_white(window, colon + 1);
    if window.get(open) != Some(&b'[') {
        return short(open);
    }
    Some(Some(open + 1))
}

/// Whether JSON takes the byte for white space.
pub(super) fn is_white(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

fn skip_white(bytes: &[u8], from: usize) -> usize {
    from + bytes.iter().skip(from).take_while(|byte| is_white(**byte)).count()
}

/// White space within a line.
fn skip_blanks(bytes: &[u8], from: usize) -> usize {
    from + bytes.iter().skip(from).take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r')).count()
}

/// What a scan came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The bytes are used up, the value goes on.
    More,
    /// The value ends with the last byte taken.
    End,
    /// A line ended inside a string, which JSON does not allow. The line end is taken.
    Broken,
    /// A line ended between the value's parts; only when asked for. The line end is taken.
    LineEnd,
}

/// Follows one JSON object, array or string to its end by brackets and quotes alone.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Scan {
    depth: u64,
    in_string: bool,
    escaped: bool,
}

impl Scan {
    /// A scan that begins inside an object or array.
    pub(super) fn inside() -> Self {
        Self { depth: 1, ..Self::default() }
    }

    /// Takes bytes up to the value's end: how many, and why it stopped.
    pub(super) fn feed(&mut self, bytes: &[u8], line_ends: bool) -> (usize, Step) {
        let mut at = 0;
        while at < bytes.len() {
            if self.in_string {
                if self.escaped {
                    self.escaped = false;
                    at += 1;
                    continue;
                }
                let Some(found) = memchr::memchr3(b'"', b'\\', b'\n', &bytes[at..]) else {
                    return (bytes.len(), Step::More);
                };
                at += found + 1;
                match bytes[at - 1] {
                    b'\\' => self.escaped = true,
                    b'\n' => return (at, Step::Broken),
                    _ => {
                        self.in_string = false;
                        if self.depth == 0 {
                            return (at, Step::End);
                        }
                    }
                }
                continue;
            }
            at += 1;
            match bytes[at - 1] {
                b'"' => self.in_string = true,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == 0 {
                        return (at, Step::End);
                    }
                }
                b'\n' if line_ends => return (at, Step::LineEnd),
                _ => {}
            }
        }
        (at, Step::More)
    }
}
