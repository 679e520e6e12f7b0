//! Workers: one thread and one runtime for each core, each serving its share of the connections.
//!
//! A call of a provider stays on the thread of its connection, with lines of that thread's own to
//! the provider, so nothing on its way is handed between threads but the two waits for the ledger.

use std::io;
use std::thread::JoinHandle;

use tokio::runtime::{Builder, Handle};
use tokio::sync::watch;

/// The workers. Dropped, they end when their connections have.
#[derive(Debug)]
pub(crate) struct Workers {
    lanes: Vec<Handle>,
    stop: watch::Sender<bool>,
    threads: Vec<JoinHandle<()>>,
}

impl Workers {
    /// Starts so many workers.
    ///
    /// # Errors
    /// When a thread or its runtime cannot be made.
    pub(crate) fn start(count: usize) -> io::Result<Self> {
        let (stop, stopped) = watch::channel(false);
        let mut workers = Self {
            lanes: Vec::with_capacity(count),
            stop,
            threads: Vec::with_capacity(count),
        };
        for number in 0..count {
            let runtime = Builder::new_current_thread().enable_all().build()?;
            workers.lanes.push(runtime.handle().clone());
            let mut stopped = stopped.clone();
            let thread = std::thread::Builder::new().name(format!("worker-{number}"));
            workers.threads.push(thread.spawn(move || {
                // A closed channel means the same as the word.
                let _ = runtime.block_on(stopped.wait_for(|stop| *stop));
            })?);
        }
        Ok(workers)
    }

    /// Where the connection with this number is served, by turns.
    pub(crate) fn lane(&self, connection: usize) -> Option<(usize, &Handle)> {
        let lane = connection.checked_rem(self.lanes.len())?;
        self.lanes.get(lane).map(|handle| (lane, handle))
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        // Nobody listens any more when all threads have ended already.
        let _ = self.stop.send(true);
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a worker ended in a panic");
            }
        }
    }
}
