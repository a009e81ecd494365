//! The bill: components, what each is made of, and who depends on whom.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::{Context, Result};
use serde::Serialize;

use crate::metadata::{Metadata, Node, Package};

/// A bill of materials.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Bill {
    bom_format: &'static str,
    spec_version: &'static str,
    version: u32,
    metadata: About,
    components: Vec<Component>,
    dependencies: Vec<Depends>,
}

#[derive(Debug, Serialize)]
struct About {
    component: Component,
}

#[derive(Clone, Debug, Serialize)]
struct Component {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(rename = "bom-ref")]
    reference: String,
    name: String,
    version: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hashes: Vec<Hash>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    licenses: Vec<Expression>,
    purl: String,
    #[serde(rename = "externalReferences", skip_serializing_if = "Vec::is_empty")]
    external: Vec<External>,
}

#[derive(Clone, Debug, Serialize)]
struct Hash {
    alg: &'static str,
    content: String,
}

#[derive(Clone, Debug, Serialize)]
struct Expression {
    expression: String,
}

#[derive(Clone, Debug, Serialize)]
struct External {
    #[serde(rename = "type")]
    kind: &'static str,
    url: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Depends {
    #[serde(rename = "ref")]
    reference: String,
    depends_on: BTreeSet<String>,
}

/// A package that is part of what is shipped, or builds it.
struct Part<'m> {
    package: &'m Package,
    is_shipped: bool,
    depends_on: BTreeSet<String>,
}

/// The bill of the packages named, each as it is for the target whose metadata stands beside it. The first one names the
/// whole.
pub(crate) fn of(shipped: &[(&str, Metadata)], checksums: &BTreeMap<(String, String), String>) -> Result<Bill> {
    let mut parts: BTreeMap<String, Part<'_>> = BTreeMap::new();
    let mut roots = Vec::new();
    for (name, metadata) in shipped {
        let root = metadata.packages.iter().find(|package| package.name == *name && package.source.is_none());
        let root = root.with_context(|| format!("the workspace has no package {name}"))?;
        roots.push(reference(root));
        let nodes = metadata.nodes();
        walk(metadata, &nodes, &root.id, true, &mut parts)?;
    }
    let component = |part: &Part<'_>| component(part, checksums);
    let main = parts.get(&roots[0]).context("the first package is part of what is shipped")?;
    let main = Component { kind: "application", scope: None, ..component(main) };
    // The others are inside the first one.
    if let Some(first) = parts.get_mut(&roots[0]) {
        first.depends_on.extend(roots[1..].iter().cloned());
    }
    Ok(Bill {
        bom_format: "CycloneDX",
        spec_version: "1.6",
        version: 1,
        metadata: About { component: main },
        components: parts
            .iter()
            .filter(|(reference, _)| **reference != roots[0])
            .map(|(_, it)| component(it))
            .collect(),
        dependencies: parts
            .into_iter()
            .map(|(reference, part)| Depends { reference, depends_on: part.depends_on })
            .collect(),
    })
}

/// Takes in a package and what it depends on; what is shipped after all overrides what only builds.
fn walk<'m>(
    metadata: &'m Metadata,
    nodes: &HashMap<&str, &'m Node>,
    root: &str,
    is_shipped: bool,
    parts: &mut BTreeMap<String, Part<'m>>,
) -> Result<()> {
    let mut open = vec![(root.to_owned(), is_shipped)];
    while let Some((id, is_shipped)) = open.pop() {
        let package = metadata.package(&id).with_context(|| format!("{id} is not listed"))?;
        let node = nodes.get(id.as_str()).with_context(|| format!("{id} is not resolved"))?;
        let part = parts.entry(reference(package)).or_insert_with(|| Part {
            package,
            is_shipped: false,
            depends_on: BTreeSet::new(),
        });
        let is_news = is_shipped && !part.is_shipped;
        part.is_shipped |= is_shipped;
        for dependency in &node.deps {
            let is_for = |kind: Option<&str>| dependency.dep_kinds.iter().any(|it| it.kind.as_deref() == kind);
            let (is_normal, is_build) = (is_for(None), is_for(Some("build")));
            if !is_normal && !is_build {
                continue;
            }
            let other =
                metadata.package(&dependency.pkg).with_context(|| format!("{} is not listed", dependency.pkg))?;
            let is_new = part.depends_on.insert(reference(other));
            if is_new || is_news {
                open.push((dependency.pkg.clone(), is_shipped && is_normal));
            }
        }
    }
    Ok(())
}

