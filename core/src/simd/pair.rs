//! Two vectors as one of twice the lanes.

use super::{Kernel, Simd};

/// The lanes of the first vector, then those of the second.
#[derive(Clone, Copy)]
pub(super) struct Pair<V>(V, V);

/// What is done to either vector by itself.
macro_rules! both {
    ($($name:ident($($with:ident),*)),*) => {$(
        #[inline(always)]
        fn $name(self, $($with: Self),*) -> Self {
            Pair(self.0.$name($($with.0),*), self.1.$name($($with.1),*))
        }
    )*};
}

impl<V: Simd> Simd for Pair<V> {
    const LANES: usize = 2 * V::LANES;
    const REGISTERS: usize = V::REGISTERS / 2;
    type Eight = V::Eight;

    #[inline(always)]
    fn call(kernel: impl Kernel) {
        V::call(kernel);
    }

    #[inline(always)]
    fn splat(x: f32) -> Self {
        Pair(V::splat(x), V::splat(x))
    }

    #[inline(always)]
    unsafe fn load(p: *const f32) -> Self {
        // SAFETY: the caller vouches for twice the lanes.
        unsafe { Pair(V::load(p), V::load(p.add(V::LANES))) }
    }

    #[inline(always)]
    unsafe fn store(self, p: *mut f32) {
        // SAFETY: as in `load`.
        unsafe {
            self.0.store(p);
            self.1.store(p.add(V::LANES));
        }
    }

    both!(
        mul_add(b, c),
        add(b),
        sub(b),
        mul(b),
        div(b),
        max(b),
        min(b),
        exp2_whole()
    );

    #[inline(always)]
    fn sum(self) -> f32 {
        self.0.add(self.1).sum()
    }
}
