//! The IDX format of MNIST's files: checks before parsing, and the parsing itself.
//!
//! An image file has the big-endian 32-bit numbers 0x803, images, rows and columns, then one byte for each pixel. A
//! label file has 0x801 and the number of labels, then one byte for each label (LeCun, Cortes & Burges, "The MNIST
//! database").

use std::io::Read;
use std::panic;

use flate2::bufread::GzDecoder;
use spec::Shape;
use spec::catalogue::DatasetName;

use crate::error::Error;
use crate::fault::{Fault, FileKind};
use crate::rows::Rows;
use crate::source::idx::{CLASSES, PIXELS, SIDE};

/// Checks a whole IDX file: magic number, size of the images, number of items, exact length, and that labels are 0 to
/// 9.
pub(crate) fn check(bytes: &[u8], kind: FileKind, count: usize) -> Result<(), Fault> {
    let number = |field: usize| -> Option<[u8; 4]> { bytes.get(field * 4..field * 4 + 4)?.try_into().ok() };
    let header = |field| number(field).ok_or(Fault::Header { kind, found: bytes.len() });
    let magic = header(0)?;
    if magic != kind.magic() {
        return Err(Fault::Magic { kind, found: magic });
    }
    let found = u32::from_be_bytes(header(1)?);
    if kind == FileKind::Images {
        let (rows, columns) = (u32::from_be_bytes(header(2)?), u32::from_be_bytes(header(3)?));
        if (rows, columns) != (SIDE as u32, SIDE as u32) {
            return Err(Fault::Size { rows, columns, side: SIDE });
        }
    }
    if usize::try_from(found) != Ok(count) {
        return Err(Fault::Count { kind, expected: count, found });
    }
    let expected = kind.file_bytes(count);
    if bytes.len() < expected {
        return Err(Fault::Truncated { expected, found: bytes.len() });
    }
    if bytes.len() > expected {
        return Err(Fault::Trailing { kind, expected });
    }
    if kind == FileKind::Labels {
        let labels = &bytes[kind.header_bytes()..];
        if let Some(position) = labels.iter().position(|&label| usize::from(label) >= CLASSES) {
            return Err(Fault::Label { position, found: labels[position] });
        }
    }
    Ok(())
}

/// Inflates a gzip file to at most `limit` bytes. Like Python's reader, it accepts several members one after another,
/// and zeros after each.
pub(crate) fn inflate(archive: &[u8], kind: FileKind, limit: usize) -> Result<Vec<u8>, Fault> {
    if !archive.starts_with(&[0x1f, 0x8b]) {
        return Err(Fault::NotGzip { found: archive[..archive.len().min(4)].to_vec() });
    }
    // One byte more than the limit shows that the contents are too long. It also lets the decoder reach the trailer.
    let mut content = Vec::with_capacity(limit + 1);
    let mut rest = archive;
    loop {
        if !rest.starts_with(&[0x1f, 0x8b]) {
            return Err(Fault::DamagedGzip { reason: "bytes after the end of the gzip stream".to_owned() });
        }
        let mut decoder = GzDecoder::new(rest);
        let room = limit + 1 - content.len();
        (&mut decoder)
            .take(room as u64)
            .read_to_end(&mut content)
            .map_err(|error| Fault::DamagedGzip { reason: error.to_string() })?;
        if content.len() > limit {
            return Err(Fault::TooLarge { kind, limit });
        }
        rest = decoder.into_inner();
        match rest.iter().position(|byte| *byte != 0) {
            None => return Ok(content),
            Some(start) => rest = &rest[start..],
        }
    }
}

