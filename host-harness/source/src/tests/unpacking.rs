//! Compressed files and archives.

use std::{
    io::{Cursor, Write},
    sync::Arc,
};

use super::{file, gzip, read, zst};
use crate::limits::Limits;
use crate::{Input, Ledger, Records, SourceAccount, WhyPassedOver};

fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::default());
    encoder.write_all(bytes).expect("memory takes it");
    encoder.finish().expect("memory takes it")
}

fn xz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = lzma_rust2::XzWriter::new(Vec::new(), lzma_rust2::XzOptions::with_preset(1)).expect("it begins");
    encoder.write_all(bytes).expect("memory takes it");
    encoder.finish().expect("memory takes it")
}

fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, *bytes).expect("memory takes it");
    }
    builder.into_inner().expect("memory takes it")
}

fn zip(files: &[(&str, &[u8])], method: zip::CompressionMethod) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        let options = zip::write::SimpleFileOptions::default().compression_method(method);
        writer.start_file(*name, options).expect("memory takes it");
        writer.write_all(bytes).expect("memory takes it");
    }
    writer.finish().expect("memory takes it").into_inner()
}

/// A zip archive of one member whose bytes are compressed already.
fn zip_of(name: &str, method: u16, compressed: &[u8], plain: &[u8]) -> Vec<u8> {
    let mut crc = flate2::Crc::new();
    crc.update(plain);
    let common = [
        &[20, 0, 0, 0][..],
        &method.to_le_bytes(),
        &[0; 4],
        &crc.sum().to_le_bytes(),
        &(compressed.len() as u32).to_le_bytes(),
        &(plain.len() as u32).to_le_bytes(),
        &(name.len() as u16).to_le_bytes(),
        &[0; 2],
    ]
    .concat();
    let local = [b"PK\x03\x04", common.as_slice(), name.as_bytes(), compressed].concat();
    let central = [b"PK\x01\x02\x14\x00", common.as_slice(), &[0; 14], name.as_bytes()].concat();
    let end = [
        b"PK\x05\x06\0\0\0\0\x01\0\x01\0".as_slice(),
        &(central.len() as u32).to_le_bytes(),
        &(local.len() as u32).to_le_bytes(),
        &[0; 2],
    ]
    .concat();
    [local, central, end].concat()
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).expect("memory takes it");
    encoder.finish().expect("memory takes it")
}

/// What is read of a file: each record with the name of its source, and the account.
fn records(name: &str, bytes: &[u8], limits: &str) -> (Vec<String>, SourceAccount) {
    let mut within = Limits::default();
    within.set_all(limits).expect("they are limits");
    let (_folder, input) = file(name, bytes);
    let ledger = Arc::new(Ledger::default());
    let records = Records::new(vec![input], 1_000, Arc::clone(&ledger)).within(&within);
    let records = records
        .map(|record| {
            let record = record.expect("sources report through the ledger");
            let source = ledger.name(record.source).expect("every source has a name");
            format!("{source}: {}", String::from_utf8_lossy(&record.bytes))
        })
        .collect();
    (records, ledger.snapshot())
}

#[test]
fn every_compression_is_told_by_its_bytes() {
    let text = b"one\ntwo\n";
    let forms =
        [gzip(text), zst(text), bzip2(text), xz(text), [bzip2(b"one\nt"), bzip2(b"wo")].concat(), gzip(&xz(text))];
    for bytes in forms {
        for name in ["a.log", "a.log.gz", "a.bz2"] {
            let (_folder, input) = file(name, &bytes);
            assert_eq!(read(vec![input]), (vec!["0:Line(1):one".to_owned(), "0:Line(2):two".to_owned()], Vec::new()));
        }
    }
    let (_folder, input) = file("a.log", b"BZh is no archive\nfd7zXZ\n");
    assert_eq!(read(vec![input]).0.len(), 2);
}

#[test]
fn archives_are_read_file_by_file() {
    let inner = gzip(b"{\"c\":3}");
    let long = format!("{}/long.log", "very-long-name-".repeat(20));
    let binary: Vec<u8> = (0..=255).collect();
    let files: [(&str, &[u8]); 6] = [
        ("auth.log", b"one\ntwo\n"),
        ("b/day.json.gz", &inner),
        ("empty.log", b""),
        (&long, b"long"),
        ("picture.png", &binary),
        ("win.evtx", b"ElfFile\0"),
    ];
    let archives = [
        ("a.tar", tar(&files)),
        ("a.tgz", gzip(&tar(&files))),
        ("a.tar.xz", xz(&tar(&files))),
        ("a.zip", zip(&files, zip::CompressionMethod::STORE)),
        ("a.tar.gz", gzip(&zip(&files, zip::CompressionMethod::STORE))),
    ];
    for (archive, bytes) in archives {
        let (records, account) = records(archive, &bytes, "");
        let expected = [
            format!("{archive}/auth.log: one"),
            format!("{archive}/auth.log: two"),
            format!("{archive}/b/day.json.gz: {{\"c\":3}}"),
            format!("{archive}/{long}: long"),
        ];
        assert_eq!(records, expected, "{:?}", account.problems);
        assert_eq!(account.sources, 3);
        let passed: Vec<_> = account.passed_over_files.iter().map(|passed| passed.why).collect();
        assert_eq!(passed, [WhyPassedOver::Empty, WhyPassedOver::Binary, WhyPassedOver::KnownForm]);
        assert_eq!(account.problems.len(), 1);
        assert_eq!(account.problems[0].source, format!("{archive}/win.evtx"));
    }
}

