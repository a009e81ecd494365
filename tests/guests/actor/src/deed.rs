//! The deeds by name; `lib.rs` says what each one is.

/// Makes the enum, the list and the names of one table.
macro_rules! deeds {
    ($($deed:ident $name:literal),* $(,)?) => {
        /// What a record asks for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Deed {
            $($deed,)*
        }

        impl Deed {
            /// All of them, in an order that notes go by.
            pub(crate) const ALL: &[Self] = &[$(Self::$deed,)*];

            /// The deed of this name; quiet for any other text.
            pub(crate) fn named(name: &str) -> Self {
                match name {
                    $($name => Self::$deed,)*
                    _ => Self::Quiet,
                }
            }
        }
    };
}

deeds! {
    Quiet "",
    // Of read.
    Loop "!loop",
    Eat "!eat",
    Trap "!trap",
    Recurse "!recurse",
    RecurseWide "!recurse-wide",
    Huge "!huge",
    Large "!large",
    Unscored "!unscored",
    Outside "!outside",
    Suppressed "!suppressed",
    Undecided "!undecided",
    Account "!nonsense-account",
    UnscoredAfterEnd "!nonsense-unscored",
    ClassOf "!class-of",
    ClassNone "!class-none",
    ClassMap "!class-map",
    Classes "!classes",
    Times "!times",
    NoteEnds "!note-ends",
    NoteMissing "!note-missing",
    SuppressedRule "!suppressed-rule",
    SuppressedFilter "!suppressed-filter",
    SuppressedRecord "!suppressed-record",
    UndecidedRule "!undecided-rule",
    // Of judge.
    Find "!find",
    JudgeTrap "!judge-trap",
    JudgeLoop "!judge-loop",
    JudgeLose "!judge-lose",
    JudgeQuiet "!judge-quiet",
    JudgeLarge "!judge-large",
    Sum "!nonsense-sum",
    Base "!nonsense-base",
    Points "!nonsense-points",
    Probability "!nonsense-probability",
    Interval "!nonsense-interval",
    EvidenceOutside "!nonsense-evidence",
    FalsePlace "!nonsense-place",
    FalseAbsence "!nonsense-absent",
    TooManySteps "!nonsense-steps",
    Subject "!nonsense-subject",
    Total "!nonsense-total",
    Twice "!twice",
    UnknownRule "!unknown-rule",
    UnknownItem "!unknown-item",
    UnknownPredicate "!unknown-predicate",
    UnknownTerm "!unknown-term",
    UnknownBin "!unknown-bin",
    UnknownField "!unknown-field",
    UnknownEvidence "!unknown-evidence",
    UnknownMissing "!unknown-missing",
    Rule "!rule",
    Absent "!absent",
    Entity "!entity",
    EntityOutside "!entity-outside",
    Field "!field",
    Role "!role",
    Alert "!alert",
    AlertOutside "!alert-outside",
    Frame "!frame",
    FrameOutside "!frame-outside",
    Other "!other",
    OtherOutside "!other-outside",
    OtherUnknown "!other-unknown",
    SameAct "!same-act",
    SameActSelf "!same-act-self",
    SameActLater "!same-act-later",
    Window "!window",
    WindowGroup "!window-group",
    WindowAndFind "!window-and-find",
    WindowBeforeFind "!window-before-find",
    WindowGroupOutside "!window-group-outside",
    WindowBackwards "!window-backwards",
    WindowLong "!window-long",
    WindowUnknown "!window-unknown",
    WindowUnordered "!window-unordered",
    WindowCount "!window-count",
    // Of advance.
    End "!end",
    EndOwn "!end-own",
    EndTrap "!end-trap",
    EndLoop "!end-loop",
    EndQuiet "!end-quiet",
    // Of view.
    ViewMissing "!view-missing",
    ViewOutside "!view-outside",
}
