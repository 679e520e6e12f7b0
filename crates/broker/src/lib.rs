//! The use cases, one file each, and the connectors to providers.
//!
//! Everything works on a [`Gateway`]; a use case is a method on it that takes a
//! [`Caller`](domain::caller::Caller) and parsed domain values and answers with domain values or a
//! [`Failure`]. Nothing here knows of gRPC statuses or of pages.

mod announcements;
mod applications;
pub mod authorities;
pub mod authority;
mod budgets;
mod cache;
pub mod call;
pub mod clock;
mod clocks;
mod complaints;
mod conformance;
mod connections;
mod corrections;
mod credentials;
mod demands;
mod departments;
mod disputes;

mod endpoints;
mod enrolment;
mod events;
mod evidence;
mod exchange;
mod explain;
mod external;
mod failure;
mod file_links;
mod files;
mod gateway;
mod grants;
mod import;
mod interfaces;
mod library;
mod lookup;
mod needs;
mod network;
mod network_identity;
mod page;
mod progress;
mod provision;
mod quotas;
mod resources;
mod rows;
mod scoring;
mod sealing;
mod secrets;
mod seeds;
mod shares;
mod signatures;
mod sql;
mod statuses;
mod step;
mod subscriptions;
mod systems;
mod use_codes;
mod use_records;
mod verify;
mod vitals;
mod watching;
mod work_items;
pub use contract::wire;

pub use applications::OfferedTerms;
pub use budgets::Alarm;
pub use clocks::ClockFilter;
pub use complaints::{
    ComplaintFilter, ComplaintStatus, ComplaintTexts, EnteredComplaint, NewAnswer, NewComplaint,
};
pub use conformance::Examined;
pub use corrections::{
    Answer, CorrectionFilter, CorrectionResult, Corrections, NewCorrection, SeenCorrection,
};
pub use credentials::{CredentialFilter, Ending, Renewed, Warning};
pub use demands::{DemandFilter, NewDemand};
pub use departments::{DepartmentPatch, Merger};
pub use disputes::{DisputeFilter, NewRuling, Parties};
pub use grants::{GrantUsePage, GrantUseRow, NarrowedGrant, UsesFilter};

pub use endpoints::{Observation, PeerCertificate, Probed, Tls};
pub use enrolment::NewToken;
pub use events::{EventPage, EventWatch, Start, Told, WatchMessage};
pub use evidence::{Call, EntryPage, SignedCheckpoint};
pub use exchange::{CallCounts, Place, Purpose, Receipt, Use};
pub use explain::{Explain, Explained, Target, Wanted};
pub use failure::Failure;
pub use file_links::{Linked, LinkedFile, MadeLink, NewFileLink, ReadLink};
pub use files::{FileChunk, FilePart, NewFile, ReadFile, ReadingFile};
pub use gateway::{Act, Gateway, Keys, Settings};
pub use import::{Imported, Outcome};
pub use interfaces::{Description, NewInterface};
pub use library::Signed;
pub use lookup::{Found, FoundCertificate, Grounds, Lookup, Without};
pub use needs::{Attempt, AttemptAnswer, ListedAlternative, ListedNeed, ListedNeeds, NeedAnswer};
pub use network::{Network, Networks, Zones};
pub use page::{Page, PageRequest};
pub use progress::Board;
pub use resources::drift::ResourceDrift;
pub use resources::facet;
pub use resources::quality::{QualityFilter, ResourceQualities, ResourceQuality};
pub use resources::search::{FoundResources, ResourceSearch};
pub use resources::{Code, ImportedResource, ResourceChange, ResourceRow};
pub use rows::{Batch, Part, Parts, ReadRows, Reading};
pub use statuses::{StatusListInfo, StatusPieces, StatusWish};
pub use step::Step;
pub use store::Stored;
pub use subscriptions::NewSubscription;
pub use systems::{ImportedSystem, SystemPatch, SystemRow, SystemRows};
pub use use_codes::{IssuedUseCode, NewUseCode};
pub use use_records::NewUseRecord;
pub use verify::{Verification, Verified, VerifiedCertificate};
pub use vitals::{EndpointVitals, OwnSide, Vitals};
pub use work_items::{WorkItemFilter, WorkItems};
