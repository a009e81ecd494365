;; Tries to lose what was learnt by dying at a record that begins with a question mark.
;;
;; Its state is four bytes that every note changes, and every finding says what they were.
(func $read (param $bytes i32) (param $length i32) (param $ends i32) (param $count i32) (param i32 i32 i32 i32)
  (result i32)
  (call $honest_classes (local.get $count))
  (call $honest_reading (local.get $count))
  ;; The note: the first two bytes of the batch.
  (i32.store16 (i32.const 0x788) (i32.load16_u (local.get $bytes)))
  (i32.store (i32.const 0x4b8) (i32.const 2))
  (i32.const 0x480))
(data (i32.const 0x790) "\02")
(func $learn (param $note i32) (param $length i32)
  (if (i32.eq (i32.load8_u (local.get $note)) (i32.const 0x3f)) (then unreachable))
  (i32.store (i32.const 0xb10)
    (i32.add (i32.mul (i32.load (i32.const 0xb10)) (i32.const 31)) (i32.load16_u (local.get $note))))
  ;; The upper end of the probability's interval: 640,000 plus the least byte of the state.
  (i32.store (i32.const 0x8ec) (i32.add (i32.const 640000) (i32.load8_u (i32.const 0xb10)))))
(func $save (result i32)
  (i32.store (i32.const 0x524) (i32.const 0xb10))
  (i32.store (i32.const 0x528) (i32.const 4))
  (i32.const 0x520))
(func $restore (param $state i32) (param $length i32) (result i32)
  (i32.store (i32.const 0xb10) (i32.load (local.get $state)))
  (i32.const 0x540))
