//! Where the values of a record are, by walks that share no code with the reader: the path of each value, by its span.
//!
//! For well-formed records; anything else makes a walk panic.

use glassbox_maps::pairs;

/// A value: its bytes in the record, and the keys from the root to it.
#[derive(Clone, Debug)]
pub(crate) struct Located {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) path: Vec<String>,
}

/// Every value of a record.
pub(crate) fn locate(record: &str) -> Vec<Located> {
    let content = record.trim_start_matches(['\u{feff}', ' ', '\n', '\r', '\t']);
    let start = record.len() - content.len();
    let after_bracket = content.strip_prefix('[').map(str::trim_start);
    if content.starts_with('{') || after_bracket.is_some_and(|rest| rest.starts_with(['{', '[', '"', ']'])) {
        let mut walk = Json { record, at: start, found: Vec::new() };
        walk.value(&[]);
        return walk.found;
    }
    match (record.find("<Event"), record.find("msg=audit(")) {
        (Some(at), _) => Xml { record, at, found: Vec::new() }.walk(),
        (None, Some(_)) => behind_equals(record, start),
        (None, None) => text(record, start),
    }
}

struct Json<'r> {
    record: &'r str,
    at: usize,
    found: Vec<Located>,
}

impl Json<'_> {
    fn next(&mut self) -> u8 {
        while self.record.as_bytes()[self.at].is_ascii_whitespace() {
            self.at += 1;
        }
        self.record.as_bytes()[self.at]
    }

    fn string(&mut self) -> (usize, usize) {
        let start = self.at + 1;
        self.at = start;
        while self.record.as_bytes()[self.at] != b'"' {
            self.at += if self.record.as_bytes()[self.at] == b'\\' { 2 } else { 1 };
        }
        self.at += 1;
        (start, self.at - 1)
    }

    fn add(&mut self, start: usize, end: usize, path: &[String]) {
        self.found.push(Located { start, end, path: path.to_vec() });
    }

    fn value(&mut self, path: &[String]) {
        let first = self.next();
        let start = self.at;
        match first {
            b'"' => {
                let (from, to) = self.string();
                self.add(from, to, path);
            }
            b'{' => self.object(path),
            b'[' => {
                self.at += 1;
                while self.next() != b']' {
                    if self.next() == b',' {
                        self.at += 1;
                    }
                    self.value(path);
                }
                self.at += 1;
                self.add(start, self.at, path);
            }
            _ => {
                let rest = &self.record[start..];
                self.at += rest.find(|c: char| !c.is_ascii_alphanumeric() && !"+-.".contains(c)).unwrap_or(rest.len());
                self.add(start, self.at, path);
            }
        }
    }

    fn object(&mut self, path: &[String]) {
        let (start, first) = (self.at, self.found.len());
        self.at += 1;
        while self.next() != b'}' {
            if self.next() == b',' {
                self.at += 1;
                self.next();
            }
            let (from, to) = self.string();
            let key = serde_json::from_str(&self.record[from - 1..=to]).expect("a string");
            assert_eq!(self.next(), b':');
            self.at += 1;
            self.value(&[path, &[key]].concat());
        }
        self.at += 1;
        if pairs::may_be_pair(&texts(path)) {
            self.name_pair(path, first);
        }
        self.add(start, self.at, path);
    }

    /// Moves the texts of a pair to the path of its name.
    fn name_pair(&mut self, path: &[String], first: usize) {
        let record = self.record;
        let own = &mut self.found[first..];
        let name = own.iter().find(|it| pairs::part(&texts(&it.path)) == pairs::Part::Name);
        let Some(name) = name.map(|it| record[it.start..it.end].to_owned()) else { return };
        let quoted = format!("\"{name}\"");
        let name: String = serde_json::from_str(&quoted).unwrap_or(name);
        // The pair is one key behind its parent, however that is spelled.
        let spelled = path.join(".");
        let parent = spelled.trim_end_matches(".#text").strip_suffix(pairs::KEY).expect("a pair's key");
        let parent = parent.strip_suffix('.').expect("a pair's parent");
        for value in own.iter_mut().filter(|it| pairs::part(&texts(&it.path)) == pairs::Part::Text) {
            value.path = vec![parent.to_owned(), name.clone()];
        }
    }
}

/// As a path that can be asked about.
pub(crate) fn texts(path: &[String]) -> Vec<&str> {
    path.iter().map(String::as_str).collect()
}

struct Xml<'r> {
    record: &'r str,
    at: usize,
    found: Vec<Located>,
}

