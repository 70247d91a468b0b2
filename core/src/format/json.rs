//! JSON as a tree that stays small, however the text was made to make it large.
//!
//! The numbers of a list, which nearly all of a capture is, stand side by side, as the 32-bit numbers
//! that weights are. All else is counted: captures have hundreds of such values, and what has far
//! more than any is refused. So reading takes at most 8 bytes for each byte of the text and a
//! mebibyte.

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::cell::Cell;
use std::fmt;
use std::io::{self, BufReader, Read};

/// Values that are no numbers in lists, and members of objects, that any text may have. Of the
/// captures known, none has a quarter of them.
const FEW: usize = 4096;
/// A longer text may have one more for so many of its bytes.
const BYTES_EACH: usize = 32;
/// No text may have more.
const MOST: usize = 1 << 16;
/// After so many values is asked whether to go on.
const BETWEEN_LOOKS: usize = 4096;
/// In a text longer than this, in bytes, a single value may take a while, so it is read in pieces.
/// No capture known is half as long, and reading in one piece is quicker.
const LONG: usize = 4 << 20;
const PIECE: usize = 64 << 10;

/// A value, to look at.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Value<'a> {
    Null,
    Bool(bool),
    Number(f64),
    Text(&'a str),
    List(&'a List),
    Object(&'a Object),
}

/// A value in memory.
#[derive(Debug)]
pub(crate) enum Node {
    Null,
    Bool(bool),
    Number(f64),
    Text(Box<str>),
    List(Box<List>),
    Object(Object),
}

/// The elements of a list.
#[derive(Debug)]
pub(crate) struct List {
    /// All of them, rounded, or infinite where they are too large; NaN, which JSON cannot say, stands
    /// for what is no number.
    numbers: Box<[f32]>,
    /// What is no number, with its index, ascending.
    others: Box<[(usize, Node)]>,
}

/// The members of an object, ordered by their names, of which no two are the same.
#[derive(Debug)]
pub(crate) struct Object(Box<[(Box<str>, Node)]>);

/// Why a text was not read.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It is not JSON.
    Syntax(serde_json::Error),
    /// It has more values than this that are no numbers in lists.
    TooMany(usize),
    /// Nobody wants it any more.
    Cancelled,
}

/// Reads a text. `cancelled` is asked all the time; once it says true, reading ends.
pub(crate) fn parse(text: &str, cancelled: &dyn Fn() -> bool) -> Result<Node, Failure> {
    let most = (FEW + text.len() / BYTES_EACH).min(MOST);
    let reader = Reader {
        left: Cell::new(most),
        met: Cell::new(0),
        stopped: Cell::new(false),
        cancelled,
    };
    let read = if text.len() > LONG {
        let pieces = BufReader::with_capacity(PIECE, Pieces(text.as_bytes(), &reader));
        let mut json = serde_json::Deserializer::from_reader(pieces);
        let node = reader.deserialize(&mut json);
        node.and_then(|node| json.end().map(|()| node))
    } else {
        let mut json = serde_json::Deserializer::from_str(text);
        let node = reader.deserialize(&mut json);
        node.and_then(|node| json.end().map(|()| node))
    };
    read.map_err(|error| match (reader.stopped.get(), reader.left.get()) {
        (true, _) => Failure::Cancelled,
        (false, usize::MAX) => Failure::TooMany(most),
        (false, _) => Failure::Syntax(error),
    })
}

/// What makes nodes of a text.
struct Reader<'a> {
    /// Nodes that may still be made; `usize::MAX` once there were too many.
    left: Cell<usize>,
    /// Values met since `cancelled` was asked last.
    met: Cell<usize>,
    stopped: Cell<bool>,
    cancelled: &'a dyn Fn() -> bool,
}

impl Reader<'_> {
    fn is_stopped(&self) -> bool {
        self.stopped.set(self.stopped.get() || (self.cancelled)());
        self.stopped.get()
    }

    /// Counts a value.
    fn meet<E: Error>(&self) -> Result<(), E> {
        self.met.set(self.met.get() + 1);
        if self.met.get() == BETWEEN_LOOKS {
            self.met.set(0);
            if self.is_stopped() {
                return Err(E::custom("cancelled"));
            }
        }
        Ok(())
    }

    /// Counts a value that takes more memory than a number in a list.
    fn spend<E: Error>(&self) -> Result<(), E> {
        match self.left.get().checked_sub(1) {
            Some(left) if left < MOST => {
                self.left.set(left);
                Ok(())
            }
            _ => {
                self.left.set(usize::MAX);
                Err(E::custom("too many values"))
            }
        }
    }

    fn number<E: Error>(&self, number: f64) -> Result<Node, E> {
        self.meet()?;
        Ok(Node::Number(number))
    }

    fn other<E: Error>(&self, node: Node) -> Result<Node, E> {
        self.meet()?;
        self.spend()?;
        Ok(node)
    }
}

