//! Measures how different two pictures look: one minus the structural similarity of their lightness
//! (Wang, Bovik, Sheikh and Simoncelli, 2004), or the difference of their mean colours, in the window
//! where they differ most.

/// Side of a window, in pixels: about a letter and its surroundings.
const WINDOW: usize = 32;
/// Distance from one window to the next, in pixels.
const STEP: usize = 16;
/// The paper's constants for lightness from 0 to 100.
const C1: f64 = 1.0;
const C2: f64 = 9.0;
/// Colour distance (CIE 1976) that counts as much as no common structure.
const COLORS_APART: f64 = 40.0;

/// A picture as lightness and the two axes of colour (CIELAB).
pub struct TestImage {
    pub width: usize,
    pub height: usize,
    lab: Vec<[f64; 3]>,
}

impl TestImage {
    /// Reads a PNG with 8 bits each of red, green and blue.
    pub fn read(bytes: &[u8]) -> Self {
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes))
            .read_info()
            .unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let frame = reader.next_frame(&mut pixels).unwrap();
        assert_eq!(
            (frame.color_type, frame.bit_depth),
            (png::ColorType::Rgb, png::BitDepth::Eight)
        );
        // Neighbours mostly have the same colour, which is then converted once.
        let (mut last, mut color) = (&pixels[..3], lab(&pixels[..3]));
        let lab = pixels.chunks_exact(3).map(|pixel| {
            if pixel != last {
                (last, color) = (pixel, lab(pixel));
            }
            color
        });
        Self {
            width: frame.width as usize,
            height: frame.height as usize,
            lab: lab.collect(),
        }
    }

    fn window(&self, x: usize, y: usize) -> impl Iterator<Item = &[f64; 3]> {
        let rows = y..(y + WINDOW).min(self.height);
        let end = (x + WINDOW).min(self.width);
        rows.flat_map(move |row| &self.lab[row * self.width + x..row * self.width + end])
    }
}

/// Returns the difference: 0 for equal pictures, 1 or more for very different ones.
pub fn difference(a: &TestImage, b: &TestImage) -> f64 {
    if (a.width, a.height) != (b.width, b.height) {
        return f64::INFINITY;
    }
    let columns = (0..a.width).step_by(STEP);
    let windows = columns.flat_map(|x| (0..a.height).step_by(STEP).map(move |y| (x, y)));
    let differences = windows.map(|(x, y)| {
        let (a, b): (Vec<_>, Vec<_>) = (a.window(x, y).collect(), b.window(x, y).collect());
        dissimilarity(&a, &b).max(color_distance(&a, &b) / COLORS_APART)
    });
    differences.fold(0.0, f64::max)
}

fn dissimilarity(a: &[&[f64; 3]], b: &[&[f64; 3]]) -> f64 {
    let (mean_a, mean_b) = (mean(a, 0), mean(b, 0));
    let count = number(a.len());
    let (mut variance_a, mut variance_b, mut covariance) = (0.0, 0.0, 0.0);
    for (pixel_a, pixel_b) in a.iter().zip(b) {
        let (a, b) = (pixel_a[0] - mean_a, pixel_b[0] - mean_b);
        variance_a += a * a / count;
        variance_b += b * b / count;
        covariance += a * b / count;
    }
    let similarity = (2.0 * mean_a * mean_b + C1) * (2.0 * covariance + C2)
        / ((mean_a * mean_a + mean_b * mean_b + C1) * (variance_a + variance_b + C2));
    1.0 - similarity
}

fn color_distance(a: &[&[f64; 3]], b: &[&[f64; 3]]) -> f64 {
    let parts = [0, 1, 2].map(|part| mean(a, part) - mean(b, part));
    parts.map(|part| part * part).iter().sum::<f64>().sqrt()
}

fn mean(window: &[&[f64; 3]], part: usize) -> f64 {
    window.iter().map(|pixel| pixel[part]).sum::<f64>() / number(window.len())
}

fn number(length: usize) -> f64 {
    f64::from(u32::try_from(length).unwrap())
}

/// Converts sRGB to CIELAB with the white point D65 (IEC 61966-2-1, CIE 15).
fn lab(pixel: &[u8]) -> [f64; 3] {
    let [red, green, blue] = [0, 1, 2].map(|part| {
        let part = f64::from(pixel[part]) / 255.0;
        if part <= 0.040_45 {
            part / 12.92
        } else {
            ((part + 0.055) / 1.055).powf(2.4)
        }
    });
    let x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505;
    let y = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    let z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089;
    let [x, y, z] = [x, y, z].map(|part: f64| {
        if part > 0.008_856 {
            part.cbrt()
        } else {
            7.787 * part + 16.0 / 116.0
        }
    });
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}
