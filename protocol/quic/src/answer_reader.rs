//! Answers as they come to a node, each on a one-way stream of its own, and the newest of each query until it is fetched.

use crate::answer_sender::ANSWER_STREAMS_MAX;
use crate::error::LinkError;
use crate::stream;
use media::QueryId;
use protocol::{Answer, Kind, QUERIES_MAX, Reason};
use quinn::{Connection, RecvStream};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;
use tokio::task::{JoinSet, spawn_blocking};

/// What is longer is decoded where it holds up nobody: the largest answers take some 10 ms.
const DECODE_HERE_BYTES_MAX: usize = 64 << 10;

/// What a node has been sent and has not fetched yet: one answer for each query.
#[derive(Debug, Default)]
pub(crate) struct AnswerInbox {
    state: Mutex<Inbox>,
    arrived: Notify,
}

#[derive(Debug, Default)]
struct Inbox {
    waiting: VecDeque<Arc<Answer>>,
    /// The stream of the newest answer of each query, on the connection that stands: streams may end in another order than
    /// the one in which they were begun.
    newest: BTreeMap<QueryId, u64>,
}

impl AnswerInbox {
    fn state(&self) -> MutexGuard<'_, Inbox> {
        // It is whole between any two statements: a panic elsewhere does not spoil it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new connection stands, whose streams are counted anew.
    pub(crate) fn begin(&self) {
        self.state().newest.clear();
    }

    /// Keeps `answer`, which came on the `stream`th stream, unless a newer one has come before it. False for a query more
    /// than a hall can have.
    fn put(&self, stream: u64, answer: Answer) -> bool {
        let mut state = self.state();
        let Inbox { waiting, newest } = &mut *state;
        let queries = newest.len();
        match newest.get_mut(&answer.query) {
            Some(newest) if *newest > stream => return true,
            Some(newest) => *newest = stream,
            None if queries < QUERIES_MAX => {
                newest.insert(answer.query.clone(), stream);
            }
            None => return false,
        }
        let count = waiting.len();
        let answer = Arc::new(answer);
        match waiting.iter_mut().find(|older| older.query == answer.query) {
            Some(older) => *older = answer,
            // Those of an earlier connection may be of other queries.
            None if count < 2 * QUERIES_MAX => waiting.push_back(answer),
            None => return false,
        }
        drop(state);
        self.arrived.notify_one();
        true
    }

    /// The answer that has waited longest.
    pub(crate) fn take(&self) -> Option<Arc<Answer>> {
        self.state().waiting.pop_front()
    }

    /// Waits until an answer has come since the last wait. May return early.
    pub(crate) async fn arrived(&self) {
        self.arrived.notified().await;
    }
}

/// Reads the answers that come on `connection` into `inbox` until the connection is over. An error is what the controller
/// has done wrong.
pub(crate) async fn read_answers(connection: Connection, inbox: &AnswerInbox) -> Result<(), LinkError> {
    let mut streams: JoinSet<Result<Option<(u64, Answer)>, LinkError>> = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            Some(read) = streams.join_next() => match read {
                Ok(Ok(Some((stream, answer)))) => {
                    if !inbox.put(stream, answer) {
                        return Err(LinkError::Refusing(Reason::Protocol));
                    }
                }
                Ok(Ok(None)) => {}
                Ok(Err(error)) => return Err(error),
                Err(panicked) => return Err(LinkError::Local(format!("an answer cannot be read: {panicked}"))),
            },
            stream = connection.accept_uni(), if streams.len() < ANSWER_STREAMS_MAX as usize => match stream {
                Ok(stream) => { streams.spawn(read(stream)); }
                Err(_) => return Ok(()),
            },
        }
    }
}

/// One stream's answer and the stream's number; `None` when the stream was given up because a newer one is on its way, or
/// the connection is lost.
async fn read(mut stream: RecvStream) -> Result<Option<(u64, Answer)>, LinkError> {
    let Some((number, kind, body)) = stream::read_only(&mut stream, &[Kind::Answer]).await? else {
        return Ok(None);
    };
    let answer = if body.len() <= DECODE_HERE_BYTES_MAX {
        Answer::decode(kind, &body)?
    } else {
        let decoded = spawn_blocking(move || Answer::decode(kind, &body)).await;
        decoded.map_err(|error| LinkError::Local(format!("an answer cannot be decoded: {error}")))??
    };
    Ok(Some((number, answer)))
}

#[cfg(test)]
mod tests;
