//! A certificate for people, and for whatever reads JUnit.

use std::fmt::Write as _;

use glassbox_explain::{
    clean::clean,
    numbers::{self, counted, grouped},
};
use serde::Serialize;

use crate::output::{Terminal, terminal::Style};
use glassbox_conformance::certify::{Certificate, Measures, Property, Verdict};

/// The certificate as a page.
#[must_use]
pub fn text(certificate: &Certificate, name: &str, terminal: &Terminal) -> String {
    let Certificate { plugin, properties, measures, .. } = certificate;
    let mut page = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(page, "{}: {}, sha256 {}", clean(name), numbers::bytes(plugin.size_bytes as u64), plugin.digest);
    let _ = writeln!(
        page,
        "on {} with {}, profile {}\n",
        counted(certificate.records as u64, "record"),
        counted(certificate.findings as u64, "finding"),
        certificate.profile
    );
    for Property { name, about, verdict } in properties {
        let (mark, said) = match verdict {
            Verdict::Passed(said) => ("pass", said),
            Verdict::Failed(said) => ("FAIL", said),
            Verdict::Skipped(said) => ("skip", said),
        };
        let _ = writeln!(page, "{mark}  {name:<16} {about}\n      {:<16} {}", "", clean(said));
    }
    let Measures { configure_fuel, records_fuel, record_fuel_greatest, memory_bytes_greatest, .. } = measures;
    let first = match measures.first_record_fuel_greatest {
        0 => String::new(),
        first => format!(", {} for the costliest first one of a kind", grouped(first)),
    };
    let _ = writeln!(
        page,
        "\nfuel: {} to load the pack, {} for all records, {} for the costliest one{first}\n\
         memory: {} at most; reading: {} at most; state: {}",
        grouped(*configure_fuel),
        grouped(*records_fuel),
        grouped(*record_fuel_greatest),
        numbers::bytes(*memory_bytes_greatest),
        numbers::bytes(measures.reading_bytes_greatest as u64),
        numbers::bytes(measures.state_bytes as u64),
    );
    let failed = properties.iter().filter(|property| matches!(property.verdict, Verdict::Failed(_))).count();
    let end = if certificate.certified {
        "certified".to_owned()
    } else {
        format!("not certified: {} failed", counted(failed as u64, "property").replace("propertys", "properties"))
    };
    let _ = writeln!(page, "\n{}", terminal.paint(Style::Heading, &end));
    page
}

#[derive(Serialize)]
#[serde(rename = "testsuites")]
struct Suites<'a> {
    testsuite: Suite<'a>,
}

#[derive(Serialize)]
struct Suite<'a> {
    #[serde(rename = "@name")]
    name: &'a str,
    #[serde(rename = "@tests")]
    tests: usize,
    #[serde(rename = "@failures")]
    failures: usize,
    #[serde(rename = "@skipped")]
    skipped: usize,
    testcase: Vec<Case<'a>>,
}

#[derive(Serialize)]
struct Case<'a> {
    #[serde(rename = "@classname")]
    class: &'a str,
    #[serde(rename = "@name")]
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<Message<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    skipped: Option<Message<'a>>,
    #[serde(rename = "system-out", skip_serializing_if = "Option::is_none")]
    out: Option<String>,
}

#[derive(Serialize)]
struct Message<'a> {
    #[serde(rename = "@message")]
    message: String,
    #[serde(rename = "$text")]
    about: &'a str,
}

/// The certificate as a suite of JUnit, one test a property.
///
/// # Errors
/// When it cannot be written as XML, which no certificate brings about.
pub fn junit(certificate: &Certificate, name: &str) -> Result<String, quick_xml::SeError> {
    let name = clean(name);
    let cases: Vec<Case<'_>> = certificate
        .properties
        .iter()
        .map(|Property { name: property, about, verdict }| {
            let mut case = Case { class: &name, name: property, failure: None, skipped: None, out: None };
            let message = |said: &str| Some(Message { message: clean(said).into_owned(), about });
            match verdict {
                Verdict::Passed(said) => case.out = Some(clean(said).into_owned()),
                Verdict::Failed(said) => case.failure = message(said),
                Verdict::Skipped(said) => case.skipped = message(said),
            }
            case
        })
        .collect();
    let suite = Suite {
        name: "glassbox certify",
        tests: cases.len(),
        failures: cases.iter().filter(|case| case.failure.is_some()).count(),
        skipped: cases.iter().filter(|case| case.skipped.is_some()).count(),
        testcase: cases,
    };
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let mut writer = quick_xml::se::Serializer::new(&mut xml);
    writer.indent(' ', 2);
    Suites { testsuite: suite }.serialize(writer)?;
    xml.push('\n');
    Ok(xml)
}

#[cfg(test)]
mod tests {
    use super::*;
    use glassbox_sandbox::{Facts, limits::Profile};

    fn certificate() -> Certificate {
        let property = |name, verdict| Property { name, about: "It holds", verdict };
        Certificate {
            certified: false,
            plugin: Facts {
                digest: "00ff".to_owned(),
                size_bytes: 10,
                world: None,
                version: None,
                imports: Vec::new(),
                exports: Vec::new(),
            },
            pack_sha256: "ff00".to_owned(),
            profile: Profile::Standard,
            records: 3,
            findings: 1,
            properties: vec![
                property("one", Verdict::Passed("3 records".to_owned())),
                property("two", Verdict::Failed("record 2: \u{1b}[2J <&> \"x\"".to_owned())),
                property("three", Verdict::Skipped("no records".to_owned())),
            ],
            measures: Measures::default(),
        }
    }

    #[test]
    fn people_read_what_failed_and_where() {
        let page = text(&certificate(), "mine.wasm", &Terminal::plain());
        assert!(page.contains("FAIL  two") && page.contains("record 2: \\u{1b}[2J"), "{page}");
        assert!(page.contains("not certified: 1 property failed"), "{page}");
    }

    #[test]
    fn machines_read_the_same_as_junit() {
        let xml = junit(&certificate(), "mine.wasm").expect("it can be written");
        assert!(xml.contains(r#"<testsuite name="glassbox certify" tests="3" failures="1" skipped="1">"#), "{xml}");
        assert!(xml.contains(r#"<testcase classname="mine.wasm" name="two">"#), "{xml}");
        assert!(xml.contains(r"record 2: \u{1b}[2J &lt;&amp;&gt; &quot;x&quot;"), "{xml}");
        assert!(xml.contains("<skipped message=\"no records\">It holds</skipped>"), "{xml}");
    }
}
