//! Models of the ring and the slot: every value comes out once, whoever takes it.

use super::ring::ring_from;
use super::{ring, slot};
use motet_prim::AsymmetricFence;
use motet_prim::cell::UnsafeCell;
use motet_prim::loom::thread;
use std::sync::Arc;

/// All the values, in whatever hands they ended, are exactly `1..=last`.
#[track_caller]
fn assert_each_once(values: impl IntoIterator<Item = Option<u32>>, last: u32) {
    let mut values: Vec<u32> = values.into_iter().flatten().collect();
    values.sort_unstable();
    assert_eq!(values, (1..=last).collect::<Vec<_>>());
}

#[test]
fn an_owner_and_a_thief_share_every_value() {
    motet_prim::model(|| {
        // Positions wrap around within the model.
        let (owner, victim) = ring_from::<u32, 2>(u32::MAX);
        owner.push(1).expect("there is room");
        owner.push(2).expect("there is room");
        let thief = thread::spawn(move || {
            let (own, _) = ring::<u32, 2>();
            let first = victim.steal_into(&own);
            let second = victim.steal_into(&own);
            [first, second, own.pop()]
        });
        let first = owner.pop();
        // The slot that a theft may be reading is not free before the theft ends.
        let refused = owner.push(3).err();
        let rest: Vec<Option<u32>> = (0..3).map(|_| owner.pop()).collect();
        let stolen = thief.join().expect("the thief does not panic");
        // What the owner missed while a theft was under way is still there.
        let late = owner.pop();
        assert_each_once(stolen.into_iter().chain(rest).chain([first, refused, late]), 3);
    });
}

#[test]
fn an_owner_sheds_while_a_thief_steals() {
    motet_prim::model(|| {
        let (owner, victim) = ring_from::<u32, 2>(u32::MAX);
        owner.push(1).expect("there is room");
        owner.push(2).expect("there is room");
        let thief = thread::spawn(move || {
            let (own, _) = ring::<u32, 2>();
            [victim.steal_into(&own), victim.steal_into(&own)]
        });
        let shed: Vec<u32> = owner.shed(1).collect();
        let refused = owner.push(3).err();
        let stolen = thief.join().expect("the thief does not panic");
        let rest: Vec<Option<u32>> = (0..3).map(|_| owner.pop()).collect();
        assert_each_once(stolen.into_iter().chain(shed.into_iter().map(Some)).chain(rest).chain([refused]), 3);
    });
}

#[test]
fn two_thieves_never_take_the_same() {
    motet_prim::model(|| {
        let (owner, victim) = ring::<u32, 4>();
        (1..=3).for_each(|n| owner.push(n).expect("there is room"));
        let steal = |victim: super::Stealer<u32, 4>| {
            let (own, _) = ring::<u32, 4>();
            let first = victim.steal_into(&own);
            [first, own.pop(), own.pop()]
        };
        let other = victim.clone();
        let one = thread::spawn(move || steal(other));
        let two = steal(victim);
        let one = one.join().expect("the thief does not panic");
        assert_each_once(one.into_iter().chain(two).chain(std::iter::from_fn(|| owner.pop()).map(Some)), 3);
    });
}

#[test]
fn a_thief_reads_what_the_owner_wrote_meanwhile() {
    motet_prim::model(|| {
        let (owner, victim) = ring::<u32, 2>();
        let thief = thread::spawn(move || {
            let (own, _) = ring::<u32, 2>();
            [victim.steal_into(&own), victim.steal_into(&own)]
        });
        owner.push(1).expect("there is room");
        owner.push(2).expect("there is room");
        let popped = owner.pop();
        let stolen = thief.join().expect("the thief does not panic");
        assert_each_once(stolen.into_iter().chain([popped, owner.pop(), owner.pop()]), 2);
    });
}

/// An owner who changes its word twice without having to, and a thief.
fn share_a_slot(fence: Option<AsymmetricFence>) {
    let (owner, thief) = slot::<Box<u32>>(fence);
    assert!(owner.replace(Box::new(1)).is_none());
    let thief = thread::spawn(move || thief.steal().map(|value| *value));
    let displaced = owner.replace(Box::new(2)).map(|value| *value);
    let taken = owner.take().map(|value| *value);
    let stolen = thief.join().expect("the thief does not panic");
    assert_each_once([displaced, taken, stolen], 2);
}

#[test]
fn a_slot_gives_each_value_once() {
    motet_prim::model(|| share_a_slot(AsymmetricFence::of_this_system()));
}

#[test]
fn a_slot_without_fences_gives_each_value_once() {
    motet_prim::model(|| share_a_slot(None));
}

#[test]
fn a_thief_has_what_it_took_out_of_a_slot_to_itself() {
    for has_fence in [true, false] {
        motet_prim::model(move || {
            let (owner, thief) = slot(has_fence.then(AsymmetricFence::of_this_system).flatten());
            // The model looks on who reads and writes a value.
            let add = |value: Box<UnsafeCell<u32>>| {
                // SAFETY: whoever has taken it is alone with it, which is what the model is about.
                value.with_mut(|value| unsafe { *value += 1 });
                value
            };
            // Before the thief comes: loom would have a store between an exchange's load and its own.
            assert!(owner.replace(add(Box::new(UnsafeCell::new(1)))).is_none());
            let thief = thread::spawn(move || thief.steal().map(add).is_some());
            let displaced = owner.replace(add(Box::new(UnsafeCell::new(2)))).map(add).is_some();
            let taken = owner.take().map(add).is_some();
            let stolen = thief.join().expect("the thief does not panic");
            assert_eq!([displaced, taken, stolen].into_iter().filter(|has| *has).count(), 2);
        });
    }
}

#[test]
fn a_thief_sees_what_was_put_into_an_empty_slot_as_it_came() {
    motet_prim::model(|| {
        let (owner, thief) = slot(AsymmetricFence::of_this_system());
        let thief = thread::spawn(move || {
            // SAFETY: as above.
            thief.steal().map(|value: Box<UnsafeCell<u32>>| value.with(|value| unsafe { *value }))
        });
        let value = Box::new(UnsafeCell::new(0));
        // SAFETY: nobody else knows of it.
        value.with_mut(|value| unsafe { *value = 1 });
        assert!(owner.replace(value).is_none());
        let stolen = thief.join().expect("the thief does not panic");
        assert!(stolen.is_none_or(|value| value == 1));
    });
}

#[test]
fn two_thieves_never_take_the_same_out_of_a_slot() {
    motet_prim::model(|| {
        let (owner, thief) = slot::<Box<u32>>(AsymmetricFence::of_this_system());
        let thief = Arc::new(thief);
        assert!(owner.replace(Box::new(1)).is_none());
        let thieves = [thief.clone(), thief].map(|thief| thread::spawn(move || thief.steal().map(|value| *value)));
        let taken = owner.take().map(|value| *value);
        // Nobody is about any more: the owner need not exchange.
        let [one, two] = thieves.map(|thief| thief.join().expect("the thief does not panic"));
        let late = owner.take().map(|value| *value);
        assert_each_once([taken, one, two, late], 1);
    });
}
