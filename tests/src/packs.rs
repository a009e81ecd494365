//! Packs: the starter's, and those of public rules.

use std::{path::Path, sync::OnceLock};

use glassbox::starter;
use glassbox_packs::{self as packs, Built};

/// Folders of public rules, those meant for everybody first.
pub const SIGMA_FOLDERS: [&str; 6] =
    ["rules", "rules-emerging-threats", "rules-threat-hunting", "rules-compliance", "rules-dfir", "rules-placeholder"];

/// The starter pack.
#[must_use]
pub fn starter() -> &'static Built {
    static PACK: OnceLock<Built> = OnceLock::new();
    PACK.get_or_init(|| starter::pack().expect("the starter is sound"))
}

/// The id of rule 0 of the pack for guests that misbehave: a record that contains `!`.
pub const MARK: &str = "00000000-0000-4000-8000-000000000000";

/// The pack for guests that misbehave, in `guests/pack`. They name its rules, filter, field and term by position.
#[must_use]
pub fn misbehaving() -> &'static Built {
    static PACK: OnceLock<Built> = OnceLock::new();
    PACK.get_or_init(|| {
        let folder = crate::workspace().join("tests/guests/pack");
        let files = packs::read_rule_files(std::slice::from_ref(&folder)).expect("it is there");
        let model = std::fs::read(folder.join("model.json")).expect("it is there");
        packs::build(&files, &model, None, &[]).expect("its model is sound")
    })
}

/// The pack of all public rules in `sigma/rules`.
#[must_use]
pub fn sigma(data: &Path) -> &'static Built {
    static PACK: OnceLock<Built> = OnceLock::new();
    PACK.get_or_init(|| build(data, &SIGMA_FOLDERS[..1]))
}

/// The pack of all public rules in all folders.
#[must_use]
pub fn sigma_all(data: &Path) -> &'static Built {
    static PACK: OnceLock<Built> = OnceLock::new();
    PACK.get_or_init(|| build(data, &SIGMA_FOLDERS))
}

fn build(data: &Path, folders: &[&str]) -> Built {
    let folders: Vec<_> = folders.iter().map(|folder| data.join("sigma").join(folder)).collect();
    let files = packs::read_rule_files(&folders).unwrap_or_else(|error| panic!("{error:#}"));
    packs::build(&files, starter::MODEL.as_bytes(), None, &[]).expect("the starter's model is sound")
}
