//! Work that ends by itself when the one who waits for it goes away.

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::sync::oneshot;

/// Waits for work that must reach its end. When this is dropped first, the work goes on as a task of
/// its own, and is told so where it wants to be. While the caller stays, no task is made.
pub(crate) struct Detached<F: Future<Output: Send + 'static> + Send + 'static> {
    work: Option<Pin<Box<F>>>,
    /// Dropped with us: that is the sign.
    staying: Option<oneshot::Sender<()>>,
}

impl<F: Future<Output: Send + 'static> + Send + 'static> Detached<F> {
    /// Wraps work that goes on just the same when the caller goes.
    pub(crate) fn new(work: F) -> Self {
        Self {
            work: Some(Box::pin(work)),
            staying: None,
        }
    }

    /// The same for work that sees the other end of `staying` close when the caller goes.
    pub(super) fn told(work: F, staying: oneshot::Sender<()>) -> Self {
        Self {
            work: Some(Box::pin(work)),
            staying: Some(staying),
        }
    }
}

impl<F: Future<Output: Send + 'static> + Send + 'static> Future for Detached<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.get_mut();
        // Taken out meanwhile: what panics does not go on.
        let Some(mut work) = this.work.take() else {
            // Nobody polls what has ended.
            return Poll::Pending;
        };
        let polled = work.as_mut().poll(context);
        if polled.is_pending() {
            this.work = Some(work);
        }
        polled
    }
}

impl<F: Future<Output: Send + 'static> + Send + 'static> Drop for Detached<F> {
    fn drop(&mut self) {
        drop(self.staying.take());
        // Without a runtime the process is ending, and what was recorded counts.
        if let (Some(work), Ok(runtime)) = (self.work.take(), tokio::runtime::Handle::try_current())
        {
            runtime.spawn(work);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_goes_on_when_its_caller_goes_away() {
        let (staying, gone) = oneshot::channel();
        let (done, finished) = oneshot::channel();
        let work = async move {
            let _ = gone.await;
            let _ = done.send("recorded");
        };
        let mut detached = Box::pin(Detached::told(work, staying));
        let once = |cx: &mut Context<'_>| Poll::Ready(detached.as_mut().poll(cx));
        let first = std::future::poll_fn(once).await;
        assert!(first.is_pending());
        drop(detached);
        assert_eq!(finished.await, Ok("recorded"));
    }

    #[tokio::test]
    async fn work_that_ends_gives_its_result() {
        let (staying, _gone) = oneshot::channel();
        assert_eq!(Detached::told(async { 7 }, staying).await, 7);
        assert_eq!(Detached::new(async { 7 }).await, 7);
    }
}
