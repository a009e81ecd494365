//! Which keys are trusted and where installed files are, as the command line says.

use std::path::PathBuf;

use glassbox_packs::signing::{Store, TrustedKeys, default_store_folder, default_trusted_folder};

use crate::{
    cli::{KeyArgs, StoreArgs},
    exit::{Exit, Failure, OrExit},
};

/// The folder of trusted keys.
pub(super) fn trusted_folder(keys: &KeyArgs) -> Result<PathBuf, Failure> {
    let folder = keys.trusted_keys.clone().or_else(default_trusted_folder);
    folder.ok_or_else(|| Failure::new(Exit::Usage, "there is no home folder: give --trusted-keys FOLDER"))
}

/// The keys that count.
pub(super) fn trusted(keys: &KeyArgs) -> Result<TrustedKeys, Failure> {
    let mut trusted = TrustedKeys::read(&trusted_folder(keys)?).or_exit(Exit::Usage)?;
    for path in &keys.trust_key {
        trusted.add(path).or_exit(Exit::Usage)?;
    }
    Ok(trusted)
}

/// The folder of installed files.
pub(super) fn store(args: &StoreArgs) -> Result<Store, Failure> {
    let folder = args.store.clone().or_else(default_store_folder);
    let folder = folder.ok_or_else(|| Failure::new(Exit::Usage, "there is no home folder: give --store FOLDER"))?;
    Ok(Store::new(folder))
}
