//! Answers on their way to one node: each on a one-way stream of its own, below the control stream, the newest of a query
//! wins.
//!
//! However slow a node is, what it costs is bounded: for each query at most one answer waits and one is under way, and
//! their bytes are those that all nodes share. Nobody waits for it.

use media::QueryId;
use protocol::{AnswerFrame, QUERIES_MAX};
use quinn::{Connection, VarInt};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;
use tokio::task::JoinSet;

/// Answers that are on one connection's wire at once.
pub(crate) const ANSWER_STREAMS_MAX: u32 = 8;
/// What is said on the control stream, which has 0, goes first.
const ANSWER_PRIORITY: i32 = -1;
/// A stream is reset with this code when a newer answer has overtaken it.
const OVERTAKEN: VarInt = VarInt::from_u32(0x7480);

/// What waits to be sent to one node: the newest answer of each query, in the order in which the queries first waited.
#[derive(Debug, Default)]
pub(crate) struct AnswerOutbox {
    waiting: Mutex<VecDeque<AnswerFrame>>,
    changed: Notify,
}

impl AnswerOutbox {
    /// Has `frame` sent, in the place of one of the same query that still waits.
    pub(crate) fn put(&self, frame: AnswerFrame) {
        let mut waiting = self.waiting();
        let queries = waiting.len();
        match waiting.iter_mut().find(|older| older.query() == frame.query()) {
            Some(older) => *older = frame,
            None if queries < QUERIES_MAX => waiting.push_back(frame),
            None => tracing::warn!(query = %frame.query(), "too many queries: an answer is not sent"),
        }
        drop(waiting);
        self.changed.notify_one();
    }

    fn waiting(&self) -> MutexGuard<'_, VecDeque<AnswerFrame>> {
        // It is whole between any two statements: a panic elsewhere does not spoil it.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first answer whose query is not among those under way.
    fn take(&self, under_way: &BTreeMap<QueryId, UnderWay>) -> Option<AnswerFrame> {
        let mut waiting = self.waiting();
        let index = waiting.iter().position(|frame| !under_way.contains_key(frame.query()))?;
        waiting.remove(index)
    }

    /// Tells every answer under way that has a newer one waiting.
    fn overtake(&self, under_way: &BTreeMap<QueryId, UnderWay>) {
        let waiting = self.waiting();
        let overtaken = waiting.iter().filter_map(|frame| under_way.get(frame.query()));
        overtaken.filter(|under_way| under_way.may_be_reset).for_each(|one| one.overtaken.notify_one());
    }
}

struct UnderWay {
    overtaken: Arc<Notify>,
    /// The successor of one that was reset is sent to its end, or a node whose link is slower than the answers come would
    /// never have any.
    may_be_reset: bool,
}

/// How one answer's way has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// It is there, or was never begun, or nobody wants it.
    Done,
    /// A newer one has come while it was under way.
    Reset,
    /// The connection is over.
    Lost,
}

/// Sends what comes into `outbox` until the connection is over.
pub(crate) async fn send_answers(connection: Connection, outbox: Arc<AnswerOutbox>) {
    let mut streams: JoinSet<(QueryId, End)> = JoinSet::new();
    let mut under_way: BTreeMap<QueryId, UnderWay> = BTreeMap::new();
    let mut reset_last: BTreeSet<QueryId> = BTreeSet::new();
    loop {
        outbox.overtake(&under_way);
        while streams.len() < ANSWER_STREAMS_MAX as usize
            && let Some(frame) = outbox.take(&under_way)
        {
            let (query, overtaken) = (frame.query().clone(), Arc::new(Notify::new()));
            let may_be_reset = !reset_last.remove(&query);
            under_way.insert(query.clone(), UnderWay { overtaken: overtaken.clone(), may_be_reset });
            let connection = connection.clone();
            streams.spawn(async move { (query, send(&connection, frame, &overtaken).await) });
        }
        tokio::select! {
            biased;
            Some(ended) = streams.join_next() => match ended {
                Ok((_, End::Lost)) | Err(_) => return,
                Ok((query, end)) => {
                    under_way.remove(&query);
                    if end == End::Reset {
                        reset_last.insert(query);
                    }
                }
            },
            () = outbox.changed.notified() => {}
        }
    }
}

/// Sends one answer until the node has acknowledged all of it, or until it is overtaken.
async fn send(connection: &Connection, frame: AnswerFrame, overtaken: &Notify) -> End {
    let stream = tokio::select! {
        biased;
        stream = connection.open_uni() => stream,
        // Not a byte of it has been sent: nothing is wasted.
        () = overtaken.notified() => return End::Done,
    };
    let Ok(mut stream) = stream else { return End::Lost };
    let sent = async {
        stream.set_priority(ANSWER_PRIORITY).map_err(|_| End::Done)?;
        stream.write_chunk(frame.bytes().clone()).await.map_err(|error| match error {
            quinn::WriteError::Stopped(_) | quinn::WriteError::ClosedStream => End::Done,
            quinn::WriteError::ConnectionLost(_) | quinn::WriteError::ZeroRttRejected => End::Lost,
        })?;
        stream.finish().map_err(|_| End::Done)?;
        // What is finished is not sent yet: it can be reset as long as it is not acknowledged.
        stream.stopped().await.map_err(|_| End::Lost)
    };
    tokio::select! {
        biased;
        sent = sent => sent.err().unwrap_or(End::Done),
        () = overtaken.notified() => {
            // An error means that it has arrived meanwhile.
            let _ = stream.reset(OVERTAKEN);
            End::Reset
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use media::{Table, WallTime};
    use protocol::Answer;
    use std::time::Duration;

    fn frame(query: &str, from: i64) -> AnswerFrame {
        let answer = Answer {
            query: QueryId::new(query).unwrap(),
            from: WallTime(from),
            as_of: None,
            promise: Duration::ZERO,
            fault: None,
            table: Arc::new(Table::default()),
        };
        answer.encode().unwrap()
    }

    #[test]
    fn the_newest_answer_of_a_query_takes_the_place_of_the_one_that_waits() {
        let outbox = AnswerOutbox::default();
        (0..10_000).for_each(|from| outbox.put(frame("busy", from)));
        outbox.put(frame("quiet", 1));
        outbox.put(frame("busy", 10_000));
        assert_eq!(outbox.waiting().len(), 2);
        let none = BTreeMap::new();
        assert_eq!(outbox.take(&none), Some(frame("busy", 10_000)));
        assert_eq!(outbox.take(&none), Some(frame("quiet", 1)));
        assert_eq!(outbox.take(&none), None);
    }

    #[test]
    fn an_answer_waits_for_the_one_before_it_and_holds_up_no_other_query() {
        let outbox = AnswerOutbox::default();
        let under_way = UnderWay { overtaken: Arc::default(), may_be_reset: true };
        let under_way = BTreeMap::from([(QueryId::new("busy").unwrap(), under_way)]);
        outbox.put(frame("busy", 2));
        outbox.put(frame("quiet", 1));
        assert_eq!(outbox.take(&under_way), Some(frame("quiet", 1)));
        assert_eq!(outbox.take(&under_way), None);
        assert_eq!(outbox.waiting().len(), 1);
    }

    #[test]
    fn no_more_queries_wait_than_a_hall_can_have() {
        let outbox = AnswerOutbox::default();
        (0..2 * QUERIES_MAX).for_each(|n| outbox.put(frame(&n.to_string(), 0)));
        assert_eq!(outbox.waiting().len(), QUERIES_MAX);
    }
}
