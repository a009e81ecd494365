use std::{
    fs,
    io::{self, Read, Write},
    path::PathBuf,
    sync::Arc,
};

use super::{Framer, Input, Ledger, Plan, Problem, Records, WhyPassedOver, plan};
use crate::limits::Limits;
use glassbox_report::Position::{self, Element, Line};

/// Gives `bytes` in pieces of `chunk`, as a slow pipe does.
struct Pieces<'a> {
    bytes: &'a [u8],
    chunk: usize,
}

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.chunk.min(self.bytes.len()).min(buffer.len());
        buffer[..length].copy_from_slice(&self.bytes[..length]);
        self.bytes = &self.bytes[length..];
        Ok(length)
    }
}

fn frame(bytes: &[u8], chunk: usize, record_bytes_max: usize) -> (Vec<(Position, String)>, bool) {
    let mut framer = Framer::open(Pieces { bytes, chunk }, record_bytes_max).expect("these bytes are not refused");
    let records =
        framer.by_ref().map(|framed| (framed.position, String::from_utf8_lossy(&framed.bytes).into_owned())).collect();
    (records, framer.is_cut_short())
}

#[track_caller]
fn check(input: &str, expected: &[(Position, &str)]) {
    check_bytes(input.as_bytes(), expected, 1_000, false);
}

#[track_caller]
fn check_bytes(input: &[u8], expected: &[(Position, &str)], record_bytes_max: usize, cut_short: bool) {
    let expected: Vec<_> = expected.iter().map(|(position, text)| (*position, (*text).to_owned())).collect();
    for chunk in (1..=input.len().max(1)).filter(|chunk| *chunk <= 40 || *chunk == input.len()) {
        let (records, is_cut_short) = frame(input, chunk, record_bytes_max);
        assert_eq!(records, expected, "in pieces of {chunk}");
        assert_eq!(is_cut_short, cut_short, "in pieces of {chunk}");
    }
}

#[test]
fn lines() {
    check("", &[]);
    check("\n \r\n\n", &[]);
    check("one\ntwo", &[(Line(1), "one"), (Line(2), "two")]);
    check("one\r\n\r\n \t\nfour\r\n", &[(Line(1), "one"), (Line(4), "four")]);
    check("\n\nthird\n", &[(Line(3), "third")]);
    check("  <34>Oct 11 22:14:15 host su: x \n", &[(Line(1), "  <34>Oct 11 22:14:15 host su: x ")]);
    check("[1234.5] usb 1-1: new\n[1234.6] x", &[(Line(1), "[1234.5] usb 1-1: new"), (Line(2), "[1234.6] x")]);
    check("[] empty tag\nnext", &[(Line(1), "[] empty tag"), (Line(2), "next")]);
    check("type=SYSCALL msg=audit(1:2): a=\"{\"\n", &[(Line(1), "type=SYSCALL msg=audit(1:2): a=\"{\"")]);
    check("a\rb\n", &[(Line(1), "a\rb")]);
}

#[test]
fn json_lines() {
    check("{\"a\":1}\n{\"b\":\"}\"}\n", &[(Line(1), "{\"a\":1}"), (Line(2), "{\"b\":\"}\"}")]);
    check("{\"a\":\"\\\"}\"}  \r\n\n{}", &[(Line(1), "{\"a\":\"\\\"}\"}"), (Line(3), "{}")]);
    // A first line that is cut off, in a string and between members.
    check("{\"a\":\"x\n{\"b\":2}\n", &[(Line(1), "{\"a\":\"x"), (Line(2), "{\"b\":2}")]);
    check("{\"a\":1,\n{\"b\":2}\n", &[(Line(1), "{\"a\":1,"), (Line(2), "{\"b\":2}")]);
    // A line that is broken later on does not touch its neighbours.
    check("{\"a\":1}\n{\"b\n{\"c\":3}", &[(Line(1), "{\"a\":1}"), (Line(2), "{\"b"), (Line(3), "{\"c\":3}")]);
    check("{user} logged in\nx", &[(Line(1), "{user} logged in"), (Line(2), "x")]);
    check("{\"Records\":1}\n{}", &[(Line(1), "{\"Records\":1}"), (Line(2), "{}")]);
    check("{\"Rec\":[{}]}\n{}", &[(Line(1), "{\"Rec\":[{}]}"), (Line(2), "{}")]);
}

