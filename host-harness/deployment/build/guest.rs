//! Builds a guest's crate and turns it into a component. Included by build scripts: the host's, and the tests'.
//!
//! The guest is built by a cargo of its own, with its own profile, in its own folder: the outer cargo holds the lock of
//! the outer one. That cargo inherits nothing that could change the bytes: the same sources give the same component,
//! wherever they lie and however the host is built.

use std::{
    collections::BTreeSet,
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail, ensure};
use wit_component::ComponentEncoder;

const TARGET: &str = "wasm32-unknown-unknown";

/// The component made of the crate in a folder of the workspace. The build script runs again when the guest changes.
pub(crate) fn component(folder: &str, package: &str) -> Result<Vec<u8>> {
    let workspace = workspace()?;
    for path in sources(&workspace, folder)? {
        println!("cargo::rerun-if-changed={}", path.display());
    }
    let sysroot = sysroot()?;
    ensure_target(&sysroot)?;
    let module = build_guest(&workspace, package, &guest_folder(&out()?)?, &sysroot)?;
    let bytes = fs::read(&module).with_context(|| format!("the guest's module {}", module.display()))?;
    ComponentEncoder::default()
        .validate(true)
        .module(&bytes)
        .and_then(ComponentEncoder::encode)
        .context("the guest's module does not become a component")
}

/// Where the build script writes.
pub(crate) fn out() -> Result<PathBuf> {
    Ok(PathBuf::from(env::var_os("OUT_DIR").context("cargo sets OUT_DIR")?))
}

/// The folder of the workspace that the package being built lies in: the one with the lock file.
pub(crate) fn workspace() -> Result<PathBuf> {
    let package = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").context("cargo sets CARGO_MANIFEST_DIR")?);
    let workspace = package.ancestors().find(|folder| folder.join("Cargo.lock").is_file());
    Ok(workspace.context("the package lies in the workspace")?.to_owned())
}

/// What the guest is made of: its crate and those of ours that it depends on, the contract, the versions of everything
/// else.
fn sources(workspace: &Path, folder: &str) -> Result<Vec<PathBuf>> {
    let mut folders = BTreeSet::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        if folders.insert(folder.clone()) {
            let names = own_dependencies(&workspace.join(&folder).join("Cargo.toml"))?;
            open.extend(names.iter().map(|name| format!("crates/{name}")));
        }
    }
    let mut paths: Vec<PathBuf> =
        folders.iter().flat_map(|folder| ["src", "Cargo.toml"].map(|part| workspace.join(folder).join(part))).collect();
    paths.extend(["wit", "Cargo.toml", "Cargo.lock", "rust-toolchain.toml"].map(|name| workspace.join(name)));
    paths.push(workspace.join("host-harness/deployment/build/guest.rs"));
    Ok(paths)
}

/// The crates `glassbox-*` that a manifest names outside its development dependencies.
fn own_dependencies(manifest: &Path) -> Result<Vec<String>> {
    let text = fs::read_to_string(manifest).with_context(|| manifest.display().to_string())?;
    let mut names = Vec::new();
    let mut counts = false;
    for line in text.lines().map(str::trim) {
        if line.starts_with('[') {
            counts = line.ends_with("dependencies]") && !line.contains("dev-dependencies");
        } else if let Some(rest) = line.strip_prefix("glassbox-").filter(|_| counts) {
            names.push(rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect());
        }
    }
    Ok(names)
}

/// `<target folder>/guest`, the same one for debug and release.
fn guest_folder(out: &Path) -> Result<PathBuf> {
    // OUT_DIR is <target folder>/<profile>/build/<package>-<hash>/out.
    Ok(out.ancestors().nth(4).context("OUT_DIR lies in the target folder")?.join("guest"))
}

fn rustc() -> PathBuf {
    env::var_os("RUSTC").map_or_else(|| "rustc".into(), PathBuf::from)
}

fn sysroot() -> Result<PathBuf> {
    let output = Command::new(rustc()).args(["--print", "sysroot"]).output().context("asking rustc for its sysroot")?;
    ensure!(output.status.success(), "rustc does not name its sysroot: {}", String::from_utf8_lossy(&output.stderr));
    Ok(PathBuf::from(String::from_utf8(output.stdout)?.trim_end()))
}

/// Adds the guest's target to the toolchain where it is missing, with one command that a warning of the build names. It
/// changes nothing else. It is left to the user in cargo's offline mode and with `GLASSBOX_NO_RUSTUP=1`.
fn ensure_target(sysroot: &Path) -> Result<()> {
    let library = sysroot.join("lib/rustlib").join(TARGET).join("lib");
    if library.is_dir() {
        return Ok(());
    }
    let mut arguments = vec!["target".to_owned(), "add".to_owned(), TARGET.to_owned()];
    if let Ok(toolchain) = env::var("RUSTUP_TOOLCHAIN") {
        arguments.extend(["--toolchain".to_owned(), toolchain]);
    }
    let command = format!("rustup {}", arguments.join(" "));
    let why = match left_to_the_user() {
        Some(why) => why.to_owned(),
        None => {
            println!("cargo::warning=the toolchain lacks the target {TARGET}, adding it: {command}");
            match Command::new("rustup").args(&arguments).output() {
                Ok(output) if output.status.success() && library.is_dir() => return Ok(()),
                Ok(output) => String::from_utf8_lossy(&output.stderr).trim().to_owned(),
                Err(error) => format!("rustup cannot be started: {error}"),
            }
        }
    };
    bail!("the plugin is built for {TARGET}, and this toolchain lacks that target; add it with `{command}` ({why})")
}

