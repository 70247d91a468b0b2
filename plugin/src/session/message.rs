//! What there is to tell the user, and to ask.

use crate::session::part::Part;

/// Something to tell, cause and remedy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) kind: MessageKind,
    pub(crate) text: String,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MessageKind {
    /// Something did not work.
    Error,
    /// Something that is good to know.
    Notice,
}

impl Message {
    /// Something did not work: why, and what to do.
    pub(crate) fn error(text: impl Into<String>) -> Self {
        Self {
            kind: MessageKind::Error,
            text: text.into(),
        }
    }

    /// Something that is good to know.
    pub(crate) fn notice(text: impl Into<String>) -> Self {
        Self {
            kind: MessageKind::Notice,
            text: text.into(),
        }
    }
}

/// Whether a file may stand for the one that the project was saved with and that is not to be found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Question {
    pub(crate) part: Part,
    /// What the file is called.
    pub(crate) name: String,
}
