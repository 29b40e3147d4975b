//! Kinds of widgets as a designer chooses them: names, the columns that they need, rows that show what they look like; and what can be
//! done with widgets, each as one step.

use crate::gesture::step;
use crate::history::StepName;
use crate::rect::Rect;
use crate::session::Session;
use layouts::{Advice, Language, Mode, Remedy, WidgetContent, WidgetKind, WindowContent};
use layouts_edit::{EditError, NewContent, NewWindow, Setting, TextEdit, WidgetSetting, WidgetText};
use media::{QueryId, Real, SceneId, Table, Value, WallTime, WindowId};

/// Most queries whose names differ in a number alone.
const NAMES_MAX: usize = 1_000;

/// A kind of widget.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sort {
    /// One figure.
    Figure,
    /// Lines.
    Line,
    /// Lines with what is below them.
    Area,
    /// Bars.
    Bar,
    /// Shares of a whole.
    Donut,
    /// One value between two ends.
    Gauge,
    /// Lying bars.
    Ranking,
    /// Rows.
    Table,
    /// Events by state.
    EventBoard,
    /// Places.
    Map,
    /// Cells by value.
    Heat,
    /// A line that travels.
    Ticker,
    /// The time.
    Clock,
    /// Pairs in a row.
    Strip,
    /// A picture of a feed.
    Picture,
    /// Words across the wall.
    Banner,
    /// A designer's own.
    Template,
}

