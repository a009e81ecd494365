//! Loading a plugin, with what is said about it.

use std::{env, fs, path::Path};

use anyhow::Context;
use glassbox_deployment::embedded;
use glassbox_explain::{clean::clean, numbers::counted};
use glassbox_packs::signing::{Kind, Manifest, Signed};
use glassbox_sandbox::{CacheUse, Compiler, LoadOptions, Plugin, Protections, default_cache_folder};

use super::{
    say,
    session::read_pack,
    signing::{Verified, installed, read_verified},
};
use crate::{
    cli::{Detector, SandboxArgs, Talk},
    exit::{Exit, Failure, OrExit},
};

/// Loads the plugin that was asked for: an installed one, one from a file, else the one inside.
pub(super) fn load_detector(detector: &Detector, talk: Talk) -> Result<Plugin, Failure> {
    let Detector { signed, sandbox, .. } = detector;
    let (name, bytes) = match (&signed.installed_plugin, &detector.plugin) {
        (Some(name), _) => {
            let Verified { bytes, signed, .. } = installed(Kind::Plugin, name, &signed.keys, &signed.store)?;
            tell_signed(&signed, talk);
            (name.clone(), bytes)
        }
        (None, Some(path)) if signed.signed => {
            let Verified { bytes, signed, .. } = read_verified(Kind::Plugin, path, &signed.keys)?;
            tell_signed(&signed, talk);
            (path.display().to_string(), bytes)
        }
        (None, path) => return load_plugin(path.as_deref(), sandbox, talk),
    };
    load_foreign(&name, &bytes, sandbox, talk)
}

/// The bytes of the pack that was asked for by file or installed name; none where neither was.
pub(super) fn named_pack(detector: &Detector, talk: Talk) -> Result<Option<Vec<u8>>, Failure> {
    let signed = &detector.signed;
    let verified = match (&signed.installed_pack, &detector.pack) {
        (Some(name), _) => installed(Kind::Pack, name, &signed.keys, &signed.store)?,
        (None, Some(path)) if signed.signed => read_verified(Kind::Pack, path, &signed.keys)?,
        (None, Some(path)) => return read_pack(path).map(Some),
        (None, None) => return Ok(None),
    };
    tell_signed(&verified.signed, talk);
    Ok(Some(verified.bytes))
}

fn tell_signed(signed: &Signed, talk: Talk) {
    if talk.verbose {
        let Manifest { kind, name, version, serial, .. } = &signed.manifest;
        let key = clean(&signed.key);
        say(format!("{} {} {} (serial {serial}), signed by {key}", kind.name(), clean(name), clean(version)));
    }
}

/// Loads a plugin from a file, else the one inside.
pub(super) fn load_plugin(path: Option<&Path>, sandbox: &SandboxArgs, talk: Talk) -> Result<Plugin, Failure> {
    let Some(path) = path else {
        // Made with this binary, and as trusted as it is.
        let options = options(sandbox, Compiler::Here)?;
        let plugin = Plugin::load(embedded::PLUGIN, &options).or_exit(Exit::Plugin)?;
        tell_cache(&plugin, talk);
        return Ok(plugin);
    };
    load_foreign(&path.display().to_string(), &read_plugin(path)?, sandbox, talk)
}

fn load_foreign(name: &str, bytes: &[u8], sandbox: &SandboxArgs, talk: Talk) -> Result<Plugin, Failure> {
    let options = options(sandbox, child()?)?;
    let plugin = Plugin::load(bytes, &options).with_context(|| name.to_owned()).or_exit(Exit::Plugin)?;
    tell_cache(&plugin, talk);
    Ok(plugin)
}

/// The user's limits, and the user's cache.
pub(super) fn options(sandbox: &SandboxArgs, compiler: Compiler) -> Result<LoadOptions, Failure> {
    Ok(LoadOptions {
        limits: sandbox.limits().or_exit(Exit::Usage)?,
        cache: default_cache_folder(),
        compiler,
        protections: Protections::default(),
    })
}

/// A child of this program, to compile what strangers made.
pub(super) fn child() -> Result<Compiler, Failure> {
    let program = env::current_exe().context("this program does not know its own file, to start a compiler")?;
    Ok(Compiler::Child(program))
}

fn tell_cache(plugin: &Plugin, talk: Talk) {
    match plugin.cache_use() {
        CacheUse::Unusable(why) if !talk.quiet => {
            say(format!("the compiled plugin cannot be kept, so every start compiles it again: {}", clean(why)));
        }
        CacheUse::Rebuilt { why, refused } if !talk.quiet => {
            let entries = counted(*refused, "entry").replace("entrys", "entries");
            say(format!(
                "the kept form of the plugin was refused ({}) and compiled again; this cache has had {entries} refused",
                clean(why)
            ));
        }
        CacheUse::Stored if talk.verbose => say("the plugin was compiled and its compiled form kept"),
        _ => {}
    }
}

/// A plugin's bytes.
pub(super) fn read_plugin(path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path).with_context(|| format!("the plugin {} cannot be read", path.display())).or_exit(Exit::Plugin)
}
