//! What the tests of the command line share.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use hound::{SampleFormat, WavReader, WavSpec, WavWriter};
use tempfile::TempDir;

/// A capture that gives back what it gets, at the given rate, with more metadata if wanted.
pub fn identity(rate: u32, metadata: &str) -> String {
    linear(1, 1, "1.0", rate, metadata)
}

/// A capture that scales: one weight for each response.
pub fn linear(inputs: usize, outputs: usize, weights: &str, rate: u32, metadata: &str) -> String {
    format!(
        r#"{{"version": "0.5.4", "architecture": "Linear", "metadata": {{{metadata}}}, "sample_rate": {rate},
            "config": {{"receptive_field": 1, "bias": false, "in_channels": {inputs}, "out_channels": {outputs}}},
            "weights": [{weights}]}}"#
    )
}

/// A capture of two sizes: the full one copies, the other one, played below 0.5, halves.
pub fn container() -> String {
    let (half, full) = (linear(1, 1, "0.5", 48_000, ""), identity(48_000, ""));
    format!(
        r#"{{"version": "0.7.0", "architecture": "SlimmableContainer", "metadata": {{}}, "sample_rate": 48000,
            "config": {{"submodels": [{{"max_value": 0.5, "model": {half}}}, {{"max_value": 1.0, "model": {full}}}]}},
            "weights": []}}"#
    )
}

/// A folder of its own for one test.
pub struct Bench {
    folder: TempDir,
}

impl Bench {
    pub fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn put(&self, name: &str, contents: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, contents).unwrap();
        path
    }

    /// Writes a 32-bit float WAV.
    pub fn float_wav(&self, name: &str, rate: u32, channels: &[&[f32]]) -> PathBuf {
        let spec = WavSpec {
            channels: channels.len() as u16,
            sample_rate: rate,
            bits_per_sample: 32,
            sample_format: SampleFormat::Float,
        };
        let path = self.path(name);
        let mut writer = WavWriter::create(&path, spec).unwrap();
        for frame in 0..channels[0].len() {
            for channel in channels {
                writer.write_sample(channel[frame]).unwrap();
            }
        }
        writer.finalize().unwrap();
        path
    }

    /// Writes a mono PCM WAV.
    pub fn pcm_wav(&self, name: &str, bits: u16, samples: &[i32]) -> PathBuf {
        let spec = WavSpec {
            channels: 1,
            sample_rate: 48_000,
            bits_per_sample: bits,
            sample_format: SampleFormat::Int,
        };
        let path = self.path(name);
        let mut writer = WavWriter::create(&path, spec).unwrap();
        for &sample in samples {
            writer.write_sample(sample).unwrap();
        }
        writer.finalize().unwrap();
        path
    }

    /// Runs `gridleak` in the folder.
    pub fn run(&self, arguments: &[&str]) -> Run {
        self.run_with(&[], arguments)
    }

    /// Runs `gridleak` in the folder with something in its environment.
    pub fn run_with(&self, environment: &[(&str, &str)], arguments: &[&str]) -> Run {
        let mut command = self.command(arguments);
        Run::new(command.envs(environment.iter().copied()).output().unwrap())
    }

    /// `gridleak`, to be run in the folder.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gridleak"));
        command
            .args(arguments)
            .env_remove("GRIDLEAK_SIMD")
            .current_dir(self.folder.path());
        command
    }

    /// Names in the folder, hidden ones too.
    pub fn names(&self) -> Vec<String> {
        let names = fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<_> = names
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

/// What became of a run.
#[derive(Debug)]
pub struct Run {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Run {
    fn new(output: Output) -> Self {
        Self {
            code: output.status.code().expect("ended by itself"),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Asserts success.
    pub fn good(self) -> Self {
        assert_eq!(self.code, 0, "{self:?}");
        self
    }

    /// Asserts failure told in one line that contains `words`.
    pub fn bad(self, words: &str) {
        assert_eq!(self.code, 2, "{self:?}");
        assert_eq!(self.err.lines().count(), 1, "{self:?}");
        assert!(self.err.starts_with("gridleak: "), "{self:?}");
        assert!(self.err.contains(words), "no {words:?} in {self:?}");
        assert_eq!(self.out, "", "{self:?}");
    }
}

/// Format and channels of a float WAV.
pub fn read_float(path: &Path) -> (WavSpec, Vec<Vec<f32>>) {
    let mut reader = WavReader::open(path).unwrap();
    let spec = reader.spec();
    let mut channels = vec![Vec::new(); spec.channels.into()];
    for (n, sample) in reader.samples::<f32>().enumerate() {
        channels[n % usize::from(spec.channels)].push(sample.unwrap());
    }
    (spec, channels)
}

/// Format and samples of a PCM WAV.
pub fn read_pcm(path: &Path) -> (WavSpec, Vec<i32>) {
    let mut reader = WavReader::open(path).unwrap();
    let samples = reader.samples().map(Result::unwrap).collect();
    (reader.spec(), samples)
}

/// A sine with an amplitude of one half.
pub fn sine(frequency: f64, rate: u32, frames: usize) -> Vec<f32> {
    let step = std::f64::consts::TAU * frequency / f64::from(rate);
    (0..frames)
        .map(|n| (0.5 * (step * n as f64).sin()) as f32)
        .collect()
}
