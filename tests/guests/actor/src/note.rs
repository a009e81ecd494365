//! What `judge` needs of a record: the deed, where it stands, and when it was.

use crate::{
    actor::types::{Encoding, EventTime, Span, Step, TextPlace, Within},
    deed::Deed,
};

/// The key of the host's name.
const HOST_KEY: &[u8] = b"\"Computer\":\"";

/// What the actor found in a record.
#[derive(Clone, Debug)]
pub(crate) struct Note {
    /// What to do.
    pub(crate) deed: Deed,
    /// The number after the deed's name; 0 where there is none.
    pub(crate) number: u32,
    /// When it was.
    pub(crate) time: Option<EventTime>,
    /// The steps to the deed's first byte.
    pub(crate) steps: Vec<Step>,
    /// The value that holds the deed, in the text of the last step but one.
    pub(crate) value: Span,
    /// The value of `Computer` in the record itself.
    pub(crate) host: Option<Step>,
}

impl Note {
    /// The note of a record.
    pub(crate) fn of(record: &[u8]) -> Self {
        let time = time(record);
        let mut note = Self { deed: Deed::Quiet, number: 0, time, steps: Vec::new(), value: span(0, 0), host: None };
        let mut text = record.to_vec();
        while let Some(at) = text.iter().position(|&byte| byte == b'!') {
            let is_json = text.first() == Some(&b'{');
            let (start, end) = if is_json { string_around(&text, at) } else { (0, text.len()) };
            let inside = if is_json { decode(&text[start..end]) } else { text[start..end].to_vec() };
            let encoding = if is_json { Encoding::JsonString } else { Encoding::Raw };
            if !is_json || inside.first() != Some(&b'{') {
                note.steps.push(Step { span: span(at, at + 1), encoding });
                note.value = span(start, end);
                let inside = String::from_utf8_lossy(&text[at..end]).into_owned();
                let mut words = inside.split(' ');
                note.deed = Deed::named(words.next().unwrap_or_default());
                note.number = words.next().and_then(|word| word.parse().ok()).unwrap_or(0);
                break;
            }
            note.steps.push(Step { span: span(start, end), encoding });
            text = inside;
        }
        note.host = record.windows(HOST_KEY.len()).position(|window| window == HOST_KEY).map(|at| {
            let (start, end) = string_around(record, at + HOST_KEY.len());
            Step { span: span(start, end), encoding: Encoding::JsonString }
        });
        note
    }

    /// The place of the deed's first byte, or of the value that holds it.
    pub(crate) fn place(&self, last: Span) -> TextPlace {
        let mut steps = self.steps.clone();
        if let Some(step) = steps.last_mut() {
            step.span = last;
        }
        place(Within::Own, &steps)
    }

    /// The place of the host's name; of the value that holds the deed where there is none.
    pub(crate) fn host_place(&self) -> TextPlace {
        match self.host {
            Some(step) => place(Within::Own, &[step]),
            None => self.place(self.value),
        }
    }

    /// Its bytes.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![self.deed as u8, u8::from(self.time.is_some()), u8::from(self.host.is_some())];
        bytes.extend(self.time.unwrap_or(0).to_le_bytes());
        let numbers = [self.number, self.value.start, self.value.end].into_iter();
        let steps = self.host.iter().chain(&self.steps);
        let steps = steps.flat_map(|step| [step.span.start, step.span.end, step.encoding as u32]);
        bytes.extend(numbers.chain(steps).flat_map(u32::to_le_bytes));
        bytes
    }

    /// The note of its bytes.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let (&[deed, timed, hosted], bytes) = bytes.split_first_chunk::<3>()?;
        let (time, bytes) = bytes.split_first_chunk::<8>()?;
        let (numbers, rest) = bytes.as_chunks::<4>();
        let numbers: Vec<u32> = numbers.iter().copied().map(u32::from_le_bytes).collect();
        let (&[number, start, end], numbers) = numbers.split_first_chunk::<3>()?;
        let (steps, left) = numbers.as_chunks::<3>();
        let step = |&[start, end, encoding]: &[u32; 3]| {
            let encoding = if encoding == Encoding::Raw as u32 { Encoding::Raw } else { Encoding::JsonString };
            Step { span: Span { start, end }, encoding }
        };
        let mut steps: Vec<Step> = steps.iter().map(step).collect();
        let host = (hosted != 0 && !steps.is_empty()).then(|| steps.remove(0));
        let is_whole = rest.is_empty() && left.is_empty();
        is_whole.then_some(Self {
            deed: *Deed::ALL.get(usize::from(deed))?,
            number,
            time: (timed != 0).then_some(EventTime::from_le_bytes(*time)),
            steps,
            value: Span { start, end },
            host,
        })
    }
}

/// A place of these steps.
pub(crate) fn place(within: Within, steps: &[Step]) -> TextPlace {
    let nothing = Step { span: span(0, 0), encoding: Encoding::Raw };
    let (step, further) = steps.split_first().unwrap_or((&nothing, &[]));
    TextPlace { within, step: *step, further: further.to_vec() }
}

pub(crate) fn span(start: usize, end: usize) -> Span {
    Span { start: start as u32, end: end as u32 }
}

/// The time that a record begins with: `@1700000000000000 `.
fn time(record: &[u8]) -> Option<EventTime> {
    let end = record.iter().position(|&byte| byte == b' ')?;
    std::str::from_utf8(record[..end].strip_prefix(b"@")?).ok()?.parse().ok()
}

/// Whether the byte at a position is a quotation mark that no backslash precedes.
fn is_quote(text: &[u8], at: usize) -> bool {
    text[at] == b'"' && (at == 0 || text[at - 1] != b'\\')
}

/// Where the JSON string around a position begins and ends.
fn string_around(text: &[u8], at: usize) -> (usize, usize) {
    let start = (0..at).rev().find(|&at| is_quote(text, at)).map_or(0, |quote| quote + 1);
    let end = (at..text.len()).find(|&at| is_quote(text, at)).unwrap_or(text.len());
    (start, end)
}

/// The text in a JSON string whose only escapes are those of quotation marks and backslashes.
fn decode(string: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(string.len());
    let mut bytes = string.iter().copied();
    while let Some(byte) = bytes.next() {
        text.extend(if byte == b'\\' { bytes.next() } else { Some(byte) });
    }
    text
}
