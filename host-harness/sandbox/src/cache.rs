//! Compiled components, kept between runs.
//!
//! A compiled component is machine code that the host runs as it is. So an entry counts only with a tag that nobody
//! without this folder's secret can make, and it is looked up by everything it was made of. A wrong or stale entry is
//! never used: the component is compiled again.
//!
//! This file holds the host's one `unsafe` block that is written by hand.

use std::{
    fs::{self, File, OpenOptions},
    hash::{Hash, Hasher},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
    time::SystemTime,
};

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use wasmtime::{Engine, component::Component};

use glassbox_pack::to_hex;

/// Begins every entry; changes with its layout.
const MAGIC: &[u8; 8] = b"GBXCODE1";
const TAG_BYTES: usize = 32;
const HEAD_BYTES: usize = MAGIC.len() + TAG_BYTES;
const SECRET_BYTES: usize = 32;

/// A folder of compiled components.
pub(super) struct Cache {
    folder: PathBuf,
    secret: [u8; SECRET_BYTES],
    entries_max: usize,
}

/// What the cache has for a key.
pub(super) enum Lookup {
    /// The compiled component.
    Compiled(Component),
    /// Nothing.
    Absent,
    /// Something that cannot be trusted or used; why.
    Refused(String),
}

impl Cache {
    /// Opens the folder; makes it, and its secret, where they are missing.
    pub(super) fn open(folder: &Path, entries_max: usize) -> io::Result<Self> {
        make_folder(folder)?;
        let secret = secret(&folder.join("secret"))?;
        Ok(Self { folder: folder.to_owned(), secret, entries_max })
    }

    /// The name of what this engine makes of the component with this digest, as admitted under these limits.
    pub(super) fn key(engine: &Engine, component_digest: &str, admitted_under: &[(&str, u64)]) -> String {
        // The engine's hash covers its configuration, the processor's features and wasmtime's version.
        let mut hasher = Sha256Hasher(Sha256::new());
        engine.precompile_compatibility_hash().hash(&mut hasher);
        component_digest.hash(&mut hasher);
        // Whoever lowers a limit asks again whether the component is admitted.
        admitted_under.hash(&mut hasher);
        to_hex(&hasher.0.finalize())
    }

    pub(super) fn load(&self, engine: &Engine, key: &str) -> Lookup {
        let path = self.path(key);
        let entry = match fs::read(&path) {
            Ok(entry) => entry,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Lookup::Absent,
            Err(error) => return Lookup::Refused(format!("it cannot be read: {error}")),
        };
        let Some(code) = self.authentic(key, &entry) else {
            return Lookup::Refused("its tag does not fit its content".to_owned());
        };
        match deserialize(engine, code) {
            Ok(component) => {
                // Used now: the entries used longest ago are removed first. A folder that cannot be written still serves.
                let _ = File::open(&path).and_then(|file| file.set_modified(SystemTime::now()));
                Lookup::Compiled(component)
            }
            Err(error) => Lookup::Refused(format!("the runtime does not take it: {error}")),
        }
    }

    /// Counts an entry that was refused: how many were in this folder, this one included. A count that cannot be kept
    /// starts over.
    pub(super) fn count_refused(&self) -> u64 {
        let path = self.folder.join("refused");
        let before = fs::read_to_string(&path).ok().and_then(|text| text.trim().parse::<u64>().ok());
        let refused = before.unwrap_or_default().saturating_add(1);
        let _ = self.write_whole("refused", &path, &[refused.to_string().as_bytes()]);
        refused
    }

    /// Keeps a compiled form.
    pub(super) fn store(&self, key: &str, code: &[u8]) -> io::Result<()> {
        let tag = self.tag(key, code).finalize().into_bytes();
        let written = self.write_whole(key, &self.path(key), &[MAGIC, &tag, code]);
        self.remove_oldest();
        written
    }

    /// Whole or not at all, also for a process that reads at this moment.
    fn write_whole(&self, name: &str, path: &Path, parts: &[&[u8]]) -> io::Result<()> {
        static FILES: AtomicU64 = AtomicU64::new(0);
        let part = format!(".{name}.{}.{}", std::process::id(), FILES.fetch_add(1, Ordering::Relaxed));
        let part = self.folder.join(part);
        let written = private_file(&part).and_then(|mut file| {
            parts.iter().try_for_each(|bytes| file.write_all(bytes))?;
            fs::rename(&part, path)
        });
        if written.is_err() {
            let _ = fs::remove_file(&part);
        }
        written
    }

