//! The press with a post that keeps what it is given.

use super::*;
use protocol_quic::Host;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

/// A post of limited weight that can be made to wait.
struct Kept {
    previews: Sender<PreviewPicture>,
    replies: Sender<PictureReply>,
    bytes_max: usize,
    gate: Option<Receiver<()>>,
}

impl Post for Kept {
    fn preview(&self, picture: &PreviewPicture) -> bool {
        if let Some(gate) = &self.gate {
            // Closed when the test is over.
            let _ = gate.recv();
        }
        picture.jpeg.len() <= self.bytes_max && self.previews.send(picture.clone()).is_ok()
    }

    fn reply(&self, reply: &PictureReply) -> bool {
        let weight = reply.outcome.as_ref().map_or(0, |(_, bytes)| bytes.len());
        weight <= self.bytes_max && self.replies.send(reply.clone()).is_ok()
    }
}

struct Bench {
    press: PicturePress,
    previews: Receiver<PreviewPicture>,
    replies: Receiver<PictureReply>,
}

fn bench(bytes_max: usize, gate: Option<Receiver<()>>) -> Bench {
    let ((previews, previews_sent), (replies, replies_sent)) = (channel(), channel());
    let post = Kept { previews, replies, bytes_max, gate };
    let press = PicturePress::start(post, Clock::system(Host::system())).unwrap();
    Bench { press, previews: previews_sent, replies: replies_sent }
}

fn soon<T>(receiver: &Receiver<T>) -> T {
    receiver.recv_timeout(Duration::from_secs(20)).unwrap()
}

fn bitmap(size: Size, pixel: impl Fn(u32, u32) -> [u8; 3]) -> Bitmap {
    let place = (0..size.height).flat_map(|y| (0..size.width).map(move |x| (x, y)));
    let bytes = place.flat_map(|(x, y)| {
        let [b, g, r] = pixel(x, y);
        [b, g, r, 255]
    });
    Bitmap::new(size, bytes.collect()).unwrap()
}

fn slope(x: u32, y: u32) -> [u8; 3] {
    [x as u8, y as u8, 40]
}

/// As much as there is in a picture.
fn noise(x: u32, y: u32) -> [u8; 3] {
    let n = (x ^ y.rotate_left(16)).wrapping_mul(0x9E37_79B1);
    let n = (n ^ (n >> 15)).wrapping_mul(0x85EB_CA77);
    [n as u8, (n >> 8) as u8, (n >> 16) as u8]
}

fn shot(screen: &str, tick: u64, picture: Option<Bitmap>) -> Shot {
    Shot {
        wall: WallId::new("w").unwrap(),
        screen: ScreenId::new(screen).unwrap(),
        tick: CanvasFrame(tick),
        composed: WallTime(5),
        picture,
    }
}

/// Mean difference of two pictures' bytes.
fn unlike(a: &Bitmap, b: &Bitmap) -> f64 {
    assert_eq!(a.size(), b.size());
    let sum: u64 = a.bytes().iter().zip(b.bytes()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    sum as f64 / a.bytes().len() as f64
}

#[test]
fn a_picture_is_sent_as_a_jpeg_that_looks_like_it_and_again_without_being_encoded_again() {
    let Bench { press, previews, .. } = bench(usize::MAX, None);
    let picture = bitmap(Size::new(213, 119), slope);
    press.preview(shot("a", 1, Some(picture.clone())));
    let first = soon(&previews);
    let seen = renderer::raster::decode_image(&first.jpeg).unwrap();
    assert!(unlike(&seen, &picture) < 3.0, "{}", unlike(&seen, &picture));
    press.preview(shot("a", 30, None));
    let second = soon(&previews);
    assert_eq!((second.tick, &second.jpeg, press.encoded()), (CanvasFrame(30), &first.jpeg, 1));
    // When nobody has watched for a while there is no picture before.
    press.forget(&WallId::new("w").unwrap());
    press.preview(shot("a", 60, None));
    press.preview(shot("b", 61, Some(picture)));
    assert_eq!(soon(&previews).tick, CanvasFrame(61));
}

#[test]
fn of_what_waits_the_newest_of_each_screen_is_made() {
    let (open, gate) = channel();
    let Bench { press, previews, .. } = bench(usize::MAX, Some(gate));
    let small = || Some(bitmap(Size::new(16, 16), slope));
    (0..=1_000).for_each(|tick| press.preview(shot("a", tick, small())));
    press.preview(shot("b", 1, small()));
    // It is still the one before, which waits.
    press.preview(shot("b", 2, None));
    drop(open);
    let mut ticks = BTreeMap::new();
    while ticks.len() < 2 || ticks.get("a") != Some(&1_000) {
        let picture = soon(&previews);
        ticks.insert(picture.screen.to_string(), picture.tick.0);
    }
    assert_eq!(ticks["b"], 2);
    assert!(press.encoded() <= 4, "{} of 1002 were made", press.encoded());
}

#[test]
fn a_picture_that_is_too_large_is_made_coarser() {
    let picture = || Some(bitmap(Size::new(320, 180), noise));
    let Bench { press, previews, .. } = bench(usize::MAX, None);
    press.preview(shot("a", 1, picture()));
    let most = soon(&previews).jpeg.len() - 1;
    let Bench { press, previews, .. } = bench(most, None);
    press.preview(shot("a", 1, picture()));
    assert!(soon(&previews).jpeg.len() <= most);
    assert_eq!(press.encoded(), 2);
}

#[test]
fn what_is_asked_for_comes_exactly_turned_upright_or_with_the_reason() {
    let Bench { press, replies, .. } = bench(100_000, None);
    let picture = bitmap(Size::new(30, 20), noise);
    let commission =
        |number, format, width_px, pixels| Commission { number, made: WallTime(9), format, width_px, pixels };
    let screen = |bitmap: &Bitmap, rotation| {
        Pixels::Screen(OwnedPicture { size: bitmap.size(), bytes: bitmap.bytes().to_vec() }, rotation)
    };
    press.commission(commission(1, PictureFormat::Png, None, screen(&picture, Rotation::None)));
    let reply = soon(&replies);
    let (made, bytes) = reply.outcome.unwrap();
    assert_eq!((reply.number, made), (1, WallTime(9)));
    assert_eq!(renderer::raster::decode_image(&bytes).unwrap(), picture);
    press.commission(commission(2, PictureFormat::Jpeg, Some(10), screen(&picture, Rotation::Quarter)));
    let bytes = soon(&replies).outcome.unwrap().1;
    assert_eq!(renderer::raster::decode_image(&bytes).unwrap().size(), Size::new(10, 15));
    press.commission(commission(3, PictureFormat::Png, None, Pixels::None(NoPicture::None)));
    assert_eq!(soon(&replies).outcome, Err(NoPicture::None));
    let large = bitmap(Size::new(400, 300), noise);
    press.commission(commission(4, PictureFormat::Png, None, screen(&large, Rotation::None)));
    assert_eq!(soon(&replies).outcome, Err(NoPicture::TooLarge));
}
