//! Moving pictures of the page, as animated PNG.

use std::io::Cursor;

use png::{
    BitDepth, BlendOp, ColorType, Compression, Decoder, DisposeOp, Encoder, Transformations,
};

/// A screenshot, and how long it is shown.
pub struct Frame {
    pub png: Vec<u8>,
    pub milliseconds: u16,
}

/// Bytes of a pixel: red, green and blue.
const PIXEL: usize = 3;

/// The pixels of all frames.
pub struct Animation {
    width: usize,
    height: usize,
    frames: Vec<(Vec<u8>, u16)>,
}

/// A part of a picture, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Area {
    left: usize,
    top: usize,
    width: usize,
    height: usize,
}

impl Animation {
    /// Decodes screenshots of one size. Equal ones become one that is shown longer.
    pub fn of(frames: &[Frame]) -> Self {
        let mut animation = Self {
            width: 0,
            height: 0,
            frames: Vec::new(),
        };
        for frame in frames {
            let mut decoder = Decoder::new(Cursor::new(&frame.png));
            decoder.set_transformations(Transformations::normalize_to_color8());
            let mut reader = decoder.read_info().unwrap();
            let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
            let info = reader.next_frame(&mut bytes).unwrap();
            bytes.truncate(info.buffer_size());
            let pixels = match info.color_type {
                ColorType::Rgb => bytes,
                ColorType::Rgba => bytes
                    .chunks_exact(4)
                    .flat_map(|pixel| &pixel[..PIXEL])
                    .copied()
                    .collect(),
                other => panic!("{other:?}"),
            };
            (animation.width, animation.height) = (info.width as usize, info.height as usize);
            match animation.frames.last_mut() {
                Some((last, shown)) if *last == pixels => *shown += frame.milliseconds,
                _ => animation.frames.push((pixels, frame.milliseconds)),
            }
        }
        animation
    }

    /// Encodes the frames: the first in full, of each other one the area that differs.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = Encoder::new(&mut bytes, number(self.width), number(self.height));
        encoder.set_color(ColorType::Rgb);
        encoder.set_depth(BitDepth::Eight);
        encoder.set_compression(Compression::High);
        encoder.set_animated(number(self.frames.len()), 0).unwrap();
        encoder.set_dispose_op(DisposeOp::None).unwrap();
        encoder.set_blend_op(BlendOp::Source).unwrap();
        let mut writer = encoder.write_header().unwrap();
        let mut before: Option<&[u8]> = None;
        for (pixels, milliseconds) in &self.frames {
            let area = self.changed(before, pixels);
            writer.set_frame_delay(*milliseconds, 1000).unwrap();
            if before.is_some() {
                // The new size must fit at the old place, so the place comes first.
                writer.reset_frame_position().unwrap();
                writer
                    .set_frame_dimension(number(area.width), number(area.height))
                    .unwrap();
                writer
                    .set_frame_position(number(area.left), number(area.top))
                    .unwrap();
            }
            writer.write_image_data(&self.cut(pixels, area)).unwrap();
            before = Some(pixels);
        }
        writer.finish().unwrap();
        bytes
    }

    /// Returns the smallest area outside of which two frames are equal.
    fn changed(&self, before: Option<&[u8]>, after: &[u8]) -> Area {
        let whole = Area {
            left: 0,
            top: 0,
            width: self.width,
            height: self.height,
        };
        let Some(before) = before else {
            return whole;
        };
        let pixels = before.chunks_exact(PIXEL).zip(after.chunks_exact(PIXEL));
        let differing = pixels.enumerate().filter(|(_, (one, other))| one != other);
        let places = differing.map(|(at, _)| (at % self.width, at / self.width));
        let bounds = places.fold(None, |bounds, (x, y)| {
            let (left, top, right, bottom) = bounds.unwrap_or((x, y, x, y));
            Some((x.min(left), y.min(top), x.max(right), y.max(bottom)))
        });
        bounds.map_or(whole, |(left, top, right, bottom)| Area {
            left,
            top,
            width: right - left + 1,
            height: bottom - top + 1,
        })
    }

    fn cut(&self, pixels: &[u8], area: Area) -> Vec<u8> {
        let rows = pixels.chunks_exact(self.width * PIXEL);
        let rows = rows.skip(area.top).take(area.height);
        let columns = area.left * PIXEL..(area.left + area.width) * PIXEL;
        rows.flat_map(|row| &row[columns.clone()])
            .copied()
            .collect()
    }
}

fn number(size: usize) -> u32 {
    u32::try_from(size).unwrap()
}

/// What is encoded is decoded again, frame by frame.
#[test]
fn frames_survive() {
    let first = vec![10; 4 * 3 * PIXEL];
    let mut second = first.clone();
    second[(4 + 1) * PIXEL] = 200;
    let animation = Animation {
        width: 4,
        height: 3,
        frames: vec![(first.clone(), 500), (second.clone(), 700)],
    };
    let area = animation.changed(Some(&first), &second);
    let one_pixel = Area {
        left: 1,
        top: 1,
        width: 1,
        height: 1,
    };
    assert_eq!(area, one_pixel);
    let bytes = animation.encode();
    let mut reader = Decoder::new(Cursor::new(&bytes)).read_info().unwrap();
    assert_eq!(reader.info().animation_control.unwrap().num_frames, 2);
    let mut decoded = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut decoded).unwrap();
    assert_eq!(decoded, first);
    reader.next_frame(&mut decoded).unwrap();
    assert_eq!(decoded[..PIXEL], [200, 10, 10]);
    let control = reader.info().frame_control.unwrap();
    assert_eq!((control.x_offset, control.y_offset), (1, 1));
    assert_eq!((control.delay_num, control.delay_den), (700, 1000));
}
