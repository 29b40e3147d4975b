//! Pictures on their way to the controller: each on a one-way stream of its own, below the control stream; of a screen's JPEGs
//! the newest wins, of its H.264 what leans on the newest key picture.
//!
//! However slow the controller is, what it costs is bounded: of each screen at most one JPEG and one chain of H.264 wait, and one of each is
//! under way. One that is under way is sent to its end, so that a link that is slower than the pictures come still brings some.

use media::ScreenId;
use protocol::{EncodeError, ErrandReply, PictureReply, PreviewCoding, PreviewPicture};
use quinn::Connection;
use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;
use tokio::task::JoinSet;

/// Pictures that are on one connection's wire at once.
pub(crate) const PICTURE_STREAMS_MAX: u32 = 8;
/// What is said on the control stream, which has 0, goes first.
const PICTURE_PRIORITY: i32 = -2;
/// Screens of which a picture may wait.
const SCREENS_MAX: usize = 256;
/// Replies that may wait; of more the oldest are not sent.
const REPLIES_MAX: usize = 8;
/// H.264 pictures of one screen that may wait. A link that is so far behind is sent none until the next key picture.
const CHAIN_MAX: usize = 32;

/// What is sent one after the other: the pictures of one screen in one coding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Lane {
    screen: ScreenId,
    video: bool,
}

/// What waits to be sent.
struct Waiting {
    /// `None` for a picture that was asked for.
    lane: Option<Lane>,
    frame: bytes::Bytes,
}

#[derive(Default)]
struct Outbox {
    waiting: Mutex<VecDeque<Waiting>>,
    changed: Notify,
}

/// Sends pictures to the controller over whatever link stands; without one they are forgotten. Clones are the same.
#[derive(Clone, Default)]
pub struct PictureSender {
    outbox: Arc<Outbox>,
}

impl std::fmt::Debug for PictureSender {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PictureSender").field("waiting", &self.waiting().len()).finish()
    }
}

impl PictureSender {
    /// Has a screen's picture sent. A JPEG or a key picture takes the place of older ones that still wait. It waits for nobody.
    /// Errors: the picture is too large.
    pub fn preview(&self, picture: &PreviewPicture) -> Result<(), EncodeError> {
        let frame = picture.encode()?;
        let leans = matches!(picture.coding, PreviewCoding::H264 { order: 1.., .. });
        let video = picture.coding != PreviewCoding::Jpeg;
        let lane = Some(Lane { screen: picture.screen.clone(), video });
        let mut waiting = self.waiting();
        let of_lane = waiting.iter().filter(|one| one.lane == lane).count();
        let lanes = waiting.iter().filter_map(|one| one.lane.as_ref()).collect::<BTreeSet<_>>().len();
        if of_lane == 0 && lanes >= SCREENS_MAX {
            tracing::debug!(screen = %picture.screen, "too many screens: a preview is not sent");
        } else if !video && let Some(older) = waiting.iter_mut().find(|older| older.lane == lane) {
            older.frame = frame;
        } else {
            // Without those that it leans on, one that leans is nothing.
            if !leans || of_lane >= CHAIN_MAX {
                waiting.retain(|older| older.lane != lane);
            }
            waiting.push_back(Waiting { lane, frame });
        }
        drop(waiting);
        self.outbox.changed.notify_one();
        Ok(())
    }

    /// Has a picture sent that was asked for. It waits for nobody. Errors: the picture is too large.
    pub fn reply(&self, reply: &PictureReply) -> Result<(), EncodeError> {
        self.put_reply(reply.encode()?);
        Ok(())
    }

    /// Has sent what an errand has brought. It waits for nobody. Errors: it is more than fits.
    pub fn errand(&self, reply: &ErrandReply) -> Result<(), EncodeError> {
        self.put_reply(reply.encode()?);
        Ok(())
    }

    fn put_reply(&self, frame: bytes::Bytes) {
        let mut waiting = self.waiting();
        if waiting.iter().filter(|one| one.lane.is_none()).count() >= REPLIES_MAX
            && let Some(oldest) = waiting.iter().position(|one| one.lane.is_none())
        {
            waiting.remove(oldest);
        }
        waiting.push_back(Waiting { lane: None, frame });
        drop(waiting);
        self.outbox.changed.notify_one();
    }

    fn waiting(&self) -> MutexGuard<'_, VecDeque<Waiting>> {
        // It is whole between any two statements: a panic elsewhere does not spoil it.
        self.outbox.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first that waits and is not of a lane among those under way.
    fn take(&self, under_way: &BTreeSet<Lane>) -> Option<Waiting> {
        let mut waiting = self.waiting();
        let may_go = |one: &Waiting| one.lane.as_ref().is_none_or(|lane| !under_way.contains(lane));
        let index = waiting.iter().position(may_go)?;
        waiting.remove(index)
    }
}

