//! `glassbox plugin` and the signed side of `glassbox pack`: keys, signatures, installed versions.

use std::{
    env, fs,
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, anyhow};
use glassbox_deployment::{
    Deployment, PluginSource, Verified, child_compiler, read_plugin, read_signed_kind, read_verified,
};
use glassbox_explain::{clean::clean, numbers, time};
use glassbox_finding::Settings;
use glassbox_pack::{sha256, to_hex};
use glassbox_packs::signing::{self, Installable, Installed, Manifest, SIGNATURE_SUFFIX, TrustedKeys};
use glassbox_sandbox::{LoadOptions, Plugin};
use serde::Serialize;

use super::{
    load::{load_plugin, options},
    print, say,
    trust::{store, trusted, trusted_folder},
};
use crate::{
    cli::{
        InstallArgs, KeyArgs, KeygenArgs, ListArgs, PluginCommand, RollbackArgs, SandboxArgs, SignArgs,
        SignedPackCommand, TextFormat, VerifyArgs,
    },
    exit::{Exit, Failure, OrExit},
    output::{Terminal, json, table},
};

/// The variable that holds the password of a secret key, where nobody can be asked.
const PASSWORD_VARIABLE: &str = "GLASSBOX_KEY_PASSWORD";

pub(super) fn run_plugin(command: &PluginCommand) -> Result<Exit, Failure> {
    match command {
        PluginCommand::Keygen(args) => keygen(args),
        PluginCommand::Trust { key, keys } => trust(key, keys),
        PluginCommand::Wrap { module, output } => wrap(module, output),
        PluginCommand::Sign(args) => sign(Installable::Plugin, args),
        PluginCommand::Verify(args) => verify(Installable::Plugin, args),
        PluginCommand::Install(args) => install(Installable::Plugin, args),
        PluginCommand::List(args) => list(Installable::Plugin, args),
        PluginCommand::Rollback(args) => roll_back(Installable::Plugin, args),
    }
}

pub(super) fn run_pack(command: &SignedPackCommand) -> Result<Exit, Failure> {
    match command {
        SignedPackCommand::Sign(args) => sign(Installable::Pack, args),
        SignedPackCommand::Verify(args) => verify(Installable::Pack, args),
        SignedPackCommand::Install(args) => install(Installable::Pack, args),
        SignedPackCommand::List(args) => list(Installable::Pack, args),
        SignedPackCommand::Rollback(args) => roll_back(Installable::Pack, args),
    }
}

/// The code to end with when a file of this kind is refused.
fn refusal(kind: Installable) -> Exit {
    match kind {
        Installable::Plugin => Exit::Plugin,
        Installable::Pack => Exit::Pack,
    }
}

// ---- keys ----

fn keygen(args: &KeygenArgs) -> Result<Exit, Failure> {
    let password = if args.no_password { None } else { Some(password("Password for the new key: ")?) };
    let pair = signing::generate(password).or_exit(Exit::Failed)?;
    let (secret, public) = (with_suffix(&args.name, ".key"), with_suffix(&args.name, ".pub"));
    write_new(&secret, &pair.secret, true)?;
    write_new(&public, &pair.public, false)?;
    say(format!("{} signs: keep it to yourself; {} is for those who trust you", secret.display(), public.display()));
    Ok(Exit::Done)
}

/// Asked for where somebody can be asked, else from the environment.
fn password(prompt: &str) -> anyhow::Result<String> {
    if let Ok(password) = env::var(PASSWORD_VARIABLE) {
        return Ok(password);
    }
    if !io::stdin().is_terminal() {
        return Err(anyhow!("the key needs a password, and nobody can be asked here: set {PASSWORD_VARIABLE}"));
    }
    rpassword::prompt_password(prompt).context("no password was read")
}

/// A file that must not be there yet: a key is never overwritten.
fn write_new(path: &Path, text: &str, is_secret: bool) -> anyhow::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, if is_secret { 0o600 } else { 0o644 });
    #[cfg(not(unix))]
    let _ = is_secret;
    let written = options.open(path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.with_context(|| format!("the key {} cannot be written", path.display()))
}

fn trust(key: &Path, keys: &KeyArgs) -> Result<Exit, Failure> {
    let kept = TrustedKeys::keep(&trusted_folder(keys)?, key).or_exit(Exit::Usage)?;
    say(format!("what this key signed is trusted from now on: {}", kept.display()));
    Ok(Exit::Done)
}

// ---- files ----

/// Turns a core module with the contract's metadata inside into a component.
fn wrap(module: &Path, output: &Path) -> Result<Exit, Failure> {
    let bytes = read_plugin(module)?;
    let component = wit_component::ComponentEncoder::default()
        .validate(true)
        .module(&bytes)
        .and_then(wit_component::ComponentEncoder::encode)
        .with_context(|| format!("{} does not become a component", module.display()))
        .or_exit(Exit::Plugin)?;
    let limits = SandboxArgs::default().limits().or_exit(Exit::Usage)?.sandbox;
    let facts = Plugin::inspect(&component).or_exit(Exit::Plugin)?;
    fs::write(output, &component).with_context(|| format!("{} cannot be written", output.display()))?;
    say(format!("{}: {}, sha256 {}", output.display(), numbers::bytes(component.len() as u64), facts.digest));
    // Said at once, although it is only asked when it is loaded.
    Plugin::admissible(&component, &facts, &limits).or_exit(Exit::Plugin)?;
    Ok(Exit::Done)
}

