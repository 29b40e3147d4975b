//! Every codec and layout decodes to the bytes that the ffmpeg command decodes to, from packets and description alone.

mod common;

use common::{clip, decode, ffmpeg, folder, packed, pull, pull_file, travelling};
use ingest::Decoder;
use ingest_ffmpeg::FfmpegDecoder;
use media::{Chroma, ChromaSiting, Codec, Color, Endpoint, Matrix, PixelLayout, Range, Size, WallTime};

struct Case {
    name: &'static str,
    codec: Codec,
    layout: PixelLayout,
    encoder: &'static [&'static str],
}

const fn case(
    name: &'static str,
    codec: Codec,
    layout: PixelLayout,
    encoder: &'static [&'static str],
) -> Case {
    Case { name, codec, layout, encoder }
}

const YUV420: PixelLayout = PixelLayout::Planar8(Chroma::Yuv420);
const X264: &[&str] = &["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency"];
const CASES: &[Case] = &[
    case("h264.ts", Codec::H264, YUV420, X264),
    case("h264-b.mp4", Codec::H264, YUV420, &["-c:v", "libx264", "-bf", "3", "-pix_fmt", "yuv420p"]),
    case("h264-b.ts", Codec::H264, YUV420, &["-c:v", "libx264", "-bf", "3", "-pix_fmt", "yuv420p"]),
    case("h264.flv", Codec::H264, YUV420, X264),
    case(
        "h264-422.ts",
        Codec::H264,
        PixelLayout::Planar8(Chroma::Yuv422),
        &["-c:v", "libx264", "-pix_fmt", "yuv422p"],
    ),
    case(
        "h264-444.mkv",
        Codec::H264,
        PixelLayout::Planar8(Chroma::Yuv444),
        &["-c:v", "libx264", "-pix_fmt", "yuv444p"],
    ),
    case(
        "h264-10.mp4",
        Codec::H264,
        PixelLayout::Planar10(Chroma::Yuv420),
        &["-c:v", "libx264", "-pix_fmt", "yuv420p10le"],
    ),
    case(
        "h264-422-10.ts",
        Codec::H264,
        PixelLayout::Planar10(Chroma::Yuv422),
        &["-c:v", "libx264", "-pix_fmt", "yuv422p10le"],
    ),
    case(
        "h265-gray.mp4",
        Codec::H265,
        PixelLayout::Planar8(Chroma::Mono),
        &["-c:v", "libx265", "-x265-params", "log-level=0", "-pix_fmt", "gray"],
    ),
    case("h265.mp4", Codec::H265, YUV420, &["-c:v", "libx265", "-x265-params", "log-level=0"]),
    case("h265.ts", Codec::H265, YUV420, &["-c:v", "libx265", "-x265-params", "log-level=0"]),
    case(
        "h265-10.mkv",
        Codec::H265,
        PixelLayout::Planar10(Chroma::Yuv420),
        &["-c:v", "libx265", "-x265-params", "log-level=0", "-pix_fmt", "yuv420p10le"],
    ),
    case("av1.mkv", Codec::Av1, YUV420, &["-c:v", "libaom-av1", "-cpu-used", "8"]),
    case(
        "av1-10.mp4",
        Codec::Av1,
        PixelLayout::Planar10(Chroma::Yuv420),
        &["-c:v", "libaom-av1", "-cpu-used", "8", "-pix_fmt", "yuv420p10le"],
    ),
    case("vp9.webm", Codec::Vp9, YUV420, &["-c:v", "libvpx-vp9", "-cpu-used", "8", "-deadline", "realtime"]),
    case(
        "vp9-444.webm",
        Codec::Vp9,
        PixelLayout::Planar8(Chroma::Yuv444),
        &["-c:v", "libvpx-vp9", "-cpu-used", "8", "-deadline", "realtime", "-pix_fmt", "yuv444p"],
    ),
    case("vp8.webm", Codec::Vp8, YUV420, &["-c:v", "libvpx", "-cpu-used", "8", "-deadline", "realtime"]),
    case("mpeg2.ts", Codec::Mpeg2, YUV420, &["-c:v", "mpeg2video", "-bf", "2"]),
    case(
        "mpeg2-422.ts",
        Codec::Mpeg2,
        PixelLayout::Planar8(Chroma::Yuv422),
        &["-c:v", "mpeg2video", "-pix_fmt", "yuv422p"],
    ),
    case("mpeg4.mp4", Codec::Mpeg4, YUV420, &["-c:v", "mpeg4"]),
    case("mjpeg.mkv", Codec::Mjpeg, YUV420, &["-c:v", "mjpeg", "-pix_fmt", "yuvj420p"]),
    case(
        "mjpeg-422.avi",
        Codec::Mjpeg,
        PixelLayout::Planar8(Chroma::Yuv422),
        &["-c:v", "mjpeg", "-pix_fmt", "yuvj422p"],
    ),
];

