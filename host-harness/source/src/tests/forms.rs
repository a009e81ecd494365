//! Lines, XML, CSV, headers with `#`, holes: forms other than JSON, and forms that change in the middle of a file.

use super::{check, check_bytes, read};
use crate::{CodePage, Framer, Input, Ledger, Records};
use glassbox_report::{
    FrameKind,
    Position::{Element, Line},
};

#[test]
fn events_in_xml() {
    let one = "<Event xmlns='u'><System/></Event>";
    let over = "<Event xmlns='u'>\n  <Data Name='a'>x\ny &lt; z</Data>\n</Event>";
    check(&format!("{one}\n{one}\r\n"), &[(Line(1), one), (Line(2), one)]);
    check(&format!("{one}{one} {over}\n"), &[(Element(1), one), (Element(2), one), (Element(3), over)]);
    check(&format!("{over}\n{over}"), &[(Element(1), over), (Element(2), over)]);
    check(&format!("<Events>{one}{over}</Events>"), &[(Element(1), one), (Element(2), over)]);
    check(
        &format!("<?xml version=\"1.0\"?>\n<!-- by hand -->\n<Events xmlns='u'>\n{one}\n{over}\n</Events>\n"),
        &[(Line(4), one), (Element(2), over)],
    );
    let other = "<e:Event xmlns:e='u'><e:System/></e:Event>";
    check(&format!("<e:Events>{other}\n{other}</e:Events>"), &[(Element(1), other), (Element(2), other)]);
    check(
        &format!(
            "Record 1\n<?xml version=\"1.0\" encoding=\"utf-8\"?>\n{over}\nRecord 22\n{one}\n\nRecord 3\n{{\n\"a\":1\n}}\n"
        ),
        &[(Element(1), over), (Line(8), one), (Element(3), "{\n\"a\":1\n}")],
    );
    check("Record 1\nRecord 2 of 3\n", &[(Line(1), "Record 1"), (Line(2), "Record 2 of 3")]);
}

#[test]
fn events_in_xml_end_where_their_tags_say() {
    let tricky = "<Event a='&lt;/Event>'><!-- </Event> --><![CDATA[</Event><Event>]]><EventX></EventX></Event >";
    check(&format!("{tricky}<Event/>\n"), &[(Element(1), tricky), (Element(2), "<Event/>")]);
    let torn = "<Event xmlns='u'><Data Name='a'>cut o";
    let whole = "<Event xmlns='u'><Data/></Event>";
    check(&format!("{torn}\n{whole}\n"), &[(Element(1), torn), (Line(2), whole)]);
    check(&format!("<Event xmlns='u\n{whole}\n"), &[(Element(1), "<Event xmlns='u"), (Line(2), whole)]);
    check(&format!("<Event><![CDATA[ab\n{whole}\n"), &[(Element(1), "<Event><![CDATA[ab"), (Line(2), whole)]);
    check(torn, &[(Line(1), torn)]);
}

#[test]
fn other_xml_is_text() {
    check(
        "<34>Oct 11 host su: x\n<a>\n</a>\n",
        &[(Line(1), "<34>Oct 11 host su: x"), (Line(2), "<a>"), (Line(3), "</a>")],
    );
    check("<?xml version=\"1.0\"?>\n<Objs>\n", &[(Line(1), "<?xml version=\"1.0\"?>"), (Line(2), "<Objs>")]);
    check("<Eventful>\n<!-- x\n", &[(Line(1), "<Eventful>"), (Line(2), "<!-- x")]);
    check("5 <Event></Event>\n", &[(Line(1), "5 <Event></Event>")]);
}

/// The rows of a CSV file, and its header with the delimiter.
#[track_caller]
fn check_csv(input: &str, header: &str, delimiter: char, rows: &[&str]) {
    check_bytes(input.as_bytes(), &lines_of(input, rows), 1_000, false);
    for framed in Framer::open(input.as_bytes(), 1_000).expect("it is text") {
        let frame = framed.frame.expect("a row has its header");
        assert_eq!(frame.kind, FrameKind::CsvHeader { delimiter: delimiter as u8 });
        assert_eq!(String::from_utf8_lossy(&frame.bytes), header);
    }
}

/// Each row with the line that it begins on.
fn lines_of<'a>(input: &str, rows: &[&'a str]) -> Vec<(glassbox_report::Position, &'a str)> {
    let mut from = 0;
    let places = rows.iter().map(|row| {
        let at = from + input[from..].find(row).expect("it is there");
        from = at + row.len();
        (Line(1 + input[..at].matches('\n').count() as u64), *row)
    });
    places.collect()
}

