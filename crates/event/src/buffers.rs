//! Memory that walks over records reuse.

use crate::strings::{Letters, Strings};

/// An object or array that is open.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    pub(crate) state: u32,
    pub(crate) start: u32,
    pub(crate) mark: u32,
    pub(crate) array: bool,
    /// An array: it holds an object. An object: it holds `#text`, so the values under it are its own.
    pub(crate) special: bool,
}

/// Memory that one walk after another uses.
#[derive(Clone, Debug, Default)]
pub(crate) struct Buffers {
    pub(crate) frames: Vec<Frame>,
    pub(crate) strings: Strings,
}

impl Buffers {
    /// How the JSON record walked last writes letters.
    pub(crate) fn letters(&self) -> Letters {
        match (self.strings.has_unicode_escape(), self.strings.is_ascii()) {
            (true, _) => Letters::Hidden,
            (false, true) => Letters::Shown,
            (false, false) => Letters::Foreign,
        }
    }
}
