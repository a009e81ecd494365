//! Explanations: ten findings in full, whether they are faithful, and what a state remembers when pack and model change.

use glassbox::output::{
    Terminal, html,
    json::{self, ExplainedView},
    text,
};
use glassbox_check::{Depth, RecordContext, check_shape};
use glassbox_deployment::state_file::StateFile;
use glassbox_explain::{Knowledge, explained::Explained};
use glassbox_finding::{Absence, Batch, Contribution, FeatureValue, Finding, Origin, Settings};
use glassbox_pack::Pack;
use glassbox_packs::{NamedFile, knowledge};
use glassbox_report::{Position, SourceRecord, StoredFinding};
use glassbox_run::{Faithful, RunOptions, check_faithful};
use glassbox_sandbox::Instance;
use glassbox_score::Model;
use glassbox_tests::{
    golden, packs,
    runs::{self, Told},
    starter, workspace,
};

/// Findings of different kinds: what they are called, their file, and their line or element.
const TEN: [(&str, &str, Position); 10] = [
    ("encoded-powershell", "windows-workstations.ndjson", Position::Line(427)),
    ("memory-dump", "windows-workstations.ndjson", Position::Line(541)),
    ("autostart", "windows-workstations.ndjson", Position::Line(442)),
    ("connection", "windows-workstations.ndjson", Position::Line(452)),
    ("lsass-opened", "windows-workstations.ndjson", Position::Line(542)),
    ("monitoring-agent", "windows-workstations.ndjson", Position::Line(1204)),
    ("log-cleared", "windows-server.json", Position::Element(396)),
    ("cloud-object-read", "cloudtrail.json", Position::Element(154)),
    ("piped-download", "linux-endpoint-ecs.ndjson", Position::Line(50)),
    ("ssh-login", "linux.log", Position::Line(436)),
];

fn day(pack: &[u8], state: Option<Vec<u8>>, records: &[SourceRecord]) -> Told {
    let options = RunOptions { faithful_batches: 2, batch_records_max: 100, ..runs::options() };
    let deployment = runs::deployment(runs::plugin(), pack);
    let sources = runs::sources(starter::source_names());
    let told = runs::run_sources(&deployment, options, state, sources, records).expect("the run ends");
    assert_eq!((told.end.summary.faults.as_slice(), told.end.out_of_service.as_ref()), (&[][..], None));
    told
}

fn told_with(pack: &[u8]) -> Knowledge {
    let mut knowledge = knowledge(&Pack::parse(pack).expect("a pack"), "").expect("it is whole");
    // They change with every change of the plugin or a rule, and say nothing about the words.
    knowledge.pack_digest.clear();
    knowledge.model_digest.clear();
    knowledge
}

fn found<'t>(told: &'t Told, source: &str, position: Position) -> &'t StoredFinding {
    let found = told.found.iter().find(|found| found.source == source && found.position == position);
    found.unwrap_or_else(|| panic!("{source} {position:?} has a finding"))
}

#[test]
fn ten_findings_are_explained_as_they_were() {
    let told = day(&packs::starter().bytes, None, starter::records());
    let knowledge = told_with(&packs::starter().bytes);
    for (name, source, position) in TEN {
        let found = found(&told, source, position);
        let explained = Explained::new(found, &knowledge, None);
        let mut page = String::new();
        text::finding(&mut page, &explained, &Terminal::plain()).expect("a string takes it");
        golden::check(&format!("explained/{name}.txt"), &page);
        if name == TEN[0].0 {
            golden::check(&format!("explained/{name}.html"), &html::finding(&explained).expect("a page"));
            let mut line = Vec::new();
            let view = ExplainedView::new(found, &explained, &knowledge, None);
            json::write_pretty(&mut line, &view).expect("memory takes it");
            golden::check(&format!("explained/{name}.json"), &String::from_utf8(line).expect("UTF-8"));
        }
    }
}

fn configured(pack: &[u8]) -> Instance {
    let mut instance = runs::plugin().start().expect("it starts");
    instance.configure(pack, runs::settings()).expect("no fault").expect("the pack is taken");
    instance
}