#[test]
fn arrays() {
    check("[]", &[]);
    check(" [ ] \n", &[]);
    check("[{\"a\":1},{\"b\":[{}]}]", &[(Element(1), "{\"a\":1}"), (Element(2), "{\"b\":[{}]}")]);
    check("[\n  {\n    \"a\": 1\n  },\n  {}\n]\n", &[(Element(1), "{\n    \"a\": 1\n  }"), (Element(2), "{}")]);
    check(
        "[{\"a\":\"],[{\\\"\"},7 , \"x,]\",null]",
        &[(Element(1), "{\"a\":\"],[{\\\"\"}"), (Element(2), "7"), (Element(3), "\"x,]\""), (Element(4), "null")],
    );
    check("[{}]\n[{\"a\":1},[1]]", &[(Element(1), "{}"), (Element(2), "{\"a\":1}"), (Element(3), "[1]")]);
}

#[test]
fn broken_arrays_lose_one_element() {
    check_bytes(b"[{\"a\":1},{\"b\":", &[(Element(1), "{\"a\":1}"), (Element(2), "{\"b\":")], 1_000, true);
    check_bytes(b"[{\"a\":1},{\"b\":2}", &[(Element(1), "{\"a\":1}"), (Element(2), "{\"b\":2}")], 1_000, true);
    let (first, broken) = ("{\"t\":1,\"n\":[{\"x\":1},{\"x\":2}]}", "{\"t\":\"x\ny\",\"n\":[{\"x\":1},{\"x\":2}]}");
    let expected = [first, broken, first, "{\"t\":2}"].map(str::to_owned);
    let expected: Vec<_> = (1..).map(Element).zip(expected.iter().map(String::as_str)).collect();
    check(&format!("[{first},\n{broken},\n{first},\n{{\"t\":2}}]\n"), &expected);
    check(&format!("{{\"Records\":[\n  {first},\n  {broken},\n  {first},\n  {{\"t\":2}}\n]}}\n"), &expected);
    check(&format!("{{\"Records\":[{first},{broken},{first},{{\"t\":2}}],\"x\":1}}"), &expected);
    check(
        "[{\"a\":1} rubbish, {\"b\":2}]",
        &[(Element(1), "{\"a\":1}"), (Element(2), "rubbish"), (Element(3), "{\"b\":2}")],
    );
}

#[test]
fn a_line_of_an_envelope_that_is_cut_off_loses_one_record() {
    check_bytes(
        b"{\"Records\":[{\"a\":1},{\"b\":\"x\n{\"Records\":[{\"a\":2}]}\n{\"a\":3}\n",
        &[(Element(1), "{\"a\":1}"), (Element(2), "{\"b\":\"x"), (Element(3), "{\"a\":2}"), (Line(3), "{\"a\":3}")],
        1_000,
        true,
    );
    check_bytes(
        b"{\"Records\":[{\"a\":1},{\"b\":\n{\"Records\":[{\"a\":2}]}\n",
        &[(Element(1), "{\"a\":1}"), (Element(2), "{\"b\":"), (Element(3), "{\"a\":2}")],
        1_000,
        true,
    );
}

#[test]
fn wrappers() {
    check("{\"Records\":[{\"a\":1},{\"b\":2}]}", &[(Element(1), "{\"a\":1}"), (Element(2), "{\"b\":2}")]);
    check("{\n  \"Records\": [\n    {\"a\": 1}\n  ]\n}\n", &[(Element(1), "{\"a\": 1}")]);
    check("{\"Records\":[]}", &[]);
    check(
        "{\"Records\":[{\"time\":1}],\"more\":{\"x\":[\"}\"]}}\n{\"Records\":[{\"b\":2}]}",
        &[(Element(1), "{\"time\":1}"), (Element(2), "{\"b\":2}")],
    );
    check_bytes(b"{\"Records\":[{\"a\":1}", &[(Element(1), "{\"a\":1}")], 1_000, true);
    let spread = format!("{{{}\"Records\":[{{\"a\":1}}]}}", " ".repeat(2_000));
    check(&spread, &[(Element(1), "{\"a\":1}")]);
}

