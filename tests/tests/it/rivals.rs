//! Public rules on public records, by us and by other engines: every rule on every record, whatever its logsource, so that
//! routing, in which engines differ by design, plays no part. Without the sandbox, for speed.

use std::collections::{BTreeMap, BTreeSet};

use glassbox_finding::Logsource;
use glassbox_oracle::{
    engine,
    rivals::{Canonical, Rsigma, SigmaRust, without_logsource},
};
use glassbox_packs::read_rule_files;
use glassbox_rules::compile::{Compiled, RuleFile, compile};
use glassbox_tests::{data, native, packs};

/// Records that rsigma-eval is asked about: a set, and every how many.
const SETS: [(&str, usize); 6] = [
    ("process_creation", 1),
    ("powershell_scriptblock", 1),
    ("evtx-all", 1),
    ("cloudtrail", 1),
    ("panther_tests", 1),
    ("bench20k", 5),
];
/// sigma-rust takes three hundred times longer: it is asked about every so many of them.
const SIGMA_RUST_EVERY: usize = 97;
/// The most bytes of a record.
const RECORD_BYTES_MAX: usize = 64 << 10;

/// Why an engine differs on a rule; each is a case in `tests/oracle/tests/rivals.rs`, with the specification's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Because {
    /// It takes `endswith` with a wildcard in it for the whole value.
    EndOfPattern,
    /// It does not take an absent field for null, so that a filter on null filters nothing.
    NullIsAbsent,
    /// It looks for keywords as whole values.
    KeywordAnywhere,
}
use Because::{EndOfPattern, KeywordAnywhere, NullIsAbsent};

/// Rules, by file, on which rsigma-eval differs on these records.
const RSIGMA: &[(&str, Because)] = &[
    ("win_security_ad_user_enumeration.yml", EndOfPattern),
    ("win_security_alert_enable_weak_encryption.yml", EndOfPattern),
];

/// Rules, by file, on which sigma-rust differs on its part of them.
const SIGMA_RUST: &[(&str, Because)] = &[
    ("cisco_cli_discovery.yml", KeywordAnywhere),
    ("cisco_cli_file_deletion.yml", KeywordAnywhere),
    ("cisco_cli_local_accounts.yml", KeywordAnywhere),
    ("cisco_cli_moving_data.yml", KeywordAnywhere),
    ("db_anomalous_query.yml", KeywordAnywhere),
    ("image_load_susp_unsigned_dll.yml", NullIsAbsent),
    ("proc_creation_win_susp_image_missing.yml", NullIsAbsent),
    ("proc_creation_win_susp_lolbin_exec_from_non_c_drive.yml", NullIsAbsent),
    ("proc_creation_win_susp_non_exe_image.yml", NullIsAbsent),
    ("proc_creation_win_susp_proc_wrong_parent.yml", NullIsAbsent),
    ("proc_creation_win_svchost_uncommon_command_line_flags.yml", NullIsAbsent),
    ("proc_creation_win_svchost_uncommon_parent_process.yml", NullIsAbsent),
    ("raw_access_thread_susp_disk_access_using_uncommon_tools.yml", NullIsAbsent),
    ("registry_event_susp_process_registry_modification.yml", NullIsAbsent),
];

/// The rules, with what is needed to compare them.
struct Rules {
    files: Vec<RuleFile>,
    compiled: Compiled,
}

impl Rules {
    fn read(data: &std::path::Path) -> Self {
        let folders = packs::SIGMA_FOLDERS.map(|folder| data.join("sigma").join(folder));
        let named = read_rule_files(&folders).expect("files of rules");
        let files = named.into_iter().map(|named| {
            let name = named.name.rsplit('/').next().unwrap_or_default().to_owned();
            RuleFile { path: name, text: without_logsource(&named.file.text) }
        });
        let files: Vec<RuleFile> = files.collect();
        let compiled = engine::everywhere(compile(&files));
        Self { files, compiled }
    }

    fn texts(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|file| file.text.as_str())
    }

    fn ids(&self) -> BTreeSet<String> {
        self.compiled.set.rules.iter().map(|rule| rule.id.clone()).collect()
    }

    /// The file of each rule.
    fn file_names(&self) -> BTreeMap<&str, &str> {
        self.compiled.metadata.iter().map(|rule| (rule.id.as_str(), rule.file.as_str())).collect()
    }
}

/// The rules on which two engines differ, by file: how often, whether we hit, and a short record.
#[derive(Default)]
struct Differing(BTreeMap<String, (usize, bool, String)>);

impl Differing {
    fn compare(
        &mut self,
        ours: &BTreeSet<String>,
        theirs: &BTreeSet<String>,
        both: &BTreeSet<String>,
        names: &BTreeMap<&str, &str>,
        record: &[u8],
    ) {
        for id in ours.symmetric_difference(theirs).filter(|id| both.contains(*id)) {
            let name = names.get(id.as_str()).copied().unwrap_or_default();
            let entry = self.0.entry(name.to_owned()).or_default();
            entry.0 += 1;
            entry.1 = ours.contains(id);
            if entry.2.is_empty() || record.len() < entry.2.len() {
                entry.2 = String::from_utf8_lossy(record).into_owned();
            }
        }
    }