fn reference(package: &Package) -> String {
    format!("pkg:cargo/{}@{}", package.name, package.version)
}

fn component(part: &Part<'_>, checksums: &BTreeMap<(String, String), String>) -> Component {
    let Package { name, version, description, license, repository, .. } = part.package;
    let checksum = checksums.get(&(name.clone(), version.clone()));
    Component {
        kind: "library",
        reference: reference(part.package),
        name: name.clone(),
        version: version.clone(),
        description: description.as_ref().map(|text| text.split_whitespace().collect::<Vec<_>>().join(" ")),
        scope: (!part.is_shipped).then_some("excluded"),
        hashes: checksum.map(|content| Hash { alg: "SHA-256", content: content.clone() }).into_iter().collect(),
        // `MIT/Apache-2.0` is how some packages write what SPDX writes with OR.
        licenses: license
            .iter()
            .map(|it| Expression { expression: it.replace(" / ", "/").replace('/', " OR ") })
            .collect(),
        purl: reference(part.package),
        external: repository.iter().map(|url| External { kind: "vcs", url: url.clone() }).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The command, which is built with `tool`, depends on `library`, and is tested with `oracle`; and the plugin.
    fn metadata() -> Metadata {
        let package = |name: &str, source: Option<&str>| {
            serde_json::json!({
                "id": name, "name": name, "version": "1.0.0", "description": "What\n it does", "license": "MIT/Apache-2.0",
                "repository": null, "source": source,
            })
        };
        let dependency =
            |name: &str, kind: Option<&str>| serde_json::json!({"pkg": name, "dep_kinds": [{"kind": kind}]});
        let node = |name: &str, deps: Vec<serde_json::Value>| serde_json::json!({"id": name, "deps": deps});
        serde_json::from_value(serde_json::json!({
            "workspace_root": "/",
            "packages": [
                package("command", None), package("plugin", None), package("library", Some("registry")),
                package("tool", Some("registry")), package("oracle", Some("registry")), package("both", Some("registry")),
            ],
            "resolve": {"nodes": [
                node("command", vec![
                    dependency("tool", Some("build")), dependency("library", None), dependency("oracle", Some("dev")),
                ]),
                node("plugin", vec![dependency("library", None)]),
                node("library", vec![dependency("both", None)]),
                node("tool", vec![dependency("both", None)]),
                node("oracle", vec![]),
                node("both", vec![]),
            ]},
        }))
        .expect("metadata")
    }

    #[test]
    fn a_bill_lists_what_is_shipped_and_what_builds_it() {
        let checksums = BTreeMap::from([(("library".to_owned(), "1.0.0".to_owned()), "00ff".to_owned())]);
        let bill = of(&[("command", metadata()), ("plugin", metadata())], &checksums).expect("a bill");
        assert_eq!((bill.metadata.component.name.as_str(), bill.metadata.component.kind), ("command", "application"));
        let listed: Vec<_> = bill.components.iter().map(|it| (it.name.as_str(), it.scope, it.hashes.len())).collect();
        let expected = [("both", None, 0), ("library", None, 1), ("plugin", None, 0), ("tool", Some("excluded"), 0)];
        assert_eq!(listed, expected);
        assert_eq!(bill.components[0].licenses[0].expression, "MIT OR Apache-2.0");
        assert_eq!(bill.components[0].description.as_deref(), Some("What it does"));
        let command =
            bill.dependencies.iter().find(|it| it.reference == "pkg:cargo/command@1.0.0").expect("the command");
        let depends_on: Vec<_> = command.depends_on.iter().map(String::as_str).collect();
        assert_eq!(depends_on, ["pkg:cargo/library@1.0.0", "pkg:cargo/plugin@1.0.0", "pkg:cargo/tool@1.0.0"]);
        assert_eq!(bill.dependencies.len(), 5);
    }

    #[test]
    fn a_package_that_does_not_exist_is_named() {
        let error = of(&[("other", metadata())], &BTreeMap::new()).expect_err("there is none");
        assert_eq!(error.to_string(), "the workspace has no package other");
    }
}
