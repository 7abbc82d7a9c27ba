//! Folders of pictures: PNG and JPEG files, converted to one size and number of channels.

mod decode;
mod exif;
pub mod resize;

pub use self::decode::quiet_decoders;

use std::path::{Path, PathBuf};

use spec::Shape;

use self::decode::Done;
pub(crate) use self::decode::Picture;
use self::resize::Fit;
use crate::counts::Counts;
use crate::error::Error;
pub use crate::open::Labels;
use crate::open::{Listed, MOST_VALUES, list};
use crate::{About, Sink, Values, formats};

/// Options for reading pictures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Source of the class names.
    pub labels: Labels,
    /// Number of values of a pixel: 1 for grey, 3 for red, green and blue. With `None` all files must have the same
    /// number. Grey is `0.299 red + 0.587 green + 0.114 blue` (ITU-R BT.601).
    pub channels: Option<usize>,
    /// Width and height in pixels. With `None` all files must have the same size.
    pub size: Option<(usize, usize)>,
    /// Method to fit a picture to another ratio of width to height. Shrinking averages areas; enlarging is bilinear.
    pub fit: Fit,
    /// Red, green and blue, 0 to 255, behind transparent pixels and beside padded pictures.
    pub background: [u8; 3],
}

impl Default for Options {
    fn default() -> Self {
        Self { labels: Labels::None, channels: None, size: None, fit: Fit::Crop, background: [255; 3] }
    }
}

/// Reads the files `*.png`, `*.jpg` and `*.jpeg` of a folder and its subfolders, sorted by name, as images of bytes.
/// Pictures are rotated by their EXIF orientation. The id of a row is the path of its file in the folder.
///
/// # Errors
/// If the folder does not exist or has no picture, if a file is damaged, if pictures differ in size without
/// `options.size`, or if they differ in channels without `options.channels`.
pub fn read(folder: &Path, options: &Options, sink: &mut dyn Sink) -> Result<Counts, Error> {
    let mut first: Option<(PathBuf, Picture)> = None;
    visit(folder, options, &mut |file, label, picture| {
        match &first {
            Some((path, shown)) => same(path, shown, &file.path, &picture)?,
            None => {
                let Picture { width, height, channels, .. } = picture;
                if width * height * channels > MOST_VALUES {
                    let message = format!("the picture has {width} x {height} pixels; set a smaller `size`");
                    return Err(Error::file(&file.path, message));
                }
                sink.begin(Shape::Image { height, width, channels }, &[])?;
                first = Some((file.path.clone(), Picture { pixels: Vec::new(), ..picture }));
            }
        }
        sink.row(Values::Bytes(&picture.pixels), About { label, id: Some(&file.name), ..About::default() })?;
        Ok(())
    })
}

/// Callback for a picture, with its file and the name of its class.
pub(crate) type Take<'a> = dyn FnMut(&Listed, Option<&str>, Picture) -> Result<(), Error> + 'a;

/// Calls `take` with each picture, converted to the size and channels of the options.
pub(crate) fn visit(folder: &Path, options: &Options, take: &mut Take<'_>) -> Result<Counts, Error> {
    if let Some(channels) = options.channels.filter(|channels| ![1, 3].contains(channels)) {
        return Err(Error::file(folder, format!("channels is {channels}; 1 (grey) or 3 (colour) are allowed")));
    }
    if let Some((width, height)) = options.size
        && !(1..=MOST_VALUES / 3).contains(&width.saturating_mul(height))
    {
        let message = format!("size is {width} x {height}; 1 to {} pixels are allowed", MOST_VALUES / 3);
        return Err(Error::file(folder, message));
    }
    let mut counts = Counts::default();
    let files = list(folder, &formats::PICTURES, &mut counts)?;
    options.labels.check(folder, &files)?;
    let (mut deep, mut transparent, mut turned, mut resized) = (0, 0, 0, 0);
    for file in &files {
        let label = options.labels.of(file)?;
        let (mut picture, done) = decode::decode(&file.path, options.background)?;
        let Done { was_deep, was_transparent, was_turned } = done;
        (deep, transparent, turned) =
            (deep + u64::from(was_deep), transparent + u64::from(was_transparent), turned + u64::from(was_turned));
        if let Some(channels) = options.channels {
            picture = picture.with_channels(channels);
        }
        if let Some(size) = options.size.filter(|size| *size != (picture.width, picture.height)) {
            picture = resize::resize(&picture, size, options.fit, options.background);
            resized += 1;
        }
        take(file, label, picture)?;
        counts.rows += 1;
    }
    counts.note(deep, "pictures of 16 bits were rounded to 8");
    counts.note(transparent, "pictures with transparency were laid on the background");
    counts.note(turned, "pictures were rotated by their EXIF orientation");
    counts.note(resized, "pictures were resized");
    Ok(counts)
}

/// Gives an error for a picture that differs in size or channels from the first.
fn same(first: &Path, a: &Picture, path: &Path, b: &Picture) -> Result<(), Error> {
    let fault =
        |found: String, way: &str| Err(Error::file(path, format!("the picture {found} in {}; {way}", first.display())));
    if (a.width, a.height) != (b.width, b.height) {
        let found = format!("has {} x {} pixels, not {} x {} as", b.width, b.height, a.width, a.height);
        return fault(found, "pictures of several sizes need `size`");
    }
    if a.channels != b.channels {
        let name = |picture: &Picture| if picture.channels == 1 { "grey" } else { "in colour" };
        let found = format!("is {}, not {} as", name(b), name(a));
        return fault(found, "pictures of both kinds need `channels`");
    }
    Ok(())
}