#[test]
fn csv_with_a_header() {
    check_csv("time,user,note\n1,ann,x\n2,ben,\n", "time,user,note\n", ',', &["1,ann,x", "2,ben,"]);
    check_csv("time;user\r\n1;ann\r\n", "time;user\r\n", ';', &["1;ann"]);
    check_csv("time\tuser name\tid\n\tann\t1\n2\t\t", "time\tuser name\tid\n", '\t', &["\tann\t1", "2\t\t"]);
    check_csv("time|user|id\n1|ann|2\n", "time|user|id\n", '|', &["1|ann|2"]);
    check_csv(
        "\"Date and Time\",\"Id\"\n\"a \"\"b\"\"\nc, d\",2\n3,4",
        "\"Date and Time\",\"Id\"\n",
        ',',
        &["\"a \"\"b\"\"\nc, d\",2", "3,4"],
    );
    check_csv(
        "Level,Date and Time,Source\nInfo,1,S,\"a\nb\"\n",
        "Level,Date and Time,Source\n",
        ',',
        &["Info,1,S,\"a\nb\""],
    );
    check_csv("sep=;\ntime;user\n1;ann\n", "sep=;\ntime;user\n", ';', &["1;ann"]);
    check_csv("#TYPE X\n\"Time\",\"Id\"\n\"1\",\"2\"\n", "#TYPE X\n\"Time\",\"Id\"\n", ',', &["\"1\",\"2\""]);
    check_csv("a,b\n1,2\na,b\n\n3,4\n", "a,b\n", ',', &["1,2", "3,4"]);
    // A quote that never ends takes its line and no more.
    check_csv("a,b\n0,0\n1,\"x\n3,4\n", "a,b\n", ',', &["0,0", "1,\"x", "3,4"]);
}

#[test]
fn text_with_commas_is_text() {
    let check_text = |input: &str| {
        let expected: Vec<_> = (1..).map(Line).zip(input.lines()).collect();
        check(input, &expected);
        let mut framed = Framer::open(input.as_bytes(), 1_000).expect("it is text");
        assert!(framed.all(|framed| framed.frame.is_none()), "{input}");
    };
    check_text("Hello, world\nGood bye, all\n");
    check_text("May  4 09:14:07 web01 app: a, b\nMay  4 09:14:08 web01 app: c, d\n");
    check_text("2026-05-04 09:14:07,123 INFO a\n2026-05-04 09:14:08,124 INFO b\n");
    check_text("CEF:0|V|P|1|100|name|5|\nCEF:0|V|P|1|100|name|5|\n");
    check_text("date=1,time=2,user=3\ndate=1,time=2,user=3\n");
    check_text("1,2,3\n4,5,6\n");
    check_text("a,b,c\n");
    check_text("a,b,c\nno columns here\n");
    check_text("a,a\n1,2\n");
    check_text("alice logged in, then out\nbob logged in, then out\n");
}

#[test]
fn rows_below_fields() {
    let header = "#separator \\x09\n#path\tdns\n#fields\tts\tid\n#types\ttime\tstring\n";
    let input = format!("{header}1.5\tC1\n2.5\tC2\n#close\t2026\n{header}3.5\tC3\n#close");
    check(&input, &[(Line(5), "1.5\tC1"), (Line(6), "2.5\tC2"), (Line(12), "3.5\tC3")]);
    let framed: Vec<_> = Framer::open(input.as_bytes(), 1_000).expect("it is text").collect();
    let frame = framed[2].frame.as_ref().expect("it has one");
    assert_eq!(frame.kind, FrameKind::HashFields);
    assert!(String::from_utf8_lossy(&frame.bytes).ends_with(header));
    check("#Software: IIS\n#Fields: date cs-uri\n2026 /\n", &[(Line(3), "2026 /")]);
    check("# a comment\ntext\n#Date: x\n", &[(Line(1), "# a comment"), (Line(2), "text"), (Line(3), "#Date: x")]);
}

#[test]
fn holes_are_no_part_of_records() {
    let hole = "\0".repeat(100);
    check(&format!("{hole}one\n{hole}two\n{hole}"), &[(Element(1), "one"), (Element(2), "two")]);
    check(&format!("{{\"a\":1}}\n{hole}{{\"b\":2}}\n"), &[(Line(1), "{\"a\":1}"), (Element(2), "{\"b\":2}")]);
    check(
        &format!("{{\"a\":\"to{hole}{{\"b\":2}}\n{{}}\n"),
        &[(Element(1), "{\"a\":\"to"), (Element(2), "{\"b\":2}"), (Line(2), "{}")],
    );
    check(
        &format!("May 4 to{hole}May 5 x\nMay 6\n"),
        &[(Element(1), "May 4 to"), (Element(2), "May 5 x"), (Line(2), "May 6")],
    );
    check(&format!("[{{\"a\":1}},{hole}{{\"b\":2}}]"), &[(Element(1), "{\"a\":1}"), (Element(2), "{\"b\":2}")]);
    check("a\0b\0\n", &[(Line(1), "a\0b\0")]);
    let framer = &mut Framer::open(hole.as_bytes(), 1_000).expect("nothing is refused");
    assert_eq!((framer.next(), framer.gaps().hole_bytes), (None, 100));
}

