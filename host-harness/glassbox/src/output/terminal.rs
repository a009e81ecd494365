//! What standard output is: a terminal or not, how wide, and whether it shows colours.

use std::io::IsTerminal;

/// Columns taken for text that goes to a file or a pipe.
const WIDTH_ELSEWHERE: usize = 120;
/// The narrowest a text is wrapped to.
const WIDTH_MIN: usize = 40;
/// The widest that running text is wrapped to: longer lines are hard to read.
const PROSE_WIDTH_MAX: usize = 110;

/// How to write to standard output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terminal {
    /// Whether it is one: then tables have boxes.
    pub boxed: bool,
    /// Whether it shows colours.
    pub colour: bool,
    /// Columns.
    pub width: usize,
}

impl Terminal {
    /// Standard output as it is. `NO_COLOR`, when set and not empty, turns colours off (<https://no-color.org>).
    #[must_use]
    pub fn of_stdout() -> Self {
        let is_terminal = std::io::stdout().is_terminal();
        let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
        let width = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
        Self {
            boxed: is_terminal,
            colour: is_terminal && !no_color && !dumb,
            width: if is_terminal { width.unwrap_or(WIDTH_ELSEWHERE).max(WIDTH_MIN) } else { WIDTH_ELSEWHERE },
        }
    }

    /// A file or pipe.
    #[must_use]
    pub fn plain() -> Self {
        Self { boxed: false, colour: false, width: WIDTH_ELSEWHERE }
    }

    /// Columns for running text.
    #[must_use]
    pub fn prose_width(&self) -> usize {
        self.width.min(PROSE_WIDTH_MAX)
    }

    /// Text in a style, where colours are shown.
    #[must_use]
    pub fn paint(&self, style: Style, text: &str) -> String {
        if self.colour && !text.is_empty() { format!("{}{text}\x1b[0m", style.code()) } else { text.to_owned() }
    }

    /// A part of a value that is to stand out, in colour or between marks.
    #[must_use]
    pub fn mark(&self, text: &str) -> String {
        if self.colour { self.paint(Style::Mark, text) } else { format!("«{text}»") }
    }
}

/// The styles used, each for one meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// A heading.
    Heading,
    /// What is less important.
    Faint,
    /// The part of a value that a predicate held on.
    Mark,
    /// Very bad.
    Critical,
    /// Bad.
    High,
    /// Noteworthy.
    Medium,
    /// All is well.
    Good,
}

impl Style {
    fn code(self) -> &'static str {
        match self {
            Self::Heading => "\x1b[1m",
            Self::Faint => "\x1b[2m",
            Self::Mark => "\x1b[1;4;33m",
            Self::Critical => "\x1b[1;31m",
            Self::High => "\x1b[31m",
            Self::Medium => "\x1b[33m",
            Self::Good => "\x1b[32m",
        }
    }

    /// The style of a rule's level, where it has one.
    #[must_use]
    pub fn of_level(level: &str) -> Option<Self> {
        match level {
            "critical" => Some(Self::Critical),
            "high" => Some(Self::High),
            "medium" => Some(Self::Medium),
            _ => None,
        }
    }
}
