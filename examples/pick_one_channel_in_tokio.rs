//! One crate of Motet in a tokio service: `motet-channel` needs no runtime of its own.

use motet::channel;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let (sender, receiver) = channel::bounded(4);

    // Four producers: the channel is closed when the last sender is dropped.
    for producer in 0..4_u64 {
        let sender = sender.clone();
        tokio::spawn(async move {
            for i in 0..250 {
                sender.send(producer * 250 + i).await.expect("somebody receives");
            }
        });
    }
    drop(sender);

    // Two consumers: each number goes to one of them. tokio's `select!` may drop a `recv` at any time, and nothing is lost.
    let consumers = [receiver.clone(), receiver].map(|receiver| {
        tokio::spawn(async move {
            let mut sum = 0;
            loop {
                tokio::select! {
                    number = receiver.recv() => match number {
                        Ok(number) => sum += number,
                        Err(_closed) => return sum,
                    },
                    () = tokio::task::yield_now() => {}
                }
            }
        })
    });

    let mut total = 0;
    for consumer in consumers {
        total += consumer.await.expect("the consumer does not panic");
    }
    println!("received 1000 numbers, sum {total}");
    assert_eq!(total, (0..1000).sum::<u64>());
}
