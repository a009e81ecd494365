//! What a plugin says, held to the record and the pack: independent of how plugins read records.