impl Xml<'_> {
    fn walk(mut self) -> Vec<Located> {
        let mut open: Vec<String> = Vec::new();
        while let Some(at) = self.record[self.at..].find('<').map(|found| self.at + found) {
            let path = open.clone();
            self.found.push(Located { start: self.at, end: at, path });
            let end = at + self.record[at..].find('>').expect("the end of a tag");
            let tag = &self.record[at + 1..end];
            self.at = end + 1;
            if let Some(rest) = tag.strip_prefix("![CDATA[") {
                let start = end - rest.len();
                let end = start + self.record[start..].find("]]>").expect("the end of a section");
                self.found.push(Located { start, end, path: open.clone() });
                self.at = end + 3;
            } else if tag.starts_with('/') {
                open.pop();
            } else if !tag.starts_with(['!', '?']) {
                let named = self.attributes(at + 1, tag, &open);
                open.push(named);
                if tag.ends_with('/') {
                    let place = end - 1;
                    self.found.push(Located { start: place, end: place, path: open.clone() });
                    open.pop();
                }
            }
        }
        self.found
    }

    /// The key of an element.
    fn attributes(&mut self, start: usize, tag: &str, open: &[String]) -> String {
        let element = tag.split([' ', '/']).next().expect("a name").to_owned();
        let is_data = element == pairs::KEY && open.last().is_some_and(|parent| parent == "EventData");
        let mut key = element.clone();
        let mut at = element.len();
        while let Some(equals) = tag[at..].find('=').map(|found| at + found) {
            let name = tag[at..equals].trim();
            let quote = tag.as_bytes()[equals + 1] as char;
            let length = tag[equals + 2..].find(quote).expect("the end of a value");
            let (from, to) = (equals + 2, equals + 2 + length);
            if is_data && name == "Name" {
                key = tag[from..to].to_owned();
            } else {
                let path = [open, &[element.clone(), "#attributes".to_owned(), name.to_owned()]].concat();
                self.found.push(Located { start: start + from, end: start + to, path });
            }
            at = to + 1;
        }
        key
    }
}

fn one(start: usize, end: usize, key: &str) -> Located {
    Located { start, end, path: vec![key.to_owned()] }
}

/// The values behind `key=`, wherever the key is, and the whole text.
fn behind_equals(record: &str, start: usize) -> Vec<Located> {
    let end = record.trim_end().len();
    let from = record.find("type=").filter(|at| *at > start).unwrap_or(start);
    let from = record.find("node=").filter(|at| *at < from && *at >= start).unwrap_or(from);
    let mut found = text(record, start);
    found.push(one(from, end, "message"));
    let is_end = |c: char| c == ' ' || c == '\u{1d}' || c == '\t';
    for (equals, _) in record[..end].match_indices('=') {
        let key_start = record[..equals].rfind(|c: char| is_end(c) || c == '\'' || c == '"').map_or(0, |at| at + 1);
        let key = &record[key_start..equals];
        let value = &record[equals + 1..end];
        let bare = value.find(is_end).unwrap_or(value.len());
        found.push(one(equals + 1, equals + 1 + bare, key));
        found.extend(value[..bare].find(['\'', '"']).map(|at| one(equals + 1, equals + 1 + at, key)));
        found.extend(value.find(')').map(|at| one(equals + 1, equals + 2 + at, key)));
        for quote in ['"', '\''] {
            let length = value.strip_prefix(quote).map(|rest| rest.find(quote).unwrap_or(rest.len()));
            found.extend(length.map(|length| one(equals + 2, equals + 2 + length, key)));
        }
    }
    found
}

/// The parts of a line with or without a syslog header: words by what is around them.
fn text(record: &str, start: usize) -> Vec<Located> {
    let end = record.trim_end().len();
    let mut found = vec![one(start, end, "message")];
    let line = &record[start..end];
    let mut at = start;
    for (number, word) in line.split(' ').enumerate() {
        let from = at + word.find('>').filter(|_| number == 0).map_or(0, |close| close + 1);
        let until = at + word.len();
        at = until + 1;
        for key in ["timestamp", "hostname", "program", "pid"] {
            found.push(one(from, until, key));
        }
        let name_end = record[from..until].find(['[', ':']).map(|length| from + length);
        found.extend(name_end.map(|end| one(from, end, "program")));
        let pid = record[from..until].find('[').zip(record[from..until].find(']'));
        found.extend(pid.map(|(open, close)| one(from + open + 1, from + close, "pid")));
        found.push(one(at.min(end), end, "message"));
        found.push(one(from, end, "message"));
        if let Some(bom) = record[at.min(end)..end].strip_prefix('\u{feff}') {
            found.push(one(end - bom.len(), end, "message"));
        }
    }
    for (equals, _) in record[..end].match_indices('=') {
        let name_start = record[..equals].rfind([' ', '[']).map_or(0, |at| at + 1);
        let (name, value) = (&record[name_start..equals], &record[equals + 1..end]);
        found.push(one(equals + 1, end, name));
        found.extend(value.find(" ;").map(|length| one(equals + 1, equals + 1 + length, name)));
        if let Some(rest) = value.strip_prefix('"') {
            let ends = rest.match_indices('"').map(|(length, _)| one(equals + 2, equals + 2 + length, name));
            found.extend(ends);
        }
    }
    found
}