    fn path(&self, key: &str) -> PathBuf {
        self.folder.join(format!("{key}.code"))
    }

    fn tag(&self, key: &str, code: &[u8]) -> Hmac<Sha256> {
        let mut tag = Hmac::<Sha256>::new_from_slice(&self.secret).expect("HMAC takes keys of any length");
        tag.update(MAGIC);
        tag.update(key.as_bytes());
        tag.update(code);
        tag
    }

    /// The entry's code, if whoever wrote it under this key knew the secret.
    fn authentic<'e>(&self, key: &str, entry: &'e [u8]) -> Option<&'e [u8]> {
        let (head, code) = entry.split_at_checked(HEAD_BYTES)?;
        let tag = head.strip_prefix(MAGIC)?;
        self.tag(key, code).verify_slice(tag).ok()?;
        Some(code)
    }

    /// Keeps the folder bounded. What cannot be removed is left for the next time.
    fn remove_oldest(&self) {
        let Ok(files) = fs::read_dir(&self.folder) else { return };
        let mut entries: Vec<(SystemTime, PathBuf)> = files
            .flatten()
            .filter(|file| file.path().extension().is_some_and(|extension| extension == "code"))
            .filter_map(|file| Some((file.metadata().ok()?.modified().ok()?, file.path())))
            .collect();
        entries.sort();
        let surplus = entries.len().saturating_sub(self.entries_max);
        for (_, path) in &entries[..surplus] {
            let _ = fs::remove_file(path);
        }
    }
}

/// Turns what the compiler made into a component: called with what it just made, and with what the cache kept of it.
#[allow(
    unsafe_code,
    reason = "the one place: compiled code is taken as bytes, from the compiler or after its tag held"
)]
pub(super) fn deserialize(engine: &Engine, code: &[u8]) -> wasmtime::Result<Component> {
    // SAFETY: `code` must be what the compiler gave, unaltered. There are two callers. `Plugin::load` has it from the
    // compiler, in this process or through a pipe from a child that is this very program. `Cache::load` has it from a
    // file, and `authentic` has verified a tag over these very bytes, in memory, made with a secret that only this user
    // can read; only `store` makes tags, over what `Plugin::load` had. Whether they fit this engine, `deserialize`
    // checks itself.
    unsafe { Component::deserialize(engine, code) }
}

