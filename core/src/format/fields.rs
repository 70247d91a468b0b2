//! Reading JSON values while knowing where they stand, so that every refusal can name its place.

use super::json::Value;
use crate::error::{CaptureError, Place, Result};
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

/// A JSON value and its place in the file.
#[derive(Clone)]
pub(crate) struct Field<'a> {
    value: Value<'a>,
    file: &'a Arc<str>,
    path: Path,
}

/// The way to a value. Only a refusal spells it out: in a deeply nested file paths are long, and
/// its lists may have millions of elements.
#[derive(Clone)]
enum Path {
    Root,
    Key(Rc<Path>, &'static str),
    Index(Rc<Path>, usize),
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Path::Root => Ok(()),
            Path::Key(parent, key) if matches!(**parent, Path::Root) => f.write_str(key),
            Path::Key(parent, key) => write!(f, "{parent}.{key}"),
            Path::Index(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

impl<'a> Field<'a> {
    pub(crate) fn root(file: &'a Arc<str>, value: Value<'a>) -> Self {
        Field {
            value,
            file,
            path: Path::Root,
        }
    }

    pub(crate) fn value(&self) -> Value<'a> {
        self.value
    }

    pub(crate) fn place(&self) -> Place {
        self.place_at(&self.path)
    }

    fn place_at(&self, path: &Path) -> Place {
        Place {
            file: self.file.clone(),
            path: path.to_string(),
        }
    }

    fn path_of(&self, key: &'static str) -> Path {
        Path::Key(Rc::new(self.path.clone()), key)
    }

    pub(crate) fn wrong_type(&self, expected: &'static str) -> CaptureError {
        CaptureError::WrongType(self.place(), expected, describe(self.value))
    }

    pub(crate) fn invalid(&self, problem: impl Into<String>) -> CaptureError {
        CaptureError::Invalid(self.place(), problem.into())
    }

    /// This value as an object whose members can be asked for.
    pub(crate) fn object(self) -> Result<Self> {
        if self.value.as_object().is_some() {
            Ok(self)
        } else {
            Err(self.wrong_type("an object"))
        }
    }

    /// The member `key`, if it is there at all (it may be null).
    pub(crate) fn get(&self, key: &'static str) -> Option<Field<'a>> {
        let value = self.value.get(key)?;
        Some(Field {
            value,
            path: self.path_of(key),
            ..*self
        })
    }

    /// The member `key`, unless it is missing or null.
    pub(crate) fn get_some(&self, key: &'static str) -> Option<Field<'a>> {
        self.get(key).filter(|field| !field.value.is_null())
    }

    pub(crate) fn require(&self, key: &'static str) -> Result<Field<'a>> {
        self.get(key)
            .ok_or_else(|| CaptureError::Missing(self.place_at(&self.path_of(key))))
    }

    /// The elements of a list, one at a time: it may be long, and what is read of it is shorter.
    pub(crate) fn list(&self) -> Result<impl ExactSizeIterator<Item = Field<'a>> + use<'a>> {
        let Some(items) = self.value.as_list() else {
            return Err(self.wrong_type("a list"));
        };
        let file = self.file;
        let parent = Rc::new(self.path.clone());
        let elements = items.iter().enumerate();
        Ok(elements.map(move |(index, value)| Field {
            value,
            file,
            path: Path::Index(parent.clone(), index),
        }))
    }

    /// As [`Field::list`], of a list that must not be empty.
    pub(crate) fn filled_list(&self) -> Result<impl ExactSizeIterator<Item = Field<'a>> + use<'a>> {
        let list = self.list()?;
        if list.len() == 0 {
            return Err(self.invalid("is empty"));
        }
        Ok(list)
    }

    /// Reads a list with one element per layer, or one value that holds for every layer.
    pub(crate) fn per_layer<T: Clone>(
        &self,
        layers: usize,
        read: impl Fn(&Field<'a>) -> Result<T>,
    ) -> Result<Vec<T>> {
        self.check_layers(layers)?;
        if self.value.as_list().is_some() {
            self.list()?.map(|item| read(&item)).collect()
        } else {
            // Read once: it may be long itself.
            Ok(vec![read(self)?; layers])
        }
    }

    /// A list must have one element per layer.
    pub(crate) fn check_layers(&self, layers: usize) -> Result<()> {
        match self.value {
            Value::List(items) if items.len() != layers => Err(self.invalid(format!(
                "has {} entries, but there are {layers} layers",
                items.len()
            ))),
            _ => Ok(()),
        }
    }

    /// The element for one layer of a list, or the value that holds for every layer.
    pub(crate) fn layer(&self, index: usize) -> Field<'a> {
        match self.value.as_list().and_then(|list| list.get(index)) {
            Some(value) => Field {
                value,
                path: Path::Index(Rc::new(self.path.clone()), index),
                ..*self
            },
            None => self.clone(),
        }
    }

    pub(crate) fn text(&self) -> Result<&'a str> {
        self.value.as_str().ok_or_else(|| self.wrong_type("text"))
    }

    pub(crate) fn boolean(&self) -> Result<bool> {
        self.value
            .as_bool()
            .ok_or_else(|| self.wrong_type("true or false"))
    }

    /// The member `key`, true or false, or what holds without it.
    pub(crate) fn boolean_or(&self, key: &'static str, default: bool) -> Result<bool> {
        self.get_some(key)
            .map_or(Ok(default), |value| value.boolean())
    }

    /// The member `key`, a whole number from 1 to `most`, or what holds without it.
    pub(crate) fn size_or(&self, key: &'static str, default: usize, most: usize) -> Result<usize> {
        self.get_some(key)
            .map_or(Ok(default), |value| value.size(1, most))
    }

    pub(crate) fn number(&self) -> Result<f64> {
        self.value
            .as_f64()
            .ok_or_else(|| self.wrong_type("a number"))
    }

    /// A number that is finite as `f32`.
    pub(crate) fn single(&self) -> Result<f32> {
        let single = self.number()? as f32;
        if single.is_finite() {
            Ok(single)
        } else {
            Err(self.invalid("is too large for a 32-bit number"))
        }
    }

    /// A whole number in `least..=most`; `3.0` counts as whole.
    pub(crate) fn size(&self, least: usize, most: usize) -> Result<usize> {
        let number = self
            .value
            .as_f64()
            .ok_or_else(|| self.wrong_type("a whole number"))?;
        if number.fract() != 0.0 {
            return Err(self.wrong_type("a whole number"));
        }
        if number < least as f64 || number > most as f64 {
            return Err(self.invalid(format!("is {number}, not between {least} and {most}")));
        }
        Ok(number as usize)
    }
}

/// Names a value for an error message, shortened.
pub(super) fn describe(value: Value<'_>) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Bool(b) => b.to_string(),
        Value::Number(n) => n.to_string(),
        Value::Text(s) => format!("the text \"{}\"", s.chars().take(40).collect::<String>()),
        Value::List(items) => format!("a list of {}", items.len()),
        Value::Object(_) => "an object".into(),
    }
}
