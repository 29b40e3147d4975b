//! The displays and cabinets of which walls are usually built, as plain data.
//!
//! These are usual sizes of the market, not those of one maker: LCD panels for video walls with their active area and their seam, bezel
//! to bezel, and LED cabinets with their pixel pitch. What is measured on the spot is right; these are where to begin.

use media::Size;

/// What kind of panel it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PanelKind {
    /// A liquid crystal display with a frame.
    Lcd,
    /// A cabinet of light-emitting diodes; cabinets have no gap.
    Led,
}

/// A panel as it stands on a desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Panel {
    /// What it is called, in every language.
    pub name: &'static str,
    /// Of which kind.
    pub kind: PanelKind,
    /// Its lit area in µm.
    pub size_um: [i64; 2],
    /// Its pixels.
    pub resolution: Size,
    /// From one lit area to the next when two hang side by side, in µm.
    pub seam_um: i64,
}

const fn lcd(name: &'static str, size_um: [i64; 2], seam_um: i64) -> Panel {
    Panel { name, kind: PanelKind::Lcd, size_um, resolution: Size::new(1920, 1080), seam_um }
}

const fn led(name: &'static str, size_um: [i64; 2], resolution: Size) -> Panel {
    Panel { name, kind: PanelKind::Led, size_um, resolution, seam_um: 0 }
}

const INCH_46: [i64; 2] = [1_018_080, 572_670];
const INCH_49: [i64; 2] = [1_073_780, 604_000];
const INCH_55: [i64; 2] = [1_209_600, 680_400];
const WIDE: [i64; 2] = [600_000, 337_500];
const SQUARE: [i64; 2] = [500_000, 500_000];
const CLASSIC: [i64; 2] = [640_000, 480_000];

impl Panel {
    /// Usual panels, LCD before LED, the finest first.
    pub const USUAL: [Self; 18] = [
        lcd("LCD 55\" · 0.88 mm", INCH_55, 880),
        lcd("LCD 55\" · 1.8 mm", INCH_55, 1_800),
        lcd("LCD 55\" · 3.5 mm", INCH_55, 3_500),
        lcd("LCD 49\" · 1.8 mm", INCH_49, 1_800),
        lcd("LCD 49\" · 3.5 mm", INCH_49, 3_500),
        lcd("LCD 46\" · 1.8 mm", INCH_46, 1_800),
        lcd("LCD 46\" · 3.5 mm", INCH_46, 3_500),
        led("LED 600 × 337.5 · P0.9", WIDE, Size::new(640, 360)),
        led("LED 600 × 337.5 · P1.2", WIDE, Size::new(480, 270)),
        led("LED 600 × 337.5 · P1.5", WIDE, Size::new(384, 216)),
        led("LED 600 × 337.5 · P1.8", WIDE, Size::new(320, 180)),
        led("LED 500 × 500 · P1.9", SQUARE, Size::new(256, 256)),
        led("LED 500 × 500 · P2.5", SQUARE, Size::new(200, 200)),
        led("LED 500 × 500 · P2.6", SQUARE, Size::new(192, 192)),
        led("LED 500 × 500 · P3.9", SQUARE, Size::new(128, 128)),
        led("LED 640 × 480 · P1.5", CLASSIC, Size::new(416, 312)),
        led("LED 640 × 480 · P2", CLASSIC, Size::new(320, 240)),
        led("LED 640 × 480 · P2.5", CLASSIC, Size::new(256, 192)),
    ];

    /// The distance of its pixels, in nanometres.
    pub fn pitch_nm(&self) -> i64 {
        pitch_nm(self.size_um[0], self.resolution.width)
    }

    /// How many of it, across and down, one output of 1920 × 1080 can carry; at least one.
    pub fn per_output(&self) -> [u32; 2] {
        match self.kind {
            // What lies behind a frame is cut for each panel by itself.
            PanelKind::Lcd => [1, 1],
            PanelKind::Led => {
                [(1920 / self.resolution.width.max(1)).max(1), (1080 / self.resolution.height.max(1)).max(1)]
            }
        }
    }
}

/// The distance of pixels in nanometres, to the nearest.
pub fn pitch_nm(length_um: i64, pixels: u32) -> i64 {
    let pixels = i64::from(pixels.max(1));
    (length_um * 1000 + pixels / 2) / pixels
}

/// How many pixels a lit area has at a pitch, to the nearest whole one; 16 to 16384 on each side, as documents can say.
pub fn pixels_at(size_um: [i64; 2], pitch_nm: i64) -> Size {
    let pitch = pitch_nm.max(1);
    let pixels = |um: i64| {
        let count = (um.saturating_mul(1000) + pitch / 2) / pitch;
        u32::try_from(count.clamp(16, 16_384)).unwrap_or(16)
    };
    Size::new(pixels(size_um[0]), pixels(size_um[1]))
}

/// The lit area of so many pixels at a pitch, in µm.
pub fn size_at(resolution: Size, pitch_nm: i64) -> [i64; 2] {
    [resolution.width, resolution.height].map(|pixels| (i64::from(pixels) * pitch_nm + 500) / 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_panels_have_the_pitch_of_their_name_and_square_pixels() {
        for panel in Panel::USUAL {
            let across = panel.pitch_nm();
            let down = pitch_nm(panel.size_um[1], panel.resolution.height);
            assert!((across - down).abs() * 1000 <= across, "{}: {across} × {down} nm", panel.name);
            if let Some((_, said)) = panel.name.split_once(" · P") {
                let said: f64 = said.parse().unwrap();
                // The trade cuts the digits off, so the true pitch is a little more.
                let true_mm = across as f64 / 1e6;
                assert!((said - 0.001..said + 0.1).contains(&true_mm), "{}: {true_mm}", panel.name);
            }
            let [across, down] = panel.per_output();
            assert!(across * panel.resolution.width <= 1920 && down * panel.resolution.height <= 1080);
            assert_eq!(panel.kind == PanelKind::Led, panel.seam_um == 0);
        }
    }

    #[test]
    fn a_free_pitch_gives_pixels_and_pixels_give_their_size() {
        assert_eq!(pixels_at([600_000, 337_500], 937_500), Size::new(640, 360));
        assert_eq!(size_at(Size::new(640, 360), 937_500), [600_000, 337_500]);
        assert_eq!(pixels_at([10_000, 10_000], 5_000_000), Size::new(16, 16), "a document can say no less");
        for pitch in [1, 900_000, 2_604_166, 10_000_000] {
            let pixels = pixels_at([960_000, 960_000], pitch);
            assert!(pixels.width >= 16 && pixels.width <= 16_384);
        }
    }
}
