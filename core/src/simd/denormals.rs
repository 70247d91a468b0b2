//! Numbers too small to matter, which a CPU can take a hundred times longer to add.

/// While this lives, results and arguments below the smallest normal float (1.2e-38) count as zero
/// on this thread. What was set before is restored when it is dropped.
///
/// The compiler takes it that this setting never changes, so it might compute a denormal constant as
/// it is rather than as zero. Either is silence to us; nothing here depends on which.
pub(crate) struct FlushDenormals {
    before: Control,
}

impl FlushDenormals {
    pub(crate) fn new() -> Self {
        let before = read();
        // Most hosts have set it already, and writing makes the CPU wait.
        if before & FLUSH != FLUSH {
            write(before | FLUSH);
        }
        FlushDenormals { before }
    }
}

impl Drop for FlushDenormals {
    fn drop(&mut self) {
        if self.before & FLUSH != FLUSH {
            write(self.before);
        }
    }
}

#[cfg(target_arch = "x86_64")]
type Control = u32;
#[cfg(target_arch = "aarch64")]
type Control = u64;

/// Flush-to-zero for results (bit 15) and denormals-are-zero for arguments (bit 6) of MXCSR.
#[cfg(target_arch = "x86_64")]
const FLUSH: Control = 1 << 15 | 1 << 6;

/// The flush-to-zero bit of FPCR, for results and arguments.
#[cfg(target_arch = "aarch64")]
const FLUSH: Control = 1 << 24;

#[cfg(target_arch = "x86_64")]
fn read() -> Control {
    let mut control: Control = 0;
    // SAFETY: stores the 32-bit register to where it is told to, nothing else.
    unsafe {
        std::arch::asm!("stmxcsr [{}]", in(reg) &mut control, options(nostack, preserves_flags));
    }
    control
}

#[cfg(target_arch = "x86_64")]
fn write(control: Control) {
    // SAFETY: only the two bits of `FLUSH` ever differ from what `read` gave; all bits are valid.
    unsafe {
        std::arch::asm!("ldmxcsr [{}]", in(reg) &control, options(nostack, preserves_flags, readonly));
    }
}

#[cfg(target_arch = "aarch64")]
fn read() -> Control {
    let control;
    // SAFETY: reads a register.
    unsafe { std::arch::asm!("mrs {}, fpcr", out(reg) control, options(nomem, nostack)) };
    control
}

#[cfg(target_arch = "aarch64")]
fn write(control: Control) {
    // SAFETY: only the bit of `FLUSH` ever differs from what `read` gave.
    unsafe { std::arch::asm!("msr fpcr, {}", in(reg) control, options(nomem, nostack)) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn denormals_are_flushed_and_then_no_more() {
        let tiny = std::hint::black_box(1e-40f32);
        let halve = |x: f32| std::hint::black_box(std::hint::black_box(x) * 0.5);
        assert!(halve(tiny) > 0.0);
        {
            let _flush = FlushDenormals::new();
            assert_eq!(halve(tiny), 0.0);
            {
                let _nested = FlushDenormals::new();
            }
            assert_eq!(
                halve(tiny),
                0.0,
                "an inner guard restores what the outer one set"
            );
        }
        assert!(halve(tiny) > 0.0);
    }
}
