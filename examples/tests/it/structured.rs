//! The server in a task group: it echoes, stops on Ctrl-C, and cleans up.

use crate::program::example;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::process::Command;

#[test]
fn structured_waits_for_who_finishes_and_says_goodbye_to_who_does_not() {
    let mut child = example("structured").spawn().expect("it is built beside this test");
    let mut lines = BufReader::new(child.stdout.take().expect("its output is piped")).lines();
    let mut line = || lines.next().expect("there is more").expect("it is text");
    let address = line().strip_prefix("listening on ").expect("it says where").to_owned();

    let connect = || {
        let mut stream = TcpStream::connect(&address).expect("it listens");
        stream.write_all(b"hello\n").expect("it reads");
        let mut echo = [0; 6];
        stream.read_exact(&mut echo).expect("it echoes");
        assert_eq!(&echo, b"hello\n");
        stream
    };
    let rest = |mut stream: TcpStream| {
        let mut rest = String::new();
        stream.read_to_string(&mut rest).expect("it closes in an orderly way");
        rest
    };

    // The first finishes by itself, the second after Ctrl-C but in time, the third never.
    let [first, second, third] = [connect(), connect(), connect()];
    first.shutdown(Shutdown::Write).expect("it is open");
    assert_eq!(rest(first), "goodbye\n");
    assert_eq!(line(), "connection 1: finished");

    let pressed = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(pressed.expect("kill can be started").success());
    assert_eq!(line(), "stopping, 2 open");
    second.shutdown(Shutdown::Write).expect("it is open");
    assert_eq!(rest(second), "goodbye\n");
    assert_eq!(line(), "connection 2: finished");

    assert_eq!(line(), "out of patience");
    assert_eq!(rest(third), "goodbye\n");
    assert_eq!(line(), "connection 3: cancelled, said goodbye");
    assert_eq!(line(), "stopped after 3 connections");
    assert!(child.wait().expect("it ends").success());
}