#[test]
fn every_codec_decodes_to_the_bytes_of_the_ffmpeg_command() {
    let folder = folder();
    for case in CASES {
        // Odd sizes: chroma rounds up, rows have padding.
        let file =
            clip(&folder, case.name, if case.name.contains("42") { "98x54" } else { "98x50" }, case.encoder);
        let (info, packets) = pull_file(&folder, case.name);
        assert_eq!(info.codec, case.codec, "{}", case.name);
        assert!(packets[0].keyframe, "{}", case.name);
        let frames = decode(&info, &packets);
        let expected =
            ffmpeg(&["-i", file.to_str().unwrap(), "-fps_mode", "passthrough", "-f", "rawvideo", "-"]);
        let ours: Vec<u8> = frames.iter().flat_map(packed).collect();
        assert_eq!(frames.len(), 12, "{}", case.name);
        assert!(
            frames.iter().all(|frame| frame.layout() == case.layout),
            "{}: {:?}",
            case.name,
            frames[0].layout()
        );
        assert!(ours == expected, "{}: {} bytes, {} expected", case.name, ours.len(), expected.len());
        for pair in frames.windows(2) {
            let step = pair[1].time().nanos_from(pair[0].time());
            assert!((39_000_000..=41_000_000).contains(&step), "{}: a step of {step} ns", case.name);
        }
        for frame in &frames {
            let expected = WallTime(frame.time().0 + 3_600_000_000_000);
            assert_eq!(frame.captured(), expected, "{}: capture time is lost", case.name);
        }
    }
}

#[test]
fn a_stream_without_reordering_gives_each_picture_at_once() {
    let folder = folder();
    let cases: [(&str, &[&str]); 4] = [
        ("a.ts", X264),
        ("b.mkv", &["-c:v", "libaom-av1", "-cpu-used", "8", "-usage", "realtime", "-lag-in-frames", "0"]),
        ("c.ts", &["-c:v", "libx265", "-tune", "zerolatency", "-x265-params", "log-level=0"]),
        ("d.ts", &["-c:v", "mpeg2video", "-flags", "low_delay"]),
    ];
    for (name, encoder) in cases {
        clip(&folder, name, "96x64", encoder);
        let (info, packets) = pull_file(&folder, name);
        let mut decoder = FfmpegDecoder::new(&info, 1).unwrap();
        for packet in &packets {
            let mut frames = Vec::new();
            decoder.decode(&travelling(packet), &mut frames).unwrap();
            assert_eq!(frames.len(), 1, "{name}");
        }
    }
}

#[test]
fn colours_come_from_the_stream_else_from_its_height() {
    let folder = folder();
    let tagged = [
        "-c:v",
        "libx264",
        "-colorspace",
        "bt2020nc",
        "-color_range",
        "pc",
        "-chroma_sample_location",
        "topleft",
    ];
    clip(&folder, "tagged.mp4", "64x64", &tagged);
    clip(&folder, "low.mp4", "64x576", X264);
    clip(&folder, "high.mp4", "64x720", X264);
    clip(&folder, "jpeg.mkv", "64x64", &["-c:v", "mjpeg", "-pix_fmt", "yuvj420p"]);
    let color = |name| {
        let (info, packets) = pull_file(&folder, name);
        decode(&info, &packets)[0].color()
    };
    let all = Color { matrix: Matrix::Bt2020, range: Range::Full, siting: ChromaSiting::TopLeft };
    assert_eq!(color("tagged.mp4"), all);
    assert_eq!(color("low.mp4"), Color::SD);
    assert_eq!(color("high.mp4"), Color::HD);
    assert_eq!(color("jpeg.mkv"), Color::JPEG);
}

#[test]
fn damage_is_counted_and_never_shown_until_a_key_frame() {
    let folder = folder();
    clip(&folder, "whole.ts", "160x96", &["-c:v", "libx264", "-g", "4", "-bf", "0", "-tune", "zerolatency"]);
    let (info, packets) = pull_file(&folder, "whole.ts");
    let whole: Vec<_> = decode(&info, &packets).iter().map(|frame| (frame.time(), packed(frame))).collect();
    // A small generator with a printed seed stands in for a bad line.
    for seed in 1u64..60 {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut random = move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            usize::try_from(state >> 33).unwrap()
        };
        let hit = 1 + random() % 3;
        let mut decoder = FfmpegDecoder::new(&info, 1).unwrap();
        let mut frames = Vec::new();
        let mut errors = 0;
        for (index, raw) in packets.iter().enumerate() {
            let mut packet = travelling(raw);
            if index == hit {
                // Cut off and overwritten with ones: slices end early.
                let mut bytes = packet.bytes.to_vec();
                let from = 8 + random() % (bytes.len() - 8).max(1);
                bytes.truncate(from + 4);
                let len = bytes.len();
                bytes[from.min(len - 1)..].fill(0xff);
                packet.bytes = bytes.into();
            }
            errors += u64::from(decoder.decode(&packet, &mut frames).is_err());
        }
        decoder.flush(&mut frames).unwrap();
        let counters = decoder.counters();
        assert_eq!(errors, counters.errors);
        assert!(
            counters.errors + counters.withheld > 0 || frames.len() == whole.len(),
            "seed {seed}: {counters:?}"
        );
        let key = whole[4].0;
        for frame in frames.iter().filter(|frame| frame.time() >= key) {
            let (_, expected) = whole.iter().find(|(time, _)| *time == frame.time()).unwrap();
            assert!(packed(frame) == *expected, "seed {seed}: damage outlives a key frame");
        }
        assert!(frames.iter().any(|frame| frame.time() == key), "seed {seed}: the key frame is missing");
    }
}

