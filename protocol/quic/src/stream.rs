//! Messages on a QUIC stream.

use crate::error::LinkError;
use bytes::Bytes;
use protocol::{FrameHeader, HEADER_BYTES, Kind};
use quinn::{ReadExactError, RecvStream, SendStream, WriteError};

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
