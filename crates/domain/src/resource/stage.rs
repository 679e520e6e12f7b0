//! The life of an entry: written, signed off, published; changed in a new version; stopped, taken back, retired.
//!
//! A published entry is never changed in place. Its next version is written beside it, signed off and published like
//! the first, and what is published stays in use until then.

#[cfg(test)]
mod tests;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Resource, ShareType, UpdateDuty};
use crate::clock::Clock;
use crate::name::{DepartmentName, GrantName};

/// The stage of an entry. Registered and published by different people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ResourceState {
    /// Written, not signed off.
    Draft,
    /// Signed off by the providing department (Order 809 art. 13).
    Registered {
        /// By whom.
        by: String,
        /// When.
        at: Timestamp,
    },
    /// Published by the competent department (Order 809 art. 16).
    Published {
        /// Signed off by whom.
        registered_by: String,
        /// Published by whom.
        by: String,
        /// When.
        at: Timestamp,
        /// From 1.
        version: u32,
    },
    /// Published, and stopped for a while: nobody reads of it, nobody applies for it.
    Suspended {
        /// The publication that goes on after it.
        published: Box<ResourceState>,
        /// Who stopped it and why.
        why: Why,
    },
    /// Taken out of the catalogue for good.
    Retired {
        /// Its last version.
        version: u32,
        /// Who and why.
        why: Why,
    },
}

impl ResourceState {
    /// The word for people and programs.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Registered { .. } => "registered",
            Self::Published { .. } => "published",
            Self::Suspended { .. } => "suspended",
            Self::Retired { .. } => "retired",
        }
    }

    /// Whether it was published and is not taken back.
    pub fn is_public(&self) -> bool {
        match self {
            Self::Published { .. } | Self::Suspended { .. } | Self::Retired { .. } => true,
            Self::Draft | Self::Registered { .. } => false,
        }
    }
}

/// Who did something, when and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Why {
    /// By whom.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Why, or by which document.
    pub reason: String,
}

/// Why a reviewer gave an entry back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Return {
    /// By whom.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// What is to be changed: a field or nothing, and a sentence.
    pub reasons: Vec<(String, String)>,
}

/// A holder of grants has taken note of a change that breaks its use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledgement {
    /// The department of the holder.
    pub department: DepartmentName,
    /// By whom.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// The grants that the change breaks, as of then. Of one that came later note is to be taken once more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grants: Vec<GrantName>,
}

impl Acknowledgement {
    /// Whether note was taken of a change as one that breaks this grant, which a department holds now. A grant that
    /// went over to another department in a merger stays noted.
    pub fn is_of(&self, grant: &GrantName, holder: Option<&DepartmentName>) -> bool {
        if self.grants.is_empty() {
            // Written before the grants were kept.
            return Some(&self.department) == holder;
        }
        self.grants.contains(grant)
    }
}

/// An entry that will be retired.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retiring {
    /// The last day on which it can be used.
    pub last_day: Date,
    /// Who announced it and why.
    pub why: Why,
}

/// What happened on the way of an entry to its stage, and to its next version.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Progress {
    /// Why it was given back, while it is a draft.
    pub returned: Option<Return>,
    /// The clock of the review, while it is registered.
    pub review: Option<Clock>,
    /// The last version that was published, where it was taken back.
    pub last_version: u32,
    /// The next version, at its own stage of draft or registered.
    pub next: Option<Box<Resource>>,
    /// Until when holders are told of the next version, where it breaks their use.
    pub notice_ends: Option<Date>,
    /// Who has taken note of it.
    pub acknowledged: Vec<Acknowledgement>,
    /// When it will be retired.
    pub retiring: Option<Retiring>,
    /// By when it must be brought up to date, where a law or a duty changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub update: Option<UpdateDuty>,
    /// When it was published first, where another publication came after.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_published: Option<Timestamp>,
}

impl Progress {
    /// Whether there is nothing to tell.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Why an entry could not be published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublishError {
    /// The person who registered it may not publish it.
    SamePerson,
    /// It is not registered.
    State(ResourceState),
}

/// Why an entry could not take a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StageError {
    /// The present state does not allow it.
    State(ResourceState),
    /// The next version is registered: it is given back or published first.
    NextRegistered,
    /// There is no next version.
    NoNext,
}

impl Resource {
    /// The version that is written at: the next one beside a published entry, else the entry itself.
    pub fn at_work(&self) -> &Self {
        self.progress.next.as_deref().unwrap_or(self)
    }