/// Reads the secret, or makes one. One that others could read protects nothing: it is replaced, and with it all
/// entries stop being valid.
fn secret(path: &Path) -> io::Result<[u8; SECRET_BYTES]> {
    for _ in 0..3 {
        match fs::read(path) {
            Ok(bytes) if is_private(path)? => {
                if let Ok(secret) = bytes.try_into() {
                    return Ok(secret);
                }
                fs::remove_file(path)?;
            }
            Ok(_) => fs::remove_file(path)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        make_secret(path)?;
    }
    Err(io::Error::other("the cache's secret does not stay as it is written"))
}

fn make_secret(path: &Path) -> io::Result<()> {
    let mut secret = [0; SECRET_BYTES];
    getrandom::fill(&mut secret).map_err(io::Error::other)?;
    let part = path.with_extension(format!("{}.part", std::process::id()));
    let _ = fs::remove_file(&part);
    private_file(&part)?.write_all(&secret)?;
    // A link fails where a file is: of two processes that make a secret at once, both use the first one's.
    let linked = fs::hard_link(&part, path);
    fs::remove_file(&part)?;
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

#[cfg(unix)]
fn make_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn make_folder(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}

/// A new file that only this user can read and write.
fn private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(unix)]
fn is_private(path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let metadata = fs::symlink_metadata(path)?;
    let ours = metadata.uid() == rustix::process::geteuid().as_raw();
    Ok(metadata.is_file() && ours && metadata.mode() & 0o077 == 0)
}

#[cfg(not(unix))]
fn is_private(_path: &Path) -> io::Result<bool> {
    Ok(true)
}

/// Feeds what is hashed to SHA-256.
struct Sha256Hasher(Sha256);

impl Hasher for Sha256Hasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        // Nobody asks: the whole digest is taken.
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "00ff";

    fn compiled(engine: &Engine) -> Vec<u8> {
        engine.precompile_component(&wat::parse_str("(component)").expect("valid")).expect("compiles")
    }

    fn stored(folder: &Path) -> (Cache, Engine) {
        let engine = Engine::default();
        let cache = Cache::open(folder, 4).expect("the folder is ours");
        cache.store(KEY, &compiled(&engine)).expect("it can be written");
        (cache, engine)
    }

    fn refusal(cache: &Cache, engine: &Engine, key: &str) -> String {
        match cache.load(engine, key) {
            Lookup::Refused(why) => why,
            Lookup::Absent => "absent".to_owned(),
            Lookup::Compiled(_) => "used".to_owned(),
        }
    }

    #[test]
    fn an_entry_serves_again_also_another_process() {
        let folder = tempfile::tempdir().expect("a folder");
        let (cache, engine) = stored(folder.path());
        assert_eq!(refusal(&cache, &engine, KEY), "used");
        let again = Cache::open(folder.path(), 4).expect("the folder is ours");
        assert_eq!(refusal(&again, &engine, KEY), "used");
        assert_eq!(refusal(&again, &engine, "another"), "absent");
    }

    #[test]
    fn a_tampered_entry_is_refused_whatever_byte_it_is() {
        let folder = tempfile::tempdir().expect("a folder");
        let (cache, engine) = stored(folder.path());
        let path = cache.path(KEY);
        let entry = fs::read(&path).expect("it is there");
        for at in [0, MAGIC.len(), HEAD_BYTES - 1, HEAD_BYTES, entry.len() / 2, entry.len() - 1] {
            let mut tampered = entry.clone();
            tampered[at] ^= 1;
            fs::write(&path, tampered).expect("it can be written");
            assert_eq!(refusal(&cache, &engine, KEY), "its tag does not fit its content", "byte {at}");
        }
        for end in [0, 5, HEAD_BYTES, entry.len() - 1] {
            fs::write(&path, &entry[..end]).expect("it can be written");
            assert_eq!(refusal(&cache, &engine, KEY), "its tag does not fit its content", "cut at {end}");
        }
    }

    #[test]
    fn refusals_are_counted_over_processes() {
        let folder = tempfile::tempdir().expect("a folder");
        let (cache, _) = stored(folder.path());
        assert_eq!((cache.count_refused(), cache.count_refused()), (1, 2));
        let again = Cache::open(folder.path(), 4).expect("the folder is ours");
        assert_eq!(again.count_refused(), 3);
        fs::write(folder.path().join("refused"), "many").expect("it can be written");
        assert_eq!(again.count_refused(), 1);
    }

    #[test]
    fn an_entry_counts_under_its_own_name_only() {
        let folder = tempfile::tempdir().expect("a folder");
        let (cache, engine) = stored(folder.path());
        fs::copy(cache.path(KEY), cache.path("other")).expect("it can be copied");
        assert_eq!(refusal(&cache, &engine, "other"), "its tag does not fit its content");
    }

    #[test]
    fn an_entry_of_another_configuration_has_another_name() {
        let (one, mut config) = (Engine::default(), wasmtime::Config::new());
        config.epoch_interruption(true);
        let other = Engine::new(&config).expect("a valid configuration");
        let limits = [("functions_max", 7)];
        assert_eq!(Cache::key(&one, "d", &limits), Cache::key(&one, "d", &limits));
        assert_ne!(Cache::key(&one, "d", &limits), Cache::key(&other, "d", &limits));
        assert_ne!(Cache::key(&one, "d", &limits), Cache::key(&one, "e", &limits));
        assert_ne!(Cache::key(&one, "d", &limits), Cache::key(&one, "d", &[("functions_max", 6)]));
    }

    #[cfg(unix)]
    #[test]
    fn the_secret_is_private_and_a_published_one_is_replaced() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let (cache, engine) = stored(folder.path());
        let path = folder.path().join("secret");
        assert_eq!(fs::metadata(&path).expect("it is there").permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("it is ours");
        let again = Cache::open(folder.path(), 4).expect("the folder is ours");
        assert_ne!(again.secret, cache.secret);
        assert_eq!(refusal(&again, &engine, KEY), "its tag does not fit its content");
    }

    #[test]
    fn the_folder_stays_bounded() {
        let folder = tempfile::tempdir().expect("a folder");
        let (cache, engine) = stored(folder.path());
        let code = compiled(&engine);
        for key in 0..10 {
            cache.store(&format!("{key:04}"), &code).expect("it can be written");
        }
        assert_eq!(refusal(&cache, &engine, "0009"), "used");
        assert_eq!(fs::read_dir(folder.path()).expect("it is there").count(), 4 + 1, "four entries and the secret");
    }
}