#[test]
fn values_one_after_another() {
    check("{\n \"a\": 1\n}\n{\n \"b\": 2\n}", &[(Element(1), "{\n \"a\": 1\n}"), (Element(2), "{\n \"b\": 2\n}")]);
    check(
        "{\"a\":1}{\"b\":2} {\"c\":3}",
        &[(Element(1), "{\"a\":1}"), (Element(2), "{\"b\":2}"), (Element(3), "{\"c\":3}")],
    );
    check("{\"a\":1},\n{\"b\":2},\n", &[(Element(1), "{\"a\":1}"), (Element(2), "{\"b\":2}")]);
    check("{\r\n\"a\": {\r\n\"b\": 2 }}\r\n", &[(Element(1), "{\r\n\"a\": {\r\n\"b\": 2 }}")]);
    check("{\n\"a\": 1\n}\nERROR  x\r\n{}", &[(Element(1), "{\n\"a\": 1\n}"), (Line(4), "ERROR  x"), (Line(5), "{}")]);
    // A string that is cut off: the next line with a brace at its beginning is a new value.
    check(
        "{\n \"a\": 1\n}\n{\n \"b\": \"x\n{\n \"c\": 3\n}",
        &[(Element(1), "{\n \"a\": 1\n}"), (Element(2), "{\n \"b\": \"x"), (Element(3), "{\n \"c\": 3\n}")],
    );
}

#[test]
fn a_record_over_the_limit_is_given_by_its_beginning() {
    check_bytes(
        b"12345\n123456\r\n1234567\n12345\r\n1",
        &[(Line(1), "12345"), (Line(2), "123456"), (Line(3), "123456"), (Line(4), "12345"), (Line(5), "1")],
        5,
        false,
    );
    check_bytes(b"[{\"a\":\"123456789\"},{}]", &[(Element(1), "{\"a\":"), (Element(2), "{}")], 4, false);
}

#[test]
fn a_mark_at_the_beginning_is_stripped() {
    check_bytes(b"\xef\xbb\xbf{\"a\":1}\n{}", &[(Line(1), "{\"a\":1}"), (Line(2), "{}")], 1_000, false);
    check_bytes(b"\xef\xbb\xbf", &[], 1_000, false);
}

#[test]
fn every_byte_of_a_source_without_white_space_comes_back() {
    // Whatever is broken, nothing between the brackets gets lost.
    for input in ["{\"a\":{]}", "[{\"a\":1}}]{", "{\"Records\":[{}]", "{]{\"a\"", "[{\"a\":\"\\", "{{{{", "[{}]]]"] {
        let (records, _) = frame(input.as_bytes(), 3, 1_000);
        let given: usize = records.iter().map(|(_, text)| text.len()).sum();
        let framing = ["{\"Records\":", "[", "]"].iter().map(|it| it.len()).sum::<usize>();
        assert!(given + framing >= input.len(), "{input}: {records:?}");
    }
}

#[test]
fn forms_that_are_not_read_are_named() {
    let check = |bytes: &[u8], word: &str| {
        let Err(error) = Framer::open(bytes, 1_000) else { panic!("{bytes:?} should be refused") };
        assert!(error.to_string().contains(word), "{error}");
    };
    check(b"ElfFile\0\0\0", "evtx_dump");
    check(b"LPKSHHRH....", "journalctl");
    check(b"SQLite format 3\0", "SQLite");
}