    /// Takes other content: into the draft itself, or into the next version of what is published.
    ///
    /// # Errors
    /// [`StageError`]; it is as it was.
    pub fn write(mut self, content: Self) -> Result<Self, StageError> {
        let content = Self {
            name: self.name.clone(),
            department: self.department.clone(),
            state: ResourceState::Draft,
            progress: Progress::default(),
            ..content
        };
        match &self.state {
            ResourceState::Draft => Ok(Self {
                progress: self.progress,
                ..content
            }),
            ResourceState::Published { .. } | ResourceState::Suspended { .. } => {
                let next = self.progress.next.as_ref();
                let as_published = Self {
                    state: ResourceState::Draft,
                    progress: Progress::default(),
                    ..self.clone()
                };
                if next.is_none_or(|next| next.state == ResourceState::Draft)
                    && as_published == content
                {
                    self.progress.next = None;
                    return Ok(self);
                }
                let mut content = content;
                if let Some(next) = next {
                    if next.state != ResourceState::Draft {
                        return Err(StageError::NextRegistered);
                    }
                    content.progress = next.progress.clone();
                }
                self.progress.next = Some(Box::new(content));
                Ok(self)
            }
            ResourceState::Registered { .. } | ResourceState::Retired { .. } => {
                Err(StageError::State(self.state))
            }
        }
    }

    /// The providing department signs off what is written, and the clock of the review begins.
    ///
    /// # Errors
    /// The present state, when nothing is a draft.
    pub fn register(self, by: String, at: Timestamp, review: Clock) -> Result<Self, ResourceState> {
        self.with_work(|mut written| {
            if written.state != ResourceState::Draft {
                return Err(written.state);
            }
            written.state = ResourceState::Registered { by, at };
            written.progress.returned = None;
            written.progress.review = Some(review);
            Ok(written)
        })
    }

    /// Does something to the version that is written at.
    fn with_work<E>(mut self, step: impl FnOnce(Self) -> Result<Self, E>) -> Result<Self, E> {
        match self.progress.next.take() {
            None => step(self),
            Some(next) => {
                self.progress.next = Some(Box::new(step(*next)?));
                Ok(self)
            }
        }
    }

    /// The reviewer gives back what was signed off.
    ///
    /// # Errors
    /// The present state, when nothing is registered.
    pub fn give_back(mut self, returned: Return) -> Result<Self, ResourceState> {
        self = self.with_work(|mut written| {
            if !matches!(written.state, ResourceState::Registered { .. }) {
                return Err(written.state);
            }
            written.state = ResourceState::Draft;
            written.progress.review = None;
            written.progress.returned = Some(returned);
            Ok(written)
        })?;
        self.progress.notice_ends = None;
        self.progress.acknowledged = Vec::new();
        Ok(self)
    }

    /// The competent department publishes what was signed off: the entry, or its next version in its place. What is
    /// suspended is resumed first, and what is to be retired stays so.
    ///
    /// # Errors
    /// What stands in the way.
    pub fn publish(mut self, by: String, at: Timestamp) -> Result<Self, PublishError> {
        if matches!(self.state, ResourceState::Suspended { .. }) {
            return Err(PublishError::State(self.state));
        }
        let before = self.last_version();
        let first_published = (before > 0).then(|| self.first_published()).flatten();
        let retiring = self.progress.retiring.take();
        // Who answers for it may have changed since the next version was written.
        let department = self.department.clone();
        let mut written = match self.progress.next.take() {
            Some(next) => *next,
            None => self,
        };
        match written.state {
            ResourceState::Registered { by: first, .. } if first == by => {
                Err(PublishError::SamePerson)
            }
            ResourceState::Registered {
                by: registered_by, ..
            } => {
                written.department = department;
                written.progress = Progress {
                    retiring,
                    first_published,
                    ..Progress::default()
                };
                written.state = ResourceState::Published {
                    registered_by,
                    by,
                    at,
                    version: before + 1,
                };
                Ok(written)
            }
            other => Err(PublishError::State(other)),
        }
    }

    /// When it came into the catalogue; none before that.
    pub fn first_published(&self) -> Option<Timestamp> {
        let latest = |state: &ResourceState| match state {
            ResourceState::Published { at, .. } => Some(*at),
            ResourceState::Suspended { .. }
            | ResourceState::Draft
            | ResourceState::Registered { .. }
            | ResourceState::Retired { .. } => None,
        };
        let present = match &self.state {
            ResourceState::Suspended { published, .. } => latest(published),
            other => latest(other),
        };
        self.progress.first_published.or(present)
    }

    /// The last version that was published; 0 for none.
    pub fn last_version(&self) -> u32 {
        match &self.state {
            ResourceState::Published { version, .. } | ResourceState::Retired { version, .. } => {
                *version
            }
            ResourceState::Suspended { published, .. } => match **published {
                ResourceState::Published { version, .. } => version,
                _ => self.progress.last_version,
            },
            ResourceState::Draft | ResourceState::Registered { .. } => self.progress.last_version,
        }
    }

