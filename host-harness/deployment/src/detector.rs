//! The plugin and the pack that somebody asks for: inside, in a file, signed, installed.

use std::{env, path::Path};

use glassbox_packs::{
    read_pack,
    signing::{Installable, Signed, Store, TrustedKeys},
};
use glassbox_sandbox::{Compiler, LoadOptions, Plugin};

use crate::{
    embedded,
    error::DeployError,
    signed::{Verified, installed, read_plugin, read_verified},
};

/// Which plugin.
#[derive(Clone, Copy)]
pub enum PluginSource<'s> {
    /// The one that was built with this program, and is as trusted as it is.
    Inside,
    /// One from a file, without asking who signed it.
    File(&'s Path),
    /// One from a file that a trusted key signed.
    Signed(&'s Path, &'s TrustedKeys),
    /// The one that is in service under a name.
    Installed(&'s str, &'s Store, &'s TrustedKeys),
}

/// Which pack.
#[derive(Clone, Copy)]
pub enum PackSource<'s> {
    /// One from a file, without asking who signed it.
    File(&'s Path),
    /// One from a file that a trusted key signed.
    Signed(&'s Path, &'s TrustedKeys),
    /// The one that is in service under a name.
    Installed(&'s str, &'s Store, &'s TrustedKeys),
}

/// The bytes of a plugin or a pack, and where they are from.
#[derive(Clone, Debug)]
pub struct Sourced {
    /// A file's path or an installed name; none for the plugin inside.
    pub name: Option<String>,
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Who signed them, where that was asked.
    pub signed: Option<Signed>,
}

impl Sourced {
    fn verified(name: String, verified: Verified) -> Self {
        Self { name: Some(name), bytes: verified.bytes, signed: Some(verified.signed) }
    }
}

/// Finds a plugin's bytes.
///
/// # Errors
/// When the file cannot be read, or its signature does not count.
pub fn find_plugin(source: PluginSource<'_>) -> Result<Sourced, DeployError> {
    Ok(match source {
        PluginSource::Inside => Sourced { name: None, bytes: embedded::PLUGIN.to_vec(), signed: None },
        PluginSource::File(path) => {
            Sourced { name: Some(path.display().to_string()), bytes: read_plugin(path)?, signed: None }
        }
        PluginSource::Signed(path, trusted) => {
            Sourced::verified(path.display().to_string(), read_verified(Installable::Plugin, path, trusted)?)
        }
        PluginSource::Installed(name, store, trusted) => {
            Sourced::verified(name.to_owned(), installed(Installable::Plugin, name, store, trusted)?)
        }
    })
}

/// Finds a pack's bytes.
///
/// # Errors
/// When the file cannot be read or is not a pack, or its signature does not count.
pub fn find_pack(source: PackSource<'_>) -> Result<Sourced, DeployError> {
    Ok(match source {
        PackSource::File(path) => {
            Sourced { name: Some(path.display().to_string()), bytes: read_pack(path)?, signed: None }
        }
        PackSource::Signed(path, trusted) => {
            Sourced::verified(path.display().to_string(), read_verified(Installable::Pack, path, trusted)?)
        }
        PackSource::Installed(name, store, trusted) => {
            Sourced::verified(name.to_owned(), installed(Installable::Pack, name, store, trusted)?)
        }
    })
}

/// Loads a plugin that was found. The one inside is compiled in this process, any other in a child of this program.
///
/// # Errors
/// When the sandbox refuses it.
pub fn load(plugin: &Sourced, options: &LoadOptions) -> Result<Plugin, DeployError> {
    let Some(name) = &plugin.name else {
        let options = LoadOptions { compiler: Compiler::Here, ..options.clone() };
        return Plugin::load(&plugin.bytes, &options).map_err(DeployError::Inside);
    };
    let options = LoadOptions { compiler: child_compiler()?, ..options.clone() };
    Plugin::load(&plugin.bytes, &options).map_err(|error| DeployError::Plugin { name: name.clone(), error })
}

/// A child of this program, which compiles what others made. The program must call `glassbox_sandbox::compile_as_child`
/// when its first argument is `glassbox_sandbox::CHILD_COMMAND`.
///
/// # Errors
/// When this program's own file is not known.
pub fn child_compiler() -> Result<Compiler, DeployError> {
    env::current_exe().map(Compiler::Child).map_err(DeployError::NoProgram)
}
