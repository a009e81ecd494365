//! The hostile guests in `guests/hostile`: each file a component as text, or what is put into the frame of an honest
//! one, which then becomes a component.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail, ensure};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// A guest, ready to be attacked with.
pub(crate) struct Guest {
    /// A name of Rust.
    pub(crate) name: String,
    /// What it tries, in a sentence.
    pub(crate) tries: String,
    pub(crate) bytes: Vec<u8>,
}

/// All guests in a folder, in order of name.
pub(crate) fn guests(folder: &Path, contract: &Path) -> Result<Vec<Guest>> {
    println!("cargo::rerun-if-changed={}", folder.display());
    println!("cargo::rerun-if-changed={}", contract.display());
    let mut paths: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        paths.push(entry?.path());
    }
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "wat"));
    paths.sort();
    let frame = fs::read_to_string(folder.join("frame.wat")).context("the frame")?;
    let frame = pieces(&frame)?;
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_path(contract).context("the contract")?;
    let world = resolve.select_world(&[package], Some("plugin")).context("the contract's world")?;
    let mut guests = Vec::new();
    for path in paths.iter().filter(|path| path.file_stem().is_some_and(|stem| stem != "frame")) {
        let shown = path.display().to_string();
        let text = fs::read_to_string(path).with_context(|| shown.clone())?;
        let tries = text.lines().next().and_then(|line| line.strip_prefix(";; Tries "));
        let tries = tries.with_context(|| format!("{shown} must begin with `;; Tries …`, a line of what it tries"))?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let made = || -> Result<Vec<u8>> {
            if text.contains("\n(component") {
                return Ok(wat::parse_str(&text)?);
            }
            let mut module = wat::parse_str(framed(&frame, &text))?;
            embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false)?;
            ComponentEncoder::default().validate(true).module(&module)?.encode()
        };
        guests.push(Guest { bytes: made().with_context(|| shown)?, name, tries: tries.to_owned() });
    }
    ensure!(!guests.is_empty(), "there are no hostile guests in {}", folder.display());
    Ok(guests)
}

/// A piece of the frame: what a guest replaces by defining the same, and its text.
struct Piece {
    name: String,
    text: String,
}

fn pieces(frame: &str) -> Result<Vec<Piece>> {
    let mut pieces: Vec<Piece> = Vec::new();
    for line in frame.lines() {
        if let Some(name) = line.strip_prefix(";; [").and_then(|rest| rest.strip_suffix(']')) {
            pieces.push(Piece { name: name.to_owned(), text: String::new() });
        } else if let Some(piece) = pieces.last_mut() {
            piece.text.push_str(line);
            piece.text.push('\n');
        } else if !line.starts_with(";;") && !line.trim().is_empty() {
            bail!("the frame has a line that belongs to no piece: {line}");
        }
    }
    Ok(pieces)
}

/// The guest in the frame: what it defines replaces the frame's, and what it says of data comes last.
fn framed(frame: &[Piece], guest: &str) -> String {
    let defines = |name: &str| {
        ["func", "memory", "global"].iter().any(|kind| {
            let definition = format!("({kind} ${name}");
            guest.match_indices(&definition).any(|(at, _)| {
                let next = guest[at + definition.len()..].chars().next();
                !next.is_some_and(|next| next.is_alphanumeric() || next == '_')
            })
        })
    };
    let mut text = String::from("(module\n");
    // The frame's memory comes first: it has to be number 0.
    for piece in frame.iter().filter(|piece| !defines(&piece.name)) {
        text.push_str(&piece.text);
    }
    text.push_str(guest);
    text.push_str(")\n");
    text
}

/// Writes each component, the constants that hold them, and the list of their names.
pub(crate) fn write(guests: &[Guest], out: &Path) -> Result<()> {
    let folder = out.join("hostile");
    fs::create_dir_all(&folder)?;
    let mut source = String::new();
    let mut names = Vec::new();
    for guest in guests {
        let path = folder.join(&guest.name).with_extension("wasm");
        fs::write(&path, &guest.bytes).with_context(|| path.display().to_string())?;
        source.push_str(&format!(
            "/// Tries {tries}\npub const {constant}: Hostile = Hostile {{\n    name: {name:?},\n    tries: {tries:?},\n    \
             bytes: include_bytes!({path:?}),\n}};\n\n",
            tries = guest.tries,
            constant = guest.name.to_uppercase(),
            name = guest.name,
            path = path.display().to_string(),
        ));
        names.push(guest.name.as_str());
    }
    let constants: Vec<_> = names.iter().map(|name| name.to_uppercase()).collect();
    source.push_str(&format!("/// All of them.\npub const ALL: &[Hostile] = &[{}];\n\n", constants.join(", ")));
    source.push_str(&format!(
        "/// Hands the names of all hostile guests to a macro: a guest without a test of its name does not compile.\n\
         #[macro_export]\nmacro_rules! for_each_hostile {{\n    ($then:ident) => {{ $then!({}); }};\n}}\n",
        names.join(", ")
    ));
    fs::write(out.join("hostile.rs"), source).context("writing hostile.rs")
}