/// Sends what comes into `sender` until the connection is over. What has waited for this connection is out of date.
pub(crate) async fn send_pictures(connection: Connection, sender: PictureSender) {
    sender.waiting().clear();
    let mut streams: JoinSet<(Option<Lane>, bool)> = JoinSet::new();
    let mut under_way: BTreeSet<Lane> = BTreeSet::new();
    loop {
        while streams.len() < PICTURE_STREAMS_MAX as usize
            && let Some(Waiting { lane, frame }) = sender.take(&under_way)
        {
            under_way.extend(lane.clone());
            let connection = connection.clone();
            streams.spawn(async move { (lane, send(&connection, frame).await) });
        }
        tokio::select! {
            biased;
            Some(ended) = streams.join_next() => match ended {
                Ok((lane, true)) => lane.iter().for_each(|lane| { under_way.remove(lane); }),
                Ok((_, false)) | Err(_) => return,
            },
            () = sender.outbox.changed.notified() => {}
        }
    }
}

/// Sends one picture until the controller has acknowledged all of it, or wants it no longer. False when the connection is over.
async fn send(connection: &Connection, frame: bytes::Bytes) -> bool {
    let Ok(mut stream) = connection.open_uni().await else { return false };
    if stream.set_priority(PICTURE_PRIORITY).is_err() {
        return true;
    }
    match stream.write_chunk(frame).await {
        Ok(()) => {}
        Err(quinn::WriteError::Stopped(_) | quinn::WriteError::ClosedStream) => return true,
        Err(quinn::WriteError::ConnectionLost(_) | quinn::WriteError::ZeroRttRejected) => return false,
    }
    // What is finished is not sent yet: the next one of this lane waits until it is there.
    stream.finish().is_err() || stream.stopped().await.is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use media::{CanvasFrame, WallId, WallTime};

    fn preview(screen: &str, tick: u64) -> PreviewPicture {
        PreviewPicture {
            wall: WallId::new("main").unwrap(),
            screen: ScreenId::new(screen).unwrap(),
            tick: CanvasFrame(tick),
            composed: WallTime(0),
            sent: WallTime(0),
            coding: PreviewCoding::Jpeg,
            bytes: vec![1, 2, 3].into(),
        }
    }

    fn take(sender: &PictureSender, under_way: &[&str]) -> Option<bytes::Bytes> {
        let lane = |screen: &&str| Lane { screen: ScreenId::new(screen).unwrap(), video: false };
        let under_way = under_way.iter().map(lane).collect();
        sender.take(&under_way).map(|waiting| waiting.frame)
    }

    #[test]
    fn the_newest_picture_of_a_screen_takes_the_place_of_the_one_that_waits() {
        let sender = PictureSender::default();
        (0..10_000).for_each(|tick| sender.preview(&preview("busy", tick)).unwrap());
        sender.preview(&preview("quiet", 1)).unwrap();
        sender.preview(&preview("busy", 10_000)).unwrap();
        assert_eq!(sender.waiting().len(), 2);
        // While one is under way, the next of its screen waits and holds up nobody.
        assert_eq!(take(&sender, &["busy"]), preview("quiet", 1).encode().ok());
        assert_eq!(take(&sender, &["busy"]), None);
        assert_eq!(take(&sender, &[]), preview("busy", 10_000).encode().ok());
        assert_eq!(take(&sender, &[]), None);
    }

    #[test]
    fn what_leans_on_a_key_picture_waits_behind_it_and_goes_when_the_next_one_comes() {
        let sender = PictureSender::default();
        let video = |key: u64, order: u32| PreviewPicture {
            coding: PreviewCoding::H264 { key: CanvasFrame(key), order },
            ..preview("a", key + u64::from(order))
        };
        (0..3).for_each(|order| sender.preview(&video(1, order)).unwrap());
        sender.preview(&preview("a", 9)).unwrap();
        assert_eq!(sender.waiting().len(), 4, "a JPEG takes nothing of it away");
        (0..2).for_each(|order| sender.preview(&video(50, order)).unwrap());
        assert_eq!(take(&sender, &[]), preview("a", 9).encode().ok());
        assert_eq!(take(&sender, &[]), video(50, 0).encode().ok());
        assert_eq!(take(&sender, &[]), video(50, 1).encode().ok());
        // A link that stands still costs no more than this, whatever comes.
        (0..=255).for_each(|order| sender.preview(&video(90, order)).unwrap());
        assert!(sender.waiting().len() <= CHAIN_MAX);
    }

    #[test]
    fn replies_that_wait_are_bounded() {
        let sender = PictureSender::default();
        let reply = |number| PictureReply { number, outcome: Ok((WallTime(0), vec![0; 100].into())) };
        (0..1_000).for_each(|number| sender.reply(&reply(number)).unwrap());
        assert_eq!(sender.waiting().len(), REPLIES_MAX);
        assert_eq!(take(&sender, &[]), reply(992).encode().ok());
        (0..1_000).for_each(|n| sender.preview(&preview(&n.to_string(), 0)).unwrap());
        assert_eq!(
            sender.waiting().len(),
            SCREENS_MAX + REPLIES_MAX - 1,
            "one of those that were asked for has gone"
        );
    }
}
