//! Auto traits and sizes, pinned; and each API inside a spawned task, with types that upset higher-ranked bounds.

use motet_cancel::frame::{LocalNest, Nest};
use motet_cancel::raw::{Body, CancelWord};
use motet_cancel::{
    AsyncContext, CancelHandle, CancelToken, Cancelled, ExitStack, Guard, Outcome, Reason, Scope, Shield, Taken,
    TaskError, adopt, cancel_when, checkpoint, finally, guard, scope, shield, try_with, with, within,
};
use std::error::Error;
use std::future::{Pending, Ready};
use std::rc::Rc;

motet_test::assert_send!(Scope<Pending<()>>, Body<Pending<()>>, Shield<Pending<()>>, Nest, ExitStack, Guard<u8, fn()>);
motet_test::assert_send!(CancelHandle, CancelToken, CancelWord, Reason, Cancelled, Taken, TaskError, Outcome);
motet_test::assert_sync!(CancelHandle, CancelToken, CancelWord, Reason, Cancelled, Taken, TaskError, Outcome);
motet_test::assert_unpin!(CancelHandle, Guard<u8, fn()>, Nest, ExitStack, Shield<Pending<()>>, Scope<Ready<()>>);
motet_test::assert_not_send!(LocalNest, Scope<Ready<Rc<u8>>>);

#[test]
fn what_a_task_pays_for_its_scope_is_small() {
    let word = std::mem::size_of::<usize>();
    assert!(std::mem::size_of::<CancelWord>() <= 5 * word, "{}", std::mem::size_of::<CancelWord>());
    let body = std::mem::size_of::<Body<Pending<()>>>();
    assert!(body <= 6 * word, "{body}");
    assert_eq!(std::mem::size_of::<Nest>(), word);
}

/// As `tokio::spawn` asks it.
fn spawn<F>(future: F)
where
    F: Future<Output: Send> + Send + 'static,
{
    drop(futures::executor::block_on(scope(future).0));
}

use std::future::Future;

struct Borrowing<'a> {
    names: Vec<&'a str>,
    error: Box<dyn Error + Send + Sync>,
}

fn sample() -> Borrowing<'static> {
    Borrowing { names: vec!["a"], error: "an error".into() }
}

async fn exit(resource: Borrowing<'static>, _outcome: Outcome) {
    checkpoint().await;
    drop(resource);
}

#[test]
fn guards_over_awkward_types_are_send_in_a_spawned_task() {
    spawn(async {
        let text: &'static str = "static";
        let mut held = guard(sample(), exit);
        held.names.push(text);
        checkpoint().await;
        assert_eq!(held.error.to_string(), "an error");
        held.close().await;
        guard(text, async |_text, _outcome| checkpoint().await).fail().await;
    });
}

#[test]
fn shields_and_finally_over_awkward_types_are_send_in_a_spawned_task() {
    spawn(async {
        let given = shield(async {
            checkpoint().await;
            sample()
        })
        .await;
        let cleanup = async move {
            checkpoint().await;
            drop(given);
        };
        finally(checkpoint(), cleanup).await;
    });
}

#[test]
fn with_over_types_without_lifetimes_is_send_in_a_spawned_task() {
    spawn(async {
        let length = with(
            vec![1_u8],
            async |_list, _outcome| checkpoint().await,
            async |list: &mut Vec<u8>| {
                checkpoint().await;
                list.len()
            },
        );
        assert_eq!(length.await, 1);
        let failed = try_with(
            7_u8,
            async |_seven, _outcome| checkpoint().await,
            async |_seven: &mut u8| {
                checkpoint().await;
                Err::<(), _>("no")
            },
        );
        assert!(failed.await.is_err());
    });
}

#[test]
fn exit_stacks_contexts_and_tokens_are_send_in_a_spawned_task() {
    struct Session(Borrowing<'static>);
    impl AsyncContext for Session {
        type Value = usize;
        async fn enter(&mut self) -> usize {
            checkpoint().await;
            self.0.names.len()
        }
        async fn exit(self, outcome: Outcome) {
            exit(self.0, outcome).await;
        }
    }
    spawn(async {
        let mut stack = ExitStack::new();
        assert_eq!(stack.enter(Session(sample())).await, 1);
        let held = sample();
        stack.push(|outcome| exit(held, outcome));
        checkpoint().await;
        stack.close().await;
        let names = within(Session(sample()), async |names: &mut usize| {
            checkpoint().await;
            *names
        });
        assert_eq!(names.await, 1);
        CancelToken::new().run_until_cancelled(checkpoint()).await;
    });
}

#[test]
fn limits_and_adoption_over_awkward_types_are_send_in_a_spawned_task() {
    spawn(async {
        let (work, _handle) = scope(async {
            checkpoint().await;
            sample()
        });
        let limit = async {
            checkpoint().await;
            "limit"
        };
        let given = cancel_when(limit, work).grace(checkpoint()).await.unwrap().unwrap();
        let text: &'static str = given.names[0];
        let adopted = adopt(async move {
            checkpoint().await;
            drop((given, text));
        });
        assert!(adopted.is_ok());
        let token = CancelToken::new();
        token.cancel();
        token.cancelled().await;
        let work = async {
            let held = sample();
            checkpoint().await;
            held.names.len()
        };
        assert_eq!(token.run_until_cancelled(work).await, None);
    });
}

/// A context that gives what it was made of.
struct Gives<T>(Option<T>);

impl<T: Send + 'static> AsyncContext for Gives<T> {
    type Value = T;

    async fn enter(&mut self) -> T {
        checkpoint().await;
        self.0.take().expect("entered once")
    }

    async fn exit(self, _outcome: Outcome) {
        checkpoint().await;
    }
}

fn gives<T: Send + 'static>(value: T) -> Gives<T> {
    Gives(Some(value))
}

/// Awkward values behind a name without a lifetime.
struct Named {
    text: &'static str,
    held: Borrowing<'static>,
}

#[test]
fn within_over_a_value_whose_type_names_no_lifetime_is_send_in_a_spawned_task() {
    spawn(async {
        let value = Named { text: "text", held: sample() };
        let length = within(gives(value), async |value: &mut Named| {
            checkpoint().await;
            value.text.len() + value.held.names.len()
        });
        assert_eq!(length.await, 5);
    });
}

#[test]
fn an_exit_stack_enters_what_within_cannot_in_a_spawned_task() {
    spawn(async {
        let mut stack = ExitStack::new();
        let text: &'static str = stack.enter(gives("text")).await;
        let error: Box<dyn Error + Send + Sync> = stack.enter(gives(sample().error)).await;
        let held = stack.enter(gives(sample())).await;
        checkpoint().await;
        assert_eq!((text.len(), error.to_string().len(), held.names.len()), (4, 8, 1));
        drop((error, held));
        stack.close().await;
    });
}
