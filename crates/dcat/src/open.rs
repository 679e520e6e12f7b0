//! What may leave: entries that are published, open and shared.

use std::collections::BTreeSet;

use api::catalogue::v1 as pb;

/// An entry that is open to society. Nothing else can be exported, since nothing else makes one.
#[derive(Clone, Copy)]
pub struct OpenEntry<'a>(&'a pb::Resource);

impl<'a> OpenEntry<'a> {
    /// The entry, when it is published, marked as open, and shared on a condition or without one. What is not shared
    /// with departments is not open to society either, and what is suspended or retired is not published; a share type
    /// or a stage of an unknown number is neither.
    pub fn of(resource: &'a pb::Resource) -> Option<Self> {
        let shared = match resource.share_type() {
            pb::ShareType::Unconditional | pb::ShareType::Conditional => true,
            pb::ShareType::NotShared | pb::ShareType::Unspecified => false,
        };
        let published = resource.state() == pb::resource::State::Published;
        (resource.open && published && shared).then_some(Self(resource))
    }

    /// The open ones of some entries, in the order of their names.
    pub fn all(resources: &'a [pb::Resource]) -> Vec<Self> {
        let mut open: Vec<Self> = resources.iter().filter_map(Self::of).collect();
        open.sort_by(|one, other| one.0.name.cmp(&other.0.name));
        open
    }

    /// `resources/{code}`.
    pub fn name(self) -> &'a str {
        &self.0.name
    }

    /// What of it leaves, and what [`import`](crate::import()) gives back.
    ///
    /// How the gateway reaches it stays inside (system, interface, cache), and so do the documents of its reviews,
    /// the stage, the etag and a next version that is not published yet. Share modes and related entries are sets;
    /// `others` says which entries leave with it: a related one that does not is not even named.
    pub fn public(self, others: &BTreeSet<&str>) -> pb::Resource {
        let from = self.0;
        let mut related = from.related_resources.clone();
        related.retain(|name| others.contains(name.as_str()));
        related.sort();
        related.dedup();
        let modes: BTreeSet<i32> = from.share_modes().map(i32::from).collect();
        let unspecified = i32::from(pb::ShareMode::Unspecified);
        pb::Resource {
            name: from.name.clone(),
            title: from.title.clone(),
            summary: from.summary.clone(),
            department: from.department.clone(),
            items: from.items.clone(),
            share_type: from.share_type,
            share_condition: from.share_condition.clone(),
            share_modes: modes
                .into_iter()
                .filter(|mode| *mode != unspecified)
                .collect(),
            certificate_type: from.certificate_type.clone(),
            format_class: from.format_class,
            update_cycle: from.update_cycle,
            data_level: from.data_level.clone(),
            open: true,
            version: from.version,
            publish_time: from.publish_time,
            basis: from.basis,
            inner_department: from.inner_department.clone(),
            format_type: from.format_type.clone(),
            data_class: from.data_class.clone(),
            data_grade: from.data_grade,
            share_scope: from.share_scope.clone(),
            share_purpose: from.share_purpose.clone(),
            open_condition: from.open_condition.clone(),
            related_resources: related,
            volume: from
                .volume
                .filter(|volume| *volume != pb::DataVolume::default()),
            ..pb::Resource::default()
        }
    }
}
