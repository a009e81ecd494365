//! What cannot be kept exactly, with its reason and line.

use super::check_rejected;

#[test]
fn what_cannot_be_kept_exactly_is_rejected_with_its_reason() {
    check_rejected("sel:\n    F|re: '(?=a)'\ncondition: sel", "look-around");
    check_rejected("sel:\n    F|re: '(a'\ncondition: sel", "regular expression");
    check_rejected("sel:\n    F|cidr: 10.0.0.0/40\ncondition: sel", "not a network");
    check_rejected("sel:\n    F|gt: many\ncondition: sel", "not a number");
    check_rejected("sel:\n    F|expand: '%x%'\ncondition: sel", "placeholders");
    check_rejected("sel:\n    F|hour: 3\ncondition: sel", "parts of a time");
    check_rejected("sel:\n    F|contains: null\ncondition: sel", "null");
    check_rejected("sel:\n    F|contains|startswith: a\ncondition: sel", "exclude each other");
    check_rejected("sel:\n    F|nonsense: a\ncondition: sel", "nonsense");
    check_rejected("sel:\n    F: a\ncondition: sel and other", "other");
    check_rejected("sel:\n    F: a\ncondition: 1 of other_*", "other_*");
    check_rejected("sel:\n    F: a\ncondition: sel | count() > 3", "ondition");
    check_rejected("sel:\n    F: []\ncondition: sel", "no value");
    check_rejected("sel:\n    F: a\ntimeframe: 5m\ncondition: sel", "timeframe");
    check_rejected("sel:\n    F|windash|contains: '-a -b -c -d -e'\ncondition: sel", "1024");
    check_rejected("sel:\n    F: a\ncondition: 0 of sel*", "asks for 0 of 1");
    check_rejected("sel:\n    F: a\ncondition: 2 of sel*", "asks for 2 of 1");
    check_rejected("sel:\n    F: 18446744073709551615\ncondition: sel", "too large");
    check_rejected("sel:\n    F|windash|re: ' -a'\ncondition: sel", "windash");
    check_rejected("sel:\n    F|base64|fieldref: G\ncondition: sel", "encodings");
    check_rejected("sel:\n    F|base64offset|contains: a\ncondition: sel", "too short");
    check_rejected("sel:\n    '|neq': a\ncondition: sel", "speak of a field");
    check_rejected("sel:\n    '|exists': true\ncondition: sel", "speak of a field");
}

