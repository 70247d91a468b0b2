//! Files as strangers make them: read with distrust, written whole or not at all.

pub(crate) mod contents;
pub(crate) mod endings;
pub(crate) mod failure;
pub(crate) mod impulse_file;
pub(crate) mod output_file;
#[cfg(feature = "plugin")]
pub(crate) mod shared_file;
pub(crate) mod sound_file;
pub(crate) mod wav_writer;
