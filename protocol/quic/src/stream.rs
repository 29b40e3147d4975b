//! Messages on a QUIC stream.

use crate::error::LinkError;
use bytes::Bytes;
use protocol::{DecodeError, FrameHeader, HEADER_BYTES, Kind};
use quinn::{ReadError, ReadExactError, ReadToEndError, RecvStream, SendStream, WriteError};

impl From<WriteError> for LinkError {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::ConnectionLost(error) => error.into(),
            WriteError::Stopped(_) | WriteError::ClosedStream | WriteError::ZeroRttRejected => Self::Lost,
        }
    }
}

fn read_fault(error: ReadExactError) -> LinkError {
    match error {
        ReadExactError::FinishedEarly(_) => LinkError::Lost,
        ReadExactError::ReadError(quinn::ReadError::ConnectionLost(error)) => error.into(),
        ReadExactError::ReadError(_) => LinkError::Lost,
    }
}

/// The next message's kind and body. Memory is taken only for a length that the header's kind allows.
pub(crate) async fn read(stream: &mut RecvStream) -> Result<(Kind, Vec<u8>), LinkError> {
    let mut header = [0; HEADER_BYTES];
    stream.read_exact(&mut header).await.map_err(read_fault)?;
    let FrameHeader { kind, body_bytes } = FrameHeader::decode(header)?;
    let mut body = vec![0; usize::try_from(body_bytes).unwrap_or(0)];
    stream.read_exact(&mut body).await.map_err(read_fault)?;
    Ok((kind, body))
}

/// Sends one encoded message.
pub(crate) async fn write(stream: &mut SendStream, frame: Bytes) -> Result<(), LinkError> {
    Ok(stream.write_chunk(frame).await?)
}

/// The one message of a one-way stream: the stream's number, and the message's kind, one of `kinds`, and body. `None` when the stream
/// was given up, or the connection is lost: why, the control stream tells.
pub(crate) async fn read_only(
    stream: &mut RecvStream,
    kinds: &[Kind],
) -> Result<Option<(u64, Kind, Vec<u8>)>, LinkError> {
    let number = stream.id().index();
    let mut header = [0; HEADER_BYTES];
    match stream.read_exact(&mut header).await {
        Ok(()) => {}
        Err(ReadExactError::FinishedEarly(_)) => return Err(DecodeError::Malformed.into()),
        Err(ReadExactError::ReadError(error)) => return given_up(error),
    }
    let FrameHeader { kind, body_bytes } = FrameHeader::decode(header)?;
    if !kinds.contains(&kind) {
        return Err(DecodeError::Kind(kind.byte()).into());
    }
    let length = usize::try_from(body_bytes).unwrap_or(usize::MAX);
    // Memory grows with what has come, not with what the header says.
    match stream.read_to_end(length).await {
        Ok(body) if body.len() == length => Ok(Some((number, kind, body))),
        Ok(_) => Err(DecodeError::Malformed.into()),
        Err(ReadToEndError::TooLong) => Err(DecodeError::Trailing.into()),
        Err(ReadToEndError::Read(error)) => given_up(error),
    }
}

fn given_up<T>(error: ReadError) -> Result<Option<T>, LinkError> {
    match error {
        ReadError::Reset(_) | ReadError::ConnectionLost(_) => Ok(None),
        ReadError::ClosedStream | ReadError::IllegalOrderedRead | ReadError::ZeroRttRejected => {
            Err(LinkError::Lost)
        }
    }
}
