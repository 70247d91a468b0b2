//! Times the engine of the crate `nam-rs`.

use anyhow::Result;
use bench_engines::{Engine, Request};
use nam_rs::{Model, NamModel};

/// An engine of `nam-rs`, which plays in place.
struct NamRs(Model);

impl Engine for NamRs {
    fn play(&mut self, dry: &[f32], wet: &mut [f32]) {
        wet.copy_from_slice(dry);
        match wet {
            // The same sound, and far less work than a buffer of one.
            [sample] => *sample = self.0.process_sample(*sample),
            _ => self.0.process_buffer(wet),
        }
    }
}

fn main() -> Result<()> {
    let request = Request::read()?;
    let capture = NamModel::from_file(&request.capture)?;
    request.time(&mut NamRs(Model::from_nam(&capture)?));
    Ok(())
}
