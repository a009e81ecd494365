//! Opens a document that is held whole: which parts of it are records, and what stands beside them.
//!
//! The bytes are those of a JSON object that a scan has followed to its end. Only `envelope` decides what is opened.

use std::{ops::Range, sync::Arc};

use super::envelope::{self, Beside, Follows, Holds, RULES};
use glassbox_report::{Frame, FrameKind};

/// Envelopes inside envelopes, and objects around the records of one, that are opened.
const DEPTH_MAX: usize = 8;
/// Bytes of a frame that are kept.
pub(super) const FRAME_BYTES_MAX: usize = 64 << 10;
/// Members of an object that are looked at. One with more is a record.
const MEMBERS_MAX: usize = 4_096;

/// A record in a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) span: Range<usize>,
    pub(super) frame: Option<Arc<Frame>>,
}

/// What a document is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Opened {
    /// A record.
    Record,
    /// An envelope with these records.
    Envelope(Vec<Piece>),
    /// An action of the `_bulk` interface.
    Action(Follows),
}

/// A member of an object.
struct Member {
    key: Range<usize>,
    value: Range<usize>,
}

/// What lies around records, from the outermost document inwards.
#[derive(Clone, Default)]
struct Around {
    before: Vec<Range<usize>>,
    behind: Vec<Range<usize>>,
    /// Whether something stands beside the records.
    says: bool,
}

/// Opens an object.
pub(super) fn open(bytes: &[u8]) -> Opened {
    if let Some(follows) = action(bytes) {
        return Opened::Action(follows);
    }
    let mut pieces = Vec::new();
    if expand(bytes, 0..bytes.len(), &Around::default(), 0, &mut pieces) {
        return Opened::Envelope(pieces);
    }
    Opened::Record
}

/// The key of an object's first member.
pub(super) fn first_key(bytes: &[u8]) -> Option<&[u8]> {
    let start = skip_white(bytes, 1);
    if bytes.get(start) != Some(&b'"') {
        return None;
    }
    let end = start + 1 + memchr::memchr(b'"', &bytes[start + 1..])?;
    Some(&bytes[start + 1..end])
}

/// The keys of an object, on every level, up to the place where an array in it begins.
pub(super) fn keys(bytes: &[u8]) -> usize {
    let (mut keys, mut at) = (0, 0);
    while let Some(found) = memchr::memchr(b'"', &bytes[at..]) {
        at = skip_string(bytes, at + found);
        keys += usize::from(bytes.get(skip_white(bytes, at)) == Some(&b':'));
    }
    keys
}

