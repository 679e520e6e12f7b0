//! What the gateway's records can prove about a system, as plans name it.

/// Writes the facts and their words once.
macro_rules! facts {
    ($($(#[$doc:meta])* $variant:ident => $word:literal),+ $(,)?) => {
        /// Something that records of the gateway can prove about a system.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Fact {
            $($(#[$doc])* $variant,)+
        }

        impl Fact {
            /// The word in the plan file.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// Reads the word of a plan file.
            pub(super) fn parse(word: &str) -> Result<Self, String> {
                match word {
                    $($word => Ok(Self::$variant),)+
                    _ => {
                        let known = [$($word),+].join(", ");
                        Err(format!("unknown fact `{word}`; known facts: {known}"))
                    }
                }
            }
        }
    };
}
facts!(
    /// It is registered.
    SystemRegistered => "system.registered",
    /// It was built by its department.
    SystemSelfBuilt => "system.self_built",
    /// It was declared to hold no secrets.
    SystemNotClassified => "system.not_classified",
    /// The clean-up decided to keep it.
    SystemKept => "system.kept",
    /// The clean-up merged it into another.
    SystemMerged => "system.merged",
    /// The clean-up retired it.
    SystemRetired => "system.retired",
    /// It runs on the government cloud.
    SystemOnCloud => "system.on_cloud",
    /// It was exempted from moving to the cloud.
    SystemCloudExempt => "system.cloud_exempt",
    /// Its last heartbeat is recent.
    SystemHeartbeatRecent => "system.heartbeat.recent",
    /// It has at least one published resource.
    ResourcePublished => "resource.published",
    /// It has at least one published resource that a call can reach.
    ResourceMounted => "resource.mounted",
    /// A statement that it has nothing to share was approved.
    NothingToShareApproved => "statement.nothing_to_share.approved",
    /// A call across departments succeeded.
    CrossDepartmentCall => "call.cross_department.succeeded",
    /// A grant on one of its resources, or held by it, was used.
    GrantUsed => "grant.used",
    /// Its old machine room and equipment were given up.
    AssetRetired => "asset.retired",
    /// It never had a machine room or equipment of its own.
    AssetNone => "asset.none",
);
