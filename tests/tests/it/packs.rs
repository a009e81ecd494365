//! Packs that cannot be used: refused by the component with the same typed error as without the sandbox.

use glassbox_deployment::{Deployment, DeploymentError};
use glassbox_finding::{ConfigureError, PackSummary, Settings};
use glassbox_pack::{Builder, CONTEXT, FORMAT, KNOWN_ANSWERS, MODEL, Pack, PackError, RULES};
use glassbox_plugin::Detector;
use glassbox_run::{RunError, RunOptions};
use glassbox_tests::{packs, runs};

/// Configures a fresh instance, and the native plugin, which must answer the same.
fn configure(pack: &[u8], settings: Settings) -> Result<PackSummary, ConfigureError> {
    let mut instance = runs::plugin().start().expect("it starts");
    let answer = instance.configure(pack, settings).expect("a bad pack is no fault");
    assert_eq!(answer, Detector::configure(pack, &settings).map(|(_, summary)| summary));
    answer
}

fn refusal(pack: &[u8]) -> ConfigureError {
    configure(pack, runs::settings()).expect_err("the pack must be refused")
}

fn starter() -> &'static [u8] {
    &packs::starter().bytes
}

/// The starter pack with some sections left out or replaced.
fn rebuilt(change: impl Fn(&str, &[u8]) -> Option<Vec<u8>>) -> Vec<u8> {
    let mut builder = Builder::new();
    for (name, content) in Pack::parse(starter()).expect("sound").sections() {
        if let Some(content) = change(name, content) {
            builder.section(name, content).expect("a known section");
        }
    }
    builder.build()
}

#[test]
fn cut_short() {
    let whole = starter();
    assert_eq!(refusal(&[]), ConfigureError::NotAPack);
    assert_eq!(refusal(b"a file of something else"), ConfigureError::NotAPack);
    for present in [24, 100, whole.len() / 2, whole.len() - 1] {
        let (promised, present) = (whole.len() as u64, present as u64);
        assert_eq!(refusal(&whole[..present as usize]), ConfigureError::Truncated { promised, present });
    }
    let longer = [whole, b"\n"].concat();
    assert!(matches!(refusal(&longer), ConfigureError::InvalidSection { section, .. } if section == "table"));
}

#[test]
fn flipped() {
    let mut start = starter().len();
    for (name, content) in Pack::parse(starter()).expect("sound").sections().collect::<Vec<_>>().into_iter().rev() {
        start -= content.len();
        for at in [start, start + content.len() / 2, start + content.len() - 1] {
            let mut flipped = starter().to_vec();
            flipped[at] ^= 0x10;
            let damaged = PackError::Damaged(name.to_owned());
            assert_eq!(Pack::parse(&flipped).expect_err("the host looks at all of it"), damaged, "byte {at}");
            // The plugin looks at what it needs.
            if [RULES, MODEL, CONTEXT].contains(&name) {
                assert_eq!(refusal(&flipped), ConfigureError::Damaged(name.to_owned()), "byte {at}");
            }
        }
    }
    // What is left is the table.
    for at in [20, 30, start / 2, start - 1] {
        let mut flipped = starter().to_vec();
        flipped[at] ^= 0x10;
        let error = refusal(&flipped);
        assert!(
            matches!(&error, ConfigureError::InvalidSection { section, .. } if section == "table"),
            "{at}: {error}"
        );
    }
}

#[test]
fn newer() {
    let mut newer = starter().to_vec();
    newer[8..12].copy_from_slice(&(FORMAT + 1).to_le_bytes());
    let error = refusal(&newer);
    assert_eq!(error, ConfigureError::Newer { found: FORMAT + 1, supported: FORMAT });
    assert!(error.to_string().contains("use a newer plugin"), "{error}");
}

#[test]
fn sections_absent_or_wrong() {
    for name in [RULES, MODEL] {
        let without = rebuilt(|section, content| (section != name).then(|| content.to_vec()));
        assert_eq!(refusal(&without), ConfigureError::MissingSection(name.to_owned()));
        // The right digest over a wrong content.
        let wrong = rebuilt(|section, content| Some(if section == name { b"[1]".to_vec() } else { content.to_vec() }));
        let error = refusal(&wrong);
        assert!(matches!(&error, ConfigureError::InvalidSection { section, .. } if section == name), "{error}");
    }
}

#[test]
fn without_known_answers_it_loads() {
    let without = rebuilt(|section, content| (section != KNOWN_ANSWERS).then(|| content.to_vec()));
    assert_eq!(Pack::parse(&without).expect("sound").known_answers().expect("none"), []);
    let summary = configure(&without, runs::settings()).expect("it loads");
    assert_eq!(summary.rules as usize, packs::starter().metadata.len());
}

#[test]
fn a_window_that_ends_before_it_begins() {
    let settings = Settings { from: Some(2), to: Some(1), ..runs::settings() };
    assert_eq!(configure(starter(), settings), Err(ConfigureError::EmptyWindow));
}

#[test]
fn a_run_says_why_it_does_not_begin() {
    let cut = Deployment::new(runs::plugin().clone(), starter()[..1000].to_vec()).err().expect("refused");
    assert!(matches!(cut, DeploymentError::Pack(PackError::Truncated { present: 1000, .. })), "{cut}");
    let run = |settings, state| runs::run(runs::starter(), RunOptions::new(settings), state, &[]);
    let error = run(runs::settings(), Some(b"no state".to_vec())).expect_err("refused");
    assert!(matches!(error, RunError::Restore(_)), "{error}");
    let backwards = Settings { from: Some(2), to: Some(1), ..runs::settings() };
    let error = run(backwards, None).expect_err("refused");
    assert!(matches!(error, RunError::Configure(ConfigureError::EmptyWindow)), "{error}");
    // A state of another tenant.
    let state = run(runs::settings(), None).expect("it runs").end.state;
    let error = run(Settings { seed: 1, ..runs::settings() }, Some(state)).expect_err("refused").to_string();
    assert!(error.contains("another seed"), "{error}");
}
