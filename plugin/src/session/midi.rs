//! Which MIDI controller moves which parameter. Program changes need no map: 1 to 8 go to the slots.
//!
//! As JSON, in a project and among the preferences as what new instances begin with:
//!
//! ```json
//! {"cc": {"11": "input", "64": "tuner"}}
//! ```

use std::array;
use std::sync::atomic::{AtomicU16, AtomicU64, Ordering::Relaxed};

use gridleak_core::{Kind, PARAMETERS, ParameterId, SLOTS};
use serde_json::{Map, Value};

/// Controllers are 0 to 127, of whatever channel.
pub(crate) const CONTROLLERS: usize = 128;

/// From here on, controllers are orders such as "all notes off", which hosts send by themselves: nobody
/// teaches them.
const FIRST_ORDER: u8 = 120;

const CC: &str = "cc";

/// For each controller the parameter that it moves, if any.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Controllers([Option<ParameterId>; CONTROLLERS]);

impl Default for Controllers {
    fn default() -> Self {
        Self([None; CONTROLLERS])
    }
}

impl Controllers {
    /// Takes those that this version knows out of what [`Controllers::write`] wrote; the rest stays there.
    pub(crate) fn take(saved: &mut Map<String, Value>) -> Self {
        let mut all = Self::default();
        if let Some(Value::Object(controllers)) = saved.get_mut(CC) {
            controllers.retain(|number, id| {
                let known = controller(number).zip(id.as_str().and_then(parameter));
                if let Some((number, which)) = known {
                    all.0[number] = Some(which);
                }
                known.is_none()
            });
            if controllers.is_empty() {
                saved.remove(CC);
            }
        }
        all
    }

    /// Adds them to what else is saved. What moves a parameter here no longer does what a newer version had
    /// it do.
    pub(crate) fn write(&self, saved: &mut Map<String, Value>) {
        let assigned = self.0.iter().enumerate();
        for (number, which) in assigned.filter_map(|(number, which)| Some((number, (*which)?))) {
            let controllers = saved.entry(CC).or_insert(Value::Null);
            if !controllers.is_object() {
                *controllers = Map::new().into();
            }
            controllers[number.to_string()] = which.row().id.into();
        }
    }

    /// Has a controller move a parameter, which no other one moves then, or nothing.
    pub(crate) fn assign(&mut self, number: u8, which: Option<ParameterId>) {
        for other in &mut self.0 {
            *other = other.filter(|_| *other != which);
        }
        if let Some(place) = self.0.get_mut(usize::from(number)) {
            *place = which;
        }
    }

    /// Those that move something, and what that is.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u8, ParameterId)> {
        let all = self.0.iter().enumerate();
        all.filter_map(|(number, which)| Some((number as u8, (*which)?)))
    }

    /// The first controller that moves a parameter.
    pub(crate) fn cc_of(&self, which: ParameterId) -> Option<u8> {
        let place = self.0.iter().position(|other| *other == Some(which));
        place.map(|number| number as u8)
    }
}

/// What there is to show of controllers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct MidiStatus {
    /// The parameter that waits for one.
    pub(crate) waits: Option<ParameterId>,
    /// Those that move something.
    pub(crate) controllers: Controllers,
}

/// The number of a controller, if a text is one as they are written here.
fn controller(text: &str) -> Option<usize> {
    let number: usize = text.parse().ok().filter(|&number| number < CONTROLLERS)?;
    (number.to_string() == text).then_some(number)
}

/// The parameter of an id, if anybody can move it.
fn parameter(id: &str) -> Option<ParameterId> {
    let row = PARAMETERS.iter().find(|row| row.id == id)?;
    (!matches!(row.kind, Kind::Readout)).then_some(row.which)
}

/// The map of an instance. The audio thread follows it, and writes what is learned; nobody waits.
pub(crate) struct MidiMap {
    /// For each controller the parameter that it moves, as in [`packed`].
    assigned: [AtomicU16; CONTROLLERS],
    /// The parameter that waits for a controller, likewise.
    learning: AtomicU16,
    /// A bit for each controller that the player has assigned or freed since that was last asked for.
    touched: [AtomicU64; 2],
}

/// A parameter as its place in the table and one; 0 for none.
fn packed(which: Option<ParameterId>) -> u16 {
    which.map_or(0, |which| which as u16 + 1)
}

fn unpacked(packed: u16) -> Option<ParameterId> {
    let row = PARAMETERS.get(usize::from(packed).checked_sub(1)?)?;
    Some(row.which)
}

