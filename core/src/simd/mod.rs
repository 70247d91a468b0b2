//! One small vector trait, its instruction sets, and the choice between them at run time.
//!
//! A kernel is written once against [`Simd`] and implements [`Kernel`]. [`SimdLevel::run`] compiles it
//! for each instruction set and calls the one asked for. Everything between the two must be
//! `#[inline(always)]`, so that it becomes part of the function that enables the instructions.

#[cfg(target_arch = "aarch64")]
mod neon;
#[cfg(target_arch = "x86_64")]
mod x86;

mod aligned;
mod denormals;
pub(crate) mod math;
mod pair;

pub(crate) use aligned::AlignedVec;
pub(crate) use denormals::FlushDenormals;

use std::fmt;
use std::str::FromStr;

/// A vector of `f32` lanes.
///
/// Values of an implementing type may only be made inside [`Kernel::run`], as called by
/// [`SimdLevel::run`]: that is where the CPU is known to have the instructions, and what the `unsafe`
/// blocks of the implementations rely on.
pub(crate) trait Simd: Copy {
    /// Lanes in a vector.
    const LANES: usize;
    /// Vector registers of the instruction set; bounds how many sums a kernel keeps at once.
    const REGISTERS: usize;
    /// Eight lanes of the same instruction set, for work that is cut into eights.
    type Eight: Simd;

    /// Runs `kernel` with this type in a function of its own. Where a kernel is used in many places
    /// this keeps it from being compiled into each of them.
    fn call(kernel: impl Kernel);

    fn splat(x: f32) -> Self;

    /// # Safety
    /// `p` must be valid for reading `LANES` floats; it need not be aligned.
    unsafe fn load(p: *const f32) -> Self;

    /// # Safety
    /// `p` must be valid for writing `LANES` floats; it need not be aligned.
    unsafe fn store(self, p: *mut f32);

    /// `self * b + c`, fused where the instruction set can.
    fn mul_add(self, b: Self, c: Self) -> Self;

    fn add(self, b: Self) -> Self;
    fn sub(self, b: Self) -> Self;
    fn mul(self, b: Self) -> Self;
    fn div(self, b: Self) -> Self;

    /// The larger of the two; `b` where either is NaN.
    fn max(self, b: Self) -> Self;

    /// The smaller of the two; `b` where either is NaN.
    fn min(self, b: Self) -> Self;

    /// `2^n` for whole `n` in -126..=127, given as floats.
    fn exp2_whole(self) -> Self;

    /// The sum of all lanes.
    fn sum(self) -> f32;

    /// Limits to `-limit..=limit`; the NaN of a computation becomes one of the two.
    #[inline(always)]
    fn clamp_magnitude(self, limit: f32) -> Self {
        self.max(Self::splat(-limit)).min(Self::splat(limit))
    }

    #[inline(always)]
    fn abs(self) -> Self {
        self.max(Self::splat(0.0).sub(self))
    }
}

/// Work that is compiled once for each instruction set.
pub(crate) trait Kernel {
    fn run<S: Simd>(self);
}

/// An instruction set, ascending in speed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum SimdLevel {
    /// 4 lanes; every x86-64 CPU has it.
    #[cfg(target_arch = "x86_64")]
    Sse2,
    /// 8 lanes with fused multiply-add; Intel since 2013, AMD since 2015.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// 16 lanes and twice the registers.
    #[cfg(target_arch = "x86_64")]
    Avx512,
    /// 4 lanes with fused multiply-add; every 64-bit ARM CPU has it.
    #[cfg(target_arch = "aarch64")]
    Neon,
}

impl SimdLevel {
    /// All levels of this kind of CPU, slowest first; see [`SimdLevel::is_available`].
    #[cfg(target_arch = "x86_64")]
    pub const ALL: &[SimdLevel] = &[SimdLevel::Sse2, SimdLevel::Avx2, SimdLevel::Avx512];
    /// All levels of this kind of CPU.
    #[cfg(target_arch = "aarch64")]
    pub const ALL: &[SimdLevel] = &[SimdLevel::Neon];

