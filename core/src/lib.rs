//! stub of the API
use std::path::Path;
/// A parsed and fully validated `.nam` file: everything needed to build instances. Cheap to share behind an Arc.
pub struct Capture { _p: () }
/// One message: file, place, what is wrong, what to do.
#[derive(Debug)] pub struct CaptureError(pub String);
impl std::fmt::Display for CaptureError { fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(&self.0) } }
impl std::error::Error for CaptureError {}
/// Metadata as the file gives it; absent values are None. (Real one has more fields; all are Option.)
#[derive(Debug, Clone, Default)] pub struct Metadata {
    pub name: Option<String>, pub modeled_by: Option<String>, pub gear_type: Option<String>, pub gear_make: Option<String>, pub gear_model: Option<String>, pub tone_type: Option<String>,
    /// RMS dB of the output for the trainer's standard input
    pub loudness: Option<f64>, pub input_level_dbu: Option<f64>, pub output_level_dbu: Option<f64>, pub gain: Option<f64>, pub date: Option<String>,
    /// validation ESR of the trainer
    pub validation_esr: Option<f64>,
}
/// What `inspect` shows: one node per (nested) model.
#[derive(Debug, Clone)] pub struct Summary {
    /// "LSTM", "WaveNet", "SlimmableContainer", ...
    pub architecture: String,
    /// human-readable size, e.g. "2 layers x 16" or "16/8 channels, 20 layers"
    pub size: String,
    pub parameters: usize,
    /// frames; None for a recurrent net, which remembers without limit
    pub receptive_field: Option<usize>,
    /// role in the parent: "quality below 0.50", "condition", "stage 1", empty at the root
    pub role: String,
    pub children: Vec<Summary>,
}
impl Capture {
    pub fn from_file(_path: &Path) -> Result<Self, CaptureError> { Ok(Capture { _p: () }) }
    /// `name` is used in error messages (usually the file name).
    pub fn from_bytes(_name: &str, _bytes: &[u8]) -> Result<Self, CaptureError> { Ok(Capture { _p: () }) }
    pub fn metadata(&self) -> &Metadata { unimplemented!() }
    /// `.nam` format version, e.g. "0.5.4"
    pub fn version(&self) -> &str { "0.5.4" }
    /// Notes for the user about things that were accepted with a remark (e.g. version 0.7.9 only partially supported)
    pub fn warnings(&self) -> &[String] { &[] }
    /// Hz; 48000 where the file does not say
    pub fn sample_rate(&self) -> f64 { 48000.0 }
    /// whether the file itself gave the rate
    pub fn sample_rate_known(&self) -> bool { false }
    pub fn in_channels(&self) -> usize { 1 }
    pub fn out_channels(&self) -> usize { 1 }
    pub fn summary(&self) -> Summary { unimplemented!() }
    /// Allocates a run-time instance in the file's initial state (not prewarmed). Not real-time safe.
    pub fn build(&self) -> Model { Model { _p: () } }
}
/// A running instance. Send. `process`, `reset` never allocate.
pub struct Model { _p: () }
impl Model {
    /// Settles the model on silence (feed-forward: steady state; LSTM: 0.5 s of silence). Off the audio thread.
    pub fn prewarm(&mut self) {}
    /// Back to the file's initial state.
    pub fn reset(&mut self) {}
    pub fn in_channels(&self) -> usize { 1 }
    pub fn out_channels(&self) -> usize { 1 }
    /// Any length from 0 up, may change at each call; all slices of one call have the same length.
    pub fn process(&mut self, input: &[&[f32]], output: &mut [&mut [f32]]) { for (o, i) in output.iter_mut().zip(input) { o.copy_from_slice(i) } }
    /// The same for a 1-in 1-out capture.
    pub fn process_mono(&mut self, input: &[f32], output: &mut [f32]) { output.copy_from_slice(input) }
}