#[test]
fn random_bytes_in_every_codec_neither_panic_nor_show() {
    let folder = folder();
    for case in CASES {
        clip(&folder, case.name, "98x54", case.encoder);
        let (info, mut packets) = pull_file(&folder, case.name);
        for (index, packet) in packets.iter_mut().enumerate() {
            let noise: Vec<u8> =
                (0..packet.bytes.len()).map(|n| (n * 167 + index * 59 + n * n / 7) as u8).collect();
            packet.bytes = noise.into();
        }
        let mut decoder = FfmpegDecoder::new(&info, 1).unwrap();
        let mut frames = Vec::new();
        for packet in &packets {
            let _ = decoder.decode(&travelling(packet), &mut frames);
        }
        let _ = decoder.flush(&mut frames);
        assert!(frames.is_empty(), "{}: noise is shown as a picture", case.name);
    }
}

#[test]
fn stills_keep_their_pixels_and_transparency() {
    let folder = folder();
    let still = |name: &str, filter: &str| {
        let file = folder.join(name);
        ffmpeg(&["-f", "lavfi", "-i", filter, "-frames:v", "1", file.to_str().unwrap()]);
        let (info, packets) = pull(&folder, &Endpoint::Image { path: name.to_owned() }, 9).unwrap();
        assert_eq!(packets.len(), 1);
        assert_eq!(packets[0].bytes, std::fs::read(&file).unwrap(), "the file's own bytes travel");
        assert_eq!(info.size, Some(Size::new(16, 8)));
        decode(&info, &packets).remove(0)
    };
    let opaque = still("rgb.png", "color=0x3264c8:s=16x8,format=rgb24");
    assert_eq!(opaque.layout(), PixelLayout::Bgra8);
    assert_eq!(&packed(&opaque)[..4], [0xc8, 0x64, 0x32, 255]);
    let half = still("rgba.png", "color=0x3264c8@0.5:s=16x8,format=rgba");
    let alpha = packed(&half)[3];
    assert!((127..=128).contains(&alpha));
    let times = |c: u32| ((c * u32::from(alpha) + 127) / 255) as u8;
    assert_eq!(&packed(&half)[..3], [times(0xc8), times(0x64), times(0x32)]);
    let indexed = still("pal.png", "color=0x3264c8:s=16x8,format=pal8");
    assert_eq!(packed(&indexed)[3], 255);
    let gray = still("gray.png", "color=0x808080:s=16x8,format=gray");
    assert_eq!((gray.layout(), gray.color().range), (PixelLayout::Planar8(Chroma::Mono), Range::Full));
    let photo = still("photo.jpg", "color=0x3264c8:s=16x8,format=yuvj420p");
    assert_eq!((photo.layout(), photo.color()), (YUV420, Color::JPEG));
}

#[test]
fn what_builds_on_a_lost_picture_is_not_shown() {
    let folder = folder();
    let x265 = "log-level=0:keyint=6:min-keyint=6:scenecut=0";
    let cases: [(&str, &[&str]); 3] = [
        ("lost.ts", &["-c:v", "libx264", "-g", "6", "-bf", "0", "-tune", "zerolatency"]),
        ("lost.mp4", &["-c:v", "libx264", "-g", "6", "-bf", "2", "-x264-params", "scenecut=0"]),
        ("lost-h265.ts", &["-c:v", "libx265", "-tune", "zerolatency", "-x265-params", x265]),
    ];
    for (name, encoder) in cases {
        clip(&folder, name, "160x96", encoder);
        let (info, mut packets) = pull_file(&folder, name);
        let whole: Vec<_> =
            decode(&info, &packets).iter().map(|frame| (frame.time(), packed(frame))).collect();
        assert_eq!(packets.iter().filter(|packet| packet.keyframe).count(), 2, "{name}");
        packets.remove(1);
        let mut decoder = FfmpegDecoder::new(&info, 1).unwrap();
        let mut frames = Vec::new();
        for raw in &packets {
            let _ = decoder.decode(&travelling(raw), &mut frames);
        }
        decoder.flush(&mut frames).unwrap();
        for frame in &frames {
            let (_, expected) = whole.iter().find(|(time, _)| *time == frame.time()).unwrap();
            assert!(packed(frame) == *expected, "{name}: a broken picture is shown at {:?}", frame.time());
        }
        // The first key frame, and everything from the second one on.
        assert!(frames.len() >= 7, "{name}: {:?}", decoder.counters());
        assert!(decoder.counters().withheld > 0, "{name}");
    }
}
