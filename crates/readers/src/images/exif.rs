//! The orientation of a picture from its EXIF block (EXIF 2.3, tag 0x0112).

/// The orientation, 1 to 8. It is 1 (upright) if the block is damaged or has no orientation.
pub(super) fn orientation(block: &[u8]) -> u8 {
    find(block).filter(|value| (1..=8).contains(value)).map_or(1, |value| value as u8)
}

fn find(block: &[u8]) -> Option<u16> {
    let block = block.strip_prefix(b"Exif\0\0").unwrap_or(block);
    let big_endian = match block.get(..4)? {
        b"MM\0*" => true,
        b"II*\0" => false,
        _ => return None,
    };
    let short = |at: usize| {
        let bytes = block.get(at..)?.first_chunk::<2>()?;
        Some(if big_endian { u16::from_be_bytes(*bytes) } else { u16::from_le_bytes(*bytes) })
    };
    let long = |at: usize| {
        let bytes = block.get(at..)?.first_chunk::<4>()?;
        Some(if big_endian { u32::from_be_bytes(*bytes) } else { u32::from_le_bytes(*bytes) })
    };
    let directory = usize::try_from(long(4)?).ok()?;
    let entries = short(directory)?;
    let at = |entry: u16| directory.checked_add(2 + 12 * usize::from(entry));
    let entry = (0..entries).filter_map(at).find(|at| short(*at) == Some(0x0112))?;
    short(entry.checked_add(8)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damaged_blocks_give_the_upright_orientation() {
        let good = [&b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01"[..], &[0, 6, 0, 0, 0, 0, 0, 0]].concat();
        assert_eq!(orientation(&good), 6);
        let little = [&b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0"[..], &[8, 0, 0, 0, 0, 0, 0, 0]].concat();
        assert_eq!(orientation(&little), 8);
        for end in 0..24 {
            assert_eq!(orientation(&good[..end]), 1);
        }
        assert_eq!(orientation(b"II*\0\xff\xff\xff\xff"), 1);
    }
}
