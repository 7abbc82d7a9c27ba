//! The framing of an event file (TFRecord): the length of a record, its checksum, the record, and its checksum.

/// A record with its frame.
pub(crate) fn framed(record: &[u8]) -> Vec<u8> {
    let length = (record.len() as u64).to_le_bytes();
    let mut bytes = Vec::with_capacity(record.len() + 16);
    bytes.extend_from_slice(&length);
    bytes.extend_from_slice(&masked(crc32c(&length)).to_le_bytes());
    bytes.extend_from_slice(record);
    bytes.extend_from_slice(&masked(crc32c(record)).to_le_bytes());
    bytes
}

/// The masked form of a checksum that the format stores. A plain checksum of bytes that contain their own checksum is
/// weak.
fn masked(checksum: u32) -> u32 {
    checksum.rotate_right(15).wrapping_add(0xa282_ead8)
}

/// CRC-32C (Castagnoli; RFC 3720, appendix B.4) of some bytes.
fn crc32c(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |rest, byte| TABLE[usize::from(rest as u8 ^ byte)] ^ (rest >> 8))
}

/// Table of the remainders of all bytes.
const TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let (mut rest, mut bit) = (byte as u32, 0);
        while bit < 8 {
            rest = if rest & 1 == 1 { (rest >> 1) ^ 0x82f6_3b78 } else { rest >> 1 };
            bit += 1;
        }
        table[byte] = rest;
        byte += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_equal_the_examples_of_rfc_3720() {
        let rising: Vec<u8> = (0..32).collect();
        let falling: Vec<u8> = (0..32).rev().collect();
        for (bytes, expected) in [
            (&b"123456789"[..], 0xe306_9283),
            (&[0; 32], 0x8a91_36aa),
            (&[0xff; 32], 0x62a8_ab43),
            (&rising, 0x46dd_794e),
            (&falling, 0x113f_db5c),
            (b"", 0),
        ] {
            assert_eq!(crc32c(bytes), expected, "{bytes:?}");
        }
    }

    #[test]
    fn a_frame_equals_the_frame_written_by_tensorboard() {
        // The first record of every event file, as TensorBoard's own writer frames it; its time is 0.
        let version = b"\x09\0\0\0\0\0\0\0\0\x1a\x0dbrain.Event:2";
        let bytes = framed(version);
        assert_eq!(bytes[..12], [0x18, 0, 0, 0, 0, 0, 0, 0, 0xa3, 0x7f, 0x4b, 0x22]);
        assert_eq!(bytes[12..36], version[..]);
        assert_eq!(bytes[36..], [0xee, 0xdf, 0x28, 0xa3]);
    }
}
