//! A finding explained as one page of HTML that stands alone: no script, nothing fetched, the same words as everywhere.
//!
//! Every text goes through the template's escaping, and was cleaned before: neither markup nor characters that turn the
//! reading order around get from a record into the page.

use askama::Template;
use glassbox_explain::explained::{Explained, Step};

#[derive(Template)]
#[template(path = "finding.html")]
struct Page<'a> {
    it: &'a Explained,
    weighty: Vec<&'a Step>,
    idle: Vec<&'a Step>,
    points: i64,
}

/// The page.
///
/// # Errors
/// None in practice: the template is made when this is compiled.
pub fn finding(explained: &Explained) -> anyhow::Result<String> {
    let (weighty, idle): (Vec<&Step>, Vec<&Step>) =
        explained.steps.iter().partition(|step| step.points != 0 || step.term == explained.steps[0].term);
    let idle = idle.into_iter().filter(|step| step.is_known).collect();
    let points = explained.steps.last().map_or(0, |step| step.sum);
    Ok(Page { it: explained, weighty, idle, points }.render()?)
}

#[derive(Template)]
#[template(path = "note.html")]
struct Note<'a> {
    title: &'a str,
    text: &'a str,
}

/// A page of text that was laid out for a terminal without colours: why there is no finding.
///
/// # Errors
/// None in practice: the template is made when this is compiled.
pub fn note(title: &str, text: &str) -> anyhow::Result<String> {
    Ok(Note { title, text }.render()?)
}
