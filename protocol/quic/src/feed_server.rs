//! The controller's side of a program that pushes data: one connection, a stream for each push.

use crate::control_server::ServerEvent;
use crate::endpoint;
use crate::error::LinkError;
use crate::names::Peer;
use crate::stream;
use media::NodeId;
use protocol::{Push, PushRefusal, Pushed, Reason, Role};
use quinn::{Connection, RecvStream, SendStream};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::timeout;

/// A push must be whole, and one that has landed must be answered for, in this time.
const PUSH_WITHIN: Duration = Duration::from_secs(15);

/// A push that has come, from a program whose certificate names it. Dropping it tells the program to push it again later.
#[derive(Debug)]
pub struct IncomingPush {
    /// The name under which the program has joined.
    pub by: NodeId,
    /// What it pushes.
    pub push: Push,
    answer: oneshot::Sender<Pushed>,
}

impl IncomingPush {
    /// Tells the program what has become of it.
    pub fn answer(self, pushed: Pushed) {
        // A program that is gone by now pushes it again.
        let _ = self.answer.send(pushed);
    }
}

/// Serves one program until its connection is over. An error means that it was never accepted, or has broken the protocol.
pub(crate) async fn serve(
    connection: &Connection,
    events: &mpsc::Sender<ServerEvent>,
) -> Result<(), LinkError> {
    let by = match endpoint::peer(connection) {
        Ok(Peer::Node(node, Role::Feed)) => node,
        Ok(Peer::Node(_, Role::Ingest | Role::Display) | Peer::Controller) => {
            return Err(LinkError::Refusing(Reason::WrongRole));
        }
        Err(reason) => return Err(LinkError::Refusing(reason)),
    };
    tracing::info!(program = %by, remote = %connection.remote_address(), "a program pushes data");
    // They end with this function. The transport allows no more streams at once than a program may have pushes under way.
    let mut pushes = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            Some(ended) = pushes.join_next() => match ended {
                Ok(Err(error @ LinkError::Decode(_))) => return Err(error),
                // The stream or the connection is gone: the program, if there still is one, pushes again.
                Ok(_) => {}
                Err(panicked) => tracing::error!(%panicked, "a push was dropped"),
            },
            stream = connection.accept_bi() => match stream {
                Ok((send, receive)) => { pushes.spawn(take(send, receive, by.clone(), events.clone())); }
                Err(_) => return Ok(()),
            },
        }
    }
}

/// One push from its first byte to its answer.
async fn take(
    mut send: SendStream,
    mut receive: RecvStream,
    by: NodeId,
    events: mpsc::Sender<ServerEvent>,
) -> Result<(), LinkError> {
    let (kind, body) =
        timeout(PUSH_WITHIN, stream::read(&mut receive)).await.map_err(|_| LinkError::NoAnswer)??;
    let push = Push::decode(kind, &body)?;
    let (answer, answered) = oneshot::channel();
    let pushed = async {
        events.send(ServerEvent::Push(IncomingPush { by, push, answer })).await.ok()?;
        answered.await.ok()
    };
    let pushed = timeout(PUSH_WITHIN, pushed).await.ok().flatten();
    let pushed = pushed.unwrap_or(Pushed::Refused(PushRefusal::NotNow));
    stream::write(&mut send, pushed.encode()?).await?;
    send.finish().map_err(|_| LinkError::Lost)
}