/// Reads the four files in `folder`, which have passed [`check`], with the `mnist` crate. Returns the official training
/// and test images.
///
/// `names` are the files of training images, training labels, test images and test labels. The split lengths must be
/// those of the files: with others, the crate takes test images from the training file.
pub(crate) fn parse(folder: &str, names: [&str; 4], dataset: DatasetName) -> Result<(Rows, Rows), Error> {
    let [train, test] = dataset.facts().rows;
    // The crate panics on errors. The files were checked, so that a panic can only come from a change of the files
    // meanwhile. It must not end the program.
    let parsed = panic::catch_unwind(|| {
        mnist::MnistBuilder::new()
            .base_path(folder)
            .training_images_filename(names[0])
            .training_labels_filename(names[1])
            .test_images_filename(names[2])
            .test_labels_filename(names[3])
            .label_format_digit()
            .training_set_length(train as u32)
            .validation_set_length(0)
            .test_set_length(test as u32)
            .finalize()
    })
    .map_err(|_| Error::Parser { dataset })?;
    let fits = |pixels: &[u8], labels: &[u8], count| labels.len() == count && pixels.len() == count * PIXELS;
    if !fits(&parsed.trn_img, &parsed.trn_lbl, train) || !fits(&parsed.tst_img, &parsed.tst_lbl, test) {
        return Err(Error::Parser { dataset });
    }
    let rows = |pixels: Vec<u8>, labels: Vec<u8>| {
        Rows::new(Shape::square(SIDE), pixels, labels.into_iter().map(u16::from).collect())
    };
    Ok((rows(parsed.trn_img, parsed.trn_lbl), rows(parsed.tst_img, parsed.tst_lbl)))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use proptest::prelude::*;

    use super::*;
    use FileKind::{Images as I, Labels as L};

    fn images(count: usize) -> Vec<u8> {
        let mut bytes = vec![0, 0, 8, 3, 0, 0, 0, count as u8, 0, 0, 0, 28, 0, 0, 0, 28];
        bytes.resize(16 + count * PIXELS, 7);
        bytes
    }

    fn labels(labels: &[u8]) -> Vec<u8> {
        [&[0, 0, 8, 1, 0, 0, 0, labels.len() as u8], labels].concat()
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn message<T>(result: Result<T, Fault>) -> String {
        match result {
            Ok(_) => "no fault".to_owned(),
            Err(fault) => fault.to_string(),
        }
    }

    #[test]
    fn well_formed_files_pass() {
        assert_eq!(check(&images(3), I, 3), Ok(()));
        assert_eq!(check(&labels(&[0, 9, 5]), L, 3), Ok(()));
    }

    #[test]
    fn an_error_about_a_wrong_magic_number_guesses_the_kind_of_file() {
        let found = |bytes: &[u8], kind| message(check(bytes, kind, 3));
        assert_eq!(
            found(&labels(&[1, 2, 3]), I),
            "starts with 00 00 08 01, expected 00 00 08 03 for images; this looks like labels"
        );
        assert!(found(&images(3), L).ends_with("this looks like images"));
        assert!(found(&gzip(&images(3)), I).ends_with("this looks like gzip; rename the file to end in .gz"));
        assert!(found(b"<!DOCTYPE html>", I).contains("this looks like a web page"));
        assert!(found(b"version https://git-lfs", I).ends_with("this looks like a git-lfs pointer"));
        assert_eq!(found(b"abcdef", I), "starts with 61 62 63 64, expected 00 00 08 03 for images");
    }

    #[test]
    fn an_error_about_a_truncated_file_gives_its_length() {
        assert_eq!(message(check(&[], I, 3)), "truncated: 0 bytes, but the header of images has 16");
        assert_eq!(message(check(&images(3)[..12], I, 3)), "truncated: 12 bytes, but the header of images has 16");
        assert_eq!(message(check(&images(3)[..2000], I, 3)), "truncated: 2000 bytes, expected 2368");
        assert_eq!(message(check(&labels(&[1, 2, 3])[..10], L, 3)), "truncated: 10 bytes, expected 11");
    }

    #[test]
    fn bytes_after_the_end_are_refused() {
        let longer = [images(2), vec![0]].concat();
        assert_eq!(message(check(&longer, I, 2)), "bytes after the end of the images, which end at byte 1584");
    }

    #[test]
    fn other_counts_and_sizes_are_refused() {
        assert_eq!(message(check(&images(2), I, 3)), "the header declares 2 images, expected 3");
        let mut square = images(1);
        square[15] = 32;
        assert_eq!(message(check(&square, I, 1)), "images of 28 x 32 pixels, expected 28 x 28");
    }

    #[test]
    fn an_error_about_a_label_above_nine_gives_its_position() {
        assert_eq!(message(check(&labels(&[3, 10, 1]), L, 3)), "label 10 at position 1, expected 0 to 9");
    }

    #[test]
    fn an_archive_inflates_to_its_contents() {
        assert_eq!(inflate(&gzip(&images(2)), I, 16 + 2 * PIXELS), Ok(images(2)));
    }

    #[test]
    fn an_archive_that_inflates_beyond_the_limit_is_refused() {
        let bomb = gzip(&vec![0; 1_000_000]);
        assert_eq!(message(inflate(&bomb, I, 1000)), "larger than 1000 bytes, the most that images can have");
    }

    #[test]
    fn a_file_that_is_gzip_only_by_name_is_refused() {
        let plain = "the name ends in .gz, but the file starts with 00 00 08 01, expected 1f 8b for gzip; this looks like labels";
        assert_eq!(message(inflate(&labels(&[1]), L, 100)), plain);
        assert!(message(inflate(&[], L, 100)).contains("starts with nothing"));
    }

    #[test]
    fn damaged_archives_are_refused() {
        let archive = gzip(&images(2));
        let damaged = |bytes: &[u8]| message(inflate(bytes, I, 16 + 2 * PIXELS));
        assert!(damaged(&archive[..archive.len() - 9]).starts_with("damaged gzip: "));
        assert!(damaged(&archive[..archive.len() - 1]).starts_with("damaged gzip: "), "a truncated checksum");
        let mut flipped = archive.clone();
        flipped[archive.len() - 6] ^= 1;
        assert!(damaged(&flipped).starts_with("damaged gzip: "), "a changed checksum");
        assert_eq!(damaged(&[archive, vec![0, 1]].concat()), "damaged gzip: bytes after the end of the gzip stream");
    }

    #[test]
    fn an_archive_of_several_members_with_zeros_after_each_is_read_whole() {
        let content = images(2);
        let (first, second) = content.split_at(700);
        let members = [gzip(first), gzip(&[]), vec![0; 9], gzip(second), vec![0; 512]].concat();
        assert_eq!(inflate(&members, I, content.len()), Ok(content.clone()));
        assert_eq!(
            message(inflate(&[gzip(&content), gzip(&[0])].concat(), I, content.len())),
            format!("larger than {} bytes, the most that images can have", content.len())
        );
    }

    proptest! {
        #[test]
        fn no_mangled_file_panics(
            is_images: bool,
            edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
            length in 0usize..2000,
        ) {
            let (mut bytes, kind) = if is_images { (images(2), I) } else { (labels(&[1, 2, 3, 4]), L) };
            for (place, value) in edits {
                let place = place.index(bytes.len().min(24));
                bytes[place] = value;
            }
            bytes.resize(length, 1);
            let count = if is_images { 2 } else { 4 };
            if check(&bytes, kind, count).is_ok() {
                prop_assert_eq!(bytes.len(), kind.file_bytes(count));
            }
        }

        #[test]
        fn no_mangled_archive_panics(
            edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
            keep in any::<prop::sample::Index>(),
        ) {
            let mut archive = gzip(&images(2));
            for (place, value) in edits {
                let place = place.index(archive.len());
                archive[place] = value;
            }
            archive.truncate(keep.index(archive.len()) + 1);
            if let Ok(content) = inflate(&archive, I, 16 + 2 * PIXELS) {
                let _ = check(&content, I, 2);
            }
        }

        #[test]
        fn no_foreign_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..64), count in 0usize..5) {
            let _ = check(&bytes, I, count);
            let _ = check(&bytes, L, count);
            let _ = inflate(&bytes, I, 100);
        }
    }
}
