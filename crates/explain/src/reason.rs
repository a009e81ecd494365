//! Why a record was not scored, in words, and where a record stands.

use glassbox_finding::UnscoredReason;
use glassbox_report::{Position, WhyUnscored};

use crate::{clean::clean, numbers::grouped};

/// The reason in a clause.
#[must_use]
pub fn why_unscored(why: &WhyUnscored) -> String {
    match why {
        WhyUnscored::Unreadable(UnscoredReason::Empty, _) => "it is empty".to_owned(),
        WhyUnscored::Unreadable(reason, at) => format!("{reason} (byte {at})"),
        WhyUnscored::TooLarge { bytes_max, .. } => format!("it is longer than {} bytes", grouped(*bytes_max)),
        WhyUnscored::Fault(what) => format!("the plugin failed on it: {}", clean(what)),
        WhyUnscored::OutOfService(what) => format!("the plugin had been taken out of service: {}", clean(what)),
    }
}

/// `line 12` or `element 3`.
#[must_use]
pub fn position(position: Position) -> String {
    match position {
        Position::Line(number) => format!("line {number}"),
        Position::Element(number) => format!("element {number}"),
    }
}

/// `file.json:12` or `file.json#3`: a line after a colon, as editors have it, an element after a number sign.
#[must_use]
pub fn place(source: &str, position: Position) -> String {
    match position {
        Position::Line(number) => format!("{}:{number}", clean(source)),
        Position::Element(number) => format!("{}#{number}", clean(source)),
    }
}
