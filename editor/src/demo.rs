//! The demo hall as the editor shows it: test cards stand in for the clips that only `./dev demo` makes.

/// The document.
const HALL: &str = include_str!("../../assets/demo/hall.toml");

/// The demo hall without the clips and the picture that would have to lie beside it.
pub fn demo_hall() -> String {
    let missing = ["file = { path = \"clips/", "image = { path = \"stills/"];
    let mut text = String::with_capacity(HALL.len());
    for (number, line) in HALL.lines().enumerate() {
        if missing.iter().any(|begin| line.starts_with(begin)) {
            text += &format!("rtsp = {{ host = \"127.0.0.1\", path = \"/card-{number}\" }}\n");
        } else {
            text += line;
            text.push('\n');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_hall_needs_no_file_of_its_own() {
        let text = demo_hall();
        let layout = layouts::parse(&text, "hall.toml").unwrap_or_else(|wrong| panic!("{}", wrong.to_text()));
        assert_eq!(text.matches("/card-").count(), 3);
        for source in layout.sources() {
            let needs_a_file = matches!(
                source.endpoint(None),
                Some(media::Endpoint::File { .. } | media::Endpoint::Image { .. })
            );
            assert!(!needs_a_file, "{}", source.id);
        }
    }
}
