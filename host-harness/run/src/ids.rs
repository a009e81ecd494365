//! Identities of findings: what a finding is about, never who found it.
//!
//! A finding's id depends on the tenant, the record (or window) and its place, and on nothing else: not on pack, plugin or
//! model, nor on how a path was typed. So the same record in the same place has the same id when rules change, and a sink
//! that keys by id never gets a finding twice.
//!
//! A source is known by its first record, not by its name: `x`, `./x`, standard input and the file after rotation are one
//! source.

use glassbox_pack::to_hex;
use glassbox_report::Position;
use sha2::{Digest, Sha256};

/// What a source is known by: SHA-256 of its first record.
pub(crate) type SourceIdentity = [u8; 32];

/// The identity of a source with this first record.
pub(crate) fn source_identity(first_record: &[u8]) -> SourceIdentity {
    Sha256::digest(first_record).into()
}

/// The id of the finding about a record, in hexadecimal.
pub(crate) fn record_finding_id(
    tenant: &str,
    source: &SourceIdentity,
    position: Position,
    record_digest: &[u8; 32],
) -> String {
    let (kind, number) = match position {
        Position::Line(number) => ("line", number),
        Position::Element(number) => ("element", number),
    };
    digest(&[tenant.as_bytes(), source, kind.as_bytes(), &number.to_le_bytes(), record_digest])
}

/// The id of a finding about a window: its entities' names, its ends and the rules are what tells it apart.
pub(crate) fn window_finding_id(tenant: &str, group: &[String], from: i64, to: i64, rules: &[String]) -> String {
    let (from, to) = (from.to_le_bytes(), to.to_le_bytes());
    let mut parts: Vec<&[u8]> = vec![tenant.as_bytes(), b"window", &from, &to];
    parts.extend(group.iter().map(String::as_bytes));
    parts.push(b"rules");
    parts.extend(rules.iter().map(String::as_bytes));
    digest(&parts)
}

/// SHA-256 of parts, each with its length, so that no two of them run together.
fn digest(parts: &[&[u8]]) -> String {
    let mut id = Sha256::new();
    for part in parts {
        id.update((part.len() as u64).to_le_bytes());
        id.update(part);
    }
    to_hex(&id.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_tells_all_its_parts_apart() {
        let id = |tenant: &str, first: &[u8], position, record: &[u8]| {
            record_finding_id(tenant, &source_identity(first), position, &source_identity(record))
        };
        let base = id("a", b"first", Position::Line(1), b"r");
        assert_eq!((base.len(), &base), (64, &id("a", b"first", Position::Line(1), b"r")));
        let others = [
            id("b", b"first", Position::Line(1), b"r"),
            id("a", b"other", Position::Line(1), b"r"),
            id("a", b"first", Position::Line(2), b"r"),
            id("a", b"first", Position::Element(1), b"r"),
            id("a", b"first", Position::Line(1), b"s"),
        ];
        assert!(others.iter().all(|other| *other != base));
        let names = |all: &[&str]| all.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let window = |group: &[&str], rules: &[&str]| window_finding_id("a", &names(group), 1, 2, &names(rules));
        assert_ne!(window(&["h"], &["r"]), window(&["h", "r"], &[]));
        assert_eq!(window(&["h"], &["r"]), window(&["h"], &["r"]));
    }
}