fn read(inputs: Vec<Input>) -> (Vec<String>, Vec<Problem>) {
    let ledger = Arc::new(Ledger::default());
    let records = Records::new(inputs, 1_000, Arc::clone(&ledger))
        .map(|record| record.expect("sources report through the ledger"))
        .map(|record| format!("{}:{:?}:{}", record.source, record.position, String::from_utf8_lossy(&record.bytes)))
        .collect();
    (records, ledger.problems())
}

fn file(name: &str, bytes: &[u8]) -> (tempfile::TempDir, Input) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join(name);
    fs::write(&path, bytes).expect("a file in it");
    (folder, Input::File { name: name.to_owned(), path })
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).expect("memory takes it");
    encoder.finish().expect("memory takes it")
}

fn zst(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).expect("memory takes it")
}

#[test]
fn compressed_sources_are_told_by_their_bytes() {
    let two_members = [gzip(b"one\ntw"), gzip(b"o\n")].concat();
    let two_frames = [zst(b"one\ntw"), zst(b"o\n")].concat();
    for (name, bytes) in [("a.log.gz", &two_members), ("a.log", &two_members), ("a.log.zst", &two_frames)] {
        let (_folder, input) = file(name, bytes);
        assert_eq!(read(vec![input]), (vec!["0:Line(1):one".to_owned(), "0:Line(2):two".to_owned()], Vec::new()));
    }
}

#[test]
fn damaged_sources_give_what_could_be_read_and_a_problem() {
    let whole = zst("a line that is long enough\n".repeat(100_000).as_bytes());
    let text: Vec<u8> = (0..200_000_u32)
        .flat_map(|number| format!("line {}\n", number.wrapping_mul(2_654_435_761)).into_bytes())
        .collect();
    for (name, bytes) in [("a.log.gz", gzip(&text)), ("a.log.zst", zst(&text)), ("b.log.zst", whole)] {
        let (_folder, input) = file(name, &bytes[..bytes.len() - 7]);
        let (records, problems) = read(vec![input, Input::Memory { name: "next".to_owned(), bytes: b"x" }]);
        assert_eq!(records.last().map(String::as_str), Some("1:Line(1):x"), "the next source is still read");
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert_eq!(problems[0].source, name);
        assert!(problems[0].what.contains("cut short"), "{problems:?}");
    }
    let (_folder, input) = file("damaged.gz", &[1; 100]);
    assert!(read(vec![input]).1[0].what.contains("named as gzip"));
    let (_folder, input) = file("plain.gz", b"{\"a\":1}");
    assert_eq!(read(vec![input]), (vec!["0:Line(1):{\"a\":1}".to_owned()], Vec::new()));
}

/// The problem that comes of a source under these limits.
fn problem_within(limits: &str, name: &str, bytes: &[u8]) -> Option<String> {
    let mut within = Limits::default();
    within.set_all(limits).expect("they are limits");
    let (_folder, input) = file(name, bytes);
    let ledger = Arc::new(Ledger::default());
    let records = Records::new(vec![input], 1_000, Arc::clone(&ledger)).within(&within);
    let given: usize = records.map(|record| record.expect("sources report through the ledger").bytes.len()).sum();
    assert!(given <= 1 << 20, "the host does not hold it");
    ledger.problems().into_iter().next().map(|problem| problem.what)
}

#[test]
fn a_file_that_grows_without_end_is_stopped() {
    let size = 128 << 20;
    let bomb = zst(&vec![b'x'; size]);
    assert!(size / bomb.len() > 1_000, "the test's own premise");
    let said = problem_within("", "bomb.log.zst", &bomb).expect("it is stopped");
    assert!(said.contains("limit of 1000 times") && said.contains("decompressed_ratio_max"), "{said}");
}

