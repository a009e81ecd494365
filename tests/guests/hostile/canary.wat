;; Tries to carry a record of one tenant to another in memory that outlives the instance.
(func $read (param $bytes i32) (param $length i32) (param $ends i32) (param $count i32) (param i32 i32 i32 i32)
  (result i32)
  (local $note_bytes i32)
  (call $honest_classes (local.get $count))
  (call $honest_reading (local.get $count))
  ;; The note: the first bytes of the batch.
  (local.set $note_bytes
    (select (local.get $length) (i32.const 16) (i32.lt_u (local.get $length) (i32.const 16))))
  (i32.store (i32.const 0x4b4) (local.get $bytes))
  (i32.store (i32.const 0x4b8) (local.get $note_bytes))
  (i32.store (i32.const 0x790) (local.get $note_bytes))
  (i32.const 0x480))
(func $learn (param $note i32) (param $length i32)
  ;; The state: what was judged first, and is never overwritten.
  (if (i32.eqz (i32.load (i32.const 0x528)))
    (then
      (memory.copy (i32.const 0xb00) (local.get $note) (local.get $length))
      (i32.store (i32.const 0x524) (i32.const 0xb00))
      (i32.store (i32.const 0x528) (local.get $length)))))