impl<'de> DeserializeSeed<'de> for &Reader<'_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for &Reader<'_> {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E: Error>(self) -> Result<Node, E> {
        self.other(Node::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Node, E> {
        self.other(Node::Bool(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Node, E> {
        self.number(value as f64)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Node, E> {
        self.number(value as f64)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Node, E> {
        self.number(value)
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Node, E> {
        self.other(Node::Text(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Node, A::Error> {
        self.meet()?;
        self.spend()?;
        let mut numbers = Vec::new();
        let mut others = Vec::new();
        while let Some(node) = list.next_element_seed(self)? {
            numbers.push(match node {
                Node::Number(number) => number as f32,
                other => {
                    others.push((numbers.len(), other));
                    f32::NAN
                }
            });
        }
        Ok(Node::List(Box::new(List {
            numbers: numbers.into(),
            others: others.into(),
        })))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        self.meet()?;
        self.spend()?;
        let mut members: Vec<(Box<str>, Node)> = Vec::new();
        while let Some(name) = map.next_key()? {
            self.spend()?;
            members.push((name, map.next_value_seed(self)?));
        }
        members.sort_by(|(one, _), (other, _)| one.cmp(other));
        // Of several with the same name the last one counts, as everywhere.
        members.dedup_by(|later, earlier| {
            let same = later.0 == earlier.0;
            if same {
                std::mem::swap(later, earlier);
            }
            same
        });
        Ok(Node::Object(Object(members.into())))
    }
}

/// A text that ends with an error as soon as nobody wants it any more.
struct Pieces<'a>(&'a [u8], &'a Reader<'a>);

impl Read for Pieces<'_> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        if self.1.is_stopped() {
            return Err(io::Error::other("cancelled"));
        }
        self.0.read(to)
    }
}

impl Node {
    pub(crate) fn value(&self) -> Value<'_> {
        match self {
            Node::Null => Value::Null,
            Node::Bool(value) => Value::Bool(*value),
            Node::Number(number) => Value::Number(*number),
            Node::Text(text) => Value::Text(text),
            Node::List(list) => Value::List(list),
            Node::Object(object) => Value::Object(object),
        }
    }
}

impl<'a> Value<'a> {
    /// The member `name` of an object.
    pub(crate) fn get(self, name: &str) -> Option<Value<'a>> {
        self.as_object()?.get(name)
    }

    /// What lies behind names of members, each inside the one before.
    pub(crate) fn inside(self, names: &[&str]) -> Option<Value<'a>> {
        names.iter().try_fold(self, |value, name| value.get(name))
    }

    pub(crate) fn is_null(self) -> bool {
        matches!(self, Value::Null)
    }

    pub(crate) fn as_bool(self) -> Option<bool> {
        match self {
            Value::Bool(value) => Some(value),
            _ => None,
        }
    }

    pub(crate) fn as_f64(self) -> Option<f64> {
        match self {
            Value::Number(number) => Some(number),
            _ => None,
        }
    }

    pub(crate) fn as_str(self) -> Option<&'a str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn as_list(self) -> Option<&'a List> {
        match self {
            Value::List(list) => Some(list),
            _ => None,
        }
    }

    pub(crate) fn as_object(self) -> Option<&'a Object> {
        match self {
            Value::Object(object) => Some(object),
            _ => None,
        }
    }
}

impl Object {
    pub(crate) fn get(&self, name: &str) -> Option<Value<'_>> {
        let found = self.0.binary_search_by(|(known, _)| (**known).cmp(name));
        found.ok().map(|index| self.0[index].1.value())
    }
}

impl List {
    pub(crate) fn len(&self) -> usize {
        self.numbers.len()
    }

    pub(crate) fn get(&self, index: usize) -> Option<Value<'_>> {
        let number = *self.numbers.get(index)?;
        if !number.is_nan() {
            return Some(Value::Number(number.into()));
        }
        let found = self.others.binary_search_by_key(&index, |(at, _)| *at);
        found.ok().map(|place| self.others[place].1.value())
    }

    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = Value<'_>> {
        let mut others = self.others.iter();
        self.numbers.iter().map(move |&number| {
            if number.is_nan() {
                others.next().map_or(Value::Null, |(_, node)| node.value())
            } else {
                Value::Number(number.into())
            }
        })
    }

