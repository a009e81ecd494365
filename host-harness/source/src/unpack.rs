//! Decompression as a stream and archives member by member, told by the first bytes, with limits against files that grow
//! without end.

use std::{
    io::{self, BufReader, Read, Seek},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use super::{
    Limits,
    account::Ledger,
    archive::{Archive, Tar, Zip, is_tar},
    content::{self, Ahead, Content},
};

/// The largest window that a zstd file may ask for, as a power of two: 128 MiB, what `zstd --long` writes.
const ZSTD_WINDOW_LOG_MAX: u32 = 27;
/// The most memory that an xz file may ask for, in KiB: 256 MiB, four times what `xz -9` needs.
const XZ_MEMORY_KIB_MAX: u32 = 256 << 10;

/// Something to read from, from which one can go back.
pub(super) trait ReadSeek: Read + Seek + Send {}

impl<R: Read + Seek + Send> ReadSeek for R {}

/// Where raw bytes come from.
pub(super) enum Raw {
    /// A file or memory.
    Seekable(Box<dyn ReadSeek>),
    /// A pipe, or what comes out of a decoder.
    Stream(Box<dyn Read + Send>),
}

/// What a source may become when it is unpacked.
#[derive(Clone, Copy)]
pub(super) struct Unpacking {
    bytes_max: u64,
    ratio_max: u64,
    /// Bytes before the ratio is looked at.
    bytes_free: u64,
    layers_max: usize,
    pub(super) members_max: u64,
    pub(super) spooled_bytes_max: u64,
}

impl Unpacking {
    pub(super) fn of(limits: &Limits) -> Self {
        Self {
            bytes_max: limits.decompressed_bytes_max,
            ratio_max: limits.decompressed_ratio_max,
            bytes_free: limits.decompressed_bytes_free,
            layers_max: limits.unpacked_layers_max,
            members_max: limits.archive_members_max,
            spooled_bytes_max: limits.archive_spooled_bytes_max,
        }
    }
}

/// A file that is being unpacked.
#[derive(Clone)]
pub(super) struct Unpacker {
    pub(super) unpacking: Unpacking,
    ledger: Arc<Ledger>,
    /// Bytes taken from the file.
    taken: Arc<AtomicU64>,
    /// Compressions and archives around what is unpacked next.
    layers: usize,
}

/// What comes of a file.
pub(super) enum Unpacked {
    /// Plain bytes.
    Plain(Box<dyn Read + Send>),
    /// An archive, and how to unpack its members.
    Archive(Box<dyn Archive>, Unpacker),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Plain,
    Gzip,
    Zstd,
    Bzip2,
    Xz,
    Zip,
    Tar,
}

impl Form {
    fn of(head: &[u8]) -> Self {
        match head {
            [0x1f, 0x8b, 8, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Self::Zstd,
            // Frames that carry no data, such as those of `pzstd` and seekable files, may come first.
            [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Self::Zstd,
            [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, 0x26, 0x53, 0x59, ..]
            | [b'B', b'Z', b'h', b'1'..=b'9', 0x17, 0x72, 0x45, 0x38, 0x50, 0x90, ..] => Self::Bzip2,
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Self::Xz,
            [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Self::Zip,
            head if is_tar(head) => Self::Tar,
            _ => Self::Plain,
        }
    }

    /// The form that a name promises.
    fn promised(name: &str) -> Option<(Self, &'static str)> {
        let forms = [
            (".gz", Self::Gzip, "gzip"),
            (".tgz", Self::Gzip, "gzip"),
            (".zst", Self::Zstd, "zstd"),
            (".bz2", Self::Bzip2, "bzip2"),
            (".xz", Self::Xz, "xz"),
            (".zip", Self::Zip, "a zip archive"),
            (".tar", Self::Tar, "a tar archive"),
        ];
        let small = name.to_ascii_lowercase();
        forms.iter().find(|(end, ..)| small.ends_with(end)).map(|(_, form, called)| (*form, *called))
    }
}

impl Unpacker {
    pub(super) fn new(unpacking: Unpacking, ledger: Arc<Ledger>) -> Self {
        Self { unpacking, ledger, taken: Arc::default(), layers: 0 }
    }

    /// Counts the bytes taken from the file itself.
    pub(super) fn count(&self, raw: Raw) -> Raw {
        let (taken, ledger) = (Arc::clone(&self.taken), Arc::clone(&self.ledger));
        match raw {
            Raw::Seekable(inner) => Raw::Seekable(Box::new(Counted { inner, taken, ledger })),
            Raw::Stream(inner) => Raw::Stream(Box::new(Counted { inner, taken, ledger })),
        }
    }

    /// Unpacks bytes by what they are, whatever the name says.
    ///
    /// # Errors
    /// When the first bytes cannot be read, are packed too often, or are neither text nor what the name promises.
    pub(super) fn unpack(mut self, mut raw: Raw, name: &str) -> io::Result<Unpacked> {
        let mut promised = Form::promised(name);
        loop {
            let ahead = match &mut raw {
                Raw::Seekable(it) => Ahead::read(it, content::PREFIX_BYTES)?,
                Raw::Stream(it) => Ahead::read(it, content::PREFIX_BYTES)?,
            };
            let form = Form::of(&ahead.bytes);
            let is_binary = content::content_of(&ahead.bytes) == Content::Binary;
            if let (Form::Plain, true, Some((_, called))) = (form, is_binary, promised) {
                return Err(io::Error::other(format!(
                    "is named as {called} and does not begin like it; check the file, or name it for what it is"
                )));
            }
            promised = None;
            if form != Form::Plain {
                self.layers += 1;
                let layers_max = self.unpacking.layers_max;
                if self.layers > layers_max {
                    return Err(io::Error::other(format!(
                        "is packed inside more than {layers_max} archives and compressions; \
                         unpack it yourself, or raise unpacked_layers_max"
                    )));
                }
            }
            if form == Form::Zip {
                let zip = match raw {
                    Raw::Seekable(mut file) => {
                        file.rewind()?;
                        Zip::open(file, self.unpacking.members_max)?
                    }
                    Raw::Stream(stream) => Zip::spool(ahead.and_rest(stream), self.unpacking)?,
                };
                return Ok(Unpacked::Archive(Box::new(zip), self));
            }
            let stream = match raw {
                Raw::Seekable(it) => ahead.and_rest(Box::new(it)),
                Raw::Stream(it) => ahead.and_rest(it),
            };
            raw = match form {
                Form::Plain => return Ok(Unpacked::Plain(stream)),
                Form::Tar => {
                    let tar = Tar::new(stream, self.unpacking.members_max);
                    return Ok(Unpacked::Archive(Box::new(tar), self));
                }
                _ => Raw::Stream(self.guard(decoder(form, stream)?, Arc::default())),
            };
        }
    }

    /// Holds a decoder to the limits; `given` counts the bytes of all decoders that share it.
    pub(super) fn guard(&self, decoder: Box<dyn Read + Send>, given: Arc<AtomicU64>) -> Box<dyn Read + Send> {
        let taken = Arc::clone(&self.taken);
        Box::new(Guarded { decoder, taken, given, here: 0, unpacking: self.unpacking })
    }
}

/// What decodes a compressed stream.
pub(super) fn decoder(form: Form, stream: Box<dyn Read + Send>) -> io::Result<Box<dyn Read + Send>> {
    Ok(match form {
        Form::Gzip => Box::new(flate2::read::MultiGzDecoder::new(stream)),
        Form::Zstd => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(BufReader::new(stream))?;
            decoder.window_log_max(ZSTD_WINDOW_LOG_MAX)?;
            Box::new(decoder)
        }
        Form::Bzip2 => Box::new(bzip2::read::MultiBzDecoder::new(stream)),
        Form::Xz => Box::new(lzma_rust2::XzReader::new_mem_limit(BufReader::new(stream), true, XZ_MEMORY_KIB_MAX)),
        Form::Plain | Form::Zip | Form::Tar => stream,
    })
}

/// Counts the bytes taken from the source.
struct Counted<R> {
    inner: R,
    taken: Arc<AtomicU64>,
    ledger: Arc<Ledger>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.taken.fetch_add(read as u64, Ordering::Relaxed);
        self.ledger.count_bytes(read as u64);
        Ok(read)
    }
}

impl<R: Seek> Seek for Counted<R> {
    fn seek(&mut self, to: io::SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}

/// Holds a decoder to the limits.
struct Guarded {
    decoder: Box<dyn Read + Send>,
    taken: Arc<AtomicU64>,
    /// Bytes given by all decoders that share the limit.
    given: Arc<AtomicU64>,
    /// Bytes given by this one.
    here: u64,
    unpacking: Unpacking,
}

impl Guarded {
    fn check(&self) -> io::Result<()> {
        let (given, taken) = (self.given.load(Ordering::Relaxed), self.taken.load(Ordering::Relaxed));
        let Unpacking { bytes_max, ratio_max, bytes_free, .. } = self.unpacking;
        let ratio = given / taken.max(1);
        let (over, limit) = if given > bytes_max {
            (format!("becomes larger than the limit of {bytes_max} bytes a file"), "decompressed_bytes_max")
        } else if given > bytes_free && ratio > ratio_max {
            (format!("becomes {ratio} times its size, beyond the limit of {ratio_max} times"), "decompressed_ratio_max")
        } else {
            return Ok(());
        };
        Err(io::Error::other(format!(
            "{over} when decompressed, as files do that are made to do harm; \
             if it is meant to, raise {limit}, or decompress it yourself and give the plain file"
        )))
    }
}

impl Read for Guarded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // Some decoders take reading nothing for the end.
        if buffer.is_empty() {
            return Ok(0);
        }
        let read = self.decoder.read(buffer).map_err(|error| {
            // What an inner layer says of itself is said once.
            if error.get_ref().is_some_and(|inner| inner.is::<Damaged>() || error.kind() == io::ErrorKind::Other) {
                return error;
            }
            let what = Damaged { after: self.here, why: error.to_string() };
            io::Error::new(error.kind(), what)
        })?;
        self.here += read as u64;
        self.given.fetch_add(read as u64, Ordering::Relaxed);
        self.check()?;
        Ok(read)
    }
}

/// Compressed data that cannot be decoded.
#[derive(Debug, thiserror::Error)]
#[error("its compressed data are damaged or cut short after {after} plain bytes ({why}); copy it again")]
pub(super) struct Damaged {
    pub(super) after: u64,
    pub(super) why: String,
}
