//! Signals as futures, on signal-hook: [`ctrl_c`] from a terminal, [`terminate`] from whoever runs the program as a service, and [`listen`] to any of
//! them again and again, as for a reload of the configuration.
//!
//! Nothing is installed before the first call, so a program that never asks keeps the default behaviour of its signals. No thread is
//! started: the handler writes a byte into a socket pair of the waiting future, and the reactor wakes it.

use motet_io::UnixStream;
use signal_hook::SigId;
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH};
use signal_hook::low_level;
use std::{fmt, io};

/// Waits for the next Ctrl-C (the signal SIGINT).
///
/// The first poll takes the signal over for the rest of the process: from then on Ctrl-C no longer ends it by itself. Every waiter is released by
/// one press. A press counts from a future's first poll on; one that comes while no such future exists is lost, so let it stand beside the work,
/// as [`select`](crate::select) does.
///
/// ```no_run
/// # async fn serve() {}
/// # motet::run(async {
/// match motet::select((serve(), motet::signal::ctrl_c())).await {
///     motet::Select2::First(()) => println!("served all"),
///     motet::Select2::Second(pressed) => pressed.expect("signals can be listened to"),
/// }
/// # });
/// ```
///
/// While the program ends, too, a press does nothing unless somebody waits for it. So a cleanup that may take long stands
/// beside a second `ctrl_c`:
///
/// ```no_run
/// # async fn clean_up() {}
/// # async fn end() -> std::io::Result<()> {
/// motet::signal::ctrl_c().await?;
/// if let motet::Select2::Second(Ok(())) = motet::select((clean_up(), motet::signal::ctrl_c())).await {
///     std::process::exit(130);
/// }
/// # Ok(()) }
/// ```
///
/// # Cancel safety
///
/// Cancel safe, but for the presses: those between this future and the next are not remembered.
///
/// # Errors
///
/// If the operating system refuses the handler or the sockets.
pub async fn ctrl_c() -> io::Result<()> {
    Listening::to(SIGINT)?.signalled().await
}

/// Waits for the next request to end (the signal SIGTERM): what service managers and containers send before they kill.
///
/// As with [`ctrl_c`], the first poll takes the signal over for the rest of the process, and one that comes while nobody waits is
/// lost. A service waits for both:
///
/// ```no_run
/// # motet::run(async {
/// use motet::signal::{ctrl_c, terminate};
///
/// motet::select((ctrl_c(), terminate())).await;
/// println!("no more connections are taken");
/// # });
/// ```
///
/// # Cancel safety
///
/// Cancel safe, but for the signals: those between this future and the next are not remembered.
///
/// # Errors
///
/// If the operating system refuses the handler or the sockets.
pub async fn terminate() -> io::Result<()> {
    Listening::to(SIGTERM)?.signalled().await
}

/// Listens to a signal from now on, and remembers one that comes while nobody waits: `loop.add_signal_handler`.
///
/// It takes the signal over for the rest of the process. Every listener hears every signal.
///
/// ```no_run
/// # async fn reload() {}
/// # async fn service() -> std::io::Result<()> {
/// use motet::signal::{Signal, listen};
///
/// let mut reloads = listen(Signal::Hangup)?;
/// loop {
///     reloads.recv().await?;
///     reload().await; // what comes meanwhile leads to one more turn
/// }
/// # }
/// ```
///
/// # Errors
///
/// If the operating system refuses the handler or the sockets.
pub fn listen(signal: Signal) -> io::Result<Signals> {
    let listening = Listening::to(signal.number())?;
    Ok(Signals { signal, listening })
}

/// A signal that [`listen`] listens to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Signal {
    /// SIGINT: Ctrl-C.
    Interrupt,
    /// SIGTERM: the request to end.
    Terminate,
    /// SIGHUP: the terminal is gone; by custom, a service reads its configuration again.
    Hangup,
    /// SIGQUIT: Ctrl and the backslash.
    Quit,
    /// SIGUSR1: what the program makes of it.
    User1,
    /// SIGUSR2: what the program makes of it.
    User2,
    /// SIGCHLD: a child process has ended.
    Child,
    /// SIGWINCH: the terminal has another size.
    WindowChange,
}

impl Signal {
    fn number(self) -> i32 {
        match self {
            Self::Interrupt => SIGINT,
            Self::Terminate => SIGTERM,
            Self::Hangup => SIGHUP,
            Self::Quit => SIGQUIT,
            Self::User1 => SIGUSR1,
            Self::User2 => SIGUSR2,
            Self::Child => SIGCHLD,
            Self::WindowChange => SIGWINCH,
        }
    }
}

/// The signals of one kind since [`listen`].
#[must_use = "it listens until it is dropped"]
pub struct Signals {
    signal: Signal,
    listening: Listening,
}

impl Signals {
    /// Waits for the signal, or returns at once if it came since the last time; several that came meanwhile are one.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: a signal that comes is there for the next call.
    ///
    /// # Errors
    ///
    /// If the operating system fails to read the socket.
    pub async fn recv(&mut self) -> io::Result<()> {
        self.listening.signalled().await
    }
}

impl fmt::Debug for Signals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signals").field("signal", &self.signal).finish_non_exhaustive()
    }
}

/// As many bytes are taken at once, of one for each signal: more are rare, and then only mean a turn too many.
const BATCH: usize = 256;

/// A signal's handler, and the socket into which it writes.
struct Listening {
    handler: SigId,
    signalled: UnixStream,
}

impl Listening {
    fn to(signal: i32) -> io::Result<Self> {
        let (signalled, handler) = std::os::unix::net::UnixStream::pair()?;
        signalled.set_nonblocking(true)?;
        let signalled = UnixStream::from_std(signalled)?;
        Ok(Self { handler: low_level::pipe::register(signal, handler)?, signalled })
    }

    async fn signalled(&self) -> io::Result<()> {
        self.signalled.read(&mut [0; BATCH]).await.map(|_signals| ())
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        low_level::unregister(self.handler);
    }
}
