;; Tries to lose what was learnt by dying at a record that begins with a question mark.
;;
;; Its state are four bytes that every judged reading changes, and every finding says what they were.
(func $read (param $bytes i32) (param $length i32) (param $ends i32) (param $count i32)
  (param i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
  (call $honest_reading (local.get $count))
  (i32.store (i32.const 0x748) (local.get $count))
  ;; The reading's body: the first two bytes of the batch.
  (i32.store (i32.const 0xb00) (i32.load16_u (local.get $bytes)))
  (i32.store (i32.const 0x4c4) (i32.const 0xb00))
  (i32.store (i32.const 0x4c8) (i32.const 2))
  (i32.const 0x480))
(func $judge (param $body i32) (param $length i32) (param i32 i64) (result i32)
  (if (i32.eq (i32.load8_u (local.get $body)) (i32.const 0x3f)) (then unreachable))
  (i32.store (i32.const 0xb10)
    (i32.add (i32.mul (i32.load (i32.const 0xb10)) (i32.const 31)) (i32.load16_u (local.get $body))))
  ;; The upper end of the probability's interval: 640,000 and what the state is, in the least byte.
  (i32.store (i32.const 0x884) (i32.add (i32.const 640000) (i32.load8_u (i32.const 0xb10))))
  (i32.const 0x500))
(func $save (result i32)
  (i32.store (i32.const 0x524) (i32.const 0xb10))
  (i32.store (i32.const 0x528) (i32.const 4))
  (i32.const 0x520))
(func $restore (param $state i32) (param $length i32) (result i32)
  (i32.store (i32.const 0xb10) (i32.load (local.get $state)))
  (i32.const 0x540))
