//! One chart a family: for each cell, how many times as long as ours each rival took.

use crate::{Score, Verdict};
use plotters::prelude::*;
use std::error::Error;
use std::path::Path;

/// A bar's height, and the space of a cell's name, in pixels.
const BAR: i32 = 16;
const NAME: i32 = 250;
const WIDTH: i32 = 900;
/// Longer bars are cut: the figure beside them tells.
const LONGEST: f64 = 8.0;

/// Draws the chart.
pub(crate) fn draw(family: &str, verdicts: &[Verdict], path: &Path) -> Result<(), Box<dyn Error + Send + Sync>> {
    let bars: usize = verdicts.iter().map(|verdict| verdict.scores.len() + 1).sum();
    let height = BAR * i32::try_from(bars + 3)?;
    let area = SVGBackend::new(path, (u32::try_from(WIDTH)?, u32::try_from(height)?)).into_drawing_area();
    area.fill(&WHITE).map_err(told)?;
    let text = ("sans-serif", 12).into_font();
    let title = format!("{family}: each contestant, relative to ours (shorter is better)");
    area.draw(&Text::new(title, (10, BAR / 2), ("sans-serif", 15).into_font())).map_err(told)?;

    let mut y = 2 * BAR;
    for verdict in verdicts {
        for (place, score) in verdict.scores.iter().enumerate() {
            let ratio = verdict.relative(score);
            let length = (ratio.min(LONGEST) / LONGEST * f64::from(WIDTH - NAME - 170)) as i32;
            let colour = match place {
                0 => RGBColor(20, 110, 180),
                _ if score.is_floor => RGBColor(225, 225, 225),
                _ => RGBColor(175, 175, 175),
            };
            let bar = Rectangle::new([(NAME, y + 2), (NAME + length, y + BAR - 2)], colour.filled());
            area.draw(&bar).map_err(told)?;
            area.draw(&Text::new(label(score, verdict.unit, ratio), (NAME + length + 6, y + 2), text.clone()))
                .map_err(told)?;
            if place == 0 {
                area.draw(&Text::new(verdict.cell.clone(), (10, y + 2), text.clone())).map_err(told)?;
            }
            y += BAR;
        }
        y += BAR;
    }
    area.present().map_err(told)
}

fn label(score: &Score, unit: &str, ratio: f64) -> String {
    format!("{} {:.0} {unit} ({ratio:.2})", score.rival, score.median)
}

/// An error of the drawing, which may not outlive it, as text.
fn told(error: impl Error) -> Box<dyn Error + Send + Sync> {
    error.to_string().into()
}
