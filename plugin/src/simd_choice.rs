//! Which of the CPU's instruction sets captures play with.

use std::env;

use gridleak_core::SimdLevel;

use crate::files::failure::{Failure, Result};

/// The environment variable that names one.
const VARIABLE: &str = "GRIDLEAK_SIMD";

/// The instruction set that is asked for; the fastest of this CPU where none is.
pub(crate) fn choose() -> Result<SimdLevel> {
    let Some(name) = env::var_os(VARIABLE).filter(|name| !name.is_empty()) else {
        return Ok(SimdLevel::detect());
    };
    let level: SimdLevel = name
        .to_string_lossy()
        .parse()
        .map_err(|e| Failure::new(format!("{VARIABLE}: {e}")))?;
    if !level.is_available() {
        return Err(Failure::new(format!(
            "{VARIABLE}: this CPU does not have {level}; its fastest is {}",
            SimdLevel::detect()
        )));
    }
    Ok(level)
}
