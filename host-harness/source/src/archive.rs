//! Archives, member by member: tar as a stream, zip by its directory.

use std::{
    io::{self, Read, SeekFrom, Write},
    sync::{Arc, Mutex, PoisonError, atomic::AtomicU64},
};

use flate2::Crc;
use zip::{CompressionMethod, ZipArchive};

use super::unpack::{Damaged, Form, ReadSeek, Unpacker, Unpacking, decoder};

/// Bytes of a block of a tar archive.
const BLOCK_BYTES: usize = 512;
/// Bytes of a long name in a tar archive that are read.
const NAME_BYTES_MAX: u64 = 64 << 10;
/// Names of members that office documents and programs have, which are zip archives too.
const NO_LOGS: [(&str, &str); 2] = [
    ("[Content_Types].xml", "is an office document, not a log"),
    ("META-INF/MANIFEST.MF", "is a program in a Java archive, not a log"),
];

/// Something that holds files.
pub(super) trait Archive: Send {
    /// The next member.
    ///
    /// # Errors
    /// When the archive is damaged, or holds more than the limits allow.
    fn next_member(&mut self, unpacker: &Unpacker) -> io::Result<Option<Member>>;
}

/// A file in an archive.
pub(super) struct Member {
    pub(super) name: String,
    pub(super) holds: Holds,
}

/// What a member holds.
pub(super) enum Holds {
    /// Bytes.
    File(Box<dyn Read + Send>),
    /// No bytes: a link or a device.
    Special,
    /// What cannot be read, with the reason.
    Unreadable(String),
}

/// Whether a file begins with the header of a tar archive: its sum is right.
pub(super) fn is_tar(head: &[u8]) -> bool {
    head.first_chunk::<BLOCK_BYTES>().is_some_and(|block| block[0] != 0 && is_header(block))
}

fn is_header(block: &[u8; BLOCK_BYTES]) -> bool {
    let sum: u32 =
        block.iter().enumerate().map(|(at, byte)| if (148..156).contains(&at) { 32 } else { u32::from(*byte) }).sum();
    tar::Header::from_byte_slice(block).cksum().is_ok_and(|said| said == sum)
}

/// A tar archive that is read from its beginning to its end.
pub(super) struct Tar {
    stream: Arc<Mutex<TarStream>>,
    members_max: u64,
    members: u64,
}

struct TarStream {
    inner: Box<dyn Read + Send>,
    /// Bytes of the member that are left.
    left: u64,
    /// Bytes between the member and the next block.
    padding: u64,
}

impl Tar {
    pub(super) fn new(inner: Box<dyn Read + Send>, members_max: u64) -> Self {
        Self { stream: Arc::new(Mutex::new(TarStream { inner, left: 0, padding: 0 })), members_max, members: 0 }
    }
}

impl Archive for Tar {
    fn next_member(&mut self, _: &Unpacker) -> io::Result<Option<Member>> {
        let mut stream = self.stream.lock().unwrap_or_else(PoisonError::into_inner);
        let mut long_name = None;
        loop {
            let Some(block) = stream.next_block()? else { return Ok(None) };
            let header = tar::Header::from_byte_slice(&block);
            let kind = header.entry_type();
            stream.begin(header.entry_size()?);
            if kind.is_gnu_longname() || kind.is_pax_local_extensions() {
                let text = stream.rest(NAME_BYTES_MAX)?;
                let (name, size) = if kind.is_gnu_longname() { (Some(text), None) } else { pax(&text) };
                long_name = Some((name, size));
                continue;
            }
            if kind.is_pax_global_extensions() || kind.is_gnu_longlink() || kind.is_dir() {
                long_name = if kind.is_gnu_longlink() { long_name } else { None };
                continue;
            }
            count(&mut self.members, self.members_max)?;
            let (name, size) = long_name.take().unwrap_or_default();
            let name = name.unwrap_or_else(|| header.path_bytes().into_owned());
            let name = String::from_utf8_lossy(name.strip_suffix(b"\0").unwrap_or(&name)).into_owned();
            if let Some(size) = size {
                stream.begin(size);
            }
            drop(stream);
            let holds = if kind.is_file() || kind.is_contiguous() {
                Holds::File(Box::new(TarMember(Arc::clone(&self.stream))))
            } else if kind.is_gnu_sparse() {
                Holds::Unreadable("is a file with holes in a tar archive, which is not read; unpack it".to_owned())
            } else {
                Holds::Special
            };
            return Ok(Some(Member { name, holds }));
        }
    }
}