/// Why the target is not added by the build; none where it may be.
fn left_to_the_user() -> Option<&'static str> {
    let is_set = |name: &str| env::var(name).is_ok_and(|value| !matches!(&*value, "" | "0" | "false"));
    if is_set("GLASSBOX_NO_RUSTUP") {
        return Some("GLASSBOX_NO_RUSTUP is set, so the build does not add it");
    }
    let is_offline =
        is_set("CARGO_NET_OFFLINE") || cargo_arguments().iter().any(|it| it == "--offline" || it == "--frozen");
    is_offline.then_some("cargo is offline, so the build does not add it")
}

/// The arguments of the cargo that runs this build script: it hands `--offline` on in no other way. Empty where the
/// system does not tell them, as others than Linux do not.
fn cargo_arguments() -> Vec<String> {
    let parent = || {
        let status = fs::read_to_string("/proc/self/status").ok()?;
        let parent = status.lines().find_map(|line| line.strip_prefix("PPid:"))?.trim().to_owned();
        fs::read(format!("/proc/{parent}/cmdline")).ok()
    };
    let arguments = parent().unwrap_or_default();
    arguments.split(|&byte| byte == 0).map(|argument| String::from_utf8_lossy(argument).into_owned()).collect()
}

/// Builds the guest's crate alone, so that no other crate's features leak into it; returns the module's path.
fn build_guest(workspace: &Path, package: &str, folder: &Path, sysroot: &Path) -> Result<PathBuf> {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(changes_the_build) {
            cargo.env_remove(name);
        }
    }
    // Set and empty: an absent variable would let the user's configuration file speak.
    cargo.env("RUSTC_WRAPPER", "").env("RUSTC_WORKSPACE_WRAPPER", "");
    cargo.env("CARGO_ENCODED_RUSTFLAGS", rustflags(workspace, sysroot)?).env("CARGO_INCREMENTAL", "0");
    cargo.current_dir(workspace).args(["build", "--locked", "--package", package, "--lib"]);
    cargo.args(["--target", TARGET, "--profile", "guest", "--target-dir"]).arg(folder);
    // Where a user's configuration moves all intermediate files to one folder, that one is locked, too.
    cargo.arg("--config").arg(format!("build.build-dir={:?}", folder.display().to_string()));
    let output = cargo.output().context("starting cargo for the guest")?;
    ensure!(output.status.success(), "the guest does not build:\n{}", String::from_utf8_lossy(&output.stderr));
    Ok(folder.join(TARGET).join("guest").join(package.replace('-', "_")).with_extension("wasm"))
}

/// Whether a variable of the outer build would reach into the guest's.
fn changes_the_build(name: &str) -> bool {
    const KEPT: [&str; 7] = [
        "CARGO_HOME",
        "CARGO_MAKEFLAGS",
        "CARGO_NET_",
        "CARGO_HTTP_",
        "CARGO_REGISTRIES_",
        "CARGO_REGISTRY_",
        "CARGO_SOURCE_",
    ];
    const CLEARED: [&str; 13] = [
        "CARGO",
        "RUSTC",
        "RUSTDOC",
        "RUSTFLAGS",
        "__CARGO",
        "CLIPPY",
        "LLVM_PROFILE",
        "TARGET",
        "HOST",
        "PROFILE",
        "OPT_LEVEL",
        "DEBUG",
        "OUT_DIR",
    ];
    !KEPT.iter().any(|kept| name.starts_with(kept)) && CLEARED.iter().any(|cleared| name.starts_with(cleared))
}

/// Flags joined the way that keeps blanks in paths. Paths of this machine are replaced, as panics name their files.
fn rustflags(workspace: &Path, sysroot: &Path) -> Result<String> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(env::home_dir()?.join(".cargo")));
    let home = home.context("cargo has a home folder")?;
    // The last one that fits counts. The registry's folder carries a digest of where the crates were downloaded from.
    let mut paths = vec![(sysroot.to_owned(), "/rust"), (home.clone(), "/cargo"), (workspace.to_owned(), "/glassbox")];
    if let Ok(registries) = fs::read_dir(home.join("registry/src")) {
        paths.extend(registries.flatten().map(|registry| (registry.path(), "/cargo/crates")));
    }
    let mut flags = vec!["-Ctarget-feature=+simd128".to_owned()];
    flags.extend(paths.iter().map(|(from, to)| format!("--remap-path-prefix={}={to}", from.display())));
    Ok(flags.join("\u{1f}"))
}
