//! What an entry has standing about it: the clocks that run, and who answers for what is published.

use super::Resource;
use super::stage::ResourceState;
use crate::clock::kept::{Running, WaitsFor};

impl Resource {
    /// The clocks that run: of the review, and of the duty to bring it up to date until that is signed off.
    pub fn running(&self) -> Vec<Running<'_>> {
        let written = self.at_work();
        let is_signed = matches!(written.state, ResourceState::Registered { .. });
        let review = written.progress.review.as_ref().filter(|_| is_signed);
        let review = review.and_then(|clock| Running::of(WaitsFor::Competent, clock));
        let update = self.progress.update.as_ref().filter(|_| !is_signed);
        let owner = || WaitsFor::OwnerOf(self.name.clone());
        let update = update.and_then(|duty| Running::of(owner(), &duty.update));
        review.into_iter().chain(update).collect()
    }

    /// Who signed off what is published, and who published it.
    pub fn approvers(&self) -> Option<[String; 2]> {
        match &self.state {
            ResourceState::Published {
                registered_by, by, ..
            } => Some([registered_by.clone(), by.clone()]),
            ResourceState::Draft
            | ResourceState::Registered { .. }
            | ResourceState::Suspended { .. }
            | ResourceState::Retired { .. } => None,
        }
    }
}
