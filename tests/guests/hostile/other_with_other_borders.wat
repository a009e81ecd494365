;; Tries to let the batch decide what becomes of a record: the first one of several is not scored.
;;
;; It finds nothing, so that nothing else depends on the borders of batches.
(func $read (param $bytes i32) (param $length i32) (param $ends i32) (param $count i32)
  (param i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
  (local $left_out i32)
  (local.set $left_out (i32.gt_u (local.get $count) (i32.const 1)))
  (i32.store (i32.const 0x490) (i32.const 0xb00))
  (i32.store (i32.const 0x494) (local.get $left_out))
  (i32.store (i32.const 0x4a0) (i32.sub (local.get $count) (local.get $left_out)))
  (i32.store (i32.const 0x748) (i32.sub (local.get $count) (local.get $left_out)))
  (i32.const 0x480))
(data (i32.const 0x508) "\00\00\00\00")
