//! Sentences and values: what they say of records and findings of many kinds.

use glassbox_explain::{values, words};
use glassbox_finding::{Absence, Contribution, History, Missing};
use glassbox_score::{Context, Feature};

use super::*;

/// What happened, of a record of this category or service with these fields.
fn check_deed(category: Option<&str>, service: Option<&str>, fields: &[(&str, &str)], expected: &str) {
    let mut finding = found().finding;
    finding.time = None;
    finding.entities = vec![Entity { kind: EntityKind::User, name: "anna".into() }];
    finding.logsource.category = category.map(Into::into);
    finding.logsource.service = service.map(Into::into);
    let quoted = |(name, text): &(&str, &str)| QuotedField {
        name: (*name).into(),
        text: (*text).into(),
        cut: false,
        place: place(0, 0),
    };
    finding.fields = fields.iter().map(quoted).collect();
    assert_eq!(headline::what_happened(&finding), expected);
}

#[test]
fn headlines_say_what_happened() {
    let check = |category: &str, fields: &[(&str, &str)], expected: &str| {
        check_deed(Some(category), None, fields, expected);
    };
    let image = ("Image", r"C:\a\b.exe");
    check(
        "ps_module",
        &[("Payload", "CommandInvocation(Get-Item):\r\n")],
        r"PowerShell ran `CommandInvocation(Get-Item):\r\n` for anna.",
    );
    check("pipe_created", &[image, ("PipeName", r"\lsass")], r"b.exe opened the pipe \lsass for anna.");
    check(
        "registry_delete",
        &[image, ("TargetObject", r"HKLM\Run")],
        r"b.exe deleted HKLM\Run from the registry for anna.",
    );
    check(
        "registry_set",
        &[image, ("TargetObject", r"HKLM\Run\x"), ("Details", "c.exe")],
        r"b.exe set the registry value HKLM\Run\x to `c.exe` for anna.",
    );
    check("driver_load", &[("ImageLoaded", "x.sys")], "The driver x.sys was loaded.");
}

#[test]
fn headlines_know_the_events_of_windows() {
    let check = |id: &str, fields: &[(&str, &str)], expected: &str| {
        let fields = [&[("EventID", id)], fields].concat();
        check_deed(None, Some("security"), &fields, expected);
    };
    let (subject, target) = (("SubjectUserName", "anna"), ("TargetUserName", "bob"));
    check("1102", &[subject], "anna cleared the Security log.");
    check(
        "4624",
        &[subject, target, ("IpAddress", "10.1.2.3"), ("LogonType", "3")],
        "bob logged on from 10.1.2.3 (logon type 3).",
    );
    check("4625", &[target, ("IpAddress", "-")], "bob failed to log on.");
    check("4634", &[target], "bob logged off.");
    check(
        "4648",
        &[subject, target, ("ProcessName", r"C:\Windows\runas.exe")],
        "anna used the credentials of bob from runas.exe.",
    );
    check("4999", &[subject], "security event 4999 names anna.");
}

/// A model of one term beside the level.
fn model_of(feature: serde_json::Value, bins: serde_json::Value) -> Model {
    let knot = |points: i32, probability: u32| json!({"points": points, "probability": probability, "low": probability - 50_000, "high": probability + 50_000});
    let mut term = json!({"name": "it", "title": "how it is", "feature": feature, "bins": bins,
        "missing": {"points": 0, "phrase": "not known"}});
    let parsed: Feature = serde_json::from_value(term["feature"].clone()).expect("a feature");
    if let Some(sense) = parsed.sense() {
        term["monotone"] = json!(sense);
    }
    let model = json!({"format": 1, "name": "one", "base": -2_000, "threshold": 500_000, "terms": [term],
        "calibration": [knot(-2_000, 100_000), knot(0, 500_000), knot(2_000, 900_000)]});
    Model::parse(model.to_string().as_bytes()).expect("a model")
}

fn numbered() -> serde_json::Value {
    json!([{"name": "low", "points": 0, "phrase": "it is low", "at_least": 0},
           {"name": "high", "points": 900, "phrase": "it is high", "at_least": 5}])
}

fn rare() -> serde_json::Value {
    json!([{"name": "never", "points": 400, "phrase": "never seen", "at_least": 0},
           {"name": "often", "points": -600, "phrase": "seen often", "at_least": 5}])
}

fn ground(field: &str, quote: &str) -> Evidence {
    Evidence {
        selection: String::new(),
        field: field.into(),
        predicate: Predicate::new(Operator::Exists, ""),
        value: 0,
        values: 1,
        place: Place::Text(place(0, quote.len() as u32)),
        quote: quote.into(),
    }
}

/// The value of a contribution with this evidence.
fn value(model: Model, context: &str, bin: u32, value: FeatureValue, evidence: Vec<Evidence>) -> String {
    let mut finding = found().finding;
    let first = finding.evidence.len() as u32;
    let positions = (first..first + evidence.len() as u32).collect();
    finding.evidence.extend(evidence);
    finding.contributions = vec![Contribution { term: 0, bin: Some(bin), value, points: 0, evidence: positions }];
    let context = Context::parse(context.as_bytes()).expect("a context");
    let knowledge = Knowledge { model: Some(model), context, ..knowledge() };
    values::value(&finding.contributions[0], &finding, &knowledge)
}