impl Sort {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 17] = [
        Self::Figure,
        Self::Gauge,
        Self::Line,
        Self::Area,
        Self::Bar,
        Self::Donut,
        Self::Ranking,
        Self::Table,
        Self::EventBoard,
        Self::Map,
        Self::Heat,
        Self::Strip,
        Self::Clock,
        Self::Ticker,
        Self::Banner,
        Self::Picture,
        Self::Template,
    ];

    /// The kind's name in the hall document.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Figure => "figure",
            Self::Line => "line",
            Self::Area => "area",
            Self::Bar => "bar",
            Self::Donut => "donut",
            Self::Gauge => "gauge",
            Self::Ranking => "ranking",
            Self::Table => "table",
            Self::EventBoard => "event-board",
            Self::Map => "map",
            Self::Heat => "heat",
            Self::Ticker => "ticker",
            Self::Clock => "clock",
            Self::Strip => "strip",
            Self::Picture => "picture",
            Self::Banner => "banner",
            Self::Template => "template",
        }
    }

    /// The kind of a name of the hall document.
    pub fn of(kind: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sort| sort.kind() == kind)
    }

    /// What people call it, in Chinese and in English.
    pub const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Figure => ("数字", "Figure"),
            Self::Line => ("折线图", "Line chart"),
            Self::Area => ("面积图", "Area chart"),
            Self::Bar => ("柱状图", "Bar chart"),
            Self::Donut => ("环形图", "Donut"),
            Self::Gauge => ("仪表", "Gauge"),
            Self::Ranking => ("排名", "Ranking"),
            Self::Table => ("表格", "Table"),
            Self::EventBoard => ("事件看板", "Event board"),
            Self::Map => ("地图", "Map"),
            Self::Heat => ("热力图", "Heat map"),
            Self::Ticker => ("滚动字幕", "Ticker"),
            Self::Clock => ("时钟", "Clock"),
            Self::Strip => ("指标条", "Strip"),
            Self::Picture => ("数据图片", "Data picture"),
            Self::Banner => ("横幅", "Banner"),
            Self::Template => ("自绘模板", "SVG template"),
        }
    }

    /// The name in one language.
    pub const fn name(self, language: Language) -> &'static str {
        match language {
            Language::Chinese => self.names().0,
            Language::English => self.names().1,
        }
    }

    /// The columns without which it shows nothing.
    pub const fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Figure | Self::Gauge => &["value"],
            Self::Donut | Self::Ranking | Self::Strip => &["name", "value"],
            Self::EventBoard => &["state", "title", "place", "reported", "due"],
            Self::Map => &["lon", "lat"],
            Self::Heat => &["x", "y", "value"],
            Self::Ticker | Self::Banner => &["text"],
            Self::Picture => &["picture"],
            Self::Line | Self::Area | Self::Bar | Self::Table | Self::Clock | Self::Template => &[],
        }
    }

    /// Its shape when it is new, width to height.
    pub const fn shape(self) -> (i64, i64) {
        match self {
            Self::Figure | Self::Clock | Self::Gauge => (4, 3),
            Self::Ticker | Self::Banner => (12, 1),
            Self::Strip => (5, 1),
            Self::Donut | Self::Map => (1, 1),
            Self::EventBoard => (5, 3),
            _ => (16, 9),
        }
    }

    /// Rows as it shows them, so that one sees what it looks like; `None` for one that shows none. `now` is the hall's time.
    pub fn sample(self, language: Language, now: WallTime) -> Option<Table> {
        let zh = language == Language::Chinese;
        let word = |chinese: &str, english: &str| Value::Text((if zh { chinese } else { english }).into());
        let places = ["南风", "临湖", "金桥", "北苑"];
        let english = ["Nanfeng", "Linhu", "Jinqiao", "Beiyuan"];
        let name = |at: usize| word(places[at % 4], english[at % 4]);
        let hours = |hours: i64| Value::Time(WallTime(now.0 + hours * 3_600_000_000_000));
        let (columns, rows): (&[&str], Vec<Vec<Value>>) = match self {
            Self::Clock => return None,
            Self::Figure => (
                &["value", "before", "trend"],
                [31, 36, 33, 40, 38, 47]
                    .into_iter()
                    .map(|trend| vec![whole(1_284), whole(1_190), whole(trend)])
                    .collect(),
            ),
            Self::Gauge => (&["value"], vec![vec![whole(86)]]),
            Self::Line | Self::Area | Self::Bar => (
                &["hour", "today", "usual"],
                [(6, 12, 15), (9, 46, 38), (12, 33, 35), (15, 52, 40), (18, 61, 48), (21, 24, 27)]
                    .into_iter()
                    .map(|(hour, today, usual)| vec![whole(hour), whole(today), whole(usual)])
                    .collect(),
            ),
            Self::Donut | Self::Ranking => {
                let values = [46, 31, 24, 12].into_iter().enumerate();
                (&["name", "value"], values.map(|(at, value)| vec![name(at), whole(value)]).collect())
            }
            Self::Table | Self::Template => {
                let values = [46, 31, 24, 12].into_iter().enumerate();
                let row = |(at, value): (usize, i64)| vec![name(at), whole(value), real(value as f64 / 7.0)];
                (&["name", "value", "share"], values.map(row).collect())
            }
            Self::EventBoard => (
                &["state", "title", "place", "reported", "due"],
                vec![
                    vec![text("reported"), word("路灯不亮", "Lamp is out"), name(0), hours(-1), hours(3)],
                    vec![text("dispatched"), word("井盖缺失", "Cover missing"), name(1), hours(-3), hours(1)],
                    vec![text("handled"), word("占道经营", "Street stall"), name(2), hours(-5), hours(-1)],
                ],
            ),
            Self::Map => (
                &["lon", "lat", "label"],
                [(116.52, 35.36), (116.56, 35.33), (116.60, 35.38), (116.58, 35.35)]
                    .into_iter()
                    .enumerate()
                    .map(|(at, (lon, lat))| vec![real(lon), real(lat), name(at)])
                    .collect(),
            ),
            Self::Heat => {
                let cell = |at: i64| vec![whole(at % 6), whole(at / 6), whole(at * 7 % 23)];
                (&["x", "y", "value"], (0..24).map(cell).collect())
            }
            Self::Ticker | Self::Banner => {
                (&["text"], vec![vec![word("今晚八点湖滨路封闭施工", "Lakeside Road is closed from 8 pm")]])
            }
            Self::Strip => (
                &["name", "value", "icon"],
                vec![
                    vec![word("气温", "Air"), text("21 °C"), text("thermometer")],
                    vec![word("湿度", "Humidity"), text("46%"), text("drop")],
                    vec![word("风力", "Wind"), text("3"), text("wind")],
                ],
            ),
            Self::Picture => (&["picture"], vec![vec![text(PICTURE)]]),
        };
        Table::new(columns.iter().map(|column| (*column).into()).collect(), rows)
    }
}

/// A lake under a sky, 32 × 18 pixels, as PNG in base64.
const PICTURE: &str = include_str!("sample.png.base64");

fn whole(number: i64) -> Value {
    Value::Integer(number)
}

fn real(number: f64) -> Value {
    Real::new((number * 100.0).round() / 100.0).map_or(Value::Null, Value::Real)
}

fn text(words: &str) -> Value {
    Value::Text(words.into())
}

/// A statement that answers exactly `table`, in every database: for a query that is to be written yet.
pub fn statement(table: &Table) -> String {
    let literal = |value: &Value| match value {
        Value::Null => "null".to_owned(),
        Value::Flag(flag) => u8::from(*flag).to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => number.get().to_string(),
        Value::Text(words) => format!("'{}'", words.replace('\'', "''")),
        Value::Time(time) => time.0.to_string(),
    };
    let row = |(at, row): (usize, &Vec<Value>)| {
        let cell = |(value, column): (&Value, &std::sync::Arc<str>)| match at {
            0 => format!("{} as {column}", literal(value)),
            _ => literal(value),
        };
        let cells: Vec<String> = row.iter().zip(table.columns()).map(cell).collect();
        format!("select {}", cells.join(", "))
    };
    table.rows().iter().enumerate().map(row).collect::<Vec<_>>().join("\nunion all ")
}

