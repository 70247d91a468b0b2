//! The flat weight list of a file, handed out in the format's order and shape.

use super::FileContext;
use super::fields::{Field, describe};
use crate::error::{CaptureError, Place, Result};
use ndarray::{Array1, Array2, Array3};

/// After so many weights is asked whether to go on.
const BETWEEN_LOOKS: usize = 1 << 16;

/// A convolution as the file stores it; a plain matrix is one with a single tap.
#[derive(Debug, Clone)]
pub(crate) struct ConvWeights {
    /// `[out][in / groups][tap]`; the last tap multiplies the current frame.
    pub(crate) kernel: Array3<f32>,
    /// `[out]`
    pub(crate) bias: Option<Array1<f32>>,
    pub(crate) groups: usize,
    pub(crate) dilation: usize,
}

impl ConvWeights {
    pub(crate) fn outputs(&self) -> usize {
        self.kernel.dim().0
    }

    pub(crate) fn inputs(&self) -> usize {
        self.kernel.dim().1 * self.groups
    }

    pub(crate) fn taps(&self) -> usize {
        self.kernel.dim().2
    }

    /// Frames before the current one that are looked at.
    pub(crate) fn lookback(&self) -> usize {
        (self.taps() - 1) * self.dilation
    }

    /// The first `outputs` rows and `inputs` columns: what a slimmed net keeps of a full one.
    pub(crate) fn slice(&self, outputs: usize, inputs: usize) -> Self {
        ConvWeights {
            kernel: self
                .kernel
                .slice(ndarray::s![..outputs, ..inputs, ..])
                .to_owned(),
            bias: self
                .bias
                .as_ref()
                .map(|bias| bias.slice(ndarray::s![..outputs]).to_owned()),
            ..*self
        }
    }
}

/// Shape of a convolution that is to be read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ConvShape {
    pub(crate) outputs: usize,
    pub(crate) inputs: usize,
    pub(crate) taps: usize,
    pub(crate) dilation: usize,
    pub(crate) groups: usize,
    pub(crate) bias: bool,
}

impl ConvShape {
    /// One tap, no groups.
    pub(crate) fn matrix(outputs: usize, inputs: usize, bias: bool) -> Self {
        ConvShape {
            outputs,
            inputs,
            taps: 1,
            dilation: 1,
            groups: 1,
            bias,
        }
    }
}

/// A reader of the weight list.
///
/// It never runs past the end: once the list is used up it goes on counting and hands out empty
/// arrays, which [`Weights::finish`] then turns into one error that names both counts. So sizes are
/// checked before any memory is taken, and a configuration may ask for any amount.
pub(crate) struct Weights {
    values: Vec<f32>,
    used: usize,
    place: Place,
}

impl Weights {
    /// Reads the list; every weight must be finite as a 32-bit float.
    pub(crate) fn read(field: &Field<'_>, context: &FileContext<'_>) -> Result<Self> {
        let Some(items) = field.value().as_list() else {
            return Err(field.wrong_type("a list of numbers"));
        };
        let at = |index: usize| Place {
            path: format!("{}[{index}]", field.place().path),
            ..field.place()
        };
        let numbers = items.numbers().map_err(|(index, item)| {
            CaptureError::WrongType(at(index), "a number", describe(item))
        })?;
        let mut values = Vec::with_capacity(numbers.len());
        for piece in numbers.chunks(BETWEEN_LOOKS) {
            context.go_on()?;
            if let Some(index) = piece.iter().position(|weight| !weight.is_finite()) {
                let problem = "this weight is too large for a 32-bit number".to_owned();
                return Err(CaptureError::Invalid(at(values.len() + index), problem));
            }
            values.extend_from_slice(piece);
        }
        Ok(Weights {
            values,
            used: 0,
            place: field.place(),
        })
    }

    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether more was asked for than there is. What is read from then on is going to be refused,
    /// so it need not be kept: a short file may ask for very many layers.
    pub(crate) fn overdrawn(&self) -> bool {
        self.used > self.values.len()
    }

    /// Room for up to `count` parts of at least `least` weights each, but not for more than there
    /// can be.
    pub(crate) fn room_for<T>(&self, count: usize, least: usize) -> Vec<T> {
        let left = self.values.len().saturating_sub(self.used);
        Vec::with_capacity(count.min(left / least))
    }

    /// The next weights, or `None` where the list is too short for them.
    fn take(&mut self, dims: &[usize]) -> Option<Vec<f32>> {
        let count = dims.iter().fold(1usize, |n, &d| n.saturating_mul(d));
        let start = self.used;
        self.used = self.used.saturating_add(count);
        self.values.get(start..self.used).map(<[f32]>::to_vec)
    }

    pub(crate) fn vector(&mut self, len: usize) -> Array1<f32> {
        Array1::from(self.take(&[len]).unwrap_or_default())
    }

    /// `[rows][cols]`, row-major.
    pub(crate) fn matrix(&mut self, rows: usize, cols: usize) -> Array2<f32> {
        self.take(&[rows, cols])
            .and_then(|v| Array2::from_shape_vec((rows, cols), v).ok())
            .unwrap_or_else(|| Array2::zeros((0, 0)))
    }

    pub(crate) fn scalar(&mut self) -> f32 {
        self.take(&[1]).map_or(0.0, |v| v[0])
    }

    /// A convolution: `[out][in / groups][tap]`, then the biases if it has any.
    pub(crate) fn conv(&mut self, shape: ConvShape) -> ConvWeights {
        let dims = (shape.outputs, shape.inputs / shape.groups, shape.taps);
        let kernel = self
            .take(&[dims.0, dims.1, dims.2])
            .and_then(|v| Array3::from_shape_vec(dims, v).ok())
            .unwrap_or_else(|| Array3::zeros((0, 0, 0)));
        let bias = shape.bias.then(|| self.vector(shape.outputs));
        ConvWeights {
            kernel,
            bias,
            groups: shape.groups,
            dilation: shape.dilation,
        }
    }

    /// Every weight must have been used, and none may be missing.
    pub(crate) fn finish(self) -> Result<()> {
        if self.used == self.values.len() {
            Ok(())
        } else {
            Err(CaptureError::WeightCount {
                place: self.place,
                expected: self.used,
                found: self.values.len(),
            })
        }
    }
}