const NONE: &str = r#"{"format": 1}"#;

#[test]
fn the_part_that_decided_is_shown_and_pointed_at() {
    let class = || {
        model_of(
            json!({"kind": "field-class", "fields": ["CommandLine"]}),
            json!([{"name": "hidden", "points": 5, "phrase": "p", "any": [{"operator": "regex", "operands": ["-w\\s+hidden"]}]},
                   {"name": "none", "points": 0, "phrase": "p"}]),
        )
    };
    let text = "powershell.exe -NoProfile -NonInteractive -w  hidden -c 1";
    let mut evidence = ground("CommandLine", text);
    evidence.predicate = Predicate::new(Operator::Regex, r"-w\s+hidden");
    evidence.place = Place::Text(place(100, 100 + text.len() as u32));
    let told = value(class(), NONE, 0, FeatureValue::Shown, vec![evidence.clone()]);
    assert_eq!(told, "CommandLine “…ile -NonInteractive «-w  hidden» -c 1”, bytes 142..152");
    // With escapes before it, the bytes cannot be told from the text alone.
    evidence.place = Place::Text(place(100, 101 + text.len() as u32));
    let told = value(class(), NONE, 0, FeatureValue::Shown, vec![evidence]);
    assert_eq!(told, "CommandLine “…ile -NonInteractive «-w  hidden» -c 1”, in bytes 100..158");
}

#[test]
fn context_says_what_decided() {
    let context = r#"{"format": 1,
        "administration_tools": [{"name": "Kestrel", "programs": ["*\\kestrel-agent.exe"], "hosts": ["FL-*"]}],
        "maintenance_windows": [{"name": "morning", "from": "09:00", "to": "10:00"}],
        "feared_techniques": ["T1564"]}"#;
    let yes_no = |kind: &str| {
        let bins = json!([{"name": "no", "points": 0, "phrase": "p"}, {"name": "yes", "points": 1, "phrase": "p"}]);
        model_of(json!({"kind": kind}), bins)
    };
    let grounds = |host: &str| {
        vec![ground("Image", r"C:\p.exe"), ground("ParentImage", r"C:\kestrel-agent.exe"), ground("Computer", host)]
    };
    let tool =
        |bin: u32, host: &str| value(yes_no("administration-tool"), context, bin, FeatureValue::Shown, grounds(host));
    assert_eq!(tool(1, "FL-1"), r"yes: “Kestrel”, by ParentImage “C:\kestrel-agent.exe”");
    assert_eq!(tool(1, "WS-1"), r"yes: Image “C:\p.exe”, ParentImage “C:\kestrel-agent.exe”");
    assert_eq!(tool(0, "FL-1"), "no");
    let told = |kind: &str| value(yes_no(kind), context, 1, FeatureValue::Shown, Vec::new());
    assert_eq!(told("maintenance-window"), "yes: “morning”");
    assert_eq!(told("feared-technique"), "yes: T1564.003");
}

#[test]
fn of_several_rules_the_one_is_named_that_it_is_about() {
    let rarity = || {
        model_of(
            json!({"kind": "seen-before", "fact": "rule-on-entity", "warm_up": {"sightings": 1, "days": 1}}),
            rare(),
        )
    };
    let seen = FeatureValue::Seen(History { among: 68, days: 1, ..History::default() });
    let mut finding = found().finding;
    let knowledge = Knowledge { model: Some(rarity()), ..knowledge() };
    let told = |finding: &Finding| values::value(&finding.contributions[0], finding, &knowledge);
    finding.contributions = vec![Contribution { term: 0, bin: Some(0), value: seen, points: 0, evidence: vec![0] }];
    assert_eq!(told(&finding), "“Hidden window” here: never seen in 68 observations here");
    finding.contributions[0].evidence.clear();
    assert_eq!(told(&finding), "one of the rules here: never seen in 68 observations here");
    (finding.further_hits, finding.hits_total) = (Vec::new(), 1);
    assert_eq!(told(&finding), "this rule here: never seen in 68 observations here");
    let lately = model_of(json!({"kind": "so-far", "count": "tactics"}), numbered());
    let told = value(lately, NONE, 1, FeatureValue::Number(6), Vec::new());
    assert_eq!(told, "6 tactics, counting this record's");
}