#[test]
fn limits_of_unpacking_hold_for_every_form() {
    let lines = "a line of twenty b.\n".repeat(5_000);
    for (name, bytes) in [("a.log.gz", gzip(lines.as_bytes())), ("a.log.zst", zst(lines.as_bytes()))] {
        assert_eq!(problem_within("decompressed_bytes_max=100_000", name, &bytes), None, "{name}");
        let said = problem_within("decompressed_bytes_max=99_999", name, &bytes).expect("it is stopped");
        assert!(said.contains("99999 bytes a file") && said.contains("raise decompressed_bytes_max"), "{said}");
        let said = problem_within("decompressed_ratio_max=20\ndecompressed_bytes_free=0", name, &bytes);
        assert!(said.is_some_and(|said| said.contains("limit of 20 times")), "{name}");
        let free = problem_within("decompressed_ratio_max=20\ndecompressed_bytes_free=100_000", name, &bytes);
        assert_eq!(free, None, "{name}: as small as that nobody asks");
    }
}

/// A folder with these files in it.
fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, bytes) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("it is below the folder")).expect("folders");
        fs::write(path, bytes).expect("a file");
    }
    folder
}

/// The way from a folder to what is named.
fn below(folder: &tempfile::TempDir, name: &str) -> String {
    name.strip_prefix(&*folder.path().to_string_lossy()).unwrap_or(name).to_owned()
}

/// What is passed over in a folder, and why.
fn passed(folder: &tempfile::TempDir, plan: &Plan) -> Vec<(String, WhyPassedOver)> {
    plan.passed_over.iter().map(|passed| (below(folder, &passed.source), passed.why)).collect()
}

#[test]
fn folders_are_searched_by_what_files_hold() {
    let line = b"May  4 09:14:07 web01 sshd[1234]: session opened".as_slice();
    let wide: Vec<u8> = String::from_utf8_lossy(line).encode_utf16().flat_map(u16::to_le_bytes).collect();
    let hole = [&[0; 20_000], line].concat();
    let folder = folder(&[
        ("z.json", b"{\"a\":1}"),
        ("messages", line),
        ("audit/audit.log.1", line),
        ("auth.log.2.gz", &gzip(line)),
        ("named-wrongly.bz2", line),
        ("secure-20260504", line),
        ("wide.txt", &wide),
        ("hole.log", &hole),
        ("empty.log", b""),
        ("picture.json", &(0..=255).cycle().take(5_000).collect::<Vec<u8>>()),
        ("records.db", b"SQLite format 3\0..."),
        ("rules/rule.yml", b"title: x"),
        ("nulls.log", &[0; 9_000]),
    ]);
    let plan = plan(&[folder.path().to_owned()]);
    let names: Vec<_> = plan.inputs.iter().map(|input| below(&folder, input.name())).collect();
    let expected = [
        "/audit/audit.log.1",
        "/auth.log.2.gz",
        "/hole.log",
        "/messages",
        "/named-wrongly.bz2",
        "/secure-20260504",
        "/wide.txt",
        "/z.json",
    ];
    assert_eq!(names, expected);
    let passed = passed(&folder, &plan);
    let expected = [
        ("/empty.log", WhyPassedOver::Empty),
        ("/nulls.log", WhyPassedOver::Binary),
        ("/picture.json", WhyPassedOver::Binary),
        ("/records.db", WhyPassedOver::KnownForm),
        ("/rules/rule.yml", WhyPassedOver::KnownForm),
    ];
    assert_eq!(passed, expected.map(|(name, why)| (name.to_owned(), why)));
    assert_eq!((plan.skipped, &plan.problems), (5, &Vec::new()));
    let (records, problems) = read(plan.inputs.clone());
    assert_eq!(records.len(), 8);
    assert!(records.iter().all(|record| record.ends_with("session opened") || record.ends_with("{\"a\":1}")));
    assert_eq!(problems, []);
}

#[test]
fn a_file_that_is_met_twice_is_read_once() {
    let folder = folder(&[("a.log", b"one"), ("b.log", b"two")]);
    let (a, root) = (folder.path().join("a.log"), folder.path().to_owned());
    fs::hard_link(&a, root.join("c.log")).expect("a second name");
    let plan = plan(&[a.clone(), root, a]);
    let names: Vec<_> = plan.inputs.iter().map(|input| below(&folder, input.name())).collect();
    assert_eq!(names, ["/a.log", "/b.log"]);
    let again = [("/a.log".to_owned(), WhyPassedOver::MetBefore), ("/c.log".to_owned(), WhyPassedOver::MetBefore)];
    assert_eq!(passed(&folder, &plan), again);
    assert_eq!(plan.notes.len(), 1);
    assert!(plan.notes[0].what.contains("read once"), "{:?}", plan.notes);
    assert_eq!(plan.problems, []);
}

