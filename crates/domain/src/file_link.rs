//! File links: the way to the file of one certificate, for one system, once and for minutes.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::basis::BasisKind;
use crate::department::Department;
use crate::file::{Digests, Format};
use crate::matter::Matter;
use crate::name::{FileLinkName, GrantName, MatterName, RequestId, ResourceName, SystemName};

/// The largest file of a certificate, in bytes.
pub const FILE_BYTES: usize = 8 * 1024 * 1024;
/// Answers to one link: the download and where it went on.
pub const READS: u32 = 16;
/// The longest purpose mark, in characters.
pub const MARK_CHARS: usize = 200;

/// A link. Its secret is known to its system alone; the name holds only its digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileLink {
    /// `fileLinks/{SHA-256 of the secret}`.
    pub name: FileLinkName,
    /// The one system that it serves.
    pub consumer: SystemName,
    /// The resource.
    pub resource: ResourceName,
    /// The grant.
    pub grant: GrantName,
    /// The purpose.
    pub matter: MatterName,
    /// A clerk was named.
    pub operator_named: bool,
    /// What making it rested on.
    #[serde(default)]
    pub basis: BasisKind,
    /// Under which request id it was asked for.
    pub request_id: RequestId,
    /// The type of the file.
    pub format: Format,
    /// Bytes.
    pub size: u64,
    /// What the file is.
    pub digests: Digests,
    /// The id under which its object lies.
    pub object: String,
    /// When it ends.
    pub ends: Timestamp,
    /// What became of it.
    pub state: LinkState,
}

/// What became of a link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum LinkState {
    /// The file is there.
    Open {
        /// How many answers there were.
        reads: u32,
    },
    /// The bytes are removed.
    Removed {
        /// When.
        at: Timestamp,
    },
}

/// A link serves no more, or not from there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkEnded(pub &'static str);

impl FileLink {
    /// The same link after one more answer, which begins at an offset: the first from the beginning, the
    /// others where it broke off.
    ///
    /// # Errors
    /// [`LinkEnded`].
    pub fn read_from(&self, start: u64, now: Timestamp) -> Result<Self, LinkEnded> {
        let LinkState::Open { reads } = self.state else {
            return Err(LinkEnded("the file was removed"));
        };
        let why = match (reads, start) {
            _ if now >= self.ends => "its time is over",
            (0, 0) => "",
            (0, _) => "its first download begins at the first byte",
            (_, 0) => "it was used",
            (READS.., _) => "it was gone on with too often",
            _ => "",
        };
        if !why.is_empty() {
            return Err(LinkEnded(why));
        }
        let reads = reads.saturating_add(1);
        Ok(Self {
            state: LinkState::Open { reads },
            ..self.clone()
        })
    }

    /// Whether its bytes must go.
    pub fn is_over(&self, now: Timestamp) -> bool {
        matches!(self.state, LinkState::Open { .. }) && now >= self.ends
    }
}

impl LinkState {
    /// The word in the database.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Open { .. } => "open",
            Self::Removed { .. } => "removed",
        }
    }
}

/// The purpose mark 用途标记 that the issuer writes into the file: what for, for whom, under which
/// request, on which day. Names of institutions alone, never a case, a clerk or a person. At most
/// [`MARK_CHARS`] characters.
pub fn mark(matter: &Matter, consumer: &Department, request: &RequestId, day: Date) -> String {
    let fixed = format!(
        "（{}）使用；请求{}；{day}",
        matter.name.id(),
        request.as_str()
    );
    let room = MARK_CHARS.saturating_sub(fixed.chars().count() + "仅供办理".chars().count());
    let plain = |c: &char| !c.is_control();
    let title: String = matter.title.chars().filter(plain).take(60).collect();
    let rest = room.saturating_sub(title.chars().count());
    let whose = format!("{}办理", consumer.full_name);
    let whose: String = whose.chars().filter(plain).take(rest).collect();
    format!("仅供{whose}{title}{fixed}")
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::file::Digest;
    use crate::test_world::{APPROVAL, HOUSE_TRANSFER, NOON, at, department};

    fn link(reads: u32) -> FileLink {
        let digest = Digest::parse(&"0a".repeat(32)).unwrap();
        FileLink {
            name: FileLinkName::from_id(&"ab".repeat(32)).unwrap(),
            consumer: SystemName::from_id("yjs-platform").unwrap(),
            resource: ResourceName::from_id("105001-000001").unwrap(),
            grant: GrantName::from_id("00000000-0000-7000-8000-000000000001").unwrap(),
            matter: MatterName::from_id(HOUSE_TRANSFER).unwrap(),
            operator_named: true,
            basis: BasisKind::Duty,
            request_id: RequestId::from_id("00000000-0000-7000-8000-000000000002").unwrap(),
            format: Format::Ofd,
            size: 10,
            digests: Digests {
                sha256: digest.clone(),
                sm3: digest,
            },
            object: String::new(),
            ends: at("2022-06-01T04:05:00Z"),
            state: LinkState::Open { reads },
        }
    }

    #[test]
    fn a_link_serves_once_and_goes_on_only_where_it_broke_off() {
        let late = at("2022-06-01T04:05:00Z");
        for (case, reads, start, now, good) in [
            ("first", 0, 0, at(NOON), true),
            ("first, from the middle", 0, 5, at(NOON), false),
            ("again", 1, 0, at(NOON), false),
            ("goes on", 1, 5, at(NOON), true),
            ("the last", READS - 1, 9, at(NOON), true),
            ("too often", READS, 9, at(NOON), false),
            ("too late", 0, 0, late, false),
            ("goes on too late", 1, 5, late, false),
        ] {
            let after = link(reads).read_from(start, now);
            assert_eq!(after.is_ok(), good, "{case}");
            if let Ok(after) = after {
                assert_eq!(after.state, LinkState::Open { reads: reads + 1 });
            }
        }
        let removed = FileLink {
            state: LinkState::Removed { at: at(NOON) },
            ..link(0)
        };
        assert!(removed.read_from(0, at(NOON)).is_err() && !removed.is_over(late));
        assert!(link(3).is_over(late) && !link(3).is_over(at(NOON)));
    }

    #[test]
    fn the_mark_names_institutions_and_fits() {
        let mut matter = Matter {
            name: MatterName::from_id(HOUSE_TRANSFER).unwrap(),
            title: "不动产转移登记\u{7}".to_owned(),
            department: department(APPROVAL).name,
            needs: Vec::new(),
            source: String::new(),
            assumed: false,
        };
        let request = RequestId::from_id("00000000-0000-7000-8000-000000000002").unwrap();
        let mut consumer = department(APPROVAL);
        consumer.full_name = "邵阳市行政审批服务局".to_owned();
        let day = date(2022, 6, 1);
        assert_eq!(
            mark(&matter, &consumer, &request, day),
            format!(
                "仅供邵阳市行政审批服务局办理不动产转移登记（{HOUSE_TRANSFER}）使用；请求00000000-0000-7000-8000-000000000002；2022-06-01"
            )
        );
        matter.title = "长".repeat(500);
        consumer.full_name = "局".repeat(500);
        let long = mark(&matter, &consumer, &request, day);
        assert!(long.chars().count() <= MARK_CHARS && long.ends_with("2022-06-01"));
    }
}
