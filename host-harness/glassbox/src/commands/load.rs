//! Loading a plugin and a pack that the command line names, with what is said about them.

use glassbox_deployment::{PackSource, PluginSource, Sourced, find_pack, find_plugin, load};
use glassbox_explain::{clean::clean, numbers::counted};
use glassbox_packs::signing::{Manifest, Signed};
use glassbox_sandbox::{CacheUse, Compiler, LoadOptions, Plugin, Protections, default_cache_folder};

use super::{
    say,
    trust::{store, trusted},
};
use crate::{
    cli::{Detector, SandboxArgs, Talk},
    exit::{Exit, Failure, OrExit},
};

/// Loads the plugin that was asked for: an installed one, one from a file, else the one inside.
pub(super) fn load_detector(detector: &Detector, talk: Talk) -> Result<Plugin, Failure> {
    let Detector { signed, sandbox, .. } = detector;
    match (&signed.installed_plugin, &detector.plugin) {
        (Some(name), _) => {
            let (store, trusted) = (store(&signed.store)?, trusted(&signed.keys)?);
            load_plugin(PluginSource::Installed(name, &store, &trusted), sandbox, talk)
        }
        (None, Some(path)) if signed.signed => {
            load_plugin(PluginSource::Signed(path, &trusted(&signed.keys)?), sandbox, talk)
        }
        (None, Some(path)) => load_plugin(PluginSource::File(path), sandbox, talk),
        (None, None) => load_plugin(PluginSource::Inside, sandbox, talk),
    }
}

/// The bytes of the pack that was asked for by file or installed name; none where neither was.
pub(super) fn named_pack(detector: &Detector, talk: Talk) -> Result<Option<Vec<u8>>, Failure> {
    let signed = &detector.signed;
    let found = match (&signed.installed_pack, &detector.pack) {
        (Some(name), _) => {
            let (store, trusted) = (store(&signed.store)?, trusted(&signed.keys)?);
            find_pack(PackSource::Installed(name, &store, &trusted))?
        }
        (None, Some(path)) if signed.signed => find_pack(PackSource::Signed(path, &trusted(&signed.keys)?))?,
        (None, Some(path)) => find_pack(PackSource::File(path))?,
        (None, None) => return Ok(None),
    };
    tell_signed(&found, talk);
    Ok(Some(found.bytes))
}

fn tell_signed(found: &Sourced, talk: Talk) {
    if let (Some(Signed { manifest, key }), true) = (&found.signed, talk.verbose) {
        let Manifest { kind, name, version, serial, .. } = manifest;
        let key = clean(key);
        say(format!("{} {} {} (serial {serial}), signed by {key}", kind.name(), clean(name), clean(version)));
    }
}

/// Loads a plugin.
pub(super) fn load_plugin(source: PluginSource<'_>, sandbox: &SandboxArgs, talk: Talk) -> Result<Plugin, Failure> {
    let found = find_plugin(source)?;
    tell_signed(&found, talk);
    let plugin = load(&found, &options(sandbox)?)?;
    tell_cache(&plugin, talk);
    Ok(plugin)
}

/// The user's limits, and the user's cache. Where the plugin is compiled is decided when it is known whose it is.
pub(super) fn options(sandbox: &SandboxArgs) -> Result<LoadOptions, Failure> {
    Ok(LoadOptions {
        limits: sandbox.limits().or_exit(Exit::Usage)?.sandbox,
        cache: default_cache_folder(),
        compiler: Compiler::Here,
        protections: Protections::default(),
    })
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