    /// Whether this CPU has the instructions.
    pub fn is_available(self) -> bool {
        match self {
            #[cfg(target_arch = "x86_64")]
            SimdLevel::Sse2 => true,
            #[cfg(target_arch = "x86_64")]
            SimdLevel::Avx2 => is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
            #[cfg(target_arch = "x86_64")]
            SimdLevel::Avx512 => {
                SimdLevel::Avx2.is_available()
                    && is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512dq")
                    && is_x86_feature_detected!("avx512vl")
            }
            #[cfg(target_arch = "aarch64")]
            SimdLevel::Neon => true,
        }
    }

    /// The fastest level of this CPU.
    pub fn detect() -> SimdLevel {
        let best = SimdLevel::ALL
            .iter()
            .rev()
            .find(|level| level.is_available());
        *best.expect("the first level is part of the target")
    }

    /// Runs `kernel` with this instruction set, which the CPU must have: a model is only ever built
    /// for a level that it has.
    #[inline]
    pub(crate) fn run(self, kernel: impl Kernel) {
        debug_assert!(self.is_available());
        match self {
            #[cfg(target_arch = "x86_64")]
            SimdLevel::Sse2 => x86::Sse2::call(kernel),
            #[cfg(target_arch = "x86_64")]
            SimdLevel::Avx2 => x86::Avx2::call(kernel),
            #[cfg(target_arch = "x86_64")]
            SimdLevel::Avx512 => x86::Avx512::call(kernel),
            #[cfg(target_arch = "aarch64")]
            SimdLevel::Neon => neon::Neon::call(kernel),
        }
    }

    /// Blocks of many channels up to this long are faster with vectors that span channels.
    pub(crate) fn interleaved_frames(self) -> usize {
        match self {
            #[cfg(target_arch = "x86_64")]
            SimdLevel::Sse2 => 2,
            #[cfg(target_arch = "x86_64")]
            SimdLevel::Avx2 => 3,
            #[cfg(target_arch = "x86_64")]
            SimdLevel::Avx512 => 4,
            #[cfg(target_arch = "aarch64")]
            SimdLevel::Neon => 2,
        }
    }

    /// Floats in a vector.
    pub(crate) fn lanes(self) -> usize {
        match self {
            #[cfg(target_arch = "x86_64")]
            SimdLevel::Sse2 => 4,
            #[cfg(target_arch = "x86_64")]
            SimdLevel::Avx2 => 8,
            #[cfg(target_arch = "x86_64")]
            SimdLevel::Avx512 => 16,
            #[cfg(target_arch = "aarch64")]
            SimdLevel::Neon => 4,
        }
    }

    /// Whether there are 32 vector registers rather than 16.
    pub(crate) fn has_many_registers(self) -> bool {
        match self {
            #[cfg(target_arch = "x86_64")]
            SimdLevel::Sse2 | SimdLevel::Avx2 => false,
            #[cfg(target_arch = "x86_64")]
            SimdLevel::Avx512 => true,
            #[cfg(target_arch = "aarch64")]
            SimdLevel::Neon => true,
        }
    }

    fn name(self) -> &'static str {
        match self {
            #[cfg(target_arch = "x86_64")]
            SimdLevel::Sse2 => "sse2",
            #[cfg(target_arch = "x86_64")]
            SimdLevel::Avx2 => "avx2",
            #[cfg(target_arch = "x86_64")]
            SimdLevel::Avx512 => "avx512",
            #[cfg(target_arch = "aarch64")]
            SimdLevel::Neon => "neon",
        }
    }
}

impl fmt::Display for SimdLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Why a name is not a [`SimdLevel`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not an instruction set of this kind of CPU (known: {known})", known = names())]
pub struct UnknownSimdLevel(String);

fn names() -> String {
    let names: Vec<&str> = SimdLevel::ALL.iter().map(|level| level.name()).collect();
    names.join(", ")
}

impl FromStr for SimdLevel {
    type Err = UnknownSimdLevel;

    fn from_str(text: &str) -> Result<Self, UnknownSimdLevel> {
        let found = SimdLevel::ALL.iter().find(|level| level.name() == text);
        found
            .copied()
            .ok_or_else(|| UnknownSimdLevel(text.to_owned()))
    }
}