#[test]
fn only_what_is_missing_is_said_to_be() {
    let check = |feature: serde_json::Value, absence: Absence, grounds: &[(&str, &str)], expected: &str| {
        let bins = if feature["kind"] == "so-far" { numbered() } else { rare() };
        let model = model_of(feature, bins);
        let mut finding = found().finding;
        finding.evidence = grounds.iter().map(|(field, quote)| ground(field, quote)).collect();
        let evidence = (0..finding.evidence.len() as u32).collect();
        finding.contributions =
            vec![Contribution { term: 0, bin: None, value: FeatureValue::Shown, points: 0, evidence }];
        let missing = Missing { term: 0, absence, points_best: 900, points_worst: 0 };
        assert_eq!(words::absence(&missing, &model.terms()[0], &finding), expected);
    };
    let warm_up = json!({"sightings": 50, "days": 2});
    let user = json!({"kind": "seen-before", "fact": "user-on-host", "warm_up": warm_up});
    let (host, system) = (("Computer", "H"), ("User", "NT AUTHORITY\\SYSTEM"));
    check(user.clone(), Absence::Field, &[host, system], "User “NT AUTHORITY\\SYSTEM” is no person");
    check(user.clone(), Absence::Field, &[host], "no field of the record names a user");
    check(user.clone(), Absence::Field, &[("SubjectUserName", "anna")], "the record has no Computer");
    check(user.clone(), Absence::Field, &[], "no field of the record names a user, and the record has no Computer");
    let pair = json!({"kind": "seen-before", "fact": "parent-child", "warm_up": warm_up});
    check(pair, Absence::Field, &[("NewProcessName", "a.exe")], "the record has no ParentImage");
    let lately = json!({"kind": "so-far", "count": "hosts"});
    check(lately.clone(), Absence::Field, &[system, host], "User “NT AUTHORITY\\SYSTEM” is no person");
    check(lately, Absence::Time, &[], "the record states no time with a year between 2000 and 2100");
    check(
        user,
        Absence::History(History { among: 12, days: 4, ..History::default() }),
        &[],
        "not enough history: 12 of the 50 observations of this host needed, on 4 days (at least 2 needed)",
    );
}

#[test]
fn what_is_missing_is_told_with_what_the_score_could_have_been() {
    let model =
        model_of(json!({"kind": "seen-before", "fact": "image", "warm_up": {"sightings": 1, "days": 1}}), rare());
    let mut finding = found().finding;
    finding.points = -100;
    let range = |best: i32, worst: i32| {
        let missing = Missing { term: 0, absence: Absence::Field, points_best: best, points_worst: worst };
        words::range(&missing, &model.terms()[0])
    };
    assert_eq!(range(400, -600).as_deref(), Some("it could have added up to 400 or taken off up to 600"));
    assert_eq!(range(400, 0).as_deref(), Some("it could have added up to 400"));
    assert_eq!(range(0, -600).as_deref(), Some("it could have taken off up to 600"));
    assert_eq!(range(0, 0), None);
    assert_eq!(words::whole_range(&finding, &model), "");
    finding.missing = vec![Missing { term: 0, absence: Absence::Field, points_best: 400, points_worst: -600 }];
    assert_eq!(
        words::whole_range(&finding, &model),
        "Had all of it been known, the score would lie between 36.0 % (-700 points) and 56.0 % (+300 points)."
    );
}

#[test]
fn what_would_have_changed_the_outcome_fits_the_verdict() {
    let model = model_of(json!({"kind": "so-far", "count": "tactics"}), numbered());
    let mut finding = found().finding;
    let mut check = |points: i32, verdict: Verdict, expected: &str| {
        (finding.points, finding.verdict) = (points, verdict);
        finding.contributions = vec![Contribution {
            term: 0,
            bin: Some(1),
            value: FeatureValue::Number(9),
            points: 900,
            evidence: Vec::new(),
        }];
        let (sentence, changes) = words::counterfactual(&finding, &model);
        assert_eq!(std::iter::once(sentence).chain(changes).collect::<Vec<_>>().join(" "), expected);
    };
    check(-900, Verdict::Below, "It is 900 points below the threshold of 50.0 % already.");
    check(-100, Verdict::TooClose, "It is 100 points below the threshold of 50.0 %, too near to leave to the score.");
    check(
        -100,
        Verdict::DataMissing,
        "It is 100 points below the threshold of 50.0 %; what is missing could have put it above.",
    );
    check(
        500,
        Verdict::Above,
        "It is 500 points above the threshold of 50.0 %. This one change would have put it below: it is low (-900), where \
         now it is high",
    );
    check(
        800,
        Verdict::Above,
        "It is 800 points above the threshold of 50.0 %. This one change would have put it below: it is low (-900), where \
         now it is high; a person would still decide",
    );
}

#[test]
fn evidence_that_was_left_out_is_said_to_be() {
    let class = json!([{"name": "hidden", "points": 5, "phrase": "p", "any": [{"operator": "contains", "operands": ["-w"]}]},
                       {"name": "none", "points": 0, "phrase": "p"}]);
    let model = model_of(json!({"kind": "field-class", "fields": ["CommandLine"]}), class);
    let mut finding = found().finding;
    finding.further_hits.clear();
    let shown = |points: i32, evidence: Vec<u32>| {
        vec![Contribution { term: 0, bin: Some(0), value: FeatureValue::Shown, points, evidence }]
    };
    let mut check = |contributions: Vec<Contribution>, expected: bool| {
        finding.contributions = contributions;
        assert_eq!(words::is_evidence_left_out(&finding, &model), expected);
    };
    check(shown(5, vec![0]), false);
    check(shown(5, Vec::new()), true);
    check(shown(0, Vec::new()), false);
}
