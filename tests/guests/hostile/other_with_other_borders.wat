;; Tries to let the batch decide what a record is worth.
(func $read (param $bytes i32) (param $length i32) (param $ends i32) (param $count i32)
  (param i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
  (call $honest_reading (local.get $count))
  (i32.store (i32.const 0x748) (local.get $count))
  (i32.store (i32.const 0xb00) (local.get $count))
  (i32.store (i32.const 0x4c4) (i32.const 0xb00))
  (i32.store (i32.const 0x4c8) (i32.const 4))
  (i32.const 0x480))
(func $judge (param $body i32) (param $length i32) (param i32 i64) (result i32)
  ;; The upper end of the probability's interval.
  (i32.store (i32.const 0x884) (i32.add (i32.const 640000) (i32.load (local.get $body))))
  (i32.const 0x500))
