//! States spoilt in many ways, the same ones in every run.

use serde_json::{Map, Value, json};

/// Makes spoilt states of good ones.
pub(crate) struct Mutations {
    random: Random,
    good: Vec<Value>,
}

impl Mutations {
    pub(crate) fn new(good: impl IntoIterator<Item = Value>) -> Self {
        Self {
            random: Random(0x9E37_79B9_7F4A_7C15),
            good: good.into_iter().collect(),
        }
    }

    /// Another one, as text that may be no JSON.
    pub(crate) fn next(&mut self) -> Vec<u8> {
        let random = &mut self.random;
        let mut state = random.one_of(&self.good).clone();
        let mut text = match random.below(4) {
            0 => state.to_string().into_bytes(),
            _ => {
                for _ in 0..=random.below(4) {
                    random.spoil_state(&mut state);
                }
                state.to_string().into_bytes()
            }
        };
        if random.below(5) == 0 {
            random.spoil_bytes(&mut text);
        }
        text
    }
}

/// Names that may stand in a reference.
const KEYS: [&str; 12] = [
    "version", "path", "builtin", "name", "sha256", "bytes", "rate", "embed", "embedded", "notes",
    "hint", "",
];

/// Xorshift.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// 0 to `end - 1`.
    fn below(&mut self, end: usize) -> usize {
        ((self.next() >> 16) % end as u64) as usize
    }

    fn one_of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }

    fn spoil_state(&mut self, state: &mut Value) {
        match self.below(12) {
            0..5 => {
                let settings = member(state, "settings");
                let id = self.key_of(settings);
                match self.below(8) {
                    0 => drop(settings.remove(&id)),
                    1 => drop(settings.insert(self.text(), json!(0.5))),
                    _ => drop(settings.insert(id, self.setting())),
                }
            }
            5..9 => {
                let slots = object(state).entry("slots").or_insert_with(|| json!([]));
                let Some(slots) = slots.as_array_mut().filter(|slots| !slots.is_empty()) else {
                    *slots = json!([{}, {}]);
                    return;
                };
                let at = self.below(slots.len());
                match self.below(20) {
                    0 => drop(slots.remove(at)),
                    1 => slots.push(self.value(3)),
                    2 => slots[at] = self.value(3),
                    _ => self.spoil_slot(object(&mut slots[at])),
                }
            }
            9 => {
                let key = ["gridleak", "saved_by"][self.below(2)];
                object(state).insert(key.into(), self.value(1));
            }
            10 => drop(object(state).insert(self.text(), self.value(3))),
            _ => {
                let key = ["gridleak", "settings", "slots"][self.below(3)];
                match self.below(6) {
                    0 => drop(object(state).remove(key)),
                    1 => drop(object(state).insert(key.into(), self.value(2))),
                    2 => drop(object(state).insert(key.into(), json!({}))),
                    _ => drop(object(state).insert("gridleak".into(), json!(self.below(4)))),
                }
            }
        }
    }

    fn spoil_slot(&mut self, slot: &mut Map<String, Value>) {
        let part = self.key_of(slot);
        match self.below(10) {
            0 => drop(slot.remove(&part)),
            1 => drop(slot.insert(self.text(), self.text().into())),
            2 => drop(slot.insert(part, self.value(4))),
            3 => {
                let mut deep = Value::Null;
                for _ in 0..self.below(120) {
                    deep = json!([deep]);
                }
                slot.insert(part, deep);
            }
            _ => self.spoil_reference(slot.entry(part).or_insert_with(|| json!({}))),
        }
    }

    fn spoil_reference(&mut self, reference: &mut Value) {
        let Value::Object(members) = reference else {
            *reference = self.value(3);
            return;
        };
        for _ in 0..=self.below(2) {
            let key = self.one_of(&KEYS).to_string();
            match self.below(4) {
                0 => drop(members.remove(&key)),
                1 => drop(members.insert(key, self.text().into())),
                _ => drop(members.insert(key, self.value(3))),
            }
        }
    }

    /// One of the keys, or one that is none of them.
    fn key_of(&mut self, members: &Map<String, Value>) -> String {
        if members.is_empty() || self.below(20) == 0 {
            return self.text();
        }
        let at = self.below(members.len());
        members.keys().nth(at).cloned().unwrap_or_default()
    }

    /// The value of a parameter.
    fn setting(&mut self) -> Value {
        match self.below(12) {
            0..3 => self.whole().into(),
            3..6 => self.number().into(),
            6 | 7 => (self.below(2) == 0).into(),
            8..10 => self.text().into(),
            _ => self.value(2),
        }
    }

    fn whole(&mut self) -> i64 {
        match self.below(4) {
            0 => self.below(12) as i64 - 3,
            1 => self.next() as i64,
            2 => i64::from(i32::MAX),
            _ => i64::from(i32::MIN),
        }
    }

    fn number(&mut self) -> f64 {
        match self.below(4) {
            0 => self.below(2000) as f64 / 100.0 - 10.0,
            // NaN and infinity cannot be written; they become null.
            1 => f64::from_bits(self.next()),
            2 => 3.5e38,
            _ => -1e-300,
        }
    }

    fn text(&mut self) -> String {
        match self.below(12) {
            0 => String::new(),
            1 => "x".repeat(1 + self.below(100_000)),
            2 => "\0\u{1b}[31m\n\u{202e}".into(),
            3 => "/dev/zero".into(),
            4 => "//stranger/share/a.nam".into(),
            5 => "../".repeat(1 + self.below(2000)),
            6 => "none".into(),
            7 => "{\"version\":2}".into(),
            8 => "gridleak:raw".into(),
            9 => "capture".into(),
            10 => "ab".repeat(32),
            _ => {
                let letters = 1 + self.below(40);
                let letter =
                    |random: &mut Self| char::from_u32(random.below(0x3000) as u32).unwrap_or('?');
                (0..letters).map(|_| letter(self)).collect()
            }
        }
    }

    /// Some JSON.
    fn value(&mut self, depth: usize) -> Value {
        match self.below(if depth == 0 { 5 } else { 8 }) {
            0 => Value::Null,
            1 => (self.below(2) == 0).into(),
            2 => self.whole().into(),
            3 => self.number().into(),
            4 => self.text().into(),
            5 => (0..self.below(50)).map(|_| self.value(depth - 1)).collect(),
            6 => {
                let mut nested = Value::Null;
                for _ in 0..self.below(300) {
                    nested = json!([nested]);
                }
                nested
            }
            _ => {
                let members = (0..self.below(8)).map(|_| (self.text(), self.value(depth - 1)));
                Value::Object(members.collect())
            }
        }
    }

    fn spoil_bytes(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..=self.below(6) {
            if bytes.is_empty() {
                return;
            }
            let at = self.below(bytes.len());
            match self.below(6) {
                0 => bytes[at] ^= 1 << self.below(8),
                1 => bytes[at] = self.next() as u8,
                2 => drop(bytes.remove(at)),
                3 => bytes.insert(at, self.next() as u8),
                4 => {
                    let end = bytes.len().min(at + 1 + self.below(40));
                    let again: Vec<u8> = bytes[at..end].to_vec();
                    bytes.splice(at..at, again);
                }
                _ if self.below(4) == 0 => bytes.truncate(at),
                _ => bytes[at] = b'9',
            }
        }
    }
}

fn object(value: &mut Value) -> &mut Map<String, Value> {
    if !value.is_object() {
        *value = json!({});
    }
    value.as_object_mut().expect("an object")
}

fn member<'a>(state: &'a mut Value, key: &str) -> &'a mut Map<String, Value> {
    object(object(state).entry(key).or_insert_with(|| json!({})))
}