    /// Whether it has left the catalogue for good: its title is free again.
    pub fn is_retired(&self) -> bool {
        matches!(self.state, ResourceState::Retired { .. })
    }

    /// Whether it stands in the catalogue on a day: published or suspended, and its last day is not over.
    pub fn stands_on(&self, day: Date) -> bool {
        let retiring = self.progress.retiring.as_ref();
        let is_over = retiring.is_some_and(|retiring| retiring.last_day < day);
        self.state.is_public() && !self.is_retired() && !is_over
    }

    /// Why it cannot be used on a day, where it was published before.
    pub fn stopped_on(&self, day: Date) -> Option<String> {
        let retiring = self.progress.retiring.as_ref();
        match &self.state {
            ResourceState::Suspended { why, .. } => {
                Some(format!("{} is suspended: {}", self.name, why.reason))
            }
            ResourceState::Retired { why, .. } => {
                Some(format!("{} was retired: {}", self.name, why.reason))
            }
            ResourceState::Published { .. } => {
                if let ShareType::NotShared { legal_basis } = &self.share_type {
                    return Some(format!("{} is not shared: {legal_basis}", self.name));
                }
                let over = retiring.filter(|retiring| retiring.last_day < day)?;
                let (last, why) = (over.last_day, &over.why.reason);
                Some(format!("{} was retired after {last}: {why}", self.name))
            }
            ResourceState::Draft | ResourceState::Registered { .. } => None,
        }
    }

    /// Stops it for a while.
    ///
    /// # Errors
    /// The present state, when it is not published.
    pub fn suspend(mut self, why: Why) -> Result<Self, ResourceState> {
        if !matches!(self.state, ResourceState::Published { .. }) {
            return Err(self.state);
        }
        let published = Box::new(self.state);
        self.state = ResourceState::Suspended { published, why };
        Ok(self)
    }

    /// Ends that.
    ///
    /// # Errors
    /// The present state, when it is not suspended.
    pub fn resume(mut self) -> Result<Self, ResourceState> {
        match self.state {
            ResourceState::Suspended { published, .. } => {
                self.state = *published;
                Ok(self)
            }
            other => Err(other),
        }
    }

    /// Takes a publication back: it is a draft again, and its next publication the next version.
    ///
    /// # Errors
    /// The present state, when it is not published.
    pub fn recall(mut self, returned: Return) -> Result<Self, ResourceState> {
        match self.state {
            ResourceState::Published { .. } | ResourceState::Suspended { .. } => {
                self.progress = Progress {
                    last_version: self.last_version(),
                    first_published: self.first_published(),
                    returned: Some(returned),
                    update: self.progress.update.take(),
                    ..Progress::default()
                };
                self.state = ResourceState::Draft;
                Ok(self)
            }
            other => Err(other),
        }
    }

    /// Announces that it will be retired after a day.
    ///
    /// # Errors
    /// The present state, when it is not published.
    pub fn announce_retirement(mut self, retiring: Retiring) -> Result<Self, ResourceState> {
        match self.state {
            ResourceState::Published { .. } | ResourceState::Suspended { .. } => {
                self.progress.retiring = Some(retiring);
                Ok(self)
            }
            other => Err(other),
        }
    }

    /// Retires it, once its last day is over.
    ///
    /// # Errors
    /// The present state, when no retirement is announced or its day has not passed.
    pub fn retire(mut self, today: Date) -> Result<Self, ResourceState> {
        match self.progress.retiring.take() {
            Some(retiring) if retiring.last_day < today => {
                self.state = ResourceState::Retired {
                    version: self.last_version(),
                    why: retiring.why,
                };
                self.progress = Progress::default();
                Ok(self)
            }
            _ => Err(self.state),
        }
    }

    /// Notes that a department has taken note of the next version.
    ///
    /// # Errors
    /// [`StageError::NoNext`] when no next version is registered.
    pub fn acknowledge(mut self, note: Acknowledgement) -> Result<Self, StageError> {
        let next = self.progress.next.as_ref();
        if !next.is_some_and(|next| matches!(next.state, ResourceState::Registered { .. })) {
            return Err(StageError::NoNext);
        }
        let noted = &mut self.progress.acknowledged;
        let before = noted
            .iter_mut()
            .find(|other| other.department == note.department);
        match before {
            None => noted.push(note),
            // Who took note first stays; that there is more to it now is kept.
            Some(before) => {
                let new = note.grants.into_iter();
                let new = new.filter(|grant| !before.grants.contains(grant));
                let new: Vec<GrantName> = new.collect();
                before.grants.extend(new);
            }
        }
        Ok(self)
    }
}
