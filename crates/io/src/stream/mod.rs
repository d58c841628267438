//! What all byte streams of this crate have in common: reading and writing ([`duplex`]), the two ways to split one
//! ([`owned`], [`borrowed`]), and the traits of others: futures-io's ([`futures_traits`]), and behind features hyper's
//! ([`hyper_traits`]) and tokio's ([`tokio_traits`]).

pub(crate) mod borrowed;
pub(crate) mod duplex;
mod futures_traits;
#[cfg(feature = "hyper")]
mod hyper_traits;
pub(crate) mod owned;
#[cfg(feature = "tokio")]
mod tokio_traits;

pub use self::borrowed::{ReadHalf, WriteHalf};
pub use self::duplex::Duplex;
pub(crate) use self::duplex::whether_it_stands;
pub use self::owned::{OwnedReadHalf, OwnedWriteHalf, ReuniteError};