impl Session {
    /// The one window that is selected, where it is a widget.
    pub fn widget(&self) -> Option<(&WidgetContent, &WindowId)> {
        let (window, _) = self.only()?;
        match &window.content {
            WindowContent::Widget(widget) => Some((widget, &window.id)),
            _ => None,
        }
    }

    /// The query whose answer a new widget of a kind shows: that of another one of the kind; `None` where there is no other.
    fn query_for(&self, sort: Sort) -> Option<QueryId> {
        let windows = self.layout().scenes().iter().flat_map(|scene| &scene.windows);
        let mut queries = windows.filter_map(|window| match &window.content {
            WindowContent::Widget(widget) if widget.kind.name() == sort.kind() => points(&widget.kind),
            _ => None,
        });
        queries.next()
    }

    /// An id that no query has: `stem`, else with a number behind it.
    pub fn free_query(&self, stem: &str) -> Option<QueryId> {
        let numbered = (2..NAMES_MAX).map(|number| format!("{stem}-{number}"));
        let ids = [stem.to_owned()].into_iter().chain(numbered);
        ids.filter_map(|id| QueryId::new(&id).ok()).find(|id| self.layout().query(id).is_none())
    }

    /// Opens a window with a widget of a kind and selects it. It shows the answer of the first query of another one of its kind; where
    /// there is no other, a new query with `rows` of its own.
    pub fn add_widget(
        &mut self,
        sort: Sort,
        rect: Rect,
        template: Option<String>,
        rows: Option<&Table>,
    ) -> Result<Option<QueryId>, EditError> {
        let Some(scene) = self.scene().map(|scene| scene.id.clone()) else { return Ok(None) };
        let known = self.query_for(sort);
        let mut edits = Vec::new();
        let query = match (&known, rows) {
            (Some(query), _) => Some(query.clone()),
            (None, Some(rows)) => {
                let query = self.free_query(sort.kind());
                edits.extend(query.clone().map(|query| TextEdit::PutQuery { query, sql: statement(rows) }));
                query
            }
            (None, None) => None,
        };
        let content = NewContent::Widget {
            kind: sort.kind().to_owned(),
            query: query.as_ref().map(ToString::to_string),
            template,
        };
        let z = self.items().last().map_or(0, |item| item.z);
        let rect = crate::gesture::kept(rect, self.canvas()).into();
        edits.push(TextEdit::Open { scene: scene.clone(), window: NewWindow { content, rect, z } });
        let index = self.document().windows(&scene).len();
        if !matches!(sort, Sort::Ticker | Sort::Banner | Sort::Clock) {
            let (zh, en) = sort.names();
            let setting = WidgetSetting::Title(Some((zh.to_owned(), en.to_owned())));
            edits.push(TextEdit::Widget { scene: scene.clone(), window: index, setting });
        }
        self.act(step("添加数据组件", "Add widget"), &edits, None)?;
        let last = self.document().windows(&scene).last().cloned();
        self.select(last, false);
        Ok(query.filter(|_| known.is_none()))
    }

    /// Says something else of the widget that is selected; changes with the same `gesture`, one directly after the other, are one step.
    pub fn set_widget(
        &mut self,
        name: StepName,
        setting: WidgetSetting,
        gesture: Option<u64>,
    ) -> Result<(), EditError> {
        let Some((scene, window)) = self.place_of_widget() else { return Ok(()) };
        self.act(name, &[TextEdit::Widget { scene, window, setting }], gesture)
    }

    /// Where the widget that is selected stands in the document, unless it is locked.
    fn place_of_widget(&self) -> Option<(SceneId, usize)> {
        self.widget()?;
        let (_, item) = self.only()?;
        (!item.locked).then_some((self.scene()?.id.clone(), item.index))
    }

    /// Makes the widget that is selected one of another kind. One that shows nothing without rows gets a query with `rows` of its own
    /// where it has none; gives the query that is new.
    pub fn change_sort(
        &mut self,
        sort: Sort,
        template: Option<String>,
        rows: Option<&Table>,
    ) -> Result<Option<QueryId>, EditError> {
        let Some((scene, window)) = self.place_of_widget() else { return Ok(None) };
        let has = self.widget().is_some_and(|(widget, _)| !widget.kind.queries().is_empty());
        let known = self.query_for(sort);
        let mut edits = Vec::new();
        let query = match (has, known, rows) {
            (true, ..) | (false, None, None) => None,
            (false, Some(query), _) => Some(query),
            (false, None, Some(rows)) => {
                let query = self.free_query(sort.kind());
                edits.extend(query.clone().map(|query| TextEdit::PutQuery { query, sql: statement(rows) }));
                query
            }
        };
        let new = query.clone().filter(|_| !edits.is_empty());
        let setting = WidgetSetting::Kind { kind: sort.kind().to_owned(), query, template };
        edits.push(TextEdit::Widget { scene, window, setting });
        self.act(step("换组件类型", "Change kind of widget"), &edits, None)?;
        Ok(new)
    }

