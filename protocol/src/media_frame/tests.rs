//! Media frames survive the wire byte for byte; what is no frame is refused.

use super::*;
use proptest::collection::vec;
use proptest::prelude::*;

fn source() -> SourceId {
    SourceId::new("gate").unwrap()
}

fn codecs() -> Vec<Codec> {
    (0..=u8::MAX).filter_map(codec_from_byte).collect()
}

fn info() -> impl Strategy<Value = StreamInfo> {
    let size =
        prop::option::of((1..=SIDE_MAX, 1..=SIDE_MAX).prop_map(|(width, height)| Size::new(width, height)));
    let rate = prop::option::of(1..=RATE_MAX_MILLIHZ);
    (prop::sample::select(codecs()), size, rate, vec(any::<u8>(), 0..200)).prop_map(
        |(codec, size, frame_rate_millihz, extradata)| StreamInfo {
            codec,
            size,
            frame_rate_millihz,
            extradata: extradata.into(),
        },
    )
}

proptest! {
    #[test]
    fn descriptions_survive_the_wire(info in info()) {
        let bytes = MediaFrame::encode_info(&info).unwrap();
        match MediaFrame::decode(&source(), bytes).unwrap() {
            MediaFrame::Info(read) => prop_assert_eq!(read, info),
            MediaFrame::Unit(_) => prop_assert!(false, "a description came back as a picture"),
        }
    }

    #[test]
    fn pictures_survive_the_wire(
        time in any::<i64>(), captured in any::<i64>(), keyframe in any::<bool>(), bytes in vec(any::<u8>(), 0..500),
    ) {
        let sent = Packet {
            source: source(),
            time: MediaTime(time),
            captured: WallTime(captured),
            keyframe,
            bytes: bytes.into(),
        };
        let frame = MediaFrame::encode_unit(&sent).unwrap();
        let MediaFrame::Unit(read) = MediaFrame::decode(&source(), frame).unwrap() else {
            return Err(TestCaseError::fail("a picture came back as a description"));
        };
        prop_assert_eq!((read.source, read.time, read.captured), (sent.source, sent.time, sent.captured));
        prop_assert_eq!((read.keyframe, read.bytes), (sent.keyframe, sent.bytes));
    }

    #[test]
    fn any_bytes_are_a_frame_or_an_error(kind in 0..3_u8, rest in vec(any::<u8>(), 0..100)) {
        let bytes = [&[VERSION, kind][..], &rest].concat();
        let _ = MediaFrame::decode(&source(), bytes.into());
        let _ = MediaFrame::decode(&source(), rest.into());
    }
}

#[test]
fn all_nine_codecs_have_a_byte_of_their_own() {
    assert_eq!(codecs().len(), 9);
    for codec in codecs() {
        assert_eq!(codec_from_byte(codec_byte(codec)), Some(codec));
    }
}

#[test]
fn a_description_that_claims_four_gigabytes_is_refused() {
    let mut bytes = vec![VERSION, TYPE_INFO, 1];
    bytes.extend([0; 12]);
    bytes.extend(u32::MAX.to_be_bytes());
    let error = MediaFrame::decode(&source(), bytes.into()).unwrap_err();
    assert!(matches!(error, MediaFrameError::TooLong { field: "extradata", .. }), "{error}");
}

#[test]
fn a_picture_of_impossible_size_is_refused() {
    for (width, height) in [(0, 1), (1, 0), (SIDE_MAX + 1, 1), (u32::MAX, u32::MAX)] {
        let mut bytes = vec![VERSION, TYPE_INFO, 1];
        bytes.extend(u32::to_be_bytes(width));
        bytes.extend(u32::to_be_bytes(height));
        bytes.extend([0; 8]);
        let error = MediaFrame::decode(&source(), bytes.into()).unwrap_err();
        assert_eq!(error, MediaFrameError::Value("size"));
    }
}

#[test]
fn another_version_an_unknown_type_and_unknown_flags_are_refused() {
    let decode = |bytes: &'static [u8]| MediaFrame::decode(&source(), Bytes::from_static(bytes)).unwrap_err();
    assert_eq!(decode(&[2, 1, 0]), MediaFrameError::Version(2));
    assert_eq!(decode(&[1, 7, 0]), MediaFrameError::Value("type"));
    assert_eq!(
        decode(&[1, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        MediaFrameError::Value("flags")
    );
    assert_eq!(decode(&[1, 1, 1, 0]), MediaFrameError::Short);
    assert_eq!(decode(&[1]), MediaFrameError::Short);
}

#[test]
fn a_picture_above_the_limit_is_neither_sent_nor_taken() {
    let too_long = Bytes::from(vec![0; ACCESS_UNIT_BYTES_MAX + 1]);
    let packet = Packet {
        source: source(),
        time: MediaTime(0),
        captured: WallTime(0),
        keyframe: true,
        bytes: too_long.clone(),
    };
    assert!(matches!(MediaFrame::encode_unit(&packet), Err(MediaFrameError::TooLong { .. })));
    let frame = [&[VERSION, TYPE_UNIT, 1][..], &[0; 16], &too_long].concat();
    let error = MediaFrame::decode(&source(), frame.into()).unwrap_err();
    assert!(matches!(error, MediaFrameError::TooLong { field: "access unit", .. }), "{error}");
}
