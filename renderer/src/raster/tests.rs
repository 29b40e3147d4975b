//! Rasters: what they must show and what they must never do.

use super::*;
use crate::RasterProvider;
use layouts::{Align, Crop, Fit, Icon, Rgba};
use proptest::prelude::*;

const WHITE: Rgba = Rgba { r: 255, g: 255, b: 255, a: 255 };
const SCALE: PixelScale = PixelScale { columns: 1, width: 1 << 16, rows: 1, height: 1 << 16 };

fn rasterizer() -> Rasterizer {
    Rasterizer::new(Box::new(|path| {
        let bytes = (0..4 * 4u8).flat_map(|index| [index * 8, 100, 200, 255]).collect();
        (path == "logo.png").then(|| Arc::new(Bitmap::new(Size::new(4, 4), bytes).unwrap()))
    }))
    .unwrap()
}

fn text(words: &str, em_px: i64, align: Align, vertical: Align) -> Raster {
    let text = words.to_owned();
    let weight = Weight::Regular;
    Raster::Text { text, size: em_px << 16, color: WHITE, align, vertical, weight, lines_max: 0 }
}

/// The rectangle of pixels whose alpha is at least 128: left, top, right, bottom.
fn ink(bitmap: &Bitmap) -> Option<(u32, u32, u32, u32)> {
    let width = bitmap.size().width;
    let lit = bitmap.bytes().chunks_exact(4).enumerate().filter(|(_, pixel)| pixel[3] >= 128);
    lit.map(|(index, _)| (index as u32 % width, index as u32 / width)).fold(None, |seen, (x, y)| {
        let (left, top, right, bottom) = seen.unwrap_or((x, y, x + 1, y + 1));
        Some((left.min(x), top.min(y), right.max(x + 1), bottom.max(y + 1)))
    })
}

#[test]
fn every_hanzi_of_gb_2312_and_every_listed_sign_has_a_glyph_in_both_weights() {
    let listed = include_str!("../../../assets/fonts/characters.txt");
    let mut rasterizer = rasterizer();
    let characters: Vec<char> = listed.chars().filter(|character| *character != '\n').collect();
    let hanzi = characters.iter().filter(|character| ('\u{4e00}'..='\u{9fff}').contains(*character)).count();
    assert_eq!(hanzi, 6763, "the list itself has lost hanzi");
    let missing: String =
        characters.into_iter().filter(|character| !rasterizer.has_glyph(*character)).collect();
    assert_eq!(missing, "");
    assert!(!rasterizer.has_glyph('\u{1F600}'), "the test cannot fail");
}

#[test]
fn words_of_the_wall_have_all_their_glyphs_and_others_are_counted() {
    let mut rasterizer = rasterizer();
    let size = Size::new(900, 60);
    let known = text("画面 8 秒前 · “引号”—…「」、。，：°² ✓ ▲▼ Ünï €", 20, Align::Start, Align::Middle);
    assert_eq!(rasterizer.draw(&known, size, SCALE).unwrap().missing_glyphs, 0);
    let unknown = text("a\u{1F600}b", 20, Align::Start, Align::Middle);
    let report = rasterizer.draw(&unknown, size, SCALE).unwrap();
    assert_eq!(report.missing_glyphs, 1);
}

#[test]
fn text_stands_in_the_optical_middle_at_every_size() {
    let mut rasterizer = rasterizer();
    for em in [12, 14, 18, 22, 36, 96, 400] {
        let size = Size::new(em as u32 * 6, em as u32 * 2);
        for words in ["国国国", "08:31"] {
            let drawn = rasterizer.draw(&text(words, em, Align::Middle, Align::Middle), size, SCALE).unwrap();
            let (left, top, right, bottom) = ink(&drawn.bitmap).unwrap();
            let off_y = (top + bottom) as f32 / 2.0 - em as f32;
            let off_x = (left + right) as f32 / 2.0 - em as f32 * 3.0;
            let allowed = 1.0 + em as f32 * 0.03;
            assert!(off_y.abs() <= allowed, "{words} at {em}: {off_y} px below the middle");
            assert!(off_x.abs() <= allowed, "{words} at {em}: {off_x} px right of the middle");
        }
    }
}

#[test]
fn figures_have_one_width() {
    let mut rasterizer = rasterizer();
    let mut widths = Vec::new();
    for digit in '0'..='9' {
        let words = format!("{digit}{digit}{digit}{digit}国");
        let drawn =
            rasterizer.draw(&text(&words, 40, Align::Start, Align::Middle), Size::new(300, 60), SCALE);
        widths.push(ink(&drawn.unwrap().bitmap).unwrap().2);
    }
    assert!(widths.iter().all(|width| *width == widths[0]), "{widths:?}");
}