impl TarStream {
    /// Skips what is left of the member, then takes the next header; none at the end.
    fn next_block(&mut self) -> io::Result<Option<[u8; BLOCK_BYTES]>> {
        let skip = self.left + self.padding;
        let skipped = io::copy(&mut self.inner.by_ref().take(skip), &mut io::sink())?;
        (self.left, self.padding) = (0, 0);
        if skipped < skip {
            return Err(cut_short());
        }
        let mut block = [0; BLOCK_BYTES];
        let mut held = 0;
        while held < BLOCK_BYTES {
            match self.inner.read(&mut block[held..])? {
                0 if held == 0 => return Ok(None),
                0 => return Err(cut_short()),
                read => held += read,
            }
        }
        if block.iter().all(|byte| *byte == 0) {
            return Ok(None);
        }
        if !is_header(&block) {
            return Err(io::Error::other("is a damaged tar archive: a header in it has a wrong sum; copy it again"));
        }
        Ok(Some(block))
    }

    fn begin(&mut self, size: u64) {
        self.left = size;
        self.padding = size.wrapping_neg() % BLOCK_BYTES as u64;
    }

    fn rest(&mut self, bytes_max: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let length = self.left.min(bytes_max);
        self.inner.by_ref().take(length).read_to_end(&mut bytes)?;
        self.left -= bytes.len() as u64;
        Ok(bytes)
    }
}

fn cut_short() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "is a tar archive that is cut short; copy it again")
}

/// The path and the size that a header of the POSIX form gives for the member behind it.
fn pax(text: &[u8]) -> (Option<Vec<u8>>, Option<u64>) {
    let (mut path, mut size) = (None, None);
    for extension in tar::PaxExtensions::new(text).flatten() {
        match extension.key_bytes() {
            b"path" => path = Some(extension.value_bytes().to_vec()),
            b"size" => size = extension.value().ok().and_then(|value| value.parse().ok()),
            _ => {}
        }
    }
    (path, size)
}

/// Reads the member that a tar archive has come to.
struct TarMember(Arc<Mutex<TarStream>>);

impl Read for TarMember {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut stream = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let length = buffer.len().min(usize::try_from(stream.left).unwrap_or(usize::MAX));
        if length == 0 {
            return Ok(0);
        }
        let read = stream.inner.read(&mut buffer[..length])?;
        stream.left -= read as u64;
        if read == 0 {
            return Err(cut_short());
        }
        Ok(read)
    }
}

/// A zip archive, whose members are found by its directory.
pub(super) struct Zip {
    directory: ZipArchive<Shared>,
    file: Shared,
    next: usize,
    /// Bytes that all members became so far.
    given: Arc<AtomicU64>,
}

impl Zip {
    /// Reads the directory.
    ///
    /// # Errors
    /// When there is none, or it names too many members.
    pub(super) fn open(file: Box<dyn ReadSeek>, members_max: u64) -> io::Result<Self> {
        let file = Shared { file: Arc::new(Mutex::new(file)), at: 0 };
        let directory = ZipArchive::new(file.clone()).map_err(|error| {
            io::Error::other(format!("is a damaged zip archive, or one that is cut short ({error}); copy it again"))
        })?;
        if let Some((_, why)) = NO_LOGS.iter().find(|(name, _)| directory.index_for_name(name).is_some()) {
            return Err(io::Error::other(*why));
        }
        let mut members = (directory.len() as u64).saturating_sub(1);
        count(&mut members, members_max)?;
        Ok(Self { directory, file, next: 0, given: Arc::default() })
    }

