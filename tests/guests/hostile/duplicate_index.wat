;; Tries to make two of one record.
(func $honest_reading (param $count i32) (call $note_some (i32.const 2)))
