//! Bytes to sections and back.

use sha2::{Digest, Sha256};

use crate::{FORMAT, MAGIC, PackError, SECTIONS};

/// SHA-256 of some bytes.
#[must_use]
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// Bytes as lower-case hexadecimal digits.
#[must_use]
pub fn to_hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}

/// Magic, format, length, number of sections.
const FIXED_BYTES: usize = 8 + 4 + 8 + 4;
const DIGEST_BYTES: usize = 32;

/// A pack whose structure was checked.
#[derive(Clone, Debug)]
pub struct Pack<'p> {
    digest: [u8; DIGEST_BYTES],
    sections: Vec<Section<'p>>,
}

/// One section, and what the table says its digest is.
#[derive(Clone, Copy, Debug)]
struct Section<'p> {
    name: &'static str,
    content: &'p [u8],
    digest: &'p [u8],
}

impl<'p> Section<'p> {
    fn checked(self) -> Result<&'p [u8], PackError> {
        if sha256(self.content) != *self.digest {
            return Err(PackError::Damaged(self.name.to_owned()));
        }
        Ok(self.content)
    }
}

impl<'p> Pack<'p> {
    /// Reads a pack and checks every length and digest; what a section means is not looked at.
    ///
    /// # Errors
    /// When the bytes are not exactly one undamaged pack of a format that this version reads.
    pub fn parse(bytes: &'p [u8]) -> Result<Self, PackError> {
        let pack = Self::parse_table(bytes)?;
        pack.sections.iter().try_for_each(|section| section.checked().map(drop))?;
        Ok(pack)
    }

    /// As `parse`, but a section's digest is checked only when it is required: whoever needs few of them need not wait
    /// for the others.
    ///
    /// Allocates no more than one entry for each known section, whatever the bytes promise.
    ///
    /// # Errors
    /// When the bytes are not exactly one pack of a format that this version reads.
    pub fn parse_table(bytes: &'p [u8]) -> Result<Self, PackError> {
        let present = bytes.len() as u64;
        if bytes.is_empty() || !MAGIC.starts_with(&bytes[..bytes.len().min(MAGIC.len())]) {
            return Err(PackError::NotAPack);
        }
        if bytes.len() < FIXED_BYTES {
            return Err(PackError::Truncated { promised: FIXED_BYTES as u64, present });
        }
        let mut table = Cursor { bytes, at: MAGIC.len() };
        match table.u32()? {
            0 => return Err(PackError::Table("there is no format 0".to_owned())),
            FORMAT => {}
            found => return Err(PackError::Newer { found, supported: FORMAT }),
        }
        let promised = table.u64()?;
        if promised > present {
            return Err(PackError::Truncated { promised, present });
        }
        if promised < present {
            return Err(PackError::TrailingBytes { promised, present });
        }
        let entries = table.entries()?;
        let stated = table.take(DIGEST_BYTES)?;
        let digest = sha256(&bytes[..table.at - DIGEST_BYTES]);
        if digest != *stated {
            return Err(PackError::Table("its digest is another".to_owned()));
        }
        let sections = table.contents(&entries)?;
        Ok(Self { digest, sections })
    }

    /// A section's content; none where the pack has no such section.
    #[must_use]
    pub fn section(&self, name: &str) -> Option<&'p [u8]> {
        self.find(name).map(|section| section.content)
    }

    fn find(&self, name: &str) -> Option<Section<'p>> {
        self.sections.iter().find(|section| section.name == name).copied()
    }

    /// A section's content.
    ///
    /// # Errors
    /// When the pack has no such section, or its bytes are not those that the table tells of.
    pub fn require(&self, name: &str) -> Result<&'p [u8], PackError> {
        self.optional(name)?.ok_or_else(|| PackError::MissingSection(name.to_owned()))
    }

    /// As `require`, for a section that a pack may do without.
    ///
    /// # Errors
    /// When the section's bytes are not those that the table tells of.
    pub fn optional(&self, name: &str) -> Result<Option<&'p [u8]>, PackError> {
        self.find(name).map(Section::checked).transpose()
    }

    /// The sections in order: name and content.
    pub fn sections(&self) -> impl ExactSizeIterator<Item = (&'static str, &'p [u8])> {
        self.sections.iter().map(|section| (section.name, section.content))
    }

    /// SHA-256 of the table, which tells the digest of every section: the pack's identity.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        self.digest
    }
}

/// One line of the table.
struct Entry<'p> {
    name: &'static str,
    length: u64,
    digest: &'p [u8],
}

