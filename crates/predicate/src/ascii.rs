//! Questions about all bytes of a text, asked of many at a time.
//!
//! The standard library asks them word by word. In a guest each turn of a loop also looks whether time is up, so that its
//! answers take longer there than what depends on them.

/// Bytes looked at together.
const BLOCK: usize = 64;

/// Whether all bytes are ASCII.
#[must_use]
pub fn is_ascii(bytes: &[u8]) -> bool {
    let (blocks, rest) = bytes.as_chunks::<BLOCK>();
    blocks.iter().all(|block| block.iter().fold(0, |all, byte| all | byte) < 0x80) && rest.is_ascii()
}

/// Whether there is an upper-case letter of ASCII.
pub(crate) fn has_uppercase(bytes: &[u8]) -> bool {
    let (blocks, rest) = bytes.as_chunks::<16>();
    let any = |some: &[u8]| some.iter().fold(false, |any, byte| any | byte.is_ascii_uppercase());
    blocks.iter().any(|block| any(block)) || any(rest)
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_byte_counts() {
        for length in 0..150 {
            let text = vec![b'a'; length];
            assert!(super::is_ascii(&text) && !super::has_uppercase(&text), "{length}");
            for at in 0..length {
                let with = |byte: u8| {
                    let mut text = text.clone();
                    text[at] = byte;
                    text
                };
                assert!(!super::is_ascii(&with(0x80)) && super::is_ascii(&with(0x7f)), "{length}, {at}");
                let mut zeros = vec![0; length];
                zeros[at] = 0x80;
                assert!(!super::is_ascii(&zeros), "{length}, {at}");
                assert!(super::has_uppercase(&with(b'A')) && super::has_uppercase(&with(b'Z')), "{length}, {at}");
                assert!(!super::has_uppercase(&with(b'@')) && !super::has_uppercase(&with(b'[')), "{length}, {at}");
            }
        }
    }
}
