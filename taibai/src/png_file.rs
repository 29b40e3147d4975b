//! Pictures as PNG files: the same pixels give the same bytes.

use anyhow::Context;
use node::OwnedPicture;
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

/// Writes `picture`, whose pixels are opaque, as 8-bit RGB.
pub fn write_png(path: &Path, picture: &OwnedPicture) -> anyhow::Result<()> {
    let wrong = || format!("the picture {} cannot be written", path.display());
    let file = BufWriter::new(File::create(path).with_context(wrong)?);
    let mut encoder = png::Encoder::new(file, picture.size.width, picture.size.height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let rgb: Vec<u8> =
        picture.bytes.chunks_exact(4).flat_map(|pixel| [pixel[2], pixel[1], pixel[0]]).collect();
    let mut writer = encoder.write_header().with_context(wrong)?;
    writer.write_image_data(&rgb).with_context(wrong)?;
    writer.finish().with_context(wrong)
}
