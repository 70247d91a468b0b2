//! What a project holds, through the host's streams.

use vst3::ComRef;
use vst3::Steinberg::{IBStream, IBStreamTrait, kResultOk};

/// The longest state that is read: captures can be in it, but a host can also be wrong.
const MOST: usize = 256 << 20;

/// How much is asked for at a time.
const PIECE: usize = 64 << 10;

/// All that is left in it; `None` if that is more than there can be.
pub(super) fn read_all(stream: ComRef<'_, IBStream>) -> Option<Vec<u8>> {
    let mut all = Vec::new();
    while all.len() <= MOST {
        let start = all.len();
        all.resize(start + PIECE, 0);
        let mut read = 0;
        let place = all[start..].as_mut_ptr().cast();
        // SAFETY: there is room for a piece at `place`.
        let result = unsafe { stream.read(place, PIECE as i32, &raw mut read) };
        // What a host says of more than it was asked for is not believed.
        let read = usize::try_from(read).unwrap_or(0).min(PIECE);
        all.truncate(start + read);
        if result != kResultOk || read == 0 {
            return Some(all);
        }
    }
    None
}

/// Writes all of it; whether the host took it.
pub(super) fn write_all(stream: ComRef<'_, IBStream>, mut rest: &[u8]) -> bool {
    while !rest.is_empty() {
        let piece = rest.len().min(i32::MAX as usize);
        // Hosts that do not say how much they took have taken everything.
        let mut written = piece as i32;
        let place = rest.as_ptr().cast_mut().cast();
        // SAFETY: a stream only reads what it is to write, and there is so much of it.
        let result = unsafe { stream.write(place, piece as i32, &raw mut written) };
        let written = usize::try_from(written).unwrap_or(0).min(piece);
        if result != kResultOk || written == 0 {
            return false;
        }
        rest = &rest[written..];
    }
    true
}
