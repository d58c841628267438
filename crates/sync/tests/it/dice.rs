//! A generator of numbers for tests, by Marsaglia (xorshift): the same seed, the same test.

pub(crate) struct Dice(u32);

impl Dice {
    /// Seeds of use are all but zero.
    pub(crate) fn new(seed: u32) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9) | 1)
    }

    pub(crate) fn roll(&mut self, sides: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0 % sides
    }

    pub(crate) fn index(&mut self, of: usize) -> usize {
        self.roll(u32::try_from(of).expect("a short list")) as usize
    }
}
