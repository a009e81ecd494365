;; Tries to confuse the order of records.
(data (i32.const 0x780) "\01\00\00\00\00\00\00\00")
(func $honest_reading (param $count i32) (call $note_some (i32.const 2)))
