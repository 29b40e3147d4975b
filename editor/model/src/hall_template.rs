//! Halls to begin with: walls of the usual kinds, each as a document that is right and says where to go on.

use crate::rect::Rect;

/// A wall of a usual kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HallTemplate {
    /// One LCD screen.
    One,
    /// LCD screens, two across and two down.
    TwoByTwo,
    /// LCD screens, three across and three down.
    ThreeByThree,
    /// LCD screens, four across and two down.
    FourByTwo,
    /// An LED wall of 3840 × 1080 pixels without seams, driven by two outputs.
    Led,
}

/// How the screens of a template hang.
struct Kind {
    columns: i64,
    rows: i64,
    /// Of one screen, in hundredths of a millimetre.
    size: (i64, i64),
    /// Around each screen, in hundredths of a millimetre.
    bezel: i64,
    /// As the document writes it: a pixel of the canvas for each pixel of the screens.
    pixels_per_mm: &'static str,
}

impl HallTemplate {
    /// All of them with their names in Chinese and in English.
    pub const ALL: [(Self, &'static str, &'static str); 5] = [
        (Self::One, "单屏", "One screen"),
        (Self::TwoByTwo, "2 × 2 拼接屏", "2 × 2 panels"),
        (Self::ThreeByThree, "3 × 3 拼接屏", "3 × 3 panels"),
        (Self::FourByTwo, "4 × 2 拼接屏", "4 × 2 panels"),
        (Self::Led, "LED 大屏", "LED wall"),
    ];

    fn kind(self) -> Kind {
        // Panels of 55 inches with a frame of 1.75 mm, so that 3.5 mm lie between two pictures; LED modules of 1.25 mm pitch.
        let panels = |columns, rows| Kind {
            columns,
            rows,
            size: (120_960, 68_040),
            bezel: 175,
            pixels_per_mm: "1.587301",
        };
        match self {
            Self::One => panels(1, 1),
            Self::TwoByTwo => panels(2, 2),
            Self::ThreeByThree => panels(3, 3),
            Self::FourByTwo => panels(4, 2),
            Self::Led => {
                Kind { columns: 2, rows: 1, size: (240_000, 135_000), bezel: 0, pixels_per_mm: "0.8" }
            }
        }
    }

    /// The lit areas of its screens as they hang, in hundredths of a millimetre.
    pub fn screens(self) -> Vec<Rect> {
        let Kind { columns, rows, size: (width, height), bezel, .. } = self.kind();
        let step = (width + 2 * bezel, height + 2 * bezel);
        let screen =
            |index: i64| Rect { x: index % columns * step.0, y: index / columns * step.1, width, height };
        (0..columns * rows).map(screen).collect()
    }

    /// The document, for a hall of this name in Chinese and in English.
    pub fn text(self, (zh, en): (&str, &str)) -> String {
        let Kind { bezel, pixels_per_mm, .. } = self.kind();
        let (zh, en) = (quoted(zh), quoted(en));
        let mut text = format!(
            "# A hall document: what hangs on the wall, what comes in, what is shown. `taibai check` finds mistakes in it.\n\
             version = 1\n\n[hall]\nname = {{ zh = {zh}, en = {en} }}\n\n\
             [[wall]]\nid = \"main\"\ntick_hz = 25\ncanvas_px_per_mm = {pixels_per_mm}\nviewing_distance_m = 5\n"
        );
        for (index, Rect { x, y, width, height }) in self.screens().into_iter().enumerate() {
            // A machine drives four outputs.
            let (node, output) = (index / 4 + 1, index % 4 + 1);
            text += &format!(
                "\n[[wall.screen]]\nid = \"s{}\"\nnode = \"node-{node}\"\noutput = {output}\nresolution = [1920, 1080]\n\
                 position_mm = [{}, {}]\nsize_mm = [{}, {}]\n",
                index + 1,
                millimetres(x),
                millimetres(y),
                millimetres(width),
                millimetres(height),
            );
            if bezel > 0 {
                text += &format!("bezel_mm = {}\n", millimetres(bezel));
            }
        }
        text += "\n# Put the addresses of your own cameras here; until one answers the wall shows a card in its place.\n";
        for camera in 1..=4 {
            text += &format!(
                "[[source]]\nid = \"camera-{camera}\"\nlabel = {{ zh = \"摄像机 {camera}\", en = \"Camera {camera}\" }}\n\
                 rtsp = {{ host = \"192.0.2.{camera}\", path = \"/live\" }}\n\n"
            );
        }
        text + "[[scene]]\nid = \"start\"\nwall = \"main\"\nname = { zh = \"开始\", en = \"Start\" }\n"
    }
}

/// A text as TOML writes it.
fn quoted(text: &str) -> String {
    let plain: String = text.chars().filter(|c| !c.is_control()).collect();
    format!("\"{}\"", plain.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Hundredths of a millimetre as people write them.
fn millimetres(hundredths: i64) -> String {
    match hundredths % 100 {
        0 => (hundredths / 100).to_string(),
        part => format!("{}.{part:02}", hundredths / 100).trim_end_matches('0').to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_is_a_right_document_with_its_pixels() {
        for (template, zh, en) in HallTemplate::ALL {
            let text = template.text((&format!("{zh} \"A\\B\""), en));
            let layout =
                layouts::parse(&text, "hall.toml").unwrap_or_else(|wrong| panic!("{}", wrong.to_text()));
            assert_eq!(layout.hall().name.zh, format!("{zh} \"A\\B\""));
            let wall = &layout.walls()[0];
            assert_eq!(wall.screens.len(), template.screens().len());
            for screen in &wall.screens {
                // A pixel of the canvas for each pixel of the screen, to a thousandth of a pixel.
                let off = screen.grid.area.width - (1920 << 16);
                assert!(off.abs() < 66, "{zh}: {off}");
            }
            assert_eq!(layout.scenes().len(), 1);
        }
    }
}
