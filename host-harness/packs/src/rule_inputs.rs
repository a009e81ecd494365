//! What rules are compiled from: files of rules and filters, pipelines, values of placeholders.

use std::{collections::BTreeMap, path::PathBuf};

use glassbox_pack::{Source, sha256, to_hex};
use glassbox_rules::compile::{Compiled, Context, Pipeline, compile_with};

use crate::{
    limits::Limits,
    rule_files::{NamedFile, RuleFileError, read_rule_files_within},
};

/// Everything that the rule compiler is given.
#[derive(Clone, Debug, Default)]
pub struct RuleInputs {
    /// Files of rules; filters may stand among them.
    pub rules: Vec<NamedFile>,
    /// Files of filters alone.
    pub filters: Vec<NamedFile>,
    /// Pipelines with their files.
    pub pipelines: Vec<(NamedFile, Pipeline)>,
    /// Values of placeholders, by name.
    pub placeholders: BTreeMap<String, Vec<String>>,
}

impl From<&[NamedFile]> for RuleInputs {
    fn from(rules: &[NamedFile]) -> Self {
        Self { rules: rules.to_vec(), ..Self::default() }
    }
}

impl From<&Vec<NamedFile>> for RuleInputs {
    fn from(rules: &Vec<NamedFile>) -> Self {
        Self::from(rules.as_slice())
    }
}

impl RuleInputs {
    /// Reads files and folders of rules and filters, and files of pipelines.
    ///
    /// # Errors
    /// When one cannot be read, or a pipeline cannot be used.
    pub fn read(
        rules: &[PathBuf],
        filters: &[PathBuf],
        pipelines: &[PathBuf],
        placeholders: &[(String, Vec<String>)],
        limits: &Limits,
    ) -> Result<Self, RuleFileError> {
        let read = |paths: &[PathBuf]| read_rule_files_within(paths, limits);
        let files = |paths: &[PathBuf]| if paths.is_empty() { Ok(Vec::new()) } else { read(paths) };
        let mut inputs = Self { rules: read(rules)?, filters: files(filters)?, ..Self::default() };
        for file in files(pipelines)? {
            let pipeline = Pipeline::read(&file.file)?;
            inputs.pipelines.push((file, pipeline));
        }
        for (name, values) in placeholders {
            inputs.placeholders.entry(name.clone()).or_default().extend(values.iter().cloned());
        }
        Ok(inputs)
    }

    /// What of the pipelines is not used, each with its place.
    pub fn warnings(&self) -> impl Iterator<Item = String> {
        let of_file = |(file, pipeline): &(NamedFile, Pipeline)| {
            let path = file.file.path.clone();
            pipeline.warnings.clone().into_iter().map(move |warning| format!("{path}: {warning}"))
        };
        self.pipelines.iter().flat_map(of_file)
    }

    /// Compiles the rules.
    pub fn compile(&self) -> Compiled {
        let rules: Vec<_> = self.rules.iter().map(|rule| rule.file.clone()).collect();
        let context = Context {
            pipelines: self.pipelines.iter().map(|(_, pipeline)| pipeline.clone()).collect(),
            filters: self.filters.iter().map(|filter| filter.file.clone()).collect(),
            placeholders: self.placeholders.clone(),
            names: self.rules.iter().map(|rule| (rule.file.path.clone(), rule.name.clone())).collect(),
            logsources: Vec::new(),
        };
        compile_with(&rules, &context)
    }

    /// The name in the pack of a file, by its path.
    pub fn names(&self) -> BTreeMap<&str, &str> {
        self.rules.iter().chain(&self.filters).map(|rule| (rule.file.path.as_str(), rule.name.as_str())).collect()
    }

    /// What everything was made from, with digests, sorted. Of a placeholder's values the digest alone.
    pub fn sources(&self) -> Vec<Source> {
        let source = |name: String, bytes: &[u8]| Source { name, digest: to_hex(&sha256(bytes)) };
        let pipelines = self.pipelines.iter().map(|(file, _)| file);
        let files = self.rules.iter().chain(&self.filters).chain(pipelines);
        let placeholders = self
            .placeholders
            .iter()
            .map(|(name, values)| source(format!("placeholder {name}"), values.join("\n").as_bytes()));
        let mut sources: Vec<_> =
            files.map(|file| source(file.name.clone(), file.file.text.as_bytes())).chain(placeholders).collect();
        sources.sort();
        sources
    }
}

/// Reads `NAME=VALUE[,VALUE]`.
///
/// # Errors
/// When a name or value is missing.
pub fn parse_placeholder(text: &str) -> Result<(String, Vec<String>), String> {
    let wrong = || format!("`{text}` gives no placeholder a value: write NAME=VALUE or NAME=VALUE,VALUE");
    let (name, values) = text.split_once('=').ok_or_else(wrong)?;
    // As rules write it, too.
    let name = name.trim().trim_matches('%');
    let values: Vec<String> = values.split(',').map(str::to_owned).collect();
    if name.is_empty() || values.iter().any(String::is_empty) {
        return Err(wrong());
    }
    Ok((name.to_owned(), values))
}

#[cfg(test)]
mod tests {
    use super::parse_placeholder;

    #[test]
    fn placeholders_as_people_write_them() {
        let check = |text: &str, expected: Option<(&str, &[&str])>| {
            let expected = expected
                .map(|(name, values)| (name.to_owned(), values.iter().map(|value| (*value).to_owned()).collect()));
            assert_eq!(parse_placeholder(text).ok(), expected, "{text}");
        };
        check("admins=anna", Some(("admins", &["anna"])));
        check("%admins%=anna,adm*", Some(("admins", &["anna", "adm*"])));
        check("query=a=b", Some(("query", &["a=b"])));
        check("admins", None);
        check("=anna", None);
        check("admins=", None);
        check("admins=a,,b", None);
    }
}