fn sign(kind: Installable, args: &SignArgs) -> Result<Exit, Failure> {
    let (bytes, world) = read_signed_kind(kind, &args.file)?;
    let manifest = Manifest {
        kind,
        name: args.name.clone(),
        version: args.release.clone(),
        world,
        serial: args.serial,
        expires: time::rfc3339(args.expires),
        sha256: to_hex(&sha256(&bytes)),
    };
    let signature = signing::sign(&bytes, &manifest, &args.key, || password("Password of the key: "));
    let signature = signature.or_exit(Exit::Failed)?;
    let path = with_suffix(&args.file, SIGNATURE_SUFFIX);
    fs::write(&path, signature).with_context(|| format!("{} cannot be written", path.display()))?;
    say(format!("signed: {}", path.display()));
    Ok(Exit::Done)
}

fn verify(kind: Installable, args: &VerifyArgs) -> Result<Exit, Failure> {
    let Verified { signed, .. } = read_verified(kind, &args.file, &trusted(&args.keys)?)?;
    match args.format {
        TextFormat::Json => json::write_pretty(&mut io::stdout().lock(), &signed)?,
        TextFormat::Text => {
            let Manifest { name, version, world, serial, expires, sha256, .. } = &signed.manifest;
            let rows = [
                ("name", name.as_str()),
                ("version", version),
                ("world", world),
                ("serial", &serial.to_string()),
                ("expires", expires),
                ("sha256", sha256),
                ("signed by", &signed.key),
            ];
            print(&rows.iter().map(|(row, value)| format!("{row:<10} {}\n", clean(value))).collect::<String>())?;
        }
    }
    Ok(Exit::Done)
}

// ---- installed versions ----

fn install(kind: Installable, args: &InstallArgs) -> Result<Exit, Failure> {
    let exit = refusal(kind);
    let store = store(&args.store)?;
    let Verified { bytes, signature, signed } = read_verified(kind, &args.file, &trusted(&args.keys)?)?;
    store.admits(&signed.manifest).or_exit(exit)?;
    // What does not even start never comes into service.
    match kind {
        Installable::Plugin => try_plugin(&bytes, args)?,
        Installable::Pack => try_pack(&bytes, args)?,
    }
    let installed = store.install(&signed.manifest, &bytes, &signature).or_exit(exit)?;
    if !args.talk.quiet {
        let Manifest { name, version, .. } = &signed.manifest;
        say(format!("{} {name} {version} (serial {}) is in service", kind.name(), installed.in_service));
    }
    Ok(Exit::Done)
}

fn try_plugin(bytes: &[u8], args: &InstallArgs) -> Result<(), Failure> {
    let options = LoadOptions { compiler: child_compiler()?, ..options(&args.sandbox)? };
    let plugin = Plugin::load(bytes, &options).or_exit(Exit::Plugin)?;
    let mut instance = plugin.start().or_exit(Exit::Plugin)?;
    instance.describe().or_exit(Exit::Plugin)?;
    Ok(())
}

fn try_pack(bytes: &[u8], args: &InstallArgs) -> Result<(), Failure> {
    let inside = load_plugin(PluginSource::Inside, &args.sandbox, args.talk)?;
    let deployment = Deployment::new(inside, bytes.to_vec())?;
    let refused = "the plugin inside this glassbox refuses the pack";
    let mut instance = deployment.start(Settings::default()).context(refused).or_exit(Exit::Pack)?;
    deployment.check_known_answers(&mut instance).or_exit(Exit::Pack)
}

#[derive(Serialize)]
struct ListView<'a> {
    kind: Installable,
    installed: &'a [Installed],
}

fn list(kind: Installable, args: &ListArgs) -> Result<Exit, Failure> {
    let installed = store(&args.store)?.list(kind).or_exit(Exit::Failed)?;
    if args.format == TextFormat::Json {
        json::write_pretty(&mut io::stdout().lock(), &ListView { kind, installed: &installed })?;
        return Ok(Exit::Done);
    }
    if installed.is_empty() {
        say(format!("no {} is installed; see `glassbox {0} install --help`", kind.name()));
        return Ok(Exit::Done);
    }
    let mut rows = table::empty(&Terminal::of_stdout());
    rows.set_header(["name", "version", "serial", "", "sha256"]);
    for line in &installed {
        for version in line.versions.iter().rev() {
            let state = if version.serial == line.in_service { "in service" } else { "kept" };
            let serial = version.serial.to_string();
            rows.add_row([
                clean(&line.name),
                clean(&version.version),
                serial.into(),
                state.into(),
                clean(&version.sha256),
            ]);
        }
    }
    print(&table::render(&rows))?;
    Ok(Exit::Done)
}

fn roll_back(kind: Installable, args: &RollbackArgs) -> Result<Exit, Failure> {
    let installed = store(&args.store)?.roll_back(kind, &args.name).or_exit(refusal(kind))?;
    let version = installed.current().map_or("", |version| version.version.as_str());
    say(format!("{} {} {version} (serial {}) is in service", kind.name(), args.name, installed.in_service));
    Ok(Exit::Done)
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
