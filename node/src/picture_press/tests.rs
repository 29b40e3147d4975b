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
        picture.bytes.len() <= self.bytes_max && self.previews.send(picture.clone()).is_ok()
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
        looks: Looks { stills: true, video: false },
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
    let seen = renderer::raster::decode_image(&first.bytes).unwrap();
    assert!(unlike(&seen, &picture) < 3.0, "{}", unlike(&seen, &picture));
    press.preview(shot("a", 30, None));
    let second = soon(&previews);
    assert_eq!((second.tick, &second.bytes, press.encoded()), (CanvasFrame(30), &first.bytes, 1));
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
fn a_film_begins_with_a_key_picture_goes_on_without_changes_and_begins_again_for_others() {
    let Bench { press, previews, .. } = bench(usize::MAX, None);
    let film =
        |tick, picture| Shot { looks: Looks { stills: false, video: true }, ..shot("a", tick, picture) };
    let picture = || Some(bitmap(Size::new(64, 48), slope));
    let place = |tick, picture| {
        press.preview(film(tick, picture));
        let PreviewPicture { tick, coding, .. } = soon(&previews);
        let PreviewCoding::H264 { key, order } = coding else { panic!("no film at {tick:?}") };
        (tick.0, key.0, order)
    };
    // Without a picture there is nothing to begin with.
    press.preview(film(1, None));
    assert_eq!(place(2, picture()), (2, 2, 0));
    assert_eq!(place(5, None), (5, 2, 1));
    for tick in 8..8 + 18 {
        assert_eq!(place(tick, picture()).1, 2);
    }
    assert_eq!(place(40, picture()), (40, 40, 0), "after 20 pictures");
    assert_eq!(place(41, picture()), (41, 40, 1));
    // After two seconds there is one, though nothing has changed.
    press.preview(Shot { composed: WallTime(2_000_000_005), ..film(45, None) });
    let still = soon(&previews);
    assert_eq!(still.coding, PreviewCoding::H264 { key: CanvasFrame(45), order: 0 });
    // Others watch: they know none of the pictures before.
    press.forget(&WallId::new("w").unwrap());
    assert_eq!(place(50, picture()), (50, 50, 0));
    // Another size is another film.
    assert_eq!(place(60, Some(bitmap(Size::new(32, 48), slope))), (60, 60, 0));
    // Odd sides cannot be filmed, and somebody who watches is sent a JPEG.
    press.preview(film(70, Some(bitmap(Size::new(33, 48), slope))));
    let still = soon(&previews);
    assert_eq!((still.tick.0, still.coding), (70, PreviewCoding::Jpeg));
}

#[test]
fn a_film_whose_picture_is_too_large_to_be_sent_is_a_jpeg_for_that_time() {
    let Bench { press, previews, .. } = bench(3_000, None);
    let film =
        |tick, picture| Shot { looks: Looks { stills: false, video: true }, ..shot("a", tick, picture) };
    press.preview(film(1, Some(bitmap(Size::new(128, 96), noise))));
    // As H.264, and then as a JPEG.
    while press.encoded() < 2 {
        std::thread::yield_now();
    }
    press.preview(film(2, Some(bitmap(Size::new(128, 96), |_, _| [9, 9, 9]))));
    let seen = loop {
        let PreviewPicture { tick, coding, .. } = soon(&previews);
        if tick.0 == 2 {
            break coding;
        }
        assert_eq!(coding, PreviewCoding::Jpeg);
    };
    assert_eq!(seen, PreviewCoding::H264 { key: CanvasFrame(2), order: 0 });
}

#[test]
fn a_picture_that_is_too_large_is_made_coarser() {
    let picture = || Some(bitmap(Size::new(320, 180), noise));
    let Bench { press, previews, .. } = bench(usize::MAX, None);
    press.preview(shot("a", 1, picture()));
    let most = soon(&previews).bytes.len() - 1;
    let Bench { press, previews, .. } = bench(most, None);
    press.preview(shot("a", 1, picture()));
    assert!(soon(&previews).bytes.len() <= most);
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