    /// Copies an archive that comes as a stream to a file without a name, since its directory is at its end.
    ///
    /// # Errors
    /// As `open`, or when it is larger than may be copied.
    pub(super) fn spool(stream: impl Read, unpacking: Unpacking) -> io::Result<Self> {
        let mut file = tempfile::tempfile()?;
        let bytes_max = unpacking.spooled_bytes_max;
        let copied = io::copy(&mut stream.take(bytes_max.saturating_add(1)), &mut file)?;
        if copied > bytes_max {
            return Err(io::Error::other(format!(
                "is a zip archive of more than {bytes_max} bytes in a stream; write it to a file and give that, \
                 or raise archive_spooled_bytes_max"
            )));
        }
        file.flush()?;
        Self::open(Box::new(file), unpacking.members_max)
    }
}

impl Archive for Zip {
    fn next_member(&mut self, unpacker: &Unpacker) -> io::Result<Option<Member>> {
        loop {
            if self.next >= self.directory.len() {
                return Ok(None);
            }
            let damaged = |error| io::Error::other(format!("is a damaged zip archive ({error}); copy it again"));
            let member = self.directory.by_index_raw(self.next).map_err(damaged)?;
            self.next += 1;
            if member.is_dir() {
                continue;
            }
            let name = String::from_utf8_lossy(member.name_raw()).into_owned();
            let form = match member.compression() {
                CompressionMethod::STORE => Some(None),
                CompressionMethod::DEFLATE => Some(Some(Form::Plain)),
                CompressionMethod::BZIP2 => Some(Some(Form::Bzip2)),
                CompressionMethod::ZSTD => Some(Some(Form::Zstd)),
                CompressionMethod::XZ => Some(Some(Form::Xz)),
                _ => None,
            };
            let holds = match (form, member.data_start()) {
                _ if member.is_symlink() => Holds::Special,
                _ if member.encrypted() => Holds::Unreadable(
                    "is encrypted in its zip archive; unpack it with its password, and give the file".to_owned(),
                ),
                (Some(form), Some(start)) => {
                    let raw = Shared { file: Arc::clone(&self.file.file), at: start }.take(member.compressed_size());
                    let plain: Box<dyn Read + Send> = match form {
                        None => Box::new(raw),
                        Some(Form::Plain) => Box::new(flate2::read::DeflateDecoder::new(raw)),
                        Some(form) => decoder(form, Box::new(raw))?,
                    };
                    let (size, crc) = (member.size(), member.crc32());
                    let checked = Checked { inner: plain, crc: Crc::new(), size, expected: crc };
                    Holds::File(unpacker.guard(Box::new(checked), Arc::clone(&self.given)))
                }
                _ => Holds::Unreadable(format!(
                    "is compressed as {} in its zip archive, which is not read; unpack it, and give the file",
                    member.compression()
                )),
            };
            return Ok(Some(Member { name, holds }));
        }
    }
}

/// Counts a member.
fn count(members: &mut u64, members_max: u64) -> io::Result<()> {
    *members += 1;
    if *members > members_max {
        return Err(io::Error::other(format!(
            "is an archive of more than {members_max} files; unpack it, or raise archive_members_max"
        )));
    }
    Ok(())
}

/// Ends a member of a zip archive with an error when it is not what the directory says.
struct Checked {
    inner: Box<dyn Read + Send>,
    crc: Crc,
    size: u64,
    expected: u32,
}

impl Read for Checked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.crc.update(&buffer[..read]);
        if read == 0 && !buffer.is_empty() && self.crc.sum() != self.expected {
            let why = format!("{} bytes expected", self.size);
            let what = Damaged { after: u64::from(self.crc.amount()), why };
            return Err(io::Error::new(io::ErrorKind::InvalidData, what));
        }
        Ok(read)
    }
}

/// A place in a file that several readers share.
#[derive(Clone)]
struct Shared {
    file: Arc<Mutex<Box<dyn ReadSeek>>>,
    at: u64,
}

impl Read for Shared {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(self.at))?;
        let read = file.read(buffer)?;
        self.at += read as u64;
        Ok(read)
    }
}

impl io::Seek for Shared {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        self.at = match to {
            SeekFrom::Current(by) => file.seek(SeekFrom::Start(self.at.saturating_add_signed(by)))?,
            to => file.seek(to)?,
        };
        Ok(self.at)
    }
}
