//! Work that ends by itself when the one who waits for it goes away.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::sync::oneshot;

/// Waits for work that must reach its end. When this is dropped first, the work is told so, and
/// goes on as a task of its own. While the caller stays, no task is made.
pub(super) struct Detached<F: Future<Output: Send + 'static> + Send + 'static> {
    work: Option<Pin<Box<F>>>,
    /// Dropped with us: that is the sign.
    staying: Option<oneshot::Sender<()>>,
}

impl<F: Future<Output: Send + 'static> + Send + 'static> Detached<F> {
    /// Wraps the work; it sees the other end of `staying` close when the caller goes.
    pub(super) fn new(work: F, staying: oneshot::Sender<()>) -> Self {
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
        let Some(work) = &mut this.work else {
            // Nobody polls what has ended.
            return Poll::Pending;
        };
        let done = ready!(work.as_mut().poll(context));
        this.work = None;
        Poll::Ready(done)
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
        let mut detached = Box::pin(Detached::new(work, staying));
        let once = |cx: &mut Context<'_>| Poll::Ready(detached.as_mut().poll(cx));
        let first = std::future::poll_fn(once).await;
        assert!(first.is_pending());
        drop(detached);
        assert_eq!(finished.await, Ok("recorded"));
    }

    #[tokio::test]
    async fn work_that_ends_gives_its_result() {
        let (staying, _gone) = oneshot::channel();
        assert_eq!(Detached::new(async { 7 }, staying).await, 7);
    }
}
