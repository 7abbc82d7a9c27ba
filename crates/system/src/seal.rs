//! Seals: a digest inside a safetensors file over all of it, so that no changed or missing byte goes unnoticed.

use sha2::{Digest, Sha256};

/// Key of the digest in the file's metadata.
pub const KEY: &str = "sha256";

/// What stands there before the file is sealed: as long as a digest in hexadecimal.
pub const UNSEALED: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Puts the digest of a whole file, in which [`KEY`] is [`UNSEALED`], in its place.
///
/// # Errors
/// When there is no such place.
pub fn seal(bytes: &mut [u8]) -> Result<(), String> {
    let place = place(bytes)?;
    let digest = digest(bytes, place);
    bytes[place..place + UNSEALED.len()].copy_from_slice(digest.as_bytes());
    Ok(())
}

/// Whether the file is what was sealed, byte for byte.
///
/// # Errors
/// When it is not, or has no seal.
pub fn check(bytes: &[u8]) -> Result<(), String> {
    let place = place(bytes)?;
    if bytes[place..place + UNSEALED.len()] == *digest(bytes, place).as_bytes() {
        Ok(())
    } else {
        Err("damaged: its checksum does not match".to_owned())
    }
}

/// Where the digest stands.
fn place(bytes: &[u8]) -> Result<usize, String> {
    let missing = || "damaged, or no safetensors file with a checksum".to_owned();
    let (length, rest) = bytes.split_first_chunk().ok_or_else(missing)?;
    let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| missing())?;
    let header = rest.get(..length).ok_or_else(missing)?;
    let key = format!("\"{KEY}\":\"");
    let start = header.windows(key.len()).position(|window| window == key.as_bytes()).ok_or_else(missing)? + key.len();
    if header.get(start..start + UNSEALED.len()).is_some() { Ok(size_of::<u64>() + start) } else { Err(missing()) }
}

/// SHA-256 in hexadecimal of the file as if it were unsealed.
fn digest(bytes: &[u8], place: usize) -> String {
    let mut digest = Sha256::new();
    digest.update(&bytes[..place]);
    digest.update(UNSEALED);
    digest.update(&bytes[place + UNSEALED.len()..]);
    hexadecimal(&digest.finalize())
}

/// Bytes in lowercase hexadecimal.
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail")]

    use super::*;

    #[test]
    fn a_sealed_file_is_accepted_and_any_changed_or_missing_byte_is_not() {
        let header = format!("{{\"__metadata__\":{{\"a\":\"b\",\"{KEY}\":\"{UNSEALED}\"}}}}");
        let mut bytes = [&(header.len() as u64).to_le_bytes(), header.as_bytes(), b"tensors"].concat();
        assert!(check(&bytes).is_err(), "not sealed yet");
        seal(&mut bytes).unwrap();
        check(&bytes).unwrap();
        for index in 0..bytes.len() {
            assert!(check(&bytes[..index]).is_err(), "cut at {index}");
            for bit in 0..8 {
                let mut changed = bytes.clone();
                changed[index] ^= 1 << bit;
                assert!(check(&changed).is_err(), "bit {bit} of byte {index}");
            }
        }
    }

    #[test]
    fn a_file_without_a_seal_is_refused() {
        for bytes in [&b""[..], &[0; 8], &[255; 16], b"\x02\0\0\0\0\0\0\0{}"] {
            assert!(check(bytes).is_err());
        }
    }
}
