//! The values of one text, by the syntax that it is written in: where each lies, how it is written, and under which keys.
//!
//! | text | a value |
//! |---|---|
//! | JSON: begins with `{`, or with `[` and one of `{["]` | a string's content, a number, a literal, an object, the outermost array around objects |
//! | XML of an event, perhaps behind a syslog header | a run of text between tags, a CDATA section, an attribute's value |
//! | an auditd line, perhaps behind a syslog header | what stands behind `name=`, in quotes or up to a blank; the line |
//! | any other text | nothing is marked; of records that the map says are plain text, the text is its `message` |
//!
//! Keys and paths are those of `glassbox_maps::path`. The walks check no more than they need to find their way, and share
//! no code with the reader of records: both would have to be wrong in the same way.
//!
//! Invariants: nothing is allocated a value, only in buffers that are used again; no recursion; time linear in the length.

use std::borrow::Cow;

use glassbox_finding::{Encoding, Span, Step};
use glassbox_maps::{MapId, Schema};
use glassbox_predicate::{decode, is_boundary};

use crate::{audit, json, xml};

/// The node of the text itself.
pub(crate) const ROOT: u32 = 0;

/// A key on the way to a value.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Key {
    /// One that the syntax implies.
    Implied(&'static str),
    /// One that is written in the text.
    Written(Step),
}

impl Key {
    pub(crate) fn written(start: usize, end: usize, encoding: Encoding) -> Self {
        Self::Written(Step { span: span(start, end), encoding })
    }

    /// Its bytes as they are written.
    pub(crate) fn bytes(self, text: &[u8]) -> &[u8] {
        match self {
            Self::Implied(key) => key.as_bytes(),
            Self::Written(step) => step.span.of(text).unwrap_or_default(),
        }
    }

    /// How the bytes become the key.
    pub(crate) fn encoding(self) -> Encoding {
        match self {
            Self::Implied(_) => Encoding::Raw,
            Self::Written(step) => step.encoding,
        }
    }
}

/// A place in the text: what values can be below.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node {
    pub(crate) parent: u32,
    pub(crate) key: Key,
    /// The number of its path in `Names`, plus 1; 0 while it is not known.
    pub(crate) path: u32,
}

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A text, a number or a literal.
    Scalar,
    /// `null`.
    Null,
    /// What auditd writes where it has nothing: no text, or `(null)`. It can be quoted, and its field may be called absent.
    Nothing,
    /// The name of a pair of name and text.
    PairName,
    /// An object, or an array around objects.
    Container,
    /// An array of scalars, or an object that counts as a part of something else: no value.
    Hidden,
}

/// How a value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    /// As it stands, whatever bytes it holds.
    Plain,
    /// As it stands, or as hexadecimal digits.
    Digits,
    /// As it stands, but for escapes of this encoding.
    Escaped(Encoding),
}

/// A value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Value {
    pub(crate) span: Span,
    pub(crate) node: u32,
    pub(crate) kind: Kind,
    pub(crate) written: Written,
}

impl Value {
    /// Whether `step`, which lies within the value, reads bytes as the value is written: escapes are decoded where there
    /// are any, and only there.
    pub(crate) fn reads_as(&self, step: Step, text: &[u8]) -> bool {
        match self.written {
            Written::Plain => step.encoding == Encoding::Raw,
            Written::Digits => matches!(step.encoding, Encoding::Raw | Encoding::Hex),
            Written::Escaped(encoding) => {
                let escape = if encoding == Encoding::XmlText { b'&' } else { b'\\' };
                let plain = || memchr::memchr(escape, step.span.of(text).unwrap_or_default()).is_none();
                step.encoding == encoding || step.encoding == Encoding::Raw && plain()
            }
        }
    }

    /// Whether neither end of `step`, which lies within the value, splits an escape.
    pub(crate) fn is_aligned(&self, step: Step, text: &[u8]) -> bool {
        let encoding = match self.written {
            Written::Escaped(encoding) => encoding,
            Written::Plain | Written::Digits => step.encoding,
        };
        let whole = self.span.of(text).unwrap_or_default();
        let start = (step.span.start - self.span.start) as usize;
        let length = (step.span.end - step.span.start) as usize;
        is_boundary(whole, encoding, start) && is_boundary(&whole[start..], encoding, length)
    }
}

/// What a text's syntax marks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Form {
    /// The values of the tree, and nothing else, from `Tree::from` on.
    Marked,
    /// The whole text is one value; there may be others in it.
    Line,
    /// Nothing.
    #[default]
    Unmarked,
    /// It begins like a syntax and breaks it.
    Broken,
}

/// An object or array, or an element, that is open in a walk.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Open {
    pub(crate) node: u32,
    /// Of JSON: the position of its own value.
    pub(crate) value: u32,
    pub(crate) is_array: bool,
    /// Of an array that it holds objects, of an object that it has a `#text`.
    pub(crate) is_special: bool,
}