#[test]
fn too_many_words_end_in_an_ellipsis_inside_the_box() {
    let mut rasterizer = rasterizer();
    for (words, em) in
        [("Live 画面 南风花园", 24), ("京杭佳苑消防通道入口", 22), ("unbreakableunbreakable", 18)]
    {
        for width in [50, 80, 81, 97, 120] {
            // Twice the room in the bitmap: whatever passes the edge would be seen there.
            let (mut sheet, room) = (Sheet::new(Size::new(width * 2, 40)).unwrap(), width as f32 / 2.0);
            let style = text::TextStyle {
                em_px: em as f32,
                color: WHITE,
                align: Align::Start,
                vertical: Align::Middle,
                weight: Weight::Medium,
                lines_max: 1,
            };
            rasterizer.text.draw(&mut sheet, words, &style, text::Inset { side_px: room });
            let bitmap = Bitmap::new(sheet.size(), sheet.into_bytes()).unwrap();
            let (left, _, right, _) = ink(&bitmap).unwrap();
            assert!(left >= width / 2 && right <= width / 2 + width, "{words} in {width}: {left}..{right}");
        }
    }
}

#[test]
fn lines_are_wrapped_counted_and_cut() {
    let mut rasterizer = rasterizer();
    let words = "南风花园 东门：密码错误，检查凭据\n第二段";
    let rows = |rasterizer: &mut Rasterizer, lines_max, height| {
        let mut spec = text(words, 20, Align::Start, Align::Start);
        if let Raster::Text { lines_max: most, .. } = &mut spec {
            *most = lines_max;
        }
        let drawn = rasterizer.draw(&spec, Size::new(130, height), SCALE).unwrap();
        let (_, _, _, bottom) = ink(&drawn.bitmap).unwrap();
        // Lines are 28 px apart, the first one's box ends at 20.
        bottom.div_ceil(28)
    };
    assert_eq!(rows(&mut rasterizer, 0, 300), 4);
    assert_eq!(rows(&mut rasterizer, 2, 300), 2);
    assert_eq!(rows(&mut rasterizer, 0, 50), 2);
    assert_eq!(rows(&mut rasterizer, 1, 300), 1);
}

#[test]
fn a_dot_is_round_and_a_pill_is_filled() {
    let mut rasterizer = rasterizer();
    let dot = rasterizer.draw(&Raster::Dot(WHITE), Size::new(20, 40), SCALE).unwrap().bitmap;
    let sum: u64 = dot.bytes().chunks_exact(4).map(|pixel| u64::from(pixel[3])).sum();
    let area = sum as f64 / 255.0;
    assert!((area - 100.0 * std::f64::consts::PI).abs() < 3.0, "{area}");
    let fill = Rgba { r: 10, g: 20, b: 30, a: 255 };
    let badge = Raster::Badge { text: String::new(), size: 12 << 16, color: WHITE, fill, line: 1 << 16 };
    let badge = rasterizer.draw(&badge, Size::new(60, 24), SCALE).unwrap().bitmap;
    let pixel = |x: usize, y: usize| badge.bytes()[(y * 60 + x) * 4..][..4].to_vec();
    assert_eq!(pixel(30, 12), [30, 20, 10, 255]);
    assert_eq!(pixel(30, 0), [255, 255, 255, 255]);
    assert_eq!(pixel(0, 0), [0, 0, 0, 0]);
}

#[test]
fn stripes_cover_one_half_and_repeat() {
    let mut rasterizer = rasterizer();
    let stripes = Raster::Stripes { ground: Rgba { a: 0, ..WHITE }, stripe: WHITE, pitch: 16 << 16 };
    let drawn = rasterizer.draw(&stripes, Size::new(64, 32), SCALE).unwrap().bitmap;
    let alpha = |x: usize, y: usize| drawn.bytes()[(y * 64 + x) * 4 + 3];
    let sum: u64 = drawn.bytes().chunks_exact(4).map(|pixel| u64::from(pixel[3])).sum();
    assert!((sum as f64 / (64.0 * 32.0 * 255.0) - 0.5).abs() < 0.01);
    assert!(
        (0..31)
            .all(|y| (1..48).all(|x| alpha(x, y) == alpha(x - 1, y + 1) && alpha(x, y) == alpha(x + 16, y)))
    );
}

#[test]
fn an_image_is_fitted_and_a_missing_one_is_an_error() {
    let mut rasterizer = rasterizer();
    let image = |path: &str, fit| Raster::Image { path: path.into(), crop: Crop::ALL, fit };
    let same = rasterizer.draw(&image("logo.png", Fit::Stretch), Size::new(4, 4), SCALE).unwrap().bitmap;
    assert_eq!(&same.bytes()[..8], [0, 100, 200, 255, 8, 100, 200, 255]);
    let wide = rasterizer.draw(&image("logo.png", Fit::Contain), Size::new(8, 4), SCALE).unwrap().bitmap;
    assert_eq!(&wide.bytes()[..4], [0, 0, 0, 0]);
    assert_eq!(&wide.bytes()[8..12], [0, 100, 200, 255]);
    let cover = rasterizer.draw(&image("logo.png", Fit::Cover), Size::new(4, 2), SCALE).unwrap().bitmap;
    assert_eq!(&cover.bytes()[..4], [32, 100, 200, 255]);
    let mean = rasterizer.draw(&image("logo.png", Fit::Stretch), Size::new(1, 1), SCALE).unwrap().bitmap;
    assert_eq!(mean.bytes(), [60, 100, 200, 255]);
    let error = rasterizer.draw(&image("else.png", Fit::Cover), Size::new(4, 2), SCALE).unwrap_err();
    assert_eq!(error, RasterError::ImageMissing { path: "else.png".into() });
}

