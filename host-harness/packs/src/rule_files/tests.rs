//! Files, folders with links, and packages that are made here.

use std::io::Write;

use super::*;

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    folder
}

/// Names below the folder or package, with texts.
fn read(path: &Path) -> Vec<(String, String)> {
    let files = read_rule_files(&[path.to_owned()]).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let name = |it: &NamedFile| it.name.split_once('/').map_or(it.name.clone(), |(_, name)| name.to_owned());
    files.into_iter().map(|it| (name(&it), it.file.text)).collect()
}

fn expected(files: &[(&str, &str)]) -> Vec<(String, String)> {
    files.iter().map(|&(name, text)| (name.to_owned(), text.to_owned())).collect()
}

const FILES: [(&str, &str); 4] =
    [("rules/b.YAML", "b"), ("rules/deep/a.yml", "a"), ("rules/readme.md", "no rule"), ("c.yml", "c")];
const RULES: [(&str, &str); 3] = [("c.yml", "c"), ("rules/b.YAML", "b"), ("rules/deep/a.yml", "a")];

#[test]
fn folders_are_read_by_path() {
    let folder = folder(&FILES);
    assert_eq!(read(folder.path()), expected(&RULES));
    let one = folder.path().join("c.yml");
    assert_eq!(read(&one), expected(&[("c.yml", "c")]));
}

#[cfg(unix)]
#[test]
fn linked_folders_are_followed_once() {
    use std::os::unix::fs::symlink;
    let elsewhere = folder(&[("x.yml", "x"), ("y.yml", "y")]);
    let folder = folder(&[("a/one.yml", "1"), ("b/two.yml", "2")]);
    let link = |target: &Path, name: &str| symlink(target, folder.path().join(name)).expect("a link");
    link(elsewhere.path(), "a/linked");
    link(elsewhere.path(), "z-again");
    // To a folder that is read anyway, and to the folder itself.
    link(&folder.path().join("b"), "a/b");
    link(folder.path(), "b/around");
    link(&elsewhere.path().join("x.yml"), "file.yml");
    let found = read(folder.path());
    let names =
        [("a/linked/x.yml", "x"), ("a/linked/y.yml", "y"), ("a/one.yml", "1"), ("b/two.yml", "2"), ("file.yml", "x")];
    assert_eq!(found, expected(&names));
}

fn tar() -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, text) in FILES.iter().chain(&[("._c.yml", "macOS")]) {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, text.as_bytes()).expect("memory takes it");
    }
    builder.into_inner().expect("memory takes it")
}

fn zip() -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (position, (name, text)) in FILES.iter().chain(&[("__MACOSX/._c.yml", "macOS")]).enumerate() {
        let method = [zip::CompressionMethod::Stored, zip::CompressionMethod::Deflated][position % 2];
        let options = zip::write::SimpleFileOptions::default().compression_method(method);
        writer.start_file(*name, options).expect("memory takes it");
        writer.write_all(text.as_bytes()).expect("memory takes it");
    }
    writer.finish().expect("memory takes it").into_inner()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("memory takes it");
    encoder.finish().expect("memory takes it")
}

#[test]
fn packages_load_as_they_are() {
    let zstd = |bytes: &[u8]| zstd::encode_all(bytes, 1).expect("memory takes it");
    let check = |name: &str, bytes: Vec<u8>, files: &[(&str, &str)]| {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(name);
        fs::write(&path, bytes).expect("a file");
        assert_eq!(read(&path), expected(files), "{name}");
        let first = read_rule_files(std::slice::from_ref(&path)).expect("it was read").remove(0);
        assert_eq!(first.name, format!("{name}/{}", files[0].0));
        assert_eq!(first.file.path, format!("{}/{}", path.display(), files[0].0));
    };
    check("core.zip", zip(), &RULES);
    // The name says nothing.
    check("core", zip(), &RULES);
    check("core.tar", tar(), &RULES);
    check("core.tgz", gzip(&tar()), &RULES);
    check("core.tar.zst", zstd(&tar()), &RULES);
    check("one.yml.gz", gzip(b"text"), &[("one.yml", "text")]);
}

#[test]
fn what_cannot_be_read_says_the_way_out() {
    let check = |name: &str, bytes: &[u8], reason: &str| {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(name);
        fs::write(&path, bytes).expect("a file");
        let error = read_rule_files(&[path]).expect_err(name).to_string();
        assert!(error.contains(reason), "{name}: {error}");
    };
    check("cut.zip", &zip()[..100], "is a package that cannot be opened");
    check("cut.tgz", &gzip(&tar())[..30], "is a package that cannot be opened");
    check("data.gz", &gzip(b"text"), "what is compressed in it is not a tar file; unpack it and name the folder");
    check("large.yml", &vec![b'a'; 5 << 20], "a file of rules may have 4194304 (rule_file_bytes_max); split it");
    check(
        "large.yml.gz",
        &gzip(&vec![b'a'; 5 << 20]),
        "a file of rules may have 4194304 (rule_file_bytes_max); split it",
    );
    let empty = tempfile::tempdir().expect("a folder");
    let error = read_rule_files(&[empty.path().to_owned()]).expect_err("no rules").to_string();
    assert!(error.contains("name files, folders or packages (zip, tar,"), "{error}");
    let error = read_rule_files(&[empty.path().join("nowhere")]).expect_err("no file").to_string();
    assert!(error.ends_with("cannot be read"), "{error}");
}

#[test]
fn the_limits_of_rule_files_hold_and_are_named() {
    let check = |name: &str, bytes: &[u8], set: &str, said: Option<&str>| {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(name);
        fs::write(&path, bytes).expect("a file");
        let mut limits = Limits::default();
        limits.set(set).unwrap_or_else(|error| panic!("{error}"));
        let read = read_rule_files_within(&[path], &limits).map(|_| ()).map_err(|error| error.to_string());
        match said {
            None => assert_eq!(read, Ok(()), "{name}, {set}"),
            Some(said) => {
                let error = read.expect_err(set);
                assert!(error.contains(said), "{name}, {set}: {error}");
            }
        }
    };
    let large = "#".repeat(2_000);
    check("rule.yml", large.as_bytes(), "rule_file_bytes_max=2000", None);
    check("rule.yml", large.as_bytes(), "rule_file_bytes_max=1999", Some("may have 1999 (rule_file_bytes_max)"));
    check(
        "one.yml.gz",
        &gzip(large.as_bytes()),
        "rule_file_bytes_max=1999",
        Some("may have 1999 (rule_file_bytes_max)"),
    );
    check("core.zip", &zip(), "rule_package_files_max=3", None);
    check("core.zip", &zip(), "rule_package_files_max=2", Some("more than 2 files"));
    check("core.tar", &tar(), "rule_package_files_max=2", Some("(rule_package_files_max)"));
    check("core.tar", &tar(), "rule_package_bytes_max=1KiB", Some("more than 1024 bytes"));
    check("one.yml.gz", &gzip(large.as_bytes()), "rule_package_bytes_max=1KiB", Some("(rule_package_bytes_max)"));
}
