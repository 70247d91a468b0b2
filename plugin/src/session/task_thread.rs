//! A thread that is there while it has something to do.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use parking_lot::Mutex;

use crate::session::thread_end;

/// Tasks, and the thread that sees to them.
pub(crate) struct TaskThread<T> {
    name: &'static str,
    queue: Arc<Queue<T>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// The tasks as the thread sees them.
pub(crate) struct Queue<T> {
    inbox: Mutex<Inbox<T>>,
    quit: AtomicBool,
}

struct Inbox<T> {
    tasks: VecDeque<T>,
    /// Whether the thread is there to see to them.
    running: bool,
}

impl<T> Queue<T> {
    /// The next task. Without one, the thread is taken for ended.
    pub(crate) fn next(&self) -> Option<T> {
        let mut inbox = self.inbox.lock();
        let task = inbox.tasks.pop_front();
        inbox.running = task.is_some();
        task
    }

    /// Whether the thread is to end: what was asked for to be kept is still to be done.
    pub(crate) fn has_to_quit(&self) -> bool {
        self.quit.load(Ordering::Relaxed)
    }
}

impl<T: PartialEq + Send + 'static> TaskThread<T> {
    /// No thread runs before there is a task. `name`: what the system shows.
    pub(crate) fn new(name: &'static str) -> Self {
        let inbox = Inbox {
            tasks: VecDeque::new(),
            running: false,
        };
        Self {
            name,
            queue: Arc::new(Queue {
                inbox: Mutex::new(inbox),
                quit: AtomicBool::new(false),
            }),
            thread: Mutex::new(None),
        }
    }

    /// Has a task done behind all others; asked for twice in a row, it is done once. `work`: what the thread
    /// does, which takes tasks until there are none. After [`TaskThread::end`], nothing is done.
    pub(crate) fn ask(&self, task: T, work: impl FnOnce(&Queue<T>) + Send + 'static) {
        let mut thread = self.thread.lock();
        if self.queue.has_to_quit() {
            return;
        }
        {
            let mut inbox = self.queue.inbox.lock();
            if inbox.tasks.back() != Some(&task) {
                inbox.tasks.push_back(task);
            }
            if inbox.running {
                return;
            }
            inbox.running = true;
        }
        if let Some(ended) = thread.take() {
            let _ = ended.join();
        }
        let queue = self.queue.clone();
        let started = thread::Builder::new()
            .name(self.name.into())
            .spawn(move || {
                // A mistake of ours must not end this for good.
                if catch_unwind(AssertUnwindSafe(|| work(&queue))).is_err() {
                    queue.inbox.lock().running = false;
                }
            });
        match started {
            Ok(started) => *thread = Some(started),
            // No thread to be had; the next task tries again.
            Err(_) => self.queue.inbox.lock().running = false,
        }
    }

    /// Whether there is something that is not done yet.
    pub(crate) fn is_busy(&self) -> bool {
        self.queue.inbox.lock().running
    }

    /// Ends the thread and waits for that until `deadline`, see [`thread_end::wait`].
    pub(crate) fn end(&self, deadline: Instant) {
        self.queue.quit.store(true, Ordering::Relaxed);
        // Whoever is about to start a thread has the lock; whoever comes later sees `quit`.
        let thread = self.thread.lock().take();
        if let Some(thread) = thread {
            thread_end::wait(thread, deadline);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Does tasks, each of which adds a number, until there are none.
    fn add(tasks: &TaskThread<u32>, task: u32, sum: &Arc<Mutex<u32>>) {
        let sum = sum.clone();
        tasks.ask(task, move |queue| {
            while let Some(task) = queue.next() {
                assert_ne!(task, 13);
                *sum.lock() += task;
            }
        });
    }

    fn wait(tasks: &TaskThread<u32>) {
        while tasks.is_busy() {
            thread::yield_now();
        }
    }

    #[test]
    fn each_task_is_done_whether_the_thread_is_there_or_not() {
        let tasks = TaskThread::new("test");
        let sum = Arc::default();
        for number in 1..=100 {
            add(&tasks, number, &sum);
            if number % 7 == 0 {
                wait(&tasks);
            }
        }
        wait(&tasks);
        assert_eq!(*sum.lock(), 5050 - 13);
        // Thirteen ended the thread, not the tasks.
        tasks.end(Instant::now() + thread_end::LONGEST_WAIT);
        add(&tasks, 1, &sum);
        assert!(!tasks.is_busy());
        assert_eq!(*sum.lock(), 5050 - 13);
    }
}
