//! Reasons and errors: what they say, and that they travel.

use motet_cancel::{Cancelled, PanicPayload, Reason, Taken, TaskError};
use std::error::Error;
use std::io;
use std::sync::Arc;

#[test]
fn reasons_come_from_texts_and_errors_and_are_equal_if_they_read_the_same() {
    assert_eq!(Reason::from("text"), Reason::from(String::from("text")));
    assert_eq!(Reason::from(()), Reason::default());
    assert_ne!(Reason::from("no reason given"), Reason::none());
    let error: Box<dyn Error + Send + Sync> = "text".into();
    let reason = Reason::from(error);
    assert_eq!(reason, Reason::from("text"));
    assert_eq!(reason, "text");
    assert!(reason.error().is_some());
    assert_eq!(std::mem::size_of::<Reason>(), std::mem::size_of::<usize>());
}

#[test]
fn an_error_that_panics_in_its_drop_may_be_a_reason() {
    #[derive(Debug)]
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("in the drop of an error");
        }
    }
    impl std::fmt::Display for Bomb {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("bomb")
        }
    }
    impl Error for Bomb {}
    let reason = Reason::from_error(Bomb);
    assert_eq!(reason.clone(), "bomb");
    drop(reason);
}

#[test]
fn a_cancelled_error_shows_its_reason_and_its_source() {
    assert_eq!(Cancelled::default().to_string(), "cancelled");
    let cancelled = Cancelled { reason: Reason::from_error(io::Error::other("disk")) };
    assert_eq!(cancelled.to_string(), "cancelled: disk");
    assert_eq!(cancelled.source().unwrap().to_string(), "disk");
    assert_eq!(Taken.to_string().split(':').next(), Some("the cancel has already taken effect"));
}

#[test]
fn a_task_error_shows_the_panics_message() {
    let of = |payload| TaskError::Panicked(PanicPayload::new(payload)).to_string();
    assert_eq!(of(Box::new("static")), "the task panicked: static");
    assert_eq!(of(Box::new(String::from("owned"))), "the task panicked: owned");
    assert_eq!(of(Box::new(7)), "the task panicked with a payload that is no text");
    assert_eq!(TaskError::Cancelled(Reason::none()).to_string(), "the task was cancelled");
}

#[test]
fn a_task_error_turns_into_an_io_error_that_nobody_retries() {
    let error = io::Error::from(TaskError::Cancelled(Reason::from("why")));
    assert_eq!(error.kind(), io::ErrorKind::Other);
    assert!(error.get_ref().unwrap().downcast_ref::<TaskError>().unwrap().is_cancelled());
}

#[test]
fn a_cancelled_scope_turns_into_an_io_error_that_still_says_so() {
    let cancelled = Cancelled { reason: Reason::from("why") };
    let error = io::Error::from(cancelled.clone());
    assert_eq!(error.kind(), io::ErrorKind::Other);
    assert_eq!(error.get_ref().unwrap().downcast_ref(), Some(&cancelled));
    assert!(motet_cancel::is_cancelled(&error));
}

#[test]
fn a_payload_comes_back_and_resumes() {
    let error = TaskError::from(PanicPayload::new(Box::new(7)));
    assert!(error.is_panicked());
    let payload = error.try_into_panic().unwrap();
    assert_eq!(*payload.into_any().downcast::<i32>().unwrap(), 7);
    let caught = std::panic::catch_unwind(|| PanicPayload::new(Box::new(8)).resume()).unwrap_err();
    assert_eq!(*caught.downcast::<i32>().unwrap(), 8);
    assert!(TaskError::from(Cancelled::default()).try_into_panic().is_err());
}

#[test]
fn dropping_a_payload_that_panics_in_its_drop_does_not_panic() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("swallowed");
        }
    }
    drop(TaskError::from(PanicPayload::new(Box::new(Bomb))));
}

#[test]
fn a_task_error_is_two_words() {
    assert_eq!(std::mem::size_of::<TaskError>(), 2 * std::mem::size_of::<usize>());
    let shared: Arc<dyn Error + Send + Sync> = Arc::new(TaskError::Cancelled(Reason::none()));
    assert!(shared.source().is_none());
}

#[test]
fn an_error_of_ones_own_is_a_cancel_by_its_source_inside_of_a_box() {
    #[derive(Debug)]
    struct Own(Cancelled);
    impl std::fmt::Display for Own {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            self.0.fmt(f)
        }
    }
    impl Error for Own {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(&self.0)
        }
    }
    let own = || Own(Cancelled { reason: Reason::none() });
    assert!(motet_cancel::is_cancelled::<Box<dyn Error>>(&own().into()));
    assert!(motet_cancel::is_cancelled(&io::Error::other(own())));
    assert!(!motet_cancel::is_cancelled(&own()), "nobody can ask a type that is unknown for its source");
}
