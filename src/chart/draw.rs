//! From SVG to PNG.

use std::io::{self, Write as _};

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{self, Tree};

use super::{Progress, card, font};

/// Bytes of a pixel as it is drawn: red, green, blue, and how opaque it is.
const BYTES_PER_PIXEL: usize = 4;

/// Why there is no picture. None of it can happen to an input; it would be a mistake of ours.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The SVG is none.
    #[error("the picture's SVG can't be read: {0}")]
    Svg(#[from] usvg::Error),
    /// It has no size, or too much of it.
    #[error("the picture can't be that large")]
    Size,
    /// The PNG can't be written.
    #[error("the picture can't be written as PNG: {0}")]
    Png(#[from] png::EncodingError),
}

/// Draws the picture, as PNG without transparency.
///
/// # Errors
///
/// A mistake of ours; the caller goes on without a picture.
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

/// Row by row, so that the picture is in memory once only.
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
        // The card covers everything, so nothing is transparent and the colours are what they are.
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
