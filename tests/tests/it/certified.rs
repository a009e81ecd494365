//! What certification says of plugins that no single run convicts: each of the contract's properties finds who breaks
//! it, and nobody else is blamed for it.

use glassbox_conformance::certify::{Certificate, CertifyOptions, Verdict, certify};
use glassbox_deployment::Deployment;
use glassbox_finding::{Logsource, Origin};
use glassbox_pack::KnownAnswer;
use glassbox_sandbox::{
    Interruption, LoadOptions, Plugin, Protections,
    limits::{Limits, Profile},
};
use glassbox_tests::{
    SEED,
    hostile::{self, Hostile},
    packs,
};

fn certificate(guest: Hostile, known: &[KnownAnswer]) -> Certificate {
    let protections = Protections { interruption: Interruption::Fuel, ..Protections::default() };
    // Fuel for 20 ms: endless loops end soon.
    let mut limits = Limits::default();
    limits.set_all("batch_ms_max=20\nconfigure_ms_max=20\nexplain_ms_max=20\nstate_ms_max=20").expect("limits");
    let options = LoadOptions { limits, protections, ..LoadOptions::default() };
    let plugin = Plugin::load(guest.bytes, &options).expect("it is admitted");
    let records: Vec<Vec<u8>> = ["!a", "!b", "!c", "!d", "!e"].map(|record| record.as_bytes().to_vec()).to_vec();
    let deployment = Deployment::new(plugin, packs::misbehaving().bytes.clone()).expect("it says who it is");
    let deployment = deployment.with_known_answers(known.to_vec());
    certify(&CertifyOptions {
        deployment: &deployment,
        records: &records,
        origin: Origin::default(),
        fuel_per_record_max: 1_000_000,
        fuel_first_record_max: 1_000_000,
        profile: Profile::Standard,
        seed: SEED,
    })
}

/// What came of a property.
fn verdict(certificate: &Certificate, name: &str) -> Verdict {
    let property = certificate.properties.iter().find(|property| property.name == name);
    property.unwrap_or_else(|| panic!("there is no property `{name}`")).verdict.clone()
}

/// The guest fails this property, for this reason; the innocent one passes it.
#[track_caller]
fn convicted(guest: Hostile, property: &str, why: &str, innocent: Hostile) {
    let said = certificate(guest, &[]);
    assert!(!said.certified, "{}", guest.name);
    match verdict(&said, property) {
        Verdict::Failed(what) if what.contains(why) => {}
        other => panic!("{}: {property} is {other:?} and should fail as {why:?}", guest.name),
    }
    let passed = verdict(&certificate(innocent, &[]), property);
    assert!(matches!(passed, Verdict::Passed(_)), "{}: {property} is {passed:?}", innocent.name);
}

#[test]
fn who_depends_on_the_borders_of_batches() {
    let (guest, innocent) = (hostile::OTHER_WITH_OTHER_BORDERS, hostile::QUIET_TO_EVERYTHING);
    convicted(
        guest,
        "splits",
        "in batches of 1, record 1 is unscored in one case only, or for another reason",
        innocent,
    );
}

#[test]
fn who_says_something_else_the_second_time() {
    let (guest, innocent) = (hostile::OTHER_ON_THE_SECOND_RUN, hostile::HONEST);
    convicted(guest, "determinism", "read twice, they read differently", innocent);
}

#[test]
fn who_breaks_the_contract() {
    let accounting = |guest, why| convicted(guest, "accounting", why, hostile::HONEST);
    accounting(hostile::TOO_FEW, "`class-of` has 4 entries for a batch of 5 records");
    accounting(hostile::POINTS_THAT_DO_NOT_ADD_UP, "add up");
    accounting(hostile::EVIDENCE_OUTSIDE_THE_RECORD, "lie outside");
    accounting(hostile::LOOP_IN_READ, "units of fuel (batch_ms_max)");
    accounting(hostile::TABLE_BOMB, "table_elements_max");
    convicted(hostile::HUGE_STATE, "accounting", "state_bytes_max", hostile::HONEST);
}

#[test]
fn who_cannot_be_asked_who_it_is() {
    // Without an introduction there is nothing to certify.
    let plugin = Plugin::load(hostile::HUGE_DESCRIPTION.bytes, &LoadOptions::default()).expect("it is admitted");
    let refused = Deployment::new(plugin, packs::misbehaving().bytes.clone()).err().expect("it is refused");
    assert!(refused.to_string().contains("summary_bytes_max"), "{refused}");
}

#[test]
fn who_works_before_it_is_configured() {
    // The frame of these guests does, so none of them is ever certified.
    let said = certificate(hostile::HONEST, &[]);
    assert_eq!(verdict(&said, "order"), Verdict::Failed("read does not say that it is not configured".to_owned()));
    assert!(!said.certified);
}

#[test]
fn who_is_quiet_to_everything() {
    let known = [KnownAnswer {
        name: "one that must hit".into(),
        record: b"!".to_vec(),
        hint: Logsource::default(),
        expect: vec![packs::MARK.into()],
    }];
    let quiet = verdict(&certificate(hostile::QUIET_TO_EVERYTHING, &known), "known-answers");
    let missed = format!("must hit rule `{}` and does not", packs::MARK);
    assert!(matches!(&quiet, Verdict::Failed(what) if what.contains(&missed)), "{quiet:?}");
    let honest = verdict(&certificate(hostile::HONEST, &known), "known-answers");
    assert!(matches!(honest, Verdict::Passed(_)), "{honest:?}");
}