#[test]
fn files_are_decoded_and_bombs_refused_from_the_header() {
    let mut png = std::io::Cursor::new(Vec::new());
    let picture = ::image::RgbaImage::from_pixel(3, 2, ::image::Rgba([200, 100, 50, 128]));
    picture.write_to(&mut png, ::image::ImageFormat::Png).unwrap();
    let png = png.into_inner();
    let decoded = decode_image(&png).unwrap();
    assert_eq!((decoded.size(), &decoded.bytes()[..4]), (Size::new(3, 2), &[25, 50, 100, 128][..]));
    let mut bomb = png.clone();
    bomb[16..24].copy_from_slice(&[0, 0, 0x30, 0, 0, 0, 0x30, 0]);
    let crc = crc_of(&bomb[12..29]);
    bomb[29..33].copy_from_slice(&crc.to_be_bytes());
    assert_eq!(decode_image(&bomb).unwrap_err(), DecodeError::TooLarge(Size::new(0x3000, 0x3000)));
    assert_eq!(decode_image(b"GIF89a").unwrap_err(), DecodeError::Format);
    assert!(matches!(decode_image(&png[..40]), Err(DecodeError::Damaged(_))));
}

/// CRC-32 of a PNG chunk (PNG specification, annex D).
fn crc_of(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(
            crc ^ u32::from(*byte),
            |crc, _| if crc & 1 == 1 { 0xEDB8_8320 ^ (crc >> 1) } else { crc >> 1 },
        )
    })
}

#[test]
fn the_cache_shares_counts_and_stays_below_its_bound() {
    let bytes_max = 40_000;
    let mut cache = RasterCache::new(Box::new(|_| None), bytes_max).unwrap();
    let dot = Arc::new(Raster::Dot(WHITE));
    let size = Size::new(32, 32);
    let first = cache.get(&dot, size, SCALE).unwrap();
    let again = cache.get(&Arc::new(Raster::Dot(WHITE)), size, SCALE).unwrap();
    assert!(Arc::ptr_eq(&first, &again));
    assert_eq!((cache.counts().hits, cache.counts().misses), (1, 1));
    for red in 0..100 {
        let spec = Arc::new(Raster::Dot(Rgba { r: red, ..WHITE }));
        cache.get(&spec, size, SCALE).unwrap();
        // Used again and again, so it is never the oldest.
        assert!(Arc::ptr_eq(&first, &cache.get(&dot, size, SCALE).unwrap()));
        assert!(cache.counts().bytes <= bytes_max);
    }
    assert!(cache.counts().evictions > 80);
    let missing = Arc::new(Raster::Image { path: "a".into(), crop: Crop::ALL, fit: Fit::Cover });
    assert!(cache.raster(&missing, size, SCALE).is_none());
    assert_eq!(cache.counts().failures, 1);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn no_text_size_or_length_breaks_the_rasterizer(
        words in "\\PC{0,60}|[\u{0}-\u{2fff}\u{4e00}-\u{9fff}\u{1f000}-\u{1ffff}]{0,60}",
        (width, height) in (1u32..200, 1u32..100),
        em in prop_oneof![0i64..1 << 22, Just(i64::MAX), Just(-1)],
        lines_max in prop_oneof![0u32..4, Just(u32::MAX)],
        line in prop_oneof![0i64..1 << 20, Just(i64::MAX)],
    ) {
        let mut rasterizer = rasterizer();
        let size = Size::new(width, height);
        let (align, vertical, weight) = (Align::Middle, Align::End, Weight::Medium);
        let text = words.clone();
        let spec = Raster::Text { text, size: em, color: WHITE, align, vertical, weight, lines_max };
        let first = rasterizer.draw(&spec, size, SCALE).unwrap();
        prop_assert!(first == rasterizer.draw(&spec, size, SCALE).unwrap());
        let premultiplied = |pixel: &[u8]| pixel[..3].iter().all(|channel| *channel <= pixel[3]);
        prop_assert!(first.bitmap.bytes().chunks_exact(4).all(premultiplied));
        let specs = [
            Raster::Badge { text: words, size: em, color: WHITE, fill: WHITE, line },
            Raster::Stripes { ground: WHITE, stripe: WHITE, pitch: line },
            Raster::Icon { icon: Icon::Waiting, color: WHITE },
            Raster::Icon { icon: Icon::Lost, color: WHITE },
        ];
        for spec in specs {
            prop_assert!(rasterizer.draw(&spec, size, SCALE).is_ok());
        }
    }
}
