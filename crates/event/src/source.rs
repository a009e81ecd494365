//! What produced an event: from the record's own words, and from the operator's hint where it has none.

use glassbox_finding::Logsource;
use glassbox_maps::{
    Schema,
    logsource::{self, Origin, Service, ecs, syslog, windows},
    markers,
};

use crate::{Categories, Source, parts::Parts};

/// What the record says about its source.
pub(crate) fn origin(parts: &Parts<'_>, seen: u64) -> Origin {
    match parts.schema {
        Schema::WindowsFlat | Schema::WindowsNested | Schema::WindowsEcs | Schema::SysmonLinux => {
            let texts = parts.layout.own.windows.map(|slot| parts.first_text(slot));
            windows::origin(texts.each_ref().map(Option::as_deref))
        }
        Schema::Syslog => syslog::origin(&parts.first_text(parts.layout.own.program).unwrap_or_default()),
        Schema::Ecs => of_ecs(parts, seen),
        Schema::Json => {
            let texts = parts.layout.own.refining.map(|slot| parts.first_text(slot));
            markers::origin(seen, texts.each_ref().map(Option::as_deref)).unwrap_or_default()
        }
        Schema::Auditd | Schema::AuditdJson | Schema::CloudTrail | Schema::Text => {
            logsource::of_schema(parts.schema).unwrap_or_default()
        }
    }
}

fn of_ecs(parts: &Parts<'_>, seen: u64) -> Origin {
    let own = &parts.layout.own;
    let texts = own.system.map(|slot| parts.first_text(slot));
    let product = ecs::product(texts.each_ref().map(Option::as_deref));
    let mut said = if markers::has_question(seen) { ecs::QUESTION } else { 0 };
    for (&slot, (_, vocabulary)) in own.happened.iter().zip(ecs::VOCABULARIES) {
        said |= parts.texts(slot).fold(0, |said, word| said | ecs::meaning(vocabulary, &word));
    }
    let hinted = parts.hint.product.as_deref();
    let categories = ecs::categories(said, product.or(hinted) == Some("windows"));
    // Without a category it may be a log that was only collected on this host: a hint that names no system says of what.
    let collected = categories.is_empty() && hinted.is_some_and(|product| !ecs::is_system(product));
    Origin {
        product: product.filter(|_| !collected),
        categories,
        settled: product.is_some() && !categories.is_empty(),
        ..Origin::default()
    }
}

/// The source, completed by the hint. A hint about another product is not about this record.
pub(crate) fn complete<'a>(parts: &Parts<'a>, origin: &Origin) -> Source<'a> {
    let Logsource { product, category, service } = parts.hint;
    let mut source = Source {
        product: origin.product,
        service: match origin.service {
            Service::None => None,
            Service::Known(service) => Some(service),
            Service::Field(field) => parts.layout.own.service(field).and_then(|slot| parts.first_plain_text(slot)),
        },
        services: origin.services,
        categories: Categories::Known(origin.categories),
    };
    let foreign = origin.product.is_some() && product.is_some() && product.as_deref() != origin.product;
    if !origin.settled && !foreign {
        source.product = source.product.or(product.as_deref());
        source.service = source.service.or(service.as_deref());
        if let (true, Some(category)) = (origin.categories.is_empty(), category) {
            source.categories = Categories::Hinted(category);
        }
    }
    let silent = source.product.is_none() && source.service.is_none() && category.is_none();
    if parts.schema == Schema::Syslog && silent {
        source.product = Some("linux");
        source.service = Some("syslog");
    }
    source
}
