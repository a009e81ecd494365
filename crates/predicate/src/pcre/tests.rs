//! Tables: what PCRE's syntax is rewritten to, what it then finds, and what is refused.

use super::translate;
use crate::compile_regex;

fn check(pattern: &str, expected: &str) {
    assert_eq!(translate(pattern).as_deref(), Ok(expected), "{pattern}");
}

#[test]
fn what_both_mean_alike_stays() {
    for pattern in [
        "",
        "abc",
        "a|b|",
        "(a|b)+?c{2,3}",
        "[a-z0-9_.]{2}",
        "[^\\x00]",
        "(?i)who(?s:.)",
        "a.b",
        "[[:alpha:]_]+",
        "^x",
        "(?:a{2}){3}",
        "a{2}{3}",
    ] {
        let expected = if pattern.contains("\\x00") { "[^\0]".to_owned() } else { pattern.to_owned() };
        check(pattern, &expected);
    }
}

#[test]
fn classes_have_no_operators() {
    check("[;&&|]", r"[;\&\&|]");
    check("[&-[]", r"[\&-\[]");
    check("[ab&&[^b]]", r"[ab\&\&\[\^b]\]");
}

/// Whether an expression is found in a text.
fn finds(pattern: &str, text: &str, expected: bool) {
    let regex = compile_regex(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"));
    assert_eq!(regex.is_match(text), expected, "{pattern} in {text:?}");
}

#[test]
fn classes_hold_what_pcre_says() {
    for text in ["cd x; whoami", "cd x & whoami", "cd x | whoami"] {
        finds(r"[;&&|]\s*whoami", text, true);
    }
    finds(r"[;&&|]\s*whoami", "cd x whoami", false);
    finds("Item[[0-9]]", "Item5", false);
    finds("Item[[0-9]]", "Item5]", true);
    finds("Item[[0-9]]", "Item[]", true);
    finds("^[]a]$", "]", true);
    finds("^[^]a]$", "]", false);
    finds("^[a~~b]$", "~", true);
    finds("^[a~~b]$", "b", true);
    finds("^[+--]$", ",", true);
    finds("^[+--]$", ".", false);
    finds("^[a-]$", "-", true);
    finds("^[a-c-e]$", "-", true);
    finds("^[a-c-e]$", "d", false);
    finds(r"^[\[\]]$", "[", true);
    finds("^[[a]$", "[", true);
    finds("^[[:digit:][]$", "[", true);
    finds("^[[:^digit:]]$", "x", true);
    finds("^[[:^digit:]]$", "1", false);
    finds("^[[:x]]$", ":]", true);
    finds(r"^[\b]$", "\u{8}", true);
    finds(r"^[^\w.]$", ".", false);
    finds(r"^[^\W]$", "a", true);
    finds(r"^[\Q]-[\E]$", "-", true);
    finds("^[a^]$", "^", true);
    finds("(?x)^ [a #] $", "#", true);
    finds("(?x)^ [a #] $", " ", true);
}

#[test]
fn escapes_mean_what_pcre_says() {
    finds(r"\<script\>", "<script>", true);
    finds(r"\<script\>", "script", false);
    finds(r"x\b{start}", "x{start}", true);
    finds(r"^\v$", "\u{85}", true);
    finds(r"^\v$", "\u{B}", true);
    finds(r"^\h+\H$", " \t\u{A0}x", true);
    finds(r"^\V\N$", "ab", true);
    finds(r"^\e\a\cA$", "\u{1B}\u{7}\u{1}", true);
    finds(r"^\x41\x{42}\x0A\0\012\o{103}$", "AB\n\0\nC", true);
    finds(r"^\Qa.b*\E+$", "a.b***", true);
    finds(r"^\Qa.b*\E+$", "aXb", false);
    finds(r"^\Qa", "a", true);
    finds(r"^a\E$", "a", true);
    finds(r"^\é\_\ $", "é_ ", true);
    finds(r"^\u0041$", "A", true);
}

#[test]
fn perl_classes_know_ascii_alone() {
    for (pattern, text, expected) in [
        (r"^\w$", "é", false),
        (r"^\W$", "é", true),
        (r"^\d$", "٣", false),
        (r"^\s$", "\u{A0}", false),
        (r"^\s$", "\u{B}", true),
        (r"^[\w]$", "é", false),
        (r"é\bx", "éx", true),
        (r"é\Bx", "éx", false),
        (r"(?i)^É$", "é", true),
    ] {
        finds(pattern, text, expected);
    }
}

#[test]
fn a_dollar_matches_before_the_last_line_end() {
    finds("who$", "who", true);
    finds("who$", "who\n", true);
    finds("who$", "who\n\n", false);
    finds("who$", "who\nx", false);
    finds(r"who\Z", "who\n", true);
    finds(r"who\z", "who\n", false);
    finds("(?m)who$", "who\nx", true);
    finds("(?m)(?-m)who$", "who\nx", false);
    finds("(?m:a)who$", "awho\nx", false);
    finds("((?m)a)who$", "awho\nx", false);
    finds("(?:x|who$)", "who\n", true);
}

#[test]
fn braces_that_count_nothing_are_characters() {
    finds("^a{$", "a{", true);
    finds("^{a}$", "{a}", true);
    finds("^a{,}$", "a{,}", true);
    finds("^a{x}$", "a{x}", true);
    finds("^a{,2}b$", "aab", true);
    finds("^${env:x}", "${env:x}", false);
    finds(r"^\${env:x}", "${env:x}", true);
    finds("a]}", "a]}", true);
}

#[test]
fn groups_and_options() {
    finds("^(?'n'a)(?<m>b)(?P<o>c)$", "abc", true);
    finds("^(?|(a)|(b))(?#, or so)+$", "ab", true);
    finds("(?x) ^ a + # as many [as there are\n b $", "aab", true);
    finds("(?x: a b)c d", "abc d", true);
    finds("(?xi) A B", "ab", true);
    finds("a(?i)b|c", "C", true);
    finds("(?i-s:a)B", "AB", true);
    finds("(?i-s:a)B", "Ab", false);
    finds("(?n)(a)(?J)", "a", true);
}

fn refused(pattern: &str, expected: &str) {
    let error = compile_regex(pattern).map(drop).expect_err(pattern).to_string();
    assert!(error.contains(expected), "{pattern}: {error}");
}

#[test]
fn what_is_refused_says_what_to_write() {
    refused("a(?=b)", "`(?=` at character 2 is look-around, which cannot be matched in linear time; write what must");
    refused("a(?!b)", "a selection that the condition negates");
    refused("(?<=a)b", "look-around");
    refused("(?<!a)b", "look-around");
    refused("(?>a)b", "is an atomic group, which cannot be matched in linear time; write `(?:`");
    refused("a++", "`++` at character 2 is possessive, which cannot be matched in linear time; write `+`");
    refused("a{2,3}+", "write `{2,3}`");
    refused("a**", "repeats a repetition");
    refused("a+?+", "repeats a repetition");
    refused("*a", "has nothing before it to repeat; write `\\*` for the character, or `.*` for any text");
    refused("a|+", "has nothing before it");
    refused("a$?", "`?` at character 3 repeats what matches no characters; remove it");
    refused("^*a", "repeats what matches no characters");
    refused(r"\b+a", "repeats what matches no characters");
    refused("(?:{2})", "has nothing before it");
    refused("a{1, 2}", "`{1, 2}` at character 2 is read in two ways; write `{1,2}`");
    refused(r"(a)\1", r"`\1` at character 4 refers to what a group matched");
    refused(r"(?<n>a)\k<n>", "refers to what a group matched");
    refused("(?R)", "refers to another group");
    refused("(a)(?1)", "refers to another group");
    refused("(a)(?-1)", "refers to another group");
    refused("(?P<n>a)(?P=n)", "refers to another group");
    refused("(?(1)a|b)", "is a condition");
    refused("(*UTF8)a", "`(*UTF8)` at character 1 is an instruction to PCRE's matcher; remove it");
    refused("(?C1)a", "remove it");
    refused(r"[\w-z]", r"`-` at character 4 is no range, as a whole class stands beside it; write `\-`");
    refused(r"[a-\d]", "is no range");
    refused("[z-a]", "`z-a` at character 2 is a range from high to low");
    refused("[[:alhpa:]]", "`[:alhpa:]` at character 2 is not a class that is known; the names are alnum,");
    refused("[[=a=]]", "is not a class that is known");
    refused("x[:alpha:]", "`[:alpha:]` at character 2 is only known inside of a class; write `[[:alpha:]]`");
    refused("a[", "`[` at character 2 begins a class that does not end");
    refused("[]", "begins a class that does not end");
    refused("(?z)a", "the options are i, m, s, x");
    refused("(?i", "is a group that does not end");
    refused("a\\", "write `\\\\` for a backslash");
    refused(r"\R", r"write `\r?\n`");
    refused(r"a\Kb", "remove it");
    refused(r"\y", r"`\y` at character 1 has no meaning; remove the backslash, or double it");
    refused(r"C:\Users\ann", r"`\U` at character 3 is not followed by the number of a character");
    refused(r"C:\logs", r"`\l` at character 3 has no meaning");
    refused(r"\p{Lu}", r"`\p{Lu}` at character 1 asks for a property of Unicode");
    refused(r"\x{110000}", "`\\x` at character 1 is not followed by the number of a character");
    refused(r"\xA", "`\\x` at character 1 is not followed by the number of a character; write `\\x0A`");
    refused(r"a\u12", "`\\u` at character 2 is not followed by the number of a character");
    refused("(a", "unclosed group");
    refused("a)", "unopened group");
}

proptest::proptest! {
    /// Whatever is rewritten is read, or refused in words.
    #[test]
    fn any_text_is_read_or_refused(pattern in "[a-c\\\\\\[\\](){}?*+|^$.&~:x<>,0-9 #'-]{0,12}") {
        if let Err(error) = compile_regex(&pattern) {
            proptest::prop_assert!(!error.to_string().is_empty());
        }
    }
}