/// Reads and judges one record; its finding.
fn judge(instance: &mut Instance, record: &[u8]) -> Option<Finding> {
    let batch = Batch::of_one(record, &Origin::default());
    let reading = instance.read(&batch).expect("no fault").expect("a good batch");
    let sequences = [1].get(..reading.notes.len()).expect("one note at most");
    let outcome = instance.judge(&reading.notes, sequences).expect("no fault").expect("its own notes");
    outcome.findings.into_iter().next()
}

#[test]
fn every_explanation_of_the_day_is_faithful() {
    let pack = &packs::starter().bytes;
    let directory = runs::starter().directory();
    let (mut judged, mut asked) = (configured(pack), configured(pack));
    let (origin, mut all, mut findings) = (Origin::default(), Faithful::default(), 0);
    for record in starter::records() {
        let state = judged.save().expect("no fault").expect("a state");
        let Some(finding) = judge(&mut judged, &record.bytes) else { continue };
        findings += 1;
        asked.restore(&state).expect("no fault").expect("its own state");
        let checked = check_faithful(&mut asked, &record.bytes, &origin, &finding, directory).expect("no fault");
        let checked = checked.unwrap_or_else(|error| panic!("{:?}: {error}", record.position));
        all.taken_away += checked.taken_away;
        all.set_aside += checked.set_aside;
        all.skipped += checked.skipped;
    }
    eprintln!("{findings} findings, {all:?}");
    assert!(findings > 150 && all.taken_away > 1_000 && all.set_aside * 2 < all.taken_away, "{findings} {all:?}");
    assert!(all.skipped * 10 < findings, "{findings} {all:?}");
}

#[test]
fn an_explanation_that_hides_what_it_rests_on_is_seen() {
    let (origin, directory) = (Origin::default(), runs::starter().directory());
    let mut instance = configured(&packs::starter().bytes);
    let (_, file, position) = TEN[0];
    let source = starter::source_names().iter().position(|name| name == file).expect("the file is there") as u32;
    let record = starter::records().iter().find(|record| record.source == source && record.position == position);
    let record = &record.expect("it is there").bytes;
    let explained = instance.explain(record, &origin).expect("no fault").expect("it can be read");
    let finding = explained.finding.expect("rules hit it");
    assert!(matches!(check_faithful(&mut instance, record, &origin, &finding, directory), Ok(Ok(_))));
    let mut cut = finding.clone();
    cut.further_hits.push(0);
    let skipped = check_faithful(&mut instance, record, &origin, &cut, directory);
    let skipped = skipped.expect("no fault").expect("nothing is said of it");
    assert_eq!(skipped, Faithful { skipped: 1, ..Faithful::default() });
    let mut other = finding.clone();
    other.points += 1;
    assert!(matches!(check_faithful(&mut instance, record, &origin, &other, directory), Ok(Err(_))));
    // As a plugin would tell it that names other evidence than it used.
    let rests = |it: &(usize, &Contribution)| !it.1.evidence.is_empty() && it.1.points != 0;
    let resting: Vec<_> = finding.contributions.iter().enumerate().filter(rests).collect();
    assert!(resting.len() > 3, "{resting:?}");
    for (at, contribution) in resting {
        let mut hidden = finding.clone();
        hidden.contributions[at].evidence.clear();
        let checked = check_faithful(&mut instance, record, &origin, &hidden, directory);
        assert!(matches!(checked, Ok(Err(_))), "{contribution:?}");
    }
}

fn starter_files() -> Vec<NamedFile> {
    let file = |(name, text): &(&str, &str)| NamedFile {
        name: (*name).to_owned(),
        file: glassbox_rules::compile::RuleFile { path: (*name).to_owned(), text: (*text).to_owned() },
    };
    glassbox::starter::RULES.iter().map(file).collect()
}

