//! `asyncio.TaskGroup` around a server: a task for each connection, a graceful stop on Ctrl-C, and cleanup that is awaited.
//!
//! It echoes what it is sent. Ctrl-C stops it: no more connections are taken, those that are open get half a second to finish, and the
//! rest is cancelled; even then each says goodbye to its peer before the program ends.

#[cfg(unix)]
mod server {
    use motet::cancel::{Outcome, guard};
    use motet::io::{TcpListener, TcpStream};
    use motet::prelude::*;
    use motet::signal::ctrl_c;
    use motet::{GroupError, Select2};
    use std::io;
    use std::pin::pin;
    use std::time::Duration;

    /// How long open connections may go on after Ctrl-C.
    const PATIENCE: Duration = Duration::from_millis(500);

    /// How long to wait after a connection that could not be accepted.
    const PAUSE: Duration = Duration::from_millis(100);

    /// Takes connections until Ctrl-C; gives their number once all of them have ended.
    pub(crate) async fn run() -> Result<u32, GroupError<io::Error>> {
        motet::task_group(|group| async move {
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            println!("listening on {}", listener.local_addr()?);
            let mut pressed = pin!(ctrl_c());
            let mut accepted = 0;
            loop {
                match motet::select((pressed.as_mut(), listener.accept())).await {
                    Select2::First(pressed) => break pressed?,
                    Select2::Second(Ok((stream, _peer))) => {
                        accepted += 1;
                        // The group holds the task; its handle is not needed.
                        group.spawn(connected(accepted, stream));
                    }
                    // Out of descriptors, as a rule: no reason to end, but to wait until some are closed.
                    Select2::Second(Err(error)) => {
                        println!("cannot accept: {error}");
                        motet::sleep(PAUSE).await;
                    }
                }
            }
            drop(listener);
            println!("stopping, {} open", group.len());
            if motet::timeout(PATIENCE, group.drained()).await.is_err() {
                println!("out of patience");
                group.cancel();
            }
            Ok(accepted)
        })
        .await
    }

    /// One connection. Its error is its own: were it returned, the group would end the others.
    async fn connected(number: u32, stream: TcpStream) -> io::Result<()> {
        match echo(number, stream).await {
            Ok(()) => println!("connection {number}: finished"),
            Err(error) => println!("connection {number}: {error}"),
        }
        Ok(())
    }

    async fn echo(number: u32, stream: TcpStream) -> io::Result<()> {
        // The exit runs whatever becomes of the connection, and may await: the group ends after it.
        let mut stream = guard(stream, async move |mut stream: TcpStream, outcome: Outcome| {
            if stream.write_all(b"goodbye\n").await.is_ok() && matches!(outcome, Outcome::Cancelled(_)) {
                println!("connection {number}: cancelled, said goodbye");
            }
        });
        let mut buffer = [0; 1024];
        loop {
            let count = stream.read(&mut buffer).await?;
            if count == 0 {
                stream.close().await;
                return Ok(());
            }
            stream.write_all(&buffer[..count]).await?;
        }
    }
}

#[cfg(unix)]
fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let accepted = motet::run(server::run())?;
    println!("stopped after {accepted} connections");
    Ok(())
}

#[cfg(not(unix))]
fn main() {
    println!("this example listens to a signal, as Unix has it");
}
