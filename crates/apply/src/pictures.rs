//! Rows of bytes as PNG files in a folder. The folder gets its name only when it is complete.

use std::io::Write;
use std::path::{Component, Path};

use anyhow::{Context, bail};
use spec::Shape;
use system::storage;
use system::storage::NewFolder;

use crate::rows::Form;

/// Least height of a map in pixels; smaller pictures are enlarged.
const LEAST_HEIGHT: usize = 112;

/// A folder of pictures that is being written under a temporary name.
pub(crate) struct Pictures {
    folder: NewFolder,
    height: usize,
    width: usize,
    channels: usize,
}

impl Pictures {
    /// Starts a folder for pictures of the rows of a form.
    ///
    /// # Errors
    /// When rows are not pictures, or the folder exists.
    pub(crate) fn create(path: &Path, form: &Form) -> Result<Self, anyhow::Error> {
        let (height, width, channels) = match form.shape {
            Shape::Image { height, width, channels: channels @ (1 | 3) } if form.is_bytes => (height, width, channels),
            shape => {
                bail!("{}: rows of {shape} are not pictures; expected a name that ends in .csv or .npy", path.display())
            }
        };
        if path.exists() {
            bail!("{} is there already; choose another name", path.display());
        }
        Ok(Self { folder: NewFolder::create(path)?, height, width, channels })
    }

    /// Writes a row, values in [0, 1], as a picture. `id` is a path below a folder, or a number.
    pub(crate) fn row(&self, id: &str, values: &[f32]) -> Result<(), anyhow::Error> {
        let bytes: Vec<u8> = values.iter().map(|value| byte(*value)).collect();
        self.write(id, &bytes, (self.height, self.width), self.channels)
    }

    /// Writes a row, its reconstruction, and their difference side by side. The difference is white for equal pixels and
    /// darkest for the largest difference.
    pub(crate) fn map(&self, id: &str, row: &[f32], output: &[f32]) -> Result<(), anyhow::Error> {
        let Self { height, width, channels, .. } = *self;
        let difference: Vec<f32> = (0..height * width)
            .map(|pixel| {
                let values = pixel * channels..(pixel + 1) * channels;
                let pairs = row[values.clone()].iter().zip(&output[values]);
                pairs.map(|(a, b)| (a - b).powi(2)).sum::<f32>().sqrt()
            })
            .collect();
        let most = difference.iter().copied().fold(f32::MIN_POSITIVE, f32::max);
        let times = LEAST_HEIGHT.div_ceil(height).max(1);
        let gap = 4;
        let across = 3 * width * times + 2 * gap;
        let mut bytes = vec![255_u8; height * times * across * 3];
        let mut draw = |panel: usize, colour: &dyn Fn(usize) -> [u8; 3]| {
            let left = panel * (width * times + gap);
            for line in 0..height * times {
                for column in 0..width * times {
                    let at = 3 * (line * across + left + column);
                    bytes[at..at + 3].copy_from_slice(&colour(line / times * width + column / times));
                }
            }
        };
        for (panel, values) in [row, output].into_iter().enumerate() {
            draw(panel, &|pixel| std::array::from_fn(|channel| byte(values[pixel * channels + channel % channels])));
        }
        draw(2, &|pixel| shade(difference[pixel] / most));
        self.write(id, &bytes, (height * times, across), 3)
    }

    fn write(
        &self,
        id: &str,
        bytes: &[u8],
        (height, width): (usize, usize),
        channels: usize,
    ) -> Result<(), anyhow::Error> {
        if id.is_empty() || Path::new(id).components().any(|part| !matches!(part, Component::Normal(_))) {
            bail!("row `{id}`: the id is not a valid file name; write the rows as .npy");
        }
        let is_png = Path::new(id).extension().is_some_and(|ending| ending.eq_ignore_ascii_case("png"));
        let path = self.folder.inside().join(if is_png { id.to_owned() } else { format!("{id}.png") });
        if let Some(parent) = path.parent() {
            storage::create_directory(parent)?;
        }
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, u32::try_from(width)?, u32::try_from(height)?);
        encoder.set_color(if channels == 3 { png::ColorType::Rgb } else { png::ColorType::Grayscale });
        let written = encoder.write_header().and_then(|mut writer| writer.write_image_data(bytes));
        written.with_context(|| format!("row `{id}`: encoding a picture"))?;
        let new = std::fs::File::options().write(true).create_new(true).open(&path);
        if new.as_ref().is_err_and(|error| error.kind() == std::io::ErrorKind::AlreadyExists) {
            bail!(
                "row `{id}`: another row has the same name, so one picture would replace the other; write the rows as .npy"
            );
        }
        new.and_then(|mut new| new.write_all(&file)).with_context(|| format!("row `{id}`: writing {}", path.display()))
    }

    /// Gives the complete folder its name.
    pub(crate) fn finish(self) -> Result<(), anyhow::Error> {
        Ok(self.folder.finish()?)
    }
}

fn byte(value: f32) -> u8 {
    (255.0 * value.clamp(0.0, 1.0)).round() as u8
}

/// A colour from white at 0 to dark red at 1. It also gets darker in grey.
fn shade(share: f32) -> [u8; 3] {
    let between = |from: f32, to: f32| (from + share * (to - from)).round() as u8;
    [between(255.0, 120.0), between(255.0, 0.0), between(255.0, 20.0)]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail")]

    use super::*;

    #[test]
    fn shades_get_darker() {
        let sums: Vec<u32> =
            (0..=10).map(|step| shade(step as f32 / 10.0).iter().map(|part| u32::from(*part)).sum()).collect();
        assert!(sums.is_sorted_by(|a, b| a > b) && sums[0] == 765);
    }
}