    /// All elements if they are numbers, else the first that is none, and its index.
    pub(crate) fn numbers(&self) -> Result<&[f32], (usize, Value<'_>)> {
        match self.others.first() {
            None => Ok(&self.numbers),
            Some((index, node)) => Err((*index, node.value())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Node, Failure> {
        parse(text, &|| false)
    }

    /// Writes a value as JSON, members in order of their names.
    fn write(value: Value<'_>) -> String {
        match value {
            Value::Null => "null".into(),
            Value::Bool(value) => value.to_string(),
            Value::Number(number) => format!("{number:?}"),
            Value::Text(text) => format!("{text:?}"),
            Value::List(list) => {
                let items: Vec<_> = list.iter().map(write).collect();
                let each = (0..list.len()).map(|index| write(list.get(index).unwrap()));
                assert_eq!(each.collect::<Vec<_>>(), items);
                format!("[{}]", items.join(","))
            }
            Value::Object(object) => {
                let members = object.0.iter();
                let members: Vec<_> = members
                    .map(|(name, node)| format!("{name:?}:{}", write(node.value())))
                    .collect();
                format!("{{{}}}", members.join(","))
            }
        }
    }

    #[test]
    fn values_are_read_as_they_stand() {
        let text =
            r#" {"b": [1, -2.5, null, "x", [], 3, {"a": true}, [4, false]], "a": "é\n", "c": {}} "#;
        let node = read(text).unwrap();
        let expected =
            r#"{"a":"é\n","b":[1.0,-2.5,null,"x",[],3.0,{"a":true},[4.0,false]],"c":{}}"#;
        assert_eq!(write(node.value()), expected);
        let list = node.value().get("b").unwrap().as_list().unwrap();
        assert!(matches!(list.numbers(), Err((2, Value::Null))));
        assert!(list.get(8).is_none() && node.value().get("d").is_none());
        // Names that occur again: the last one counts.
        let twice = read(r#"{"a":1,"b":2,"a":[3],"b":4,"a":5}"#).unwrap();
        assert_eq!(write(twice.value()), r#"{"a":5.0,"b":4.0}"#);
    }

    #[test]
    fn numbers_are_exact() {
        for text in [
            "0.1",
            "-0.0",
            "18446744073709551615",
            "-9223372036854775808",
            "123456789012345678901234567890",
            "2.2250738585072011e-308",
            "0.30020931363105774",
            "9007199254740993",
        ] {
            let read = read(text).unwrap().value().as_f64().unwrap();
            let exact = text.parse::<f64>().unwrap();
            assert_eq!(read.to_bits(), exact.to_bits(), "{text}");
            // In lists they are rounded twice, as every player rounds weights.
            let list = self::read(&format!("[{text}]")).unwrap();
            let list = list.value().as_list().unwrap();
            let read = list.numbers().unwrap()[0];
            assert_eq!(read.to_bits(), (exact as f32).to_bits(), "{text}");
        }
    }

    #[test]
    fn what_is_not_json_is_refused_and_long_texts_are_as_short_ones() {
        let blanks = " ".repeat(LONG + 1);
        for broken in ["", "[1,", "{\"a\"}", "[1] 2", "NaN", "\"\\ud800\"", "1e999"] {
            for text in [broken.to_owned(), format!("{broken}{blanks}")] {
                assert!(matches!(read(&text), Err(Failure::Syntax(_))), "{broken}");
            }
        }
        let deep = format!("{}{}", "[".repeat(1000), "]".repeat(1000));
        assert!(matches!(read(&deep), Err(Failure::Syntax(_))));
        let text = r#"{"a":[1,2,"\u0041"]}"#;
        let (short, long) = (read(text), read(&format!("{blanks}{text}")));
        assert_eq!(write(short.unwrap().value()), write(long.unwrap().value()));
    }

    #[test]
    fn values_are_counted_but_for_the_numbers_in_lists() {
        let list = |item: &str, count: usize| format!("[{}0]", format!("{item},").repeat(count));
        assert!(read(&list("0", 100_000)).is_ok());
        for item in ["[]", "{}", "null", "\"\"", "{\"\":0}"] {
            assert!(read(&list(item, FEW / 2 - 2)).is_ok(), "{item}");
            let refused = read(&list(item, 50_000));
            assert!(matches!(refused, Err(Failure::TooMany(_))), "{item}");
        }
        let members: Vec<_> = (0..50_000).map(|name| format!("\"{name}\":0")).collect();
        let refused = read(&format!("{{{}}}", members.join(",")));
        assert!(matches!(refused, Err(Failure::TooMany(_))));
    }

    /// Whatever the text is made of, it is asked often, and once it is told to stop it asks no more.
    #[test]
    fn reading_can_be_cancelled_anywhere() {
        for text in [
            format!("[{}0]", "0,".repeat(1_000_000)),
            format!("\"{}\"", "x".repeat(LONG)),
            format!("\"{}\"", "\\n".repeat(LONG)),
            format!("1{}", "0".repeat(LONG)),
            format!("0{}", " ".repeat(LONG)),
        ] {
            let start: String = text.chars().take(4).collect();
            let asked = Cell::new(0);
            let _ = parse(&text, &|| {
                asked.set(asked.get() + 1);
                false
            });
            assert!(asked.get() > 20, "{start}: {}", asked.get());
            for last in [1, 2, asked.get() / 2] {
                let asked = Cell::new(0);
                let stopped = parse(&text, &|| {
                    asked.set(asked.get() + 1);
                    asked.get() >= last
                });
                assert!(matches!(stopped, Err(Failure::Cancelled)), "{start}");
                assert_eq!(asked.get(), last, "{start}");
            }
        }
    }
}