/// Reads the header from front to back.
struct Cursor<'p> {
    bytes: &'p [u8],
    at: usize,
}

impl<'p> Cursor<'p> {
    fn take(&mut self, length: usize) -> Result<&'p [u8], PackError> {
        // The file's length was checked, so a table that goes beyond it is wrong rather than cut.
        let taken = self.at.checked_add(length).and_then(|end| self.bytes.get(self.at..end));
        let taken = taken.ok_or_else(|| PackError::Table("it ends within an entry".to_owned()))?;
        self.at += length;
        Ok(taken)
    }

    fn u32(&mut self) -> Result<u32, PackError> {
        Ok(self.take(4)?.iter().rev().fold(0, |number, &byte| number << 8 | u32::from(byte)))
    }

    fn u64(&mut self) -> Result<u64, PackError> {
        Ok(self.take(8)?.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte)))
    }

    fn entries(&mut self) -> Result<Vec<Entry<'p>>, PackError> {
        let count = self.u32()?;
        if count as usize > SECTIONS.len() {
            return Err(PackError::Table(format!("{count} sections are more than the {} there are", SECTIONS.len())));
        }
        let mut entries = Vec::with_capacity(count as usize);
        let mut next = 0;
        for _ in 0..count {
            let name_bytes = usize::from(self.take(1)?[0]);
            let name = self.take(name_bytes)?;
            let Some(position) = SECTIONS.iter().position(|known| known.as_bytes() == name) else {
                let name = String::from_utf8_lossy(name);
                return Err(PackError::Table(format!("this version knows no section `{name}`")));
            };
            let name = SECTIONS[position];
            if position < next {
                return Err(PackError::Table(format!("section `{name}` is there twice or out of order")));
            }
            next = position + 1;
            entries.push(Entry { name, length: self.u64()?, digest: self.take(DIGEST_BYTES)? });
        }
        Ok(entries)
    }

    fn contents(&mut self, entries: &[Entry<'p>]) -> Result<Vec<Section<'p>>, PackError> {
        let mut sections = Vec::with_capacity(entries.len());
        for entry in entries {
            let beyond = || PackError::Table(format!("section `{}` goes beyond the end", entry.name));
            let length = usize::try_from(entry.length).map_err(|_| beyond())?;
            let content = self.take(length).map_err(|_| beyond())?;
            sections.push(Section { name: entry.name, content, digest: entry.digest });
        }
        if self.at != self.bytes.len() {
            let rest = self.bytes.len() - self.at;
            return Err(PackError::Table(format!("{rest} bytes belong to no section")));
        }
        Ok(sections)
    }
}

/// Puts a pack together; the order of the calls does not matter.
#[derive(Clone, Debug, Default)]
pub struct Builder {
    contents: [Option<Vec<u8>>; SECTIONS.len()],
}

impl Builder {
    /// An empty pack.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a section's content, in place of an earlier one.
    ///
    /// # Errors
    /// When no section has this name.
    pub fn section(&mut self, name: &str, content: Vec<u8>) -> Result<&mut Self, PackError> {
        let Some(position) = SECTIONS.iter().position(|&known| known == name) else {
            return Err(PackError::Table(format!("this version knows no section `{name}`")));
        };
        self.contents[position] = Some(content);
        Ok(self)
    }

    /// The pack's bytes: the same contents make the same bytes.
    #[must_use]
    pub fn build(&self) -> Vec<u8> {
        let sections =
            || SECTIONS.iter().zip(&self.contents).filter_map(|(name, content)| Some((name, content.as_ref()?)));
        let table_bytes: usize = sections().map(|(name, _)| 1 + name.len() + 8 + DIGEST_BYTES).sum();
        let content_bytes: usize = sections().map(|(_, content)| content.len()).sum();
        let length = FIXED_BYTES + table_bytes + DIGEST_BYTES + content_bytes;
        let mut bytes = Vec::with_capacity(length);
        bytes.extend(MAGIC);
        bytes.extend(FORMAT.to_le_bytes());
        bytes.extend((length as u64).to_le_bytes());
        bytes.extend((sections().count() as u32).to_le_bytes());
        for (name, content) in sections() {
            bytes.push(name.len() as u8);
            bytes.extend(name.as_bytes());
            bytes.extend((content.len() as u64).to_le_bytes());
            bytes.extend(sha256(content));
        }
        let digest = sha256(&bytes);
        bytes.extend(digest);
        for (_, content) in sections() {
            bytes.extend(content);
        }
        bytes
    }
}

#[cfg(test)]
mod tests;