/// Whether an object, up to the place where an array in it begins, says of itself what an event says.
pub(super) fn says_event(bytes: &[u8], objects: usize) -> bool {
    let mut open: Vec<bool> = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'{' | b'[' => open.push(false),
            b'}' | b']' => {
                open.pop();
            }
            b'"' => {
                let end = skip_string(bytes, at);
                let is_key = bytes.get(skip_white(bytes, end)) == Some(&b':');
                if let (true, Some(level)) = (is_key, open.last_mut()) {
                    *level |= envelope::says_event(&bytes[at + 1..end.saturating_sub(1).max(at + 1)]);
                }
                at = end;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    open.iter().take(objects).any(|says| *says)
}

fn action(bytes: &[u8]) -> Option<Follows> {
    let members = members(bytes, 0..bytes.len())?;
    let [Member { key, value }] = members.as_slice() else { return None };
    if bytes[value.start] != b'{' {
        return None;
    }
    let inner = self::members(bytes, value.clone())?;
    envelope::action(&bytes[key.clone()], inner.iter().map(|member| &bytes[member.key.clone()]))
}

/// Finds the records of the value at `span`; false when it is no envelope.
fn expand(bytes: &[u8], span: Range<usize>, around: &Around, depth: usize, pieces: &mut Vec<Piece>) -> bool {
    if depth >= DEPTH_MAX || bytes[span.start] != b'{' {
        return false;
    }
    let Some(found) = find(bytes, span.clone(), 0, false) else { return false };
    let mut around = around.clone();
    around.says |= found.says;
    match found.holds {
        Holds::Object => {
            around.before.push(span.start..found.value.start);
            around.behind.push(found.value.end..span.end);
            let nested = expand(bytes, found.value.clone(), &around, depth + 1, pieces);
            if !nested {
                pieces.push(Piece { span: found.value, frame: frame(bytes, &around) });
            }
        }
        Holds::Array => {
            around.before.push(span.start..found.value.start + 1);
            around.behind.push(found.value.end - 1..span.end);
            let mut shared = None;
            for element in elements(bytes, found.value) {
                if !expand(bytes, element.clone(), &around, depth + 1, pieces) {
                    let frame = shared.get_or_insert_with(|| frame(bytes, &around)).clone();
                    pieces.push(Piece { span: element, frame });
                }
            }
        }
    }
    true
}

/// Where the records of an envelope lie.
struct Found {
    holds: Holds,
    value: Range<usize>,
    says: bool,
}

/// Finds the member that holds the records, in this object or in one inside it.
fn find(bytes: &[u8], span: Range<usize>, depth: usize, beside_says_event: bool) -> Option<Found> {
    let members = members(bytes, span)?;
    let key = |member: &Member| &bytes[member.key.clone()];
    for rule in RULES {
        let opens = |member: &&Member| key(member) == rule.key.as_bytes() && holds(bytes, &member.value, rule.holds);
        let Some(member) = members.iter().find(opens) else { continue };
        let is_outermost = depth == 0;
        let mut others = members.iter().filter(|other| other.key != member.key).map(key);
        let fits = match rule.beside {
            Beside::Only(known) if rule.holds == Holds::Array || is_outermost => {
                !beside_says_event && others.all(|it| is_in(it, known))
            }
            Beside::With(some, rest) if is_outermost => {
                let others: Vec<_> = others.collect();
                others.iter().any(|it| is_in(it, some)) && others.iter().all(|it| is_in(it, some) || is_in(it, rest))
            }
            Beside::Epoch(known) if is_outermost => {
                let time = members.iter().find(|member| key(member) == b"time");
                time.is_some_and(|time| bytes[time.value.start].is_ascii_digit())
                    && others.all(|it| it == b"time" || is_in(it, known))
            }
            Beside::Quiet(_) if members.len() > 1 && is_empty(bytes, &member.value) => false,
            Beside::Quiet(known) => {
                let others: Vec<_> = others.collect();
                let all_known = is_outermost && others.iter().all(|it| is_in(it, known));
                let is_quiet = !beside_says_event && !others.iter().any(|it| envelope::says_event(it));
                all_known || (is_quiet && first_element_says_event(bytes, &member.value))
            }
            Beside::Only(_) | Beside::With(..) | Beside::Epoch(_) => false,
        };
        if fits {
            return Some(Found { holds: rule.holds, value: member.value.clone(), says: members.len() > 1 });
        }
    }
    let says_event = beside_says_event || members.iter().any(|member| envelope::says_event(key(member)));
    if depth + 1 >= DEPTH_MAX || says_event {
        return None;
    }
    let objects = members.iter().filter(|member| bytes[member.value.start] == b'{');
    let found = objects.filter_map(|member| find(bytes, member.value.clone(), depth + 1, says_event)).next()?;
    Some(Found { says: found.says || members.len() > 1, ..found })
}

fn is_in(key: &[u8], known: &[&str]) -> bool {
    known.iter().any(|it| it.as_bytes() == key)
}

/// Whether a value is an object, or an array of nothing but objects.
fn holds(bytes: &[u8], value: &Range<usize>, holds: Holds) -> bool {
    match holds {
        Holds::Object => bytes[value.start] == b'{',
        Holds::Array => {
            bytes[value.start] == b'[' && elements(bytes, value.clone()).all(|element| bytes[element.start] == b'{')
        }
    }
}

fn is_empty(bytes: &[u8], array: &Range<usize>) -> bool {
    elements(bytes, array.clone()).next().is_none()
}

/// Whether the first element of an array says what an event says, itself or in an object right inside it.
fn first_element_says_event(bytes: &[u8], array: &Range<usize>) -> bool {
    let Some(first) = elements(bytes, array.clone()).next() else { return false };
    let says = |members: &[Member]| members.iter().any(|member| envelope::says_event(&bytes[member.key.clone()]));
    let Some(members) = members(bytes, first) else { return false };
    let objects = members.iter().filter(|member| bytes[member.value.start] == b'{');
    says(&members)
        || objects.filter_map(|member| self::members(bytes, member.value.clone())).any(|members| says(&members))
}

/// The document with its records taken out; none when nothing stands beside them.
fn frame(bytes: &[u8], around: &Around) -> Option<Arc<Frame>> {
    let parts = |ranges: &[Range<usize>]| ranges.iter().flat_map(|range| &bytes[range.clone()]).copied().collect();
    let (before, mut behind): (Vec<u8>, Vec<u8>) = (parts(&around.before), Vec::new());
    for range in around.behind.iter().rev() {
        behind.extend_from_slice(&bytes[range.clone()]);
    }
    around.says.then(|| envelope_frame(before, &behind, true))
}

/// A frame of what comes before and behind the records of an envelope.
pub(super) fn envelope_frame(before: Vec<u8>, behind: &[u8], whole: bool) -> Arc<Frame> {
    let mut bytes = before;
    bytes.truncate(FRAME_BYTES_MAX);
    let at = bytes.len() as u32;
    let room = FRAME_BYTES_MAX - bytes.len();
    let whole = whole && behind.len() <= room;
    bytes.extend_from_slice(&behind[..behind.len().min(room)]);
    Arc::new(Frame { kind: FrameKind::Envelope { at }, bytes, whole })
}

/// The members of an object; none when it has too many or is not one.
fn members(bytes: &[u8], object: Range<usize>) -> Option<Vec<Member>> {
    let mut members = Vec::new();
    let mut at = skip_white(bytes, object.start + 1);
    while at < object.end - 1 {
        if bytes[at] != b'"' || members.len() == MEMBERS_MAX {
            return None;
        }
        let key_end = skip_string(bytes, at);
        let colon = skip_white(bytes, key_end);
        let value = skip_white(bytes, colon + 1);
        let end = skip_value(bytes, value);
        if bytes.get(colon) != Some(&b':') || end > object.end || end <= value {
            return None;
        }
        members.push(Member { key: at + 1..key_end - 1, value: value..end });
        at = skip_white_and_comma(bytes, end);
    }
    Some(members)
}

/// The elements of an array.
fn elements(bytes: &[u8], array: Range<usize>) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut at = skip_white(bytes, array.start + 1);
    std::iter::from_fn(move || {
        let end = skip_value(bytes, at);
        if at >= array.end - 1 || end <= at {
            return None;
        }
        let element = at..end;
        at = skip_white_and_comma(bytes, end);
        Some(element)
    })
}

