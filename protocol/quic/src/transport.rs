//! The connection as MoQ sees it, except that MoQ cannot close one that is over already.
//!
//! Closing a dead connection replaces the other side's reason by "closed locally" in quinn; an operator would then read
//! that this side is shutting down where the other one refused it.

use bytes::Bytes;
use moq_net::web_transport_trait::{Stats, poll};
use quinn::Connection;
use std::task::{Context, Poll};
use web_transport_quinn::{RecvStream, SendStream, Session, SessionError};

#[derive(Clone)]
pub(crate) struct Transport {
    session: Session,
    connection: Connection,
}

impl Transport {
    pub(crate) fn new(connection: Connection) -> Self {
        Self { session: Session::raw(connection.clone()), connection }
    }
}

impl poll::Session for Transport {
    type SendStream = SendStream;
    type RecvStream = RecvStream;
    type Error = SessionError;

    fn poll_accept_uni(&mut self, context: &mut Context<'_>) -> Poll<Result<RecvStream, SessionError>> {
        poll::Session::poll_accept_uni(&mut self.session, context)
    }

    fn poll_accept_bi(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Result<(SendStream, RecvStream), SessionError>> {
        poll::Session::poll_accept_bi(&mut self.session, context)
    }

    fn poll_open_uni(&mut self, context: &mut Context<'_>) -> Poll<Result<SendStream, SessionError>> {
        poll::Session::poll_open_uni(&mut self.session, context)
    }

    fn poll_open_bi(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Result<(SendStream, RecvStream), SessionError>> {
        poll::Session::poll_open_bi(&mut self.session, context)
    }

    fn poll_send_datagram(
        &mut self,
        context: &mut Context<'_>,
        payload: &[u8],
    ) -> Poll<Result<(), SessionError>> {
        poll::Session::poll_send_datagram(&mut self.session, context, payload)
    }

    fn poll_recv_datagram(&mut self, context: &mut Context<'_>) -> Poll<Result<Bytes, SessionError>> {
        poll::Session::poll_recv_datagram(&mut self.session, context)
    }

    fn max_datagram_size(&self) -> usize {
        poll::Session::max_datagram_size(&self.session)
    }

    fn protocol(&self) -> Option<&str> {
        poll::Session::protocol(&self.session)
    }

    fn close(&mut self, code: u32, reason: &str) {
        if self.connection.close_reason().is_none() {
            poll::Session::close(&mut self.session, code, reason);
        }
    }

    fn poll_closed(&mut self, context: &mut Context<'_>) -> Poll<SessionError> {
        poll::Session::poll_closed(&mut self.session, context)
    }

    fn stats(&self) -> impl Stats {
        poll::Session::stats(&self.session)
    }
}
