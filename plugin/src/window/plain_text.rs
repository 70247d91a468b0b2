//! Texts that strangers wrote, as they can be shown.

use crate::files::failure::one_line;

/// Longest texts that are shown, in characters. Files can make them as long as they like.
pub(super) const LONGEST_MESSAGE: usize = 1000;
pub(super) const LONGEST_NAME: usize = 200;
pub(super) const LONGEST_PATH: usize = 400;

/// The first `most` characters of `text`, and an ellipsis if there are more.
pub(super) fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}\u{2026}", &text[..end]),
        None => text.to_owned(),
    }
}

/// The same in one line.
pub(super) fn plain(text: &str, most: usize) -> String {
    one_line(&shortened(text, most))
}