impl MidiMap {
    /// A map to begin with.
    pub(crate) fn new(controllers: &Controllers) -> Self {
        Self {
            assigned: array::from_fn(|number| AtomicU16::new(packed(controllers.0[number]))),
            learning: AtomicU16::new(0),
            touched: [const { AtomicU64::new(0) }; 2],
        }
    }

    /// Which controllers move what, now.
    pub(crate) fn controllers(&self) -> Controllers {
        Controllers(array::from_fn(|number| {
            unpacked(self.assigned[number].load(Relaxed))
        }))
    }

    /// Takes another map, that of a project. What was to be learned was for the one before.
    pub(crate) fn replace(&self, controllers: &Controllers) {
        self.cancel();
        for (place, which) in self.assigned.iter().zip(controllers.0) {
            place.store(packed(which), Relaxed);
        }
        for touched in &self.touched {
            touched.store(0, Relaxed);
        }
    }

    /// What there is to show now.
    pub(crate) fn status(&self) -> MidiStatus {
        MidiStatus {
            waits: self.learning(),
            controllers: self.controllers(),
        }
    }

    /// Has the next controller that moves be the one of a parameter, in the place of the one that it has.
    /// Nobody moves a text to read.
    pub(crate) fn learn(&self, which: ParameterId) {
        if !matches!(which.row().kind, Kind::Readout) {
            self.learning.store(packed(Some(which)), Relaxed);
        }
    }

    /// No parameter waits for a controller any more.
    pub(crate) fn cancel(&self) {
        self.learning.store(0, Relaxed);
    }

    /// The parameter that waits for a controller.
    pub(crate) fn learning(&self) -> Option<ParameterId> {
        unpacked(self.learning.load(Relaxed))
    }

    /// No controller moves this parameter any more.
    pub(crate) fn forget(&self, which: ParameterId) {
        for (number, place) in self.assigned.iter().enumerate() {
            let freed = place.compare_exchange(packed(Some(which)), 0, Relaxed, Relaxed);
            if freed.is_ok() {
                self.touch(number);
            }
        }
    }

    /// Gives a controller to the parameter that waits for one; whether one did. Never waits.
    pub(crate) fn teach(&self, number: u8) -> bool {
        if number >= FIRST_ORDER || self.learning.load(Relaxed) == 0 {
            return false;
        }
        let Some(which) = unpacked(self.learning.swap(0, Relaxed)) else {
            return false;
        };
        self.forget(which);
        self.assigned[usize::from(number)].store(packed(Some(which)), Relaxed);
        self.touch(number.into());
        true
    }

    fn touch(&self, number: usize) {
        self.touched[number / 64].fetch_or(1 << (number % 64), Relaxed);
    }

    /// The controllers that the player has assigned or freed since the last call, and what each moves now.
    pub(crate) fn take_touched(&self) -> impl Iterator<Item = (u8, Option<ParameterId>)> {
        let touched = self.touched.each_ref().map(|bits| bits.swap(0, Relaxed));
        (0..CONTROLLERS as u8).filter_map(move |number| {
            let at = usize::from(number);
            let touched = touched[at / 64] >> (at % 64) & 1 == 1;
            touched.then(|| (number, unpacked(self.assigned[at].load(Relaxed))))
        })
    }

