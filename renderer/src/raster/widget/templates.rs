//! Filling templates within bounds: so many steps, so many bytes, nothing included.

use super::functions::{self, Placement, Placements};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, Value};

/// Steps of one template: a picture takes a hundredth of that, an endless loop ends here.
const FUEL: u64 = 600_000;
/// Bytes of a filled template.
const OUTPUT_BYTES_MAX: usize = 2 << 20;
/// Bytes of a designer's template.
const SOURCE_BYTES_MAX: usize = 256 << 10;

/// The templates that are built in, by name.
const BUILT_IN: [(&str, &str); 18] = [
    ("card.svg", include_str!("../../../../assets/widgets/card.svg")),
    ("status.svg", include_str!("../../../../assets/widgets/status.svg")),
    ("message.svg", include_str!("../../../../assets/widgets/message.svg")),
    ("figure.svg", include_str!("../../../../assets/widgets/figure.svg")),
    ("line.svg", include_str!("../../../../assets/widgets/line.svg")),
    ("bar.svg", include_str!("../../../../assets/widgets/bar.svg")),
    ("donut.svg", include_str!("../../../../assets/widgets/donut.svg")),
    ("gauge.svg", include_str!("../../../../assets/widgets/gauge.svg")),
    ("ranking.svg", include_str!("../../../../assets/widgets/ranking.svg")),
    ("table.svg", include_str!("../../../../assets/widgets/table.svg")),
    ("event-board.svg", include_str!("../../../../assets/widgets/event-board.svg")),
    ("legend.svg", include_str!("../../../../assets/widgets/legend.svg")),
    ("heat.svg", include_str!("../../../../assets/widgets/heat.svg")),
    ("ticker.svg", include_str!("../../../../assets/widgets/ticker.svg")),
    ("clock.svg", include_str!("../../../../assets/widgets/clock.svg")),
    ("strip.svg", include_str!("../../../../assets/widgets/strip.svg")),
    ("picture.svg", include_str!("../../../../assets/widgets/picture.svg")),
    ("banner.svg", include_str!("../../../../assets/widgets/banner.svg")),
];

/// Why a template could not be filled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Why {
    /// It ran out of steps.
    Steps,
    /// What it wrote became too large.
    Size,
    /// It is too large itself.
    Source,
    /// A mistake in it, in the template engine's words.
    Mistake(String),
}

/// A template that could not be filled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name}:{line:?}: {why:?}")]
pub(super) struct TemplateError {
    /// Which template.
    pub name: String,
    /// Its line, if known.
    pub line: Option<usize>,
    /// What is wrong there.
    pub why: Why,
}

/// A filled template.
pub(super) struct Filled {
    pub svg: String,
    pub pictures: Vec<Placement>,
}

/// Parsed templates and what they can call.
pub(super) struct Templates {
    environment: Environment<'static>,
}

impl Templates {
    /// Parses the built-in templates. Errors: one of them is broken, which means a broken build.
    pub(super) fn new() -> Result<Self, TemplateError> {
        let mut environment = Environment::new();
        environment.set_fuel(Some(FUEL));
        environment.set_recursion_limit(60);
        environment.set_auto_escape_callback(|_| AutoEscape::Html);
        environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
        environment.set_formatter(|out, state, value| {
            if value.is_none() || value.downcast_object_ref::<super::setting::MomentValue>().is_some() {
                let shown = super::setting::Setting::of(state)?.show(value);
                return minijinja::escape_formatter(out, state, &Value::from(shown));
            }
            // Places and lengths; numbers for people go through `num`.
            if let Some(number) = super::setting::as_number(value).filter(|_| !value.is_integer()) {
                return out.write_str(&super::geometry::short(number)).map_err(Error::from);
            }
            minijinja::escape_formatter(out, state, value)
        });
        functions::register(&mut environment);
        for (name, source) in BUILT_IN {
            environment.add_template(name, source).map_err(|error| template_error(name, &error))?;
        }
        Ok(Self { environment })
    }

    /// Fills the built-in template called `name`.
    pub(super) fn fill(&self, name: &str, context: Value) -> Result<Filled, TemplateError> {
        let template = self.environment.get_template(name).map_err(|error| template_error(name, &error))?;
        fill(&template, name, context)
    }

    /// Fills a designer's template.
    pub(super) fn fill_source(
        &self,
        name: &str,
        source: &str,
        context: Value,
    ) -> Result<Filled, TemplateError> {
        if source.len() > SOURCE_BYTES_MAX {
            return Err(TemplateError { name: name.to_owned(), line: None, why: Why::Source });
        }
        let template = self
            .environment
            .template_from_named_str(name, source)
            .map_err(|error| template_error(name, &error))?;
        fill(&template, name, context)
    }
}

fn fill(template: &minijinja::Template<'_, '_>, name: &str, context: Value) -> Result<Filled, TemplateError> {
    let mut output = Bounded(Vec::new());
    let captured =
        template.render_captured_to(context, &mut output).map_err(|error| template_error(name, &error))?;
    let pictures = captured.state().get_extension::<Placements>().cloned().unwrap_or_default().0;
    let svg = String::from_utf8(output.0).map_err(|_| TemplateError {
        name: name.to_owned(),
        line: None,
        why: Why::Mistake("not UTF-8".to_owned()),
    })?;
    Ok(Filled { svg, pictures })
}

/// What the engine says, in few words.
fn template_error(name: &str, error: &Error) -> TemplateError {
    let mistake = |words: &str| Why::Mistake(words.chars().take(300).collect());
    let why = match (error.kind(), error.detail()) {
        (ErrorKind::OutOfFuel, _) => Why::Steps,
        (ErrorKind::WriteFailure, _) => Why::Size,
        (_, Some(detail)) => mistake(detail),
        (kind, None) => mistake(&kind.to_string()),
    };
    TemplateError { name: name.to_owned(), line: error.line(), why }
}

/// Takes no more than [`OUTPUT_BYTES_MAX`].
struct Bounded(Vec<u8>);

impl std::io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.0.len() + bytes.len() > OUTPUT_BYTES_MAX {
            return Err(std::io::ErrorKind::FileTooLarge.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