    /// Nothing differs but what is listed, and that does, in the direction that its reason says.
    fn assert_is(&self, engine: &str, listed: &[(&str, Because)]) {
        let mut wrong = Vec::new();
        for (name, (count, we_hit, record)) in &self.0 {
            let known = listed.iter().find(|(known, _)| known == name);
            if known.is_none_or(|(_, because)| *we_hit == (*because == NullIsAbsent)) {
                let who = if *we_hit { "we hit" } else { "it hits" };
                wrong.push(format!("{name}: {who}, {count} records, such as {record:.2000}"));
            }
        }
        for (name, because) in listed.iter().filter(|(name, _)| !self.0.contains_key(*name)) {
            wrong.push(format!("{name}: listed as {because:?}, and does not differ"));
        }
        assert!(wrong.is_empty(), "{engine} differs otherwise than listed:\n{}", wrong.join("\n"));
    }
}

#[test]
#[cfg_attr(no_public_data, ignore = "needs public data: name its folder in GLASSBOX_DATA")]
fn other_engines_hit_as_we_do_but_where_they_are_known_to_differ() {
    let data = data::folder();
    let rules = Rules::read(&data);
    let (mut engine, _) = engine::of_compiled(rules.compiled.clone());
    let rsigma = Rsigma::new(rules.texts());
    let sigma_rust = SigmaRust::new(rules.texts());
    let (ids, names) = (rules.ids(), rules.file_names());
    let with_rsigma: BTreeSet<String> = ids.intersection(&rsigma.loaded).cloned().collect();
    let with_sigma_rust: BTreeSet<String> = ids.intersection(&sigma_rust.loaded()).cloned().collect();
    assert!(with_rsigma.len() > 3_700 && with_sigma_rust.len() > 3_700, "{} rules", ids.len());
    let mut canonical = Canonical::new(rules.compiled.set.fields.clone());
    let (mut rsigma_differs, mut sigma_rust_differs) = (Differing::default(), Differing::default());
    let (mut records, mut asked_twice, mut hits) = (0, 0, 0);
    for (set, every) in SETS {
        let lines = data::corpus(&data, set);
        let lines: Vec<&[u8]> = lines.iter().map(Vec::as_slice).filter(|line| line.len() <= RECORD_BYTES_MAX).collect();
        for chunk in lines.into_iter().step_by(every).collect::<Vec<_>>().chunks(15) {
            let found = engine.findings(&Logsource::default(), chunk);
            for (record, finding) in chunk.iter().zip(&found) {
                let Some(event) = canonical.event(record) else { continue };
                let ours: BTreeSet<String> = engine::hits(finding.as_ref()).into_iter().map(str::to_owned).collect();
                rsigma_differs.compare(&ours, &rsigma.hits(&event), &with_rsigma, &names, record);
                if records % SIGMA_RUST_EVERY == 0 {
                    sigma_rust_differs.compare(&ours, &sigma_rust.hits(&event), &with_sigma_rust, &names, record);
                    asked_twice += 1;
                }
                records += 1;
                hits += ours.len();
            }
        }
    }
    eprintln!("{} rules on {records} records: {hits} hits; sigma-rust on {asked_twice}", ids.len());
    assert!(records > 25_000 && asked_twice > 250 && hits > 30_000, "{records} records, {hits} hits");
    rsigma_differs.assert_is("rsigma-eval", RSIGMA);
    sigma_rust_differs.assert_is("sigma-rust", SIGMA_RUST);
}

#[test]
#[cfg_attr(no_public_data, ignore = "needs public data: name its folder in GLASSBOX_DATA")]
fn routing_takes_hits_away_and_adds_none() {
    let data = data::folder();
    let rules = Rules::read(&data);
    let (mut everywhere, _) = engine::of_compiled(rules.compiled.clone());
    let mut routed = native::engine(&packs::sigma_all(&data).bytes);
    let records = data::corpus(&data, "evtx-hayabusa");
    let records: Vec<&[u8]> = records.iter().map(Vec::as_slice).filter(|it| it.len() <= RECORD_BYTES_MAX).collect();
    let hint = Logsource::default();
    let with = native::run(&mut routed, &hint, &records, 100);
    let without = native::run(&mut everywhere, &hint, &records, 15);
    let (mut kept, mut taken) = (0, 0);
    for ((record, with), without) in records.iter().zip(&with.findings).zip(&without.findings) {
        let (with, without) = (engine::hits(with.as_ref()), engine::hits(without.as_ref()));
        assert!(with.is_subset(&without), "{:?}: {}", with, String::from_utf8_lossy(record));
        kept += with.len();
        taken += without.len() - with.len();
    }
    assert!(kept > 500 && taken > 500, "{kept} hits kept, {taken} taken away");
}