    /// The parameter that a message of MIDI moves, and its plain value then: a controller goes along the
    /// whole range, and holds switches and buttons down from 64 on; programs 1 to 8 are the slots. What a
    /// parameter waits for is learned, and moves nothing yet. Never waits.
    pub(crate) fn take(&self, [status, number, value]: [u8; 3]) -> Option<(ParameterId, f32)> {
        const CONTROL_CHANGE: u8 = 0xb0;
        const PROGRAM_CHANGE: u8 = 0xc0;
        match status & 0xf0 {
            CONTROL_CHANGE if number < 128 && value < 128 => {
                if self.teach(number) {
                    return None;
                }
                let which = unpacked(self.assigned[usize::from(number)].load(Relaxed))?;
                Some((which, which.row().at_position(f32::from(value) / 127.0)))
            }
            PROGRAM_CHANGE if usize::from(number) < SLOTS => {
                Some((ParameterId::Slot, number.into()))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> Map<String, Value> {
        match value {
            Value::Object(object) => object,
            _ => panic!("no object"),
        }
    }

    fn map() -> MidiMap {
        MidiMap::new(&Controllers::default())
    }

    #[test]
    fn what_is_saved_is_loaded_and_what_is_not_known_is_kept() {
        let text = json!({
            "channel": 3,
            "cc": {"0": "input", "64": "tuner", "127": "slot", "128": "gate", "-1": "gate", "007": "gate",
                   "9": "reverb", "10": 3, "11": "status"},
        });
        let mut rest = object(text.clone());
        let controllers = Controllers::take(&mut rest);
        for (which, number) in [
            (ParameterId::Input, Some(0)),
            (ParameterId::Tuner, Some(64)),
            (ParameterId::Slot, Some(127)),
            (ParameterId::Gate, None),
            (ParameterId::Status, None),
        ] {
            assert_eq!(controllers.cc_of(which), number);
        }
        assert_eq!(rest["cc"].as_object().unwrap().len(), 6);
        controllers.write(&mut rest);
        assert_eq!(rest, object(text));
        for nothing in [json!({"cc": 3}), json!({"cc": [1]}), json!({})] {
            let mut rest = object(nothing.clone());
            assert_eq!(Controllers::take(&mut rest), Controllers::default());
            assert_eq!(rest, object(nothing));
        }
    }

    #[test]
    fn a_controller_moves_its_parameter_along_the_whole_range() {
        let mut controllers = Controllers::default();
        for (number, row) in PARAMETERS.iter().enumerate() {
            controllers.assign(number as u8, Some(row.which));
        }
        let map = MidiMap::new(&controllers);
        for (number, row) in PARAMETERS.iter().enumerate() {
            let at = |value| {
                let channel = value % 16;
                map.take([0xb0 | channel, number as u8, value]).unwrap()
            };
            let range = row.range();
            assert_eq!(at(0), (row.which, *range.start()), "{}", row.id);
            assert_eq!(at(127), (row.which, *range.end()), "{}", row.id);
            if matches!(row.kind, Kind::Switch | Kind::Button) {
                assert_eq!((at(63).1, at(64).1), (0.0, 1.0), "{}", row.id);
            }
        }
        let slots: Vec<_> = (0..=127)
            .map(|value| map.take([0xb3, 127, value]))
            .collect();
        assert!(slots.iter().all(Option::is_none), "nothing was assigned");
    }

    #[test]
    fn programs_are_slots_and_everything_else_is_nothing() {
        let map = map();
        for program in 0..128 {
            let slot = (program < 8).then_some((ParameterId::Slot, f32::from(program)));
            assert_eq!(map.take([0xc5, program, 0xff]), slot);
        }
        map.learn(ParameterId::Input);
        for message in [
            [0xb0, 128, 0],
            [0xb0, 0, 128],
            [0xc0, 8, 0],
            [0x90, 60, 100],
            [0xe0, 0, 64],
            [0, 0, 0],
            [0xff; 3],
            // All notes off, which hosts send when they stop.
            [0xb0, 123, 0],
        ] {
            assert_eq!(map.take(message), None, "{message:?}");
        }
        assert_eq!(map.learning(), Some(ParameterId::Input));
        assert_eq!(map.controllers(), Controllers::default());
    }

    #[test]
    fn the_next_controller_is_learned_once_and_forgotten_on_demand() {
        let map = map();
        map.learn(ParameterId::Status);
        assert_eq!(map.learning(), None, "nobody moves it");
        map.learn(ParameterId::Input);
        map.cancel();
        assert_eq!(map.take([0xb0, 11, 127]), None);
        assert_eq!(map.controllers(), Controllers::default());
        map.learn(ParameterId::Gate);
        map.learn(ParameterId::Input);
        assert_eq!(map.take([0xb0, 11, 127]), None, "it only teaches");
        assert_eq!(map.learning(), None);
        assert_eq!(map.take([0xb0, 11, 127]), Some((ParameterId::Input, 20.0)));
        assert_eq!(map.take([0xb0, 12, 127]), None);
        let touched = || map.take_touched().collect::<Vec<_>>();
        assert_eq!(touched(), [(11, Some(ParameterId::Input))]);
        // Another one takes its place, and another parameter its controller.
        map.learn(ParameterId::Input);
        assert!(map.teach(70));
        assert_eq!(touched(), [(11, None), (70, Some(ParameterId::Input))]);
        map.learn(ParameterId::Output);
        assert!(map.teach(70) && !map.teach(71));
        assert_eq!(map.controllers().cc_of(ParameterId::Input), None);
        map.forget(ParameterId::Output);
        assert_eq!(touched(), [(70, None)]);
        assert_eq!(map.controllers(), Controllers::default());
    }

    #[test]
    fn another_project_brings_its_own_map_and_ends_what_is_being_learned() {
        let map = map();
        map.learn(ParameterId::Input);
        assert!(map.teach(1));
        map.learn(ParameterId::Gate);
        let mut other = Controllers::default();
        other.assign(7, Some(ParameterId::Output));
        map.replace(&other);
        assert_eq!((map.controllers(), map.learning()), (other, None));
        assert_eq!(map.take_touched().count(), 0);
    }
}
