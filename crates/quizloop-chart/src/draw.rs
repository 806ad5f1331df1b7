//! Renders the SVG to PNG.

use std::io::{self, Write as _};

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{self, Tree};

use super::{Progress, card, font};

/// Bytes of a rendered pixel: red, green, blue, alpha.
const BYTES_PER_PIXEL: usize = 4;

/// The picture could not be rendered. This is a bug: every input has a picture.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    #[error("invalid SVG: {0}")]
    Svg(#[from] usvg::Error),
    #[error("invalid picture size")]
    Size,
    #[error("PNG encoding failed: {0}")]
    Png(#[from] png::EncodingError),
}

/// Renders the picture as PNG without transparency.
pub fn png(progress: &Progress) -> Result<Vec<u8>, RenderError> {
    let options = usvg::Options {
        fontdb: font::database(),
        ..usvg::Options::default()
    };
    let tree = Tree::from_str(&card::svg(progress), &options)?;
    let size = tree.size().to_int_size();
    let mut drawn = Pixmap::new(size.width(), size.height()).ok_or(RenderError::Size)?;
    resvg::render(&tree, Transform::identity(), &mut drawn.as_mut());
    encode(&drawn)
}

/// Encodes row by row, so that there is only one copy of the picture in memory.
fn encode(drawn: &Pixmap) -> Result<Vec<u8>, RenderError> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, drawn.width(), drawn.height());
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Balanced);
    let mut writer = encoder.write_header()?;
    let mut stream = writer.stream_writer()?;
    let row = BYTES_PER_PIXEL * drawn.width() as usize;
    for row in drawn.data().chunks_exact(row) {
        // The card covers the whole picture, so every pixel is opaque.
        let opaque: Vec<u8> = row
            .chunks_exact(BYTES_PER_PIXEL)
            .flat_map(|pixel| pixel[..BYTES_PER_PIXEL - 1].iter().copied())
            .collect();
        stream.write_all(&opaque).map_err(io_error)?;
    }
    stream.finish()?;
    writer.finish()?;
    Ok(bytes)
}

fn io_error(error: io::Error) -> RenderError {
    RenderError::Png(png::EncodingError::IoError(error))
}
