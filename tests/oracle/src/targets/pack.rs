//! A pack from nowhere: parsed, loaded, matched with.

use glassbox_finding::{Logsource, Origin, Settings};
use glassbox_pack::{MODEL, Pack, RULES};
use glassbox_rules::compile::{RuleFile, compile};

use crate::engine::{self, Engine};

/// Records of several schemas, so that whatever a rule set asks for has a chance.
const RECORDS: [&[u8]; 5] = [
    br#"{"a":"x","F":["a",1,null],"G":"a","Image":"C:\\x.exe","H":{"x":"b"}}"#,
    br#"{"EventID":1,"Channel":"Security","CommandLine":"cmd /c x","User":"a","EmptyOne":""}"#,
    b"type=EXECVE msg=audit(1364481363.243:24287): argc=2 a0=\"ls\" a1=6C73",
    b"<34>1 2003-10-11T22:14:15.003Z host sshd 12 - - Failed password for root",
    b"<Event><System><EventID>1</EventID></System><EventData><Data Name=\"Image\">/bin/ls</Data></EventData></Event>",
];

/// A rule of each construct, whose encoding is where changes begin that a decoder does not refuse at once.
const RULES_TEXT: &str = "
title: made
id: made
logsource: {product: windows}
level: high
tags: [attack.t1059]
detection:
    a: {F: [a, 1, null], G|contains|all: [a, b], Image|endswith: .exe}
    b: {F|re: '[a-z]+', G|cidr: 10.0.0.0/8, CommandLine|fieldref: User, H.x: 'a*b?'}
    c: [a, 'b?c', 1]
    condition: (a or not b) and 1 of them
---
title: other
logsource: {category: x}
detection: {s: {F|gt: 1, G|exists: false, EmptyOne: ''}, condition: s}
";

/// Takes the bytes as a pack, as a section of one whose digests are right, or as changes to a rule set: a first byte
/// tells which.
///
/// # Panics
/// When a pack that is taken makes the engine fail, or what it finds does not hold.
pub fn pack(data: &[u8]) {
    let Some((kind, rest)) = data.split_first() else { return };
    match kind % 4 {
        0 => parse(rest),
        1 => use_pack(&engine::pack(encoded(), rest.to_vec())),
        2 => use_rules(rest),
        _ => {
            let mut rules = encoded();
            for change in rest.chunks_exact(3) {
                let at = usize::from(u16::from_le_bytes([change[0], change[1]])) % rules.len();
                rules[at] = change[2];
            }
            use_rules(&rules);
        }
    }
}

fn encoded() -> Vec<u8> {
    let compiled = compile(&[RuleFile { path: "made.yml".to_owned(), text: RULES_TEXT.to_owned() }]);
    assert_eq!(compiled.set.rules.len(), 2, "{:?}", compiled.accounts);
    compiled.set.encode()
}

fn use_rules(rules: &[u8]) {
    if let Some(engine) = engine::of_encoded(rules) {
        use_engine(engine);
    }
}

/// No digest stops what is not even read.
fn parse(bytes: &[u8]) {
    let Ok(pack) = Pack::parse(bytes) else { return };
    let contents: usize = pack.sections().map(|(_, content)| content.len()).sum();
    assert!(contents < bytes.len());
    let _ = (pack.provenance(), pack.known_answers(), pack.section(RULES), pack.section(MODEL));
    use_pack(bytes);
}

fn use_pack(bytes: &[u8]) {
    if let Ok(engine) = Engine::new(bytes, &Settings::default()) {
        use_engine(engine);
    }
}

fn use_engine(mut engine: Engine) {
    engine.findings(&Logsource::default(), &RECORDS);
    for record in RECORDS {
        let explanation = engine.detector.explain(record, &Origin::default()).expect("every one of them is read");
        engine.check_explanation(record, &explanation);
    }
}
