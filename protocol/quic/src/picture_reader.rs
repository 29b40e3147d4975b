//! Pictures as they come from a node, each on a one-way stream of its own.

use crate::error::LinkError;
use crate::picture_sender::PICTURE_STREAMS_MAX;
use crate::stream;
use media::ScreenId;
use protocol::{Kind, NodePicture, PreviewCoding, Reason};
use quinn::{Connection, RecvStream};
use std::collections::BTreeMap;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// Pictures of one node that wait to be fetched; while so many do, its streams stand still.
pub(crate) const PICTURES_MAX: usize = 8;

/// Screens of which one node may send pictures.
const SCREENS_MAX: usize = 256;

/// Reads the pictures that come on `connection` into `pictures` until the connection is over or nobody fetches them. An
/// error is what the node has done wrong.
pub(crate) async fn read_pictures(
    connection: Connection,
    pictures: mpsc::Sender<NodePicture>,
) -> Result<(), LinkError> {
    let mut streams: JoinSet<Result<Option<(u64, NodePicture)>, LinkError>> = JoinSet::new();
    // Streams may end in another order than the one in which they were begun.
    let mut newest: BTreeMap<ScreenId, u64> = BTreeMap::new();
    loop {
        tokio::select! {
            biased;
            Some(read) = streams.join_next() => match read {
                Ok(Ok(Some((number, picture)))) => {
                    // H.264 says itself what it follows.
                    if let NodePicture::Preview(preview) = &picture
                        && preview.coding == PreviewCoding::Jpeg
                    {
                        let screens = newest.len();
                        match newest.get_mut(&preview.screen) {
                            Some(newest) if *newest > number => continue,
                            Some(newest) => *newest = number,
                            None if screens < SCREENS_MAX => {
                                newest.insert(preview.screen.clone(), number);
                            }
                            None => return Err(LinkError::Refusing(Reason::Protocol)),
                        }
                    }
                    if pictures.send(picture).await.is_err() {
                        return Ok(());
                    }
                }
                Ok(Ok(None)) => {}
                Ok(Err(error)) => return Err(error),
                Err(panicked) => return Err(LinkError::Local(format!("a picture cannot be read: {panicked}"))),
            },
            stream = connection.accept_uni(), if streams.len() < PICTURE_STREAMS_MAX as usize => match stream {
                Ok(stream) => { streams.spawn(read(stream)); }
                Err(_) => return Ok(()),
            },
        }
    }
}

/// One stream's number and picture; `None` when the stream was given up or the connection is lost.
async fn read(mut stream: RecvStream) -> Result<Option<(u64, NodePicture)>, LinkError> {
    let kinds = [Kind::PreviewPicture, Kind::PictureReply, Kind::ErrandReply];
    let Some((number, kind, body)) = stream::read_only(&mut stream, &kinds).await? else { return Ok(None) };
    Ok(Some((number, NodePicture::decode(kind, &body)?)))
}
