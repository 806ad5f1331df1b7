//! The colours. Each step of a scale differs in lightness, so that colour-blind members can
//! distinguish the colours, also on a poor screen. Important information is shown by shape or number
//! as well.

use std::fmt;

/// A colour as 0xRRGGBB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Color(pub u32);

/// Formats the colour in CSS notation.
impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:06x}", self.0)
    }
}

/// The card's background. The picture looks the same in Discord's light and dark theme.
pub const BACKGROUND: Color = Color(0x16_1b_26);
/// Text.
pub const FOREGROUND: Color = Color(0xf2_f5_fa);
/// Labels and explanations.
pub const MUTED: Color = Color(0xb4_be_d0);
/// Days without a round.
pub const NO_ROUND: Color = Color(0x66_73_8a);
/// Rounds covered by a freeze.
pub const FROZEN: Color = Color(0xa5_e4_ff);
/// The empty part of a bar.
pub const TRACK: Color = Color(0x2a_32_42);
/// The part of a topic that was seen but is no longer recalled.
pub const SEEN: Color = Color(0x35_54_7c);
/// The part of a topic that is recalled today.
pub const RECALLED: Color = Color(0x2a_78_8e);

/// A scale from few to many: viridis at 0.4, 0.6, 0.8 and 1.0 (Smith and van der Walt, 2015; CC0),
/// which is perceptually uniform.
pub const SCALE: [Color; 4] = [
    Color(0x2a_78_8e),
    Color(0x22_a8_84),
    Color(0x7a_d1_51),
    Color(0xfd_e7_25),
];

#[cfg(test)]
mod tests {
    use super::*;

    type Rgb = [f64; 3];

    /// Returns linear light, from 0 to 1 (IEC 61966-2-1).
    fn linear(color: Color) -> Rgb {
        [16, 8, 0].map(|shift| {
            let part = f64::from(color.0 >> shift & 0xff) / 255.0;
            if part <= 0.040_45 {
                part / 12.92
            } else {
                ((part + 0.055) / 1.055).powf(2.4)
            }
        })
    }

    /// Returns the relative luminance (WCAG 2.2).
    fn luminance(linear: Rgb) -> f64 {
        0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    }

    /// Returns the lightness, from 0 to 100 (CIE 1976).
    fn lightness(linear: Rgb) -> f64 {
        let y = luminance(linear);
        if y > 0.008_856 {
            116.0 * y.cbrt() - 16.0
        } else {
            903.3 * y
        }
    }

    /// Returns the contrast of two colours, from 1 to 21 (WCAG 2.2).
    fn contrast(a: Color, b: Color) -> f64 {
        let (a, b) = (luminance(linear(a)), luminance(linear(b)));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// Simulates colour blindness, for each of the three kinds of cones (Machado, Oliveira and
    /// Fernandes, 2009, severity 1).
    const DICHROMACIES: [(&str, [Rgb; 3]); 3] = [
        (
            "protanopia",
            [
                [0.152_286, 1.052_583, -0.204_868],
                [0.114_503, 0.786_281, 0.099_216],
                [-0.003_882, -0.048_116, 1.051_998],
            ],
        ),
        (
            "deuteranopia",
            [
                [0.367_322, 0.860_646, -0.227_968],
                [0.280_085, 0.672_501, 0.047_413],
                [-0.011_820, 0.042_940, 0.968_881],
            ],
        ),
        (
            "tritanopia",
            [
                [1.255_528, -0.076_749, -0.178_779],
                [-0.078_411, 0.930_809, 0.147_602],
                [0.004_733, 0.691_367, 0.303_900],
            ],
        ),
    ];

    fn seen(color: Color, matrix: &[Rgb; 3]) -> Rgb {
        let light = linear(color);
        matrix.map(|row| {
            let sum: f64 = row.iter().zip(light).map(|(a, b)| a * b).sum();
            sum.clamp(0.0, 1.0)
        })
    }

    /// Scales whose neighbours must be distinguishable, from dark to light.
    const STEPS: [&[Color]; 3] = [
        &[BACKGROUND, SCALE[0], SCALE[1], SCALE[2], SCALE[3]],
        &[BACKGROUND, TRACK, SEEN, RECALLED, FOREGROUND],
        &[BACKGROUND, NO_ROUND, MUTED, FOREGROUND],
    ];
    /// Minimum step in CIE lightness. A difference of 2 is visible side by side.
    const STEP_MIN: f64 = 9.0;

    #[test]
    fn steps_differ_in_lightness_also_for_the_colour_blind() {
        const ALL_COLORS: [Rgb; 3] = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
        let eyes = DICHROMACIES.into_iter().chain([("all cones", ALL_COLORS)]);
        for (eye, matrix) in eyes {
            for steps in STEPS {
                for two in steps.windows(2) {
                    let [low, high] = [0, 1].map(|place| lightness(seen(two[place], &matrix)));
                    let (from, to) = (two[0], two[1]);
                    assert!(
                        high - low >= STEP_MIN,
                        "{eye}: {from} {low:.1}, {to} {high:.1}"
                    );
                }
            }
        }
    }

    /// The minimum is 4.5 for text and 3 for graphics (WCAG 2.2, 1.4.3 and 1.4.11).
    #[test]
    fn texts_and_marks_have_contrast() {
        let texts = [
            (FOREGROUND, BACKGROUND),
            (MUTED, BACKGROUND),
            (FOREGROUND, TRACK),
            (FOREGROUND, SEEN),
            (FOREGROUND, RECALLED),
        ];
        for (text, ground) in texts {
            let contrast = contrast(text, ground);
            assert!(contrast >= 4.5, "{text} on {ground}: {contrast:.2}");
        }
        let marks = [
            SCALE[0], SCALE[1], SCALE[2], SCALE[3], NO_ROUND, FROZEN, MUTED,
        ];
        for mark in marks {
            let contrast = contrast(mark, BACKGROUND);
            assert!(contrast >= 3.0, "{mark}: {contrast:.2}");
        }
    }
}
