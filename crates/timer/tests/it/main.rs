//! Behaviours of motet-timer, by what a user sees.

mod agnostic;
mod host;
mod interval;
mod lifetime;
mod sleep;
mod virtual_time;