/// The starter with half of its rules, and a model in which one term is clamped.
fn other_pack() -> Vec<u8> {
    let files: Vec<NamedFile> = starter_files().into_iter().step_by(2).collect();
    let mut model: serde_json::Value = serde_json::from_str(glassbox::starter::MODEL).expect("JSON");
    model["name"] = "clamped".into();
    for bin in model["terms"][2]["bins"].as_array_mut().expect("bins") {
        bin["points"] = 0.into();
    }
    glassbox_packs::build(&files, model.to_string().as_bytes(), None, &[]).expect("it is sound").bytes
}

/// To clamp a term is to give its bins the same points: a change of one place in the model, which then gives that of each
/// finding, and nothing else moves.
#[test]
fn a_clamped_term_changes_its_own_points_alone() {
    let other = |clamp: bool| {
        let mut model: serde_json::Value = serde_json::from_str(glassbox::starter::MODEL).expect("JSON");
        if clamp {
            let terms = model["terms"].as_array_mut().expect("terms");
            let term = terms.iter_mut().find(|term| term["name"] == "command-encoding").expect("it is there");
            term["bins"].as_array_mut().expect("bins").iter_mut().for_each(|bin| bin["points"] = 0.into());
        }
        let files = starter_files();
        let pack = glassbox_packs::build(files.as_slice(), model.to_string().as_bytes(), None, &[]);
        day(&pack.expect("it is sound").bytes, None, starter::records())
    };
    let (plain, clamped) = (other(false), other(true));
    assert_eq!(plain.found.len(), clamped.found.len());
    let model = Model::parse(glassbox::starter::MODEL.as_bytes()).expect("a model");
    let at = model.terms().iter().position(|term| term.name == "command-encoding").expect("it is there") as u32;
    let mut moved = 0;
    for (plain, clamped) in plain.found.iter().zip(&clamped.found) {
        let of = |found: &StoredFinding| -> Vec<(u32, Option<u32>, i32)> {
            let others = found.finding.contributions.iter().filter(|it| it.term != at);
            others.map(|it| (it.term, it.bin, it.points)).collect()
        };
        assert_eq!(of(plain), of(clamped), "{:?}", plain.position);
        let was = plain.finding.contributions.iter().find(|it| it.term == at).map_or(0, |it| it.points);
        assert_eq!(plain.finding.points - clamped.finding.points, was, "{:?}", plain.position);
        moved += u32::from(was != 0);
    }
    assert!(moved > 5, "{moved} findings rest on it");
}

#[test]
fn a_promoted_pack_keeps_what_was_learned() {
    let records = starter::records();
    let (before, after) = records.split_at(records.len() * 2 / 3);
    let first = day(&packs::starter().bytes, None, before);
    let other = other_pack();
    let cold = day(&other, None, after);
    let warm = day(&other, Some(first.end.state.clone()), after);
    assert!(warm.end.restored.dropped.is_empty(), "{:?}", warm.end.restored);
    assert!(warm.end.restored.kept.len() >= 14, "{:?}", warm.end.restored);
    // How often rarity could be told, and among how much.
    let rarity = |told: &Told| {
        let values = told.found.iter().flat_map(|found| &found.finding.contributions).map(|it| it.value);
        let seen = values.filter_map(|value| match value {
            FeatureValue::Seen(history) => Some(history.among),
            _ => None,
        });
        seen.fold((0, 0), |(count, sum), among| (count + 1, sum + among))
    };
    let ((cold, cold_among), (warm, warm_among)) = (rarity(&cold), rarity(&warm));
    assert!(warm > cold, "{warm} and {cold}: rarity is told where the past is known");
    assert!(warm_among * cold > cold_among * warm, "what was seen under the other pack is still counted");
}