#[test]
fn the_form_may_change_in_the_middle() {
    check(
        "text\n{\"a\":1}\n{\n \"b\": 2\n}\n<Event>\n</Event>\n[{\"c\":3},\n{}]\nlast, text\n",
        &[
            (Line(1), "text"),
            (Line(2), "{\"a\":1}"),
            (Element(3), "{\n \"b\": 2\n}"),
            (Element(4), "<Event>\n</Event>"),
            (Element(5), "{\"c\":3}"),
            (Element(6), "{}"),
            (Line(10), "last, text"),
        ],
    );
    check("a,b\n1,2\n{\"c\":1,\"d\":2}\nx\n", &[(Line(2), "1,2"), (Line(3), "{\"c\":1,\"d\":2}"), (Line(4), "x")]);
}

#[test]
fn what_breaks_off_takes_no_neighbour_along() {
    let lines = "Nov 17 a\n<86>1 b\n\"quoted\n  indented\n";
    check(
        &format!("{{\"a\":\n\"b\",\n{lines}"),
        &[
            (Element(1), "{\"a\":\n\"b\","),
            (Line(3), "Nov 17 a"),
            (Line(4), "<86>1 b"),
            (Line(5), "\"quoted"),
            (Line(6), "  indented"),
        ],
    );
    let object = "{\n \"a\": 1\n}";
    let broken = "{\n \"b\": \"x\n y\",\n \"c\": 1\n}";
    check(
        &format!("{object}\n{broken}\n{object}\n"),
        &[(Element(1), object), (Element(2), broken), (Element(3), object)],
    );
    let stray = "{\n \"b\": 1 x 2,\n \"c\": 1\n}";
    check(&format!("{stray}\n{object}\ntext\n"), &[(Element(1), stray), (Element(2), object), (Line(8), "text")]);
    check_bytes(b"{\n \"a\": 1,\n \"b\"", &[(Element(1), "{\n \"a\": 1,\n \"b\"")], 1_000, true);
}

/// A source of these bytes, in memory.
fn memory(name: &str, bytes: Vec<u8>) -> Input {
    Input::Bytes { name: name.to_owned(), bytes: bytes.into() }
}

#[test]
fn utf16_is_decoded_and_said() {
    let text = "{\"a\":\"ä€\u{1f600}\"}\r\n{\"b\":2}\n";
    let units: Vec<u16> = text.encode_utf16().collect();
    let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
    let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
    let marked = |mark: &[u8], bytes: &[u8]| [mark, bytes].concat();
    for (bytes, encoding) in [
        (marked(b"\xff\xfe", &little), "UTF-16LE"),
        (marked(b"\xfe\xff", &big), "UTF-16BE"),
        (little.clone(), "UTF-16LE"),
        (big.clone(), "UTF-16BE"),
    ] {
        let ledger = std::sync::Arc::new(Ledger::default());
        let records: Vec<_> = Records::new(vec![memory("wide", bytes)], 1_000, std::sync::Arc::clone(&ledger))
            .map(|record| record.expect("sources report through the ledger").bytes)
            .collect();
        assert_eq!(records, [&text.as_bytes()[..text.find('\r').expect("it has one")], b"{\"b\":2}"]);
        let account = ledger.snapshot();
        assert_eq!(account.decoded.len(), 1);
        assert_eq!((account.decoded[0].source.as_str(), account.decoded[0].encoding), ("wide", encoding));
    }
    assert_eq!(read(vec![memory("plain", b"\xef\xbb\xbfab\n".to_vec())]).0, ["0:Line(1):ab"]);
}

#[test]
fn code_pages_by_word() {
    let named = |word: &str, bytes: &[u8]| {
        let page: CodePage = word.parse().expect("it is known");
        let ledger = std::sync::Arc::new(Ledger::default());
        let records = Records::new(vec![memory("x", bytes.to_vec())], 1_000, std::sync::Arc::clone(&ledger));
        let text: Vec<_> = records
            .decoding(Some(page))
            .map(|record| String::from_utf8(record.expect("it is read").bytes).expect("it is UTF-8"))
            .collect();
        (text, ledger.snapshot().decoded.iter().map(|decoded| decoded.encoding).collect::<Vec<_>>())
    };
    assert_eq!(named("cp1252", b"M\xfcller\n"), (vec!["Müller".to_owned()], vec!["windows-1252"]));
    assert_eq!(named("shift_jis", b"\x83\x4d\n"), (vec!["ギ".to_owned()], vec!["Shift_JIS"]));
    assert_eq!(named("utf-8", "ü\n".as_bytes()), (vec!["ü".to_owned()], vec![]));
    // What a file says of itself comes first.
    assert_eq!(named("cp1252", "\u{feff}ü\n".as_bytes()), (vec!["ü".to_owned()], vec![]));
    let unknown = "klingon".parse::<CodePage>().expect_err("there is none");
    assert!(unknown.to_string().contains("klingon") && unknown.to_string().contains("windows-1252"), "{unknown}");
}
