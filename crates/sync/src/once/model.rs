//! The cell, in every interleaving of one initialiser that fails and a candidate that comes meanwhile.

use super::OnceCell;
use motet_prim::park::block_on;
use motet_prim::{model, thread};
use std::sync::Arc;

#[test]
fn a_failure_against_a_candidate_hands_over() {
    model(|| {
        let cell = Arc::new(OnceCell::new());
        let theirs = cell.clone();
        let failing = thread::spawn(move || block_on(theirs.get_or_try_init(async || Err::<u8, ()>(()))).is_ok());
        assert_eq!(*block_on(cell.get_or_init(async || 2)), 2);
        failing.join().unwrap();
        assert_eq!(cell.get(), Some(&2));
    });
}