/// Whether JSON takes the byte for white space.
pub(super) fn is_white(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// The first byte from here on that is not white space.
pub(super) fn skip_white(bytes: &[u8], from: usize) -> usize {
    from + bytes.iter().skip(from).take_while(|byte| is_white(**byte)).count()
}

fn skip_white_and_comma(bytes: &[u8], from: usize) -> usize {
    let at = skip_white(bytes, from);
    if bytes.get(at) == Some(&b',') { skip_white(bytes, at + 1) } else { at }
}

/// The byte behind the string that begins here.
fn skip_string(bytes: &[u8], from: usize) -> usize {
    let mut at = from + 1;
    while let Some(found) = bytes.get(at..).and_then(|rest| memchr::memchr2(b'"', b'\\', rest)) {
        at += found;
        if bytes[at] == b'"' {
            return at + 1;
        }
        at += 2;
    }
    bytes.len()
}

/// The byte behind the value that begins here.
fn skip_value(bytes: &[u8], from: usize) -> usize {
    let mut depth = 0_usize;
    let mut at = from;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' => {
                at = skip_string(bytes, at);
                if depth == 0 {
                    return at;
                }
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                if depth == 0 {
                    return at;
                }
                depth -= 1;
                if depth == 0 {
                    return at + 1;
                }
            }
            b',' | b' ' | b'\t' | b'\r' | b'\n' if depth == 0 => return at,
            _ => {}
        }
        at += 1;
    }
    at
}
