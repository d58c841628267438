//! Step futures by hand, drop them at every await, count wakes, pin auto traits.