/// A state kept by an earlier release, which looked for users in other fields: what it counted of users on hosts is dropped
/// and named, all else stays.
#[test]
fn of_a_state_that_an_earlier_release_kept_only_what_is_defined_otherwise_is_dropped() {
    let kept = StateFile::read(&workspace().join("tests/fixtures/earlier.state")).expect("it can be read");
    let StateFile { seed, state } = kept.expect("it is there");
    let mut instance = runs::plugin().start().expect("it starts");
    let settings = Settings { seed, ..Settings::default() };
    instance.configure(&packs::starter().bytes, settings).expect("no fault").expect("the pack is taken");
    let restored = instance.restore(&state.expect("a state")).expect("no fault").expect("its own kind");
    // Facts and what hit lately are counted otherwise now; users are looked for in other fields, too.
    let facts = ["rule/1", "rule-on-entity/1", "image/1", "parent-child/1", "user-on-host/1", "destination/1"];
    assert_eq!(restored.dropped, [&facts[..], &["port/1", "domain/1", "signature/1", "recent/1", "rates/1"]].concat());
    assert_eq!(restored.kept, ["entities/1", "intervals/1", "processes/1"]);
    // A record of the day that it has seen: what its host or user does is known, how often the rule hit there is not.
    let source = starter::source_names().iter().position(|name| name == TEN[0].1).expect("the file is there") as u32;
    let model = runs::starter().directory().model();
    let history = |finding: &Finding, name: &str| {
        let at = model.terms().iter().position(|term| term.name == name).expect("it is in the model") as u32;
        finding.contributions.iter().find(|it| it.term == at).and_then(|contribution| match contribution.value {
            FeatureValue::Seen(history) => Some((history.times, history.among)),
            _ => None,
        })
    };
    let told = starter::records().iter().filter(|record| record.source == source).find_map(|record| {
        let explained = instance.explain(&record.bytes, &Origin::default()).expect("no fault").ok()?;
        let finding = explained.finding?;
        Some((history(&finding, "rule-repetition")?, history(&finding, "user-on-host-rarity")?))
    });
    let ((times, among), (user_times, _)) = told.expect("rules hit what persons did");
    assert_eq!((times, user_times), (0, 0), "what it meant before is not what it means now");
    assert!(among >= 50, "the rest stays warm: {among} actions");
}

#[test]
fn records_with_values_that_cannot_be_are_scored_or_named() {
    let mut instance = configured(&packs::starter().bytes);
    let (deployment, mut checker) = (runs::starter(), runs::starter().checker());
    let map = |instance: &mut Instance, record: &[u8]| {
        let read = instance.read(&Batch::of_one(record, &Origin::default())).expect("no fault").expect("a good batch");
        read.class(0).expect("it is scored").map
    };
    let record = |time: &str, port: &str| {
        format!(
            r#"{{"EventID":1,"Channel":"Microsoft-Windows-Sysmon/Operational","UtcTime":{time},"Computer":"H","User":"C\\u","Image":"C:\\Windows\\System32\\rundll32.exe","CommandLine":"rundll32 comsvcs.dll, MiniDump 1 a.dmp full","ProcessId":{port},"DestinationPort":{port}}}"#
        )
    };
    for (time, port) in [
        (r#""9999-12-31 23:59:59.999""#, "1"),
        (r#""-9999-01-01 00:00:00.000""#, "1e999"),
        ("1e999", "-0"),
        (r#""NaN""#, r#""NaN""#),
        (r#""Infinity""#, "99999999999999999999999999"),
        ("253402300799", "-1e-400"),
    ] {
        let record = record(time, port);
        let finding = judge(&mut instance, record.as_bytes());
        let finding = finding.unwrap_or_else(|| panic!("{record} has a finding"));
        check_shape(&finding, deployment.directory()).unwrap_or_else(|error| panic!("{record}: {error}"));
        let context = RecordContext::alone(record.as_bytes(), &[], map(&mut instance, record.as_bytes()));
        let checked = checker.check_finding(context, &finding, Depth::Negations);
        checked.unwrap_or_else(|error| panic!("{record}: {error}"));
        let named = finding.missing.iter().any(|missing| missing.absence == Absence::Time);
        assert!(named, "{record}: a time that cannot be is named");
    }
    // Nothing of it has moved the state to another century.
    let usual = record(r#""2026-11-17 10:00:00.000""#, "1");
    let finding = judge(&mut instance, usual.as_bytes()).expect("a finding");
    assert!(finding.missing.iter().all(|missing| missing.absence != Absence::Time), "{:?}", finding.missing);
}
