//! The loader's thread, from the first order until it is no longer needed.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use super::Loader;
use super::worker::Worker;
use crate::session::message::Message;

/// How often is looked for what came back from the audio thread, to be dropped, and for parameters that
/// ask for something else to be built.
pub(super) const TIDYING: Duration = Duration::from_millis(50);

/// How often a part is offered that the audio thread had no room for.
const OFFERING: Duration = Duration::from_millis(20);

/// Carries out orders until the audio has stopped for a while, or the instance goes.
pub(super) fn work(loader: &Loader) {
    let mut worker = Worker::new(loader);
    let orders = &*loader.orders;
    let mut inbox = loop {
        orders.take_steps(loader.rig.loads());
        let mut inbox = orders.inbox.lock();
        if orders.has_to_quit() {
            break inbox;
        }
        let audio = inbox.audio;
        let order = orders.newest();
        if !orders.has_carried_out(order) {
            let waiting = std::mem::take(&mut inbox.waiting);
            drop(inbox);
            // What a mistake keeps from being done is done with.
            let mut all = true;
            worker = guarded(worker, |worker| {
                all = worker.carry_out(order, waiting, audio)
            });
            if all {
                orders.carried_out(order);
            }
            loader.repaint.request();
            continue;
        }
        if inbox.is_idle() {
            break inbox;
        }
        let pause = match worker.has_something_to_send() {
            true => OFFERING,
            false => TIDYING,
        };
        orders.wake.wait_for(&mut inbox, pause);
        let audio = inbox.audio;
        drop(inbox);
        loader.end.lock().drop_returned();
        worker = guarded(worker, |worker| worker.follow_parameters(audio));
    };
    inbox.running = false;
    let kept = std::mem::take(&mut inbox.kept);
    drop(inbox);
    drop(kept);
    loader.end.lock().drop_returned();
}

/// Has the worker do something. A panic would be a mistake of ours; it must not take the host with it.
fn guarded<'a>(mut worker: Worker<'a>, act: impl FnOnce(&mut Worker<'a>)) -> Worker<'a> {
    let loader = worker.loader;
    if catch_unwind(AssertUnwindSafe(|| act(&mut worker))).is_ok() {
        return worker;
    }
    loader.say(Message::error(
        "Gridleak could not load this because of a mistake of its own. Load something else, and please report this file.",
    ));
    Worker::new(loader)
}
