//! Every value that a block of the host brings, in the order of time.

use std::array;

use vst3::ComRef;
use vst3::Steinberg::{Vst::*, kResultOk};

use super::parameters::{COUNT, Target};

/// A value from a frame on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Point {
    pub(super) target: Target,
    pub(super) frame: usize,
    pub(super) position: f64,
}

/// How many queues are looked at and how many points of each are read: more than any host has, and a
/// bound for one that counts wrongly.
const MOST_QUEUES: i32 = 4 * COUNT as i32;
const MOST_POINTS: i32 = 1 << 16;

/// Walks through all queues at once, without memory of its own but a cursor for each.
pub(super) struct Points<'a> {
    queues: [Option<Queue<'a>>; COUNT],
    used: usize,
    frames: usize,
    /// Where the newest point stood.
    at: usize,
}

struct Queue<'a> {
    points: ComRef<'a, IParamValueQueue>,
    read: i32,
    count: i32,
    next: Point,
}

impl<'a> Points<'a> {
    /// All points for a block of so many frames. What comes for no parameter is left out.
    pub(super) fn new(changes: Option<ComRef<'a, IParameterChanges>>, frames: usize) -> Self {
        let queues = array::from_fn(|_| None);
        let (mut all, mut index) = (
            Self {
                queues,
                used: 0,
                frames,
                at: 0,
            },
            0,
        );
        let Some(changes) = changes else {
            return all;
        };
        // SAFETY: the host's list lives as long as its block, and is asked only for what it has.
        let count = unsafe { changes.getParameterCount() }.min(MOST_QUEUES);
        while index < count && all.used < COUNT {
            // SAFETY: as before.
            let points = unsafe { ComRef::from_raw(changes.getParameterData(index)) };
            if let Some(queue) = points.and_then(Queue::new) {
                all.queues[all.used] = Some(queue);
                all.used += 1;
            }
            index += 1;
        }
        all
    }
}

impl Points<'_> {
    /// What the queues are for.
    pub(super) fn targets(&self) -> impl Iterator<Item = Target> {
        self.queues.iter().flatten().map(|queue| queue.next.target)
    }
}

impl Iterator for Points<'_> {
    type Item = Point;

    fn next(&mut self) -> Option<Point> {
        let queues = self.queues[..self.used].iter_mut();
        let waiting = queues.filter(|queue| queue.is_some());
        let first = waiting.min_by_key(|queue| queue.as_ref().map(|queue| queue.next.frame))?;
        let mut point = first.as_ref()?.next;
        if !first.as_mut()?.advance() {
            *first = None;
        }
        // Beyond the block is at its end, and time never runs back.
        self.at = self.at.max(point.frame.min(self.frames));
        point.frame = self.at;
        Some(point)
    }
}

impl<'a> Queue<'a> {
    /// A queue that has a point, and a parameter to move.
    fn new(points: ComRef<'a, IParamValueQueue>) -> Option<Self> {
        // SAFETY: a queue of a block lives as long as the block.
        let (id, count) = unsafe { (points.getParameterId(), points.getPointCount()) };
        let (frame, position, target) = (0, 0.0, Target::with_id(id)?);
        let next = Point {
            target,
            frame,
            position,
        };
        let count = count.min(MOST_POINTS);
        let mut queue = Self {
            points,
            read: 0,
            count,
            next,
        };
        queue.advance().then_some(queue)
    }

    /// Reads its next point that is a number; `false` at its end.
    fn advance(&mut self) -> bool {
        while self.read < self.count {
            let (mut frame, mut position) = (0, f64::NAN);
            // SAFETY: as before; the places are there.
            let result = unsafe {
                let places = (&raw mut frame, &raw mut position);
                self.points.getPoint(self.read, places.0, places.1)
            };
            self.read += 1;
            if result == kResultOk && position.is_finite() {
                self.next.frame = usize::try_from(frame).unwrap_or(0);
                self.next.position = position;
                return true;
            }
        }
        false
    }
}
