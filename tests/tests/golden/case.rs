//! One golden case as its folder describes it: `hall.toml` as an operator would write it, `case.toml` with what the sources
//! show at that moment.

use crate::pattern::{Layout, Pattern};
use layouts::OnAir;
use media::{
    CanvasFrame, ChromaSiting, Color, Fault, Frame, Health, Matrix, Range, SceneId, Size, SourceId, WallTime,
};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A case.
#[derive(Clone)]
pub struct Case {
    /// The folder's name.
    pub name: String,
    /// The folder.
    pub folder: PathBuf,
    /// The hall.
    pub hall: layouts::Layout,
    /// What is on the air.
    pub on_air: OnAir,
    /// Whether the sync stamp lies over it.
    pub stamp: bool,
    /// Whether every screen shows its numbered card.
    pub identify: bool,
    /// Which tick.
    pub tick: CanvasFrame,
    sources: BTreeMap<SourceId, SourceFile>,
    images: BTreeMap<String, Picture>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseFile {
    /// What the case shows that no other does; for people.
    #[serde(rename = "about")]
    _about: String,
    scene: String,
    /// The scene that it replaces, and the first tick of the new one.
    from: Option<String>,
    #[serde(default)]
    since: u64,
    #[serde(default)]
    stamp: bool,
    #[serde(default)]
    identify: bool,
    #[serde(default)]
    tick: u64,
    #[serde(default)]
    source: BTreeMap<String, SourceFile>,
    #[serde(default)]
    image: BTreeMap<String, Picture>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Picture {
    pattern: Pattern,
    size: [u32; 2],
    #[serde(default)]
    number: u32,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct SourceFile {
    /// Absent where the source has no picture.
    pattern: Option<Pattern>,
    #[serde(default = "picture_size")]
    size: [u32; 2],
    #[serde(default)]
    number: u32,
    #[serde(default)]
    layout: Layout,
    #[serde(default)]
    matrix: MatrixName,
    #[serde(default)]
    range: RangeName,
    #[serde(default)]
    siting: SitingName,
    #[serde(default)]
    health: HealthName,
    /// How long ago the last picture was captured.
    #[serde(default)]
    age_ms: i64,
    fault: Option<Fault>,
}

fn picture_size() -> [u32; 2] {
    [64, 36]
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum MatrixName {
    #[default]
    Bt601,
    Bt709,
    Bt2020,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum RangeName {
    #[default]
    Limited,
    Full,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum SitingName {
    #[default]
    Left,
    Center,
    TopLeft,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum HealthName {
    #[default]
    Live,
    Connecting,
    Stale,
    Lost,
}

impl Case {
    /// Reads a folder.
    pub fn load(folder: &Path) -> Self {
        let read = |name: &str| {
            let path = folder.join(name);
            std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
        };
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let hall =
            layouts::parse(&read("hall.toml"), "hall.toml").unwrap_or_else(|e| panic!("{name}: {e:?}"));
        let file: CaseFile = toml::from_str(&read("case.toml")).unwrap_or_else(|e| panic!("{name}: {e}"));
        let id = |(id, source)| (SourceId::new(id).unwrap(), source);
        let sources = file.source.iter().map(|(a, b)| (a.as_str(), b.clone())).map(id).collect();
        Self {
            name,
            folder: folder.into(),
            hall,
            on_air: OnAir {
                scene: SceneId::new(&file.scene).unwrap(),
                from: file.from.as_deref().map(|from| SceneId::new(from).unwrap()),
                since: CanvasFrame(file.since),
            },
            stamp: file.stamp,
            identify: file.identify,
            tick: CanvasFrame(file.tick),
            sources,
            images: file.image,
        }
    }

    /// When the tick begins.
    pub fn now(&self) -> WallTime {
        self.wall().tick.start_of(self.tick)
    }

    /// The wall that the scene is made for.
    pub fn wall(&self) -> &layouts::Wall {
        let scene = self.hall.scene(&self.on_air.scene);
        let scene = scene.unwrap_or_else(|| panic!("{}: no such scene", self.name));
        self.hall.wall(&scene.wall).unwrap()
    }

    /// The pictures that sources show.
    pub fn frames(&self) -> BTreeMap<SourceId, Frame> {
        let frame = |(id, source): (&SourceId, &SourceFile)| Some((id.clone(), source.frame()?));
        self.sources.iter().filter_map(frame).collect()
    }

    /// What is known of the sources.
    pub fn states(&self) -> layouts::SourceStates {
        let now = self.now();
        let state = |source: &SourceFile| layouts::SourceState {
            picture: source.pattern.map(|_| Size::new(source.size[0], source.size[1])),
            captured: source.pattern.map(|_| now.offset(-source.age_ms * 1_000_000)),
            health: source.health(now),
        };
        self.sources.iter().map(|(id, source)| (id.clone(), state(source))).collect()
    }

    /// The still picture at `path`, straight BGRA made premultiplied.
    pub fn image(&self, path: &str) -> Option<(Size, Vec<u8>)> {
        let image = self.images.get(path)?;
        let size = Size::new(image.size[0], image.size[1]);
        Some((size, crate::pattern::bgra(image.pattern, size, image.number)))
    }

    /// Gives every source another matrix than its own: the planted fault.
    pub fn exchange_matrices(&mut self) {
        for source in self.sources.values_mut() {
            source.matrix = match source.matrix {
                MatrixName::Bt601 => MatrixName::Bt709,
                MatrixName::Bt709 => MatrixName::Bt2020,
                MatrixName::Bt2020 => MatrixName::Bt601,
            };
        }
    }
}

impl SourceFile {
    fn color(&self) -> Color {
        Color {
            matrix: match self.matrix {
                MatrixName::Bt601 => Matrix::Bt601,
                MatrixName::Bt709 => Matrix::Bt709,
                MatrixName::Bt2020 => Matrix::Bt2020,
            },
            range: match self.range {
                RangeName::Limited => Range::Limited,
                RangeName::Full => Range::Full,
            },
            siting: match self.siting {
                SitingName::Left => ChromaSiting::Left,
                SitingName::Center => ChromaSiting::Center,
                SitingName::TopLeft => ChromaSiting::TopLeft,
            },
        }
    }

    fn frame(&self) -> Option<Frame> {
        let size = Size::new(self.size[0], self.size[1]);
        Some(crate::pattern::frame(self.pattern?, self.layout, self.color(), size, self.number))
    }

    fn health(&self, now: WallTime) -> Health {
        let since = now.offset(-self.age_ms * 1_000_000);
        match self.health {
            HealthName::Live => Health::Live,
            HealthName::Connecting => Health::Connecting,
            HealthName::Stale => Health::Stale { since },
            HealthName::Lost => Health::Lost { since, fault: self.fault.unwrap_or(Fault::NoPicture) },
        }
    }
}
