//! Reading JSON values while knowing where they stand, so that every refusal can name its place.

use crate::error::{CaptureError, Place, Result};
use serde_json::Value;
use std::sync::Arc;

/// A JSON value and its place in the file.
#[derive(Clone)]
pub(crate) struct Field<'a> {
    value: &'a Value,
    place: Place,
}

impl<'a> Field<'a> {
    pub(crate) fn root(file: &Arc<str>, value: &'a Value) -> Self {
        Field {
            value,
            place: Place {
                file: file.clone(),
                path: String::new(),
            },
        }
    }

    pub(crate) fn value(&self) -> &'a Value {
        self.value
    }

    pub(crate) fn place(&self) -> Place {
        self.place.clone()
    }

    fn place_of(&self, key: &str) -> Place {
        let path = if self.place.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.place.path)
        };
        Place {
            file: self.place.file.clone(),
            path,
        }
    }

    pub(crate) fn wrong_type(&self, expected: &'static str) -> CaptureError {
        CaptureError::WrongType {
            place: self.place(),
            expected,
            found: describe(self.value),
        }
    }

    pub(crate) fn invalid(&self, problem: impl Into<String>) -> CaptureError {
        CaptureError::Invalid {
            place: self.place(),
            problem: problem.into(),
        }
    }

    /// This value as an object whose members can be asked for.
    pub(crate) fn object(self) -> Result<Self> {
        if self.value.is_object() {
            Ok(self)
        } else {
            Err(self.wrong_type("an object"))
        }
    }

    /// The member `key`, if it is there at all (it may be null).
    pub(crate) fn get(&self, key: &str) -> Option<Field<'a>> {
        let value = self.value.get(key)?;
        Some(Field {
            value,
            place: self.place_of(key),
        })
    }

    /// The member `key`, unless it is missing or null.
    pub(crate) fn get_some(&self, key: &str) -> Option<Field<'a>> {
        self.get(key).filter(|field| !field.value.is_null())
    }

    pub(crate) fn require(&self, key: &str) -> Result<Field<'a>> {
        self.get(key).ok_or_else(|| CaptureError::Missing {
            place: self.place_of(key),
        })
    }

    /// The elements of a list.
    pub(crate) fn list(&self) -> Result<Vec<Field<'a>>> {
        let Value::Array(items) = self.value else {
            return Err(self.wrong_type("a list"));
        };
        Ok(items
            .iter()
            .enumerate()
            .map(|(i, value)| Field {
                value,
                place: Place {
                    file: self.place.file.clone(),
                    path: format!("{}[{i}]", self.place.path),
                },
            })
            .collect())
    }

    /// A list with one element per layer, or one value that holds for every layer.
    pub(crate) fn per_layer(&self, layers: usize) -> Result<Vec<Field<'a>>> {
        if !self.value.is_array() {
            return Ok(vec![self.clone(); layers]);
        }
        let items = self.list()?;
        if items.len() != layers {
            return Err(self.invalid(format!(
                "has {} entries, but there are {layers} layers",
                items.len()
            )));
        }
        Ok(items)
    }

    pub(crate) fn text(&self) -> Result<&'a str> {
        self.value.as_str().ok_or_else(|| self.wrong_type("text"))
    }

    pub(crate) fn boolean(&self) -> Result<bool> {
        self.value
            .as_bool()
            .ok_or_else(|| self.wrong_type("true or false"))
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
pub(super) fn describe(value: &Value) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Bool(b) => b.to_string(),
        Value::Number(n) => n.to_string(),
        Value::String(s) => format!("the text \"{}\"", s.chars().take(40).collect::<String>()),
        Value::Array(items) => format!("a list of {}", items.len()),
        Value::Object(_) => "an object".into(),
    }
}