/// The values of one text. The text itself is given with each call.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    pub(crate) form: Form,
    /// Where the marked part of the text begins: 0, or behind a syslog header.
    pub(crate) from: usize,
    pub(crate) nodes: Vec<Node>,
    /// By ascending start.
    pub(crate) values: Vec<Value>,
    /// For walks.
    pub(crate) open: Vec<Open>,
}

impl Tree {
    /// Reads a text. The map says in which texts the syntax begins behind a syslog header, and which are plain.
    pub(crate) fn read(&mut self, text: &[u8], map: Option<MapId>) {
        self.nodes.clear();
        self.values.clear();
        self.open.clear();
        self.from = 0;
        self.nodes.push(Node { parent: ROOT, key: Key::Implied(""), path: 0 });
        let start = content_start(text);
        let content = &text[start..];
        let is_read = match content.first() {
            Some(b'{') => json::walk(text, start, self),
            Some(b'[') if json::begins_array(content) => json::walk(text, start, self),
            _ if xml::begins(content) => xml::walk(text, start, self),
            _ if audit::begins(content) => {
                audit::walk(text, start, self);
                true
            }
            _ => return self.read_unmarked(text, start, map.map(MapId::schema)),
        };
        self.form = if is_read { Form::Marked } else { Form::Broken };
    }

    fn read_unmarked(&mut self, text: &[u8], start: usize, schema: Option<Schema>) {
        self.form = Form::Unmarked;
        match schema {
            Some(Schema::SysmonLinux | Schema::WindowsNested) => {
                if let Some(from) = xml::find(text, start) {
                    self.from = from;
                    self.form = if xml::walk(text, from, self) { Form::Marked } else { Form::Broken };
                }
            }
            Some(Schema::Auditd) => {
                if let Some(from) = audit::find(text, start) {
                    self.from = from;
                    audit::walk(text, from, self);
                    self.form = Form::Marked;
                }
            }
            Some(Schema::Text) => {
                let end = text.trim_ascii_end().len().max(start);
                let node = self.node(ROOT, Key::Implied("message"));
                self.push(node, span(start, end), Kind::Scalar, Written::Plain);
                self.form = Form::Line;
            }
            _ => {}
        }
    }

    /// Adds a node and gives its number.
    pub(crate) fn node(&mut self, parent: u32, key: Key) -> u32 {
        self.nodes.push(Node { parent, key, path: 0 });
        self.nodes.len() as u32 - 1
    }

    /// Adds a value, behind those that begin earlier.
    pub(crate) fn push(&mut self, node: u32, span: Span, kind: Kind, written: Written) {
        self.values.push(Value { span, node, kind, written });
    }

    /// The keys from the root to a node, decoded.
    pub(crate) fn path<'t>(&self, text: &'t [u8], node: u32) -> Vec<Cow<'t, str>> {
        let mut keys = Vec::new();
        let mut at = node;
        while at != ROOT {
            let Node { parent, key, .. } = self.nodes[at as usize];
            keys.push(decode(key.bytes(text), key.encoding()));
            at = parent;
        }
        keys.reverse();
        keys
    }

    /// The positions of the values that are exactly here.
    pub(crate) fn whole(&self, wanted: Span) -> impl Iterator<Item = usize> + use<'_> {
        let first = self.values.partition_point(|value| value.span.start < wanted.start);
        let here = self.values[first..].iter().take_while(move |value| value.span.start == wanted.start);
        here.enumerate().filter(move |(_, value)| value.span == wanted).map(move |(at, _)| first + at)
    }

    /// The positions of the values around this, innermost first.
    pub(crate) fn around(&self, wanted: Span) -> impl Iterator<Item = usize> + use<'_> {
        let behind = self.values.partition_point(|value| value.span.start <= wanted.start);
        (0..behind).rev().filter(move |&at| wanted.end <= self.values[at].span.end)
    }

    /// Bytes that its buffers take.
    pub(crate) fn capacity_bytes(&self) -> usize {
        self.nodes.capacity() * size_of::<Node>() + self.values.capacity() * size_of::<Value>()
    }
}

/// A span of offsets, which fit in 32 bits as records do.
pub(crate) fn span(start: usize, end: usize) -> Span {
    Span { start: start as u32, end: end as u32 }
}

/// Where a text's content begins, behind a byte order mark and blanks.
pub(crate) fn content_start(text: &[u8]) -> usize {
    let mark = if text.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    mark + text[mark..].iter().take_while(|byte| byte.is_ascii_whitespace()).count()
}

/// Whether neither end of a span within a text lies inside a word: what is asked of whole values where nothing marks them.
pub(crate) fn cuts_no_word(text: &[u8], span: Span) -> bool {
    let (start, end) = (span.start as usize, span.end as usize);
    let is_word = |at: Option<usize>| {
        let byte = at.and_then(|at| text.get(at));
        byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte >= 0x80)
    };
    // A byte order mark is not a letter.
    let is_marked = text[..start].ends_with(b"\xef\xbb\xbf");
    let cuts_start = !is_marked && is_word(start.checked_sub(1)) && is_word(Some(start));
    let cuts_end = is_word(end.checked_sub(1)) && is_word(Some(end));
    !cuts_start && !cuts_end
}