#[test]
fn members_of_zip_archives_are_decompressed() {
    let text = b"one\ntwo\n".repeat(100);
    for (method, compressed) in [(8, deflate(&text)), (12, bzip2(&text)), (93, zst(&text)), (95, xz(&text))] {
        let archive = zip_of("a.log", method, &compressed, &text);
        let (records, account) = records("a.zip", &archive, "");
        assert_eq!((records.len(), account.problems), (200, Vec::new()), "{method}");
    }
    let mut damaged = zip_of("a.log", 8, &deflate(&text), &text);
    damaged[40] ^= 0xff;
    let (_, account) = records("a.zip", &damaged, "");
    assert_eq!(account.problems.len(), 1, "{account:?}");
    let (_, account) = records("a.zip", &zip_of("a.log", 1, b"xx", b"xx"), "");
    assert!(account.problems[0].what.contains("which is not read"), "{account:?}");
    let (_, account) = records("a.docx", &zip(&[("[Content_Types].xml", b"x")], zip::CompressionMethod::STORE), "");
    assert!(account.problems[0].what.contains("office document"), "{account:?}");
}

#[test]
fn damaged_archives_give_what_comes_before_the_damage() {
    let archive = tar(&[("a.log", b"one"), ("b.log", &b"two\n".repeat(1_000)), ("c.log", b"three")]);
    let (read, account) = records("a.tar", &archive[..3_000], "");
    assert!(read.len() > 100, "{}", read.len());
    assert!(account.problems.iter().any(|problem| problem.what.contains("cut short")), "{account:?}");
    let mut damaged = archive;
    damaged[1_024] ^= 1;
    let (read, account) = records("a.tar", &damaged, "");
    assert_eq!((read.as_slice(), account.problems.len()), (["a.tar/a.log: one".to_owned()].as_slice(), 1));
    let zip = zip(&[("a.log", b"one")], zip::CompressionMethod::STORE);
    let (_, account) = records("a.zip", &zip[..zip.len() - 10], "");
    assert!(account.problems[0].what.contains("damaged zip archive"), "{account:?}");
}

#[test]
fn limits_of_archives_are_named() {
    let check = |bytes: &[u8], limits: &str, word: &str| {
        let (_, account) = records("a.bin", bytes, limits);
        assert!(account.problems.iter().any(|problem| problem.what.contains(word)), "{account:?}");
    };
    let five = (0..5).fold(b"text".to_vec(), |bytes, _| gzip(&bytes));
    check(&five, "", "raise unpacked_layers_max");
    assert_eq!(records("a", &five, "unpacked_layers_max=5").0, ["a: text"]);
    let files: [(&str, &[u8]); 3] = [("a", b"1"), ("b", b"2"), ("c", b"3")];
    for archive in [tar(&files), zip(&files, zip::CompressionMethod::STORE)] {
        check(&archive, "archive_members_max=2", "raise archive_members_max");
        assert_eq!(records("a", &archive, "archive_members_max=3").0.len(), 3);
    }
    let piped = gzip(&zip(&files, zip::CompressionMethod::STORE));
    check(&piped, "archive_spooled_bytes_max=100", "raise archive_spooled_bytes_max");
    let line = b"a line of twenty b.\n".repeat(5_000);
    let deflated = zip_of("a.log", 8, &deflate(&line), &line);
    check(&deflated, "decompressed_bytes_max=99_999", "raise decompressed_bytes_max");
    check(&deflated, "decompressed_ratio_max=20\ndecompressed_bytes_free=0", "raise decompressed_ratio_max");
    assert_eq!(records("a", &deflated, "decompressed_bytes_max=100_000").1.problems, []);
}

#[test]
fn a_pipe_is_unpacked_as_a_file_is() {
    let archive = zip(&[("a.log", b"one")], zip::CompressionMethod::STORE);
    let input = Input::Bytes { name: "memory".to_owned(), bytes: gzip(&archive).into() };
    let (records, problems) = read(vec![input]);
    assert_eq!((records, problems), (vec!["1:Line(1):one".to_owned()], Vec::new()));
}
