//! Sleep, interval, the timer wheel, real and virtual clocks. Works under any executor.
