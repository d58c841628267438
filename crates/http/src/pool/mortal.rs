//! The tasks of an HTTP/2 connection: none outlives the connection's users for long, and none an upload that nobody wants.
//!
//! hyper spawns them: one that reads and writes the socket, one that takes the requests, and for each request one that waits
//! for the response and, if there is an upload, one that carries it.

use super::streams::Streams;
use super::wire::Wire;
use crate::body::{Herald, Progress, Upload};
use crate::spawn::TaskSpawner;
use futures_util::future::select;
use hyper::client::conn::http2;
use motet_sync::Event;
use motet_timer::sleep;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::task::Poll;
use std::time::Duration;

/// How long it may take to end a connection that nobody uses any more.
const FAREWELL: Duration = Duration::from_secs(2);

/// The spawner of a connection's tasks, none of which outlives the connection's users for long.
#[derive(Clone)]
pub(super) struct Mortal {
    tasks: TaskSpawner,
    herald: Herald,
    settings: Arc<Settings>,
    let_go: Arc<Event>,
    /// Dropped when the last of the tasks has ended.
    end: Arc<SetOnDrop>,
}

impl Mortal {
    pub(super) fn new(
        tasks: TaskSpawner,
        herald: Herald,
        streams: Arc<Streams>,
        let_go: Arc<Event>,
        ended: Arc<Event>,
    ) -> Self {
        let settings = Arc::new(Settings { streams, dispatch: OnceLock::new() });
        Self { tasks, herald, settings, let_go, end: Arc::new(SetOnDrop(ended)) }
    }

    /// Sends the task that takes the requests on its way.
    pub(super) fn drive(&self, dispatch: Dispatch) {
        let dispatch = Arc::new(Mutex::new(dispatch));
        let _ = self.settings.dispatch.set(Arc::downgrade(&dispatch));
        // Errors are told to the requests; this one has nobody else to hear it.
        self.spawn(poll_fn(move |cx| {
            // Nobody ever waits for this lock, so that whatever is called under it finds no deadlock: see `Settings::look`.
            let mut dispatch = dispatch.lock().unwrap_or_else(PoisonError::into_inner);
            Pin::new(&mut *dispatch).poll(cx).map(drop)
        }));
    }

    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let (let_go, end) = (self.let_go.clone(), self.end.clone());
        self.tasks.spawn(async move {
            let farewell = async {
                let_go.wait().await;
                sleep(FAREWELL).await;
            };
            select(pin!(task), pin!(farewell)).await;
            drop(end);
        });
    }
}

impl<F: Future<Output = ()> + Send + 'static> hyper::rt::Executor<F> for Mortal {
    fn execute(&self, task: F) {
        match self.herald.take() {
            Some(upload) => self.spawn(while_wanted(upload, task)),
            // The first of all, spawned by the handshake, reads what the server says.
            None if self.settings.dispatch.get().is_none() => self.spawn(watching(self.settings.clone(), task)),
            None => self.spawn(task),
        }
    }
}

/// The task that carries this upload, until it ends or the upload is abandoned.
async fn while_wanted(upload: Progress, task: impl Future<Output = ()>) {
    let mut task = pin!(task);
    poll_fn(|cx| {
        let wanted = upload.is_wanted(cx.waker());
        // Once more even if it is not: asked for a piece, the upload ends with an error, and hyper resets the stream at once.
        let ended = task.as_mut().poll(cx).is_ready();
        if ended || !wanted { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

type Dispatch = http2::Connection<Wire, Upload, Mortal>;

/// The server's settings, as far as they are of interest.
struct Settings {
    streams: Arc<Streams>,
    /// Who knows them: the task that takes the requests. Set after the handshake.
    dispatch: OnceLock<Weak<Mutex<Dispatch>>>,
}

impl Settings {
    fn look(&self) {
        let Some(dispatch) = self.dispatch.get().and_then(Weak::upgrade) else { return };
        // While it is being polled it is not waited for: there will be another look, and hyper keeps to the limit anyway.
        let servers = dispatch.try_lock().map(|dispatch| dispatch.current_max_send_streams());
        if let Ok(servers) = servers {
            self.streams.allow(servers);
        }
    }
}

/// The task that reads what the server says, with a look at the settings each time.
async fn watching(settings: Arc<Settings>, task: impl Future<Output = ()>) {
    let mut task = pin!(task);
    poll_fn(|cx| {
        let polled = task.as_mut().poll(cx);
        settings.look();
        polled
    })
    .await;
}

/// Sets the event when what it stands for is over, or dropped: a task by its executor for one.
pub(super) struct SetOnDrop(pub(super) Arc<Event>);

impl Drop for SetOnDrop {
    fn drop(&mut self) {
        self.0.set();
    }
}
