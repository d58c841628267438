//! Models of tasks that wait for each other's ends: of a ring somebody goes, and of a line everybody waits.

use super::waits::{Waiting, Waits, may_wait};
use motet_prim::loom::thread;
use std::sync::Arc;

/// A task with nothing but its waits.
#[derive(Clone, Default)]
struct Task(Arc<Waits<Self>>);

impl Waiting for Task {
    fn waits(&self) -> &Waits<Self> {
        &self.0
    }

    fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// Each of `pairs` at one time: which of them may wait.
fn at_once<const N: usize>(tasks: &[Task], pairs: [(usize, usize); N]) -> Vec<bool> {
    let ask = |(task, awaited): (usize, usize)| {
        let (task, awaited) = (tasks[task].clone(), tasks[awaited].clone());
        move || may_wait(&task, &awaited)
    };
    let (first, others) = pairs.split_first().expect("there is one");
    let others: Vec<_> = others.iter().map(|pair| thread::spawn(ask(*pair))).collect();
    let first = ask(*first)();
    let others = others.into_iter().map(|other| other.join().expect("nothing panics"));
    let waits = std::iter::once(first).chain(others).collect();
    tasks.iter().for_each(|task| task.waits().unlink());
    waits
}

fn tasks(count: usize) -> Vec<Task> {
    (0..count).map(|_| Task::default()).collect()
}

#[test]
fn of_two_that_begin_to_wait_for_each_other_one_goes() {
    motet_prim::model(|| assert!(at_once(&tasks(2), [(0, 1), (1, 0)]).contains(&false)));
}

#[test]
fn of_three_that_close_a_ring_at_one_time_one_goes() {
    motet_prim::model(|| assert!(at_once(&tasks(3), [(0, 1), (1, 2), (2, 0)]).contains(&false)));
}

#[test]
fn in_a_line_that_is_made_at_one_time_everybody_waits() {
    motet_prim::model(|| assert_eq!(at_once(&tasks(3), [(0, 1), (1, 2)]), [true, true]));
}
