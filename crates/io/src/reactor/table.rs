//! The registered sources by their token.
//!
//! A slot is used again as soon as its source is gone. An event that was on its way to the old source then reaches the new
//! one, where it is a hint that proves false: the operation tries, finds nothing and waits again. So tokens need no
//! generation.

use crate::source::Source;
use mio::Token;
use std::sync::Arc;

#[derive(Debug, Default)]
pub(super) struct Table {
    slots: Vec<Option<Arc<Source>>>,
    vacant: Vec<usize>,
}

impl Table {
    pub(super) const fn new() -> Self {
        Self { slots: Vec::new(), vacant: Vec::new() }
    }

    pub(super) fn insert(&mut self, source: Arc<Source>) -> Token {
        let index = self.vacant.pop().unwrap_or_else(|| {
            self.slots.push(None);
            self.slots.len() - 1
        });
        debug_assert!(self.slots[index].is_none(), "a token was given out twice");
        self.slots[index] = Some(source);
        Token(index)
    }

    #[must_use = "drop it after unlocking"]
    pub(super) fn remove(&mut self, token: Token) -> Option<Arc<Source>> {
        let source = self.slots.get_mut(token.0)?.take()?;
        self.vacant.push(token.0);
        Some(source)
    }

    pub(super) fn get(&self, token: Token) -> Option<&Source> {
        self.slots.get(token.0)?.as_deref()
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len() - self.vacant.len()
    }
}