#[cfg(unix)]
#[test]
fn in_a_folder_only_its_regular_files_are_opened() {
    use std::os::unix::{fs::symlink, net::UnixListener};

    let elsewhere = folder(&[("secret.log", b"secret")]);
    let folder = folder(&[("a.log", b"one"), ("sub/b.log", b"two")]);
    let root = folder.path();
    symlink("a.log", root.join("inside.log")).expect("a link");
    symlink("sub", root.join("inside")).expect("a link");
    symlink("..", root.join("sub/circle")).expect("a link");
    symlink("nowhere", root.join("dangling.log")).expect("a link");
    symlink(elsewhere.path().join("secret.log"), root.join("outside.log")).expect("a link");
    symlink("/dev/zero", root.join("zero.log")).expect("a link");
    let _socket = UnixListener::bind(root.join("socket.log")).expect("a socket");
    let plan = plan(&[root.to_owned()]);
    let names: Vec<_> = plan.inputs.iter().map(|input| below(&folder, input.name())).collect();
    assert_eq!(names, ["/a.log", "/sub/b.log"]);
    let expected = [
        ("/dangling.log", WhyPassedOver::Link),
        ("/inside", WhyPassedOver::MetBefore),
        ("/inside.log", WhyPassedOver::MetBefore),
        ("/outside.log", WhyPassedOver::Link),
        ("/socket.log", WhyPassedOver::Special),
        ("/sub/circle", WhyPassedOver::MetBefore),
        ("/zero.log", WhyPassedOver::Link),
    ];
    assert_eq!(passed(&folder, &plan), expected.map(|(name, why)| (name.to_owned(), why)));
    let problems: Vec<_> = plan.problems.iter().map(|problem| below(&folder, &problem.source)).collect();
    assert_eq!(problems, ["/outside.log", "/socket.log", "/zero.log"]);

    // What becomes a link after it was found is not followed either.
    fs::remove_file(root.join("a.log")).expect("it is there");
    symlink(elsewhere.path().join("secret.log"), root.join("a.log")).expect("a link");
    fs::rename(root.join("sub"), root.join("old")).expect("it is there");
    symlink(elsewhere.path(), root.join("sub")).expect("a link");
    fs::write(elsewhere.path().join("b.log"), "secret").expect("a file");
    let (records, problems) = read(plan.inputs);
    assert_eq!((records, problems.len()), (Vec::new(), 2));
}

#[test]
fn what_cannot_be_read_is_a_problem_of_its_own() {
    let folder = folder(&[
        ("notes.txt", b"named itself"),
        ("Security.evtx", b"ElfFile\0"),
        ("logs/Security.evtx", b"ElfFile\0"),
        ("empty/nothing.log", b""),
    ]);
    let plan = plan(&["notes.txt", "logs", "empty", "absent.json"].map(|name| folder.path().join(name)));
    assert_eq!(plan.inputs.len(), 1);
    let said: Vec<_> = plan.problems.iter().map(|problem| problem.what.as_str()).collect();
    assert!(said[0].contains("holds 1 .evtx") && said[0].contains("evtx_dump"), "{said:?}");
    assert!(said[1].contains("holds no records"), "{said:?}");
    assert!(said[2].contains("no such file"), "{said:?}");
    assert_eq!(plan_of_stdin().inputs, [Input::StandardInput]);
    let path = folder.path().join("Security.evtx");
    let (_, problems) = read(super::plan(&[path]).inputs);
    assert!(problems[0].what.contains("evtx_dump"), "{problems:?}");
}

mod envelopes;
mod forms;
mod properties;
mod unpacking;

fn plan_of_stdin() -> Plan {
    plan(&[PathBuf::from("-"), PathBuf::from("-")])
}