    /// Has a query ask something else.
    pub fn set_statement(&mut self, query: &QueryId, sql: String) -> Result<(), EditError> {
        let edit = TextEdit::PutQuery { query: query.clone(), sql };
        self.act(step("改查询语句", "Change query"), &[edit], None)
    }

    /// Gives the widget that is selected a query of its own, which asks what the one before asks; gives the new one.
    pub fn own_query(&mut self, rows: Option<&Table>) -> Result<Option<QueryId>, EditError> {
        let Some((scene, window)) = self.place_of_widget() else { return Ok(None) };
        let Some((widget, _)) = self.widget() else { return Ok(None) };
        let before = points(&widget.kind).and_then(|query| self.layout().query(&query));
        let sql = before.map(|query| query.sql.clone()).or_else(|| rows.map(statement));
        let (Some(sql), Some(query)) = (sql, self.free_query(widget.kind.name())) else { return Ok(None) };
        let edits = [
            TextEdit::PutQuery { query: query.clone(), sql },
            TextEdit::Widget { scene, window, setting: WidgetSetting::Query(query.clone()) },
        ];
        self.act(step("新建查询", "New query"), &edits, None)?;
        Ok(Some(query))
    }

    /// Has the hall be dark or light.
    pub fn set_theme(&mut self, mode: Mode) -> Result<(), EditError> {
        self.act(step("改大厅主题", "Change theme of the hall"), &[TextEdit::Theme(mode)], None)
    }

    /// Does what would do away with a remark.
    pub fn remedy(&mut self, advice: &Advice) -> Result<(), EditError> {
        let Advice { scene, window, words: _, remedy } = advice;
        let Some(remedy) = remedy else { return Ok(()) };
        let Some(index) = self.document().windows(scene).iter().position(|id| id == window) else {
            return Ok(());
        };
        let Some(content) = self.layout().scene(scene).and_then(|scene| scene.window(window)) else {
            return Ok(());
        };
        let text = self.document().widget(scene, index);
        let (name, edits) = remedied((&content.content, text), (scene, index), *remedy);
        self.act(name, &edits, None)
    }
}

/// The query of a widget's own, or the first of a map's points, else of its areas.
fn points(kind: &WidgetKind<QueryId>) -> Option<QueryId> {
    if let WidgetKind::Map { layers, .. } = kind {
        let points = layers.iter().filter(|layer| matches!(layer, layouts::MapLayer::Points { .. }));
        return points.filter_map(layouts::MapLayer::query).next().cloned();
    }
    kind.queries().first().map(|query| (*query).clone())
}

/// The edits of a remedy for a window of a scene; `text` is what the document says of its widget.
fn remedied(
    (content, text): (&WindowContent, Option<WidgetText>),
    (scene, window): (&SceneId, usize),
    remedy: Remedy,
) -> (StepName, Vec<TextEdit>) {
    let set = |setting| TextEdit::Set { scene: scene.clone(), window, setting };
    let widget = |setting| TextEdit::Widget { scene: scene.clone(), window, setting };
    match remedy {
        Remedy::Size(size) => {
            let size = size * 1000 / layouts::CANVAS_PIXEL;
            let edit = match content {
                WindowContent::Widget(_) => widget(WidgetSetting::TextSize(Some(size))),
                _ => set(Setting::TextSize(size)),
            };
            (step("放大文字", "Larger letters"), vec![edit])
        }
        Remedy::Color { faint, readable } => {
            let edit = match content {
                WindowContent::Widget(content) => match &content.kind {
                    WidgetKind::Banner { .. } => Some(widget(WidgetSetting::Color(hex(readable)))),
                    WidgetKind::Figure { thresholds, .. } | WidgetKind::Gauge { thresholds, .. } => {
                        // Roles of the theme stay roles.
                        let written = text.map(|text| text.thresholds()).unwrap_or_default();
                        let steps = written.into_iter().zip(thresholds).map(|((from, color), step)| {
                            (from, if step.color == faint { hex(readable) } else { color })
                        });
                        Some(widget(WidgetSetting::Thresholds(steps.collect())))
                    }
                    _ => None,
                },
                _ => Some(set(Setting::TextColor(hex(readable)))),
            };
            (step("换成看得清的颜色", "Colour that is read"), edit.into_iter().collect())
        }
    }
}

/// A colour as the document writes it.
fn hex(layouts::Rgba { r, g, b, a }: layouts::Rgba) -> String {
    if a == 255 { format!("#{r:02X}{g:02X}{b:02X}") } else { format!("#{r:02X}{g:02X}{b:02X}{a:02X}") }
}
