//! Lists the starter's files for the binary to carry, and notes the versions that reports of measurements name.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};

fn main() -> Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    let package = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").context("cargo sets CARGO_MANIFEST_DIR")?);
    let workspace = package.ancestors().find(|folder| folder.join("Cargo.lock").is_file()).context("the workspace")?;
    println!("cargo::rustc-env=GLASSBOX_RUSTC={}", compiler()?);
    println!("cargo::rustc-env=GLASSBOX_WASMTIME={}", locked_version(&workspace.join("Cargo.lock"), "wasmtime")?);
    let out = PathBuf::from(env::var_os("OUT_DIR").context("cargo sets OUT_DIR")?);
    list_starter(&package.join("starter"), &out.join("starter.rs"))
}

/// The compiler's name and version, for reports of measurements.
fn compiler() -> Result<String> {
    let compiler = env::var_os("RUSTC").context("cargo names the compiler")?;
    let version = Command::new(compiler).arg("--version").output().context("asking the compiler for its version")?;
    Ok(String::from_utf8_lossy(&version.stdout).trim().to_owned())
}

/// The version of a package in the lock file.
fn locked_version(lock: &Path, package: &str) -> Result<String> {
    println!("cargo::rerun-if-changed={}", lock.display());
    let text = fs::read_to_string(lock).with_context(|| lock.display().to_string())?;
    let entry = format!("name = \"{package}\"\nversion = \"");
    let (_, version) = text.split_once(&entry).with_context(|| format!("{} lacks {package}", lock.display()))?;
    Ok(version.split('"').next().unwrap_or_default().to_owned())
}

/// Writes a list of the starter's files, to be included in `src/starter.rs`: names sorted, contents by `include`.
fn list_starter(folder: &Path, list: &Path) -> Result<()> {
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut text = String::from("/// Sigma rules: name and text.\npub const RULES: &[(&str, &str)] = &[\n");
    for (name, path) in files_below(&folder.join("rules"))? {
        text.push_str(&format!("    ({name:?}, include_str!({:?})),\n", path.display().to_string()));
    }
    text.push_str("];\n\n/// Sample records: name and bytes of each file.\npub const RECORDS: &[(&str, &[u8])] = &[\n");
    for (name, path) in files_below(&folder.join("records"))? {
        text.push_str(&format!("    ({name:?}, include_bytes!({:?})),\n", path.display().to_string()));
    }
    text.push_str("];\n");
    let files = [
        ("MODEL", "The model.", "model.json"),
        ("CONTEXT", "What the company says about itself.", "context.json"),
        ("KNOWN_ANSWERS", "Known answers.", "known-answers.json"),
    ];
    for (constant, about, file) in files {
        let path = folder.join(file);
        ensure!(path.is_file(), "the starter lacks {}", path.display());
        text.push_str(&format!(
            "\n/// {about}\npub const {constant}: &str = include_str!({:?});\n",
            path.display().to_string()
        ));
    }
    fs::write(list, text).context("writing starter.rs")
}

/// Every file below a folder with its name from there, sorted by name; names have `/` on every system.
fn files_below(folder: &Path) -> Result<Vec<(String, PathBuf)>> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(inside) = open.pop() {
        for entry in fs::read_dir(&inside).with_context(|| inside.display().to_string())? {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
            } else {
                let way = path.strip_prefix(folder).context("it lies below")?;
                let name: Vec<_> = way.iter().map(|part| part.to_string_lossy()).collect();
                found.push((name.join("/"), path));
            }
        }
    }
    found.sort();
    Ok(found)
}
