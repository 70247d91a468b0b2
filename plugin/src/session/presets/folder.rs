//! Where the player's presets are.

#[cfg(not(test))]
use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::files::failure::{Failure, Result};
use crate::session::preferences;

/// The folder in which presets are kept: `~/.local/share/gridleak/presets` on Linux,
/// `~/Library/Application Support/Gridleak/Presets` on macOS, `%APPDATA%\Gridleak\Presets` on Windows, or
/// `presets` in the folder that [`preferences::VARIABLE`] names. It need not be there yet.
pub(crate) fn folder() -> Result<PathBuf> {
    // Tests leave the player's presets alone.
    #[cfg(test)]
    let named = Some(preferences::own_folder()?.into_os_string());
    #[cfg(not(test))]
    let named = env::var_os(preferences::VARIABLE);
    preset_folder(named)
}

/// `named`: what the variable says.
fn preset_folder(named: Option<OsString>) -> Result<PathBuf> {
    if let Some(named) = named.filter(|named| !named.is_empty()) {
        return Ok(Path::new(&named).join("presets"));
    }
    let own = match cfg!(any(windows, target_os = "macos")) {
        true => Path::new("Gridleak").join("Presets"),
        false => Path::new("gridleak").join("presets"),
    };
    dirs::data_dir().map(|data| data.join(own)).ok_or_else(|| {
        Failure::new(format!(
            "this system names no folder for presets; name one for settings and presets in {}",
            preferences::VARIABLE
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_names_the_folder() {
        let named = preset_folder(Some("/portable".into())).unwrap();
        assert_eq!(named, Path::new("/portable/presets"));
        let own = preset_folder(None).unwrap();
        assert_eq!(preset_folder(Some("".into())).unwrap(), own);
        assert!(own.is_absolute());
    }
}
