//! Decompression as a stream, told by the first bytes, with limits against files that grow without end.

use std::{
    io::{self, BufReader, Cursor, Read},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use super::{Ledger, limits::Limits};

/// The largest window that a zstd file may ask for, as a power of two: 128 MiB, what `zstd --long` writes.
const ZSTD_WINDOW_LOG_MAX: u32 = 27;

/// What a source may become when it is unpacked.
#[derive(Clone, Copy)]
pub(super) struct Unpacking {
    bytes_max: u64,
    ratio_max: u64,
    /// Bytes before the ratio is looked at.
    bytes_free: u64,
}

impl Unpacking {
    pub(super) fn of(limits: &Limits) -> Self {
        Self {
            bytes_max: limits.decompressed_bytes_max,
            ratio_max: limits.decompressed_ratio_max,
            bytes_free: limits.decompressed_bytes_free,
        }
    }
}

/// The plain bytes of `raw`, whatever its name says, as long as name and bytes do not contradict each other.
///
/// # Errors
/// When the first bytes cannot be read, or are not what the name promises.
pub(super) fn decompress(
    raw: Box<dyn Read + Send>,
    name: &str,
    unpacking: Unpacking,
    ledger: Arc<Ledger>,
) -> io::Result<Box<dyn Read + Send>> {
    let taken = Arc::new(AtomicU64::new(0));
    let mut counted = Counted { inner: raw, taken: Arc::clone(&taken), ledger };
    let mut head = Vec::with_capacity(4);
    counted.by_ref().take(4).read_to_end(&mut head)?;
    let form = match head.as_slice() {
        [0x1f, 0x8b, ..] => Form::Gzip,
        [0x28, 0xb5, 0x2f, 0xfd] => Form::Zstd,
        // Frames that carry no data, such as those of `pzstd` and seekable files, may come first.
        [0x50..=0x5f, 0x2a, 0x4d, 0x18] => Form::Zstd,
        _ => Form::Plain,
    };
    let promised = if name.ends_with(".gz") {
        Form::Gzip
    } else if name.ends_with(".zst") {
        Form::Zstd
    } else {
        form
    };
    if promised != form && !head.is_empty() {
        return Err(io::Error::other(format!(
            "is named as {} and does not begin like it; check the file, or name it for what it is",
            promised.name()
        )));
    }
    let whole = Cursor::new(head).chain(counted);
    Ok(match form {
        Form::Plain => Box::new(whole),
        Form::Gzip => Box::new(Guarded::new(flate2::read::MultiGzDecoder::new(whole), taken, unpacking)),
        Form::Zstd => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(BufReader::new(whole))?;
            decoder.window_log_max(ZSTD_WINDOW_LOG_MAX)?;
            Box::new(Guarded::new(decoder, taken, unpacking))
        }
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Plain,
    Gzip,
    Zstd,
}

impl Form {
    fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }
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
        self.ledger.bytes.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// Holds a decoder to the limits.
struct Guarded<R> {
    decoder: R,
    taken: Arc<AtomicU64>,
    given: u64,
    unpacking: Unpacking,
}

impl<R> Guarded<R> {
    fn new(decoder: R, taken: Arc<AtomicU64>, unpacking: Unpacking) -> Self {
        Self { decoder, taken, given: 0, unpacking }
    }

    fn check(&self) -> io::Result<()> {
        let (given, taken) = (self.given, self.taken.load(Ordering::Relaxed));
        let Unpacking { bytes_max, ratio_max, bytes_free } = self.unpacking;
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

impl<R: Read> Read for Guarded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.decoder.read(buffer).map_err(|error| {
            let after = self.given;
            io::Error::new(
                error.kind(),
                format!(
                    "its compressed data are damaged or cut short after {after} plain bytes ({error}); copy it again"
                ),
            )
        })?;
        self.given += read as u64;
        self.check()?;
        Ok(read)
    }
}
