;; Tries to say something else each time it is asked.
(global $calls (mut i32) (i32.const 0))
(func $read (param $bytes i32) (param $length i32) (param $ends i32) (param $count i32) (param i32 i32 i32 i32)
  (result i32)
  (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
  (call $honest_classes (local.get $count))
  (call $honest_reading (local.get $count))
  ;; The note.
  (i32.store8 (i32.const 0x788) (i32.and (global.get $calls) (i32.const 1)))
  (i32.const 0x480))
