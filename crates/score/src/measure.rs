//! Measures of a text, in whole numbers: the same natively and in the sandbox.

use glassbox_finding::log2_thousandths;

/// Characters beyond which a measure looks no further: more do not change what it says.
const CHARACTERS_MAX: usize = 16_384;

/// How many characters a text has.
pub(crate) fn length(text: &str) -> u64 {
    text.chars().count() as u64
}

/// Shannon's entropy of the bytes of a text, in thousandths of a bit each.
pub(crate) fn entropy_thousandths(text: &str) -> u64 {
    let bytes = &text.as_bytes()[..text.len().min(CHARACTERS_MAX)];
    let mut counts = [0_u32; 256];
    bytes.iter().for_each(|&byte| counts[usize::from(byte)] += 1);
    let total = bytes.len() as u64;
    let weighted: u64 =
        counts.iter().filter(|&&count| count > 0).map(|&n| u64::from(n) * u64::from(log2_thousandths(n.into()))).sum();
    // The logarithm of the total less the mean of the counts' logarithms.
    u64::from(log2_thousandths(total)).saturating_sub(weighted.checked_div(total).unwrap_or(0))
}

/// How much the longest label of a domain, its last one not counted, looks made up by a program: 0 to 1,000.
///
/// People's names have vowels among few consonants, few digits between letters, and are short. Each of four signs gives
/// up to 250: length beyond 8 characters, rows of consonants or digits beyond 3, few vowels, digits among letters.
#[must_use]
pub fn generated_name(domain: &str) -> u64 {
    let labels = || domain.trim_end_matches('.').rsplit('.').skip(1).filter(|label| !label.starts_with("xn--"));
    let Some(label) = labels().max_by_key(|label| label.len()) else { return 0 };
    let bytes = &label.as_bytes()[..label.len().min(64)];
    let (mut vowels, mut letters, mut digits, mut changes, mut row, mut longest_row) =
        (0_u64, 0_u64, 0_u64, 0_u64, 0_u64, 0);
    let mut was_digit = None;
    for byte in bytes.iter().map(u8::to_ascii_lowercase) {
        let (is_digit, is_letter) = (byte.is_ascii_digit(), byte.is_ascii_lowercase());
        let is_vowel = matches!(byte, b'a' | b'e' | b'i' | b'o' | b'u' | b'y');
        letters += u64::from(is_letter);
        digits += u64::from(is_digit);
        vowels += u64::from(is_vowel);
        row = if is_vowel || !(is_digit || is_letter) { 0 } else { row + 1 };
        longest_row = longest_row.max(row);
        if is_digit || is_letter {
            changes += u64::from(was_digit.is_some_and(|was| was != is_digit));
            was_digit = Some(is_digit);
        }
    }
    if letters + digits < 6 {
        return 0;
    }
    let long = (bytes.len() as u64).saturating_sub(8) * 25;
    let rows = longest_row.saturating_sub(3) * 60;
    // Two vowels in five letters are usual.
    let few_vowels = 400_u64.saturating_sub(vowels * 1_000 / letters.max(1));
    let mixed = changes.saturating_sub(1) * 60;
    [long, rows, few_vowels, mixed].into_iter().map(|sign| sign.min(250)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entropy_is_what_shannon_says() {
        let check = |text: &str, expected: u64| {
            let found = entropy_thousandths(text);
            assert!(found.abs_diff(expected) <= 2, "{text}: {found}, not {expected}");
        };
        check("", 0);
        check("aaaa", 0);
        check("abab", 1_000);
        check("abcd", 2_000);
        check("aab", 918);
        check(&(0..=127_u8).map(char::from).collect::<String>(), 7_000);
    }

    #[test]
    fn names_of_programs_look_other_than_names_of_people() {
        for people in
            ["google.com", "www.bbc.co.uk", "login.microsoftonline.com", "wikipedia.org", "fenwick-lowe.example", "x.y"]
        {
            assert!(generated_name(people) < 400, "{people}: {}", generated_name(people));
        }
        for program in ["xjkqwrtzplmn.com", "a8f3k2j9x7q1.net", "qgzvkpwsrtfbx.info", "b4c5d6f7g8h9j2k3.biz"] {
            assert!(generated_name(program) >= 500, "{program}: {}", generated_name(program));
        }
    }
}
